/* SPDX-License-Identifier: MIT
 * A logarithm in float32, for fast passes. */
#ifndef UHN_KERNEL_VARIANT_HALF_LOGARITHM_H
#define UHN_KERNEL_VARIANT_HALF_LOGARITHM_H

#include "kernel/variant/vector.h"

/* ½ log(s / 2). Of s = 2^e (1 + f), the bits after those of 1 make the integer 2^23 (e + f); the rest, ½ (log(1 + f) −
 * f log 2 − log 2), is a polynomial in f − ½ with an error of 2^-25.6. With m = s / 2, log m thus errs by less than
 * 2^-24 · 5 (1 + |log m|). That of a subnormal number is only near −88, and that of 0 too, which gives the product
 * 0 · log 0 = 0. */
ALWAYS_INLINE vector half_logarithm(vector s)
{
    const integers bits = (integers)s, one = (integers)all(1);
    const vector t = (vector)((bits & 0x7fffff) | one) - 1.5f;
    vector half = -0x1.89a61cp-9f * t + 0x1.4f7c14p-8f;
    half = half * t - 0x1.d8347ap-8f;
    half = half * t + 0x1.a97d34p-7f;
    half = half * t - 0x1.94abecp-6f;
    half = half * t + 0x1.94a656p-5f;
    half = half * t - 0x1.c71c4ap-4f;
    half = half * t - 0x1.b1dd62p-7f;
    half = half * t - 0x1.44bd28p-2f;
    return __builtin_convertvector(bits - one, vector) * 0x1.62e43p-25f + half;
}

#endif
