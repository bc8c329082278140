/* SPDX-License-Identifier: MIT */
#include "input.h"
#include "message.h"
#include "store_input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MEMBERS = 4000000 }; /* of an archive, however few bytes are allowed */

static const char variable[] = "UHN_MAX_BYTES";

/* "1000", "64M", "2T"; false: no such number, or not between 1 and what 64 bits hold. */
static bool take_bytes(const char *text, uint64_t *bytes)
{
    static const char units[] = "KMGT";
    char *end;
    errno = 0;
    const uint64_t count = strtoull(text, &end, 10);
    const char *unit = *end ? strchr(units, *end) : NULL;
    const unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    *bytes = count << shift;
    return *text >= '0' && *text <= '9' && errno == 0 && count > 0 && (unit ? !end[1] : !*end) &&
           *bytes >> shift == count;
}

int cli_set_limit(const char *text)
{
    uint64_t bytes;
    if (!text || !take_bytes(text, &bytes))
        return cli_complain(CLI_MISUSED, NULL, "--max-bytes needs a number of bytes, as 1000000, 500M or 2T, not '%s'",
                            text ? text : "");
    if (setenv(variable, text, 1) != 0)
        return cli_complain(CLI_FAILED, NULL, "--max-bytes: %s", strerror(errno));
    return CLI_WORKED;
}

/* Whoever allows more bytes allows them in one file, too, and more files in one archive. */
uhn_read_limits cli_limits(void)
{
    uhn_read_limits limits = {0};
    const char *text = getenv(variable);
    uint64_t bytes;
    if (!text || !take_bytes(text, &bytes))
        return limits;
    limits.bytes = limits.member_size = bytes;
    limits.members = bytes >> 14 > MEMBERS ? bytes >> 14 : MEMBERS;
    return limits;
}

typedef uhn_status read_function(const char *path, const uhn_read_limits *limits, uhn_dataset *data);

int cli_choose_rows(const char *command, const char *path, const char *rows_option, const cli_rows *rows, size_t there,
                    size_t *first, size_t *count)
{
    const bool all = !rows || !rows->given;
    const size_t end = all || rows->end == SIZE_MAX ? there : rows->end;
    *first = all ? 0 : rows->first;
    *count = end - *first;
    if (all || (*first < end && end <= there))
        return CLI_WORKED;
    return cli_complain(CLI_MISUSED, command, "--%s asks for rows %zu to %zu, but %s has %zu row%s", rows_option,
                        *first, end, path, there, there == 1 ? "" : "s");
}

static int read_store(const char *command, const char *path, const char *rows_option, const cli_rows *rows,
                      uhn_dataset *data)
{
    uhn_store_view *view = NULL;
    size_t first = 0, count = 0;
    *data = (uhn_dataset){0};
    uhn_status status = cli_view_store(path, NULL, &view);
    int code = status == UHN_OK ? cli_choose_rows(command, path, rows_option, rows,
                                                  uhn_memory_count(uhn_store_view_memory(view)), &first, &count)
                                : cli_complain_status(CLI_FAILED, command, path, status);
    if (code == CLI_WORKED) {
        status = cli_copy_store_rows(view, first, count, data);
        code = status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, command, path, status);
    }
    uhn_store_view_close(view);
    return code;
}

static int read_rows(const char *command, const char *path, const char *rows_option, const cli_rows *rows,
                     read_function *read, uhn_dataset *data)
{
    const uhn_read_limits limits = cli_limits();
    size_t first = 0, count = 0;
    if (uhn_store_is_here(path))
        return read_store(command, path, rows_option, rows, data);
    const uhn_status status = read(path, &limits, data);
    if (status != UHN_OK)
        return cli_complain_status(CLI_FAILED, command, path, status);
    const int code = cli_choose_rows(command, path, rows_option, rows, data->count, &first, &count);
    if (code != CLI_WORKED || !rows || !rows->given)
        return code;
    if (uhn_dataset_select(data, first, first + count) != UHN_OK)
        return cli_complain_status(CLI_FAILED, command, path, UHN_ERROR_RANGE);
    return CLI_WORKED;
}

int cli_read(const char *command, const char *path, const char *rows_option, const cli_rows *rows, uhn_dataset *data)
{
    return read_rows(command, path, rows_option, rows, uhn_dataset_read, data);
}

int cli_open(const char *command, const char *path, const char *rows_option, const cli_rows *rows, uhn_dataset *data)
{
    return read_rows(command, path, rows_option, rows, uhn_dataset_open, data);
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
