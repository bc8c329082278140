/* SPDX-License-Identifier: MIT
 * A panel of bytes in registers of 256 bits, for the passes that look terms up. */
#ifndef UHN_KERNEL_VARIANT_SQUARES_AVX2_H
#define UHN_KERNEL_VARIANT_SQUARES_AVX2_H

#include "kernel/variant/look_up.h"

enum { SQUARE = 16 }; /* coordinates */

/* In each half of the registers: word j of v[i] ↔ word i of v[j]. */
INLINE void transpose_words(groups v[8])
{
    groups a[8], b[8];
    for (size_t i = 0; i < 4; i++) {
        a[2 * i] = _mm256_unpacklo_epi16(v[i], v[i + 4]);
        a[2 * i + 1] = _mm256_unpackhi_epi16(v[i], v[i + 4]);
    }
    for (size_t i = 0; i < 4; i++) {
        b[2 * i] = _mm256_unpacklo_epi16(a[i], a[i + 4]);
        b[2 * i + 1] = _mm256_unpackhi_epi16(a[i], a[i + 4]);
    }
    for (size_t i = 0; i < 4; i++) {
        v[2 * i] = _mm256_unpacklo_epi16(b[i], b[i + 4]);
        v[2 * i + 1] = _mm256_unpackhi_epi16(b[i], b[i + 4]);
    }
}

INLINE __m128i load_some(const uint8_t *from, size_t bytes)
{
    uint8_t padded[SQUARE] = {0};
    if (bytes >= SQUARE)
        return _mm_loadu_si128((const __m128i_u *)from);
    memcpy(padded, from, bytes);
    return _mm_loadu_si128((const __m128i_u *)padded);
}

INLINE groups load_pair(const uint8_t *below, const uint8_t *above, size_t bytes)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(load_some(below, bytes)), load_some(above, bytes), 1);
}

/* Coordinate k of 32 rows is panel[k]. Even bytes are the first 16 rows, odd bytes the others. */
static void fill_panel(groups *panel, size_t vectors, const request *call, part at)
{
    const uint8_t *rows[32];
    (void)vectors;
    for (size_t i = 0; i < 32; i++)
        rows[i] = call->rows[at.row + least(i, at.row_count - 1)] + at.from;
    for (size_t k = 0; k < at.count; k += SQUARE) {
        groups low[8], high[8];
        for (size_t i = 0; i < 8; i++) {
            const groups even = load_pair(rows[i] + k, rows[i + 8] + k, at.count - k);
            const groups odd = load_pair(rows[i + 16] + k, rows[i + 24] + k, at.count - k);
            low[i] = _mm256_unpacklo_epi8(even, odd);
            high[i] = _mm256_unpackhi_epi8(even, odd);
        }
        transpose_words(low);
        transpose_words(high);
        for (size_t i = 0; i < 8; i++)
            panel[k + i] = low[i];
        for (size_t i = 0; i < 8; i++)
            panel[k + 8 + i] = high[i];
    }
}

#endif
