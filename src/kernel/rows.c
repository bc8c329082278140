/* SPDX-License-Identifier: MIT
 * Passes over whole rows: the projection's weighted sum, and the expansion of compact rows. */
#include "kernel/kernel.h"

void uhn_kernel_accumulate(double *restrict sum, double weight, const float *restrict row, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        sum[i] += weight * (double)row[i];
}

void uhn_kernel_expand_uint8(const uint8_t *restrict bytes, float *restrict values, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        values[i] = (float)bytes[i] / 255.0f;
}

void uhn_kernel_expand_bits(const uint8_t *restrict bits, float *restrict values, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        values[i] = (float)(bits[i / 8] >> (7 - i % 8) & 1);
}

const char *uhn_isa(void)
{
    return "baseline";
}
