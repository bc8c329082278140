/* SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "data/write_file.h"
#include "lab/results_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A field in quotes where it needs them (RFC 4180). */
static void put_text(FILE *stream, const char *text)
{
    if (!strpbrk(text, ",\"\n")) {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text; text++)
        fprintf(stream, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', stream);
}

/* What is not defined is an empty field. */
static void put_number(FILE *stream, double value)
{
    if (isfinite(value))
        fprintf(stream, "%.9g", value);
}

static void put_series(FILE *stream, const uhn_results *results, const uhn_series *series)
{
    const char *const heads[] = {results->experiment, results->dataset, results->protocol, series->name};
    for (size_t c = 0; c < UHN_CRITERION_COUNT; c++)
        for (size_t i = 0; i < results->x_count; i++) {
            for (size_t h = 0; h < sizeof heads / sizeof *heads; h++) {
                put_text(stream, heads[h]);
                fputc(',', stream);
            }
            fprintf(stream, "%s,%.9g,", uhn_criterion_key((uhn_criterion)c), results->x[i]);
            put_number(stream, series->curves[c].mean[i]);
            fputc(',', stream);
            put_number(stream, series->curves[c].sd[i]);
            fputc('\n', stream);
        }
}

uhn_status uhn_results_write_csv(const uhn_results *results, const char *path)
{
    uhn_replacement file;
    const uhn_status status = uhn_replacement_start(&file, path);
    if (status != UHN_OK)
        return status;
    fputs("experiment,dataset,protocol,series,criterion,x,mean,sd\n", file.stream);
    for (size_t s = 0; s < results->series_count; s++)
        put_series(file.stream, results, &results->series[s]);
    put_series(file.stream, results, &results->baseline);
    return uhn_replacement_finish(
        &file, ferror(file.stream) ? uhn_fail(UHN_ERROR_ARGUMENT, "%s: cannot be written", path) : UHN_OK);
}
