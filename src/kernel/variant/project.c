/* SPDX-License-Identifier: MIT
 * The projection of many rows for many queries, an outer product: vectors lie along the columns, and a weight is
 * multiplied with whole vectors. A tile of some queries × some vectors sums up in registers over BLOCK rows in float32,
 * then in float64. Whatever the shape of the tile, a sum goes through the same operations: it does not depend on the
 * other queries. */
#include "kernel/variant/vector.h"

/* Rows between two additions in float64. */
enum { BLOCK = 128 };

/* Queries × vectors of a tile: its sums, the vectors and a weight have to fit into the registers. Of a single query, or
 * of very few, tiles are long, so that rows are read from memory in long pieces. */
enum { QUERIES = REGISTERS == 32 ? 8 : 4, HALF = QUERIES / 2, VECTORS = 3, VECTORS_OF_ONE = REGISTERS / 2 };

/* So many queries are worth a copy of the block's columns, side by side. */
enum { MANY_QUERIES = 2 * QUERIES };

/* Some columns of a block of rows, and all queries. */
typedef struct panel {
    const float *rows[BLOCK]; /* from the first column on */
    size_t row_count;
    size_t column, column_count; /* the first column, how many there are */
    const float *weights;
    size_t weight_stride;
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
    const float *weights = p->weights + first * p->weight_stride;
    for (size_t r = 0; r < p->row_count; r++) {
        const float *row = p->rows[r];
        vector x[VECTORS_OF_ONE];
        UNROLLED
        for (size_t v = 0; v < vectors; v++)
            x[v] = v + 1 < vectors || last == WIDTH ? load(row + v * WIDTH) : load_first(row + v * WIDTH, last);
        UNROLLED
        for (size_t q = 0; q < queries; q++) {
            const vector weight = all(weights[q * p->weight_stride + r]);
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

/* All queries with `vectors` of columns, `most` queries at a time. */
ALWAYS_INLINE void all_queries(const panel *p, size_t most, size_t vectors, size_t last)
{
    size_t q = 0;
    for (; q + most <= p->query_count; q += most)
        tile(p, q, most, vectors, last);
    if (most > HALF && q + HALF <= p->query_count) {
        tile(p, q, HALF, vectors, last);
        q += HALF;
    }
    for (; most > 1 && q < p->query_count; q++)
        tile(p, q, 1, vectors, last);
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
    const bool together = p->query_count >= HALF;
    const size_t width = (together ? VECTORS : VECTORS_OF_ONE) * WIDTH;
    p->column_count = 0;
    for (p->column = 0; p->column < out_dim; p->column += p->column_count) {
        const size_t left = out_dim - p->column;
        p->column_count = left >= width ? width : left >= WIDTH ? WIDTH : left;
        for (size_t r = 0; r < p->row_count; r++)
            p->rows[r] = rows[r] + p->column;
        if (p->query_count >= MANY_QUERIES && left >= width)
            copy_columns(p, copies);
        (left < width ? few_columns : together ? short_columns : long_columns)(p);
    }
}

void UHN_VARIANT(uhn_project)(const float *const *rows, size_t row_count, const float *weights, size_t weight_stride,
                              double *const *sums, size_t query_count, size_t out_dim)
{
    float copies[BLOCK * VECTORS * WIDTH] __attribute__((aligned(64)));
    panel p = {.weight_stride = weight_stride, .sums = sums, .query_count = query_count};
    for (size_t first = 0; first < row_count; first += BLOCK) {
        p.row_count = row_count - first < BLOCK ? row_count - first : BLOCK;
        p.weights = weights + first;
        all_columns(&p, rows + first, out_dim, copies);
    }
}
