/* SPDX-License-Identifier: MIT
 * Flows: that guaranteed schemes never raise the energy and the report sees those that do, where they lead, and how
 * they are said to end. */
#include "support/flows.h"
#include "support/length.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIM = 6, COUNT = 8, QUERIES = 24, STEPS = 60 };

typedef struct fixture {
    uhn_memory *memory;
    float *rows, *queries;
    double *states;
    uhn_flow_report *reports;
} fixture;

static fixture make(uint64_t seed)
{
    test_random random = {seed};
    fixture f = {.rows = random_signed(&random, COUNT * DIM),
                 .queries = random_signed(&random, QUERIES * DIM),
                 .states = test_allocate(QUERIES * DIM, sizeof(double)),
                 .reports = test_allocate(QUERIES, sizeof(uhn_flow_report))};
    f.memory = memory_of(f.rows, COUNT, DIM);
    return f;
}

static void clear(fixture *f)
{
    uhn_memory_destroy(f->memory);
    free(f->rows);
    free(f->queries);
    free(f->states);
    free(f->reports);
}

static void run(fixture *f, const uhn_flow *flow)
{
    check_ok(uhn_flow_run(f->memory, f->queries, QUERIES, 0, flow, f->states, 0, NULL, f->reports));
}

static size_t increases_in(const fixture *f, size_t *steps)
{
    size_t sum = 0;
    for (size_t q = 0; q < QUERIES; q++) {
        sum += f->reports[q].increases;
        *steps += f->reports[q].steps;
    }
    return sum;
}

/* ---- guaranteed schemes */

static const char *const values[] = {"quadratic", "log-cosh", "layer-norm:epsilon=0.01"};
static const char *const memories[] = {"log-sum-exp:beta=2",           "log-sum-exp:beta=30",
                                       "polynomial:order=4",           "rectified-polynomial:order=2",
                                       "rectified-polynomial:order=3", "max",
                                       "entmax:alpha=1.5,beta=2",      "entmax:alpha=2,beta=1"};
static const double steps_dt[] = {0.01, 0.1, 1, 10, 1000};

static void test_guaranteed_schemes(void **state)
{
    size_t schemes = 0, steps = 0;
    fixture f = make(3);
    test_random random = {4};
    double *input = random_doubles(&random, DIM, 0.5);
    (void)state;
    for (size_t i = 0; i < 3 * 3 * 8 * 2 * 5; i += unless_short(1, 17)) {
        const char *integrator = i / 360 % 2 ? "gauss-seidel" : "adiabatic";
        uhn_flow flow = flow_of(uhn_additive_at(i % 3)->name, values[i / 3 % 3], memories[i / 9 % 8], integrator);
        flow.dt = steps_dt[i / 72 % 5];
        flow.tau_h = 0.3;
        flow.steps = STEPS;
        flow.tolerance = 0;
        flow.input = i % 2 ? input : NULL;
        if (!uhn_flow_is_guaranteed(f.memory, &flow))
            continue;
        run(&f, &flow);
        schemes++;
        const size_t rises = increases_in(&f, &steps);
        if (rises > 0)
            fail_msg("%s, %s, %s, %s, dt %g: %zu increases", flow.similarity->name, values[i / 3 % 3],
                     memories[i / 9 % 8], integrator, flow.dt, rises);
    }
    print_message("%zu schemes, %zu steps, no increase\n", schemes, steps);
    assert_true(schemes >= unless_short(450, 25));
    assert_true(steps >= unless_short(100000, 5000));
    free(input);
    clear(&f);
}

static void test_what_is_not_guaranteed(void **state)
{
    static const uint8_t mask[DIM] = {1};
    static const struct {
        const char *similarity, *value, *memory, *integrator;
        bool clamped, guaranteed;
    } cases[] = {
        {"dot", "quadratic", "log-sum-exp", "adiabatic", true, true},
        {"dot", "layer-norm", "log-sum-exp", "adiabatic", false, true},
        {"dot", "layer-norm", "log-sum-exp", "adiabatic", true, false}, /* a mask leaves the straight line */
        {"dot", "quadratic", "log-sum-exp", "euler", false, false},
        {"dot", "quadratic", "log-sum-exp", "rk4", false, false},
        {"dot", "quadratic", "log-sum-relu", "gauss-seidel", false, false},
        {"dot", "quadratic", "polynomial:order=3", "gauss-seidel", false, false},
        {"dot", "quadratic", "polynomial:order=4", "gauss-seidel", false, true},
        {"sqeuclidean", "quadratic", "polynomial:order=4", "gauss-seidel", false, false}, /* it pushes */
        {"manhattan", "layer-norm", "log-sum-exp", "gauss-seidel", false, false},
        {"manhattan", "log-cosh", "log-sum-exp", "gauss-seidel", true, true},
    };
    fixture f = make(3);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uhn_flow flow = flow_of(cases[i].similarity, cases[i].value, cases[i].memory, cases[i].integrator);
        flow.clamped = cases[i].clamped ? mask : NULL;
        assert_int_equal(uhn_flow_is_guaranteed(f.memory, &flow), cases[i].guaranteed);
    }
    clear(&f);
}

/* ---- the report sees what goes wrong */

static void test_euler_beyond_its_limit(void **state)
{
    fixture f = make(8);
    size_t steps = 0;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uhn_flow flow = flow_of("dot", "quadratic", "log-sum-exp:beta=2", i ? "rk4" : "euler");
        flow.dt = 5;
        flow.steps = STEPS;
        flow.enforce_limit = false;
        run(&f, &flow);
        assert_true(increases_in(&f, &steps) > 0);
        assert_true(f.reports[0].stability_limit < 5 && f.reports[0].dt == 5);
        flow.dt = 0.01;
        run(&f, &flow);
        assert_int_equal(increases_in(&f, &steps), 0);
        flow.dt = 5;
        flow.enforce_limit = true;
        run(&f, &flow);
        for (size_t q = 0; q < QUERIES; q++) {
            assert_true(f.reports[q].dt <= f.reports[q].stability_limit);
            assert_int_equal(f.reports[q].status, UHN_QUERY_OK);
        }
    }
    clear(&f);
}

/* One memory of length ½ and h = f: λ = ½ (2 + √(4 · ¼)) = 1.5. Below 2/λ a step shrinks the state, above it grows;
 * Runge–Kutta likewise at 2.785/λ. */
static void test_limit_is_where_it_is_said_to_be(void **state)
{
    const float row[2] = {0.3F, 0.4F}, query[2] = {1, -0.5F};
    uhn_memory *memory = memory_of(row, 1, 2);
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uhn_flow flow = flow_of("dot", "quadratic", "polynomial:order=2", i ? "rk4" : "euler");
        const double limit = (i ? 2.785293563405282 : 2) / 1.5;
        uhn_flow_report report;
        double state_at_end[2];
        flow.enforce_limit = false;
        flow.steps = 2000;
        flow.dt = 0.98 * limit;
        check_ok(uhn_flow_run(memory, query, 1, 0, &flow, state_at_end, 0, NULL, &report));
        assert_true(fabs(report.stability_limit - limit) < 1e-6);
        assert_true(fabs(state_at_end[0]) + fabs(state_at_end[1]) < 1e-6);
        flow.dt = 1.02 * limit;
        flow.steps = 400;
        check_ok(uhn_flow_run(memory, query, 1, 0, &flow, state_at_end, 0, NULL, &report));
        assert_true(fabs(state_at_end[0]) + fabs(state_at_end[1]) > 100);
        assert_true(report.increases > 100);
    }
    uhn_memory_destroy(memory);
}

/* log-sum-relu is concave on each piece: with memory neurons of their own time the energy rises, at any step. */
static void test_log_sum_relu(void **state)
{
    const size_t fixtures = unless_short(5, 1);
    size_t runs = 0;
    (void)state;
    for (uint64_t seed = 20; seed < 20 + fixtures; seed++) {
        fixture f = make(seed);
        uhn_flow flow = flow_of("dot", "quadratic", "log-sum-relu:beta=1", "euler");
        flow.dt = 1e-3;
        flow.tau_v = 0.2;
        flow.steps = 1000;
        run(&f, &flow);
        for (size_t q = 0; q < QUERIES; q++)
            runs += f.reports[q].increases > 0;
        clear(&f);
    }
    print_message("log-sum-relu: the energy rose in %zu of %zu runs\n", runs, fixtures * QUERIES);
    assert_true(5 * runs > fixtures * QUERIES);
}

static double manhattan_score(const float *row, const double *g, size_t dim, const void *context, double *magnitude)
{
    (void)context;
    double sum = 0;
    for (size_t i = 0; i < dim; i++)
        sum += fabs((double)row[i] - g[i]);
    *magnitude = sum;
    return -sum;
}

static void pull_to_mean(double weight, const float *row, const double *g, size_t dim, const void *context,
                         double *gradient)
{
    (void)context;
    for (size_t i = 0; i < dim; i++)
        gradient[i] += weight * ((double)row[i] - g[i]);
}

/* Manhattan scores with the mean for a projection: M = {0, 0.01, 1}, β = 0.1 raise the energy from z = 0. */
static void test_manhattan_with_mean(void **state)
{
    const uhn_additive own = {.name = "own", .summary = "mean", .score = manhattan_score, .pull = pull_to_mean};
    const float rows[3] = {0, 0.01F, 1}, query = 0;
    uhn_memory *memory = memory_of(rows, 3, 1);
    uhn_flow flow = flow_of("manhattan", "quadratic", "log-sum-exp:beta=0.1", "adiabatic");
    uhn_flow_report report;
    double end, energies[2];
    (void)state;
    flow.similarity = &own;
    flow.steps = 1;
    assert_false(uhn_flow_is_guaranteed(memory, &flow));
    check_ok(uhn_flow_run(memory, &query, 1, 0, &flow, &end, 0, energies, &report));
    assert_true(fabs(energies[0] + 10.6603) < 5e-5 && fabs(energies[1] + 10.5527) < 5e-5);
    assert_int_equal(report.increases, 1);
    assert_true(fabs(report.largest_increase - (energies[1] - energies[0])) < 1e-15);
    flow.similarity = uhn_additive_at(2); /* the median instead */
    flow.dt = INFINITY;
    flow.steps = 50;
    assert_true(uhn_flow_is_guaranteed(memory, &flow));
    check_ok(uhn_flow_run(memory, &query, 1, 0, &flow, &end, 0, NULL, &report));
    assert_int_equal(report.increases, 0);
    assert_true(end == (double)0.01F);
    uhn_memory_destroy(memory);
}

/* ---- where flows lead */

/* Σ w P in float64, from the library's scores and weights. */
static void recall_exactly(const fixture *f, const char *similarity, const char *separation, double *z)
{
    uhn_options options;
    double scores[COUNT], weights[COUNT];
    uhn_options_default(&options);
    check_ok(uhn_choose_similarity(&options, similarity));
    check_ok(uhn_choose_separation(&options, separation));
    for (size_t q = 0; q < QUERIES; q++) {
        check_ok(uhn_scores(f->memory, f->queries + q * DIM, 1, 0, &options, scores, NULL));
        check_ok(uhn_weights(f->memory, scores, 1, &options, weights, NULL));
        for (size_t i = 0; i < DIM; i++) {
            z[q * DIM + i] = 0;
            for (size_t m = 0; m < COUNT; m++)
                z[q * DIM + i] += weights[m] * (double)f->rows[m * DIM + i];
        }
    }
}

/* An adiabatic step of infinite length is the recall. */
static void test_infinite_step_is_recall(void **state)
{
    static const struct {
        const char *similarity, *lagrangian, *separation;
    } cases[] = {
        {"dot", "log-sum-exp:beta=1.5", "softmax:beta=1.5"},
        {"dot", "max", "max"},
        {"dot", "entmax:alpha=1.5,beta=2", "entmax:alpha=1.5,beta=2"},
        {"dot", "polynomial:order=4", "polynomial:order=3"},
        {"dot", "rectified-polynomial:order=3", "rectified-polynomial:order=2"},
        {"sqeuclidean", "log-sum-exp:beta=3", "softmax:beta=1.5"},
        {"sqeuclidean", "entmax:alpha=2,beta=1", "sparsemax:beta=0.5"},
        {"sqeuclidean", "max", "max"},
    };
    fixture f = make(31);
    double z[QUERIES * DIM];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uhn_flow flow = flow_of(cases[i].similarity, "quadratic", cases[i].lagrangian, "adiabatic");
        flow.dt = INFINITY;
        flow.steps = 1;
        run(&f, &flow);
        recall_exactly(&f, cases[i].similarity, cases[i].separation, z);
        const double size = largest(z, QUERIES * DIM);
        for (size_t k = 0; k < QUERIES * DIM; k++)
            if (!(fabs(f.states[k] - z[k]) <= 1e-13 * size))
                fail_msg("%s, %s: %.17g, recalled is %.17g", cases[i].similarity, cases[i].lagrangian, f.states[k],
                         z[k]);
    }
    clear(&f);
}

/* With the leak on, Euclidean recall settles at half the memory; without it, at the memory. */
static void test_leak(void **state)
{
    const float rows[4] = {2, 0, 0, 2}, query[2] = {1.8F, 0.1F};
    uhn_memory *memory = memory_of(rows, 2, 2);
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uhn_flow flow = flow_of("sqeuclidean", "quadratic", "log-sum-exp:beta=40", i ? "gauss-seidel" : "adiabatic");
        uhn_flow_report report;
        double end[2];
        assert_false(flow.leak);
        flow.steps = 2000;
        check_ok(uhn_flow_run(memory, query, 1, 0, &flow, end, 0, NULL, &report));
        assert_int_equal(report.ending, UHN_ENDING_FIXED_POINT);
        assert_true(fabs(end[0] - 2) < 1e-7 && fabs(end[1]) < 1e-7);
        flow.leak = true;
        check_ok(uhn_flow_run(memory, query, 1, 0, &flow, end, 0, NULL, &report));
        assert_true(fabs(end[0] - 1) < 1e-7 && fabs(end[1]) < 1e-7);
    }
    uhn_memory_destroy(memory);
}

/* The error of Runge–Kutta falls with the fourth power of the step, that of Euler with the first, that of Gauss–Seidel
 * at least so. */
static void test_order_of_integrators(void **state)
{
    static const struct {
        const char *name;
        double least, most; /* the ratio of errors at half the step */
    } cases[] = {{"euler", 1.8, 2.2}, {"rk4", 13, 19}, {"gauss-seidel", 1.8, 4.5}};
    fixture f = make(41);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uhn_flow flow = flow_of("dot", "log-cosh", "log-sum-exp:beta=0.5", cases[i].name);
        double ends[3][DIM];
        for (size_t k = 0; k < 3; k++) {
            flow.steps = k == 2 ? 6400 : 10U << k;
            flow.dt = 1.0 / (double)flow.steps;
            flow.tolerance = 0;
            flow.integrator = k == 2 ? UHN_INTEGRATOR_RK4 : flow.integrator;
            check_ok(uhn_flow_run(f.memory, f.queries, 1, 0, &flow, ends[k], 0, NULL, NULL));
        }
        double coarse = 0, fine = 0;
        for (size_t d = 0; d < DIM; d++) {
            coarse += fabs(ends[0][d] - ends[2][d]);
            fine += fabs(ends[1][d] - ends[2][d]);
        }
        if (!(coarse / fine > cases[i].least && coarse / fine < cases[i].most))
            fail_msg("%s: errors %g and %g", cases[i].name, coarse, fine);
    }
    clear(&f);
}

static void test_clamped_and_input(void **state)
{
    static const char *const integrators[] = {"adiabatic", "gauss-seidel", "euler", "rk4"};
    uint8_t masks[QUERIES * DIM] = {0};
    fixture f = make(51);
    size_t steps = 0;
    (void)state;
    for (size_t i = 0; i < QUERIES * DIM; i++)
        masks[i] = i % 5 < 2;
    for (size_t i = 0; i < 12; i++) {
        uhn_flow flow =
            flow_of(uhn_additive_at(i / 4)->name, i % 3 ? "log-cosh" : "quadratic", "log-sum-exp", integrators[i % 4]);
        flow.clamped = masks;
        flow.clamped_stride = DIM;
        flow.dt = i % 4 < 2 ? 3 : 0.05;
        run(&f, &flow);
        if (i % 4 < 2)
            assert_int_equal(increases_in(&f, &steps), 0);
        size_t moved = 0;
        for (size_t k = 0; k < QUERIES * DIM; k++) {
            if (masks[k])
                assert_true(f.states[k] == (double)f.queries[k]);
            else
                moved += f.states[k] != (double)f.queries[k];
        }
        assert_true(moved > QUERIES);
    }
    /* Linear neurons without memories that answer settle at their input. */
    uhn_flow flow = flow_of("dot", "quadratic", "rectified-polynomial", "adiabatic");
    const float row[2] = {0.5F, 0.5F}, query[2] = {-1, -1};
    const double input[2] = {-3, -4};
    double end[2];
    uhn_memory *memory = memory_of(row, 1, 2);
    flow.input = input;
    flow.dt = INFINITY;
    check_ok(uhn_flow_run(memory, query, 1, 0, &flow, end, 0, NULL, NULL));
    assert_true(end[0] == -3 && end[1] == -4);
    uhn_memory_destroy(memory);
    clear(&f);
}

/* Near a memory the terms of its score are next to nothing, and what is left is the rounding of the pattern: by one
 * unit in the last place for log-cosh; for layer-norm the mean of v drifts, and brings it in with each step. */
static void test_rounding_near_memory(void **state)
{
    const float rows[4] = {0.4671076536F, 0.6758723259F, -0.3660745919F, 0.2559538186F};
    const float query[2] = {-0.4353131652F, 0.3281354618F};
    const float normed[7] = {0.31827483F,  -0.42460904F, 0.15036860F, 0.45764860F,
                             -0.23991573F, -0.13406917F, -0.14897703F};
    const float start[7] = {-0.26F, -0.29F, 0.02F, 0.35F, -0.14F, -0.08F, -1.05F};
    uhn_memory *two = memory_of(rows, 2, 2), *one = memory_of(normed, 1, 7);
    double end[7];
    uhn_flow_report report;
    (void)state;
    for (int dt = 0; dt < 3; dt++) {
        uhn_flow flow = flow_of("sqeuclidean", "log-cosh", "max", "adiabatic");
        flow.tolerance = 0;
        flow.dt = dt == 0 ? 0.1 : dt == 1 ? 1 : 1000;
        flow.steps = 200;
        check_ok(uhn_flow_run(two, query, 1, 0, &flow, end, 0, NULL, &report));
        assert_int_equal(report.increases, 0);
        check_ok(uhn_choose_lagrangian(&flow, UHN_LAYER_VALUE, "layer-norm"));
        check_ok(uhn_flow_run(one, start, 1, 0, &flow, end, 0, NULL, &report));
        assert_int_equal(report.increases, 0);
        assert_true(report.largest_increase > 0 && report.energy < 1e-4); /* it was tried */
    }
    uhn_memory_destroy(two);
    uhn_memory_destroy(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guaranteed_schemes),
        cmocka_unit_test(test_what_is_not_guaranteed),
        cmocka_unit_test(test_euler_beyond_its_limit),
        cmocka_unit_test(test_limit_is_where_it_is_said_to_be),
        cmocka_unit_test(test_log_sum_relu),
        cmocka_unit_test(test_manhattan_with_mean),
        cmocka_unit_test(test_infinite_step_is_recall),
        cmocka_unit_test(test_leak),
        cmocka_unit_test(test_order_of_integrators),
        cmocka_unit_test(test_clamped_and_input),
        cmocka_unit_test(test_rounding_near_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
