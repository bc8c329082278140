/* SPDX-License-Identifier: MIT
 * Many files as one data set: what lies in a folder or an archive.
 *
 * Which part of it is read:
 * - where all that a folder holds is one folder, that one; where its folders are the parts of a data set (train, val,
 *   test and the like), the training part. So it goes on from there;
 * - where there are the files that MNIST or CIFAR are published as, the training images, or the test images where there
 *   are no others, one file after the other; what lies beside them is passed over;
 * - a file that is alone, by itself, whatever it is;
 * - else everything, as images (image_set.h). */
#ifndef UHN_DATA_COLLECTION_H
#define UHN_DATA_COLLECTION_H

#include "data/file_list.h"

/* Reads the files of a sorted list, whose paths begin with `root`. */
uhn_status uhn_collection_read(const char *root, const uhn_file_list *list, const uhn_read_limits *limits,
                               uhn_dataset *data);

#endif
