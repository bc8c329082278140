/* SPDX-License-Identifier: MIT
 * uhn dynamics in its steps: arguments → files and network → flow → results. Each step returns CLI_WORKED, or the exit
 * status after a sentence on stderr; what was built by then is freed by the caller. */
#ifndef UHN_CLI_DYNAMICS_H
#define UHN_CLI_DYNAMICS_H

#include "flow_options.h"

typedef struct dynamics_arguments {
    cli_flow_arguments flow;
    const char *out, *energies, *trajectory, *plot; /* files written */
    bool json;
} dynamics_arguments;

typedef struct dynamics_run {
    dynamics_arguments arguments;
    cli_flow_data data;
    size_t count, dim, moments; /* Q, D, steps + 1 */
    bool guaranteed, has_energy;
    int threads;
    double seconds;
    double *states;           /* Q × D */
    float *patterns;          /* Q × D, ∇L_v of the states */
    double *energies, *times; /* Q × moments; NaN where there was no such step */
    float *trajectory;        /* Q × moments × D, or NULL */
    uhn_flow_report *reports; /* Q */
} dynamics_run;

/* dynamics_files.c: --out, --energies, --trajectory, whose names are checked before anything is read, and --plot. */
int dynamics_check_files(const dynamics_arguments *arguments);
int dynamics_write(const dynamics_run *run);

/* dynamics_plot.c: checked when the files have been read; drawn last, so that nothing is lost without gnuplot. */
int dynamics_check_plot(const dynamics_run *run);
int dynamics_plot(const dynamics_run *run);

/* dynamics_text.c and dynamics_json.c: the report on stdout. */
void dynamics_print(const dynamics_run *run);
int dynamics_print_json(const dynamics_run *run);

/* The label of a memory, or -1 where the file has none. */
int dynamics_label(const dynamics_run *run, size_t memory);

#endif
