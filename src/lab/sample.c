/* SPDX-License-Identifier: MIT */
#include "lab/sample.h"

#include "base/allocate.h"
#include "base/random.h"
#include "base/status.h"

#include <math.h>
#include <string.h>

uhn_status uhn_sample_draw(uint64_t seed, uint64_t draw, size_t total, size_t count, size_t *rows)
{
    size_t *order = uhn_allocate(total, sizeof *order);
    if (!order)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for an order of %zu rows", total);
    for (size_t i = 0; i < total; i++)
        order[i] = i;
    for (size_t i = 0; i < count && i < total; i++) {
        uint32_t words[4];
        uhn_random_words(seed, UHN_STREAM_SAMPLE, i, (uint32_t)draw, words);
        const uint64_t wide = (uint64_t)words[0] << 32 | words[1];
        const size_t other = i + (size_t)(wide % (total - i)); /* 2^64 is so much larger that none is preferred */
        rows[i] = order[other];
        order[other] = order[i];
    }
    uhn_release(order);
    return UHN_OK;
}

static const uint8_t *row_at(const uhn_dataset *data, size_t row)
{
    return (const uint8_t *)data->rows + row * uhn_row_bytes(data->storage, data->dim);
}

uhn_status uhn_sample_check(const uhn_dataset *data)
{
    if (data->storage != UHN_FLOAT32) /* bytes and bits always are */
        return UHN_OK;
    const float *values = data->rows;
    for (size_t i = 0; i < data->count * data->dim; i++) {
        const size_t row = i / data->dim, column = i % data->dim;
        if (!isfinite(values[i]))
            return uhn_fail(UHN_ERROR_NONFINITE, "row %zu, column %zu is NaN or infinite", row, column);
        if (values[i] < 0 || values[i] > 1)
            return uhn_fail(UHN_ERROR_DOMAIN, "row %zu, column %zu is %g, but images are numbers from 0 to 1", row,
                            column, (double)values[i]);
    }
    return UHN_OK;
}

/* As a memory expands them: IEEE division rounds correctly. */
static float number_at(const uint8_t *row, uhn_storage storage, size_t i)
{
    return storage == UHN_UINT8 ? (float)row[i] / 255.0f : (float)(row[i / 8] >> (7 - i % 8) & 1);
}

void uhn_sample_rows(const uhn_dataset *data, const size_t *rows, size_t count, float *to)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *row = row_at(data, rows[i]);
        float *values = to + i * data->dim;
        if (data->storage == UHN_FLOAT32)
            memcpy(values, row, data->dim * sizeof *values);
        else
            for (size_t k = 0; k < data->dim; k++)
                values[k] = number_at(row, data->storage, k);
    }
}

void uhn_sample_damage(const uhn_dataset *data, size_t first, const uhn_corruption *corruption, double level,
                       uint64_t seed, const size_t *rows, size_t count, float *values)
{
    for (size_t i = 0; i < count; i++)
        corruption->apply(level, seed, &data->geometry, first + rows[i], data->dim, values + i * data->dim);
}

uhn_status uhn_sample_store(const uhn_dataset *data, const size_t *rows, size_t count, uhn_memory **memory)
{
    uhn_status status = uhn_memory_create(data->storage, data->dim, 0, memory);
    for (size_t i = 0; status == UHN_OK && i < count; i++)
        status = uhn_memory_add(*memory, row_at(data, rows[i]), 1, 0, NULL, 0);
    if (status != UHN_OK) {
        uhn_memory_destroy(*memory);
        *memory = NULL;
    }
    return status;
}
