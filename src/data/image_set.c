/* SPDX-License-Identifier: MIT */
#include "data/image_set.h"

#include "base/allocate.h"
#include "base/status.h"
#include "data/image.h"
#include "data/reader.h"
#include "data/source.h"

#include <string.h>

enum { CLASSES_MAX = 256, FOLDERS_MAX = 2 /* class/images/ */ };

uhn_file uhn_file_of(const uhn_listed_file *listed)
{
    return (uhn_file){listed->path, listed->bytes, listed->size};
}

size_t uhn_top_folder(const uhn_listed_file *file, size_t root)
{
    const char *slash = strchr(file->path + root, '/');
    return slash ? (size_t)(slash - file->path) - root : 0;
}

/* Opens one image and measures it; release encoded->bytes whatever the outcome. */
static uhn_status load(const uhn_listed_file *listed, const uhn_read_limits *limits, uhn_encoded *encoded,
                       const uhn_image_codec **codec, uhn_geometry *geometry)
{
    uhn_status status = UHN_OK;
    uint8_t head[16];
    size_t size;
    bool is_folder;
    uhn_file file = uhn_file_of(listed);
    *encoded = (uhn_encoded){.path = file.path};
    UHN_TRY(uhn_source_head(&file, head, sizeof head, &size, &is_folder));
    *codec = uhn_find_image_codec(head, size);
    if (!*codec)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: neither PNG nor JPEG, among images", file.path);
    UHN_TRY(uhn_source_load(&file, limits, &encoded->bytes, &encoded->size));
    UHN_TRY((*codec)->measure(encoded, geometry));
leave:
    return status;
}

/* Sets the geometry that all images share: the largest number of channels, and one size. */
static uhn_status agree(const uhn_listed_file *files, size_t index, const uhn_geometry *own, uhn_geometry *common)
{
    if (index == 0)
        *common = *own;
    if (own->height != common->height || own->width != common->width)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: %zu × %zu pixels, but %s has %zu × %zu; the sizes must agree",
                        files[index].path, own->width, own->height, files[0].path, common->width, common->height);
    if (own->channels > common->channels)
        common->channels = own->channels;
    return UHN_OK;
}

static uhn_status check_depth(const uhn_file_range *range, const uhn_listed_file *file)
{
    size_t folders = 0;
    for (const char *slash = file->path + range->root; (slash = strchr(slash, '/')); slash++)
        folders++;
    if (folders <= FOLDERS_MAX)
        return UHN_OK;
    return uhn_fail(UHN_ERROR_ARGUMENT, "%s: lies too deep; images are read from a folder, class/ and class/images/",
                    file->path);
}

static uhn_status measure_all(const uhn_file_range *range, const uhn_read_limits *limits, uhn_geometry *common)
{
    uhn_status status = UHN_OK;
    for (size_t i = 0; status == UHN_OK && i < range->count; i++)
        status = check_depth(range, &range->files[i]);
    for (size_t i = 0; status == UHN_OK && i < range->count; i++) {
        uhn_encoded file;
        uhn_geometry own;
        const uhn_image_codec *codec;
        status = load(&range->files[i], limits, &file, &codec, &own);
        if (status == UHN_OK)
            status = agree(range->files, i, &own, common);
        uhn_release(file.bytes);
    }
    return status;
}

static uhn_status decode_into(const uhn_listed_file *listed, const uhn_read_limits *limits, const uhn_geometry *common,
                              uint8_t *row)
{
    uhn_status status = UHN_OK;
    uhn_encoded file;
    uhn_geometry own;
    const uhn_image_codec *codec;
    size_t plane = common->height * common->width;
    UHN_TRY(load(listed, limits, &file, &codec, &own));
    if (own.height != common->height || own.width != common->width || own.channels > common->channels) {
        status = uhn_fail(UHN_ERROR_ARGUMENT, "%s: changed while the folder was read", listed->path);
        goto leave;
    }
    UHN_TRY(codec->decode(&file, &own, row));
    for (size_t c = own.channels; c < common->channels; c++)
        memcpy(row + c * plane, row, plane);
leave:
    uhn_release(file.bytes);
    return status;
}

/* The paths are sorted, so the files of one class follow each other. */
static uhn_status label(const uhn_file_range *range, uhn_dataset *data)
{
    const uhn_listed_file *files = range->files;
    size_t classes = 0, last = 0;
    uint8_t *labels = uhn_allocate(range->count, 1);
    if (!labels)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu labels", range->count);
    for (size_t i = 0; i < range->count; i++) {
        size_t length = uhn_top_folder(&files[i], range->root);
        if (i == 0 || length != last ||
            memcmp(files[i].path + range->root, files[i - 1].path + range->root, length) != 0)
            classes++;
        if (length == 0 || classes > CLASSES_MAX) {
            classes = 0;
            break;
        }
        labels[i] = (uint8_t)(classes - 1);
        last = length;
    }
    if (classes >= 2)
        data->labels = labels;
    else
        uhn_release(labels);
    return UHN_OK;
}

uhn_status uhn_image_set_read(const char *path, const uhn_file_range *range, const uhn_read_limits *limits,
                              uhn_dataset *data)
{
    uhn_status status = UHN_OK;
    uhn_geometry common = {0};
    UHN_TRY(measure_all(range, limits, &common));
    uhn_dataset_describe_images(data, range->count, &common);
    data->image_files = true;
    UHN_TRY(uhn_check_limit(path, data->count, data->dim, uhn_limit_bytes(limits)));
    UHN_TRY(uhn_dataset_allocate(path, data));
    for (size_t i = 0; i < range->count; i++)
        UHN_TRY(decode_into(&range->files[i], limits, &common, (uint8_t *)data->rows + i * data->dim));
    UHN_TRY(label(range, data));
leave:
    return status;
}
