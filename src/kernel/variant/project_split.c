/* SPDX-License-Identifier: MIT
 * The projection of many rows for many queries, by tiles of bfloat16; see kernel.h and project.c.
 *
 * A float x is cut, without rounding, into three parts of 8 bits each: high + middle + low = x. Of the nine products of
 * the parts of a weight and of a number the six largest are summed. Weights are first factors, a tile per DEPTH rows of
 * TILE queries; rows are second factors, for which row k of a tile pairs the rows k and k + TILE of DEPTH. Sums stay in
 * float32 over one block of at most BLOCK rows, and are then added in float64. The sums of a query go through the same
 * operations whatever the other queries.
 *
 * The error, in units of 2^-24 Σ|term|: the middle part is below 2^-7 of x, the low one below 2^-15; the three products
 * left out are so below 2 · 2^-22 + 2^-30, 8.1 units. One instruction adds DEPTH products in two chains of 16 (products
 * of 8 by 8 bits are exact: 15 roundings), then these, then the result to the sum, and there are 6 BLOCK / DEPTH = 48
 * of them: 15 + 1 + 48 units. With what these errors do to each other that is less than 80. */
#include "kernel/variant/variant.h"

#if defined(__AMX_BF16__)

#include "kernel/variant/project_few.h"

/* Rows between two additions in float64. */
enum { BLOCK = UHN_PROJECT_ROWS, BLOCK_STEPS = BLOCK / DEPTH };

enum { STEP_BYTES = PARTS * TILE_BYTES };

/* Columns that are taken together; up to so many queries go without tiles. */
enum { COLUMNS = 2 * TILE, MOST_FEW = 2 * FEW };

/* Columns that go through the rows together where queries are few: rows are read in pieces of that size. */
enum { MANY_COLUMNS = 16 * TILE };

/* A block of rows. */
typedef struct area {
    const float *const *rows;
    size_t row_count, steps;
    const float *weights; /* from the block's first row on */
    size_t weight_stride;
    double *const *sums;
    size_t query_count, out_dim;
    uint8_t *weight_parts; /* [tile][step][part] */
    uint8_t row_parts[2 * BLOCK_STEPS * STEP_BYTES] __attribute__((aligned(64)));
} area;

/* The upper halves of the numbers of a and of b, in turn. */
ALWAYS_INLINE __m512i upper_halves(vector a, vector b)
{
    return _mm512_mask_blend_epi16(0xaaaaaaaau, _mm512_srli_epi32((__m512i)a, 16), (__m512i)b);
}

/* Writes the parts of 2 · TILE numbers, each to a tile of its own: those of a in the lower half of 32 bits. */
ALWAYS_INLINE void store_parts(vector a, vector b, uint8_t *to)
{
    UNROLLED
    for (size_t part = 0; part < PARTS; part++) {
        _mm512_store_si512(to + part * TILE_BYTES, upper_halves(a, b));
        take_part(&a);
        take_part(&b);
    }
}

/* The weights of queries that are missing, and of rows, are 0. */
static void take_weights(area *a)
{
    const size_t tiles = (a->query_count + TILE - 1) / TILE;
    for (size_t q = 0; q < tiles * TILE; q++) {
        uint8_t *to = a->weight_parts + q / TILE * a->steps * STEP_BYTES + q % TILE * LINE_BYTES;
        const float *weights = a->weights + q * a->weight_stride;
        for (size_t row = 0; row < a->steps * DEPTH; row += DEPTH, to += STEP_BYTES) {
            const size_t left = q < a->query_count ? a->row_count - row : 0;
            const __mmask16 first = first_of_16(left), second = first_of_16(left < TILE ? 0 : left - TILE);
            store_parts(_mm512_maskz_loadu_ps(first, weights + row),
                        _mm512_maskz_loadu_ps(second, weights + row + TILE), to);
        }
    }
}

/* The numbers of the rows in COLUMNS columns, or in fewer. Rows that are missing repeat the last one, with no weight.
 */
static void take_columns(area *a, size_t column)
{
    const size_t last = a->row_count - 1, left = a->out_dim - column;
    const __mmask16 first = first_of_16(left), second = first_of_16(left < TILE ? 0 : left - TILE);
    uint8_t *to = a->row_parts, *next = to + a->steps * STEP_BYTES;
    for (size_t step = 0; step < a->steps; step++, to += STEP_BYTES, next += STEP_BYTES)
        for (size_t k = 0; k < TILE; k++) {
            const size_t row = step * DEPTH + k, other = row + TILE;
            const float *x = a->rows[row < last ? row : last] + column;
            const float *y = a->rows[other < last ? other : last] + column;
            store_parts(_mm512_maskz_loadu_ps(first, x), _mm512_maskz_loadu_ps(first, y), to + k * LINE_BYTES);
            store_parts(_mm512_maskz_loadu_ps(second, x + TILE), _mm512_maskz_loadu_ps(second, y + TILE),
                        next + k * LINE_BYTES);
            if (left > COLUMNS) {
                /* those that follow; they lie on two lines */
                __builtin_prefetch(x + COLUMNS, 0, 2);
                __builtin_prefetch(y + COLUMNS, 0, 2);
                __builtin_prefetch(x + COLUMNS + TILE, 0, 2);
                __builtin_prefetch(y + COLUMNS + TILE, 0, 2);
            }
        }
}

/* ---- kernels: one tile of queries or two × two tiles of columns. Parts: 0 high, 1 middle, 2 low. */

/* The sums of TILE queries in TILE columns, or of fewer. */
static void deliver(const area *a, size_t query, size_t column, float sums[TILE * TILE])
{
    const __mmask16 some = first_of_16(a->out_dim - column);
    const __mmask8 low = (__mmask8)some, high = (__mmask8)(some >> 8);
    for (size_t q = query; q < query + TILE && q < a->query_count; q++, sums += TILE) {
        double *to = a->sums[q] + column;
        const vector sum = load(sums);
        _mm512_mask_storeu_pd(to, low, _mm512_maskz_loadu_pd(low, to) + widened(lower_half(sum)));
        _mm512_mask_storeu_pd(to + WIDTH / 2, high,
                              _mm512_maskz_loadu_pd(high, to + WIDTH / 2) + widened(upper_half(sum)));
    }
}

/* Asks for the float64 sums of two tiles of queries: they come from far, while products are formed. */
ALWAYS_INLINE void fetch_sums(const area *a, size_t query, size_t column)
{
    const size_t end = query + 2 * TILE < a->query_count ? query + 2 * TILE : a->query_count;
    for (size_t q = query; q < end; q++) {
        const double *sums = a->sums[q] + column;
        __builtin_prefetch(sums, 1, 3);
        __builtin_prefetch(sums + 8, 1, 3);
        __builtin_prefetch(sums + 16, 1, 3);
        __builtin_prefetch(sums + 24, 1, 3);
    }
}

#define FACTOR(tile, from, part) _tile_loadd(tile, (from) + (part)*TILE_BYTES, LINE_BYTES)

#define ADD_SQUARE()                                                                                                   \
    do {                                                                                                               \
        _tile_dpbf16ps(0, 4, 6);                                                                                       \
        _tile_dpbf16ps(1, 4, 7);                                                                                       \
        _tile_dpbf16ps(2, 5, 6);                                                                                       \
        _tile_dpbf16ps(3, 5, 7);                                                                                       \
    } while (false)

#define WEIGHTS(part)                                                                                                  \
    do {                                                                                                               \
        FACTOR(4, w, part);                                                                                            \
        FACTOR(5, w + next, part);                                                                                     \
    } while (false)

#define ROWS(part)                                                                                                     \
    do {                                                                                                               \
        FACTOR(6, x, part);                                                                                            \
        FACTOR(7, x + next, part);                                                                                     \
    } while (false)

static void square(const area *a, size_t query, size_t column)
{
    const uint8_t *w = a->weight_parts + query / TILE * a->steps * STEP_BYTES, *x = a->row_parts;
    const size_t next = a->steps * STEP_BYTES;
    float sums[4][TILE * TILE] __attribute__((aligned(64)));
    fetch_sums(a, query, column);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (size_t k = 0; k < a->steps; k++, w += STEP_BYTES, x += STEP_BYTES) {
        WEIGHTS(0);
        ROWS(2);
        ADD_SQUARE();
        ROWS(1);
        ADD_SQUARE();
        WEIGHTS(1);
        ADD_SQUARE();
        ROWS(0);
        ADD_SQUARE();
        WEIGHTS(2);
        ADD_SQUARE();
        WEIGHTS(0);
        ADD_SQUARE();
    }
    _tile_stored(0, sums[0], LINE_BYTES);
    _tile_stored(1, sums[1], LINE_BYTES);
    _tile_stored(2, sums[2], LINE_BYTES);
    _tile_stored(3, sums[3], LINE_BYTES);
    deliver(a, query, column, sums[0]);
    deliver(a, query + TILE, column, sums[2]);
    if (column + TILE < a->out_dim) {
        deliver(a, query, column + TILE, sums[1]);
        deliver(a, query + TILE, column + TILE, sums[3]);
    }
}

#undef ADD_SQUARE
#undef WEIGHTS

#define ADD_PAIR()                                                                                                     \
    do {                                                                                                               \
        _tile_dpbf16ps(0, 4, 6);                                                                                       \
        _tile_dpbf16ps(1, 4, 7);                                                                                       \
    } while (false)

/* One tile of queries. */
static void pair(const area *a, size_t query, size_t column)
{
    const uint8_t *w = a->weight_parts + query / TILE * a->steps * STEP_BYTES, *x = a->row_parts;
    const size_t next = a->steps * STEP_BYTES;
    float sums[2][TILE * TILE] __attribute__((aligned(64)));
    _tile_zero(0);
    _tile_zero(1);
    for (size_t k = 0; k < a->steps; k++, w += STEP_BYTES, x += STEP_BYTES) {
        FACTOR(4, w, 0);
        ROWS(2);
        ADD_PAIR();
        ROWS(1);
        ADD_PAIR();
        FACTOR(4, w, 1);
        ADD_PAIR();
        ROWS(0);
        ADD_PAIR();
        FACTOR(4, w, 2);
        ADD_PAIR();
        FACTOR(4, w, 0);
        ADD_PAIR();
    }
    _tile_stored(0, sums[0], LINE_BYTES);
    _tile_stored(1, sums[1], LINE_BYTES);
    deliver(a, query, column, sums[0]);
    if (column + TILE < a->out_dim)
        deliver(a, query, column + TILE, sums[1]);
}

#undef ADD_PAIR
#undef ROWS
#undef FACTOR

/* ---- very few queries */

/* What the rows add in `count` columns, with weight parts in `weights` [step][query]. A function of its own, so that
 * nothing else is computed as subnormals are flushed. */
static __attribute__((noinline)) void sum_few(const area *a, size_t queries, float (*weights)[FEW][PARTS][DEPTH],
                                              size_t column, size_t count, vector sums[MANY_COLUMNS / TILE][FEW])
{
    const float *rows[DEPTH];
    memset(sums, 0, MANY_COLUMNS / TILE * sizeof *sums);
    for (size_t step = 0; step < a->steps; step++) {
        for (size_t k = 0; k < DEPTH; k++) {
            const size_t row = step * DEPTH + k;
            rows[k] = a->rows[row < a->row_count ? row : a->row_count - 1];
        }
        for (size_t o = 0; o < count; o += TILE)
            if (queries == FEW)
                add_step(rows, column + o, first_of_16(count - o), MANY_COLUMNS, weights[step], FEW, sums[o / TILE]);
            else
                add_step(rows, column + o, first_of_16(count - o), MANY_COLUMNS, weights[step], 1, sums[o / TILE]);
    }
}

static void few_queries(area *a)
{
    float weights[BLOCK_STEPS][FEW][PARTS][DEPTH] __attribute__((aligned(64)));
    vector sums[MANY_COLUMNS / TILE][FEW];
    for (size_t query = 0; query < a->query_count; query += FEW) {
        const size_t queries = a->query_count - query < FEW ? 1 : FEW;
        for (size_t step = 0; step < a->steps; step++)
            for (size_t q = 0; q < queries; q++)
                take_weight_parts(a->weights + (query + q) * a->weight_stride + step * DEPTH,
                                  a->row_count - step * DEPTH, weights[step][q]);
        for (size_t column = 0; column < a->out_dim; column += MANY_COLUMNS) {
            const size_t left = a->out_dim - column, count = left < MANY_COLUMNS ? left : MANY_COLUMNS;
            const unsigned before = flush_subnormals();
            sum_few(a, queries, weights, column, count, sums);
            _mm_setcsr(before);
            for (size_t q = 0; q < queries; q++)
                for (size_t o = 0; o < count; o++)
                    a->sums[query + q][column + o] += (double)sums[o / TILE][q][o % TILE];
        }
    }
}

/* ---- all */

static void all_columns(area *a)
{
    take_weights(a);
    for (size_t column = 0; column < a->out_dim; column += COLUMNS) {
        take_columns(a, column);
        before_tiles();
        for (size_t query = 0; query < a->query_count; query += 2 * TILE)
            if (query + TILE < a->query_count)
                square(a, query, column);
            else
                pair(a, query, column);
    }
}

void UHN_VARIANT(uhn_project_split)(const float *const *rows, size_t row_count, const float *weights,
                                    size_t weight_stride, double *const *sums, size_t query_count, size_t out_dim,
                                    void *room)
{
    area a;
    a.weight_parts = room;
    a.weight_stride = weight_stride;
    a.sums = sums;
    a.query_count = query_count;
    a.out_dim = out_dim;
    if (row_count == 0 || query_count == 0 || out_dim == 0)
        return;
    const bool few = query_count <= MOST_FEW;
    if (!few) /* tiles with few rows take less time */
        use_tiles(query_count < TILE ? query_count : TILE, TILE);
    for (size_t first = 0; first < row_count; first += BLOCK) {
        a.rows = rows + first;
        a.row_count = row_count - first < BLOCK ? row_count - first : BLOCK;
        a.steps = (a.row_count + DEPTH - 1) / DEPTH;
        a.weights = weights + first;
        (few ? few_queries : all_columns)(&a);
    }
    if (!few)
        _tile_release();
}

#endif
