/* SPDX-License-Identifier: MIT
 * uhn landscape: trajectories over the slice. */
#include "base/allocate.h"
#include "base/random.h"
#include "landscape.h"
#include "message.h"

#include <math.h>

enum { DRAWN = 16, TRIES = 64 };

/* The pattern's state, as the query that starts there; false: no state shows the pattern. */
static bool to_query(const uhn_flow *flow, const double *pattern, size_t dim, float *query)
{
    const uhn_lagrangian *value = flow->lagrangians[UHN_LAYER_VALUE];
    bool finite = true;
    for (size_t i = 0; i < dim; i++) {
        query[i] = (float)(value->inverse ? value->inverse(pattern[i]) : pattern[i]);
        finite = finite && isfinite(query[i]);
    }
    return finite;
}

/* Uniform on the grid's rectangle, as far as states show what is there; a start depends on the seed and its number. */
static void draw_start(const landscape_run *run, size_t start, double *pattern, float *query)
{
    const uint64_t seed = run->arguments.flow.seed.given ? run->arguments.flow.seed.value : 1;
    bool shown = false;
    for (uint32_t attempt = 0; !shown && attempt < TRIES; attempt++) {
        double place[2];
        for (uint32_t a = 0; a < 2; a++)
            place[a] = run->low[a] + (run->high[a] - run->low[a]) *
                                         uhn_random_uniform(seed, UHN_STREAM_STARTS, start, 2 * attempt + a);
        uhn_slice_point(&run->slice, place, pattern);
        shown = to_query(&run->data.flow, pattern, run->dim, query);
    }
}

static int out_of_memory(void)
{
    return cli_complain(CLI_FAILED, "landscape", "out of memory for the trajectories");
}

static int draw_starts(landscape_run *run)
{
    double *pattern = uhn_allocate(run->dim, sizeof *pattern);
    run->drawn = uhn_allocate(run->count, run->dim * sizeof *run->drawn);
    const bool made = pattern && run->drawn;
    for (size_t start = 0; made && start < run->count; start++)
        draw_start(run, start, pattern, run->drawn + start * run->dim);
    uhn_release(pattern);
    return made ? CLI_WORKED : out_of_memory();
}

static int make_room(landscape_run *run)
{
    size_t places;
    if (!uhn_multiply_sizes(run->count, run->moments, &places))
        return out_of_memory();
    run->places = uhn_allocate(places, sizeof *run->places);
    run->path_energies = uhn_allocate(places, sizeof *run->path_energies);
    run->away = uhn_allocate(run->count, sizeof *run->away);
    run->states = uhn_allocate(run->count, run->dim * sizeof *run->states);
    run->reports = uhn_allocate(run->count, sizeof *run->reports);
    return run->places && run->path_energies && run->away && run->states && run->reports ? CLI_WORKED : out_of_memory();
}

/* Each trajectory has rows of its own, whatever thread it is in. */
static bool keep_place(void *context, const uhn_flow_moment *moment)
{
    landscape_run *run = context;
    const bool states = !run->data.flow.lagrangians[UHN_LAYER_VALUE]->inverse;
    const double away = uhn_slice_project(&run->slice, states ? moment->state : moment->pattern,
                                          run->places[moment->query * run->moments + moment->step]);
    run->away[moment->query] = fmax(run->away[moment->query], away);
    return true;
}

int landscape_flow(landscape_run *run)
{
    const landscape_arguments *arguments = &run->arguments;
    run->dim = uhn_memory_dim(run->data.stored.memory);
    run->moments = run->data.flow.steps + 1;
    run->count = arguments->flow.query     ? run->data.query.count
                 : arguments->starts.given ? (size_t)arguments->starts.value
                                           : DRAWN;
    int code = make_room(run);
    if (code == CLI_WORKED && !arguments->flow.query)
        code = draw_starts(run);
    if (code != CLI_WORKED)
        return code;
    uhn_flow watched = run->data.flow;
    watched.watch = keep_place;
    watched.watch_context = run;
    const uhn_status status = uhn_flow_run(run->data.stored.memory, run->drawn ? run->drawn : run->data.query.rows,
                                           run->count, 0, &watched, run->states, 0, run->path_energies, run->reports);
    return status == UHN_OK ? CLI_WORKED : cli_flow_complain("landscape", &arguments->flow, status);
}
