/* SPDX-License-Identifier: MIT
 * uhn dynamics --json. */
#include "dynamics.h"
#include "json.h"

#include <math.h>

static cJSON *query_to_json(const dynamics_run *run, size_t query)
{
    const uhn_flow_report *report = &run->reports[query];
    const bool answered = uhn_is_answered(report->status);
    const int label = dynamics_label(run, report->nearest);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "status", uhn_query_status_text(report->status));
    cJSON_AddItemToObject(object, "energy", cli_json_numbers(run->energies + query * run->moments, report->steps + 1));
    cJSON_AddNumberToObject(object, "increases", (double)report->increases);
    cJSON_AddNumberToObject(object, "largest_increase", report->largest_increase);
    cJSON_AddNumberToObject(object, "rounding", report->rounding);
    cJSON_AddItemToObject(object, "outcome",
                          answered ? cJSON_CreateString(uhn_ending_text(report->ending)) : cJSON_CreateNull());
    cJSON_AddNumberToObject(object, "steps", (double)report->steps);
    cJSON_AddNumberToObject(object, "period", (double)report->period);
    cJSON_AddNumberToObject(object, "residual", report->residual);
    cJSON_AddItemToObject(object, "nearest", cli_json_index(report->nearest));
    if (label >= 0)
        cJSON_AddNumberToObject(object, "label", label);
    cJSON_AddNumberToObject(object, "nearest_score", report->nearest_score);
    cJSON_AddNumberToObject(object, "margin", report->margin);
    cJSON_AddNumberToObject(object, "effective_support", report->effective_support);
    cJSON_AddNumberToObject(object, "dt", report->dt);
    cJSON_AddNumberToObject(object, "stability_limit", report->stability_limit);
    return object;
}

int dynamics_print_json(const dynamics_run *run)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *queries = cJSON_AddArrayToObject(object, "queries");
    for (size_t i = 0; i < run->count; i++)
        cJSON_AddItemToArray(queries, query_to_json(run, i));
    cJSON_AddNumberToObject(object, "memories", (double)uhn_memory_count(run->data.stored.memory));
    cJSON_AddNumberToObject(object, "dim", (double)run->dim);
    cli_flow_add_json(object, &run->data.flow);
    cJSON_AddBoolToObject(object, "has_energy", run->has_energy);
    cJSON_AddBoolToObject(object, "guaranteed", run->guaranteed);
    cJSON_AddNumberToObject(object, "flow_seconds", run->seconds);
    cJSON_AddNumberToObject(object, "threads", run->threads);
    cJSON_AddStringToObject(object, "isa", uhn_isa());
    cJSON_AddStringToObject(object, "version", uhn_version());
    return cli_print_json("dynamics", object);
}
