/* SPDX-License-Identifier: MIT */
#include "store/view.h"

#include "base/allocate.h"
#include "base/status.h"
#include "store/stage.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void uhn_store_found(uhn_findings *findings, const char *format, ...)
{
    char sentence[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments); /* NOLINT(clang-analyzer-valist.Uninitialized) */
    va_end(arguments);
    if (findings->found)
        findings->found(findings->context, sentence);
    if (findings->count++ == 0) {
        memcpy(findings->first, sentence, sizeof sentence);
        (void)uhn_fail(UHN_ERROR_DAMAGED, "%s", sentence);
    }
}

/* ---- opening */

static bool sound_range(const uhn_meta *meta, const uhn_range *range)
{
    const bool rows = isfinite(range->low) && isfinite(range->high) && range->low <= range->high;
    const bool values =
        isfinite(range->value_low) && isfinite(range->value_high) && range->value_low <= range->value_high;
    return rows && (values || !meta->value_dim);
}

/* Where the bytes of the block lie. */
static uhn_status place_block(uhn_store_view *view, uhn_view_block *block)
{
    const uhn_environment *e = view->environment;
    const uhn_key key = uhn_key_of(block->entry.record);
    MDB_val at = uhn_value_of(&key, sizeof key), value;
    const int code = mdb_get(view->transaction, e->blocks, &at, &value);
    if (code == 0 &&
        (value.mv_size != uhn_layout_of(&view->meta, block->entry.rows).size || (uintptr_t)value.mv_data % 64 != 16))
        return uhn_fail(UHN_ERROR_DAMAGED,
                        "%s: the store is damaged: block %" PRIu64 " has another size than it should", e->path,
                        block->number);
    block->bytes = code == 0 ? value.mv_data : NULL;
    return code == 0 ? UHN_OK
                     : uhn_fail(UHN_ERROR_DAMAGED, "%s: the store is damaged: block %" PRIu64 " is missing", e->path,
                                block->number);
}

static uhn_status read_entry(uhn_store_view *view, const MDB_val *key, const MDB_val *value, uhn_view_block *block)
{
    const uhn_environment *e = view->environment;
    const uhn_view_block *before = view->block_count ? &view->blocks[view->block_count - 1] : NULL;
    *block = (uhn_view_block){.view = view,
                              .number = key->mv_size == sizeof(uhn_key) ? uhn_number_of(key->mv_data) : UINT64_MAX};
    if (!uhn_entry_read(value->mv_data, value->mv_size, &block->entry) || block->number >= view->meta.next_block ||
        (before && before->number >= block->number) || block->entry.record >= view->meta.next_record ||
        block->entry.rows == 0 || block->entry.rows > view->meta.capacity ||
        !sound_range(&view->meta, &block->entry.range))
        return uhn_fail(UHN_ERROR_DAMAGED, "%s: the store is damaged: what is said of block %" PRIu64 " cannot be true",
                        e->path, block->number);
    block->first = before ? before->first + before->entry.rows : 0;
    return UHN_OK;
}

static uhn_status read_directory(uhn_store_view *view, uhn_findings *findings)
{
    MDB_cursor *cursor = NULL;
    MDB_val key, value;
    MDB_stat about;
    uhn_status status = UHN_OK;
    int code = mdb_stat(view->transaction, view->environment->directory, &about);
    if (code == 0)
        code = mdb_cursor_open(view->transaction, view->environment->directory, &cursor);
    if (code)
        return uhn_lmdb_fail(view->environment->path, "be read", code);
    const size_t room = about.ms_entries < view->meta.next_block ? about.ms_entries : view->meta.next_block;
    view->blocks = uhn_allocate(room, sizeof *view->blocks);
    if (!view->blocks)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory for the places of %zu blocks", view->environment->path,
                         room));
    for (code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); code == 0 && view->block_count < room;
         code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        uhn_view_block *block = &view->blocks[view->block_count];
        status = read_entry(view, &key, &value, block);
        if (status == UHN_OK)
            status = place_block(view, block);
        if (status != UHN_OK && findings->found)
            uhn_store_found(findings, "%s", uhn_error_detail());
        else if (status != UHN_OK)
            goto leave;
        view->block_count += status == UHN_OK;
    }
    status = code == 0 || code == MDB_NOTFOUND ? UHN_OK : uhn_lmdb_fail(view->environment->path, "be read", code);
leave:
    mdb_cursor_close(cursor);
    return status;
}

/* `context`: the first of the memory's blocks */
static uhn_status check_block(void *context, size_t index)
{
    const uhn_view_block *first = context;
    return uhn_view_check(first->view, (size_t)(first - first->view->blocks) + index);
}

/* Rows of a block, from row `slot` of it on. */
static uhn_row_block rows_of(const uhn_view_block *block, size_t slot, size_t count)
{
    const uhn_meta *meta = &block->view->meta;
    const uhn_layout layout = uhn_layout_of(meta, block->entry.rows);
    const uint8_t *values = block->bytes + layout.values + slot * layout.value_bytes;
    const uint8_t *squares = block->bytes + layout.squares + slot * sizeof(double);
    return (uhn_row_block){.rows = block->bytes + UHN_BLOCK_HEADER + slot * layout.row_bytes,
                           .values = layout.values ? (const float *)(const void *)values : NULL,
                           .squares = layout.squares ? (const double *)(const void *)squares : NULL,
                           .count = count};
}

/* Widens *range by that of the rows: of a whole block it is known, in a part of one it may be smaller. */
static uhn_status widen_range(const uhn_view_block *block, const uhn_row_block *rows, uhn_range *range)
{
    const uhn_meta *meta = &block->view->meta;
    const uhn_range *whole = &block->entry.range;
    double *squares = NULL;
    uhn_status status = UHN_OK;
    if (rows->count == block->entry.rows) {
        *range = (uhn_range){fminf(range->low, whole->low), fmaxf(range->high, whole->high),
                             fminf(range->value_low, whole->value_low), fmaxf(range->value_high, whole->value_high)};
        return UHN_OK;
    }
    UHN_TRY(uhn_view_check(block->view, (size_t)(block - block->view->blocks)));
    if (meta->storage == UHN_FLOAT32 && !(squares = uhn_allocate(rows->count, sizeof *squares)))
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory to look at %zu rows", rows->count));
    UHN_TRY(uhn_examine_rows(meta->storage, rows->rows, 0, rows->count, meta->dim, 0, rows->values, meta->value_dim, 0,
                             range, squares));
leave:
    uhn_release(squares);
    return status;
}

/* Rows first … first+count−1, which there are, in the blocks from `from` on. */
static uhn_status make_memory(const uhn_store_view *view, size_t from, size_t first, size_t count, uhn_memory **memory)
{
    const uhn_meta *meta = &view->meta;
    uhn_range range = uhn_range_empty(meta->storage);
    uhn_status status = UHN_OK;
    size_t blocks = 0;
    while (count && from + blocks < view->block_count && view->blocks[from + blocks].first < first + count)
        blocks++;
    uhn_row_block *rows = uhn_allocate(blocks, sizeof *rows);
    if (!rows)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the places of %zu blocks", blocks);
    for (size_t b = 0; b < blocks; b++) {
        const uhn_view_block *block = &view->blocks[from + b];
        const size_t slot = first > block->first ? first - block->first : 0, left = first + count - block->first;
        const size_t end = left < block->entry.rows ? left : block->entry.rows;
        rows[b] = rows_of(block, slot, end - slot);
        UHN_TRY(widen_range(block, &rows[b], &range));
    }
    UHN_TRY(uhn_memory_borrow_blocks(meta->storage, meta->dim, meta->value_dim, rows, blocks, &range, check_block,
                                     &view->blocks[from], memory));
leave:
    uhn_release(rows);
    return status;
}

uhn_status uhn_view_make(uhn_environment *environment, uhn_findings *findings, uhn_store_view **made)
{
    uhn_status status = UHN_OK;
    uhn_store_view *view = uhn_allocate(1, sizeof *view);
    *made = NULL;
    if (!view) {
        uhn_environment_close(environment);
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a view");
    }
    view->environment = environment; /* a user of which the caller has counted */
    pthread_mutex_init(&view->guard, NULL);
    UHN_TRY(uhn_read_begin(environment, &view->transaction));
    UHN_TRY(uhn_meta_get(environment, view->transaction, &view->meta));
    UHN_TRY(read_directory(view, findings));
    const uhn_view_block *last = view->block_count ? &view->blocks[view->block_count - 1] : NULL;
    UHN_TRY(make_memory(view, 0, 0, last ? last->first + last->entry.rows : 0, &view->memory));
    if (uhn_memory_count(view->memory) != view->meta.rows) {
        uhn_store_found(findings, "%s: the store is damaged: it should have %" PRIu64 " rows, but its blocks have %zu",
                        environment->path, (uint64_t)view->meta.rows, uhn_memory_count(view->memory));
        status = findings->found ? UHN_OK : UHN_ERROR_DAMAGED;
    }
leave:
    if (status == UHN_OK)
        *made = view;
    else
        uhn_store_view_close(view);
    return status;
}

uhn_status uhn_store_view_open(uhn_store *store, uhn_store_view **view)
{
    uhn_findings findings = {0};
    uhn_environment *shared = NULL;
    uhn_status status = UHN_OK;
    if (!store || !view)
        return uhn_fail(UHN_ERROR_ARGUMENT, "no store, or no place for the view");
    *view = NULL;
    UHN_TRY(uhn_store_refresh(store));
    UHN_TRY(uhn_environment_open(store->folder, &shared)); /* one user more */
    UHN_TRY(uhn_view_make(shared, &findings, view));
leave:
    return status;
}

void uhn_store_view_close(uhn_store_view *view)
{
    if (!view)
        return;
    uhn_memory_destroy(view->memory);
    if (view->transaction)
        uhn_read_end(view->environment, view->transaction);
    uhn_environment_close(view->environment);
    pthread_mutex_destroy(&view->guard);
    uhn_release(view->blocks);
    uhn_release(view);
}

/* ---- what it says */

/* The pages that the block lies in. */
static uint8_t *pages_of(const uhn_store_view *view, size_t index, size_t *bytes)
{
    const uhn_view_block *block = &view->blocks[index];
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)block->bytes;
    *bytes = uhn_layout_of(&view->meta, block->entry.rows).size + at % page;
    return (uint8_t *)(at / page * page);
}

uhn_status uhn_view_check(const uhn_store_view *shared, size_t index)
{
    enum { UNKNOWN, RIGHT, WRONG };
    uhn_view_block *block = &((uhn_store_view *)(uintptr_t)shared)->blocks[index]; /* what it says stays the same */
    int verdict = __atomic_load_n(&block->verdict, __ATOMIC_RELAXED);
    if (verdict == UNKNOWN) {
        const size_t size = uhn_layout_of(&shared->meta, block->entry.rows).size;
        verdict = uhn_block_crc(&block->entry, block->bytes, size) == block->entry.crc ? RIGHT : WRONG;
        __atomic_store_n(&block->verdict, verdict, __ATOMIC_RELAXED);
    }
    return verdict == RIGHT
               ? UHN_OK
               : uhn_fail(UHN_ERROR_DAMAGED,
                          "%s: the store is damaged: the checksum of block %" PRIu64 " (rows %zu to %zu) is wrong",
                          shared->environment->path, block->number, block->first, block->first + block->entry.rows - 1);
}

/* Is nearly all of the blocks in the page cache? */
static bool is_resident(const uhn_store_view *view)
{
    enum { PAGES = 1024 };
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t bytes;
    unsigned char there[PAGES];
    size_t asked = 0, resident = 0;
    for (size_t b = 0; b < view->block_count; b++) {
        uint8_t *first = pages_of(view, b, &bytes);
        const size_t pages = bytes < PAGES * page ? (bytes + page - 1) / page : PAGES;
        if (mincore(first, pages * page, there) != 0)
            return false;
        for (size_t i = 0; i < pages; i++)
            resident += there[i] & 1;
        asked += pages;
    }
    return resident >= asked - asked / 64;
}

void uhn_store_view_warm(const uhn_store_view *view)
{
    if (!view || !is_resident(view))
        return;
#pragma omp parallel for schedule(dynamic, 16)
    for (size_t b = 0; b < view->block_count; b++)
        (void)uhn_view_check(view, b);
}

const uhn_memory *uhn_store_view_memory(const uhn_store_view *view)
{
    return view ? view->memory : NULL;
}

/* Has the view rows first … first+count−1? */
static uhn_status check_rows(const uhn_store_view *view, size_t first, size_t count)
{
    const size_t rows = uhn_memory_count(view->memory);
    if (first <= rows && count <= rows - first)
        return UHN_OK;
    return uhn_fail(UHN_ERROR_RANGE, "rows %zu up to %zu are not within the %zu rows of the store", first,
                    first + count, rows);
}

/* The block that holds memory `index`. */
static size_t block_of(const uhn_store_view *view, size_t index)
{
    size_t low = 0, high = view->block_count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (view->blocks[middle].first <= index)
            low = middle;
        else
            high = middle;
    }
    return low;
}

uhn_status uhn_store_view_rows(const uhn_store_view *view, size_t first, size_t count, uhn_memory **memory)
{
    if (!view || !memory)
        return uhn_fail(UHN_ERROR_ARGUMENT, "no view, or no place for the memory");
    *memory = NULL;
    const uhn_status status = check_rows(view, first, count);
    return status == UHN_OK ? make_memory(view, count ? block_of(view, first) : 0, first, count, memory) : status;
}

uint64_t uhn_store_view_id(const uhn_store_view *view, size_t index)
{
    if (!view || index >= uhn_memory_count(view->memory))
        return UHN_STORE_IDS;
    const size_t b = block_of(view, index);
    const uhn_view_block *block = &view->blocks[b];
    if (uhn_view_check(view, b) != UHN_OK)
        return UHN_STORE_IDS;
    const uhn_layout layout = uhn_layout_of(&view->meta, block->entry.rows);
    return uhn_block_id(block->bytes, &layout, index - block->first);
}

uhn_status uhn_view_find(const uhn_store_view *view, uint64_t id, size_t *index)
{
    uint64_t number = 0;
    bool found = false;
    *index = UHN_NO_INDEX;
    if (!view || id >= UHN_STORE_IDS)
        return UHN_OK;
    pthread_mutex_lock((pthread_mutex_t *)(uintptr_t)&view->guard);
    uhn_status status = uhn_ids_find(view->environment, view->transaction, id, &number, &found);
    pthread_mutex_unlock((pthread_mutex_t *)(uintptr_t)&view->guard);
    if (status != UHN_OK || !found)
        return status;
    size_t low = 0, high = view->block_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (view->blocks[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == view->block_count || view->blocks[low].number != number)
        return UHN_OK;
    UHN_TRY(uhn_view_check(view, low));
    const uhn_view_block *block = &view->blocks[low];
    const uhn_layout layout = uhn_layout_of(&view->meta, block->entry.rows);
    const size_t slot = uhn_ids_slot(block->bytes, &layout, block->entry.rows, id);
    *index = slot == SIZE_MAX ? UHN_NO_INDEX : block->first + slot;
leave:
    return status;
}

size_t uhn_store_view_index(const uhn_store_view *view, uint64_t id)
{
    size_t index;
    return uhn_view_find(view, id, &index) == UHN_OK ? index : UHN_NO_INDEX;
}

const char *uhn_store_view_label(const uhn_store_view *view, uint64_t id, size_t *length)
{
    const uhn_key key = uhn_key_of(id);
    MDB_val at = uhn_value_of(&key, sizeof key), value = {0};
    if (!view || !length)
        return NULL;
    *length = 0;
    pthread_mutex_lock((pthread_mutex_t *)(uintptr_t)&view->guard);
    const int code = mdb_get(view->transaction, view->environment->labels, &at, &value);
    pthread_mutex_unlock((pthread_mutex_t *)(uintptr_t)&view->guard);
    if (code == MDB_NOTFOUND)
        return NULL;
    const char *label = code == 0 ? uhn_label_read(id, value.mv_data, value.mv_size, length) : NULL;
    if (!label) {
        *length = UHN_STORE_LABEL_DAMAGED;
        (void)uhn_fail(UHN_ERROR_DAMAGED, "%s: the label of id %" PRIu64 " is damaged", view->environment->path, id);
    }
    return label;
}

uhn_status uhn_store_get(const uhn_store_view *view, uint64_t id, float *row, float *value)
{
    size_t index;
    uhn_status status = uhn_view_find(view, id, &index);
    if (status == UHN_OK && index == UHN_NO_INDEX)
        status = uhn_fail(UHN_ERROR_ARGUMENT, "there is no memory with id %" PRIu64, id);
    if (status != UHN_OK)
        return status;
    if (row)
        UHN_TRY(uhn_memory_row(view->memory, index, row));
    if (value)
        UHN_TRY(uhn_memory_value(view->memory, index, value));
leave:
    return status;
}

uhn_status uhn_store_list(const uhn_store_view *view, size_t first, size_t count, uint64_t *ids)
{
    if (!view || (count && !ids))
        return uhn_fail(UHN_ERROR_ARGUMENT, "no view, or no place for the ids");
    const uhn_status within = check_rows(view, first, count);
    if (within != UHN_OK)
        return within;
    for (size_t i = 0; i < count; i++) {
        ids[i] = uhn_store_view_id(view, first + i);
        if (ids[i] < UHN_STORE_IDS)
            continue;
        const uhn_status status = uhn_view_check(view, block_of(view, first + i));
        return status != UHN_OK ? status
                                : uhn_fail(UHN_ERROR_DAMAGED, "%s: the store is damaged: row %zu has no id",
                                           view->environment->path, first + i);
    }
    return UHN_OK;
}
