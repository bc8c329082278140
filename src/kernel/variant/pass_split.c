/* SPDX-License-Identifier: MIT
 * The product of split vectors, by tiles of bfloat16.
 *
 * A float x is split into hi = x rounded to bfloat16 and lo = x − hi rounded so. A split vector holds, for each DEPTH
 * coordinates, a line of hi and a line of lo. Rows are read where they are, as first factors; queries are packed as
 * second factors, of which a block of BLOCK coordinates of two tiles of queries fills 32 KiB of the first-level cache;
 * the rows' block then stays in the second-level cache for all queries. Sums stay in float32, in a
 * buffer, over one span of at most SPAN coordinates, and are then added in float64. Whatever the tiles are used
 * for, the sum of a pair goes through the same operations: for each DEPTH coordinates hi · lo, hi · hi, lo · hi, of row
 * and query. */
#include "kernel/variant/variant.h"

#if defined(__AMX_BF16__)

#include "kernel/variant/amx.h"

/* Coordinates between two additions in float64, and in a block. */
enum { SPAN = 2048, SPAN_STEPS = SPAN / DEPTH, BLOCK = 256, BLOCK_STEPS = BLOCK / DEPTH };

/* Bytes of DEPTH coordinates of a vector, and of a tile of queries. */
enum { STEP_BYTES = 2 * LINE_BYTES, STEP_TILES = 2 * TILE_BYTES };

/* Tiles: of queries that are taken together, of sums in the buffer, of rows that a kernel takes at once. */
enum { GROUP = 8, SUMS = 64, MOST = 4 };

/* How many numbers ahead those that will be split are asked for: rows often follow one another. */
enum { AHEAD = 1024 };

/* A copy of a row's block, an odd number of lines apart so that copies spread over the cache. */
enum { COPY_BYTES = BLOCK_STEPS * STEP_BYTES + LINE_BYTES };

/* Lowers each number and what is left of it; subnormal numbers count as 0, as in the products. */
void UHN_VARIANT(uhn_split)(const float *x, size_t dim, void *to)
{
    __m512i *line = to;
    for (size_t i = 0; i < dim; i += DEPTH, line += 2) {
        const size_t left = dim - i;
        const __mmask16 first = first_of_16(left), second = first_of_16(left < TILE ? 0 : left - TILE);
        __builtin_prefetch(x + i + AHEAD, 0, 3);
        __builtin_prefetch(x + i + AHEAD + TILE, 0, 3);
        const __m512 a = _mm512_maskz_loadu_ps(first, x + i), b = _mm512_maskz_loadu_ps(second, x + i + TILE);
        const __m512i high = (__m512i)_mm512_cvtne2ps_pbh(b, a);
        const __m512i high_a = _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(high)), 16);
        const __m512i high_b = _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(high, 1)), 16);
        const __m512 low_a = a - _mm512_castsi512_ps(high_a), low_b = b - _mm512_castsi512_ps(high_b);
        _mm512_store_si512(line, high);
        _mm512_store_si512(line + 1, (__m512i)_mm512_cvtne2ps_pbh(low_b, low_a));
    }
}

/* Interleaves them; those that are missing repeat the last one. */
void UHN_VARIANT(uhn_pack)(const void *const *split, size_t count, size_t dim, void *to)
{
    const uint8_t *lines[TILE];
    uint8_t *line = to;
    for (size_t q = 0; q < TILE; q++)
        lines[q] = split[q < count ? q : count - 1];
    for (size_t offset = 0; offset < (dim + DEPTH - 1) / DEPTH * STEP_BYTES; offset += LINE_BYTES) {
        __m512i pairs[TILE];
        transpose(lines, offset, pairs);
        UNROLLED
        for (size_t k = 0; k < TILE; k++, line += LINE_BYTES)
            _mm512_store_si512(line, pairs[k]);
    }
}

/* TILE rows, or fewer. */
typedef struct row_tile {
    const uint8_t *rows[TILE]; /* those that are missing repeat the last one */
    size_t spacing;            /* of all 16; 0: they are not equally spaced, or some are missing */
} row_tile;

/* A block of TILE rows as the tile instructions read it. */
typedef struct operand {
    const uint8_t *at;
    size_t spacing;
} operand;

typedef struct pass_call {
    const void *const *rows, *const *queries;
    size_t row_count, query_count, dim, stride;
    double *sums;
} pass_call;

/* Some rows and some queries. */
typedef struct area {
    const pass_call *call;
    size_t first_row, row_tiles, first_query, query_tiles;
    row_tile rows[SUMS];
    float sums[SUMS][TILE * TILE] __attribute__((aligned(64))); /* [query tile · row_tiles + row tile][row][query] */
    uint8_t copies[MOST * TILE * COPY_BYTES] __attribute__((aligned(64)));
} area;

/* Some coordinates of one or two tiles of queries, from the area's tile `query` on. */
typedef struct block {
    size_t step, steps, query, tiles;
    bool first, last, initial; /* of the blocks of a span; of the first span */
} block;

/* ---- kernels. The numbers of tiles have to be literal. */

/* Two tiles of rows × two of queries. Each step changes one factor at a time. */
static void square(const operand rows[2], const uint8_t *queries, const uint8_t *others, size_t steps, bool first,
                   float *sums[4])
{
    const operand a = rows[0], b = rows[1];
    if (first) {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    } else {
        _tile_loadd(0, sums[0], LINE_BYTES);
        _tile_loadd(1, sums[1], LINE_BYTES);
        _tile_loadd(2, sums[2], LINE_BYTES);
        _tile_loadd(3, sums[3], LINE_BYTES);
    }
    for (size_t k = 0; k < steps; k++) {
        const uint8_t *x = a.at + k * STEP_BYTES, *y = b.at + k * STEP_BYTES;
        const uint8_t *q = queries + k * STEP_TILES, *p = others + k * STEP_TILES;
        _tile_loadd(4, x, a.spacing);
        _tile_loadd(6, q + TILE_BYTES, LINE_BYTES);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, p + TILE_BYTES, LINE_BYTES);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, y, b.spacing);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
        _tile_loadd(6, q, LINE_BYTES);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(2, 5, 6);
        _tile_loadd(7, p, LINE_BYTES);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(3, 5, 7);
        _tile_loadd(4, x + LINE_BYTES, a.spacing);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, y + LINE_BYTES, b.spacing);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, sums[0], LINE_BYTES);
    _tile_stored(1, sums[1], LINE_BYTES);
    _tile_stored(2, sums[2], LINE_BYTES);
    _tile_stored(3, sums[3], LINE_BYTES);
}

#define BEGIN(sum)                                                                                                     \
    do {                                                                                                               \
        if (first)                                                                                                     \
            _tile_zero(sum);                                                                                           \
        else                                                                                                           \
            _tile_loadd(sum, sums[sum], LINE_BYTES);                                                                   \
    } while (false)

#define ADD(sum)                                                                                                       \
    do {                                                                                                               \
        _tile_loadd(4, rows[sum].at + k * STEP_BYTES, rows[sum].spacing);                                              \
        _tile_dpbf16ps(sum, 4, 7);                                                                                     \
        _tile_dpbf16ps(sum, 4, 6);                                                                                     \
        _tile_loadd(5, rows[sum].at + k * STEP_BYTES + LINE_BYTES, rows[sum].spacing);                                 \
        _tile_dpbf16ps(sum, 5, 6);                                                                                     \
    } while (false)

/* `count` tiles of rows × one of queries: 1, 2 or MOST. */
ALWAYS_INLINE void column(size_t count, const operand *rows, const uint8_t *queries, size_t steps, bool first,
                          float *sums[MOST])
{
    BEGIN(0);
    if (count > 1)
        BEGIN(1);
    if (count > 2) {
        BEGIN(2);
        BEGIN(3);
    }
    for (size_t k = 0; k < steps; k++) {
        _tile_loadd(6, queries + k * STEP_TILES, LINE_BYTES);
        _tile_loadd(7, queries + k * STEP_TILES + TILE_BYTES, LINE_BYTES);
        ADD(0);
        if (count > 1)
            ADD(1);
        if (count > 2) {
            ADD(2);
            ADD(3);
        }
    }
    _tile_stored(0, sums[0], LINE_BYTES);
    if (count > 1)
        _tile_stored(1, sums[1], LINE_BYTES);
    if (count > 2) {
        _tile_stored(2, sums[2], LINE_BYTES);
        _tile_stored(3, sums[3], LINE_BYTES);
    }
}

#undef BEGIN
#undef ADD

/* ---- a block of coordinates */

/* The block of the rows of a tile, copied if need be. */
static operand operand_of(const row_tile *tile, const block *b, uint8_t *copies)
{
    if (tile->spacing)
        return (operand){tile->rows[0] + b->step * STEP_BYTES, tile->spacing};
    for (size_t r = 0; r < TILE; r++)
        memcpy(copies + r * COPY_BYTES, tile->rows[r] + b->step * STEP_BYTES, b->steps * STEP_BYTES);
    return (operand){copies, COPY_BYTES};
}

/* The block of one of its tiles of queries. */
ALWAYS_INLINE const uint8_t *factors_of(const area *a, const block *b, size_t tile)
{
    return (const uint8_t *)a->call->queries[a->first_query + (b->query + tile) * TILE] + b->step * STEP_TILES;
}

/* `count` tiles of rows, from the area's tile `row` on, against one tile of queries. */
static void against_one(area *a, const block *b, size_t row, size_t count, const operand *rows, size_t query,
                        const uint8_t *factors)
{
    for (size_t done = 0, taken; done < count; done += taken) {
        float *sums[MOST];
        taken = count - done >= MOST ? MOST : count - done >= 2 ? 2 : 1;
        for (size_t t = 0; t < taken; t++)
            sums[t] = a->sums[query * a->row_tiles + row + done + t];
        if (taken == MOST)
            column(MOST, rows + done, factors, b->steps, b->first, sums);
        else if (taken == 2)
            column(2, rows + done, factors, b->steps, b->first, sums);
        else
            column(1, rows + done, factors, b->steps, b->first, sums);
    }
}

/* Two tiles of rows against two of queries. */
static void against_two(area *a, const block *b, size_t row, const operand *rows)
{
    float(*left)[TILE * TILE] = &a->sums[b->query * a->row_tiles + row], (*right)[TILE * TILE] = left + a->row_tiles;
    float *sums[4] = {left[0], right[0], left[1], right[1]};
    square(rows, factors_of(a, b, 0), factors_of(a, b, 1), b->steps, b->first, sums);
}

/* Adds a tile of sums to those in float64, or makes them of it. */
static void deliver(const float *tile, size_t rows, size_t queries, bool first, double *sums, size_t stride)
{
    const __mmask8 low = (__mmask8)first_of_16(rows), high = (__mmask8)(first_of_16(rows) >> 8);
    const uint8_t *lines[TILE];
    __m512i totals[TILE];
    for (size_t r = 0; r < TILE; r++)
        lines[r] = (const uint8_t *)(tile + r * TILE);
    transpose(lines, 0, totals);
    for (size_t q = 0; q < queries; q++, sums += stride) {
        const vector total = _mm512_castsi512_ps(totals[q]);
        doubles a = widened(lower_half(total)), b = widened(upper_half(total));
        if (!first) {
            a += _mm512_maskz_loadu_pd(low, sums);
            b += _mm512_maskz_loadu_pd(high, sums + WIDTH / 2);
        }
        _mm512_mask_storeu_pd(sums, low, a);
        _mm512_mask_storeu_pd(sums + WIDTH / 2, high, b);
    }
}

/* The sums of a span, of the block's queries and some tiles of rows. */
static void deliver_all(const area *a, const block *b, size_t first_tile, size_t tiles)
{
    const pass_call *call = a->call;
    for (size_t q = b->query; q < b->query + b->tiles; q++)
        for (size_t r = first_tile; r < first_tile + tiles; r++) {
            const size_t row = a->first_row + r * TILE, query = a->first_query + q * TILE;
            const size_t rows = call->row_count - row, queries = call->query_count - query;
            deliver(a->sums[q * a->row_tiles + r], rows < TILE ? rows : TILE, queries < TILE ? queries : TILE,
                    b->initial, call->sums + query * call->stride + row, call->stride);
        }
}

/* The block's queries against all rows of the area. */
static void against_rows(area *a, const block *b)
{
    const size_t most = b->tiles == 2 ? 2 : MOST;
    for (size_t row = 0; row < a->row_tiles; row += most) {
        const size_t count = a->row_tiles - row < most ? a->row_tiles - row : most;
        operand rows[MOST];
        for (size_t t = 0; t < count; t++)
            rows[t] = operand_of(&a->rows[row + t], b, a->copies + t * TILE * COPY_BYTES);
        before_tiles();
        if (b->tiles == 2 && count == 2)
            against_two(a, b, row, rows);
        else
            for (size_t t = 0; t < b->tiles; t++)
                against_one(a, b, row, count, rows, b->query + t, factors_of(a, b, t));
        if (b->last)
            deliver_all(a, b, row, count);
    }
}

/* Spans and blocks are of about equal lengths, which depend on dim alone. */
static void all_spans(area *a)
{
    const size_t steps = (a->call->dim + DEPTH - 1) / DEPTH;
    const size_t spans = (steps + SPAN_STEPS - 1) / SPAN_STEPS, length = (steps + spans - 1) / spans;
    for (size_t begin = 0; begin < steps; begin += length) {
        const size_t end = steps - begin < length ? steps : begin + length;
        for (size_t step = begin; step < end; step += BLOCK_STEPS) {
            block b = {.step = step, .first = step == begin, .initial = begin == 0};
            b.steps = end - step < BLOCK_STEPS ? end - step : BLOCK_STEPS;
            b.last = step + b.steps == end;
            for (; b.query < a->query_tiles; b.query += b.tiles) {
                b.tiles = a->query_tiles - b.query < 2 ? 1 : 2;
                against_rows(a, &b);
            }
        }
    }
}

/* ---- all */

static void find_rows(area *a)
{
    const pass_call *call = a->call;
    for (size_t t = 0; t < a->row_tiles; t++) {
        row_tile *tile = &a->rows[t];
        const size_t first = a->first_row + t * TILE, left = call->row_count - first;
        bool equal = left >= TILE;
        for (size_t r = 0; r < TILE; r++)
            tile->rows[r] = call->rows[first + (r < left ? r : left - 1)];
        const size_t spacing = (uintptr_t)tile->rows[1] - (uintptr_t)tile->rows[0];
        for (size_t r = 2; r < TILE; r++)
            equal = equal && (uintptr_t)tile->rows[r] - (uintptr_t)tile->rows[r - 1] == spacing;
        tile->spacing = equal ? spacing : 0;
    }
}

void UHN_VARIANT(uhn_pass_split_multiply)(const void *const *rows, size_t row_count, const void *const *queries,
                                          size_t query_count, size_t dim, const uhn_pass_table *table, double *sums,
                                          size_t stride)
{
    const pass_call call = {rows, queries, row_count, query_count, dim, stride, sums};
    const size_t query_tiles = (query_count + TILE - 1) / TILE, row_tiles = (row_count + TILE - 1) / TILE;
    const size_t together = query_tiles < GROUP ? query_tiles : GROUP;
    area a;
    (void)table;
    for (size_t q = 0; dim == 0 && q < query_count; q++)
        memset(sums + q * stride, 0, row_count * sizeof *sums);
    if (dim == 0 || row_count == 0 || query_count == 0)
        return;
    /* With one query, rows are read from end to end. */
    const size_t most = query_count == 1 ? MOST : SUMS / together / 2 * 2;
    const size_t groups = (row_tiles + most - 1) / most, length = ((row_tiles + groups - 1) / groups + 1) / 2 * 2;
    a.call = &call;
    use_tiles(TILE, query_count == 1 ? 1 : TILE);
    for (size_t query = 0; query < query_tiles; query += together)
        for (size_t row = 0; row < row_tiles; row += length) {
            a.first_query = query * TILE;
            a.query_tiles = query_tiles - query < together ? query_tiles - query : together;
            a.first_row = row * TILE;
            a.row_tiles = row_tiles - row < length ? row_tiles - row : length;
            find_rows(&a);
            all_spans(&a);
        }
    _tile_release();
}

/* In units of 2^-24 Σ|x q|. Rounding to the 8 bits of bfloat16 leaves at most 2^-8 of x, of which lo leaves at most
 * 2^-9, as it is rounded to 8 bits below those: |lo| ≤ 2^-8 |x|, |x − hi − lo| ≤ 2^-17 |x|. What is not summed, lo · lo
 * and these remainders of x and q, is at most 2^-16 + 2 · 2^-17 + 2^-34: 512.001 units. One instruction adds DEPTH
 * products in two chains of 16 (products of 8 by 8 bits are exact: 15 roundings), then these, then the result to the
 * sum, which happens three times for each DEPTH coordinates of a span. Products of parts are together at most
 * (1 + 2^-7)² of those of the numbers. The last factor covers what these errors do to each other, and the sums in
 * float64.
 *
 * Underflow: a part below 2^-126 is lost, which costs at most 2^-126 Σ (|x| + |q|) ≤ dim · 2^-126 (|x| + |q|); each
 * product, and each sum of products, may lose 2^-126, at most 6 for a coordinate: together less than dim · 2^-123. */
double UHN_VARIANT(uhn_split_rounding)(size_t dim)
{
    const size_t steps = (dim + DEPTH - 1) / DEPTH, longest = steps < SPAN_STEPS ? steps : SPAN_STEPS;
    return 1.02 * (512.001 + 15 + 1 + 3 * (double)longest);
}

#endif
