/* SPDX-License-Identifier: MIT
 * uhn basins in its steps: arguments → files and network → starts → basins, merging → results. Each step returns
 * CLI_WORKED, or the exit status after a sentence on stderr; what was built by then is freed by the caller. */
#ifndef UHN_CLI_BASINS_H
#define UHN_CLI_BASINS_H

#include "flow_options.h"

typedef struct basins_arguments {
    cli_flow_arguments flow;
    cli_word starts; /* box|gaussian|memories */
    cli_whole count;
    cli_number radius, precision;
    const char *merge; /* "3,8" or "all" */
    bool json;
} basins_arguments;

/* The word of --starts after those that are laws. */
enum { BASINS_STARTS_MEMORIES = UHN_STARTS_COUNT };

typedef struct basins_run {
    basins_arguments arguments;
    cli_flow_data data;
    size_t count; /* starts */
    float *drawn; /* count × D, or NULL: the queries are the starts */
    uhn_basins basins;
    size_t *order; /* memories that starts ended in, most starts first */
    size_t order_count;
    size_t *point_order; /* the fixed points alike */
    double *mean_steps;  /* [N], NaN where no start ended */
    size_t pair[2];      /* --merge A,B */
    uhn_transition *transitions;
    size_t transition_count; /* 0: not asked for; 1: of the pair, else of every memory */
} basins_run;

/* basins_starts.c: draws starts, or damages memories. */
int basins_draw(basins_run *run);

/* basins_results.c: the tables on stdout. */
void basins_print(const basins_run *run);
int basins_print_json(const basins_run *run);

/* "box", "gaussian", "memories", "query". */
const char *basins_starts_text(const basins_run *run);

/* Starts that came from a memory, and those of them that ended in it. */
size_t basins_recovered(const basins_run *run);

#endif
