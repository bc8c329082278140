/* SPDX-License-Identifier: MIT
 * The table of experiments: complete, and of names that the other tables know. */
#include "data/dataset.h"
#include "lab/experiment.h"
#include "support/check.h"

#include <string.h>

static void check_curve(const uhn_experiment *experiment, const uhn_curve_row *curve, uhn_protocol protocol)
{
    uhn_options options;
    uhn_options_default(&options);
    assert_true(curve->name && *curve->name);
    assert_non_null(curve->separation);
    assert_true(curve->kind < UHN_SERIES_BASELINE);
    const bool preset =
        experiment->task == UHN_TASK_BIPOLAR && curve->kind == UHN_SERIES_MEASURED && !curve->similarity;
    if (preset) {
        check_ok(uhn_choose_preset(&options, curve->separation, 784));
        return;
    }
    assert_true((curve->kind == UHN_SERIES_MEASURED) == (curve->similarity != NULL));
    if (curve->similarity)
        check_ok(uhn_choose_similarity(&options, curve->similarity));
    check_ok(uhn_choose_separation(&options, curve->separation));
    if (protocol == UHN_PROTOCOL_PAPER) { /* nothing but what that code has */
        assert_int_equal(curve->kind, UHN_SERIES_MEASURED);
        assert_non_null(options.similarity->paper);
        assert_non_null(options.separation->paper);
        assert_false(curve->tuned);
    }
    if (curve->hetero)
        assert_int_equal(experiment->task, UHN_TASK_HETERO);
}

static void check_curves(const uhn_experiment *experiment, uhn_protocol protocol)
{
    const uhn_curve_list *curves = &experiment->curves[protocol];
    bool learned = false, limit = false;
    assert_true(curves->count > 0);
    for (size_t i = 0; i < curves->count; i++) {
        check_curve(experiment, &curves->rows[i], protocol);
        learned |= curves->rows[i].kind == UHN_SERIES_LEARNED;
        limit |= curves->rows[i].kind == UHN_SERIES_LIMIT;
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(curves->rows[i].name, curves->rows[j].name);
    }
    if (protocol == UHN_PROTOCOL_UHN) {
        assert_true(learned);
        assert_true(limit || experiment->task == UHN_TASK_BIPOLAR); /* where two gray levels are left, there is none */
    }
}

static void test_rows(void **state)
{
    (void)state;
    size_t count = 0;
    for (const uhn_experiment *row; (row = uhn_experiment_at(count)); count++) {
        assert_true(row->name && *row->name && row->summary && *row->summary);
        assert_ptr_equal(uhn_find_experiment(row->name), row);
        assert_true(row->axis < UHN_AXIS_COUNT && row->task < UHN_TASK_COUNT);
        for (int protocol = 0; protocol < UHN_PROTOCOL_COUNT; protocol++)
            check_curves(row, (uhn_protocol)protocol);
        if (row->task == UHN_TASK_EXAMPLES)
            continue;
        assert_true(row->x_name && *row->x_name && row->x_count > 1);
        assert_true((row->axis == UHN_AXIS_STORED) == (row->stored == 0));
        const uhn_corruption *corruption = uhn_find_corruption(row->corruption);
        assert_non_null(corruption);
        for (size_t i = 0; i < row->x_count; i++) {
            assert_true(i == 0 || row->x[i] > row->x[i - 1]);
            const double level = row->axis == UHN_AXIS_LEVEL ? row->x[i] : row->level;
            assert_true(level >= corruption->minimum && level <= corruption->maximum && level > 0);
        }
    }
    assert_int_equal(count, 10);
}

static void test_unknown(void **state)
{
    (void)state;
    assert_null(uhn_find_experiment("capacty"));
    assert_non_null(strstr(uhn_error_detail(), "did you mean capacity?"));
    assert_null(uhn_find_experiment("suit"));
    assert_non_null(strstr(uhn_error_detail(), "did you mean suite?"));
    assert_null(uhn_find_experiment("zzzzzz"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
