/* SPDX-License-Identifier: MIT
 * uhn store: what tells of a store. */
#include "base/allocate.h"
#include "base/status.h"
#include "data/dataset.h"
#include "json.h"
#include "message.h"
#include "output_names.h"
#include "store.h"
#include "store_input.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int cli_store_open_view(const store_arguments *arguments, uhn_store_view **view)
{
    uhn_store *store = NULL;
    const int code = cli_store_open(arguments, &store);
    if (code != CLI_WORKED)
        return code;
    const uhn_status status = uhn_store_view_open(store, view);
    uhn_store_close(store);
    return status == UHN_OK ? CLI_WORKED : cli_store_complain(arguments->path, status);
}

/* ---- get */

/* An id and its label. */
static void print_label(const uhn_store_view *view, uint64_t id)
{
    char text[UHN_STORE_LABEL_MAX];
    size_t length = 0;
    const char *label = uhn_store_view_label(view, id, &length);
    length = label && length <= sizeof text ? length : 0;
    if (length)
        memcpy(text, label, length);
    cli_make_plain(text, length);
    printf("%" PRIu64 "\t%.*s", id, (int)length, text);
}

static void print_numbers(const float *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%c%.9g", i ? ' ' : '\t', (double)numbers[i]);
}

static cJSON *floats_to_json(const float *numbers, size_t count)
{
    return cJSON_CreateFloatArray(numbers, (int)count);
}

cJSON *cli_id_to_json(uint64_t id)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, id);
    return cJSON_CreateRaw(text);
}

uhn_status cli_check_label(const uhn_store_view *view, uint64_t id)
{
    size_t length = 0;
    const char *label = uhn_store_view_label(view, id, &length);
    return !label && length == UHN_STORE_LABEL_DAMAGED ? UHN_ERROR_DAMAGED : UHN_OK;
}

cJSON *cli_label_to_json(const uhn_store_view *view, uint64_t id)
{
    size_t length = 0;
    char text[UHN_STORE_LABEL_MAX + 1];
    const char *label = uhn_store_view_label(view, id, &length);
    if (!label || length > UHN_STORE_LABEL_MAX)
        return cJSON_CreateNull();
    memcpy(text, label, length);
    text[length] = '\0';
    return cJSON_CreateString(text);
}

/* The rows of the ids, and their values. */
static int fetch(const store_arguments *arguments, const uhn_store_view *view, const uint64_t *ids, size_t count,
                 float *rows, float *values)
{
    const uhn_memory *memory = uhn_store_view_memory(view);
    for (size_t i = 0; i < count; i++) {
        const uhn_status status = uhn_store_get(view, ids[i], rows + i * uhn_memory_dim(memory),
                                                values ? values + i * uhn_memory_value_dim(memory) : NULL);
        if (status != UHN_OK)
            return cli_store_complain(arguments->path, status);
    }
    return CLI_WORKED;
}

static int show(const store_arguments *arguments, const uhn_store_view *view, const uint64_t *ids, size_t count,
                const float *rows, const float *values)
{
    if (!rows)
        return CLI_FAILED;
    for (size_t i = 0; i < count; i++)
        if (cli_check_label(view, ids[i]) != UHN_OK)
            return cli_store_complain(arguments->path, UHN_ERROR_DAMAGED);
    const uhn_memory *memory = uhn_store_view_memory(view);
    const size_t dim = uhn_memory_dim(memory), value_dim = uhn_memory_value_dim(memory);
    cJSON *array = arguments->json ? cJSON_CreateArray() : NULL;
    for (size_t i = 0; i < count; i++) {
        if (!arguments->json) {
            print_label(view, ids[i]);
            print_numbers(rows + i * dim, dim);
            if (values)
                print_numbers(values + i * value_dim, value_dim);
            putchar('\n');
            continue;
        }
        cJSON *object = cJSON_CreateObject();
        cJSON_AddItemToObject(object, "id", cli_id_to_json(ids[i]));
        cJSON_AddItemToObject(object, "label", cli_label_to_json(view, ids[i]));
        cJSON_AddItemToObject(object, "row", floats_to_json(rows + i * dim, dim));
        if (values)
            cJSON_AddItemToObject(object, "value", floats_to_json(values + i * value_dim, value_dim));
        cJSON_AddItemToArray(array, object);
    }
    return arguments->json ? cli_print_json("store", array) : CLI_WORKED;
}

int cli_store_get(const store_arguments *arguments)
{
    uhn_store_view *view = NULL;
    uint64_t *ids = NULL;
    float *rows = NULL, *values = NULL;
    size_t count = 0, total, value_total;
    int code = cli_check_outside("store", arguments->path, &arguments->out, 1);
    if (code == CLI_WORKED)
        code = cli_store_ids(arguments, &ids, &count);
    if (code == CLI_WORKED)
        code = cli_store_open_view(arguments, &view);
    if (code == CLI_WORKED) {
        const uhn_memory *memory = uhn_store_view_memory(view);
        const bool own = uhn_memory_has_values(memory);
        if (uhn_multiply_sizes(count, uhn_memory_dim(memory), &total))
            rows = uhn_allocate(total, sizeof *rows);
        if (own && uhn_multiply_sizes(count, uhn_memory_value_dim(memory), &value_total))
            values = uhn_allocate(value_total, sizeof *values);
        if (!rows || (own && !values))
            code = cli_complain(CLI_FAILED, "store", "no memory for %zu rows", count);
        if (code == CLI_WORKED)
            code = fetch(arguments, view, ids, count, rows, values);
        const size_t shape[2] = {count, uhn_memory_dim(memory)};
        if (code == CLI_WORKED && arguments->out) {
            const uhn_status status = uhn_write_npy_float(arguments->out, rows, 2, shape);
            code = status == UHN_OK ? CLI_WORKED : cli_store_complain(arguments->out, status);
        }
        if (code == CLI_WORKED && (!arguments->out || arguments->json))
            code = show(arguments, view, ids, count, rows, values);
    }
    uhn_release(rows);
    uhn_release(values);
    uhn_release(ids);
    uhn_store_view_close(view);
    return code;
}

/* ---- list */

/* Calls `visit` with the ids of the rows that are asked for; it will also look at their labels. */
static int visit_ids(const store_arguments *arguments, const uhn_store_view *view,
                     void (*visit)(const uhn_store_view *view, size_t index, uint64_t id, void *context), void *context)
{
    const size_t count = uhn_memory_count(uhn_store_view_memory(view));
    const size_t first = arguments->rows.given ? arguments->rows.first : 0;
    const size_t end = arguments->rows.given && arguments->rows.end != SIZE_MAX ? arguments->rows.end : count;
    if (arguments->rows.given && (end > count || first >= end))
        return cli_complain(CLI_MISUSED, "store", "--rows asks for rows %zu to %zu, but %s has %zu row%s", first,
                            first < end ? end : first + 1, arguments->path, count, count == 1 ? "" : "s");
    uint64_t id = 0;
    for (size_t i = first; i < end; i++) { /* before anything is shown */
        uhn_status status = uhn_store_list(view, i, 1, &id);
        if (status == UHN_OK)
            status = cli_check_label(view, id);
        if (status != UHN_OK)
            return cli_store_complain(arguments->path, status);
    }
    for (size_t i = first; i < end; i++)
        visit(view, i, uhn_store_view_id(view, i), context);
    return CLI_WORKED;
}

static void list_text(const uhn_store_view *view, size_t index, uint64_t id, void *context)
{
    (void)context;
    printf("%zu\t", index);
    print_label(view, id);
    putchar('\n');
}

static void list_json(const uhn_store_view *view, size_t index, uint64_t id, void *context)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "index", (double)index);
    cJSON_AddItemToObject(object, "id", cli_id_to_json(id));
    cJSON_AddItemToObject(object, "label", cli_label_to_json(view, id));
    cJSON_AddItemToArray(context, object);
}

int cli_store_list(const store_arguments *arguments)
{
    uhn_store_view *view = NULL;
    int code = cli_store_open_view(arguments, &view);
    cJSON *array = arguments->json ? cJSON_CreateArray() : NULL;
    if (code == CLI_WORKED)
        code = visit_ids(arguments, view, arguments->json ? list_json : list_text, array);
    uhn_store_view_close(view);
    if (arguments->json && code == CLI_WORKED)
        return cli_print_json("store", array);
    cJSON_Delete(array);
    return code;
}

/* ---- verify */

static void print_finding(void *context, const char *sentence)
{
    if (context)
        cJSON_AddItemToArray(context, cJSON_CreateString(sentence));
    else
        printf("%s\n", sentence);
}

int cli_store_verify(const store_arguments *arguments)
{
    uhn_store *store = NULL;
    cJSON *object = arguments->json ? cJSON_CreateObject() : NULL;
    cJSON *problems = object ? cJSON_AddArrayToObject(object, "problems") : NULL;
    uhn_status status = uhn_store_open(arguments->path, &store);
    if (status == UHN_OK)
        status = uhn_store_verify(store, print_finding, problems);
    else if (problems)
        print_finding(problems, uhn_error_detail());
    const int code = status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "store", arguments->path, status);
    if (object) {
        cJSON_AddBoolToObject(object, "sound", status == UHN_OK);
        (void)cli_print_json("store", object);
    }
    uhn_store_close(store);
    return code;
}

/* ---- info */

static int print_info(const uhn_store_info *info)
{
    printf("rows        %zu\ndim         %zu\nvalues      ", info->rows, info->dim);
    if (info->value_dim)
        printf("%zu\n", info->value_dim);
    else
        printf("the rows themselves\n");
    printf("dtype       %s\nsimilarity  %s\nlabels      %" PRIu64 "\nnext id     %" PRIu64 "\nblocks      %" PRIu64
           "\nbytes       %" PRIu64 ", %" PRIu64 " of them unused\nversion     %u.%u\n",
           cli_storage_name(info->storage), *info->similarity ? info->similarity : "none", info->labels, info->next_id,
           info->blocks, info->bytes, info->unused_bytes, info->major, info->minor);
    return CLI_WORKED;
}

static int print_info_json(const uhn_store_info *info)
{
    char version[32];
    cJSON *object = cJSON_CreateObject();
    snprintf(version, sizeof version, "%u.%u", info->major, info->minor);
    cJSON_AddNumberToObject(object, "rows", (double)info->rows);
    cJSON_AddNumberToObject(object, "dim", (double)info->dim);
    cJSON_AddNumberToObject(object, "values", (double)info->value_dim);
    cJSON_AddStringToObject(object, "dtype", cli_storage_name(info->storage));
    cJSON_AddNumberToObject(object, "bytes", (double)info->bytes);
    cJSON_AddStringToObject(object, "version", version);
    cJSON_AddItemToObject(object, "similarity",
                          *info->similarity ? cJSON_CreateString(info->similarity) : cJSON_CreateNull());
    cJSON_AddNumberToObject(object, "labels", (double)info->labels);
    cJSON_AddItemToObject(object, "next_id", cli_id_to_json(info->next_id));
    cJSON_AddNumberToObject(object, "blocks", (double)info->blocks);
    cJSON_AddNumberToObject(object, "unused_bytes", (double)info->unused_bytes);
    return cli_print_json("store", object);
}

int cli_store_info(const store_arguments *arguments)
{
    uhn_store *store = NULL;
    uhn_store_info info;
    int code = cli_store_open(arguments, &store);
    if (code == CLI_WORKED) {
        const uhn_status status = uhn_store_get_info(store, &info);
        code = status != UHN_OK  ? cli_store_complain(arguments->path, status)
               : arguments->json ? print_info_json(&info)
                                 : print_info(&info);
    }
    uhn_store_close(store);
    return code;
}
