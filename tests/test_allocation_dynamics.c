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
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_calls)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
