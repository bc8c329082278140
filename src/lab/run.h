/* SPDX-License-Identifier: MIT
 * Runs an experiment: walks its cells, keeps each that is finished, and makes the results of them. */
#ifndef UHN_LAB_RUN_H
#define UHN_LAB_RUN_H

#include "lab/examples.h"
#include "lab/experiment.h"
#include "lab/population.h"

/* Told how much of the work is done, 0 … 1. */
typedef void uhn_progress(void *context, double done);

typedef struct uhn_run_settings {
    const uhn_experiment *experiment;
    uhn_protocol protocol;
    uhn_curve_list curves; /* those of the experiment, or the user's own */
    const char *dataset;   /* what the results call the data */
    const char *command;   /* as it was typed, for the results */
    const char *folder;    /* made if need be */
    bool force;            /* an earlier run's files in it are removed */
    size_t runs;
    size_t stored; /* N, or the largest N, instead of the experiment's own; 0: that */
    uint64_t seed;
    int threads;            /* ≥ 1 */
    uhn_progress *progress; /* or NULL */
    void *progress_context;
} uhn_run_settings;

/* Is the population large enough? UHN_ERROR_ARGUMENT: the detail says how many images are needed, and found. */
uhn_status uhn_run_check(const uhn_population *population, const uhn_run_settings *settings);

/* Measures, or goes on from what is finished in the folder, and leaves results.json and results.csv there. What is
 * finished altogether is read. Free *results. */
uhn_status uhn_run(const uhn_population *population, const uhn_run_settings *settings, uhn_results *results);

/* Enters the folder, as uhn_run() does at its start. */
uhn_status uhn_run_open_folder(const uhn_population *population, const uhn_run_settings *settings);

/* The experiment `examples`, for one corruption of the table; free *examples. */
uhn_status uhn_run_examples(const uhn_population *population, const uhn_run_settings *settings,
                            const uhn_corruption *corruption, uhn_examples *examples);

/* ---- for both */

/* The points: how many, and the x of one. */
size_t uhn_run_points(const uhn_population *population, const uhn_run_settings *settings);
double uhn_run_x(const uhn_run_settings *settings, size_t point);
/* The largest N: each run has as many images of its own, but for the experiments in which all runs store the same. */
size_t uhn_run_block_size(const uhn_run_settings *settings);

/* The seed of a cell. */
uint64_t uhn_cell_seed(uint64_t seed, const char *experiment, size_t run, size_t point);

#endif
