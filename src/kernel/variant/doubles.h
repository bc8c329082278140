/* SPDX-License-Identifier: MIT
 * A register full of float64: comparisons and choices, and what else the extensions of the compilers lack. */
#ifndef UHN_KERNEL_VARIANT_DOUBLES_H
#define UHN_KERNEL_VARIANT_DOUBLES_H

#include "kernel/variant/vector.h"

/* Numbers in such a register. */
enum { DOUBLES = WIDTH / 2 };

/* For each number, whether something holds. */
#if defined(__AVX512F__)
typedef __mmask8 truths;
#else
typedef longs truths;
#endif

ALWAYS_INLINE doubles load_doubles(const double *values)
{
    return *(const unaligned_doubles *)values;
}

/* Of DOUBLES float32 numbers. */
ALWAYS_INLINE doubles load_widened(const float *values)
{
#if defined(__AVX512F__)
    return _mm512_cvtps_pd(_mm256_loadu_ps(values));
#elif defined(__AVX2__)
    return _mm256_cvtps_pd(_mm_loadu_ps(values));
#elif defined(__SSE2__)
    return _mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)values)));
#elif defined(__ARM_NEON)
    return vcvt_f64_f32(vld1_f32(values));
#else
    return (doubles){(double)values[0], (double)values[1]};
#endif
}

ALWAYS_INLINE doubles all_doubles(double value)
{
    return value - (doubles){0};
}

ALWAYS_INLINE doubles absolute_doubles(doubles v)
{
    return (doubles)((longs)v & INT64_MAX);
}

ALWAYS_INLINE truths less(doubles a, doubles b)
{
#if defined(__AVX512F__)
    return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ);
#else
    return a < b;
#endif
}

ALWAYS_INLINE truths equal(doubles a, doubles b)
{
#if defined(__AVX512F__)
    return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ);
#else
    return a == b;
#endif
}

/* For the first `count` numbers. */
ALWAYS_INLINE truths first_doubles(size_t count)
{
#if defined(__AVX512F__)
    return (truths)((1u << count) - 1);
#else
    longs number;
    for (size_t l = 0; l < DOUBLES; l++)
        number[l] = (int64_t)l;
    return number < (int64_t)count;
#endif
}

/* Does it hold for one of them? */
ALWAYS_INLINE bool any(truths holds)
{
#if defined(__AVX512F__)
    return holds != 0;
#elif defined(__AVX2__)
    return _mm256_movemask_pd((__m256d)holds) != 0;
#elif defined(__SSE2__)
    return _mm_movemask_pd((__m128d)holds) != 0;
#else
    int64_t some = 0;
    for (size_t l = 0; l < DOUBLES; l++)
        some |= holds[l];
    return some != 0;
#endif
}

/* The numbers for which it holds, else 0. */
ALWAYS_INLINE doubles where(truths holds, doubles v)
{
#if defined(__AVX512F__)
    return _mm512_maskz_mov_pd(holds, v);
#else
    return (doubles)((longs)v & holds);
#endif
}

/* a where it holds, else b. */
ALWAYS_INLINE doubles choose(truths holds, doubles a, doubles b)
{
#if defined(__AVX512F__)
    return _mm512_mask_blend_pd(holds, b, a);
#else
    return (doubles)(((longs)a & holds) | ((longs)b & ~holds));
#endif
}

#endif
