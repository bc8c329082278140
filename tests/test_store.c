/* SPDX-License-Identifier: MIT
 * A store against an array: random additions, updates, removals, compactions and reopenings, for all storages. */
#include "base/allocate.h"
#include "base/status.h"
#include "store/environment.h"
#include "support/length.h"
#include "support/scratch.h"

#include "uhn/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DIM = 37, VALUE_DIM = 3, ROWS_MAX = 6000, OPERATIONS = 40, LABEL = 24 };

/* What the store should hold. */
typedef struct model {
    uhn_storage storage;
    size_t value_dim, row_bytes, count;
    uint8_t rows[ROWS_MAX][DIM * 4];
    float values[ROWS_MAX][VALUE_DIM];
    uint64_t ids[ROWS_MAX];
    char labels[ROWS_MAX][LABEL]; /* "": none */
    uint64_t next_id;
    uint32_t random;
} model;

static uint32_t draw(model *m)
{
    m->random = m->random * 1664525u + 1013904223u;
    return m->random >> 8;
}

static void make_row(model *m, uint8_t *row, float *value)
{
    memset(row, 0, m->row_bytes);
    for (size_t i = 0; i < DIM; i++) {
        const float x = (float)((double)draw(m) / (1 << 23) - 1);
        if (m->storage == UHN_FLOAT32)
            memcpy(row + i * sizeof x, &x, sizeof x);
        else if (m->storage == UHN_UINT8)
            row[i] = (uint8_t)draw(m);
        else
            row[i / 8] |= (uint8_t)((draw(m) & 1) << (7 - i % 8));
    }
    for (size_t i = 0; i < VALUE_DIM; i++)
        value[i] = (float)draw(m);
}

static void make_label(model *m, char *label)
{
    *label = '\0';
    if (draw(m) % 3 == 0)
        snprintf(label, LABEL, "label %u", draw(m) % 10);
}

/* The view shows what the model has. */
static void compare(uhn_store *store, const model *m)
{
    uhn_store_view *view;
    uhn_store_info info;
    float row[DIM], value[VALUE_DIM], expected[DIM];
    uhn_memory *other = NULL;
    check_ok(uhn_store_verify(store, NULL, NULL));
    check_ok(uhn_store_get_info(store, &info));
    assert_int_equal(info.rows, m->count);
    assert_int_equal(info.next_id, m->next_id);
    check_ok(uhn_store_view_open(store, &view));
    const uhn_memory *memory = uhn_store_view_memory(view);
    assert_int_equal(uhn_memory_count(memory), m->count);
    check_ok(uhn_memory_create(m->storage, DIM, 0, &other));
    for (size_t i = 0; i < m->count; i++)
        check_ok(uhn_memory_add(other, m->rows[i], 1, 0, NULL, 0));
    size_t labels = 0;
    for (size_t i = 0; i < m->count; i++) {
        size_t length = 0;
        assert_int_equal(uhn_store_view_id(view, i), m->ids[i]);
        assert_int_equal(uhn_store_view_index(view, m->ids[i]), i);
        check_ok(uhn_memory_row(other, i, expected));
        check_ok(uhn_store_get(view, m->ids[i], row, m->value_dim ? value : NULL));
        assert_memory_equal(row, expected, sizeof row);
        if (m->value_dim)
            assert_memory_equal(value, m->values[i], sizeof value);
        const char *label = uhn_store_view_label(view, m->ids[i], &length);
        assert_int_equal(label ? length : 0, strlen(m->labels[i]));
        if (label)
            assert_memory_equal(label, m->labels[i], length);
        labels += label != NULL;
    }
    assert_int_equal(info.labels, labels);
    assert_int_equal(uhn_store_view_index(view, m->next_id), UHN_NO_INDEX);
    uhn_memory_destroy(other);
    uhn_store_view_close(view);
}

/* A batch that is fetched from an array. */
typedef struct fetching {
    uint8_t (*rows)[DIM * 4];
    float (*values)[VALUE_DIM];
    size_t row_bytes, value_dim, count;
    size_t fails_at; /* the fetch that comes to this row fails; SIZE_MAX: none */
} fetching;

static uhn_status fetch(void *context, size_t first, size_t count, void *rows, float *values)
{
    const fetching *f = context;
    assert_true(count > 0 && first < f->count && count <= f->count - first);
    assert_true(count == 1 || count * (f->row_bytes + f->value_dim * sizeof(float)) <= UHN_BLOCK_BYTES);
    assert_true((values != NULL) == (f->value_dim != 0));
    if (f->fails_at >= first && f->fails_at < first + count)
        return uhn_fail(UHN_ERROR_STOPPED, "row %zu is not to be had", f->fails_at);
    for (size_t i = 0; i < count; i++) {
        memcpy((uint8_t *)rows + i * f->row_bytes, f->rows[first + i], f->row_bytes);
        if (values)
            memcpy(values + i * f->value_dim, f->values[first + i], f->value_dim * sizeof(float));
    }
    return UHN_OK;
}

/* The batch as an array, or one to be fetched. */
static uhn_store_rows give(model *m, uint8_t (*rows)[DIM * 4], float (*values)[VALUE_DIM], size_t count,
                           const uint64_t *ids, const char *const *labels, fetching *f)
{
    uhn_store_rows batch = {.count = count, .ids = ids, .labels = labels};
    *f = (fetching){rows, values, m->row_bytes, m->value_dim, count, SIZE_MAX};
    if (draw(m) % 2) {
        batch.fetch = fetch;
        batch.context = f;
        return batch;
    }
    batch.rows = rows;
    batch.row_stride = sizeof rows[0];
    batch.values = m->value_dim ? values[0] : NULL;
    return batch;
}

static void add(uhn_store *store, model *m, size_t count, bool own_ids)
{
    static uint8_t rows[ROWS_MAX][DIM * 4];
    static float values[ROWS_MAX][VALUE_DIM];
    static uint64_t ids[ROWS_MAX];
    static const char *labels[ROWS_MAX];
    uint64_t first = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t at = m->count + i;
        make_row(m, rows[i], values[i]);
        make_label(m, m->labels[at]);
        memcpy(m->rows[at], rows[i], m->row_bytes);
        memcpy(m->values[at], values[i], sizeof values[i]);
        labels[i] = *m->labels[at] ? m->labels[at] : NULL;
        ids[i] = m->next_id + 3 * (count - i);
        m->ids[at] = own_ids ? ids[i] : m->next_id + i;
    }
    fetching f;
    const uhn_store_rows batch = give(m, rows, values, count, own_ids ? ids : NULL, labels, &f);
    check_ok(uhn_store_add(store, &batch, &first));
    if (count)
        assert_int_equal(first, m->ids[m->count]);
    m->count += count;
    for (size_t i = 0; i < m->count; i++)
        m->next_id = m->ids[i] >= m->next_id ? m->ids[i] + 1 : m->next_id;
}

static void update(uhn_store *store, model *m, size_t count)
{
    static uint8_t rows[ROWS_MAX][DIM * 4];
    static float values[ROWS_MAX][VALUE_DIM];
    static uint64_t ids[ROWS_MAX];
    for (size_t i = 0; i < count; i++) {
        const size_t at = (i * 7919 + 13) % m->count; /* the prime: no row twice */
        make_row(m, rows[i], values[i]);
        memcpy(m->rows[at], rows[i], m->row_bytes);
        memcpy(m->values[at], values[i], sizeof values[i]);
        ids[i] = m->ids[at];
    }
    fetching f;
    const uhn_store_rows batch = give(m, rows, values, count, ids, NULL, &f);
    check_ok(uhn_store_update(store, &batch));
}

static void remove_some(uhn_store *store, model *m, size_t count)
{
    static uint64_t ids[ROWS_MAX];
    const size_t start = draw(m) % m->count;
    for (size_t i = 0; i < count; i++)
        ids[i] = m->ids[(start + i) % m->count];
    check_ok(uhn_store_remove(store, ids, count));
    size_t kept = 0;
    for (size_t i = 0; i < m->count; i++) {
        if ((i + m->count - start) % m->count < count)
            continue;
        memmove(m->rows[kept], m->rows[i], sizeof m->rows[i]);
        memmove(m->values[kept], m->values[i], sizeof m->values[i]);
        memmove(m->labels[kept], m->labels[i], sizeof m->labels[i]);
        m->ids[kept++] = m->ids[i];
    }
    m->count = kept;
}

static void operate(uhn_store **store, const char *path, model *m)
{
    const size_t room = unless_short(ROWS_MAX, 1500) - m->count;
    switch (draw(m) % 8) {
    case 0:
    case 1:
        add(*store, m, draw(m) % (room / 2 + 1), false);
        break;
    case 2:
        add(*store, m, draw(m) % (room / 4 + 1), true);
        break;
    case 3:
    case 4:
        if (m->count)
            update(*store, m, draw(m) % (m->count < 300 ? m->count : 300) + 1);
        break;
    case 5:
        if (m->count)
            remove_some(*store, m, draw(m) % (m->count / 2 + 1) + 1);
        break;
    case 6:
        check_ok(uhn_store_compact(*store));
        break;
    default:
        uhn_store_close(*store);
        check_ok(uhn_store_open(path, store));
        (*store)->stage_bytes = draw(m) % 2 ? 1 : UHN_BLOCK_BYTES * 3;
    }
}

static void test_against_array(void **state)
{
    model *m = test_allocate(1, sizeof *m);
    for (int storage = 0; storage < UHN_STORAGE_COUNT; storage++)
        for (size_t value_dim = 0; value_dim <= VALUE_DIM; value_dim += VALUE_DIM) {
            char name[32];
            uhn_store *store;
            memset(m, 0, sizeof *m);
            m->storage = (uhn_storage)storage;
            m->value_dim = value_dim;
            m->row_bytes = uhn_row_bytes(m->storage, DIM);
            m->random = (uint32_t)(storage * 2) + (value_dim != 0);
            snprintf(name, sizeof name, "store-%d-%zu", storage, value_dim);
            const char *path = scratch_path(*state, name);
            check_ok(uhn_store_create(path, m->storage, DIM, value_dim, NULL));
            check_ok(uhn_store_open(path, &store));
            compare(store, m);
            for (size_t i = 0; i < unless_short(OPERATIONS, 8); i++) {
                operate(&store, path, m);
                compare(store, m);
            }
            uhn_store_close(store);
        }
    free(m);
}

/* Whatever goes wrong in a batch that is fetched, none of it is there, and the row has the caller's number. */
static void test_fetch_fails(void **state)
{
    static uint8_t rows[ROWS_MAX][DIM * 4];
    static float values[ROWS_MAX][VALUE_DIM];
    static const uint64_t three[] = {4000, 4001, 17};
    const float nan = __builtin_nanf("");
    const char *path = scratch_path(*state, "fails");
    uhn_store *store;
    uhn_store_info info;
    fetching f = {rows, values, DIM * sizeof(float), 0, ROWS_MAX, SIZE_MAX};
    uhn_store_rows batch = {.count = ROWS_MAX, .fetch = fetch, .context = &f};
    check_ok(uhn_store_create(path, UHN_FLOAT32, DIM, 0, NULL));
    check_ok(uhn_store_open(path, &store));
    store->stage_bytes = 1;
    check_ok(uhn_store_add(store, &batch, NULL));
    for (size_t row = 0; row < ROWS_MAX; row += 1499) { /* in the old last block, which is filled up, and in new ones */
        char says[64];
        f.fails_at = row;
        check_refused(UHN_ERROR_STOPPED, uhn_store_add(store, &batch, NULL));
        f.fails_at = SIZE_MAX;
        memcpy(rows[row] + 12, &nan, sizeof nan);
        check_refused(UHN_ERROR_NONFINITE, uhn_store_add(store, &batch, NULL));
        snprintf(says, sizeof says, "row %zu has a NaN or an infinity at coordinate 3", row);
        assert_non_null(strstr(uhn_error_detail(), says));
        memset(rows[row], 0, sizeof rows[row]);
    }
    batch.count = f.count = 3;
    batch.ids = three;
    memcpy(rows[1] + 12, &nan, sizeof nan);
    check_refused(UHN_ERROR_NONFINITE, uhn_store_update(store, &batch));
    assert_non_null(strstr(uhn_error_detail(), "row 1 has a NaN"));
    f.fails_at = 2;
    check_refused(UHN_ERROR_STOPPED, uhn_store_update(store, &batch));
    batch.rows = rows;
    check_refused(UHN_ERROR_ARGUMENT, uhn_store_update(store, &batch)); /* both an array and a fetch */
    check_ok(uhn_store_verify(store, NULL, NULL));
    check_ok(uhn_store_get_info(store, &info));
    assert_int_equal(info.rows, ROWS_MAX);
    assert_int_equal(info.next_id, ROWS_MAX);
    uhn_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_array), cmocka_unit_test(test_fetch_fails)};
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
