/* SPDX-License-Identifier: MIT */
#include "store/pack.h"

#include "base/status.h"

#include <endian.h>
#include <string.h>

void uhn_pack_copy(const uhn_layout *to_layout, uint8_t *to, size_t slot, const uhn_layout *from_layout,
                   const uint8_t *from, size_t from_slot, size_t count)
{
    const size_t row = to_layout->row_bytes, value = to_layout->value_bytes;
    memcpy(to + UHN_BLOCK_HEADER + slot * row, from + UHN_BLOCK_HEADER + from_slot * row, count * row);
    if (to_layout->values)
        memcpy(to + to_layout->values + slot * value, from + from_layout->values + from_slot * value, count * value);
    if (to_layout->squares)
        memcpy(to + to_layout->squares + slot * sizeof(double),
               from + from_layout->squares + from_slot * sizeof(double), count * sizeof(double));
    memcpy(to + to_layout->ids + slot * sizeof(uint64_t), from + from_layout->ids + from_slot * sizeof(uint64_t),
           count * sizeof(uint64_t));
}

static uint8_t *row_at(const uhn_layout *layout, uint8_t *block, size_t slot)
{
    return block + UHN_BLOCK_HEADER + slot * layout->row_bytes;
}

static float *value_at(const uhn_layout *layout, uint8_t *block, size_t slot)
{
    return layout->values ? (float *)(void *)(block + layout->values + slot * layout->value_bytes) : NULL;
}

/* Slots slot … slot+count−1, which sentences call rows first … */
static uhn_status examine(const uhn_meta *meta, const uhn_layout *layout, uint8_t *block, size_t slot, size_t first,
                          size_t count, uhn_range *range)
{
    double *squares = layout->squares ? (double *)(void *)(block + layout->squares) + slot : NULL;
    return uhn_examine_rows(meta->storage, row_at(layout, block, slot), first, count, meta->dim, 0,
                            value_at(layout, block, slot), meta->value_dim, 0, range, squares);
}

uhn_status uhn_pack_rows(const uhn_meta *meta, const uhn_layout *layout, uint8_t *block, size_t slot,
                         const uhn_store_rows *rows, size_t first, size_t count, uhn_range *range)
{
    if (rows->fetch) {
        const uhn_status status =
            rows->fetch(rows->context, first, count, row_at(layout, block, slot), value_at(layout, block, slot));
        if (status != UHN_OK)
            return status;
    }
    for (size_t i = 0; !rows->fetch && i < count; i++) {
        const size_t index = first + i;
        memcpy(row_at(layout, block, slot + i), (const uint8_t *)rows->rows + index * rows->row_stride,
               layout->row_bytes);
        if (layout->values)
            memcpy(value_at(layout, block, slot + i), (const uint8_t *)rows->values + index * rows->value_stride,
                   layout->value_bytes);
    }
    return examine(meta, layout, block, slot, first, count, range);
}

void uhn_pack_id(const uhn_layout *layout, uint8_t *block, size_t slot, uint64_t id)
{
    id = htole64(id);
    memcpy(block + layout->ids + slot * sizeof id, &id, sizeof id);
}

uhn_status uhn_pack_examine(const uhn_meta *meta, const uhn_layout *layout, uint8_t *block, size_t first, size_t count,
                            uhn_range *range)
{
    return examine(meta, layout, block, first, first, count, range);
}

const char *uhn_pack_label(const uhn_store_rows *rows, size_t index)
{
    const char *label = rows->labels ? rows->labels[index] : NULL;
    return label && *label ? label : NULL;
}

static uhn_status check_labels(const uhn_store_rows *rows)
{
    for (size_t i = 0; rows->labels && i < rows->count; i++) {
        const char *label = uhn_pack_label(rows, i);
        if (label && strlen(label) > UHN_STORE_LABEL_MAX)
            return uhn_fail(UHN_ERROR_ARGUMENT, "the label of row %zu has more than %d bytes", i,
                            (int)UHN_STORE_LABEL_MAX);
        if (label && strpbrk(label, "\r\n")) /* files of labels have one a line */
            return uhn_fail(UHN_ERROR_ARGUMENT, "the label of row %zu has a line break; a label is one line", i);
    }
    return UHN_OK;
}

uhn_status uhn_pack_check(const uhn_meta *meta, const uhn_store_rows *given, uhn_store_rows *rows)
{
    if (!given || (given->count && !given->rows && !given->fetch))
        return uhn_fail(UHN_ERROR_ARGUMENT, "rows: no array was given");
    if (given->fetch && (given->rows || given->values))
        return uhn_fail(UHN_ERROR_ARGUMENT, "rows: given as an array and to be fetched as well");
    *rows = *given;
    const size_t row_bytes = uhn_row_bytes(meta->storage, meta->dim), value_bytes = meta->value_dim * sizeof(float);
    if (!meta->value_dim && rows->values)
        return uhn_fail(UHN_ERROR_ARGUMENT, "this store has no values of its own (P = M), yet values were given");
    if (meta->value_dim && !rows->values && !rows->fetch && rows->count)
        return uhn_fail(UHN_ERROR_ARGUMENT, "this store has values of %zu dimensions, yet none were given",
                        meta->value_dim);
    rows->row_stride = rows->row_stride ? rows->row_stride : row_bytes;
    rows->value_stride = rows->value_stride ? rows->value_stride : value_bytes;
    if (rows->row_stride < row_bytes || rows->value_stride < value_bytes)
        return uhn_fail(UHN_ERROR_SHAPE, "strides of %zu and %zu bytes are below the %zu and %zu bytes of rows",
                        rows->row_stride, rows->value_stride, row_bytes, value_bytes);
    return check_labels(rows);
}
