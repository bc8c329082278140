/* SPDX-License-Identifier: MIT
 * uhn dynamics --plot. */
#include "base/allocate.h"
#include "dynamics.h"
#include "lab/energy_figure.h"
#include "message.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT = 96 };

int dynamics_check_plot(const dynamics_run *run)
{
    if (run->has_energy)
        return CLI_WORKED;
    return cli_complain(CLI_MISUSED, "dynamics", "--plot draws energies, but with --values there is none");
}

/* What is drawn, and what it is made of. */
typedef struct plot {
    const dynamics_run *run;
    uhn_energy_curve *curves; /* of the queries with an answer */
    size_t *queries;          /* which these are */
    size_t curve_count, row_count;
    double *steps; /* 0, 1, 2 …, where time is infinite */
    char (*names)[TEXT], (*notes)[TEXT];
    size_t moments[UHN_ENERGY_COLUMNS], moment_count;
    float *images; /* row_count × moment_count × D */
    size_t row;    /* that is being filled */
} plot;

/* ---- curves */

static void name_curve(const dynamics_run *run, size_t query, char name[TEXT], char note[TEXT], bool images)
{
    const uhn_flow_report *report = &run->reports[query];
    if (images) {
        snprintf(name, TEXT, "query %zu", query);
        snprintf(note, TEXT, "%s", uhn_ending_text(report->ending));
    } else {
        snprintf(name, TEXT, "query %zu: %s, nearest memory %zu", query, uhn_ending_text(report->ending),
                 report->nearest);
    }
}

static void make_curves(plot *own, bool images)
{
    const dynamics_run *run = own->run;
    const bool endless = isinf(run->data.flow.dt);
    for (size_t step = 0; step < run->moments; step++)
        own->steps[step] = (double)step;
    for (size_t query = 0; query < run->count; query++) {
        const uhn_flow_report *report = &run->reports[query];
        if (!uhn_is_answered(report->status))
            continue;
        const size_t c = own->curve_count++;
        own->queries[c] = query;
        own->curves[c] = (uhn_energy_curve){.x = endless ? own->steps : run->times + query * run->moments,
                                            .energies = run->energies + query * run->moments,
                                            .count = report->steps + 1,
                                            .rounding = report->rounding};
        if (c >= UHN_ENERGY_NAMED)
            continue;
        name_curve(run, query, own->names[c], own->notes[c], images);
        own->curves[c].name = own->names[c];
        own->curves[c].note = images ? own->notes[c] : NULL;
    }
}

/* ---- images */

static const uhn_geometry *geometry_of(const dynamics_run *run)
{
    const uhn_geometry *const known[] = {&run->data.query.geometry, &run->data.stored.rows.geometry};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i]->height && known[i]->height * known[i]->width * known[i]->channels == run->dim)
            return known[i];
    return NULL;
}

/* A moment fills every column from its own on; later ones take their places, so that a state that rests stays. */
static bool keep_image(void *context, const uhn_flow_moment *moment)
{
    plot *own = context;
    const size_t dim = own->run->dim;
    for (size_t column = 0; column < own->moment_count; column++)
        for (size_t i = 0; own->moments[column] >= moment->step && i < dim; i++)
            own->images[(own->row * own->moment_count + column) * dim + i] = (float)moment->pattern[i];
    return moment->step < own->moments[own->moment_count - 1];
}

/* The flow is a function of its query: flowing again gives the same states. */
static uhn_status flow_again(plot *own, size_t row, double *state)
{
    const dynamics_run *run = own->run;
    const size_t query = own->queries[row];
    uhn_flow flow = run->data.flow;
    flow.watch = keep_image;
    flow.watch_context = own;
    if (flow.input)
        flow.input =
            (const double *)(const void *)((const uint8_t *)(const void *)flow.input + query * flow.input_stride);
    if (flow.clamped)
        flow.clamped += query * flow.clamped_stride;
    own->row = row;
    const float *queries = run->data.query.rows;
    const uhn_status status =
        uhn_flow_run(run->data.stored.memory, queries + query * run->dim, 1, 0, &flow, state, 0, NULL, NULL);
    return status == UHN_ERROR_STOPPED ? UHN_OK : status; /* all that is wanted has been seen */
}

/* Black and white: 0 and 1, or the ends of what the memories hold beyond. */
static uhn_status find_shades(const dynamics_run *run, uhn_energy_images *images)
{
    const uhn_memory *memory = run->data.stored.memory;
    float *row = uhn_allocate(run->dim, sizeof *row);
    uhn_status status = row ? UHN_OK : UHN_ERROR_OUT_OF_MEMORY;
    images->low = 0;
    images->high = 1;
    for (size_t m = 0; status == UHN_OK && m < uhn_memory_count(memory); m++) {
        status = uhn_memory_value(memory, m, row);
        for (size_t i = 0; status == UHN_OK && i < run->dim; i++) {
            images->low = fminf(images->low, row[i]);
            images->high = fmaxf(images->high, row[i]);
        }
    }
    uhn_release(row);
    return status;
}

static uhn_status make_images(plot *own, uhn_energy_images *images)
{
    const dynamics_run *run = own->run;
    double *state = uhn_allocate(run->dim, sizeof *state);
    own->images = uhn_allocate(own->row_count * own->moment_count, run->dim * sizeof *own->images);
    uhn_status status = state && own->images ? find_shades(run, images) : UHN_ERROR_OUT_OF_MEMORY;
    for (size_t row = 0; status == UHN_OK && row < own->row_count; row++)
        status = flow_again(own, row, state);
    uhn_release(state);
    images->row_count = own->row_count;
    images->column_count = own->moment_count;
    images->moments = own->moments;
    images->rows = own->images;
    images->dim = run->dim;
    return status;
}

/* ---- the figure */

static void describe(const dynamics_run *run, char *title, size_t size)
{
    const uhn_flow *flow = &run->data.flow;
    char value[TEXT], memory[TEXT];
    cli_flow_describe(flow, UHN_LAYER_VALUE, value, sizeof value);
    cli_flow_describe(flow, UHN_LAYER_MEMORY, memory, sizeof memory);
    snprintf(title, size, "%s, %s, %s; %s, dt = %g", flow->similarity->name, value, memory,
             uhn_integrator_text(flow->integrator), run->reports[0].dt);
}

static uhn_status draw(plot *own)
{
    const dynamics_run *run = own->run;
    const char *path = run->arguments.plot;
    uhn_energy_images images = {.geometry = geometry_of(run)};
    uhn_figure_format format;
    char title[4 * TEXT];
    uhn_status status = uhn_figure_format_of(path, &format);
    make_curves(own, images.geometry != NULL);
    describe(run, title, sizeof title);
    uhn_energy_figure figure = {.title = title,
                                .counts_steps = isinf(run->data.flow.dt),
                                .curves = own->curves,
                                .curve_count = own->curve_count};
    if (status == UHN_OK && images.geometry && own->curve_count) {
        own->row_count = own->curve_count < UHN_ENERGY_ROWS ? own->curve_count : UHN_ENERGY_ROWS;
        own->moment_count = uhn_choose_moments(&figure, own->row_count, own->moments);
        status = make_images(own, &images);
        figure.images = &images;
    }
    return status == UHN_OK ? uhn_draw_energies(&figure, path, format) : status;
}

int dynamics_plot(const dynamics_run *run)
{
    plot own = {.run = run,
                .curves = uhn_allocate(run->count, sizeof *own.curves),
                .queries = uhn_allocate(run->count, sizeof *own.queries),
                .steps = uhn_allocate(run->moments, sizeof *own.steps),
                .names = uhn_allocate(UHN_ENERGY_NAMED, TEXT),
                .notes = uhn_allocate(UHN_ENERGY_NAMED, TEXT)};
    const bool complete = own.curves && own.queries && own.steps && own.names && own.notes;
    const uhn_status status = complete ? draw(&own) : UHN_ERROR_OUT_OF_MEMORY;
    uhn_release(own.curves);
    uhn_release(own.queries);
    uhn_release(own.steps);
    uhn_release(own.names);
    uhn_release(own.notes);
    uhn_release(own.images);
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "dynamics", "--plot", status);
}
