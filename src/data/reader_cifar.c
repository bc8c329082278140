/* SPDX-License-Identifier: MIT
 * CIFAR-10 and CIFAR-100 binary files: records of one or two label bytes and 32×32 pixels, planar RGB. Nothing in the
 * file says so; the name must end in .bin or .bin.gz and the length must be a multiple of a record. A length that is a
 * multiple of both records (a multiple of 9,446,402 bytes) is CIFAR-10 if its labels then are, else CIFAR-100. */
#include "base/allocate.h"
#include "base/status.h"
#include "data/reader.h"
#include "data/source.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

enum { PIXELS = 32 * 32 * 3, LABELS_MAX = 2 };

typedef struct layout {
    const char *name;
    size_t labels;                /* label bytes before the pixels; the last one is the class */
    unsigned classes[LABELS_MAX]; /* how many each label byte can name */
} layout;

static const layout layouts[] = {{"CIFAR-10", 1, {10, 0}}, {"CIFAR-100", 2, {20, 100}}};

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcasecmp(text + length - end_length, end) == 0;
}

static bool probe_cifar(const char *path, const uint8_t *head, size_t head_size, bool is_folder)
{
    (void)head;
    return !is_folder && head_size > 0 && (ends_with(path, ".bin") || ends_with(path, ".bin.gz"));
}

static uhn_status read_record(uhn_source *source, const layout *as, size_t index, uhn_dataset *data)
{
    uint8_t labels[LABELS_MAX];
    uhn_status status = uhn_source_read(source, labels, as->labels);
    if (status != UHN_OK)
        return status;
    for (size_t i = 0; i < as->labels; i++)
        if (labels[i] >= as->classes[i])
            return uhn_fail(UHN_ERROR_ARGUMENT, "%s: record %zu has label %u; those of %s are 0 to %u", source->path,
                            index, labels[i], as->name, as->classes[i] - 1);
    data->labels[index] = labels[as->labels - 1];
    return uhn_source_read(source, (uint8_t *)data->rows + index * PIXELS, PIXELS);
}

static uhn_status read_layout(uhn_source *source, const layout *as, uhn_dataset *data)
{
    uhn_status status = UHN_OK;
    static const uhn_geometry geometry = {32, 32, 3, false};
    uhn_dataset_free(data);
    uhn_dataset_describe_images(data, (size_t)(source->size / (PIXELS + as->labels)), &geometry);
    UHN_TRY(uhn_source_rewind(source));
    UHN_TRY(uhn_dataset_allocate(source->path, data));
    data->labels = uhn_allocate(data->count, 1);
    if (!data->labels)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory for its %zu labels", source->path, data->count);
    for (size_t i = 0; i < data->count; i++)
        UHN_TRY(read_record(source, as, i, data));
leave:
    return status;
}

static uhn_status read_cifar(const uhn_file *file, const uhn_read_limits *limits, uhn_dataset *data)
{
    uhn_source source;
    uhn_status status = uhn_source_open(file, limits, &source);
    bool tried = false;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        bool go_on = tried ? status == UHN_ERROR_ARGUMENT : status == UHN_OK;
        if (!go_on || source.size == 0 || source.size % (PIXELS + layouts[i].labels) != 0)
            continue;
        status = read_layout(&source, &layouts[i], data);
        tried = true;
    }
    if (status == UHN_OK && !tried)
        status =
            uhn_fail(UHN_ERROR_ARGUMENT,
                     "%s: %" PRIu64 " bytes are neither CIFAR-10 records (3073 bytes) nor CIFAR-100 records (3074)",
                     file->path, source.size);
    uhn_source_close(&source);
    return status;
}

const uhn_reader uhn_reader_cifar = {"cifar", "CIFAR-10 or CIFAR-100 binary (its name ends in .bin or .bin.gz)",
                                     probe_cifar, read_cifar, NULL};
