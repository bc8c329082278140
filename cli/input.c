/* SPDX-License-Identifier: MIT */
#include "input.h"
#include "message.h"
#include "store_input.h"

int cli_read(const char *command, const char *path, const char *rows_option, const cli_rows *rows, uhn_dataset *data)
{
    const uhn_status status = uhn_store_is_here(path) ? cli_read_store(path, data) : uhn_dataset_read(path, NULL, data);
    if (status != UHN_OK)
        return cli_complain_status(CLI_FAILED, command, path, status);
    if (!rows || !rows->given)
        return CLI_WORKED;
    const size_t end = rows->end == SIZE_MAX ? data->count : rows->end;
    if (rows->first >= end || end > data->count)
        return cli_complain(CLI_MISUSED, command, "--%s asks for rows %zu to %zu, but %s has %zu row%s", rows_option,
                            rows->first, end, path, data->count, data->count == 1 ? "" : "s");
    if (uhn_dataset_select(data, rows->first, end) != UHN_OK)
        return cli_complain_status(CLI_FAILED, command, path, UHN_ERROR_RANGE);
    return CLI_WORKED;
}

int cli_read_floats(const char *command, const char *path, const char *rows_option, const cli_rows *rows,
                    uhn_dataset *data)
{
    const int code = cli_read(command, path, rows_option, rows, data);
    if (code != CLI_WORKED)
        return code;
    const uhn_status status = uhn_dataset_to_float(data);
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, command, path, status);
}
