/* SPDX-License-Identifier: MIT
 * Image files, decoded to planar uint8 rows: grayscale stays one channel, everything else becomes RGB. 16 bits are
 * scaled to 8, a transparent image lies on black (v · alpha), and colour profiles, gamma and orientation tags are not
 * applied: the numbers are those in the file. Bytes after the end of the image are not looked at. */
#ifndef UHN_DATA_IMAGE_H
#define UHN_DATA_IMAGE_H

#include "data/dataset.h"

/* An encoded image in memory; `path` is for error sentences. */
typedef struct uhn_encoded {
    const char *path;
    uint8_t *bytes;
    size_t size;
} uhn_encoded;

typedef struct uhn_image_codec {
    const char *name;
    bool (*probe)(const uint8_t *head, size_t size);
    /* The geometry, from the headers. UHN_ERROR_ARGUMENT: malformed, or more pixels than so many bytes can encode. */
    uhn_status (*measure)(const uhn_encoded *file, uhn_geometry *geometry);
    /* The pixels, for the geometry that measure() gave: height · width · channels bytes. */
    uhn_status (*decode)(const uhn_encoded *file, const uhn_geometry *geometry, uint8_t *planar);
} uhn_image_codec;

extern const uhn_image_codec uhn_codec_png, uhn_codec_jpeg;

/* The codec that recognises these first bytes, or NULL. */
const uhn_image_codec *uhn_find_image_codec(const uint8_t *head, size_t size);

/* UHN_ERROR_ARGUMENT unless `size` encoded bytes can stand for `decoded` at the codec's best ratio. */
uhn_status uhn_check_image_ratio(const uhn_encoded *file, size_t width, size_t height, size_t decoded, size_t ratio);

/* Splits `pixels` interleaved pixels of `stored` channels into the planes of `channels`; where stored is one more, it
 * is alpha. */
void uhn_split_planes(const uint8_t *interleaved, size_t stored, size_t pixels, size_t channels, uint8_t *planar);

/* A data set of the one image in the file. */
uhn_status uhn_image_read(const uhn_image_codec *codec, const uhn_file *file, const uhn_read_limits *limits,
                          uhn_dataset *data);

#endif
