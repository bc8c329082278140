/* SPDX-License-Identifier: MIT
 * uhn dynamics: the report as a table to read. */
#include "dynamics.h"

#include <math.h>
#include <stdio.h>

enum { ROWS_SHOWN = 40 }; /* of a longer batch fewer are shown, and all are summed up */
enum { ROWS_OF_LONG_BATCH = 20, TEXT = 128 };

/* A number in a column of the table; "-" where there is none. */
static void print_number(double value, int width)
{
    if (isnan(value))
        printf("  %*s", width, "-");
    else
        printf("  %*.6g", width, value);
}

static void name_nearest(const dynamics_run *run, const uhn_flow_report *report, char text[TEXT])
{
    const int label = dynamics_label(run, report->nearest);
    if (report->nearest == UHN_NO_INDEX)
        snprintf(text, TEXT, "-");
    else if (label >= 0)
        snprintf(text, TEXT, "%zu (%d)", report->nearest, label);
    else
        snprintf(text, TEXT, "%zu", report->nearest);
}

static void name_outcome(const uhn_flow_report *report, char text[TEXT])
{
    if (!uhn_is_answered(report->status))
        snprintf(text, TEXT, "%s", uhn_query_status_text(report->status));
    else if (report->ending == UHN_ENDING_CYCLE)
        snprintf(text, TEXT, "%s of %zu", uhn_ending_text(report->ending), report->period);
    else
        snprintf(text, TEXT, "%s", uhn_ending_text(report->ending));
}

static void print_row(const dynamics_run *run, size_t query)
{
    const uhn_flow_report *report = &run->reports[query];
    char text[TEXT];
    name_outcome(report, text);
    printf("%6zu  %-11s  %6zu", query, text, report->steps);
    print_number(run->energies[query * run->moments], 12);
    print_number(report->energy, 12);
    printf("  %9zu", report->increases);
    name_nearest(run, report, text);
    printf("  %9s", text);
    print_number(report->margin, 11);
    print_number(report->effective_support, 9);
    putchar('\n');
}

/* ---- all of them */

static void print_endings(const dynamics_run *run)
{
    size_t counts[UHN_ENDING_COUNT] = {0}, unanswered = 0, printed = 0;
    for (size_t i = 0; i < run->count; i++) {
        const bool answered = uhn_is_answered(run->reports[i].status);
        counts[run->reports[i].ending] += answered;
        unanswered += !answered;
    }
    printf("%zu %s:", run->count, run->count == 1 ? "query" : "queries");
    for (int i = 0; i < UHN_ENDING_COUNT; i++)
        if (counts[i])
            printf("%s%zu %s", printed++ ? ", " : " ", counts[i], uhn_ending_text((uhn_ending)i));
    if (unanswered)
        printf("%s%zu without an answer", printed ? ", " : " ", unanswered);
    const size_t memories = uhn_memory_count(run->data.stored.memory);
    printf("; %zu %s of %zu numbers; %.3g s\n", memories, memories == 1 ? "memory" : "memories", run->dim,
           run->seconds);
}

static void print_network(const dynamics_run *run)
{
    const uhn_flow *flow = &run->data.flow;
    char value[TEXT], memory[TEXT];
    cli_flow_describe(flow, UHN_LAYER_VALUE, value, sizeof value);
    cli_flow_describe(flow, UHN_LAYER_MEMORY, memory, sizeof memory);
    printf("%s, %s, %s, leak %s; %s, dt %g\n", flow->similarity->name, value, memory, flow->leak ? "on" : "off",
           uhn_integrator_text(flow->integrator), flow->dt);
}

/* Where steps have a limit: what it is, and what was made of dt. */
static void print_limit(const dynamics_run *run)
{
    const uhn_flow *flow = &run->data.flow;
    double limit = INFINITY, dt = flow->dt;
    for (size_t i = 0; i < run->count; i++) {
        limit = fmin(limit, run->reports[i].stability_limit);
        dt = fmin(dt, run->reports[i].dt);
    }
    if (isinf(limit))
        return;
    printf("stability limit: %.6g; ", limit);
    if (dt < flow->dt)
        printf("dt was cut to it (--exceed-limit takes it as it is)\n");
    else
        printf("dt is %s\n", flow->dt > limit ? "beyond it" : "within it");
}

/* Does the energy fall, for certain and in fact? */
static void print_energy(const dynamics_run *run)
{
    size_t steps = 0, increases = 0;
    double largest = 0, rounding = 0;
    for (size_t i = 0; i < run->count; i++) {
        steps += run->reports[i].steps;
        increases += run->reports[i].increases;
        largest = fmax(largest, run->reports[i].largest_increase);
        if (uhn_is_answered(run->reports[i].status))
            rounding = fmax(rounding, run->reports[i].rounding);
    }
    if (!run->has_energy) {
        printf("energy: none, since each memory pulls to another pattern than itself (--values)\n");
        return;
    }
    printf("energy: rose in %zu of %zu steps", increases, steps);
    if (increases)
        printf(", by %.3g at most", largest);
    printf(" (a rise counts beyond rounding, here %.2g)\n", rounding);
    printf(run->guaranteed
               ? "guaranteed: it is proven that no such step raises the energy, whatever dt is\n"
               : "not guaranteed: that such steps lower the energy is not proven; the count says whether they did\n");
}

void dynamics_print(const dynamics_run *run)
{
    const size_t shown = run->count <= ROWS_SHOWN ? run->count : ROWS_OF_LONG_BATCH;
    printf("%6s  %-11s  %6s  %12s  %12s  %9s  %9s  %11s  %9s\n", "query", "outcome", "steps", "energy from", "to",
           "increases", "nearest", "margin", "support");
    for (size_t i = 0; i < shown; i++)
        print_row(run, i);
    if (shown < run->count)
        printf("     …  %zu more; --json has them all\n", run->count - shown);
    print_endings(run);
    print_network(run);
    print_limit(run);
    print_energy(run);
}
