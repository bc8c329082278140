/* SPDX-License-Identifier: MIT
 * uhn recall --json. */
#include "json.h"
#include "message.h"
#include "recall.h"
#include "store.h"
#include "uhn/dynamics.h"

#include <stdio.h>

/* What a store calls the memory: id and label. */
static void add_name(cJSON *object, const recall_run *run, const char *prefix, size_t index)
{
    char id_key[32], label_key[32];
    const uhn_store_view *view = run->stored.view;
    if (!view)
        return;
    snprintf(id_key, sizeof id_key, "%sid", prefix);
    snprintf(label_key, sizeof label_key, "%slabel", prefix);
    const uint64_t id = cli_memory_id(&run->stored, index);
    cJSON_AddItemToObject(object, id_key, id == UHN_STORE_IDS ? cJSON_CreateNull() : cli_id_to_json(id));
    cJSON_AddItemToObject(object, label_key, cli_label_to_json(view, id));
}

static cJSON *nearest_to_json(const recall_run *run, size_t query)
{
    cJSON *nearest = cJSON_CreateArray();
    for (size_t i = query * run->top_k; i < (query + 1) * run->top_k; i++) {
        if (run->top_indices[i] == UHN_NO_INDEX)
            continue;
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddNumberToObject(entry, "index", (double)run->top_indices[i]);
        add_name(entry, run, "", run->top_indices[i]);
        cJSON_AddNumberToObject(entry, "score", run->top_scores[i]);
        cJSON_AddItemToArray(nearest, entry);
    }
    return nearest;
}

static cJSON *query_to_json(const recall_run *run, size_t query)
{
    const uhn_report *report = &run->reports[query];
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "status", uhn_query_status_text(report->status));
    cJSON_AddItemToObject(object, "best", cli_json_index(report->best));
    add_name(object, run, "best_", report->best);
    cJSON_AddNumberToObject(object, "best_score", report->best_score);
    cJSON_AddNumberToObject(object, "margin", report->margin);
    cJSON_AddNumberToObject(object, "effective_support", report->effective_support);
    cJSON_AddNumberToObject(object, "weight_sum", report->weight_sum);
    cJSON_AddBoolToObject(object, "exact", report->exact);
    cJSON_AddNumberToObject(object, "outside_bound", report->outside_bound);
    cJSON_AddNumberToObject(object, "steps", (double)report->steps);
    cJSON_AddStringToObject(object, "outcome", uhn_outcome_text(report->outcome));
    cJSON_AddNumberToObject(object, "period", (double)report->period);
    if (run->energies)
        cJSON_AddItemToObject(object, "energy",
                              cli_json_numbers(run->energies + query * (run->options.steps + 1), report->steps + 1));
    if (run->verdicts) {
        cJSON_AddBoolToObject(object, "identified", run->verdicts[query].identified);
        cJSON_AddNumberToObject(object, "squared_error", run->verdicts[query].squared_error);
    }
    if (run->top_k)
        cJSON_AddItemToObject(object, "nearest", nearest_to_json(run, query));
    return object;
}

static void add_choice(cJSON *object, const recall_run *run)
{
    const uhn_similarity *similarity = run->options.similarity;
    const uhn_separation *separation = run->options.separation;
    cJSON_AddItemToObject(object, "preset",
                          run->arguments.preset ? cJSON_CreateString(run->arguments.preset) : cJSON_CreateNull());
    cJSON_AddStringToObject(object, "similarity", similarity->name);
    cli_json_add_parameters(object, "similarity_parameters", similarity->parameters, similarity->parameter_count,
                            run->options.similarity_parameters);
    cJSON_AddStringToObject(object, "separation", separation->name);
    cli_json_add_parameters(object, "separation_parameters", separation->parameters, separation->parameter_count,
                            run->options.separation_parameters);
    cJSON_AddItemToObject(object, "compat",
                          run->options.compat_paper ? cJSON_CreateString("paper") : cJSON_CreateNull());
}

static uhn_status check_name(const recall_run *run, size_t index)
{
    return index == UHN_NO_INDEX ? UHN_OK : cli_check_label(run->stored.view, cli_memory_id(&run->stored, index));
}

/* Are the labels of all memories sound that will be named? */
static uhn_status check_names(const recall_run *run)
{
    uhn_status status = UHN_OK;
    for (size_t i = 0; run->stored.view && i < run->count && status == UHN_OK; i++) {
        status = check_name(run, run->reports[i].best);
        for (size_t k = i * run->top_k; k < (i + 1) * run->top_k && status == UHN_OK; k++)
            status = check_name(run, run->top_indices[k]);
    }
    return status;
}

int cli_recall_print_json(const recall_run *run)
{
    const uhn_status status = check_names(run);
    if (status != UHN_OK)
        return cli_complain_status(CLI_FAILED, "recall", NULL, status);
    cJSON *object = cJSON_CreateObject();
    cJSON *queries = cJSON_AddArrayToObject(object, "queries");
    for (size_t i = 0; i < run->count; i++)
        cJSON_AddItemToArray(queries, query_to_json(run, i));
    cJSON_AddNumberToObject(object, "memories", (double)uhn_memory_count(run->stored.memory));
    cJSON_AddNumberToObject(object, "dim", (double)run->dim);
    cJSON_AddNumberToObject(object, "value_dim", (double)run->answer_dim);
    add_choice(object, run);
    if (run->energies)
        cJSON_AddStringToObject(object, "energy", uhn_energy_formula(run->stored.memory, &run->options));
    if (run->no_energy) {
        cJSON_AddStringToObject(object, "energy", "none");
        cJSON_AddStringToObject(object, "energy_reason", run->no_energy);
    }
    if (run->verdicts)
        cJSON_AddNumberToObject(object, "identified", (double)cli_recall_identified(run));
    cJSON_AddNumberToObject(object, "retrieve_seconds", run->seconds);
    cJSON_AddNumberToObject(object, "threads", run->threads);
    cJSON_AddStringToObject(object, "isa", uhn_isa());
    cJSON_AddStringToObject(object, "version", uhn_version());
    return cli_print_json("recall", object);
}
