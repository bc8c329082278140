/* SPDX-License-Identifier: MIT
 * Groups in registers of 128 bits, of any x86-64; see groups.h. */
#ifndef UHN_KERNEL_VARIANT_GROUPS_SSE2_H
#define UHN_KERNEL_VARIANT_GROUPS_SSE2_H

#include <emmintrin.h>

typedef __m128i groups;

enum { GROUPS = 2, TILE_VECTORS = 2, TILE_QUERIES = 4, MULTIPLY_OFFSET = 0 };

INLINE groups groups_zero(void)
{
    return _mm_setzero_si128();
}

INLINE groups groups_load(const void *from)
{
    return _mm_loadu_si128(from);
}

INLINE groups groups_spread(uint64_t group)
{
    return _mm_set1_epi64x((long long)group);
}

INLINE void groups_transpose(groups v[GROUPS])
{
    const groups low = _mm_unpacklo_epi64(v[0], v[1]);
    v[1] = _mm_unpackhi_epi64(v[0], v[1]);
    v[0] = low;
}

INLINE int64_t groups_total(groups sums)
{
    return _mm_cvtsi128_si64(_mm_add_epi64(sums, _mm_unpackhi_epi64(sums, sums)));
}

/* Whole numbers below 2^52 become the digits of 2^52 + n. */
INLINE void groups_doubles(double *to, groups sums)
{
    const __m128d shift = _mm_set1_pd(0x1p52);
    const groups shifted = _mm_or_si128(sums, _mm_castpd_si128(shift));
    _mm_storeu_pd(to, _mm_sub_pd(_mm_castsi128_pd(shifted), shift));
}

INLINE groups fold_whole(groups sums)
{
    return sums;
}

INLINE groups fold_halves(groups sums)
{
    return _mm_add_epi64(_mm_srli_epi64(sums, 32), _mm_and_si128(sums, _mm_set1_epi64x(0xffffffff)));
}

INLINE groups step_difference(groups sums, groups x, groups q)
{
    return _mm_add_epi64(sums, _mm_sad_epu8(x, q));
}

INLINE groups step_multiply(groups sums, groups x, groups q)
{
    const groups low = _mm_set1_epi16(255);
    const groups even = _mm_madd_epi16(_mm_and_si128(x, low), _mm_and_si128(q, low));
    const groups odd = _mm_madd_epi16(_mm_srli_epi16(x, 8), _mm_srli_epi16(q, 8));
    return _mm_add_epi32(sums, _mm_add_epi32(even, odd));
}

INLINE groups step_maximum(groups sums, groups x, groups q)
{
    return _mm_add_epi32(sums, _mm_madd_epi16(_mm_max_epi16(x, q), _mm_set1_epi16(1)));
}

/* No instruction counts bits here: counts of 2, then 4, then 8 bits, side by side. */
INLINE groups step_mismatch(groups sums, groups x, groups q)
{
    const groups twos = _mm_set1_epi8(0x33), fours = _mm_set1_epi8(0x0f), ones = _mm_set1_epi8(0x55);
    groups n = _mm_xor_si128(x, q);
    n = _mm_sub_epi8(n, _mm_and_si128(_mm_srli_epi16(n, 1), ones));
    n = _mm_add_epi8(_mm_and_si128(n, twos), _mm_and_si128(_mm_srli_epi16(n, 2), twos));
    n = _mm_and_si128(_mm_add_epi8(n, _mm_srli_epi16(n, 4)), fours);
    return _mm_add_epi64(sums, _mm_sad_epu8(n, _mm_setzero_si128()));
}

#endif
