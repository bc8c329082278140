/* SPDX-License-Identifier: MIT
 * Flows for tests, by text. */
#ifndef UHN_TESTS_SUPPORT_FLOWS_H
#define UHN_TESTS_SUPPORT_FLOWS_H

#include "check.h"
#include "random_data.h"
#include "uhn/dynamics.h"

/* The defaults with these choices. */
uhn_flow flow_of(const char *similarity, const char *value, const char *memory, const char *integrator);

/* A memory that owns a copy of `count` rows; the caller's to destroy. */
uhn_memory *memory_of(const float *rows, size_t count, size_t dim);

/* `count` doubles, standard normal times `scale`; the caller's to free(). */
double *random_doubles(test_random *random, size_t count, double scale);

#endif
