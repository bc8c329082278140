/* SPDX-License-Identifier: MIT */
#include "data/image.h"

#include "base/allocate.h"
#include "base/status.h"
#include "data/reader.h"
#include "data/source.h"

static const uhn_image_codec *const codecs[] = {&uhn_codec_png, &uhn_codec_jpeg};

const uhn_image_codec *uhn_find_image_codec(const uint8_t *head, size_t size)
{
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        if (codecs[i]->probe(head, size))
            return codecs[i];
    return NULL;
}

uhn_status uhn_check_image_ratio(const uhn_encoded *file, size_t width, size_t height, size_t decoded, size_t ratio)
{
    if (decoded / ratio <= file->size)
        return UHN_OK;
    return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the header says %zu × %zu pixels, more than %zu bytes can hold",
                    file->path, width, height, file->size);
}

void uhn_split_planes(const uint8_t *interleaved, size_t stored, size_t pixels, size_t channels, uint8_t *planar)
{
    for (size_t i = 0; i < pixels; i++) {
        const uint8_t *pixel = interleaved + i * stored;
        unsigned alpha = stored > channels ? pixel[channels] : 255;
        for (size_t c = 0; c < channels; c++)
            planar[c * pixels + i] = (uint8_t)((pixel[c] * alpha + 127) / 255);
    }
}

uhn_status uhn_image_read(const uhn_image_codec *codec, const uhn_file *file, const uhn_read_limits *limits,
                          uhn_dataset *data)
{
    uhn_status status = UHN_OK;
    uhn_encoded encoded = {.path = file->path};
    uhn_geometry geometry;
    UHN_TRY(uhn_source_load(file, limits, &encoded.bytes, &encoded.size));
    UHN_TRY(codec->measure(&encoded, &geometry));
    uhn_dataset_describe_images(data, 1, &geometry);
    UHN_TRY(uhn_check_limit(file->path, 1, data->dim, uhn_limit_decoded(limits)));
    UHN_TRY(uhn_dataset_allocate(file->path, data));
    UHN_TRY(codec->decode(&encoded, &geometry, data->rows));
leave:
    uhn_release(encoded.bytes);
    return status;
}
