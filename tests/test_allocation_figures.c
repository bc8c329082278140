/* SPDX-License-Identifier: MIT
 * Figures, reports and sheets while memory runs out: the k-th allocation fails, for k = 1, 2, … until none is left to
 * fail. Each time the answer is "out of memory", no file is there, and the sanitizer finds no leak. */
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "lab/energy_figure.h"
#include "lab/example_sheet.h"
#include "lab/figure.h"
#include "lab/landscape.h"
#include "lab/report.h"
#include "support/curves.h"
#include "support/failing_allocations.h"
#include "support/folder.h"
#include "support/length.h"

static void check_all_failures(uhn_status (*write)(void *context), void *context, size_t at_least)
{
    size_t k = 1;
    for (;; k += k < 8 ? 1 : unless_short(1, 8)) {
        allocations_left = k;
        has_failed = false;
        const uhn_status status = write(context);
        allocations_left = 0;
        if (!has_failed) {
            check_ok(status);
            break;
        }
        if (status != UHN_ERROR_OUT_OF_MEMORY)
            fail_msg("allocation %zu failed, and the status is %s: %s", k, uhn_status_text(status), uhn_error_detail());
        assert_int_equal(files_in_folder(), 0);
    }
    assert_int_equal(files_in_folder(), 1);
    assert_true(k > at_least);
}

static uhn_status draw(void *results)
{
    return uhn_draw_figure(results, in_folder("figure"), UHN_FIGURE_SVG);
}

static uhn_status landscape(void *own)
{
    return uhn_draw_landscape(own, in_folder("landscape.svg"), UHN_FIGURE_SVG);
}

static uhn_status energies(void *figure)
{
    return uhn_draw_energies(figure, in_folder("energies.svg"), UHN_FIGURE_SVG);
}

static uhn_status report(void *results)
{
    const uhn_chapter chapter = {results, "figure.svg"};
    const uhn_results *own = results;
    const uhn_account account = {.title = own->experiment,
                                 .dataset = own->dataset,
                                 .protocol = own->protocol,
                                 .command = own->command,
                                 .version = own->version,
                                 .isa = own->isa,
                                 .runs = 5,
                                 .chapters = &chapter,
                                 .chapter_count = 1};
    return uhn_write_report(in_folder("report.md"), &account);
}

static uhn_status sheet(void *examples)
{
    return uhn_draw_examples(examples, in_folder("sheet.png"));
}

static void test_figure(void **state)
{
    (void)state;
    uhn_results results;
    make_curves(&results);
    if (uhn_draw_figure(&results, in_folder("figure"), UHN_FIGURE_SVG) == UHN_ERROR_UNSUPPORTED) {
        print_message("gnuplot is not installed\n");
        uhn_results_free(&results);
        skip();
    }
    assert_int_equal(folder_empty(NULL), 0);
    check_all_failures(draw, &results, 10);
    uhn_results_free(&results);
}

static void test_landscape(void **state)
{
    const uhn_slice slice = {.axes = 2, .places = {{0, 0}, {1, 0}, {0, 1}}};
    const double energies[9] = {0, 1, 2, 1, 2, 3, 2, 3, 4}, places[2][2] = {{1, 1}, {0, 0}};
    const uhn_landscape_path path = {places, 2};
    uhn_landscape own = {.title = "a slope",
                         .names = {"a", "b", "c"},
                         .slice = &slice,
                         .high = {1, 1},
                         .size = {3, 3},
                         .energies = energies,
                         .paths = &path,
                         .path_count = 1};
    (void)state;
    if (landscape(&own) == UHN_ERROR_UNSUPPORTED) {
        print_message("gnuplot is not installed\n");
        skip();
    }
    assert_int_equal(folder_empty(NULL), 0);
    check_all_failures(landscape, &own, 5);
}

/* Needs gnuplot as the other does, which says so. */
static void test_energies(void **state)
{
    (void)state;
    const double x[3] = {0, 1, 2}, falling[3] = {3, 1, 2};
    const float rows[8] = {0, 1, 0, 1, 1, 0, 1, 0};
    const size_t moments[2] = {0, 2};
    const uhn_geometry geometry = {2, 2, 1, false};
    const uhn_energy_images images = {.geometry = &geometry,
                                      .high = 1,
                                      .row_count = 1,
                                      .column_count = 2,
                                      .moments = moments,
                                      .rows = rows,
                                      .dim = 4};
    const uhn_energy_curve curve = {.name = "query 0", .note = "limit", .x = x, .energies = falling, .count = 3};
    uhn_energy_figure figure = {.title = "dot", .curves = &curve, .curve_count = 1, .images = &images};
    if (energies(&figure) == UHN_ERROR_UNSUPPORTED)
        skip();
    assert_int_equal(folder_empty(NULL), 0);
    check_all_failures(energies, &figure, 2);
}

static void test_report(void **state)
{
    (void)state;
    uhn_results results;
    make_curves(&results);
    check_all_failures(report, &results, 3);
    uhn_results_free(&results);
}

static void test_sheet(void **state)
{
    (void)state;
    char name[] = "noise";
    char *series[] = {name};
    double levels[] = {1};
    float image[4] = {0, 0.2f, 0.4f, 0.6f};
    bool identified[1] = {true};
    uhn_examples examples = {.corruption = name,
                             .level_name = name,
                             .geometry = {2, 2, 1, false},
                             .dim = 4,
                             .image_count = 1,
                             .level_count = 1,
                             .series_count = 1,
                             .stored = 5,
                             .levels = levels,
                             .series = series,
                             .originals = image,
                             .cues = image,
                             .recalled = image,
                             .identified = identified};
    check_all_failures(sheet, &examples, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_figure, folder_empty),   cmocka_unit_test_teardown(test_landscape, folder_empty),
        cmocka_unit_test_teardown(test_energies, folder_empty), cmocka_unit_test_teardown(test_report, folder_empty),
        cmocka_unit_test_teardown(test_sheet, folder_empty),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
