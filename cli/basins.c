/* SPDX-License-Identifier: MIT
 * uhn basins: where random or damaged states end, and at which β memories merge. */
#include "basins.h"
#include "base/allocate.h"
#include "command.h"
#include "message.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_OPTIONS = 6, ONE_CORRUPTION = 1, STARTS = 2 };

#define ROW(name, argument, take, member, ...)                                                                         \
    CLI_OPTION(name, argument, cli_take_##take, basins_arguments, member, __VA_ARGS__)

static const cli_option own_options[OWN_OPTIONS] = {
    ROW("starts", "WORD", word, starts, .words = "box|gaussian|memories", .group = STARTS,
        .help = "how starts are drawn: box, each number uniform between the smallest and the largest of the memories "
                "there; gaussian, normal with their mean and deviation; memories, one memory after the other, damaged "
                "as --noise and its like say.",
        .initial = "box"),
    ROW("count", "N", whole, count, .minimum = 1, .maximum = 1e9, .help = "how many starts are drawn.",
        .initial = "1000"),
    ROW("radius", "NUMBER", number, radius, .minimum = 1e-300, .maximum = INFINITY,
        .help = "two patterns are one when their distance is at most this times (1 + the first one's length).",
        .initial = "0.001"),
    ROW("merge", "A,B|all", text, merge,
        .help = "also finds the beta below which the flows from memories A and B rest at the same place; all: for "
                "each memory the beta above which it has a fixed point of its own. Flows are slow where memories "
                "merge: give them --steps."),
    ROW("precision", "NUMBER", number, precision, .minimum = 1e-12, .maximum = 1e12, .help = "of that beta, relative.",
        .initial = "0.001"),
    ROW("json", NULL, flag, json, .help = "prints the tables as JSON."),
};

static const cli_usage usage = {
    .name = "basins",
    .synopsis = "--memory FILE [--query FILE | --starts WORD] [options]",
    .summary = "Lets the network behind a memory flow from many starts, and tells in which memories they end and what "
               "other fixed points there are.",
    .text = "A start ends in memory m when it rests with one memory active, m being nearest, where the flow from m "
            "itself rests. Elsewhere at rest it is spurious: a mixture of several memories, or a point beside them; "
            "diffuse, if at least half of all memories share it. A fixed point is stable when the flow comes back "
            "after a small push.",
    .operands_max = 0,
    .tables = cli_flow_print_tables,
    .example = "  uhn basins --memory digits.idx --memory-rows 0:100 --starts memories \\\n"
               "      --noise 0.5 --similarity sqeuclidean --beta 0.3\n"
               "  uhn basins --memory digits.idx --memory-rows 0:100 --merge 3,8 \\\n"
               "      --similarity sqeuclidean --steps 10000",
};

const char *basins_starts_text(const basins_run *run)
{
    static const char *const texts[] = {"box", "gaussian", "memories"};
    return run->arguments.flow.query ? "query" : texts[run->arguments.starts.index];
}

size_t basins_recovered(const basins_run *run)
{
    size_t recovered = 0;
    for (size_t i = 0; i < run->basins.count; i++)
        recovered +=
            run->basins.homes[i].fate == UHN_FATE_MEMORY && run->basins.homes[i].place == i % run->basins.memory_count;
    return recovered;
}

/* ---- basins */

static int complain(const basins_run *run, uhn_status status)
{
    return cli_flow_complain("basins", &run->arguments.flow, status);
}

/* Most starts first, then by index. */
static int by_starts(const void *a, const void *b, void *context)
{
    const size_t *starts = context, x = *(const size_t *)a, y = *(const size_t *)b;
    if (starts[x] != starts[y])
        return starts[x] < starts[y] ? 1 : -1;
    return x < y ? -1 : 1;
}

static int by_starts_of_point(const void *a, const void *b, void *context)
{
    const uhn_fixed_point *points = context, *x = &points[*(const size_t *)a], *y = &points[*(const size_t *)b];
    if (x->starts != y->starts)
        return x->starts < y->starts ? 1 : -1;
    return x->start < y->start ? -1 : 1;
}

static int order_points(basins_run *run)
{
    const size_t count = run->basins.fixed_point_count;
    run->point_order = uhn_allocate(count, sizeof *run->point_order);
    if (!run->point_order)
        return cli_complain(CLI_FAILED, "basins", "out of memory for the table of %zu fixed points", count);
    for (size_t k = 0; k < count; k++)
        run->point_order[k] = k;
    qsort_r(run->point_order, count, sizeof *run->point_order, by_starts_of_point, run->basins.fixed_points);
    return CLI_WORKED;
}

static int sum_up(basins_run *run)
{
    const uhn_basins *basins = &run->basins;
    const size_t count = basins->memory_count;
    run->order = uhn_allocate(count, sizeof *run->order);
    run->mean_steps = uhn_allocate(count, sizeof *run->mean_steps);
    if (!run->order || !run->mean_steps)
        return cli_complain(CLI_FAILED, "basins", "out of memory for the table of %zu memories", count);
    for (size_t i = 0; i < basins->count; i++)
        if (basins->homes[i].fate == UHN_FATE_MEMORY)
            run->mean_steps[basins->homes[i].place] += (double)basins->reports[i].steps;
    for (size_t m = 0; m < count; m++) {
        run->mean_steps[m] /= (double)basins->memories[m]; /* 0/0 is a NaN */
        if (basins->memories[m])
            run->order[run->order_count++] = m;
    }
    qsort_r(run->order, run->order_count, sizeof *run->order, by_starts, basins->memories);
    return order_points(run);
}

static int find_basins(basins_run *run)
{
    const double radius = run->arguments.radius.given ? run->arguments.radius.value : 1e-3;
    const uhn_status status = uhn_basins_find(run->data.stored.memory, run->drawn ? run->drawn : run->data.query.rows,
                                              run->count, 0, &run->data.flow, radius, &run->basins);
    return status == UHN_OK ? sum_up(run) : complain(run, status);
}

/* ---- merging */

/* "all", or two memories that exist. */
static int read_merge(basins_run *run, bool *all)
{
    static const cli_option row = {.name = "merge", .argument = "A,B or all", .minimum = 2, .maximum = 2};
    const size_t count = uhn_memory_count(run->data.stored.memory);
    cli_list list = {0};
    *all = strcmp(run->arguments.merge, "all") == 0;
    if (*all)
        return CLI_WORKED;
    const uhn_status status = cli_take_list(&row, run->arguments.merge, &list);
    if (status != UHN_OK)
        return cli_complain_status(CLI_MISUSED, "basins", NULL, status);
    for (size_t k = 0; k < 2; k++) {
        run->pair[k] = list.values[k];
        if (list.values[k] >= count)
            return cli_complain(CLI_MISUSED, "basins",
                                "--merge names memory %zu, but %s has %zu, which are numbered from 0", list.values[k],
                                run->arguments.flow.memory, count);
    }
    if (list.values[0] == list.values[1])
        return cli_complain(CLI_MISUSED, "basins", "--merge names memory %zu twice", list.values[0]);
    return CLI_WORKED;
}

static int find_merging(basins_run *run)
{
    const basins_arguments *arguments = &run->arguments;
    const double precision = arguments->precision.given ? arguments->precision.value : 1e-3;
    const double radius = arguments->radius.given ? arguments->radius.value : 1e-3;
    const uhn_memory *memory = run->data.stored.memory;
    bool all;
    const int code = read_merge(run, &all);
    if (code != CLI_WORKED)
        return code;
    run->transition_count = all ? uhn_memory_count(memory) : 1;
    run->transitions = uhn_allocate(run->transition_count, sizeof *run->transitions);
    if (!run->transitions)
        return cli_complain(CLI_FAILED, "basins", "out of memory for the merging of %zu memories",
                            run->transition_count);
    const uhn_status status =
        all ? uhn_attractor_betas(memory, NULL, run->transition_count, &run->data.flow, precision, run->transitions)
            : uhn_merging_beta(memory, run->pair[0], run->pair[1], &run->data.flow, radius, precision,
                               run->transitions);
    return status == UHN_OK ? CLI_WORKED : complain(run, status);
}

/* ---- the command */

/* What can be said before anything is read. */
static int check(const basins_arguments *arguments)
{
    double level;
    const uhn_corruption *corruption = cli_damage_chosen(&arguments->flow.damage, &level);
    if (corruption && !arguments->flow.query && arguments->starts.index != BASINS_STARTS_MEMORIES)
        return cli_complain(CLI_MISUSED, "basins", "--%s needs --starts memories or --query FILE, states to damage",
                            corruption->name);
    if (arguments->count.given && arguments->flow.query)
        return cli_complain(CLI_MISUSED, "basins", "--count says how many starts are drawn, but --query has them all");
    if (arguments->precision.given && !arguments->merge)
        return cli_complain(CLI_MISUSED, "basins", "--precision needs --merge");
    return CLI_WORKED;
}

static void free_run(basins_run *run)
{
    cli_flow_free(&run->data);
    uhn_basins_free(&run->basins);
    uhn_release(run->drawn);
    uhn_release(run->order);
    uhn_release(run->point_order);
    uhn_release(run->mean_steps);
    uhn_release(run->transitions);
}

static int do_all(basins_run *run)
{
    int code = check(&run->arguments);
    if (code == CLI_WORKED)
        code = cli_flow_prepare("basins", &run->arguments.flow, &run->data);
    if (!run->arguments.flow.steps.given)
        run->data.flow.steps = 1000;
    if (code == CLI_WORKED)
        code = basins_draw(run);
    if (code == CLI_WORKED)
        code = find_basins(run);
    if (code == CLI_WORKED && run->arguments.merge)
        code = find_merging(run);
    if (code == CLI_WORKED && run->arguments.json)
        return basins_print_json(run);
    if (code == CLI_WORKED)
        basins_print(run);
    return code;
}

int uhn_command_basins(int argc, char **argv)
{
    cli_option options[CLI_FLOW_OPTIONS_MAX + OWN_OPTIONS];
    cli_usage whole = usage;
    const size_t shared =
        cli_flow_options(options, offsetof(basins_arguments, flow), CLI_FLOW_QUERY | CLI_FLOW_DAMAGE, ONE_CORRUPTION);
    cli_option *query = cli_flow_option(options, shared, "query");
    query->required = false;
    query->group = STARTS;
    query->help = "the starts, one a row, as long as a memory, instead of drawn ones.";
    cli_flow_option(options, shared, "steps")->initial = "1000";
    memcpy(options + shared, own_options, sizeof own_options);
    whole.options = options;
    whole.option_count = shared + OWN_OPTIONS;

    basins_run run = {0};
    size_t operand_count = 0;
    int code = cli_parse(&whole, argc, argv, &run.arguments, &operand_count);
    if (code != CLI_GO_ON)
        return code;
    code = do_all(&run);
    free_run(&run);
    return code;
}
