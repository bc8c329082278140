/* SPDX-License-Identifier: MIT
 * The images that experiments draw from, in a fixed order: run n stores images of its own, and whatever is to be
 * learned or tuned for it comes from the others. */
#ifndef UHN_LAB_POPULATION_H
#define UHN_LAB_POPULATION_H

#include "data/dataset.h"

typedef struct uhn_population {
    const uhn_dataset *data; /* the caller's */
    size_t *order;           /* data->count row numbers; owned */
    uint64_t fingerprint;    /* of the rows and their order */
} uhn_population;

/* The rows of `data` in an order shuffled by `seed`, or as they stand. Rows must be numbers in [0, 1].
 * UHN_ERROR_DOMAIN (the detail names row and column), UHN_ERROR_OUT_OF_MEMORY */
uhn_status uhn_population_make(const uhn_dataset *data, bool shuffle, uint64_t seed, uhn_population *population);
void uhn_population_free(uhn_population *population);

/* Copies images first … first+count−1 of the order, as float32. */
void uhn_population_take(const uhn_population *population, size_t first, size_t count, float *rows);

/* Copies `wanted` images that are not among first … first+count−1, evenly spaced over all of those; `wanted` is at most
 * their number. */
void uhn_population_take_outside(const uhn_population *population, size_t first, size_t count, size_t wanted,
                                 float *rows);

#endif
