/* SPDX-License-Identifier: MIT
 * uhn landscape: the files it writes and what it prints. */
#include "base/allocate.h"
#include "data/write_file.h"
#include "json.h"
#include "landscape.h"
#include "message.h"
#include "output_names.h"

#include <math.h>
#include <stdio.h>

enum { TEXT = 128 };

int landscape_check_files(const landscape_arguments *arguments)
{
    const char *const names[] = {arguments->plot, arguments->energies};
    uhn_figure_format format;
    if (arguments->plot && uhn_figure_format_of(arguments->plot, &format) != UHN_OK)
        return cli_complain(CLI_MISUSED, "landscape", "--plot is %s, but its name must end in .svg, .png or .pdf",
                            arguments->plot);
    if (arguments->energies && !cli_ends_in(arguments->energies, ".csv") && !cli_ends_in(arguments->energies, ".npy"))
        return cli_complain(CLI_MISUSED, "landscape", "--energies is %s, but its name must end in .csv or .npy",
                            arguments->energies);
    const int code = cli_check_different("landscape", names, 2, "--plot and --energies");
    return code == CLI_WORKED ? cli_flow_check_kept("landscape", &arguments->flow, names, 2) : code;
}

static double place_on(const landscape_run *run, size_t axis, size_t k)
{
    const double share = run->size[axis] > 1 ? (double)k / (double)(run->size[axis] - 1) : 0;
    return run->low[axis] * (1 - share) + run->high[axis] * share;
}

static void name_memory(const landscape_run *run, size_t k, char text[TEXT])
{
    const size_t memory = run->memories->values[k];
    const uint8_t *labels = run->data.stored.rows.labels;
    if (labels)
        snprintf(text, TEXT, "memory %zu (label %d)", memory, labels[memory]);
    else
        snprintf(text, TEXT, "memory %zu", memory);
}

/* ---- files */

static int write_csv(const landscape_run *run, const char *path)
{
    const bool plane = run->slice.axes > 1;
    uhn_replacement file;
    uhn_status status = uhn_replacement_start(&file, path);
    if (status != UHN_OK)
        return cli_complain_status(CLI_FAILED, "landscape", path, status);
    fputs(plane ? "x,y,energy\n" : "x,share,energy\n", file.stream);
    const double *energy = run->energies;
    for (size_t row = 0; row < run->size[1]; row++)
        for (size_t column = 0; column < run->size[0]; column++, energy++) {
            const double x = place_on(run, 0, column);
            fprintf(file.stream, "%.17g,%.17g,", x, plane ? place_on(run, 1, row) : x / run->slice.places[1][0]);
            if (isfinite(*energy))
                fprintf(file.stream, "%.17g", *energy);
            fputc('\n', file.stream);
        }
    status = uhn_replacement_finish(&file, UHN_OK);
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "landscape", path, status);
}

static int write_energies(const landscape_run *run, const char *path)
{
    if (cli_ends_in(path, ".csv"))
        return write_csv(run, path);
    const bool plane = run->slice.axes > 1;
    const size_t shape[2] = {plane ? run->size[1] : run->size[0], run->size[0]};
    const uhn_status status = uhn_write_npy_double(path, run->energies, plane ? 2 : 1, shape);
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "landscape", path, status);
}

static size_t moments_of(const landscape_run *run, size_t trajectory)
{
    const uhn_flow_report *report = &run->reports[trajectory];
    return uhn_is_answered(report->status) ? report->steps + 1 : 0;
}

static int draw(const landscape_run *run, const char *path)
{
    const uhn_flow *flow = &run->data.flow;
    char title[4 * TEXT], value[TEXT], memory[TEXT], names[3][TEXT];
    uhn_figure_format format;
    uhn_landscape_path *paths = uhn_allocate(run->count, sizeof *paths);
    uhn_status status = uhn_figure_format_of(path, &format);
    if (!paths)
        return cli_complain(CLI_FAILED, "landscape", "out of memory for the figure");
    cli_flow_describe(flow, UHN_LAYER_VALUE, value, sizeof value);
    cli_flow_describe(flow, UHN_LAYER_MEMORY, memory, sizeof memory);
    snprintf(title, sizeof title, "%s, %s, %s, leak %s", flow->similarity->name, value, memory,
             flow->leak ? "on" : "off");
    for (size_t p = 0; p < run->count; p++)
        paths[p] = (uhn_landscape_path){(const double(*)[2])run->places + p * run->moments, moments_of(run, p)};
    uhn_landscape landscape = {.title = title,
                               .slice = &run->slice,
                               .low = {run->low[0], run->low[1]},
                               .high = {run->high[0], run->high[1]},
                               .size = {run->size[0], run->size[1]},
                               .energies = run->energies,
                               .paths = paths,
                               .path_count = run->count};
    for (size_t k = 0; k < run->memories->count; k++) {
        name_memory(run, k, names[k]);
        landscape.names[k] = names[k];
    }
    if (status == UHN_OK)
        status = uhn_draw_landscape(&landscape, path, format);
    uhn_release(paths);
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "landscape", path, status);
}

int landscape_write(const landscape_run *run)
{
    const landscape_arguments *arguments = &run->arguments;
    int code = arguments->energies ? write_energies(run, arguments->energies) : CLI_WORKED;
    if (code == CLI_WORKED && arguments->plot)
        code = draw(run, arguments->plot);
    return code;
}

/* ---- to read */

static void print_trajectories(const landscape_run *run)
{
    size_t counts[UHN_ENDING_COUNT] = {0}, unanswered = 0, increases = 0;
    double away = 0;
    for (size_t p = 0; p < run->count; p++) {
        const bool answered = uhn_is_answered(run->reports[p].status);
        unanswered += !answered;
        counts[run->reports[p].ending] += answered;
        increases += answered ? run->reports[p].increases : 0;
        away = answered ? fmax(away, run->away[p]) : away;
    }
    printf("trajectories: %zu", run->count);
    for (int e = 0; e < UHN_ENDING_COUNT; e++)
        if (counts[e])
            printf(", %zu %s", counts[e], uhn_ending_text((uhn_ending)e));
    if (unanswered)
        printf(", %zu without an answer", unanswered);
    printf("; at most %.4g from the plane; energy increases: %zu\n", away, increases);
}

void landscape_print(const landscape_run *run)
{
    double least = INFINITY, most = -INFINITY;
    char name[TEXT];
    for (size_t k = 0; k < run->size[0] * run->size[1]; k++)
        if (isfinite(run->energies[k])) {
            least = fmin(least, run->energies[k]);
            most = fmax(most, run->energies[k]);
        }
    for (size_t k = 0; k < run->memories->count; k++) {
        name_memory(run, k, name);
        printf("%s at %.6g", name, run->slice.places[k][0]);
        if (run->slice.axes > 1)
            printf(", %.6g", run->slice.places[k][1]);
        printf(": energy %.6g\n", run->memory_energies[k]);
    }
    if (run->slice.axes > 1)
        printf("grid of %zu × %zu places", run->size[0], run->size[1]);
    else
        printf("line of %zu places", run->size[0]);
    if (least <= most)
        printf(": energies from %.6g to %.6g\n", least, most);
    else
        printf(": none that a state shows\n");
    if (run->count)
        print_trajectories(run);
}

/* ---- JSON */

static cJSON *pair_to_json(const double *pair, size_t count)
{
    return cJSON_CreateDoubleArray(pair, (int)count);
}

static cJSON *memories_to_json(const landscape_run *run)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t k = 0; k < run->memories->count; k++) {
        const size_t index = run->memories->values[k];
        cJSON *object = cJSON_CreateObject();
        cJSON_AddNumberToObject(object, "index", (double)index);
        if (run->data.stored.rows.labels)
            cJSON_AddNumberToObject(object, "label", run->data.stored.rows.labels[index]);
        cJSON_AddItemToObject(object, "place", pair_to_json(run->slice.places[k], run->slice.axes));
        cJSON_AddNumberToObject(object, "energy", run->memory_energies[k]);
        cJSON_AddItemToArray(array, object);
    }
    return array;
}

static cJSON *trajectory_to_json(const landscape_run *run, size_t p)
{
    const uhn_flow_report *report = &run->reports[p];
    const bool answered = uhn_is_answered(report->status);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "status", uhn_query_status_text(report->status));
    cJSON_AddItemToObject(object, "outcome",
                          answered ? cJSON_CreateString(uhn_ending_text(report->ending)) : cJSON_CreateNull());
    cJSON_AddItemToObject(object, "nearest", cli_json_index(report->nearest));
    cJSON_AddNumberToObject(object, "increases", (double)report->increases);
    cJSON_AddNumberToObject(object, "largest_distance", answered ? run->away[p] : (double)NAN);
    cJSON *places = cJSON_AddArrayToObject(object, "places"), *energies = cJSON_AddArrayToObject(object, "energies");
    for (size_t k = p * run->moments; k < p * run->moments + moments_of(run, p); k++) {
        cJSON_AddItemToArray(places, pair_to_json(run->places[k], 2));
        cJSON_AddItemToArray(energies, cJSON_CreateNumber(run->path_energies[k]));
    }
    return object;
}

int landscape_print_json(const landscape_run *run)
{
    const size_t axes = run->slice.axes;
    const double size[2] = {(double)run->size[0], (double)run->size[1]};
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "memories", memories_to_json(run));
    cJSON_AddItemToObject(object, "low", pair_to_json(run->low, axes));
    cJSON_AddItemToObject(object, "high", pair_to_json(run->high, axes));
    cJSON_AddItemToObject(object, "size", pair_to_json(size, axes));
    cJSON *rows = axes > 1 ? cJSON_AddArrayToObject(object, "energies") : NULL;
    for (size_t y = 0; y < run->size[1]; y++) {
        cJSON *row = pair_to_json(run->energies + y * run->size[0], run->size[0]);
        if (rows)
            cJSON_AddItemToArray(rows, row);
        else
            cJSON_AddItemToObject(object, "energies", row);
    }
    cJSON *trajectories = cJSON_AddArrayToObject(object, "trajectories");
    for (size_t p = 0; p < run->count; p++)
        cJSON_AddItemToArray(trajectories, trajectory_to_json(run, p));
    cli_flow_add_json(object, &run->data.flow);
    cJSON_AddStringToObject(object, "version", uhn_version());
    return cli_print_json("landscape", object);
}
