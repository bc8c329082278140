/* SPDX-License-Identifier: MIT
 * The passes of likelihoods, in every variant that this machine runs: against libm in long double, and nothing read
 * past the vectors. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "support/check.h"
#include "support/fence.h"
#include "support/random_data.h"

enum { LONGEST = 1043, VECTORS = 7 };

static const size_t dims[] = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 33, 64, 65, 784, 1023, 1024, 1025, 1043};
static const double sigmas[] = {1e-100, 1e-9, 1e-3, 0.02, 0.05, 0.3, 0.5, 1, 1.5, 7, 1e3, 1e100};

enum { DIMS = sizeof dims / sizeof *dims, SIGMAS = sizeof sigmas / sizeof *sigmas };

/* ---- by definition */

/* log Q(u), Q the upper tail; beyond what erfc can hold, by its continued fraction. */
static long double log_tail(long double u)
{
    long double fraction = u;

    if (u < 20)
        return logl(erfcl(u / sqrtl(2)) / 2);
    for (int k = 60; k >= 1; k--)
        fraction = u + k / fraction;
    return -u * u / 2 - logl(fraction) - logl(2 * acosl(-1)) / 2;
}

/* log(exp(a) + exp(b)) */
static long double log_sum(long double a, long double b)
{
    return fmaxl(a, b) + log1pl(expl(-fabsl(a - b)));
}

static long double gaussian_term(double x, double q, double sigma)
{
    const long double near = ((long double)q - (long double)x) / (long double)sigma;
    const long double far = ((long double)q + (long double)x) / (long double)sigma;

    return q == 1 ? log_sum(log_tail(near), log_tail(far)) : log_sum(-near * near / 2, -far * far / 2);
}

/* ---- data */

static float draw(test_random *random)
{
    const size_t kind = random_below(random, 6);

    return kind == 0   ? 0
           : kind == 1 ? 1
           : kind == 2 ? (float)random_below(random, 256) / 255
                       : (float)random_uniform(random);
}

typedef struct vectors {
    fence fences[2 * VECTORS];
    float *rows[VECTORS], *queries[VECTORS];
} vectors;

static vectors *make_vectors(void)
{
    vectors *made = test_allocate(1, sizeof *made);

    for (size_t v = 0; v < (size_t)2 * VECTORS; v++)
        made->fences[v] = make_fence(2 * (LONGEST + 16) * sizeof(float));
    return made;
}

static void free_vectors(vectors *these)
{
    for (size_t v = 0; v < (size_t)2 * VECTORS; v++)
        remove_fence(&these->fences[v]);
    free(these);
}

/* Queries are like their row, within some sigma, or anything. */
static void fill(vectors *these, test_random *random, size_t dim, double sigma)
{
    for (size_t v = 0; v < VECTORS; v++) {
        float *x = before_fence(&these->fences[v], dim * sizeof *x);
        float *q = before_fence(&these->fences[VECTORS + v], dim * sizeof *q);

        for (size_t i = 0; i < dim; i++) {
            x[i] = draw(random);
            q[i] = random_below(random, 3) ? (float)fmin(fabs((double)x[i] + sigma * random_normal(random)), 1)
                                           : draw(random);
        }
        these->rows[v] = x;
        these->queries[v] = q;
    }
}

/* ---- the exact pass */

static void check_pair(const float *x, const float *q, size_t dim, double sigma)
{
    const uhn_kernels *kernels;
    const double first = uhn_kernels_at(0)->folded_gaussian(x, q, dim, 1 / sigma);
    long double sum = 0, mass = 0;

    for (size_t v = 1; (kernels = uhn_kernels_at(v)); v++)
        assert_true(same_double(kernels->folded_gaussian(x, q, dim, 1 / sigma), first));
    for (size_t i = 0; i < dim; i++) {
        const long double term = gaussian_term((double)x[i], (double)q[i], sigma);

        sum += term;
        mass += fabsl(term);
    }
    /* Terms are within 2^-49 (1 + |term|), sums as in all exact passes. */
    if (!(fabsl((long double)first - sum) <=
          0x1p-49L * ((long double)dim + mass) + ((long double)dim / UHN_LANES + 8) * 0x1p-53L * mass))
        fail_msg("sigma %g, dim %zu: %.17g, not %.17Lg", sigma, dim, first, sum);
}

static void test_gaussian(void **state)
{
    test_random random = {1};
    vectors *these = make_vectors();

    (void)state;
    for (size_t d = 0; d < DIMS; d++)
        for (size_t s = 0; s < SIGMAS; s++) {
            fill(these, &random, dims[d], sigmas[s]);
            for (size_t r = 0; r < VECTORS; r++)
                check_pair(these->rows[r], these->queries[(r + s) % VECTORS], dims[d], sigmas[s]);
        }
    free_vectors(these);
}

/* One coordinate, where the law changes: 0, 1, and next to them. */
static void test_gaussian_corners(void **state)
{
    static const float values[] = {0, 0x1p-149F, 0x1p-30F, 0.25F, 0.5F, 1 - 0x1p-24F, 1};

    (void)state;
    for (size_t s = 0; s < SIGMAS; s++)
        for (size_t x = 0; x < 7; x++)
            for (size_t q = 0; q < 7; q++)
                check_pair(&values[x], &values[q], 1, sigmas[s]);
}

/* ---- the fast pass */

static void fold(const uhn_kernels *kernels, float *values, size_t dim, double sigma, bool is_query, float *to)
{
    const size_t half = uhn_folded_half(dim);

    memset(to, 0, 2 * half * sizeof *to);
    for (size_t i = 0; i < dim; i++) {
        to[i] = (float)((double)values[i] / sigma * sqrt(2 / log(2)));
        to[half + i] = is_query && values[i] == 1;
    }
    if (!is_query)
        kernels->folded_tails(values, dim, 1 / sigma, to + half);
}

static void check_folded(const uhn_kernels *kernels, const float *x, const float *q, size_t dim, double sum)
{
    const size_t half = uhn_folded_half(dim);
    long double expected = 0, mass = 0;

    for (size_t i = 0; i < dim; i++) {
        const long double y = (long double)x[i] * (long double)q[i] * logl(2) / 2;
        const long double term = y + log1pl(expl(-2 * y)), other = (long double)x[half + i] * (long double)q[half + i];

        expected += term + other;
        mass += term + fabsl(other);
    }
    if (!(fabsl((long double)sum - expected) <= (long double)(kernels->rounding(dim) + 7) * 0x1p-24L * mass))
        fail_msg("%s, dim %zu: %.17g, not %.17Lg: off by %Lg units", kernels->isa, dim, sum, expected,
                 fabsl((long double)sum - expected) / mass * 0x1p24L);
}

static void test_folded(void **state)
{
    static const double some[] = {0.03, 0.5, 1, 40};
    test_random random = {2};
    vectors *these = make_vectors();
    float *room = test_allocate((size_t)2 * VECTORS * 2 * (LONGEST + 16), sizeof *room);
    const uhn_kernels *kernels;

    (void)state;
    for (size_t d = 0; d < DIMS; d++)
        for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++) {
            const double sigma = some[(d + v) % 4];
            const size_t size = 2 * uhn_folded_half(dims[d]);
            const void *rows[VECTORS], *queries[VECTORS];
            double sums[VECTORS * VECTORS], alone;

            fill(these, &random, dims[d], sigma);
            for (size_t r = 0; r < VECTORS; r++) {
                fold(kernels, these->rows[r], dims[d], sigma, false, room + r * size);
                fold(kernels, these->queries[r], dims[d], sigma, true, room + (VECTORS + r) * size);
                rows[r] = room + r * size;
                queries[r] = room + (VECTORS + r) * size;
            }
            kernels->pass[UHN_PASS_FOLDED](rows, VECTORS, queries, VECTORS, dims[d], NULL, sums, VECTORS);
            for (size_t i = 0; i < (size_t)VECTORS * VECTORS; i++) {
                check_folded(kernels, rows[i % VECTORS], queries[i / VECTORS], dims[d], sums[i]);
                kernels->pass[UHN_PASS_FOLDED](rows + i % VECTORS, 1, queries + i / VECTORS, 1, dims[d], NULL, &alone,
                                               1);
                assert_true(same_double(alone, sums[i]));
            }
        }
    free(room);
    free_vectors(these);
}

/* Infinite and NaN operands show. */
static void test_folded_extremes(void **state)
{
    const uhn_kernels *kernels;

    (void)state;
    for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++) {
        float x[32] = {0, INFINITY}, q[32] = {1, 1}, zero[32] = {0};
        const void *row = x, *query = q, *nothing = zero;
        double sum;

        kernels->pass[UHN_PASS_FOLDED](&row, 1, &query, 1, 3, NULL, &sum, 1);
        assert_false(isfinite(sum));
        kernels->pass[UHN_PASS_FOLDED](&row, 1, &nothing, 1, 3, NULL, &sum, 1); /* infinity times 0 */
        assert_true(isnan(sum));
    }
}

static void test_tails(void **state)
{
    test_random random = {3};
    vectors *these = make_vectors();
    float tails[LONGEST];
    const uhn_kernels *kernels;

    (void)state;
    for (size_t s = 0; s < SIGMAS; s++) {
        fill(these, &random, LONGEST, sigmas[s]);
        for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++) {
            kernels->folded_tails(these->rows[0], LONGEST, 1 / sigmas[s], tails);
            for (size_t i = 0; i < LONGEST; i++) {
                const double x = (double)these->rows[0][i];
                const long double near = (1 - (long double)x) / (long double)sigmas[s];
                const long double density =
                    log_sum(0, -2 * (long double)x / ((long double)sigmas[s] * (long double)sigmas[s]));
                /* of the last, the part that the pass has already is taken off; rounded to a float */
                const long double expected = gaussian_term(x, 1, sigmas[s]) + near * near / 2 - density;

                assert_true(fabsl((long double)tails[i] - expected) <=
                            0x1p-24L * fabsl(expected) + 0x1p-48L + near * near * (0x1p-62L + 2 * lost_rounding()));
            }
        }
    }
    free_vectors(these);
}

/* ---- masks */

static uhn_mask_counts count_pixels(const float *x, const float *q, size_t pixels, size_t channels, size_t pixel_step,
                                    size_t channel_step)
{
    uhn_mask_counts counts = {0};

    for (size_t i = 0; i < pixels; i++) {
        bool x_zero = true, q_zero = true, same = true;

        for (size_t c = 0; c < channels; c++) {
            const size_t at = i * pixel_step + c * channel_step;

            x_zero &= x[at] == 0;
            q_zero &= q[at] == 0;
            same &= x[at] == q[at];
        }
        counts.masked += q_zero && !x_zero;
        counts.kept += !q_zero && same;
        counts.neither += !q_zero && !same;
    }
    return counts;
}

static void test_masks(void **state)
{
    test_random random = {4};
    vectors *these = make_vectors();
    const uhn_kernels *kernels;

    (void)state;
    for (size_t d = 0; d < DIMS; d++)
        for (size_t channels = 1; channels <= 4; channels++) {
            const size_t pixels = dims[d] / channels, dim = pixels * channels;
            float *x = before_fence(&these->fences[0], dim * sizeof *x);
            float *q = before_fence(&these->fences[1], dim * sizeof *q);

            for (size_t i = 0; i < dim; i++) {
                x[i] = (float)random_below(&random, 3) / 2;
                q[i] = random_below(&random, 4) ? x[i] : random_below(&random, 3) ? 0 : 1;
            }
            for (size_t way = 0; way < 2; way++) {
                const size_t pixel_step = way ? channels : 1, channel_step = way ? 1 : pixels;
                const uhn_mask_counts expected = count_pixels(x, q, pixels, channels, pixel_step, channel_step);

                for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++) {
                    const uhn_mask_counts is = kernels->masked_pixels(x, q, pixels, channels, pixel_step, channel_step);

                    assert_int_equal(is.masked, expected.masked);
                    assert_int_equal(is.kept, expected.kept);
                    assert_int_equal(is.neither, expected.neither);
                }
            }
        }
    free_vectors(these);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gaussian), cmocka_unit_test(test_gaussian_corners),
        cmocka_unit_test(test_folded),   cmocka_unit_test(test_folded_extremes),
        cmocka_unit_test(test_tails),    cmocka_unit_test(test_masks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
