/* SPDX-License-Identifier: MIT
 * The natural logarithm of many numbers, in a form without branches that compilers turn into vectors.
 *
 * x = 2^e · m with m in √½ … √2, and log m = 2 atanh(s) with s = (m − 1)/(m + 1), |s| < 0.172: the series
 * 2 s (1 + s²/3 + … + s^20/21) leaves out less than 2^-58 of itself. The quotient, the polynomial's last product and
 * the sum with e log 2 (in two parts) round by half an ulp each; together the relative error stays below 2^-50. */
#include "kernel/variant/variant.h"

#include <float.h>
#include <math.h>
#include <string.h>

static inline uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double double_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline double logarithm(double x)
{
    const bool small = x < DBL_MIN;
    const uint64_t bits = bits_of(small ? x * 0x1p54 : x);
    /* Counted from √½, so that the exponent changes where the mantissa passes √2. */
    const uint64_t offset = bits - 0x3fe6a09e667f3bcdu;
    const uint64_t exponent = (offset >> 52) ^ 0x800u; /* in 12 bits, two's complement, shifted to be positive */
    const double e = double_of((exponent & 0xfffu) | 0x4330000000000000u) - (0x1p52 + 2048) - (small ? 54.0 : 0.0);
    const double m = double_of(bits - (offset & 0xfff0000000000000u));
    const double s = (m - 1) / (m + 1), z = s * s;
    const double odd =
        1.0 / 3 +
        z * (1.0 / 5 +
             z * (1.0 / 7 +
                  z * (1.0 / 9 +
                       z * (1.0 / 11 +
                            z * (1.0 / 13 + z * (1.0 / 15 + z * (1.0 / 17 + z * (1.0 / 19 + z * (1.0 / 21)))))))));
    const double high = 0x1.62e42fefa38p-1, low = 0x1.ef35793c7673p-45; /* log 2 */
    const double result = e * high + (2 * s + (2 * s * z * odd + e * low));
    const double edge = x == 0 ? -INFINITY : x > 0 ? x : NAN; /* zero; infinity; negative or NaN */
    return x > 0 && x < INFINITY ? result : edge;
}

void UHN_VARIANT(uhn_logarithm)(double *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        x[i] = logarithm(x[i]);
}
