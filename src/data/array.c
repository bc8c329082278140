/* SPDX-License-Identifier: MIT */
#include "data/array.h"

#include "base/allocate.h"
#include "base/status.h"
#include "data/reader.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK = 4096, ELEMENT_SIZE_MAX = 8 };

static size_t convert_float32(const uint8_t *bytes, size_t count, bool swapped, void *out)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, bytes + i * sizeof bits, sizeof bits);
        bits = swapped ? __builtin_bswap32(bits) : bits;
        memcpy((uint8_t *)out + i * sizeof bits, &bits, sizeof bits);
    }
    return count;
}

static size_t convert_float64(const uint8_t *bytes, size_t count, bool swapped, void *out)
{
    /* Halfway between FLT_MAX and the next power of two: from there on, rounding to float32 gives infinity. */
    static const double too_large = 0x1.ffffffp127;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        double value;
        memcpy(&bits, bytes + i * sizeof bits, sizeof bits);
        bits = swapped ? __builtin_bswap64(bits) : bits;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value) && fabs(value) >= too_large)
            return i;
        ((float *)out)[i] = (float)value;
    }
    return count;
}

static size_t convert_uint8(const uint8_t *bytes, size_t count, bool swapped, void *out)
{
    (void)swapped;
    memcpy(out, bytes, count);
    return count;
}

static size_t convert_bool(const uint8_t *bytes, size_t count, bool swapped, void *out)
{
    (void)swapped;
    for (size_t i = 0; i < count; i++)
        ((float *)out)[i] = bytes[i] ? 1.0f : 0.0f;
    return count;
}

static const uhn_element elements[] = {
    {"float32", "f4", 0x0d, 4, UHN_FLOAT32, convert_float32, true},
    {"float64", "f8", 0x0e, 8, UHN_FLOAT32, convert_float64, false},
    {"uint8", "u1", 0x08, 1, UHN_UINT8, convert_uint8, true},
    {"bool", "b1", 0, 1, UHN_FLOAT32, convert_bool, false},
};

const uhn_element *uhn_element_at(size_t index)
{
    return index < sizeof elements / sizeof *elements ? &elements[index] : NULL;
}

/* "1000 × 784" for error sentences. */
static const char *shape_text(const uhn_array *array, char text[static 128])
{
    size_t length = 0;
    for (size_t i = 0; i < array->rank; i++)
        length += (size_t)snprintf(text + length, 128 - length, "%s%zu", i ? " × " : "", array->shape[i]);
    return text;
}

/* Checks every length before anything is allocated, and fills count, dim, rank, shape and storage. */
static uhn_status measure(const uhn_source *source, const uhn_array *array, uhn_dataset *data)
{
    char text[128];
    uint64_t follow = source->size - source->position;
    size_t elements_in_all = 1, bytes, row_bytes;
    bool fits = true;
    for (size_t i = 0; i < array->rank; i++) {
        if (array->shape[i] == 0)
            return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the array is empty: its sizes are %s", source->path,
                            shape_text(array, text));
        fits = fits && uhn_multiply_sizes(elements_in_all, array->shape[i], &elements_in_all);
    }
    if (!fits || !uhn_multiply_sizes(elements_in_all, array->element->size, &bytes))
        return uhn_fail(UHN_ERROR_ARGUMENT,
                        "%s: the header says %s %s, more bytes than can be counted, but %" PRIu64 " bytes follow",
                        source->path, shape_text(array, text), array->element->name, follow);
    if (bytes != follow)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the header says %s %s (%zu bytes) but %" PRIu64 " bytes follow",
                        source->path, shape_text(array, text), array->element->name, bytes, follow);
    bool one_row = array->rank == 1 && array->vector_is_row;
    data->count = one_row ? 1 : array->shape[0];
    data->dim = elements_in_all / data->count;
    data->storage = array->element->storage;
    data->rank = array->rank;
    memcpy(data->shape, array->shape, array->rank * sizeof *array->shape);
    row_bytes = data->dim * uhn_stored_size(data->storage);
    return uhn_check_limit(source->path, data->count, row_bytes, source->limit);
}

/* Where element `index` of a file in Fortran order belongs in C order. */
static size_t place_of(const uhn_array *array, size_t index)
{
    size_t place = 0, step = 1, along[UHN_RANK_MAX] = {0};
    for (size_t i = 0; i < array->rank; i++) {
        along[i] = index % array->shape[i];
        index /= array->shape[i];
    }
    for (size_t i = array->rank; i-- > 0; step *= array->shape[i])
        place += along[i] * step;
    return place;
}

/* A file whose header has been read. */
struct uhn_array_file {
    uhn_source source;
    uhn_array array;
    uint64_t start; /* of the elements */
    size_t dim;     /* of a row */
};

/* Does the first index run slowest, as that of rows does? */
static bool is_in_order(const uhn_array *array)
{
    return !array->fortran || array->rank == 1;
}

/* Puts elements first … first+count−1 of all that go to `rows` where they belong. */
static void put(const uhn_array *array, const uint8_t *converted, size_t first, size_t count, uint8_t *rows)
{
    size_t size = uhn_stored_size(array->element->storage), place = 0;
    if (is_in_order(array)) {
        memcpy(rows + first * size, converted, count * size);
        return;
    }
    size_t step = place_of(array, 1 % array->shape[0]); /* along the first dimension, which runs fastest */
    for (size_t i = 0; i < count; i++) {
        bool new_run = i == 0 || (first + i) % array->shape[0] == 0;
        place = new_run ? place_of(array, first + i) : place + step;
        memcpy(rows + place * size, converted + i * size, size);
    }
}

static uhn_status fail_value(const uhn_array_file *file, size_t index)
{
    size_t place = file->array.fortran ? place_of(&file->array, index) : index;
    return uhn_fail(UHN_ERROR_RANGE, "%s: row %zu, column %zu is beyond float32's range of ±%.3g", file->source.path,
                    place / file->dim, place % file->dim, (double)FLT_MAX);
}

/* The next `total` elements, of which the first is number `first` of the array. */
static uhn_status read_converted(uhn_array_file *file, bool swapped, size_t first, size_t total, uint8_t *rows)
{
    const uhn_element *element = file->array.element;
    uint8_t raw[CHUNK * ELEMENT_SIZE_MAX];
    _Alignas(UHN_ALIGNMENT) uint8_t converted[CHUNK * sizeof(float)];
    for (size_t at = 0; at < total; at += CHUNK) {
        size_t count = total - at < CHUNK ? total - at : CHUNK;
        uhn_status status = uhn_source_read(&file->source, raw, count * element->size);
        if (status != UHN_OK)
            return status;
        size_t good = element->convert(raw, count, swapped, converted);
        if (good < count)
            return fail_value(file, first + at + good);
        put(&file->array, converted, at, count, rows);
    }
    return UHN_OK;
}

static uhn_status read_elements(uhn_array_file *file, size_t first, size_t total, void *rows)
{
    const uhn_element *element = file->array.element;
    bool swapped = file->array.big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    if (element->as_is && is_in_order(&file->array) && (!swapped || element->size == 1))
        return uhn_source_read(&file->source, rows, total * element->size);
    return read_converted(file, swapped, first, total, rows);
}

static uhn_status open_array(const uhn_file *file, const uhn_read_limits *limits, uhn_header_reader *read_header,
                             uhn_array_file *opened, uhn_dataset *data)
{
    uhn_status status = UHN_OK;
    UHN_TRY(uhn_source_open(file, limits, &opened->source));
    UHN_TRY(read_header(&opened->source, &opened->array));
    UHN_TRY(measure(&opened->source, &opened->array, data));
    uhn_guess_geometry(data);
    opened->start = opened->source.position;
    opened->dim = data->dim;
leave:
    return status;
}

static uhn_status read_all(uhn_array_file *file, uhn_dataset *data)
{
    uhn_status status = uhn_dataset_allocate(file->source.path, data);
    return status == UHN_OK ? read_elements(file, 0, data->count * data->dim, data->rows) : status;
}

uhn_status uhn_array_read(const uhn_file *file, const uhn_read_limits *limits, uhn_array array,
                          uhn_header_reader *read_header, uhn_dataset *data)
{
    uhn_array_file opened = {.array = array};
    uhn_status status = open_array(file, limits, read_header, &opened, data);
    if (status == UHN_OK)
        status = read_all(&opened, data);
    uhn_source_close(&opened.source);
    return status;
}

uhn_status uhn_array_open(const uhn_file *file, const uhn_read_limits *limits, uhn_array array,
                          uhn_header_reader *read_header, uhn_dataset *data)
{
    uhn_array_file *opened = uhn_allocate(1, sizeof *opened);
    if (!opened)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to read it", file->path);
    opened->array = array;
    uhn_status status = open_array(file, limits, read_header, opened, data);
    if (status == UHN_OK && !opened->source.gunzip && is_in_order(&opened->array)) {
        data->file = opened;
        return UHN_OK;
    }
    if (status == UHN_OK)
        status = read_all(opened, data);
    uhn_array_close(opened);
    return status;
}

uhn_status uhn_array_fetch(uhn_array_file *file, size_t first, size_t count, void *rows)
{
    const size_t skipped = first * file->dim;
    uhn_status status = uhn_source_seek(&file->source, file->start + skipped * file->array.element->size);
    return status == UHN_OK ? read_elements(file, skipped, count * file->dim, rows) : status;
}

void uhn_array_close(uhn_array_file *file)
{
    if (file)
        uhn_source_close(&file->source);
    uhn_release(file);
}
