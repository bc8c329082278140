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

static uhn_status write_rows(const uhn_store_view *view, bool values, uhn_replacement *file, uint8_t *row)
{
    const uhn_meta *meta = &view->meta;
    uhn_status status = UHN_OK;
    for (size_t b = 0; b < view->block_count; b++) {
        const uhn_view_block *block = &view->blocks[b];
        const uhn_layout layout = uhn_layout_of(meta, block->entry.rows);
        UHN_TRY(uhn_view_check(view, b));
        if (values)
            UHN_TRY(uhn_replacement_write(file, block->bytes + layout.values, block->entry.rows * layout.value_bytes));
        else if (meta->storage == UHN_BITS)
            UHN_TRY(write_bits(file, block->bytes + UHN_BLOCK_HEADER, block->entry.rows, meta->dim, row));
        else
            UHN_TRY(uhn_replacement_write(file, block->bytes + UHN_BLOCK_HEADER, block->entry.rows * layout.row_bytes));
    }
leave:
    return status;
}

uhn_status uhn_store_export(const uhn_store_view *view, bool values, const char *path)
{
    uhn_replacement file;
    if (!view || !path)
        return uhn_fail(UHN_ERROR_ARGUMENT, "no view, or no path to export to");
    if (values && !view->meta.value_dim)
        return uhn_fail(UHN_ERROR_ARGUMENT, "this store has no values of its own (P = M)");
    const size_t shape[2] = {uhn_memory_count(view->memory), values ? view->meta.value_dim : view->meta.dim};
    uint8_t *row = uhn_allocate(shape[1], 1);
    if (!row)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a row of %zu numbers", shape[1]);
    uhn_status status = uhn_replacement_start(&file, path);
    if (status == UHN_OK) {
        status = uhn_write_npy_header(&file, values ? types[UHN_FLOAT32] : types[view->meta.storage], 2, shape);
        if (status == UHN_OK)
            status = write_rows(view, values, &file, row);
        status = uhn_replacement_finish(&file, status);
    }
    uhn_release(row);
    return status == UHN_ERROR_ARGUMENT ? UHN_ERROR_SYSTEM : status; /* the system refuses; for files it is that */
}
