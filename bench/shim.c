/* SPDX-License-Identifier: MIT */
#include "core/estimate.h"
#include "shim.h"

#include <stdio.h>
#include <stdlib.h>

static _Thread_local char sentence[512];

const char *bench_error(void)
{
    return sentence;
}

const char *bench_version(void)
{
    return uhn_version();
}

const char *bench_isa(void)
{
    return uhn_isa();
}

static int result(uhn_status status)
{
    if (status != UHN_OK)
        snprintf(sentence, sizeof sentence, "%s: %s", uhn_status_text(status), uhn_error_detail());
    return (int)status;
}

int bench_remember(int storage, const void *rows, size_t count, size_t dim, uhn_memory **memory)
{
    return result(uhn_memory_borrow((uhn_storage)storage, rows, count, dim, 0, NULL, 0, 0, memory));
}

void bench_forget(uhn_memory *memory)
{
    uhn_memory_destroy(memory);
}

/* What options point to. */
typedef struct chosen {
    uhn_table table;
    uhn_similarity similarity;
    const uhn_estimate *forms[2];
} chosen;

static void take_last_form(chosen *own, uhn_options *options)
{
    own->similarity = *options->similarity;
    for (const uhn_estimate *const *form = own->similarity.estimates; form && *form; form++)
        own->forms[0] = *form;
    own->similarity.estimates = own->forms;
    options->similarity = &own->similarity;
}

static uhn_status choose(const bench_choice *choice, chosen *own, uhn_options *options)
{
    *own = (chosen){0};
    uhn_options_default(options);
    options->threads = choice->threads;
    uhn_status status = uhn_choose_similarity(options, choice->similarity);
    if (status == UHN_OK)
        status = uhn_choose_separation(options, choice->separation);
    if (choice->table) {
        own->table = (uhn_table){.values = choice->table, .rows = choice->table_rows, .columns = choice->table_columns};
        options->similarity_context = &own->table;
    }
    if (status == UHN_OK && choice->last_form)
        take_last_form(own, options);
    return status;
}

/* Checks that all queries were answered and hands out what the benchmarks compare. */
static int read_reports(const uhn_report *reports, size_t count, uint64_t *best, double *scores)
{
    for (size_t i = 0; i < count; i++) {
        if (reports[i].status != UHN_QUERY_OK) {
            snprintf(sentence, sizeof sentence, "query %zu: %s", i, uhn_query_status_text(reports[i].status));
            return -1;
        }
        if (best)
            best[i] = reports[i].best;
        if (scores)
            scores[i] = reports[i].best_score;
    }
    return 0;
}

int bench_recall(const uhn_memory *memory, const float *queries, size_t count, const bench_choice *choice,
                 float *answers, uint64_t *best, double *scores)
{
    uhn_options options;
    chosen own;
    uhn_status status = choose(choice, &own, &options);
    if (status != UHN_OK)
        return result(status);
    uhn_report *reports = malloc(count * sizeof *reports);
    if (!reports)
        return result(UHN_ERROR_OUT_OF_MEMORY);
    int code = result(uhn_recall(memory, queries, count, 0, &options, answers, 0, reports));
    if (code == 0)
        code = read_reports(reports, count, best, scores);
    free(reports);
    return code;
}

int bench_top_k(const uhn_memory *memory, const float *queries, size_t count, const bench_choice *choice, size_t k,
                uint64_t *indices, double *scores)
{
    _Static_assert(sizeof(size_t) == sizeof(uint64_t), "indices are handed out as they are");
    uhn_options options;
    chosen own;
    uhn_status status = choose(choice, &own, &options);
    if (status == UHN_OK)
        status = uhn_top_k(memory, queries, count, 0, &options, k, (size_t *)indices, scores, NULL);
    return result(status);
}

int bench_flow(const uhn_memory *memory, const float *queries, size_t count, double beta, double dt, size_t steps,
               int threads, double *states, double *energies)
{
    uhn_flow flow;
    uhn_flow_default(&flow); /* dot, log-sum-exp */
    flow.parameters[UHN_LAYER_MEMORY][0] = beta;
    flow.dt = dt;
    flow.steps = steps;
    flow.tolerance = 0;
    flow.fast = true;
    flow.threads = threads;
    uhn_flow_report *reports = malloc(count * sizeof *reports);
    if (!reports)
        return result(UHN_ERROR_OUT_OF_MEMORY);
    int code = result(uhn_flow_run(memory, queries, count, 0, &flow, states, 0, energies, reports));
    for (size_t i = 0; code == 0 && i < count; i++)
        if (reports[i].status != UHN_QUERY_OK) {
            snprintf(sentence, sizeof sentence, "query %zu: %s", i, uhn_query_status_text(reports[i].status));
            code = -1;
        }
    free(reports);
    return code;
}
