/* SPDX-License-Identifier: MIT */
#include "store_input.h"
#include "base/allocate.h"
#include "base/status.h"
#include "data/reader.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_ROOM = 24, PIECE = 1 << 16 /* numbers that are converted at a time */ };

const char *cli_storage_name(uhn_storage storage)
{
    static const char *const names[UHN_STORAGE_COUNT] = {"float32", "uint8", "bits"};
    return (unsigned)storage < UHN_STORAGE_COUNT ? names[storage] : "unknown";
}

/* ---- the rows of a store as a data set */

void cli_describe_store_rows(const uhn_memory *memory, uhn_dataset *data)
{
    data->count = uhn_memory_count(memory);
    data->dim = uhn_memory_dim(memory);
    data->storage = uhn_memory_storage(memory);
    data->rank = 2;
    data->shape[0] = data->count;
    data->shape[1] = data->dim;
    uhn_guess_geometry(data);
}

uhn_status cli_view_store(const char *path, char similarity[UHN_STORE_TEXT_MAX], uhn_store_view **view)
{
    uhn_store *store = NULL;
    uhn_store_info info = {.similarity = ""};
    uhn_status status = UHN_OK;
    *view = NULL;
    UHN_TRY(uhn_store_open(path, &store));
    if (similarity) {
        UHN_TRY(uhn_store_get_info(store, &info));
        memcpy(similarity, info.similarity, strlen(info.similarity) + 1);
    }
    UHN_TRY(uhn_store_view_open(store, view));
    if (uhn_memory_count(uhn_store_view_memory(*view)) == 0)
        UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "%s: the store is empty", path));
leave:
    uhn_store_close(store);
    if (status != UHN_OK) {
        uhn_store_view_close(*view);
        *view = NULL;
    }
    return status;
}

uhn_status cli_copy_store_rows(const uhn_store_view *view, size_t first, size_t count, uhn_dataset *data)
{
    uhn_memory *memory = NULL;
    size_t total;
    uhn_status status = UHN_OK;
    *data = (uhn_dataset){0};
    UHN_TRY(uhn_store_view_rows(view, first, count, &memory));
    cli_describe_store_rows(memory, data);
    data->storage = UHN_FLOAT32;
    if (uhn_multiply_sizes(data->count, data->dim, &total))
        data->rows = uhn_allocate_unset(total, sizeof(float));
    if (!data->rows)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu rows of %zu numbers", data->count, data->dim));
    for (size_t i = 0; i < data->count; i++)
        UHN_TRY(uhn_memory_row(memory, i, (float *)data->rows + i * data->dim));
leave:
    uhn_memory_destroy(memory);
    if (status != UHN_OK)
        uhn_dataset_free(data);
    return status;
}

/* ---- rows for a store */

/* Some rows of a file, as float32. */
typedef struct piece {
    const char *path;
    const float *floats;
    size_t first, count, dim; /* first: number in the file of the first row */
} piece;

static uhn_status fail_number(const piece *p, size_t at, const char *takes)
{
    return uhn_fail(UHN_ERROR_DOMAIN, "%s: row %zu, column %zu is %g; %s", p->path, p->first + at / p->dim, at % p->dim,
                    (double)p->floats[at], takes);
}

static uhn_status to_floats(const piece *p, uint8_t *rows)
{
    memcpy(rows, p->floats, p->count * p->dim * sizeof *p->floats);
    return UHN_OK;
}

static uhn_status to_bytes(const piece *p, uint8_t *rows)
{
    for (size_t i = 0; i < p->count * p->dim; i++) {
        const float value = p->floats[i], scaled = rintf(value * 255);
        if (!(value >= 0 && value <= 1) || scaled / 255 != value)
            return fail_number(p, i, "a store of uint8 takes 0, 1/255, 2/255, …, 1");
        rows[i] = (uint8_t)scaled;
    }
    return UHN_OK;
}

static uhn_status to_bits(const piece *p, uint8_t *rows)
{
    const size_t row_bytes = uhn_row_bytes(UHN_BITS, p->dim);
    memset(rows, 0, p->count * row_bytes);
    for (size_t i = 0; i < p->count * p->dim; i++) {
        const size_t column = i % p->dim;
        if (p->floats[i] != 0 && p->floats[i] != 1)
            return fail_number(p, i, "a store of bits takes 0 and 1");
        if (p->floats[i] != 0)
            rows[i / p->dim * row_bytes + column / 8] |= (uint8_t)(0x80 >> column % 8);
    }
    return UHN_OK;
}

/* Rows in another storage than that of the data. */
static uhn_status convert(const char *path, const uhn_dataset *data, size_t first, size_t count, uhn_storage storage,
                          uint8_t *rows)
{
    static uhn_status (*const conversions[])(const piece *, uint8_t *) = {to_floats, to_bytes, to_bits};
    uhn_dataset some = {.count = count, .dim = data->dim, .storage = data->storage};
    uhn_status status = UHN_OK;
    UHN_TRY(uhn_dataset_allocate(path, &some));
    UHN_TRY(uhn_dataset_fetch(data, first, count, some.rows));
    UHN_TRY(uhn_dataset_to_float(&some));
    UHN_TRY(conversions[storage](&(piece){path, some.rows, data->first + first, count, data->dim}, rows));
leave:
    uhn_dataset_free(&some);
    return status;
}

static uhn_status fetch(const char *path, const uhn_dataset *data, size_t first, size_t count, uhn_storage storage,
                        void *rows)
{
    const size_t row_bytes = uhn_row_bytes(storage, data->dim), most = data->dim < PIECE ? PIECE / data->dim : 1;
    if (data->storage == storage)
        return uhn_dataset_fetch(data, first, count, rows);
    for (size_t at = 0, n; at < count; at += n) {
        n = count - at < most ? count - at : most;
        const uhn_status status = convert(path, data, first + at, n, storage, (uint8_t *)rows + at * row_bytes);
        if (status != UHN_OK)
            return status;
    }
    return UHN_OK;
}

/* The store looks for NaN too, but knows neither the file nor which of its rows it has got. */
uhn_status cli_fetch_rows(const char *path, const uhn_dataset *data, size_t first, size_t count, uhn_storage storage,
                          void *rows)
{
    const uhn_status status = fetch(path, data, first, count, storage, rows);
    const float *floats = rows;
    for (size_t i = 0; status == UHN_OK && storage == UHN_FLOAT32 && i < count * data->dim; i++)
        if (!isfinite(floats[i]))
            return uhn_fail(UHN_ERROR_NONFINITE, "%s: row %zu has a NaN or an infinity at coordinate %zu", path,
                            data->first + first + i / data->dim, i % data->dim);
    return status;
}

/* ---- ids and labels */

uhn_status cli_read_ids(const char *path, uint64_t **ids, size_t *count)
{
    cli_lines lines;
    uhn_status status = cli_read_lines(path, &lines);
    *ids = NULL;
    if (status != UHN_OK)
        return status;
    *count = lines.count;
    *ids = uhn_allocate(lines.count, sizeof **ids);
    if (!*ids)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory for %zu ids", path, lines.count));
    const char *line = lines.text;
    for (size_t i = 0; i < lines.count; i++, line = cli_next_line(line)) {
        char *end;
        errno = 0;
        (*ids)[i] = strtoull(line, &end, 10);
        if (!isdigit((unsigned char)*line) || *end || errno || (*ids)[i] >= UHN_STORE_IDS)
            UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "%s: line %zu is '%.40s', but ids are whole numbers below 2^63", path,
                             i + 1, line));
    }
leave:
    cli_free_lines(&lines);
    if (status != UHN_OK) {
        uhn_release(*ids);
        *ids = NULL;
    }
    return status;
}

bool cli_choose_items(size_t there, const cli_rows *rows, size_t count, size_t *first)
{
    *first = there == count ? 0 : rows->first;
    return there == count || (rows->given && there > rows->first && there - rows->first >= count);
}

/* Points to `count` of the lines, which come from `path`. */
static uhn_status point_to_lines(const char *path, const cli_lines *lines, size_t first, size_t count,
                                 const char ***labels)
{
    *labels = uhn_allocate(count, sizeof **labels);
    if (!*labels)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu labels", count);
    const char *line = lines->text;
    for (size_t i = 0; i < first + count; i++, line = cli_next_line(line)) {
        if (i < first)
            continue;
        if (strlen(line) > UHN_STORE_LABEL_MAX)
            return uhn_fail(UHN_ERROR_ARGUMENT, "%s: line %zu has more than the %d bytes of a label", path, i + 1,
                            (int)UHN_STORE_LABEL_MAX);
        (*labels)[i - first] = *line ? line : NULL;
    }
    return UHN_OK;
}

static uhn_status number_lines(uhn_storage storage, const void *numbers, size_t count, cli_lines *lines)
{
    const float *floats = numbers;
    const uint8_t *bytes = numbers;
    *lines = (cli_lines){.text = uhn_allocate(count, NUMBER_ROOM), .count = count};
    if (!lines->text)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu labels", count);
    char *at = lines->text;
    for (size_t i = 0; i < count; i++)
        at += snprintf(at, NUMBER_ROOM, "%.9g", storage == UHN_FLOAT32 ? (double)floats[i] : (double)bytes[i]) + 1;
    return UHN_OK;
}

uhn_status cli_own_labels(const uint8_t *classes, size_t count, cli_lines *lines, const char ***labels)
{
    const uhn_status status = number_lines(UHN_UINT8, classes, count, lines);
    return status == UHN_OK ? point_to_lines("labels", lines, 0, count, labels) : status;
}

uhn_status cli_read_labels(const char *path, const cli_rows *rows, size_t count, cli_lines *lines, const char ***labels)
{
    uhn_dataset data = {0};
    const uhn_reader *reader;
    size_t first = 0;
    uhn_status status = UHN_OK;
    if (!cli_is_stream(path) && uhn_find_reader(&(uhn_file){.path = path}, &reader) == UHN_OK) {
        UHN_TRY(uhn_dataset_read(path, NULL, &data));
        const size_t there = data.count == 1 && data.rank == 1 ? data.dim : data.count;
        if (there != data.count * data.dim || !cli_choose_items(there, rows, count, &first))
            UHN_TRY(uhn_fail(UHN_ERROR_SHAPE, "%s: %zu rows of %zu numbers, where %zu labels are needed, one a row",
                             path, data.count, data.dim, count));
        UHN_TRY(number_lines(data.storage, data.rows, there, lines));
    } else {
        UHN_TRY(cli_read_lines(path, lines));
        if (!cli_choose_items(lines->count, rows, count, &first))
            UHN_TRY(uhn_fail(UHN_ERROR_SHAPE, "%s: %zu lines, where %zu labels are needed, one a line", path,
                             lines->count, count));
    }
    UHN_TRY(point_to_lines(path, lines, first, count, labels));
leave:
    uhn_dataset_free(&data);
    return status;
}
