/* SPDX-License-Identifier: MIT
 * Looking terms up in registers of 256 bits; see pass_table.c.
 *
 * There, an instruction looks up one of 16 bytes. So a column is cut into low and high bytes, and those into halves, of
 * which the one that does not hold the bin gives 0. */
#ifndef UHN_KERNEL_VARIANT_LOOK_UP_AVX2_H
#define UHN_KERNEL_VARIANT_LOOK_UP_AVX2_H

#include "kernel/variant/squares_avx2.h"

enum {
    PANEL_VECTORS = 1,
    PANEL_COORDINATES = 256, /* as many bytes add up to 16 bits */
    QUERIES = 2,
    WIDEN = 255 / (ENTRY_MAX / 256), /* as many high bytes add up to 8 bits */
};

static const columns *cut_columns(const uhn_pass_table *table, columns *made)
{
    for (size_t q = 0; q < UHN_TABLE_COLUMNS; q++)
        for (size_t x = 0; x < UHN_TABLE_ROWS; x++) {
            made->low[q][x] = (uint8_t)table->values[q][x];
            made->high[q][x] = (uint8_t)(table->values[q][x] >> 8);
        }
    return made;
}

INLINE groups twice(const uint8_t *from)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i_u *)from));
}

/* Bytes of bins below and from 16 on. The instruction gives 0 where the highest bit of a number is set. */
INLINE groups look_up_bytes(const uint8_t *column, groups below, groups above)
{
    return _mm256_or_si256(_mm256_shuffle_epi8(twice(column), below), _mm256_shuffle_epi8(twice(column + 16), above));
}

/* What adds up for a query: words of low bytes, with the odd bytes in their upper half, modulo 2^16; the odd bytes by
 * themselves; high bytes, and those of earlier coordinates, even and odd. */
typedef struct byte_sums {
    groups low, odd_low, high, even_high, odd_high;
} byte_sums;

INLINE void widen(byte_sums *sums)
{
    sums->even_high = _mm256_add_epi16(sums->even_high, _mm256_and_si256(sums->high, _mm256_set1_epi16(255)));
    sums->odd_high = _mm256_add_epi16(sums->odd_high, _mm256_srli_epi16(sums->high, 8));
    sums->high = groups_zero();
}

INLINE void put_sums(double *to, groups low, groups high, size_t count, bool add)
{
    uint16_t lows[LANES / 2], highs[LANES / 2];
    _mm256_storeu_si256((__m256i_u *)lows, low);
    _mm256_storeu_si256((__m256i_u *)highs, high);
    for (size_t r = 0; r < LANES / 2 && r < count; r++)
        to[r] = (add ? to[r] : 0) + (double)(int32_t)(lows[r] + 256U * highs[r]);
}

INLINE void look_up(size_t vectors, size_t queries, const groups *panel, const request *call, part at, size_t first)
{
    const columns *cut = call->columns;
    byte_sums sums[QUERIES];
    const uint8_t *q[QUERIES];
    (void)vectors;
    for (size_t j = 0; j < queries; j++) {
        q[j] = call->queries[first + j] + at.from;
        sums[j] = (byte_sums){groups_zero(), groups_zero(), groups_zero(), groups_zero(), groups_zero()};
    }
    for (size_t k = 0; k < at.count; k += WIDEN) {
        const size_t end = least(k + WIDEN, at.count);
        for (size_t i = k; i < end; i++) {
            const groups below = _mm256_add_epi8(panel[i], _mm256_set1_epi8(0x70));
            const groups above = _mm256_sub_epi8(panel[i], _mm256_set1_epi8(16));
            for (size_t j = 0; j < queries; j++) {
                const groups low = look_up_bytes(cut->low[q[j][i]], below, above);
                sums[j].low = _mm256_add_epi16(sums[j].low, low);
                sums[j].odd_low = _mm256_add_epi16(sums[j].odd_low, _mm256_srli_epi16(low, 8));
                sums[j].high = _mm256_add_epi8(sums[j].high, look_up_bytes(cut->high[q[j][i]], below, above));
            }
        }
        for (size_t j = 0; j < queries; j++)
            widen(&sums[j]);
    }
    for (size_t j = 0; j < queries; j++) {
        double *to = call->sums + (first + j) * call->stride + at.row;
        const groups even_low = _mm256_sub_epi16(sums[j].low, _mm256_slli_epi16(sums[j].odd_low, 8));
        put_sums(to, even_low, sums[j].even_high, at.row_count, at.from > 0);
        if (at.row_count > LANES / 2)
            put_sums(to + LANES / 2, sums[j].odd_low, sums[j].odd_high, at.row_count - LANES / 2, at.from > 0);
    }
}

#endif
