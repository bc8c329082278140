/* SPDX-License-Identifier: MIT
 * Squares of bytes, turned in registers of 512 bits, for the passes that look terms up. */
#ifndef UHN_KERNEL_VARIANT_SQUARES_AVX512_H
#define UHN_KERNEL_VARIANT_SQUARES_AVX512_H

#include "kernel/variant/groups.h"

/* In v[j], group i is of the 4 int16 of one vector; afterwards it is number j of all of them, in the order of v. */
INLINE void transpose_words(groups v[4])
{
    const groups a = _mm512_mask_shuffle_epi32(v[0], 0xaaaa, v[2], 0xa0);
    const groups b = _mm512_mask_shuffle_epi32(v[1], 0xaaaa, v[3], 0xa0);
    const groups c = _mm512_mask_shuffle_epi32(v[2], 0x5555, v[0], 0xf5);
    const groups d = _mm512_mask_shuffle_epi32(v[3], 0x5555, v[1], 0xf5);
    v[0] = _mm512_mask_blend_epi16(0xaaaaaaaa, a, _mm512_slli_epi32(b, 16));
    v[1] = _mm512_mask_blend_epi16(0x55555555, b, _mm512_srli_epi32(a, 16));
    v[2] = _mm512_mask_blend_epi16(0xaaaaaaaa, c, _mm512_slli_epi32(d, 16));
    v[3] = _mm512_mask_blend_epi16(0x55555555, d, _mm512_srli_epi32(c, 16));
}

/* `bytes` coordinates, 1 … 64, of 32 rows: word i of to[p / 4][p % 4] holds coordinates 2 p and 2 p + 1 of row i. */
INLINE void load_square(groups to[GROUPS][4], const uint8_t *const rows[4 * GROUPS], size_t bytes)
{
    groups parts[4][GROUPS];
    for (size_t j = 0; j < 4; j++) {
        for (size_t i = 0; i < GROUPS; i++)
            parts[j][i] =
                bytes < sizeof(groups) ? groups_load_part(rows[4 * i + j], bytes) : groups_load(rows[4 * i + j]);
        groups_transpose(parts[j]);
    }
    for (size_t k = 0; k < GROUPS && 8 * k < bytes; k++) {
        for (size_t j = 0; j < 4; j++)
            to[k][j] = parts[j][k];
        transpose_words(to[k]);
    }
}

/* v, in a register of its own. Without it gcc loads a column once for each vector, and copies sums. */
INLINE groups in_register(groups v)
{
    __asm__("" : "+v"(v));
    return v;
}

#endif
