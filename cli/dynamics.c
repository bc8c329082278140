/* SPDX-License-Identifier: MIT
 * uhn dynamics: lets the network behind a memory flow from each query, and watches its energy. */
#include "dynamics.h"
#include "base/allocate.h"
#include "command.h"
#include "message.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { OWN_OPTIONS = 5, ONE_CORRUPTION = 1 };

#define ROW(name, argument, take, member, ...)                                                                         \
    CLI_OPTION(name, argument, cli_take_##take, dynamics_arguments, member, __VA_ARGS__)

static const cli_option own_options[OWN_OPTIONS] = {
    ROW("out", "FILE", text, out,
        .help = "writes the patterns that the last states show: .npy (float32, of the query file's shape) or .png."),
    ROW("energies", "FILE", text, energies,
        .help =
            "writes the energy at the start and after each step: .csv (query, step, time, energy) or .npy (float64, "
            "queries × steps + 1)."),
    ROW("trajectory", "FILE", text, trajectory,
        .help = "writes the state at the start and after each step as .npy, queries × steps + 1 × length. What ended "
                "early stays in its fixed point or cycle."),
    ROW("plot", "FILE", text, plot,
        .help = "draws the energies as .svg, .png or .pdf, with images along the way where the data are images."),
    ROW("json", NULL, flag, json, .help = "prints a report of each query as JSON."),
};

static const cli_usage usage = {
    .name = "dynamics",
    .synopsis = "--memory FILE --query FILE [options]",
    .summary = "Lets the network of value and memory neurons behind a memory flow from each query, and reports where "
               "it ends and whether its energy fell all the way.",
    .text = "tau_v dv/dt = I - v + Σ f_m ∂S_m/∂g and tau_h dh/dt = S(g) - h, with the activations g and f of value and "
            "memory neurons. Outcomes: fixed-point (one memory), metastable (several share the state), diffuse (at "
            "least half of them), cycle, limit (all steps were taken). An increase is a rise of the energy beyond "
            "rounding.",
    .operands_max = 0,
    .tables = cli_flow_print_tables,
    .example = "  uhn dynamics --memory digits.idx --memory-rows 0:100 --query digits.idx \\\n"
               "      --query-rows 0:3 --noise 0.5 --similarity sqeuclidean --beta 2 \\\n"
               "      --dt 0.05 --plot energy.svg",
};

/* ---- flowing */

/* Keeps what a moment brings; each query writes to rows of its own. */
static bool keep_moment(void *context, const uhn_flow_moment *moment)
{
    dynamics_run *run = context;
    const size_t place = moment->query * run->moments + moment->step;
    run->times[place] = moment->time;
    for (size_t i = 0; run->trajectory && i < run->dim; i++)
        run->trajectory[place * run->dim + i] = (float)moment->state[i];
    return true;
}

static void fill_with_nan(double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = NAN;
}

static int make_room(dynamics_run *run)
{
    const uhn_flow *flow = &run->data.flow;
    size_t places, states, numbers;
    run->count = run->data.query.count;
    run->dim = run->data.query.dim;
    run->moments = flow->steps + 1;
    if (!uhn_multiply_sizes(run->count, run->moments, &places) || !uhn_multiply_sizes(places, run->dim, &states) ||
        !uhn_multiply_sizes(run->count, run->dim, &numbers))
        places = states = numbers = SIZE_MAX; /* which the allocator refuses */
    run->states = uhn_allocate(numbers, sizeof *run->states);
    run->patterns = uhn_allocate(numbers, sizeof *run->patterns);
    run->energies = uhn_allocate_unset(places, sizeof *run->energies);
    run->times = uhn_allocate_unset(places, sizeof *run->times);
    run->reports = uhn_allocate(run->count, sizeof *run->reports);
    if (!run->states || !run->patterns || !run->energies || !run->times || !run->reports)
        return cli_complain(CLI_FAILED, "dynamics",
                            "no memory for %zu queries and the energies of %zu steps; fewer "
                            "steps (--steps) need less",
                            run->count, flow->steps);
    fill_with_nan(run->times, places);
    if (!run->arguments.trajectory)
        return CLI_WORKED;
    run->trajectory = uhn_allocate_unset(states, sizeof *run->trajectory);
    if (!run->trajectory)
        return cli_complain(CLI_FAILED, "dynamics",
                            "--trajectory: no memory for %zu queries x %zu states x %zu numbers; fewer steps (--steps) "
                            "need less",
                            run->count, run->moments, run->dim);
    for (size_t i = 0; i < states; i++)
        run->trajectory[i] = NAN;
    return CLI_WORKED;
}

/* Steps that were not taken because the state rested, or came back, go on there. */
static void continue_trajectory(dynamics_run *run)
{
    for (size_t query = 0; query < run->count; query++) {
        const uhn_flow_report *report = &run->reports[query];
        float *states = run->trajectory + query * run->moments * run->dim;
        for (size_t step = report->steps + 1; report->period && step < run->moments; step++)
            memcpy(states + step * run->dim, states + (step - report->period) * run->dim, run->dim * sizeof *states);
    }
}

/* What the last states show. */
static int see_patterns(dynamics_run *run)
{
    const uhn_flow *flow = &run->data.flow;
    double *pattern = uhn_allocate(run->dim, sizeof *pattern);
    if (!pattern)
        return cli_complain(CLI_FAILED, "dynamics", "out of memory for the patterns");
    for (size_t query = 0; query < run->count; query++) {
        flow->lagrangians[UHN_LAYER_VALUE]->evaluate(run->states + query * run->dim, run->dim,
                                                     flow->parameters[UHN_LAYER_VALUE], pattern);
        const bool answered = uhn_is_answered(run->reports[query].status);
        for (size_t i = 0; i < run->dim; i++)
            run->patterns[query * run->dim + i] = answered ? (float)pattern[i] : NAN;
    }
    uhn_release(pattern);
    return CLI_WORKED;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Only euler and rk4 may cut a step; where nothing else is wanted of the moments, their times are known without. */
static bool needs_moments(const dynamics_run *run)
{
    return run->trajectory || run->data.flow.integrator >= UHN_INTEGRATOR_EULER;
}

static void compute_times(dynamics_run *run)
{
    for (size_t query = 0; query < run->count; query++)
        for (size_t step = 0; step <= run->reports[query].steps; step++)
            run->times[query * run->moments + step] = step ? (double)step * run->data.flow.dt : 0;
}

static int flow(dynamics_run *run)
{
    uhn_flow watched = run->data.flow;
    watched.watch = needs_moments(run) ? keep_moment : NULL;
    watched.watch_context = run;
    const double start = seconds_now();
    const uhn_status status = uhn_flow_run(run->data.stored.memory, run->data.query.rows, run->count, 0, &watched,
                                           run->states, 0, run->energies, run->reports);
    run->seconds = seconds_now() - start;
    run->threads = watched.threads ? watched.threads : omp_get_max_threads();
    run->guaranteed = uhn_flow_is_guaranteed(run->data.stored.memory, &watched);
    if (status != UHN_OK)
        return cli_flow_complain("dynamics", &run->arguments.flow, status);
    if (!watched.watch)
        compute_times(run);
    if (run->trajectory)
        continue_trajectory(run);
    return see_patterns(run);
}

/* ---- the command */

int dynamics_label(const dynamics_run *run, size_t memory)
{
    const uint8_t *labels = run->data.stored.rows.labels;
    return labels && memory != UHN_NO_INDEX ? labels[memory] : -1;
}

/* A note on stderr about queries that have no answer. */
static void note_unanswered(const dynamics_run *run)
{
    size_t nonfinite = 0, left = 0;
    for (size_t i = 0; i < run->count; i++) {
        nonfinite += run->reports[i].status == UHN_QUERY_NONFINITE;
        left += !uhn_is_answered(run->reports[i].status) && run->reports[i].status != UHN_QUERY_NONFINITE;
    }
    if (nonfinite)
        cli_complain(CLI_WORKED, "dynamics", "%zu of %zu queries have a NaN or an infinity, and no answer", nonfinite,
                     run->count);
    if (left)
        cli_complain(CLI_WORKED, "dynamics",
                     "%zu of %zu queries have no answer: their states grew beyond all numbers; an energy without a "
                     "lower bound (docs/dynamics.md) or steps beyond their limit do that",
                     left, run->count);
}

static int print_results(dynamics_run *run)
{
    int code = CLI_WORKED;
    note_unanswered(run);
    if (run->arguments.json)
        code = dynamics_print_json(run);
    else
        dynamics_print(run);
    return code == CLI_WORKED && run->arguments.plot ? dynamics_plot(run) : code;
}

static void free_run(dynamics_run *run)
{
    cli_flow_free(&run->data);
    uhn_release(run->states);
    uhn_release(run->patterns);
    uhn_release(run->energies);
    uhn_release(run->times);
    uhn_release(run->trajectory);
    uhn_release(run->reports);
}

static int do_all(dynamics_run *run)
{
    int code = dynamics_check_files(&run->arguments);
    if (code == CLI_WORKED)
        code = cli_flow_prepare("dynamics", &run->arguments.flow, &run->data);
    run->has_energy = !run->arguments.flow.values;
    if (code == CLI_WORKED && run->arguments.plot)
        code = dynamics_check_plot(run);
    if (code == CLI_WORKED)
        code = make_room(run);
    if (code == CLI_WORKED)
        code = flow(run);
    if (code == CLI_WORKED)
        code = dynamics_write(run);
    return code == CLI_WORKED ? print_results(run) : code;
}

int uhn_command_dynamics(int argc, char **argv)
{
    cli_option options[CLI_FLOW_OPTIONS_MAX + OWN_OPTIONS];
    cli_usage whole = usage;
    whole.options = options;
    whole.option_count = cli_flow_options(options, offsetof(dynamics_arguments, flow), CLI_FLOW_ALL, ONE_CORRUPTION);
    memcpy(options + whole.option_count, own_options, sizeof own_options);
    whole.option_count += OWN_OPTIONS;

    dynamics_run run = {0};
    size_t operand_count = 0;
    int code = cli_parse(&whole, argc, argv, &run.arguments, &operand_count);
    if (code != CLI_GO_ON)
        return code;
    code = do_all(&run);
    free_run(&run);
    return code;
}
