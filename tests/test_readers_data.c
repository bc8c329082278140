/* SPDX-License-Identifier: MIT
 * The readers on the real data sets: MNIST, CIFAR-10, Tiny ImageNet. Found in $UHN_DATA, by default beside the root of
 * the sources, where tests run; where they are absent the tests are skipped, unless UHN_REQUIRE_DATA=1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/dataset.h"
#include "support/archives.h"
#include "support/readers.h"

/* The path of a file of the data; skips the test when it is absent. */
static const char *find_data(const char *name)
{
    static char path[2][1024];
    static size_t turn;
    char *found = path[turn++ % 2];
    const char *root = getenv("UHN_DATA"), *required = getenv("UHN_REQUIRE_DATA");
    snprintf(found, sizeof path[0], "%s/%s", root ? root : "../shared/data", name);
    if (access(found, R_OK) == 0)
        return found;
    if (required && strcmp(required, "1") == 0)
        fail_msg("%s is required and cannot be read", found);
    print_message("%s is absent: skipped\n", found);
    skip();
    return NULL;
}

static uint64_t sum_of_bytes(const uint8_t *bytes, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += bytes[i];
    return sum;
}

static void check_same(const char *path, const uhn_dataset *truth)
{
    uhn_dataset data = read_ok(path);
    assert_int_equal(data.count, truth->count);
    assert_int_equal(data.dim, truth->dim);
    check_geometry(&data, truth->geometry);
    assert_memory_equal(data.rows, truth->rows, data.count * data.dim);
    assert_memory_equal(data.labels, truth->labels, data.count);
    uhn_dataset_free(&data);
}

/* Sums of all bytes of the pixels, counted with NumPy. */
static const uint64_t mnist_sum = 264923200, mnist_first = 18454, cifar_sum = 2220058642;
static const double mnist_last = 41833;

static void test_mnist(void **state)
{
    (void)state;
    uhn_dataset images = read_ok(find_data("mnist/t10k-images-idx3-ubyte.gz"));
    uhn_dataset labels = read_ok(find_data("mnist/t10k-labels-idx1-ubyte.gz"));
    assert_int_equal(images.count, 10000);
    assert_int_equal(images.dim, 784);
    assert_int_equal(images.storage, UHN_UINT8);
    check_geometry(&images, (uhn_geometry){28, 28, 1, false});
    assert_int_equal(sum_of_bytes(images.rows, 7840000), mnist_sum);
    assert_int_equal(sum_of_bytes(images.rows, 784), mnist_first);
    assert_int_equal(labels.count, 10000);
    assert_int_equal(labels.dim, 1);
    assert_memory_equal(labels.rows, ((const uint8_t[]){7, 2, 1, 0, 4}), 5);
    uhn_dataset_free(&labels);
    check_ok(uhn_dataset_select(&images, 9999, 10000));
    check_ok(uhn_dataset_to_float(&images));
    double sum = 0;
    for (size_t i = 0; i < 784; i++)
        sum += (double)((float *)images.rows)[i];
    assert_true(sum > mnist_last / 255.0 - 1e-4 && sum < mnist_last / 255.0 + 1e-4);
    uhn_dataset_free(&images);
}

static void test_cifar(void **state)
{
    size_t of_class[10] = {0};
    (void)state;
    uhn_dataset data = read_ok(find_data("cifar10/train_6k.bin.gz"));
    assert_int_equal(data.count, 6000);
    assert_int_equal(data.dim, 3072);
    check_geometry(&data, (uhn_geometry){32, 32, 3, false});
    for (size_t i = 0; i < 6000; i++)
        of_class[data.labels[i]]++;
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(of_class[i], 600);
    assert_int_equal(sum_of_bytes(data.rows, (size_t)6000 * 3072), cifar_sum);
    uhn_dataset_free(&data);
}

static void unpack(const char *archive, const char *folder)
{
    int status = -1;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execlp("tar", "tar", "-xf", archive, "-C", folder, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Ten folders class/images/ of 500 JPEG files, 68 of them grayscale. */
static void test_tiny_imagenet(void **state)
{
    enum { PLANE = 64 * 64, DIM = 3 * PLANE };
    const char *archive = find_data("tiny-imagenet/tiny-imagenet-10x500.tar");
    size_t of_class[10] = {0}, gray = 0;
    unpack(archive, scratch_path(*state, ""));
    uhn_dataset data = read_ok(scratch_path(*state, "tiny-imagenet-200/train"));
    assert_int_equal(data.count, 5000);
    assert_int_equal(data.dim, DIM);
    assert_int_equal(data.rank, 4);
    check_geometry(&data, (uhn_geometry){64, 64, 3, false});
    for (size_t i = 0; i < 5000; i++) {
        const uint8_t *row = (const uint8_t *)data.rows + i * DIM;
        gray += memcmp(row, row + PLANE, PLANE) == 0 && memcmp(row, row + PLANE + PLANE, PLANE) == 0;
        of_class[data.labels[i]]++;
        assert_true(sum_of_bytes(row, DIM) > 0);
    }
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(of_class[i], 500);
    assert_in_range(gray, 68, 100); /* a file in RGB may show a gray picture */
    check_same(scratch_path(*state, "tiny-imagenet-200"), &data);
    check_same(archive, &data);
    uhn_dataset_free(&data);
}

/* The published layout of CIFAR-10, made of the images there are: folder and archive are the training images. */
static void test_cifar_published(void **state)
{
    enum { BATCH = 1000 * 3073 };
    archive_member members[7] = {{"cifar-10-batches-bin/readme.html", "<html>", 6, NULL, NULL, false}};
    char names[6][64];
    uhn_dataset all = read_ok(find_data("cifar10/train_6k.bin.gz"));
    uint8_t *records = test_allocate(6, BATCH);
    for (size_t i = 0; i < 6000; i++) {
        records[i * 3073] = all.labels[i];
        memcpy(records + i * 3073 + 1, (uint8_t *)all.rows + i * 3072, 3072);
    }
    for (size_t i = 0; i < 6; i++) { /* the last batch first, as in the published archive */
        if (i < 5)
            snprintf(names[i], sizeof names[i], "cifar-10-batches-bin/data_batch_%zu.bin", i + 1);
        else
            snprintf(names[i], sizeof names[i], "cifar-10-batches-bin/test_batch.bin");
        members[6 - i] = (archive_member){.name = names[i], .bytes = records + i * BATCH, .size = BATCH};
        scratch_write(*state, names[i], records + i * BATCH, BATCH);
    }
    check_ok(uhn_dataset_select(&all, 0, 5000));
    check_same(scratch_path(*state, "cifar-10-batches-bin"), &all);
    check_same(archive_write(*state, "cifar-10-binary.tar.gz", "ustar", "gzip", NULL, members, 7), &all);
    uhn_dataset_free(&all);
    free(records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mnist),
        cmocka_unit_test(test_cifar),
        cmocka_unit_test(test_cifar_published),
        cmocka_unit_test(test_tiny_imagenet),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
