/* SPDX-License-Identifier: MIT
 * The exponential function of a register of numbers. Nothing is fused, so that the result is the same whatever the
 * instruction set, and wherever a number stands. */
#ifndef UHN_KERNEL_VARIANT_EXPONENTIAL_H
#define UHN_KERNEL_VARIANT_EXPONENTIAL_H

#include "kernel/variant/doubles.h"

/* x = n log 2 + r, |r| ≤ log 2 / 2, and exp(x) = 2^n exp(r). The product of n and `high` is exact. */
static const double per_log_2 = 0x1.71547652b82fep+0, log_2_high = 0x1.62e42fefa3800p-1,
                    log_2_low = 0x1.ef35793c76730p-45;

/* Adding it rounds a number to an integer, which is then in the lowest bits. */
static const double rounder = 0x1.8p52;

/* exp(r) = 1 + r + r² P(r), relative error 2^-55.7; P interpolates at the Chebyshev points. Pairs of terms are formed
 * first, which waits less than Horner's rule. */
ALWAYS_INLINE doubles exponential_near_zero(doubles r)
{
    const doubles r2 = r * r, r4 = r2 * r2;
    const doubles p01 = 0x1.0000000000001p-1 + 0x1.5555555555556p-3 * r;
    const doubles p23 = 0x1.5555555553d63p-5 + 0x1.11111111109b3p-7 * r;
    const doubles p45 = 0x1.6c16c1788bd90p-10 + 0x1.a01a01a7c41d5p-13 * r;
    const doubles p67 = 0x1.a019b90d2ae7ap-16 + 0x1.71de0dae63bb3p-19 * r;
    const doubles p89 = 0x1.289185613a3d6p-22 + 0x1.af38a9b0ec855p-26 * r;
    return 1 + (r + r2 * ((p01 + r2 * p23) + r4 * ((p45 + r2 * p67) + r4 * p89)));
}

/* Of x ≤ 0; 0 below −708. */
ALWAYS_INLINE doubles exponential(doubles x)
{
    const doubles least = all_doubles(-708);
    const truths vanishes = less(x, least);
    const doubles bounded = choose(vanishes, least, x);
    const doubles shifted = bounded * per_log_2 + rounder, n = shifted - rounder;
    const doubles y = exponential_near_zero((bounded - n * log_2_high) - n * log_2_low);
    const unsigned_longs power = ((unsigned_longs)shifted + 1023) << 52; /* of two, by n ≥ −1022 */
    return choose(vanishes, all_doubles(0), y * (doubles)power);
}

#endif
