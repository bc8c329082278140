/* SPDX-License-Identifier: MIT
 * The logarithm of a register of numbers. */
#ifndef UHN_KERNEL_VARIANT_LOG_DOUBLES_H
#define UHN_KERNEL_VARIANT_LOG_DOUBLES_H

#include "kernel/variant/doubles.h"

/* Of positive normal numbers: within 2^-52 (1 + |log x|). As in divergence.c, log(1 + f) = f − s (f − w L(w)) with s =
 * f / (2 + f), w = s², and L the later terms of the series of 2 atanh(s). */
ALWAYS_INLINE doubles logarithm(doubles x)
{
    const unsigned_longs sqrt_half = (unsigned_longs)all_doubles(0x1.6a09e667f3bcdp-1);
    const unsigned_longs shifted = (unsigned_longs)x + ((unsigned_longs)all_doubles(1) - sqrt_half);
    const doubles f = (doubles)((shifted & 0xfffffffffffff) + sqrt_half) - 1; /* x = 2^k (1 + f), √½ ≤ 1 + f < √2 */
    const doubles k = (doubles)((shifted >> 52) | (unsigned_longs)all_doubles(0x1p52)) - (0x1p52 + 1023);
    const doubles s = f / (2 + f), w = s * s, w2 = w * w;
    const doubles p12 = 0x1.99999999952d7p-2 + w * 0x1.2492492df281ap-2;
    const doubles p34 = 0x1.c71c62e3f11e6p-3 + w * 0x1.7462b51cb66b1p-3;
    const doubles p56 = 0x1.39fe51a7c18f9p-3 + w * 0x1.2b5900de53b32p-3;
    const doubles later = 0x1.5555555555558p-1 + w * (p12 + w2 * (p34 + w2 * p56));
    return k * 0x1.62e42fefa3800p-1 + (k * 0x1.ef35793c76730p-45 + (f - s * (f - w * later)));
}

#endif
