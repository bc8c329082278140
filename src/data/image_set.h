/* SPDX-License-Identifier: MIT
 * PNG and JPEG files, one row each. All must be of one size; where grayscale and RGB mix, grayscale is expanded to RGB.
 * When they lie in at least two (at most 256) folders, these are classes: the label is the folder's place among them.
 */
#ifndef UHN_DATA_IMAGE_SET_H
#define UHN_DATA_IMAGE_SET_H

#include "data/file_list.h"

/* Some files of a sorted list: those below one folder. */
typedef struct uhn_file_range {
    const uhn_listed_file *files;
    size_t count;
    size_t root; /* the length of what all paths begin with: the folder and a slash */
} uhn_file_range;

uhn_file uhn_file_of(const uhn_listed_file *listed);

/* The first folder's name in what follows the root is so long; 0: the file lies in the root itself. */
size_t uhn_top_folder(const uhn_listed_file *file, size_t root);

/* `path` names the whole in sentences. UHN_ERROR_ARGUMENT: something is no image, images differ in size, or a file lies
 * deeper than in class/images/. */
uhn_status uhn_image_set_read(const char *path, const uhn_file_range *range, const uhn_read_limits *limits,
                              uhn_dataset *data);

#endif
