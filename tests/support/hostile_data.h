/* SPDX-License-Identifier: MIT
 * Memories and queries on which arithmetic in float32, or in small integers, goes wrong. */
#ifndef UHN_TESTS_SUPPORT_HOSTILE_DATA_H
#define UHN_TESTS_SUPPORT_HOSTILE_DATA_H

#include <stdbool.h>

#include "random_data.h"

typedef struct hostile_kind {
    const char *name;
    float (*coordinate)(test_random *random, size_t row, size_t column, float base);
} hostile_kind;

/* NULL past the end. */
const hostile_kind *hostile_kind_at(size_t index);

/* Fills rows and queries [… × dim]. Memories vary about a vector that they have in common, and so do the queries.
 * Nearly all kinds are numbers ≥ 0; with `flip` random columns change their sign everywhere. */
void hostile_fill(const hostile_kind *kind, uint64_t seed, bool flip, size_t dim, float *rows, size_t row_count,
                  float *queries, size_t query_count);

#endif
