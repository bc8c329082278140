/* SPDX-License-Identifier: MIT */
#include "lab/json_number.h"
#include "lab/run.h"
#include "base/allocate.h"
#include "base/random.h"
#include "base/status.h"
#include "lab/cell.h"
#include "lab/results_json.h"
#include "lab/run_folder.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ------------------------------------------------------------------------------------------------ the plan */

/* The N of the axis that are not above the user's; that one itself at the end, where it is none of them. */
static size_t stored_points(const uhn_run_settings *settings)
{
    const uhn_experiment *experiment = settings->experiment;
    if (settings->stored == 0)
        return experiment->x_count;
    size_t count = 0;
    while (count < experiment->x_count && experiment->x[count] < (double)settings->stored)
        count++;
    return count + 1;
}

/* The numbers of examples for which there are images, besides those that are stored. */
static size_t example_points(const uhn_population *population, const uhn_run_settings *settings)
{
    const uhn_experiment *experiment = settings->experiment;
    const size_t others = population->data->count - uhn_run_block_size(settings);
    size_t count = 0;
    while (count < experiment->x_count && experiment->x[count] <= (double)others)
        count++;
    return count;
}

size_t uhn_run_points(const uhn_population *population, const uhn_run_settings *settings)
{
    const uhn_experiment *experiment = settings->experiment;
    if (experiment->axis == UHN_AXIS_EXAMPLES)
        return example_points(population, settings);
    return experiment->axis == UHN_AXIS_STORED ? stored_points(settings) : experiment->x_count;
}

double uhn_run_x(const uhn_run_settings *settings, size_t point)
{
    const uhn_experiment *experiment = settings->experiment;
    if (experiment->axis == UHN_AXIS_STORED && settings->stored && point + 1 == stored_points(settings))
        return (double)settings->stored;
    return experiment->x[point];
}

size_t uhn_run_block_size(const uhn_run_settings *settings)
{
    const uhn_experiment *experiment = settings->experiment;
    if (settings->stored)
        return settings->stored;
    return experiment->axis == UHN_AXIS_STORED ? (size_t)experiment->x[experiment->x_count - 1] : experiment->stored;
}

static bool all_store_the_same(const uhn_run_settings *settings)
{
    return settings->experiment->axis == UHN_AXIS_EXAMPLES;
}

/* Does any curve need images of other runs? */
static bool wants_others(const uhn_curve_list *curves)
{
    for (size_t i = 0; i < curves->count; i++)
        if (curves->rows[i].tuned || curves->rows[i].kind == UHN_SERIES_LEARNED)
            return true;
    return false;
}

uhn_status uhn_run_check(const uhn_population *population, const uhn_run_settings *settings)
{
    const char *name = settings->experiment->name;
    const size_t n = uhn_run_block_size(settings), found = population->data->count;
    const bool shared = settings->experiment->task == UHN_TASK_EXAMPLES || all_store_the_same(settings);
    const size_t runs = shared ? 1 : settings->runs;
    if (n > found / runs)
        return uhn_fail(UHN_ERROR_ARGUMENT,
                        "%s: %zu runs of %zu images need %.0f images, but there are %zu; --runs and --stored ask for "
                        "fewer",
                        name, runs, n, (double)runs * (double)n, found);
    if (wants_others(&settings->curves) && found - n < UHN_EXAMPLE_PAIRS)
        return uhn_fail(UHN_ERROR_ARGUMENT,
                        "%s: besides the %zu images that are stored, %d others are needed to learn from: %zu images, "
                        "but there are %zu; --stored asks for fewer",
                        name, n, UHN_EXAMPLE_PAIRS, n + UHN_EXAMPLE_PAIRS, found);
    return UHN_OK;
}

uint64_t uhn_cell_seed(uint64_t seed, const char *experiment, size_t run, size_t point)
{
    uint32_t key = UINT32_C(0x811c9dc5), words[4]; /* FNV-1a of the name: other experiments come and go */
    for (const char *letter = experiment; *letter; letter++)
        key = (key ^ (uint8_t)*letter) * UINT32_C(0x01000193);
    uhn_random_words(seed, UHN_STREAM_CELL, (uint64_t)key << 32 | (uint32_t)run, (uint32_t)point, words);
    return (uint64_t)words[0] << 32 | words[1];
}

static uhn_point point_of(const uhn_run_settings *settings, size_t dim, size_t run, size_t point)
{
    const uhn_experiment *experiment = settings->experiment;
    const double x = uhn_run_x(settings, point);
    const bool paper = settings->protocol == UHN_PROTOCOL_PAPER, shared = all_store_the_same(settings);
    uhn_point p = {.experiment = experiment,
                   .protocol = settings->protocol,
                   .corruption = uhn_find_corruption(experiment->corruption),
                   .level = experiment->axis == UHN_AXIS_LEVEL ? x : experiment->level,
                   .stored = experiment->axis == UHN_AXIS_STORED ? (size_t)x : uhn_run_block_size(settings),
                   .threshold = experiment->axis == UHN_AXIS_THRESHOLD ? x : UHN_THRESHOLD,
                   .threads = settings->threads};
    if (experiment->scaled_threshold)
        p.threshold *= 784.0 / (double)dim;
    if (experiment->task == UHN_TASK_BIPOLAR && paper)
        p.level = 1e-7;
    p.asked = experiment->asked && experiment->asked < p.stored ? experiment->asked : p.stored;
    /* A threshold changes what is said of the answers, not the answers; examples do not change the queries. */
    const bool same_queries = shared || experiment->axis == UHN_AXIS_THRESHOLD;
    p.seed = uhn_cell_seed(settings->seed, experiment->name, shared ? 0 : run, same_queries ? 0 : point);
    p.pairs = shared ? (size_t)x : UHN_EXAMPLE_PAIRS;
    p.draws_pairs = shared;
    p.pair_seed =
        uhn_seed_for(shared ? uhn_cell_seed(settings->seed, experiment->name, run, 0) : p.seed, UHN_PURPOSE_PAIRS);
    return p;
}

/* ------------------------------------------------------------------------------------------------ the manifest */

static cJSON *curve_to_json(const uhn_curve_row *curve)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", curve->name);
    cJSON_AddStringToObject(object, "similarity", curve->similarity ? curve->similarity : "");
    cJSON_AddStringToObject(object, "separation", curve->separation);
    return object;
}

/* What decides the results: not threads, nor how the command was typed. */
static char *make_manifest(const uhn_population *population, const uhn_run_settings *settings)
{
    char text[32];
    uhn_json_start();
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "version", uhn_version());
    cJSON_AddStringToObject(object, "experiment", settings->experiment->name);
    cJSON_AddStringToObject(object, "protocol", uhn_protocol_name(settings->protocol));
    cJSON_AddStringToObject(object, "dataset", settings->dataset);
    cJSON_AddNumberToObject(object, "images", (double)population->data->count);
    cJSON_AddNumberToObject(object, "length", (double)population->data->dim);
    snprintf(text, sizeof text, "%016" PRIx64, population->fingerprint);
    cJSON_AddStringToObject(object, "fingerprint", text);
    cJSON_AddNumberToObject(object, "runs", (double)settings->runs);
    cJSON_AddNumberToObject(object, "stored", (double)settings->stored);
    snprintf(text, sizeof text, "%" PRIu64, settings->seed);
    cJSON_AddStringToObject(object, "seed", text);
    cJSON *curves = cJSON_AddArrayToObject(object, "curves");
    for (size_t i = 0; i < settings->curves.count; i++)
        cJSON_AddItemToArray(curves, curve_to_json(&settings->curves.rows[i]));
    return uhn_json_text(object, true);
}

uhn_status uhn_run_open_folder(const uhn_population *population, const uhn_run_settings *settings)
{
    char *manifest = make_manifest(population, settings);
    if (!manifest)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a manifest");
    const uhn_status status = uhn_run_folder_open(settings->folder, manifest, settings->force);
    uhn_release(manifest);
    return status;
}

/* ------------------------------------------------------------------------------------------------ the walk */

typedef double criteria[UHN_CRITERION_COUNT];

typedef struct walk {
    const uhn_population *population;
    const uhn_run_settings *settings;
    size_t points, rows; /* rows: curves, and the baseline */
    criteria *values;    /* runs × points × rows */
    double work, done;   /* in pairs of images */
} walk;

static criteria *cell_values(const walk *w, size_t run, size_t point)
{
    return w->values + (run * w->points + point) * w->rows;
}

static double work_of(const walk *w, size_t point)
{
    const uhn_point p = point_of(w->settings, 1, 0, point);
    return (double)p.stored * (double)p.asked + 1000;
}

static void advance(walk *w, size_t point)
{
    w->done += work_of(w, point);
    if (w->settings->progress)
        w->settings->progress(w->settings->progress_context, w->done / w->work);
}

static uhn_status measure_cell(walk *w, uhn_block *block, size_t run, size_t point)
{
    const uhn_run_settings *settings = w->settings;
    const size_t curves = settings->curves.count;
    criteria *values = cell_values(w, run, point);
    uhn_status status = UHN_OK;
    if (!block->rows) {
        const size_t n = uhn_run_block_size(settings);
        UHN_TRY(uhn_block_make(w->population, all_store_the_same(settings) ? 0 : run * n, n, block));
    }
    const uhn_point p = point_of(settings, w->population->data->dim, run, point);
    UHN_TRY(uhn_measure(block, &p, &settings->curves, values, values[curves]));
    UHN_TRY(uhn_run_folder_save(settings->folder, run, point, curves, (const criteria *)values));
leave:
    return status;
}

static uhn_status walk_run(walk *w, size_t run)
{
    uhn_status status = UHN_OK;
    uhn_block block = {0}; /* made when a cell of this run is missing */
    for (size_t point = 0; point < w->points; point++) {
        bool found;
        UHN_TRY(uhn_run_folder_load(w->settings->folder, run, point, w->settings->curves.count,
                                    cell_values(w, run, point), &found));
        if (!found)
            UHN_TRY(measure_cell(w, &block, run, point));
        advance(w, point);
    }
leave:
    uhn_block_free(&block);
    return status;
}

/* ------------------------------------------------------------------------------------------------ the results */

/* Mean and standard deviation over the runs, those left out where it is not defined. */
static void summarise(const walk *w, size_t row, size_t criterion, size_t point, double *mean, double *sd)
{
    double sum = 0, squares = 0;
    size_t count = 0;
    for (size_t run = 0; run < w->settings->runs; run++) {
        const double value = cell_values(w, run, point)[row][criterion];
        sum += isfinite(value) ? value : 0;
        count += isfinite(value);
    }
    *mean = count ? sum / (double)count : NAN;
    for (size_t run = 0; run < w->settings->runs; run++) {
        const double value = cell_values(w, run, point)[row][criterion];
        squares += isfinite(value) ? (value - *mean) * (value - *mean) : 0;
    }
    *sd = count ? sqrt(squares / (double)count) : NAN;
}

static uhn_status fill_series(const walk *w, size_t row, const char *name, uhn_series_kind kind, uhn_series *series)
{
    series->name = uhn_copy_text(name);
    series->kind = kind;
    if (!series->name)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the results");
    for (size_t c = 0; c < UHN_CRITERION_COUNT; c++) {
        uhn_curve *curve = &series->curves[c];
        curve->mean = uhn_allocate(w->points, sizeof(double));
        curve->sd = uhn_allocate(w->points, sizeof(double));
        if (!curve->mean || !curve->sd)
            return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the results");
        for (size_t point = 0; point < w->points; point++)
            summarise(w, row, c, point, &curve->mean[point], &curve->sd[point]);
    }
    return UHN_OK;
}

/* Is there anything to show of a curve? Not where this program lacks the similarity. */
static bool exists(const walk *w, size_t row)
{
    for (size_t run = 0; run < w->settings->runs; run++)
        for (size_t point = 0; point < w->points; point++)
            if (!isnan(cell_values(w, run, point)[row][UHN_CRITERION_UNDEFINED]))
                return true;
    return false;
}

static uhn_status fill_results(const walk *w, uhn_results *results)
{
    const uhn_run_settings *settings = w->settings;
    uhn_status status = UHN_OK;
    *results = (uhn_results){.experiment = uhn_copy_text(settings->experiment->name),
                             .dataset = uhn_copy_text(settings->dataset),
                             .protocol = uhn_copy_text(uhn_protocol_name(settings->protocol)),
                             .runs = settings->runs,
                             .seed = settings->seed,
                             .version = uhn_copy_text(uhn_version()),
                             .x_name = uhn_copy_text(settings->experiment->x_name),
                             .x_logarithmic = settings->experiment->x_logarithmic,
                             .x = uhn_allocate(w->points, sizeof(double)),
                             .x_count = w->points,
                             .series = uhn_allocate(settings->curves.count, sizeof(uhn_series)),
                             .command = uhn_copy_text(settings->command),
                             .isa = uhn_copy_text(uhn_isa()),
                             .threads = settings->threads};
    results->headline = settings->protocol == UHN_PROTOCOL_PAPER ? UHN_CRITERION_PAPER : UHN_CRITERION_IDENTIFIED;
    if (settings->experiment->axis == UHN_AXIS_THRESHOLD)
        results->headline = UHN_CRITERION_PAPER;
    const bool whole = results->experiment && results->dataset && results->protocol && results->version &&
                       results->x_name && results->x && results->series && results->command && results->isa;
    UHN_TRY(whole ? UHN_OK : uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the results"));
    for (size_t point = 0; point < w->points; point++)
        results->x[point] = uhn_run_x(settings, point);
    for (size_t i = 0; i < settings->curves.count; i++) {
        const uhn_curve_row *curve = &settings->curves.rows[i];
        if (exists(w, i))
            UHN_TRY(fill_series(w, i, curve->name, curve->kind, &results->series[results->series_count++]));
    }
    UHN_TRY(fill_series(w, settings->curves.count, "mean image", UHN_SERIES_BASELINE, &results->baseline));
leave:
    return status;
}

static uhn_status write_results(const uhn_run_settings *settings, const uhn_results *results)
{
    char path[UHN_PATH_MAX];
    uhn_status status = UHN_OK;
    UHN_TRY(uhn_join_path(settings->folder, "results.csv", path));
    UHN_TRY(uhn_results_write_csv(results, path));
    UHN_TRY(uhn_join_path(settings->folder, "results.json", path));
    UHN_TRY(uhn_results_write_json(results, path)); /* which says that all is finished */
    uhn_run_folder_clear(settings->folder);
leave:
    return status;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static uhn_status walk_all(walk *w, uhn_results *results)
{
    const double start = now();
    uhn_status status = UHN_OK;
    for (size_t point = 0; point < w->points; point++)
        w->work += (double)w->settings->runs * work_of(w, point);
    for (size_t run = 0; run < w->settings->runs; run++)
        UHN_TRY(walk_run(w, run));
    UHN_TRY(fill_results(w, results));
    results->seconds = now() - start;
    UHN_TRY(write_results(w->settings, results));
leave:
    return status;
}

uhn_status uhn_run(const uhn_population *population, const uhn_run_settings *settings, uhn_results *results)
{
    char path[UHN_PATH_MAX];
    walk w = {.population = population, .settings = settings, .rows = settings->curves.count + 1};
    uhn_status status = UHN_OK;
    *results = (uhn_results){0};
    UHN_TRY(uhn_run_check(population, settings));
    UHN_TRY(uhn_run_open_folder(population, settings));
    if (uhn_run_folder_has(settings->folder, "results.json")) {
        uhn_run_folder_clear(settings->folder); /* what an interruption at the very end may have left */
        UHN_TRY(uhn_join_path(settings->folder, "results.json", path));
        return uhn_results_read_json(path, results);
    }
    w.points = uhn_run_points(population, settings);
    w.values = uhn_allocate(settings->runs * w.points, w.rows * sizeof *w.values);
    UHN_TRY(w.values ? UHN_OK : uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the results"));
    UHN_TRY(walk_all(&w, results));
leave:
    uhn_release(w.values);
    if (status != UHN_OK)
        uhn_results_free(results);
    return status;
}
