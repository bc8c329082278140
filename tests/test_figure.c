/* SPDX-License-Identifier: MIT
 * Figures: what gnuplot is told, what comes out, and what happens when it cannot. */
#include "lab/figure.h"
#include "lab/figure_layout.h"
#include "support/curves.h"
#include "support/folder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *contents(const char *name)
{
    size_t size;
    char *bytes = (char *)slurp(in_folder(name), &size), *text = test_allocate(size + 1, 1);
    memcpy(text, bytes, size);
    free(bytes);
    return text;
}

static size_t occurrences(const char *text, const char *what)
{
    size_t count = 0;
    for (; (text = strstr(text, what)); text += strlen(what))
        count++;
    return count;
}

/* Skips the test where gnuplot is not installed, unless everything has to be there. */
static void need_gnuplot(void)
{
    const char *path = getenv("PATH"), *required = getenv("UHN_REQUIRE_DATA");
    char *copy = strdup(path ? path : ""), *rest = copy, file[1024];
    bool found = false;
    assert_non_null(copy);
    for (char *part; !found && (part = strsep(&rest, ":"));) {
        snprintf(file, sizeof file, "%s/gnuplot", part);
        found = access(file, X_OK) == 0;
    }
    free(copy);
    if (found)
        return;
    if (required && strcmp(required, "1") == 0)
        fail_msg("gnuplot is not installed");
    print_message("gnuplot is not installed\n");
    skip();
}

/* ------------------------------------------------------------------------------------------------ what comes out */

/* Everything that is opened is closed, in order: enough for what gnuplot writes, where no text holds a '<'. */
static void check_well_formed(const char *svg)
{
    char open[64][32];
    size_t depth = 0;
    for (const char *at = strchr(svg, '<'); at; at = strchr(at + 1, '<')) {
        const char *end = strchr(at, '>');
        assert_non_null(end);
        if (strncmp(at, "<!--", 4) == 0 || at[1] == '?' || at[1] == '!') {
            at = strncmp(at, "<!--", 4) == 0 ? strstr(at, "-->") : end;
            continue;
        }
        char name[32] = "";
        sscanf(at + 1 + (at[1] == '/'), "%31[A-Za-z]", name);
        if (at[1] == '/') {
            assert_true(depth > 0);
            assert_string_equal(open[--depth], name);
        } else if (end[-1] != '/') {
            assert_true(depth < 64);
            memcpy(open[depth++], name, sizeof name);
        }
    }
    assert_int_equal(depth, 0);
}

static void test_svg(void **state)
{
    (void)state;
    need_gnuplot();
    uhn_results results;
    make_curves(&results);
    check_ok(uhn_draw_figure(&results, in_folder("capacity"), UHN_FIGURE_SVG));
    assert_int_equal(files_in_folder(), 1);
    char *svg = contents("capacity.svg");
    check_well_formed(svg);
    char text[128];
    for (size_t s = 0; s < results.series_count; s++) {
        snprintf(text, sizeof text, ">%s</text>", results.series[s].name);
        assert_int_equal(occurrences(svg, text), 1);
    }
    assert_int_equal(occurrences(svg, ">mean image</text>"), 1);
    assert_int_equal(occurrences(svg, ">memories stored N</text>"), 4); /* four panels */
    assert_int_equal(occurrences(svg, ">fraction identified</text>"), 1);
    assert_int_equal(occurrences(svg, ">fraction within the paper's squared error</text>"), 1);
    assert_int_equal(occurrences(svg, ">normalised error (0 exact, 1 mean image)</text>"), 1);
    assert_int_equal(occurrences(svg, ">fraction undefined</text>"), 0); /* there is none */
    assert_int_equal(occurrences(svg, ">capacity, mnist, protocol uhn: mean ± 1 sd of 5 runs</text>"), 1);
    /* at least the eleven bands in each of four panels */
    assert_true(occurrences(svg, "fill-opacity = '0.100000'") >= 44);
    assert_null(strstr(svg, "nan"));
    assert_null(strstr(svg, "inf"));
    assert_null(strstr(svg, "GNUPLOT"));
    assert_null(strstr(svg, "patchlevel"));
    free(svg);
    uhn_results_free(&results);
}

static void test_same_every_time(void **state)
{
    (void)state;
    need_gnuplot();
    uhn_results results;
    make_curves(&results);
    check_ok(uhn_draw_figure(&results, in_folder("a"), UHN_FIGURE_SVG));
    results.threads = 7;
    results.seconds = 99;
    assert_int_equal(setenv("GNUTERM", "dumb", 1), 0);
    check_ok(uhn_draw_figure(&results, in_folder("b"), UHN_FIGURE_SVG));
    assert_int_equal(unsetenv("GNUTERM"), 0);
    char *a = contents("a.svg"), *b = contents("b.svg");
    assert_string_equal(a, b);
    free(a);
    free(b);
    uhn_results_free(&results);
}

static void test_other_formats(void **state)
{
    (void)state;
    need_gnuplot();
    uhn_results results;
    make_curves(&results);
    check_ok(uhn_draw_figure(&results, in_folder("c"), UHN_FIGURE_PNG));
    check_ok(uhn_draw_figure(&results, in_folder("c"), UHN_FIGURE_PDF));
    assert_int_equal(files_in_folder(), 2);
    char *png = contents("c.png"), *pdf = contents("c.pdf");
    assert_memory_equal(png, "\x89PNG\r\n", 6);
    assert_memory_equal(pdf, "%PDF-", 5);
    free(png);
    free(pdf);
    uhn_results_free(&results);
}

/* Names go to gnuplot, into XML, and nowhere else. */
static void test_strange_names(void **state)
{
    (void)state;
    need_gnuplot();
    uhn_results results;
    make_curves(&results);
    char *const old = results.series[0].name;
    char name[] = "it's <b>&\\n_x^2 `touch no` @y\n{/Bold z}";
    results.series[0].name = name;
    check_ok(uhn_draw_figure(&results, in_folder("d"), UHN_FIGURE_SVG));
    results.series[0].name = old;
    char *svg = contents("d.svg");
    assert_non_null(strstr(svg, "it's &lt;b"));
    assert_non_null(strstr(svg, "&amp;\\n_x^2 `touch no` @y {/Bold z}</text>"));
    assert_int_equal(access("no", F_OK), -1);
    free(svg);
    uhn_results_free(&results);
}

/* One level, one run, no spread, no baseline, nothing defined in some criteria. */
static void test_little_to_draw(void **state)
{
    (void)state;
    need_gnuplot();
    double x[] = {0}, mean[] = {0.5}, nothing[] = {NAN};
    char text[] = "few";
    uhn_series series = {.name = text, .kind = UHN_SERIES_MEASURED};
    for (int c = 0; c < UHN_CRITERION_COUNT; c++)
        series.curves[c].mean = c == UHN_CRITERION_PAPER ? mean : nothing;
    uhn_results results = {.experiment = text,
                           .dataset = text,
                           .protocol = text,
                           .x_name = text,
                           .runs = 1,
                           .x = x,
                           .x_count = 1,
                           .x_logarithmic = true,
                           .series = &series,
                           .series_count = 1,
                           .headline = UHN_CRITERION_PAPER};
    check_ok(uhn_draw_figure(&results, in_folder("e"), UHN_FIGURE_SVG));
    char *svg = contents("e.svg");
    check_well_formed(svg);
    assert_null(strstr(svg, "<polygon fill"));
    assert_int_equal(occurrences(svg, ">fraction identified</text>"), 0);
    free(svg);

    results.headline = UHN_CRITERION_IDENTIFIED; /* with not a single point */
    check_ok(uhn_draw_figure(&results, in_folder("e"), UHN_FIGURE_SVG));
    results.x_count = 0;
    check_refused(UHN_ERROR_ARGUMENT, uhn_draw_figure(&results, in_folder("f"), UHN_FIGURE_SVG));
    assert_int_equal(files_in_folder(), 1);
}

/* ------------------------------------------------------------------------------------------------ layout */

/* Curves that coincide keep a marker each that the others do not cover. */
static void test_markers_move_apart(void **state)
{
    (void)state;
    uhn_results results;
    uhn_layout layout;
    make_curves(&results);
    uhn_lay_out(&results, &layout);
    double x[2], y[2];
    for (size_t k = 0; k < results.x_count; k++) {
        for (size_t s = 0; s < 2; s++) /* both are 1 everywhere */
            uhn_place_marker(&results, &layout.panels[0], s, k, &x[s], &y[s]);
        assert_true(x[0] < x[1]);
        assert_true(y[0] == 1 && y[1] == 1);
        if (k > 0)
            assert_true(x[0] > sqrt(results.x[k] * results.x[k - 1]));
    }
    uhn_place_marker(&results, &layout.panels[0], 3, 8, &x[0], &y[0]); /* alone at 500 */
    assert_true(x[0] == 500 && y[0] == results.series[3].curves[UHN_CRITERION_IDENTIFIED].mean[8]);
    uhn_results_free(&results);
}

static void test_layout(void **state)
{
    (void)state;
    uhn_results results;
    uhn_layout layout;
    make_curves(&results);
    uhn_lay_out(&results, &layout);
    assert_int_equal(layout.panel_count, 4);
    assert_int_equal(layout.panels[0].criterion, UHN_CRITERION_IDENTIFIED);
    for (size_t i = 0; i < layout.panel_count; i++) {
        const uhn_panel *panel = &layout.panels[i];
        assert_true(panel->left >= 0 && panel->right <= layout.width && panel->bottom <= layout.height);
        assert_true(panel->logarithmic && panel->x_low > 0 && panel->x_low < 2 && panel->x_high > 1000);
        if (panel->criterion != UHN_CRITERION_NORMALISED_ERROR)
            assert_true(panel->y_low > -0.1 && panel->y_low <= 0 && panel->y_high >= 1 && panel->y_high < 1.1);
        assert_true(uhn_is_labelled(&results, panel, 0) && uhn_is_labelled(&results, panel, results.x_count - 1));
        assert_false(uhn_is_labelled(&results, panel, results.x_count - 2)); /* 700 is too near to 1000 */
    }
    assert_true(layout.legend_left > layout.panels[0].right);

    /* What is undefined somewhere gets a panel; errors that go through the roof are cut. */
    results.series[0].curves[UHN_CRITERION_UNDEFINED].mean[3] = 0.25;
    results.series[0].curves[UHN_CRITERION_NORMALISED_ERROR].mean[3] = 1e6;
    uhn_lay_out(&results, &layout);
    assert_int_equal(layout.panels[3].criterion, UHN_CRITERION_UNDEFINED);
    assert_int_equal(layout.panels[2].criterion, UHN_CRITERION_NORMALISED_ERROR);
    assert_true(layout.panels[2].cut && layout.panels[2].y_high < 10);
    uhn_results_free(&results);
}

/* A curve is interrupted where it is not defined, and its line does not cross the gap. */
static void test_gap(void **state)
{
    (void)state;
    uhn_results results;
    uhn_text script = {0};
    make_curves(&results);
    uhn_curve *curve = &results.series[2].curves[UHN_CRITERION_IDENTIFIED];
    curve->mean[5] = NAN;
    uhn_figure_script(&results, UHN_FIGURE_SVG, &script);
    check_ok(uhn_text_status(&script, "a script"));
    const char *block = strstr(script.bytes, "$curve2 << END\n"), *end = block ? strstr(block, "\nEND\n") : NULL;
    char *lines = end ? strndup(block, (size_t)(end - block)) : NULL;
    if (!lines) {
        fail_msg("the script has no third curve");
        return;
    }
    assert_int_equal(occurrences(lines, "\n\n"), 1);
    assert_non_null(strstr(lines, "\n50 "));
    assert_null(strstr(lines, "\n100 "));
    free(lines);
    assert_null(strstr(script.bytes, "nan"));
    uhn_text_release(&script);
    uhn_results_free(&results);
}

/* ------------------------------------------------------------------------------------------------ failures */

/* A copy of $PATH. */
static char *get_path(void)
{
    const char *path = getenv("PATH");
    char *copy = strdup(path ? path : "");
    assert_non_null(copy);
    return copy;
}

static void test_gnuplot_missing(void **state)
{
    (void)state;
    uhn_results results;
    make_curves(&results);
    char *path = get_path();
    assert_int_equal(setenv("PATH", folder_path(), 1), 0);
    uhn_status status = uhn_draw_figure(&results, in_folder("a"), UHN_FIGURE_SVG);
    assert_int_equal(setenv("PATH", path, 1), 0);
    free(path);
    assert_int_equal(status, UHN_ERROR_UNSUPPORTED);
    assert_non_null(strstr(uhn_error_detail(), "gnuplot-nox"));
    assert_int_equal(files_in_folder(), 0);
    uhn_results_free(&results);
}

/* A gnuplot of the test's own; draws with it. */
static uhn_status draw_with(const char *program, const uhn_results *results)
{
    const char *name = in_folder("gnuplot");
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fputs(program, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(name, 0755), 0);
    char *path = get_path(), both[2048];
    snprintf(both, sizeof both, "%s:%s", folder_path(), path);
    assert_int_equal(setenv("PATH", both, 1), 0);
    uhn_status status = uhn_draw_figure(results, in_folder("a"), UHN_FIGURE_SVG);
    assert_int_equal(setenv("PATH", path, 1), 0);
    free(path);
    return status;
}

static void test_gnuplot_fails(void **state)
{
    (void)state;
    uhn_results results;
    make_curves(&results);
    assert_int_equal(
        draw_with("#!/bin/sh\nprintf '\\nplot x\\n     ^\\n\"-\" line 3: unknown thing\\n\\n' >&2\nexit 1\n", &results),
        UHN_ERROR_ARGUMENT);
    assert_string_equal(uhn_error_detail(), "gnuplot failed: line 3: unknown thing");
    assert_int_equal(draw_with("#!/bin/sh\necho out of luck >&2\nexit 1\n", &results), UHN_ERROR_ARGUMENT);
    assert_string_equal(uhn_error_detail(), "gnuplot failed: out of luck");
    assert_int_equal(draw_with("#!/bin/sh\nexit 1\n", &results), UHN_ERROR_ARGUMENT);
    assert_int_equal(draw_with("#!/bin/sh\nkill -9 $$\n", &results), UHN_ERROR_ARGUMENT);
    assert_non_null(strstr(uhn_error_detail(), "signal 9"));
    /* half a figure, and one that is none */
    assert_int_equal(draw_with("#!/bin/sh\necho '<svg>'\n", &results), UHN_ERROR_ARGUMENT);
    assert_int_equal(draw_with("#!/bin/sh\necho '<svg></svg>'\n", &results), UHN_ERROR_ARGUMENT);
    assert_int_equal(draw_with("#!/bin/sh\n", &results), UHN_ERROR_ARGUMENT);
    assert_int_equal(files_in_folder(), 1); /* our gnuplot */
    uhn_results_free(&results);
}

static void test_cannot_write(void **state)
{
    (void)state;
    need_gnuplot();
    uhn_results results;
    make_curves(&results);
    check_refused(UHN_ERROR_ARGUMENT, uhn_draw_figure(&results, in_folder("absent/a"), UHN_FIGURE_SVG));
    assert_non_null(strstr(uhn_error_detail(), "absent/a.svg"));
    assert_int_equal(files_in_folder(), 0);
    uhn_results_free(&results);
}

static void test_formats(void **state)
{
    (void)state;
    uhn_figure_format format;
    for (int f = 0; f < UHN_FIGURE_FORMAT_COUNT; f++) {
        check_ok(uhn_find_figure_format(uhn_figure_extension((uhn_figure_format)f), &format));
        assert_int_equal(format, f);
    }
    check_refused(UHN_ERROR_NAME, uhn_find_figure_format("gif", &format));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_svg, folder_empty),
        cmocka_unit_test_teardown(test_same_every_time, folder_empty),
        cmocka_unit_test_teardown(test_other_formats, folder_empty),
        cmocka_unit_test_teardown(test_strange_names, folder_empty),
        cmocka_unit_test_teardown(test_little_to_draw, folder_empty),
        cmocka_unit_test(test_markers_move_apart),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_gap),
        cmocka_unit_test_teardown(test_gnuplot_missing, folder_empty),
        cmocka_unit_test_teardown(test_gnuplot_fails, folder_empty),
        cmocka_unit_test_teardown(test_cannot_write, folder_empty),
        cmocka_unit_test(test_formats),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
