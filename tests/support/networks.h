/* SPDX-License-Identifier: MIT
 * What the tests of presets and networks share: ±1 data, a recall in one line, and a watch that remembers. */
#ifndef UHN_TESTS_SUPPORT_NETWORKS_H
#define UHN_TESTS_SUPPORT_NETWORKS_H

#include "check.h"
#include "random_data.h"

/* −1 or +1; the caller's to free(). */
float *random_bipolar(test_random *random, size_t count);
/* Turns that share of the signs around. */
void flip_share(test_random *random, float *state, size_t dim, double share);

double dot(const float *x, const float *y, size_t dim);

/* A memory on float32 rows, with values where they are not NULL. */
uhn_memory *borrow(const float *rows, size_t count, size_t dim, const float *values, size_t value_dim);

/* The defaults with a preset. */
uhn_options options_of(const char *preset, size_t dim, size_t steps);

/* Recalls a batch with a preset. */
void recall(const char *preset, const uhn_memory *memory, const float *queries, size_t count, size_t steps, float *out,
            uhn_report *reports);

/* What a watch is told: after each step, each query that took it, in order. */
typedef struct told {
    size_t calls, steps[64], queries[64];
    float last[64][8];
} told;

/* The watch; its context is a told. */
bool remember(void *context, size_t query, size_t step, const float *state, size_t dim);

#endif
