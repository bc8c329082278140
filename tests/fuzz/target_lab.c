/* SPDX-License-Identifier: MIT
 * What an experiment finds in its folder when it goes on. */
#include "fuzz.h"

#include "base/allocate.h"
#include "lab/results_json.h"
#include "lab/run_folder.h"
#include "lab/utf8.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Texts are written in UTF-8, whatever they were. */
static bool is_same_text(const char *written, const char *text)
{
    char *expected = uhn_to_utf8(text);
    const bool same = expected && strcmp(written, expected) == 0;
    uhn_release(expected);
    return same;
}

/* What was read, written and read again is what was read. */
void fuzz_run_results(const fuzz_target *target, const uint8_t *bytes, size_t size)
{
    uhn_results results, again;
    fuzz_write(target->file, bytes, size);
    if (uhn_results_read_json(target->file, &results) != UHN_OK) {
        fuzz_require(*uhn_error_detail(), "refused without a sentence");
        return;
    }
    fuzz_require(uhn_results_write_json(&results, "again.json") == UHN_OK, "cannot be written");
    fuzz_require(uhn_results_write_csv(&results, "again.csv") == UHN_OK, "cannot be written as CSV");
    fuzz_require(uhn_results_read_json("again.json", &again) == UHN_OK, "cannot be read again");
    fuzz_require(again.x_count == results.x_count && again.series_count == results.series_count &&
                     again.runs == results.runs && again.seed == results.seed && again.headline == results.headline &&
                     is_same_text(again.experiment, results.experiment),
                 "comes back as something else");
    for (size_t i = 0; i < results.x_count; i++)
        fuzz_require(is_same_number(again.x[i], results.x[i]), "a number comes back as another");
    uhn_results_free(&again);
    uhn_results_free(&results);
}

void fuzz_run_cell(const fuzz_target *target, const uint8_t *bytes, size_t size)
{
    enum { CURVES = 2 };
    double values[CURVES + 1][UHN_CRITERION_COUNT];
    bool found;
    if (access("cells", F_OK) != 0)
        fuzz_require(mkdir("cells", 0700) == 0, "no folder");
    fuzz_write(target->file, bytes, size);
    const uhn_status status = uhn_run_folder_load(".", 0, 0, CURVES, values, &found);
    if (status != UHN_OK || !found)
        return;
    double sum = 0;
    for (size_t i = 0; i <= CURVES; i++)
        for (size_t c = 0; c < UHN_CRITERION_COUNT; c++)
            sum += isfinite(values[i][c]) ? 0 : 1;
    fuzz_require(sum <= (CURVES + 1) * UHN_CRITERION_COUNT, "values that cannot be counted");
}
