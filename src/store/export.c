/* SPDX-License-Identifier: MIT
 * Rows as .npy, block after block. */
#include "base/allocate.h"
#include "base/status.h"
#include "data/write_npy.h"
#include "store/view.h"

static const char *const types[UHN_STORAGE_COUNT] = {[UHN_FLOAT32] = "<f4", [UHN_UINT8] = "|u1", [UHN_BITS] = "|b1"};

/* Bits as bytes, a row at a time. */
static uhn_status write_bits(uhn_replacement *file, const uint8_t *rows, size_t count, size_t dim, uint8_t *row)
{
    const size_t bytes = uhn_row_bytes(UHN_BITS, dim);
    uhn_status status = UHN_OK;
    for (size_t r = 0; status == UHN_OK && r < count; r++) {
        for (size_t i = 0; i < dim; i++)
            row[i] = rows[r * bytes + i / 8] >> (7 - i % 8) & 1;
        status = uhn_replacement_write(file, row, dim);
    }
    return status;
}

typedef struct export
{
    const uhn_store_view *view;
    bool values; /* P, not M */
    bool salvage;
    uhn_store_left_out *left_out;
    void *context;
}
export;

static uhn_status write_block(const export *e, const uhn_view_block *block, uhn_replacement *file, uint8_t *row)
{
    const uhn_meta *meta = &e->view->meta;
    const uhn_layout layout = uhn_layout_of(meta, block->entry.rows);
    if (e->values)
        return uhn_replacement_write(file, block->bytes + layout.values, block->entry.rows * layout.value_bytes);
    if (meta->storage == UHN_BITS)
        return write_bits(file, block->bytes + UHN_BLOCK_HEADER, block->entry.rows, meta->dim, row);
    return uhn_replacement_write(file, block->bytes + UHN_BLOCK_HEADER, block->entry.rows * layout.row_bytes);
}

static uhn_status write_rows(const export *e, uhn_replacement *file, uint8_t *row)
{
    uhn_status status = UHN_OK;
    for (size_t b = 0; status == UHN_OK && b < e->view->block_count; b++) {
        status = uhn_view_check(e->view, b);
        if (status == UHN_OK)
            status = write_block(e, &e->view->blocks[b], file, row);
        else if (e->salvage)
            status = UHN_OK;
    }
    return status;
}

/* How many rows there are to write. What of them is damaged is told of, and does not count. */
static uhn_status count_rows(const export *e, size_t *count)
{
    const size_t all = uhn_memory_count(e->view->memory);
    *count = all;
    for (size_t b = 0; e->salvage && b < e->view->block_count; b++) {
        const uhn_view_block *block = &e->view->blocks[b];
        if (uhn_view_check(e->view, b) == UHN_OK)
            continue;
        *count -= block->entry.rows;
        if (e->left_out)
            e->left_out(e->context, block->number, block->first, block->entry.rows);
    }
    return *count || !all ? UHN_OK
                          : uhn_fail(UHN_ERROR_DAMAGED, "%s: the store is damaged: no block of it can be read",
                                     e->view->environment->path);
}

static uhn_status write_file(const export *e, const char *path)
{
    uhn_replacement file;
    uhn_status status = UHN_OK;
    if (!e->view || !path)
        return uhn_fail(UHN_ERROR_ARGUMENT, "no view, or no path to export to");
    const uhn_meta *meta = &e->view->meta;
    if (e->values && !meta->value_dim)
        return uhn_fail(UHN_ERROR_ARGUMENT, "this store has no values of its own (P = M)");
    size_t shape[2] = {0, e->values ? meta->value_dim : meta->dim};
    uint8_t *row = uhn_allocate(shape[1], 1);
    if (!row)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a row of %zu numbers", shape[1]);
    UHN_TRY(count_rows(e, &shape[0]));
    UHN_TRY(uhn_replacement_start(&file, path));
    status = uhn_write_npy_header(&file, e->values ? types[UHN_FLOAT32] : types[meta->storage], 2, shape);
    if (status == UHN_OK)
        status = write_rows(e, &file, row);
    status = uhn_replacement_finish(&file, status);
leave:
    uhn_release(row);
    return status == UHN_ERROR_ARGUMENT ? UHN_ERROR_SYSTEM : status; /* the system refuses; for files it is that */
}

uhn_status uhn_store_export(const uhn_store_view *view, bool values, const char *path)
{
    return write_file(&(export){.view = view, .values = values}, path);
}

uhn_status uhn_store_salvage(const uhn_store_view *view, bool values, const char *path, uhn_store_left_out *left_out,
                             void *context)
{
    return write_file(&(export){view, values, true, left_out, context}, path);
}
