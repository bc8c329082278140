/* SPDX-License-Identifier: MIT
 * A folder of PNG and JPEG files, one row each, in the bytewise order of their paths; see file_list.h for which files
 * count. All must be of one size; where grayscale and RGB mix, grayscale is expanded to RGB. When the images lie in at
 * least two (at most 256) folders of the folder, these are classes: the label is the folder's place among them. */
#include "base/allocate.h"
#include "base/status.h"
#include "data/file_list.h"
#include "data/image.h"
#include "data/reader.h"
#include "data/source.h"

#include <string.h>

enum { CLASSES_MAX = 256 };

static bool probe_folder(const char *path, const uint8_t *head, size_t head_size, bool is_folder)
{
    (void)path;
    (void)head;
    (void)head_size;
    return is_folder;
}

/* Opens one image of the folder and measures it; release file->bytes whatever the outcome. */
static uhn_status load(const char *path, const uhn_read_limits *limits, uhn_encoded *file,
                       const uhn_image_codec **codec, uhn_geometry *geometry)
{
    uhn_status status = UHN_OK;
    uint8_t head[16];
    size_t size;
    bool is_folder;
    *file = (uhn_encoded){.path = path};
    UHN_TRY(uhn_source_head(path, head, sizeof head, &size, &is_folder));
    *codec = uhn_find_image_codec(head, size);
    if (!*codec)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: neither PNG nor JPEG, in a folder of images", path);
    UHN_TRY(uhn_source_load(path, limits, &file->bytes, &file->size));
    UHN_TRY((*codec)->measure(file, geometry));
leave:
    return status;
}

/* Sets the geometry that all images share: the largest number of channels, and one size. */
static uhn_status agree(const uhn_file_list *list, size_t index, const uhn_geometry *own, uhn_geometry *common)
{
    if (index == 0)
        *common = *own;
    if (own->height != common->height || own->width != common->width)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: %zu × %zu pixels, but %s has %zu × %zu; the sizes must agree",
                        list->paths[index], own->width, own->height, list->paths[0], common->width, common->height);
    if (own->channels > common->channels)
        common->channels = own->channels;
    return UHN_OK;
}

static uhn_status measure_all(const uhn_file_list *list, const uhn_read_limits *limits, uhn_geometry *common)
{
    uhn_status status = UHN_OK;
    for (size_t i = 0; status == UHN_OK && i < list->count; i++) {
        uhn_encoded file;
        uhn_geometry own;
        const uhn_image_codec *codec;
        status = load(list->paths[i], limits, &file, &codec, &own);
        if (status == UHN_OK)
            status = agree(list, i, &own, common);
        uhn_release(file.bytes);
    }
    return status;
}

static uhn_status decode_into(const char *path, const uhn_read_limits *limits, const uhn_geometry *common, uint8_t *row)
{
    uhn_status status = UHN_OK;
    uhn_encoded file;
    uhn_geometry own;
    const uhn_image_codec *codec;
    size_t plane = common->height * common->width;
    UHN_TRY(load(path, limits, &file, &codec, &own));
    if (own.height != common->height || own.width != common->width || own.channels > common->channels) {
        status = uhn_fail(UHN_ERROR_ARGUMENT, "%s: changed while the folder was read", path);
        goto leave;
    }
    UHN_TRY(codec->decode(&file, &own, row));
    for (size_t c = own.channels; c < common->channels; c++)
        memcpy(row + c * plane, row, plane);
leave:
    uhn_release(file.bytes);
    return status;
}

/* The length of the first folder's name in what follows the root; 0: the file lies in the root itself. */
static size_t class_length(const char *path, size_t root)
{
    const char *slash = strchr(path + root, '/');
    return slash ? (size_t)(slash - path) - root : 0;
}

/* The paths are sorted, so the files of one class follow each other. */
static uhn_status label(const uhn_file_list *list, size_t root, uhn_dataset *data)
{
    size_t classes = 0, last = 0;
    uint8_t *labels = uhn_allocate(list->count, 1);
    if (!labels)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu labels", list->count);
    for (size_t i = 0; i < list->count; i++) {
        size_t length = class_length(list->paths[i], root);
        if (i == 0 || length != last || memcmp(list->paths[i] + root, list->paths[i - 1] + root, length) != 0)
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

static size_t root_length(const char *folder)
{
    size_t length = strlen(folder);
    return length > 0 && folder[length - 1] == '/' ? length : length + 1;
}

static uhn_status read_folder(const char *path, const uhn_read_limits *limits, uhn_dataset *data)
{
    uhn_status status = UHN_OK;
    uhn_file_list list;
    uhn_geometry common = {0};
    UHN_TRY(uhn_file_list_read(path, &list));
    if (list.count == 0) {
        status = uhn_fail(UHN_ERROR_ARGUMENT, "%s: the folder holds no images", path);
        goto leave;
    }
    UHN_TRY(measure_all(&list, limits, &common));
    uhn_dataset_describe_images(data, list.count, &common);
    UHN_TRY(uhn_check_limit(path, data->count, data->dim, uhn_limit_bytes(limits)));
    UHN_TRY(uhn_dataset_allocate(path, data));
    for (size_t i = 0; i < list.count; i++)
        UHN_TRY(decode_into(list.paths[i], limits, &common, (uint8_t *)data->rows + i * data->dim));
    UHN_TRY(label(&list, root_length(path), data));
leave:
    uhn_file_list_free(&list);
    return status;
}

const uhn_reader uhn_reader_folder = {"folder", "a folder of PNG and JPEG images", probe_folder, read_folder};
