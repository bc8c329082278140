/* SPDX-License-Identifier: MIT
 * Some rows of a store: a range of a view is, to the bit, the store that holds only these rows; and of a damaged store
 * all rows can be had but those of the damaged blocks. */
#include "store/format.h"
#include "support/random_data.h"
#include "support/scratch.h"

#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIM = 300, VALUE_DIM = 3, BLOCKS = 4, QUERIES = 3, PAGE = 4096 };

/* A store of BLOCKS blocks, and what is in it. */
typedef struct subject {
    uhn_storage storage;
    size_t value_dim, row_bytes, capacity, count;
    uint8_t *rows;
    float *values, *queries;
    const char *path;
    uhn_store *store;
    uhn_store_view *view;
} subject;

static void make_rows(subject *s, test_random *random)
{
    const float *floats = s->storage == UHN_FLOAT32 ? random_signed(random, s->count * DIM) : NULL;
    s->rows = floats ? (uint8_t *)(uintptr_t)floats : random_bytes(random, s->count * s->row_bytes);
    for (size_t i = 0; s->storage == UHN_BITS && i < s->count; i++) /* no bits beyond the last coordinate */
        s->rows[(i + 1) * s->row_bytes - 1] &= (uint8_t)(0xff << (8 * s->row_bytes - DIM));
    s->values = random_signed(random, s->count * VALUE_DIM);
    s->queries = random_positive(random, (size_t)QUERIES * DIM);
}

/* Adds rows first … first+count−1 to a new store. */
static uhn_store *make_store(const subject *s, const char *path, size_t first, size_t count)
{
    const uhn_store_rows batch = {.rows = s->rows + first * s->row_bytes,
                                  .count = count,
                                  .values = s->value_dim ? s->values + first * s->value_dim : NULL};
    uhn_store *store;
    check_ok(uhn_store_create(path, s->storage, DIM, s->value_dim, NULL));
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_add(store, &batch, NULL));
    return store;
}

static void open_subject(subject *s, const scratch *folder, uhn_storage storage, size_t value_dim)
{
    static unsigned number;
    char name[32];
    uhn_meta meta = {.storage = storage, .dim = DIM, .value_dim = value_dim};
    test_random random = {(uint64_t)storage * 10 + value_dim};
    check_ok(uhn_meta_shape(&meta));
    *s = (subject){.storage = storage, .value_dim = value_dim, .row_bytes = uhn_row_bytes(storage, DIM)};
    s->capacity = meta.capacity;
    s->count = (BLOCKS - 1) * s->capacity + s->capacity / 2;
    make_rows(s, &random);
    /* Numbers that the range of whole blocks has, and with which sums are taken in another way. */
    for (size_t i = 0; i < 2; i++) {
        const float huge = 1e35f;
        const size_t row = i ? s->count - 3 : 2;
        if (storage == UHN_FLOAT32)
            memcpy(s->rows + row * s->row_bytes, &huge, sizeof huge);
        s->values[row * VALUE_DIM] = huge;
    }
    snprintf(name, sizeof name, "store-%u", number++);
    s->path = strdup(scratch_path(folder, name));
    s->store = make_store(s, s->path, 0, s->count);
    check_ok(uhn_store_view_open(s->store, &s->view));
}

static void close_subject(subject *s)
{
    uhn_store_view_close(s->view);
    uhn_store_close(s->store);
    free((char *)(uintptr_t)s->path);
    free(s->rows);
    free(s->values);
    free(s->queries);
}

/* ---- a range of a view */

static void compare_recall(const subject *s, const uhn_memory *some, const uhn_memory *own, const uhn_options *options)
{
    static float answers[2][QUERIES * DIM];
    static size_t indices[2][QUERIES * 5];
    static double scores[2][QUERIES * 5];
    uhn_report reports[2][QUERIES] = {0};
    memset(answers, 0, sizeof answers);
    const uhn_memory *const memories[] = {some, own};
    for (size_t i = 0; i < 2; i++) {
        check_ok(uhn_recall(memories[i], s->queries, QUERIES, 0, options, answers[i], 0, reports[i]));
        check_ok(uhn_top_k(memories[i], s->queries, QUERIES, 0, options, 5, indices[i], scores[i], NULL));
    }
    assert_memory_equal(answers[0], answers[1], sizeof answers[0]);
    assert_memory_equal(indices[0], indices[1], sizeof indices[0]);
    assert_memory_equal(scores[0], scores[1], sizeof scores[0]);
    for (size_t q = 0; q < QUERIES; q++)
        assert_null(report_difference(&reports[0][q], &reports[1][q]));
}

static void compare_range(const subject *s, const char *path, size_t first, size_t count)
{
    static const char *const similarities[] = {"dot", "sqeuclidean", "manhattan", "cosine"};
    static const char *const separations[] = {"softmax:beta=0.5", "max", "polynomial"};
    uhn_store *store = make_store(s, path, first, count);
    uhn_store_view *view;
    uhn_memory *some;
    float row[2][DIM], value[2][DIM];
    check_ok(uhn_store_view_open(store, &view));
    check_ok(uhn_store_view_rows(s->view, first, count, &some));
    const uhn_memory *own = uhn_store_view_memory(view);
    assert_int_equal(uhn_memory_count(some), count);
    assert_int_equal(uhn_memory_value_dim(some), uhn_memory_value_dim(own));
    for (size_t i = 0; i<count; i += count> 200 ? 97 : 1) {
        check_ok(uhn_memory_row(some, i, row[0]));
        check_ok(uhn_memory_row(own, i, row[1]));
        check_ok(uhn_memory_value(some, i, value[0]));
        check_ok(uhn_memory_value(own, i, value[1]));
        assert_memory_equal(row[0], row[1], sizeof row[0]);
        assert_memory_equal(value[0], value[1], uhn_memory_value_dim(own) * sizeof(float));
    }
    for (size_t i = 0; i < sizeof similarities / sizeof *similarities; i++)
        for (size_t k = 0; k < sizeof separations / sizeof *separations; k++) {
            uhn_options options;
            uhn_options_default(&options);
            options.threads = 1 + (int)(i + k) % 2;
            check_ok(uhn_choose_similarity(&options, similarities[i]));
            check_ok(uhn_choose_separation(&options, separations[k]));
            compare_recall(s, some, own, &options);
        }
    uhn_memory_destroy(some);
    uhn_store_view_close(view);
    uhn_store_close(store);
}

static void test_ranges(void **state)
{
    unsigned number = 0;
    for (int storage = 0; storage < UHN_STORAGE_COUNT; storage++)
        for (size_t value_dim = 0; value_dim <= VALUE_DIM; value_dim += VALUE_DIM) {
            subject s;
            open_subject(&s, *state, (uhn_storage)storage, value_dim);
            const size_t c = s.capacity, n = s.count;
            const size_t ranges[][2] = {{3, n - 6},     {3, 5},         {c - 5, 10},
                                        {c, c},         {c + c / 2, c}, {c, 2 * c + 7},
                                        {n - 3 - 9, 9}, {c + 1, c - 2}, {2 * c - 1, c / 2}};
            for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
                char name[32];
                snprintf(name, sizeof name, "own-%u", number++);
                compare_range(&s, scratch_path(*state, name), ranges[i][0], ranges[i][1]);
            }
            close_subject(&s);
        }
}

static void test_no_range(void **state)
{
    subject s;
    uhn_memory *memory = (uhn_memory *)(uintptr_t)&s;
    open_subject(&s, *state, UHN_UINT8, 0);
    check_refused(UHN_ERROR_RANGE, uhn_store_view_rows(s.view, 0, s.count + 1, &memory));
    assert_null(memory);
    check_refused(UHN_ERROR_RANGE, uhn_store_view_rows(s.view, s.count, 1, &memory));
    check_refused(UHN_ERROR_RANGE, uhn_store_view_rows(s.view, 5, SIZE_MAX - 2, &memory));
    check_refused(UHN_ERROR_ARGUMENT, uhn_store_view_rows(NULL, 0, 1, &memory));
    check_refused(UHN_ERROR_ARGUMENT, uhn_store_view_rows(s.view, 0, 1, NULL));
    for (size_t first = 0; first <= s.count; first += s.count) {
        check_ok(uhn_store_view_rows(s.view, first, 0, &memory));
        assert_int_equal(uhn_memory_count(memory), 0);
        uhn_memory_destroy(memory);
    }
    close_subject(&s);
}

/* ---- damage */

/* Flips a bit of a row in block `number`, wherever it lies. */
static void damage(const subject *s, uint64_t number)
{
    char path[SCRATCH_PATH + 64];
    size_t size, found = 0;
    snprintf(path, sizeof path, "%s/data-1.mdb", s->path);
    uint8_t *bytes = scratch_bytes(path, &size);
    const int file = open(path, O_WRONLY);
    assert_true(file >= 0);
    for (size_t at = 16; at + UHN_BLOCK_HEADER < size; at += PAGE) {
        const uint64_t named = htole64(number);
        const off_t row = (off_t)at + UHN_BLOCK_HEADER + 17;
        if (memcmp(bytes + at, "UHNBLOCK", 8) != 0 || memcmp(bytes + at + 8, &named, 8) != 0)
            continue;
        const uint8_t flipped = bytes[row] ^ 4;
        assert_int_equal(pwrite(file, &flipped, 1, row), 1);
        found++;
    }
    assert_int_equal(close(file), 0);
    free(bytes);
    assert_int_equal(found, 1);
}

static void reopen_view(subject *s)
{
    uhn_store_view_close(s->view);
    check_ok(uhn_store_view_open(s->store, &s->view));
}

typedef struct gaps {
    uint64_t blocks[BLOCKS];
    size_t firsts[BLOCKS], counts[BLOCKS], count;
} gaps;

static void note_gap(void *context, uint64_t block, size_t first, size_t count)
{
    gaps *g = context;
    assert_true(g->count < BLOCKS);
    g->blocks[g->count] = block;
    g->firsts[g->count] = first;
    g->counts[g->count++] = count;
}

/* The file has what the array has, but for the rows of block 1. Bits are bytes in the file. */
static void check_file(const subject *s, const char *path, bool values)
{
    size_t size, at;
    uint8_t *bytes = scratch_bytes(path, &size);
    const size_t width = values ? VALUE_DIM * sizeof(float) : s->storage == UHN_BITS ? DIM : s->row_bytes;
    char shape[64];
    at = 10 + bytes[8] + 256U * bytes[9];
    snprintf(shape, sizeof shape, "(%zu, %d)", s->count - s->capacity, values ? VALUE_DIM : DIM);
    assert_non_null(memmem(bytes, at, shape, strlen(shape)));
    assert_int_equal(size, at + (s->count - s->capacity) * width);
    for (size_t i = 0; i < s->count; i++) {
        if (i >= s->capacity && i < 2 * s->capacity)
            continue;
        if (values)
            assert_memory_equal(bytes + at, s->values + i * VALUE_DIM, width);
        else if (s->storage != UHN_BITS)
            assert_memory_equal(bytes + at, s->rows + i * s->row_bytes, width);
        for (size_t j = 0; !values && s->storage == UHN_BITS && j < DIM; j++)
            assert_int_equal(bytes[at + j], s->rows[i * s->row_bytes + j / 8] >> (7 - j % 8) & 1);
        at += width;
    }
    free(bytes);
}

static void test_salvage(void **state)
{
    for (int storage = 0; storage < UHN_STORAGE_COUNT; storage++) {
        subject s;
        gaps g = {.count = 0};
        struct stat about;
        uint64_t id;
        const char *out = scratch_path(*state, "out.npy"), *whole = scratch_path(*state, "whole.npy");
        open_subject(&s, *state, (uhn_storage)storage, VALUE_DIM);
        check_ok(uhn_store_salvage(s.view, false, whole, note_gap, &g)); /* of a sound store all */
        check_ok(uhn_store_export(s.view, false, out));
        assert_int_equal(g.count, 0);
        size_t sizes[2];
        uint8_t *files[] = {scratch_bytes(out, &sizes[0]), scratch_bytes(whole, &sizes[1])};
        assert_int_equal(sizes[0], sizes[1]);
        assert_memory_equal(files[0], files[1], sizes[0]);
        free(files[0]);
        free(files[1]);
        assert_int_equal(unlink(out), 0);
        damage(&s, 1);
        reopen_view(&s);
        check_refused(UHN_ERROR_DAMAGED, uhn_store_export(s.view, false, out));
        assert_int_not_equal(stat(out, &about), 0);
        check_ok(uhn_store_salvage(s.view, false, out, note_gap, &g));
        assert_int_equal(g.count, 1);
        assert_int_equal(g.blocks[0], 1);
        assert_int_equal(g.firsts[0], s.capacity);
        assert_int_equal(g.counts[0], s.capacity);
        check_file(&s, out, false);
        check_ok(uhn_store_salvage(s.view, true, out, NULL, NULL));
        check_file(&s, out, true);
        check_refused(UHN_ERROR_DAMAGED, uhn_store_list(s.view, s.capacity, 1, &id));
        check_ok(uhn_store_list(s.view, 2 * s.capacity, 1, &id));
        for (uint64_t b = 0; b < BLOCKS; b++)
            if (b != 1)
                damage(&s, b);
        reopen_view(&s);
        assert_int_equal(unlink(out), 0);
        check_refused(UHN_ERROR_DAMAGED, uhn_store_salvage(s.view, false, out, NULL, NULL));
        assert_int_not_equal(stat(out, &about), 0);
        close_subject(&s);
    }
}

/* Of blocks that are cut the checksum is looked at at once, of others when a recall comes to them. */
static void test_damaged_ranges(void **state)
{
    subject s;
    uhn_memory *memory;
    uhn_options options;
    size_t best;
    open_subject(&s, *state, UHN_UINT8, 0);
    uhn_options_default(&options);
    const size_t c = s.capacity;
    damage(&s, 1);
    reopen_view(&s);
    check_refused(UHN_ERROR_DAMAGED, uhn_store_view_rows(s.view, c - 1, 2, &memory));
    assert_null(memory);
    check_refused(UHN_ERROR_DAMAGED, uhn_store_view_rows(s.view, 2 * c - 1, c, &memory));
    check_ok(uhn_store_view_rows(s.view, 1, 3 * c, &memory));
    check_refused(UHN_ERROR_DAMAGED, uhn_top_k(memory, s.queries, 1, 0, &options, 1, &best, NULL, NULL));
    assert_non_null(strstr(uhn_error_detail(), "the checksum of block 1 "));
    uhn_memory_destroy(memory);
    check_ok(uhn_store_view_rows(s.view, 2 * c, c + 1, &memory));
    check_ok(uhn_top_k(memory, s.queries, 1, 0, &options, 1, &best, NULL, NULL));
    uhn_memory_destroy(memory);
    close_subject(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ranges), cmocka_unit_test(test_no_range),
                                       cmocka_unit_test(test_salvage), cmocka_unit_test(test_damaged_ranges)};
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
