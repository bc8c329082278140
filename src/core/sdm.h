/* SPDX-License-Identifier: MIT
 * The inside of a sparse distributed memory. */
#ifndef UHN_CORE_SDM_H
#define UHN_CORE_SDM_H

#include "uhn/uhn.h"

struct uhn_sdm_counter; /* one width of counters: sdm.c */

struct uhn_sdm {
    size_t locations, dim, value_dim, radius;
    size_t address_bytes, data_bytes; /* of a packed row */
    const struct uhn_sdm_counter *counter;
    uint8_t *addresses; /* locations × address_bytes */
    void *counters;     /* locations × value_dim, in their own width */
};

/* How many bits of two packed rows differ. Bits past the end must be equal. */
size_t uhn_bit_distance(const uint8_t *a, const uint8_t *b, size_t bytes);

/* The inside of write (sign +1) and erase (sign −1) for locations first … end−1 only, so that threads can share the
 * work: no two locations have a counter in common. Nothing is checked. */
void uhn_sdm_add(uhn_sdm *sdm, const uint8_t *addresses, const uint8_t *data, size_t count, int sign, size_t first,
                 size_t end);

/* Reads at one address; nothing is checked. Returns the number of active locations. */
size_t uhn_sdm_read_one(const uhn_sdm *sdm, const uint8_t *address, int64_t *sums);

/* The largest radius within which at most 2 % of all addresses of `dim` bits lie (0 when there is none): the share of
 * the locations that are active. It is near the best share, (2 N L)^(−1/3) for N memories in L locations, when both
 * are of the order of hundreds (Kanerva 1988; Bricken and Pehlevan 2021). */
size_t uhn_sdm_default_radius(size_t dim);

#endif
