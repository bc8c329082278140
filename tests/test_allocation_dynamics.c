/* SPDX-License-Identifier: MIT
 * The k-th allocation fails, for k = 1, 2, … until the call succeeds: the calls of uhn/dynamics.h say so and leak
 * nothing (the sanitizer build sees to that). */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "support/flows.h"

enum { DIM = 9, COUNT = 40, QUERIES = 6, STEPS = 3, GIVE_UP = 1000 };

/* How many allocations still succeed; negative: all. */
static atomic_long remaining = -1;

void *__real_uhn_allocate(size_t count, size_t size);
void *__wrap_uhn_allocate(size_t count, size_t size);
void *__real_uhn_allocate_unset(size_t count, size_t size);
void *__wrap_uhn_allocate_unset(size_t count, size_t size);

static bool succeeds(void)
{
    long before = atomic_load(&remaining);
    while (before > 0 && !atomic_compare_exchange_weak(&remaining, &before, before - 1))
        continue;
    return before != 0;
}

void *__wrap_uhn_allocate(size_t count, size_t size)
{
    return succeeds() ? __real_uhn_allocate(count, size) : NULL;
}

void *__wrap_uhn_allocate_unset(size_t count, size_t size)
{
    return succeeds() ? __real_uhn_allocate_unset(count, size) : NULL;
}

typedef struct fixture {
    uhn_memory *memory;
    float *rows, *queries, out[QUERIES * DIM];
    double states[QUERIES * DIM], energies[QUERIES * (STEPS + 1)];
    uhn_options options;
} fixture;

static uhn_status run(fixture *f, const char *similarity, const char *integrator, bool fast)
{
    uhn_flow flow = flow_of(similarity, "quadratic", "log-sum-exp", integrator);
    flow.fast = fast;
    flow.steps = STEPS;
    flow.threads = 2;
    return uhn_flow_run(f->memory, f->queries, QUERIES, 0, &flow, f->states, 0, f->energies, NULL);
}

static uhn_status call_adiabatic(fixture *f)
{
    return run(f, "manhattan", "adiabatic", false);
}

static uhn_status call_euler(fixture *f)
{
    return run(f, "dot", "euler", false);
}

static uhn_status call_fast(fixture *f)
{
    return run(f, "dot", "adiabatic", true);
}

/* As many memories as go by their scores. */
static uhn_status call_scores(fixture *f)
{
    uhn_flow flow = flow_of("dot", "quadratic", "log-sum-exp", "adiabatic");
    uhn_memory *few = NULL;
    uhn_status status = uhn_memory_borrow(UHN_FLOAT32, f->rows, 2 * DIM, DIM, 0, NULL, 0, 0, &few);
    flow.fast = true;
    flow.steps = STEPS;
    if (status == UHN_OK)
        status = uhn_flow_run(few, f->queries, QUERIES, 0, &flow, f->states, 0, f->energies, NULL);
    uhn_memory_destroy(few);
    return status;
}

static uhn_status call_at(fixture *f)
{
    const uhn_flow flow = flow_of("manhattan", "log-cosh", "max", "gauss-seidel");
    uhn_flow_point point;
    return uhn_flow_at(f->memory, f->states, NULL, &flow, &point, NULL, NULL);
}

static uhn_status call_energy(fixture *f)
{
    return uhn_energy(f->memory, f->queries, QUERIES, 0, &f->options, f->energies);
}

static uhn_status call_recall(fixture *f)
{
    return uhn_recall_energies(f->memory, f->queries, QUERIES, 0, &f->options, f->out, 0, NULL, f->energies);
}

static uhn_status call_gradient(fixture *f)
{
    return uhn_score_gradient(f->memory, 1, f->queries, &f->options, f->states);
}

static uhn_status call_starts(fixture *f)
{
    return uhn_draw_starts(f->memory, UHN_STARTS_GAUSSIAN, 1, QUERIES, f->out);
}

/* Starts end at memories and elsewhere. */
static uhn_status call_basins(fixture *f)
{
    const uhn_flow flow = flow_of("sqeuclidean", "quadratic", "log-sum-exp:beta=0.7", "adiabatic");
    uhn_basins basins;
    const uhn_status status = uhn_basins_find(f->memory, f->rows, COUNT, 0, &flow, 1e-3, &basins);
    if (status == UHN_OK && (basins.fates[UHN_FATE_MEMORY] == 0 || basins.fixed_point_count == 0))
        fail_msg("all starts end alike");
    if (status != UHN_OK && basins.homes)
        fail_msg("a failure leaves something behind");
    if (status == UHN_OK)
        uhn_basins_free(&basins);
    return status;
}

static uhn_status call_slice(fixture *f)
{
    const uhn_flow flow = flow_of("manhattan", "quadratic", "log-sum-exp", "adiabatic");
    const size_t memories[3] = {0, 1, 2}, size[2] = {3, 2};
    const double low[2] = {0, 0}, high[2] = {1, 1};
    uhn_slice slice;
    uhn_status status = uhn_slice_through(f->memory, memories, 3, &slice);
    if (status == UHN_OK) {
        status = uhn_slice_energies(f->memory, &slice, &flow, low, high, size, f->energies);
        uhn_slice_free(&slice);
    }
    return status;
}

static uhn_status call_merging(fixture *f)
{
    const uhn_flow flow = flow_of("sqeuclidean", "quadratic", "log-sum-exp", "adiabatic");
    uhn_transition found;
    return uhn_merging_beta(f->memory, 0, 1, &flow, 1e-3, 0.5, &found);
}

static uhn_status call_attractors(fixture *f)
{
    uhn_flow flow = flow_of("sqeuclidean", "quadratic", "log-sum-exp", "adiabatic");
    const size_t memories[3] = {4, 2, 0};
    uhn_transition found[3];
    flow.threads = 2;
    return uhn_attractor_betas(f->memory, memories, 3, &flow, 0.5, found);
}

static void check_call(const char *name, uhn_status (*call)(fixture *))
{
    test_random random = {3};
    fixture f = {.rows = random_signed(&random, COUNT * DIM), .queries = random_signed(&random, QUERIES * DIM)};
    long k = 0;
    f.memory = memory_of(f.rows, COUNT, DIM);
    uhn_options_default(&f.options);
    check_ok(uhn_choose_similarity(&f.options, "sqeuclidean"));
    f.options.steps = STEPS;
    for (; k < GIVE_UP; k++) {
        atomic_store(&remaining, k);
        const uhn_status status = call(&f);
        atomic_store(&remaining, -1);
        if (status == UHN_OK)
            break;
        if (status != UHN_ERROR_OUT_OF_MEMORY || uhn_error_detail()[0] == '\0')
            fail_msg("%s, allocation %ld fails: %s (%s)", name, k + 1, uhn_status_text(status), uhn_error_detail());
    }
    if (k == 0 || k == GIVE_UP)
        fail_msg("%s: %ld allocations", name, k);
    uhn_memory_destroy(f.memory);
    free(f.rows);
    free(f.queries);
}

static void test_calls(void **state)
{
    (void)state;
    check_call("uhn_flow_run, adiabatic", call_adiabatic);
    check_call("uhn_flow_run, Euler", call_euler);
    check_call("uhn_flow_run, fast", call_fast);
    check_call("uhn_flow_run, fast, by scores", call_scores);
    check_call("uhn_flow_at", call_at);
    check_call("uhn_energy", call_energy);
    check_call("uhn_recall_energies", call_recall);
    check_call("uhn_score_gradient", call_gradient);
    check_call("uhn_draw_starts", call_starts);
    check_call("uhn_basins_find", call_basins);
    check_call("uhn_slice_energies", call_slice);
    check_call("uhn_merging_beta", call_merging);
    check_call("uhn_attractor_betas", call_attractors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_calls)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
