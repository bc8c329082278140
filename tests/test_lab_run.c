/* SPDX-License-Identifier: MIT
 * Running experiments: on drawn glyphs, the same results for any number of threads, subset of curves and after an
 * interruption; what is refused; results.json both ways. */
#include "base/allocate.h"
#include "lab/results_json.h"
#include "lab/run.h"
#include "lab/run_folder.h"
#include "support/check.h"
#include "support/folder.h"
#include "support/length.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IMAGES = 200, SIZE = 10, RUNS = 2, STORED = 30 };

typedef struct bench {
    uhn_dataset data;
    uhn_population population;
} bench;

/* in_folder() for more than two names at a time. */
static const char *place(const char *name)
{
    static char paths[64][512];
    static size_t turn;
    turn = (turn + 1) % 64;
    snprintf(paths[turn], sizeof paths[turn], "%s", in_folder(name));
    return paths[turn];
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static int remove_all(void **state)
{
    (void)state;
    return nftw(folder_path(), remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bench make_bench(void)
{
    bench b;
    check_ok(uhn_make_glyphs(IMAGES, SIZE, 5, &b.data));
    return b;
}

static uhn_run_settings settings_of(const char *experiment, uhn_protocol protocol, const char *folder)
{
    const uhn_experiment *row = uhn_find_experiment(experiment);
    assert_non_null(row);
    return (uhn_run_settings){.experiment = row,
                              .protocol = protocol,
                              .curves = row->curves[protocol],
                              .dataset = "glyphs",
                              .command = "uhn experiment",
                              .folder = folder,
                              .runs = RUNS,
                              .stored = STORED,
                              .seed = 3,
                              .threads = 1};
}

static uhn_results run(bench *b, const uhn_run_settings *settings)
{
    uhn_results results;
    check_ok(uhn_population_make(&b->data, true, settings->seed, &b->population));
    check_ok(uhn_run(&b->population, settings, &results));
    uhn_population_free(&b->population);
    return results;
}

static void same_curve(const uhn_series *a, const uhn_series *b, size_t count)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->kind, b->kind);
    for (size_t c = 0; c < UHN_CRITERION_COUNT; c++) {
        if (first_difference_double(a->curves[c].mean, b->curves[c].mean, count) != count ||
            first_difference_double(a->curves[c].sd, b->curves[c].sd, count) != count)
            fail_msg("%s: %s differs", a->name, uhn_criterion_key((uhn_criterion)c));
    }
}

static void same_results(const uhn_results *a, const uhn_results *b)
{
    assert_string_equal(a->experiment, b->experiment);
    assert_int_equal(a->x_count, b->x_count);
    assert_int_equal(a->series_count, b->series_count);
    assert_int_equal(first_difference_double(a->x, b->x, a->x_count), a->x_count);
    for (size_t s = 0; s < a->series_count; s++)
        same_curve(&a->series[s], &b->series[s], a->x_count);
    same_curve(&a->baseline, &b->baseline, a->x_count);
}

static const uhn_series *find_series(const uhn_results *results, const char *name)
{
    for (size_t s = 0; s < results->series_count; s++)
        if (strcmp(results->series[s].name, name) == 0)
            return &results->series[s];
    fail_msg("there is no series %s", name);
    return NULL;
}

/* ------------------------------------------------------------------------------------------------ results */

static void check_fractions(const uhn_results *results, const uhn_series *series)
{
    for (size_t i = 0; i < results->x_count; i++)
        for (size_t c = 0; c < UHN_CRITERION_COUNT; c++) {
            const double mean = series->curves[c].mean[i];
            assert_true(c == UHN_CRITERION_NORMALISED_ERROR || (mean >= 0 && mean <= 1));
            assert_true(series->curves[c].sd[i] >= 0 || isnan(mean));
        }
    for (size_t i = 0; i < results->x_count; i++) /* who is memorized is identified */
        assert_true(series->curves[UHN_CRITERION_MEMORIZED].mean[i] <=
                    series->curves[UHN_CRITERION_IDENTIFIED].mean[i]);
}

static void test_all_experiments(void **state)
{
    (void)state;
    bench b = make_bench();
    for (size_t i = 0; uhn_experiment_at(i); i++)
        for (int protocol = 0; protocol < UHN_PROTOCOL_COUNT; protocol++) {
            const uhn_experiment *experiment = uhn_experiment_at(i);
            char name[64];
            if (experiment->task == UHN_TASK_EXAMPLES || experiment->curves[protocol].count == 0)
                continue;
            snprintf(name, sizeof name, "%s-%d", experiment->name, protocol);
            uhn_run_settings settings = settings_of(experiment->name, (uhn_protocol)protocol, place(name));
            settings.runs = unless_short(RUNS, 1);
            settings.stored = unless_short(STORED, 10);
            uhn_results results = run(&b, &settings);
            assert_int_equal(results.series_count, settings.curves.count);
            for (size_t s = 0; s < results.series_count; s++)
                check_fractions(&results, &results.series[s]);
            check_fractions(&results, &results.baseline);
            uhn_results_free(&results);
        }
    uhn_dataset_free(&b.data);
}

/* The N of the axis that are not above the user's, and that one. */
static void test_stored(void **state)
{
    (void)state;
    const uhn_run_settings settings = settings_of("capacity", UHN_PROTOCOL_PAPER, "");
    const double expected[] = {2, 5, 10, 20, STORED};
    assert_int_equal(uhn_run_points(NULL, &settings), 5);
    for (size_t i = 0; i < 5; i++)
        assert_true(uhn_run_x(&settings, i) == expected[i]);
    assert_int_equal(uhn_run_block_size(&settings), STORED);
}

/* The separations whose sharpest case is max recall what max does, and with one image stored less than all is wrong:
 * the mean image answers as `identity` nearly does. */
static void test_curves_make_sense(void **state)
{
    (void)state;
    bench b = make_bench();
    const uhn_run_settings settings = settings_of("separation", UHN_PROTOCOL_UHN, place("sense"));
    uhn_results results = run(&b, &settings);
    const size_t last = results.x_count - 1;
    const double *max = find_series(&results, "max")->curves[UHN_CRITERION_IDENTIFIED].mean;
    const double *softmax = find_series(&results, "softmax")->curves[UHN_CRITERION_IDENTIFIED].mean;
    const double *sparsemax = find_series(&results, "sparsemax")->curves[UHN_CRITERION_IDENTIFIED].mean;
    const double *identity = find_series(&results, "identity")->curves[UHN_CRITERION_NORMALISED_ERROR].mean;
    const double *limit = find_series(&results, "limit")->curves[UHN_CRITERION_IDENTIFIED].mean;
    assert_true(softmax[last] >= max[last] - 0.15 && sparsemax[last] >= max[last] - 0.15);
    assert_true(limit[last] >= max[last]);
    assert_true(identity[last] > 0.5);
    assert_true(results.baseline.curves[UHN_CRITERION_NORMALISED_ERROR].mean[last] == 1);
    assert_true(results.baseline.curves[UHN_CRITERION_IDENTIFIED].mean[last] <= 2.0 / STORED);
    uhn_results_free(&results);
    uhn_dataset_free(&b.data);
}

/* What is learned depends on the draw of examples, and all else on nothing: the runs store the same images. Many small
 * bins need more examples than there are. */
static void test_learning(void **state)
{
    (void)state;
    bench b = make_bench();
    uhn_run_settings settings = settings_of("learning", UHN_PROTOCOL_UHN, place("learning"));
    uhn_experiment easier = *settings.experiment; /* under that noise so few pixels tell nothing */
    easier.level = 0.5;
    settings.experiment = &easier;
    settings.stored = 100; /* three times as many are not there */
    settings.runs = 3;
    uhn_results results = run(&b, &settings);
    const uhn_curve *few = &find_series(&results, "8 bins")->curves[UHN_CRITERION_IDENTIFIED];
    const uhn_curve *many = &find_series(&results, "254 bins")->curves[UHN_CRITERION_IDENTIFIED];
    const uhn_curve *limit = &find_series(&results, "limit")->curves[UHN_CRITERION_IDENTIFIED];
    const uhn_curve *manhattan = &find_series(&results, "manhattan")->curves[UHN_CRITERION_IDENTIFIED];
    assert_int_equal(results.x_count, 3); /* 5, 10 and 50 examples, not 200 */
    assert_true(few->mean[2] > few->mean[0] && few->mean[2] > many->mean[2] + 0.05);
    assert_true(limit->mean[0] > few->mean[2] && few->mean[2] > manhattan->mean[0]);
    assert_true(few->sd[0] + few->sd[1] + few->sd[2] > 0);
    for (size_t i = 0; i < 3; i++) {
        assert_true(limit->mean[i] == limit->mean[0] && limit->sd[i] < 1e-9);
        assert_true(manhattan->mean[i] == manhattan->mean[0] && manhattan->sd[i] < 1e-9);
    }
    uhn_results_free(&results);
    uhn_dataset_free(&b.data);
}

/* ------------------------------------------------------------------------------------------------ the same numbers */

static void test_threads(void **state)
{
    (void)state;
    bench b = make_bench();
    static const char *const names[] = {"capacity", "separation", "auto-hetero", "classical-hopfield", "learning"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i += unless_short(1, 2)) {
        uhn_run_settings settings = settings_of(names[i], UHN_PROTOCOL_UHN, place("one"));
        settings.force = true;
        uhn_results one = run(&b, &settings);
        settings.folder = place("three");
        settings.threads = 3;
        uhn_results three = run(&b, &settings);
        same_results(&one, &three);
        uhn_results_free(&one);
        uhn_results_free(&three);
    }
    uhn_dataset_free(&b.data);
}

/* A curve does not depend on those beside it. */
static void test_subset(void **state)
{
    (void)state;
    bench b = make_bench();
    uhn_run_settings settings = settings_of("noise", UHN_PROTOCOL_UHN, place("all"));
    uhn_results all = run(&b, &settings);
    settings.folder = place("few");
    settings.curves.rows += 3;
    settings.curves.count = 1;
    uhn_results few = run(&b, &settings);
    assert_int_equal(few.series_count, 1);
    same_curve(&all.series[3], &few.series[0], all.x_count);
    uhn_results_free(&all);
    uhn_results_free(&few);
    uhn_dataset_free(&b.data);
}

static void stop_in_the_middle(void *context, double done)
{
    (void)context;
    if (done > 0.5)
        _exit(0);
}

/* A child is ended in the middle; what it had finished is used, and the result is that of a run without interruption.
 */
static void test_interruption(void **state)
{
    (void)state;
    bench b = make_bench();
    uhn_run_settings settings = settings_of("mask", UHN_PROTOCOL_UHN, place("cut"));
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        settings.progress = stop_in_the_middle;
        uhn_results results = run(&b, &settings);
        (void)results;
        _exit(1);
    }
    int code = -1;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    assert_true(uhn_run_folder_has(place("cut"), "cells/run-0-point-8.json"));
    assert_false(uhn_run_folder_has(place("cut"), "cells/run-1-point-8.json"));
    assert_false(uhn_run_folder_has(place("cut"), "results.json"));

    /* A finished cell is not measured again: this one is marked. */
    double marked[12][UHN_CRITERION_COUNT] = {{0}};
    bool found;
    const size_t curves = settings.curves.count;
    assert_true(curves + 1 <= 12);
    check_ok(uhn_run_folder_load(place("cut"), 0, 0, curves, marked, &found));
    assert_true(found);
    uhn_results resumed = run(&b, &settings);
    settings.folder = place("whole");
    uhn_results whole = run(&b, &settings);
    same_results(&resumed, &whole);
    assert_false(uhn_run_folder_has(place("cut"), "cells"));

    marked[0][UHN_CRITERION_PAPER] = 0.123;
    settings.folder = place("marked");
    settings.runs = 1;
    check_ok(uhn_population_make(&b.data, true, settings.seed, &b.population));
    check_ok(uhn_run_open_folder(&b.population, &settings));
    check_ok(uhn_run_folder_save(settings.folder, 0, 0, curves, (const double(*)[UHN_CRITERION_COUNT])marked));
    uhn_population_free(&b.population);
    uhn_results used = run(&b, &settings);
    assert_true(used.series[0].curves[UHN_CRITERION_PAPER].mean[0] == 0.123);
    uhn_results_free(&used);
    uhn_results_free(&resumed);
    uhn_results_free(&whole);
    uhn_dataset_free(&b.data);
}

/* A cell that was damaged is measured anew. */
static void test_damaged_cell(void **state)
{
    (void)state;
    double values[2][UHN_CRITERION_COUNT] = {{0.5, NAN, 1, 0.25, 0}, {1.0 / 3, 0, 0, 1, 0}},
           back[2][UHN_CRITERION_COUNT];
    bool found;
    const double(*saved)[UHN_CRITERION_COUNT] = (const double(*)[UHN_CRITERION_COUNT])values;
    const char *folder = place("cells-of-one");
    check_ok(uhn_run_folder_load(folder, 0, 1, 1, back, &found));
    assert_false(found);
    check_ok(uhn_run_folder_save(folder, 0, 1, 1, saved));
    check_ok(uhn_run_folder_load(folder, 0, 1, 1, back, &found));
    assert_true(found);
    assert_int_equal(first_difference_double(values[0], back[0], UHN_CRITERION_COUNT), UHN_CRITERION_COUNT);
    assert_int_equal(first_difference_double(values[1], back[1], UHN_CRITERION_COUNT), UHN_CRITERION_COUNT);
    check_ok(uhn_run_folder_load(folder, 0, 1, 2, values, &found)); /* of another number of curves */
    assert_false(found);
    char path[UHN_PATH_MAX];
    check_ok(uhn_join_path(folder, "cells/run-0-point-1.json", path));
    check_ok(uhn_write_bytes(path, "[[0.5,", 6));
    check_ok(uhn_run_folder_load(folder, 0, 1, 1, back, &found));
    assert_false(found);
    uhn_run_folder_clear(folder);
    assert_false(uhn_run_folder_has(folder, "cells"));
    rmdir(folder);
}

/* ------------------------------------------------------------------------------------------------ refusals */

static void refused(bench *b, const uhn_run_settings *settings, const char *says)
{
    uhn_results results;
    check_ok(uhn_population_make(&b->data, true, settings->seed, &b->population));
    check_refused(UHN_ERROR_ARGUMENT, uhn_run(&b->population, settings, &results));
    if (!strstr(uhn_error_detail(), says))
        fail_msg("'%s' is not in '%s'", says, uhn_error_detail());
    uhn_population_free(&b->population);
}

static void test_too_few_images(void **state)
{
    (void)state;
    bench b = make_bench();
    uhn_run_settings settings = settings_of("noise", UHN_PROTOCOL_PAPER, place("too-few"));
    settings.stored = 101;
    refused(&b, &settings, "2 runs of 101 images need 202 images, but there are 200");
    settings.stored = 100;
    uhn_results results = run(&b, &settings); /* just enough */
    uhn_results_free(&results);
    settings = settings_of("noise", UHN_PROTOCOL_UHN, place("too-few"));
    settings.runs = 1;
    settings.stored = 151;
    refused(&b, &settings, "201 images, but there are 200");
    uhn_dataset_free(&b.data);
}

static void test_other_folder(void **state)
{
    (void)state;
    bench b = make_bench();
    uhn_run_settings settings = settings_of("mask", UHN_PROTOCOL_PAPER, place("out"));
    uhn_results results = run(&b, &settings);
    uhn_results_free(&results);
    check_ok(uhn_write_bytes(place("out/results.json"), "{}", 2)); /* finished: read … */
    refused(&b, &settings, "results.json");
    uhn_run_settings anew = settings; /* … unless it is to be measured anew */
    anew.force = true;
    results = run(&b, &anew);
    uhn_results_free(&results);

    uhn_run_settings other = settings;
    other.seed = 4;
    refused(&b, &other, "other options or data");
    other = settings;
    other.runs = 1;
    refused(&b, &other, "other options or data");
    ((uint8_t *)b.data.rows)[0] ^= 1; /* other data */
    refused(&b, &settings, "other options or data");
    other = settings;
    other.force = true;
    results = run(&b, &other);
    uhn_results_free(&results);

    check_ok(uhn_make_folders(place("foreign")));
    check_ok(uhn_write_bytes(place("foreign/letter.txt"), "x", 1));
    settings.folder = place("foreign");
    refused(&b, &settings, "not of an experiment");
    assert_true(uhn_run_folder_has(place("foreign"), "letter.txt"));
    settings.folder = place("foreign/letter.txt");
    refused(&b, &settings, "letter.txt");
    uhn_dataset_free(&b.data);
}

/* ------------------------------------------------------------------------------------------------ results.json */

static void test_round_trip(void **state)
{
    (void)state;
    bench b = make_bench();
    uhn_run_settings settings = settings_of("separation", UHN_PROTOCOL_PAPER, place("json"));
    settings.seed = UINT64_MAX;
    settings.command = "uhn experiment \"quoted\" \\ and ✓";
    uhn_results results = run(&b, &settings), back;
    check_ok(uhn_results_read_json(place("json/results.json"), &back));
    same_results(&results, &back);
    assert_string_equal(back.command, settings.command);
    assert_string_equal(back.dataset, "glyphs");
    assert_string_equal(back.protocol, "paper");
    assert_string_equal(back.version, uhn_version());
    assert_string_equal(back.x_name, results.x_name);
    assert_string_equal(back.isa, uhn_isa());
    assert_true(back.seed == UINT64_MAX && back.runs == RUNS && back.threads == 1 && back.x_logarithmic);
    assert_true(back.seconds == results.seconds && back.headline == UHN_CRITERION_PAPER);
    uhn_results_free(&results);
    uhn_results_free(&back);

    static const char *const broken[] = {"", "{", "[]", "{\"experiment\": 3}", "{\"experiment\": \"x\"}"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        check_ok(uhn_write_bytes(place("broken.json"), broken[i], strlen(broken[i])));
        check_refused(UHN_ERROR_ARGUMENT, uhn_results_read_json(place("broken.json"), &back));
        assert_non_null(strstr(uhn_error_detail(), "broken.json"));
    }
    check_refused(UHN_ERROR_ARGUMENT, uhn_results_read_json(place("none.json"), &back));
    uhn_dataset_free(&b.data);
}

static void test_csv(void **state)
{
    (void)state;
    double x[] = {0.5}, mean[] = {0.25}, sd[] = {NAN};
    uhn_series series = {.name = (char[]){"a, \"b\""}};
    for (size_t c = 0; c < UHN_CRITERION_COUNT; c++)
        series.curves[c] = (uhn_curve){mean, sd};
    uhn_results results = {.experiment = (char[]){"e"},
                           .dataset = (char[]){"d"},
                           .protocol = (char[]){"uhn"},
                           .x = x,
                           .x_count = 1,
                           .baseline = series};
    check_ok(uhn_results_write_csv(&results, place("r.csv")));
    assert_contents(place("r.csv"), "experiment,dataset,protocol,series,criterion,x,mean,sd\n"
                                    "e,d,uhn,\"a, \"\"b\"\"\",paper,0.5,0.25,\n"
                                    "e,d,uhn,\"a, \"\"b\"\"\",identified,0.5,0.25,\n"
                                    "e,d,uhn,\"a, \"\"b\"\"\",memorized,0.5,0.25,\n"
                                    "e,d,uhn,\"a, \"\"b\"\"\",normalised_error,0.5,0.25,\n"
                                    "e,d,uhn,\"a, \"\"b\"\"\",undefined,0.5,0.25,\n");
}

/* Images to learn from are all different, and none is of the run, however few there are. */
static void test_others(void **state)
{
    (void)state;
    enum { ALL = 120, FIRST = 40, COUNT = 20, OTHERS = ALL - COUNT };
    float rows[ALL], taken[OTHERS];
    for (size_t i = 0; i < ALL; i++)
        rows[i] = (float)i / ALL;
    const uhn_dataset data = {.rows = rows, .count = ALL, .dim = 1, .storage = UHN_FLOAT32};
    uhn_population population;
    check_ok(uhn_population_make(&data, false, 1, &population));
    for (size_t wanted = 1; wanted <= OTHERS; wanted++) {
        uhn_population_take_outside(&population, FIRST, COUNT, wanted, taken);
        for (size_t i = 0; i < wanted; i++) {
            assert_true(i == 0 || taken[i] > taken[i - 1]);
            assert_true(taken[i] < rows[FIRST] || taken[i] > rows[FIRST + COUNT - 1]);
        }
    }
    uhn_population_free(&population);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stored),
        cmocka_unit_test(test_interruption), /* first: a child may not inherit threads that sleep */
        cmocka_unit_test(test_all_experiments),
        cmocka_unit_test(test_curves_make_sense),
        cmocka_unit_test(test_learning),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_subset),
        cmocka_unit_test(test_damaged_cell),
        cmocka_unit_test(test_too_few_images),
        cmocka_unit_test(test_other_folder),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_csv),
    };
    return cmocka_run_group_tests(tests, folder_make, remove_all);
}
