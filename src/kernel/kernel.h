/* SPDX-License-Identifier: MIT
 * The kernels: passes over the coordinates of two vectors, and the weighted sum of rows.
 *
 * Contract
 *   - x and q point to dim floats, of any alignment; dim may be 0 (the sum is 0).
 *   - Terms are formed and added in float64, in UHN_LANES running sums: coordinate i goes to sum i mod UHN_LANES, and
 *     the sums are added in a fixed tree. So the result depends on the two vectors alone, never on where a row lies,
 *     and identical rows get identical scores.
 *   - Error: at most (dim / UHN_LANES + 8) · 2^-53 · Σ|term|, besides that of each term (1 ulp; with a logarithm of
 *     1 + t about 2^-53 / |t|, which is small beside what two distributions that near differ by).
 *   - NaN and infinities go through as in IEEE arithmetic. */
#ifndef UHN_KERNEL_KERNEL_H
#define UHN_KERNEL_KERNEL_H

#include "uhn/uhn.h"

enum { UHN_LANES = 8 };

typedef double uhn_step_function(const float *x, const float *q, size_t dim);

/* The pass of a uhn_step; NULL for UHN_STEP_PAIR. */
uhn_step_function *uhn_kernel_step(uhn_step step);

/* Σ |x_i − q_i|^order. */
double uhn_kernel_power_difference(const float *x, const float *q, size_t dim, double scale, double order);

/* Divergences of two distributions given as a = x · x_map.scale + x_map.offset, likewise b from q.
 * Kullback–Leibler: Σ a log(a/b) − a + b, termwise ≥ 0 (a = 0: b; b = 0 < a: infinity).
 * Jensen–Shannon: ½ Σ a log(a/m) + b log(b/m), m = (a + b)/2, in nats. */
double uhn_kernel_kullback_leibler(const float *x, const float *q, size_t dim, uhn_vector_stat x_map,
                                   uhn_vector_stat q_map);
double uhn_kernel_jensen_shannon(const float *x, const float *q, size_t dim, uhn_vector_stat x_map,
                                 uhn_vector_stat q_map);

/* Σ x, and Σ |x|. */
double uhn_kernel_sum(const float *x, size_t dim);
double uhn_kernel_absolute_sum(const float *x, size_t dim);

/* sum[i] += weight · row[i]: the projection. */
void uhn_kernel_accumulate(double *restrict sum, double weight, const float *restrict row, size_t dim);

/* Bytes to floats: v / 255, and bits to 0 and 1 (highest bit first). */
void uhn_kernel_expand_uint8(const uint8_t *restrict bytes, float *restrict values, size_t dim);
void uhn_kernel_expand_bits(const uint8_t *restrict bits, float *restrict values, size_t dim);

#endif
