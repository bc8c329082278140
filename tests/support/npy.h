/* SPDX-License-Identifier: MIT
 * Reads the .npy files of the golden vectors for tests, apart from the reader of the command, which is tested itself.
 */
#ifndef UHN_TESTS_SUPPORT_NPY_H
#define UHN_TESTS_SUPPORT_NPY_H

#include <stdbool.h>
#include <stddef.h>

typedef struct npy {
    size_t rank, shape[4], count;
    double *values; /* all types that occur (f4, f8, i4, u1) fit exactly */
} npy;

/* Little-endian, C order. False, with a line printed, when the file is anything else. Free with npy_free(). */
bool npy_read(const char *path, npy *array);
void npy_free(npy *array);

/* The values as float, the caller's to free(). */
float *npy_floats(const npy *array);

/* Writes float32 [rows × columns]. */
bool npy_write_floats(const char *path, const float *values, size_t rows, size_t columns);

#endif
