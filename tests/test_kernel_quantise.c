/* SPDX-License-Identifier: MIT
 * From floats to bytes, to 15 bits, to bits and to bins, in every variant that this machine runs. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "support/check.h"
#include "support/random_data.h"

enum { DIM_MAX = 1025 };

static const size_t dims[] = {0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 255, 784, 1025};

#define FOR_EACH_VARIANT(kernels)                                                                                      \
    for (size_t variant = 0; variant < 8; variant++)                                                                   \
        for (const uhn_kernels *kernels = uhn_kernels_at(variant); kernels; kernels = NULL)

#define FOR_EACH_DIM(dim)                                                                                              \
    for (size_t d = 0; d < sizeof dims / sizeof *dims; d++)                                                            \
        for (size_t dim = dims[d], once = 1; once; once = 0)

/* Floats that end where their block ends, at an address that is a multiple of 4 only. */
typedef struct floats {
    float *block, *x;
} floats;

static floats make_floats(test_random *random, size_t dim, double centre, double width)
{
    floats made = {.block = test_allocate(dim + 1, sizeof *made.block)};

    made.x = made.block + 1;
    for (size_t i = 0; i < dim; i++)
        made.x[i] = (float)(centre + width * (random_uniform(random) - 0.5));
    return made;
}

/* ---- range */

static void test_range(void **state)
{
    test_random random = {1};

    (void)state;
    FOR_EACH_VARIANT(kernels)
    FOR_EACH_DIM(dim)
    {
        floats data = make_floats(&random, dim, 3, 20);
        float low = 1, high = 2, expected_low = 1, expected_high = 2;

        if (dim > 2)
            data.x[random_below(&random, dim)] = NAN;
        for (size_t i = 0; i < dim; i++) {
            expected_low = data.x[i] < expected_low ? data.x[i] : expected_low;
            expected_high = data.x[i] > expected_high ? data.x[i] : expected_high;
        }
        kernels->range(data.x, dim, &low, &high);
        assert_true(low == expected_low && high == expected_high);
        if (dim > 0) {
            data.x[dim - 1] = INFINITY;
            kernels->range(data.x, dim, &low, &high);
            assert_true(low == expected_low && high == INFINITY);
            data.x[dim - 1] = -INFINITY;
            kernels->range(data.x, dim, &low, &high);
            assert_true(low == -INFINITY && high == INFINITY);
        }
        free(data.block);
    }
}

/* ---- quantisation: errors by definition, in long double, whose own rounding is 2^-11 of what is allowed for */

typedef struct points {
    double low, step;
    long top;
} points;

static long double error_at(float x, long n, points of)
{
    return fabsl((long double)x - ((long double)of.low + (long double)n * (long double)of.step));
}

static double span(points of)
{
    return fabs(of.low) + (double)of.top * of.step;
}

static void check_point(float x, long n, points of)
{
    long double here = error_at(x, n, of), room = 0x1p-50L * (fabsl((long double)x) + (long double)span(of));

    assert_in_range(n, 0, of.top);
    assert_true(n == 0 || here <= error_at(x, n - 1, of) + room);
    assert_true(n == of.top || here <= error_at(x, n + 1, of) + room);
}

static void check_errors(const float *x, const long *n, size_t dim, points of, uhn_moments is)
{
    long double absolute = 0, squares = 0, slack = 0x1p-51L * (long double)span(of) + 0x1p-1000L, above = 0;
    long double rounding = 1 - 0x1p-60L;

    for (size_t i = 0; i < dim; i++) {
        long double error = error_at(x[i], n[i], of);

        check_point(x[i], n[i], of);
        absolute += error;
        squares += error * error;
        above += (error + slack) * (error + slack);
    }
    assert_true((long double)is.absolute >= absolute * rounding && (long double)is.squares >= squares * rounding);
    assert_true((long double)is.absolute <= (absolute + (long double)dim * slack) * (1 + 1e-12L));
    assert_true((long double)is.squares <= above * (1 + 1e-12L));
    assert_true(fabsl((long double)is.sum) <= absolute + (long double)dim * slack);
}

/* Puts the numbers into n. */
static uhn_moments quantise(const uhn_kernels *kernels, const float *x, size_t dim, points of, long *n)
{
    uint8_t *bytes = test_allocate(dim + 1, 1);
    int16_t *words = test_allocate(dim + 1, sizeof *words);
    uhn_moments errors;

    bytes[dim] = 77; /* which have to stay */
    words[dim] = 77;
    errors = of.top == 255 ? kernels->quantise_uint8(x, dim, of.low, of.step, bytes)
                           : kernels->quantise_int16(x, dim, of.low, of.step, words);
    for (size_t i = 0; i < dim; i++)
        n[i] = of.top == 255 ? bytes[i] : words[i];
    assert_true(bytes[dim] == 77 && words[dim] == 77);
    free(bytes);
    free(words);
    return errors;
}

static void test_quantise(void **state)
{
    static const double centres[] = {0.5, -3, 1e6, 1e-30, 0, 1e30};
    static const double widths[] = {1, 1e-3, 1e10, 1e-30, 0, 3e29};
    test_random random = {2};
    long n[DIM_MAX];

    (void)state;
    FOR_EACH_VARIANT(kernels)
    FOR_EACH_DIM(dim)
    for (size_t k = 0; k < sizeof widths / sizeof *widths; k++)
        for (long top = 255; top <= 32767; top += 32767 - 255) {
            floats data = make_floats(&random, dim, centres[k], widths[k]);
            points within = {centres[k] - widths[k] / 2, widths[k] / (double)top, top};
            points beyond = {centres[k] - widths[k] / 3, widths[k] / 2 / (double)top, top};

            check_errors(data.x, n, dim, within, quantise(kernels, data.x, dim, within, n));
            check_errors(data.x, n, dim, beyond, quantise(kernels, data.x, dim, beyond, n));
            free(data.block);
        }
}

/* A step of which no reciprocal is finite, points exactly hit, and what is no number. */
static void test_quantise_extremes(void **state)
{
    float x[5] = {0, 1e-40f, 17, 255, 3e38f};
    const points tiny = {0, 0x1p-1070, 255}, whole = {0, 1, 32767};
    long n[5];
    uhn_moments errors;

    (void)state;
    FOR_EACH_VARIANT(kernels)
    {
        check_errors(x, n, 5, tiny, quantise(kernels, x, 5, tiny, n));
        errors = quantise(kernels, x + 2, 2, whole, n);
        assert_true(n[0] == 17 && n[1] == 255);
        assert_true(errors.sum == 0 && errors.absolute <= 2 * 0x1p-51 * 32767);
        for (size_t at = 0; at < 5; at++) {
            float kept = x[at];

            x[at] = INFINITY;
            assert_false(quantise(kernels, x, 5, whole, n).absolute < INFINITY);
            assert_int_equal(n[at], 32767);
            x[at] = -INFINITY;
            assert_false(quantise(kernels, x, 5, whole, n).squares < INFINITY);
            assert_int_equal(n[at], 0);
            x[at] = NAN;
            errors = quantise(kernels, x, 5, whole, n);
            assert_true(isnan(errors.absolute) && isnan(errors.squares));
            assert_int_equal(n[at], 32767);
            x[at] = kept;
        }
    }
}

/* ---- bytes */

static void test_exact_uint8(void **state)
{
    test_random random = {3};
    uint8_t bytes[DIM_MAX], back[DIM_MAX + 1];
    float block[DIM_MAX + 1], *x = block + 1;

    (void)state;
    FOR_EACH_VARIANT(kernels)
    FOR_EACH_DIM(dim)
    {
        for (size_t i = 0; i < dim; i++)
            bytes[i] = (uint8_t)(dim >= 256 ? i : random_below(&random, 256));
        kernels->expand_uint8(bytes, x, dim);
        back[dim] = 77;
        assert_true(kernels->exact_uint8(x, dim, back));
        assert_memory_equal(bytes, back, dim);
        assert_int_equal(back[dim], 77);
        for (size_t trial = 0; trial < 20 && dim > 0; trial++) {
            static const float others[] = {NAN, INFINITY, -INFINITY, -1.0f / 255, 256.0f / 255, 0.5f, 1e-9f, 3e38f};
            const size_t at = trial == 0 ? dim - 1 : random_below(&random, dim);
            const float kept = x[at];

            x[at] = trial < 8 ? others[trial] : nextafterf(kept, trial % 2 ? 2 : -1);
            assert_false(kernels->exact_uint8(x, dim, back));
            x[at] = kept;
        }
    }
}

static void test_bytes(void **state)
{
    test_random random = {4};
    uint8_t bytes[DIM_MAX + 1];
    float block[DIM_MAX + 1], *x = block + 1;

    (void)state;
    FOR_EACH_VARIANT(kernels)
    FOR_EACH_DIM(dim)
    {
        for (size_t i = 0; i < dim; i++)
            x[i] = (float)(dim >= 256 ? i % 256 : random_below(&random, 256));
        bytes[dim] = 77;
        kernels->bytes(x, dim, bytes);
        for (size_t i = 0; i < dim; i++)
            assert_true((float)bytes[i] == x[i]);
        assert_int_equal(bytes[dim], 77);
    }
    FOR_EACH_VARIANT(kernels)
    {
        static const float odd[] = {-1, 256, INFINITY, -INFINITY, NAN, 3e38f, 1.4f, -3e38f, 254.7f};
        static const uint8_t expected[] = {0, 255, 255, 0, 255, 255, 1, 0, 255};

        kernels->bytes(odd, sizeof expected, bytes);
        assert_memory_equal(bytes, expected, sizeof expected);
    }
}

/* ---- bits */

static void test_bits(void **state)
{
    static const float values[] = {0, 1, -1, 0.5f, -0.0f, NAN, INFINITY, -INFINITY, 1e-45f};
    test_random random = {5};
    uint8_t bits[DIM_MAX / 8 + 2];

    (void)state;
    FOR_EACH_VARIANT(kernels)
    FOR_EACH_DIM(dim)
    {
        floats data = make_floats(&random, dim, 0, 1);
        size_t bytes = (dim + 7) / 8;

        for (size_t i = 0; i < dim; i++)
            data.x[i] = values[random_below(&random, sizeof values / sizeof *values)];
        memset(bits, 0xa5, sizeof bits);
        kernels->bits(data.x, dim, bits);
        for (size_t i = 0; i < 8 * bytes; i++)
            assert_int_equal(bits[i / 8] >> (7 - i % 8) & 1, i < dim && data.x[i] > 0);
        assert_int_equal(bits[bytes], 0xa5);
        free(data.block);
    }
}

static void test_is_ternary(void **state)
{
    static const float others[] = {NAN, INFINITY, 2, -0.5f, 1.0000001f, 0.99999994f, 1e-45f, -1e-45f};
    test_random random = {6};

    (void)state;
    FOR_EACH_VARIANT(kernels)
    FOR_EACH_DIM(dim)
    {
        floats data = make_floats(&random, dim, 0, 1);

        for (size_t i = 0; i < dim; i++)
            data.x[i] = (float)random_below(&random, 3) - 1;
        if (dim > 0)
            data.x[0] = -0.0f;
        assert_true(kernels->is_ternary(data.x, dim));
        for (size_t k = 0; k < sizeof others / sizeof *others && dim > 0; k++) {
            const size_t at = k == 0 ? dim - 1 : random_below(&random, dim);
            const float kept = data.x[at];

            data.x[at] = others[k];
            assert_false(kernels->is_ternary(data.x, dim));
            data.x[at] = kept;
        }
        free(data.block);
    }
}

/* ---- bins */

static double bin_of(double x, double low, double high, size_t count)
{
    return fmax(0, fmin((double)count - 1, floor((x - low) / (high - low) * (double)count)));
}

static void check_bins(const uhn_kernels *kernels, const float *x, size_t dim, double low, double high, size_t count)
{
    float to[DIM_MAX + 1];

    to[dim] = 77;
    kernels->bins(x, dim, low, high, count, to);
    for (size_t i = 0; i < dim; i++)
        if ((double)to[i] != bin_of((double)x[i], low, high, count))
            fail_msg("%s: bin of %.9g in %g ... %g of %zu is %g", kernels->isa, (double)x[i], low, high, count,
                     (double)to[i]);
    assert_true(to[dim] == 77);
}

static void test_bins(void **state)
{
    static const double ends[][2] = {{0, 1}, {-1, 1}, {0, 0.9}, {-0.3, 7.1}, {-1e30, 1e30}, {5, 5.0000001}, {0, 0.1}};
    static const size_t bins[] = {1, 2, 3, 16, 30, 32, 255, 256};
    static const float odd[] = {0, -0.0f, 1, NAN, INFINITY, -INFINITY, 1e-45f, -1e-45f, 3e38f, -3e38f};
    test_random random = {7};

    (void)state;
    FOR_EACH_VARIANT(kernels)
    FOR_EACH_DIM(dim)
    for (size_t e = 0; e < sizeof ends / sizeof *ends; e++)
        for (size_t b = 0; b < sizeof bins / sizeof *bins; b++) {
            double low = ends[e][0], high = ends[e][1];
            floats data = make_floats(&random, dim, (low + high) / 2, 1.2 * (high - low));

            /* edges of bins, where a rounding that differs shows */
            for (size_t i = 0; i < dim; i += 2)
                data.x[i] = (float)(low + (high - low) * (double)random_below(&random, bins[b] + 1) / (double)bins[b]);
            for (size_t i = 0; i < dim; i += 5)
                data.x[i] = odd[random_below(&random, sizeof odd / sizeof *odd)];
            check_bins(kernels, data.x, dim, low, high, bins[b]);
            free(data.block);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_range),       cmocka_unit_test(test_quantise), cmocka_unit_test(test_quantise_extremes),
        cmocka_unit_test(test_exact_uint8), cmocka_unit_test(test_bytes),    cmocka_unit_test(test_bits),
        cmocka_unit_test(test_is_ternary),  cmocka_unit_test(test_bins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
