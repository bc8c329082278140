/* SPDX-License-Identifier: MIT
 * The header of a .npy file: a Python dictionary of exactly three entries, read without an interpreter. */
#ifndef UHN_DATA_NPY_HEADER_H
#define UHN_DATA_NPY_HEADER_H

#include "data/array.h"

/* Reads the `size` characters of the dictionary. UHN_ERROR_ARGUMENT: not such a dictionary, or an array that is not
 * read; `path` is for the sentence. */
uhn_status uhn_npy_parse_header(const char *path, const char *text, size_t size, uhn_array *array);

#endif
