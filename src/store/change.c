/* SPDX-License-Identifier: MIT
 * Updating and removing rows: the blocks that have them are written anew, the others stay as they are. */
#include "base/allocate.h"
#include "base/status.h"
#include "store/pack.h"
#include "store/stage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* An id, the block that has it, and the caller's number for it. */
typedef struct target {
    uint64_t block, id;
    size_t index;
} target;

typedef struct targets {
    const uint64_t *ids;
    size_t count;
    const uhn_store_rows *given; /* NULL: to remove */
    uhn_store_rows rows;
    target *sorted;
} targets;

static int by_block(const void *a, const void *b)
{
    const target *x = a, *y = b;
    if (x->block != y->block)
        return x->block < y->block ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static uhn_status fail_absent(uint64_t id)
{
    return uhn_fail(UHN_ERROR_ARGUMENT, "there is no memory with id %" PRIu64, id);
}

/* Finds the blocks of the ids and sorts by them. Repeats are dropped, or refused where there are rows. */
static uhn_status locate(uhn_stage *stage, targets *t)
{
    uhn_status status = UHN_OK;
    bool found;
    size_t kept = 0;
    if (t->count && !t->ids)
        return uhn_fail(UHN_ERROR_ARGUMENT, "ids: no array was given");
    for (size_t i = 0; i < t->count; i++) {
        target *one = &t->sorted[i];
        *one = (target){.id = t->ids[i], .index = i};
        UHN_TRY(uhn_ids_find(stage->environment, stage->transaction, one->id, &one->block, &found));
        if (!found)
            UHN_TRY(fail_absent(one->id));
    }
    qsort(t->sorted, t->count, sizeof *t->sorted, by_block);
    for (size_t i = 0; i < t->count; i++) {
        if (i && t->sorted[i].id == t->sorted[kept - 1].id) {
            if (t->given)
                UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "id %" PRIu64 " is given twice", t->sorted[i].id));
            continue;
        }
        t->sorted[kept++] = t->sorted[i];
    }
    t->count = kept;
leave:
    return status;
}

/* Of `count` targets of one block, the one with this id; `count` if there is none. */
static size_t find(const target *of_block, size_t count, uint64_t id)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (of_block[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && of_block[low].id == id ? low : count;
}

/* Every target must be in the block. */
static uhn_status check_present(const uint8_t *block, const uhn_layout *layout, size_t rows, const target *of_block,
                                size_t count)
{
    size_t present = 0;
    for (size_t slot = 0; slot < rows; slot++)
        present += find(of_block, count, uhn_block_id(block, layout, slot)) < count;
    for (size_t i = 0; present < count && i < count; i++)
        if (uhn_ids_slot(block, layout, rows, of_block[i].id) == SIZE_MAX)
            return fail_absent(of_block[i].id);
    return UHN_OK;
}

/* The caller's number for the row in a slot; SIZE_MAX if it stays as it is. */
static size_t index_of(const target *of_block, size_t count, const uint8_t *block, const uhn_layout *layout,
                       size_t slot)
{
    const size_t i = find(of_block, count, uhn_block_id(block, layout, slot));
    return i < count ? of_block[i].index : SIZE_MAX;
}

static uhn_status update_block(uhn_stage *stage, const targets *t, const target *of_block, size_t count,
                               const uint8_t *old, size_t rows)
{
    const uhn_layout layout = uhn_layout_of(&stage->meta, rows);
    const uint64_t block = of_block->block;
    uhn_range range = uhn_range_empty(stage->meta.storage);
    uint8_t *bytes;
    uhn_status status = UHN_OK;
    UHN_TRY(uhn_stage_reserve(stage, block, rows, &bytes));
    memcpy(bytes + UHN_BLOCK_HEADER, old + UHN_BLOCK_HEADER, layout.size - UHN_BLOCK_HEADER);
    for (size_t slot = 0, run; slot < rows; slot += run) { /* rows that follow each other here and there at once */
        const size_t first = index_of(of_block, count, old, &layout, slot);
        for (run = 1; first != SIZE_MAX && slot + run < rows &&
                      index_of(of_block, count, old, &layout, slot + run) == first + run;
             run++)
            ;
        if (first != SIZE_MAX)
            UHN_TRY(uhn_pack_rows(&stage->meta, &layout, bytes, slot, &t->rows, first, run, &range));
    }
    range = uhn_range_empty(stage->meta.storage);
    UHN_TRY(uhn_pack_examine(&stage->meta, &layout, bytes, 0, rows, &range));
    UHN_TRY(uhn_stage_record(stage, block, rows, &range, bytes));
leave:
    return status;
}

static uhn_status remove_from_block(uhn_stage *stage, const target *of_block, size_t count, const uint8_t *old,
                                    size_t rows)
{
    const uhn_layout before = uhn_layout_of(&stage->meta, rows), layout = uhn_layout_of(&stage->meta, rows - count);
    const uint64_t block = of_block->block;
    uhn_range range = uhn_range_empty(stage->meta.storage);
    uint8_t *bytes;
    uhn_status status = UHN_OK;
    if (rows == count)
        return uhn_stage_drop(stage, block);
    UHN_TRY(uhn_stage_reserve(stage, block, rows - count, &bytes));
    memset(bytes + UHN_BLOCK_HEADER, 0, layout.size - UHN_BLOCK_HEADER);
    for (size_t slot = 0, to = 0; slot < rows; slot++)
        if (find(of_block, count, uhn_block_id(old, &before, slot)) == count)
            uhn_pack_copy(&layout, bytes, to++, &before, old, slot, 1);
    UHN_TRY(uhn_pack_examine(&stage->meta, &layout, bytes, 0, rows - count, &range));
    UHN_TRY(uhn_stage_record(stage, block, rows - count, &range, bytes));
leave:
    return status;
}

/* Stages the new form of every block that has a target. */
static uhn_status change_blocks(uhn_stage *stage, const targets *t)
{
    uhn_status status = UHN_OK;
    for (size_t i = 0, count; i < t->count; i += count) {
        const target *of_block = &t->sorted[i];
        uhn_entry entry;
        const uint8_t *old;
        for (count = 1; i + count < t->count && of_block[count].block == of_block->block; count++)
            ;
        UHN_TRY(uhn_stage_read(stage, of_block->block, &entry, &old));
        if (!old)
            UHN_TRY(fail_absent(of_block->id));
        const uhn_layout layout = uhn_layout_of(&stage->meta, entry.rows);
        UHN_TRY(check_present(old, &layout, entry.rows, of_block, count));
        UHN_TRY(t->given ? update_block(stage, t, of_block, count, old, entry.rows)
                         : remove_from_block(stage, of_block, count, old, entry.rows));
        UHN_TRY(uhn_stage_flush(stage));
    }
leave:
    return status;
}

/* What is seen at once comes last, with the transaction that publishes. */
static uhn_status change_names(uhn_stage *stage, const targets *t)
{
    uhn_status status = UHN_OK;
    for (size_t i = 0; i < t->count; i++) {
        const target *one = &t->sorted[i];
        const char *label = t->given ? uhn_pack_label(&t->rows, one->index) : NULL;
        if (label)
            UHN_TRY(uhn_stage_label(stage, one->id, label));
        else if (!t->given || t->rows.labels)
            UHN_TRY(uhn_stage_delete(stage, stage->environment->labels, one->id));
    }
leave:
    return status;
}

static uhn_status change(uhn_stage *stage, void *context)
{
    const targets *asked = context;
    targets t = *asked;
    uhn_status status = UHN_OK;
    t.sorted = uhn_allocate_unset(t.count, sizeof *t.sorted);
    if (!t.sorted)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory to look for %zu ids", t.count));
    if (t.given)
        UHN_TRY(uhn_pack_check(&stage->meta, t.given, &t.rows));
    UHN_TRY(locate(stage, &t));
    UHN_TRY(change_blocks(stage, &t));
    UHN_TRY(change_names(stage, &t));
    stage->meta.rows -= t.given ? 0 : t.count;
leave:
    uhn_release(t.sorted);
    return status;
}

uhn_status uhn_store_update(uhn_store *store, const uhn_store_rows *rows)
{
    targets t = {.ids = rows ? rows->ids : NULL, .count = rows ? rows->count : 0, .given = rows};
    if (!rows)
        return uhn_fail(UHN_ERROR_ARGUMENT, "no rows were given");
    return uhn_store_change(store, change, &t);
}

uhn_status uhn_store_remove(uhn_store *store, const uint64_t *ids, size_t count)
{
    targets t = {.ids = ids, .count = count};
    return uhn_store_change(store, change, &t);
}
