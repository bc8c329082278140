/* SPDX-License-Identifier: MIT
 * A file as a run of decoded bytes of known length: as it lies, or gunzipped when it starts as gzip does. The length is
 * known before anything is allocated for what the bytes claim to hold: gzip is decoded once just to count. */
#ifndef UHN_DATA_SOURCE_H
#define UHN_DATA_SOURCE_H

#include "data/stream.h"

typedef struct uhn_gunzip uhn_gunzip;

typedef struct uhn_source {
    const char *path;
    uhn_stream stream;
    uint64_t limit;     /* of decoded bytes, resolved */
    uint64_t size;      /* decoded bytes in all */
    uint64_t position;  /* of the next one */
    uhn_gunzip *gunzip; /* NULL: plain */
} uhn_source;

/* The limits to use on all that is read, and on what one compressed file may decode to; `limits` may be NULL. */
uint64_t uhn_limit_bytes(const uhn_read_limits *limits);
uint64_t uhn_limit_decoded(const uhn_read_limits *limits);

/* The first bytes (at most `room`) of the decoded file, or that it is a folder. UHN_ERROR_ARGUMENT: neither a folder
 * nor a readable regular file, or empty. */
uhn_status uhn_source_head(const uhn_file *file, uint8_t *head, size_t room, size_t *size, bool *is_folder);

/* Opens a regular file, which must outlive the source. The source may be closed, and must stay where it is.
 * UHN_ERROR_ARGUMENT: cannot be read, damaged gzip; UHN_ERROR_RANGE: longer than the limit. */
uhn_status uhn_source_open(const uhn_file *file, const uhn_read_limits *limits, uhn_source *source);
void uhn_source_close(uhn_source *source);

/* Exactly the next `count` bytes. UHN_ERROR_ARGUMENT: there are not so many. */
uhn_status uhn_source_read(uhn_source *source, void *bytes, size_t count);

/* Back to the first byte. */
uhn_status uhn_source_rewind(uhn_source *source);

/* Makes byte `position` ≤ size of a plain file the next one; gzip can only be rewound. */
uhn_status uhn_source_seek(uhn_source *source, uint64_t position);

/* The whole decoded file; release *bytes with uhn_release(). */
uhn_status uhn_source_load(const uhn_file *file, const uhn_read_limits *limits, uint8_t **bytes, size_t *size);

#endif
