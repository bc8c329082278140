/* SPDX-License-Identifier: MIT
 * The network of value and memory neurons: what all trajectories share, what each has, and its rates. */
#ifndef UHN_DYNAMICS_SYSTEM_H
#define UHN_DYNAMICS_SYSTEM_H

#include "core/memory.h"
#include "uhn/dynamics.h"

/* A number of one coordinate, and the memory that it belongs to. */
typedef struct uhn_kink {
    float value;
    uint32_t index;
} uhn_kink;

/* Shared by all trajectories; only read while they flow. */
typedef struct uhn_system {
    const uhn_memory *memory;
    const uhn_flow *flow;
    size_t dim, count;
    bool hetero; /* P ≠ M: there is no energy */
    unsigned properties[UHN_LAYER_COUNT];
    uhn_kink *kinks; /* [dim][count] by value, where the similarity wants them; else NULL. Owned. */
} uhn_system;

/* Everything of one trajectory; all arrays lie in one room. */
typedef struct uhn_trajectory {
    const uhn_system *system;
    const double *input;                                              /* or NULL */
    const uint8_t *clamped;                                           /* or NULL */
    double *v, *g, *v_rate, *drive, *v_before, *v_checkpoint, *v_sum; /* [D] */
    double *h, *f, *s, *h_rate, *h_before, *h_checkpoint, *h_sum;     /* [N] */
    float *row_room, *value_room;                                     /* [D] */
    double value_lagrangian, memory_lagrangian;                       /* L_v(v), L_h(h) */
    double weight_sum;                                                /* Σf */
    double score_magnitude;                                           /* Σ|f| Σ|terms of S| */
} uhn_trajectory;

/* How the library's own similarities step with f frozen. */
typedef struct uhn_settling {
    bool linear;            /* S is linear in g: f may have any sign */
    bool coordinatewise;    /* the step needs a separable value layer with an inverse */
    bool sorts;             /* … and the kinks */
    double curvature;       /* −∂²S/∂g² in each coordinate */
    const char *similarity; /* the row of the recall's table, S = scale · its score; NULL: none for the fast path */
    double scale;
    /* v ← where the frozen ODE, or an implicit step, takes it in dt = ratio · τ_v. `drive` is I + Σ f P. False: it
     * cannot be done here, and v is as it was. */
    bool (*settle)(const uhn_system *system, uhn_trajectory *t, double ratio);
} uhn_settling;

extern const uhn_settling uhn_settling_linear, uhn_settling_square, uhn_settling_absolute; /* settle.c */

/* Checks memory and flow, and prepares. Free the system even after a failure. */
uhn_status uhn_system_make(const uhn_memory *memory, const uhn_flow *flow, uhn_system *system);
void uhn_system_free(uhn_system *system);
/* Can v be stepped for any dt, with the energy falling? */
bool uhn_system_settles(const uhn_system *system);
bool uhn_system_guaranteed(const uhn_system *system);

size_t uhn_trajectory_size(const uhn_system *system);
void uhn_trajectory_init(const uhn_system *system, void *room, size_t query, uhn_trajectory *t);

/* From v: g, L_v, S(g). */
void uhn_see_values(uhn_trajectory *t);
/* From h (h = NULL: from S): f, L_h and Σf. */
void uhn_see_memories(uhn_trajectory *t, const double *h);
/* drive ← I + Σ f P, after both. */
void uhn_see_drive(uhn_trajectory *t);
/* v_rate ← dv/dt, after both: 0 where v is clamped. */
void uhn_see_value_rate(uhn_trajectory *t);
/* E(v, h), or with h = NULL E(v, S); *magnitude is Σ|term|, times what a value layer that mixes neurons magnifies the
 * rounding of v by. After both; uses drive and v_sum. NaN where P ≠ M. */
double uhn_see_energy(const uhn_trajectory *t, const double *h, double *magnitude);
/* The dt below which explicit Euler is stable here, linearised; uses v_before, v_sum, h_before, h_sum. After both. */
double uhn_see_limit(uhn_trajectory *t);

/* Rounding errors of an energy are at most this times its magnitude. */
double uhn_energy_rounding(const uhn_system *system);

/* One step of the flow's integrator from v, h with everything seen; leaves v and h new and nothing seen. */
void uhn_take_step(uhn_trajectory *t, double dt);

const float *uhn_system_row(const uhn_trajectory *t, size_t index);
const float *uhn_system_value(const uhn_trajectory *t, size_t index);

#endif
