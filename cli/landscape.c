/* SPDX-License-Identifier: MIT
 * uhn landscape: the effective energy on the plane through three memories, or along the line through two. */
#include "landscape.h"
#include "base/allocate.h"
#include "command.h"
#include "message.h"

#include <math.h>
#include <string.h>

enum { OWN_OPTIONS = 8, ONE_CORRUPTION = 1, SLICE = 2, STARTS = 3 };

#define ROW(name, argument, take, member, ...)                                                                         \
    CLI_OPTION(name, argument, cli_take_##take, landscape_arguments, member, __VA_ARGS__)

static const cli_option own_options[OWN_OPTIONS] = {
    ROW("through", "I,J,K", list, through, .minimum = 3, .maximum = 3, .group = SLICE,
        .help = "three memories: the energy on the plane through them, with trajectories."),
    ROW("between", "I,J", list, between, .minimum = 2, .maximum = 2, .group = SLICE,
        .help = "two memories: the energy along the line through them."),
    ROW("starts", "N", whole, starts, .maximum = 100000, .group = STARTS,
        .help = "how many trajectories start on the plane at random; --query has them start elsewhere.",
        .initial = "16"),
    ROW("grid", "N", whole, grid, .minimum = 2, .maximum = 4096,
        .help = "how many places there are on the longer side.", .initial = "101"),
    ROW("margin", "SHARE", number, margin, .maximum = 100,
        .help = "how far the slice goes beyond the memories, in sizes of what they span.", .initial = "0.25"),
    ROW("plot", "FILE", text, plot, .help = "draws the landscape as .svg, .png or .pdf."),
    ROW("energies", "FILE", text, energies,
        .help = "writes the energies of the grid: .csv (place, energy) or .npy (float64, rows from the bottom up)."),
    ROW("json", NULL, flag, json, .help = "prints the grid, the memories and the trajectories as JSON."),
};

static const cli_usage usage = {
    .name = "landscape",
    .synopsis = "--memory FILE (--through I,J,K | --between I,J) [options]",
    .summary = "Draws the energy that the network behind a memory descends.",
    .text = "The effective energy E(v) = leak (v·g - L_v(v)) - I·g - L_h(S(g)) is looked at on a slice of patterns g, "
            "at the state v that shows each; with layer-norm, which has no such state, on a slice of states. "
            "Trajectories that leave the plane are drawn where they are above it, and how far they were is reported.",
    .operands_max = 0,
    .tables = cli_flow_print_tables,
    .example = "  uhn landscape --memory digits.idx --memory-rows 0:100 --through 3,8,14 \\\n"
               "      --similarity sqeuclidean --beta 0.3 --plot landscape.svg",
};

/* ---- the slice */

static int make_slice(landscape_run *run)
{
    const landscape_arguments *arguments = &run->arguments;
    const char *option = arguments->through.given ? "through" : "between";
    const size_t count = uhn_memory_count(run->data.stored.memory);
    for (size_t k = 0; k < run->memories->count; k++)
        if (run->memories->values[k] >= count)
            return cli_complain(CLI_MISUSED, "landscape",
                                "--%s names memory %zu, but %s has %zu, which are numbered from 0", option,
                                run->memories->values[k], arguments->flow.memory, count);
    const uhn_status status =
        uhn_slice_through(run->data.stored.memory, run->memories->values, run->memories->count, &run->slice);
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "landscape", arguments->flow.memory, status);
}

/* The grid around the memories, its places as far from each other on both axes. */
static void lay_out_grid(landscape_run *run)
{
    const landscape_arguments *arguments = &run->arguments;
    const double margin = arguments->margin.given ? arguments->margin.value : 0.25;
    const double longest = (double)(arguments->grid.given ? arguments->grid.value : 101) - 1;
    double span = 0;
    for (size_t a = 0; a < run->slice.axes; a++) {
        for (size_t k = 1; k <= run->slice.axes; k++) {
            run->low[a] = fmin(run->low[a], run->slice.places[k][a]);
            run->high[a] = fmax(run->high[a], run->slice.places[k][a]);
        }
        span = fmax(span, run->high[a] - run->low[a]);
    }
    for (size_t a = 0; a < run->slice.axes; a++) {
        run->low[a] -= margin * span;
        run->high[a] += margin * span;
    }
    const double whole = fmax(run->high[0] - run->low[0], run->high[1] - run->low[1]);
    for (size_t a = 0; a < 2; a++)
        run->size[a] =
            a < run->slice.axes ? (size_t)fmax(1, round(longest * (run->high[a] - run->low[a]) / whole)) + 1 : 1;
}

static int find_energies(landscape_run *run)
{
    const uhn_memory *memory = run->data.stored.memory;
    const size_t one[2] = {1, 1};
    lay_out_grid(run);
    run->energies = uhn_allocate(run->size[0] * run->size[1], sizeof *run->energies);
    if (!run->energies)
        return cli_complain(CLI_FAILED, "landscape", "out of memory for the energies");
    uhn_status status =
        uhn_slice_energies(memory, &run->slice, &run->data.flow, run->low, run->high, run->size, run->energies);
    for (size_t k = 0; status == UHN_OK && k < run->memories->count; k++)
        status = uhn_slice_energies(memory, &run->slice, &run->data.flow, run->slice.places[k], run->slice.places[k],
                                    one, &run->memory_energies[k]);
    return status == UHN_OK ? CLI_WORKED : cli_flow_complain("landscape", &run->arguments.flow, status);
}

/* ---- the command */

/* What can be said before anything is read. */
static int check(landscape_run *run)
{
    const landscape_arguments *arguments = &run->arguments;
    double level;
    const uhn_corruption *corruption = cli_damage_chosen(&arguments->flow.damage, &level);
    run->memories = arguments->through.given ? &arguments->through : &arguments->between;
    if (!run->memories->given)
        return cli_complain(CLI_MISUSED, "landscape",
                            "the slice is missing; give --through I,J,K for a plane, or --between I,J for a line");
    if (arguments->between.given && (arguments->flow.query || arguments->starts.given))
        return cli_complain(CLI_MISUSED, "landscape", "--%s needs --through I,J,K: a line shows no trajectories",
                            arguments->flow.query ? "query" : "starts");
    if (corruption && !arguments->flow.query)
        return cli_complain(CLI_MISUSED, "landscape", "--%s needs --query FILE, the states to damage",
                            corruption->name);
    return landscape_check_files(arguments);
}

static void free_run(landscape_run *run)
{
    cli_flow_free(&run->data);
    uhn_slice_free(&run->slice);
    uhn_release(run->energies);
    uhn_release(run->drawn);
    uhn_release(run->places);
    uhn_release(run->path_energies);
    uhn_release(run->away);
    uhn_release(run->states);
    uhn_release(run->reports);
}

static int do_all(landscape_run *run)
{
    int code = check(run);
    if (code == CLI_WORKED)
        code = cli_flow_prepare("landscape", &run->arguments.flow, &run->data);
    if (!run->arguments.flow.dt.given)
        run->data.flow.dt = 0.05;
    if (!run->arguments.flow.steps.given)
        run->data.flow.steps = 1000;
    if (code == CLI_WORKED)
        code = make_slice(run);
    if (code == CLI_WORKED)
        code = find_energies(run);
    if (code == CLI_WORKED && run->slice.axes > 1)
        code = landscape_flow(run);
    if (code == CLI_WORKED)
        code = landscape_write(run);
    if (code == CLI_WORKED && run->arguments.json)
        return landscape_print_json(run);
    if (code == CLI_WORKED)
        landscape_print(run);
    return code;
}

int uhn_command_landscape(int argc, char **argv)
{
    cli_option options[CLI_FLOW_OPTIONS_MAX + OWN_OPTIONS];
    cli_usage whole = usage;
    const size_t shared = cli_flow_options(options, offsetof(landscape_arguments, flow),
                                           CLI_FLOW_QUERY | CLI_FLOW_DAMAGE, ONE_CORRUPTION);
    cli_option *query = cli_flow_option(options, shared, "query");
    query->required = false;
    query->group = STARTS;
    query->help = "where trajectories start, one a row, instead of at random.";
    cli_flow_option(options, shared, "dt")->initial = "0.05";
    cli_flow_option(options, shared, "steps")->initial = "1000";
    memcpy(options + shared, own_options, sizeof own_options);
    whole.options = options;
    whole.option_count = shared + OWN_OPTIONS;

    landscape_run run = {0};
    size_t operand_count = 0;
    int code = cli_parse(&whole, argc, argv, &run.arguments, &operand_count);
    if (code != CLI_GO_ON)
        return code;
    code = do_all(&run);
    free_run(&run);
    return code;
}
