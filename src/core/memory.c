/* SPDX-License-Identifier: MIT
 * A memory: N rows of M, and of P where it is not M. */
#include "core/memory.h"

#include "base/allocate.h"
#include "base/status.h"
#include "kernel/kernel.h"

#include <math.h>
#include <string.h>

size_t uhn_row_bytes(uhn_storage storage, size_t dim)
{
    switch (storage) {
    case UHN_FLOAT32:
        return dim > PTRDIFF_MAX / sizeof(float) ? 0 : dim * sizeof(float);
    case UHN_UINT8:
        return dim;
    case UHN_BITS:
        return dim / 8 + (dim % 8 != 0);
    case UHN_STORAGE_COUNT:
        break;
    }
    return 0;
}

uhn_status uhn_check_rows(const char *what, const void *rows, size_t count, size_t width, size_t stride, size_t *use)
{
    const size_t packed = uhn_row_bytes(UHN_FLOAT32, width);
    size_t bytes;
    *use = stride ? stride : packed;
    if (!rows && count)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: no array was given", what);
    if ((uintptr_t)rows % sizeof(float))
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the array of floats is not aligned to %zu bytes", what, sizeof(float));
    if (*use < packed || *use % sizeof(float))
        return uhn_fail(UHN_ERROR_SHAPE,
                        "%s: a stride of %zu bytes; rows of %zu floats need a multiple of 4, at least %zu", what,
                        stride, width, packed);
    if (!uhn_multiply_sizes(count, *use, &bytes) || bytes > PTRDIFF_MAX)
        return uhn_fail(UHN_ERROR_SHAPE, "%s: %zu rows of %zu bytes are more than there can be", what, count, *use);
    return UHN_OK;
}

/* ---- making and freeing */

uhn_range uhn_range_empty(uhn_storage storage)
{
    const bool floats = storage == UHN_FLOAT32;
    return (uhn_range){floats ? INFINITY : 0, floats ? -INFINITY : 1, INFINITY, -INFINITY};
}

uhn_status uhn_memory_make(uhn_storage storage, size_t dim, size_t value_dim, uhn_memory **memory)
{
    const size_t row_bytes = uhn_row_bytes(storage, dim);
    if (!memory)
        return uhn_fail(UHN_ERROR_ARGUMENT, "there is no place for the memory");
    *memory = NULL;
    if ((unsigned)storage >= UHN_STORAGE_COUNT)
        return uhn_fail(UHN_ERROR_ARGUMENT, "there is no storage number %d", (int)storage);
    if (dim == 0 || row_bytes == 0 || (value_dim && uhn_row_bytes(UHN_FLOAT32, value_dim) == 0))
        return uhn_fail(UHN_ERROR_ARGUMENT, "a memory needs at least 1 dimension, and fewer than %zu",
                        (size_t)PTRDIFF_MAX / sizeof(float));
    const uhn_range range = uhn_range_empty(storage);
    uhn_memory *made = uhn_allocate(1, sizeof *made);
    if (!made)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a memory");
    *made = (uhn_memory){.storage = storage,
                         .dim = dim,
                         .value_dim = value_dim ? value_dim : dim,
                         .has_values = value_dim != 0,
                         .low = range.low,
                         .high = range.high,
                         .value_low = range.value_low,
                         .value_high = range.value_high,
                         .row_stride = row_bytes,
                         .value_stride = value_dim * sizeof(float)};
    *memory = made;
    return UHN_OK;
}

uhn_status uhn_memory_create(uhn_storage storage, size_t dim, size_t value_dim, uhn_memory **memory)
{
    return uhn_memory_make(storage, dim, value_dim, memory);
}

void uhn_memory_destroy(uhn_memory *memory)
{
    if (!memory)
        return;
    if (!memory->borrowed) {
        uhn_release(memory->rows);
        uhn_release(memory->values);
    }
    uhn_release(memory->squares);
    uhn_release(memory->distributions);
    uhn_blocks_release(memory->blocks);
    uhn_release(memory);
}

/* Rows are about to change. */
static void forget_distributions(uhn_memory *memory)
{
    uhn_release(memory->distributions);
    memory->distributions = NULL;
}

/* ---- checking what comes in */

static uhn_status check_finite(const char *what, const void *rows, size_t first, size_t count, size_t width,
                               size_t stride)
{
    for (size_t i = 0; i < count; i++) {
        const float *row = (const float *)(const void *)((const uint8_t *)rows + i * stride);
        for (size_t j = 0; j < width; j++)
            if (!isfinite(row[j]))
                return uhn_fail(UHN_ERROR_NONFINITE, "%s %zu has a NaN or an infinity at coordinate %zu", what,
                                first + i, j);
    }
    return UHN_OK;
}

static uhn_status check_padding(const void *rows, size_t first, size_t count, size_t dim, size_t stride)
{
    const unsigned unused = dim % 8 ? 0xffu >> dim % 8 : 0;
    for (size_t i = 0; i < count; i++)
        if (((const uint8_t *)rows)[i * stride + dim / 8 - (unused == 0)] & unused)
            return uhn_fail(UHN_ERROR_ARGUMENT, "row %zu has bits set past its %zu coordinates", first + i, dim);
    return UHN_OK;
}

/* Rows of M in the memory's storage, and rows of P; sentences count them from `first`. Gives the strides to use. */
static uhn_status check_input(const uhn_memory *memory, const void *rows, size_t first, size_t count,
                              size_t *row_stride, const float *values, size_t *value_stride)
{
    const size_t packed = uhn_row_bytes(memory->storage, memory->dim);
    size_t bytes;
    uhn_status status = UHN_OK;
    if (memory->storage == UHN_FLOAT32) {
        UHN_TRY(uhn_check_rows("rows", rows, count, memory->dim, *row_stride, row_stride));
        UHN_TRY(check_finite("row", rows, first, count, memory->dim, *row_stride));
    } else {
        *row_stride = *row_stride ? *row_stride : packed;
        if (!rows && count)
            return uhn_fail(UHN_ERROR_ARGUMENT, "rows: no array was given");
        if (*row_stride < packed)
            return uhn_fail(UHN_ERROR_SHAPE, "rows: a stride of %zu bytes is below the %zu bytes of a row", *row_stride,
                            packed);
        if (!uhn_multiply_sizes(count, *row_stride, &bytes) || bytes > PTRDIFF_MAX)
            return uhn_fail(UHN_ERROR_SHAPE, "rows: %zu rows of %zu bytes are more than there can be", count,
                            *row_stride);
        if (memory->storage == UHN_BITS)
            UHN_TRY(check_padding(rows, first, count, memory->dim, *row_stride));
    }
    if (memory->has_values) {
        UHN_TRY(uhn_check_rows("values", values, count, memory->value_dim, *value_stride, value_stride));
        UHN_TRY(check_finite("value", values, first, count, memory->value_dim, *value_stride));
    }
leave:
    return status;
}

static const float *floats_at(const void *rows, size_t index, size_t stride)
{
    return (const float *)(const void *)((const uint8_t *)rows + index * stride);
}

/* Notes what recalls want to know of rows that will be first … first+count−1. */
static void note_rows(uhn_memory *memory, size_t first, const void *rows, size_t row_stride, const float *values,
                      size_t value_stride, size_t count)
{
    const uhn_kernels *kernels = uhn_kernels_in_use();
    for (size_t i = 0; memory->squares && i < count; i++) {
        const float *row = floats_at(rows, i, row_stride);
        kernels->range(row, memory->dim, &memory->low, &memory->high);
        memory->squares[first + i] = kernels->moments(row, memory->dim).squares;
    }
    for (size_t i = 0; values && i < count; i++)
        kernels->range(floats_at(values, i, value_stride), memory->value_dim, &memory->value_low, &memory->value_high);
}

static double *allocate_squares(const uhn_memory *memory, size_t capacity)
{
    return memory->storage == UHN_FLOAT32 ? uhn_allocate(capacity, sizeof(double)) : NULL;
}

uhn_status uhn_memory_borrow(uhn_storage storage, const void *rows, size_t count, size_t dim, size_t row_stride,
                             const float *values, size_t value_dim, size_t value_stride, uhn_memory **memory)
{
    uhn_memory *made = NULL;
    uhn_status status = UHN_OK;
    if (memory)
        *memory = NULL;
    if (values && value_dim == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "values of 0 dimensions");
    UHN_TRY(uhn_memory_make(storage, dim, values ? value_dim : 0, memory ? &made : NULL));
    UHN_TRY(check_input(made, rows, 0, count, &row_stride, values, &value_stride));
    made->squares = allocate_squares(made, count);
    if (storage == UHN_FLOAT32 && !made->squares)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for what is known of %zu rows", count));
    note_rows(made, 0, rows, row_stride, values, value_stride, count);
    made->borrowed = true;
    made->count = made->capacity = count;
    made->row_stride = row_stride;
    made->value_stride = value_stride;
    made->rows = (uint8_t *)(uintptr_t)rows; /* read only: every writer looks at `borrowed` first */
    made->values = (uint8_t *)(uintptr_t)values;
    *memory = made;
    return UHN_OK;
leave:
    uhn_memory_destroy(made);
    return status;
}

uhn_status uhn_examine_rows(uhn_storage storage, const void *rows, size_t first, size_t count, size_t dim,
                            size_t row_stride, const float *values, size_t value_dim, size_t value_stride,
                            uhn_range *range, double *squares)
{
    uhn_memory *made = NULL;
    uhn_status status = UHN_OK;
    UHN_TRY(uhn_memory_make(storage, dim, values ? value_dim : 0, &made));
    UHN_TRY(check_input(made, rows, first, count, &row_stride, values, &value_stride));
    made->squares = storage == UHN_FLOAT32 ? squares : NULL;
    note_rows(made, 0, rows, row_stride, values, value_stride, count);
    made->squares = NULL;
    *range = (uhn_range){fminf(range->low, made->low), fmaxf(range->high, made->high),
                         fminf(range->value_low, made->value_low), fmaxf(range->value_high, made->value_high)};
leave:
    uhn_memory_destroy(made);
    return status;
}

/* ---- changing */

static uhn_status check_writable(const uhn_memory *memory)
{
    if (!memory)
        return uhn_fail(UHN_ERROR_ARGUMENT, "no memory was given");
    return memory->borrowed ? uhn_fail(UHN_ERROR_READ_ONLY, "a borrowed memory cannot be changed") : UHN_OK;
}

/* Moves the rows into room for exactly `capacity` of them. On failure nothing has changed. */
static uhn_status resize(uhn_memory *memory, size_t capacity)
{
    uint8_t *rows = uhn_allocate(capacity, memory->row_stride);
    uint8_t *values = memory->has_values ? uhn_allocate(capacity, memory->value_stride) : NULL;
    double *squares = allocate_squares(memory, capacity);
    if (!rows || (memory->has_values && !values) || (memory->storage == UHN_FLOAT32 && !squares)) {
        uhn_release(rows);
        uhn_release(values);
        uhn_release(squares);
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu rows of %zu bytes", capacity,
                        memory->row_stride + memory->value_stride);
    }
    const size_t kept = memory->count < capacity ? memory->count : capacity;
    if (kept) {
        memcpy(rows, memory->rows, kept * memory->row_stride);
        if (values)
            memcpy(values, memory->values, kept * memory->value_stride);
        if (squares)
            memcpy(squares, memory->squares, kept * sizeof *squares);
    }
    uhn_release(memory->rows);
    uhn_release(memory->values);
    uhn_release(memory->squares);
    memory->squares = squares;
    memory->rows = rows;
    memory->values = values;
    memory->capacity = capacity;
    return UHN_OK;
}

static void copy_row(uhn_memory *memory, size_t index, const void *row, const float *value)
{
    memcpy(memory->rows + index * memory->row_stride, row, memory->row_stride);
    if (value)
        memcpy(memory->values + index * memory->value_stride, value, memory->value_stride);
}

static uhn_status check_values_given(const uhn_memory *memory, const float *values, bool required)
{
    if (values && !memory->has_values)
        return uhn_fail(UHN_ERROR_ARGUMENT, "this memory has no values of its own (P = M), yet values were given");
    if (!values && memory->has_values && required)
        return uhn_fail(UHN_ERROR_ARGUMENT, "this memory has values of %zu dimensions, yet none were given",
                        memory->value_dim);
    return UHN_OK;
}

uhn_status uhn_memory_add(uhn_memory *memory, const void *rows, size_t count, size_t row_stride, const float *values,
                          size_t value_stride)
{
    uhn_status status = UHN_OK;
    UHN_TRY(check_writable(memory));
    if (count == 0)
        return UHN_OK;
    forget_distributions(memory);
    UHN_TRY(check_values_given(memory, values, true));
    UHN_TRY(check_input(memory, rows, 0, count, &row_stride, values, &value_stride));
    if (count > SIZE_MAX - memory->count)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu rows more", count);
    const size_t needed = memory->count + count;
    if (needed > memory->capacity) { /* half as much again, so that adding one by one stays linear */
        const size_t roomy = memory->capacity + memory->capacity / 2;
        if (needed >= roomy || resize(memory, roomy) != UHN_OK)
            UHN_TRY(resize(memory, needed));
    }
    note_rows(memory, memory->count, rows, row_stride, values, value_stride, count);
    for (size_t i = 0; i < count; i++)
        copy_row(memory, memory->count + i, (const uint8_t *)rows + i * row_stride,
                 values ? floats_at(values, i, value_stride) : NULL);
    memory->count = needed;
leave:
    return status;
}

uhn_status uhn_memory_update(uhn_memory *memory, size_t index, const void *row, const float *value)
{
    uhn_status status = UHN_OK;
    size_t row_stride = 0, value_stride = 0;
    UHN_TRY(check_writable(memory));
    if (index >= memory->count)
        return uhn_fail(UHN_ERROR_ARGUMENT, "there is no row %zu among %zu", index, memory->count);
    UHN_TRY(check_values_given(memory, value, false));
    uhn_memory rows_only = *memory;
    rows_only.has_values = value != NULL;
    UHN_TRY(check_input(&rows_only, row, 0, 1, &row_stride, value, &value_stride));
    forget_distributions(memory);
    note_rows(memory, index, row, row_stride, value, value_stride, 1);
    copy_row(memory, index, row, value);
leave:
    return status;
}

uhn_status uhn_memory_remove(uhn_memory *memory, const size_t *indices, size_t count)
{
    uhn_status status = UHN_OK;
    UHN_TRY(check_writable(memory));
    if (count == 0)
        return UHN_OK;
    if (!indices)
        return uhn_fail(UHN_ERROR_ARGUMENT, "indices: no array was given");
    for (size_t i = 0; i < count; i++)
        if (indices[i] >= memory->count)
            return uhn_fail(UHN_ERROR_ARGUMENT, "there is no row %zu among %zu", indices[i], memory->count);
    bool *gone = uhn_allocate(memory->count, sizeof *gone);
    if (!gone)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory to mark %zu rows", memory->count);
    forget_distributions(memory);
    for (size_t i = 0; i < count; i++)
        gone[indices[i]] = true;
    size_t kept = 0;
    for (size_t i = 0; i < memory->count; i++) {
        if (gone[i])
            continue;
        if (kept != i)
            copy_row(memory, kept, memory->rows + i * memory->row_stride,
                     memory->has_values ? floats_at(memory->values, i, memory->value_stride) : NULL);
        if (memory->squares)
            memory->squares[kept] = memory->squares[i];
        kept++;
    }
    uhn_release(gone);
    memory->count = kept;
    /* Giving space back needs room for a copy; without it the rows stay where they are, which is no failure. */
    if (kept < memory->capacity / 2)
        (void)resize(memory, kept);
leave:
    return status;
}

/* ---- reading */

size_t uhn_memory_count(const uhn_memory *memory)
{
    return memory ? memory->count : 0;
}

size_t uhn_memory_dim(const uhn_memory *memory)
{
    return memory ? memory->dim : 0;
}

size_t uhn_memory_value_dim(const uhn_memory *memory)
{
    return memory ? memory->value_dim : 0;
}

bool uhn_memory_has_values(const uhn_memory *memory)
{
    return memory && memory->has_values;
}

uhn_storage uhn_memory_storage(const uhn_memory *memory)
{
    return memory ? memory->storage : UHN_STORAGE_COUNT;
}

size_t uhn_memory_bytes(const uhn_memory *memory)
{
    return memory && !memory->borrowed ? memory->capacity * (memory->row_stride + memory->value_stride) : 0;
}

const float *uhn_memory_expand(const uhn_memory *memory, size_t index, float *scratch)
{
    const uint8_t *row = uhn_memory_stored(memory, index);
    if (memory->storage == UHN_FLOAT32)
        return (const float *)(const void *)row;
    if (memory->storage == UHN_UINT8)
        uhn_kernel_expand_uint8(row, scratch, memory->dim);
    else
        uhn_kernel_expand_bits(row, scratch, memory->dim);
    return scratch;
}

const float *uhn_memory_projected(const uhn_memory *memory, uhn_projection projection, size_t index, float *scratch)
{
    if (projection == UHN_PROJECTION_NEXT)
        return uhn_memory_expand(memory, index + 1 < memory->count ? index + 1 : 0, scratch);
    if (memory->has_values)
        return (const float *)(const void *)uhn_memory_stored_value(memory, index);
    return uhn_memory_expand(memory, index, scratch);
}

static uhn_status copy_out(const uhn_memory *memory, size_t index, float *to, bool value)
{
    if (!memory || !to || index >= memory->count)
        return uhn_fail(UHN_ERROR_ARGUMENT, "there is no row %zu among %zu, or no place for it", index,
                        uhn_memory_count(memory));
    const float *from =
        value ? uhn_memory_projected(memory, UHN_PROJECTION_VALUES, index, to) : uhn_memory_expand(memory, index, to);
    if (from != to)
        memcpy(to, from, (value ? memory->value_dim : memory->dim) * sizeof *to);
    return uhn_memory_intact(memory, UHN_OK);
}

uhn_status uhn_memory_row(const uhn_memory *memory, size_t index, float *row)
{
    return copy_out(memory, index, row, false);
}

uhn_status uhn_memory_value(const uhn_memory *memory, size_t index, float *value)
{
    return copy_out(memory, index, value, true);
}
