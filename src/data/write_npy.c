/* SPDX-License-Identifier: MIT
 * NumPy's .npy, version 1.0: magic, version, length of the header, a Python dictionary padded with spaces so that the
 * numbers start at a multiple of 64 bytes, then the numbers. */
#include "base/allocate.h"
#include "base/status.h"
#include "data/dataset.h"
#include "data/write_npy.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

enum { PREFIX = 10, ALIGNMENT = 64, HEADER_ROOM = 256, RANK_MAX = 4, CHUNK = 4096 };

/* A type of number: what NumPy calls it, little-endian, and its bytes. */
typedef struct number_type {
    const char *name;
    size_t size;
} number_type;

/* Writes the whole header and returns its length. */
static size_t make_header(char header[HEADER_ROOM], const char *type, size_t rank, const size_t *shape)
{
    char sizes[RANK_MAX * 24] = "";
    for (size_t i = 0, used = 0; i < rank; i++)
        used += (size_t)snprintf(sizes + used, sizeof sizes - used, i + 1 < rank ? "%zu, " : "%zu", shape[i]);

    char dictionary[HEADER_ROOM - PREFIX];
    int length = snprintf(dictionary, sizeof dictionary, "{'descr': '%s', 'fortran_order': False, 'shape': (%s%s), }",
                          type, sizes, rank == 1 ? "," : "");
    size_t total = (PREFIX + (size_t)length + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    size_t body = total - PREFIX;

    memset(header, ' ', total);
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)(body & 0xff);
    header[9] = (char)(body >> 8);
    memcpy(header + PREFIX, dictionary, (size_t)length);
    header[total - 1] = '\n';
    return total;
}

/* The bytes of a number as the machine has them, to the order in the file. */
static void to_little_endian(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; __BYTE_ORDER == __BIG_ENDIAN && i < size / 2; i++) {
        const uint8_t byte = bytes[i];
        bytes[i] = bytes[size - 1 - i];
        bytes[size - 1 - i] = byte;
    }
}

static uhn_status write_numbers(uhn_replacement *file, const uint8_t *values, size_t count, size_t size)
{
    uint8_t chunk[CHUNK * sizeof(double)];
    for (size_t done = 0; done < count;) {
        const size_t now = count - done < CHUNK ? count - done : CHUNK;
        memcpy(chunk, values + done * size, now * size);
        for (size_t i = 0; i < now; i++)
            to_little_endian(chunk + i * size, size);
        const uhn_status status = uhn_replacement_write(file, chunk, now * size);
        if (status != UHN_OK)
            return status;
        done += now;
    }
    return UHN_OK;
}

uhn_status uhn_write_npy_header(uhn_replacement *file, const char *type, size_t rank, const size_t *shape)
{
    char header[HEADER_ROOM];
    const size_t length = make_header(header, type, rank, shape);
    return uhn_replacement_write(file, header, length);
}

static uhn_status write_npy(const char *path, const void *values, const number_type *type, size_t rank,
                            const size_t *shape)
{
    if (rank < 1 || rank > RANK_MAX)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: an array of %zu dimensions cannot be written, only 1 to %d", path,
                        rank, (int)RANK_MAX);
    size_t count = 1;
    for (size_t i = 0; i < rank; i++)
        if (!uhn_multiply_sizes(count, shape[i], &count))
            return uhn_fail(UHN_ERROR_SHAPE, "%s: the shape has more elements than there are addresses", path);

    uhn_replacement file;
    uhn_status status = uhn_replacement_start(&file, path);
    if (status != UHN_OK)
        return status;
    status = uhn_write_npy_header(&file, type->name, rank, shape);
    if (status == UHN_OK)
        status = write_numbers(&file, values, count, type->size);
    return uhn_replacement_finish(&file, status);
}

uhn_status uhn_write_npy_float(const char *path, const float *values, size_t rank, const size_t *shape)
{
    static const number_type type = {"<f4", sizeof(float)};
    return write_npy(path, values, &type, rank, shape);
}

uhn_status uhn_write_npy_double(const char *path, const double *values, size_t rank, const size_t *shape)
{
    static const number_type type = {"<f8", sizeof(double)};
    return write_npy(path, values, &type, rank, shape);
}
