/* SPDX-License-Identifier: MIT
 * Looking bytes up, a register of rows at a time; see pass_table_bytes.c. The instruction looks up in each 16 bytes of
 * a register by itself, so that a column stands there once for each.
 *
 * The bytes found are added up two at a time, as words modulo 2^16, and those in the upper halves once more. */
#ifndef UHN_KERNEL_VARIANT_LOOK_UP_BYTES_H
#define UHN_KERNEL_VARIANT_LOOK_UP_BYTES_H

enum {
    LANES = sizeof(groups),
    PANEL_VECTORS = 1,
    SOME_VECTORS = 1,
    FEW_VECTORS = 1,
    PANEL_COORDINATES = 256, /* as many bytes add up to 16 bits */
    PANEL_ROOM = PANEL_COORDINATES * PANEL_VECTORS,
    QUERIES = 4,
};

typedef uint16_t words __attribute__((vector_size(sizeof(groups))));

#if defined(__AVX512BW__) && defined(__AVX512DQ__)

#include "kernel/variant/squares_avx512.h"

INLINE groups spread_column(const uint8_t *column)
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i_u *)column));
}

INLINE groups look_up_bytes(groups column, groups bins)
{
    return _mm512_shuffle_epi8(column, bins);
}

/* Even bytes are the first 32 rows, odd bytes the others. */
static void fill_panel(groups *panel, size_t vectors, const request *call, part at)
{
    (void)vectors;
    for (size_t k = 0; k < at.count; k += sizeof(groups)) {
        groups even[GROUPS][4], odd[GROUPS][4];
        const uint8_t *rows[LANES];
        const size_t bytes = least(at.count - k, sizeof(groups));
        for (size_t i = 0; i < LANES; i++)
            rows[i] = call->rows[at.row + least(i, at.row_count - 1)] + at.from + k;
        load_square(even, rows, bytes);
        load_square(odd, rows + LANES / 2, bytes);
        for (size_t p = 0; 2 * p < bytes; p++) {
            const groups a = even[p / 4][p % 4], b = odd[p / 4][p % 4];
            panel[k + 2 * p] = _mm512_mask_blend_epi8(0xaaaaaaaaaaaaaaaa, a, _mm512_slli_epi16(b, 8));
            panel[k + 2 * p + 1] = _mm512_mask_blend_epi8(0x5555555555555555, b, _mm512_srli_epi16(a, 8));
        }
    }
}

#else

#include "kernel/variant/squares_avx2.h"

INLINE groups spread_column(const uint8_t *column)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i_u *)column));
}

INLINE groups look_up_bytes(groups column, groups bins)
{
    return _mm256_shuffle_epi8(column, bins);
}

#endif

INLINE void put_words(double *to, words sums, size_t count, bool add)
{
    uint16_t all[LANES / 2];
    memcpy(all, &sums, sizeof all);
    for (size_t r = 0; r < LANES / 2 && r < count; r++)
        to[r] = (add ? to[r] : 0) + (double)(int32_t)all[r];
}

/* `all` is of both halves, modulo 2^16, `odd` of the upper ones. */
INLINE void put_sums(double *to, size_t stride, const words *all, const words *odd, size_t queries, size_t row_count,
                     bool add)
{
    for (size_t j = 0; j < queries; j++, to += stride) {
        put_words(to, all[j] - (odd[j] << 8), row_count, add);
        if (row_count > LANES / 2)
            put_words(to + LANES / 2, odd[j], row_count - LANES / 2, add);
    }
}

INLINE void look_up(size_t vectors, size_t queries, const groups *panel, const request *call, part at, size_t first)
{
    const uhn_pass_table *table = call->columns;
    words all[QUERIES], odd[QUERIES];
    const uint8_t *q[QUERIES];
    (void)vectors;
    for (size_t j = 0; j < queries; j++) {
        q[j] = call->queries[first + j] + at.from;
        all[j] = odd[j] = (words)groups_zero();
    }
    for (size_t i = 0; i < at.count; i++)
        for (size_t j = 0; j < queries; j++) {
            const words found = (words)look_up_bytes(spread_column(table->bytes[q[j][i]]), panel[i]);
            all[j] += found;
            odd[j] += found >> 8;
        }
    double *to = call->sums + first * call->stride + at.row;
    if (at.row_count == LANES && at.from > 0)
        put_sums(to, call->stride, all, odd, queries, LANES, true);
    else
        put_sums(to, call->stride, all, odd, queries, at.row_count, at.from > 0);
}

#endif
