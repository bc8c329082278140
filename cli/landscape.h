/* SPDX-License-Identifier: MIT
 * uhn landscape in its steps: arguments → files and network → slice → energies → trajectories → results. Each step
 * returns CLI_WORKED, or the exit status after a sentence on stderr; what was built by then is freed by the caller. */
#ifndef UHN_CLI_LANDSCAPE_H
#define UHN_CLI_LANDSCAPE_H

#include "flow_options.h"
#include "lab/landscape.h"

typedef struct landscape_arguments {
    cli_flow_arguments flow;
    cli_list through, between;
    cli_whole grid, starts;
    cli_number margin;
    const char *plot, *energies; /* files written */
    bool json;
} landscape_arguments;

typedef struct landscape_run {
    landscape_arguments arguments;
    cli_flow_data data;
    const cli_list *memories; /* that the slice goes through */
    uhn_slice slice;
    double low[2], high[2];
    size_t size[2];
    double *energies;           /* size[1] × size[0] */
    double memory_energies[3];  /* of the memories themselves */
    size_t count, moments, dim; /* trajectories, steps + 1, D */
    float *drawn;               /* count × D random starts, or NULL: the queries flow */
    double (*places)[2];        /* count × moments */
    double *path_energies;      /* count × moments */
    double *away;               /* count: how far from the slice each got at most */
    double *states;             /* count × D */
    uhn_flow_report *reports;   /* count */
} landscape_run;

/* landscape_flow.c: random starts on the slice, or the queries, and what becomes of them. */
int landscape_flow(landscape_run *run);

/* landscape_results.c: --energies, --plot, and the report on stdout. */
int landscape_check_files(const landscape_arguments *arguments);
int landscape_write(const landscape_run *run);
void landscape_print(const landscape_run *run);
int landscape_print_json(const landscape_run *run);

#endif
