/* SPDX-License-Identifier: MIT
 * uhn store: what changes a store. */
#include "base/allocate.h"
#include "input.h"
#include "json.h"
#include "message.h"
#include "store.h"
#include "store_input.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What add and update read; most rows and values only when the store asks for them. */
typedef struct batch {
    const store_arguments *arguments;
    uhn_storage storage; /* of the store */
    uhn_dataset memory, values;
    bool unfetched; /* the files failed, not the store: the sentence names which */
    cli_lines lines;
    const char **labels;
    uint64_t *ids;
    uhn_store_rows rows;
} batch;

int cli_store_complain(const char *file, uhn_status status)
{
    return cli_complain_status(status == UHN_ERROR_NAME || status == UHN_ERROR_RANGE ? CLI_MISUSED : CLI_FAILED,
                               "store", file, status);
}

int cli_store_open(const store_arguments *arguments, uhn_store **store)
{
    const uhn_status status = uhn_store_open(arguments->path, store);
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "store", arguments->path, status);
}

int cli_store_ids(const store_arguments *arguments, uint64_t **ids, size_t *count)
{
    *ids = NULL;
    if (arguments->ids) {
        const uhn_status status = cli_read_ids(arguments->ids, ids, count);
        return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "store", arguments->ids, status);
    }
    if (!arguments->id.given)
        return cli_complain(CLI_MISUSED, "store", "which rows is missing: --id N or --ids FILE");
    *ids = uhn_allocate(1, sizeof **ids);
    if (!*ids)
        return cli_complain(CLI_FAILED, "store", "out of memory");
    **ids = arguments->id.value;
    *count = 1;
    return CLI_WORKED;
}

/* ---- create */

/* --values O */
static int value_dim_of(const store_arguments *arguments, size_t *value_dim)
{
    char *end;
    errno = 0;
    *value_dim = arguments->values ? strtoull(arguments->values, &end, 10) : 0;
    if (arguments->values && (!isdigit((unsigned char)*arguments->values) || *end || errno || *value_dim == 0))
        return cli_complain(CLI_MISUSED, "store",
                            "--values is '%s', but in 'uhn store create' it is how many numbers a value has",
                            arguments->values);
    return CLI_WORKED;
}

int cli_store_create(const store_arguments *arguments)
{
    static const uhn_storage storages[] = {UHN_FLOAT32, UHN_UINT8, UHN_BITS}; /* float32|uint8|bits */
    size_t value_dim;
    if (!arguments->dim.given)
        return cli_complain(CLI_MISUSED, "store", "--dim D is missing, how many numbers a row has");
    const int code = value_dim_of(arguments, &value_dim);
    if (code != CLI_WORKED)
        return code;
    const uhn_status status = uhn_store_create(arguments->path, storages[arguments->dtype.index],
                                               (size_t)arguments->dim.value, value_dim, arguments->similarity);
    return status == UHN_OK ? CLI_WORKED : cli_store_complain(arguments->path, status);
}

/* ---- add, update */

static int read_values(const store_arguments *arguments, const uhn_store_info *info, batch *b)
{
    if (!arguments->values)
        return info->value_dim == 0 ? CLI_WORKED
                                    : cli_complain(CLI_MISUSED, "store",
                                                   "--values FILE is missing: %s has values of "
                                                   "%zu numbers",
                                                   arguments->path, info->value_dim);
    if (info->value_dim == 0)
        return cli_complain(CLI_MISUSED, "store", "%s has no values of its own, so --values is not for it",
                            arguments->path);
    const int code = cli_open("store", arguments->values, "rows", &arguments->rows, &b->values);
    if (code != CLI_WORKED)
        return code;
    if (b->values.count != b->memory.count || b->values.dim != info->value_dim)
        return cli_complain(CLI_FAILED, "store", "%s has %zu rows of %zu numbers, where %zu rows of %zu are needed",
                            arguments->values, b->values.count, b->values.dim, b->memory.count, info->value_dim);
    return CLI_WORKED;
}

/* Gives the store what it asks for. */
static uhn_status fetch(void *context, size_t first, size_t count, void *rows, float *values)
{
    batch *b = context;
    uhn_status status = cli_fetch_rows(b->arguments->memory, &b->memory, first, count, b->storage, rows);
    if (status == UHN_OK && values)
        status = cli_fetch_rows(b->arguments->values, &b->values, first, count, UHN_FLOAT32, values);
    b->unfetched = status != UHN_OK;
    return status;
}

static int read_rows(const store_arguments *arguments, const uhn_store_info *info, batch *b)
{
    if (!arguments->memory)
        return cli_complain(CLI_MISUSED, "store", "--memory FILE is missing, the rows");
    const int code = cli_open("store", arguments->memory, "rows", &arguments->rows, &b->memory);
    if (code != CLI_WORKED)
        return code;
    if (b->memory.dim != info->dim)
        return cli_complain(CLI_FAILED, "store", "%s has rows of %zu numbers, but those of %s have %zu",
                            arguments->memory, b->memory.dim, arguments->path, info->dim);
    b->arguments = arguments;
    b->storage = info->storage;
    b->rows.count = b->memory.count;
    b->rows.fetch = fetch;
    b->rows.context = b;
    return CLI_WORKED;
}

/* Texts of --labels, or the classes that the file of the rows has itself. */
static int read_labels(const store_arguments *arguments, batch *b)
{
    uhn_status status = UHN_OK;
    if (arguments->labels)
        status = cli_read_labels(arguments->labels, &arguments->rows, b->rows.count, &b->lines, &b->labels);
    else if (b->memory.labels)
        status = cli_own_labels(b->memory.labels, b->rows.count, &b->lines, &b->labels);
    b->rows.labels = b->labels;
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "store", arguments->labels, status);
}

static int read_ids(const store_arguments *arguments, bool needed, batch *b)
{
    size_t count = 0, first = 0;
    if (!needed && !arguments->ids)
        return CLI_WORKED;
    const int code = cli_store_ids(arguments, &b->ids, &count);
    if (code == CLI_WORKED && !cli_choose_items(count, &arguments->rows, b->rows.count, &first))
        return arguments->ids
                   ? cli_complain(CLI_FAILED, "store", "%s: %zu ids for %zu rows", arguments->ids, count, b->rows.count)
                   : cli_complain(CLI_FAILED, "store", "one --id for %zu rows", b->rows.count);
    b->rows.ids = code == CLI_WORKED ? b->ids + first : NULL;
    return code;
}

static int read_batch(const store_arguments *arguments, uhn_store *store, bool ids, batch *b)
{
    uhn_store_info info;
    const uhn_status status = uhn_store_get_info(store, &info);
    if (status != UHN_OK)
        return cli_store_complain(arguments->path, status);
    int code = read_rows(arguments, &info, b);
    if (code == CLI_WORKED)
        code = read_values(arguments, &info, b);
    if (code == CLI_WORKED)
        code = read_labels(arguments, b);
    return code == CLI_WORKED ? read_ids(arguments, ids, b) : code;
}

static int complain_of(const batch *b, uhn_status status)
{
    return cli_complain_status(CLI_FAILED, "store", b->unfetched ? NULL : b->arguments->path, status);
}

static void free_batch(batch *b)
{
    uhn_dataset_free(&b->memory);
    uhn_dataset_free(&b->values);
    cli_free_lines(&b->lines);
    uhn_release(b->labels);
    uhn_release(b->ids);
}

/* Says what the rows got: without --ids they have the ids that follow each other. */
static int print_added(const store_arguments *arguments, const batch *b, uint64_t first)
{
    if (!arguments->json)
        return CLI_WORKED;
    char text[32];
    cJSON *object = cJSON_CreateObject();
    snprintf(text, sizeof text, "%" PRIu64, first);
    cJSON_AddNumberToObject(object, "added", (double)b->rows.count);
    cJSON_AddRawToObject(object, "first_id", text);
    return cli_print_json("store", object);
}

int cli_store_add(const store_arguments *arguments)
{
    uhn_store *store = NULL;
    batch b = {0};
    uint64_t first = 0;
    int code = cli_store_open(arguments, &store);
    if (code == CLI_WORKED)
        code = read_batch(arguments, store, false, &b);
    if (code == CLI_WORKED) {
        const uhn_status status = uhn_store_add(store, &b.rows, &first);
        code = status == UHN_OK ? print_added(arguments, &b, first) : complain_of(&b, status);
    }
    uhn_store_close(store);
    free_batch(&b);
    return code;
}

int cli_store_update(const store_arguments *arguments)
{
    uhn_store *store = NULL;
    batch b = {0};
    int code = cli_store_open(arguments, &store);
    if (code == CLI_WORKED)
        code = read_batch(arguments, store, true, &b);
    if (code == CLI_WORKED) {
        const uhn_status status = uhn_store_update(store, &b.rows);
        code = status == UHN_OK ? CLI_WORKED : complain_of(&b, status);
    }
    uhn_store_close(store);
    free_batch(&b);
    return code;
}

/* ---- remove, compact */

int cli_store_remove(const store_arguments *arguments)
{
    uhn_store *store = NULL;
    uint64_t *ids = NULL;
    size_t count = 0;
    int code = cli_store_ids(arguments, &ids, &count);
    if (code == CLI_WORKED)
        code = cli_store_open(arguments, &store);
    if (code == CLI_WORKED) {
        const uhn_status status = uhn_store_remove(store, ids, count);
        code = status == UHN_OK ? CLI_WORKED : cli_store_complain(arguments->path, status);
    }
    uhn_store_close(store);
    uhn_release(ids);
    return code;
}

int cli_store_compact(const store_arguments *arguments)
{
    uhn_store *store = NULL;
    int code = cli_store_open(arguments, &store);
    if (code == CLI_WORKED) {
        const uhn_status status = uhn_store_compact(store);
        code = status == UHN_OK ? CLI_WORKED : cli_store_complain(arguments->path, status);
    }
    uhn_store_close(store);
    return code;
}
