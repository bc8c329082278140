/* SPDX-License-Identifier: MIT */
#include "lab/learning.h"

#include "base/allocate.h"
#include "base/status.h"
#include "lab/learn.h"
#include "lab/limit.h"
#include "lab/sample.h"
#include "lab/trial.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const size_t usual_examples[] = {5, 10, 50, 200, 1000};
static const size_t usual_bins[] = {8, 16, 32, 64, 128, 254};

enum { BINS_MOST = 254 };

/* One run: what is stored, what is asked, what is learned from. */
typedef struct learning_run {
    const uhn_dataset *data;
    uhn_learning what;
    size_t most;              /* examples */
    size_t *rows;             /* of the data set: those stored, then the examples */
    size_t *picks;            /* 0, 1, 2 …: the stored rows are in a random order already */
    float *clean, *corrupted; /* most × dim */
    float *table;
    uhn_memory *memory;
    uhn_trial trial;
    uhn_limit limit;
} learning_run;

/* ---- the results */

static char *copy_text(const char *text)
{
    char *copy = uhn_allocate(strlen(text) + 1, 1);
    if (copy)
        memcpy(copy, text, strlen(text) + 1);
    return copy;
}

static bool make_series(uhn_series *series, const char *name, uhn_series_kind kind, size_t x_count)
{
    bool complete = (series->name = copy_text(name)) != NULL;
    series->kind = kind;
    for (size_t c = 0; c < UHN_CRITERION_COUNT; c++) {
        uhn_curve *curve = &series->curves[c];
        curve->mean = uhn_allocate(x_count, sizeof *curve->mean);
        curve->sd = uhn_allocate(x_count, sizeof *curve->sd);
        complete &= curve->mean && curve->sd;
        const bool measured =
            c == UHN_CRITERION_IDENTIFIED || c == UHN_CRITERION_NORMALISED_ERROR || c == UHN_CRITERION_UNDEFINED;
        for (size_t i = 0; curve->mean && curve->sd && i < x_count; i++)
            curve->mean[i] = curve->sd[i] = measured ? 0 : (double)NAN;
    }
    return complete;
}

static bool make_all_series(const learning_run *run, uhn_results *results)
{
    const size_t bins = run->what.bin_count, x = results->x_count;
    bool complete = make_series(&results->baseline, "mean image", UHN_SERIES_BASELINE, x);
    results->series_count = bins + 1 + run->limit.known;
    results->series = uhn_allocate(results->series_count, sizeof *results->series);
    if (!results->series) {
        results->series_count = 0;
        return false;
    }
    for (size_t b = 0; b < bins; b++) {
        char name[32];
        snprintf(name, sizeof name, "%zu bins", run->what.bins[b]);
        complete &= make_series(&results->series[b], name, UHN_SERIES_LEARNED, x);
    }
    complete &= make_series(&results->series[bins], "manhattan", UHN_SERIES_MEASURED, x);
    if (run->limit.known)
        complete &= make_series(&results->series[bins + 1], "Bayes limit", UHN_SERIES_LIMIT, x);
    return complete;
}

static uhn_status make_results(const learning_run *run, uhn_results *results)
{
    *results = (uhn_results){.experiment = copy_text("learning"),
                             .protocol = copy_text("uhn"),
                             .runs = run->what.runs,
                             .seed = run->what.seed,
                             .version = copy_text(uhn_version()),
                             .x_name = copy_text("examples learned from"),
                             .x_logarithmic = true,
                             .x = uhn_allocate(run->what.example_count, sizeof *results->x),
                             .x_count = run->what.example_count,
                             .headline = UHN_CRITERION_IDENTIFIED,
                             .isa = copy_text(uhn_isa()),
                             .threads = run->what.threads};
    for (size_t i = 0; results->x && i < results->x_count; i++)
        results->x[i] = (double)run->what.examples[i];
    if (!make_all_series(run, results) || !results->experiment || !results->protocol || !results->version ||
        !results->x_name || !results->x || !results->isa)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the results of an experiment");
    return UHN_OK;
}

/* Sums and sums of squares, until finish_series() makes mean and deviation of them. */
static void add_result(uhn_series *series, size_t x, const uhn_trial_result *result)
{
    const struct {
        uhn_criterion criterion;
        double value;
    } values[] = {{UHN_CRITERION_IDENTIFIED, result->identified},
                  {UHN_CRITERION_NORMALISED_ERROR, result->normalised_error},
                  {UHN_CRITERION_UNDEFINED, result->undefined}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        series->curves[values[i].criterion].mean[x] += values[i].value;
        series->curves[values[i].criterion].sd[x] += values[i].value * values[i].value;
    }
}

static void finish_series(uhn_series *series, size_t x_count, size_t runs)
{
    for (size_t c = 0; c < UHN_CRITERION_COUNT; c++)
        for (size_t i = 0; i < x_count; i++) {
            double *mean = &series->curves[c].mean[i], *sd = &series->curves[c].sd[i];
            *mean /= (double)runs;
            const double variance = *sd / (double)runs - *mean * *mean;
            *sd = isnan(variance) ? variance : sqrt(fmax(0, variance));
        }
}

/* ---- a run */

/* Those to store first; with the same memories for all runs, the order of the others is the run's own. */
static uhn_status draw_rows(learning_run *run, size_t number)
{
    const size_t all = run->data->count, stored = run->what.stored, drawn = stored + run->most;
    if (!run->what.same_memories || number == 0)
        return uhn_sample_draw(run->what.seed, number, all, drawn, run->rows);
    size_t *others = uhn_allocate(all, sizeof *others);
    uhn_status status = UHN_OK;
    if (!others)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for an order of %zu rows", all);
    UHN_TRY(uhn_sample_draw(run->what.seed, 0, all, all, others));
    UHN_TRY(uhn_sample_draw(run->what.seed, number, all - stored, run->most, run->rows + stored));
    for (size_t i = stored; i < drawn; i++)
        run->rows[i] = others[stored + run->rows[i]];
leave:
    uhn_release(others);
    return status;
}

static uhn_status set_up_run(learning_run *run, size_t number)
{
    const uhn_learning *what = &run->what;
    const uint64_t seed = what->seed + number;
    const size_t *examples = run->rows + what->stored;
    uhn_status status = UHN_OK;
    uhn_trial_free(&run->trial);
    uhn_memory_destroy(run->memory);
    run->memory = NULL;
    UHN_TRY(draw_rows(run, number));
    UHN_TRY(uhn_sample_store(run->data, run->rows, what->stored, &run->memory));
    UHN_TRY(uhn_trial_make(run->data, run->rows, run->memory, run->picks, what->queries, what->corruption, what->level,
                           what->same_memories ? what->seed : seed, &run->trial));
    run->trial.threads = what->threads;
    uhn_sample_rows(run->data, examples, run->most, run->clean);
    memcpy(run->corrupted, run->clean, run->most * run->data->dim * sizeof *run->clean);
    uhn_sample_damage(run->data, 0, what->corruption, what->level, seed, examples, run->most, run->corrupted);
leave:
    return status;
}

static uhn_status recall_by(learning_run *run, const char *similarity, const uhn_table *table, const uint8_t *observed,
                            uhn_trial_result *result)
{
    uhn_status status = UHN_OK;
    uhn_options options;
    uhn_options_default(&options);
    UHN_TRY(uhn_choose_similarity(&options, similarity));
    UHN_TRY(uhn_choose_separation(&options, "max"));
    options.similarity_context = table;
    options.observed = observed;
    UHN_TRY(uhn_trial_run(&run->trial, &options, result));
leave:
    return status;
}

/* What does not depend on examples: the same at every x. */
static uhn_status measure_others(learning_run *run, uhn_results *results)
{
    uhn_series *manhattan = &results->series[run->what.bin_count];
    uhn_trial_result measured = {0}, limit = {0}, mean = {0};
    uhn_status status = UHN_OK;
    UHN_TRY(recall_by(run, "manhattan", NULL, NULL, &measured));
    if (run->limit.known)
        UHN_TRY(recall_by(run, run->limit.similarity, NULL, run->limit.observed, &limit));
    for (size_t i = 0; i < run->trial.count; i++)
        memcpy(run->trial.answers + i * run->trial.dim, run->trial.mean, run->trial.dim * sizeof(float));
    UHN_TRY(uhn_trial_judge(&run->trial, &mean));
    for (size_t x = 0; x < results->x_count; x++) {
        add_result(manhattan, x, &measured);
        add_result(&results->baseline, x, &mean);
        if (run->limit.known)
            add_result(manhattan + 1, x, &limit);
    }
leave:
    return status;
}

static uhn_status measure_learned(learning_run *run, size_t x, size_t b, uhn_series *series)
{
    const size_t bins = run->what.bins[b];
    const uhn_table table = {.values = run->table, .rows = bins, .columns = uhn_learned_columns(bins)};
    uhn_trial_result result;
    uhn_status status = UHN_OK;
    UHN_TRY(uhn_learn_table(run->clean, run->corrupted, run->what.examples[x], run->data->dim, bins, run->table));
    UHN_TRY(recall_by(run, "table", &table, NULL, &result));
    add_result(series, x, &result);
leave:
    return status;
}

static uhn_status measure_run(learning_run *run, size_t number, uhn_results *results)
{
    const uhn_learning *what = &run->what;
    const size_t cells = what->example_count * what->bin_count;
    uhn_status status = UHN_OK;
    UHN_TRY(set_up_run(run, number));
    UHN_TRY(measure_others(run, results));
    for (size_t cell = 0; cell < cells; cell++) {
        const size_t x = cell / what->bin_count, b = cell % what->bin_count;
        UHN_TRY(measure_learned(run, x, b, &results->series[b]));
        const double done = (double)(number * cells + cell + 1) / (double)(what->runs * cells);
        if (what->progress && !what->progress(what->progress_context, done))
            return uhn_fail(UHN_ERROR_STOPPED, "the experiment was stopped");
    }
leave:
    return status;
}

/* ---- all of it */

static void fill_in_defaults(uhn_learning *what)
{
    if (!what->examples || !what->example_count) {
        what->examples = usual_examples;
        what->example_count = sizeof usual_examples / sizeof *usual_examples;
    }
    if (!what->bins || !what->bin_count) {
        what->bins = usual_bins;
        what->bin_count = sizeof usual_bins / sizeof *usual_bins;
    }
    what->stored = what->stored ? what->stored : 1000;
    what->queries = what->queries ? what->queries : 100;
    what->queries = what->queries < what->stored ? what->queries : what->stored;
    what->runs = what->runs ? what->runs : 5;
}

static uhn_status make_room(learning_run *run)
{
    const size_t dim = run->data->dim;
    size_t numbers;
    for (size_t i = 0; i < run->what.example_count; i++)
        run->most = run->what.examples[i] > run->most ? run->what.examples[i] : run->most;
    if (run->what.stored + run->most > run->data->count)
        return uhn_fail(UHN_ERROR_ARGUMENT,
                        "%zu images are needed, %zu to store and %zu others to learn from, but there are %zu",
                        run->what.stored + run->most, run->what.stored, run->most, run->data->count);
    const bool fits = uhn_multiply_sizes(run->most, dim, &numbers);
    run->rows = uhn_allocate(run->what.stored + run->most, sizeof *run->rows);
    run->picks = uhn_allocate(run->what.queries, sizeof *run->picks);
    run->clean = fits ? uhn_allocate(numbers, sizeof *run->clean) : NULL;
    run->corrupted = fits ? uhn_allocate(numbers, sizeof *run->corrupted) : NULL;
    run->table = uhn_allocate(BINS_MOST * uhn_learned_columns(BINS_MOST), sizeof *run->table);
    if (!run->rows || !run->picks || !run->clean || !run->corrupted || !run->table)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu examples of %zu numbers", run->most, dim);
    for (size_t i = 0; i < run->what.queries; i++)
        run->picks[i] = i;
    return UHN_OK;
}

static void free_run(learning_run *run)
{
    void *const owned[] = {run->rows, run->picks, run->clean, run->corrupted, run->table};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        uhn_release(owned[i]);
    uhn_trial_free(&run->trial);
    uhn_memory_destroy(run->memory);
    uhn_limit_free(&run->limit);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

uhn_status uhn_learning_run(const uhn_dataset *data, const uhn_learning *learning, uhn_results *results)
{
    learning_run run = {.data = data, .what = *learning};
    const double start = seconds_now();
    uhn_status status = UHN_OK;
    *results = (uhn_results){0};
    fill_in_defaults(&run.what);
    UHN_TRY(uhn_sample_check(data));
    UHN_TRY(make_room(&run));
    UHN_TRY(uhn_limit_find(run.what.corruption, run.what.level, &data->geometry, data->dim, &run.limit));
    UHN_TRY(make_results(&run, results));
    for (size_t number = 0; number < run.what.runs; number++)
        UHN_TRY(measure_run(&run, number, results));
    for (size_t s = 0; s < results->series_count; s++)
        finish_series(&results->series[s], results->x_count, run.what.runs);
    finish_series(&results->baseline, results->x_count, run.what.runs);
    results->seconds = seconds_now() - start;
leave:
    if (status != UHN_OK)
        uhn_results_free(results);
    free_run(&run);
    return status;
}
