/* SPDX-License-Identifier: MIT
 * Adding rows: the last block is filled, new ones follow. */
#include "base/allocate.h"
#include "base/status.h"
#include "store/pack.h"
#include "store/stage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct addition {
    const uhn_store_rows *given;
    uhn_store_rows rows;
    uint64_t first_id; /* where no ids were given */
} addition;

static uint64_t id_of(const addition *a, size_t index)
{
    return a->rows.ids ? a->rows.ids[index] : a->first_id + index;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Is the id in the store, not just in a run that covers it? */
static uhn_status check_new(const uhn_stage *stage, uint64_t id)
{
    uhn_entry entry;
    const uint8_t *bytes = NULL;
    uint64_t block;
    bool found;
    uhn_status status = uhn_ids_find(stage->environment, stage->transaction, id, &block, &found);
    if (status == UHN_OK && found)
        status = uhn_stage_peek(stage, block, &entry, &bytes);
    if (status != UHN_OK || !bytes)
        return status;
    const uhn_layout layout = uhn_layout_of(&stage->meta, entry.rows);
    return uhn_ids_slot(bytes, &layout, entry.rows, id) == SIZE_MAX
               ? UHN_OK
               : uhn_fail(UHN_ERROR_ARGUMENT, "there is a memory with id %" PRIu64 " already", id);
}

static uhn_status check_ids(const uhn_stage *stage, const addition *a)
{
    const size_t count = a->rows.count;
    uhn_status status = UHN_OK;
    uint64_t *sorted = uhn_allocate_unset(count, sizeof *sorted);
    if (!sorted)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory to check %zu ids", count);
    memcpy(sorted, a->rows.ids, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_number);
    for (size_t i = 0; i < count; i++) {
        if (sorted[i] >= UHN_STORE_IDS)
            UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "id %" PRIu64 ": ids are below %" PRIu64, sorted[i], UHN_STORE_IDS));
        if (i && sorted[i] == sorted[i - 1])
            UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "id %" PRIu64 " is given twice", sorted[i]));
        if (sorted[i] < stage->meta.next_id)
            UHN_TRY(check_new(stage, sorted[i]));
    }
leave:
    uhn_release(sorted);
    return status;
}

/* Ids and labels of rows first … first+count−1, which are in `block`. */
static uhn_status put_names(uhn_stage *stage, const addition *a, size_t first, size_t count, uint64_t block)
{
    uhn_status status = UHN_OK;
    for (size_t i = first, run; i < first + count; i += run) {
        for (run = 1; i + run < first + count && id_of(a, i + run) == id_of(a, i) + run; run++)
            ;
        UHN_TRY(uhn_ids_put(stage, id_of(a, i), run, block));
    }
    for (size_t i = first; a->rows.labels && i < first + count; i++) {
        const char *label = uhn_pack_label(&a->rows, i);
        if (label)
            UHN_TRY(uhn_stage_label(stage, id_of(a, i), label));
    }
leave:
    return status;
}

/* Writes rows first … first+count−1 behind the `kept` rows of the old block. */
static uhn_status write_block(uhn_stage *stage, const addition *a, size_t first, size_t count, uint64_t block,
                              const uint8_t *old, const uhn_entry *entry)
{
    const size_t kept = old ? entry->rows : 0;
    const uhn_layout layout = uhn_layout_of(&stage->meta, kept + count), before = uhn_layout_of(&stage->meta, kept);
    uhn_range range = old ? entry->range : uhn_range_empty(stage->meta.storage);
    uint8_t *bytes;
    uhn_status status = UHN_OK;
    UHN_TRY(uhn_stage_reserve(stage, block, kept + count, &bytes));
    memset(bytes + UHN_BLOCK_HEADER, 0, layout.size - UHN_BLOCK_HEADER);
    if (old)
        uhn_pack_copy(&layout, bytes, 0, &before, old, 0, kept);
    for (size_t i = 0; i < count; i++)
        uhn_pack_id(&layout, bytes, kept + i, id_of(a, first + i));
    UHN_TRY(uhn_pack_rows(&stage->meta, &layout, bytes, kept, &a->rows, first, count, &range));
    UHN_TRY(uhn_stage_record(stage, block, kept + count, &range, bytes));
    UHN_TRY(put_names(stage, a, first, count, block));
leave:
    return status;
}

static uhn_status add(uhn_stage *stage, void *context)
{
    addition *a = context;
    uhn_meta *meta = &stage->meta;
    uhn_entry last = {0};
    const uint8_t *old = NULL;
    uhn_status status = UHN_OK;
    UHN_TRY(uhn_pack_check(meta, a->given, &a->rows));
    const size_t count = a->rows.count;
    a->first_id = meta->next_id;
    if ((!a->rows.ids && count > UHN_STORE_IDS - meta->next_id) || count > PTRDIFF_MAX - meta->rows)
        UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "%zu rows are more than there are ids left above those that were used",
                         count));
    if (a->rows.ids)
        UHN_TRY(check_ids(stage, a));
    if (meta->next_block)
        UHN_TRY(uhn_stage_read(stage, meta->next_block - 1, &last, &old));
    const uint64_t last_block = meta->next_block - 1;
    const size_t room = old ? meta->capacity - last.rows : 0, head = count < room ? count : room;
    for (size_t at = head, n; at < count; at += n) {
        n = count - at < meta->capacity ? count - at : meta->capacity;
        UHN_TRY(write_block(stage, a, at, n, meta->next_block, NULL, NULL));
        meta->next_block++;
        UHN_TRY(uhn_stage_flush(stage));
    }
    if (head) { /* last, as its ids and labels must not be there before it is; another transaction has it elsewhere */
        UHN_TRY(uhn_stage_read(stage, last_block, &last, &old));
        UHN_TRY(write_block(stage, a, 0, head, last_block, old, &last));
    }
    meta->rows += count;
    for (size_t i = 0; i < count; i++)
        meta->next_id = id_of(a, i) >= meta->next_id ? id_of(a, i) + 1 : meta->next_id;
leave:
    return status;
}

uhn_status uhn_store_add(uhn_store *store, const uhn_store_rows *rows, uint64_t *first_id)
{
    addition a = {.given = rows};
    const uhn_status status = uhn_store_change(store, add, &a);
    if (status == UHN_OK && first_id)
        *first_id = a.rows.ids && a.rows.count ? a.rows.ids[0] : a.first_id;
    return status;
}
