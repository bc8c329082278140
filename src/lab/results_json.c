/* SPDX-License-Identifier: MIT */
#include "lab/results_json.h"
#include "base/allocate.h"
#include "base/status.h"
#include "data/dataset.h"
#include "lab/json_number.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 64 << 20 };
static const double whole_max = 0x1p53; /* up to here a double holds every whole number */

/* In the order of uhn_series_kind; a key of its own, beside those that say what was measured. */
static const char *const kinds[] = {"measured", "learned", "limit", "baseline"};

/* ------------------------------------------------------------------------------------------------ writing */

static void add_numbers(cJSON *object, const char *key, const double *values, size_t count)
{
    cJSON *array = cJSON_AddArrayToObject(object, key);
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(array, uhn_json_number(values[i]));
}

static void fill_series(cJSON *object, const uhn_series *series, size_t count)
{
    cJSON_AddStringToObject(object, "name", series->name);
    cJSON_AddStringToObject(object, "kind", kinds[series->kind]);
    cJSON *criteria = cJSON_AddObjectToObject(object, "criteria");
    for (size_t c = 0; c < UHN_CRITERION_COUNT; c++) {
        cJSON *curve = cJSON_AddObjectToObject(criteria, uhn_criterion_key((uhn_criterion)c));
        add_numbers(curve, "mean", series->curves[c].mean, count);
        add_numbers(curve, "sd", series->curves[c].sd, count);
    }
}

/* A seed may be more than a double holds; then it is a string. */
static void add_seed(cJSON *object, uint64_t seed)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, seed);
    if (seed <= UINT64_C(1) << 53)
        cJSON_AddNumberToObject(object, "seed", (double)seed);
    else
        cJSON_AddStringToObject(object, "seed", text);
}

static cJSON *to_json(const uhn_results *results)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "experiment", results->experiment);
    cJSON_AddStringToObject(object, "dataset", results->dataset);
    cJSON_AddStringToObject(object, "protocol", results->protocol);
    cJSON_AddNumberToObject(object, "runs", (double)results->runs);
    add_seed(object, results->seed);
    cJSON_AddStringToObject(object, "version", results->version);
    cJSON *x = cJSON_AddObjectToObject(object, "x");
    cJSON_AddStringToObject(x, "name", results->x_name);
    cJSON_AddBoolToObject(x, "logarithmic", results->x_logarithmic);
    add_numbers(x, "values", results->x, results->x_count);
    cJSON *series = cJSON_AddArrayToObject(object, "series");
    for (size_t i = 0; i < results->series_count; i++) {
        cJSON *one = cJSON_CreateObject();
        fill_series(one, &results->series[i], results->x_count);
        cJSON_AddItemToArray(series, one);
    }
    fill_series(cJSON_AddObjectToObject(object, "baseline"), &results->baseline, results->x_count);
    cJSON_AddStringToObject(object, "headline", uhn_criterion_key(results->headline));
    cJSON_AddStringToObject(object, "command", results->command);
    cJSON_AddStringToObject(object, "isa", results->isa);
    cJSON_AddNumberToObject(object, "threads", results->threads);
    cJSON_AddItemToObject(object, "seconds", uhn_json_number(results->seconds));
    return object;
}

uhn_status uhn_results_write_json(const uhn_results *results, const char *path)
{
    uhn_json_start();
    char *text = uhn_json_text(to_json(results), true);
    if (!text)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory to write %s", path);
    const uhn_status status = uhn_write_bytes(path, text, strlen(text));
    uhn_release(text);
    return status;
}

/* ------------------------------------------------------------------------------------------------ reading */

/* Opens for reading without waiting for the other end of a pipe. */
static FILE *open_text(const char *path, struct stat *about)
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    FILE *file = descriptor >= 0 && fstat(descriptor, about) == 0 ? fdopen(descriptor, "rb") : NULL;
    if (!file && descriptor >= 0)
        close(descriptor);
    return file;
}

uhn_status uhn_read_text(const char *path, char **text)
{
    struct stat about;
    FILE *file = open_text(path, &about);
    *text = NULL;
    if (!file)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: cannot be read: %s", path, strerror(errno));
    uhn_status status = UHN_OK;
    const long size = S_ISREG(about.st_mode) ? (long)about.st_size : -1;
    if (size < 0 || size > TEXT_MAX)
        status = uhn_fail(UHN_ERROR_ARGUMENT, "%s: not a text of at most %d bytes", path, TEXT_MAX);
    *text = status == UHN_OK ? uhn_allocate((size_t)size + 1, 1) : NULL;
    if (status == UHN_OK && !*text)
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory for %ld bytes", path, size);
    if (status == UHN_OK && fread(*text, 1, (size_t)size, file) != (size_t)size) {
        status = uhn_fail(UHN_ERROR_ARGUMENT, "%s: cannot be read", path);
        uhn_release(*text);
        *text = NULL;
    }
    fclose(file);
    return status;
}

/* What is being read, and whether everything was there so far. */
typedef struct reading {
    const char *path;
    uhn_status status;
} reading;

static void complain(reading *r, const char *key, const char *wanted)
{
    if (r->status == UHN_OK)
        r->status = uhn_fail(UHN_ERROR_ARGUMENT, "%s: \"%s\" is not %s", r->path, key, wanted);
}

static char *copy_text(reading *r, const char *text)
{
    char *copy = uhn_copy_text(text);
    if (!copy && r->status == UHN_OK)
        r->status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory", r->path);
    return copy;
}

static char *get_text(reading *r, const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    if (!text)
        complain(r, key, "a string");
    return text ? copy_text(r, text) : NULL;
}

static double get_number(reading *r, const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!cJSON_IsNumber(item))
        complain(r, key, "a number");
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

/* A whole number from 0 to `most`. */
static double get_count(reading *r, const cJSON *object, const char *key, double most)
{
    const double value = get_number(r, object, key);
    const bool fits = value >= 0 && value <= most && value == floor(value);
    if (!fits)
        complain(r, key, "a whole number in range");
    return fits ? value : 0;
}

static uint64_t get_seed(reading *r, const cJSON *object)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "seed"));
    if (!text)
        return (uint64_t)get_count(r, object, "seed", whole_max);
    errno = 0;
    const uint64_t seed = strtoull(text, NULL, 10);
    if (errno != 0 || !*text || text[strspn(text, "0123456789")] != '\0')
        complain(r, "seed", "a whole number in range");
    return seed;
}

/* A list of `count` numbers, null being NaN; NULL when it is something else. */
static double *get_numbers(reading *r, const cJSON *object, const char *key, size_t count)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!cJSON_IsArray(array) || (size_t)cJSON_GetArraySize(array) != count) {
        complain(r, key, "a list of as many numbers as there are points");
        return NULL;
    }
    double *values = uhn_allocate(count, sizeof *values), *next = values;
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        if (!values || !(cJSON_IsNumber(item) || cJSON_IsNull(item))) {
            complain(r, key, "a list of numbers");
            break;
        }
        *next++ = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    }
    return values;
}

/* Where a word stands in a list; 0, with a complaint, when it does not. */
static size_t get_word(reading *r, const cJSON *object, const char *key, const char *(*at)(size_t), size_t count)
{
    const char *word = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    for (size_t i = 0; word && i < count; i++)
        if (strcmp(word, at(i)) == 0)
            return i;
    complain(r, key, "one of the words that are known");
    return 0;
}

static const char *kind_at(size_t index)
{
    return kinds[index];
}

static const char *criterion_at(size_t index)
{
    return uhn_criterion_key((uhn_criterion)index);
}

static void get_series(reading *r, const cJSON *object, size_t count, uhn_series *series)
{
    series->name = get_text(r, object, "name");
    series->kind = (uhn_series_kind)get_word(r, object, "kind", kind_at, UHN_SERIES_KIND_COUNT);
    const cJSON *criteria = cJSON_GetObjectItemCaseSensitive(object, "criteria");
    for (size_t c = 0; c < UHN_CRITERION_COUNT; c++) {
        const cJSON *curve = cJSON_GetObjectItemCaseSensitive(criteria, criterion_at(c));
        series->curves[c].mean = get_numbers(r, curve, "mean", count);
        series->curves[c].sd = get_numbers(r, curve, "sd", count);
    }
}

static void get_all_series(reading *r, const cJSON *object, uhn_results *results)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(object, "series"), *item;
    if (!cJSON_IsArray(array)) {
        complain(r, "series", "a list");
        return;
    }
    results->series = uhn_allocate((size_t)cJSON_GetArraySize(array), sizeof *results->series);
    if (!results->series) {
        r->status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory", r->path);
        return;
    }
    cJSON_ArrayForEach(item, array) get_series(r, item, results->x_count, &results->series[results->series_count++]);
}

static void from_json(reading *r, const cJSON *object, uhn_results *results)
{
    results->experiment = get_text(r, object, "experiment");
    results->dataset = get_text(r, object, "dataset");
    results->protocol = get_text(r, object, "protocol");
    results->runs = (size_t)get_count(r, object, "runs", whole_max);
    results->seed = get_seed(r, object);
    results->version = get_text(r, object, "version");
    const cJSON *x = cJSON_GetObjectItemCaseSensitive(object, "x");
    const cJSON *values = cJSON_GetObjectItemCaseSensitive(x, "values");
    results->x_name = get_text(r, x, "name");
    results->x_logarithmic = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(x, "logarithmic"));
    results->x_count = cJSON_IsArray(values) ? (size_t)cJSON_GetArraySize(values) : 0;
    results->x = get_numbers(r, x, "values", results->x_count);
    get_all_series(r, object, results);
    get_series(r, cJSON_GetObjectItemCaseSensitive(object, "baseline"), results->x_count, &results->baseline);
    results->headline = (uhn_criterion)get_word(r, object, "headline", criterion_at, UHN_CRITERION_COUNT);
    results->command = get_text(r, object, "command");
    results->isa = get_text(r, object, "isa");
    results->threads = (int)get_count(r, object, "threads", INT_MAX);
    results->seconds = get_number(r, object, "seconds");
}

uhn_status uhn_results_read_json(const char *path, uhn_results *results)
{
    char *text = NULL;
    *results = (uhn_results){0};
    reading r = {.path = path, .status = uhn_read_text(path, &text)};
    if (r.status != UHN_OK)
        return r.status;
    uhn_json_start();
    cJSON *object = cJSON_Parse(text);
    if (object)
        from_json(&r, object, results);
    else if (uhn_json_failed())
        r.status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory", path);
    else
        r.status = uhn_fail(UHN_ERROR_ARGUMENT, "%s: not JSON", path);
    cJSON_Delete(object);
    uhn_release(text);
    if (r.status != UHN_OK)
        uhn_results_free(results);
    return r.status;
}
