/* SPDX-License-Identifier: MIT
 * Energies of iterated recalls: reference values, that each of the table's energies falls, "none" for the rest, and the
 * slopes of the similarities. */
#include "support/catalogue.h"
#include "support/flows.h"
#include "support/golden_group.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 6 };

/* ---- reference vectors */

/* From the queries on: their energies are the reference's but for the rounding of states to float32. */
static void test_golden_energies(void **state)
{
    golden_set golden;
    golden_group_data group;
    const cJSON *one;
    size_t index = 0;
    (void)state;
    if (!golden_open(&golden))
        skip();
    npy should = golden_array(&golden, "E_iter"); /* [case][query][state], the query's first */
    const size_t known = should.shape[2];
    assert_in_range(known, STEPS, STEPS + 1);
    cJSON_ArrayForEach(one, golden_cases(&golden, "iterate"))
    {
        uhn_options options;
        double energies[3 * (STEPS + 1)];
        assert_true(group_open(&group, golden_string(one, "data"), NULL, false));
        float *out = test_allocate(3 * group.dim, sizeof *out);
        golden_options(one, &options);
        options.steps = STEPS;
        assert_non_null(uhn_energy_formula(group.memory, &options));
        check_ok(uhn_recall_energies(group.memory, group.queries, 3, 0, &options, out, 0, NULL, energies));
        for (size_t i = 0; i < 3 * (STEPS + 1); i++) {
            const size_t at = (index * 3 + i / (STEPS + 1)) * known + i % (STEPS + 1);
            if (isnan(energies[i])) /* at rest */
                energies[i] = energies[i - 1];
            if (i % (STEPS + 1) < known &&
                !(fabs(energies[i] - should.values[at]) <= 1e-5 * (1 + fabs(should.values[at]))))
                fail_msg("case %zu, energy %zu: %.9g, not %.9g", index, i, energies[i], should.values[at]);
        }
        free(out);
        group_close(&group);
        index++;
    }
    print_message("group iterate: %zu cases with their energies\n", index);
    assert_int_equal(index, 4);
    npy_free(&should);
    golden_close(&golden);
}

/* ---- energies fall */

enum { DIM = 7, COUNT = 9, QUERIES = 40 };

static const struct {
    const char *similarity, *separation;
    uhn_normalise normalise;
    bool positive;
} pairs[] = {
    {"dot", "softmax:beta=2", UHN_NORMALISE_NONE, false},
    {"dot", "sparsemax:beta=0.7", UHN_NORMALISE_NONE, false},
    {"dot", "entmax:alpha=1.5,beta=1", UHN_NORMALISE_NONE, false},
    {"dot", "max", UHN_NORMALISE_NONE, false},
    {"dot", "top-k-softmax:k=3,beta=1", UHN_NORMALISE_NONE, false},
    {"dot", "k-winners:k=2", UHN_NORMALISE_NONE, false},
    {"dot", "threshold:theta=1", UHN_NORMALISE_NONE, false},
    {"dot", "identity", UHN_NORMALISE_NONE, false},
    {"dot", "rectified-polynomial:order=1.5", UHN_NORMALISE_NONE, false},
    {"dot", "identity", UHN_NORMALISE_SUM, false},
    {"dot", "rectified-polynomial:order=2", UHN_NORMALISE_SUM, false},
    {"dot", "polynomial:order=2.5", UHN_NORMALISE_SUM, true},
    {"dot", "sqrt", UHN_NORMALISE_SUM, true},
    {"sqeuclidean", "softmax:beta=0.4", UHN_NORMALISE_NONE, false},
    {"sqeuclidean", "sparsemax:beta=0.2", UHN_NORMALISE_NONE, false},
    {"sqeuclidean", "entmax:alpha=1.5,beta=0.3", UHN_NORMALISE_SUM, false},
    {"sqeuclidean", "max", UHN_NORMALISE_NONE, false},
    {"sqeuclidean", "top-k-softmax:k=4,beta=0.3", UHN_NORMALISE_NONE, false},
    {"sqeuclidean", "k-winners:k=3", UHN_NORMALISE_SUM, false},
    {"sqeuclidean", "log-sum-relu:beta=0.05", UHN_NORMALISE_SUM, false},
    {"sqeuclidean", "epanechnikov:beta=0.05", UHN_NORMALISE_NONE, false},
    {"inverse-sqeuclidean:epsilon=0.01", "identity", UHN_NORMALISE_SUM, false},
    {"inverse-sqeuclidean:epsilon=0.01", "sqrt", UHN_NORMALISE_SUM, false},
    {"inverse-sqeuclidean:epsilon=0.01", "polynomial:order=2", UHN_NORMALISE_SUM, false},
    {"cosine", "softmax:beta=3", UHN_NORMALISE_NONE, false},
    {"correlation", "softmax:beta=3", UHN_NORMALISE_NONE, false},
    {"kl", "softmax:beta=6", UHN_NORMALISE_NONE, true},
};

static uhn_options options_for(const char *similarity, const char *separation, uhn_normalise normalise)
{
    uhn_options options;
    uhn_options_default(&options);
    check_ok(uhn_choose_similarity(&options, similarity));
    check_ok(uhn_choose_separation(&options, separation));
    options.normalise_weights = normalise;
    return options;
}

/* States are float32: that moves an energy by its slope times 2^-24 of the state. */
static size_t check_falling(size_t pair, uint64_t seed, double *fallen)
{
    test_random random = {seed};
    uhn_options options = options_for(pairs[pair].similarity, pairs[pair].separation, pairs[pair].normalise);
    float *rows = (pairs[pair].positive ? random_positive : random_signed)(&random, COUNT * DIM);
    float *queries = (pairs[pair].positive ? random_positive : random_signed)(&random, QUERIES * DIM);
    double *energies = test_allocate(QUERIES * (STEPS + 1), sizeof *energies);
    float out[QUERIES * DIM];
    size_t compared = 0;
    uhn_memory *memory = memory_of(rows, COUNT, DIM);
    options.steps = STEPS;
    check_ok(uhn_recall_energies(memory, queries, QUERIES, 0, &options, out, 0, NULL, energies));
    for (size_t i = 0; i < QUERIES * (STEPS + 1); i++) {
        if (i % (STEPS + 1) == 0 || isnan(energies[i]) || isnan(energies[i - 1]))
            continue;
        if (!(energies[i] <= energies[i - 1] + 2e-5 * (1 + fabs(energies[i - 1]))))
            fail_msg("%s, %s: from %.12g to %.12g", pairs[pair].similarity, pairs[pair].separation, energies[i - 1],
                     energies[i]);
        *fallen += energies[i - 1] - energies[i];
        compared++;
    }
    uhn_memory_destroy(memory);
    free(rows);
    free(queries);
    free(energies);
    return compared;
}

static void test_energies_fall(void **state)
{
    (void)state;
    for (size_t pair = 0; pair < sizeof pairs / sizeof *pairs; pair++) {
        double fallen = 0;
        size_t compared = 0;
        for (uint64_t seed = 60; seed < 65; seed++)
            compared += check_falling(pair, seed, &fallen);
        if (!(compared > 100 && fallen > 0.1))
            fail_msg("%s, %s: %zu steps, fallen by %g", pairs[pair].similarity, pairs[pair].separation, compared,
                     fallen);
    }
}

/* ---- values by hand, at z = (1, 0) with memories (1, 0) and (0, 2) */

static void test_values(void **state)
{
    static const struct {
        const char *similarity, *separation;
        uhn_normalise normalise;
        double energy;
    } cases[] = {
        {"dot", "max", UHN_NORMALISE_NONE, -0.5},
        {"dot", "identity", UHN_NORMALISE_NONE, 0},
        {"dot", "threshold:theta=-1", UHN_NORMALISE_NONE, 0.5 - 3},
        {"dot", "k-winners:k=2", UHN_NORMALISE_NONE, 0.5 - 1},
        {"dot", "rectified-polynomial:order=2", UHN_NORMALISE_NONE, 0.5 - 1.0 / 3},
        {"dot", "identity", UHN_NORMALISE_SUM, -0.5},
        {"dot", "rectified-polynomial:order=2", UHN_NORMALISE_SUM, -1},
        {"sqeuclidean", "max", UHN_NORMALISE_NONE, 0},
        {"sqeuclidean", "k-winners:k=2", UHN_NORMALISE_SUM, 2.5},
        {"sqeuclidean", "epanechnikov:beta=0.1", UHN_NORMALISE_NONE, -1.25},
        {"sqeuclidean", "log-sum-relu:beta=0.1", UHN_NORMALISE_SUM, -2.03065776325662},      /* −5 log 1.501 */
        {"inverse-sqeuclidean:epsilon=1", "identity", UHN_NORMALISE_SUM, 1.791759469228055}, /* log 6 */
        {"inverse-sqeuclidean:epsilon=4", "sqrt", UHN_NORMALISE_SUM, 10},
        {"inverse-sqeuclidean:epsilon=1", "polynomial:order=2", UHN_NORMALISE_SUM, -7.0 / 6},
        {"dot", "softmax:beta=1", UHN_NORMALISE_NONE, 0.5 - 1.3132616875182228},      /* log(1 + e) */
        {"sqeuclidean", "softmax:beta=0.5", UHN_NORMALISE_NONE, -0.0788897342777037}, /* log(1 + e^−2.5) */
        {"cosine", "softmax:beta=1", UHN_NORMALISE_NONE, -1.5514447139320511},        /* log(e + 2) */
    };
    const float rows[4] = {1, 0, 0, 2}, z[2] = {1, 0};
    uhn_memory *memory = memory_of(rows, 2, 2);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uhn_options options = options_for(cases[i].similarity, cases[i].separation, cases[i].normalise);
        double energy;
        check_ok(uhn_energy(memory, z, 1, 0, &options, &energy));
        if (!(fabs(energy - cases[i].energy) < 1e-9))
            fail_msg("%s, %s: %.12g, not %.12g", cases[i].similarity, cases[i].separation, energy, cases[i].energy);
    }
    uhn_memory_destroy(memory);
}

static void check_none(const uhn_memory *memory, const uhn_options *options)
{
    const float z[2] = {1, 0};
    float out[2];
    double energy[2];
    assert_null(uhn_energy_formula(memory, options));
    check_refused(UHN_ERROR_UNSUPPORTED, uhn_energy(memory, z, 1, 0, options, &energy[0]));
    check_refused(UHN_ERROR_UNSUPPORTED, uhn_recall_energies(memory, z, 1, 0, options, out, 0, NULL, energy));
}

static void test_none(void **state)
{
    static const struct {
        const char *similarity, *separation;
        uhn_normalise normalise;
    } without[] = {
        {"manhattan", "softmax", UHN_NORMALISE_NONE},
        {"reverse-kl", "softmax", UHN_NORMALISE_NONE},
        {"jensen-shannon", "softmax", UHN_NORMALISE_NONE},
        {"chebyshev", "softmax", UHN_NORMALISE_NONE},
        {"dot", "threshold", UHN_NORMALISE_SUM},
        {"dot", "log", UHN_NORMALISE_NONE},
        {"dot", "identity", UHN_NORMALISE_ABSOLUTE},
        {"sqeuclidean", "log-sum-relu", UHN_NORMALISE_NONE},
        {"inverse-sqeuclidean", "identity", UHN_NORMALISE_NONE},
    };
    const float rows[4] = {1, 0, 0, 2};
    const uint8_t mask[2] = {1, 1};
    uhn_memory *memory = memory_of(rows, 2, 2), *pairs_of = NULL;
    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, 2, 2, 0, rows, 2, 0, &pairs_of));
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        const uhn_options options = options_for(without[i].similarity, without[i].separation, without[i].normalise);
        check_none(memory, &options);
    }
    uhn_options options = options_for("dot", "softmax", UHN_NORMALISE_NONE);
    assert_non_null(uhn_energy_formula(memory, &options));
    check_none(pairs_of, &options);
    options.output = UHN_OUTPUT_SIGN;
    check_none(memory, &options);
    options.output = UHN_OUTPUT_NONE;
    options.observed = mask;
    check_none(memory, &options);
    options.observed = NULL;
    options.projection = UHN_PROJECTION_NEXT;
    check_none(memory, &options);
    assert_null(uhn_energy_formula(NULL, &options));
    uhn_memory_destroy(memory);
    uhn_memory_destroy(pairs_of);
}

/* ---- slopes */

/* The library rounds centred vectors to float32, which is too coarse for differences. */
static double correlation(const float *x, const float *q, const uint8_t *mask)
{
    double count = 0, x_sum = 0, q_sum = 0, xx = 0, qq = 0, xq = 0;
    for (size_t i = 0; i < DIM; i++) {
        const double one = !mask || mask[i] ? 1 : 0;
        count += one;
        x_sum += one * (double)x[i];
        q_sum += one * (double)q[i];
    }
    for (size_t i = 0; i < DIM; i++) {
        const double one = !mask || mask[i] ? 1 : 0, a = (double)x[i] - x_sum / count, b = (double)q[i] - q_sum / count;
        xx += one * a * a;
        qq += one * b * b;
        xq += one * a * b;
    }
    return xq / sqrt(xx * qq);
}

static double score_at(const uhn_memory *memory, const uhn_options *options, const float *query)
{
    double score;
    float row[DIM];
    if (strcmp(options->similarity->name, "correlation") == 0) {
        check_ok(uhn_memory_row(memory, 0, row));
        return correlation(row, query, options->observed);
    }
    check_ok(uhn_scores(memory, query, 1, 0, options, &score, NULL));
    return score;
}

/* Queries and steps are multiples of 2^-11, so that float32 holds them exactly, and far from kinks. */
static double score_slope(const uhn_memory *memory, const uhn_options *options, float *query, size_t i)
{
    const float at = query[i], step = 0x1p-11F;
    double differences[3];
    for (int k = 0; k < 3; k++) {
        const float shift = (float)(1 << k) * step;
        query[i] = at + shift;
        const double high = score_at(memory, options, query);
        query[i] = at - shift;
        differences[k] = (high - score_at(memory, options, query)) / (2 * (double)shift);
    }
    query[i] = at;
    const double fine = (4 * differences[0] - differences[1]) / 3, coarse = (4 * differences[1] - differences[2]) / 3;
    return (16 * fine - coarse) / 15; /* the error is of order step^6 */
}

static void test_score_gradients(void **state)
{
    static const char *const similarities[] = {"dot",
                                               "cosine",
                                               "normalised-dot",
                                               "correlation",
                                               "sqeuclidean",
                                               "euclidean",
                                               "manhattan",
                                               "inverse-sqeuclidean:epsilon=0.5",
                                               "inverse-manhattan:epsilon=0.5",
                                               "chebyshev",
                                               "minkowski:p=3",
                                               "minkowski:p=1.5",
                                               "minkowski:p=inf",
                                               "kl:epsilon=0.01",
                                               "reverse-kl:epsilon=0.01",
                                               "jensen-shannon:epsilon=0.02",
                                               "rbf:gamma=0.4",
                                               "laplace:gamma=0.4"};
    static const float rows[DIM] = {0.25F, 0.75F, 0.5F, 1.25F, 0.125F, 0.875F, 0.625F};
    static const uint8_t mask[DIM] = {1, 1, 0, 1, 1, 1, 1};
    uhn_memory *memory = memory_of(rows, 1, DIM);
    (void)state;
    for (size_t s = 0; s < 2 * sizeof similarities / sizeof *similarities; s++) {
        float query[DIM] = {0.5F, 0.25F, 0.9375F, 0.75F, 0.3125F, 0.0625F, 1};
        uhn_options options = options_for(similarities[s / 2], "softmax", UHN_NORMALISE_NONE);
        double gradient[DIM];
        options.observed = s % 2 ? mask : NULL;
        check_ok(uhn_score_gradient(memory, 0, query, &options, gradient));
        for (size_t i = 0; i < DIM; i++) {
            const double is = score_slope(memory, &options, query, i);
            if (!(fabs(is - gradient[i]) <= 1e-6 * (0.01 + fabs(is))))
                fail_msg("%s, coordinate %zu: %.9g, finite differences %.9g", similarities[s / 2], i, gradient[i], is);
        }
    }
    uhn_memory_destroy(memory);
}

/* Kinks, vectors without direction, and what has no slope. */
static void test_gradients_at_the_edges(void **state)
{
    const float rows[6] = {1, 2, 0, 0, 0.5F, -1}, same[2] = {1, 2}, zero[2] = {0, 0}, bad[2] = {NAN, 1};
    double gradient[2];
    uhn_memory *memory = memory_of(rows, 3, 2);
    uhn_options options;
    (void)state;
    for (size_t i = 0; uhn_similarity_at(i); i++) {
        catalogue_options(uhn_similarity_at(i)->name, "softmax", &options);
        const char *name = uhn_similarity_at(i)->name;
        if (strcmp(name, "hamming") == 0 || strcmp(name, "table") == 0 || strncmp(name, "likelihood-", 11) == 0) {
            check_refused(UHN_ERROR_UNSUPPORTED, uhn_score_gradient(memory, 0, same, &options, gradient));
            continue;
        }
        for (size_t row = 0; row < 2; row++)
            for (size_t k = 0; k < 2; k++) {
                check_ok(uhn_score_gradient(memory, row, k ? zero : same, &options, gradient));
                assert_true(isfinite(gradient[0]) && isfinite(gradient[1]));
            }
        check_refused(UHN_ERROR_NONFINITE, uhn_score_gradient(memory, 0, bad, &options, gradient));
    }
    check_ok(uhn_choose_similarity(&options, "kl"));
    check_refused(UHN_ERROR_DOMAIN, uhn_score_gradient(memory, 2, same, &options, gradient));
    check_refused(UHN_ERROR_DOMAIN, uhn_score_gradient(memory, 0, rows + 4, &options, gradient));
    check_refused(UHN_ERROR_ARGUMENT, uhn_score_gradient(memory, 3, same, &options, gradient));
    check_refused(UHN_ERROR_ARGUMENT, uhn_score_gradient(memory, 0, NULL, &options, gradient));
    check_ok(uhn_choose_similarity(&options, "euclidean"));
    check_ok(uhn_score_gradient(memory, 0, same, &options, gradient));
    assert_true(gradient[0] == 0 && gradient[1] == 0);
    uhn_memory_destroy(memory);
}

static bool stop_at_once(void *context, size_t query, size_t step, const float *state, size_t dim)
{
    (void)query, (void)step, (void)state, (void)dim;
    ++*(size_t *)context;
    return false;
}

/* Energies do not change the recall, and the caller's watch is still called. */
static void test_recall_is_the_same(void **state)
{
    test_random random = {77};
    float *rows = random_signed(&random, COUNT * DIM), *queries = random_signed(&random, QUERIES * DIM);
    float out[QUERIES * DIM], plain[QUERIES * DIM];
    double *energies = test_allocate(QUERIES * (STEPS + 1), sizeof *energies);
    uhn_memory *memory = memory_of(rows, COUNT, DIM);
    uhn_options options = options_for("sqeuclidean", "softmax:beta=0.5", UHN_NORMALISE_NONE);
    size_t calls = 0;
    (void)state;
    options.steps = STEPS;
    queries[DIM] = NAN;
    check_ok(uhn_recall(memory, queries, QUERIES, 0, &options, plain, 0, NULL));
    check_ok(uhn_recall_energies(memory, queries, QUERIES, 0, &options, out, 0, NULL, energies));
    assert_int_equal(first_difference_float(out, plain, QUERIES * DIM), QUERIES * DIM);
    for (size_t i = 0; i <= STEPS; i++)
        assert_true(isnan(energies[STEPS + 1 + i]));
    options.watch = stop_at_once;
    options.watch_context = &calls;
    check_refused(UHN_ERROR_STOPPED,
                  uhn_recall_energies(memory, queries, QUERIES, 0, &options, out, 0, NULL, energies));
    assert_int_equal(calls, 1);
    check_refused(UHN_ERROR_ARGUMENT, uhn_recall_energies(memory, queries, QUERIES, 0, &options, out, 0, NULL, NULL));
    uhn_memory_destroy(memory);
    free(rows);
    free(queries);
    free(energies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_energies),
        cmocka_unit_test(test_energies_fall),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_score_gradients),
        cmocka_unit_test(test_gradients_at_the_edges),
        cmocka_unit_test(test_recall_is_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
