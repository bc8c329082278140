/* SPDX-License-Identifier: MIT
 * What the fast passes over integers are made of: vectors of GROUPS groups of 64 bits, and the terms of a pass summed
 * up within each group. A group is 8 consecutive bytes of one vector, so 8 uint8, 4 int16 or 64 bits.
 *
 *   groups_load(from)            GROUPS · 8 consecutive bytes
 *   groups_load_part(from, n)    the first n of them, 0 < n < GROUPS · 8, the others 0
 *   groups_spread(group)         that group, GROUPS times
 *   groups_transpose(v)          group j of v[i] ↔ group i of v[j]
 *   groups_total(sums)           Σ of the groups
 *   groups_put(to, sums, n, add, bias)  to[i] ← (add ? to[i] : bias) + group i, for i < n and i < GROUPS
 *   step_…(sums, x, q)           sums, with the terms of x and q added
 *   fold_…(sums)                 such sums to one whole number per group: those of differences and mismatches
 *                                (fold_whole) are that already, the others are two int32 (fold_halves)
 *
 * The int32 of fold_halves hold for BLOCK_BYTES bytes of x and q. step_multiply() adds up q (x − MULTIPLY_OFFSET). */
#ifndef UHN_KERNEL_VARIANT_GROUPS_H
#define UHN_KERNEL_VARIANT_GROUPS_H

#include "kernel/variant/variant.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* At most 2^18 a step of 8 bytes is added to an int32. */
enum { BLOCK_BYTES = 4096 };

#if defined(__AVX512BW__) && defined(__AVX512DQ__)
#include "kernel/variant/groups_avx512.h"
#elif defined(__AVX2__)
#include "kernel/variant/groups_avx2.h"
#elif defined(__SSE2__)
#include "kernel/variant/groups_sse2.h"
#else
#include "kernel/variant/groups_plain.h"
#endif

#if !(defined(__AVX512BW__) && defined(__AVX512DQ__))

INLINE groups groups_load_part(const void *from, size_t bytes)
{
    unsigned char padded[sizeof(groups)] = {0};
    memcpy(padded, from, bytes);
    return groups_load(padded);
}

INLINE void groups_put(double *to, groups sums, size_t count, bool add, double bias)
{
    double values[GROUPS];
    groups_doubles(values, sums);
    for (size_t i = 0; i < GROUPS; i++)
        if (i < count)
            to[i] = (add ? to[i] : bias) + values[i];
}

#endif

typedef groups groups_step(groups sums, groups x, groups q);
typedef groups groups_fold(groups sums);

#endif
