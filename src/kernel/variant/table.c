/* SPDX-License-Identifier: MIT
 * The table of one variant: what uhn_kernels_at() gives. */
#include "kernel/variant/variant.h"

#define UHN_STRING_EXPANDED(text) #text
#define UHN_STRING(text)          UHN_STRING_EXPANDED(text)

#if defined(__AMX_BF16__)
#define OF_TILES(name) UHN_VARIANT(name)
#else
#define OF_TILES(name) NULL
#endif

const uhn_kernels UHN_VARIANT(uhn_kernels) = {
    .isa = UHN_STRING(UHN_ISA_NAME),
    .step =
        {
            [UHN_STEP_PAIR] = NULL,
            [UHN_STEP_MULTIPLY] = UHN_VARIANT(uhn_multiply),
            [UHN_STEP_SQUARED_DIFFERENCE] = UHN_VARIANT(uhn_squared_difference),
            [UHN_STEP_ABSOLUTE_DIFFERENCE] = UHN_VARIANT(uhn_absolute_difference),
            [UHN_STEP_MAXIMUM_DIFFERENCE] = UHN_VARIANT(uhn_maximum_difference),
            [UHN_STEP_MISMATCH] = UHN_VARIANT(uhn_mismatch),
        },
    .power_difference = UHN_VARIANT(uhn_power_difference),
    .kullback_leibler = UHN_VARIANT(uhn_kullback_leibler),
    .jensen_shannon = UHN_VARIANT(uhn_jensen_shannon),
    .folded_gaussian = UHN_VARIANT(uhn_folded_gaussian),
    .folded_tails = UHN_VARIANT(uhn_folded_tails),
    .masked_pixels = UHN_VARIANT(uhn_masked_pixels),
    .sum = UHN_VARIANT(uhn_sum),
    .absolute_sum = UHN_VARIANT(uhn_absolute_sum),
    .moments = UHN_VARIANT(uhn_moments_of),
    .pass =
        {
            [UHN_PASS_MULTIPLY] = UHN_VARIANT(uhn_pass_multiply),
            [UHN_PASS_MAXIMUM] = UHN_VARIANT(uhn_pass_maximum),
            [UHN_PASS_SQUARED_DIFFERENCE] = UHN_VARIANT(uhn_pass_squared_difference),
            [UHN_PASS_ABSOLUTE_DIFFERENCE] = UHN_VARIANT(uhn_pass_absolute_difference),
            [UHN_PASS_MEAN_LOGARITHM] = UHN_VARIANT(uhn_pass_mean_logarithm),
            [UHN_PASS_UINT8_MULTIPLY] = UHN_VARIANT(uhn_pass_uint8_multiply),
            [UHN_PASS_UINT8_DIFFERENCE] = UHN_VARIANT(uhn_pass_uint8_difference),
            [UHN_PASS_INT16_MAXIMUM] = UHN_VARIANT(uhn_pass_int16_maximum),
            [UHN_PASS_BIT_MISMATCH] = UHN_VARIANT(uhn_pass_bit_mismatch),
            [UHN_PASS_TABLE] = UHN_VARIANT(uhn_pass_table),
            [UHN_PASS_TABLE_BYTES] = UHN_VARIANT(uhn_pass_table_bytes),
            [UHN_PASS_FOLDED] = UHN_VARIANT(uhn_pass_folded),
            [UHN_PASS_SPLIT_MULTIPLY] = OF_TILES(uhn_pass_split_multiply),
        },
    .rounding = UHN_VARIANT(uhn_rounding),
    .split = OF_TILES(uhn_split),
    .pack = OF_TILES(uhn_pack),
    .split_rounding = OF_TILES(uhn_split_rounding),
    .exponentials = UHN_VARIANT(uhn_exponentials),
    .entropy = UHN_VARIANT(uhn_entropy),
    .logarithms = UHN_VARIANT(uhn_logarithms),
    .logarithm = UHN_VARIANT(uhn_logarithm),
    .all_finite = UHN_VARIANT(uhn_all_finite),
    .finish_scores = UHN_VARIANT(uhn_finish_scores),
    .reaching = UHN_VARIANT(uhn_reaching),
    .largest = UHN_VARIANT(uhn_largest),
    .moments_of_weights = UHN_VARIANT(uhn_moments_of_weights),
    .narrow = UHN_VARIANT(uhn_narrow),
    .flow_relax = UHN_VARIANT(uhn_flow_relax),
    .flow_soften = UHN_VARIANT(uhn_flow_soften),
    .flow_lack = UHN_VARIANT(uhn_flow_lack),
    .flow_grant = UHN_VARIANT(uhn_flow_grant),
    .flow_along = UHN_VARIANT(uhn_flow_along),
    .accumulate = UHN_VARIANT(uhn_accumulate),
    .merge = UHN_VARIANT(uhn_merge),
    .project = UHN_VARIANT(uhn_project),
    .project_split = OF_TILES(uhn_project_split),
    .expand_uint8 = UHN_VARIANT(uhn_expand_uint8),
    .expand_bits = UHN_VARIANT(uhn_expand_bits),
    .range = UHN_VARIANT(uhn_range),
    .quantise_uint8 = UHN_VARIANT(uhn_quantise_uint8),
    .quantise_int16 = UHN_VARIANT(uhn_quantise_int16),
    .exact_uint8 = UHN_VARIANT(uhn_exact_uint8),
    .bytes = UHN_VARIANT(uhn_bytes),
    .bits = UHN_VARIANT(uhn_bits),
    .is_ternary = UHN_VARIANT(uhn_is_ternary),
    .bins = UHN_VARIANT(uhn_bins),
};
