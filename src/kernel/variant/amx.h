/* SPDX-License-Identifier: MIT
 * Tiles of AMX: 8 registers of up to 16 rows of 64 bytes. tdpbf16ps(C, A, B) adds A · B to C, where C holds float32, A
 * holds bfloat16, and so does B, with rows 2k and 2k + 1 of the factor interleaved in its row k. */
#ifndef UHN_KERNEL_VARIANT_AMX_H
#define UHN_KERNEL_VARIANT_AMX_H

#include "kernel/variant/vector.h"

/* Rows of a tile and numbers in a row of C; coordinates that one instruction sums over. */
enum { TILE = 16, DEPTH = 32, TILE_BYTES = 1024, LINE_BYTES = 64 };

/* As ldtilecfg reads it. */
typedef struct tile_shapes {
    uint8_t palette, start, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_shapes;

/* The sums, tiles 0 … 3, have so many rows and columns; then tiles 4 and 5 are first factors, 6 and 7 second ones.
 * Until _tile_release(), which has to follow: saving tiles that are in use costs the operating system 8 KiB per switch.
 */
ALWAYS_INLINE void use_tiles(size_t rows, size_t columns)
{
    tile_shapes shapes = {.palette = 1};
    for (size_t t = 0; t < 8; t++) {
        shapes.rows[t] = (uint8_t)(t < 6 ? rows : TILE);
        shapes.row_bytes[t] = (uint16_t)(t == 4 || t == 5 ? LINE_BYTES : columns * sizeof(float));
    }
    /* The intrinsic of gcc 12 says that it reads the first 8 bytes: all that is in memory has to count. */
    __asm__ volatile("ldtilecfg %0" : : "m"(shapes) : "memory");
}

/* What was stored before is in memory before tiles are loaded: the intrinsics of gcc do not say that they read. */
ALWAYS_INLINE void before_tiles(void)
{
    __asm__ volatile("" ::: "memory");
}

/* to[k] = the k-th 32 bits of each of the 16 lines. Lines are loaded in quarters, to where the second half of a
 * transposition would bring them: this takes half of its shuffles. */
ALWAYS_INLINE void transpose(const uint8_t *const lines[TILE], size_t offset, __m512i to[TILE])
{
    UNROLLED
    for (size_t quarter = 0; quarter < 4; quarter++) {
        __m512i v[4];
        UNROLLED
        for (size_t j = 0; j < 4; j++) {
            const size_t at = offset + quarter * 16;
            v[j] = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(const void *)(lines[j] + at)));
            v[j] = _mm512_mask_broadcast_i32x4(v[j], 0x00f0,
                                               _mm_loadu_si128((const __m128i *)(const void *)(lines[4 + j] + at)));
            v[j] = _mm512_mask_broadcast_i32x4(v[j], 0x0f00,
                                               _mm_loadu_si128((const __m128i *)(const void *)(lines[8 + j] + at)));
            v[j] = _mm512_mask_broadcast_i32x4(v[j], 0xf000,
                                               _mm_loadu_si128((const __m128i *)(const void *)(lines[12 + j] + at)));
        }
        const __m512i low = _mm512_unpacklo_epi32(v[0], v[1]), high = _mm512_unpackhi_epi32(v[0], v[1]);
        const __m512i next_low = _mm512_unpacklo_epi32(v[2], v[3]), next_high = _mm512_unpackhi_epi32(v[2], v[3]);
        to[quarter * 4] = _mm512_unpacklo_epi64(low, next_low);
        to[quarter * 4 + 1] = _mm512_unpackhi_epi64(low, next_low);
        to[quarter * 4 + 2] = _mm512_unpacklo_epi64(high, next_high);
        to[quarter * 4 + 3] = _mm512_unpackhi_epi64(high, next_high);
    }
}

/* The first `count` of 16. */
ALWAYS_INLINE __mmask16 first_of_16(size_t count)
{
    return (__mmask16)(count < 16 ? (1u << count) - 1 : 0xffff);
}

#endif
