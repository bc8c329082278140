/* SPDX-License-Identifier: MIT
 * The energy of the two-layer network: its derivative along the flow, its gradients, Lagrangians against finite
 * differences, and the stability limit, for every combination of the tables. */
#include "support/flows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIM = 6, COUNT = 8 };

static const char *const values[] = {"quadratic", "log-cosh", "layer-norm:epsilon=0.01"};
static const char *const memories[] = {"log-sum-exp:beta=2",
                                       "polynomial:order=2",
                                       "polynomial:order=4",
                                       "rectified-polynomial:order=2",
                                       "rectified-polynomial:order=3.5",
                                       "max",
                                       "entmax:alpha=1.5,beta=1",
                                       "entmax:alpha=2,beta=0.7",
                                       "entmax:alpha=1,beta=2",
                                       "log-sum-relu:beta=0.1"};

enum { VALUES = sizeof values / sizeof *values, MEMORIES = sizeof memories / sizeof *memories };

/* One random system. */
typedef struct fixture {
    uhn_memory *memory;
    float *rows;
    double *v, *h, *input;
    double v_rate[DIM], h_rate[COUNT];
    uhn_flow flow;
} fixture;

static fixture make(uint64_t seed, const char *similarity, const char *value, const char *memory)
{
    test_random random = {seed};
    fixture f = {.rows = random_signed(&random, COUNT * DIM),
                 .v = random_doubles(&random, DIM, 1),
                 .h = random_doubles(&random, COUNT, 1),
                 .input = random_doubles(&random, DIM, 0.3)};
    f.memory = memory_of(f.rows, COUNT, DIM);
    f.flow = flow_of(similarity, value, memory, "euler");
    f.flow.tau_v = 0.7;
    f.flow.tau_h = 1.6;
    f.flow.input = f.input;
    return f;
}

static void clear(fixture *f)
{
    uhn_memory_destroy(f->memory);
    free(f->rows);
    free(f->v);
    free(f->h);
    free(f->input);
}

static double energy_at(const fixture *f, const double *v, const double *h)
{
    uhn_flow_point point;
    check_ok(uhn_flow_at(f->memory, v, h, &f->flow, &point, NULL, NULL));
    return point.energy;
}

/* The energy `time` along the direction of the flow. */
static double energy_along(const fixture *f, bool both, double time)
{
    double v[DIM], h[COUNT];
    for (size_t i = 0; i < DIM; i++)
        v[i] = f->v[i] + time * f->v_rate[i];
    for (size_t m = 0; m < COUNT; m++)
        h[m] = f->h[m] + time * f->h_rate[m];
    return energy_at(f, v, both ? h : NULL);
}

/* Central differences, extrapolated: the error is of order step^4. */
static double slope(const fixture *f, bool both, double step)
{
    const double wide = (energy_along(f, both, 2 * step) - energy_along(f, both, -2 * step)) / (4 * step);
    const double narrow = (energy_along(f, both, step) - energy_along(f, both, -step)) / (2 * step);
    return (4 * narrow - wide) / 3;
}

static void check_identity(const char *similarity, const char *value, const char *memory, bool leak, bool both)
{
    fixture f = make(91 + leak, similarity, value, memory);
    uhn_flow_point point;
    f.flow.leak = leak;
    check_ok(uhn_flow_at(f.memory, f.v, both ? f.h : NULL, &f.flow, &point, f.v_rate, f.h_rate));
    const double fastest = fmax(largest(f.v_rate, DIM), both ? largest(f.h_rate, COUNT) : 0);
    const double is = slope(&f, both, 1e-4 / fmax(1, fastest));
    if (!(fabs(is - point.rate) <= 1e-6 * fabs(point.rate) + 1e-9))
        fail_msg("%s, %s, %s, leak %d, layers %d: dE/dt is %.12g, the identity says %.12g", similarity, value, memory,
                 leak, 1 + both, is, point.rate);
    clear(&f);
}

/* dE/dt = −τ_v v̇ᵀH_v v̇ − τ_h ḣᵀH_h ḣ; with h = S the effective energy, without the second term. */
static void test_identity(void **state)
{
    size_t combinations = 0;
    (void)state;
    for (size_t s = 0; uhn_additive_at(s); s++)
        for (size_t v = 0; v < VALUES; v++)
            for (size_t m = 0; m < MEMORIES; m++)
                for (int leak = 0; leak < 2; leak++)
                    for (int both = 0; both < 2; both++, combinations++)
                        check_identity(uhn_additive_at(s)->name, values[v], memories[m], leak, both);
    print_message("dE/dt in %zu combinations\n", combinations);
}

/* Every row of the tables is in the lists above. */
static void test_all_rows_are_tested(void **state)
{
    (void)state;
    for (int layer = 0; layer < UHN_LAYER_COUNT; layer++)
        for (size_t i = 0; uhn_lagrangian_at((uhn_layer)layer, i); i++) {
            const char *name = uhn_lagrangian_at((uhn_layer)layer, i)->name;
            bool found = false;
            for (size_t j = 0; j < (layer == UHN_LAYER_VALUE ? (size_t)VALUES : (size_t)MEMORIES); j++) {
                const char *listed = layer == UHN_LAYER_VALUE ? values[j] : memories[j];
                found |= strncmp(listed, name, strlen(name)) == 0 && strcspn(listed, ":") == strlen(name);
            }
            assert_true(found);
            assert_true(strlen(uhn_lagrangian_at((uhn_layer)layer, i)->summary) > 0);
        }
    assert_null(uhn_lagrangian_at(UHN_LAYER_COUNT, 0));
}

/* ---- Lagrangians */

static void check_lagrangian(uhn_layer layer, const char *text)
{
    test_random random = {7};
    uhn_flow flow;
    double *x = random_doubles(&random, COUNT, 1), *d = random_doubles(&random, COUNT, 1);
    double g[COUNT], up[COUNT], down[COUNT], product[COUNT], moved[COUNT];
    uhn_flow_default(&flow);
    check_ok(uhn_choose_lagrangian(&flow, layer, text));
    const uhn_lagrangian *row = flow.lagrangians[layer];
    const double *p = flow.parameters[layer], step = 1e-5;
    row->evaluate(x, COUNT, p, g);
    row->hessian(x, g, d, COUNT, p, product);
    double along = 0;
    for (size_t i = 0; i < COUNT; i++)
        along += g[i] * d[i];
    for (size_t i = 0; i < COUNT; i++)
        moved[i] = x[i] + step * d[i];
    const double high = row->evaluate(moved, COUNT, p, up);
    for (size_t i = 0; i < COUNT; i++)
        moved[i] = x[i] - step * d[i];
    const double low = row->evaluate(moved, COUNT, p, down);
    assert_true(fabs((high - low) / (2 * step) - along) <= 1e-6 * (1 + fabs(along)));
    for (size_t i = 0; i < COUNT; i++)
        if (!(fabs((up[i] - down[i]) / (2 * step) - product[i]) <= 1e-6 * (1 + fabs(product[i]))))
            fail_msg("%s: row %zu of the Hessian gives %g, finite differences %g", text, i, product[i],
                     (up[i] - down[i]) / (2 * step));
    free(x);
    free(d);
}

static void test_lagrangians(void **state)
{
    (void)state;
    for (size_t i = 0; i < VALUES; i++)
        check_lagrangian(UHN_LAYER_VALUE, values[i]);
    for (size_t i = 0; i < MEMORIES; i++)
        check_lagrangian(UHN_LAYER_MEMORY, memories[i]);
}

/* Numbers whose exponentials, or cosh, are beyond float64. */
static void test_large_numbers(void **state)
{
    static const char *const texts[] = {"log-sum-exp:beta=50", "entmax:alpha=1.5,beta=50", "entmax:alpha=1,beta=50",
                                        "max", "log-sum-relu:beta=1,epsilon=1"};
    const double x[3] = {-1e5, 3e4, 2e4};
    double g[3];
    uhn_flow flow;
    (void)state;
    uhn_flow_default(&flow);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check_ok(uhn_choose_lagrangian(&flow, UHN_LAYER_MEMORY, texts[i]));
        const double l = flow.lagrangians[1]->evaluate(x, 3, flow.parameters[1], g);
        if (i < 4) {
            assert_true(l == 3e4);
            assert_true(g[0] == 0 && g[1] == 1 && g[2] == 0);
        } else {
            assert_true(fabs(l - log(50003)) < 1e-12 && g[0] == 0 && g[1] == g[2]);
        }
    }
    check_ok(uhn_choose_lagrangian(&flow, UHN_LAYER_VALUE, "log-cosh"));
    assert_true(fabs(flow.lagrangians[0]->evaluate(x, 3, NULL, g) - (150000 - 3 * log(2))) < 1e-9);
    assert_true(g[0] == -1 && g[1] == 1);
    const double tiny = 1e-8; /* log cosh x = x²/2 − x⁴/12 … */
    assert_true(fabs(flow.lagrangians[0]->evaluate(&tiny, 1, NULL, g) - 5e-17) < 1e-31);
}

/* a x + b g(x) = c */
static void test_resolve(void **state)
{
    static const double scales[] = {1e-3, 1, 1e3};
    test_random random = {17};
    double *c = random_doubles(&random, COUNT, 3), x[COUNT], g[COUNT];
    uhn_flow flow;
    (void)state;
    uhn_flow_default(&flow);
    for (size_t i = 0; i < VALUES; i++)
        for (size_t j = 0; j < 9; j++) {
            const double a = scales[j / 3], b = scales[j % 3];
            check_ok(uhn_choose_lagrangian(&flow, UHN_LAYER_VALUE, values[i]));
            flow.lagrangians[0]->resolve(c, COUNT, a, b, flow.parameters[0], x);
            flow.lagrangians[0]->evaluate(x, COUNT, flow.parameters[0], g);
            for (size_t k = 0; k < COUNT; k++)
                assert_true(fabs(a * x[k] + b * g[k] - c[k]) <=
                            1e-14 * (10 + fabs(a * x[k]) + b * (fabs(g[k]) + 10 * fabs(x[k])))); /* 10 = 1/√ε */
        }
    free(c);
}

/* ---- gradients and limits */

/* −τ dv/dt and −τ dh/dt are ∂E/∂g and ∂E/∂f; with quadratic layers, g = v and f = h. */
static void test_gradients(void **state)
{
    (void)state;
    for (size_t s = 0; uhn_additive_at(s); s++) {
        fixture f = make(5, uhn_additive_at(s)->name, "quadratic", "polynomial:order=2");
        uhn_flow_point point;
        check_ok(uhn_flow_at(f.memory, f.v, f.h, &f.flow, &point, f.v_rate, f.h_rate));
        for (size_t i = 0; i < DIM + COUNT; i++) {
            double *x = i < DIM ? &f.v[i] : &f.h[i - DIM];
            const double rate = i < DIM ? -f.flow.tau_v * f.v_rate[i] : -f.flow.tau_h * f.h_rate[i - DIM];
            const double at = *x, step = 1e-5;
            *x = at + step;
            const double high = energy_at(&f, f.v, f.h);
            *x = at - step;
            const double low = energy_at(&f, f.v, f.h);
            *x = at;
            assert_true(fabs((high - low) / (2 * step) - rate) <= 1e-6 * (1 + fabs(rate)));
        }
        clear(&f);
    }
}

/* One memory (3, 4), linear neurons: ρ = 25, so λ = ½ (2 + √(4 · 25)) = 6 with τ = 1, and dt* = 2/6. */
static void test_limit(void **state)
{
    const float row[2] = {3, 4};
    const double v[2] = {0.1, 0.2};
    uhn_memory *memory = memory_of(row, 1, 2);
    uhn_flow flow = flow_of("dot", "quadratic", "polynomial:order=2", "euler");
    uhn_flow_point point;
    (void)state;
    check_ok(uhn_flow_at(memory, v, NULL, &flow, &point, NULL, NULL));
    assert_true(fabs(point.limit - 1.0 / 3) < 1e-12);
    check_ok(uhn_choose_lagrangian(&flow, UHN_LAYER_MEMORY, "max")); /* not coupled: λ = 1 */
    check_ok(uhn_flow_at(memory, v, NULL, &flow, &point, NULL, NULL));
    assert_true(fabs(point.limit - 2) < 1e-12);
    uhn_memory_destroy(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_rows_are_tested),
        cmocka_unit_test(test_lagrangians),
        cmocka_unit_test(test_large_numbers),
        cmocka_unit_test(test_resolve),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
