/* SPDX-License-Identifier: MIT
 * The findings of an experiment in plain sentences. */
#ifndef UHN_LAB_SENTENCES_H
#define UHN_LAB_SENTENCES_H

#include "lab/results.h"
#include "lab/text.h"

/* One paragraph: best and worst, where curves fall below one half, how far they are from the limit, what the mean image
 * would get, and whether all queries were answered. `marked` has room for a mark on each series. */
void uhn_say_findings(uhn_text *text, const uhn_results *results, bool *marked);

/* "0.94 ± 0.02", or a dash where nothing is known. */
void uhn_say_value(uhn_text *text, const uhn_results *results, const uhn_curve *curve, size_t level);

/* What is printed with two decimals: −0.00 is 0.00. */
double uhn_shown(double value);

#endif
