/* SPDX-License-Identifier: MIT
 * The readers of PNG, of JPEG and of folders of them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <png.h>
#include <zlib.h>

#include "data/dataset.h"
#include "support/readers.h"
#include "support/scratch.h"

enum { W = 13, H = 9, PLANE = W * H };

/* A smooth image, so that JPEG keeps it nearly as it is: gray, or R, G and B that differ. */
static uint8_t pixel_at(size_t y, size_t x, size_t channel)
{
    return (uint8_t)(10 + 12 * y + 6 * x + 15 * channel);
}

static void fill(uint8_t *rows, size_t channels)
{
    for (size_t i = 0; i < PLANE * channels; i++)
        rows[i] = pixel_at(i / channels / W, i / channels % W, i % channels);
}

static void check_pixels(const uint8_t *planar, size_t channels, int tolerance)
{
    for (size_t i = 0; i < PLANE * channels; i++) {
        int off = planar[i] - pixel_at(i % PLANE / W, i % W, i / PLANE);
        if (abs(off) > tolerance)
            fail_msg("channel %zu, row %zu, column %zu is off by %d", i / PLANE, i % PLANE / W, i % W, off);
    }
}

static void check_image(const char *path, size_t channels, int tolerance)
{
    uhn_dataset data = read_ok(path);
    assert_int_equal(data.count, 1);
    assert_int_equal(data.dim, PLANE * channels);
    assert_int_equal(data.storage, UHN_UINT8);
    check_geometry(&data, (uhn_geometry){H, W, channels, false});
    assert_int_equal(data.rank, channels == 1 ? 3 : 4);
    assert_int_equal(data.shape[0], 1);
    assert_int_equal(data.shape[data.rank - 1], W);
    assert_int_equal(data.shape[data.rank - 2], H);
    check_pixels(data.rows, channels, tolerance);
    uhn_dataset_free(&data);
}

static void test_png(void **state)
{
    uint8_t rows[PLANE * 8], wide[PLANE * 6], *bytes;
    size_t size;
    fill(rows, 1);
    check_image(scratch_png(*state, "gray.png", W, H, PNG_COLOR_TYPE_GRAY, 8, false, rows), 1, 0);
    fill(rows, 3);
    for (size_t i = 0; i < PLANE * 3; i++)
        wide[2 * i] = wide[2 * i + 1] = rows[i];
    check_image(scratch_png(*state, "wide.png", W, H, PNG_COLOR_TYPE_RGB, 16, false, wide), 3, 0);
    check_image(scratch_png(*state, "inter.png", W, H, PNG_COLOR_TYPE_RGB, 8, true, rows), 3, 0);
    const char *path = scratch_png(*state, "rgb.png", W, H, PNG_COLOR_TYPE_RGB, 8, false, rows);
    check_image(path, 3, 0);
    bytes = scratch_bytes(path, &size);
    check_image(scratch_write_gzip(*state, "rgb.png.gz", bytes, size), 3, 0);
    bytes[size] = 'x'; /* there is room for one byte more */
    check_image(scratch_write(*state, "misnamed.jpg", bytes, size + 1), 3, 0);
    free(bytes);
}

/* Few bits, palettes and transparency, which lies on black. */
static void test_png_converted(void **state)
{
    static const uint8_t bits[] = {0xa0}, indices[] = {0x1b}, gray_alpha[] = {200, 255, 200, 0, 200, 51};
    static const uint8_t rgb_alpha[] = {255, 100, 10, 128, 1, 2, 3, 255};
    static const struct {
        const char *name;
        size_t width;
        int colour_type, bit_depth;
        const uint8_t *row;
        size_t dim;
        uint8_t truth[12];
    } cases[] = {
        {"bits.png", 4, PNG_COLOR_TYPE_GRAY, 1, bits, 4, {255, 0, 255, 0}},
        {"palette.png", 4, PNG_COLOR_TYPE_PALETTE, 2, indices, 12, {0, 255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 128}},
        {"ga.png", 3, PNG_COLOR_TYPE_GRAY_ALPHA, 8, gray_alpha, 3, {200, 0, 40}},
        {"rgba.png", 2, PNG_COLOR_TYPE_RGB_ALPHA, 8, rgb_alpha, 6, {128, 1, 50, 2, 5, 3}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uhn_dataset data = read_ok(scratch_png(*state, cases[i].name, cases[i].width, 1, cases[i].colour_type,
                                               cases[i].bit_depth, false, cases[i].row));
        assert_int_equal(data.dim, cases[i].dim);
        assert_memory_equal(data.rows, cases[i].truth, data.dim);
        uhn_dataset_free(&data);
    }
}

static void test_jpeg(void **state)
{
    uint8_t rows[PLANE * 4], *bytes;
    size_t size;
    fill(rows, 1);
    check_image(scratch_jpeg(*state, "gray.jpg", W, H, 1, false, rows), 1, 2);
    fill(rows, 3);
    check_image(scratch_jpeg(*state, "slow.JPEG", W, H, 3, true, rows), 3, 4);
    const char *path = scratch_jpeg(*state, "rgb.jpeg", W, H, 3, false, rows);
    check_image(path, 3, 4);
    bytes = scratch_bytes(path, &size);
    check_image(scratch_write(*state, "misnamed.png", bytes, size + 1), 3, 4);
    free(bytes);
    fill(rows, 4);
    read_refused(scratch_jpeg(*state, "cmyk.jpg", W, H, 4, false, rows), UHN_ERROR_ARGUMENT,
                 "its colours are neither grayscale nor RGB");
}

/* How many cuts of file `name` are not refused as they should be. */
static size_t wrong_cuts(const scratch *folder, const char *name, size_t magic_size)
{
    size_t size, wrong = 0;
    uint8_t *bytes = scratch_bytes(scratch_path(folder, name), &size);
    for (size_t length = 1; length < size; length++) {
        uhn_dataset data;
        uhn_status status = uhn_dataset_read(scratch_write(folder, "cut", bytes, length), NULL, &data);
        const char *says = length < magic_size ? "not a format" : "cannot be decoded";
        bool right = status == UHN_ERROR_ARGUMENT && !data.rows && strstr(uhn_error_detail(), says);
        if (!right)
            printf("%s cut to %zu bytes: %s\n", name, length, uhn_error_detail());
        wrong += !right;
        uhn_dataset_free(&data);
    }
    free(bytes);
    return wrong;
}

/* Every cut of every kind of image is an error, and neither library says a word on stderr. */
static void test_cut_short(void **state)
{
    uint8_t rows[PLANE * 3];
    fill(rows, 3);
    static const char *const names[] = {"a.png", "b.png", "c.jpg", "d.jpg"};
    scratch_png(*state, names[0], W, H, PNG_COLOR_TYPE_RGB, 8, false, rows);
    scratch_png(*state, names[1], W, H, PNG_COLOR_TYPE_RGB, 8, true, rows);
    scratch_jpeg(*state, names[2], W, H, 3, false, rows);
    scratch_jpeg(*state, names[3], W, H, 3, true, rows);
    const char *log = scratch_path(*state, "stderr.log");
    int kept = dup(STDERR_FILENO), file = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    size_t wrong = 0;
    struct stat said;
    assert_true(kept >= 0 && file >= 0 && dup2(file, STDERR_FILENO) >= 0);
    for (size_t i = 0; i < 4; i++)
        wrong += wrong_cuts(*state, names[i], i < 2 ? 8 : 3);
    (void)dup2(kept, STDERR_FILENO);
    close(kept);
    assert_int_equal(fstat(file, &said), 0);
    close(file);
    assert_int_equal(said.st_size, 0);
    assert_int_equal(wrong, 0);
}

static void put_big_endian(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Headers that claim a size which so short a file cannot hold are refused before any pixel has a place. */
static void test_claims(void **state)
{
    uint8_t rows[PLANE * 3], *bytes;
    size_t size;
    uhn_dataset data;
    fill(rows, 3);
    const char *path = scratch_png(*state, "a.png", W, H, PNG_COLOR_TYPE_RGB, 8, false, rows);
    check_refused(UHN_ERROR_RANGE, uhn_dataset_read(path, &(uhn_read_limits){.bytes = PLANE * 3 - 1}, &data));
    assert_non_null(strstr(uhn_error_detail(), "1 rows of 351 bytes are more than the limit of 350"));
    bytes = scratch_bytes(path, &size);
    bytes[45] ^= 1; /* within the compressed pixels */
    read_refused(scratch_write(*state, "crc.png", bytes, size), UHN_ERROR_ARGUMENT, "cannot be decoded: ");
    bytes[45] ^= 1;
    put_big_endian(bytes + 16, 1000000);
    put_big_endian(bytes + 20, 1000000);
    put_big_endian(bytes + 29, (uint32_t)crc32(0, bytes + 12, 17));
    read_refused(scratch_write(*state, "huge.png", bytes, size), UHN_ERROR_ARGUMENT,
                 "the header says 1000000 × 1000000 pixels, more than");
    put_big_endian(bytes + 16, 0);
    put_big_endian(bytes + 29, (uint32_t)crc32(0, bytes + 12, 17));
    read_refused(scratch_write(*state, "zero.png", bytes, size), UHN_ERROR_ARGUMENT, "cannot be decoded: ");
    free(bytes);

    bytes = scratch_bytes(scratch_jpeg(*state, "a.jpg", W, H, 3, false, rows), &size);
    size_t frame = 2;
    while (bytes[frame + 1] != 0xc0) /* markers: 0xff, code, length */
        frame += 2 + ((size_t)bytes[frame + 2] << 8 | bytes[frame + 3]);
    put_big_endian(bytes + frame + 5, 0xffdcffdc); /* 65500, the most that libjpeg takes */
    read_refused(scratch_write(*state, "huge.jpg", bytes, size), UHN_ERROR_ARGUMENT,
                 "the header says 65500 × 65500 pixels, more than");
    put_big_endian(bytes + frame + 5, 0);
    read_refused(scratch_write(*state, "zero.jpg", bytes, size), UHN_ERROR_ARGUMENT, "cannot be decoded: ");
    free(bytes);
}

/* -------------------------------------------------------------------------------------------------- folders */

static void test_folder(void **state)
{
    uint8_t gray[PLANE], rgb[PLANE * 3];
    fill(gray, 1);
    fill(rgb, 3);
    scratch_png(*state, "plain/b.png", W, H, PNG_COLOR_TYPE_GRAY, 8, false, gray);
    scratch_jpeg(*state, "plain/a.jpg", W, H, 1, false, gray);
    scratch_write(*state, "plain/.hidden", "x", 1);
    scratch_write(*state, "plain/boxes.txt", "x", 1);
    uhn_dataset data = read_ok(scratch_path(*state, "plain"));
    assert_int_equal(data.count, 2);
    check_geometry(&data, (uhn_geometry){H, W, 1, false});
    assert_int_equal(data.rank, 3);
    assert_null(data.labels);
    check_pixels(data.rows, 1, 2);
    check_pixels((uint8_t *)data.rows + PLANE, 1, 0);
    uhn_dataset_free(&data);

    /* One that is RGB makes all RGB; order is bytewise, so Z comes before a. */
    scratch_png(*state, "plain/Z.png", W, H, PNG_COLOR_TYPE_RGB, 8, false, rgb);
    data = read_ok(scratch_path(*state, "plain/"));
    assert_int_equal(data.count, 3);
    check_geometry(&data, (uhn_geometry){H, W, 3, false});
    check_pixels(data.rows, 3, 0);
    for (size_t channel = 0; channel < 3; channel++)
        check_pixels((uint8_t *)data.rows + (size_t)2 * 3 * PLANE + channel * PLANE, 1, 0);
    uhn_dataset_free(&data);
}

static void test_folder_classes(void **state)
{
    static const char *const names[] = {"classes/ant/images/1.png", "classes/ant/images/0.png",
                                        "classes/bee/images/5.png", "classes/cat/3.png"};
    static const uint8_t truth[4] = {0, 0, 1, 2}, first[4] = {1, 0, 2, 3};
    uint8_t gray[PLANE];
    fill(gray, 1);
    for (uint8_t i = 0; i < 4; i++) {
        gray[0] = i;
        scratch_png(*state, names[i], W, H, PNG_COLOR_TYPE_GRAY, 8, false, gray);
    }
    uhn_dataset data = read_ok(scratch_path(*state, "classes"));
    assert_int_equal(data.count, 4);
    assert_memory_equal(data.labels, truth, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(((uint8_t *)data.rows)[i * PLANE], first[i]);
    check_ok(uhn_dataset_select(&data, 2, 4));
    assert_int_equal(data.labels[0], 1);
    assert_int_equal(((uint8_t *)data.rows)[0], 2);
    uhn_dataset_free(&data);

    data = read_ok(scratch_path(*state, "classes/ant")); /* one folder is no class */
    assert_null(data.labels);
    uhn_dataset_free(&data);
    scratch_png(*state, "classes/loose.png", W, H, PNG_COLOR_TYPE_GRAY, 8, false, gray);
    data = read_ok(scratch_path(*state, "classes")); /* nor is there a class for an image beside the folders */
    assert_int_equal(data.count, 5);
    assert_null(data.labels);
    uhn_dataset_free(&data);
}

/* What is refused names the file inside the folder. */
static void refused_in(void **state, const char *folder, const char *says)
{
    read_refused(scratch_path(*state, folder), UHN_ERROR_ARGUMENT, says);
}

static void test_folder_refused(void **state)
{
    uint8_t gray[PLANE];
    fill(gray, 1);
    assert_int_equal(mkdir(scratch_path(*state, "empty"), 0700), 0);
    refused_in(state, "empty", "holds no images");

    scratch_png(*state, "sizes/a.png", W, H, PNG_COLOR_TYPE_GRAY, 8, false, gray);
    scratch_png(*state, "sizes/b.png", W, H, PNG_COLOR_TYPE_GRAY, 8, false, gray);
    scratch_png(*state, "sizes/c.png", H, W, PNG_COLOR_TYPE_GRAY, 8, false, gray);
    refused_in(state, "sizes", "sizes/c.png: 9 × 13 pixels, but ");
    assert_non_null(strstr(uhn_error_detail(), "sizes/a.png has 13 × 9"));

    scratch_png(*state, "other/a.png", W, H, PNG_COLOR_TYPE_GRAY, 8, false, gray);
    scratch_write(*state, "other/b.npy", "\x93NUMPY", 6);
    refused_in(state, "other", "other/b.npy: neither PNG nor JPEG");

    scratch_png(*state, "broken/a.png", W, H, PNG_COLOR_TYPE_GRAY, 8, false, gray);
    scratch_write(*state, "broken/b.jpg", "\xff\xd8\xff\xe0", 4);
    refused_in(state, "broken", "broken/b.jpg: the JPEG cannot be decoded");
    scratch_write(*state, "broken/b.jpg", "", 0);
    refused_in(state, "broken", "broken/b.jpg: the file is empty");

    scratch_png(*state, "deep/1/2/3/a.png", W, H, PNG_COLOR_TYPE_GRAY, 8, false, gray);
    scratch_png(*state, "deep/2/a.png", W, H, PNG_COLOR_TYPE_GRAY, 8, false, gray);
    refused_in(state, "deep", "deep/1/2/3/a.png: lies too deep");
    scratch_png(*state, "deeper/1/2/3/4/5/6/7/8/9/a.png", W, H, PNG_COLOR_TYPE_GRAY, 8, false, gray);
    refused_in(state, "deeper", "deeper/1/2/3/4/5/6/7/8/9: lies too deep");

    scratch_png(*state, "special/a.png", W, H, PNG_COLOR_TYPE_GRAY, 8, false, gray);
    assert_int_equal(mkfifo(scratch_path(*state, "special/pipe"), 0600), 0);
    refused_in(state, "special", "special/pipe: neither a regular file nor a folder");

    scratch_png(*state, "network/a.png", W, H, PNG_COLOR_TYPE_GRAY, 8, false, gray);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", scratch_path(*state, "network/socket"));
    const int made = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(made, (struct sockaddr *)&address, sizeof address), 0);
    refused_in(state, "network", "network/socket: neither a regular file nor a folder");
    close(made);
}

static void test_folder_links(void **state)
{
    uint8_t gray[PLANE];
    fill(gray, 1);
    scratch_png(*state, "links/in/a.png", W, H, PNG_COLOR_TYPE_GRAY, 8, false, gray);
    char link[SCRATCH_PATH]; /* the paths that scratch_path() gives are soon others */
    snprintf(link, sizeof link, "%s", scratch_path(*state, "links/link.png"));
    assert_int_equal(symlink("in/a.png", link), 0);
    uhn_dataset data = read_ok(scratch_path(*state, "links"));
    assert_int_equal(data.count, 2);
    check_pixels((uint8_t *)data.rows + PLANE, 1, 0);
    uhn_dataset_free(&data);

    static const char *const targets[] = {"/etc", "/dev/zero", "..", "in", ".", "link.png", "nowhere.png"};
    static const char *const says[] = {"leaves the folder", "leaves the folder",
                                       "leaves the folder", "does not lead to a regular file",
                                       "leaves the folder", /* the folder itself is not below it */
                                       "leads nowhere",     "leads nowhere"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        assert_int_equal(unlink(link), 0);
        assert_int_equal(symlink(targets[i], link), 0);
        refused_in(state, "links", says[i]);
    }
    assert_int_equal(unlink(link), 0);
    const char *outside = scratch_png(*state, "outside.png", W, H, PNG_COLOR_TYPE_GRAY, 8, false, gray);
    assert_int_equal(symlink(outside, link), 0);
    refused_in(state, "links", "links/link.png: the symbolic link leaves the folder");
    /* A link given by name is the user's own choice. */
    check_image(link, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_png),
        cmocka_unit_test(test_png_converted),
        cmocka_unit_test(test_jpeg),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_folder_classes),
        cmocka_unit_test(test_folder_refused),
        cmocka_unit_test(test_folder_links),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
