/* SPDX-License-Identifier: MIT
 * Fast flows that go by the scores of the memories (dot, quadratic, log-sum-exp) against the plain path: states,
 * energies, endings, any storage, batch and number of threads. */
#include "support/flows.h"
#include "support/length.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIM = 72, COUNT = 101, QUERIES = 50, STEPS = 40 }; /* no whole number of anything; COUNT ≤ 2 DIM */

typedef struct fixture {
    uhn_memory *memory;
    float *queries;
    double *states, *others, *nudged, *energies, *other_energies, *nudged_energies;
    uhn_flow_report reports[QUERIES], other_reports[QUERIES];
} fixture;

static void take_memory(fixture *f, uhn_storage storage, test_random *random)
{
    float *rows = random_signed(random, COUNT * DIM);
    uint8_t *bytes = random_bytes(random, COUNT * DIM);
    uhn_memory_destroy(f->memory);
    f->memory = NULL;
    check_ok(uhn_memory_create(storage, DIM, 0, &f->memory));
    check_ok(uhn_memory_add(f->memory, storage == UHN_FLOAT32 ? (const void *)rows : bytes, COUNT, 0, NULL, 0));
    free(rows);
    free(bytes);
}

static fixture *make(void)
{
    test_random random = {7};
    fixture *f = test_allocate(1, sizeof *f);
    take_memory(f, UHN_FLOAT32, &random);
    f->queries = random_signed(&random, QUERIES * DIM);
    f->states = test_allocate(QUERIES * DIM, sizeof(double));
    f->others = test_allocate(QUERIES * DIM, sizeof(double));
    f->nudged = test_allocate(QUERIES * DIM, sizeof(double));
    f->energies = test_allocate(QUERIES * (STEPS + 1), sizeof(double));
    f->other_energies = test_allocate(QUERIES * (STEPS + 1), sizeof(double));
    f->nudged_energies = test_allocate(QUERIES * (STEPS + 1), sizeof(double));
    return f;
}

static void clear(fixture *f)
{
    uhn_memory_destroy(f->memory);
    free(f->queries);
    free(f->states);
    free(f->others);
    free(f->nudged);
    free(f->energies);
    free(f->other_energies);
    free(f->nudged_energies);
    free(f);
}

static uhn_flow flow_at(double beta, double dt)
{
    char text[64];
    snprintf(text, sizeof text, "log-sum-exp:beta=%g", beta);
    uhn_flow flow = flow_of("dot", "quadratic", text, "adiabatic");
    flow.steps = STEPS;
    flow.dt = dt;
    return flow;
}

/* Float32 leaves 24 bits of the products, of which a few sums lose some; weights depend on them by β. Past a saddle a
 * trajectory magnifies that, as it does a change of its query: by `nudged` one of 2^-20. */
static void check_query(const fixture *f, size_t q, double beta)
{
    const uhn_flow_report *is = &f->other_reports[q], *should = &f->reports[q];
    const double *x = f->states + q * DIM, *y = f->others + q * DIM, *z = f->nudged + q * DIM;
    double tolerance = 1e-5 * (1 + beta), size = 1;
    assert_int_equal(is->status, UHN_QUERY_OK);
    assert_int_equal(is->increases, 0);
    for (size_t i = 0; i < DIM; i++)
        size = fmax(size, fabs(x[i]));
    for (size_t i = 0; i < DIM; i++)
        tolerance = fmax(tolerance, 10 * fabs(x[i] - z[i]) / size);
    if (tolerance > 0.1)
        return;
    for (size_t i = 0; i < DIM; i++)
        if (!(fabs(x[i] - y[i]) <= tolerance * size))
            fail_msg("beta %g, query %zu is at %.9g, not %.9g", beta, q, y[i], x[i]);
    for (size_t step = 0; step <= should->steps && step <= is->steps; step++) {
        const size_t at = q * (STEPS + 1) + step;
        const double a = f->energies[at], b = f->other_energies[at], nudge = fabs(a - f->nudged_energies[at]);
        if (fabs(a - b) > fmax(tolerance * (1 + fabs(a)), 10 * nudge)) /* the nudged one may have ended before: a NaN */
            fail_msg("beta %g, query %zu, step %zu: energy %.9g, not %.9g", beta, q, step, b, a);
    }
    for (size_t step = is->steps + 1; step <= STEPS; step++)
        assert_true(isnan(f->other_energies[q * (STEPS + 1) + step]));
    assert_int_equal(is->nearest, should->nearest);
    assert_true(fabs(is->nearest_score - should->nearest_score) <= tolerance * (1 + fabs(should->nearest_score)));
    assert_true(fabs(is->margin - should->margin) <= tolerance * (1 + fabs(should->nearest_score)));
    assert_true(fabs(is->effective_support - should->effective_support) <= 10 * tolerance * should->effective_support);
    if (is->steps == STEPS && should->steps == STEPS)
        assert_true(fabs(is->residual - should->residual) <= 1e-3 * should->residual + tolerance);
    else
        assert_int_equal(is->ending, should->ending);
}

/* The energy of the state that is delivered, within half of what a difference is said to be off by. */
static void check_energy_bound(const fixture *f, size_t q, const uhn_flow *flow)
{
    uhn_flow_point point;
    check_ok(uhn_flow_at(f->memory, f->others + q * DIM, NULL, flow, &point, NULL, NULL));
    if (!(fabs(point.energy - f->other_reports[q].energy) <= f->other_reports[q].rounding / 2))
        fail_msg("query %zu: energy %.12g, not %.12g", q, f->other_reports[q].energy, point.energy);
    assert_true(f->other_reports[q].rounding < 1e-2 * (1 + fabs(point.energy)));
}

static void run_nudged(fixture *f, const uhn_flow *flow)
{
    float *queries = test_allocate(QUERIES * DIM, sizeof *queries);
    for (size_t i = 0; i < QUERIES * DIM; i++)
        queries[i] = f->queries[i] * (1 + 0x1p-20F);
    check_ok(uhn_flow_run(f->memory, queries, QUERIES, 0, flow, f->nudged, 0, f->nudged_energies, NULL));
    free(queries);
}

static void check_against_plain(fixture *f, size_t cases)
{
    static const double betas[] = {0.01, 0.1, 0.7, 5, 50}, dts[] = {0.1, 1, INFINITY};
    for (size_t k = 0; k < unless_short(cases, 1); k++) {
        uhn_flow flow = flow_at(betas[k % 5], dts[k / 5]);
        check_ok(uhn_flow_run(f->memory, f->queries, QUERIES, 0, &flow, f->states, 0, f->energies, f->reports));
        run_nudged(f, &flow);
        flow.fast = true;
        check_ok(
            uhn_flow_run(f->memory, f->queries, QUERIES, 0, &flow, f->others, 0, f->other_energies, f->other_reports));
        for (size_t q = 0; q < QUERIES; q++) {
            check_query(f, q, betas[k % 5]);
            check_energy_bound(f, q, &flow);
        }
    }
}

static void test_against_plain(void **state)
{
    test_random random = {3};
    fixture *f = make();
    (void)state;
    check_against_plain(f, 15);
    take_memory(f, UHN_UINT8, &random);
    check_against_plain(f, 5);
    take_memory(f, UHN_BITS, &random);
    check_against_plain(f, 5);
    clear(f);
}

/* Stored patterns that attract are where they are: no rounding is taken for a movement. */
static void test_rest(void **state)
{
    float rows[9 * 9] = {0};
    double states[9 * 9];
    uhn_flow_report reports[9];
    uhn_flow flow = flow_at(1e3, 0.1);
    (void)state;
    for (size_t i = 0; i < 9; i++)
        rows[10 * i] = 1;
    uhn_memory *memory = memory_of(rows, 9, 9);
    flow.fast = true;
    check_ok(uhn_flow_run(memory, rows, 9, 0, &flow, states, 0, NULL, reports));
    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(reports[i].ending, UHN_ENDING_FIXED_POINT);
        assert_int_equal(reports[i].steps, 1);
        assert_int_equal(reports[i].period, 1);
        assert_int_equal(reports[i].nearest, i);
        assert_true(reports[i].margin == 1);
        assert_true(states[10 * i] == 1);
    }
    uhn_memory_destroy(memory);
    memory = memory_of(rows, 1, 9); /* a single one */
    check_ok(uhn_flow_run(memory, rows, 1, 0, &flow, states, 0, NULL, reports));
    assert_true(reports[0].margin == INFINITY && reports[0].effective_support == 1);
    uhn_memory_destroy(memory);
}

/* What float32 cannot multiply is multiplied in float64. */
static void test_far_away(void **state)
{
    fixture *f = make();
    uhn_flow flow = flow_at(0.5, 1e3);
    (void)state;
    for (size_t i = 0; i < DIM; i++)
        f->queries[i] = i % 2 ? FLT_MAX : -FLT_MAX;
    check_ok(uhn_flow_run(f->memory, f->queries, 2, 0, &flow, f->states, 0, NULL, f->reports));
    flow.fast = true;
    check_ok(uhn_flow_run(f->memory, f->queries, 2, 0, &flow, f->others, 0, NULL, f->other_reports));
    assert_int_equal(f->reports[0].status, UHN_QUERY_OK);
    assert_int_equal(f->other_reports[0].status, UHN_QUERY_OK);
    for (size_t i = 0; i < 2 * DIM; i++)
        assert_true(fabs(f->states[i] - f->others[i]) < 1e-4);
    clear(f);
}

/* Any number of threads, any split of the batch, whoever the neighbours are. */
static void test_threads_and_batches(void **state)
{
    static const double betas[] = {0.02, 0.3, 5};
    fixture *f = make();
    (void)state;
    f->queries[3 * DIM] = NAN;
    for (size_t k = 0; k < 9; k += unless_short(1, 4)) {
        const size_t sizes[] = {QUERIES, 37, 5};
        uhn_flow flow = flow_at(betas[k % 3], 0.4);
        flow.fast = true;
        flow.threads = 1;
        check_ok(uhn_flow_run(f->memory, f->queries, QUERIES, 0, &flow, f->states, 0, f->energies, f->reports));
        flow.threads = 3;
        for (size_t first = 0; first < QUERIES; first += sizes[k / 3]) {
            const size_t left = QUERIES - first, count = left < sizes[k / 3] ? left : sizes[k / 3];
            check_ok(uhn_flow_run(f->memory, f->queries + first * DIM, count, 0, &flow, f->others + first * DIM, 0,
                                  f->other_energies + first * (STEPS + 1), f->other_reports + first));
        }
        assert_int_equal(first_difference_double(f->states, f->others, QUERIES * DIM), QUERIES * DIM);
        assert_int_equal(first_difference_double(f->energies, f->other_energies, QUERIES * (STEPS + 1)),
                         QUERIES * (STEPS + 1));
        for (size_t q = 0; q < QUERIES; q++) {
            const uhn_flow_report *a = &f->reports[q], *b = &f->other_reports[q];
            assert_int_equal(a->status, q == 3 ? UHN_QUERY_NONFINITE : UHN_QUERY_OK);
            assert_int_equal(a->status, b->status);
            assert_int_equal(a->steps, b->steps);
            assert_true(same_double(a->residual, b->residual) && same_double(a->rounding, b->rounding));
            assert_true(same_double(a->margin, b->margin) && same_double(a->effective_support, b->effective_support));
        }
        assert_true(isnan(f->states[3 * DIM]) && isnan(f->energies[3 * (STEPS + 1)]));
    }
    clear(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_plain),
        cmocka_unit_test(test_rest),
        cmocka_unit_test(test_far_away),
        cmocka_unit_test(test_threads_and_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
