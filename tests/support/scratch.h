/* SPDX-License-Identifier: MIT
 * A folder of its own for a test program, and the files that readers are tested with, written byte by byte or by the
 * format's own library. Every function ends the test when it cannot do what it says. */
#ifndef UHN_TESTS_SUPPORT_SCRATCH_H
#define UHN_TESTS_SUPPORT_SCRATCH_H

#include "check.h"

enum { SCRATCH_PATH = 512 };

typedef struct scratch {
    char folder[64];
} scratch;

/* cmocka's setup and teardown of a group: *state is a scratch. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

/* The path of `name` in the folder; folders in it are made. One of a few buffers that are used in turn. */
const char *scratch_path(const scratch *folder, const char *name);

/* Writes the file and gives its path. */
const char *scratch_write(const scratch *folder, const char *name, const void *bytes, size_t size);
const char *scratch_write_gzip(const scratch *folder, const char *name, const void *bytes, size_t size);

/* All bytes of a file; the caller's to free(). */
uint8_t *scratch_bytes(const char *path, size_t *size);

/* gzip of `bytes`, the caller's to free(). */
uint8_t *scratch_gzip(const void *bytes, size_t size, size_t *gzip_size);

/* A PNG as libpng's colour type and bit depth say; `rows` are packed as PNG packs them, 16 bits high byte first.
 * Palette images get 4 entries: black, red, green, blue, of which the last is half transparent. */
const char *scratch_png(const scratch *folder, const char *name, size_t width, size_t height, int colour_type,
                        int bit_depth, bool interlaced, const uint8_t *rows);

/* A JPEG of quality 100 without chroma subsampling, of 1 (grayscale), 3 (RGB) or 4 (CMYK) channels. */
const char *scratch_jpeg(const scratch *folder, const char *name, size_t width, size_t height, int channels,
                         bool progressive, const uint8_t *rows);

/* A .npy of this version with the given dictionary, padded as NumPy does. */
const char *scratch_npy(const scratch *folder, const char *name, int version, const char *dictionary, const void *data,
                        size_t size);

#endif
