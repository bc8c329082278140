/* SPDX-License-Identifier: MIT
 * uhn recall: from a memory and queries to answers and what is known about them. */
#include "recall.h"
#include "base/allocate.h"
#include "command.h"
#include "message.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Keeps the state of a query after each of its steps, the first of which is 1. */
static bool keep_state(void *context, size_t query, size_t step, const float *state, size_t dim)
{
    recall_run *run = context;
    memcpy(run->trajectory + (query * run->options.steps + step - 1) * dim, state, dim * sizeof *state);
    return true;
}

/* Steps that were not taken because the recall had ended go on in its fixed point or cycle; without an answer, and
 * where the state has left what can be told, they stay NaN. */
static void continue_trajectory(recall_run *run)
{
    const size_t steps = run->options.steps, dim = run->answer_dim;
    for (size_t query = 0; query < run->count; query++) {
        const uhn_report *report = &run->reports[query];
        float *states = run->trajectory + query * steps * dim;
        for (size_t step = report->steps; report->period && step < steps; step++)
            memcpy(states + step * dim, states + (step - report->period) * dim, dim * sizeof *states);
    }
}

static int out_of_memory(void)
{
    return cli_complain(CLI_FAILED, "recall", "out of memory for the answers");
}

/* Room for what a recall of these sizes gives. */
static int make_room(recall_run *run)
{
    const recall_arguments *arguments = &run->arguments;
    size_t answers, states;
    if (!uhn_multiply_sizes(run->count, run->answer_dim, &answers))
        return out_of_memory();
    if (!uhn_multiply_sizes(answers, run->options.steps, &states))
        states = SIZE_MAX; /* which the allocator refuses */
    run->answers = uhn_allocate(answers, sizeof *run->answers);
    run->reports = uhn_allocate(run->count, sizeof *run->reports);
    if (!run->answers || !run->reports || !cli_recall_make_energies(run))
        return out_of_memory();
    if (arguments->trajectory) {
        run->trajectory = uhn_allocate(states, sizeof *run->trajectory);
        if (!run->trajectory)
            return cli_complain(CLI_FAILED, "recall",
                                "--trajectory: no memory for %zu queries x %zu steps x %zu numbers; fewer steps "
                                "(--iterate) need less",
                                run->count, run->options.steps, run->answer_dim);
        for (size_t i = 0; i < states; i++)
            run->trajectory[i] = NAN;
        run->options.watch = keep_state;
        run->options.watch_context = run;
    }
    if (arguments->top_k.given) {
        const size_t count = uhn_memory_count(run->stored.memory);
        run->top_k = arguments->top_k.value < count ? (size_t)arguments->top_k.value : count;
        run->top_indices = uhn_allocate(run->count, run->top_k * sizeof *run->top_indices);
        run->top_scores = uhn_allocate(run->count, run->top_k * sizeof *run->top_scores);
        if (!run->top_indices || !run->top_scores)
            return out_of_memory();
    }
    return CLI_WORKED;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The sentence for a recall that failed as a whole; one about a memory names its file. */
static int complain_recall(const recall_run *run, uhn_status status)
{
    const bool data = status == UHN_ERROR_SHAPE || status == UHN_ERROR_NONFINITE || status == UHN_ERROR_DOMAIN;
    const bool table = run->table.values && (status == UHN_ERROR_SHAPE || status == UHN_ERROR_NONFINITE);
    const char *file = table ? run->table_file : run->arguments.memory;
    return cli_complain_status(cli_fault_of(status), "recall", data ? file : NULL, status);
}

static int do_recall(recall_run *run)
{
    const double start = seconds_now();
    uhn_status status = cli_recall_run(run);
    run->seconds = seconds_now() - start;
    if (status == UHN_OK && run->top_k)
        status = uhn_top_k(run->stored.memory, run->query.rows, run->count, 0, &run->options, run->top_k,
                           run->top_indices, run->top_scores, NULL);
    if (status != UHN_OK)
        return complain_recall(run, status);
    if (run->trajectory)
        continue_trajectory(run);
    return CLI_WORKED;
}

void cli_recall_count(const recall_run *run, size_t counts[UHN_QUERY_STATUS_COUNT])
{
    memset(counts, 0, UHN_QUERY_STATUS_COUNT * sizeof *counts);
    for (size_t i = 0; i < run->count; i++)
        counts[run->reports[i].status]++;
}

/* A note on stderr about queries that have no answer. */
static void note_unanswered(const recall_run *run)
{
    size_t counts[UHN_QUERY_STATUS_COUNT], unanswered = 0, used = 0;
    char reasons[160] = "";
    cli_recall_count(run, counts);
    for (int i = 0; i < UHN_QUERY_STATUS_COUNT; i++) {
        const uhn_query_status status = (uhn_query_status)i;
        if (!counts[i] || uhn_is_answered(status))
            continue;
        used += (size_t)snprintf(reasons + used, sizeof reasons - used, "%s%zu %s", unanswered ? ", " : "", counts[i],
                                 uhn_query_status_text(status));
        unanswered += counts[i];
    }
    const bool negative = run->options.normalise_scores && counts[UHN_QUERY_DOMAIN];
    if (unanswered)
        cli_complain(CLI_WORKED, "recall", "%zu of %zu queries have no answer, their rows are NaN: %s%s", unanswered,
                     run->count, reasons, negative ? " (scores to be normalised must not be negative)" : "");
}

static int print_results(const recall_run *run)
{
    const recall_arguments *arguments = &run->arguments;
    if (arguments->json)
        return cli_recall_print_json(run);
    const bool files = arguments->out || arguments->sheet || arguments->trajectory;
    if (!files || arguments->original || arguments->top_k.given)
        cli_recall_print(run);
    return CLI_WORKED;
}

static void free_run(recall_run *run)
{
    cli_free_memory(&run->stored);
    uhn_dataset_free(&run->query);
    uhn_dataset_free(&run->original);
    uhn_dataset_free(&run->table_data);
    uhn_release(run->table_file);
    uhn_release(run->observed);
    uhn_release(run->answers);
    uhn_release(run->reports);
    uhn_release(run->trajectory);
    uhn_release(run->top_indices);
    uhn_release(run->top_scores);
    uhn_release(run->verdicts);
    uhn_release(run->energies);
}

int uhn_command_recall(int argc, char **argv)
{
    static int (*const steps[])(recall_run *) = {cli_recall_load, cli_recall_choose, cli_recall_check_files,
                                                 make_room,       do_recall,         cli_recall_judge};
    recall_run run = {0};
    size_t operand_count = 0;
    int code = cli_parse(&cli_recall_usage, argc, argv, &run.arguments, &operand_count);
    if (code != CLI_GO_ON)
        return code;
    code = CLI_WORKED;
    for (size_t i = 0; code == CLI_WORKED && i < sizeof steps / sizeof *steps; i++)
        code = steps[i](&run);
    if (code == CLI_WORKED)
        code = cli_recall_write(&run);
    if (code == CLI_WORKED) {
        note_unanswered(&run);
        code = print_results(&run);
    }
    free_run(&run);
    return code;
}
