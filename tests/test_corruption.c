/* SPDX-License-Identifier: MIT
 * The corruptions obey their laws in every layout, and the glyphs are what a demonstration needs. */
#include "data/dataset.h"
#include "support/check.h"
#include "support/length.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uhn_geometry layouts[] = {
    {28, 28, 1, false},
    {10, 6, 3, false},
    {10, 6, 3, true},
    {7, 9, 3, true},
};

enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

static size_t dim_of(const uhn_geometry *geometry)
{
    return geometry->height * geometry->width * geometry->channels;
}

/* The value of a pixel's channel in a row of this layout. */
static float value_at(const uhn_geometry *geometry, const float *row, size_t y, size_t x, size_t channel)
{
    size_t pixel = y * geometry->width + x;
    return geometry->interleaved ? row[pixel * geometry->channels + channel]
                                 : row[channel * geometry->height * geometry->width + pixel];
}

static float *filled(size_t dim, float value)
{
    float *row = test_allocate(dim, sizeof *row);
    for (size_t i = 0; i < dim; i++)
        row[i] = value;
    return row;
}

static void corrupt(const char *name, double level, uint64_t seed, const uhn_geometry *geometry, size_t index,
                    size_t dim, float *row)
{
    const uhn_corruption *corruption = uhn_find_corruption(name);
    assert_non_null(corruption);
    corruption->apply(level, seed, geometry, index, dim, row);
}

static void test_table(void **state)
{
    (void)state;
    static const char *const names[] = {"noise", "mask", "random-mask", "inpaint"};
    for (size_t i = 0; i < 4; i++) {
        const uhn_corruption *corruption = uhn_corruption_at(i);
        assert_non_null(corruption);
        assert_string_equal(corruption->name, names[i]);
        assert_ptr_equal(uhn_find_corruption(names[i]), corruption);
        assert_true(corruption->summary && *corruption->summary);
        assert_non_null(corruption->apply);
        assert_true(corruption->minimum == 0.0);
        assert_true(i == 0 ? isinf(corruption->maximum) : corruption->maximum == 1.0);
    }
    assert_null(uhn_corruption_at(4));
    assert_null(uhn_find_corruption("nois"));
    assert_null(uhn_find_corruption(""));
}

static void test_mask_rows(void **state)
{
    (void)state;
    static const double levels[] = {0.0, 0.1, 0.25, 0.5, 0.9, 1.0};
    for (size_t i = 0; i < LAYOUTS; i++)
        for (size_t j = 0; j < 6; j++) {
            const uhn_geometry *image = &layouts[i];
            float *row = filled(dim_of(image), 0.75f);
            corrupt("mask", levels[j], 1, image, 0, dim_of(image), row);
            size_t first = (size_t)((double)image->height * (1.0 - levels[j]));
            for (size_t y = 0; y < image->height; y++)
                for (size_t x = 0; x < image->width; x++)
                    for (size_t channel = 0; channel < image->channels; channel++)
                        assert_true(value_at(image, row, y, x, channel) == (y < first ? 0.75f : 0.0f));
            free(row);
        }
}

/* Rows by hand: half of 7 rows keeps int(3.5) = 3; a tenth of 28 keeps int(25.2) = 25. */
static void test_mask_cuts(void **state)
{
    (void)state;
    float *odd = filled(7 * 9 * 3, 1.0f), *digit = filled(784, 1.0f);
    corrupt("mask", 0.5, 1, &layouts[3], 0, 7 * 9 * 3, odd);
    assert_true(odd[3 * 9 * 3 - 1] == 1.0f && odd[3 * 9 * 3] == 0.0f);
    corrupt("mask", 0.1, 1, &layouts[0], 0, 784, digit);
    assert_true(digit[25 * 28 - 1] == 1.0f && digit[25 * 28] == 0.0f);
    free(odd);
    free(digit);
}

static void test_inpaint_frame(void **state)
{
    (void)state;
    static const double levels[] = {0.0, 0.1, 0.3, 0.5, 0.7, 0.95, 1.0};
    for (size_t i = 0; i < LAYOUTS; i++)
        for (size_t j = 0; j < 7; j++) {
            const uhn_geometry *image = &layouts[i];
            float *row = filled(dim_of(image), 0.75f);
            corrupt("inpaint", levels[j], 1, image, 0, dim_of(image), row);
            size_t k = (size_t)floor((double)image->height * levels[j] / 2.0);
            for (size_t y = 0; y < image->height; y++)
                for (size_t x = 0; x < image->width; x++)
                    for (size_t channel = 0; channel < image->channels; channel++) {
                        bool inside = y >= k && x >= k && y + k < image->height && x + k < image->width;
                        assert_true(value_at(image, row, y, x, channel) == (inside ? 0.75f : 0.0f));
                    }
            free(row);
        }
}

/* The paper's "half" frame on a digit: 7 pixels a side, three quarters of the image. */
static void test_inpaint_fraction(void **state)
{
    (void)state;
    float *row = filled(784, 1.0f);
    corrupt("inpaint", 0.5, 1, &layouts[0], 0, 784, row);
    double left = 0.0;
    for (size_t i = 0; i < 784; i++)
        left += row[i];
    assert_true(left == 14.0 * 14.0);
    free(row);
}

/* Numbers that are not images are one column: a mask takes the last ones, a frame both ends. */
static void test_not_images(void **state)
{
    (void)state;
    const uhn_geometry none = {0};
    float row[10];
    for (size_t i = 0; i < 10; i++)
        row[i] = 1.0f;
    corrupt("mask", 0.3, 1, &none, 0, 10, row);
    for (size_t i = 0; i < 10; i++)
        assert_true(row[i] == (i < 7 ? 1.0f : 0.0f));
    for (size_t i = 0; i < 10; i++)
        row[i] = 1.0f;
    corrupt("inpaint", 0.4, 1, &none, 0, 10, row);
    for (size_t i = 0; i < 10; i++)
        assert_true(row[i] == (i >= 2 && i < 8 ? 1.0f : 0.0f));
    corrupt("inpaint", 1.0, 1, &none, 0, 10, row);
    for (size_t i = 0; i < 10; i++)
        assert_true(row[i] == 0.0f);
}

/* Black pixels become |N(0, σ²)|, of mean σ√(2/π) and variance σ²(1 − 2/π), clamped at 1 (σ small: never reached). */
static void test_noise_on_black(void **state)
{
    (void)state;
    static const double two_over_pi = 0.636619772367581343;
    const size_t count = unless_short(200000, 5000);
    const double sigma = 0.15;
    float *row = filled(count, 0.0f);
    const uhn_geometry none = {0};
    corrupt("noise", sigma, 7, &none, 0, count, row);
    double sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < count; i++) {
        assert_true(row[i] >= 0.0f && row[i] <= 1.0f);
        sum += row[i];
        squares += (double)row[i] * row[i];
    }
    double mean = sum / (double)count, expected = sigma * sqrt(two_over_pi);
    double error = sigma * sqrt((1.0 - two_over_pi) / (double)count);
    assert_true(fabs(mean - expected) < 3.0 * error);
    assert_true(fabs(squares / (double)count - sigma * sigma) < 3.0 * sigma * sigma * sqrt(2.0 / (double)count));
    free(row);
}

/* White pixels are pushed above 1, and clamped, in half of all cases. */
static void test_noise_clamps(void **state)
{
    (void)state;
    const size_t count = unless_short(40000, 4000);
    float *row = filled(count, 1.0f);
    const uhn_geometry none = {0};
    corrupt("noise", 0.2, 3, &none, 0, count, row);
    double clamped = 0.0;
    for (size_t i = 0; i < count; i++) {
        assert_true(row[i] >= 0.0f && row[i] <= 1.0f);
        clamped += row[i] == 1.0f;
    }
    assert_true(fabs(clamped / (double)count - 0.5) < 3.0 * 0.5 / sqrt((double)count));
    free(row);
}

static void test_noise_keeps_nan(void **state)
{
    (void)state;
    float row[2] = {NAN, 0.5f};
    const uhn_geometry none = {0};
    corrupt("noise", 0.1, 1, &none, 0, 2, row);
    assert_true(isnan(row[0]) && !isnan(row[1]));
}

static void test_random_mask_fraction(void **state)
{
    (void)state;
    const uhn_geometry image = {200, 150, 3, true};
    static const double levels[] = {0.1, 0.5, 0.7};
    for (size_t j = 0; j < 3; j++) {
        float *row = filled(dim_of(&image), 0.75f);
        corrupt("random-mask", levels[j], 11, &image, 4, dim_of(&image), row);
        double cleared = 0.0, pixels = 200.0 * 150.0;
        for (size_t i = 0; i < 200 * 150; i++) {
            float red = row[3 * i], green = row[3 * i + 1], blue = row[3 * i + 2];
            assert_true(red == green && green == blue && (red == 0.0f || red == 0.75f));
            cleared += red == 0.0f;
        }
        assert_true(fabs(cleared / pixels - levels[j]) < 3.0 * sqrt(levels[j] * (1.0 - levels[j]) / pixels));
        free(row);
    }
}

static void test_random_mask_ends(void **state)
{
    (void)state;
    float *row = filled(784, 0.75f);
    corrupt("random-mask", 0.0, 5, &layouts[0], 0, 784, row);
    for (size_t i = 0; i < 784; i++)
        assert_true(row[i] == 0.75f);
    corrupt("random-mask", 1.0, 5, &layouts[0], 0, 784, row);
    for (size_t i = 0; i < 784; i++)
        assert_true(row[i] == 0.0f);
    free(row);
}

/* The same image gets the same damage whichever way its channels are laid out. */
static void test_layouts_agree(void **state)
{
    (void)state;
    const uhn_geometry *planar = &layouts[1], *interleaved = &layouts[2];
    for (size_t k = 0; uhn_corruption_at(k); k++) {
        float *a = filled(180, 0.5f), *b = filled(180, 0.5f);
        uhn_corruption_at(k)->apply(0.4, 9, planar, 3, 180, a);
        uhn_corruption_at(k)->apply(0.4, 9, interleaved, 3, 180, b);
        for (size_t y = 0; y < 10; y++)
            for (size_t x = 0; x < 6; x++)
                for (size_t channel = 0; channel < 3; channel++)
                    assert_true(value_at(planar, a, y, x, channel) == value_at(interleaved, b, y, x, channel));
        free(a);
        free(b);
    }
}

static void test_order_does_not_matter(void **state)
{
    (void)state;
    enum { ROWS = 6, DIM = 784 };
    for (size_t k = 0; uhn_corruption_at(k); k++) {
        float *forward = filled(ROWS * DIM, 0.5f), *backward = filled(ROWS * DIM, 0.5f);
        for (size_t i = 0; i < ROWS; i++)
            uhn_corruption_at(k)->apply(0.5, 42, &layouts[0], i, DIM, forward + i * DIM);
        for (size_t i = ROWS; i-- > 0;)
            uhn_corruption_at(k)->apply(0.5, 42, &layouts[0], i, DIM, backward + i * DIM);
        assert_memory_equal(forward, backward, ROWS * DIM * sizeof *forward);
        free(forward);
        free(backward);
    }
}

/* Other seeds and other rows get other numbers. */
static void test_seeds_and_rows_differ(void **state)
{
    (void)state;
    static const char *const names[] = {"noise", "random-mask"};
    for (size_t k = 0; k < 2; k++) {
        float *base = filled(784, 0.5f), *seed = filled(784, 0.5f), *next = filled(784, 0.5f);
        corrupt(names[k], 0.5, 1, &layouts[0], 0, 784, base);
        corrupt(names[k], 0.5, 2, &layouts[0], 0, 784, seed);
        corrupt(names[k], 0.5, 1, &layouts[0], 1, 784, next);
        size_t same_seed = 0, same_row = 0;
        for (size_t i = 0; i < 784; i++) {
            same_seed += base[i] == seed[i];
            same_row += base[i] == next[i];
        }
        assert_true(same_seed < 500 && same_row < 500);
        free(base);
        free(seed);
        free(next);
    }
}

/* Noise and random mask from one seed must be independent: the pixels that a mask takes had ordinary noise. */
static void test_noise_and_mask_are_independent(void **state)
{
    (void)state;
    static const double two_over_pi = 0.636619772367581343;
    const size_t count = unless_short(100000, 5000);
    const uhn_geometry none = {0};
    float *noise = filled(count, 0.0f), *mask = filled(count, 1.0f);
    corrupt("noise", 0.1, 5, &none, 2, count, noise);
    corrupt("random-mask", 0.5, 5, &none, 2, count, mask);
    double sum = 0.0, masked = 0.0;
    for (size_t i = 0; i < count; i++)
        if (mask[i] == 0.0f) {
            sum += noise[i];
            masked += 1.0;
        }
    assert_true(fabs(sum / masked - 0.1 * sqrt(two_over_pi)) < 4.0 * 0.1 * sqrt((1.0 - two_over_pi) / masked));
    free(noise);
    free(mask);
}

static void test_glyphs_shape_and_range(void **state)
{
    (void)state;
    const size_t count = unless_short(1000, 50);
    uhn_dataset glyphs;
    check_ok(uhn_make_glyphs(count, 28, 1, &glyphs));
    assert_int_equal(glyphs.count, count);
    assert_int_equal(glyphs.dim, 784);
    assert_int_equal(glyphs.storage, UHN_FLOAT32);
    assert_int_equal(glyphs.geometry.height * glyphs.geometry.width * glyphs.geometry.channels, 784);
    assert_int_equal(glyphs.rank, 3);
    assert_true(glyphs.shape[0] == count && glyphs.shape[1] == 28 && glyphs.shape[2] == 28);
    const float *rows = glyphs.rows;
    for (size_t i = 0; i < count; i++) {
        double ink = 0.0, brightest = 0.0, gray = 0.0, edge = 0.0;
        for (size_t j = 0; j < 784; j++) {
            float value = rows[i * 784 + j];
            assert_true(value >= 0.0f && value <= 1.0f);
            ink += value;
            brightest = value > brightest ? value : brightest;
            gray += value > 0.0f && value < 1.0f;
            if (j < 28 || j >= 756 || j % 28 == 0 || j % 28 == 27)
                edge += value;
        }
        assert_true(ink > 0.03 * 784 && ink < 0.5 * 784); /* strokes, neither a dot nor a blot */
        assert_true(brightest == 1.0 && gray > 10.0);     /* full ink with smooth edges */
        assert_true(edge == 0.0);                         /* nothing is cut off by the frame */
    }
    uhn_dataset_free(&glyphs);
}

static double squared_distance(const float *a, const float *b, size_t dim)
{
    double sum = 0.0;
    for (size_t i = 0; i < dim; i++)
        sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sum;
}

/* Not only different, but apart: a network of black and white pixels must be able to tell them from each other. */
static void test_glyphs_are_distinct(void **state)
{
    (void)state;
    enum { DIM = 784 };
    const size_t count = unless_short(1000, 50);
    uhn_dataset glyphs;
    check_ok(uhn_make_glyphs(count, 28, 1, &glyphs));
    const float *rows = glyphs.rows;
    double nearest = HUGE_VAL;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            nearest = fmin(nearest, squared_distance(rows + i * DIM, rows + j * DIM, DIM));
    assert_true(nearest > 1.0);
    uhn_dataset_free(&glyphs);
}

/* A glyph depends on the seed and its number, not on how many are asked for. */
static void test_glyphs_are_reproducible(void **state)
{
    (void)state;
    uhn_dataset many, few, other;
    check_ok(uhn_make_glyphs(50, 28, 1, &many));
    check_ok(uhn_make_glyphs(10, 28, 1, &few));
    check_ok(uhn_make_glyphs(10, 28, 2, &other));
    assert_memory_equal(many.rows, few.rows, 10 * 784 * sizeof(float));
    for (size_t i = 0; i < 10; i++)
        assert_true(squared_distance((float *)few.rows + i * 784, (float *)other.rows + i * 784, 784) > 1.0);
    uhn_dataset_free(&many);
    uhn_dataset_free(&few);
    uhn_dataset_free(&other);
}

static void test_glyphs_refuse(void **state)
{
    (void)state;
    uhn_dataset glyphs;
    check_refused(UHN_ERROR_ARGUMENT, uhn_make_glyphs(0, 28, 1, &glyphs));
    check_refused(UHN_ERROR_RANGE, uhn_make_glyphs(10, 7, 1, &glyphs));
    check_refused(UHN_ERROR_RANGE, uhn_make_glyphs(10, 4097, 1, &glyphs));
    check_refused(UHN_ERROR_OUT_OF_MEMORY, uhn_make_glyphs(SIZE_MAX / 2, 28, 1, &glyphs));
    assert_null(glyphs.rows);
    uhn_dataset_free(&glyphs); /* a data set that failed is empty and may be freed */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_mask_rows),
        cmocka_unit_test(test_mask_cuts),
        cmocka_unit_test(test_inpaint_frame),
        cmocka_unit_test(test_inpaint_fraction),
        cmocka_unit_test(test_not_images),
        cmocka_unit_test(test_noise_on_black),
        cmocka_unit_test(test_noise_clamps),
        cmocka_unit_test(test_noise_keeps_nan),
        cmocka_unit_test(test_random_mask_fraction),
        cmocka_unit_test(test_random_mask_ends),
        cmocka_unit_test(test_layouts_agree),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_seeds_and_rows_differ),
        cmocka_unit_test(test_noise_and_mask_are_independent),
        cmocka_unit_test(test_glyphs_shape_and_range),
        cmocka_unit_test(test_glyphs_are_distinct),
        cmocka_unit_test(test_glyphs_are_reproducible),
        cmocka_unit_test(test_glyphs_refuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
