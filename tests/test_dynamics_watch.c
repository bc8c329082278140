/* SPDX-License-Identifier: MIT
 * What the watch of a flow is shown: each moment of each query, in order, with the energies of the trace; and that it
 * can stop the flow. Plain and through the fast kernels. */
#include "support/flows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIM = 20, COUNT = 30, QUERIES = 9, STEPS = 12 };

/* What came. Each query writes to places of its own, so any thread may. */
typedef struct seen {
    size_t next[QUERIES];
    double time[QUERIES][STEPS + 1], energy[QUERIES][STEPS + 1];
    double state[QUERIES][DIM], pattern[QUERIES][DIM]; /* the last */
    size_t stop_after;
    bool out_of_order;
} seen;

static bool watch(void *context, const uhn_flow_moment *moment)
{
    seen *own = context;
    const size_t query = moment->query;
    if (moment->step != own->next[query]++ || moment->step > STEPS) {
        own->out_of_order = true;
        return false;
    }
    own->time[query][moment->step] = moment->time;
    own->energy[query][moment->step] = moment->energy;
    memcpy(own->state[query], moment->state, sizeof own->state[query]);
    memcpy(own->pattern[query], moment->pattern, sizeof own->pattern[query]);
    return moment->step < own->stop_after;
}

static uhn_memory *make_memory(float *queries)
{
    float rows[COUNT * DIM];
    for (size_t i = 0; i < COUNT * DIM; i++)
        rows[i] = (float)((i * 7919 + 13) % 101) / 101;
    for (size_t i = 0; i < QUERIES * DIM; i++)
        queries[i] = (float)((i * 104729 + 5) % 97) / 97;
    return memory_of(rows, COUNT, DIM);
}

static void check_shown(const uhn_memory *memory, const float *queries, const uhn_flow *flow)
{
    double states[QUERIES * DIM], energies[QUERIES * (STEPS + 1)];
    uhn_flow_report reports[QUERIES];
    seen own = {.stop_after = SIZE_MAX};
    uhn_flow watched = *flow;
    watched.watch = watch;
    watched.watch_context = &own;
    check_ok(uhn_flow_run(memory, queries, QUERIES, 0, &watched, states, 0, energies, reports));
    assert_false(own.out_of_order);
    for (size_t query = 0; query < QUERIES; query++) {
        assert_int_equal(own.next[query], reports[query].steps + 1);
        for (size_t step = 0; step <= reports[query].steps; step++) {
            assert_true(own.energy[query][step] == energies[query * (STEPS + 1) + step]);
            assert_true(fabs(own.time[query][step] - flow->dt * (double)step) < 1e-12);
        }
        assert_memory_equal(own.state[query], states + query * DIM, sizeof own.state[query]);
        for (size_t i = 0; i < DIM; i++)
            assert_true(fabs(own.pattern[query][i] - tanh(own.state[query][i])) < 1e-15);
    }
}

static void test_moments(void **state)
{
    float queries[QUERIES * DIM];
    uhn_memory *memory = make_memory(queries);
    (void)state;
    for (int fast = 0; fast < 2; fast++) {
        uhn_flow flow = flow_of("dot", "log-cosh", "log-sum-exp:beta=2", "adiabatic");
        flow.dt = 0.25;
        flow.steps = STEPS;
        flow.fast = fast;
        check_shown(memory, queries, &flow);
    }
    uhn_flow flow = flow_of("sqeuclidean", "log-cosh", "max", "gauss-seidel");
    flow.dt = 0.25;
    flow.steps = STEPS;
    flow.threads = 3;
    check_shown(memory, queries, &flow);
    uhn_memory_destroy(memory);
}

/* A dt that is cut to the stability limit, again and again: time is what was taken. */
static void test_time(void **state)
{
    float queries[QUERIES * DIM];
    double states[QUERIES * DIM];
    uhn_memory *memory = make_memory(queries);
    uhn_flow flow = flow_of("dot", "quadratic", "log-sum-exp:beta=2", "euler");
    uhn_flow_report reports[QUERIES];
    seen own = {.stop_after = SIZE_MAX};
    (void)state;
    flow.dt = 100;
    flow.steps = STEPS;
    flow.tolerance = 0;
    flow.watch = watch;
    flow.watch_context = &own;
    check_ok(uhn_flow_run(memory, queries, QUERIES, 0, &flow, states, 0, NULL, reports));
    for (size_t query = 0; query < QUERIES; query++) {
        assert_true(own.time[query][1] > 0 && own.time[query][1] < 100);
        assert_true(own.time[query][STEPS] - own.time[query][STEPS - 1] <= own.time[query][1] * (1 + 1e-12));
        assert_true(reports[query].dt <= reports[query].stability_limit);
    }
    uhn_memory_destroy(memory);
}

static void test_stop(void **state)
{
    float queries[QUERIES * DIM];
    double states[QUERIES * DIM];
    uhn_memory *memory = make_memory(queries);
    (void)state;
    for (int fast = 0; fast < 2; fast++)
        for (size_t after = 0; after < 4; after += 3) {
            uhn_flow flow = flow_of("dot", "quadratic", "log-sum-exp:beta=2", "adiabatic");
            seen own = {.stop_after = after};
            flow.fast = fast;
            flow.tolerance = 0;
            flow.watch = watch;
            flow.watch_context = &own;
            flow.threads = 2;
            check_refused(UHN_ERROR_STOPPED, uhn_flow_run(memory, queries, QUERIES, 0, &flow, states, 0, NULL, NULL));
            for (size_t query = 0; query < QUERIES; query++)
                assert_true(own.next[query] <= after + 1);
        }
    uhn_memory_destroy(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
