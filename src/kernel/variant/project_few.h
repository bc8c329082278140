/* SPDX-License-Identifier: MIT
 * The projection by parts for very few queries, for which filling tiles costs more than they save: the operations that
 * one column of a tile goes through, in the same order, on vectors of columns. So it gives the same bits. */
#ifndef UHN_KERNEL_VARIANT_PROJECT_FEW_H
#define UHN_KERNEL_VARIANT_PROJECT_FEW_H

#include "kernel/variant/amx.h"

/* Queries at a time: each has 12 running sums. */
enum { FEW = 2, PARTS = 3 };

/* Which part of the weight meets which part of the number, in the order in which tiles are multiplied. */
enum { PRODUCTS = 6 };
static const uint8_t part_of_weight[PRODUCTS] = {0, 0, 1, 1, 2, 0}, part_of_number[PRODUCTS] = {2, 1, 1, 0, 0, 0};

/* Tiles take subnormal numbers for 0, whether they come in or come out. Gives what was set before. */
ALWAYS_INLINE unsigned flush_subnormals(void)
{
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040u);
    return before;
}

/* The next part of x, as a float. */
ALWAYS_INLINE vector take_part(vector *x)
{
    const vector part = (vector)((integers)*x & (int32_t)0xffff0000);
    *x -= part;
    return part;
}

/* The parts of DEPTH weights, as floats; those past `count` are 0. */
ALWAYS_INLINE void take_weight_parts(const float *weights, size_t count, float to[PARTS][DEPTH])
{
    for (size_t half = 0; half < DEPTH; half += TILE) {
        const size_t left = count > half ? count - half : 0;
        vector rest = _mm512_maskz_loadu_ps(first_of_16(left), weights + half);
        for (size_t part = 0; part < PARTS; part++)
            store(to[part] + half, take_part(&rest));
    }
}

/* sums + the products of DEPTH rows in one vector of columns, or the first ones of it. The rows will be wanted `ahead`
 * columns later. */
ALWAYS_INLINE void add_step(const float *const rows[DEPTH], size_t column, __mmask16 columns, size_t ahead,
                            float (*weights)[PARTS][DEPTH], size_t queries, vector sums[FEW])
{
    vector even[FEW][PRODUCTS] = {0}, odd[FEW][PRODUCTS] = {0};
    for (size_t k = 0; k < TILE; k++) {
        vector x = _mm512_maskz_loadu_ps(columns, rows[k] + column);
        vector y = _mm512_maskz_loadu_ps(columns, rows[k + TILE] + column);
        vector of_x[PARTS], of_y[PARTS];
        __builtin_prefetch(rows[k] + column + ahead, 0, 2);
        __builtin_prefetch(rows[k + TILE] + column + ahead, 0, 2);
        UNROLLED
        for (size_t part = 0; part < PARTS; part++) {
            of_x[part] = take_part(&x);
            of_y[part] = take_part(&y);
        }
        UNROLLED
        for (size_t q = 0; q < queries; q++)
            UNROLLED
        for (size_t p = 0; p < PRODUCTS; p++) {
            const float *w = weights[q][part_of_weight[p]];
            even[q][p] = _mm512_fmadd_ps(all(w[k]), of_x[part_of_number[p]], even[q][p]);
            odd[q][p] = _mm512_fmadd_ps(all(w[k + TILE]), of_y[part_of_number[p]], odd[q][p]);
        }
    }
    UNROLLED
    for (size_t q = 0; q < queries; q++)
        UNROLLED
    for (size_t p = 0; p < PRODUCTS; p++)
        sums[q] += even[q][p] + odd[q][p];
}

#endif
