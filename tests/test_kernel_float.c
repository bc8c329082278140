/* SPDX-License-Identifier: MIT
 * The fast passes over float32, in every variant that this machine runs: within the bound that kernel.h states, the
 * same to the bit whatever the number of rows and queries, and nothing read past the vectors. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "support/check.h"
#include "support/fence.h"
#include "support/length.h"
#include "support/random_data.h"

enum { VECTORS = 17, LONGEST = 3072, GUARD = 3 };

static const size_t dims[] = {0,  1,  2,   3,   4,   5,   7,   8,    9,    15,   16,   17,   31,   32,   33,
                              63, 65, 127, 255, 257, 511, 784, 1023, 1025, 1040, 1041, 2047, 2049, 3071, 3072};
static const uhn_pass passes[] = {UHN_PASS_MULTIPLY, UHN_PASS_MAXIMUM, UHN_PASS_SQUARED_DIFFERENCE,
                                  UHN_PASS_ABSOLUTE_DIFFERENCE, UHN_PASS_MEAN_LOGARITHM};

enum { DIMS = sizeof dims / sizeof *dims, PASSES = sizeof passes / sizeof *passes };

/* ---- by definition */

typedef struct expected_sum {
    double sum, magnitude; /* of the bound: Σ|term|, or what stands for it */
} expected_sum;

static void add_term(expected_sum *to, uhn_pass pass, double x, double q)
{
    const double m = (x + q) / 2;
    double term = 0, magnitude;

    switch (pass) {
    case UHN_PASS_MULTIPLY:
        term = x * q;
        break;
    case UHN_PASS_MAXIMUM:
        term = x > q ? x : q;
        break;
    case UHN_PASS_SQUARED_DIFFERENCE:
        term = (x - q) * (x - q);
        break;
    case UHN_PASS_ABSOLUTE_DIFFERENCE:
        term = fabs(x - q);
        break;
    default:
        term = m > 0 ? m * log(m) : 0;
    }
    magnitude = pass == UHN_PASS_MEAN_LOGARITHM ? m + fabs(term) : fabs(term);
    to->sum += term;
    to->magnitude += magnitude;
}

static expected_sum by_definition(uhn_pass pass, const float *x, const float *q, size_t dim)
{
    expected_sum expected = {0, 0};

    for (size_t i = 0; i < dim; i++)
        add_term(&expected, pass, (double)x[i], (double)q[i]);
    return expected;
}

/* ---- data */

typedef enum filling { UNIFORM, NORMAL, WIDE, TINY, FILLINGS } filling;

static float draw(test_random *random, filling how)
{
    const float sign = random_below(random, 2) ? 1 : -1;

    switch (how) {
    case UNIFORM:
        return random_below(random, 8) ? (float)random_uniform(random) : 0;
    case NORMAL:
        return (float)random_normal(random);
    case WIDE:
        return sign * ldexpf(1 + (float)random_uniform(random), (int)random_below(random, 60) - 30);
    default: /* subnormal, or hardly not */
        return sign * ldexpf((float)random_below(random, 8), -149 + (int)random_below(random, 24));
    }
}

/* Vectors that end at fences: VECTORS rows, VECTORS queries. */
typedef struct vectors {
    fence fences[2 * VECTORS];
    const void *rows[VECTORS], *queries[VECTORS];
} vectors;

static vectors *make_vectors(void)
{
    vectors *made = test_allocate(1, sizeof *made);

    for (size_t v = 0; v < (size_t)2 * VECTORS; v++)
        made->fences[v] = make_fence(LONGEST * sizeof(float));
    return made;
}

static void free_vectors(vectors *these)
{
    for (size_t v = 0; v < (size_t)2 * VECTORS; v++)
        remove_fence(&these->fences[v]);
    free(these);
}

static void fill(vectors *these, test_random *random, filling how, bool positive, size_t dim)
{
    for (size_t v = 0; v < (size_t)2 * VECTORS; v++) {
        float *x = before_fence(&these->fences[v], dim * sizeof *x);

        for (size_t i = 0; i < dim; i++)
            x[i] = positive ? fabsf(draw(random, how)) : draw(random, how);
        (v < VECTORS ? these->rows : these->queries)[v % VECTORS] = x;
    }
}

/* ---- tests */

static void check_sums(const uhn_kernels *kernels, uhn_pass pass, const vectors *these, size_t dim, filling how)
{
    double sums[VECTORS * VECTORS];

    kernels->pass[pass](these->rows, VECTORS, these->queries, VECTORS, dim, NULL, sums, VECTORS);
    for (size_t q = 0; q < VECTORS; q++)
        for (size_t r = 0; r < VECTORS; r++) {
            const double sum = sums[q * VECTORS + r];
            const expected_sum expected = by_definition(pass, these->rows[r], these->queries[q], dim);
            /* The definition is summed in float64, which costs 2^-53 per addition. */
            const double bound = kernels->rounding(dim) * 0x1p-24 * expected.magnitude + (double)dim * 0x1p-126 +
                                 (double)dim * 0x1p-52 * expected.magnitude;

            if (!(fabs(sum - expected.sum) <= bound))
                fail_msg("%s, pass %d, dim %zu, filling %d: %.17g, not %.17g: off by %g of the bound", kernels->isa,
                         (int)pass, dim, (int)how, sum, expected.sum, fabs(sum - expected.sum) / bound);
        }
}

static void test_bound(void **state)
{
    test_random random = {1};
    vectors *these = make_vectors();
    const uhn_kernels *kernels;

    (void)state;
    for (size_t p = 0; p < PASSES; p++)
        for (size_t d = 0; d < DIMS; d++)
            for (filling how = UNIFORM; how < FILLINGS; how++) {
                if (!is_tried(p + d + how, 13))
                    continue;
                fill(these, &random, how, passes[p] == UHN_PASS_MEAN_LOGARITHM, dims[d]);
                for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++)
                    check_sums(kernels, passes[p], these, dims[d], how);
            }
    free_vectors(these);
}

/* The bound has to be of use: not much more than the additions of one running sum among at least four. */
static void test_bound_is_small(void **state)
{
    const uhn_kernels *kernels;

    (void)state;
    for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++)
        for (size_t d = 0; d < DIMS; d++) {
            assert_true(kernels->rounding(dims[d]) >= 1);
            assert_true(kernels->rounding(dims[d]) <= ceil((double)dims[d] / 4) + 16);
            assert_true(kernels->rounding(dims[d]) <= 80);
        }
}

/* As one call gives them for all; sums beyond the rows have to stay. */
static void check_counts(const uhn_kernels *kernels, uhn_pass pass, const vectors *these, size_t dim,
                         const double *singles, size_t row_count, size_t query_count)
{
    const size_t stride = row_count + GUARD;
    double sums[VECTORS * (VECTORS + GUARD)];

    for (size_t i = 0; i < query_count * stride; i++)
        sums[i] = -7;
    kernels->pass[pass](these->rows, row_count, these->queries, query_count, dim, NULL, sums, stride);
    for (size_t q = 0; q < query_count; q++)
        for (size_t r = 0; r < stride; r++)
            if (!same_double(sums[q * stride + r], r < row_count ? singles[q * VECTORS + r] : -7))
                fail_msg("%s, pass %d, dim %zu, %zu rows, %zu queries: sum of row %zu, query %zu: %a, alone %a",
                         kernels->isa, (int)pass, dim, row_count, query_count, r, q, sums[q * stride + r],
                         singles[q * VECTORS + r]);
}

static void test_counts(void **state)
{
    static const size_t some_dims[] = {0, 1, 3, 17, 63, 784, 1025, 3072};
    test_random random = {2};
    vectors *these = make_vectors();
    const uhn_kernels *kernels;

    (void)state;
    for (size_t d = 0; d < sizeof some_dims / sizeof *some_dims; d++) {
        fill(these, &random, UNIFORM, true, some_dims[d]);
        for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++)
            for (size_t p = 0; p < PASSES && is_tried(d + v, 4); p++) {
                double singles[VECTORS * VECTORS];

                for (size_t i = 0; i < (size_t)VECTORS * VECTORS; i++)
                    kernels->pass[passes[p]](these->rows + i % VECTORS, 1, these->queries + i / VECTORS, 1,
                                             some_dims[d], NULL, singles + i, 1);
                for (size_t rows = 0; rows <= VECTORS; rows += rows == 9 ? 8 : 1)
                    for (size_t queries = 0; queries <= VECTORS; queries += queries == 9 ? 8 : 1)
                        check_counts(kernels, passes[p], these, some_dims[d], singles, rows, queries);
            }
    }
    free_vectors(these);
}

/* So many queries that rows are copied, and that blocks of coordinates are taken one by one. */
static void test_many_queries(void **state)
{
    enum { MANY = 131, DIM = 2051 };
    test_random random = {3};
    vectors *these = make_vectors();
    const void *queries[MANY];
    double *sums = test_allocate(MANY * VECTORS, sizeof *sums), single;
    const uhn_kernels *kernels;

    (void)state;
    fill(these, &random, UNIFORM, true, DIM);
    for (size_t q = 0; q < MANY; q++)
        queries[q] = these->queries[q % VECTORS];
    for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++)
        for (size_t p = 0; p < PASSES; p += unless_short(1, 3)) {
            kernels->pass[passes[p]](these->rows, VECTORS, queries, MANY, DIM, NULL, sums, VECTORS);
            for (size_t i = 0; i < (size_t)MANY * VECTORS; i++) {
                kernels->pass[passes[p]](these->rows + i % VECTORS, 1, queries + i / VECTORS, 1, DIM, NULL, &single, 1);
                assert_true(same_double(sums[i], single));
            }
        }
    free(sums);
    free_vectors(these);
}

/* Overflow, infinities and NaN show. (A maximum may lose a NaN: see kernel.h.) */
static void test_extremes(void **state)
{
    enum { DIM = 37 };
    static const float values[] = {FLT_MAX, INFINITY, NAN};
    const uhn_kernels *kernels;

    (void)state;
    for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++)
        for (size_t p = 0; p < PASSES; p++)
            for (size_t k = 0; k < sizeof values / sizeof *values; k++)
                for (size_t place = 0; place < DIM; place++) {
                    float x[DIM] = {0}, q[DIM] = {0};
                    const void *row = x, *query = q;
                    double sum = 0;

                    if (passes[p] == UHN_PASS_MAXIMUM && isnan(values[k]))
                        continue;
                    x[place] = x[(place + 1) % DIM] = values[k];
                    q[place] = passes[p] == UHN_PASS_MULTIPLY ? values[k] : 0;
                    kernels->pass[passes[p]](&row, 1, &query, 1, DIM, NULL, &sum, 1);
                    if (k == 0 && passes[p] != UHN_PASS_MULTIPLY && passes[p] != UHN_PASS_SQUARED_DIFFERENCE)
                        assert_true(sum >= (double)FLT_MAX); /* in one running sum the two overflow, in two not */
                    else
                        assert_false(isfinite(sum));
                }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bound),        cmocka_unit_test(test_bound_is_small), cmocka_unit_test(test_counts),
        cmocka_unit_test(test_many_queries), cmocka_unit_test(test_extremes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
