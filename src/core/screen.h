/* SPDX-License-Identifier: MIT
 * Which memories need their exact score, given estimates with a bound on their error. */
#ifndef UHN_CORE_SCREEN_H
#define UHN_CORE_SCREEN_H

#include "core/estimate.h"

enum { UHN_SCREEN_BEST = 64 }; /* more best scores than this are not worth a screen */

/* The scores that the best memories so far have at least, best first: `count` of them, −∞ where there are fewer. */
typedef struct uhn_floor {
    size_t count;
    double least[UHN_SCREEN_BEST];
} uhn_floor;

/* Can it be screened for this? */
bool uhn_screen_serves(const uhn_precision *precision);

void uhn_floor_init(uhn_floor *floor, const uhn_precision *precision);

/* Raises the floor by estimates [count] and writes to `chosen` [count] the indices, in order, of those that may be
 * needed exactly; gives their number. NaN is always chosen. `shared`, or NULL: a score below which nothing is needed,
 * as other threads have found it, who look at other memories; it is raised if less is known there. */
size_t uhn_screen(uhn_floor *floor, const uhn_precision *precision, const double *estimates, size_t count,
                  uhn_error_bound bound, size_t memories, double *shared, uint16_t *chosen);

#endif
