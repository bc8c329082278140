/* SPDX-License-Identifier: MIT
 * The temperature of a separation, chosen where it cannot be chosen to please: on images of other runs, as many as the
 * cell stores (or all there are), damaged as the cell's are. */
#include "base/allocate.h"
#include "base/status.h"
#include "lab/cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Candidates, relative to how far the best score is above the mean one, and relative to the best score: the first
 * suits what depends on differences of scores, the second what depends on a distance itself. */
static const double by_spread[] = {0.25, 1, 4, 16, 64, 256, 1024, 4096};
static const double by_score[] = {0.25, 0.5, 0.7, 0.8, 0.9, 1};
enum {
    SPREADS = sizeof by_spread / sizeof *by_spread,
    SCORES = sizeof by_score / sizeof *by_score,
    CANDIDATES = SPREADS + SCORES
};

/* What the held-out images of a cell need. */
typedef struct trial {
    size_t stored, asked; /* the first images of held_out: how many are stored, and asked for */
    uhn_memory *memory;
    float *queries;           /* asked × dim */
    double *mean_errors;      /* stored */
    double *scores, *weights; /* asked × stored */
    uhn_verdict *verdicts;    /* asked */
} trial;

static void free_trial(trial *t)
{
    uhn_memory_destroy(t->memory);
    uhn_release(t->queries);
    uhn_release(t->mean_errors);
    uhn_release(t->scores);
    uhn_release(t->weights);
    uhn_release(t->verdicts);
}

static uhn_status hold_out(uhn_block *block)
{
    const uhn_dataset *data = block->population->data;
    const size_t outside = data->count - block->count;
    if (block->held_out)
        return UHN_OK;
    block->held_out_count = outside < block->count ? outside : block->count;
    block->held_out = uhn_allocate_unset(block->held_out_count, data->dim * sizeof *block->held_out);
    if (!block->held_out)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu images", block->held_out_count);
    uhn_population_take_outside(block->population, block->first, block->count, block->held_out_count, block->held_out);
    return uhn_stored_make(block->held_out, block->held_out_count, data->dim, &block->held_out_stored);
}

static uhn_status make_trial(uhn_cell *cell, const uhn_options *options, trial *t)
{
    uhn_block *block = cell->block;
    uhn_status status = UHN_OK;
    UHN_TRY(hold_out(block));
    t->stored = cell->count < block->held_out_count ? cell->count : block->held_out_count;
    t->asked = t->stored < UHN_TUNING_QUERIES ? t->stored : UHN_TUNING_QUERIES;
    t->queries = uhn_allocate_unset(t->asked, cell->dim * sizeof *t->queries);
    t->mean_errors = uhn_allocate(t->stored, sizeof *t->mean_errors);
    t->scores = uhn_allocate_unset(t->asked, t->stored * sizeof *t->scores);
    t->weights = uhn_allocate_unset(t->asked, t->stored * sizeof *t->weights);
    t->verdicts = uhn_allocate(t->asked, sizeof *t->verdicts);
    if (!t->queries || !t->mean_errors || !t->scores || !t->weights || !t->verdicts) {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory to choose a temperature");
        goto leave;
    }
    memcpy(t->queries, block->held_out, t->asked * cell->dim * sizeof *t->queries);
    uhn_corrupt_rows(cell->point, &block->population->data->geometry,
                     uhn_seed_for(cell->point->seed, UHN_PURPOSE_TUNING), t->asked, cell->dim, t->queries);
    UHN_TRY(uhn_stored_mean_errors(&block->held_out_stored, t->stored, options->threads, t->mean_errors));
    UHN_TRY(uhn_memory_borrow(UHN_FLOAT32, block->held_out, t->stored, cell->dim, 0, NULL, 0, 0, &t->memory));
    UHN_TRY(uhn_scores(t->memory, t->queries, t->asked, 0, options, t->scores, NULL));
leave:
    return status;
}

static double rounded(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.2e", value); /* three digits are enough, and can be told */
    return strtod(text, NULL);
}

/* Fills betas [CANDIDATES] with what suits these scores; where there is nothing to go by with 1. */
static void make_candidates(const trial *t, double *betas)
{
    double spread = 0, best_score = 0;
    for (size_t q = 0; q < t->asked; q++) {
        const double *scores = t->scores + q * t->stored;
        double best = -INFINITY, sum = 0;
        for (size_t i = 0; i < t->stored; i++) {
            best = scores[i] > best ? scores[i] : best;
            sum += scores[i];
        }
        spread += (best - sum / (double)t->stored) / (double)t->asked;
        best_score += fabs(best) / (double)t->asked;
    }
    for (size_t i = 0; i < SPREADS; i++)
        betas[i] = spread > 0 && isfinite(spread) ? rounded(by_spread[i] / spread) : 1;
    for (size_t i = 0; i < SCORES; i++)
        betas[SPREADS + i] = best_score > 0 && isfinite(best_score) ? rounded(by_score[i] / best_score) : 1;
}

static double *find_beta(uhn_options *options)
{
    for (size_t i = 0; i < options->separation->parameter_count; i++)
        if (strcmp(options->separation->parameters[i].key, "beta") == 0)
            return &options->separation_parameters[i];
    return NULL;
}

/* More identified, or as many with a smaller error. */
static bool is_better(const double *values, const double *best)
{
    const double more = values[UHN_CRITERION_IDENTIFIED] - best[UHN_CRITERION_IDENTIFIED];
    return more > 0 || (more == 0 && values[UHN_CRITERION_NORMALISED_ERROR] < best[UHN_CRITERION_NORMALISED_ERROR]);
}

uhn_status uhn_cell_tune(uhn_cell *cell, uhn_options *options)
{
    double betas[CANDIDATES], best[UHN_CRITERION_COUNT] = {0}, chosen = 1;
    double *beta = find_beta(options);
    uhn_status status = UHN_OK;
    trial t = {0};
    if (!beta)
        return UHN_OK;
    UHN_TRY(make_trial(cell, options, &t));
    make_candidates(&t, betas);
    best[UHN_CRITERION_IDENTIFIED] = -1;
    for (size_t i = 0; i < CANDIDATES; i++) {
        double values[UHN_CRITERION_COUNT];
        *beta = betas[i];
        UHN_TRY(uhn_cell_weigh(t.memory, options, &cell->block->held_out_stored, t.mean_errors, t.scores, t.asked,
                               t.weights, t.verdicts));
        UHN_TRY(uhn_tally(t.verdicts, t.asked, cell->point->threshold, values));
        if (!is_better(values, best))
            continue;
        memcpy(best, values, sizeof best);
        chosen = betas[i];
    }
    *beta = chosen;
leave:
    free_trial(&t);
    return status;
}
