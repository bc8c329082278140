/* SPDX-License-Identifier: MIT
 * The exact passes with logarithms: divergences of distributions. Their logarithm uses no fused operations, so that it
 * is the same in every variant. */
#include "kernel/variant/lanes.h"

#include <math.h>

static const double log_2_high = 0x1.62e42fefa3800p-1, log_2_low = 0x1.ef35793c76730p-45;

/* 2 (atanh(s) / s − 1) / s² at w = s², for |s| ≤ (√2 − 1) / (√2 + 1): what follows the first term of the series. The
 * error is 2^-57.6 of the whole series. */
ALWAYS_INLINE doubles later_terms(doubles w)
{
    const doubles w2 = w * w;
    const doubles p12 = 0x1.99999999952d7p-2 + w * 0x1.2492492df281ap-2;
    const doubles p34 = 0x1.c71c62e3f11e6p-3 + w * 0x1.7462b51cb66b1p-3;
    const doubles p56 = 0x1.39fe51a7c18f9p-3 + w * 0x1.2b5900de53b32p-3;
    return 0x1.5555555555558p-1 + w * (p12 + w2 * (p34 + w2 * p56));
}

/* t − log(ratio), ≥ 0, where ratio = 1 + t, given apart because it may be smaller than the last digit of t. Where t is
 * near 0, so that t and the logarithm cancel, nothing is subtracted: with s = t / (2 + t), log(1 + t) = 2 atanh(s), and
 * t − 2 s = t s. The relative error is a few 2^-53 (and what t brings along). Ratio 0 gives infinity. */
ALWAYS_INLINE doubles excess_over_logarithm(doubles t, doubles ratio)
{
    /* ratio = 2^k (1 + f), √½ ≤ 1 + f < √2 */
    const unsigned_longs sqrt_half = (unsigned_longs)all_doubles(0x1.6a09e667f3bcdp-1);
    const unsigned_longs shifted = (unsigned_longs)ratio + ((unsigned_longs)all_doubles(1) - sqrt_half);
    const doubles mantissa = (doubles)((shifted & 0xfffffffffffff) + sqrt_half);
    const unsigned_longs exponent_bits = (shifted >> 52) | (unsigned_longs)all_doubles(0x1p52);
    const doubles k = (doubles)exponent_bits - (0x1p52 + 1023);
    const doubles f = choose(equal(k, all_doubles(0)), t, mantissa - 1);
    const doubles s = f / (2 + f), w = s * s;
    const doubles excess = ((t - f) - k * log_2_high) - k * log_2_low + s * (f - w * later_terms(w));
    return choose(equal(ratio, all_doubles(0)), all_doubles(INFINITY), excess);
}

/* A relative difference, or 0 if it may come from the rounding of scales and products alone. So the divergence of equal
 * distributions is 0, and does not decide between them. */
ALWAYS_INLINE doubles beyond_rounding(doubles difference)
{
    return choose(less(absolute_doubles(difference), all_doubles(0x1p-50)), all_doubles(0), difference);
}

/* ---- Kullback–Leibler */

/* The same as later_terms() for |s| ≤ 0.2004: the error is 2^-60 of the whole series. */
ALWAYS_INLINE doubles later_terms_wide(doubles w)
{
    const doubles w2 = w * w;
    const doubles p12 = 0x1.9999999999f40p-2 + w * 0x1.24924923d9f6ep-2;
    const doubles p34 = 0x1.c71c72e528b31p-3 + w * 0x1.745caa7b48661p-3;
    const doubles p56 = 0x1.3b2a17871a0d9p-3 + w * 0x1.0e86dbc99482dp-3;
    return 0x1.5555555555555p-1 + w * (p12 + w2 * (p34 + w2 * (p56 + w2 * 0x1.16c64ae831ba4p-3)));
}

/* a log(a/b) − a + b for a, b > 0. With c = b / 2^k near a and s = (c − a)/(c + a), log(c/a) = 2 atanh(s), and
 *
 *     (c − a) − a · 2 atanh(s) = s ((c − a) − a s² later_terms),
 *
 * where nothing cancels; c − a is exact. To it come b − c and −a k log 2, both 0 where |s| ≤ 0.2 without a k. Else k
 * comes from the bits of b and a, whose difference is 2^52 log2(b/a) but for 0.0861 · 2^52 at most: so c/a is within
 * 2^±0.5861, and |s| < 0.2004. The whole is then at least 0.07 a, and its error a few units of that. */
ALWAYS_INLINE doubles divergence_of_pair(doubles a, doubles b)
{
    const doubles difference = absolute_doubles(b - a), one = all_doubles(1);
    const unsigned_longs half = (unsigned_longs){0} + (1ULL << 51);
    const unsigned_longs by_bits = ((unsigned_longs)b - (unsigned_longs)a + (unsigned_longs)one + half) >> 52;
    const truths near = less(difference, 0.2 * (a + b));
    const unsigned_longs exponent =
        (unsigned_longs)choose(near, (doubles)((unsigned_longs)one >> 52), (doubles)by_bits); /* k + 1023 */
    const doubles k = (doubles)(exponent | (unsigned_longs)all_doubles(0x1p52)) - (0x1p52 + 1023);
    const doubles c = b * (doubles)((2046 - exponent) << 52), above = c - a;
    const doubles s = above / (c + a), w = s * s;
    const doubles near_part = s * (above - a * (w * later_terms_wide(w)));
    const doubles far_part = ((b - c) - a * (k * log_2_high)) - a * (k * log_2_low);
    return near_part + far_part;
}

/* a log(a/b) − a + b; 0 where a and b may be the same but for rounding */
ALWAYS_INLINE void kullback_leibler(doubles *sums, doubles x, doubles q, truths inside, const double *maps)
{
    const doubles a = x * maps[0] + maps[1], b = q * maps[2] + maps[3], nothing = all_doubles(0);
    const truths same = less(absolute_doubles(b - a), a * 0x1p-50);
    doubles term = choose(same, nothing, divergence_of_pair(a, b));
    term = choose(equal(b, nothing), all_doubles(INFINITY), term);
    sums[0] += where(inside, choose(equal(a, nothing), b, term));
}

double UHN_VARIANT(uhn_kullback_leibler)(const float *x, const float *q, size_t dim, uhn_vector_stat x_map,
                                         uhn_vector_stat q_map)
{
    const double maps[] = {x_map.scale, x_map.offset, q_map.scale, q_map.offset};
    return sum_over_pairs(kullback_leibler, x, q, dim, maps);
}

/* ---- Jensen–Shannon */

/* ½ (a log(a/m) + b log(b/m)) with m = (a + b)/2. With d = (a − b)/(a + b), a/m = 1 + d and b/m = 1 − d, this is
 * ½ m ((1 + d) log(1 + d) + (1 − d) log(1 − d)), and with e(t) = t − log(1 + t),
 * ½ m (2 d² − (1 + d) e(d) − (1 − d) e(−d)), whose terms are about 2 d², ½ d² and ½ d². */
ALWAYS_INLINE void jensen_shannon(doubles *sums, doubles x, doubles q, truths inside, const double *maps)
{
    const doubles a = x * maps[0] + maps[1], b = q * maps[2] + maps[3], sum = a + b;
    const doubles per_sum = 1 / choose(equal(sum, all_doubles(0)), all_doubles(1), sum);
    const doubles d = beyond_rounding((a - b) * per_sum), of_a = 2 * (a * per_sum), of_b = 2 * (b * per_sum);
    const doubles above = of_a * excess_over_logarithm(d, choose(equal(a, all_doubles(0)), all_doubles(1), of_a));
    const doubles below = of_b * excess_over_logarithm(-d, choose(equal(b, all_doubles(0)), all_doubles(1), of_b));
    const doubles term = 0.25 * sum * (2 * d * d - above - below);
    sums[0] += where(inside, term);
}

double UHN_VARIANT(uhn_jensen_shannon)(const float *x, const float *q, size_t dim, uhn_vector_stat x_map,
                                       uhn_vector_stat q_map)
{
    const double maps[] = {x_map.scale, x_map.offset, q_map.scale, q_map.offset};
    return sum_over_pairs(jensen_shannon, x, q, dim, maps);
}
