/* SPDX-License-Identifier: MIT
 * uhn recall: the results as a table to read. */
#include "recall.h"
#include "uhn/dynamics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_SHOWN = 40 }; /* of a longer batch fewer are shown, and all are summed up */
enum { ROWS_OF_LONG_BATCH = 20, NEAREST_SHOWN = 5 };

/* A number in a column of the table; "-" where there is none. */
static void print_number(double value, int width)
{
    if (isnan(value))
        printf("  %*s", width, "-");
    else
        printf("  %*.6g", width, value);
}

static void print_index(size_t index, int width)
{
    if (index == UHN_NO_INDEX)
        printf("  %*s", width, "-");
    else
        printf("  %*zu", width, index);
}

static void print_nearest(const recall_run *run, size_t query)
{
    const size_t shown = run->top_k < NEAREST_SHOWN ? run->top_k : NEAREST_SHOWN;
    for (size_t i = 0; i < shown; i++) {
        const size_t place = query * run->top_k + i;
        if (run->top_indices[place] != UHN_NO_INDEX)
            printf("%s%zu (%.6g)", i ? ", " : "  ", run->top_indices[place], run->top_scores[place]);
    }
    if (shown < run->top_k)
        printf(", …");
}

/* What follows the last column need not line up with anything. */
static int outcome_width(const recall_run *run)
{
    return run->verdicts || run->top_k || run->energies ? 11 : 0;
}

static void print_row(const recall_run *run, size_t query)
{
    const uhn_report *report = &run->reports[query];
    printf("%6zu  %-9s", query, uhn_query_status_text(report->status));
    print_index(report->best, 7);
    print_number(report->best_score, 12);
    print_number(report->margin, 11);
    print_number(report->effective_support, 11);
    printf("  %6zu  %-*s", report->steps, outcome_width(run), uhn_outcome_text(report->outcome));
    if (run->energies) {
        const double *energies = run->energies + query * (run->options.steps + 1);
        print_number(energies[0], 12);
        print_number(energies[report->steps], 12);
    }
    if (run->verdicts) {
        printf("  %-10s", run->verdicts[query].identified ? "yes" : "no");
        print_number(run->verdicts[query].squared_error, 11);
    }
    if (run->top_k)
        print_nearest(run, query);
    putchar('\n');
}

static void print_heading(const recall_run *run)
{
    printf("%6s  %-9s  %7s  %12s  %11s  %11s  %6s  %-*s", "query", "status", "best", "score", "margin", "support",
           "steps", outcome_width(run), "outcome");
    if (run->energies)
        printf("  %12s  %12s", "energy from", "to");
    if (run->verdicts)
        printf("  %-10s  %11s", "identified", "error");
    printf(run->top_k ? "  nearest memories (score)\n" : "\n");
}

/* Over the queries whose error is known; NaN when there are none. */
static double mean_error(const recall_run *run)
{
    double sum = 0;
    size_t known = 0;
    for (size_t i = 0; i < run->count; i++) {
        if (isnan(run->verdicts[i].squared_error))
            continue;
        sum += run->verdicts[i].squared_error;
        known++;
    }
    return known ? sum / (double)known : NAN;
}

static void print_verdict(const recall_run *run)
{
    const double error = mean_error(run);
    printf("%zu identified, ", cli_recall_identified(run));
    if (isnan(error))
        printf("no squared error; ");
    else
        printf("mean squared error %.6g; ", error);
}

static void print_summary(const recall_run *run)
{
    size_t counts[UHN_QUERY_STATUS_COUNT];
    cli_recall_count(run, counts);
    printf("%zu %s:", run->count, run->count == 1 ? "query" : "queries");
    for (int i = 0, printed = 0; i < UHN_QUERY_STATUS_COUNT; i++)
        if (counts[i])
            printf("%s%zu %s", printed++ ? ", " : " ", counts[i], uhn_query_status_text((uhn_query_status)i));
    printf("; %zu %s of %zu numbers; ", uhn_memory_count(run->stored.memory),
           uhn_memory_count(run->stored.memory) == 1 ? "memory" : "memories", run->dim);
    if (run->verdicts)
        print_verdict(run);
    printf("%.3g s\n", run->seconds);
}

static const char *sentence_for(const char *reason)
{
    static const char *const sentences[][2] = {
        {"values", "memories with values of their own have none"},
        {"update", "for a network with an update rule of its own it is not reported"},
        {"projection", "a sequence has none"},
        {"compat", "not reported for the paper's code"},
        {"output", "none is known with an output function"},
        {"observed", "none is known with --observed"},
        {"normalise-scores", "none is known with --normalise-scores"},
        {"size", "not reported for so many steps"},
    };
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
        if (strcmp(reason, sentences[i][0]) == 0)
            return sentences[i][1];
    return "none is known for this similarity with this separation";
}

/* Of an iterated recall: the energy that its steps never raise. */
static void print_energy(const recall_run *run)
{
    if (run->energies)
        printf("energy: %s\n", uhn_energy_formula(run->stored.memory, &run->options));
    if (run->no_energy)
        printf("energy: none (%s)\n", sentence_for(run->no_energy));
}

void cli_recall_print(const recall_run *run)
{
    const size_t shown = run->count <= ROWS_SHOWN ? run->count : ROWS_OF_LONG_BATCH;
    print_heading(run);
    for (size_t i = 0; i < shown; i++)
        print_row(run, i);
    if (shown < run->count)
        printf("     …  %zu more; --json has them all\n", run->count - shown);
    print_summary(run);
    print_energy(run);
}
