/* SPDX-License-Identifier: MIT
 * Groups in registers of 256 bits; see groups.h. */
#ifndef UHN_KERNEL_VARIANT_GROUPS_AVX2_H
#define UHN_KERNEL_VARIANT_GROUPS_AVX2_H

#include <immintrin.h>

typedef __m256i groups;

enum { GROUPS = 4, TILE_VECTORS = 2, TILE_QUERIES = 4, MULTIPLY_OFFSET = 0 };

INLINE groups groups_zero(void)
{
    return _mm256_setzero_si256();
}

INLINE groups groups_load(const void *from)
{
    return _mm256_loadu_si256(from);
}

INLINE groups groups_spread(uint64_t group)
{
    return _mm256_set1_epi64x((long long)group);
}

INLINE void groups_transpose(groups v[GROUPS])
{
    const groups a = _mm256_unpacklo_epi64(v[0], v[1]), b = _mm256_unpackhi_epi64(v[0], v[1]);
    const groups c = _mm256_unpacklo_epi64(v[2], v[3]), d = _mm256_unpackhi_epi64(v[2], v[3]);
    v[0] = _mm256_permute2x128_si256(a, c, 0x20);
    v[1] = _mm256_permute2x128_si256(b, d, 0x20);
    v[2] = _mm256_permute2x128_si256(a, c, 0x31);
    v[3] = _mm256_permute2x128_si256(b, d, 0x31);
}

INLINE int64_t groups_total(groups sums)
{
    const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    return _mm_cvtsi128_si64(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two)));
}

/* Whole numbers below 2^52 become the digits of 2^52 + n. */
INLINE void groups_doubles(double *to, groups sums)
{
    const __m256d shift = _mm256_set1_pd(0x1p52);
    const groups shifted = _mm256_or_si256(sums, _mm256_castpd_si256(shift));
    _mm256_storeu_pd(to, _mm256_sub_pd(_mm256_castsi256_pd(shifted), shift));
}

INLINE groups fold_whole(groups sums)
{
    return sums;
}

INLINE groups fold_halves(groups sums)
{
    return _mm256_add_epi64(_mm256_srli_epi64(sums, 32), _mm256_and_si256(sums, _mm256_set1_epi64x(0xffffffff)));
}

INLINE groups step_difference(groups sums, groups x, groups q)
{
    return _mm256_add_epi64(sums, _mm256_sad_epu8(x, q));
}

INLINE groups step_multiply(groups sums, groups x, groups q)
{
    const groups low = _mm256_set1_epi16(255);
    const groups even = _mm256_madd_epi16(_mm256_and_si256(x, low), _mm256_and_si256(q, low));
    const groups odd = _mm256_madd_epi16(_mm256_srli_epi16(x, 8), _mm256_srli_epi16(q, 8));
    return _mm256_add_epi32(sums, _mm256_add_epi32(even, odd));
}

INLINE groups step_maximum(groups sums, groups x, groups q)
{
    return _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_max_epi16(x, q), _mm256_set1_epi16(1)));
}

INLINE groups step_mismatch(groups sums, groups x, groups q)
{
    const groups differ = _mm256_xor_si256(x, q), low = _mm256_set1_epi8(15);
    const groups counts = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    const groups below = _mm256_shuffle_epi8(counts, _mm256_and_si256(differ, low));
    const groups above = _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16(differ, 4), low));
    return _mm256_add_epi64(sums, _mm256_sad_epu8(_mm256_add_epi8(below, above), _mm256_setzero_si256()));
}

#endif
