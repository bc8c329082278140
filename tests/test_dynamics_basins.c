/* SPDX-License-Identifier: MIT
 * Basins against what is known of two memories and of a simplex; random starts; memories that merge. */
#include "support/flows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIMPLEX = 8 };

/* Eight memories, each √2 from each other. */
static uhn_memory *simplex(void)
{
    float rows[SIMPLEX * SIMPLEX] = {0};
    for (size_t i = 0; i < SIMPLEX; i++)
        rows[i * SIMPLEX + i] = 1;
    return memory_of(rows, SIMPLEX, SIMPLEX);
}

static uhn_flow euclidean(double beta)
{
    uhn_flow flow = flow_of("sqeuclidean", "quadratic", "log-sum-exp", "adiabatic");
    flow.parameters[UHN_LAYER_MEMORY][0] = beta;
    flow.dt = INFINITY;
    flow.steps = 20000;
    return flow;
}

/* ---- starts */

static void test_starts(void **state)
{
    enum { COUNT = 20000, DIM = 3 };
    const float rows[4 * DIM] = {-1, 5, 2, 3, 5, 0, 1, 5, -4, 1, 5, 2};
    uhn_memory *memory = memory_of(rows, 4, DIM);
    float *starts = test_allocate(COUNT * DIM, sizeof *starts), few[2 * DIM];
    (void)state;
    for (int law = 0; law < UHN_STARTS_COUNT; law++) {
        check_ok(uhn_draw_starts(memory, (uhn_start_law)law, 7, COUNT, starts));
        double mean = 0, squares = 0, low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < COUNT; i++) {
            const double x = starts[i * DIM + 2]; /* of −4, 0, 2, 2: mean 0, deviation √6 */
            mean += x / COUNT;
            squares += x * x / COUNT;
            low = fmin(low, x);
            high = fmax(high, x);
            assert_true(starts[i * DIM + 1] == 5);
        }
        /* Five standard errors: √6/√20000 for the mean, about twice the variance's √2·6/√20000. */
        const double wanted_mean = law == UHN_STARTS_BOX ? -1 : 0, wanted_squares = law == UHN_STARTS_BOX ? 4 : 6;
        assert_true(fabs(mean - wanted_mean) < 0.09 && fabs(squares - wanted_squares) < 0.3);
        assert_true((low >= -4 && high <= 2) == (law == UHN_STARTS_BOX));
        check_ok(uhn_draw_starts(memory, (uhn_start_law)law, 7, 2, few));
        assert_int_equal(first_difference_float(few, starts, 2 * DIM), 2 * DIM);
        check_ok(uhn_draw_starts(memory, (uhn_start_law)law, 8, 2, few));
        assert_true(few[0] != starts[0]);
    }
    check_refused(UHN_ERROR_ARGUMENT, uhn_draw_starts(NULL, UHN_STARTS_BOX, 1, 1, few));
    check_refused(UHN_ERROR_ARGUMENT, uhn_draw_starts(memory, UHN_STARTS_COUNT, 1, 1, few));
    check_refused(UHN_ERROR_ARGUMENT, uhn_draw_starts(memory, UHN_STARTS_BOX, 1, 1, NULL));
    uhn_memory_destroy(memory);
    free(starts);
}

/* ---- basins */

static void check_sums(const uhn_basins *basins)
{
    size_t fates = 0, memories = 0, others = 0, rests = basins->fates[UHN_FATE_SPURIOUS];
    for (size_t f = 0; f < UHN_FATE_COUNT; f++)
        fates += basins->fates[f];
    for (size_t m = 0; m < basins->memory_count; m++)
        memories += basins->memories[m];
    for (size_t k = 0; k < basins->fixed_point_count; k++)
        others += basins->fixed_points[k].starts;
    assert_int_equal(fates, basins->count);
    assert_int_equal(memories, basins->fates[UHN_FATE_MEMORY]);
    assert_int_equal(others, rests + basins->fates[UHN_FATE_DIFFUSE]);
}

/* The basins of two memories are the half-spaces of the points that are nearer to one. */
static void test_two_memories(void **state)
{
    enum { COUNT = 300 };
    const float rows[6] = {0, 0, 1, 2, 1, 0};
    uhn_memory *memory = memory_of(rows, 2, 3);
    const uhn_flow flow = euclidean(3); /* they merge at 4/6 */
    float starts[COUNT * 3];
    uhn_basins basins;
    (void)state;
    check_ok(uhn_draw_starts(memory, UHN_STARTS_GAUSSIAN, 1, COUNT, starts));
    memcpy(starts, (const float[3]){1, 0.5F, 0.5F}, 3 * sizeof *starts); /* halfway: a saddle */
    starts[3] = NAN;
    check_ok(uhn_basins_find(memory, starts, COUNT, 0, &flow, 1e-3, &basins));
    check_sums(&basins);
    for (size_t i = 2; i < COUNT; i++) {
        const float *x = starts + 3 * i;
        double away[2] = {0, 0};
        for (size_t k = 0; k < 6; k++)
            away[k / 3] += ((double)x[k % 3] - (double)rows[k]) * ((double)x[k % 3] - (double)rows[k]);
        assert_int_equal(basins.homes[i].fate, UHN_FATE_MEMORY);
        assert_int_equal(basins.homes[i].place, away[1] < away[0]);
    }
    assert_true(basins.memories[0] > 50 && basins.memories[1] > 50);
    assert_int_equal(basins.homes[0].fate, UHN_FATE_DIFFUSE);
    assert_int_equal(basins.homes[0].place, 0);
    assert_int_equal(basins.fixed_point_count, 1);
    assert_int_equal(basins.fixed_points[0].start, 0);
    assert_int_equal(basins.fixed_points[0].starts, 1);
    assert_false(basins.fixed_points[0].stable);
    assert_int_equal(basins.homes[1].fate, UHN_FATE_UNDEFINED);
    assert_int_equal(basins.homes[1].place, UHN_NO_INDEX);
    uhn_basins_free(&basins);
    assert_null(basins.homes);
    uhn_memory_destroy(memory);
}

/* With β = 7 the centre of the simplex is stable (below 2N/d² = 8), the memories have attractors (from 4.4 on), and two
 * of them share a saddle (from 6.4 on). With β = 9 the centre no longer holds. */
static void test_simplex(void **state)
{
    float starts[4][SIMPLEX] = {{0.8F, 0.2F}, {0.5F, 0.5F}, {0}, {0}};
    uhn_memory *memory = simplex();
    uhn_flow flow = euclidean(7);
    uhn_basins basins;
    (void)state;
    for (size_t i = 0; i < SIMPLEX; i++) {
        starts[2][i] = 0.125F;
        starts[3][i] = 0.125F + 0.01F * (float)i;
    }
    check_ok(uhn_basins_find(memory, &starts[0][0], 4, 0, &flow, 1e-3, &basins));
    check_sums(&basins);
    assert_int_equal(basins.homes[0].fate, UHN_FATE_MEMORY);
    assert_int_equal(basins.memories[0], 1);
    assert_int_equal(basins.homes[1].fate, UHN_FATE_SPURIOUS);
    assert_int_equal(basins.homes[1].place, 0);
    assert_int_equal(basins.homes[2].fate, UHN_FATE_DIFFUSE);
    assert_int_equal(basins.homes[3].place, 1); /* the same point, a little later */
    assert_int_equal(basins.fixed_point_count, 2);
    assert_int_equal(basins.fixed_points[1].start, 2);
    assert_int_equal(basins.fixed_points[1].starts, 2);
    assert_false(basins.fixed_points[0].stable);
    assert_true(basins.fixed_points[1].stable);
    /* E = −(1/β) log (8 exp(−β 7/16)) */
    assert_true(fabs(basins.reports[2].energy - (7.0 / 16 - log(8) / 7)) < 1e-12);
    uhn_basins_free(&basins);

    flow = euclidean(9);
    check_ok(uhn_basins_find(memory, &starts[0][0], 4, 0, &flow, 1e-3, &basins));
    assert_int_equal(basins.homes[2].fate, UHN_FATE_DIFFUSE);
    assert_int_equal(basins.homes[3].fate,
                     UHN_FATE_MEMORY); /* which the rounding of the start leads to, or the slope */
    assert_int_equal(basins.homes[3].place, 7);
    assert_false(basins.fixed_points[basins.homes[2].place].stable);
    flow.steps = 1;
    uhn_basins_free(&basins);
    check_ok(uhn_basins_find(memory, &starts[0][0], 1, 0, &flow, 1e-3, &basins));
    assert_int_equal(basins.fates[UHN_FATE_LIMIT], 1);
    uhn_basins_free(&basins);
    uhn_memory_destroy(memory);
}

/* With dot a larger memory swallows one; with the leak, distances rest at half of a memory, which is its attractor all
 * the same, but for the memory whose half is another one; so is tanh of it with log-cosh. */
static void test_what_an_attractor_is(void **state)
{
    const float rows[6] = {1, 0, 2, 0, 0, 4};
    uhn_memory *memory = memory_of(rows, 3, 2);
    static const char *const choices[3][2] = {{"dot", "quadratic"}, {"sqeuclidean", "quadratic"}, {"dot", "log-cosh"}};
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        uhn_flow flow = flow_of(choices[k][0], choices[k][1], "log-sum-exp:beta=20", "adiabatic");
        uhn_basins basins;
        flow.leak = true;
        check_ok(uhn_basins_find(memory, rows, 3, 0, &flow, 1e-3, &basins));
        assert_int_equal(basins.memories[0], k == 1 ? 2 : 0);
        assert_int_equal(basins.memories[1], k == 1 ? 0 : 2);
        assert_int_equal(basins.memories[2], 1);
        assert_true(fabs(basins.states[5] - (k == 1 ? 2 : 4)) < 1e-3);
        uhn_basins_free(&basins);
    }
    uhn_memory_destroy(memory);
}

/* Whatever has several outcomes, in one thread or four, at any stride. */
static void test_threads(void **state)
{
    enum { COUNT = 200, STRIDE = SIMPLEX + 2 };
    uhn_memory *memory = simplex();
    float starts[COUNT * SIMPLEX], apart[COUNT * STRIDE] = {0};
    uhn_flow flow = euclidean(5.5);
    uhn_basins one, four;
    (void)state;
    check_ok(uhn_draw_starts(memory, UHN_STARTS_BOX, 3, COUNT, starts));
    for (size_t i = 0; i < COUNT; i++)
        memcpy(apart + i * STRIDE, starts + i * SIMPLEX, SIMPLEX * sizeof *starts);
    flow.threads = 1;
    check_ok(uhn_basins_find(memory, starts, COUNT, 0, &flow, 1e-3, &one));
    flow.threads = 4;
    check_ok(uhn_basins_find(memory, apart, COUNT, STRIDE * sizeof *apart, &flow, 1e-3, &four));
    check_sums(&one);
    assert_true(one.fates[UHN_FATE_MEMORY] > 0 && one.fates[UHN_FATE_DIFFUSE] > 0);
    assert_memory_equal(one.fates, four.fates, sizeof one.fates);
    assert_memory_equal(one.memories, four.memories, SIMPLEX * sizeof *one.memories);
    assert_int_equal(first_difference_double(one.states, four.states, COUNT * SIMPLEX), COUNT * SIMPLEX);
    assert_int_equal(one.fixed_point_count, four.fixed_point_count);
    for (size_t k = 0; k < one.fixed_point_count; k++) {
        assert_int_equal(one.fixed_points[k].starts, four.fixed_points[k].starts);
        assert_int_equal(one.fixed_points[k].stable, four.fixed_points[k].stable);
    }
    uhn_basins_free(&one);
    uhn_basins_free(&four);
    uhn_memory_destroy(memory);
}

static void test_refused(void **state)
{
    uhn_memory *memory = simplex();
    const float start[SIMPLEX] = {0};
    const double input[SIMPLEX] = {0};
    const uint8_t mask[SIMPLEX] = {1};
    uhn_flow flow = euclidean(1);
    uhn_basins basins;
    (void)state;
    check_refused(UHN_ERROR_ARGUMENT, uhn_basins_find(NULL, start, 1, 0, &flow, 1e-3, &basins));
    check_refused(UHN_ERROR_ARGUMENT, uhn_basins_find(memory, NULL, 1, 0, &flow, 1e-3, &basins));
    check_refused(UHN_ERROR_RANGE, uhn_basins_find(memory, start, 1, 0, &flow, 0, &basins));
    flow.clamped = mask;
    check_refused(UHN_ERROR_UNSUPPORTED, uhn_basins_find(memory, start, 1, 0, &flow, 1e-3, &basins));
    flow.clamped = NULL;
    flow.input = input;
    flow.input_stride = sizeof input;
    check_refused(UHN_ERROR_UNSUPPORTED, uhn_basins_find(memory, start, 1, 0, &flow, 1e-3, &basins));
    assert_null(basins.homes);
    flow.input_stride = 0;
    check_ok(uhn_basins_find(memory, NULL, 0, 0, &flow, 1e-3, &basins));
    assert_int_equal(basins.count + basins.fixed_point_count, 0);
    uhn_basins_free(&basins);
    assert_string_equal(uhn_fate_text(UHN_FATE_SPURIOUS), "spurious");
    assert_string_equal(uhn_fate_text(UHN_FATE_COUNT), "unknown");
    uhn_memory_destroy(memory);
}

/* ---- merging */

static void check_transition(const uhn_transition *found, double exact, double tolerance)
{
    if (!(found->low < found->high) || fabs(sqrt(found->low * found->high) / exact - 1) > tolerance)
        fail_msg("between %.9g and %.9g, but %.9g is meant", found->low, found->high, exact);
}

/* Two memories alone: at β|a − b|²/4 = 1 the mixture bifurcates; a few parts in 10⁴ of it are hidden by slowness:
 * 20,000 steps (docs/dynamics-reference.md, section 7). */
static void test_pair(void **state)
{
    const float rows[4] = {3, 4, 5, 0}; /* of equal lengths */
    uhn_memory *memory = memory_of(rows, 2, 2);
    uhn_transition found;
    (void)state;
    uhn_flow flow = euclidean(1);
    check_ok(uhn_merging_beta(memory, 0, 1, &flow, 1e-3, 1e-5, &found));
    assert_true(found.high <= found.low * (1 + 1e-5));
    check_transition(&found, 4 / 20.0, 1e-3);
    flow = flow_of("dot", "quadratic", "log-sum-exp", "adiabatic");
    flow.dt = INFINITY;
    flow.steps = 20000;
    check_ok(uhn_merging_beta(memory, 0, 1, &flow, 1e-3, 1e-5, &found));
    check_transition(&found, 4 / 20.0, 1e-3);
    /* One memory has a share p of the other's 1 − p where β = 2 atanh(m)/(m d²/2), m = 2p − 1; the effective support
     * 2/(1 + m²) is 1.5 at m = 1/√3. */
    flow = euclidean(1);
    uhn_transition both[2];
    check_ok(uhn_attractor_betas(memory, NULL, 2, &flow, 1e-6, both));
    check_transition(&both[0], sqrt(3) * atanh(1 / sqrt(3)) * 4 / 20, 1e-5);
    check_transition(&both[1], sqrt(3) * atanh(1 / sqrt(3)) * 4 / 20, 1e-5);
    uhn_memory_destroy(memory);
}

/* With dot and unequal lengths the shorter memory b loses its attractor first, where m = −s is a double root of
 * m = tanh(β(δ/2 + m d²/4)), δ = (|a|² − |b|²)/2: with K = βd²/4, s = √(1 − 1/K), K s − atanh(s) = 2 K δ/d². */
static void test_unequal_pair(void **state)
{
    const float rows[4] = {5, 0, 3, 3.5F};
    const double squares = 4 + 12.25, delta = (25 - 9 - 12.25) / 2;
    uhn_memory *memory = memory_of(rows, 2, 2);
    uhn_flow flow = flow_of("dot", "quadratic", "log-sum-exp", "adiabatic");
    uhn_transition found;
    double low = 1, high = 100;
    (void)state;
    for (int i = 0; i < 100; i++) {
        const double k = (low + high) / 2, s = sqrt(1 - 1 / k);
        *(k * s - atanh(s) < 2 * k * delta / squares ? &low : &high) = k;
    }
    flow.dt = INFINITY;
    flow.steps = 20000;
    check_ok(uhn_merging_beta(memory, 0, 1, &flow, 1e-3, 1e-7, &found));
    check_transition(&found, 4 * low / squares, 1e-6);
    uhn_memory_destroy(memory);
}

/* Three alone: a share p of one and q of each other needs β = (2/d²) log(p/q)/(p − q), at least 5.49/d². */
static void test_triangle(void **state)
{
    const float rows[9] = {2, 0, 0, 0, 2, 0, 0, 0, 2}; /* d² = 8 */
    uhn_memory *memory = memory_of(rows, 3, 3);
    const uhn_flow flow = euclidean(1);
    uhn_transition found;
    double least = INFINITY;
    (void)state;
    for (double p = 0.35; p < 0.95; p += 1e-4) {
        const double q = (1 - p) / 2;
        least = fmin(least, log(p / q) / (p - q) * 2 / 8);
    }
    check_ok(uhn_merging_beta(memory, 2, 0, &flow, 1e-3, 1e-7, &found));
    check_transition(&found, least, 1e-6);
    uhn_memory_destroy(memory);
}

static void test_no_transition(void **state)
{
    const float rows[6] = {1, 0, 2, 0, 1, 0};
    uhn_memory *memory = memory_of(rows, 3, 2), *alone = memory_of(rows, 1, 2);
    uhn_flow flow = flow_of("dot", "quadratic", "log-sum-exp", "adiabatic");
    uhn_transition found, one = {0, 0};
    const size_t last = 2, none = 3;
    (void)state;
    check_ok(uhn_merging_beta(memory, 0, 1, &flow, 1e-3, 1e-3, &found)); /* half of the other: it is never at rest */
    assert_true(isinf(found.high) && found.low >= 4.0 * (1 << 29));
    flow = euclidean(1);
    check_ok(uhn_merging_beta(memory, 0, 2, &flow, 1e-3, 1e-3, &found)); /* equal */
    assert_true(isinf(found.high) && found.low > 1e8);
    flow.integrator = UHN_INTEGRATOR_EULER;
    flow.enforce_limit = false;
    flow.dt = 100;
    flow.steps = 200;
    check_ok(
        uhn_merging_beta(memory, 0, 1, &flow, 1e-3, 1e-3, &found)); /* below, both leave float64, and rest nowhere */
    assert_true(found.low > 0 && found.high > found.low);
    flow = euclidean(1);
    check_ok(uhn_attractor_betas(memory, &last, 1, &flow, 1e-3, &one)); /* two share it: support 2 */
    assert_true(isinf(one.high));
    check_ok(uhn_attractor_betas(alone, NULL, 1, &flow, 1e-3, &one));
    assert_true(one.low == 0 && one.high < 1e-8);
    check_refused(UHN_ERROR_ARGUMENT, uhn_merging_beta(memory, 0, 3, &flow, 1e-3, 1e-3, &found));
    check_refused(UHN_ERROR_ARGUMENT, uhn_attractor_betas(memory, &none, 1, &flow, 1e-3, &one));
    check_refused(UHN_ERROR_ARGUMENT, uhn_attractor_betas(memory, NULL, 2, &flow, 1e-3, &one));
    check_refused(UHN_ERROR_RANGE, uhn_merging_beta(memory, 0, 1, &flow, 1e-3, 0, &found));
    check_refused(UHN_ERROR_RANGE, uhn_merging_beta(memory, 0, 1, &flow, NAN, 1e-3, &found));
    flow.dt = -1;
    check_refused(UHN_ERROR_RANGE, uhn_attractor_betas(memory, &last, 1, &flow, 1e-3, &one));
    flow = flow_of("sqeuclidean", "quadratic", "max", "adiabatic");
    check_refused(UHN_ERROR_UNSUPPORTED, uhn_merging_beta(memory, 0, 1, &flow, 1e-3, 1e-3, &found));
    uhn_memory_destroy(memory);
    uhn_memory_destroy(alone);
}

/* All at once is each by itself, in any number of threads. */
static void test_all(void **state)
{
    enum { COUNT = 12, DIM = 5 };
    test_random random = {5};
    float *rows = random_signed(&random, COUNT * DIM);
    uhn_memory *memory = memory_of(rows, COUNT, DIM);
    uhn_flow flow = euclidean(1);
    uhn_transition all[COUNT], one;
    (void)state;
    flow.steps = 500;
    flow.threads = 3;
    check_ok(uhn_attractor_betas(memory, NULL, COUNT, &flow, 1e-3, all));
    flow.threads = 1;
    for (size_t m = 0; m < COUNT; m++) {
        check_ok(uhn_attractor_betas(memory, &m, 1, &flow, 1e-3, &one));
        assert_true(one.low == all[m].low && one.high == all[m].high);
        assert_true(one.high <= one.low * (1 + 1e-3));
    }
    uhn_memory_destroy(memory);
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts),   cmocka_unit_test(test_two_memories),
        cmocka_unit_test(test_simplex),  cmocka_unit_test(test_what_an_attractor_is),
        cmocka_unit_test(test_threads),  cmocka_unit_test(test_refused),
        cmocka_unit_test(test_pair),     cmocka_unit_test(test_unequal_pair),
        cmocka_unit_test(test_triangle), cmocka_unit_test(test_no_transition),
        cmocka_unit_test(test_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
