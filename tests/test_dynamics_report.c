/* SPDX-License-Identifier: MIT
 * What a flow reports: how trajectories end, their energies, queries without an answer, refused arguments, the same
 * bits for any threads and batches, and the fast kernels against the plain path. */
#include "support/flows.h"
#include "support/length.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIM = 20, COUNT = 30, QUERIES = 50 };

static uhn_flow_report run_one(const uhn_memory *memory, const float *query, const uhn_flow *flow)
{
    double state[DIM];
    uhn_flow_report report;
    check_ok(uhn_flow_run(memory, query, 1, 0, flow, state, 0, NULL, &report));
    return report;
}

/* ---- endings */

static void test_endings(void **state)
{
    const float rows[12] = {4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4, 0}, query[4] = {3, 1, 0, 0}, between[4] = {2, 2, 0, 0};
    uhn_memory *memory = memory_of(rows, 3, 4);
    uhn_flow flow = flow_of("dot", "quadratic", "log-sum-exp:beta=4", "adiabatic");
    (void)state;
    uhn_flow_report report = run_one(memory, query, &flow);
    assert_int_equal(report.ending, UHN_ENDING_FIXED_POINT);
    assert_string_equal(uhn_ending_text(report.ending), "fixed-point");
    assert_int_equal(report.nearest, 0);
    assert_int_equal(report.period, 1);
    assert_true(fabs(report.margin - 16) < 1e-6 && fabs(report.nearest_score - 16) < 1e-6);
    assert_true(fabs(report.effective_support - 1) < 1e-6 && report.residual < 1e-8);
    report = run_one(memory, between, &flow); /* a saddle, where two share the state */
    assert_int_equal(report.ending, UHN_ENDING_DIFFUSE);
    assert_true(fabs(report.effective_support - 2) < 1e-6);
    check_ok(uhn_choose_lagrangian(&flow, UHN_LAYER_MEMORY, "log-sum-exp:beta=0.01"));
    report = run_one(memory, query, &flow);
    assert_int_equal(report.ending, UHN_ENDING_DIFFUSE);
    assert_true(report.effective_support > 2.99);
    flow.steps = 1;
    report = run_one(memory, query, &flow);
    assert_int_equal(report.ending, UHN_ENDING_LIMIT);
    assert_int_equal(report.period, 0);
    flow.dt = 1e-6; /* short steps are not rest */
    flow.tolerance = 1e-3;
    report = run_one(memory, query, &flow);
    assert_int_equal(report.ending, UHN_ENDING_LIMIT);
    assert_true(report.residual > 0.1);
    uhn_memory_destroy(memory);
}

/* Neither steps that rounding swallows are rest, nor a state that runs away beyond 1e154, whose square is infinite. */
static void test_no_rest(void **state)
{
    static const struct {
        const char *similarity, *value, *memory;
        double dt, tau_v;
    } cases[] = {{"dot", "quadratic", "log-sum-exp", 1e-20, 1},
                 {"sqeuclidean", "layer-norm", "log-sum-exp", 1e-300, 1e300},
                 {"manhattan", "quadratic", "log-sum-exp", 1e-300, 1e300},
                 {"dot", "quadratic", "max", 1e200, 1}};
    const float rows[8] = {4, 0, 0, 0, 0, 4, 0, 0}, query[4] = {3, 1, 0, 0};
    uhn_memory *memory = memory_of(rows, 2, 4);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uhn_flow flow = flow_of(cases[i].similarity, cases[i].value, cases[i].memory, "adiabatic");
        flow.leak = false;
        flow.dt = cases[i].dt;
        flow.tau_v = cases[i].tau_v;
        flow.steps = 5;
        const uhn_flow_report report = run_one(memory, query, &flow);
        assert_int_equal(report.status, UHN_QUERY_OK);
        assert_int_equal(report.ending, UHN_ENDING_LIMIT);
        assert_int_equal(report.steps, 5);
    }
    uhn_memory_destroy(memory);
}

/* Two of eight memories share the state. */
static void test_metastable(void **state)
{
    float rows[64] = {0}, query[8] = {2, 2};
    (void)state;
    for (size_t i = 0; i < 8; i++)
        rows[9 * i] = 4;
    uhn_memory *memory = memory_of(rows, 8, 8);
    const uhn_flow flow = flow_of("dot", "quadratic", "log-sum-exp:beta=4", "gauss-seidel");
    const uhn_flow_report report = run_one(memory, query, &flow);
    assert_int_equal(report.ending, UHN_ENDING_METASTABLE);
    assert_true(fabs(report.effective_support - 2) < 1e-6);
    assert_true(report.margin == 0);
    uhn_memory_destroy(memory);
}

/* Each memory's value is the next one: with full steps a cycle through all of them, and no energy. */
static void test_sequence_cycles(void **state)
{
    const float rows[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, next[9] = {0, 1, 0, 0, 0, 1, 1, 0, 0};
    uhn_memory *memory = NULL;
    uhn_flow_report report;
    double end[3], energies[101];
    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, 3, 3, 0, next, 3, 0, &memory));
    for (int fast = 0; fast < 2; fast++) {
        uhn_flow flow = flow_of("dot", "quadratic", "max", "adiabatic");
        flow.dt = INFINITY;
        flow.fast = fast;
        check_ok(uhn_flow_run(memory, rows, 1, 0, &flow, end, 0, energies, &report));
        assert_int_equal(report.ending, UHN_ENDING_CYCLE);
        assert_int_equal(report.period, 3);
        assert_true(isnan(report.energy) && isnan(energies[0]));
        assert_int_equal(report.increases, 0);
        assert_false(uhn_flow_is_guaranteed(memory, &flow));
    }
    uhn_flow flow = flow_of("dot", "quadratic", "max", "adiabatic");
    uhn_flow_point point;
    check_refused(UHN_ERROR_UNSUPPORTED, uhn_flow_at(memory, end, NULL, &flow, &point, NULL, NULL));
    uhn_memory_destroy(memory);
}

/* ---- batches */

typedef struct fixture {
    uhn_memory *memory;
    float *rows, *queries;
    double *states, *others, *energies, *other_energies;
    uhn_flow_report reports[QUERIES], other_reports[QUERIES];
} fixture;

enum { STEPS = 12 };

static fixture *make(void)
{
    test_random random = {101};
    fixture *f = test_allocate(1, sizeof *f);
    f->rows = random_signed(&random, COUNT * DIM);
    f->queries = random_signed(&random, QUERIES * DIM);
    f->memory = memory_of(f->rows, COUNT, DIM);
    f->states = test_allocate(QUERIES * DIM, sizeof(double));
    f->others = test_allocate(QUERIES * (DIM + 3), sizeof(double));
    f->energies = test_allocate(QUERIES * (STEPS + 1), sizeof(double));
    f->other_energies = test_allocate(QUERIES * (STEPS + 1), sizeof(double));
    return f;
}

static void clear(fixture *f)
{
    uhn_memory_destroy(f->memory);
    free(f->rows);
    free(f->queries);
    free(f->states);
    free(f->others);
    free(f->energies);
    free(f->other_energies);
    free(f);
}

static void check_same_report(const uhn_flow_report *a, const uhn_flow_report *b)
{
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->ending, b->ending);
    assert_int_equal(a->steps, b->steps);
    assert_int_equal(a->nearest, b->nearest);
    assert_true(same_double(a->energy, b->energy) && same_double(a->residual, b->residual));
    assert_true(same_double(a->margin, b->margin) && same_double(a->effective_support, b->effective_support));
    assert_true(same_double(a->dt, b->dt) && same_double(a->stability_limit, b->stability_limit));
}

/* Any number of threads, any stride, any split of the batch. */
static void check_invariance(fixture *f, uhn_flow *flow)
{
    const size_t stride = (DIM + 3) * sizeof(double);
    flow->threads = 1;
    check_ok(uhn_flow_run(f->memory, f->queries, QUERIES, 0, flow, f->states, 0, f->energies, f->reports));
    for (size_t variant = 0; variant < 4; variant++) {
        const size_t size = variant < 2 ? QUERIES : 17;
        flow->threads = (int)(variant == 3 ? 1 : variant + 2);
        for (size_t first = 0; first < QUERIES; first += size) {
            const size_t count = QUERIES - first < size ? QUERIES - first : size;
            check_ok(uhn_flow_run(f->memory, f->queries + first * DIM, count, 0, flow, f->others + first * (DIM + 3),
                                  stride, f->other_energies + first * (STEPS + 1), f->other_reports + first));
        }
        for (size_t q = 0; q < QUERIES; q++) {
            assert_int_equal(first_difference_double(f->states + q * DIM, f->others + q * (DIM + 3), DIM), DIM);
            check_same_report(&f->reports[q], &f->other_reports[q]);
        }
        assert_int_equal(first_difference_double(f->energies, f->other_energies, QUERIES * (STEPS + 1)),
                         QUERIES * (STEPS + 1));
    }
}

static void test_threads_and_batches(void **state)
{
    fixture *f = make();
    (void)state;
    f->queries[3 * DIM] = NAN;
    for (size_t i = 0; i < 5; i++) {
        static const char *const integrators[] = {"adiabatic", "gauss-seidel", "euler", "rk4", "adiabatic"};
        uhn_flow flow = flow_of(i == 1 ? "manhattan" : "dot", "log-cosh", "log-sum-exp:beta=0.3", integrators[i]);
        flow.steps = STEPS;
        flow.dt = 0.4;
        flow.fast = i == 4;
        check_invariance(f, &flow);
        assert_int_equal(f->reports[3].status, UHN_QUERY_NONFINITE);
        assert_true(isnan(f->states[3 * DIM + 1]) && isnan(f->energies[3 * (STEPS + 1)]));
        assert_int_equal(f->reports[4].status, UHN_QUERY_OK);
    }
    clear(f);
}

/* uint8 rows flow as the float32 rows that they stand for. */
static void test_storage(void **state)
{
    test_random random = {9};
    uint8_t *bytes = random_bytes(&random, COUNT * DIM);
    float rows[DIM];
    uhn_memory *compact = NULL, *plain = NULL;
    fixture *f = make();
    (void)state;
    check_ok(uhn_memory_create(UHN_UINT8, DIM, 0, &compact));
    check_ok(uhn_memory_create(UHN_FLOAT32, DIM, 0, &plain));
    check_ok(uhn_memory_add(compact, bytes, COUNT, 0, NULL, 0));
    for (size_t m = 0; m < COUNT; m++) {
        check_ok(uhn_memory_row(compact, m, rows));
        check_ok(uhn_memory_add(plain, rows, 1, 0, NULL, 0));
    }
    for (size_t s = 0; uhn_additive_at(s); s++) {
        const uhn_flow flow = flow_of(uhn_additive_at(s)->name, "quadratic", "log-sum-exp", "gauss-seidel");
        check_ok(uhn_flow_run(compact, f->queries, QUERIES, 0, &flow, f->states, 0, NULL, NULL));
        check_ok(uhn_flow_run(plain, f->queries, QUERIES, 0, &flow, f->others, 0, NULL, NULL));
        assert_int_equal(first_difference_double(f->states, f->others, QUERIES * DIM), QUERIES * DIM);
    }
    uhn_memory_destroy(compact);
    uhn_memory_destroy(plain);
    free(bytes);
    clear(f);
}

/* The trace is what uhn_flow_at() says of the states, and what the report counts. */
static void test_energies(void **state)
{
    fixture *f = make();
    uhn_flow flow = flow_of("sqeuclidean", "quadratic", "log-sum-exp:beta=0.4", "adiabatic");
    (void)state;
    flow.steps = STEPS;
    flow.dt = 0.5;
    flow.tolerance = 1e-3;
    check_ok(uhn_flow_run(f->memory, f->queries, QUERIES, 0, &flow, f->states, 0, f->energies, f->reports));
    for (size_t q = 0; q < QUERIES; q++) {
        const double *trace = f->energies + q * (STEPS + 1);
        uhn_flow_point point;
        check_ok(uhn_flow_at(f->memory, f->states + q * DIM, NULL, &flow, &point, NULL, NULL));
        assert_true(same_double(point.energy, f->reports[q].energy));
        assert_true(same_double(trace[f->reports[q].steps], point.energy));
        for (size_t step = f->reports[q].steps + 1; step <= STEPS; step++)
            assert_true(isnan(trace[step]));
        assert_int_equal(f->reports[q].increases, 0);
        assert_true(f->reports[q].rounding > 0 && f->reports[q].rounding < 1e-9);
    }
    clear(f);
}

/* ---- the fast kernels */

static void check_fast(fixture *f, const char *similarity, const char *value, const char *memory)
{
    uhn_flow flow = flow_of(similarity, value, memory, "adiabatic");
    uint8_t mask[DIM] = {1, 1};
    double input[DIM] = {0.5, -1};
    flow.steps = STEPS;
    flow.dt = 0.7;
    flow.clamped = mask;
    flow.input = input;
    check_ok(uhn_flow_run(f->memory, f->queries, QUERIES, 0, &flow, f->states, 0, f->energies, f->reports));
    flow.fast = true;
    check_ok(uhn_flow_run(f->memory, f->queries, QUERIES, 0, &flow, f->others, 0, f->other_energies, f->other_reports));
    for (size_t q = 0; q < QUERIES; q++) {
        const uhn_flow_report *is = &f->other_reports[q], *should = &f->reports[q];
        const double *x = f->states + q * DIM, *y = f->others + q * DIM, size = 1 + largest(x, DIM);
        assert_int_equal(is->status, should->status);
        if (should->status != UHN_QUERY_OK || size > 1e6) /* a polynomial that runs away */
            continue;
        for (size_t i = 0; i < DIM; i++)
            if (!(fabs(x[i] - y[i]) < 1e-4 * size))
                fail_msg("%s, %s, %s: query %zu is at %g, not %g", similarity, value, memory, q, y[i], x[i]);
        uhn_flow_point point;
        flow.fast = false;
        check_ok(uhn_flow_at(f->memory, y, NULL, &flow, &point, NULL, NULL));
        if (!(fabs(is->energy - point.energy) < 1e-5 * (1 + fabs(point.energy))))
            fail_msg("%s, %s, %s: query %zu has the energy %.9g, not %.9g", similarity, value, memory, q, is->energy,
                     point.energy);
        if (uhn_flow_is_guaranteed(f->memory, &flow))
            assert_int_equal(is->increases, 0);
        assert_int_equal(is->nearest, should->nearest);
        assert_true(fabs(is->margin - should->margin) < 1e-3 * (1 + should->margin));
        if (!(fabs(is->effective_support - should->effective_support) < 1e-3 * should->effective_support))
            fail_msg("%s, %s, %s: query %zu has the support %g, not %g", similarity, value, memory, q,
                     is->effective_support, should->effective_support);
    }
}

static void test_fast(void **state)
{
    static const char *const values[] = {"quadratic", "log-cosh", "layer-norm:epsilon=0.01"};
    fixture *f = make();
    (void)state;
    for (size_t v = 0; v < 3; v += unless_short(1, 2)) {
        check_fast(f, "dot", values[v], "log-sum-exp:beta=0.6");
        check_fast(f, "dot", values[v], "max");
        check_fast(f, "dot", values[v], "entmax:alpha=1.5,beta=0.3");
        check_fast(f, "dot", values[v], "entmax:alpha=1,beta=0.3");
        check_fast(f, "sqeuclidean", values[v], "log-sum-exp:beta=0.8");
        check_fast(f, "sqeuclidean", values[v], "max");
        check_fast(f, "sqeuclidean", values[v], "entmax:alpha=2,beta=0.2");
    }
    check_fast(f, "dot", "log-cosh", "rectified-polynomial:order=2");
    check_fast(f, "dot", "log-cosh", "polynomial:order=3");
    clear(f);
}

/* ---- statuses and refusals */

static void test_running_away(void **state)
{
    const float rows[4] = {3, 0, 0, 3}, query[2] = {1, 2};
    uhn_memory *memory = memory_of(rows, 2, 2);
    (void)state;
    for (int fast = 0; fast < 2; fast++) {
        uhn_flow flow = flow_of("dot", "quadratic", "polynomial:order=7", "adiabatic");
        uhn_flow_report report;
        double end[2];
        flow.fast = fast;
        check_ok(uhn_flow_run(memory, query, 1, 0, &flow, end, 0, NULL, &report));
        assert_int_equal(report.status, UHN_QUERY_DOMAIN);
        assert_true(isnan(end[0]) && isnan(end[1]));
    }
    uhn_memory_destroy(memory);
}

static void refuse(uhn_status expected, const uhn_memory *memory, const uhn_flow *flow)
{
    const float query[4] = {0};
    double end[4];
    check_refused(expected, uhn_flow_run(memory, query, 2, 0, flow, end, 0, NULL, NULL));
}

static void test_refused_flows(void **state)
{
    const float rows[4] = {3, 0, 0, 3};
    const double input[2] = {0, INFINITY};
    const uhn_flow good = flow_of("dot", "quadratic", "log-sum-exp", "euler");
    const uint8_t mask[4] = {0};
    uhn_memory *memory = memory_of(rows, 2, 2), *narrow = NULL;
    uhn_flow flow;
    (void)state;
#define REFUSE(status, change)                                                                                         \
    do {                                                                                                               \
        flow = good;                                                                                                   \
        change;                                                                                                        \
        refuse(status, memory, &flow);                                                                                 \
    } while (0)
    REFUSE(UHN_ERROR_RANGE, flow.dt = 0);
    REFUSE(UHN_ERROR_RANGE, flow.dt = NAN);
    REFUSE(UHN_ERROR_RANGE, flow.dt = INFINITY);
    REFUSE(UHN_ERROR_RANGE, flow.tau_v = 0);
    REFUSE(UHN_ERROR_RANGE, flow.tau_h = INFINITY);
    REFUSE(UHN_ERROR_RANGE, flow.steps = 0);
    REFUSE(UHN_ERROR_RANGE, flow.tolerance = -1);
    REFUSE(UHN_ERROR_RANGE, flow.threads = -1);
    REFUSE(UHN_ERROR_RANGE, flow.parameters[UHN_LAYER_MEMORY][0] = -2);
    REFUSE(UHN_ERROR_ARGUMENT, flow.similarity = NULL);
    REFUSE(UHN_ERROR_ARGUMENT, flow.lagrangians[UHN_LAYER_VALUE] = NULL);
    REFUSE(UHN_ERROR_ARGUMENT, flow.integrator = UHN_INTEGRATOR_COUNT);
    REFUSE(UHN_ERROR_NONFINITE, flow.input = input);
    REFUSE(UHN_ERROR_SHAPE, (flow.input = input, flow.input_stride = 8));
    REFUSE(UHN_ERROR_SHAPE, (flow.clamped = mask, flow.clamped_stride = 1));
    REFUSE(UHN_ERROR_UNSUPPORTED, flow.fast = true);
#undef REFUSE
    flow = flow_of("manhattan", "quadratic", "log-sum-exp", "adiabatic");
    flow.fast = true;
    refuse(UHN_ERROR_UNSUPPORTED, memory, &flow);
    flow = flow_of("sqeuclidean", "log-cosh", "log-sum-exp", "adiabatic");
    flow.dt = INFINITY;
    refuse(UHN_ERROR_RANGE, memory, &flow);
    refuse(UHN_ERROR_ARGUMENT, NULL, &good);
    refuse(UHN_ERROR_ARGUMENT, memory, NULL);
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, 2, 2, 0, rows, 1, 0, &narrow));
    refuse(UHN_ERROR_SHAPE, narrow, &good);
    assert_false(uhn_flow_is_guaranteed(narrow, &good));
    uhn_memory_destroy(memory);
    uhn_memory_destroy(narrow);
}

static void test_refused_arguments(void **state)
{
    const float rows[4] = {3, 0, 0, 3};
    const double v[2] = {1, NAN}, fine[2] = {1, 1};
    uhn_memory *memory = memory_of(rows, 2, 2);
    uhn_flow flow = flow_of("dot", "quadratic", "log-sum-exp", "euler");
    uhn_flow_point point;
    double end[4];
    (void)state;
    check_refused(UHN_ERROR_ARGUMENT, uhn_flow_run(memory, NULL, 2, 0, &flow, end, 0, NULL, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_flow_run(memory, rows, 2, 0, &flow, NULL, 0, NULL, NULL));
    check_refused(UHN_ERROR_SHAPE, uhn_flow_run(memory, rows, 2, 4, &flow, end, 0, NULL, NULL));
    check_refused(UHN_ERROR_SHAPE, uhn_flow_run(memory, rows, 2, 0, &flow, end, 8, NULL, NULL));
    check_refused(UHN_ERROR_SHAPE, uhn_flow_run(memory, rows, 2, 0, &flow, end, 17, NULL, NULL));
    check_refused(UHN_ERROR_NONFINITE, uhn_flow_at(memory, v, NULL, &flow, &point, NULL, NULL));
    check_refused(UHN_ERROR_NONFINITE, uhn_flow_at(memory, fine, v, &flow, &point, NULL, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_flow_at(memory, NULL, NULL, &flow, &point, NULL, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_flow_at(memory, fine, NULL, &flow, NULL, NULL, NULL));
    check_refused(UHN_ERROR_NAME, uhn_choose_additive(&flow, "manhatan"));
    check_refused(UHN_ERROR_NAME, uhn_choose_lagrangian(&flow, UHN_LAYER_VALUE, "max"));
    check_refused(UHN_ERROR_NAME, uhn_choose_lagrangian(&flow, UHN_LAYER_MEMORY, "max:beta=1"));
    check_refused(UHN_ERROR_RANGE, uhn_choose_lagrangian(&flow, UHN_LAYER_MEMORY, "log-sum-exp:beta=0"));
    check_refused(UHN_ERROR_RANGE, uhn_choose_lagrangian(&flow, UHN_LAYER_MEMORY, "polynomial:order=2.5"));
    check_refused(UHN_ERROR_ARGUMENT, uhn_choose_lagrangian(&flow, UHN_LAYER_COUNT, "max"));
    check_refused(UHN_ERROR_NAME, uhn_choose_integrator(&flow, "jacobi"));
    check_ok(uhn_flow_run(memory, NULL, 0, 0, &flow, NULL, 0, NULL, NULL));
    assert_string_equal(uhn_integrator_text(UHN_INTEGRATOR_RK4), "rk4");
    assert_string_equal(uhn_integrator_text(UHN_INTEGRATOR_COUNT), "unknown");
    assert_string_equal(uhn_ending_text(UHN_ENDING_COUNT), "unknown");
    uhn_memory_destroy(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endings),
        cmocka_unit_test(test_no_rest),
        cmocka_unit_test(test_metastable),
        cmocka_unit_test(test_sequence_cycles),
        cmocka_unit_test(test_threads_and_batches),
        cmocka_unit_test(test_storage),
        cmocka_unit_test(test_energies),
        cmocka_unit_test(test_fast),
        cmocka_unit_test(test_running_away),
        cmocka_unit_test(test_refused_flows),
        cmocka_unit_test(test_refused_arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
