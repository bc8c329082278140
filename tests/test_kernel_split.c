/* SPDX-License-Identifier: MIT
 * The product of split vectors, in the variants that have it: within the bound that kernel.h states, the same to the
 * bit whatever the number of rows and queries and wherever they lie, and nothing read or written past the vectors. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "support/check.h"
#include "support/fence.h"
#include "support/random_data.h"

enum { ROWS = 17, QUERIES = 19, LONGEST = 5000, GUARD = 3 };

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const size_t dims[] = {0, 1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 784, 2048, 2049, 3072, 5000};

/* The next variant from *index on that has the pass; NULL past the end. */
static const uhn_kernels *next_split(size_t *index)
{
    const uhn_kernels *kernels;

    while ((kernels = uhn_kernels_at(*index))) {
        ++*index;
        assert_true(!kernels->pass[UHN_PASS_SPLIT_MULTIPLY] == !kernels->split);
        assert_true(!kernels->pass[UHN_PASS_SPLIT_MULTIPLY] == !kernels->split_rounding);
        assert_true(!kernels->pass[UHN_PASS_SPLIT_MULTIPLY] == !kernels->pack);
        if (kernels->split)
            return kernels;
    }
    return NULL;
}

/* ---- data */

typedef enum filling { NORMAL, POSITIVE, WIDE, TINY, MIXED, CANCELLING, WORST, FILLINGS } filling;

static float power(test_random *random, int lowest, size_t range)
{
    return ldexpf(1 + (float)random_uniform(random), lowest + (int)random_below(random, range));
}

static float draw(test_random *random, filling how, size_t i)
{
    const float sign = random_below(random, 2) ? 1 : -1;

    switch (how) {
    case NORMAL:
        return (float)random_normal(random);
    case POSITIVE:
        return random_below(random, 8) ? (float)random_uniform(random) : 0;
    case WIDE:
        return sign * power(random, -60, 120);
    case TINY: /* subnormal, or hardly not */
        return sign * ldexpf((float)random_below(random, 8), -149 + (int)random_below(random, 24));
    case MIXED: /* products that are subnormal, or hardly not, of numbers that need not be */
        return sign * power(random, -130, 160);
    case CANCELLING:
        return (i % 2 ? -1000.0F : 1000.0F) + (float)random_uniform(random);
    default: /* parts that are as large as they can be, and remainders */
        return 1 + 0x1p-8f - 0x1p-17f - (random_below(random, 2) ? 0x1p-23f : 0x1p-22f);
    }
}

/* Vectors and what they are split into. */
typedef struct vectors {
    size_t count, dim;
    float *numbers; /* [count][dim] */
    fence split;    /* all of them, one after the other */
    const void **at;
} vectors;

/* Room for `count` vectors of up to `dim` numbers. */
static vectors make_vectors(size_t count, size_t dim)
{
    return (vectors){.count = count,
                     .numbers = test_allocate(count * dim + 1, sizeof(float)),
                     .split = make_fence(count * uhn_split_bytes(dim)),
                     .at = test_allocate(count, sizeof(void *))};
}

static void free_vectors(vectors *these)
{
    free(these->numbers);
    free(these->at);
    remove_fence(&these->split);
}

static void fill(vectors *these, test_random *random, filling how, size_t dim)
{
    these->dim = dim;
    for (size_t i = 0; i < these->count * dim; i++)
        these->numbers[i] = draw(random, how, dim ? i % dim : 0);
}

/* Takes the vectors apart, one after the other, as rows are. */
static void split(const uhn_kernels *kernels, vectors *these)
{
    const size_t bytes = uhn_split_bytes(these->dim);
    char *to = before_fence(&these->split, these->count * bytes);

    for (size_t v = 0; v < these->count; v++, to += bytes) {
        kernels->split(these->numbers + v * these->dim, these->dim, to);
        these->at[v] = to;
    }
}

/* Packs the split queries, each pack at the end of its own memory, and multiplies. */
static void multiply(const uhn_kernels *kernels, const void *const *rows, size_t row_count, const void *const *queries,
                     size_t query_count, size_t dim, double *sums, size_t stride)
{
    const size_t packs = (query_count + UHN_PACK - 1) / UHN_PACK;
    const size_t bytes = (dim + 31) / 32 * 128 * UHN_PACK;
    fence *at = test_allocate(packs, sizeof *at);
    const void **packed = test_allocate(packs * UHN_PACK, sizeof *packed);

    assert_true(bytes <= UHN_PACK * uhn_split_bytes(dim));
    for (size_t p = 0; p < packs; p++) {
        const size_t first = p * UHN_PACK, left = query_count - first;

        at[p] = make_fence(bytes);
        packed[first] = before_fence(&at[p], bytes);
        kernels->pack(queries + first, left < UHN_PACK ? left : UHN_PACK, dim, (void *)(uintptr_t)packed[first]);
    }
    kernels->pass[UHN_PASS_SPLIT_MULTIPLY](rows, row_count, packed, query_count, dim, NULL, sums, stride);
    for (size_t p = 0; p < packs; p++)
        remove_fence(&at[p]);
    free(at);
    free(packed);
}

/* ---- tests */

static void check_sums(const uhn_kernels *kernels, const vectors *rows, const vectors *queries, filling how)
{
    const size_t dim = rows->dim;
    double sums[ROWS * QUERIES];

    multiply(kernels, rows->at, ROWS, queries->at, QUERIES, dim, sums, ROWS);
    for (size_t q = 0; q < QUERIES; q++)
        for (size_t r = 0; r < ROWS; r++) {
            const float *x = rows->numbers + r * dim, *y = queries->numbers + q * dim;
            double sum = 0, magnitude = 0, squares = 0, other_squares = 0, bound;

            for (size_t i = 0; i < dim; i++) {
                const double term = (double)x[i] * (double)y[i];

                sum += term;
                magnitude += fabs(term);
                squares += (double)x[i] * (double)x[i];
                other_squares += (double)y[i] * (double)y[i];
            }
            /* The definition is summed in float64, which costs 2^-53 per addition. */
            bound = kernels->split_rounding(dim) * 0x1p-24 * magnitude + (double)dim * 0x1p-52 * magnitude +
                    (double)dim * 0x1p-123 * (1 + sqrt(squares) + sqrt(other_squares));
            if (!(fabs(sums[q * ROWS + r] - sum) <= bound))
                fail_msg("%s, dim %zu, filling %d: %.17g, not %.17g: off by %g of the bound", kernels->isa, dim,
                         (int)how, sums[q * ROWS + r], sum, fabs(sums[q * ROWS + r] - sum) / bound);
        }
}

static void test_bound(void **state)
{
    test_random random = {1};
    vectors rows = make_vectors(ROWS, LONGEST), queries = make_vectors(QUERIES, LONGEST);
    const uhn_kernels *kernels;

    (void)state;
    for (size_t v = 0; (kernels = next_split(&v));)
        for (size_t d = 0; d < LENGTH(dims); d++)
            for (filling how = 0; how < FILLINGS; how++) {
                fill(&rows, &random, how, dims[d]);
                fill(&queries, &random, how, dims[d]);
                split(kernels, &rows);
                split(kernels, &queries);
                check_sums(kernels, &rows, &queries, how);
            }
    free_vectors(&rows);
    free_vectors(&queries);
}

/* The bound has to be of use. */
static void test_bound_is_small(void **state)
{
    const uhn_kernels *kernels;

    (void)state;
    for (size_t v = 0; (kernels = next_split(&v));)
        for (size_t d = 0; d < LENGTH(dims); d++) {
            assert_true(kernels->split_rounding(dims[d]) >= 512);
            assert_true(kernels->split_rounding(dims[d]) <= 768);
        }
}

/* A vector may begin anywhere, and only its own bytes are written. */
static void test_split(void **state)
{
    test_random random = {2};
    fence from = make_fence(LONGEST * sizeof(float));
    const size_t most = uhn_split_bytes(LONGEST);
    uint8_t *room = test_allocate(1, 2 * most + 64), *first = room + 64 - (uintptr_t)room % 64, *second = first + most;
    const uhn_kernels *kernels;

    (void)state;
    for (size_t v = 0; (kernels = next_split(&v));)
        for (size_t d = 0; d < LENGTH(dims); d++) {
            const size_t dim = dims[d], bytes = uhn_split_bytes(dim);
            float *x = before_fence(&from, dim * sizeof *x), *moved = test_allocate(dim + 1, sizeof *moved);

            assert_true(bytes % UHN_SPLIT_ALIGNMENT == 0);
            for (size_t i = 0; i < dim; i++)
                moved[i + 1] = x[i] = draw(&random, WIDE, i);
            memset(first, 1, most);
            memset(second, 1, most);
            kernels->split(x, dim, first);
            kernels->split(moved + 1, dim, second);
            assert_true(memcmp(first, second, most) == 0);
            for (size_t i = bytes; i < most; i++)
                assert_true(first[i] == 1);
            memset(second, 1, most);
            memcpy(second, x, dim * sizeof *x);
            kernels->split((const float *)(const void *)second, dim, second); /* in its place */
            for (size_t i = 0; i < (dim + 31) / 32 * 128; i++)
                assert_true(first[i] == second[i]);
            free(moved);
        }
    free(room);
    remove_fence(&from);
}

/* Rows and queries of a test that compares with pairs on their own. */
typedef struct shape {
    size_t rows, queries;
} shape;

/* `singles`: of all rows and queries. Sums beyond the rows have to stay. */
static void check_shape(const uhn_kernels *kernels, const void *const *rows, const void *const *queries, shape with,
                        size_t dim, const double *singles, size_t single_stride)
{
    const size_t stride = with.rows + GUARD;
    double *sums = test_allocate(with.queries * stride + 1, sizeof *sums);

    for (size_t i = 0; i < with.queries * stride; i++)
        sums[i] = -7;
    multiply(kernels, rows, with.rows, queries, with.queries, dim, sums, stride);
    for (size_t q = 0; q < with.queries; q++)
        for (size_t r = 0; r < stride; r++)
            if (!same_double(sums[q * stride + r], r < with.rows ? singles[q * single_stride + r] : -7))
                fail_msg("%s, dim %zu, %zu rows, %zu queries: sum of row %zu, query %zu: %a, alone %a", kernels->isa,
                         dim, with.rows, with.queries, r, q, sums[q * stride + r], singles[q * single_stride + r]);
    free(sums);
}

/* One pair at a time. */
static double *sums_alone(const uhn_kernels *kernels, const vectors *rows, const vectors *queries)
{
    double *singles = test_allocate(rows->count * queries->count, sizeof *singles);

    for (size_t q = 0; q < queries->count; q++)
        for (size_t r = 0; r < rows->count; r++)
            multiply(kernels, rows->at + r, 1, queries->at + q, 1, rows->dim, singles + q * rows->count + r, 1);
    return singles;
}

static void test_counts(void **state)
{
    static const size_t some_dims[] = {0, 1, 33, 257, 784, 2080};
    static const size_t counts[] = {0, 1, 2, 15, 16, 17, 31, 32, 33, 48, 65};
    enum { MOST = 65 };
    test_random random = {3};
    vectors rows = make_vectors(MOST, 2080), queries = make_vectors(MOST, 2080);
    const uhn_kernels *kernels;

    (void)state;
    for (size_t v = 0; (kernels = next_split(&v));)
        for (size_t d = 0; d < LENGTH(some_dims); d++) {
            double *singles;

            fill(&rows, &random, NORMAL, some_dims[d]);
            fill(&queries, &random, NORMAL, some_dims[d]);
            split(kernels, &rows);
            split(kernels, &queries);
            singles = sums_alone(kernels, &rows, &queries);
            for (size_t r = 0; r < LENGTH(counts); r++)
                for (size_t q = 0; q < LENGTH(counts); q++)
                    check_shape(kernels, rows.at, queries.at, (shape){counts[r], counts[q]}, some_dims[d], singles,
                                MOST);
            free(singles);
        }
    free_vectors(&rows);
    free_vectors(&queries);
}

/* More than is taken at once, and rows at unequal distances: backwards, and some twice. */
static void test_many(void **state)
{
    enum { OWN = 23, MANY_ROWS = 600, MANY_QUERIES = 147, DIM = 300 };
    test_random random = {4};
    vectors rows = make_vectors(OWN, DIM), queries = make_vectors(OWN, DIM);
    const void *row_at[MANY_ROWS], *query_at[MANY_QUERIES];
    double *expected = test_allocate((size_t)MANY_ROWS * MANY_QUERIES, sizeof *expected);
    const uhn_kernels *kernels;

    (void)state;
    fill(&rows, &random, NORMAL, DIM);
    fill(&queries, &random, NORMAL, DIM);
    for (size_t v = 0; (kernels = next_split(&v));)
        for (size_t step = 1; step < OWN; step += 7) {
            double *singles;

            split(kernels, &rows);
            split(kernels, &queries);
            singles = sums_alone(kernels, &rows, &queries);
            for (size_t r = 0; r < MANY_ROWS; r++)
                row_at[r] = rows.at[(MANY_ROWS - r) * step % OWN];
            for (size_t q = 0; q < MANY_QUERIES; q++)
                query_at[q] = queries.at[q * step % OWN];
            for (size_t q = 0; q < MANY_QUERIES; q++)
                for (size_t r = 0; r < MANY_ROWS; r++)
                    expected[q * MANY_ROWS + r] = singles[q * step % OWN * OWN + (MANY_ROWS - r) * step % OWN];
            check_shape(kernels, row_at, query_at, (shape){MANY_ROWS, MANY_QUERIES}, DIM, expected, MANY_ROWS);
            check_shape(kernels, row_at, query_at, (shape){MANY_ROWS, 1}, DIM, expected, MANY_ROWS);
            check_shape(kernels, row_at, query_at, (shape){MANY_ROWS, 5}, DIM, expected, MANY_ROWS);
            check_shape(kernels, row_at, query_at, (shape){MANY_ROWS, 39}, DIM, expected, MANY_ROWS);
            free(singles);
        }
    free(expected);
    free_vectors(&rows);
    free_vectors(&queries);
}

/* Overflow, infinities and NaN show, in the sums of their own row and query only. */
static void test_extremes(void **state)
{
    enum { DIM = 37, COUNT = 3 };
    static const float values[] = {FLT_MAX, -FLT_MAX, INFINITY, -INFINITY, NAN, 0x1p100f};
    vectors rows = make_vectors(COUNT, DIM), queries = make_vectors(COUNT, DIM);
    const uhn_kernels *kernels;

    (void)state;
    for (size_t v = 0; (kernels = next_split(&v));)
        for (size_t k = 0; k < LENGTH(values); k++)
            for (size_t place = 0; place < DIM; place++) {
                double sums[COUNT * COUNT];

                rows.dim = queries.dim = DIM;
                memset(rows.numbers, 0, COUNT * DIM * sizeof(float));
                memset(queries.numbers, 0, COUNT * DIM * sizeof(float));
                rows.numbers[DIM + place] = values[k];
                queries.numbers[place] = queries.numbers[DIM + place] = -values[k];
                split(kernels, &rows);
                split(kernels, &queries);
                multiply(kernels, rows.at, COUNT, queries.at, COUNT, DIM, sums, COUNT);
                assert_false(isfinite(sums[1]) || isfinite(sums[COUNT + 1]));
                assert_true(sums[2 * COUNT] == 0 && sums[2 * COUNT + 2] == 0);
                if (values[k] == 0x1p100f)
                    assert_true(sums[0] == 0 && sums[COUNT + 2] == 0 && sums[2 * COUNT + 1] == 0);
                else
                    assert_false(isfinite(sums[0]) || isfinite(sums[2 * COUNT + 1]));
            }
    free_vectors(&rows);
    free_vectors(&queries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bound),  cmocka_unit_test(test_bound_is_small), cmocka_unit_test(test_split),
        cmocka_unit_test(test_counts), cmocka_unit_test(test_many),           cmocka_unit_test(test_extremes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
