/* SPDX-License-Identifier: MIT
 * Tiles of 8 queries × 3 vectors: 24 accumulators, 3 rows and a query, 4 registers left for the step. */
#include "peak.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET        __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vbmi,avx512vpopcntdq")))
#define PRAGMA_UNROLL _Pragma("GCC unroll 8")

enum { QUERIES = 8, VECTORS = 3, ACCUMULATORS = QUERIES * VECTORS };

/* A tile over integers: `statement` adds the step of row vector x and query q to acc[j][v]. */
#define INTEGER_TILE(name, query_of, statement)                                                                        \
    TARGET static void name(const void *vectors, const void *numbers, void *sums)                                      \
    {                                                                                                                  \
        __m512i acc[QUERIES][VECTORS];                                                                                 \
        PRAGMA_UNROLL for (int j = 0; j < QUERIES; j++) PRAGMA_UNROLL for (int v = 0; v < VECTORS; v++) acc[j][v] =    \
            _mm512_setzero_si512();                                                                                    \
        for (int k = 0; k < PEAK_DEPTH; k++) {                                                                         \
            __m512i rows[VECTORS];                                                                                     \
            for (int v = 0; v < VECTORS; v++)                                                                          \
                rows[v] = _mm512_load_si512((const char *)vectors + (k * VECTORS + v) * 64);                           \
            PRAGMA_UNROLL for (int j = 0; j < QUERIES; j++)                                                            \
            {                                                                                                          \
                const __m512i q = query_of(numbers, k * QUERIES + j);                                                  \
                PRAGMA_UNROLL for (int v = 0; v < VECTORS; v++)                                                        \
                {                                                                                                      \
                    const __m512i x = rows[v];                                                                         \
                    statement;                                                                                         \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
        PRAGMA_UNROLL for (int j = 0; j < QUERIES; j++) PRAGMA_UNROLL for (int v = 0; v < VECTORS; v++)                \
            _mm512_storeu_si512((char *)sums + (j * VECTORS + v) * 64, acc[j][v]);                                     \
    }

/* The same over floats. */
#define FLOAT_TILE(name, statement)                                                                                    \
    TARGET static void name(const void *vectors, const void *numbers, void *sums)                                      \
    {                                                                                                                  \
        __m512 acc[QUERIES][VECTORS];                                                                                  \
        PRAGMA_UNROLL for (int j = 0; j < QUERIES; j++) PRAGMA_UNROLL for (int v = 0; v < VECTORS; v++) acc[j][v] =    \
            _mm512_setzero_ps();                                                                                       \
        for (int k = 0; k < PEAK_DEPTH; k++) {                                                                         \
            __m512 rows[VECTORS];                                                                                      \
            PRAGMA_UNROLL for (int v = 0; v < VECTORS; v++)                                                            \
            {                                                                                                          \
                rows[v] = _mm512_load_ps((const char *)vectors + (k * VECTORS + v) * 64);                              \
                __asm__("" : "+v"(rows[v])); /* loaded once, not by each instruction that uses it */                   \
            }                                                                                                          \
            PRAGMA_UNROLL for (int j = 0; j < QUERIES; j++)                                                            \
            {                                                                                                          \
                const __m512 q = _mm512_set1_ps(((const float *)numbers)[k * QUERIES + j]);                            \
                PRAGMA_UNROLL for (int v = 0; v < VECTORS; v++)                                                        \
                {                                                                                                      \
                    const __m512 x = rows[v];                                                                          \
                    statement;                                                                                         \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
        PRAGMA_UNROLL for (int j = 0; j < QUERIES; j++) PRAGMA_UNROLL for (int v = 0; v < VECTORS; v++)                \
            _mm512_storeu_ps((char *)sums + (j * VECTORS + v) * 64, acc[j][v]);                                        \
    }

FLOAT_TILE(multiply, acc[j][v] = _mm512_fmadd_ps(x, q, acc[j][v]))
FLOAT_TILE(maximum, acc[j][v] = _mm512_add_ps(_mm512_max_ps(x, q), acc[j][v]))
FLOAT_TILE(squared_difference, const __m512 d = _mm512_sub_ps(x, q); acc[j][v] = _mm512_fmadd_ps(d, d, acc[j][v]))
FLOAT_TILE(absolute_difference, acc[j][v] = _mm512_add_ps(_mm512_abs_ps(_mm512_sub_ps(x, q)), acc[j][v]))

#define QUERY_32(numbers, i) _mm512_set1_epi32(((const int *)(numbers))[i])
#define QUERY_64(numbers, i) _mm512_set1_epi64(((const long long *)(numbers))[i])
/* Written out: of the intrinsics gcc 12 makes copies that take longer than the products. */
INTEGER_TILE(uint8_multiply, QUERY_32, __asm__("vpdpbusd %2, %1, %0" : "+v"(acc[j][v]) : "v"(x), "v"(q)))
INTEGER_TILE(uint8_difference, QUERY_64, acc[j][v] = _mm512_add_epi64(_mm512_sad_epu8(x, q), acc[j][v]))
INTEGER_TILE(int16_maximum, QUERY_32, const __m512i larger = _mm512_max_epi16(x, q);
             __asm__("vpdpwssd %2, %1, %0"
                     : "+v"(acc[j][v])
                     : "v"(larger), "v"(_mm512_set1_epi16(1))))
INTEGER_TILE(bit_mismatch, QUERY_64,
             acc[j][v] = _mm512_add_epi64(_mm512_popcnt_epi64(_mm512_xor_si512(x, q)), acc[j][v]))

/* One log a pair, in 9 instructions: exponent and mantissa, a table of 16 pieces, a cubic in the rest. The error is
 * below 2^-20, which no step that is meant to be exact may fall short of. */
TARGET static inline __m512 logarithm_2(__m512 m, __m512 reciprocals, __m512 logarithms)
{
    const __m512 mantissa = _mm512_getmant_ps(m, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src);
    const __m512i piece = _mm512_srli_epi32(_mm512_castps_si512(mantissa), 19); /* only its low 4 bits count */
    const __m512 r =
        _mm512_fmsub_ps(mantissa, _mm512_permutexvar_ps(piece, reciprocals), _mm512_set1_ps(1.0f)); /* |r| < 2^-4 */
    __m512 sum = _mm512_fmadd_ps(r, _mm512_set1_ps(0.4808983469f), _mm512_set1_ps(-0.7213475204f));
    sum = _mm512_fmadd_ps(r, sum, _mm512_set1_ps(1.442695041f));
    sum = _mm512_fmadd_ps(r, sum, _mm512_permutexvar_ps(piece, logarithms));
    return _mm512_add_ps(_mm512_getexp_ps(m), sum);
}

enum { LOGARITHM_QUERIES = 4 };

TARGET static void mean_logarithm(const void *vectors, const void *numbers, void *sums)
{
    /* Any values would do for the time that it takes; these are near to 1/(1 + i/16) and its −log2. */
    const __m512 reciprocals =
        _mm512_set_ps(.51f, .53f, .55f, .57f, .59f, .61f, .63f, .65f, .68f, .71f, .74f, .77f, .82f, .86f, .91f, .97f);
    const __m512 logarithms =
        _mm512_set_ps(.97f, .92f, .86f, .81f, .76f, .71f, .66f, .62f, .56f, .49f, .43f, .38f, .29f, .22f, .14f, .04f);
    __m512 acc[LOGARITHM_QUERIES][VECTORS];
    for (int j = 0; j < LOGARITHM_QUERIES; j++)
        for (int v = 0; v < VECTORS; v++)
            acc[j][v] = _mm512_setzero_ps();
    for (int k = 0; k < PEAK_DEPTH; k++)
        PRAGMA_UNROLL for (int j = 0; j < LOGARITHM_QUERIES; j++)
        {
            const __m512 q = _mm512_set1_ps(((const float *)numbers)[k * LOGARITHM_QUERIES + j]);
            PRAGMA_UNROLL for (int v = 0; v < VECTORS; v++)
            {
                const __m512 m = _mm512_add_ps(_mm512_load_ps((const char *)vectors + (k * VECTORS + v) * 64), q);
                acc[j][v] = _mm512_fmadd_ps(m, logarithm_2(m, reciprocals, logarithms), acc[j][v]);
            }
        }
    for (int j = 0; j < LOGARITHM_QUERIES; j++)
        for (int v = 0; v < VECTORS; v++)
            _mm512_storeu_ps((char *)sums + (j * VECTORS + v) * 64, acc[j][v]);
}

/* 32 bins of 16 bits in a register for each query; `vectors` hold one bin number for each of 32 memories. */
TARGET static void table(const void *vectors, const void *numbers, void *sums)
{
    __m512i acc[QUERIES][VECTORS];
    for (int j = 0; j < QUERIES; j++)
        for (int v = 0; v < VECTORS; v++)
            acc[j][v] = _mm512_setzero_si512();
    for (int k = 0; k < PEAK_DEPTH; k++) {
        __m512i rows[VECTORS];
        for (int v = 0; v < VECTORS; v++)
            rows[v] = _mm512_load_si512((const char *)vectors + (k * VECTORS + v) * 64);
        PRAGMA_UNROLL for (int j = 0; j < QUERIES; j++)
        {
            const __m512i q = _mm512_load_si512((const char *)numbers + ((k * QUERIES + j) & 127) * 64);
            PRAGMA_UNROLL for (int v = 0; v < VECTORS; v++) acc[j][v] =
                _mm512_add_epi16(_mm512_permutexvar_epi16(rows[v], q), acc[j][v]);
        }
    }
    for (int j = 0; j < QUERIES; j++)
        for (int v = 0; v < VECTORS; v++)
            _mm512_storeu_si512((char *)sums + (j * VECTORS + v) * 64, acc[j][v]);
}

/* 16 bins of 8 bits for each of four coordinates in a register; `vectors` hold four bin numbers of each of 16
 * memories, which one instruction adds up. */
TARGET static void table_of_bytes(const void *vectors, const void *numbers, void *sums)
{
    const __m512i ones = _mm512_set1_epi8(1);
    __m512i acc[QUERIES][VECTORS];
    for (int j = 0; j < QUERIES; j++)
        for (int v = 0; v < VECTORS; v++)
            acc[j][v] = _mm512_setzero_si512();
    for (int k = 0; k < PEAK_DEPTH; k++) {
        __m512i rows[VECTORS];
        for (int v = 0; v < VECTORS; v++)
            rows[v] = _mm512_load_si512((const char *)vectors + (k * VECTORS + v) * 64);
        PRAGMA_UNROLL for (int j = 0; j < QUERIES; j++)
        {
            const __m512i q = _mm512_load_si512((const char *)numbers + ((k * QUERIES + j) & 127) * 64);
            PRAGMA_UNROLL for (int v = 0; v < VECTORS; v++) acc[j][v] =
                _mm512_dpbusd_epi32(acc[j][v], _mm512_permutexvar_epi8(rows[v], q), ones);
        }
    }
    for (int j = 0; j < QUERIES; j++)
        for (int v = 0; v < VECTORS; v++)
            _mm512_storeu_si512((char *)sums + (j * VECTORS + v) * 64, acc[j][v]);
}

#define TILE_OF(per_vector) ((double)PEAK_DEPTH * ACCUMULATORS * (per_vector))

const peak_step peak_steps_avx512[] = {
    {"multiply", multiply, TILE_OF(16)},
    {"maximum", maximum, TILE_OF(16)},
    {"squared difference", squared_difference, TILE_OF(16)},
    {"absolute difference", absolute_difference, TILE_OF(16)},
    {"mean logarithm", mean_logarithm, (double)PEAK_DEPTH *LOGARITHM_QUERIES *VECTORS * 16},
    {"uint8 multiply", uint8_multiply, TILE_OF(64)},
    {"uint8 difference", uint8_difference, TILE_OF(64)},
    {"int16 maximum", int16_maximum, TILE_OF(32)},
    {"bit mismatch", bit_mismatch, TILE_OF(512)},
    {"table", table, TILE_OF(32)},
    {"table of bytes", table_of_bytes, TILE_OF(64)},
    {0},
};
#endif
