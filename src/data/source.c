/* SPDX-License-Identifier: MIT */
#include "data/source.h"

#include "base/allocate.h"
#include "base/status.h"
#include "data/gunzip.h"

#include <inttypes.h>

static const uint64_t default_limit = (uint64_t)64 << 30;

static const uint64_t default_decoded_limit = (uint64_t)4 << 30;

uint64_t uhn_limit_decoded(const uhn_read_limits *limits)
{
    return limits && limits->bytes ? limits->bytes : default_decoded_limit;
}

uint64_t uhn_limit_bytes(const uhn_read_limits *limits)
{
    return limits && limits->bytes ? limits->bytes : default_limit;
}

static uhn_status head_of_gzip(uhn_stream *stream, uint8_t *head, size_t room, size_t *size)
{
    uhn_gunzip *gunzip = NULL;
    uhn_status status = uhn_stream_seek(stream, 0);
    if (status == UHN_OK)
        status = uhn_gunzip_begin(stream, &gunzip);
    if (status == UHN_OK)
        status = uhn_gunzip_read(gunzip, head, room, size);
    uhn_gunzip_end(gunzip);
    return status;
}

uhn_status uhn_source_head(const uhn_file *file, uint8_t *head, size_t room, size_t *size, bool *is_folder)
{
    uhn_status status = UHN_OK;
    uhn_stream stream;
    *size = 0;
    UHN_TRY(uhn_stream_open(file, &stream, is_folder));
    if (*is_folder)
        goto leave;
    UHN_TRY(uhn_stream_read(&stream, head, room, size));
    if (uhn_gunzip_probe(head, *size))
        UHN_TRY(head_of_gzip(&stream, head, room, size));
    if (*size == 0)
        status = uhn_fail(UHN_ERROR_ARGUMENT, "%s: the file is empty", file->path);
leave:
    uhn_stream_close(&stream);
    return status;
}

static uhn_status count_decoded(uhn_source *source)
{
    uint8_t scratch[1 << 14];
    for (size_t got = sizeof scratch; got == sizeof scratch; source->size += got) {
        if (source->size > source->limit)
            break;
        uhn_status status = uhn_gunzip_read(source->gunzip, scratch, sizeof scratch, &got);
        if (status != UHN_OK)
            return status;
    }
    return UHN_OK;
}

uhn_status uhn_source_open(const uhn_file *file, const uhn_read_limits *limits, uhn_source *source)
{
    uhn_status status = UHN_OK;
    bool is_folder;
    uint8_t head[2];
    size_t head_size;
    *source = (uhn_source){.path = file->path, .limit = uhn_limit_bytes(limits)};
    UHN_TRY(uhn_stream_open(file, &source->stream, &is_folder));
    if (is_folder)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: not a regular file", file->path);
    UHN_TRY(uhn_stream_read(&source->stream, head, sizeof head, &head_size));
    UHN_TRY(uhn_stream_seek(&source->stream, 0));
    if (uhn_gunzip_probe(head, head_size)) {
        source->limit = uhn_limit_decoded(limits);
        UHN_TRY(uhn_gunzip_begin(&source->stream, &source->gunzip));
        UHN_TRY(count_decoded(source));
    } else {
        source->size = source->stream.size;
    }
    if (source->size > source->limit)
        return uhn_fail(UHN_ERROR_RANGE, "%s: %s more than the limit of %" PRIu64 " bytes", file->path,
                        source->gunzip ? "decodes to" : "holds", source->limit);
    if (source->gunzip)
        UHN_TRY(uhn_source_rewind(source));
leave:
    return status;
}

void uhn_source_close(uhn_source *source)
{
    uhn_gunzip_end(source->gunzip);
    uhn_stream_close(&source->stream);
    *source = (uhn_source){.stream.descriptor = -1};
}

uhn_status uhn_source_read(uhn_source *source, void *bytes, size_t count)
{
    if (count > source->size - source->position)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: ends after %" PRIu64 " bytes where at least %" PRIu64 " are needed",
                        source->path, source->size, source->position + count);
    size_t got;
    uhn_status status = source->gunzip ? uhn_gunzip_read(source->gunzip, bytes, count, &got)
                                       : uhn_stream_read(&source->stream, bytes, count, &got);
    if (status != UHN_OK)
        return status;
    if (got != count)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: became shorter while it was read", source->path);
    source->position += count;
    return UHN_OK;
}

uhn_status uhn_source_rewind(uhn_source *source)
{
    uhn_status status = uhn_stream_seek(&source->stream, 0);
    source->position = 0;
    if (status != UHN_OK || !source->gunzip)
        return status;
    uhn_gunzip_end(source->gunzip);
    return uhn_gunzip_begin(&source->stream, &source->gunzip);
}

uhn_status uhn_source_seek(uhn_source *source, uint64_t position)
{
    source->position = position;
    return uhn_stream_seek(&source->stream, position);
}

uhn_status uhn_source_load(const uhn_file *file, const uhn_read_limits *limits, uint8_t **bytes, size_t *size)
{
    uhn_status status = UHN_OK;
    uhn_source source;
    *bytes = NULL;
    UHN_TRY(uhn_source_open(file, limits, &source));
    *size = (size_t)source.size;
    *bytes = uhn_allocate(*size, 1);
    if (!*bytes) {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory for its %zu bytes", file->path, *size);
        goto leave;
    }
    UHN_TRY(uhn_source_read(&source, *bytes, *size));
leave:
    uhn_source_close(&source);
    if (status != UHN_OK) {
        uhn_release(*bytes);
        *bytes = NULL;
    }
    return status;
}
