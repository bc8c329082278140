/* SPDX-License-Identifier: MIT
 * The projection of many rows for many queries, an outer product: vectors lie along the columns, and a weight is
 * multiplied with whole vectors. A tile of some queries × some vectors sums up in registers over BLOCK rows in float32,
 * then in float64. Whatever the shape of the tile, a sum goes through the same operations: it does not depend on the
 * other queries. */
#include "kernel/variant/vector.h"

/* Rows between two additions in float64. */
enum { BLOCK = 128 };

/* Queries × vectors of a tile: its sums, the vectors and a weight have to fit into the registers, and the block's
 * columns into the first-level cache, beside the weights and the float64 sums. Of a single query, or of very few, tiles
 * are long, so that rows are read from memory in long pieces. */
enum {
    QUERIES = REGISTERS == 32 ? 12 : 4,
    SOME = REGISTERS == 32 ? 8 : 2,
    FEW = REGISTERS == 32 ? 4 : 2,
    VECTORS = REGISTERS == 32 ? 2 : 3,
    VECTORS_OF_ONE = REGISTERS / 2
};

/* Queries whose weights are arranged at a time. */
enum { BLOCK_QUERIES = 128 };

/* So many queries are worth a copy of the block's columns, side by side. */
enum { MANY_QUERIES = 2 * QUERIES };

/* Some columns of a block of rows, and all queries. */
typedef struct panel {
    const float *rows[BLOCK]; /* from the first column on */
    size_t row_count;
    size_t column, column_count; /* the first column, how many there are */
    const float *weights;        /* as arrange_weights() leaves them */
    double *const *sums;
    size_t query_count;
} panel;

/* sums[o] += v[o] for the first `count` columns of a vector. */
ALWAYS_INLINE void add_to(double *sums, vector v, size_t count)
{
    if (count == WIDTH) {
        add_doubles(sums, widened(lower_half(v)));
        add_doubles(sums + WIDTH / 2, widened(upper_half(v)));
    } else
        for (size_t o = 0; o < count; o++)
            sums[o] += (double)v[o];
}

/* The `queries` from `first` on; `vectors` of columns, the last of them with `last` numbers. */
ALWAYS_INLINE void tile(const panel *p, size_t first, size_t queries, size_t vectors, size_t last)
{
    vector total[QUERIES * VECTORS > VECTORS_OF_ONE ? QUERIES * VECTORS : VECTORS_OF_ONE] = {0};
    const float *weights = p->weights + first * p->row_count;
    for (size_t q = 0; queries > 1 && q < queries; q++) /* the sums of many queries are in the third-level cache */
        for (size_t o = 0; o < vectors * WIDTH; o += 64 / sizeof(double))
            __builtin_prefetch(p->sums[first + q] + p->column + o, 1, 3);
    for (size_t r = 0; r < p->row_count; r++, weights += queries) {
        const float *row = p->rows[r];
        vector x[VECTORS_OF_ONE];
        UNROLLED
        for (size_t v = 0; v < vectors; v++)
            x[v] = v + 1 < vectors || last == WIDTH ? load(row + v * WIDTH) : load_first(row + v * WIDTH, last);
        UNROLLED
        for (size_t q = 0; q < queries; q++) {
            const vector weight = all(weights[q]);
            UNROLLED
            for (size_t v = 0; v < vectors; v++)
                total[q * vectors + v] += weight * (queries > 1 ? in_register(x[v]) : x[v]);
        }
    }
    UNROLLED
    for (size_t q = 0; q < queries; q++)
        UNROLLED
    for (size_t v = 0; v < vectors; v++)
        add_to(p->sums[first + q] + p->column + v * WIDTH, total[q * vectors + v], v + 1 < vectors ? WIDTH : last);
}

/* Queries of the next tile, where so many are left. */
ALWAYS_INLINE size_t queries_of_tile(size_t left, size_t most)
{
    return left >= most ? most : most > 1 && left >= SOME ? SOME : most > 1 && left >= FEW ? FEW : 1;
}

/* All queries with `vectors` of columns, `most` queries at a time. */
ALWAYS_INLINE void all_queries(const panel *p, size_t most, size_t vectors, size_t last)
{
    size_t q = 0;
    for (; q + most <= p->query_count; q += most)
        tile(p, q, most, vectors, last);
    if (most > SOME && q + SOME <= p->query_count) {
        tile(p, q, SOME, vectors, last);
        q += SOME;
    }
    if (most > FEW && q + FEW <= p->query_count) {
        tile(p, q, FEW, vectors, last);
        q += FEW;
    }
    for (; most > 1 && q < p->query_count; q++)
        tile(p, q, 1, vectors, last);
}

/* Puts the weights into the order in which tiles of at most `most` queries read them: as they lie, a distance of a few
 * KiB apart, they would compete for the same places of the cache. */
static void arrange_weights(const float *weights, size_t stride, size_t query_count, size_t row_count, size_t most,
                            float *to)
{
    for (size_t q = 0, queries; q < query_count; q += queries) {
        queries = queries_of_tile(query_count - q, most);
        for (size_t r = 0; r < row_count; r++)
            for (size_t j = 0; j < queries; j++)
                *to++ = weights[(q + j) * stride + r];
    }
}

/* Tables of constants, not arguments, so that the sums stay in registers. */
static void short_columns(const panel *p)
{
    all_queries(p, QUERIES, VECTORS, WIDTH);
}

static void long_columns(const panel *p)
{
    all_queries(p, 1, VECTORS_OF_ONE, WIDTH);
}

/* One vector, of WIDTH numbers or of fewer. */
static void few_columns(const panel *p)
{
    if (p->column_count >= WIDTH)
        all_queries(p, QUERIES, 1, WIDTH);
    else
        all_queries(p, QUERIES, 1, p->column_count);
}

static void few_of_one(const panel *p)
{
    all_queries(p, 1, 1, p->column_count >= WIDTH ? WIDTH : p->column_count);
}

/* Puts the columns of a panel side by side; p->rows will point to the copies. */
static void copy_columns(panel *p, float copies[])
{
    for (size_t r = 0; r < p->row_count; r++, copies += VECTORS * WIDTH) {
        const float *row = p->rows[r];
        for (size_t v = 0; v < VECTORS; v++) {
            store(copies + v * WIDTH, load(row + v * WIDTH));
            __builtin_prefetch(row + (VECTORS + v) * WIDTH, 0, 2); /* the next panel's */
        }
        p->rows[r] = copies;
    }
}

/* All columns of a block of rows. */
static void all_columns(panel *p, const float *const *rows, size_t out_dim, float copies[])
{
    const bool together = p->query_count >= FEW;
    const size_t width = (together ? VECTORS : VECTORS_OF_ONE) * WIDTH;
    p->column_count = 0;
    for (p->column = 0; p->column < out_dim; p->column += p->column_count) {
        const size_t left = out_dim - p->column;
        p->column_count = left >= width ? width : left >= WIDTH ? WIDTH : left;
        for (size_t r = 0; r < p->row_count; r++)
            p->rows[r] = rows[r] + p->column;
        if (p->query_count >= MANY_QUERIES && left >= width)
            copy_columns(p, copies);
        (!together ? left < width ? few_of_one : long_columns : left < width ? few_columns : short_columns)(p);
    }
}

void UHN_VARIANT(uhn_project)(const float *const *rows, size_t row_count, const float *weights, size_t weight_stride,
                              double *const *sums, size_t query_count, size_t out_dim)
{
    float copies[BLOCK * VECTORS * WIDTH] __attribute__((aligned(64)));
    float arranged[BLOCK * BLOCK_QUERIES] __attribute__((aligned(64)));
    for (size_t q = 0; q < query_count; q += BLOCK_QUERIES) {
        panel p = {.weights = arranged, .sums = sums + q};
        p.query_count = query_count - q < BLOCK_QUERIES ? query_count - q : BLOCK_QUERIES;
        for (size_t first = 0; first < row_count; first += BLOCK) {
            p.row_count = row_count - first < BLOCK ? row_count - first : BLOCK;
            arrange_weights(weights + q * weight_stride + first, weight_stride, p.query_count, p.row_count,
                            p.query_count >= FEW ? QUERIES : 1, arranged);
            all_columns(&p, rows + first, out_dim, copies);
        }
    }
}
