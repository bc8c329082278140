/* SPDX-License-Identifier: MIT
 * What gnuplot is told about a landscape: levels, the cut of the scale, paths, places without an energy. */
#include "lab/landscape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

enum { ACROSS = 9, UP = 5 };

/* Three memories at (0 0), (4 0), (0 2), the energy a bowl around (1 0.5). */
typedef struct fixture {
    uhn_slice slice;
    double energies[ACROSS * UP];
    double places[3][2];
    uhn_landscape_path path;
    uhn_landscape landscape;
} fixture;

static void make(fixture *f)
{
    *f = (fixture){.slice = {.axes = 2, .places = {{0, 0}, {4, 0}, {0, 2}}}, .places = {{3, 2}, {2, 1}, {1, 0.5}}};
    for (size_t k = 0; k < ACROSS * UP; k++) {
        const double x = -2 + (double)(k % ACROSS), y = -1 + (double)(k / ACROSS);
        f->energies[k] = (x - 1) * (x - 1) + 4 * (y - 0.5) * (y - 0.5);
    }
    f->path = (uhn_landscape_path){(const double(*)[2])f->places, 3};
    f->landscape = (uhn_landscape){.title = "it's a bowl",
                                   .names = {"memory 0", "memory 1", "memory 2"},
                                   .slice = &f->slice,
                                   .low = {-2, -1},
                                   .high = {6, 3},
                                   .size = {ACROSS, UP},
                                   .energies = f->energies,
                                   .paths = &f->path,
                                   .path_count = 1};
}

/* The script has each of these, up to NULL. */
static void check_says(const uhn_landscape *landscape, const char *const *what)
{
    uhn_text script = {0};
    check_ok(uhn_landscape_script(landscape, UHN_FIGURE_SVG, &script));
    for (; *what; what++)
        if (!strstr(script.bytes, *what))
            fail_msg("the script does not say: %s", *what);
    uhn_text_release(&script);
}

/* The lowest grid point is 1, the highest in the triangle 10 (at the second memory): the scale goes to 1 + 2 · 9. */
static void test_plane(void **state)
{
    static const char *const what[] = {
        "set cbrange [1:19]",
        "('≥18' 18)",
        "levels discrete 2,3,4",
        "'it''s a bowl'",
        "distance from memory 0 towards memory 1",
        "distance across, towards memory 2",
        "$paths << END\nNaN NaN\n\n3 2\n2 1\n1 0.5\n",
        "$starts << END\nNaN NaN\n3 2\n",
        "$ends << END\nNaN NaN\n1 0.5\n",
        "$heads << END\nNaN NaN NaN NaN\n2.10472 1.10472 ", /* halfway on the path */
        "\n-1 -1 13\n", /* the refined grid has the grid's places with their energies: the second */
        NULL,
    };
    fixture f;
    (void)state;
    make(&f);
    check_says(&f.landscape, what);
    f.path.count = 0; /* a start without an answer */
    check_says(&f.landscape, (const char *[]){"$ends << END\nNaN NaN\nEND\n", NULL});
}

static void test_without_energy(void **state)
{
    fixture f;
    (void)state;
    make(&f);
    f.energies[0] = NAN;
    check_says(&f.landscape, (const char *[]){"-2 -1 nan\n", NULL});
    for (size_t k = 0; k < ACROSS * UP; k++)
        f.energies[k] = NAN;
    uhn_text script = {0};
    check_refused(UHN_ERROR_ARGUMENT, uhn_landscape_script(&f.landscape, UHN_FIGURE_SVG, &script));
    uhn_text_release(&script);
    for (size_t k = 0; k < ACROSS * UP; k++)
        f.energies[k] = 3; /* flat */
    check_says(&f.landscape, (const char *[]){"set cbrange [3:4]", NULL});
}

static void test_line(void **state)
{
    fixture f;
    (void)state;
    make(&f);
    f.slice.axes = 1;
    f.landscape.low[0] = -4;
    f.landscape.high[0] = 12;
    f.landscape.size[1] = 1;
    f.landscape.path_count = 0;
    /* Energies 13, 8, 5, 4, 5, 8, … 2 apart in places, shares −1, −½, 0, ½, 1 …: the memories have 5. */
    for (size_t k = 0; k < ACROSS; k++)
        f.energies[k] = 4 + ((double)k - 3) * ((double)k - 3);
    check_says(&f.landscape, (const char *[]){"$memories << END\nNaN NaN\n0 5\n1 5\n", "\n0.5 4\n",
                                              "share of the way from memory 0 to memory 1", NULL});
    f.energies[2] = NAN;
    check_says(&f.landscape, (const char *[]){"$memories << END\nNaN NaN\n1 5\n", "\n-0.5 8\n\n0.5 4\n", NULL});
}

static void test_steps(void **state)
{
    (void)state;
    const double ranges[] = {10, 14, 0.07, 3e9, 0}, steps[] = {0.5, 1, 0.005, 2e8, 1};
    for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++)
        assert_true(fabs(uhn_round_step(ranges[k], 14) - steps[k]) <= 1e-12 * steps[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plane),
        cmocka_unit_test(test_without_energy),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
