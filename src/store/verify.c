/* SPDX-License-Identifier: MIT
 * Looking for mistakes in a store. */
#include "base/allocate.h"
#include "base/status.h"
#include "store/pack.h"
#include "store/stage.h"
#include "store/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An id, and the block that has it. */
typedef struct place {
    uint64_t id, block;
} place;

typedef struct inspection {
    const uhn_store_view *view;
    uhn_findings findings;
    double *squares; /* of a block */
    place *places;   /* of all ids in blocks that are sound */
    size_t count;
    size_t at;                   /* in `places`, while a tree is gone through */
    uint64_t run_end, run_block; /* of the run of ids that was last */
} inspection;

/* The numbers of a block, and what is kept of them. */
static uhn_status inspect_numbers(inspection *i, const uhn_view_block *block)
{
    const uhn_meta *meta = &i->view->meta;
    const char *path = i->view->environment->path;
    const uhn_layout layout = uhn_layout_of(meta, block->entry.rows);
    const float *values = layout.values ? (const float *)(const void *)(block->bytes + layout.values) : NULL;
    const uhn_range *said = &block->entry.range;
    uhn_range range = uhn_range_empty(meta->storage);
    const uhn_status status = uhn_examine_rows(meta->storage, block->bytes + UHN_BLOCK_HEADER, 0, block->entry.rows,
                                               meta->dim, 0, values, meta->value_dim, 0, &range, i->squares);
    if (status == UHN_ERROR_OUT_OF_MEMORY)
        return status;
    if (status != UHN_OK) {
        uhn_store_found(&i->findings, "%s: block %" PRIu64 ": %s", path, block->number, uhn_error_detail());
        return UHN_OK;
    }
    /* The range may be wider than the rows that are left. */
    if (range.low < said->low || range.high > said->high ||
        (values && (range.value_low < said->value_low || range.value_high > said->value_high)))
        uhn_store_found(&i->findings, "%s: block %" PRIu64 " has numbers outside the range it is said to have", path,
                        block->number);
    if (layout.squares &&
        memcmp(i->squares, block->bytes + layout.squares, block->entry.rows * sizeof *i->squares) != 0)
        uhn_store_found(&i->findings, "%s: block %" PRIu64 " has other sums of squares than its rows", path,
                        block->number);
    return UHN_OK;
}

static void inspect_head(inspection *i, const uhn_view_block *block)
{
    uint8_t head[UHN_BLOCK_HEADER];
    uhn_block_head(&i->view->meta, block->number, block->entry.rows, head);
    if (memcmp(head, block->bytes, sizeof head) != 0)
        uhn_store_found(&i->findings, "%s: block %" PRIu64 " begins as another block would", i->view->environment->path,
                        block->number);
}

/* Notes the ids of a block. */
static void collect_ids(inspection *i, const uhn_view_block *block)
{
    const uhn_layout layout = uhn_layout_of(&i->view->meta, block->entry.rows);
    for (size_t slot = 0; slot < block->entry.rows; slot++)
        i->places[i->count++] = (place){uhn_block_id(block->bytes, &layout, slot), block->number};
}

static uhn_status inspect_blocks(inspection *i)
{
    uhn_status status = UHN_OK;
    for (size_t b = 0; b < i->view->block_count; b++) {
        if (uhn_view_check(i->view, b) != UHN_OK) {
            uhn_store_found(&i->findings, "%s", uhn_error_detail());
            continue;
        }
        UHN_TRY(inspect_numbers(i, &i->view->blocks[b]));
        inspect_head(i, &i->view->blocks[b]);
        collect_ids(i, &i->view->blocks[b]);
    }
leave:
    return status;
}

/* ---- ids and labels: beside the list of all ids in order, each of the two trees is gone through once */

static int by_id(const void *a, const void *b)
{
    const place *x = a, *y = b;
    return x->id != y->id ? (x->id > y->id) - (x->id < y->id) : (x->block > y->block) - (x->block < y->block);
}

/* Ids below `end`, which is UINT64_MAX for all, are in the last run, or in none. */
static void inspect_run(inspection *i, uint64_t end)
{
    const char *path = i->view->environment->path;
    for (; i->at < i->count && (i->places[i->at].id < end || end == UINT64_MAX); i->at++) {
        const place *one = &i->places[i->at], *before = i->at ? one - 1 : NULL;
        if (before && before->id == one->id && before->block == one->block)
            uhn_store_found(&i->findings, "%s: id %" PRIu64 " is in block %" PRIu64 " twice", path, one->id,
                            one->block);
        else if (one->id >= i->view->meta.next_id || one->id >= i->run_end || one->block != i->run_block)
            uhn_store_found(&i->findings, "%s: id %" PRIu64 " is in block %" PRIu64 ", but would not be found there",
                            path, one->id, one->block);
    }
}

static void next_run(void *context, uint64_t first, uint64_t count, uint64_t block)
{
    inspection *i = context;
    inspect_run(i, first);
    i->run_end = first + count;
    i->run_block = block;
}

static uhn_status inspect_ids(inspection *i)
{
    qsort(i->places, i->count, sizeof *i->places, by_id);
    const uhn_status status = uhn_ids_each(i->view->environment, i->view->transaction, next_run, i);
    if (status == UHN_OK)
        inspect_run(i, UINT64_MAX);
    if (status != UHN_ERROR_DAMAGED)
        return status;
    uhn_store_found(&i->findings, "%s: what is said of ids cannot be true", i->view->environment->path);
    return UHN_OK;
}

/* There is a label of an id that is in none of the blocks. A batch that is being added, or was cut short, has labels of
 * rows that are not published. */
static uhn_status inspect_stray(inspection *i, uint64_t id)
{
    const uhn_store_view *view = i->view;
    uint64_t block;
    size_t index;
    bool found;
    uhn_status status = uhn_view_find(view, id, &index);
    if (status == UHN_ERROR_DAMAGED) /* its block, or the tree: that has been found */
        return UHN_OK;
    if (status == UHN_OK)
        status = uhn_ids_find(view->environment, view->transaction, id, &block, &found);
    if (status == UHN_OK && (!found || block < view->meta.next_block))
        uhn_store_found(&i->findings, "%s: there is a label for id %" PRIu64 ", but no memory", view->environment->path,
                        id);
    return status;
}

static uhn_status inspect_label(inspection *i, const MDB_val *key, const MDB_val *value)
{
    const char *path = i->view->environment->path;
    size_t length;
    if (key->mv_size != sizeof(uhn_key)) {
        uhn_store_found(&i->findings, "%s: there is a label whose id is damaged", path);
        return UHN_OK;
    }
    const uint64_t id = uhn_number_of(key->mv_data);
    if (!uhn_label_read(id, value->mv_data, value->mv_size, &length)) {
        uhn_store_found(&i->findings, "%s: the label of id %" PRIu64 " is damaged", path, id);
        return UHN_OK;
    }
    while (i->at < i->count && i->places[i->at].id < id)
        i->at++;
    return i->at < i->count && i->places[i->at].id == id ? UHN_OK : inspect_stray(i, id);
}

static uhn_status inspect_labels(inspection *i)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    const char *path = i->view->environment->path;
    uhn_status status = UHN_OK;
    int code = mdb_cursor_open(i->view->transaction, i->view->environment->labels, &cursor);
    if (code)
        return uhn_lmdb_fail(path, "be read", code);
    i->at = 0;
    for (code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); code == 0 && status == UHN_OK;
         code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
        status = inspect_label(i, &key, &value);
    mdb_cursor_close(cursor);
    return status != UHN_OK || code == MDB_NOTFOUND ? status : uhn_lmdb_fail(path, "be read", code);
}

/* The pages of the file, before LMDB reads them. A list of unused pages that is wrong hinders nobody who reads. */
static uhn_status inspect_pages(uhn_environment *e, uhn_findings *findings, bool *readable)
{
    uhn_status status = uhn_environment_check(e, true);
    *readable = status == UHN_OK;
    if (status != UHN_ERROR_DAMAGED)
        return status;
    (void)unlink(e->note);
    e->sound = UHN_SOUND_UNKNOWN;
    uhn_store_found(findings, "%s", uhn_error_detail());
    status = uhn_environment_check(e, false);
    *readable = status == UHN_OK;
    if (*readable)
        e->sound = UHN_SOUND_TREES;
    return status == UHN_ERROR_DAMAGED ? UHN_OK : status;
}

uhn_status uhn_store_verify(uhn_store *store, void (*found)(void *context, const char *sentence), void *context)
{
    inspection i = {.findings = {.found = found, .context = context}};
    uhn_environment *shared = NULL;
    uhn_store_view *view = NULL;
    bool readable = false;
    uhn_status status = UHN_OK;
    if (!store)
        return uhn_fail(UHN_ERROR_ARGUMENT, "no store was given");
    UHN_TRY(uhn_store_refresh(store));
    UHN_TRY(inspect_pages(store->environment, &i.findings, &readable));
    if (!readable)
        goto leave;
    UHN_TRY(uhn_environment_open(store->folder, &shared));
    UHN_TRY(uhn_view_make(shared, &i.findings, &view));
    i.view = view;
    i.squares = uhn_allocate(view->meta.capacity, sizeof *i.squares);
    i.places = uhn_allocate_unset(uhn_memory_count(view->memory), sizeof *i.places);
    if (!i.squares || !i.places)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory to look at the ids of %zu rows",
                         uhn_memory_count(view->memory)));
    UHN_TRY(inspect_blocks(&i));
    UHN_TRY(inspect_ids(&i));
    UHN_TRY(inspect_labels(&i));
leave:
    uhn_release(i.squares);
    uhn_release(i.places);
    uhn_store_view_close(view);
    if (status == UHN_OK && i.findings.count)
        status = i.findings.count == 1
                     ? uhn_fail(UHN_ERROR_DAMAGED, "%s", i.findings.first)
                     : uhn_fail(UHN_ERROR_DAMAGED, "%s; and %zu more", i.findings.first, i.findings.count - 1);
    return status;
}
