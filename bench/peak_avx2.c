/* SPDX-License-Identifier: MIT
 * Tiles of 4 queries × 2 vectors: 8 accumulators, 2 rows and a query, 5 registers left for the step. */
#include "peak.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET        __attribute__((target("avx2,fma")))
#define PRAGMA_UNROLL _Pragma("GCC unroll 8")

enum { QUERIES = 4, VECTORS = 2, ACCUMULATORS = QUERIES * VECTORS };

/* A tile: `statement` adds the step of row vector x and query q to acc[j][v]. */
#define TILE(name, type, zero, load, store, query_of, statement)                                                       \
    TARGET static void name(const void *vectors, const void *numbers, void *sums)                                      \
    {                                                                                                                  \
        type acc[QUERIES][VECTORS];                                                                                    \
        for (int j = 0; j < QUERIES; j++)                                                                              \
            for (int v = 0; v < VECTORS; v++)                                                                          \
                acc[j][v] = zero();                                                                                    \
        for (int k = 0; k < PEAK_DEPTH; k++) {                                                                         \
            type rows[VECTORS];                                                                                        \
            for (int v = 0; v < VECTORS; v++)                                                                          \
                rows[v] = load((const void *)((const char *)vectors + (k * VECTORS + v) * 32));                        \
            PRAGMA_UNROLL for (int j = 0; j < QUERIES; j++)                                                            \
            {                                                                                                          \
                const type q = query_of(numbers, k * QUERIES + j);                                                     \
                PRAGMA_UNROLL for (int v = 0; v < VECTORS; v++)                                                        \
                {                                                                                                      \
                    const type x = rows[v];                                                                            \
                    statement;                                                                                         \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
        for (int j = 0; j < QUERIES; j++)                                                                              \
            for (int v = 0; v < VECTORS; v++)                                                                          \
                store((void *)((char *)sums + (j * VECTORS + v) * 32), acc[j][v]);                                     \
    }

#define FLOAT_TILE(name, statement)                                                                                    \
    TILE(name, __m256, _mm256_setzero_ps, _mm256_load_ps, _mm256_storeu_ps, QUERY_FLOAT, statement)
#define INTEGER_TILE(name, query_of, statement)                                                                        \
    TILE(name, __m256i, _mm256_setzero_si256, _mm256_load_si256, _mm256_storeu_si256, query_of, statement)

#define QUERY_FLOAT(numbers, i) _mm256_set1_ps(((const float *)(numbers))[i])
#define QUERY_32(numbers, i)    _mm256_set1_epi32(((const int *)(numbers))[i])
#define QUERY_64(numbers, i)    _mm256_set1_epi64x(((const long long *)(numbers))[i])
#define QUERY_TABLE(numbers, i) _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)(numbers) + ((i)&511)))

FLOAT_TILE(multiply, acc[j][v] = _mm256_fmadd_ps(x, q, acc[j][v]))
FLOAT_TILE(maximum, acc[j][v] = _mm256_add_ps(_mm256_max_ps(x, q), acc[j][v]))
FLOAT_TILE(squared_difference, const __m256 d = _mm256_sub_ps(x, q); acc[j][v] = _mm256_fmadd_ps(d, d, acc[j][v]))
FLOAT_TILE(absolute_difference,
           acc[j][v] = _mm256_add_ps(_mm256_andnot_ps(_mm256_set1_ps(-0.0f), _mm256_sub_ps(x, q)), acc[j][v]))

/* Rows and queries as 16-bit numbers: 8-bit products overflow what vpmaddubsw can hold. */
INTEGER_TILE(uint8_multiply, QUERY_32, acc[j][v] = _mm256_add_epi32(_mm256_madd_epi16(x, q), acc[j][v]))
INTEGER_TILE(uint8_difference, QUERY_64, acc[j][v] = _mm256_add_epi64(_mm256_sad_epu8(x, q), acc[j][v]))
INTEGER_TILE(int16_maximum, QUERY_32,
             acc[j][v] = _mm256_add_epi32(_mm256_madd_epi16(_mm256_max_epi16(x, q), _mm256_set1_epi16(1)), acc[j][v]))

TARGET static inline __m256i count_bits(__m256i bits)
{
    const __m256i counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1,
                                            2, 2, 3, 2, 3, 3, 4);
    const __m256i low = _mm256_set1_epi8(15);
    const __m256i high_half = _mm256_and_si256(_mm256_srli_epi16(bits, 4), low);
    return _mm256_add_epi8(_mm256_shuffle_epi8(counts, _mm256_and_si256(bits, low)),
                           _mm256_shuffle_epi8(counts, high_half));
}

/* Bytes are added up by a last instruction for every step: the tile's depth would overflow them. */
INTEGER_TILE(bit_mismatch, QUERY_64,
             acc[j][v] = _mm256_add_epi64(_mm256_sad_epu8(count_bits(_mm256_xor_si256(x, q)), _mm256_setzero_si256()),
                                          acc[j][v]))

/* 16 bins of 8 bits, one bin number in each byte of x. */
INTEGER_TILE(table, QUERY_TABLE, acc[j][v] = _mm256_add_epi8(_mm256_shuffle_epi8(q, x), acc[j][v]))

/* Exponent and mantissa by integers, a polynomial of degree 7 in the mantissa. */
TARGET static inline __m256 logarithm_2(__m256 m)
{
    const __m256i bits = _mm256_castps_si256(m);
    const __m256i exponent = _mm256_srai_epi32(_mm256_sub_epi32(bits, _mm256_set1_epi32(0x3f3504f3)), 23);
    const __m256 r = _mm256_sub_ps(_mm256_castsi256_ps(_mm256_sub_epi32(bits, _mm256_slli_epi32(exponent, 23))),
                                   _mm256_set1_ps(1.0f));
    __m256 sum = _mm256_set1_ps(0.1601f);
    static const float coefficients[] = {-0.2192f, 0.2842f, -0.3602f, 0.4810f, -0.7213f, 1.4427f};
    for (int i = 0; i < 6; i++)
        sum = _mm256_fmadd_ps(sum, r, _mm256_set1_ps(coefficients[i]));
    return _mm256_fmadd_ps(sum, r, _mm256_cvtepi32_ps(exponent));
}

FLOAT_TILE(mean_logarithm, const __m256 m = _mm256_add_ps(x, q);
           acc[j][v] = _mm256_fmadd_ps(m, logarithm_2(m), acc[j][v]))

#define TILE_OF(per_vector) ((double)PEAK_DEPTH * ACCUMULATORS * (per_vector))

const peak_step peak_steps_avx2[] = {
    {"multiply", multiply, TILE_OF(8)},
    {"maximum", maximum, TILE_OF(8)},
    {"squared difference", squared_difference, TILE_OF(8)},
    {"absolute difference", absolute_difference, TILE_OF(8)},
    {"mean logarithm", mean_logarithm, TILE_OF(8)},
    {"uint8 multiply", uint8_multiply, TILE_OF(16)},
    {"uint8 difference", uint8_difference, TILE_OF(32)},
    {"int16 maximum", int16_maximum, TILE_OF(16)},
    {"bit mismatch", bit_mismatch, TILE_OF(256)},
    {"table", table, TILE_OF(32)},
    {"table of bytes", table, TILE_OF(32)},
    {0},
};
#endif
