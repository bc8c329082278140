/* SPDX-License-Identifier: MIT
 * Groups in registers of 512 bits; see groups.h. */
#ifndef UHN_KERNEL_VARIANT_GROUPS_AVX512_H
#define UHN_KERNEL_VARIANT_GROUPS_AVX512_H

#include <immintrin.h>

typedef __m512i groups;

enum { GROUPS = 8, TILE_VECTORS = 3, TILE_QUERIES = 8 };

INLINE groups groups_zero(void)
{
    return _mm512_setzero_si512();
}

INLINE groups groups_load(const void *from)
{
    return _mm512_loadu_si512(from);
}

INLINE groups groups_load_part(const void *from, size_t bytes)
{
    return _mm512_maskz_loadu_epi8(~(__mmask64)0 >> (64 - bytes), from);
}

INLINE groups groups_spread(uint64_t group)
{
    return _mm512_set1_epi64((long long)group);
}

/* Three rounds: pairs of 64 bits, then of 128, then of 256. */
INLINE void groups_transpose(groups v[GROUPS])
{
    groups a[GROUPS], b[GROUPS];
    for (size_t i = 0; i < GROUPS; i += 2) {
        a[i] = _mm512_unpacklo_epi64(v[i], v[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi64(v[i], v[i + 1]);
    }
    for (size_t i = 0; i < GROUPS; i += 4)
        for (size_t l = 0; l < 2; l++) {
            b[i + l] = _mm512_shuffle_i64x2(a[i + l], a[i + l + 2], 0x88);
            b[i + l + 2] = _mm512_shuffle_i64x2(a[i + l], a[i + l + 2], 0xdd);
        }
    for (size_t l = 0; l < 4; l++) {
        v[l] = _mm512_shuffle_i64x2(b[l], b[l + 4], 0x88);
        v[l + 4] = _mm512_shuffle_i64x2(b[l], b[l + 4], 0xdd);
    }
}

INLINE int64_t groups_total(groups sums)
{
    return _mm512_reduce_add_epi64(sums);
}

INLINE void groups_put(double *to, groups sums, size_t count, bool add, double bias)
{
    const __mmask8 wanted = (__mmask8)(count < GROUPS ? (1U << count) - 1 : 0xff);
    const __m512d base = add ? _mm512_maskz_loadu_pd(wanted, to) : _mm512_set1_pd(bias);
    _mm512_mask_storeu_pd(to, wanted, _mm512_add_pd(base, _mm512_cvtepi64_pd(sums)));
}

INLINE groups fold_whole(groups sums)
{
    return sums;
}

INLINE groups fold_halves(groups sums)
{
    return _mm512_add_epi64(_mm512_srai_epi64(sums, 32), _mm512_srai_epi64(_mm512_slli_epi64(sums, 32), 32));
}

INLINE groups step_difference(groups sums, groups x, groups q)
{
    return _mm512_add_epi64(sums, _mm512_sad_epu8(x, q));
}

#ifdef __AVX512VNNI__

enum { MULTIPLY_OFFSET = 128 };

/* Written out, as gcc 12 copies the sums of the intrinsics from register to register and to the stack and back, which
 * takes longer than the products. */
INLINE groups add_products_of_bytes(groups sums, groups natural, groups whole)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(natural), "v"(whole));
    return sums;
}

INLINE groups add_products_of_words(groups sums, groups a, groups b)
{
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sums) : "v"(a), "v"(b));
    return sums;
}

/* q (x − 128): the instruction takes one signed factor. */
INLINE groups step_multiply(groups sums, groups x, groups q)
{
    return add_products_of_bytes(sums, q, _mm512_xor_si512(x, _mm512_set1_epi8(-128)));
}

INLINE groups step_maximum(groups sums, groups x, groups q)
{
    return add_products_of_words(sums, _mm512_max_epi16(x, q), _mm512_set1_epi16(1));
}

#else

enum { MULTIPLY_OFFSET = 0 };

INLINE groups step_multiply(groups sums, groups x, groups q)
{
    const groups low = _mm512_set1_epi16(255);
    const groups even = _mm512_madd_epi16(_mm512_and_si512(x, low), _mm512_and_si512(q, low));
    const groups odd = _mm512_madd_epi16(_mm512_srli_epi16(x, 8), _mm512_srli_epi16(q, 8));
    return _mm512_add_epi32(sums, _mm512_add_epi32(even, odd));
}

INLINE groups step_maximum(groups sums, groups x, groups q)
{
    return _mm512_add_epi32(sums, _mm512_madd_epi16(_mm512_max_epi16(x, q), _mm512_set1_epi16(1)));
}

#endif

#ifdef __AVX512VPOPCNTDQ__

INLINE groups step_mismatch(groups sums, groups x, groups q)
{
    return _mm512_add_epi64(sums, _mm512_popcnt_epi64(_mm512_xor_si512(x, q)));
}

#else

INLINE groups step_mismatch(groups sums, groups x, groups q)
{
    const groups differ = _mm512_xor_si512(x, q), low = _mm512_set1_epi8(15);
    const groups counts = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    const groups below = _mm512_shuffle_epi8(counts, _mm512_and_si512(differ, low));
    const groups above = _mm512_shuffle_epi8(counts, _mm512_and_si512(_mm512_srli_epi16(differ, 4), low));
    return _mm512_add_epi64(sums, _mm512_sad_epu8(_mm512_add_epi8(below, above), _mm512_setzero_si512()));
}

#endif

#endif
