/* SPDX-License-Identifier: MIT
 * Reports: sentences and tables say what the numbers say. */
#include "lab/findings.h"
#include "lab/notes.h"
#include "lab/report.h"
#include "support/curves.h"
#include "support/folder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two contenders, a limit and the mean image over four levels; what is not said is the same in all criteria. */
static double x[] = {2, 10, 100, 1000};
static double good[] = {1, 1, 0.9, 0.8}, bad[] = {0.9, 0.4, 0.6, 0.125}, limit[] = {1, 1, 1, 0.95};
static double base[] = {0.5, 0.3, 0.3, 0.75}, zero[] = {0, 0, 0, 0}, some[] = {0, 0.25, 0.5, 0};
static double low[] = {0.5, 0.1, 0.01, 0.001}, spread[] = {0, 0.01, 0.02, 0.03};
static char good_name[] = "good", bad_name[] = "bad", limit_name[] = "limit", base_name[] = "mean image";
static char experiment[] = "separation", dataset[] = "mnist", protocol[] = "uhn", x_name[] = "memories stored N";
static char version[] = "9.8.7", command[] = "uhn experiment separation --data here", isa[] = "avx2";

static uhn_series make_series(char *name, uhn_series_kind kind, double *mean)
{
    uhn_series series = {.name = name, .kind = kind};
    for (int c = 0; c < UHN_CRITERION_COUNT; c++)
        series.curves[c] = (uhn_curve){c == UHN_CRITERION_UNDEFINED ? zero : mean, spread};
    return series;
}

typedef struct sample {
    uhn_series series[3];
    uhn_results results;
    uhn_chapter chapter;
    uhn_account account;
} sample;

static void make_sample(sample *one)
{
    one->series[0] = make_series(bad_name, UHN_SERIES_MEASURED, bad);
    one->series[1] = make_series(good_name, UHN_SERIES_LEARNED, good);
    one->series[2] = make_series(limit_name, UHN_SERIES_LIMIT, limit);
    one->results = (uhn_results){.experiment = experiment,
                                 .dataset = dataset,
                                 .protocol = protocol,
                                 .runs = 5,
                                 .seed = 7,
                                 .version = version,
                                 .x_name = x_name,
                                 .x_logarithmic = true,
                                 .x = x,
                                 .x_count = 4,
                                 .series = one->series,
                                 .series_count = 3,
                                 .baseline = make_series(base_name, UHN_SERIES_BASELINE, base),
                                 .headline = UHN_CRITERION_IDENTIFIED,
                                 .command = command,
                                 .isa = isa,
                                 .threads = 2,
                                 .seconds = 1};
    one->results.baseline.curves[UHN_CRITERION_IDENTIFIED].mean = low;
    one->chapter = (uhn_chapter){&one->results, "separation.svg"};
    one->account = (uhn_account){.title = experiment,
                                 .dataset = dataset,
                                 .protocol = protocol,
                                 .command = command,
                                 .version = version,
                                 .isa = isa,
                                 .runs = 5,
                                 .seed = 7,
                                 .chapters = &one->chapter,
                                 .chapter_count = 1};
}

static char *report_of(const uhn_account *account)
{
    check_ok(uhn_write_report(in_folder("report.md"), account));
    size_t size;
    char *bytes = (char *)slurp(in_folder("report.md"), &size), *text = test_allocate(size + 1, 1);
    memcpy(text, bytes, size);
    free(bytes);
    return text;
}

static void check_says_at(const char *text, const char *what, int line)
{
    if (!strstr(text, what)) {
        print_message("line %d: not in the report: %s\n%s\n", line, what, text);
        fail();
    }
}
#define check_says(text, what) check_says_at(text, what, __LINE__)

/* ------------------------------------------------------------------------------------------------ facts */

static void test_findings(void **state)
{
    (void)state;
    sample one;
    make_sample(&one);
    const uhn_results *results = &one.results;
    uhn_finding f = uhn_find(results, &one.series[0], UHN_CRITERION_IDENTIFIED, &one.series[2]);
    assert_true(fabs(f.average - 2.025 / 4) < 1e-12);
    assert_int_equal(f.below_half, 3); /* not 1: it comes back at 2 */
    assert_int_equal(f.gap_level, 3);
    assert_true(fabs(f.gap - 0.825) < 1e-12);
    assert_true(f.lead == 0);
    f = uhn_find(results, &one.series[1], UHN_CRITERION_IDENTIFIED, &one.series[2]);
    assert_true(f.below_half == UHN_NO_LEVEL);
    assert_true(fabs(f.gap - 0.15) < 1e-12);

    assert_ptr_equal(uhn_best(results, UHN_CRITERION_IDENTIFIED), &one.series[1]);
    assert_ptr_equal(uhn_worst(results, UHN_CRITERION_IDENTIFIED), &one.series[0]);
    /* of errors, less is better */
    assert_ptr_equal(uhn_best(results, UHN_CRITERION_NORMALISED_ERROR), &one.series[0]);

    double nothing[] = {NAN, NAN, NAN, NAN}, part[] = {NAN, 0.5, NAN, 0.25};
    one.series[0].curves[UHN_CRITERION_IDENTIFIED].mean = nothing;
    f = uhn_find(results, &one.series[0], UHN_CRITERION_IDENTIFIED, &one.series[2]);
    assert_true(isnan(f.average) && isnan(f.gap) && f.first == UHN_NO_LEVEL && f.below_half == UHN_NO_LEVEL);
    assert_ptr_equal(uhn_worst(results, UHN_CRITERION_IDENTIFIED), &one.series[1]);
    one.series[0].curves[UHN_CRITERION_IDENTIFIED].mean = part;
    f = uhn_find(results, &one.series[0], UHN_CRITERION_IDENTIFIED, NULL);
    assert_true(f.first == 1 && f.last == 3 && f.below_half == 3 && isnan(f.gap) && f.average == 0.375);
}

/* A curve is compared with the limit of its own task. */
static void test_limit_of_task(void **state)
{
    (void)state;
    sample one;
    make_sample(&one);
    char other[] = "learned hetero", own[] = "limit hetero";
    uhn_series four[] = {one.series[2], make_series(own, UHN_SERIES_LIMIT, limit),
                         make_series(other, UHN_SERIES_LEARNED, good), one.series[0]};
    one.results.series = four;
    one.results.series_count = 4;
    assert_ptr_equal(uhn_limit_of(&one.results, &four[2]), &four[1]);
    assert_ptr_equal(uhn_limit_of(&one.results, &four[3]), &four[0]);
    one.results.series = four + 2;
    one.results.series_count = 2;
    assert_null(uhn_limit_of(&one.results, &four[2]));
}

/* ------------------------------------------------------------------------------------------------ text */

static void test_report(void **state)
{
    (void)state;
    sample one;
    make_sample(&one);
    char *text = report_of(&one.account);
    check_says(text, "# separation, mnist, protocol uhn\n");
    check_says(text, "Made by libuhn 9.8.7 (avx2), 5 runs, seed 7.");
    check_says(text, "\n    uhn experiment separation --data here\n");
    check_says(text, "![fraction identified over memories stored N](separation.svg)");
    check_says(text, "`good` is best with 0.93, and `bad` is worst with 0.51.");
    check_says(text, "At memories stored N = 1000 `good` has 0.80 ± 0.03 and `bad` 0.12 ± 0.03.");
    check_says(text, "Of 2 curves `bad` (from 1000 on) is below one half.");
    check_says(text, "goes from 1.00 at memories stored N = 2 to 0.95 at 1000.");
    check_says(text,
               "`good` stays nearest to it, at most 0.15 below (at 1000); `bad` is farthest, 0.82 below at 1000.");
    check_says(text,
               "gets 0.75 by `paper` and 0.00 by `identified` at memories stored N = 1000; so `paper` also counts");
    check_says(text, "Every query got an answer.");
    check_says(text, "| bad | 0.90 ± 0.00 | 0.12 ± 0.03 | 0.51 | 1000 | 0.82 (at 1000) | 0.00 |\n");
    check_says(text, "| good | 1.00 ± 0.00 | 0.80 ± 0.03 | 0.93 | – | 0.15 (at 1000) | 0.00 |\n");
    check_says(text, "What differs from the paper's protocol here:\n\n- ");
    check_says(text, "- `identified`: of all stored images");
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "## examples"));
    free(text);
}

/* Time and threads leave no trace. */
static void test_same_every_time(void **state)
{
    (void)state;
    sample one;
    make_sample(&one);
    char *a = report_of(&one.account);
    one.results.seconds = 1e9;
    one.results.threads = 64;
    char *b = report_of(&one.account);
    assert_string_equal(a, b);
    free(a);
    free(b);
}

static void test_paper_protocol(void **state)
{
    (void)state;
    sample one;
    make_sample(&one);
    char paper[] = "paper";
    one.results.protocol = paper;
    one.results.headline = UHN_CRITERION_PAPER;
    one.results.series_count = 2; /* no limit */
    one.series[0].curves[UHN_CRITERION_UNDEFINED].mean = some;
    char *text = report_of(&one.account);
    check_says(text, "Known flaws of the paper's protocol here:\n\n- ");
    check_says(text, "By `paper`, averaged over the levels, `good` is best");
    check_says(text, "`bad` is no better than that there by `paper`.");
    check_says(text, "`bad` left up to 0.50 of them without one (at memories stored N = 100)");
    check_says(text, "| bad | 0.90 ± 0.00 | 0.12 ± 0.03 | 0.51 | 1000 | 0.50 |\n");
    assert_null(strstr(text, "The limit,"));
    free(text);
}

static void test_ties(void **state)
{
    (void)state;
    sample one;
    make_sample(&one);
    one.series[0] = make_series(bad_name, UHN_SERIES_MEASURED, limit);
    one.series[1] = make_series(good_name, UHN_SERIES_MEASURED, limit);
    char *text = report_of(&one.account);
    check_says(text, "The limit, which no recall can exceed in `identified` but by chance, goes from 1.00");
    check_says(text, "all curves have 0.99. No curve ends below one half.");
    check_says(text, "`bad` and `good` reach it at every level.");
    free(text);
}

static void test_suite(void **state)
{
    (void)state;
    sample one;
    make_sample(&one);
    uhn_results other = one.results;
    char name[] = "noise";
    other.experiment = name;
    uhn_chapter chapters[] = {one.chapter, {&other, NULL}};
    uhn_picture picture = {"examples/noise.png", "What the picture shows."};
    one.account.chapters = chapters;
    one.account.chapter_count = 2;
    one.account.pictures = &picture;
    one.account.picture_count = 1;
    char *text = report_of(&one.account);
    check_says(text, "| [separation](#separation) | identified | good 0.93 | bad 0.51 | 0.15 |\n");
    check_says(text, "| [noise](#noise) | identified |");
    check_says(text, "\n## noise\n\nHow much noise");
    check_says(text, "(examples/noise.png)\n\nWhat the picture shows.\n");
    assert_null(strstr(text, "(null)"));
    free(text);
}

static void test_notes(void **state)
{
    (void)state;
    static const char *const names[] = {"capacity", "noise",     "mask",        "separation",        "random-mask",
                                        "inpaint",  "threshold", "auto-hetero", "classical-hopfield"};
    sample one;
    make_sample(&one);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s", names[i]);
        one.results.experiment = name;
        assert_non_null(uhn_question(&one.results));
        assert_non_null(uhn_note_at(&one.results, 0));
        for (size_t n = 0; uhn_note_at(&one.results, n); n++)
            assert_true(strlen(uhn_note_at(&one.results, n)) > 40);
    }
    char unknown[] = "something new";
    one.results.experiment = unknown;
    assert_null(uhn_question(&one.results));
    char *text = report_of(&one.account);
    check_says(text, "## something new\n");
    free(text);
}

static void test_cannot_write(void **state)
{
    (void)state;
    sample one;
    make_sample(&one);
    check_refused(UHN_ERROR_ARGUMENT, uhn_write_report(in_folder("absent/report.md"), &one.account));
    assert_int_equal(files_in_folder(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_limit_of_task),
        cmocka_unit_test_teardown(test_report, folder_empty),
        cmocka_unit_test_teardown(test_same_every_time, folder_empty),
        cmocka_unit_test_teardown(test_paper_protocol, folder_empty),
        cmocka_unit_test_teardown(test_ties, folder_empty),
        cmocka_unit_test_teardown(test_suite, folder_empty),
        cmocka_unit_test_teardown(test_notes, folder_empty),
        cmocka_unit_test_teardown(test_cannot_write, folder_empty),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
