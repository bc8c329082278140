/* SPDX-License-Identifier: MIT
 * Binary networks keep what the theory promises: fields exact, energies that never rise, cycles where they are known
 * to be, stored patterns that come back. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/networks.h"

/* −Σ F(ξ_μ · s), F(x) = x^n or max(x, 0)^n. */
static double energy(const float *rows, size_t count, size_t dim, unsigned order, bool rectified, const float *state)
{
    double sum = 0;

    for (size_t mu = 0; mu < count; mu++) {
        double x = dot(rows + mu * dim, state, dim), power = 1;

        if (rectified && x < 0)
            x = 0;
        for (unsigned k = 0; k < order; k++)
            power *= x;
        sum += power;
    }
    return -sum;
}

/* The field of a network written out: the energy with s_i = −1 less that with s_i = +1, or with the self term kept the
 * same difference around the whole overlap. All whole numbers far below 2^53, so exact. */
static double reference_field(const float *rows, size_t count, size_t dim, const uhn_binary_options *binary,
                              const float *state, size_t i)
{
    double field = 0;

    for (size_t mu = 0; mu < count; mu++) {
        double x = rows[mu * dim + i], h = dot(rows + mu * dim, state, dim) - (binary->self_term ? 0 : x * state[i]);
        double up = h + x, down = h - x, up_power = 1, down_power = 1;

        if (binary->rectified)
            up = fmax(up, 0), down = fmax(down, 0);
        for (unsigned k = 0; k < binary->order; k++)
            up_power *= up, down_power *= down;
        field += up_power - down_power;
    }
    return field;
}

static void reference_sweep(const float *rows, size_t count, size_t dim, const uhn_options *options, float *state)
{
    bool together = options->update == UHN_UPDATE_SYNCHRONOUS;
    float *before = test_allocate(dim, sizeof *before);

    memcpy(before, state, dim * sizeof *state);
    for (size_t i = 0; i < dim; i++) {
        double field = reference_field(rows, count, dim, &options->binary, together ? before : state, i);

        if (field > 0 || field < 0)
            state[i] = field > 0 ? 1 : -1;
    }
    free(before);
}

static void test_flip_rule(void **state)
{
    enum { DIM = 23, COUNT = 9, QUERIES = 6 };
    test_random random = {11};
    float *rows = random_bipolar(&random, COUNT * DIM), *queries = random_bipolar(&random, QUERIES * DIM);
    uhn_memory *memory = borrow(rows, COUNT, DIM, NULL, 0);
    float out[QUERIES * DIM], expected[DIM];

    (void)state;
    for (unsigned order = 2; order <= 6; order++)
        for (unsigned bits = 0; bits < 8; bits++)
            for (size_t steps = 1; steps <= 3; steps++) {
                char preset[96];
                snprintf(preset, sizeof preset, "dam:order=%u,rectified=%u,self=%u,update=%s", order, bits & 1,
                         bits >> 1 & 1, bits >> 2 & 1 ? "sync" : "async");
                uhn_options options = options_of(preset, DIM, steps);

                check_ok(uhn_recall(memory, queries, QUERIES, 0, &options, out, 0, NULL));
                for (size_t q = 0; q < QUERIES; q++) {
                    memcpy(expected, queries + q * DIM, sizeof expected);
                    for (size_t step = 0; step < steps; step++)
                        reference_sweep(rows, COUNT, DIM, &options, expected);
                    if (first_difference_float(out + q * DIM, expected, DIM) != DIM)
                        fail_msg("%s, %zu steps, query %zu", preset, steps, q);
                }
            }
    uhn_memory_destroy(memory);
    free(rows);
    free(queries);
}

/* With energy degree 2 the dense associative memory is the Hopfield network with zero diagonal. */
static void test_degree_two_is_hopfield(void **state)
{
    enum { DIM = 61, COUNT = 12, QUERIES = 20 };
    static const char *const pairs[][2] = {
        {"dam:order=2,update=async", "hopfield:update=async"},
        {"dam:order=2,update=async,shuffle=1", "hopfield:update=async,shuffle=1"},
        {"dam:order=2,update=sync", "hopfield:update=sync,diagonal=zero"},
        {"dam:order=2,update=sync,self=1", "hopfield:update=sync,diagonal=keep"},
    };
    test_random random = {12};
    float *rows = random_bipolar(&random, COUNT * DIM), *queries = random_bipolar(&random, QUERIES * DIM);
    uhn_memory *memory = borrow(rows, COUNT, DIM, NULL, 0);
    float one[QUERIES * DIM], other[QUERIES * DIM];

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        for (size_t steps = 1; steps <= 30; steps += 29) {
            recall(pairs[i][0], memory, queries, QUERIES, steps, one, NULL);
            recall(pairs[i][1], memory, queries, QUERIES, steps, other, NULL);
            assert_int_equal(first_difference_float(one, other, QUERIES * DIM), QUERIES * DIM);
        }
    uhn_memory_destroy(memory);
    free(rows);
    free(queries);
}

/* W = [[0, 1], [1, 0]] and s = (1, −1): all at once they swap for ever; with the diagonal, or one by one, they rest. */
static void test_smallest_two_cycle(void **state)
{
    const float rows[2] = {1, 1}, query[2] = {1, -1};
    uhn_memory *memory = borrow(rows, 1, 2, NULL, 0);
    float out[2];
    uhn_report report;

    (void)state;
    recall("hopfield:update=sync,diagonal=zero", memory, query, 1, 100, out, &report);
    assert_int_equal(report.outcome, UHN_OUTCOME_CYCLE);
    assert_int_equal(report.period, 2);
    recall("hopfield:update=sync,diagonal=zero", memory, query, 1, 1, out, &report);
    assert_int_equal(report.outcome, UHN_OUTCOME_SINGLE);
    assert_true(same_float(out[0], -1) && same_float(out[1], 1));
    recall("hopfield", memory, query, 1, 100, out, &report);
    assert_int_equal(report.outcome, UHN_OUTCOME_FIXED_POINT);
    assert_true(same_float(out[0], 1) && same_float(out[1], -1)); /* both fields are 0: the state is kept */
    recall("hopfield:update=async", memory, query, 1, 100, out, &report);
    assert_int_equal(report.outcome, UHN_OUTCOME_FIXED_POINT);
    assert_true(same_float(out[0], -1) && same_float(out[1], -1));
    uhn_memory_destroy(memory);
}

/* Watches the energy of each query. */
typedef struct energy_watch {
    const float *rows;
    size_t count;
    unsigned order;
    bool rectified;
    double *last; /* of each query */
    size_t steps, rises;
} energy_watch;

static bool watch_energy(void *context, size_t query, size_t step, const float *state, size_t dim)
{
    energy_watch *watch = context;
    double now = energy(watch->rows, watch->count, dim, watch->order, watch->rectified, state);

    (void)step;
    watch->steps++;
    watch->rises += now > watch->last[query];
    watch->last[query] = now;
    return true;
}

/* Runs `preset` on random systems near and beyond capacity; counts rises of the energy and recalls by outcome. */
static size_t count_rises(const char *preset, size_t systems, size_t outcomes[UHN_OUTCOME_COUNT])
{
    enum { QUERIES = 4, STEPS = 200 };
    test_random random = {2024};
    size_t rises = 0;

    memset(outcomes, 0, UHN_OUTCOME_COUNT * sizeof *outcomes);
    for (size_t system = 0; system < systems; system++) {
        size_t dim = 5 + random_below(&random, 30), count = 1 + random_below(&random, dim / 2 + 2);
        float *rows = random_bipolar(&random, count * dim), *queries = random_bipolar(&random, QUERIES * dim);
        float *out = test_allocate(QUERIES * dim, sizeof *out);
        uhn_memory *memory = borrow(rows, count, dim, NULL, 0);
        uhn_options options = options_of(preset, dim, STEPS);
        uhn_report reports[QUERIES];
        double last[QUERIES];
        energy_watch watch = {
            .rows = rows,
            .count = count,
            .order = options.update == UHN_UPDATE_RECALL ? 2 : options.binary.order,
            .rectified = options.update != UHN_UPDATE_RECALL && options.binary.rectified,
            .last = last,
        };

        for (size_t q = 0; q < QUERIES; q++)
            last[q] = energy(rows, count, dim, watch.order, watch.rectified, queries + q * dim);
        options.watch = watch_energy;
        options.watch_context = &watch;
        check_ok(uhn_recall(memory, queries, QUERIES, 0, &options, out, 0, reports));
        assert_true(watch.steps >= QUERIES);
        rises += watch.rises;
        for (size_t q = 0; q < QUERIES; q++)
            outcomes[reports[q].outcome]++;
        uhn_memory_destroy(memory);
        free(out);
        free(queries);
        free(rows);
    }
    return rises;
}

static void test_energy_never_rises(void **state)
{
    static const char *const presets[] = {
        "hopfield", /* synchronous with the diagonal kept: W has no negative eigenvalue */
        "hopfield:update=async",
        "hopfield:update=async,shuffle=1",
        "dam:order=3",
        "dam:order=4,rectified=1",
        "dam:order=3,rectified=1,shuffle=1",
    };
    size_t outcomes[UHN_OUTCOME_COUNT];

    (void)state;
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        assert_int_equal(count_rises(presets[i], 100, outcomes), 0);
        assert_int_equal(outcomes[UHN_OUTCOME_FIXED_POINT], 400);
    }
}

/* Without the diagonal the same network cycles, with period 2 and no other. */
static void test_zero_diagonal_cycles(void **state)
{
    size_t outcomes[UHN_OUTCOME_COUNT];

    (void)state;
    assert_true(count_rises("hopfield:update=sync,diagonal=zero", 100, outcomes) > 0);
    assert_true(outcomes[UHN_OUTCOME_CYCLE] > 20);
    assert_int_equal(outcomes[UHN_OUTCOME_CYCLE] + outcomes[UHN_OUTCOME_FIXED_POINT], 400);
}

/* N/D = .05: stored patterns stay, and a fifth of flipped bits is repaired. */
static void test_capacity(void **state)
{
    enum { DIM = 400, COUNT = 20 };
    static const char *const presets[] = {"hopfield", "hopfield:update=async",   "hopfield:update=async,shuffle=1",
                                          "dam",      "dam:order=4,rectified=1", "exponential-dam:beta=1"};
    test_random random = {31};
    float *rows = random_bipolar(&random, COUNT * DIM), *queries = test_allocate(COUNT * DIM, sizeof *queries);
    float *out = test_allocate(COUNT * DIM, sizeof *out);
    uhn_memory *memory = borrow(rows, COUNT, DIM, NULL, 0);
    uhn_report reports[COUNT];

    (void)state;
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        for (int noisy = 0; noisy < 2; noisy++) {
            double overlap = 0;

            memcpy(queries, rows, COUNT * DIM * sizeof *rows);
            if (noisy)
                flip_share(&random, queries, COUNT * DIM, 0.2);
            recall(presets[i], memory, queries, COUNT, 50, out, reports);
            for (size_t q = 0; q < COUNT; q++) {
                overlap += dot(rows + q * DIM, out + q * DIM, DIM) / DIM / COUNT;
                assert_int_equal(reports[q].best, q);
                assert_int_equal(reports[q].outcome, UHN_OUTCOME_FIXED_POINT);
            }
            if (overlap < 0.99)
                fail_msg("%s: mean overlap %g", presets[i], overlap);
        }
    uhn_memory_destroy(memory);
    free(out);
    free(queries);
    free(rows);
}

/* The report of a binary network: the overlaps with the final state. */
static void test_binary_report(void **state)
{
    enum { DIM = 50, COUNT = 7 };
    test_random random = {32};
    float *rows = random_bipolar(&random, COUNT * DIM), *query = random_bipolar(&random, DIM), out[DIM];
    uhn_memory *memory = borrow(rows, COUNT, DIM, NULL, 0), *single = borrow(rows, 1, DIM, NULL, 0);
    double best = -INFINITY, second = -INFINITY;
    uhn_report report;

    (void)state;
    recall("hopfield:update=async", memory, query, 1, 40, out, &report);
    for (size_t mu = 0; mu < COUNT; mu++) {
        double overlap = dot(rows + mu * DIM, out, DIM);

        second = fmax(second, fmin(best, overlap));
        best = fmax(best, overlap);
    }
    assert_true(same_double(report.best_score, best));
    assert_true(same_double(report.margin, best - second));
    assert_true(same_double(dot(rows + report.best * DIM, out, DIM), best));
    recall("hopfield:update=async", single, query, 1, 40, out, &report);
    assert_int_equal(report.best, 0);
    assert_true(same_double(report.margin, INFINITY));
    uhn_memory_destroy(memory);
    uhn_memory_destroy(single);
    free(rows);
    free(query);
}

/* Fields of the first step come from the query as it is; where they are 0 its sign is kept, and 0 stays undecided. */
static void test_first_step_takes_the_query(void **state)
{
    const float rows[4] = {1, 1, 1, -1}, query[4] = {0.25F, -0.75F, 0, 0};
    uhn_memory *memory = borrow(rows, 1, 4, NULL, 0), *nothing = borrow((const float[4]){0}, 1, 4, NULL, 0);
    float out[4];

    (void)state;
    recall("hopfield:update=sync,diagonal=zero", memory, query, 1, 1, out, NULL);
    /* overlap −0.5; fields −0.75, 0.25, −0.5, +0.5 */
    assert_int_equal(first_difference_float(out, (const float[]){-1, 1, -1, 1}, 4), 4);
    recall("hopfield:update=async", nothing, query, 1, 10, out, NULL);
    assert_int_equal(first_difference_float(out, (const float[]){1, -1, 0, 0}, 4), 4);
    recall("dam:order=3,update=sync", nothing, query, 1, 10, out, NULL);
    assert_int_equal(first_difference_float(out, (const float[]){1, -1, 0, 0}, 4), 4);
    uhn_memory_destroy(memory);
    uhn_memory_destroy(nothing);
}

/* F is homogeneous: a common factor of the memories changes nothing, and high degrees do not overflow. */
static void test_scale(void **state)
{
    enum { DIM = 40, COUNT = 6, QUERIES = 5 };
    static const char *const presets[] = {"dam:order=3", "dam:order=100,rectified=1", "dam:order=512",
                                          "hopfield:update=async"};
    test_random random = {33};
    float *rows = random_signed(&random, COUNT * DIM), *queries = random_bipolar(&random, QUERIES * DIM);
    float scaled[COUNT * DIM], one[QUERIES * DIM], other[QUERIES * DIM];

    (void)state;
    for (int exponent = -80; exponent <= 80; exponent += 160)
        for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
            uhn_memory *plain = borrow(rows, COUNT, DIM, NULL, 0), *large = NULL;
            uhn_report reports[QUERIES];

            for (size_t k = 0; k < COUNT * DIM; k++)
                scaled[k] = ldexpf(rows[k], exponent);
            large = borrow(scaled, COUNT, DIM, NULL, 0);
            recall(presets[i], plain, queries, QUERIES, 20, one, NULL);
            recall(presets[i], large, queries, QUERIES, 20, other, reports);
            assert_int_equal(first_difference_float(one, other, QUERIES * DIM), QUERIES * DIM);
            for (size_t q = 0; q < QUERIES; q++)
                assert_int_equal(reports[q].outcome, UHN_OUTCOME_FIXED_POINT);
            uhn_memory_destroy(plain);
            uhn_memory_destroy(large);
        }
    free(rows);
    free(queries);
}

/* The order of the neurons matters beyond capacity: shuffled sweeps end elsewhere, and another seed elsewhere again. */
static void test_shuffle(void **state)
{
    enum { DIM = 100, COUNT = 60, QUERIES = 20 };
    test_random random = {34};
    float *rows = random_bipolar(&random, COUNT * DIM), *queries = random_bipolar(&random, QUERIES * DIM);
    float ordered[QUERIES * DIM], first[QUERIES * DIM], again[QUERIES * DIM], second[QUERIES * DIM];
    uhn_memory *memory = borrow(rows, COUNT, DIM, NULL, 0);
    uhn_options options = options_of("hopfield:update=async,shuffle=1", DIM, 50);

    (void)state;
    recall("hopfield:update=async", memory, queries, QUERIES, 50, ordered, NULL);
    check_ok(uhn_recall(memory, queries, QUERIES, 0, &options, first, 0, NULL));
    check_ok(uhn_recall(memory, queries, QUERIES, 0, &options, again, 0, NULL));
    options.seed = 2;
    check_ok(uhn_recall(memory, queries, QUERIES, 0, &options, second, 0, NULL));
    assert_int_equal(first_difference_float(first, again, QUERIES * DIM), QUERIES * DIM);
    assert_true(first_difference_float(first, ordered, QUERIES * DIM) < QUERIES * DIM);
    assert_true(first_difference_float(first, second, QUERIES * DIM) < QUERIES * DIM);
    uhn_memory_destroy(memory);
    free(rows);
    free(queries);
}

/* Storage that cannot hold a −1, and patterns without one, are refused: every neuron would become 1. */
static void test_storage(void **state)
{
    const uint8_t bits[2] = {0x50, 0xa0}, bytes[2][4] = {{0, 255, 0, 255}, {255, 0, 255, 0}};
    const float zero_one[4] = {0, 1, 0, 1}, all_one[4] = {1, 1, 1, 1}, query[4] = {1, 1, -1, 1};
    float out[4];
    uhn_options options = options_of("dam", 4, 1);
    uhn_memory *memory = NULL;

    (void)state;
    check_ok(uhn_memory_borrow(UHN_BITS, bits, 2, 4, 0, NULL, 0, 0, &memory));
    check_refused(UHN_ERROR_DOMAIN, uhn_recall(memory, query, 1, 0, &options, out, 0, NULL));
    uhn_memory_destroy(memory);
    check_ok(uhn_memory_borrow(UHN_UINT8, bytes, 2, 4, 0, NULL, 0, 0, &memory));
    check_refused(UHN_ERROR_DOMAIN, uhn_recall(memory, query, 1, 0, &options, out, 0, NULL));
    uhn_memory_destroy(memory);
    memory = borrow(zero_one, 1, 4, NULL, 0);
    options = options_of("hopfield", 4, 1);
    check_refused(UHN_ERROR_DOMAIN, uhn_recall(memory, query, 1, 0, &options, out, 0, NULL));
    uhn_memory_destroy(memory);
    memory = borrow(all_one, 1, 4, NULL, 0);
    check_ok(uhn_recall(memory, query, 1, 0, &options, out, 0, NULL));
    assert_int_equal(first_difference_float(out, all_one, 4), 4);
    uhn_memory_destroy(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flip_rule),
        cmocka_unit_test(test_degree_two_is_hopfield),
        cmocka_unit_test(test_smallest_two_cycle),
        cmocka_unit_test(test_energy_never_rises),
        cmocka_unit_test(test_zero_diagonal_cycles),
        cmocka_unit_test(test_capacity),
        cmocka_unit_test(test_binary_report),
        cmocka_unit_test(test_first_step_takes_the_query),
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_shuffle),
        cmocka_unit_test(test_storage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
