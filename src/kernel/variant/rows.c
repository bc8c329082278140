/* SPDX-License-Identifier: MIT
 * Passes over whole rows: the projection's weighted sums, and the expansion of compact rows. */
#include "kernel/variant/vector.h"

void UHN_VARIANT(uhn_accumulate)(double *restrict sum, double weight, const float *restrict row, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        sum[i] += weight * (double)row[i];
}

void UHN_VARIANT(uhn_merge)(double *restrict sum, double factor, const double *restrict other, double other_factor,
                            size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        sum[i] = sum[i] * factor + other[i] * other_factor;
}

/* v / 255 = v · high + v · low, where the first product is exact and the second one so small that its rounding does not
 * matter: the sum is rounded correctly for all 256 numbers. A division takes several times as long. */
void UHN_VARIANT(uhn_expand_uint8)(const uint8_t *restrict bytes, float *restrict values, size_t dim)
{
    const float high = 0x1.01p-8f, low = 0x1.010102p-24f;
    for (size_t i = 0; i < dim; i++)
        values[i] = (float)bytes[i] * high + (float)bytes[i] * low;
}

/* WIDTH bits, the highest of them for the first number, in a register: each in its place, and 1 where it is set. */
ALWAYS_INLINE vector bits_as_numbers(uint32_t bits)
{
    integers place;
    for (size_t l = 0; l < WIDTH; l++)
        place[l] = 1 << (WIDTH - 1 - l);
    const integers set = (((integers){0} + (int32_t)bits) & place) != 0;
    return (vector)(set & (integers)all(1));
}

void UHN_VARIANT(uhn_expand_bits)(const uint8_t *restrict bits, float *restrict values, size_t dim)
{
    size_t i = 0;
    for (; i + WIDTH <= dim; i += WIDTH) {
        const uint8_t *from = bits + i / 8;
#if defined(__AVX512F__)
        const uint32_t some = (uint32_t)(from[0] << 8 | from[1]);
#elif defined(__AVX2__)
        const uint32_t some = from[0];
#else
        const uint32_t some = i % 8 ? from[0] & 15u : from[0] >> 4;
#endif
        store(values + i, bits_as_numbers(some));
    }
    for (; i < dim; i++)
        values[i] = (float)(bits[i / 8] >> (7 - i % 8) & 1);
}
