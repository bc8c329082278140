/* SPDX-License-Identifier: MIT */
#include "data/source.h"

#include "base/allocate.h"
#include "base/status.h"
#include "data/gunzip.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t default_limit = (uint64_t)64 << 30;

uint64_t uhn_limit_bytes(const uhn_read_limits *limits)
{
    return limits && limits->bytes ? limits->bytes : default_limit;
}

/* Opens for reading without waiting for the other end of a pipe. */
static uhn_status open_file(const char *path, int *file, struct stat *about)
{
    if (strcmp(path, "-") == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "-: standard input is not read; name a file (./- if it is called so)");
    *file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*file < 0 || fstat(*file, about) != 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: cannot be opened: %s", path, strerror(errno));
    return UHN_OK;
}

/* Reads until `room` bytes or the end of the file. */
static uhn_status read_plain(const char *path, int file, void *bytes, size_t room, size_t *got)
{
    *got = 0;
    while (*got < room) {
        ssize_t size = read(file, (uint8_t *)bytes + *got, room - *got);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return uhn_fail(UHN_ERROR_ARGUMENT, "%s: cannot be read: %s", path, strerror(errno));
        if (size == 0)
            break;
        *got += (size_t)size;
    }
    return UHN_OK;
}

static uhn_status seek_start(const char *path, int file)
{
    if (lseek(file, 0, SEEK_SET) != 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: cannot be read: %s", path, strerror(errno));
    return UHN_OK;
}

static uhn_status head_of_gzip(const char *path, int file, uint8_t *head, size_t room, size_t *size)
{
    uhn_gunzip *gunzip = NULL;
    uhn_status status = seek_start(path, file);
    if (status == UHN_OK)
        status = uhn_gunzip_begin(path, file, &gunzip);
    if (status == UHN_OK)
        status = uhn_gunzip_read(gunzip, head, room, size);
    uhn_gunzip_end(gunzip);
    return status;
}

uhn_status uhn_source_head(const char *path, uint8_t *head, size_t room, size_t *size, bool *is_folder)
{
    uhn_status status = UHN_OK;
    int file = -1;
    struct stat about;
    *size = 0;
    *is_folder = false;
    UHN_TRY(open_file(path, &file, &about));
    *is_folder = S_ISDIR(about.st_mode);
    if (*is_folder)
        goto leave;
    if (!S_ISREG(about.st_mode)) {
        status = uhn_fail(UHN_ERROR_ARGUMENT, "%s: neither a regular file nor a folder", path);
        goto leave;
    }
    UHN_TRY(read_plain(path, file, head, room, size));
    if (uhn_gunzip_probe(head, *size))
        UHN_TRY(head_of_gzip(path, file, head, room, size));
    if (*size == 0)
        status = uhn_fail(UHN_ERROR_ARGUMENT, "%s: the file is empty", path);
leave:
    if (file >= 0)
        close(file);
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

uhn_status uhn_source_open(const char *path, const uhn_read_limits *limits, uhn_source *source)
{
    uhn_status status = UHN_OK;
    struct stat about;
    uint8_t head[2];
    size_t head_size;
    *source = (uhn_source){.path = path, .file = -1, .limit = uhn_limit_bytes(limits)};
    UHN_TRY(open_file(path, &source->file, &about));
    if (!S_ISREG(about.st_mode))
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: not a regular file", path);
    UHN_TRY(read_plain(path, source->file, head, sizeof head, &head_size));
    UHN_TRY(seek_start(path, source->file));
    if (uhn_gunzip_probe(head, head_size)) {
        UHN_TRY(uhn_gunzip_begin(path, source->file, &source->gunzip));
        UHN_TRY(count_decoded(source));
    } else {
        source->size = (uint64_t)about.st_size;
    }
    if (source->size > source->limit)
        return uhn_fail(UHN_ERROR_RANGE, "%s: %s more than the limit of %" PRIu64 " bytes", path,
                        source->gunzip ? "decodes to" : "holds", source->limit);
    if (source->gunzip)
        UHN_TRY(uhn_source_rewind(source));
leave:
    return status;
}

void uhn_source_close(uhn_source *source)
{
    uhn_gunzip_end(source->gunzip);
    if (source->file >= 0)
        close(source->file);
    *source = (uhn_source){.file = -1};
}

uhn_status uhn_source_read(uhn_source *source, void *bytes, size_t count)
{
    if (count > source->size - source->position)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: ends after %" PRIu64 " bytes where at least %" PRIu64 " are needed",
                        source->path, source->size, source->position + count);
    size_t got;
    uhn_status status = source->gunzip ? uhn_gunzip_read(source->gunzip, bytes, count, &got)
                                       : read_plain(source->path, source->file, bytes, count, &got);
    if (status != UHN_OK)
        return status;
    if (got != count)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: became shorter while it was read", source->path);
    source->position += count;
    return UHN_OK;
}

uhn_status uhn_source_rewind(uhn_source *source)
{
    uhn_status status = seek_start(source->path, source->file);
    source->position = 0;
    if (status != UHN_OK || !source->gunzip)
        return status;
    uhn_gunzip_end(source->gunzip);
    return uhn_gunzip_begin(source->path, source->file, &source->gunzip);
}

uhn_status uhn_source_load(const char *path, const uhn_read_limits *limits, uint8_t **bytes, size_t *size)
{
    uhn_status status = UHN_OK;
    uhn_source source;
    *bytes = NULL;
    UHN_TRY(uhn_source_open(path, limits, &source));
    *size = (size_t)source.size;
    *bytes = uhn_allocate(*size, 1);
    if (!*bytes) {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory for its %zu bytes", path, *size);
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
