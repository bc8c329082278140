/* SPDX-License-Identifier: MIT
 * What the readers share. */
#ifndef UHN_DATA_READER_H
#define UHN_DATA_READER_H

#include "data/dataset.h"

extern const uhn_reader uhn_reader_npy, uhn_reader_png, uhn_reader_jpeg, uhn_reader_idx, uhn_reader_cifar,
    uhn_reader_folder, uhn_reader_archive;

enum { UHN_HEAD_SIZE = 512 }; /* the first bytes of a file that a probe sees: tar's header is so long */

/* Reads a file as uhn_dataset_read() does. */
uhn_status uhn_file_read(const uhn_file *file, const uhn_read_limits *limits, uhn_dataset *data);

/* Bytes of one stored coordinate: float32 or uint8, the storages that readers fill. */
size_t uhn_stored_size(uhn_storage storage);

/* UHN_ERROR_RANGE unless count · row_bytes is within `limit`. */
uhn_status uhn_check_limit(const char *path, size_t count, size_t row_bytes, uint64_t limit);

/* Room for the rows that count, dim and storage say. UHN_ERROR_OUT_OF_MEMORY */
uhn_status uhn_dataset_allocate(const char *path, uhn_dataset *data);

/* Sets the geometry from rank, shape and dim: N×H×W, N×C×H×W (planar), N×H×W×C (interleaved), C being 1 or 3; with
 * one or two dimensions rows of 784 are 28×28, rows of 3072 and 12288 planar 32×32×3 and 64×64×3. Else none. */
void uhn_guess_geometry(uhn_dataset *data);

/* Sets count, dim, rank, shape (N×H×W or N×C×H×W) and storage for `count` uint8 images of this geometry, whose size
 * must be known not to overflow. */
void uhn_dataset_describe_images(uhn_dataset *data, size_t count, const uhn_geometry *geometry);

#endif
