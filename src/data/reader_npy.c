/* SPDX-License-Identifier: MIT
 * NumPy's .npy, versions 1, 2 and 3: a magic string, the version, the length of the header, the header, the elements.
 * One dimension is one row; else the first dimension counts the rows. */
#include "base/allocate.h"
#include "base/status.h"
#include "data/npy_header.h"
#include "data/reader.h"

#include <string.h>

enum { MAGIC_SIZE = 6, HEADER_MAX = 1 << 20 };

static const uint8_t magic[MAGIC_SIZE] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

static bool probe_npy(const char *path, const uint8_t *head, size_t head_size, bool is_folder)
{
    (void)path;
    return !is_folder && head_size >= MAGIC_SIZE && memcmp(head, magic, MAGIC_SIZE) == 0;
}

/* Version 1 counts the header in two bytes, the later ones in four, low byte first. */
static uhn_status read_header_size(uhn_source *source, size_t *size)
{
    uint8_t start[MAGIC_SIZE + 2], count[4] = {0};
    uhn_status status = uhn_source_read(source, start, sizeof start);
    if (status != UHN_OK)
        return status;
    uint8_t major = start[MAGIC_SIZE];
    if (major < 1 || major > 3)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: .npy version %u.%u is not read; 1, 2 and 3 are", source->path, major,
                        start[MAGIC_SIZE + 1]);
    status = uhn_source_read(source, count, major == 1 ? 2 : 4);
    *size = (size_t)count[0] | (size_t)count[1] << 8 | (size_t)count[2] << 16 | (size_t)count[3] << 24;
    return status;
}

static uhn_status read_header(uhn_source *source, uhn_array *array)
{
    uhn_status status = UHN_OK;
    char *text = NULL;
    size_t size = 0;
    UHN_TRY(read_header_size(source, &size));
    if (size > source->size - source->position)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the .npy header is said to be %zu bytes long, but the file ends first",
                        source->path, size);
    if (size > HEADER_MAX)
        return uhn_fail(UHN_ERROR_RANGE, "%s: the .npy header of %zu bytes is more than the limit of %d bytes",
                        source->path, size, HEADER_MAX);
    text = uhn_allocate(size, 1);
    if (!text)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory for its header", source->path);
    UHN_TRY(uhn_source_read(source, text, size));
    UHN_TRY(uhn_npy_parse_header(source->path, text, size, array));
leave:
    uhn_release(text);
    return status;
}

static uhn_status read_npy(const uhn_file *file, const uhn_read_limits *limits, uhn_dataset *data)
{
    return uhn_array_read(file, limits, (uhn_array){.vector_is_row = true}, read_header, data);
}

static uhn_status open_npy(const uhn_file *file, const uhn_read_limits *limits, uhn_dataset *data)
{
    return uhn_array_open(file, limits, (uhn_array){.vector_is_row = true}, read_header, data);
}

const uhn_reader uhn_reader_npy = {"npy", "NumPy .npy (float32, float64, uint8, bool)", probe_npy, read_npy, open_npy};
