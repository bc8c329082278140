/* SPDX-License-Identifier: MIT
 * The fast pass for folded Gaussian noise: log(2 cosh(½ log 2 · y)) = ½ log 2 · y + log(1 + 2^-y) with y = x q. The
 * numbers 1 + 2^-y, which are 1 to 2, are multiplied, so that one logarithm serves a block. */
#include "kernel/variant/log_doubles.h"

enum { TILE = 4, BLOCK = 64 * WIDTH }; /* the product of a block's 64 numbers in a lane is below 2^65 */

/* Running sums of a row and a query over a block: y, x′ q′, and the product. */
typedef struct folded_sums {
    vector y, other, product;
} folded_sums;

/* 2^-y for y ≥ 0; what is below 2^-126 is that. y = n − f with n whole and |f| ≤ ½; 2^f is a polynomial with a relative
 * error of 2^-23.6, its roundings included 2^-22. */
ALWAYS_INLINE vector power_of_half(vector y)
{
    const vector most = all(126), rounder = all(0x1.8p23f);
#if defined(__AVX512F__)
    const vector bounded = _mm512_min_ps(y, most);
#elif defined(__AVX2__)
    const vector bounded = _mm256_min_ps(y, most);
#elif defined(__SSE2__)
    const vector bounded = _mm_min_ps(y, most);
#else
    const integers above = y > most;
    const vector bounded = (vector)(((integers)most & above) | ((integers)y & ~above));
#endif
    const vector shifted = bounded + rounder, f = (shifted - rounder) - bounded;
    vector power = 0x1.5c08e6p-10f * f + 0x1.3d0c52p-7f;
    power = power * f + 0x1.c6b6e4p-5f;
    power = power * f + 0x1.ebf918p-3f;
    power = power * f + 0x1.62e428p-1f;
    power = power * f + 0x1.000002p+0f;
    return (vector)((integers)power - ((integers)shifted << 23));
}

ALWAYS_INLINE double total_of(const folded_sums *sums)
{
    const doubles y = widened(lower_half(sums->y)) + widened(upper_half(sums->y));
    const doubles other = widened(lower_half(sums->other)) + widened(upper_half(sums->other));
    const doubles product = widened(lower_half(sums->product)) * widened(upper_half(sums->product));
    const doubles lanes = y * 0x1.62e42fefa39efp-2 + other + logarithm(product);
    double total = 0;
    for (size_t l = 0; l < DOUBLES; l++)
        total += lanes[l];
    return total;
}

/* A block of some rows against one query. half: from x to x′. */
ALWAYS_INLINE void block(const float *const rows[TILE], const float *query, size_t count, size_t half,
                         double totals[TILE])
{
    folded_sums sums[TILE];
    UNROLLED
    for (size_t r = 0; r < TILE; r++)
        sums[r] = (folded_sums){.product = all(1)};
    for (size_t i = 0; i < count; i += WIDTH) {
        const vector q = in_register(load(query + i)), other = in_register(load(query + half + i));
        UNROLLED
        for (size_t r = 0; r < TILE; r++) {
            const vector y = in_register(load(rows[r] + i) * q);
            sums[r].y += y;
            sums[r].other += load(rows[r] + half + i) * other;
            sums[r].product += sums[r].product * power_of_half(y);
        }
    }
    UNROLLED
    for (size_t r = 0; r < TILE; r++)
        totals[r] = total_of(&sums[r]);
}

void UHN_VARIANT(uhn_pass_folded)(const void *const *rows, size_t row_count, const void *const *queries,
                                  size_t query_count, size_t dim, const uhn_pass_table *table, double *sums,
                                  size_t stride)
{
    const size_t half = uhn_folded_half(dim);
    (void)table;
    for (size_t q = 0; q < query_count; q++)
        for (size_t r = 0; r < row_count; r++)
            sums[q * stride + r] = -0x1.62e42fefa39efp-1 * (double)(half - dim); /* what the padding adds */
    for (size_t offset = 0; offset < half; offset += BLOCK) {
        const size_t count = half - offset < BLOCK ? half - offset : BLOCK;
        for (size_t first = 0; first < row_count; first += TILE) {
            const size_t here = row_count - first < TILE ? row_count - first : TILE;
            const float *x[TILE];
            for (size_t r = 0; r < TILE; r++) /* those that are missing repeat the last one */
                x[r] = (const float *)rows[first + (r < here ? r : here - 1)] + offset;
            for (size_t q = 0; q < query_count; q++) {
                double totals[TILE];
                block(x, (const float *)queries[q] + offset, count, half, totals);
                for (size_t r = 0; r < here; r++)
                    sums[q * stride + first + r] += totals[r];
            }
        }
    }
}
