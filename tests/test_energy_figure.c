/* SPDX-License-Identifier: MIT
 * The figure of falling energies: which moments it shows, and what is refused. What it looks like is for eyes; that it
 * is drawn, in all formats and without gnuplot, tests/cli-dynamics.sh says. */
#include "lab/energy_figure.h"
#include "support/check.h"
#include "support/folder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONG = 1000 };

static size_t choose(const double *x, const double *energies, size_t count, size_t moments[UHN_ENERGY_COLUMNS])
{
    const uhn_energy_curve curve = {.name = "", .x = x, .energies = energies, .count = count};
    const uhn_energy_figure figure = {.title = "", .curves = &curve, .curve_count = 1};
    const size_t chosen = uhn_choose_moments(&figure, 1, moments);
    assert_in_range(chosen, 1, UHN_ENERGY_COLUMNS);
    assert_int_equal(moments[0], 0);
    for (size_t k = 1; k < chosen; k++)
        assert_true(moments[k] > moments[k - 1] && moments[k] < count);
    return chosen;
}

/* More of them where the energy falls, and none in the flat part that the axis leaves out. */
static void test_moments_follow_the_fall(void **state)
{
    double x[LONG], energies[LONG];
    size_t moments[UHN_ENERGY_COLUMNS];
    (void)state;
    for (size_t k = 0; k < LONG; k++) {
        x[k] = 0.1 * (double)k;
        energies[k] = exp(-x[k]);
    }
    assert_int_equal(choose(x, energies, LONG, moments), UHN_ENERGY_COLUMNS);
    assert_true(moments[UHN_ENERGY_COLUMNS / 2] <= 15); /* evenly it would be 33 */
    assert_true(moments[UHN_ENERGY_COLUMNS - 1] < 100);
}

static void test_few_moments_are_all_shown(void **state)
{
    const double x[5] = {0, 1, 2, 3, 4}, energies[5] = {9, 4, 3, 2, 1};
    size_t moments[UHN_ENERGY_COLUMNS];
    (void)state;
    for (size_t count = 1; count <= 5; count++)
        assert_int_equal(choose(x, energies, count, moments), count);
}

static void test_still_and_undefined(void **state)
{
    double x[LONG], energies[LONG];
    size_t moments[UHN_ENERGY_COLUMNS];
    (void)state;
    for (size_t k = 0; k < LONG; k++) {
        x[k] = (double)k;
        energies[k] = 3;
    }
    choose(x, energies, LONG, moments);
    for (size_t k = 0; k < LONG; k++)
        energies[k] = NAN;
    const uhn_energy_curve curve = {.name = "", .x = x, .energies = energies, .count = LONG};
    const uhn_energy_figure figure = {.title = "", .curves = &curve, .curve_count = 1};
    check_refused(UHN_ERROR_ARGUMENT, uhn_draw_energies(&figure, in_folder("a.svg"), UHN_FIGURE_SVG));
    assert_int_equal(files_in_folder(), 0);
}

static void test_format_of_name(void **state)
{
    uhn_figure_format format = UHN_FIGURE_SVG;
    (void)state;
    check_ok(uhn_figure_format_of("folder.svg/e.PDF", &format));
    assert_int_equal(format, UHN_FIGURE_PDF);
    check_ok(uhn_figure_format_of("e.png", &format));
    assert_int_equal(format, UHN_FIGURE_PNG);
    check_refused(UHN_ERROR_NAME, uhn_figure_format_of(".svg", &format));
    check_refused(UHN_ERROR_NAME, uhn_figure_format_of("svg", &format));
    check_refused(UHN_ERROR_NAME, uhn_figure_format_of("e.svg.gz", &format));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments_follow_the_fall),
        cmocka_unit_test(test_few_moments_are_all_shown),
        cmocka_unit_test_teardown(test_still_and_undefined, folder_empty),
        cmocka_unit_test(test_format_of_name),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
