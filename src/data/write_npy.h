/* SPDX-License-Identifier: MIT
 * The beginning of a .npy file, for those who write its numbers themselves. */
#ifndef UHN_DATA_WRITE_NPY_H
#define UHN_DATA_WRITE_NPY_H

#include "data/write_file.h"

/* `type` is NumPy's name, as "<f4"; rank 1 … 4. */
uhn_status uhn_write_npy_header(uhn_replacement *file, const char *type, size_t rank, const size_t *shape);

#endif
