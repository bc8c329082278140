/* SPDX-License-Identifier: MIT
 * The bytes of a file as they lie, on disk or in memory. */
#ifndef UHN_DATA_STREAM_H
#define UHN_DATA_STREAM_H

#include "data/dataset.h"

typedef struct uhn_stream {
    uhn_file of;
    int descriptor;    /* −1: closed, or in memory */
    uint64_t size;     /* of a regular file */
    uint64_t position; /* of the next byte in memory */
} uhn_stream;

/* Opens a regular file or a folder, of which there is nothing to read. What `file` points to must outlive the stream,
 * which may be closed whatever the outcome. UHN_ERROR_ARGUMENT: it cannot be opened, or is something else. */
uhn_status uhn_stream_open(const uhn_file *file, uhn_stream *stream, bool *is_folder);
void uhn_stream_close(uhn_stream *stream);

/* The next `room` bytes; *got is less only at the end. UHN_ERROR_ARGUMENT: cannot be read. */
uhn_status uhn_stream_read(uhn_stream *stream, void *bytes, size_t room, size_t *got);

/* Makes byte `position`, which the file has or ends before, the next one. */
uhn_status uhn_stream_seek(uhn_stream *stream, uint64_t position);

#endif
