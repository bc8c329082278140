/* SPDX-License-Identifier: MIT
 * All 1,326 golden cases through the public API: the recall as a whole and its three steps one by one. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/golden_group.h"

enum { STEPS = 5 };

/* Scores of a float32 implementation: the error that the manifest's tol32 was made for. */
static const double score_tolerance = 2e-6;

/* Step 2 is done in float64 on given scores, so only the rounding of exponentials, powers and sums remains: a few
 * thousand roundings at most. */
static const double weight_tolerance = 1e-11;

static size_t cases_run;

/* The answer of one query: its status, and z within `tolerance` or NaN. */
static size_t check_answer(const golden_group_data *group, const cJSON *one, size_t query, const float *out,
                           const uhn_report *report, const double *z, double tolerance)
{
    uhn_query_status should = golden_status(one, query);
    double *is = test_allocate(group->value_dim, sizeof *is);
    bool good;

    widen(out, is, group->value_dim);
    good = status_is(group, one, query, report->status, should) &&
           (golden_answered(should) ? row_near(group, one, query, "z", is, z, group->value_dim, tolerance)
                                    : row_is_nan(group, one, query, "z", is, group->value_dim));
    free(is);
    return good ? 0 : 1;
}

/* The best memory and the margin must follow the reference's scores wherever the margin is above the error of two
 * scores; scores of bits are whole numbers and leave no doubt at all. */
static size_t check_best(const golden_group_data *group, const cJSON *one, size_t query, const uhn_report *report,
                         const double *scores)
{
    double error = strcmp(group->name, "bits") == 0 ? 0 : score_tolerance * largest(scores, group->rows_count);
    size_t best = 0;
    double second = -INFINITY;

    for (size_t i = 1; i < group->rows_count; i++)
        if (scores[i] > scores[best])
            best = i;
    for (size_t i = 0; i < group->rows_count; i++)
        if (i != best && scores[i] > second)
            second = scores[i];
    if ((scores[best] - second > 2 * error || error <= 0) && report->best != best) {
        golden_complain(group->name, one, query, "best", (double)report->best, (double)best, 0);
        return 1;
    }
    return row_near(group, one, query, "best score", &report->best_score, &scores[best], 1, error) &&
                   row_near(group, one, query, "margin", &report->margin, &(double){scores[best] - second}, 1,
                            2 * error)
               ? 0
               : 1;
}

static size_t check_recall(const golden_group_data *group, const cJSON *one, const uhn_options *options, size_t index,
                           size_t similarity)
{
    size_t n = group->rows_count, o = group->value_dim, failures = 0;
    float *out = test_allocate(group->query_count * o, sizeof *out);
    uhn_report *reports = test_allocate(group->query_count, sizeof *reports);

    check_ok(uhn_recall(group->memory, group->queries, group->query_count, 0, options, out, 0, reports));
    for (size_t q = 0; q < group->query_count; q++) {
        failures +=
            check_answer(group, one, q, out + q * o, &reports[q],
                         group->z.values + (index * group->query_count + q) * o, golden_number(one, "tol32", 0));
        failures +=
            check_best(group, one, q, &reports[q], group->scores.values + (similarity * group->query_count + q) * n);
    }
    free(reports);
    free(out);
    return failures;
}

static size_t check_scores(const golden_group_data *group, const cJSON *one, const uhn_options *options,
                           const double *should)
{
    size_t n = group->rows_count, failures = 0;
    double *scores = test_allocate(group->query_count * n, sizeof *scores);
    uhn_query_status *statuses = test_allocate(group->query_count, sizeof *statuses);

    check_ok(uhn_scores(group->memory, group->queries, group->query_count, 0, options, scores, statuses));
    for (size_t q = 0; q < group->query_count; q++) {
        double tolerance = score_tolerance * largest(should + q * n, n);

        failures += status_is(group, one, q, statuses[q], UHN_QUERY_OK) &&
                            row_near(group, one, q, "score", scores + q * n, should + q * n, n, tolerance)
                        ? 0
                        : 1;
    }
    free(statuses);
    free(scores);
    return failures;
}

/* Steps 2 and 3 from the reference's scores and weights. */
static size_t check_steps(const golden_group_data *group, const cJSON *one, const uhn_options *options,
                          const double *scores, const double *should, const double *z)
{
    size_t n = group->rows_count, o = group->value_dim, failures = 0;
    double *weights = test_allocate(group->query_count * n, sizeof *weights);
    double *is = test_allocate(o, sizeof *is);
    float *out = test_allocate(o, sizeof *out);
    uhn_query_status *statuses = test_allocate(group->query_count, sizeof *statuses);

    check_ok(uhn_weights(group->memory, scores, group->query_count, options, weights, statuses));
    for (size_t q = 0; q < group->query_count; q++) {
        uhn_query_status status = golden_status(one, q);
        double scale = largest(should + q * n, n);

        failures += status_is(group, one, q, statuses[q], status) ? 0 : 1;
        if (!golden_answered(status)) {
            failures += row_is_nan(group, one, q, "weight", weights + q * n, n) ? 0 : 1;
            continue;
        }
        failures +=
            row_near(group, one, q, "weight", weights + q * n, should + q * n, n, weight_tolerance * scale) ? 0 : 1;
        check_ok(uhn_project(group->memory, should + q * n, 1, options, out, 0));
        widen(out, is, o);
        failures += row_near(group, one, q, "projection", is, z + q * o, o,
                             0x1p-23 * (double)n * scale * largest(group->p.values, group->p.count))
                        ? 0
                        : 1;
    }
    free(statuses);
    free(out);
    free(is);
    free(weights);
    return failures;
}

static void check_group(const char *name)
{
    golden_group_data group;
    size_t failures = 0, index = 0;
    const cJSON *one;

    if (!group_open(&group, name, name, true))
        skip();
    cJSON_ArrayForEach(one, golden_cases(&group.golden, name))
    {
        size_t similarity = (size_t)golden_number(one, "simidx", -1), n = group.rows_count, q = group.query_count;
        const double *scores = group.scores.values + similarity * q * n;
        uhn_options options;

        assert_int_equal((size_t)golden_number(one, "id", -1), index);
        golden_options(one, &options);
        failures += check_recall(&group, one, &options, index, similarity);
        failures += check_scores(&group, one, &options, scores);
        failures += check_steps(&group, one, &options, scores, group.weights.values + index * q * n,
                                group.z.values + index * q * group.value_dim);
        index++;
    }
    print_message("group %s: %zu cases, %zu disagreements\n", name, index, failures);
    cases_run += index;
    group_close(&group);
    assert_int_equal(failures, 0);
}

static void test_pos(void **state)
{
    (void)state;
    check_group("pos");
}

static void test_signed(void **state)
{
    (void)state;
    check_group("signed");
}

static void test_bits(void **state)
{
    (void)state;
    check_group("bits");
}

/* The edge group states no tolerance: this is the most that z can move when every score moves by `delta`. Softmax:
 * weights by a factor exp(±2β·delta). Sparsemax: the projection on the simplex does not expand, per weight 2β·delta at
 * most. Identity divided by its sum: each weight by delta/sum, and the sum itself by N·delta. Selections do not move:
 * rows that are equal have equal scores, and the others are apart. */
static double edge_tolerance(const golden_group_data *group, const cJSON *one, const double *scores)
{
    size_t n = group->rows_count;
    const char *separation = golden_string(one, "sep");
    double scale = largest(group->p.values, group->p.count), delta = score_tolerance * largest(scores, n), sum = 0;
    double beta = golden_number(cJSON_GetObjectItemCaseSensitive(one, "seppar"), "beta", 0);

    for (size_t i = 0; i < n; i++)
        sum += scores[i];
    if (strcmp(separation, "softmax") == 0)
        return scale * (2 * beta * delta + score_tolerance);
    if (strcmp(separation, "sparsemax") == 0)
        return scale * (2 * beta * delta * (double)n + score_tolerance);
    if (strcmp(separation, "identity") == 0 && sum > 0)
        return scale * (2 * (double)n * delta / sum + score_tolerance);
    return scale * score_tolerance * golden_number(cJSON_GetObjectItemCaseSensitive(one, "seppar"), "k", 1);
}

static void test_edge(void **state)
{
    golden_group_data group;
    size_t failures = 0, index = 0;
    const cJSON *one;

    (void)state;
    if (!group_open(&group, "edge", "pos", false))
        skip();
    cJSON_ArrayForEach(one, golden_cases(&group.golden, "edge"))
    {
        size_t count = group.query_count, o = group.value_dim;
        float *out = test_allocate(count * o, sizeof *out);
        double *scores = test_allocate(count * group.rows_count, sizeof *scores);
        uhn_report *reports = test_allocate(count, sizeof *reports);
        uhn_options options;

        golden_options(one, &options);
        check_ok(uhn_recall(group.memory, group.queries, count, 0, &options, out, 0, reports));
        check_ok(uhn_scores(group.memory, group.queries, count, 0, &options, scores, NULL));
        for (size_t q = 0; q < count; q++)
            failures += check_answer(&group, one, q, out + q * o, &reports[q], group.z.values + (index * count + q) * o,
                                     edge_tolerance(&group, one, scores + q * group.rows_count));
        /* Query 0 is an exact copy of rows 4 and 9; the lower index wins where likeness is what counts. */
        if (strcmp(golden_string(one, "sim"), "dot") != 0 && golden_answered(reports[0].status) &&
            strcmp(golden_string(one, "sim"), "ndot") != 0 && reports[0].best != 4) {
            golden_complain("edge", one, 0, "best", (double)reports[0].best, 4, 0);
            failures++;
        }
        free(reports);
        free(scores);
        free(out);
        index++;
    }
    print_message("group edge: %zu cases, %zu disagreements\n", index, failures);
    cases_run += index;
    group_close(&group);
    assert_int_equal(failures, 0);
}

/* The paper's own semantics are plain IEEE arithmetic, so NaN and infinity must stand exactly where they do in the
 * reference. Finite values: scores of a float32 pass are good to 2e-6, its powers go up to 10 and the temperature
 * multiplies them, so 10 · 2e-6 relative to the largest answer of the query; cosine, KL and their like are no worse,
 * because that mode computes them in float64. */
static const double paper_tolerance = 2e-5;

static size_t check_paper_answer(const cJSON *one, size_t query, const float *out, const double *should, size_t count)
{
    double scale = 0;

    for (size_t i = 0; i < count; i++)
        if (isfinite(should[i]) && fabs(should[i]) > scale)
            scale = fabs(should[i]);
    for (size_t i = 0; i < count; i++) {
        double is = (double)out[i];
        bool beyond = fabs(should[i]) > (double)FLT_MAX; /* a finite value that float32 cannot hold is infinite */
        bool same = isfinite(should[i]) && !beyond ? fabs(is - should[i]) <= paper_tolerance * scale
                    : isnan(should[i])             ? isnan(is)
                                                   : isinf(is) && signbit(is) == signbit(should[i]);

        if (!same) {
            golden_complain("paper", one, query, "z", is, should[i], paper_tolerance * scale);
            return 1;
        }
    }
    return 0;
}

static size_t check_paper(const golden_group_data *group, uhn_memory *const memories[2])
{
    const cJSON *one;
    size_t index = 0, failures = 0, shown = group->z.shape[2];

    cJSON_ArrayForEach(one, golden_cases(&group->golden, "paper"))
    {
        float *out = test_allocate(group->query_count * group->dim, sizeof *out);
        bool zeroed = strcmp(golden_string(one, "memory"), "M_pos") != 0;
        uhn_options options;

        golden_options(one, &options);
        check_ok(uhn_recall(memories[zeroed], group->queries, group->query_count, 0, &options, out, 0, NULL));
        for (size_t q = 0; q < group->query_count; q++)
            failures += check_paper_answer(one, q, out + q * group->dim,
                                           group->z.values + (index * group->query_count + q) * shown, shown);
        free(out);
        index++;
    }
    print_message("group paper: %zu cases, %zu disagreements\n", index, failures);
    cases_run += index;
    return failures;
}

static void test_paper(void **state)
{
    golden_group_data group;
    uhn_memory *memories[2];
    float *zeroed;
    size_t failures;

    (void)state;
    if (!group_open(&group, "paper", NULL, false))
        skip();
    zeroed = npy_floats(&group.m);
    memset(zeroed + 3 * group.dim, 0, group.dim * sizeof *zeroed);
    memories[0] = group.memory;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, zeroed, group.rows_count, group.dim, 0, NULL, 0, 0, &memories[1]));
    failures = check_paper(&group, memories);
    uhn_memory_destroy(memories[1]);
    free(zeroed);
    group_close(&group);
    assert_int_equal(failures, 0);
}

typedef struct state_log {
    float *values; /* [query, step 0 … STEPS, dim] */
    size_t called;
} state_log;

static bool keep_state(void *context, size_t query, size_t step, const float *state, size_t dim)
{
    state_log *states = context;

    assert_in_range(step, 1, STEPS);
    memcpy(states->values + (query * (STEPS + 1) + step) * dim, state, dim * sizeof *state);
    states->called++;
    return true;
}

/* Every state is rounded to float32 and then goes through the next step, which may stretch it: no more than tenfold
 * in all on these data. */
static const double iterate_tolerance = 1e-5;

static size_t check_iterated(const golden_group_data *group, const cJSON *one, const double *should)
{
    size_t count = 3, dim = group->dim, failures = 0;
    state_log states = {test_allocate(count * (STEPS + 1) * dim, sizeof(float)), 0};
    float *out = test_allocate(count * dim, sizeof *out);
    double *is = test_allocate(dim, sizeof *is);
    uhn_report reports[3];
    uhn_options options;

    golden_options(one, &options);
    options.steps = STEPS;
    options.watch = keep_state;
    options.watch_context = &states;
    check_ok(uhn_recall(group->memory, group->queries, count, 0, &options, out, 0, reports));
    assert_int_equal(states.called, reports[0].steps + reports[1].steps + reports[2].steps);
    for (size_t i = 0; i < count * STEPS; i++) {
        size_t query = i / STEPS, step = i % STEPS + 1, at = (query * (STEPS + 1) + step) * dim;

        if (step > reports[query].steps) /* a fixed point of float32: the recall is over and the state stays */
            memcpy(states.values + at, states.values + at - dim, dim * sizeof *states.values);
        widen(states.values + at, is, dim);
        failures +=
            row_near(group, one, query, "state", is, should + at, dim, iterate_tolerance * largest(should + at, dim))
                ? 0
                : 1;
        if (step == STEPS)
            assert_memory_equal(out + query * dim, states.values + at, dim * sizeof *out);
    }
    free(is);
    free(out);
    free(states.values);
    return failures;
}

static void test_iterate(void **state)
{
    golden_group_data group;
    size_t failures = 0, index = 0;
    const cJSON *one;
    golden_set golden;
    npy z;

    (void)state;
    if (!golden_open(&golden))
        skip();
    z = golden_array(&golden, "z_iter");
    cJSON_ArrayForEach(one, golden_cases(&golden, "iterate"))
    {
        assert_true(group_open(&group, golden_string(one, "data"), NULL, false));
        failures += check_iterated(&group, one, z.values + index++ * z.shape[1] * z.shape[2] * z.shape[3]);
        group_close(&group);
    }
    print_message("group iterate: %zu cases, %zu disagreements\n", index, failures);
    cases_run += index;
    npy_free(&z);
    golden_close(&golden);
    assert_int_equal(failures, 0);
}

static void test_every_case_ran(void **state)
{
    golden_set golden;

    (void)state;
    if (!golden_open(&golden))
        skip();
    golden_close(&golden);
    print_message("golden cases run: %zu of %d\n", cases_run, GOLDEN_CASES);
    assert_int_equal(cases_run, GOLDEN_CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pos),
        cmocka_unit_test(test_signed),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_edge),
        cmocka_unit_test(test_paper),
        cmocka_unit_test(test_iterate),
        cmocka_unit_test(test_every_case_ran),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
