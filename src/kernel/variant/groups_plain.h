/* SPDX-License-Identifier: MIT
 * Groups in vectors of 128 bits, as the compiler knows them, for other processors; see groups.h. */
#ifndef UHN_KERNEL_VARIANT_GROUPS_PLAIN_H
#define UHN_KERNEL_VARIANT_GROUPS_PLAIN_H

#include <string.h>

typedef uint64_t groups __attribute__((vector_size(16)));
typedef uint8_t groups_of_uint8 __attribute__((vector_size(16)));
typedef uint16_t groups_of_uint16 __attribute__((vector_size(16)));
typedef uint32_t groups_of_uint32 __attribute__((vector_size(16)));

enum { GROUPS = 2, TILE_VECTORS = 2, TILE_QUERIES = 4, MULTIPLY_OFFSET = 0 };

INLINE groups groups_zero(void)
{
    return (groups){0};
}

INLINE groups groups_load(const void *from)
{
    groups loaded;
    memcpy(&loaded, from, sizeof loaded);
    return loaded;
}

INLINE groups groups_spread(uint64_t group)
{
    return (groups){group, group};
}

INLINE void groups_transpose(groups v[GROUPS])
{
    const uint64_t moved = v[0][1];
    v[0][1] = v[1][0];
    v[1][0] = moved;
}

INLINE int64_t groups_total(groups sums)
{
    return (int64_t)(sums[0] + sums[1]);
}

INLINE void groups_doubles(double *to, groups sums)
{
    for (size_t i = 0; i < GROUPS; i++)
        to[i] = (double)sums[i];
}

INLINE groups fold_whole(groups sums)
{
    return sums;
}

INLINE groups fold_halves(groups sums)
{
    return (sums >> 32) + (sums & 0xffffffff);
}

/* Neighbours added, in twice the width. */
INLINE groups_of_uint16 widen_uint8(groups_of_uint8 bytes)
{
    const groups_of_uint16 pairs = (groups_of_uint16)bytes;
    return (pairs & 255) + (pairs >> 8);
}

INLINE groups_of_uint32 widen_uint16(groups_of_uint16 words)
{
    const groups_of_uint32 pairs = (groups_of_uint32)words;
    return (pairs & 0xffff) + (pairs >> 16);
}

INLINE groups step_difference(groups sums, groups x, groups q)
{
    const groups_of_uint8 a = (groups_of_uint8)x, b = (groups_of_uint8)q, above = (groups_of_uint8)(a > b);
    const groups_of_uint8 difference = (above & (a - b)) | (~above & (b - a));
    return sums + fold_halves((groups)widen_uint16(widen_uint8(difference)));
}

INLINE groups step_multiply(groups sums, groups x, groups q)
{
    const groups_of_uint16 a = (groups_of_uint16)x, b = (groups_of_uint16)q;
    const groups_of_uint16 even = (a & 255) * (b & 255), odd = (a >> 8) * (b >> 8);
    return (groups)((groups_of_uint32)sums + widen_uint16(even) + widen_uint16(odd));
}

INLINE groups step_maximum(groups sums, groups x, groups q)
{
    const groups_of_uint16 a = (groups_of_uint16)x, b = (groups_of_uint16)q, above = (groups_of_uint16)(a > b);
    return (groups)((groups_of_uint32)sums + widen_uint16((above & a) | (~above & b)));
}

INLINE groups step_mismatch(groups sums, groups x, groups q)
{
    groups_of_uint8 n = (groups_of_uint8)(x ^ q);
    n = n - ((n >> 1) & 0x55);
    n = (n & 0x33) + ((n >> 2) & 0x33);
    n = (n + (n >> 4)) & 0x0f;
    return sums + fold_halves((groups)widen_uint16(widen_uint8(n)));
}

#endif
