/* SPDX-License-Identifier: MIT
 * The inside of a memory: for the rooms of the library that read rows where they lie. */
#ifndef UHN_CORE_MEMORY_H
#define UHN_CORE_MEMORY_H

#include "uhn/uhn.h"

/* What a divergence finds out about a row: as prepare() has it, and Σ a log a with a = D (x · scale + offset), as the
 * kernels' entropy() has it. 0 there: nothing is known yet. */
typedef struct uhn_distribution {
    double scale, offset, entropy;
} uhn_distribution;

/* Those of all rows, for one smoothing. */
typedef struct uhn_distributions {
    double epsilon;
    uhn_distribution rows[];
} uhn_distributions;

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
    uhn_distributions *distributions; /* once a recall has wanted them, until a row changes. Owned. */
};

/* Row `index` of M as float32: where it lies when it is stored so, else expanded into scratch [dim]. */
const float *uhn_memory_expand(const uhn_memory *memory, size_t index, float *scratch);

/* Room for what is known of the rows as distributions with this smoothing, for threads to share: made by the first
 * recall that wants it. *rows is NULL where another smoothing was first. */
uhn_status uhn_memory_distributions(const uhn_memory *memory, double epsilon, uhn_distribution **rows);

/* Is it known? Then *copy has it. Threads that find the same out at the same time may all note it. */
bool uhn_distribution_known(const uhn_distribution *distribution, uhn_distribution *copy);
void uhn_distribution_note(uhn_distribution *distribution, uhn_distribution known);

/* The row of P that `projection` gives memory `index`, O floats; scratch [max(dim, value_dim)]. */
const float *uhn_memory_projected(const uhn_memory *memory, uhn_projection projection, size_t index, float *scratch);

/* Checks what every call that recalls has in common: NULL, N ≥ 1, stride (0 = packed) of `width` floats. Gives the
 * stride to use. */
uhn_status uhn_check_rows(const char *what, const void *rows, size_t count, size_t width, size_t stride, size_t *use);

#endif
