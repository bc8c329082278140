/* SPDX-License-Identifier: MIT */
#include "data/dataset.h"

#include "base/allocate.h"
#include "base/status.h"
#include "data/array.h"
#include "data/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Formats that their first bytes tell come first; CIFAR files have nothing but their name and length. */
static const uhn_reader *const readers[] = {
    &uhn_reader_folder, &uhn_reader_npy,     &uhn_reader_png,   &uhn_reader_jpeg,
    &uhn_reader_idx,    &uhn_reader_archive, &uhn_reader_cifar,
};

const uhn_reader *uhn_reader_at(size_t index)
{
    return index < sizeof readers / sizeof *readers ? readers[index] : NULL;
}

static uhn_status fail_unknown(const char *path)
{
    char known[512];
    size_t length = 0;
    for (size_t i = 0; uhn_reader_at(i) && length < sizeof known; i++)
        length +=
            (size_t)snprintf(known + length, sizeof known - length, "%s%s", i ? "; " : "", uhn_reader_at(i)->summary);
    return uhn_fail(UHN_ERROR_ARGUMENT, "%s: not a format that is recognised: %s", path, known);
}

uhn_status uhn_find_reader(const uhn_file *file, const uhn_reader **reader)
{
    uint8_t head[UHN_HEAD_SIZE];
    size_t size;
    bool is_folder;
    uhn_status status = uhn_source_head(file, head, sizeof head, &size, &is_folder);
    if (status != UHN_OK)
        return status;
    for (size_t i = 0; (*reader = uhn_reader_at(i)); i++)
        if ((*reader)->probe(file->path, head, size, is_folder))
            return UHN_OK;
    return fail_unknown(file->path);
}

static uhn_status read_or_open(const uhn_file *file, const uhn_read_limits *limits, bool may_stay, uhn_dataset *data)
{
    *data = (uhn_dataset){0};
    const uhn_reader *reader;
    uhn_status status = uhn_find_reader(file, &reader);
    if (status == UHN_OK)
        status = (may_stay && reader->open ? reader->open : reader->read)(file, limits, data);
    if (status != UHN_OK)
        uhn_dataset_free(data);
    return status;
}

uhn_status uhn_file_read(const uhn_file *file, const uhn_read_limits *limits, uhn_dataset *data)
{
    return read_or_open(file, limits, false, data);
}

uhn_status uhn_dataset_read(const char *path, const uhn_read_limits *limits, uhn_dataset *data)
{
    return uhn_file_read(&(uhn_file){.path = path}, limits, data);
}

uhn_status uhn_dataset_open(const char *path, const uhn_read_limits *limits, uhn_dataset *data)
{
    return read_or_open(&(uhn_file){.path = path}, limits, true, data);
}

void uhn_dataset_free(uhn_dataset *data)
{
    uhn_array_close(data->file);
    uhn_release(data->rows);
    uhn_release(data->labels);
    *data = (uhn_dataset){0};
}

size_t uhn_stored_size(uhn_storage storage)
{
    return storage == UHN_FLOAT32 ? sizeof(float) : 1;
}

static size_t packed_row_bytes(const uhn_dataset *data)
{
    return data->storage == UHN_BITS ? data->dim / 8 + (data->dim % 8 != 0)
                                     : data->dim * uhn_stored_size(data->storage);
}

static uhn_status fail_rows(const uhn_dataset *data, size_t first, size_t end)
{
    return uhn_fail(UHN_ERROR_RANGE, "rows %zu up to %zu are not within the %zu rows of the data", first, end,
                    data->count);
}

uhn_status uhn_dataset_fetch(const uhn_dataset *data, size_t first, size_t count, void *rows)
{
    if (first > data->count || count > data->count - first)
        return fail_rows(data, first, first + count);
    if (data->file)
        return uhn_array_fetch(data->file, data->first + first, count, rows);
    size_t bytes = packed_row_bytes(data);
    memcpy(rows, (const uint8_t *)data->rows + first * bytes, count * bytes);
    return UHN_OK;
}

uhn_status uhn_dataset_select(uhn_dataset *data, size_t first, size_t end)
{
    if (first >= end || end > data->count)
        return fail_rows(data, first, end);
    size_t bytes = packed_row_bytes(data);
    data->count = end - first;
    data->first += first;
    if (data->rows)
        memmove(data->rows, (uint8_t *)data->rows + first * bytes, data->count * bytes);
    if (data->labels)
        memmove(data->labels, data->labels + first, data->count);
    if (data->rank > 1 || data->dim == 1) /* else the one dimension is that of a single row */
        data->shape[0] = data->count;
    return UHN_OK;
}

static void expand_uint8(const uint8_t *row, size_t dim, float *out)
{
    for (size_t i = 0; i < dim; i++)
        out[i] = (float)row[i] / 255.0f;
}

static void expand_bits(const uint8_t *row, size_t dim, float *out)
{
    for (size_t i = 0; i < dim; i++)
        out[i] = (float)(row[i / 8] >> (7 - i % 8) & 1);
}

uhn_status uhn_dataset_to_float(uhn_dataset *data)
{
    if (data->storage == UHN_FLOAT32)
        return UHN_OK;
    size_t total, bytes = packed_row_bytes(data);
    float *floats = uhn_multiply_sizes(data->count, data->dim, &total) ? uhn_allocate(total, sizeof(float)) : NULL;
    if (!floats)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu × %zu float32 values", data->count, data->dim);
    for (size_t i = 0; i < data->count; i++) {
        const uint8_t *row = (const uint8_t *)data->rows + i * bytes;
        (data->storage == UHN_BITS ? expand_bits : expand_uint8)(row, data->dim, floats + i * data->dim);
    }
    uhn_release(data->rows);
    data->rows = floats;
    data->storage = UHN_FLOAT32;
    return UHN_OK;
}

uhn_status uhn_check_limit(const char *path, size_t count, size_t row_bytes, uint64_t limit)
{
    size_t total;
    if (uhn_multiply_sizes(count, row_bytes, &total) && total <= limit)
        return UHN_OK;
    return uhn_fail(UHN_ERROR_RANGE, "%s: %zu rows of %zu bytes are more than the limit of %" PRIu64 " bytes", path,
                    count, row_bytes, limit);
}

uhn_status uhn_dataset_allocate(const char *path, uhn_dataset *data)
{
    data->rows = uhn_allocate(data->count, data->dim * uhn_stored_size(data->storage));
    if (!data->rows)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory for its %zu rows of %zu values", path, data->count,
                        data->dim);
    return UHN_OK;
}

void uhn_dataset_describe_images(uhn_dataset *data, size_t count, const uhn_geometry *geometry)
{
    bool gray = geometry->channels == 1;
    data->count = count;
    data->dim = geometry->height * geometry->width * geometry->channels;
    data->storage = UHN_UINT8;
    data->geometry = *geometry;
    data->rank = gray ? 3 : 4;
    const size_t shape[4] = {count, gray ? geometry->height : geometry->channels,
                             gray ? geometry->width : geometry->height, gray ? 0 : geometry->width};
    memcpy(data->shape, shape, sizeof shape);
}

/* Row lengths that are images by custom: MNIST, CIFAR, Tiny ImageNet. */
static const uhn_geometry customary[] = {{28, 28, 1, false}, {32, 32, 3, false}, {64, 64, 3, false}};

static bool is_channels(size_t size)
{
    return size == 1 || size == 3;
}

void uhn_guess_geometry(uhn_dataset *data)
{
    const size_t *shape = data->shape;
    data->geometry = (uhn_geometry){0};
    if (data->rank == 3 && shape[1] > 1 && shape[2] > 1)
        data->geometry = (uhn_geometry){shape[1], shape[2], 1, false};
    if (data->rank == 4 && is_channels(shape[1]))
        data->geometry = (uhn_geometry){shape[2], shape[3], shape[1], false};
    else if (data->rank == 4 && is_channels(shape[3]))
        data->geometry = (uhn_geometry){shape[1], shape[2], shape[3], true};
    for (size_t i = 0; data->rank <= 2 && i < sizeof customary / sizeof *customary; i++)
        if (data->dim == customary[i].height * customary[i].width * customary[i].channels)
            data->geometry = customary[i];
}
