/* SPDX-License-Identifier: MIT
 * Looking bytes up where an instruction takes one of 64, and another adds up four; see pass_table_bytes.c.
 *
 * A register holds four columns, for four coordinates of a query, and the panel four coordinates of 16 rows, with the
 * number of the coordinate in the bits above the bin. */
#ifndef UHN_KERNEL_VARIANT_LOOK_UP_BYTES_VBMI_H
#define UHN_KERNEL_VARIANT_LOOK_UP_BYTES_VBMI_H

#include "kernel/variant/squares_avx512.h"

enum {
    LANES = 16,
    TOGETHER = 4, /* coordinates of a register */
    PANEL_VECTORS = 12,
    SOME_VECTORS = 8,
    FEW_VECTORS = 2,
    PANEL_COORDINATES = 128,
    PANEL_ROOM = PANEL_COORDINATES / TOGETHER * PANEL_VECTORS,
    QUERIES = 2,
};

/* Even groups of 32 bits are the first 8 rows, odd ones the others. */
static void fill_panel(groups *panel, size_t vectors, const request *call, part at)
{
    const groups numbers = _mm512_set1_epi32(0x30201000);
    for (size_t v = 0; v < vectors; v++)
        for (size_t k = 0; k < at.count; k += sizeof(groups)) {
            const size_t bytes = at.count - k;
            groups halves[2][GROUPS];
            for (size_t i = 0; i < LANES; i++) {
                const uint8_t *row = call->rows[at.row + least(v * LANES + i, at.row_count - 1)] + at.from + k;
                halves[i / GROUPS][i % GROUPS] =
                    bytes < sizeof(groups) ? groups_load_part(row, bytes) : groups_load(row);
            }
            groups_transpose(halves[0]);
            groups_transpose(halves[1]);
            groups *to = panel + k / TOGETHER * vectors + v;
            for (size_t g = 0; g < GROUPS && 8 * g < bytes; g++, to += 2 * vectors) {
                const groups a = halves[0][g], b = halves[1][g];
                to[0] = _mm512_or_si512(numbers, _mm512_mask_blend_epi32(0xaaaa, a, _mm512_slli_epi64(b, 32)));
                to[vectors] = _mm512_or_si512(numbers, _mm512_mask_blend_epi32(0x5555, b, _mm512_srli_epi64(a, 32)));
            }
        }
}

INLINE __m128i one_column(const uint8_t *column)
{
    return _mm_loadu_si128((const __m128i_u *)column);
}

/* The columns of `count` coordinates, 1 … 4; zero past the last. */
INLINE groups some_columns(const uhn_pass_table *table, const uint8_t *q, size_t count)
{
    groups made = _mm512_zextsi128_si512(one_column(table->bytes[q[0]]));
    if (count > 1)
        made = _mm512_mask_broadcast_i32x4(made, 0x00f0, one_column(table->bytes[q[1]]));
    if (count > 2)
        made = _mm512_mask_broadcast_i32x4(made, 0x0f00, one_column(table->bytes[q[2]]));
    if (count > 3)
        made = _mm512_mask_broadcast_i32x4(made, 0xf000, one_column(table->bytes[q[3]]));
    return in_register(made);
}

/* Adds what `count` coordinates give, 1 … 4. */
INLINE void look_up_some(groups sums[QUERIES][PANEL_VECTORS], size_t vectors, size_t queries, const groups *panel,
                         const uhn_pass_table *table, const uint8_t *const q[QUERIES], size_t i, size_t count)
{
    const groups ones = _mm512_set1_epi8(1);
    groups these[QUERIES];
    for (size_t j = 0; j < queries; j++)
        these[j] = some_columns(table, q[j] + i, count);
    for (size_t v = 0; v < vectors; v++) {
        const groups bins = panel[i / TOGETHER * vectors + v];
        for (size_t j = 0; j < queries; j++)
            sums[j][v] = in_register(_mm512_dpbusd_epi32(sums[j][v], _mm512_permutexvar_epi8(bins, these[j]), ones));
    }
}

INLINE void put_sums(double *to, size_t stride, groups sums[QUERIES][PANEL_VECTORS], size_t queries, size_t row_count,
                     bool add)
{
    for (size_t j = 0; j < queries; j++, to += stride)
        for (size_t r = 0; r < row_count; r += LANES) {
            const groups these = sums[j][r / LANES];
            groups_put(to + r, _mm512_maskz_mov_epi32(0x5555, these), row_count - r, add, 0);
            if (row_count - r > GROUPS)
                groups_put(to + r + GROUPS, _mm512_srli_epi64(these, 32), row_count - r - GROUPS, add, 0);
        }
}

INLINE void look_up(size_t vectors, size_t queries, const groups *panel, const request *call, part at, size_t first)
{
    groups sums[QUERIES][PANEL_VECTORS];
    const uint8_t *q[QUERIES];
    size_t i = 0;
    for (size_t j = 0; j < queries; j++) {
        q[j] = call->queries[first + j] + at.from;
        for (size_t v = 0; v < vectors; v++)
            sums[j][v] = in_register(groups_zero());
    }
    for (; i + TOGETHER <= at.count; i += TOGETHER)
        look_up_some(sums, vectors, queries, panel, call->columns, q, i, TOGETHER);
    if (i < at.count)
        look_up_some(sums, vectors, queries, panel, call->columns, q, i, at.count - i);
    double *to = call->sums + first * call->stride + at.row;
    if (at.row_count == vectors * LANES && at.from > 0)
        put_sums(to, call->stride, sums, queries, vectors * LANES, true);
    else
        put_sums(to, call->stride, sums, queries, at.row_count, at.from > 0);
}

#endif
