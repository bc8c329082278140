/* SPDX-License-Identifier: MIT */
#include "data/collection.h"

#include "base/allocate.h"
#include "base/status.h"
#include "data/image_set.h"
#include "data/reader.h"
#include "data/source.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---------------------------------------------------------------------------------- which folder to begin with */

typedef struct part {
    const char *name;
    bool is_training;
} part;

static const part parts[] = {
    {"train", true},       {"training", true}, {"val", false},     {"valid", false},
    {"validation", false}, {"test", false},    {"testing", false},
};

static const part *find_part(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strlen(parts[i].name) == length && strncasecmp(parts[i].name, name, length) == 0)
            return &parts[i];
    return NULL;
}

/* The files of the top folder that the first file of `range` lies in. */
static uhn_file_range below_first(const uhn_file_range *range, size_t length)
{
    uhn_file_range below = {range->files, 0, range->root + length + 1};
    while (below.count < range->count && strncmp(range->files[below.count].path, range->files[0].path, below.root) == 0)
        below.count++;
    return below;
}

/* Goes on to the folder that stands for the whole, if there is one. */
static bool narrow(uhn_file_range *range)
{
    size_t files = 0, folders = 0, trainings = 0, others = 0, next;
    uhn_file_range chosen = {0}, rest = *range;
    for (; rest.count > 0; rest.files += next, rest.count -= next) {
        size_t length = uhn_top_folder(rest.files, rest.root);
        if (length == 0) {
            next = 1;
            files++;
            continue;
        }
        uhn_file_range folder = below_first(&rest, length);
        const part *is = find_part(rest.files->path + rest.root, length);
        next = folder.count;
        folders++;
        trainings += is && is->is_training;
        others += !is;
        if (folders == 1 || (is && is->is_training))
            chosen = folder;
    }
    bool found = (folders == 1 && files == 0) || (trainings == 1 && others == 0);
    if (found)
        *range = chosen;
    return found;
}

/* ------------------------------------------------------------------------------------------ published files */

typedef struct published {
    const char *pattern; /* of the names, apart from .gz */
    const char *refusal; /* why they are not read; NULL: they are */
} published;

static const char python_version[] = "is CIFAR's version for Python or Matlab; the binary version is read: "
                                     "cifar-10-binary.tar.gz of www.cs.toronto.edu/~kriz/cifar.html";

/* The first row that any name matches is what is read. A row for test images comes after all for training. */
static const published publications[] = {
    {"data_batch_[0-9].bin", NULL},       /* CIFAR-10 */
    {"train.bin", NULL},                  /* CIFAR-100 */
    {"train-images[-.]idx3-ubyte", NULL}, /* MNIST, and what follows its example */
    {"test_batch.bin", NULL},
    {"test.bin", NULL},
    {"t10k-images[-.]idx3-ubyte", NULL},
    {"data_batch_[0-9]", python_version},
    {"data_batch_[0-9].mat", python_version},
};

/* The length of a path without .gz. */
static size_t stem_length(const char *path)
{
    size_t length = strlen(path);
    return length > 3 && strcasecmp(path + length - 3, ".gz") == 0 ? length - 3 : length;
}

static bool matches(const published *row, const uhn_file_range *range, size_t index)
{
    char name[64];
    const char *path = range->files[index].path + range->root;
    size_t length = stem_length(path);
    if (length >= sizeof name || strchr(path, '/'))
        return false;
    memcpy(name, path, length);
    name[length] = 0;
    return fnmatch(row->pattern, name, 0) == 0;
}

/* Is the same file there uncompressed? It comes before. */
static bool is_copy(const uhn_file_range *range, size_t index)
{
    const char *path = range->files[index].path;
    size_t length = stem_length(path);
    for (size_t i = 0; path[length] && i < index; i++)
        if (strlen(range->files[i].path) == length && strncmp(range->files[i].path, path, length) == 0)
            return true;
    return false;
}

static const published *find_published(const uhn_file_range *range)
{
    for (size_t row = 0; row < sizeof publications / sizeof *publications; row++)
        for (size_t i = 0; i < range->count; i++)
            if (matches(&publications[row], range, i))
                return &publications[row];
    return NULL;
}

/* Joins data sets of the same kind of row, `count` rows in all, and frees them. */
static uhn_status join(const char *path, uhn_dataset *sets, size_t set_count, size_t count, uhn_dataset *data)
{
    size_t row = sets[0].dim * uhn_stored_size(sets[0].storage), done = 0;
    *data = sets[0];
    data->count = data->shape[0] = count;
    data->rows = NULL;
    data->labels = NULL;
    uhn_status status = uhn_dataset_allocate(path, data);
    if (status != UHN_OK)
        return status;
    if (sets[0].labels && !(data->labels = uhn_allocate(count, 1)))
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory for its %zu labels", path, count);
    for (size_t i = 0; i < set_count; i++) {
        memcpy((uint8_t *)data->rows + done * row, sets[i].rows, sets[i].count * row);
        if (data->labels)
            memcpy(data->labels + done, sets[i].labels, sets[i].count);
        done += sets[i].count;
        uhn_dataset_free(&sets[i]);
    }
    return UHN_OK;
}

/* Reads the next of the files; all must be alike. */
static uhn_status read_one(const uhn_listed_file *listed, const uhn_read_limits *limits, const uhn_dataset *first,
                           size_t before, uhn_dataset *set)
{
    uhn_file file = uhn_file_of(listed);
    uhn_status status = uhn_file_read(&file, limits, set);
    if (status != UHN_OK)
        return status;
    if (set->dim != first->dim || set->storage != first->storage || set->rank != first->rank ||
        !set->labels != !first->labels)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: its rows are unlike those of the files before it", file.path);
    return uhn_check_limit(file.path, before + set->count, set->dim * uhn_stored_size(set->storage),
                           uhn_limit_bytes(limits));
}

static uhn_status read_published(const char *path, const published *row, const uhn_file_range *range,
                                 const uhn_read_limits *limits, uhn_dataset *data)
{
    uhn_status status = UHN_OK;
    size_t set_count = 0, count = 0;
    if (row->refusal)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: %s", path, row->refusal);
    uhn_dataset *sets = uhn_allocate(range->count, sizeof *sets);
    if (!sets)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to list it", path);
    for (size_t i = 0; i < range->count; i++) {
        if (!matches(row, range, i) || is_copy(range, i))
            continue;
        uhn_dataset *set = &sets[set_count++];
        UHN_TRY(read_one(&range->files[i], limits, sets, count, set));
        count += set->count;
    }
    UHN_TRY(join(path, sets, set_count, count, data));
leave:
    for (size_t i = 0; i < set_count; i++)
        uhn_dataset_free(&sets[i]);
    uhn_release(sets);
    return status;
}

/* ---------------------------------------------------------------------------------------------- the whole */

static size_t root_length(const char *folder)
{
    size_t length = strlen(folder);
    return length > 0 && folder[length - 1] == '/' ? length : length + 1;
}

uhn_status uhn_collection_read(const char *root, const uhn_file_list *list, const uhn_read_limits *limits,
                               uhn_dataset *data)
{
    uhn_file_range range = {list->files, list->count, root_length(root)};
    const published *row;
    if (list->count == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: holds no images", root);
    while (!(row = find_published(&range)))
        if (!narrow(&range))
            break;
    if (row)
        return read_published(root, row, &range, limits, data);
    if (range.count == 1) {
        uhn_file file = uhn_file_of(range.files);
        return uhn_file_read(&file, limits, data);
    }
    return uhn_image_set_read(root, &range, limits, data);
}
