/* SPDX-License-Identifier: MIT
 * What is left of a tile of running sums at the end of a block: one number for each pair of vectors. */
#ifndef UHN_KERNEL_VARIANT_TILE_H
#define UHN_KERNEL_VARIANT_TILE_H

#include "kernel/variant/vector.h"

/* Rows in a tile. */
enum { ROWS = WIDTH == 16 || REGISTERS == 32 ? 8 : 4 };

/* Adds neighbours, n apart, within a and within b. The result holds the sums of a and of b by turns, n each. This takes
 * fewer instructions than adding up one vector after the other. */
#define JOIN(a, b, n)                JOIN_PARTS(a, b, KEEP_##n, MOVE_##n)
#define JOIN_PARTS(a, b, keep, move) (__builtin_shufflevector(a, b, keep) + __builtin_shufflevector(a, b, move))

#if defined(__AVX512F__)
#define KEEP_1 0, 17, 2, 19, 4, 21, 6, 23, 8, 25, 10, 27, 12, 29, 14, 31
#define MOVE_1 1, 16, 3, 18, 5, 20, 7, 22, 9, 24, 11, 26, 13, 28, 15, 30
#define KEEP_2 0, 1, 18, 19, 4, 5, 22, 23, 8, 9, 26, 27, 12, 13, 30, 31
#define MOVE_2 2, 3, 16, 17, 6, 7, 20, 21, 10, 11, 24, 25, 14, 15, 28, 29
#define KEEP_4 0, 1, 2, 3, 20, 21, 22, 23, 8, 9, 10, 11, 28, 29, 30, 31
#define MOVE_4 4, 5, 6, 7, 16, 17, 18, 19, 12, 13, 14, 15, 24, 25, 26, 27
#elif defined(__AVX2__)
#define KEEP_1 0, 9, 2, 11, 4, 13, 6, 15
#define MOVE_1 1, 8, 3, 10, 5, 12, 7, 14
#define KEEP_2 0, 1, 10, 11, 4, 5, 14, 15
#define MOVE_2 2, 3, 8, 9, 6, 7, 12, 13
#else
#define KEEP_1 0, 5, 2, 7
#define MOVE_1 1, 4, 3, 6
#define KEEP_2 0, 1, 6, 7
#define MOVE_2 2, 3, 4, 5
#endif

ALWAYS_INLINE vector join_four(const vector *sums)
{
    const vector low = JOIN(sums[0], sums[1], 1), high = JOIN(sums[2], sums[3], 1);
    return JOIN(low, high, 2);
}

/* totals[r] = the sum of sums[r]. The order of the additions is the same for every r. */
ALWAYS_INLINE void add_up(const vector sums[ROWS], double totals[ROWS])
{
#if defined(__AVX512F__)
    const vector low = join_four(sums), high = join_four(sums + 4), both = JOIN(low, high, 4);
    store_doubles(totals, widened(lower_half(both) + upper_half(both)));
#elif defined(__AVX2__)
    const vector both = join_four(sums);
    store_doubles(totals, widened(lower_half(both) + upper_half(both)));
#else
    for (size_t r = 0; r < ROWS; r += 4) {
        const vector four = join_four(sums + r);
        store_doubles(totals + r, widened(lower_half(four)));
        store_doubles(totals + r + 2, widened(upper_half(four)));
    }
#endif
}

#endif
