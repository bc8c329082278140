/* SPDX-License-Identifier: MIT */
#include "load.h"
#include "base/allocate.h"
#include "input.h"
#include "message.h"
#include "store_input.h"

#include <math.h>
#include <string.h>

/* P goes with the rows of M. A NaN is looked for here, so that the sentence names the right file. */
static int load_values(const char *command, const cli_memory_files *files, cli_memory_data *data)
{
    const char *path = files->values;
    const int code = cli_read_floats(command, path, "memory-rows", &files->rows, &data->values);
    if (code != CLI_WORKED)
        return code;
    if (data->values.count != data->rows.count)
        return cli_complain(CLI_FAILED, command, "%s has %zu rows of values, but %s has %zu memories", path,
                            data->values.count, files->memory, data->rows.count);
    const float *values = data->values.rows;
    for (size_t i = 0; i < data->values.count * data->values.dim; i++)
        if (!isfinite(values[i]))
            return cli_complain(CLI_FAILED, command, "%s: row %zu, column %zu is NaN or infinite", path,
                                i / data->values.dim, i % data->values.dim);
    return CLI_WORKED;
}

/* A store with values of its own or none is read where it lies, of its blocks those that have the rows. */
static int load_store(const char *command, const cli_memory_files *files, cli_memory_data *data)
{
    size_t count = 0;
    uhn_status status = cli_view_store(files->memory, data->similarity, &data->view);
    if (status != UHN_OK)
        return cli_complain_status(CLI_FAILED, command, files->memory, status);
    data->memory = uhn_store_view_memory(data->view);
    const int code = cli_choose_rows(command, files->memory, "memory-rows", &files->rows,
                                     uhn_memory_count(data->memory), &data->first, &count);
    if (code != CLI_WORKED)
        return code;
    if (files->rows.given) {
        status = uhn_store_view_rows(data->view, data->first, count, &data->borrowed);
        if (status != UHN_OK)
            return cli_complain_status(CLI_FAILED, command, files->memory, status);
        data->memory = data->borrowed;
    } else {
        uhn_store_view_warm(data->view);
    }
    cli_describe_store_rows(data->memory, &data->rows);
    return CLI_WORKED;
}

uint64_t cli_memory_id(const cli_memory_data *data, size_t index)
{
    const bool known = data->view && index != UHN_NO_INDEX;
    return known ? uhn_store_view_id(data->view, data->first + index) : UHN_STORE_IDS;
}

int cli_load_memory(const char *command, const cli_memory_files *files, cli_memory_data *data)
{
    const bool store = uhn_store_is_here(files->memory);
    if (store && !files->values)
        return load_store(command, files, data);
    if (store) { /* which says more than rows */
        uhn_store_view *view = NULL;
        const uhn_status status = cli_view_store(files->memory, data->similarity, &view);
        uhn_store_view_close(view);
        if (status != UHN_OK)
            return cli_complain_status(CLI_FAILED, command, files->memory, status);
    }
    int code = cli_read(command, files->memory, "memory-rows", &files->rows, &data->rows);
    if (code == CLI_WORKED && files->values)
        code = load_values(command, files, data);
    if (code != CLI_WORKED)
        return code;
    const uhn_dataset *rows = &data->rows;
    const uhn_status status = uhn_memory_borrow(rows->storage, rows->rows, rows->count, rows->dim, 0,
                                                files->values ? data->values.rows : NULL,
                                                files->values ? data->values.dim : 0, 0, &data->borrowed);
    data->memory = data->borrowed;
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, command, files->memory, status);
}

void cli_free_memory(cli_memory_data *data)
{
    uhn_memory_destroy(data->borrowed);
    uhn_store_view_close(data->view);
    uhn_dataset_free(&data->rows);
    uhn_dataset_free(&data->values);
}

int cli_check_colors(const char *command, const char *path, const uhn_dataset *data, const char *other_path,
                     const uhn_dataset *other)
{
    const bool known = data->rank > 2 && other->rank > 2 && data->geometry.channels > 1 && other->geometry.channels > 1;
    if (!known || data->geometry.interleaved == other->geometry.interleaved)
        return CLI_WORKED;
    const bool interleaved = data->geometry.interleaved;
    return cli_complain(CLI_FAILED, command, "the pixels in %s are interleaved (RGB RGB …), but those in %s are planar",
                        interleaved ? path : other_path, interleaved ? other_path : path);
}

static int check_length(const char *command, const char *path, const uhn_dataset *rows, const cli_memory_files *files,
                        const cli_memory_data *data)
{
    if (rows->dim == data->rows.dim)
        return CLI_WORKED;
    return cli_complain(CLI_FAILED, command, "%s has rows of %zu numbers, but the memories in %s have %zu", path,
                        rows->dim, files->memory, data->rows.dim);
}

int cli_load_query(const char *command, const char *path, const cli_rows *rows, const cli_memory_files *files,
                   const cli_memory_data *data, uhn_dataset *query)
{
    int code = cli_read_floats(command, path, "query-rows", rows, query);
    if (code == CLI_WORKED)
        code = check_length(command, path, query, files, data);
    return code == CLI_WORKED ? cli_check_colors(command, path, query, files->memory, &data->rows) : code;
}

int cli_load_rows_for(const char *command, const char *path, const char *what, size_t count,
                      const cli_memory_files *files, const cli_memory_data *data, uhn_dataset *rows)
{
    int code = cli_read_floats(command, path, NULL, NULL, rows);
    if (code == CLI_WORKED)
        code = check_length(command, path, rows, files, data);
    if (code == CLI_WORKED && rows->count != 1 && rows->count != count)
        code =
            cli_complain(CLI_FAILED, command, "%s has %zu rows, but %s has one row, or one for each of the %zu queries",
                         path, rows->count, what, count);
    return code;
}

static int make_mask(const char *command, const char *path, const char *nothing, const uhn_dataset *rows, uint8_t *mask)
{
    const float *values = rows->rows;
    for (size_t i = 0; i < rows->count * rows->dim; i++) {
        if (isnan(values[i]))
            return cli_complain(CLI_FAILED, command, "%s: row %zu, column %zu is NaN, %s", path, i / rows->dim,
                                i % rows->dim, nothing);
        mask[i] = values[i] != 0.0f;
    }
    return CLI_WORKED;
}

int cli_load_mask(const char *command, const char *path, const char *nothing, size_t count,
                  const cli_memory_files *files, const cli_memory_data *data, uint8_t **mask, size_t *stride)
{
    uhn_dataset rows = {0};
    int code = cli_load_rows_for(command, path, "a mask", count, files, data, &rows);
    if (code == CLI_WORKED) {
        *mask = uhn_allocate(rows.count, rows.dim);
        *stride = rows.count == 1 ? 0 : rows.dim;
        code = *mask ? make_mask(command, path, nothing, &rows, *mask)
                     : cli_complain(CLI_FAILED, command, "out of memory for the mask in %s", path);
    }
    uhn_dataset_free(&rows);
    return code;
}
