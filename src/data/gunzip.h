/* SPDX-License-Identifier: MIT
 * gzip (RFC 1952, any number of members) decoded from a stream as it is read. */
#ifndef UHN_DATA_GUNZIP_H
#define UHN_DATA_GUNZIP_H

#include "data/stream.h"

typedef struct uhn_gunzip uhn_gunzip;

/* Do these first bytes of a file start a gzip member? */
bool uhn_gunzip_probe(const uint8_t *head, size_t size);

/* Decodes what `stream`, which must outlive the decoder, holds from where it stands. Free with uhn_gunzip_end(), which
 * takes NULL as well. */
uhn_status uhn_gunzip_begin(uhn_stream *stream, uhn_gunzip **gunzip);
void uhn_gunzip_end(uhn_gunzip *gunzip);

/* The next `room` decoded bytes; *got is less only at the end of the last member, whose checksum and length are then
 * known to be right and which nothing follows. UHN_ERROR_ARGUMENT: damaged, cut short, or followed by other bytes. */
uhn_status uhn_gunzip_read(uhn_gunzip *gunzip, void *bytes, size_t room, size_t *got);

#endif
