/* SPDX-License-Identifier: MIT
 * A folder: see collection.h for what of it is read, and file_list.h for which files count. */
#include "data/collection.h"
#include "data/reader.h"

static bool probe_folder(const char *path, const uint8_t *head, size_t head_size, bool is_folder)
{
    (void)path;
    (void)head;
    (void)head_size;
    return is_folder;
}

static uhn_status read_folder(const uhn_file *file, const uhn_read_limits *limits, uhn_dataset *data)
{
    uhn_file_list list;
    uhn_status status = uhn_file_list_read(file->path, &list);
    if (status == UHN_OK)
        status = uhn_collection_read(file->path, &list, limits, data);
    uhn_file_list_free(&list);
    return status;
}

const uhn_reader uhn_reader_folder = {"folder", "a folder of PNG and JPEG images, or of the files of MNIST or CIFAR",
                                      probe_folder, read_folder, NULL};
