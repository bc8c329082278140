/* SPDX-License-Identifier: MIT
 * The images that experiments draw from. */
#include "lab/population.h"
#include "support/check.h"

#include <math.h>
#include <string.h>

static void test_pixels(void **state)
{
    (void)state;
    float rows[] = {0, 0.5f, 1, 1.5f};
    const uhn_dataset data = {.count = 2, .dim = 2, .storage = UHN_FLOAT32, .rows = rows};
    uhn_population population;
    check_refused(UHN_ERROR_DOMAIN, uhn_population_make(&data, true, 1, &population));
    assert_non_null(strstr(uhn_error_detail(), "row 1, column 1 is 1.5"));
    rows[3] = NAN;
    check_refused(UHN_ERROR_NONFINITE, uhn_population_make(&data, true, 1, &population));
    rows[3] = 1;
    check_ok(uhn_population_make(&data, false, 1, &population));
    float taken[2];
    uhn_population_take_outside(&population, 0, 1, 1, taken);
    assert_true(taken[0] == 1 && taken[1] == 1);
    uhn_population_free(&population);
}

/* Images that are stored are not learned from; a smaller draw is the beginning of a larger one. */
static void test_draw_outside(void **state)
{
    (void)state;
    enum { ALL = 20, FIRST = 6, STORED_HERE = 5, OUTSIDE = ALL - STORED_HERE };
    float rows[ALL], drawn[OUTSIDE], fewer[4], other[OUTSIDE];
    bool seen[ALL] = {false};
    for (size_t i = 0; i < ALL; i++)
        rows[i] = (float)i / ALL;
    const uhn_dataset data = {.count = ALL, .dim = 1, .storage = UHN_FLOAT32, .rows = rows};
    uhn_population population;
    check_ok(uhn_population_make(&data, false, 1, &population));
    check_ok(uhn_population_draw_outside(&population, FIRST, STORED_HERE, OUTSIDE, 7, drawn));
    check_ok(uhn_population_draw_outside(&population, FIRST, STORED_HERE, 4, 7, fewer));
    check_ok(uhn_population_draw_outside(&population, FIRST, STORED_HERE, OUTSIDE, 8, other));
    for (size_t i = 0; i < OUTSIDE; i++) {
        const size_t image = (size_t)lroundf(drawn[i] * ALL);
        assert_true(image < FIRST || image >= FIRST + STORED_HERE);
        assert_false(seen[image]);
        seen[image] = true;
    }
    assert_memory_equal(drawn, fewer, sizeof fewer);
    assert_memory_not_equal(drawn, other, sizeof drawn);
    uhn_population_free(&population);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pixels),
        cmocka_unit_test(test_draw_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
