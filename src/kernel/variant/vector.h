/* SPDX-License-Identifier: MIT
 * A register full of float32, as wide as the instruction set of this variant has them. Written with GNU vector
 * extensions, which gcc and clang turn into instructions; intrinsics only where these say too little. */
#ifndef UHN_KERNEL_VARIANT_VECTOR_H
#define UHN_KERNEL_VARIANT_VECTOR_H

#include "kernel/variant/variant.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

/* Numbers in a vector; vector registers there are. */
#if defined(__AVX512F__)
enum { WIDTH = 16, REGISTERS = 32 };
#elif defined(__AVX2__)
enum { WIDTH = 8, REGISTERS = 16 };
#elif defined(__ARM_NEON)
enum { WIDTH = 4, REGISTERS = 32 };
#else
enum { WIDTH = 4, REGISTERS = 16 };
#endif

/* Kernels are put together from small functions, which have to vanish for the sums to stay in registers. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Before a loop of a constant number of steps, at most 16, over variables that have to be in registers. */
#if defined(__clang__)
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

typedef float vector __attribute__((vector_size(4 * WIDTH)));
typedef int32_t integers __attribute__((vector_size(4 * WIDTH)));
typedef float unaligned_vector __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
/* Half as many numbers, which fill a register in float64. */
typedef float half_vector __attribute__((vector_size(2 * WIDTH)));
typedef double doubles __attribute__((vector_size(4 * WIDTH)));
typedef int64_t longs __attribute__((vector_size(4 * WIDTH)));
typedef uint64_t unsigned_longs __attribute__((vector_size(4 * WIDTH)));
typedef double unaligned_doubles __attribute__((vector_size(4 * WIDTH), aligned(8), may_alias));

ALWAYS_INLINE vector load(const float *values)
{
    return *(const unaligned_vector *)values;
}

/* v, in a register. Without it gcc reads an operand from memory again for each instruction that uses it. */
ALWAYS_INLINE vector in_register(vector v)
{
#if defined(__AVX512F__)
    __asm__("" : "+v"(v));
#elif defined(__SSE2__)
    __asm__("" : "+x"(v));
#elif defined(__ARM_NEON)
    __asm__("" : "+w"(v));
#endif
    return v;
}

ALWAYS_INLINE void store(float *values, vector v)
{
    *(unaligned_vector *)values = v;
}

ALWAYS_INLINE vector all(float value)
{
    return value - (vector){0};
}

/* The first `count` < WIDTH numbers, then zeros. Nothing past them is read. */
ALWAYS_INLINE vector load_first(const float *values, size_t count)
{
#if defined(__AVX512F__)
    return _mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), values);
#elif defined(__AVX2__)
    static const int32_t mask[2 * WIDTH] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_maskload_ps(values, _mm256_loadu_si256((const __m256i *)(mask + WIDTH - count)));
#else
    vector v = {0};
    memcpy(&v, values, count * sizeof *values);
    return v;
#endif
}

/* If a number is a NaN, either one. */
ALWAYS_INLINE vector larger(vector a, vector b)
{
#if defined(__AVX512F__)
    return _mm512_max_ps(a, b);
#elif defined(__AVX2__)
    return _mm256_max_ps(a, b);
#elif defined(__SSE2__)
    return _mm_max_ps(a, b);
#elif defined(__ARM_NEON)
    return vmaxq_f32(a, b);
#else
    for (size_t l = 0; l < WIDTH; l++)
        a[l] = a[l] > b[l] ? a[l] : b[l];
    return a;
#endif
}

#if defined(__AVX512F__)
#define LOWER_HALF 0, 1, 2, 3, 4, 5, 6, 7
#define UPPER_HALF 8, 9, 10, 11, 12, 13, 14, 15
#elif defined(__AVX2__)
#define LOWER_HALF 0, 1, 2, 3
#define UPPER_HALF 4, 5, 6, 7
#else
#define LOWER_HALF 0, 1
#define UPPER_HALF 2, 3
#endif

ALWAYS_INLINE half_vector lower_half(vector v)
{
    return __builtin_shufflevector(v, v, LOWER_HALF);
}

ALWAYS_INLINE half_vector upper_half(vector v)
{
    return __builtin_shufflevector(v, v, UPPER_HALF);
}

ALWAYS_INLINE doubles widened(half_vector v)
{
#if defined(__AVX512F__)
    return _mm512_cvtps_pd(v);
#elif defined(__AVX2__)
    return _mm256_cvtps_pd(v);
#else
    return __builtin_convertvector(v, doubles);
#endif
}

ALWAYS_INLINE void store_doubles(double *values, doubles v)
{
    *(unaligned_doubles *)values = v;
}

ALWAYS_INLINE void add_doubles(double *values, doubles v)
{
    *(unaligned_doubles *)values += v;
}

ALWAYS_INLINE vector absolute(vector v)
{
    return (vector)((integers)v & 0x7fffffff);
}

#endif
