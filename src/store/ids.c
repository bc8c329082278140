/* SPDX-License-Identifier: MIT
 * Which block has which id: runs, the first id as key; count and block as value. */
#include "base/status.h"
#include "store/stage.h"

#include <endian.h>
#include <string.h>

enum { RUN_BYTES = 16 };

typedef struct run {
    uint64_t first, count, block;
} run;

static bool read_run(const MDB_val *key, const MDB_val *value, run *r)
{
    uint64_t numbers[2];
    if (key->mv_size != sizeof(uhn_key) || value->mv_size != RUN_BYTES)
        return false;
    memcpy(numbers, value->mv_data, sizeof numbers);
    *r = (run){uhn_number_of(key->mv_data), le64toh(numbers[0]), le64toh(numbers[1])};
    return r->first < UHN_STORE_IDS && r->count > 0 && r->count <= UHN_STORE_IDS - r->first;
}

/* The first run that ends behind `id`; MDB_NOTFOUND: there is none. */
static int run_at_or_after(const uhn_environment *e, MDB_txn *transaction, uint64_t id, run *r)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    const uhn_key wanted = uhn_key_of(id);
    int code = mdb_cursor_open(transaction, e->ids, &cursor);
    if (code)
        return code;
    key = uhn_value_of(&wanted, sizeof wanted);
    code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    const bool exact = code == 0 && key.mv_size == sizeof wanted && memcmp(key.mv_data, &wanted, sizeof wanted) == 0;
    if (!exact && (code == 0 || code == MDB_NOTFOUND)) { /* the run before may reach so far */
        run before;
        int back = mdb_cursor_get(cursor, &key, &value, code == 0 ? MDB_PREV : MDB_LAST);
        if (back == 0 && !read_run(&key, &value, &before))
            back = MDB_CORRUPTED;
        if (back == 0 && before.first + before.count > id && before.first <= id) {
            *r = before;
            mdb_cursor_close(cursor);
            return 0;
        }
        if (back != 0 && back != MDB_NOTFOUND)
            code = back;
        if (code == 0) {
            key = uhn_value_of(&wanted, sizeof wanted);
            code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
        }
    }
    mdb_cursor_close(cursor);
    return code == 0 && !read_run(&key, &value, r) ? MDB_CORRUPTED : code;
}

uhn_status uhn_ids_find(const uhn_environment *e, MDB_txn *transaction, uint64_t id, uint64_t *block, bool *found)
{
    run r = {0};
    const int code = run_at_or_after(e, transaction, id, &r);
    *found = code == 0 && r.first <= id;
    *block = r.block;
    return code == 0 || code == MDB_NOTFOUND ? UHN_OK : uhn_lmdb_fail(e->path, "find an id", code);
}

uhn_status uhn_ids_each(const uhn_environment *e, MDB_txn *transaction,
                        void (*visit)(void *context, uint64_t first, uint64_t count, uint64_t block), void *context)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    run r;
    int code = mdb_cursor_open(transaction, e->ids, &cursor);
    if (code)
        return uhn_lmdb_fail(e->path, "be read", code);
    code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    while (code == 0) {
        if (!read_run(&key, &value, &r)) {
            code = MDB_CORRUPTED;
            break;
        }
        visit(context, r.first, r.count, r.block);
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? UHN_OK : uhn_lmdb_fail(e->path, "be read", code);
}

static uhn_status put_run(uhn_stage *stage, uint64_t first, uint64_t count, uint64_t block)
{
    const uint64_t numbers[2] = {htole64(count), htole64(block)};
    return count ? uhn_stage_put(stage, stage->environment->ids, first, numbers, sizeof numbers) : UHN_OK;
}

uhn_status uhn_ids_put(uhn_stage *stage, uint64_t first, uint64_t count, uint64_t block)
{
    const uint64_t end = first + count;
    uhn_status status = UHN_OK;
    run r;
    int code;
    /* Runs that still cover ids which have gone give them up. */
    while ((code = run_at_or_after(stage->environment, stage->transaction, first, &r)) == 0 && r.first < end) {
        const uint64_t r_end = r.first + r.count;
        UHN_TRY(uhn_stage_delete(stage, stage->environment->ids, r.first));
        if (r.first < first)
            UHN_TRY(put_run(stage, r.first, first - r.first, r.block));
        if (r_end > end)
            UHN_TRY(put_run(stage, end, r_end - end, r.block));
    }
    if (code != 0 && code != MDB_NOTFOUND)
        UHN_TRY(uhn_lmdb_fail(stage->environment->path, "find an id", code));
    UHN_TRY(put_run(stage, first, count, block));
leave:
    return status;
}

size_t uhn_ids_slot(const uint8_t *block, const uhn_layout *layout, size_t rows, uint64_t id)
{
    for (size_t slot = 0; slot < rows; slot++)
        if (uhn_block_id(block, layout, slot) == id)
            return slot;
    return SIZE_MAX;
}
