/* SPDX-License-Identifier: MIT
 * Results such as an experiment might have found: logistic curves over the levels, different for every series. */
#ifndef UHN_TESTS_SUPPORT_CURVES_H
#define UHN_TESTS_SUPPORT_CURVES_H

#include "check.h"
#include "lab/results.h"

/* Nine measured series, a learned one, a limit and the baseline over 11 numbers of memories, 5 runs. In all criteria
 * the first two series are 1 at all levels, and the last measured one is NaN at the first three. */
void make_curves(uhn_results *results);

/* A copy that uhn_results_free() frees. */
char *copy_string(const char *string);

#endif
