/* SPDX-License-Identifier: MIT
 * uhn info: what this program is, or what a file is. */
#include "command.h"
#include "input.h"
#include "json.h"
#include "message.h"
#include "store_input.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>

typedef struct info_arguments {
    bool json;
} info_arguments;

static const cli_option options[] = {
    CLI_OPTION("json", NULL, cli_take_flag, info_arguments, json, .help = "prints JSON, one line for each file."),
};

static const cli_usage usage = {
    .name = "info",
    .synopsis = "[FILE…] [options]",
    .summary = "Tells what a file holds: format, rows, their length, storage, image size, range of values, labels. "
               "Without a file: what this program is and what it can read.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .operands_max = 4096,
    .example = "  uhn info digits.idx.gz",
};

/* What there is to say about the numbers of a file. */
typedef struct value_range {
    double minimum, maximum; /* of the finite ones; NaN when there are none */
    size_t nonfinite;
} value_range;

static value_range range_of(const float *values, size_t count)
{
    value_range range = {NAN, NAN, 0};
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            range.nonfinite++;
            continue;
        }
        range.minimum = fmin(range.minimum, (double)values[i]); /* fmin and fmax pass over the NaN they start with */
        range.maximum = fmax(range.maximum, (double)values[i]);
    }
    return range;
}

static const char *format_of(const char *path)
{
    if (uhn_store_is_here(path))
        return CLI_STORE_READER;
    const uhn_reader *reader;
    return uhn_find_reader(&(uhn_file){.path = path}, &reader) == UHN_OK ? reader->name : NULL;
}

static void label_range(const uhn_dataset *data, unsigned *least, unsigned *most)
{
    *least = *most = data->labels[0];
    for (size_t i = 1; i < data->count; i++) {
        if (data->labels[i] < *least)
            *least = data->labels[i];
        if (data->labels[i] > *most)
            *most = data->labels[i];
    }
}

/* How many labels a store has; their texts have no range. */
static uhn_status count_texts(const char *path, uint64_t *count)
{
    uhn_store *store = NULL;
    uhn_store_info info = {0};
    uhn_status status = uhn_store_open(path, &store);
    if (status == UHN_OK)
        status = uhn_store_get_info(store, &info);
    uhn_store_close(store);
    *count = info.labels;
    return status;
}

static void print_text(const char *path, const char *format, const char *storage, const uhn_dataset *data,
                       const value_range *range, uint64_t texts)
{
    const uhn_geometry *geometry = &data->geometry;
    printf("%s\n  format   %s\n  rows     %zu\n  length   %zu\n  storage  %s\n", path, format, data->count, data->dim,
           storage);
    printf("  shape    ");
    for (size_t i = 0; i < data->rank; i++)
        printf(i ? " × %zu" : "%zu", data->shape[i]);
    printf("\n  images   ");
    if (geometry->height)
        printf("%zu × %zu, %zu channel%s%s\n", geometry->height, geometry->width, geometry->channels,
               geometry->channels > 1 ? "s, " : "",
               geometry->channels > 1 ? geometry->interleaved ? "interleaved" : "planar" : "");
    else
        printf("no\n");
    if (isnan(range->minimum))
        printf("  values   no finite number");
    else
        printf("  values   %g to %g", range->minimum, range->maximum);
    if (range->nonfinite)
        printf(", %zu NaN or infinite", range->nonfinite);
    printf("\n  labels   ");
    if (data->labels) {
        unsigned least, most;
        label_range(data, &least, &most);
        printf("%u to %u\n", least, most);
    } else if (texts) {
        printf("%" PRIu64 " text%s\n", texts, texts == 1 ? "" : "s");
    } else {
        printf("no\n");
    }
}

static int print_json(const char *path, const char *format, const char *storage, const uhn_dataset *data,
                      const value_range *range, uint64_t texts)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "file", path);
    cJSON_AddStringToObject(object, "format", format);
    cJSON_AddNumberToObject(object, "count", (double)data->count);
    cJSON_AddNumberToObject(object, "dim", (double)data->dim);
    cJSON_AddStringToObject(object, "storage", storage);
    cJSON *shape = cJSON_AddArrayToObject(object, "shape");
    for (size_t i = 0; i < data->rank; i++)
        cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)data->shape[i]));
    if (data->geometry.height) {
        cJSON *geometry = cJSON_AddObjectToObject(object, "geometry");
        cJSON_AddNumberToObject(geometry, "height", (double)data->geometry.height);
        cJSON_AddNumberToObject(geometry, "width", (double)data->geometry.width);
        cJSON_AddNumberToObject(geometry, "channels", (double)data->geometry.channels);
        cJSON_AddBoolToObject(geometry, "interleaved", data->geometry.interleaved);
    } else {
        cJSON_AddNullToObject(object, "geometry");
    }
    cJSON_AddNumberToObject(object, "minimum", range->minimum);
    cJSON_AddNumberToObject(object, "maximum", range->maximum);
    cJSON_AddNumberToObject(object, "nonfinite", (double)range->nonfinite);
    if (data->labels) {
        unsigned least, most;
        label_range(data, &least, &most);
        const double limits[2] = {least, most};
        cJSON_AddItemToObject(object, "labels", cJSON_CreateDoubleArray(limits, 2));
    } else if (texts) {
        cJSON_AddNumberToObject(object, "labels", (double)texts);
    } else {
        cJSON_AddNullToObject(object, "labels");
    }
    return cli_print_json("info", object);
}

static int describe_file(const char *path, const info_arguments *arguments)
{
    uhn_dataset data = {0};
    int code = cli_read("info", path, NULL, NULL, &data);
    if (code == CLI_WORKED) {
        const char *format = format_of(path);
        const char *storage = cli_storage_name(data.storage);
        uint64_t texts = 0;
        uhn_status status = uhn_dataset_to_float(&data);
        if (status == UHN_OK && uhn_store_is_here(path))
            status = count_texts(path, &texts);
        if (status != UHN_OK || !format) {
            code = cli_complain_status(CLI_FAILED, "info", path, status);
        } else {
            const value_range range = range_of(data.rows, data.count * data.dim);
            if (arguments->json)
                code = print_json(path, format, storage, &data, &range, texts);
            else
                print_text(path, format, storage, &data, &range, texts);
        }
    }
    uhn_dataset_free(&data);
    return code;
}

static int describe_program(const info_arguments *arguments)
{
    if (!arguments->json) {
        printf("version  %s\nisa      %s\nthreads  %d\nreaders ", uhn_version(), uhn_isa(), omp_get_max_threads());
        for (size_t i = 0; uhn_reader_at(i); i++)
            printf(" %s", uhn_reader_at(i)->name);
        puts(" " CLI_STORE_READER);
        return CLI_WORKED;
    }
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "version", uhn_version());
    cJSON_AddStringToObject(object, "isa", uhn_isa());
    cJSON_AddNumberToObject(object, "threads", omp_get_max_threads());
    cJSON *readers = cJSON_AddArrayToObject(object, "readers");
    for (size_t i = 0; uhn_reader_at(i); i++)
        cJSON_AddItemToArray(readers, cJSON_CreateString(uhn_reader_at(i)->name));
    cJSON_AddItemToArray(readers, cJSON_CreateString(CLI_STORE_READER));
    return cli_print_json("info", object);
}

int uhn_command_info(int argc, char **argv)
{
    info_arguments arguments = {0};
    size_t operand_count = 0;
    int code = cli_parse(&usage, argc, argv, &arguments, &operand_count);
    if (code != CLI_GO_ON)
        return code;
    if (operand_count == 0)
        return describe_program(&arguments);
    code = CLI_WORKED;
    for (size_t i = 1; i <= operand_count; i++) {
        const int file_code = describe_file(argv[i], &arguments);
        if (file_code != CLI_WORKED)
            code = file_code;
    }
    return code;
}
