/* SPDX-License-Identifier: MIT
 * The Bayes limit: for a corruption whose law is known, the similarity that is its likelihood. No recall identifies the
 * memories of damaged queries more often (docs/mathematics.md, section 2). */
#ifndef UHN_LAB_LIMIT_H
#define UHN_LAB_LIMIT_H

#include "data/dataset.h"

typedef struct uhn_limit {
    bool known;          /* is there a law? The rest is empty where there is none */
    char similarity[96]; /* as uhn_choose_similarity() takes it */
    uint8_t *observed;   /* dim bytes, the coordinates that are left, for the options' mask; NULL: all; owned */
} uhn_limit;

/* Of one of the table's corruptions at a level. UHN_ERROR_OUT_OF_MEMORY; then, too, *limit can be freed. */
uhn_status uhn_limit_find(const uhn_corruption *corruption, double level, const uhn_geometry *geometry, size_t dim,
                          uhn_limit *limit);
void uhn_limit_free(uhn_limit *limit);

/* How many digits of a number, as %.*g writes it, are enough to read the same number again. */
int uhn_digits(double value);

#endif
