/* SPDX-License-Identifier: MIT
 * Learning, tuning and a cell of the experiment on learning while memory runs out: the k-th allocation fails, for many
 * k up to the last. Each time the answer is "out of memory", there is nothing to free, and the sanitizer finds no leak.
 */
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "lab/cell.h"
#include "lab/learn.h"
#include "lab/limit.h"
#include "lab/tune.h"
#include "support/check.h"
#include "support/failing_allocations.h"

typedef uhn_status make(const uhn_dataset *data);

/* After a failure a result is empty: freeing it would show if it were not. */
static uhn_status tune(const uhn_dataset *data)
{
    const uhn_tuning what = {.corruption = uhn_find_corruption("mask"), .level = 0.5, .files = true, .threads = 1};
    uhn_tuned tuned;
    const uhn_status status = uhn_tune(data, &what, &tuned);

    assert_true(status == UHN_OK || (!tuned.candidates && !tuned.observed && !tuned.tables[0].values));
    uhn_tuned_free(&tuned);
    return status;
}

/* A cell of the experiment on learning: the block, tables of two sizes from drawn examples, others beside them. */
static uhn_status experiment(const uhn_dataset *data)
{
    static const uhn_curve_row rows[] = {
        {.name = "a", .separation = "max", .kind = UHN_SERIES_LEARNED, .bins = 4},
        {.name = "b", .separation = "max", .kind = UHN_SERIES_LEARNED, .bins = 8},
        {.name = "c", .separation = "max", .kind = UHN_SERIES_LIMIT},
        {.name = "d", .similarity = "manhattan", .separation = "softmax:beta=1"},
    };
    const uhn_curve_list curves = {rows, sizeof rows / sizeof *rows};
    const uhn_point point = {.experiment = uhn_find_experiment("learning"),
                             .corruption = uhn_find_corruption("mask"),
                             .level = 0.5,
                             .stored = 9,
                             .asked = 4,
                             .threshold = UHN_THRESHOLD,
                             .pairs = 3,
                             .draws_pairs = true,
                             .threads = 1};
    double values[sizeof rows / sizeof *rows + 1][UHN_CRITERION_COUNT];
    uhn_population population;
    uhn_block block = {0};
    uhn_status status = uhn_population_make(data, true, 1, &population);

    if (status == UHN_OK)
        status = uhn_block_make(&population, 0, 9, &block);
    if (status == UHN_OK)
        status = uhn_measure(&block, &point, &curves, values, values[curves.count]);
    uhn_block_free(&block);
    uhn_population_free(&population);
    return status;
}

static uhn_status learn(const uhn_dataset *data)
{
    float table[4 * 6];
    double bits;
    uhn_limit limit;
    uhn_status status = uhn_learn_table(data->rows, data->rows, 3, data->dim, 4, table);

    if (status == UHN_OK)
        status = uhn_learned_information(data->rows, data->rows, 3, data->dim, 4, &bits);
    if (status != UHN_OK)
        return status;
    status = uhn_limit_find(uhn_find_corruption("inpaint"), 0.5, &data->geometry, data->dim, &limit);
    uhn_limit_free(&limit);
    return status;
}

static void check_all_failures(make *call, size_t at_least)
{
    uhn_dataset data = {0};
    uhn_status status;
    size_t k = 1;

    check_ok(uhn_make_glyphs(14, 16, 2, &data));
    check_ok(uhn_dataset_to_float(&data));
    for (;; k += 1 + k / 24) {
        allocations_left = k;
        has_failed = false;
        status = call(&data);
        allocations_left = 0;
        if (!has_failed)
            break;
        if (status != UHN_ERROR_OUT_OF_MEMORY && status != UHN_OK) /* a memory that cannot grow by much grows by less */
            fail_msg("allocation %zu failed, and the status is %s: %s", k, uhn_status_text(status), uhn_error_detail());
    }
    check_ok(status);
    assert_true(k > at_least);
    uhn_dataset_free(&data);
}

static void test_learn(void **state)
{
    (void)state;
    check_all_failures(learn, 4);
}

static void test_experiment(void **state)
{
    (void)state;
    check_all_failures(experiment, 60);
}

static void test_tune(void **state)
{
    (void)state;
    check_all_failures(tune, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_learn), cmocka_unit_test(test_experiment),
                                       cmocka_unit_test(test_tune)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
