/* SPDX-License-Identifier: MIT
 * The reader of archives: it gives what the unpacked folder gives, or a sentence; and it writes nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <png.h>

#include "data/dataset.h"
#include "support/archives.h"
#include "support/length.h"
#include "support/readers.h"

enum { W = 5, H = 4, PLANE = W * H, MEMBERS_MAX = 16 };

static const char *const kinds[][3] = {
    /* name, format, filter */
    {"a.tar", "ustar", NULL},    {"a.tar.gz", "pax", "gzip"},    {"a.tar.bz2", "gnutar", "bzip2"},
    {"a.tar.xz", "ustar", "xz"}, {"a.tar.zst", "v7tar", "zstd"}, {"a.zip", "zip", NULL},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static void check_same(const uhn_dataset *a, const uhn_dataset *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->dim, b->dim);
    assert_int_equal(a->storage, b->storage);
    assert_int_equal(a->rank, b->rank);
    assert_int_equal(a->image_files, b->image_files);
    assert_memory_equal(a->shape, b->shape, a->rank * sizeof *a->shape);
    check_geometry(a, b->geometry);
    assert_memory_equal(a->rows, b->rows, a->count * a->dim);
    assert_int_equal(!a->labels, !b->labels);
    if (a->labels)
        assert_memory_equal(a->labels, b->labels, a->count);
}

/* Each kind of archive of the files, in the order given and in the other one, is read as the folder. */
static void check_archives(const scratch *folder, const char *in, const char *const *names, size_t count)
{
    archive_member forth[MEMBERS_MAX], back[MEMBERS_MAX];
    char path[256];
    snprintf(path, sizeof path, "%s", scratch_path(folder, in));
    for (size_t i = 0; i < count; i++) {
        char file[512];
        snprintf(file, sizeof file, "%s/%s", path, names[i]);
        forth[i] = back[count - 1 - i] = archive_member_of(names[i], file);
    }
    uhn_dataset truth = read_ok(path);
    for (size_t i = 0; i < 2 * (size_t)KINDS; i++) {
        const char *const *kind = kinds[i / 2];
        uhn_dataset data = read_ok(archive_write(folder, kind[0], kind[1], kind[2], NULL, i % 2 ? back : forth, count));
        check_same(&data, &truth);
        uhn_dataset_free(&data);
    }
    for (size_t i = 0; i < count; i++)
        free((void *)forth[i].bytes);
    uhn_dataset_free(&truth);
}

/* Gray and RGB images whose first pixel says which they are. */
static void draw(const scratch *folder, const char *in, const char *name, uint8_t number, bool rgb)
{
    uint8_t rows[PLANE * 3];
    char path[256];
    for (size_t i = 0; i < sizeof rows; i++)
        rows[i] = (uint8_t)(number + 3 * i);
    snprintf(path, sizeof path, "%s/%s", in, name);
    scratch_png(folder, path, W, H, rgb ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, 8, false, rows);
}

static void test_images(void **state)
{
    static const char *const names[] = {
        "set/train/bee/images/10.png", "set/train/bee/images/9.png", "set/train/ant/1.png", "set/train/ant-lion/1.png",
        "set/train/Zebra/a.png",       "set/val/images/1.png",       "set/words.txt",       "set/.hidden/x"};
    static const uint8_t labels[] = {0, 1, 2, 3, 3}, first[] = {4, 3, 2, 0, 1};
    for (uint8_t i = 0; i < 6; i++)
        draw(*state, "images", names[i], i, i == 3);
    scratch_write(*state, "images/set/words.txt", "x", 1);
    scratch_write(*state, "images/set/.hidden/x", "x", 1);
    uhn_dataset data = read_ok(scratch_path(*state, "images"));
    assert_int_equal(data.count, 5);
    assert_true(data.image_files);
    check_geometry(&data, (uhn_geometry){H, W, 3, false});
    assert_memory_equal(data.labels, labels, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(((uint8_t *)data.rows)[i * data.dim], first[i]);
    uhn_dataset same = read_ok(scratch_path(*state, "images/set/train"));
    check_same(&data, &same);
    uhn_dataset_free(&same);
    uhn_dataset_free(&data);
    check_archives(*state, "images", names, 8);
}

/* A folder train is a part of the data only among other parts: here it is a class. */
static void test_class_called_train(void **state)
{
    static const char *const names[] = {"bus/1.png", "train/1.png", "tram/1.png"};
    for (uint8_t i = 0; i < 3; i++)
        draw(*state, "vehicles", names[i], i, false);
    uhn_dataset data = read_ok(scratch_path(*state, "vehicles"));
    assert_int_equal(data.count, 3);
    assert_memory_equal(data.labels, ((const uint8_t[]){0, 1, 2}), 3);
    uhn_dataset_free(&data);
    check_archives(*state, "vehicles", names, 3);
}

/* `count` CIFAR-10 records of this class. */
static const char *write_batch(const scratch *folder, const char *name, size_t count, uint8_t class, bool gzip)
{
    uint8_t bytes[4 * 3073];
    for (size_t i = 0; i < count * 3073; i++)
        bytes[i] = i % 3073 ? (uint8_t)(class + i) : class;
    return gzip ? scratch_write_gzip(folder, name, bytes, count * 3073)
                : scratch_write(folder, name, bytes, count * 3073);
}

static void test_cifar(void **state)
{
    static const char *const names[] = {"c/data_batch_2.bin",   "c/data_batch_1.bin", "c/test_batch.bin",
                                        "c/readme.html",        "c/batches.meta.txt", "c/data_batch_3.bin.gz",
                                        "c/data_batch_2.bin.gz"};
    static const uint8_t labels[] = {1, 2, 2, 3, 3, 3};
    write_batch(*state, "cifar/c/data_batch_1.bin", 1, 1, false);
    write_batch(*state, "cifar/c/data_batch_2.bin", 2, 2, false);
    write_batch(*state, "cifar/c/data_batch_2.bin.gz", 2, 2, true); /* once more */
    write_batch(*state, "cifar/c/data_batch_3.bin.gz", 3, 3, true);
    write_batch(*state, "cifar/c/test_batch.bin", 4, 9, false);
    scratch_write(*state, "cifar/c/readme.html", "<html>", 6);
    scratch_write(*state, "cifar/c/batches.meta.txt", "cat", 3);
    uhn_dataset data = read_ok(scratch_path(*state, "cifar/c"));
    assert_int_equal(data.count, 6);
    assert_int_equal(data.shape[0], 6);
    assert_false(data.image_files);
    check_geometry(&data, (uhn_geometry){32, 32, 3, false});
    assert_memory_equal(data.labels, labels, 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(((uint8_t *)data.rows)[i * 3072],
                         (uint8_t)(labels[i] + 1 + 3073 * (i - (size_t[]){0, 0, 1, 3}[labels[i]])));
    uhn_dataset_free(&data);
    check_archives(*state, "cifar", names, 7);

    /* Test images where there are no others. */
    write_batch(*state, "test/test_batch.bin", 4, 9, false);
    scratch_write(*state, "test/readme.html", "<html>", 6);
    data = read_ok(scratch_path(*state, "test"));
    assert_int_equal(data.count, 4);
    uhn_dataset_free(&data);

    scratch_write(*state, "python/data_batch_1", "\x80\x02}q", 4);
    scratch_write(*state, "python/batches.meta", "\x80\x02}q", 4);
    read_refused(scratch_path(*state, "python"), UHN_ERROR_ARGUMENT, "cifar-10-binary.tar.gz");

    scratch_write(*state, "cifar/c/data_batch_2.bin", "x", 1);
    read_refused(scratch_path(*state, "cifar"), UHN_ERROR_ARGUMENT, "data_batch_2.bin: 1 bytes are neither");
}

static void test_mnist(void **state)
{
    static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4};
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 1, 7};
    static const char *const names[] = {"raw/t10k-images-idx3-ubyte", "raw/train-images-idx3-ubyte.gz",
                                        "raw/train-labels-idx1-ubyte.gz"};
    uint8_t other[sizeof images];
    memcpy(other, images, sizeof images);
    other[16] = 9;
    scratch_write_gzip(*state, "mnist/raw/train-images-idx3-ubyte.gz", images, sizeof images);
    scratch_write_gzip(*state, "mnist/raw/train-labels-idx1-ubyte.gz", labels, sizeof labels);
    scratch_write(*state, "mnist/raw/t10k-images-idx3-ubyte", other, sizeof other);
    uhn_dataset data = read_ok(scratch_path(*state, "mnist"));
    assert_int_equal(data.count, 1);
    check_geometry(&data, (uhn_geometry){2, 2, 1, false});
    assert_memory_equal(data.rows, images + 16, 4);
    uhn_dataset_free(&data);
    check_archives(*state, "mnist", names, 3);
}

/* What is alone is read as it is, whatever it is. */
static void test_one_file(void **state)
{
    static const float values[4] = {1, 2, 3, 4};
    static const char *const names[] = {"x/y/z.npy"};
    scratch_npy(*state, "one/x/y/z.npy", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}", values,
                sizeof values);
    uhn_dataset data = read_ok(scratch_path(*state, "one"));
    assert_memory_equal(data.rows, values, sizeof values);
    uhn_dataset_free(&data);
    const archive_member member = archive_member_of(names[0], scratch_path(*state, "one/x/y/z.npy"));
    data = read_ok(archive_write(*state, "one.zip", "zip", NULL, NULL, &member, 1));
    assert_memory_equal(data.rows, values, sizeof values);
    uhn_dataset_free(&data);

    const archive_member inner = archive_member_of("one.zip", scratch_path(*state, "one.zip"));
    read_refused(archive_write(*state, "two.tar", "ustar", NULL, NULL, &inner, 1), UHN_ERROR_ARGUMENT,
                 "two.tar/one.zip: an archive within an archive");
    free((void *)member.bytes);
    free((void *)inner.bytes);
}

/* ---------------------------------------------------------------------------------------------- bad archives */

static void refused_member(void **state, archive_member member, const char *format, const char *options,
                           const char *says)
{
    read_refused(archive_write(*state, "bad", format, NULL, options, &member, 1), UHN_ERROR_ARGUMENT, says);
}

/* Names that lead elsewhere are refused, and so is what is not a plain file. */
static void test_members_refused(void **state)
{
    static const char secret[] = "secret";
    draw(*state, "m", "a.png", 1, false);
    archive_member image = archive_member_of("a.png", scratch_path(*state, "m/a.png"));
    static const char *const outside[] = {"../a.png", "x/../../a.png", "/tmp/a.png", ".."};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        archive_member member = image;
        member.name = outside[i];
        refused_member(state, member, "ustar", NULL, "the name leads out of the archive");
        refused_member(state, member, "zip", NULL, "the name leads out of the archive");
    }
    refused_member(state, (archive_member){"l.png", .symbolic = "/etc/passwd"}, "ustar", NULL, "bad/l.png: a link");
    refused_member(state, (archive_member){"l.png", .hard = "a.png"}, "ustar", NULL, "bad/l.png: a link");
    refused_member(state, (archive_member){"p.png", .is_pipe = true}, "ustar", NULL, "neither a regular file");
    refused_member(state, image, "zip", "zip:encryption=zipcrypt", "bad/a.png: is encrypted");
    refused_member(state, image, "zip", "zip:encryption=aes256", "bad/a.png: is encrypted");
    refused_member(state, (archive_member){.name = "empty"}, "ustar", NULL, "holds no images");
    const archive_member mixed[] = {image, {"b.md", secret, sizeof secret, NULL, NULL, false}};
    read_refused(archive_write(*state, "mixed.tar", "ustar", NULL, NULL, mixed, 2), UHN_ERROR_ARGUMENT,
                 "mixed.tar/b.md: neither PNG nor JPEG");
    free((void *)image.bytes);
}

/* Of two members of one name the later one counts, as when unpacked; ./ and // make no other name. */
static void test_names(void **state)
{
    archive_member members[3];
    for (uint8_t i = 0; i < 3; i++) {
        draw(*state, "n", "x.png", (uint8_t)(10 + i), false);
        members[i] =
            archive_member_of((const char *[]){"./a.png", "b//b.png", "a.png"}[i], scratch_path(*state, "n/x.png"));
    }
    uhn_dataset data = read_ok(archive_write(*state, "names.tar", "ustar", NULL, NULL, members, 3));
    assert_int_equal(data.count, 2);
    assert_int_equal(((uint8_t *)data.rows)[0], 12);
    assert_int_equal(((uint8_t *)data.rows)[PLANE], 11);
    uhn_dataset_free(&data);
    members[0].name = "\xc3\xa9.png"; /* marked as UTF-8, whatever the locale is */
    data = read_ok(archive_write(*state, "names.zip", "zip", NULL, "hdrcharset=UTF-8", members, 2));
    assert_int_equal(data.count, 2);
    assert_int_equal(((uint8_t *)data.rows)[0], 11);
    assert_int_equal(((uint8_t *)data.rows)[PLANE], 10);
    uhn_dataset_free(&data);
    for (size_t i = 0; i < 3; i++)
        free((void *)members[i].bytes);
}

/* Wherever an archive is cut, there is a sentence and no data. */
static void test_cut_short(void **state)
{
    archive_member members[2];
    draw(*state, "t", "a.png", 1, false);
    draw(*state, "t", "b.png", 2, true);
    members[0] = archive_member_of("a.png", scratch_path(*state, "t/a.png"));
    members[1] = archive_member_of("b.png", scratch_path(*state, "t/b.png"));
    for (size_t i = 0; i < KINDS; i++) {
        size_t size;
        const char *path = archive_write(*state, kinds[i][0], kinds[i][1], kinds[i][2], NULL, members, 2);
        uint8_t *bytes = scratch_bytes(path, &size);
        /* A plain tar has one block of its end mark, and zeros, after what matters. */
        size_t whole = kinds[i][2] || kinds[i][1][0] == 'z' ? size : 2 * 512 + 2 * 512 + 1;
        for (size_t length = 1; length < whole;
             length += length % 512 == 511 || length % 512 == 0 ? 1 : unless_short(37, 130))
            read_refused(scratch_write(*state, "cut", bytes, length), UHN_ERROR_ARGUMENT,
                         "cut short|not a format|gzip");
        free(bytes);
    }
    free((void *)members[0].bytes);
    free((void *)members[1].bytes);
}

static void refused_limit(const char *path, uhn_read_limits limits, const char *says)
{
    uhn_dataset data;
    check_refused(UHN_ERROR_RANGE, uhn_dataset_read(path, &limits, &data));
    if (!strstr(uhn_error_detail(), says))
        fail_msg("should say \"%s\", says \"%s\"", says, uhn_error_detail());
    assert_null(data.rows);
}

/* A bomb of megabytes in a few KB, and headers that claim what is not there. */
static void test_limits(void **state)
{
    const size_t bomb_size = unless_short(32 << 20, 2 << 20);
    uint8_t *zeros = test_allocate(bomb_size, 1);
    const archive_member bomb[] = {{.name = "data_batch_1.bin", .bytes = zeros, .size = bomb_size},
                                   {.name = "data_batch_2.bin", .bytes = zeros, .size = bomb_size}};
    char too_large[80];
    snprintf(too_large, sizeof too_large, "decodes to more than the limit of %zu bytes", bomb_size + 1);
    for (size_t i = 1; i < KINDS; i++) {
        const char *path = archive_write(*state, kinds[i][0], kinds[i][1], kinds[i][2], NULL, bomb, 2);
        refused_limit(path, (uhn_read_limits){.bytes = bomb_size + 1}, too_large);
        refused_limit(path, (uhn_read_limits){.members = 1}, "holds more than the limit of 1 files");
        refused_limit(path, (uhn_read_limits){.member_size = 1000000},
                      "data_batch_1.bin: more than the limit of 1000000 bytes for one file");
    }
    /* What is passed over counts as well. */
    const archive_member aside = {.name = "notes.txt", .bytes = zeros, .size = bomb_size};
    refused_limit(archive_write(*state, "aside.tar.gz", "ustar", "gzip", NULL, &aside, 1),
                  (uhn_read_limits){.bytes = bomb_size - 1}, "decodes to more than");

    size_t size;
    const archive_member small = {.name = "a.bin", .bytes = zeros, .size = 600};
    uint8_t *bytes = scratch_bytes(archive_write(*state, "small.tar", "ustar", NULL, NULL, &small, 1), &size);
    static const char *const claims[] = {"00000100000", "77777777777"}; /* 32 KiB, 8 GiB; octal */
    for (size_t i = 0; i < 2; i++) {
        unsigned sum = 0;
        memcpy(bytes + 124, claims[i], 11);
        memset(bytes + 148, ' ', 8);
        for (size_t k = 0; k < 512; k++)
            sum += bytes[k];
        snprintf((char *)bytes + 148, 8, "%06o", sum);
        read_refused(scratch_write(*state, "lie.tar", bytes, size), i ? UHN_ERROR_RANGE : UHN_ERROR_ARGUMENT,
                     i ? "more than the limit of 4294967296 bytes" : "cut short");
    }
    free(bytes);
    free(zeros);
}

/* Damage that only a checksum shows. */
static void test_damaged(void **state)
{
    size_t size;
    uint8_t stored[3073] = {1};
    const archive_member member = {.name = "x.bin", .bytes = stored, .size = sizeof stored};
    uint8_t *bytes =
        scratch_bytes(archive_write(*state, "ok.zip", "zip", NULL, "zip:compression=store", &member, 1), &size);
    bytes[1000] ^= 1;
    read_refused(scratch_write(*state, "damaged.zip", bytes, size), UHN_ERROR_ARGUMENT, "damaged");
    free(bytes);
    read_refused(scratch_write(*state, "noise.zst", "\x28\xb5\x2f\xfd noise", 10), UHN_ERROR_ARGUMENT, "damaged");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_images),   cmocka_unit_test(test_class_called_train),
        cmocka_unit_test(test_cifar),    cmocka_unit_test(test_mnist),
        cmocka_unit_test(test_one_file), cmocka_unit_test(test_members_refused),
        cmocka_unit_test(test_names),    cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_limits),   cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
