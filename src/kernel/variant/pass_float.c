/* SPDX-License-Identifier: MIT
 * Fast passes over float32.
 *
 * Vectors lie along the coordinates, so that rows and queries are read where they are. A tile of ROWS × some queries
 * keeps one vector of running sums per pair in registers, over a block of at most BLOCK coordinates; then each of these
 * vectors is added up in a fixed tree, and the result is added to the pair's sum in float64. Whatever the shape of the
 * tile, a pair goes through the same operations: its sum does not depend on its neighbours. */
#include "kernel/variant/half_logarithm.h"
#include "kernel/variant/tile.h"

/* Coordinates between two additions in float64. A tile's rows then fill at most 24 KiB of the first-level cache, which
 * leaves room for queries, and the error is that of 48 additions. */
enum { BLOCK = 48 * WIDTH };

/* Queries of up to so many bytes stay in the second-level cache while whole rows go by. */
enum { CACHED_QUERIES = 256 * 1024 };

/* So many queries are worth preparing for: by a copy of the rows, and by asking for the next ones. */
enum { MANY_QUERIES = 32 };

/* Queries in a tile: its sums, a vector per query and one of a row, or two operands, have to fit into the registers. */
enum { QUERIES = 3, FEWER_QUERIES = REGISTERS == 32 ? 3 : 2 };

/* sum + the terms of x and q. */
typedef vector step_function(vector sum, vector x, vector q);

ALWAYS_INLINE vector multiply(vector sum, vector x, vector q)
{
    return sum + x * q;
}

ALWAYS_INLINE vector maximum(vector sum, vector x, vector q)
{
    return sum + larger(x, q);
}

ALWAYS_INLINE vector squared_difference(vector sum, vector x, vector q)
{
    const vector difference = x - q;
    return sum + difference * difference;
}

ALWAYS_INLINE vector absolute_difference(vector sum, vector x, vector q)
{
    return sum + absolute(x - q);
}

/* m log m = s · ½ (log s − log 2) with s = x + q. */
ALWAYS_INLINE vector mean_logarithm(vector sum, vector x, vector q)
{
    const vector s = x + q;
    return sum + s * half_logarithm(s);
}

/* A block of coordinates of ROWS rows, or of fewer. */
typedef struct row_tile {
    const float *rows[ROWS]; /* those that are missing repeat the last one */
    const float *next[ROWS]; /* what will be asked for next */
    size_t row_count, count; /* rows, coordinates */
    size_t offset;           /* of the first coordinate; a later block than the first one adds to the sums */
} row_tile;

/* Adds the block's part to the sums of a few queries. */
static void deliver(const row_tile *t, const double *totals, size_t query_count, double *sums, size_t stride)
{
    for (size_t j = 0; j < query_count; j++, totals += ROWS, sums += stride)
        if (t->row_count == ROWS && t->offset == 0)
            memcpy(sums, totals, ROWS * sizeof *totals);
        else if (t->row_count == ROWS)
            for (size_t r = 0; r < ROWS; r++)
                sums[r] += totals[r];
        else
            for (size_t r = 0; r < t->row_count; r++)
                sums[r] = t->offset > 0 ? sums[r] + totals[r] : totals[r];
}

/* A tile's rows against a few queries; `fetch`: rows come from memory as fast as they can, so the next tile's are asked
 * for. (Those of this one a little ahead is what the processor does by itself, up to the end of a page.) */
ALWAYS_INLINE void tile(step_function *step, const row_tile *t, const void *const *queries, size_t query_count,
                        bool fetch, double *sums, size_t stride)
{
    const size_t count = t->count;
    vector partial[QUERIES][ROWS] = {0};
    double totals[QUERIES * ROWS];
    const float *x[ROWS], *q[QUERIES];
    size_t i = 0;
    UNROLLED
    for (size_t r = 0; r < ROWS; r++)
        x[r] = t->rows[r];
    UNROLLED
    for (size_t j = 0; j < query_count; j++)
        q[j] = (const float *)queries[j] + t->offset;

    for (; i + WIDTH <= count; i += WIDTH) {
        vector query[QUERIES];
        UNROLLED
        for (size_t j = 0; j < query_count; j++)
            query[j] = in_register(load(q[j] + i));
        UNROLLED
        for (size_t r = 0; r < ROWS; r++) {
            const vector row = in_register(load(x[r] + i));
            if (fetch && i * sizeof(float) % 64 == 0)
                __builtin_prefetch(t->next[r] + i, 0, 2);
            UNROLLED
            for (size_t j = 0; j < query_count; j++)
                partial[j][r] = step(partial[j][r], row, query[j]);
        }
    }
    if (i < count) {
        UNROLLED
        for (size_t r = 0; r < ROWS; r++) {
            const vector row = load_first(x[r] + i, count - i);
            UNROLLED
            for (size_t j = 0; j < query_count; j++)
                partial[j][r] = step(partial[j][r], row, load_first(q[j] + i, count - i));
        }
    }
    UNROLLED
    for (size_t j = 0; j < query_count; j++)
        add_up(partial[j], totals + j * ROWS);
    deliver(t, totals, query_count, sums, stride);
}

/* Asks for one part of `parts` of the next tile. */
ALWAYS_INLINE void fetch_next(const row_tile *t, size_t part, size_t parts)
{
    enum { LINE = 64 / sizeof(float) };
    const size_t lines = (t->count + LINE - 1) / LINE, first = lines * part / parts, end = lines * (part + 1) / parts;
    for (size_t line = first; line < end; line++)
        for (size_t r = 0; r < ROWS; r++)
            __builtin_prefetch(t->next[r] + line * LINE, 0, 2);
}

/* A tile's rows against all queries, `most` at a time. */
ALWAYS_INLINE void against_all(step_function *step, size_t most, const row_tile *t, const void *const *queries,
                               size_t query_count, double *sums, size_t stride)
{
    const size_t whole = query_count / most;
    for (size_t k = 0; k < whole; k++, queries += most, sums += most * stride) {
        if (query_count >= MANY_QUERIES)
            fetch_next(t, k, whole);
        tile(step, t, queries, most, false, sums, stride);
    }
    if (query_count % most == 2)
        tile(step, t, queries, 2, false, sums, stride);
    if (most > 1 && query_count == 1)
        tile(step, t, queries, 1, true, sums, stride);
    else if (query_count % most == 1)
        tile(step, t, queries, 1, false, sums, stride);
}

typedef void tile_function(const row_tile *tile, const void *const *queries, size_t query_count, double *sums,
                           size_t stride);

/* Puts the tile's rows side by side: rows a multiple of 4 KiB apart would compete for the same places of the
 * first-level cache, and a vector may straddle two of its lines. */
static void copy_rows(row_tile *tile, float copies[ROWS * BLOCK])
{
    for (size_t r = 0; r < ROWS; r++) {
        memcpy(copies + r * BLOCK, tile->rows[r], tile->count * sizeof(float));
        tile->rows[r] = copies + r * BLOCK;
    }
}

/* What a pass was called with, and how its coordinates are cut into blocks of equal length. */
typedef struct pass_call {
    tile_function *against;
    const void *const *rows, *const *queries;
    size_t row_count, query_count, dim, stride, length;
    double *sums;
} pass_call;

/* One block of coordinates of the rows from `first` on. */
static void one_tile(const pass_call *call, size_t first, size_t offset)
{
    float copies[ROWS * BLOCK] __attribute__((aligned(64)));
    const size_t left = call->row_count - first;
    row_tile tile = {.row_count = left < ROWS ? left : ROWS, .offset = offset};
    tile.count = call->dim - offset < call->length ? call->dim - offset : call->length;
    for (size_t r = 0; r < ROWS; r++) {
        const size_t row = first + (r < tile.row_count ? r : tile.row_count - 1);
        tile.rows[r] = (const float *)call->rows[row] + offset;
        tile.next[r] = (const float *)call->rows[row + ROWS < call->row_count ? row + ROWS : row] + offset;
    }
    if (call->query_count >= MANY_QUERIES)
        copy_rows(&tile, copies);
    call->against(&tile, call->queries, call->query_count, call->sums + first, call->stride);
}

static void all_tiles(pass_call call)
{
    const size_t blocks = call.dim > BLOCK ? (call.dim + BLOCK - 1) / BLOCK : 1;
    call.length = ((call.dim + blocks - 1) / blocks + WIDTH - 1) / WIDTH * WIDTH;
    /* Few queries stay in the cache, and rows are best read from end to end. Of many, a block stays. */
    if (call.query_count * call.dim * sizeof(float) <= CACHED_QUERIES)
        for (size_t first = 0; first < call.row_count; first += ROWS)
            for (size_t block = 0; block < blocks; block++)
                one_tile(&call, first, block * call.length);
    else
        for (size_t block = 0; block < blocks; block++)
            for (size_t first = 0; first < call.row_count; first += ROWS)
                one_tile(&call, first, block * call.length);
}

#define PASS(name, step, most)                                                                                         \
    static void step##_tile(const row_tile *tile, const void *const *queries, size_t query_count, double *sums,        \
                            size_t stride)                                                                             \
    {                                                                                                                  \
        against_all(step, most, tile, queries, query_count, sums, stride);                                             \
    }                                                                                                                  \
    void UHN_VARIANT(name)(const void *const *rows, size_t row_count, const void *const *queries, size_t query_count,  \
                           size_t dim, const uhn_pass_table *table, double *sums, size_t stride)                       \
    {                                                                                                                  \
        (void)table;                                                                                                   \
        all_tiles((pass_call){step##_tile, rows, queries, row_count, query_count, dim, stride, 0, sums});              \
    }

PASS(uhn_pass_multiply, multiply, QUERIES)
PASS(uhn_pass_maximum, maximum, FEWER_QUERIES)
PASS(uhn_pass_squared_difference, squared_difference, FEWER_QUERIES)
PASS(uhn_pass_absolute_difference, absolute_difference, FEWER_QUERIES)
PASS(uhn_pass_mean_logarithm, mean_logarithm, 1)

/* At most ⌈block / WIDTH⌉ − 1 additions in a running sum, then at most 4 to add up the sums of a register, and 5 for a
 * term; the rest covers the products of these errors, and the sums in float64. */
double UHN_VARIANT(uhn_rounding)(size_t dim)
{
    const size_t longest = dim < BLOCK ? dim : BLOCK, additions = (longest + WIDTH - 1) / WIDTH;
    return (double)additions + 10;
}
