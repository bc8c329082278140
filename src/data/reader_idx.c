/* SPDX-License-Identifier: MIT
 * IDX, the format of MNIST: two zero bytes, the type, the number of dimensions, their sizes as big-endian 32-bit
 * numbers, the elements. One dimension (labels) is read as N rows of one number. */
#include "base/status.h"
#include "data/array.h"
#include "data/reader.h"

#include <stdio.h>

enum { IDX_RANK_KNOWN = 8 }; /* more dimensions than this is no IDX file but chance */

static bool is_idx_type(uint8_t type)
{
    return type == 0x08 || type == 0x09 || (type >= 0x0b && type <= 0x0e);
}

static bool probe_idx(const char *path, const uint8_t *head, size_t head_size, bool is_folder)
{
    (void)path;
    return !is_folder && head_size >= 4 && head[0] == 0 && head[1] == 0 && is_idx_type(head[2]) && head[3] >= 1 &&
           head[3] <= IDX_RANK_KNOWN;
}

static const uhn_element *find_element(uint8_t type)
{
    for (size_t i = 0; uhn_element_at(i); i++)
        if (uhn_element_at(i)->idx == type)
            return uhn_element_at(i);
    return NULL;
}

static uhn_status read_header(uhn_source *source, uhn_array *array)
{
    uint8_t magic[4], sizes[UHN_RANK_MAX][4];
    uhn_status status = uhn_source_read(source, magic, sizeof magic);
    if (status != UHN_OK)
        return status;
    array->element = find_element(magic[2]);
    if (!array->element)
        return uhn_fail(UHN_ERROR_ARGUMENT,
                        "%s: IDX type 0x%02x is not read; uint8 (0x08), float32 (0x0d) and float64 (0x0e) are",
                        source->path, magic[2]);
    array->rank = magic[3];
    if (array->rank < 1 || array->rank > UHN_RANK_MAX)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: has %zu dimensions; 1 to %d are read", source->path, array->rank,
                        UHN_RANK_MAX);
    status = uhn_source_read(source, sizes, array->rank * sizeof *sizes);
    for (size_t i = 0; status == UHN_OK && i < array->rank; i++)
        array->shape[i] =
            (size_t)sizes[i][0] << 24 | (size_t)sizes[i][1] << 16 | (size_t)sizes[i][2] << 8 | (size_t)sizes[i][3];
    return status;
}

static uhn_status read_idx(const uhn_file *file, const uhn_read_limits *limits, uhn_dataset *data)
{
    return uhn_array_read(file, limits, (uhn_array){.big_endian = true}, read_header, data);
}

static uhn_status open_idx(const uhn_file *file, const uhn_read_limits *limits, uhn_dataset *data)
{
    return uhn_array_open(file, limits, (uhn_array){.big_endian = true}, read_header, data);
}

const uhn_reader uhn_reader_idx = {"idx", "IDX as MNIST's (uint8, float32, float64)", probe_idx, read_idx, open_idx};
