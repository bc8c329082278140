/* SPDX-License-Identifier: MIT */
#include "store/stage.h"

#include "base/allocate.h"
#include "base/status.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

/* The answer of LMDB to a step of the stage. */
static uhn_status outcome(uhn_stage *stage, int code)
{
    stage->full |= code == MDB_MAP_FULL;
    return code == 0 ? UHN_OK : uhn_lmdb_fail(stage->environment->path, "be written", code);
}

static uhn_status begin(uhn_stage *stage)
{
    stage->bytes = 0;
    return outcome(stage, mdb_txn_begin(stage->environment->env, NULL, 0, &stage->transaction));
}

uhn_status uhn_stage_begin(uhn_environment *environment, size_t limit, uhn_stage *stage)
{
    *stage = (uhn_stage){.environment = environment, .limit = limit};
    uhn_status status = begin(stage);
    if (status == UHN_OK)
        status = uhn_meta_get(environment, stage->transaction, &stage->meta);
    stage->first_record = stage->meta.next_record;
    return status;
}

uhn_status uhn_stage_put(uhn_stage *stage, MDB_dbi tree, uint64_t number, const void *bytes, size_t size)
{
    const uhn_key key = uhn_key_of(number);
    MDB_val at = uhn_value_of(&key, sizeof key), value = uhn_value_of(bytes, size);
    stage->bytes += size;
    return outcome(stage, mdb_put(stage->transaction, tree, &at, &value, 0));
}

uhn_status uhn_stage_label(uhn_stage *stage, uint64_t id, const char *label)
{
    uint8_t bytes[UHN_LABEL_BYTES];
    return uhn_stage_put(stage, stage->environment->labels, id, bytes, uhn_label_write(id, label, bytes));
}

uhn_status uhn_stage_delete(uhn_stage *stage, MDB_dbi tree, uint64_t number)
{
    const uhn_key key = uhn_key_of(number);
    MDB_val at = uhn_value_of(&key, sizeof key);
    const int code = mdb_del(stage->transaction, tree, &at, NULL);
    return outcome(stage, code == MDB_NOTFOUND ? 0 : code);
}

/* ---- blocks */

uhn_status uhn_stage_reserve(uhn_stage *stage, uint64_t block, size_t rows, uint8_t **bytes)
{
    const size_t size = uhn_layout_of(&stage->meta, rows).size;
    const uhn_key key = uhn_key_of(stage->meta.next_record);
    MDB_val at = uhn_value_of(&key, sizeof key), value = {.mv_size = size};
    const int code = mdb_put(stage->transaction, stage->environment->blocks, &at, &value, MDB_RESERVE | MDB_APPEND);
    if (code)
        return outcome(stage, code);
    stage->bytes += size;
    *bytes = value.mv_data;
    uhn_block_head(&stage->meta, block, rows, *bytes);
    return UHN_OK;
}

static uhn_status note_change(uhn_stage *stage, const uhn_change *change)
{
    if (stage->change_count == stage->change_room) {
        const size_t room = stage->change_room * 2 + 16;
        uhn_change *changes = uhn_allocate_unset(room, sizeof *changes);
        if (!changes)
            return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory to note %zu changed blocks", room);
        if (stage->change_count)
            memcpy(changes, stage->changes, stage->change_count * sizeof *changes);
        uhn_release(stage->changes);
        stage->changes = changes;
        stage->change_room = room;
    }
    stage->changes[stage->change_count++] = *change;
    return UHN_OK;
}

uhn_status uhn_stage_record(uhn_stage *stage, uint64_t block, size_t rows, const uhn_range *range, const uint8_t *bytes)
{
    uhn_change change = {block, {.rows = (uint32_t)rows, .range = *range, .record = stage->meta.next_record++}};
    change.entry.crc = uhn_block_crc(&change.entry, bytes, uhn_layout_of(&stage->meta, rows).size);
    return note_change(stage, &change);
}

uhn_status uhn_stage_drop(uhn_stage *stage, uint64_t block)
{
    const uhn_change change = {.block = block};
    return note_change(stage, &change);
}

static int find_entry(const uhn_stage *stage, uint64_t block, uhn_entry *entry)
{
    const uhn_key key = uhn_key_of(block);
    MDB_val at = uhn_value_of(&key, sizeof key), value;
    const int code = mdb_get(stage->transaction, stage->environment->directory, &at, &value);
    return code == 0 && !uhn_entry_read(value.mv_data, value.mv_size, entry) ? MDB_CORRUPTED : code;
}

uhn_status uhn_stage_peek(const uhn_stage *stage, uint64_t block, uhn_entry *entry, const uint8_t **bytes)
{
    const uhn_environment *e = stage->environment;
    MDB_val value;
    *bytes = NULL;
    int code = find_entry(stage, block, entry);
    if (code == MDB_NOTFOUND)
        return UHN_OK;
    if (code == 0) {
        const uhn_key key = uhn_key_of(entry->record);
        MDB_val at = uhn_value_of(&key, sizeof key);
        code = mdb_get(stage->transaction, e->blocks, &at, &value);
    }
    if (code)
        return uhn_lmdb_fail(e->path, "find a block", code);
    if (entry->rows == 0 || entry->rows > stage->meta.capacity ||
        value.mv_size != uhn_layout_of(&stage->meta, entry->rows).size)
        return uhn_fail(UHN_ERROR_DAMAGED,
                        "%s: the store is damaged: block %" PRIu64 " has another size than it should", e->path, block);
    *bytes = value.mv_data;
    return UHN_OK;
}

uhn_status uhn_stage_read(const uhn_stage *stage, uint64_t block, uhn_entry *entry, const uint8_t **bytes)
{
    const uhn_status status = uhn_stage_peek(stage, block, entry, bytes);
    if (status != UHN_OK || !*bytes)
        return status;
    if (entry->crc != uhn_block_crc(entry, *bytes, uhn_layout_of(&stage->meta, entry->rows).size))
        return uhn_fail(UHN_ERROR_DAMAGED, "%s: the store is damaged: the checksum of block %" PRIu64 " is wrong",
                        stage->environment->path, block);
    return UHN_OK;
}

/* ---- the end of a transaction */

static uhn_status commit(uhn_stage *stage)
{
    const int code = mdb_txn_commit(stage->transaction);
    stage->transaction = NULL;
    stage->committed |= code == 0;
    return outcome(stage, code);
}

uhn_status uhn_stage_flush(uhn_stage *stage)
{
    if (stage->bytes < stage->limit)
        return UHN_OK;
    const uhn_status status = commit(stage);
    return status == UHN_OK ? begin(stage) : status;
}

/* The block's old record gives way to the new one. */
static uhn_status publish_change(uhn_stage *stage, const uhn_change *change)
{
    uhn_environment *e = stage->environment;
    uhn_entry old;
    uint8_t bytes[UHN_ENTRY_BYTES];
    uhn_status status = UHN_OK;
    const int code = find_entry(stage, change->block, &old);
    if (code == 0)
        UHN_TRY(uhn_stage_delete(stage, e->blocks, old.record));
    else if (code != MDB_NOTFOUND)
        UHN_TRY(outcome(stage, code));
    if (change->entry.rows == 0)
        return uhn_stage_delete(stage, e->directory, change->block);
    uhn_entry_write(&change->entry, bytes);
    UHN_TRY(uhn_stage_put(stage, e->directory, change->block, bytes, sizeof bytes));
leave:
    return status;
}

static uhn_status publish(uhn_stage *stage)
{
    uhn_status status = UHN_OK;
    for (size_t i = 0; i < stage->change_count; i++)
        UHN_TRY(publish_change(stage, &stage->changes[i]));
    UHN_TRY(outcome(stage, uhn_meta_put(stage->environment, stage->transaction, &stage->meta)));
    UHN_TRY(commit(stage));
leave:
    return status;
}

uhn_status uhn_stage_end(uhn_stage *stage, uhn_status status)
{
    const bool staged = stage->committed;
    if (status == UHN_OK)
        status = publish(stage);
    if (stage->transaction)
        mdb_txn_abort(stage->transaction);
    uhn_release(stage->changes);
    stage->transaction = NULL;
    stage->changes = NULL;
    if (status != UHN_OK && staged) {
        char sentence[512];
        strncpy(sentence, uhn_error_detail(), sizeof sentence - 1);
        sentence[sizeof sentence - 1] = '\0';
        (void)uhn_stage_clear(stage->environment); /* if that fails too, the next writer does it */
        (void)uhn_fail(status, "%s", sentence);
    }
    return status;
}

/* ---- what a crash leaves */

/* Ids and labels of a new block that was not published. */
static uhn_status clear_ids(uhn_stage *stage, const uint8_t *bytes, size_t size)
{
    uhn_environment *e = stage->environment;
    uhn_status status = UHN_OK;
    uint64_t number, block = 0;
    uint32_t rows;
    bool found;
    memcpy(&number, bytes + 8, sizeof number);
    memcpy(&rows, bytes + 16, sizeof rows);
    rows = le32toh(rows);
    if (le64toh(number) < stage->meta.next_block || rows > stage->meta.capacity)
        return UHN_OK;
    const uhn_layout layout = uhn_layout_of(&stage->meta, rows);
    for (size_t slot = 0; layout.size == size && slot < rows; slot++) {
        const uint64_t id = uhn_block_id(bytes, &layout, slot);
        UHN_TRY(uhn_stage_delete(stage, e->labels, id));
        UHN_TRY(uhn_ids_find(e, stage->transaction, id, &block, &found));
        if (found && block >= stage->meta.next_block)
            UHN_TRY(uhn_stage_delete(stage, e->ids, id)); /* does nothing within a run, whose first id comes first */
    }
leave:
    return status;
}

uhn_status uhn_stage_clear(uhn_environment *environment)
{
    uhn_stage stage = {0};
    MDB_cursor *cursor = NULL;
    bool any = false;
    uhn_status status = uhn_stage_begin(environment, SIZE_MAX, &stage);
    while (status == UHN_OK) {
        MDB_val key, value;
        int code = mdb_cursor_open(stage.transaction, environment->blocks, &cursor);
        code = code ? code : mdb_cursor_get(cursor, &key, &value, MDB_LAST);
        if (cursor)
            mdb_cursor_close(cursor);
        cursor = NULL;
        if (code == MDB_NOTFOUND)
            break;
        if (code == 0 && key.mv_size != sizeof(uhn_key))
            code = MDB_CORRUPTED;
        if (code) {
            status = outcome(&stage, code);
            break;
        }
        const uint64_t record = uhn_number_of(key.mv_data);
        if (record < stage.meta.next_record)
            break;
        if (value.mv_size >= UHN_BLOCK_LEAST)
            status = clear_ids(&stage, value.mv_data, value.mv_size);
        if (status == UHN_OK)
            status = uhn_stage_delete(&stage, environment->blocks, record);
        any = true;
    }
    if (status == UHN_OK && any)
        status = commit(&stage);
    if (stage.transaction)
        mdb_txn_abort(stage.transaction);
    return status;
}

/* ---- a batch */

uhn_status uhn_store_change(uhn_store *store, uhn_batch_work *work, void *context)
{
    uhn_stage stage;
    if (!store)
        return uhn_fail(UHN_ERROR_ARGUMENT, "no store was given");
    uhn_status status = uhn_write_lock(store);
    if (status != UHN_OK)
        return status;
    do {
        status = uhn_stage_begin(store->environment, store->stage_bytes, &stage);
        if (status == UHN_OK)
            status = work(&stage, context);
        status = uhn_stage_end(&stage, status);
    } while (status != UHN_OK && stage.full && uhn_environment_grow(store->environment) == UHN_OK);
    if (status == UHN_OK)
        uhn_write_done(store);
    uhn_write_unlock(store);
    return status;
}
