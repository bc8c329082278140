/* SPDX-License-Identifier: MIT
 * The inside of a memory: for the rooms of the library that read rows where they lie. */
#ifndef UHN_CORE_MEMORY_H
#define UHN_CORE_MEMORY_H

#include "uhn/uhn.h"

struct uhn_memory {
    uhn_storage storage;
    size_t dim, value_dim; /* D, O */
    bool has_values;       /* false: P = M */
    bool borrowed;
    size_t count, capacity;
    float low, high;                 /* all entries of M lie within; this does not shrink when rows go */
    float value_low, value_high;     /* and those of P, where it is not M */
    size_t row_stride, value_stride; /* bytes */
    uint8_t *rows;                   /* owned unless borrowed; never written when borrowed */
    uint8_t *values;
    double *squares; /* Σx² of each row of floats, as the kernels' moments() has it; NULL for other rows. Owned. */
};

/* Row `index` of M as float32: where it lies when it is stored so, else expanded into scratch [dim]. */
const float *uhn_memory_expand(const uhn_memory *memory, size_t index, float *scratch);

/* The row of P that `projection` gives memory `index`, O floats; scratch [max(dim, value_dim)]. */
const float *uhn_memory_projected(const uhn_memory *memory, uhn_projection projection, size_t index, float *scratch);

/* Checks what every call that recalls has in common: NULL, N ≥ 1, stride (0 = packed) of `width` floats. Gives the
 * stride to use. */
uhn_status uhn_check_rows(const char *what, const void *rows, size_t count, size_t width, size_t stride, size_t *use);

#endif
