/* SPDX-License-Identifier: MIT
 * Rows drawn from a data set: some to store, some to learn from, some to ask for. */
#ifndef UHN_LAB_SAMPLE_H
#define UHN_LAB_SAMPLE_H

#include "data/dataset.h"

/* The first `count` of a random order of 0 … total − 1, which seed and `draw` determine; count ≤ total.
 * UHN_ERROR_OUT_OF_MEMORY */
uhn_status uhn_sample_draw(uint64_t seed, uint64_t draw, size_t total, size_t count, size_t *rows);

/* Are all numbers of the data set in [0, 1]? UHN_ERROR_DOMAIN, UHN_ERROR_NONFINITE (the detail has row and column). */
uhn_status uhn_sample_check(const uhn_dataset *data);

/* The rows at these indices as floats: to [count × dim]. */
void uhn_sample_rows(const uhn_dataset *data, const size_t *rows, size_t count, float *to);

/* Damages such rows in place, each as its number demands, and as `uhn corrupt` does: the damage of a row does not
 * depend on the sample that it is in. first: the number of the data set's row 0 in its file. */
void uhn_sample_damage(const uhn_dataset *data, size_t first, const uhn_corruption *corruption, double level,
                       uint64_t seed, const size_t *rows, size_t count, float *values);

/* A memory of these rows, in the data set's storage. Free it with uhn_memory_destroy(). Errors as uhn_memory_add(). */
uhn_status uhn_sample_store(const uhn_dataset *data, const size_t *rows, size_t count, uhn_memory **memory);

#endif
