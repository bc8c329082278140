/* SPDX-License-Identifier: MIT
 * What the sources of a variant share. They are compiled once per instruction set, with UHN_ISA_NAME saying which. */
#ifndef UHN_KERNEL_VARIANT_VARIANT_H
#define UHN_KERNEL_VARIANT_VARIANT_H

#include "kernel/kernel.h"

#ifndef UHN_ISA_NAME
#define UHN_ISA_NAME baseline
#endif

/* name → name_avx2 */
#define UHN_JOIN_EXPANDED(name, isa) name##_##isa
#define UHN_JOIN(name, isa)          UHN_JOIN_EXPANDED(name, isa)
#define UHN_VARIANT(name)            UHN_JOIN(name, UHN_ISA_NAME)

/* exact.c */
double UHN_VARIANT(uhn_multiply)(const float *x, const float *q, size_t dim);
double UHN_VARIANT(uhn_squared_difference)(const float *x, const float *q, size_t dim);
double UHN_VARIANT(uhn_absolute_difference)(const float *x, const float *q, size_t dim);
double UHN_VARIANT(uhn_maximum_difference)(const float *x, const float *q, size_t dim);
double UHN_VARIANT(uhn_mismatch)(const float *x, const float *q, size_t dim);
double UHN_VARIANT(uhn_power_difference)(const float *x, const float *q, size_t dim, double scale, double order);
double UHN_VARIANT(uhn_sum)(const float *x, size_t dim);
double UHN_VARIANT(uhn_absolute_sum)(const float *x, size_t dim);
uhn_moments UHN_VARIANT(uhn_moments_of)(const float *x, size_t dim);

/* divergence.c */
double UHN_VARIANT(uhn_kullback_leibler)(const float *x, const float *q, size_t dim, uhn_vector_stat x_map,
                                         uhn_vector_stat q_map);
double UHN_VARIANT(uhn_jensen_shannon)(const float *x, const float *q, size_t dim, uhn_vector_stat x_map,
                                       uhn_vector_stat q_map);

/* likelihood.c */
double UHN_VARIANT(uhn_folded_gaussian)(const float *x, const float *q, size_t dim, double per_sigma);
void UHN_VARIANT(uhn_folded_tails)(const float *x, size_t dim, double per_sigma, float *to);
uhn_mask_counts UHN_VARIANT(uhn_masked_pixels)(const float *x, const float *q, size_t pixels, size_t channels,
                                               size_t pixel_step, size_t channel_step);

/* rows.c */
void UHN_VARIANT(uhn_accumulate)(double *restrict sum, double weight, const float *restrict row, size_t dim);
void UHN_VARIANT(uhn_merge)(double *restrict sum, double factor, const double *restrict other, double other_factor,
                            size_t dim);
void UHN_VARIANT(uhn_expand_uint8)(const uint8_t *restrict bytes, float *restrict values, size_t dim);
void UHN_VARIANT(uhn_expand_bits)(const uint8_t *restrict bits, float *restrict values, size_t dim);

/* exponential.c */
void UHN_VARIANT(uhn_exponentials)(const double *x, size_t count, double scale, double top, double *to);

/* pass_float.c, pass_integer.c, pass_table.c, pass_table_bytes.c */
uhn_pass_function UHN_VARIANT(uhn_pass_multiply), UHN_VARIANT(uhn_pass_maximum),
    UHN_VARIANT(uhn_pass_squared_difference), UHN_VARIANT(uhn_pass_absolute_difference),
    UHN_VARIANT(uhn_pass_mean_logarithm);
uhn_pass_function UHN_VARIANT(uhn_pass_uint8_multiply), UHN_VARIANT(uhn_pass_uint8_difference),
    UHN_VARIANT(uhn_pass_int16_maximum), UHN_VARIANT(uhn_pass_bit_mismatch);
uhn_pass_function UHN_VARIANT(uhn_pass_table), UHN_VARIANT(uhn_pass_table_bytes);
double UHN_VARIANT(uhn_rounding)(size_t dim);

/* pass_folded.c */
uhn_pass_function UHN_VARIANT(uhn_pass_folded);

/* pass_split.c, where there are tiles of bfloat16 */
uhn_pass_function UHN_VARIANT(uhn_pass_split_multiply);
void UHN_VARIANT(uhn_split)(const float *x, size_t dim, void *to);
void UHN_VARIANT(uhn_pack)(const void *const *split, size_t count, size_t dim, void *to);
double UHN_VARIANT(uhn_split_rounding)(size_t dim);

/* entropy.c */
double UHN_VARIANT(uhn_entropy)(const float *x, size_t dim, float scale, float offset, float *to);
uhn_moments UHN_VARIANT(uhn_logarithms)(const float *x, size_t dim, float scale, float offset, float *to);

/* logarithm.c */
void UHN_VARIANT(uhn_logarithm)(double *x, size_t count);

/* scan.c */
bool UHN_VARIANT(uhn_all_finite)(const float *x, size_t dim);

/* scores.c */
void UHN_VARIANT(uhn_finish_scores)(double *x, size_t count, double factor, const double *scales, double offset,
                                    const double *offsets);
size_t UHN_VARIANT(uhn_reaching)(const double *x, size_t count, double limit);
double UHN_VARIANT(uhn_largest)(const double *x, size_t count, double largest);
uhn_moments UHN_VARIANT(uhn_moments_of_weights)(const double *x, size_t count);
size_t UHN_VARIANT(uhn_narrow)(const double *x, size_t count, double least, float *to);

/* flow.c */
uhn_relaxed UHN_VARIANT(uhn_flow_relax)(double *scores, const double *targets, double *shares, const double *weights,
                                        size_t count, double stays, double moves);
uhn_moments UHN_VARIANT(uhn_flow_soften)(const double *scores, size_t count, double scale, double top, double *to);
double UHN_VARIANT(uhn_flow_lack)(double *x, const double *weights, size_t count, double factor);
uhn_granted UHN_VARIANT(uhn_flow_grant)(const double *x, double *weights, size_t count, double least, float *to);
double UHN_VARIANT(uhn_flow_along)(const float *given, const double *targets, const double *scores, size_t count);

/* project.c */
void UHN_VARIANT(uhn_project)(const float *const *rows, size_t row_count, const float *weights, size_t weight_stride,
                              double *const *sums, size_t query_count, size_t out_dim);

/* project_split.c, where there are tiles of bfloat16 */
void UHN_VARIANT(uhn_project_split)(const float *const *rows, size_t row_count, const float *weights,
                                    size_t weight_stride, double *const *sums, size_t query_count, size_t out_dim,
                                    void *room);

/* quantise.c */
void UHN_VARIANT(uhn_range)(const float *x, size_t dim, float *low, float *high);
uhn_moments UHN_VARIANT(uhn_quantise_uint8)(const float *x, size_t dim, double low, double step, uint8_t *to);
uhn_moments UHN_VARIANT(uhn_quantise_int16)(const float *x, size_t dim, double low, double step, int16_t *to);
bool UHN_VARIANT(uhn_exact_uint8)(const float *x, size_t dim, uint8_t *to);
void UHN_VARIANT(uhn_bytes)(const float *x, size_t dim, uint8_t *to);
void UHN_VARIANT(uhn_bits)(const float *x, size_t dim, uint8_t *to);
bool UHN_VARIANT(uhn_is_ternary)(const float *x, size_t dim);
void UHN_VARIANT(uhn_bins)(const float *x, size_t dim, double low, double high, size_t count, float *to);

/* table.c */
extern const uhn_kernels UHN_VARIANT(uhn_kernels);

#endif
