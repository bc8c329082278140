/* SPDX-License-Identifier: MIT
 * uhn recall: the files it reads, and whether they fit together. */
#include "base/allocate.h"
#include "base/status.h"
#include "input.h"
#include "message.h"
#include "picture.h"
#include "recall.h"

#include <math.h>
#include <string.h>

/* Two results under one name: one would be lost. */
static int check_different(const recall_arguments *arguments)
{
    const char *const names[] = {arguments->out, arguments->sheet, arguments->trajectory};
    for (size_t i = 0; i < 3; i++)
        for (size_t j = i + 1; j < 3; j++)
            if (names[i] && names[j] && strcmp(names[i], names[j]) == 0)
                return cli_complain(CLI_MISUSED, "recall", "%s is named for two of --out, --sheet and --trajectory",
                                    names[i]);
    return CLI_WORKED;
}

/* What can be said before anything is read. */
static int check_names(const recall_arguments *arguments)
{
    int code = CLI_WORKED;
    if (arguments->out)
        code = cli_check_output_name("recall", "out", arguments->out);
    if (code == CLI_WORKED && arguments->sheet && !cli_is_png(arguments->sheet))
        code = cli_complain(CLI_MISUSED, "recall", "--sheet is %s, but its name must end in .png", arguments->sheet);
    if (code == CLI_WORKED && arguments->trajectory)
        code = cli_check_output_name("recall", "trajectory", arguments->trajectory);
    if (code == CLI_WORKED && arguments->trajectory && cli_is_png(arguments->trajectory))
        code = cli_complain(CLI_MISUSED, "recall", "--trajectory is %s, but its name must end in .npy",
                            arguments->trajectory);
    if (code == CLI_WORKED && arguments->original_rows.given && !arguments->original)
        code = cli_complain(CLI_MISUSED, "recall", "--original-rows needs --original FILE");
    return code == CLI_WORKED ? check_different(arguments) : code;
}

/* P goes with the rows of M. A NaN is looked for here, so that the sentence names the right file. */
static int load_values(recall_run *run)
{
    const char *path = run->arguments.values;
    const int code = cli_read_floats("recall", path, "memory-rows", &run->arguments.memory_rows, &run->values);
    if (code != CLI_WORKED)
        return code;
    if (run->values.count != run->memory_data.count)
        return cli_complain(CLI_FAILED, "recall", "%s has %zu rows of values, but %s has %zu memories", path,
                            run->values.count, run->arguments.memory, run->memory_data.count);
    const float *values = run->values.rows;
    for (size_t i = 0; i < run->values.count * run->values.dim; i++)
        if (!isfinite(values[i]))
            return cli_complain(CLI_FAILED, "recall", "%s: row %zu, column %zu is NaN or infinite", path,
                                i / run->values.dim, i % run->values.dim);
    return CLI_WORKED;
}

/* The rows of P where they are not M and not in a file, for those who judge answers. */
static uhn_status copy_values(recall_run *run)
{
    uhn_dataset *values = &run->values;
    size_t total;
    values->count = uhn_memory_count(run->memory);
    values->dim = uhn_memory_value_dim(run->memory);
    if (uhn_multiply_sizes(values->count, values->dim, &total))
        values->rows = uhn_allocate_unset(total, sizeof(float));
    if (!values->rows)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu values", values->count);
    uhn_status status = UHN_OK;
    for (size_t i = 0; status == UHN_OK && i < values->count; i++)
        status = uhn_memory_value(run->memory, i, (float *)values->rows + i * values->dim);
    return status;
}

/* Recalls from a store read its rows where they lie. */
static int load_store(recall_run *run)
{
    const char *path = run->arguments.memory;
    uhn_store *store = NULL;
    uhn_store_info info;
    uhn_status status = uhn_store_open(path, &store);
    if (status == UHN_OK)
        status = uhn_store_get_info(store, &info);
    if (status == UHN_OK)
        status = uhn_store_view_open(store, &run->view);
    if (status == UHN_OK) {
        memcpy(run->similarity, info.similarity, strlen(info.similarity) + 1);
        run->memory = uhn_store_view_memory(run->view);
        run->dim = uhn_memory_dim(run->memory);
        run->answer_dim = uhn_memory_value_dim(run->memory);
        if (uhn_memory_has_values(run->memory) && run->arguments.original)
            status = copy_values(run);
    }
    uhn_store_close(store);
    if (status != UHN_OK)
        return cli_complain_status(CLI_FAILED, "recall", path, status);
    if (uhn_memory_count(run->memory) == 0)
        return cli_complain(CLI_FAILED, "recall", "%s: the store is empty", path);
    uhn_store_view_warm(run->view);
    return CLI_WORKED;
}

static int load_memory(recall_run *run)
{
    const recall_arguments *arguments = &run->arguments;
    if (!arguments->values && !arguments->memory_rows.given && uhn_store_is_here(arguments->memory))
        return load_store(run);
    int code = cli_read("recall", arguments->memory, "memory-rows", &arguments->memory_rows, &run->memory_data);
    if (code == CLI_WORKED && arguments->values)
        code = load_values(run);
    if (code != CLI_WORKED)
        return code;
    const uhn_dataset *data = &run->memory_data;
    const uhn_status status = uhn_memory_borrow(data->storage, data->rows, data->count, data->dim, 0,
                                                arguments->values ? run->values.rows : NULL,
                                                arguments->values ? run->values.dim : 0, 0, &run->borrowed);
    run->memory = run->borrowed;
    if (status != UHN_OK)
        return cli_complain_status(CLI_FAILED, "recall", arguments->memory, status);
    run->dim = data->dim;
    run->answer_dim = uhn_memory_value_dim(run->memory);
    return CLI_WORKED;
}

/* Rows of color images agree in length however their colors are ordered, but then mean different things. The order is
 * known where the file has images, not just rows. */
static int check_colors(const char *path, const uhn_dataset *data, const char *other_path, const uhn_dataset *other)
{
    const bool known = data->rank > 2 && other->rank > 2 && data->geometry.channels > 1 && other->geometry.channels > 1;
    if (!known || data->geometry.interleaved == other->geometry.interleaved)
        return CLI_WORKED;
    const bool interleaved = data->geometry.interleaved;
    return cli_complain(CLI_FAILED, "recall",
                        "the pixels in %s are interleaved (RGB RGB …), but those in %s are planar",
                        interleaved ? path : other_path, interleaved ? other_path : path);
}

static int load_query(recall_run *run)
{
    const recall_arguments *arguments = &run->arguments;
    const int code = cli_read_floats("recall", arguments->query, "query-rows", &arguments->query_rows, &run->query);
    if (code != CLI_WORKED)
        return code;
    if (run->query.dim != run->dim)
        return cli_complain(CLI_FAILED, "recall", "%s has rows of %zu numbers, but the memories in %s have %zu",
                            arguments->query, run->query.dim, arguments->memory, run->dim);
    run->count = run->query.count;
    return check_colors(arguments->query, &run->query, arguments->memory, &run->memory_data);
}

/* The mask as bytes, 1 where a coordinate is observed. */
static int make_mask(recall_run *run, const uhn_dataset *data)
{
    const float *values = data->rows;
    run->observed = uhn_allocate(data->count, data->dim);
    if (!run->observed)
        return cli_complain(CLI_FAILED, "recall", "out of memory for the mask in %s", run->arguments.observed);
    for (size_t i = 0; i < data->count * data->dim; i++) {
        if (isnan(values[i]))
            return cli_complain(CLI_FAILED, "recall", "%s: row %zu, column %zu is NaN, neither observed nor not",
                                run->arguments.observed, i / data->dim, i % data->dim);
        run->observed[i] = values[i] != 0.0f;
    }
    run->observed_stride = data->count == 1 ? 0 : data->dim;
    return CLI_WORKED;
}

static int load_observed(recall_run *run)
{
    const char *path = run->arguments.observed;
    uhn_dataset data = {0};
    int code = cli_read_floats("recall", path, NULL, NULL, &data);
    if (code == CLI_WORKED && data.dim != run->dim)
        code = cli_complain(CLI_FAILED, "recall", "%s has rows of %zu numbers, but the memories in %s have %zu", path,
                            data.dim, run->arguments.memory, run->dim);
    if (code == CLI_WORKED && data.count != 1 && data.count != run->count)
        code = cli_complain(CLI_FAILED, "recall",
                            "%s has %zu rows, but a mask has one row, or one for each of the %zu "
                            "queries",
                            path, data.count, run->count);
    if (code == CLI_WORKED)
        code = make_mask(run, &data);
    uhn_dataset_free(&data);
    return code;
}

static int load_original(recall_run *run)
{
    const recall_arguments *arguments = &run->arguments;
    const bool own = arguments->original_rows.given;
    const int code = cli_read_floats("recall", arguments->original, own ? "original-rows" : "query-rows",
                                     own ? &arguments->original_rows : &arguments->query_rows, &run->original);
    if (code != CLI_WORKED)
        return code;
    if (run->original.count != run->count)
        return cli_complain(CLI_FAILED, "recall", "%s has %zu originals, but there are %zu queries",
                            arguments->original, run->original.count, run->count);
    if (run->original.dim != run->answer_dim)
        return cli_complain(CLI_FAILED, "recall", "%s has rows of %zu numbers, but an answer has %zu",
                            arguments->original, run->original.dim, run->answer_dim);
    if (arguments->values)
        return check_colors(arguments->original, &run->original, arguments->values, &run->values);
    return check_colors(arguments->original, &run->original, arguments->memory, &run->memory_data);
}

int cli_recall_load(recall_run *run)
{
    int code = check_names(&run->arguments);
    if (code == CLI_WORKED)
        code = load_memory(run);
    if (code == CLI_WORKED)
        code = load_query(run);
    if (code == CLI_WORKED && run->arguments.observed)
        code = load_observed(run);
    if (code == CLI_WORKED && run->arguments.original)
        code = load_original(run);
    return code;
}
