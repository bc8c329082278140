/* SPDX-License-Identifier: MIT */
#include "data/stream.h"

#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

uhn_status uhn_stream_open(const uhn_file *file, uhn_stream *stream, bool *is_folder)
{
    struct stat about;
    *stream = (uhn_stream){.of = *file, .descriptor = -1, .size = file->size};
    *is_folder = false;
    if (file->bytes)
        return UHN_OK;
    if (strcmp(file->path, "-") == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "-: standard input is not read; name a file (./- if it is called so)");
    /* Without waiting for the other end of a pipe. */
    stream->descriptor = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (stream->descriptor < 0 || fstat(stream->descriptor, &about) != 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: cannot be opened: %s", file->path, strerror(errno));
    *is_folder = S_ISDIR(about.st_mode);
    if (!*is_folder && !S_ISREG(about.st_mode))
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: neither a regular file nor a folder", file->path);
    stream->size = (uint64_t)about.st_size;
    return UHN_OK;
}

void uhn_stream_close(uhn_stream *stream)
{
    if (stream->descriptor >= 0)
        close(stream->descriptor);
    *stream = (uhn_stream){.descriptor = -1};
}

static void read_memory(uhn_stream *stream, void *bytes, size_t room, size_t *got)
{
    size_t left = (size_t)(stream->size - stream->position);
    *got = room < left ? room : left;
    memcpy(bytes, stream->of.bytes + stream->position, *got);
    stream->position += *got;
}

uhn_status uhn_stream_read(uhn_stream *stream, void *bytes, size_t room, size_t *got)
{
    *got = 0;
    if (stream->of.bytes) {
        read_memory(stream, bytes, room, got);
        return UHN_OK;
    }
    while (*got < room) {
        ssize_t size = read(stream->descriptor, (uint8_t *)bytes + *got, room - *got);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return uhn_fail(UHN_ERROR_ARGUMENT, "%s: cannot be read: %s", stream->of.path, strerror(errno));
        if (size == 0)
            break;
        *got += (size_t)size;
    }
    return UHN_OK;
}

uhn_status uhn_stream_seek(uhn_stream *stream, uint64_t position)
{
    stream->position = position;
    if (!stream->of.bytes && lseek(stream->descriptor, (off_t)position, SEEK_SET) < 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: cannot be read: %s", stream->of.path, strerror(errno));
    return UHN_OK;
}
