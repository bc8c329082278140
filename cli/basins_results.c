/* SPDX-License-Identifier: MIT
 * uhn basins: what it prints. */
#include "basins.h"
#include "json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_SHOWN = 20, TEXT = 128 };

static double share(const basins_run *run, size_t starts)
{
    return (double)starts / (double)run->basins.count;
}

/* The label of a memory, or -1 where the file has none. */
static int label_of(const basins_run *run, size_t memory)
{
    const uint8_t *labels = run->data.stored.rows.labels;
    return labels && memory != UHN_NO_INDEX ? labels[memory] : -1;
}

static void name_memory(const basins_run *run, size_t memory, char text[TEXT])
{
    const int label = label_of(run, memory);
    if (label >= 0)
        snprintf(text, TEXT, "%zu (%d)", memory, label);
    else
        snprintf(text, TEXT, "%zu", memory);
}

static const uhn_flow_report *report_of(const basins_run *run, const uhn_fixed_point *point)
{
    return &run->basins.reports[point->start];
}

/* ---- to read */

static void print_left_out(size_t shown, size_t count)
{
    if (shown < count)
        printf("  … %zu more; --json has them all\n", count - shown);
}

static void print_memories(const basins_run *run)
{
    char text[TEXT];
    printf("%-12s  %8s  %8s  %9s\n", "memory", "starts", "fraction", "steps");
    for (size_t k = 0; k < run->order_count && k < ROWS_SHOWN; k++) {
        const size_t m = run->order[k];
        name_memory(run, m, text);
        printf("%-12s  %8zu  %8.4f  %9.1f\n", text, run->basins.memories[m], share(run, run->basins.memories[m]),
               run->mean_steps[m]);
    }
    print_left_out(ROWS_SHOWN, run->order_count);
    for (int f = 0; f < UHN_FATE_COUNT; f++) {
        snprintf(text, sizeof text, f == UHN_FATE_MEMORY ? "all memories" : "%s", uhn_fate_text((uhn_fate)f));
        printf("%-12s  %8zu  %8.4f\n", text, run->basins.fates[f], share(run, run->basins.fates[f]));
    }
}

static void print_fixed_points(const basins_run *run)
{
    char text[TEXT];
    const size_t count = run->basins.fixed_point_count;
    printf("\nspurious fixed points: %zu\n", count);
    if (count)
        printf("%8s  %8s  %-11s  %9s  %13s  %6s  %s\n", "starts", "fraction", "outcome", "support", "energy", "stable",
               "nearest");
    for (size_t k = 0; k < count && k < ROWS_SHOWN; k++) {
        const uhn_fixed_point *point = &run->basins.fixed_points[run->point_order[k]];
        const uhn_flow_report *report = report_of(run, point);
        char energy[TEXT] = "-"; /* where there is none */
        if (isfinite(report->energy))
            snprintf(energy, TEXT, "%.6g", report->energy);
        name_memory(run, report->nearest, text);
        printf("%8zu  %8.4f  %-11s  %9.5g  %13s  %6s  %s\n", point->starts, share(run, point->starts),
               uhn_ending_text(report->ending), report->effective_support, energy, point->stable ? "yes" : "no", text);
    }
    print_left_out(ROWS_SHOWN, count);
}

static void describe_transition(const uhn_transition *found, char text[TEXT])
{
    if (isinf(found->high))
        snprintf(text, TEXT, "none up to %.6g", found->low);
    else if (found->low == 0)
        snprintf(text, TEXT, "below %.6g", found->high);
    else
        snprintf(text, TEXT, "%.6g", sqrt(found->low) * sqrt(found->high));
}

static void print_merging(const basins_run *run)
{
    char text[TEXT], name[TEXT];
    if (run->transition_count == 0)
        return;
    if (strcmp(run->arguments.merge, "all") != 0) {
        describe_transition(run->transitions, text);
        printf("\nmemories %zu and %zu merge at beta: %s\n", run->pair[0], run->pair[1], text);
        return;
    }
    printf("\n%-12s  %s\n", "memory", "beta above which it has a fixed point of its own");
    for (size_t m = 0; m < run->transition_count && m < 2 * ROWS_SHOWN; m++) {
        name_memory(run, m, name);
        describe_transition(&run->transitions[m], text);
        printf("%-12s  %s\n", name, text);
    }
    print_left_out(2 * ROWS_SHOWN, run->transition_count);
}

void basins_print(const basins_run *run)
{
    print_memories(run);
    printf("\n%zu starts: %s", run->basins.count, basins_starts_text(run));
    if (!run->arguments.flow.query && run->arguments.starts.index == BASINS_STARTS_MEMORIES)
        printf("; %zu (%.4f) ended in the memory that they come from", basins_recovered(run),
               share(run, basins_recovered(run)));
    putchar('\n');
    print_fixed_points(run);
    print_merging(run);
}

/* ---- JSON */

static cJSON *memory_to_json(const basins_run *run, size_t m)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "memory", (double)m);
    if (label_of(run, m) >= 0)
        cJSON_AddNumberToObject(object, "label", label_of(run, m));
    cJSON_AddNumberToObject(object, "starts", (double)run->basins.memories[m]);
    cJSON_AddNumberToObject(object, "fraction", share(run, run->basins.memories[m]));
    cJSON_AddNumberToObject(object, "mean_steps", run->mean_steps[m]);
    return object;
}

static cJSON *fixed_point_to_json(const basins_run *run, const uhn_fixed_point *point)
{
    const uhn_flow_report *report = report_of(run, point);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "first_start", (double)point->start);
    cJSON_AddNumberToObject(object, "starts", (double)point->starts);
    cJSON_AddNumberToObject(object, "fraction", share(run, point->starts));
    cJSON_AddStringToObject(object, "outcome", uhn_ending_text(report->ending));
    cJSON_AddNumberToObject(object, "effective_support", report->effective_support);
    cJSON_AddNumberToObject(object, "energy", report->energy);
    cJSON_AddBoolToObject(object, "stable", point->stable);
    cJSON_AddItemToObject(object, "nearest", cli_json_index(report->nearest));
    cJSON_AddNumberToObject(object, "margin", report->margin);
    return object;
}

/* β is null where there was none to be found: low is then what was tried last, or high. */
static cJSON *transition_to_json(const basins_run *run, size_t k)
{
    const uhn_transition *found = &run->transitions[k];
    const bool known = found->low > 0 && !isinf(found->high);
    cJSON *object = cJSON_CreateObject();
    if (strcmp(run->arguments.merge, "all") == 0) {
        cJSON_AddNumberToObject(object, "memory", (double)k);
    } else {
        const double pair[2] = {(double)run->pair[0], (double)run->pair[1]};
        cJSON_AddItemToObject(object, "memories", cJSON_CreateDoubleArray(pair, 2));
    }
    cJSON_AddNumberToObject(object, "beta", known ? sqrt(found->low) * sqrt(found->high) : (double)NAN);
    cJSON_AddNumberToObject(object, "low", found->low);
    cJSON_AddNumberToObject(object, "high", found->high);
    return object;
}

static void add_fates(const basins_run *run, cJSON *object)
{
    cJSON *starts = cJSON_AddObjectToObject(object, "fates"), *shares = cJSON_AddObjectToObject(object, "fractions");
    for (int f = 0; f < UHN_FATE_COUNT; f++) {
        cJSON_AddNumberToObject(starts, uhn_fate_text((uhn_fate)f), (double)run->basins.fates[f]);
        cJSON_AddNumberToObject(shares, uhn_fate_text((uhn_fate)f), share(run, run->basins.fates[f]));
    }
}

int basins_print_json(const basins_run *run)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "count", (double)run->basins.count);
    cJSON_AddStringToObject(object, "starts", basins_starts_text(run));
    cJSON *memories = cJSON_AddArrayToObject(object, "memories");
    for (size_t k = 0; k < run->order_count; k++)
        cJSON_AddItemToArray(memories, memory_to_json(run, run->order[k]));
    add_fates(run, object);
    if (!run->arguments.flow.query && run->arguments.starts.index == BASINS_STARTS_MEMORIES)
        cJSON_AddNumberToObject(object, "recovered", (double)basins_recovered(run));
    cJSON *points = cJSON_AddArrayToObject(object, "spurious_fixed_points");
    for (size_t k = 0; k < run->basins.fixed_point_count; k++)
        cJSON_AddItemToArray(points, fixed_point_to_json(run, &run->basins.fixed_points[run->point_order[k]]));
    if (run->transition_count) {
        cJSON *merging = cJSON_AddArrayToObject(object, "merging");
        for (size_t k = 0; k < run->transition_count; k++)
            cJSON_AddItemToArray(merging, transition_to_json(run, k));
    }
    cli_flow_add_json(object, &run->data.flow);
    cJSON_AddStringToObject(object, "version", uhn_version());
    return cli_print_json("basins", object);
}
