/* SPDX-License-Identifier: MIT
 * Looking terms up in registers of 512 bits; see pass_table.c. */
#ifndef UHN_KERNEL_VARIANT_LOOK_UP_AVX512_H
#define UHN_KERNEL_VARIANT_LOOK_UP_AVX512_H

#include "kernel/variant/squares_avx512.h"

/* A column fills one register. */
enum {
    PANEL_VECTORS = 2,
    PANEL_COORDINATES = 128,
    QUERIES = 4,
    WIDEN = 65535 / ENTRY_MAX, /* as many entries fit into 16 bits */
};

/* Coordinate k of 32 rows is panel[k · vectors + v], in the low bits of 16. Even lanes are the first 16 rows, odd lanes
 * the others, so that each half widens to sums in order. */
static void fill_panel(groups *panel, size_t vectors, const request *call, part at)
{
    for (size_t v = 0; v < vectors; v++)
        for (size_t k = 0; k < at.count; k += sizeof(groups)) {
            groups square[GROUPS][4];
            const uint8_t *rows[LANES];
            const size_t bytes = least(at.count - k, sizeof(groups));
            for (size_t i = 0; i < LANES; i++) {
                const size_t row = v * LANES + i / 2 + i % 2 * (LANES / 2);
                rows[i] = call->rows[at.row + least(row, at.row_count - 1)] + at.from + k;
            }
            load_square(square, rows, bytes);
            groups *to = panel + k * vectors + v;
            for (size_t p = 0; 2 * p < bytes; p++, to += 2 * vectors) {
                to[0] = square[p / 4][p % 4];
                to[vectors] = _mm512_srli_epi16(square[p / 4][p % 4], 8);
            }
        }
}

/* 16 sums of 32 bits. */
INLINE void put_sums(double *to, groups sums, size_t count, bool add)
{
    const __m256i low = _mm512_castsi512_si256(sums), high = _mm512_extracti64x4_epi64(sums, 1);
    groups_put(to, _mm512_cvtepu32_epi64(low), count, add, 0);
    if (count > GROUPS)
        groups_put(to + GROUPS, _mm512_cvtepu32_epi64(high), count - GROUPS, add, 0);
}

INLINE void look_up(size_t vectors, size_t queries, const groups *panel, const request *call, part at, size_t first)
{
    const columns *whole = call->columns;
    groups even[QUERIES][PANEL_VECTORS], odd[QUERIES][PANEL_VECTORS], narrow[QUERIES][PANEL_VECTORS];
    const uint8_t *q[QUERIES];
    for (size_t j = 0; j < queries; j++) {
        q[j] = call->queries[first + j] + at.from;
        for (size_t v = 0; v < vectors; v++)
            even[j][v] = odd[j][v] = groups_zero();
    }
    for (size_t k = 0; k < at.count; k += WIDEN) {
        for (size_t j = 0; j < queries; j++)
            for (size_t v = 0; v < vectors; v++)
                narrow[j][v] = in_register(groups_zero());
        const size_t end = least(k + WIDEN, at.count);
        for (size_t i = k; i < end; i++)
            for (size_t j = 0; j < queries; j++) {
                const groups column = in_register(groups_load(whole->values[q[j][i]]));
                for (size_t v = 0; v < vectors; v++)
                    narrow[j][v] =
                        _mm512_add_epi16(narrow[j][v], _mm512_permutexvar_epi16(panel[i * vectors + v], column));
            }
        for (size_t j = 0; j < queries; j++)
            for (size_t v = 0; v < vectors; v++) {
                even[j][v] = _mm512_add_epi32(even[j][v], _mm512_maskz_mov_epi16(0x55555555, narrow[j][v]));
                odd[j][v] = _mm512_add_epi32(odd[j][v], _mm512_srli_epi32(narrow[j][v], 16));
            }
    }
    for (size_t j = 0; j < queries; j++)
        for (size_t v = 0; v < vectors; v++) {
            const size_t count = at.row_count - v * LANES; /* more than 0 */
            double *to = call->sums + (first + j) * call->stride + at.row + v * LANES;
            put_sums(to, even[j][v], count, at.from > 0);
            if (count > LANES / 2)
                put_sums(to + LANES / 2, odd[j][v], count - LANES / 2, at.from > 0);
        }
}

#endif
