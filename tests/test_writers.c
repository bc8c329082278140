/* SPDX-License-Identifier: MIT
 * What the writers write can be read back. */
#include "data/dataset.h"
#include "support/check.h"
#include "support/folder.h"

#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------ .npy */

static void check_npy(size_t rank, const size_t *shape, const char *dictionary)
{
    size_t count = 1, size;
    for (size_t i = 0; i < rank; i++)
        count *= shape[i];
    float *values = test_allocate(count + 1, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)i * 0.37f - 1.0f;
    if (count)
        values[0] = -0.0f;
    check_ok(uhn_write_npy_float(in_folder("a.npy"), values, rank, shape));

    uint8_t *bytes = slurp(in_folder("a.npy"), &size);
    assert_memory_equal(bytes, "\x93NUMPY\x01\x00", 8);
    size_t header = 10u + bytes[8] + 256u * bytes[9];
    assert_int_equal(header % 64, 0);
    assert_int_equal(size, header + 4 * count);
    assert_memory_equal(bytes + 10, dictionary, strlen(dictionary));
    for (size_t i = 10 + strlen(dictionary); i < header - 1; i++)
        assert_int_equal(bytes[i], ' ');
    assert_int_equal(bytes[header - 1], '\n');
    for (size_t i = 0; i < count; i++) {
        const uint8_t *b = bytes + header + 4 * i;
        uint32_t word = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        float value;
        memcpy(&value, &word, sizeof value);
        assert_memory_equal(&value, &values[i], sizeof value);
    }
    free(bytes);
    free(values);
}

static void test_npy_bytes(void **state)
{
    (void)state;
    check_npy(1, (size_t[]){5}, "{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }");
    check_npy(2, (size_t[]){3, 4}, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }");
    check_npy(2, (size_t[]){0, 4}, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4), }");
    check_npy(4, (size_t[]){2, 3, 32, 32}, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 32, 32), }");
    check_npy(2, (size_t[]){100, 97}, "{'descr': '<f4', 'fortran_order': False, 'shape': (100, 97), }");
}

static void test_npy_double(void **state)
{
    (void)state;
    const double values[3] = {0.1, -1e300, 3};
    static const uint8_t third[8] = {0, 0, 0, 0, 0, 0, 8, 0x40}; /* 3, little-endian */
    const char *dictionary = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 1), }";
    size_t size;
    check_ok(uhn_write_npy_double(in_folder("d.npy"), values, 2, (size_t[]){3, 1}));
    uint8_t *bytes = slurp(in_folder("d.npy"), &size);
    assert_int_equal(size, 128 + sizeof values);
    assert_memory_equal(bytes + 10, dictionary, strlen(dictionary));
    assert_memory_equal(bytes + size - 8, third, 8);
    free(bytes);
}

static void test_npy_refuses(void **state)
{
    (void)state;
    const float value = 1.0f;
    const size_t huge[] = {SIZE_MAX, 2};
    check_refused(UHN_ERROR_ARGUMENT, uhn_write_npy_float(in_folder("a.npy"), &value, 0, huge));
    check_refused(UHN_ERROR_ARGUMENT, uhn_write_npy_float(in_folder("a.npy"), &value, 5, huge));
    check_refused(UHN_ERROR_SHAPE, uhn_write_npy_float(in_folder("a.npy"), &value, 2, huge));
    assert_int_equal(files_in_folder(), 0);
}

/* What is written comes back through the reader with its shape. */
static void test_npy_through_reader(void **state)
{
    (void)state;
    uhn_dataset glyphs, back;
    check_ok(uhn_make_glyphs(7, 16, 3, &glyphs));
    check_ok(uhn_write_npy_float(in_folder("g.npy"), glyphs.rows, glyphs.rank, glyphs.shape));
    check_ok(uhn_dataset_read(in_folder("g.npy"), NULL, &back));
    check_ok(uhn_dataset_to_float(&back));
    assert_int_equal(back.count, 7);
    assert_int_equal(back.dim, 256);
    assert_int_equal(back.geometry.height, 16);
    assert_memory_equal(back.rows, glyphs.rows, 7 * 256 * sizeof(float));
    uhn_dataset_free(&glyphs);
    uhn_dataset_free(&back);
}

/* ------------------------------------------------------------------------------------------------ PNG */

/* A PNG decoded to RGB or gray as it stands in the file. */
typedef struct decoded {
    size_t width, height, channels;
    uint8_t *pixels;
} decoded;

static decoded decode(const char *path)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_file(&image, path));
    image.format = image.format & PNG_FORMAT_FLAG_COLOR ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    decoded picture = {image.width, image.height, image.format == PNG_FORMAT_RGB ? 3 : 1, NULL};
    picture.pixels = test_allocate(PNG_IMAGE_SIZE(image), 1);
    assert_true(png_image_finish_read(&image, NULL, picture.pixels, 0, NULL));
    return picture;
}

static const uint8_t *pixel_at(const decoded *picture, size_t y, size_t x)
{
    assert_true(y < picture->height && x < picture->width);
    return picture->pixels + (y * picture->width + x) * picture->channels;
}

static void test_single_gray_image(void **state)
{
    (void)state;
    const uhn_geometry geometry = {2, 3, 1, false};
    const float image[] = {0.0f, 0.5f, 1.0f, -3.0f, 7.0f, 0.2f};
    static const uint8_t expected[] = {0, 128, 255, 0, 255, 51};
    const float *columns[] = {image};
    check_ok(uhn_write_png_sheet(in_folder("a.png"), &geometry, columns, NULL, 1, 1));
    decoded picture = decode(in_folder("a.png"));
    assert_true(picture.width == 3 && picture.height == 2 && picture.channels == 1);
    assert_memory_equal(picture.pixels, expected, sizeof expected);
    free(picture.pixels);
}

static void test_single_colour_image(void **state)
{
    (void)state;
    static const uint8_t expected[] = {255, 0, 51, 0, 255, 102};
    const float planar[] = {1.0f, 0.0f, 0.0f, 1.0f, 0.2f, 0.4f};
    const float interleaved[] = {1.0f, 0.0f, 0.2f, 0.0f, 1.0f, 0.4f};
    const float *const images[] = {planar, interleaved};
    for (int i = 0; i < 2; i++) {
        const uhn_geometry geometry = {1, 2, 3, i == 1};
        check_ok(uhn_write_png_sheet(in_folder("a.png"), &geometry, &images[i], NULL, 1, 1));
        decoded picture = decode(in_folder("a.png"));
        assert_true(picture.width == 2 && picture.height == 1 && picture.channels == 3);
        assert_memory_equal(picture.pixels, expected, sizeof expected);
        free(picture.pixels);
    }
}

/* Three columns of two digits: scaled by four, four pixels of paper between and around them, captions above. */
static void test_sheet_layout(void **state)
{
    (void)state;
    enum { SCALE = 4, GUTTER = 4, SIDE = 28 * SCALE };
    const uhn_geometry geometry = {28, 28, 1, false};
    float *images = test_allocate(3 * 2 * 784, sizeof *images);
    for (size_t i = 0; i < 3 * 2 * 784; i++)
        images[i] = (float)(i * 37 % 256) / 255.0f;
    const float *columns[] = {images, images + 2 * 784, images + 4 * 784};
    const char *captions[] = {"original", "cue", "manhattan"};
    check_ok(uhn_write_png_sheet(in_folder("a.png"), &geometry, columns, captions, 3, 2));
    decoded picture = decode(in_folder("a.png"));
    assert_int_equal(picture.width, GUTTER + 3 * (SIDE + GUTTER));
    size_t below = 2 * (SIDE + GUTTER), top = picture.height - below;
    for (size_t column = 0; column < 3; column++)
        for (size_t row = 0; row < 2; row++)
            for (size_t y = 0; y < SIDE; y++)
                for (size_t x = 0; x < SIDE; x++) {
                    float value = columns[column][row * 784 + y / SCALE * 28 + x / SCALE];
                    uint8_t found =
                        *pixel_at(&picture, top + row * (SIDE + GUTTER) + y, GUTTER + column * (SIDE + GUTTER) + x);
                    assert_int_equal(found, (int)lroundf(value * 255.0f));
                }
    for (size_t x = 0; x < picture.width; x++) /* the gutters are light */
        assert_true(*pixel_at(&picture, top + SIDE, x) > 200 && *pixel_at(&picture, picture.height - 1, x) > 200);
    for (size_t column = 0; column < 3; column++) { /* each caption has dark letters, inside its column */
        size_t dark = 0;
        for (size_t y = 0; y < top; y++)
            for (size_t x = 0; x < SIDE; x++)
                dark += *pixel_at(&picture, y, GUTTER + column * (SIDE + GUTTER) + x) < 80;
        assert_true(dark > 100);
        for (size_t y = 0; y < top; y++)
            assert_true(*pixel_at(&picture, y, column * (SIDE + GUTTER)) > 200);
    }
    free(picture.pixels);
    free(images);
}

/* Captions that are too long or not ASCII neither leave their column nor fail. */
static void test_captions_are_shortened(void **state)
{
    (void)state;
    enum { SIDE = 112, GUTTER = 4 };
    const uhn_geometry geometry = {28, 28, 1, false};
    float *image = test_allocate(784, sizeof *image);
    const float *columns[] = {image, image, image};
    const char *captions[] = {"", "a caption that is very much longer than this narrow column can ever hold",
                              "\xcf\x83=0.5 Unbreakablewordwithoutanyblank"};
    check_ok(uhn_write_png_sheet(in_folder("a.png"), &geometry, columns, captions, 3, 1));
    decoded picture = decode(in_folder("a.png"));
    assert_int_equal(picture.width, GUTTER + 3 * (SIDE + GUTTER));
    size_t top = picture.height - SIDE - GUTTER, dark = 0;
    for (size_t y = 0; y < top; y++)
        for (size_t x = 0; x < picture.width; x++) {
            bool ink = *pixel_at(&picture, y, x) < 80;
            if (x < GUTTER + SIDE || x % (SIDE + GUTTER) < GUTTER)
                assert_false(ink); /* no caption, or a gutter */
            dark += ink;
        }
    assert_true(dark > 200);
    free(picture.pixels);
    free(image);
}

/* A sheet of many images is not scaled up beyond reason, and an unanswered query stays blank. */
static void test_sheet_of_many(void **state)
{
    (void)state;
    const uhn_geometry geometry = {28, 28, 1, false};
    float *images = test_allocate(200 * 784, sizeof *images);
    for (size_t i = 0; i < 784; i++)
        images[i] = NAN;
    const float *columns[] = {images};
    check_ok(uhn_write_png_sheet(in_folder("a.png"), &geometry, columns, NULL, 1, 200));
    decoded picture = decode(in_folder("a.png"));
    assert_int_equal(picture.width, 28 + 8);
    assert_int_equal(picture.height, 200 * 32 + 4);
    assert_int_equal(*pixel_at(&picture, 10, 10), *pixel_at(&picture, 0, 0));
    assert_int_equal(*pixel_at(&picture, 50, 10), 0);
    free(picture.pixels);
    free(images);
}

static void test_sheet_refuses(void **state)
{
    (void)state;
    const float image[9] = {0};
    const float *columns[] = {image};
    const char *path = in_folder("a.png");
    const uhn_geometry two_channels = {2, 2, 2, false}, none = {0, 0, 1, false}, one = {1, 1, 1, false};
    const uhn_geometry huge = {SIZE_MAX / 2, 1, 1, false}, square = {60000, 60000, 1, false};
    check_refused(UHN_ERROR_ARGUMENT, uhn_write_png_sheet(path, &two_channels, columns, NULL, 1, 1));
    check_refused(UHN_ERROR_ARGUMENT, uhn_write_png_sheet(path, &none, columns, NULL, 1, 1));
    check_refused(UHN_ERROR_RANGE, uhn_write_png_sheet(path, &huge, columns, NULL, 1, 1));
    check_refused(UHN_ERROR_RANGE, uhn_write_png_sheet(path, &square, columns, NULL, 1, 1));
    check_refused(UHN_ERROR_RANGE, uhn_write_png_sheet(path, &one, columns, NULL, 1, 0));
    check_refused(UHN_ERROR_RANGE, uhn_write_png_sheet(path, &one, columns, NULL, 1, SIZE_MAX));
    check_refused(UHN_ERROR_RANGE, uhn_write_png_sheet(path, &one, columns, NULL, 1, 20000));
    assert_int_equal(files_in_folder(), 0);
}

#define IN_FOLDER(test) cmocka_unit_test_teardown(test, folder_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_npy_bytes),         IN_FOLDER(test_npy_double),
        IN_FOLDER(test_npy_refuses),       IN_FOLDER(test_npy_through_reader),
        IN_FOLDER(test_single_gray_image), IN_FOLDER(test_single_colour_image),
        IN_FOLDER(test_sheet_layout),      IN_FOLDER(test_captions_are_shortened),
        IN_FOLDER(test_sheet_of_many),     IN_FOLDER(test_sheet_refuses),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
