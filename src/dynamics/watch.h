/* SPDX-License-Identifier: MIT
 * What is kept of a trajectory while it flows: its energies, and how it ends. */
#ifndef UHN_DYNAMICS_WATCH_H
#define UHN_DYNAMICS_WATCH_H

#include "dynamics/system.h"

/* Energies so far. */
typedef struct uhn_energy_watch {
    double energy, magnitude; /* of the last state */
    double *trace;            /* [steps + 1], or NULL */
    double rounding;          /* error of an energy, over its magnitude */
} uhn_energy_watch;

void uhn_flow_report_clear(uhn_flow_report *report);

/* The energy after step `step` (0: at the start) enters trace and report. Gives whether it rose. */
bool uhn_note_energy(uhn_energy_watch *watch, size_t step, double energy, double magnitude, uhn_flow_report *report);

/* The moment for the caller's watch, if there is one; false: it wants no more. */
bool uhn_show_moment(const uhn_flow *flow, const uhn_flow_moment *moment);
/* The failure that a watch asked for. */
uhn_status uhn_flow_stopped(void);

/* One layer's last step: has it come to rest, or back to the checkpoint? `moved` is the share of a time constant, 0 …
 * 1, that the step takes. */
typedef struct uhn_movement {
    double residual;
    bool rests, returned;
} uhn_movement;
uhn_movement uhn_see_movement(const double *before, const double *after, const double *checkpoint, size_t count,
                              double moved, double tolerance);

/* What a state at rest is, by the effective support among `count` memories. */
uhn_ending uhn_rest_of(double effective_support, size_t count);

bool uhn_all_finite_doubles(const double *x, size_t count);

/* flow_fast.c: the whole batch through the kernels. Arguments as uhn_flow_run(), strides resolved. */
uhn_status uhn_flow_fast(const uhn_system *system, const float *queries, size_t count, size_t query_stride,
                         double *states, size_t state_stride, double *energies, uhn_flow_report *reports);

/* flow_scores.c: the same where it serves, through the products of the memories with each other. */
bool uhn_flow_by_scores_serves(const uhn_system *system);
uhn_status uhn_flow_by_scores(const uhn_system *system, const float *queries, size_t count, size_t query_stride,
                              double *states, size_t state_stride, double *energies, uhn_flow_report *reports);

#endif
