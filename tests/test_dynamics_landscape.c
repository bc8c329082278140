/* SPDX-License-Identifier: MIT
 * Slices through memories, and the energy on them: against closed forms, and against uhn_flow_at(). */
#include "support/flows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void test_places(void **state)
{
    const float rows[12] = {1, 1, 1, 1, 4, 1, 1, 5, 1, 3, 1, 1}; /* 3-4-5 lies between the first two */
    const size_t three[3] = {0, 1, 2};
    uhn_memory *memory = memory_of(rows, 3, 4);
    uhn_slice slice;
    double pattern[4], place[2];
    (void)state;
    check_ok(uhn_slice_through(memory, three, 3, &slice));
    assert_int_equal(slice.axes, 2);
    assert_true(slice.places[0][0] == 0 && slice.places[0][1] == 0);
    assert_true(fabs(slice.places[1][0] - 5) < 1e-12 && slice.places[1][1] == 0);
    assert_true(fabs(slice.places[2][0]) < 1e-12 && fabs(slice.places[2][1] - 2) < 1e-12);
    uhn_slice_point(&slice, slice.places[1], pattern);
    for (size_t i = 0; i < 4; i++)
        assert_true(fabs(pattern[i] - rows[4 + i]) < 1e-12);
    pattern[0] += 1.2; /* (3, 0, 0, 4)/5 is the first axis, the second coordinate the other: 4/5 of it are off */
    pattern[2] += 7;   /* and all of this */
    const double away = uhn_slice_project(&slice, pattern, place);
    assert_true(fabs(away - hypot(1.2 * 0.8, 7)) < 1e-12 && fabs(place[0] - 5.72) < 1e-12 && fabs(place[1]) < 1e-12);
    double back[4], rest = 0;
    uhn_slice_point(&slice, place, back);
    for (size_t i = 0; i < 4; i++)
        rest += (pattern[i] - back[i]) * (pattern[i] - back[i]);
    assert_true(fabs(sqrt(rest) - away) < 1e-12);
    uhn_slice_free(&slice);
    assert_null(slice.origin);
    uhn_memory_destroy(memory);
}

static void test_degenerate(void **state)
{
    const float rows[12] = {0, 0, 0, 1, 1, 1, 3, 3, 3, 0, 0, 0};
    const size_t line[3] = {0, 1, 2}, equal[3] = {1, 0, 3}, same[2] = {0, 3}, beyond[2] = {0, 4};
    uhn_memory *memory = memory_of(rows, 4, 3);
    uhn_slice slice;
    (void)state;
    check_refused(UHN_ERROR_ARGUMENT, uhn_slice_through(memory, line, 3, &slice));
    assert_non_null(strstr(uhn_error_detail(), "memories 0, 1 and 2 lie on a line"));
    assert_null(slice.origin);
    check_refused(UHN_ERROR_ARGUMENT, uhn_slice_through(memory, equal, 3, &slice));
    check_refused(UHN_ERROR_ARGUMENT, uhn_slice_through(memory, same, 2, &slice));
    assert_non_null(strstr(uhn_error_detail(), "memories 0 and 3 are equal"));
    check_refused(UHN_ERROR_ARGUMENT, uhn_slice_through(memory, beyond, 2, &slice));
    check_refused(UHN_ERROR_ARGUMENT, uhn_slice_through(memory, line, 1, &slice));
    check_refused(UHN_ERROR_ARGUMENT, uhn_slice_through(NULL, line, 2, &slice));
    uhn_memory_destroy(memory);
}

/* Between two memories, at a share t of their distance d: −(1/β) log(e^(−βt²d²/2) + e^(−β(1−t)²d²/2)). */
static void test_segment(void **state)
{
    enum { COUNT = 41 };
    const float rows[4] = {1, 2, 4, 6};
    const size_t two[2] = {0, 1}, size[2] = {COUNT, 1};
    const double low[2] = {-2, 0}, high[2] = {7, 0}, beta = 0.7;
    uhn_memory *memory = memory_of(rows, 2, 2);
    const uhn_flow flow = flow_of("sqeuclidean", "quadratic", "log-sum-exp:beta=0.7", "adiabatic");
    double energies[COUNT];
    uhn_slice slice;
    (void)state;
    check_ok(uhn_slice_through(memory, two, 2, &slice));
    assert_int_equal(slice.axes, 1);
    check_ok(uhn_slice_energies(memory, &slice, &flow, low, high, size, energies));
    for (size_t k = 0; k < COUNT; k++) {
        const double x = -2 + 9.0 * (double)k / (COUNT - 1);
        const double exact = -log(exp(-beta * x * x / 2) + exp(-beta * (5 - x) * (5 - x) / 2)) / beta;
        assert_true(fabs(energies[k] - exact) < 1e-12 * (1 + fabs(exact)));
    }
    uhn_slice_free(&slice);
    uhn_memory_destroy(memory);
}

/* Binary memories and tanh neurons: the memories lie where no finite state is, and the energy is the limit; outside
 * there is none. E = Σ ((1 + g) log(1 + g) + (1 − g) log(1 − g))/2 − (1/β) log Σ e^(β x·g). */
static void test_edge(void **state)
{
    const float rows[6] = {1, 1, 1, -1, 1, -1};
    const size_t two[2] = {0, 1}, size[2] = {7, 1};
    const double low[2] = {-sqrt(8) / 4, 0}, high[2] = {sqrt(8) * 1.25, 0}, beta = 2;
    uhn_memory *memory = memory_of(rows, 2, 3);
    const uhn_flow flow = flow_of("dot", "log-cosh", "log-sum-exp:beta=2", "adiabatic");
    double energies[7];
    uhn_slice slice;
    (void)state;
    check_ok(uhn_slice_through(memory, two, 2, &slice));
    check_ok(uhn_slice_energies(memory, &slice, &flow, low, high, size, energies));
    for (size_t k = 0; k < 7; k++) {
        const double t = -0.25 + 0.25 * (double)k; /* g = (1 − 2t, 1, 1 − 2t) */
        const double a = 1 - 2 * t;
        if (t < 0 || t > 1) {
            assert_true(isnan(energies[k]));
            continue;
        }
        const double one = 1 + a > 0 ? (1 + a) * log(1 + a) : 0, other = 1 - a > 0 ? (1 - a) * log(1 - a) : 0;
        const double products[2] = {1 + 2 * a, 1 - 2 * a};
        const double exact = log(2) + one + other - log(exp(beta * products[0]) + exp(beta * products[1])) / beta;
        assert_true(fabs(energies[k] - exact) < 1e-12);
    }
    uhn_slice_free(&slice);
    uhn_memory_destroy(memory);
}

/* Every Lagrangian and similarity: a plane's energies are those of the states there, in any number of threads. */
static void check_plane(const uhn_memory *memory, const uhn_slice *slice, uhn_flow *flow)
{
    enum { ACROSS = 7, UP = 5, DIM = 6 };
    const double low[2] = {-0.3, -0.2}, high[2] = {0.6, 0.4};
    const size_t size[2] = {ACROSS, UP};
    double energies[ACROSS * UP], again[ACROSS * UP];
    flow->threads = 3;
    check_ok(uhn_slice_energies(memory, slice, flow, low, high, size, energies));
    flow->threads = 1;
    check_ok(uhn_slice_energies(memory, slice, flow, low, high, size, again));
    assert_int_equal(first_difference_double(energies, again, ACROSS * UP), ACROSS * UP);
    const uhn_lagrangian *value = flow->lagrangians[UHN_LAYER_VALUE];
    for (size_t k = 0; k < ACROSS * UP; k++) {
        const double place[2] = {-0.3 + 0.15 * (double)(k % ACROSS), -0.2 + 0.15 * (double)(k / ACROSS)};
        double v[DIM];
        uhn_flow_point point;
        uhn_slice_point(slice, place, v);
        for (size_t i = 0; value->inverse && i < DIM; i++)
            v[i] = value->inverse(v[i]);
        check_ok(uhn_flow_at(memory, v, NULL, flow, &point, NULL, NULL));
        assert_true(fabs(energies[k] - point.energy) < 1e-12 * (1 + point.magnitude));
    }
}

static void test_planes(void **state)
{
    enum { COUNT = 9, DIM = 6 };
    test_random random = {12};
    float *rows = random_signed(&random, COUNT * DIM);
    for (size_t i = 0; i < COUNT * DIM; i++)
        rows[i] *= 0.2F; /* within tanh's range */
    uhn_memory *memory = memory_of(rows, COUNT, DIM);
    const size_t three[3] = {4, 0, 7};
    uhn_slice slice;
    (void)state;
    check_ok(uhn_slice_through(memory, three, 3, &slice));
    for (size_t v = 0; uhn_lagrangian_at(UHN_LAYER_VALUE, v); v++)
        for (size_t h = 0; uhn_lagrangian_at(UHN_LAYER_MEMORY, h); h++)
            for (size_t s = 0; uhn_additive_at(s); s++) {
                uhn_flow flow =
                    flow_of(uhn_additive_at(s)->name, uhn_lagrangian_at(UHN_LAYER_VALUE, v)->name,
                            uhn_lagrangian_at(UHN_LAYER_MEMORY, h)->name, s == 1 ? "gauss-seidel" : "adiabatic");
                check_plane(memory, &slice, &flow);
            }
    uhn_slice_free(&slice);
    uhn_memory_destroy(memory);
    free(rows);
}

static void test_refused(void **state)
{
    const float rows[6] = {0, 0, 1, 0, 0, 1}, values[6] = {0};
    const size_t three[3] = {0, 1, 2}, size[2] = {2, 2}, none[2] = {0, 2};
    const double low[2] = {0, 0}, high[2] = {1, 1}, bad[2] = {NAN, 1};
    uhn_memory *memory = memory_of(rows, 3, 2), *hetero = NULL, *longer = memory_of(rows, 2, 3);
    uhn_flow flow = flow_of("dot", "quadratic", "log-sum-exp", "adiabatic");
    uhn_slice plane, line;
    double energies[4];
    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, 3, 2, 0, values, 2, 0, &hetero));
    check_ok(uhn_slice_through(memory, three, 3, &plane));
    check_ok(uhn_slice_through(memory, three, 2, &line));
    check_refused(UHN_ERROR_UNSUPPORTED, uhn_slice_energies(hetero, &plane, &flow, low, high, size, energies));
    check_refused(UHN_ERROR_ARGUMENT, uhn_slice_energies(longer, &plane, &flow, low, high, size, energies));
    check_refused(UHN_ERROR_ARGUMENT, uhn_slice_energies(memory, &line, &flow, low, high, size, energies));
    check_refused(UHN_ERROR_ARGUMENT, uhn_slice_energies(memory, &plane, &flow, low, bad, size, energies));
    check_refused(UHN_ERROR_ARGUMENT, uhn_slice_energies(memory, &plane, &flow, low, high, none, energies));
    check_refused(UHN_ERROR_ARGUMENT, uhn_slice_energies(memory, &plane, &flow, low, high, size, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_slice_energies(NULL, &plane, &flow, low, high, size, energies));
    flow.steps = 0;
    check_refused(UHN_ERROR_RANGE, uhn_slice_energies(memory, &plane, &flow, low, high, size, energies));
    uhn_slice_free(&plane);
    uhn_slice_free(&line);
    uhn_memory_destroy(memory);
    uhn_memory_destroy(hetero);
    uhn_memory_destroy(longer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places), cmocka_unit_test(test_degenerate), cmocka_unit_test(test_segment),
        cmocka_unit_test(test_edge),   cmocka_unit_test(test_planes),     cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
