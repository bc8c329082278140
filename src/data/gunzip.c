/* SPDX-License-Identifier: MIT */
#include "data/gunzip.h"

#include "base/allocate.h"
#include "base/status.h"

#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16 }; /* zlib: the largest window, and gzip's own header and trailer, nothing else */

struct uhn_gunzip {
    uhn_stream *from;
    bool started;  /* `stream` holds memory of zlib's */
    bool finished; /* the last member has ended, and so has the file */
    z_stream stream;
    uint8_t input[1 << 15];
};

bool uhn_gunzip_probe(const uint8_t *head, size_t size)
{
    return size >= 2 && head[0] == 0x1f && head[1] == 0x8b;
}

static voidpf allocate_for_zlib(voidpf context, uInt count, uInt size)
{
    (void)context;
    return uhn_allocate(count, size);
}

static void release_for_zlib(voidpf context, voidpf block)
{
    (void)context;
    uhn_release(block);
}

uhn_status uhn_gunzip_begin(uhn_stream *stream, uhn_gunzip **gunzip)
{
    *gunzip = uhn_allocate(1, sizeof **gunzip);
    if (!*gunzip)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to decode gzip", stream->of.path);
    (*gunzip)->from = stream;
    (*gunzip)->stream.zalloc = allocate_for_zlib;
    (*gunzip)->stream.zfree = release_for_zlib;
    if (inflateInit2(&(*gunzip)->stream, GZIP_WINDOW) != Z_OK)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to decode gzip", stream->of.path);
    (*gunzip)->started = true;
    return UHN_OK;
}

void uhn_gunzip_end(uhn_gunzip *gunzip)
{
    if (gunzip && gunzip->started)
        inflateEnd(&gunzip->stream);
    uhn_release(gunzip);
}

/* Makes sure that there is input, unless the file has ended. */
static uhn_status refill(uhn_gunzip *gunzip)
{
    if (gunzip->stream.avail_in > 0)
        return UHN_OK;
    size_t size;
    uhn_status status = uhn_stream_read(gunzip->from, gunzip->input, sizeof gunzip->input, &size);
    gunzip->stream.next_in = gunzip->input;
    gunzip->stream.avail_in = (uInt)size;
    return status;
}

/* A member has ended well: either the file ends too, or another member follows. */
static uhn_status next_member(uhn_gunzip *gunzip)
{
    uhn_status status = refill(gunzip);
    if (status != UHN_OK)
        return status;
    gunzip->finished = gunzip->stream.avail_in == 0;
    if (gunzip->finished)
        return UHN_OK;
    if (gunzip->stream.next_in[0] != 0x1f)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: bytes that are not gzip follow the gzip data", gunzip->from->of.path);
    inflateReset(&gunzip->stream);
    return UHN_OK;
}

static uhn_status decode_some(uhn_gunzip *gunzip)
{
    uhn_status status = refill(gunzip);
    if (status != UHN_OK)
        return status;
    if (gunzip->stream.avail_in == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the gzip data end early: the file is cut short",
                        gunzip->from->of.path);
    switch (inflate(&gunzip->stream, Z_NO_FLUSH)) {
    case Z_OK:
        return UHN_OK;
    case Z_STREAM_END:
        return next_member(gunzip);
    case Z_MEM_ERROR:
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to decode gzip", gunzip->from->of.path);
    default:
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the gzip data are damaged (%s)", gunzip->from->of.path,
                        gunzip->stream.msg ? gunzip->stream.msg : "unknown coding");
    }
}

uhn_status uhn_gunzip_read(uhn_gunzip *gunzip, void *bytes, size_t room, size_t *got)
{
    static const size_t most = 1u << 30; /* zlib counts in unsigned int */
    *got = 0;
    while (*got < room && !gunzip->finished) {
        size_t ask = room - *got < most ? room - *got : most;
        gunzip->stream.next_out = (uint8_t *)bytes + *got;
        gunzip->stream.avail_out = (uInt)ask;
        uhn_status status = decode_some(gunzip);
        if (status != UHN_OK)
            return status;
        *got += ask - gunzip->stream.avail_out;
    }
    return UHN_OK;
}
