/* SPDX-License-Identifier: MIT
 * Sheets of example images: the right pixels in the right places. */
#include "lab/example_sheet.h"
#include "support/check.h"
#include "support/folder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 84, DIM = SIDE * SIDE * 3, IMAGES = 2, LEVELS = 3, SERIES = 2 }; /* as large as images are scaled to */

static char corruption[] = "noise", level_name[] = "noise σ", first[] = "manhattan", second[] = "learned";
static char *series[] = {first, second};
static double levels[] = {0.1, 0.5, 1};

/* Images of one colour, each another: (kind, series, level, image) as red, green and blue. */
static void paint(float *image, double red, double green, double blue)
{
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        image[i] = (float)red;
        image[SIDE * SIDE + i] = (float)green;
        image[2 * SIDE * SIDE + i] = (float)blue;
    }
}

static uhn_examples make_examples(void)
{
    uhn_examples examples = {.corruption = corruption,
                             .level_name = level_name,
                             .geometry = {SIDE, SIDE, 3, false},
                             .dim = DIM,
                             .image_count = IMAGES,
                             .level_count = LEVELS,
                             .series_count = SERIES,
                             .stored = 100,
                             .levels = levels,
                             .series = series};
    examples.originals = test_allocate((size_t)IMAGES * DIM, sizeof(float));
    examples.cues = test_allocate((size_t)LEVELS * IMAGES * DIM, sizeof(float));
    examples.recalled = test_allocate((size_t)SERIES * LEVELS * IMAGES * DIM, sizeof(float));
    examples.identified = test_allocate(SERIES * LEVELS * IMAGES, sizeof(bool));
    for (size_t i = 0; i < IMAGES; i++) {
        paint(examples.originals + i * DIM, 0, (double)i / 10, 0);
        for (size_t k = 0; k < LEVELS; k++) {
            size_t at = k * IMAGES + i;
            paint(examples.cues + at * DIM, 0.2, (double)i / 10, (double)k / 10);
            for (size_t s = 0; s < SERIES; s++) {
                size_t answer = s * LEVELS * IMAGES + at;
                paint(examples.recalled + answer * DIM, 0.4 + 0.2 * (double)s, (double)i / 10, (double)k / 10);
                examples.identified[answer] = answer != 1;
            }
        }
    }
    return examples;
}

static void release(uhn_examples *examples)
{
    free(examples->originals);
    free(examples->cues);
    free(examples->recalled);
    free(examples->identified);
}

static uint8_t pixel(const uhn_dataset *sheet, size_t x, size_t y, size_t channel)
{
    const uhn_geometry *geometry = &sheet->geometry;
    size_t at = geometry->interleaved ? (y * geometry->width + x) * 3 + channel
                                      : (channel * geometry->height + y) * geometry->width + x;
    return (uint8_t)(((const float *)sheet->rows)[at] * 255.0f + 0.5f);
}

static bool is_colour(const uhn_dataset *sheet, size_t x, size_t y, double red, double green, double blue)
{
    const double wanted[] = {red, green, blue};
    for (size_t c = 0; c < 3; c++)
        if (abs(pixel(sheet, x, y, c) - (int)(wanted[c] * 255 + 0.5)) > 1)
            return false;
    return true;
}

/* How many pixels have this colour, and the middle of them. */
static size_t find(const uhn_dataset *sheet, double red, double green, double blue, double *x, double *y)
{
    size_t count = 0;
    *x = *y = 0;
    for (size_t row = 0; row < sheet->geometry.height; row++)
        for (size_t column = 0; column < sheet->geometry.width; column++)
            if (is_colour(sheet, column, row, red, green, blue)) {
                *x += (double)column;
                *y += (double)row;
                count++;
            }
    *x /= (double)count;
    *y /= (double)count;
    return count;
}

static void test_places(void **state)
{
    (void)state;
    uhn_examples examples = make_examples();
    uhn_dataset sheet;
    check_ok(uhn_draw_examples(&examples, in_folder("a.png")));
    assert_int_equal(files_in_folder(), 1);
    check_ok(uhn_dataset_read(in_folder("a.png"), NULL, &sheet));
    check_ok(uhn_dataset_to_float(&sheet));
    double left, top, cue_x[LEVELS], cue_y[IMAGES], x, y;
    for (size_t i = 0; i < IMAGES; i++) {
        const double before = i ? cue_x[LEVELS - 1] : 0;
        assert_int_equal(find(&sheet, 0, (double)i / 10, 0, &left, &top), SIDE * SIDE);
        assert_true(left > before + SIDE); /* two images are narrow enough to stand side by side */
        for (size_t k = 0; k < LEVELS; k++) {
            assert_int_equal(find(&sheet, 0.2, (double)i / 10, (double)k / 10, &x, &y), SIDE * SIDE);
            assert_true(x > (k ? cue_x[k - 1] : left) + SIDE && y == top);
            cue_x[k] = x;
            cue_y[i] = y;
            for (size_t s = 0; s < SERIES; s++) {
                assert_int_equal(find(&sheet, 0.4 + 0.2 * (double)s, (double)i / 10, (double)k / 10, &x, &y),
                                 SIDE * SIDE);
                assert_true(x == cue_x[k] && y > cue_y[i] + (double)s * SIDE && y < cue_y[i] + (double)(s + 2) * SIDE);
            }
        }
    }
    assert_true(cue_y[1] == cue_y[0]);
    /* one frame, three pixels wide, around the one wrong answer */
    assert_int_equal(find(&sheet, 213 / 255.0, 94 / 255.0, 0, &x, &y), (SIDE + 6) * (SIDE + 6) - SIDE * SIDE);
    assert_true(x > left && x < cue_x[1] && y > cue_y[1] && y < cue_y[1] + 2 * SIDE);
    uhn_dataset_free(&sheet);
    release(&examples);
}

/* More images than fit side by side go on below. */
static void test_lines(void **state)
{
    (void)state;
    enum { MANY = 9 };
    uhn_examples examples = make_examples();
    uhn_dataset sheet;
    float *originals = test_allocate((size_t)MANY * DIM, sizeof(float));
    float *cues = test_allocate((size_t)MANY * DIM, sizeof(float));
    for (size_t i = 0; i < MANY; i++)
        paint(originals + i * DIM, 0.3, (double)i / 10, 0.6);
    float *const old_originals = examples.originals, *const old_cues = examples.cues;
    examples.originals = originals;
    examples.cues = cues;
    examples.image_count = MANY;
    examples.level_count = 1;
    examples.series_count = 0;
    check_ok(uhn_draw_examples(&examples, in_folder("c.png")));
    check_ok(uhn_dataset_read(in_folder("c.png"), NULL, &sheet));
    check_ok(uhn_dataset_to_float(&sheet));
    assert_true(sheet.geometry.width <= 2200);
    double x[MANY], y[MANY];
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(find(&sheet, 0.3, (double)i / 10, 0.6, &x[i], &y[i]), SIDE * SIDE);
        assert_true(i == 0 || y[i] > y[i - 1] + SIDE || (y[i] == y[i - 1] && x[i] > x[i - 1] + SIDE));
    }
    uhn_dataset_free(&sheet);
    examples.originals = old_originals;
    examples.cues = old_cues;
    release(&examples);
    free(originals);
    free(cues);
}

/* A missing answer is paper; small gray images are scaled by a whole factor. */
static void test_small_and_missing(void **state)
{
    (void)state;
    double x, y;
    uhn_dataset sheet;
    float originals[4] = {0, 0.2f, 0.4f, 0.6f}, cues[4] = {1, 1, 1, 1}, recalled[4] = {NAN, NAN, NAN, NAN};
    bool identified[1] = {true};
    uhn_examples examples = {.corruption = corruption,
                             .level_name = level_name,
                             .geometry = {2, 2, 1, false},
                             .dim = 4,
                             .image_count = 1,
                             .level_count = 1,
                             .series_count = 1,
                             .stored = 5,
                             .levels = levels,
                             .series = series,
                             .originals = originals,
                             .cues = cues,
                             .recalled = recalled,
                             .identified = identified};
    check_ok(uhn_draw_examples(&examples, in_folder("b.png")));
    check_ok(uhn_dataset_read(in_folder("b.png"), NULL, &sheet));
    check_ok(uhn_dataset_to_float(&sheet));
    assert_int_equal(find(&sheet, 0, 0, 0, &x, &y), 42 * 42);
    assert_int_equal(find(&sheet, 0.4, 0.4, 0.4, &x, &y), 42 * 42);
    uhn_dataset_free(&sheet);
}

static void test_caption(void **state)
{
    (void)state;
    uhn_examples examples = make_examples();
    uhn_text caption = {0};
    uhn_describe_examples(&examples, &caption);
    check_ok(uhn_text_status(&caption, "a caption"));
    assert_non_null(strstr(caption.bytes, "Columns: noise σ."));
    assert_non_null(strstr(caption.bytes, "N = 100 stored"));
    assert_non_null(strstr(caption.bytes, "Right answers of 6: `manhattan` 5, `learned` 6."));
    uhn_text_release(&caption);
    release(&examples);
}

static void test_refuses(void **state)
{
    (void)state;
    uhn_examples examples = make_examples();
    check_refused(UHN_ERROR_ARGUMENT, uhn_draw_examples(&examples, in_folder("absent/a.png")));
    examples.geometry.channels = 2;
    check_refused(UHN_ERROR_ARGUMENT, uhn_draw_examples(&examples, in_folder("a.png")));
    examples.geometry = (uhn_geometry){0};
    check_refused(UHN_ERROR_ARGUMENT, uhn_draw_examples(&examples, in_folder("a.png")));
    examples.geometry = (uhn_geometry){SIDE, SIDE, 3, false};
    examples.image_count = 10000;
    check_refused(UHN_ERROR_RANGE, uhn_draw_examples(&examples, in_folder("a.png")));
    examples.image_count = 0;
    check_refused(UHN_ERROR_ARGUMENT, uhn_draw_examples(&examples, in_folder("a.png")));
    assert_int_equal(files_in_folder(), 0);
    release(&examples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_places, folder_empty),
        cmocka_unit_test_teardown(test_lines, folder_empty),
        cmocka_unit_test_teardown(test_small_and_missing, folder_empty),
        cmocka_unit_test(test_caption),
        cmocka_unit_test_teardown(test_refuses, folder_empty),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
