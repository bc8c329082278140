/* SPDX-License-Identifier: MIT
 * Stores that contradict themselves with every checksum right, as a mistake in a writer would leave them: verify finds
 * each, and says what it is. */
#include "store/stage.h"
#include "support/random_data.h"
#include "support/scratch.h"

#include "uhn/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIM = 300, VALUE_DIM = 2, ROWS = 500, GONE = 7, BLOCK = 1 };

/* The store in the hands of LMDB alone. */
typedef struct forgery {
    MDB_txn *transaction;
    MDB_dbi names, directory, blocks, ids, labels;
    uhn_meta meta;
} forgery;

static void check_lmdb(int code)
{
    if (code)
        fail_msg("LMDB: %s", mdb_strerror(code));
}

static void put(const forgery *f, MDB_dbi tree, uint64_t number, const void *bytes, size_t size)
{
    const uhn_key key = uhn_key_of(number);
    MDB_val at = uhn_value_of(&key, sizeof key), value = uhn_value_of(bytes, size);
    check_lmdb(mdb_put(f->transaction, tree, &at, &value, 0));
}

static MDB_val get(const forgery *f, MDB_dbi tree, uint64_t number)
{
    const uhn_key key = uhn_key_of(number);
    MDB_val at = uhn_value_of(&key, sizeof key), value;
    check_lmdb(mdb_get(f->transaction, tree, &at, &value));
    return value;
}

static void drop(const forgery *f, MDB_dbi tree, uint64_t number)
{
    const uhn_key key = uhn_key_of(number);
    MDB_val at = uhn_value_of(&key, sizeof key);
    check_lmdb(mdb_del(f->transaction, tree, &at, NULL));
}

/* ---- a block, and what the directory says of it */

typedef struct opened {
    uhn_entry entry;
    uhn_layout layout;
    uint8_t *bytes;
} opened;

static opened open_block(const forgery *f)
{
    opened o;
    MDB_val value = get(f, f->directory, BLOCK);
    assert_true(uhn_entry_read(value.mv_data, value.mv_size, &o.entry));
    o.layout = uhn_layout_of(&f->meta, o.entry.rows);
    value = get(f, f->blocks, o.entry.record);
    assert_int_equal(value.mv_size, o.layout.size);
    o.bytes = test_allocate(o.layout.size, 1);
    memcpy(o.bytes, value.mv_data, o.layout.size);
    return o;
}

static void close_block(const forgery *f, opened *o)
{
    uint8_t entry[UHN_ENTRY_BYTES];
    o->entry.crc = uhn_block_crc(&o->entry, o->bytes, o->layout.size);
    uhn_entry_write(&o->entry, entry);
    put(f, f->directory, BLOCK, entry, sizeof entry);
    put(f, f->blocks, o->entry.record, o->bytes, o->layout.size);
    free(o->bytes);
}

static void set_id(const forgery *f, size_t slot, uint64_t id)
{
    opened o = open_block(f);
    memcpy(o.bytes + o.layout.ids + slot * sizeof id, &id, sizeof id);
    close_block(f, &o);
}

static void put_run(const forgery *f, uint64_t first, uint64_t count, uint64_t block)
{
    const uint64_t run[] = {count, block};
    put(f, f->ids, first, run, sizeof run);
}

/* The first id of the block, where its run begins. */
static uint64_t first_of(const forgery *f, uint64_t *count)
{
    opened o = open_block(f);
    const uint64_t id = uhn_block_id(o.bytes, &o.layout, 0);
    *count = o.entry.rows;
    free(o.bytes);
    return id;
}

/* ---- what is wrong */

static void nothing(const forgery *f)
{
    (void)f;
}

#define FORGE_RANGE(name, change)                                                                                      \
    static void name(const forgery *f)                                                                                 \
    {                                                                                                                  \
        opened o = open_block(f);                                                                                      \
        uhn_range *range = &o.entry.range;                                                                             \
        change;                                                                                                        \
        close_block(f, &o);                                                                                            \
    }
FORGE_RANGE(high, range->high = nextafterf(range->high, -1))
FORGE_RANGE(low, range->low = nextafterf(range->low, 2))
FORGE_RANGE(value_high, range->value_high = nextafterf(range->value_high, -1))
FORGE_RANGE(value_low, range->value_low = nextafterf(range->value_low, 2))

static void squares(const forgery *f)
{
    opened o = open_block(f);
    o.bytes[o.layout.squares + o.entry.rows * sizeof(double) - sizeof(double)] ^= 1; /* the last bit of the last */
    close_block(f, &o);
}

static void not_a_number(const forgery *f)
{
    opened o = open_block(f);
    memset(o.bytes + UHN_BLOCK_HEADER, 0xff, sizeof(float));
    close_block(f, &o);
}

static void head(const forgery *f)
{
    opened o = open_block(f);
    o.bytes[8] ^= 1; /* of the number */
    close_block(f, &o);
}

static void id_twice(const forgery *f)
{
    uint64_t count;
    set_id(f, 1, first_of(f, &count));
}

static void id_of_another_block(const forgery *f)
{
    set_id(f, 0, 0);
}

static void id_too_large(const forgery *f)
{
    set_id(f, 0, ROWS + 5);
    put_run(f, ROWS + 5, 1, BLOCK);
}

static void id_that_is_none(const forgery *f)
{
    set_id(f, 0, UINT64_MAX);
}

static void run_elsewhere(const forgery *f)
{
    uint64_t count;
    const uint64_t first = first_of(f, &count);
    put_run(f, first, count, BLOCK + 1);
}

static void run_short(const forgery *f)
{
    uint64_t count;
    const uint64_t first = first_of(f, &count);
    put_run(f, first, count - 1, BLOCK);
}

static void run_missing(const forgery *f)
{
    uint64_t count;
    drop(f, f->ids, first_of(f, &count));
}

static void run_empty(const forgery *f)
{
    uint64_t count;
    put_run(f, first_of(f, &count), 0, BLOCK);
}

static void put_label(const forgery *f, uint64_t id, uint64_t of)
{
    uint8_t bytes[UHN_LABEL_BYTES];
    put(f, f->labels, id, bytes, uhn_label_write(of, "label", bytes));
}

static void label_of_none(const forgery *f)
{
    put_label(f, GONE, GONE);
}

static void label_behind_all(const forgery *f)
{
    put_label(f, ROWS + 9, ROWS + 9);
}

/* A batch that is under way has names for rows that are not there yet. */
static void label_to_come(const forgery *f)
{
    put_label(f, ROWS + 9, ROWS + 9);
    put_run(f, ROWS + 9, 1, f->meta.next_block);
}

static void label_before_those_to_come(const forgery *f)
{
    put_label(f, ROWS + 9, ROWS + 9);
    put_run(f, ROWS + 10, 1, f->meta.next_block);
}

static void label_of_another(const forgery *f)
{
    put_label(f, 3, 6);
}

static void label_without_id(const forgery *f)
{
    MDB_val key = uhn_value_of("abc", 3), value = uhn_value_of("label", 5);
    check_lmdb(mdb_put(f->transaction, f->labels, &key, &value, 0));
}

static void more_rows(const forgery *f)
{
    uhn_meta meta = f->meta;
    uint8_t bytes[UHN_META_BYTES];
    meta.rows++;
    uhn_meta_write(&meta, bytes);
    MDB_val key = uhn_value_of("meta", 4), value = uhn_value_of(bytes, sizeof bytes);
    check_lmdb(mdb_put(f->transaction, f->names, &key, &value, 0));
}

static void block_missing(const forgery *f)
{
    opened o = open_block(f);
    drop(f, f->blocks, o.entry.record);
    free(o.bytes);
}

static void block_short(const forgery *f)
{
    opened o = open_block(f);
    put(f, f->blocks, o.entry.record, o.bytes, o.layout.size - 8);
    free(o.bytes);
}

static const struct {
    const char *name;
    void (*forge)(const forgery *f);
    const char *sentence; /* a part of what verify says; NULL: nothing */
} forgeries[] = {
    {"nothing", nothing, NULL},
    {"high", high, "block 1 has numbers outside the range"},
    {"low", low, "block 1 has numbers outside the range"},
    {"value_high", value_high, "block 1 has numbers outside the range"},
    {"value_low", value_low, "block 1 has numbers outside the range"},
    {"squares", squares, "block 1 has other sums of squares than its rows"},
    {"not_a_number", not_a_number, "block 1: row 0 has a NaN"},
    {"head", head, "block 1 begins as another block would"},
    {"id_twice", id_twice, "is in block 1 twice"},
    {"id_of_another_block", id_of_another_block, "id 0 is in block 1, but would not be found there"},
    {"id_too_large", id_too_large, "id 505 is in block 1, but would not be found there"},
    {"id_that_is_none", id_that_is_none, "id 18446744073709551615 is in block 1, but would not"},
    {"run_elsewhere", run_elsewhere, "is in block 1, but would not be found there"},
    {"run_short", run_short, "is in block 1, but would not be found there"},
    {"run_missing", run_missing, "is in block 1, but would not be found there"},
    {"run_empty", run_empty, "what is said of ids cannot be true"},
    {"label_of_none", label_of_none, "there is a label for id 7, but no memory"},
    {"label_behind_all", label_behind_all, "there is a label for id 509, but no memory"},
    {"label_to_come", label_to_come, NULL},
    {"label_before_those_to_come", label_before_those_to_come, "there is a label for id 509, but no memory"},
    {"label_of_another", label_of_another, "the label of id 3 is damaged"},
    {"label_without_id", label_without_id, "there is a label whose id is damaged"},
    {"more_rows", more_rows, "it should have 500 rows, but its blocks have 499"},
    {"block_missing", block_missing, "block 1 is missing"},
    {"block_short", block_short, "block 1 has another size than it should"},
};

/* ---- */

static void make_store(const char *path)
{
    static float rows[ROWS * DIM], values[ROWS * VALUE_DIM];
    static const char *labels[ROWS];
    static const uint64_t gone[] = {GONE};
    const uhn_store_rows batch = {.rows = rows, .count = ROWS, .values = values, .labels = labels};
    test_random random = {5};
    uhn_store *store;
    for (size_t i = 0; i < ROWS * DIM; i++)
        rows[i] = (float)random_uniform(&random);
    for (size_t i = 0; i < ROWS * VALUE_DIM; i++)
        values[i] = (float)random_uniform(&random);
    for (size_t i = 0; i < ROWS; i += 3)
        labels[i] = "label";
    check_ok(uhn_store_create(path, UHN_FLOAT32, DIM, VALUE_DIM, NULL));
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_add(store, &batch, NULL));
    check_ok(uhn_store_remove(store, gone, 1));
    uhn_store_close(store);
}

static void forge_store(const char *path, void (*forge)(const forgery *f))
{
    char file[SCRATCH_PATH + 16];
    MDB_env *env;
    MDB_val key = uhn_value_of("meta", 4), value;
    forgery f;
    snprintf(file, sizeof file, "%s/data-1.mdb", path);
    check_lmdb(mdb_env_create(&env));
    check_lmdb(mdb_env_set_maxdbs(env, 4));
    check_lmdb(mdb_env_set_mapsize(env, 1 << 26));
    check_lmdb(mdb_env_open(env, file, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0666));
    check_lmdb(mdb_txn_begin(env, NULL, 0, &f.transaction));
    check_lmdb(mdb_dbi_open(f.transaction, NULL, 0, &f.names));
    check_lmdb(mdb_dbi_open(f.transaction, "directory", 0, &f.directory));
    check_lmdb(mdb_dbi_open(f.transaction, "blocks", 0, &f.blocks));
    check_lmdb(mdb_dbi_open(f.transaction, "ids", 0, &f.ids));
    check_lmdb(mdb_dbi_open(f.transaction, "labels", 0, &f.labels));
    check_lmdb(mdb_get(f.transaction, f.names, &key, &value));
    check_ok(uhn_meta_read(path, value.mv_data, value.mv_size, &f.meta));
    forge(&f);
    check_lmdb(mdb_txn_commit(f.transaction));
    mdb_env_close(env);
}

typedef struct findings {
    const char *wanted;
    size_t count;
    bool said;
    char all[2000];
} findings;

static void note(void *context, const char *sentence)
{
    findings *f = context;
    const size_t used = strlen(f->all);
    f->count++;
    f->said |= f->wanted && strstr(sentence, f->wanted);
    snprintf(f->all + used, sizeof f->all - used, "%s\n", sentence);
}

/* What verify finds of the store's file. */
static uhn_status verify(const char *path, findings *f)
{
    uhn_store *store = NULL;
    uhn_status status = uhn_store_open(path, &store);
    if (status == UHN_OK)
        status = uhn_store_verify(store, note, f);
    else
        note(f, uhn_error_detail());
    uhn_store_close(store);
    return status;
}

static void test_forgeries(void **state)
{
    char path[SCRATCH_PATH], file[SCRATCH_PATH + 16];
    size_t size;
    snprintf(path, sizeof path, "%s", scratch_path(*state, "store"));
    make_store(path);
    snprintf(file, sizeof file, "%s/data-1.mdb", path);
    uint8_t *bytes = scratch_bytes(file, &size);
    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        findings f = {.wanted = forgeries[i].sentence};
        scratch_write(*state, "store/data-1.mdb", bytes, size);
        forge_store(path, forgeries[i].forge);
        const uhn_status status = verify(path, &f);
        if (f.wanted ? !f.said || status != UHN_ERROR_DAMAGED : status != UHN_OK || f.count)
            fail_msg("%s: verify says %s: %s", forgeries[i].name, uhn_status_text(status), f.all);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forgeries)};
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
