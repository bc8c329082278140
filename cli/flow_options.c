/* SPDX-License-Identifier: MIT */
#include "flow_options.h"
#include "base/allocate.h"
#include "catalogue.h"
#include "json.h"
#include "message.h"
#include "output_names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROW(name, argument, take, member, ...)                                                                         \
    CLI_OPTION(name, argument, cli_take_##take, cli_flow_arguments, member, __VA_ARGS__)

static const cli_option memory_options[] = {
    ROW("memory", "FILE", text, memory, .required = true,
        .help = "M: what is remembered, one memory a row. uint8 stands for 0 to 1."),
    ROW("values", "FILE", text, values,
        .help = "P: what each memory pulls to in place of itself, as long as a memory. Such a network has no energy.",
        .initial = "the memories themselves"),
    ROW("memory-rows", "A:B", rows, memory_rows,
        .help = "takes rows A to B − 1 of --memory and --values only; A or B may be left out."),
};

static const cli_option query_options[] = {
    ROW("query", "FILE", text, query, .required = true, .help = "the first states, one a row, as long as a memory."),
    ROW("query-rows", "A:B", rows, query_rows, .help = "takes rows A to B − 1 of --query only."),
};

static const cli_option seed_option =
    ROW("seed", "N", whole, seed, .maximum = INFINITY, .help = "of the random numbers.", .initial = "1");

static const cli_option held_options[] = {
    ROW("clamp", "MASK", text, clamp,
        .help = "which numbers of a query are known and stay as they are: a file, not 0 where they are. One row for "
                "all queries, or one for each of those taken."),
    ROW("input", "FILE", text, input,
        .help = "I, added to what drives the value neurons: one row for all queries, or one for each.", .initial = "0"),
};

static const cli_option network_options[] = {
    ROW("similarity", "NAME", text, similarity, .help = "how alike state and memory are; listed below.",
        .initial = "dot"),
    ROW("lagrangian-v", "NAME", text, lagrangians[UHN_LAYER_VALUE],
        .help = "of the value neurons, whose gradient is their activation; listed below.", .initial = "quadratic"),
    ROW("lagrangian-h", "NAME[:key=value,…]", text, lagrangians[UHN_LAYER_MEMORY],
        .help = "of the memory neurons; listed below.", .initial = "log-sum-exp:beta=1"),
    ROW("beta", "NUMBER", number, beta, .minimum = -INFINITY, .maximum = INFINITY,
        .help = "short for the beta of --lagrangian-h."),
    ROW("leak", "WORD", word, leak, .words = "on|off", .help = "whether value neurons decay on their own.",
        .initial = "on for dot, off for distances"),
    ROW("tau-v", "NUMBER", number, tau_v, .minimum = -INFINITY, .maximum = INFINITY,
        .help = "time constant of the value neurons; above 0.", .initial = "1"),
    ROW("tau-h", "NUMBER", number, tau_h, .minimum = -INFINITY, .maximum = INFINITY,
        .help = "time constant of the memory neurons, above 0; the adiabatic integrator has them follow at once.",
        .initial = "1"),
    ROW("integrator", "NAME", text, integrator, .help = "how steps are taken; listed below.", .initial = "adiabatic"),
    ROW("dt", "NUMBER", extended, dt,
        .help = "length of a step; inf for adiabatic and gauss-seidel takes each as far as it goes.", .initial = "1"),
    ROW("exceed-limit", NULL, flag, exceed_limit,
        .help = "lets euler and rk4 take steps beyond their stability limit; otherwise dt is cut to it."),
    ROW("steps", "N", whole, steps, .minimum = 1, .maximum = 1e9, .help = "how many steps at most.", .initial = "100"),
    ROW("tolerance", "NUMBER", number, tolerance, .minimum = 0, .maximum = INFINITY,
        .help = "a state rests when a time constant would move it by no more than this times (1 + its length).",
        .initial = "1e-9"),
    ROW("fast", NULL, flag, fast,
        .help = "scores by the float32 kernels, many queries at a time: adiabatic; energies as good as float32."),
    ROW("threads", "N", whole, threads, .minimum = 0, .maximum = 1024,
        .help = "how many threads work; 0 means as many as there are processors. The results do not depend on it.",
        .initial = "0"),
};

static size_t append(cli_option *options, size_t count, size_t offset, const cli_option *rows, size_t row_count)
{
    for (size_t i = 0; i < row_count; i++) {
        options[count + i] = rows[i];
        options[count + i].offset += offset;
    }
    return count + row_count;
}

#define APPEND(rows) count = append(options, count, offset, rows, sizeof(rows) / sizeof *(rows))

size_t cli_flow_options(cli_option *options, size_t offset, unsigned parts, int damage_group)
{
    size_t count = 0;
    APPEND(memory_options);
    if (parts & CLI_FLOW_QUERY)
        APPEND(query_options);
    if (parts & CLI_FLOW_DAMAGE) {
        count += cli_damage_options(options + count, offset + offsetof(cli_flow_arguments, damage), damage_group);
        count = append(options, count, offset, &seed_option, 1);
    }
    if (parts & CLI_FLOW_HELD)
        APPEND(held_options);
    APPEND(network_options);
    return count;
}

cli_option *cli_flow_option(cli_option *options, size_t count, const char *name)
{
    size_t i = 0;
    while (i + 1 < count && strcmp(options[i].name, name) != 0)
        i++;
    return &options[i];
}

void cli_flow_print_tables(void)
{
    static const char *const shown[] = {"additive", "lagrangians", "integrators"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        const char *nearest;
        putchar('\n');
        cli_print_catalogue(cli_find_catalogue(shown[i], &nearest));
    }
}

/* ---- files */

static int damage_query(const char *command, const cli_flow_arguments *arguments, uhn_dataset *query)
{
    double level;
    const uhn_corruption *corruption = cli_damage_chosen(&arguments->damage, &level);
    float *rows = query->rows;
    if (!corruption)
        return CLI_WORKED;
    for (size_t i = 0; i < query->count * query->dim; i++)
        if (!isfinite(rows[i]))
            return cli_complain(CLI_FAILED, command, "%s: row %zu, column %zu is NaN or infinite", arguments->query,
                                i / query->dim, i % query->dim);
    for (size_t i = 0; i < query->count; i++)
        corruption->apply(level, arguments->seed.given ? arguments->seed.value : 1, &query->geometry,
                          arguments->query_rows.first + i, query->dim, rows + i * query->dim);
    return CLI_WORKED;
}

static int load_input(const char *command, const cli_flow_arguments *arguments, const cli_memory_files *files,
                      cli_flow_data *data)
{
    const char *path = arguments->input;
    uhn_dataset rows = {0};
    int code = cli_load_rows_for(command, path, "an input", data->query.count, files, &data->stored, &rows);
    if (code == CLI_WORKED) {
        const float *values = rows.rows;
        data->input = uhn_allocate(rows.count, rows.dim * sizeof *data->input);
        data->flow.input = data->input;
        data->flow.input_stride = rows.count == 1 ? 0 : rows.dim * sizeof *data->input;
        for (size_t i = 0; data->input && i < rows.count * rows.dim; i++)
            data->input[i] = (double)values[i];
        if (!data->input)
            code = cli_complain(CLI_FAILED, command, "out of memory for the input in %s", path);
    }
    uhn_dataset_free(&rows);
    return code;
}

static int load(const char *command, const cli_flow_arguments *arguments, cli_flow_data *data)
{
    const cli_memory_files files = {arguments->memory, arguments->values, arguments->memory_rows};
    int code = cli_load_memory(command, &files, &data->stored);
    if (code == CLI_WORKED && arguments->query)
        code = cli_load_query(command, arguments->query, &arguments->query_rows, &files, &data->stored, &data->query);
    if (code == CLI_WORKED && arguments->query)
        code = damage_query(command, arguments, &data->query);
    if (code == CLI_WORKED && arguments->clamp) {
        code = cli_load_mask(command, arguments->clamp, "neither clamped nor not", data->query.count, &files,
                             &data->stored, &data->clamped, &data->flow.clamped_stride);
        data->flow.clamped = data->clamped;
    }
    return code == CLI_WORKED && arguments->input ? load_input(command, arguments, &files, data) : code;
}

/* ---- the network */

static int complain_option(const char *command, const char *option, uhn_status status)
{
    char prefix[64];
    snprintf(prefix, sizeof prefix, "--%s", option);
    return cli_complain_status(status == UHN_ERROR_OUT_OF_MEMORY ? CLI_FAILED : CLI_MISUSED, command, prefix, status);
}

static int choose_names(const char *command, const cli_flow_arguments *arguments, uhn_flow *flow)
{
    static const char *const lagrangians[UHN_LAYER_COUNT] = {"lagrangian-v", "lagrangian-h"};
    uhn_status status = arguments->similarity ? uhn_choose_additive(flow, arguments->similarity) : UHN_OK;
    if (status != UHN_OK)
        return complain_option(command, "similarity", status);
    for (int layer = 0; layer < UHN_LAYER_COUNT; layer++) {
        if (arguments->lagrangians[layer])
            status = uhn_choose_lagrangian(flow, (uhn_layer)layer, arguments->lagrangians[layer]);
        if (status != UHN_OK)
            return complain_option(command, lagrangians[layer], status);
    }
    status = arguments->integrator ? uhn_choose_integrator(flow, arguments->integrator) : UHN_OK;
    return status == UHN_OK ? CLI_WORKED : complain_option(command, "integrator", status);
}

/* --beta: checked by the Lagrangian's own row, then put in its place. */
static int choose_beta(const char *command, double beta, uhn_flow *flow)
{
    const uhn_lagrangian *row = flow->lagrangians[UHN_LAYER_MEMORY];
    for (size_t i = 0; i < row->parameter_count; i++) {
        if (strcmp(row->parameters[i].key, "beta") != 0)
            continue;
        char text[160];
        uhn_flow checked = *flow;
        snprintf(text, sizeof text, "%s:beta=%.17g", row->name, beta);
        const uhn_status status = uhn_choose_lagrangian(&checked, UHN_LAYER_MEMORY, text);
        if (status != UHN_OK)
            return complain_option(command, "beta", status);
        flow->parameters[UHN_LAYER_MEMORY][i] = beta;
        return CLI_WORKED;
    }
    return cli_complain(CLI_MISUSED, command, "--beta: the Lagrangian %s has no beta", row->name);
}

static void choose_numbers(const cli_flow_arguments *arguments, uhn_flow *flow)
{
    const struct {
        const cli_number *given;
        double *to;
    } numbers[] = {{&arguments->tau_v, &flow->tau_v},
                   {&arguments->tau_h, &flow->tau_h},
                   {&arguments->dt, &flow->dt},
                   {&arguments->tolerance, &flow->tolerance}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].given->given)
            *numbers[i].to = numbers[i].given->value;
    if (arguments->leak.given)
        flow->leak = arguments->leak.index == 0; /* on|off */
    if (arguments->steps.given)
        flow->steps = (size_t)arguments->steps.value;
    flow->threads = (int)arguments->threads.value;
    flow->enforce_limit = !arguments->exceed_limit;
    flow->fast = arguments->fast;
}

int cli_flow_check_kept(const char *command, const cli_flow_arguments *arguments, const char *const *results,
                        size_t count)
{
    const char *const read[] = {arguments->memory, arguments->values, arguments->query, arguments->input,
                                arguments->clamp};
    return cli_check_kept(command, read, sizeof read / sizeof *read, results, count);
}

int cli_flow_prepare(const char *command, const cli_flow_arguments *arguments, cli_flow_data *data)
{
    uhn_flow_default(&data->flow);
    int code = choose_names(command, arguments, &data->flow);
    if (code == CLI_WORKED && arguments->beta.given)
        code = choose_beta(command, arguments->beta.value, &data->flow);
    if (code != CLI_WORKED)
        return code;
    choose_numbers(arguments, &data->flow);
    return load(command, arguments, data);
}

void cli_flow_free(cli_flow_data *data)
{
    cli_free_memory(&data->stored);
    uhn_dataset_free(&data->query);
    uhn_release(data->clamped);
    uhn_release(data->input);
}

int cli_flow_complain(const char *command, const cli_flow_arguments *arguments, uhn_status status)
{
    const char *file = status == UHN_ERROR_SHAPE && arguments->values ? arguments->values : NULL;
    if (status == UHN_ERROR_NONFINITE)
        file = arguments->input;
    return cli_complain_status(cli_fault_of(status), command, file, status);
}

/* ---- what was chosen */

void cli_flow_describe(const uhn_flow *flow, uhn_layer layer, char *text, size_t size)
{
    const uhn_lagrangian *row = flow->lagrangians[layer];
    size_t used = (size_t)snprintf(text, size, "%s", row->name);
    for (size_t i = 0; i < row->parameter_count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s=%g", i ? "," : ":", row->parameters[i].key,
                                 flow->parameters[layer][i]);
}

void cli_flow_add_json(cJSON *object, const uhn_flow *flow)
{
    static const char *const names[UHN_LAYER_COUNT][2] = {{"lagrangian_v", "lagrangian_v_parameters"},
                                                          {"lagrangian_h", "lagrangian_h_parameters"}};
    cJSON_AddStringToObject(object, "similarity", flow->similarity->name);
    for (int layer = 0; layer < UHN_LAYER_COUNT; layer++) {
        const uhn_lagrangian *row = flow->lagrangians[layer];
        cJSON_AddStringToObject(object, names[layer][0], row->name);
        cli_json_add_parameters(object, names[layer][1], row->parameters, row->parameter_count,
                                flow->parameters[layer]);
    }
    cJSON_AddBoolToObject(object, "leak", flow->leak);
    cJSON_AddNumberToObject(object, "tau_v", flow->tau_v);
    cJSON_AddNumberToObject(object, "tau_h", flow->tau_h);
    cJSON_AddStringToObject(object, "integrator", uhn_integrator_text(flow->integrator));
    if (isinf(flow->dt))
        cJSON_AddStringToObject(object, "dt", "inf"); /* JSON has no infinity */
    else
        cJSON_AddNumberToObject(object, "dt", flow->dt);
    cJSON_AddBoolToObject(object, "limit_enforced", flow->enforce_limit);
    cJSON_AddNumberToObject(object, "steps", (double)flow->steps);
    cJSON_AddNumberToObject(object, "tolerance", flow->tolerance);
    cJSON_AddBoolToObject(object, "fast", flow->fast);
}
