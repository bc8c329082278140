/* SPDX-License-Identifier: MIT
 * Walks the library's own tables, so that a row that is added there is tested without a line here. */
#ifndef UHN_TESTS_SUPPORT_CATALOGUE_H
#define UHN_TESTS_SUPPORT_CATALOGUE_H

#include "check.h"
#include "random_data.h"

/* Every separation of the table with its defaults, then some with other parameters; NULL past the end. */
const char *catalogue_separation(size_t index);

/* Defaults with this similarity and this separation, given as text. The similarity `table` gets a table to work on;
 * separations that need scores without sign still get what the similarity gives. */
void catalogue_options(const char *similarity, const char *separation, uhn_options *options);

/* Numbers that the similarity accepts: 0 and 1 for hamming, [0, 1) with zeros for all others. The caller's to free. */
float *catalogue_data(const char *similarity, test_random *random, size_t count);

#endif
