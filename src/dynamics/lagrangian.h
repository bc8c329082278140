/* SPDX-License-Identifier: MIT
 * The Lagrangians' tables, and what their rows share. */
#ifndef UHN_DYNAMICS_LAGRANGIAN_H
#define UHN_DYNAMICS_LAGRANGIAN_H

#include "uhn/dynamics.h"

extern const uhn_lagrangian uhn_lagrangian_quadratic, uhn_lagrangian_log_cosh, uhn_lagrangian_layer_norm;
extern const uhn_lagrangian uhn_lagrangian_log_sum_exp, uhn_lagrangian_polynomial, uhn_lagrangian_rectified_polynomial,
    uhn_lagrangian_max, uhn_lagrangian_entmax, uhn_lagrangian_log_sum_relu;

#endif
