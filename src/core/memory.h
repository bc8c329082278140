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

/* Rows that lie in blocks of the caller's; memory_blocks.c. */
typedef struct uhn_blocks uhn_blocks;

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
    uhn_blocks *blocks; /* where rows, values and squares are instead, or NULL. Owned. */
    double *squares;    /* Σx² of each row of floats, as the kernels' moments() has it; NULL for other rows. Owned. */
    uhn_distributions *distributions; /* once a recall has wanted them, until a row changes. Owned. */
};

/* Row `index` as it is stored, of M and of P; Σx² of the row, NULL where it is not known. Of a block that its owner
 * refuses, a row of zeros: the call has to ask uhn_memory_intact() before it ends. */
const uint8_t *uhn_blocks_row(const uhn_memory *memory, size_t index);
const uint8_t *uhn_blocks_value(const uhn_memory *memory, size_t index);
const double *uhn_blocks_squares(const uhn_memory *memory, size_t index);
void uhn_blocks_release(uhn_blocks *blocks);

static inline const uint8_t *uhn_memory_stored(const uhn_memory *memory, size_t index)
{
    return memory->blocks ? uhn_blocks_row(memory, index) : memory->rows + index * memory->row_stride;
}

static inline const uint8_t *uhn_memory_stored_value(const uhn_memory *memory, size_t index)
{
    return memory->blocks ? uhn_blocks_value(memory, index) : memory->values + index * memory->value_stride;
}

static inline const double *uhn_memory_squares(const uhn_memory *memory, size_t index)
{
    if (memory->blocks)
        return uhn_blocks_squares(memory, index);
    return memory->squares ? &memory->squares[index] : NULL;
}

/* What the owner says of a block that was to be used and must not be; if there is none, `status`. */
uhn_status uhn_memory_intact(const uhn_memory *memory, uhn_status status);

/* The same of all blocks, for calls that have no good place to ask later. */
uhn_status uhn_memory_check_blocks(const uhn_memory *memory);

/* An empty memory. */
uhn_status uhn_memory_make(uhn_storage storage, size_t dim, size_t value_dim, uhn_memory **memory);

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
