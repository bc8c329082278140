/* SPDX-License-Identifier: MIT
 * The presets: that the table is sound, and that each preset is the model that it is named after. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/networks.h"

static size_t words_in(const char *words)
{
    size_t count = 1;

    for (; *words; words++)
        count += *words == '|';
    return count;
}

static void check_parameter(const uhn_parameter *parameter)
{
    assert_true(parameter->key && parameter->key[0] && parameter->summary && parameter->summary[0]);
    assert_true(parameter->minimum < parameter->maximum);
    assert_true(parameter->initial >= parameter->minimum && parameter->initial <= parameter->maximum);
    assert_false(parameter->above && !(parameter->initial > parameter->minimum));
    if (parameter->words) {
        assert_true(same_double(parameter->minimum, 0));
        assert_int_equal((size_t)parameter->maximum + 1, words_in(parameter->words));
    }
}

static void test_table(void **state)
{
    static const char *const names[] = {"hopfield", "dam",         "exponential-dam", "sdm", "continuous-sdm",
                                        "mchn",     "sparse-mchn", "attention",       "bam", "hetero",
                                        "sequence"};
    size_t count = 0;

    (void)state;
    for (const uhn_preset *preset; (preset = uhn_preset_at(count)) != NULL; count++) {
        assert_true(preset->summary && preset->summary[0] && preset->source && preset->source[0]);
        assert_true(preset->parameter_count <= UHN_PARAMETERS_MAX);
        assert_non_null(preset->apply);
        for (size_t i = 0; i < preset->parameter_count; i++)
            check_parameter(&preset->parameters[i]);
        assert_ptr_equal(uhn_find_preset(preset->name), preset);
    }
    assert_int_equal(count, sizeof names / sizeof *names);
    for (size_t i = 0; i < count; i++)
        assert_non_null(uhn_find_preset(names[i]));
    assert_null(uhn_preset_at(SIZE_MAX));
}

/* A preset overwrites what another one has chosen, and leaves the rest alone. */
static void test_presets_overwrite(void **state)
{
    (void)state;
    for (size_t i = 0; uhn_preset_at(i); i++) {
        uhn_options fresh = options_of(uhn_preset_at(i)->name, 100, 3), used = options_of("sequence", 100, 3);

        used.output = UHN_OUTPUT_CLAMP;
        used.update = UHN_UPDATE_SDM;
        used.similarity_context = &used;
        check_ok(uhn_choose_preset(&used, uhn_preset_at(i)->name, 100));
        assert_ptr_equal(used.similarity, fresh.similarity);
        assert_ptr_equal(used.separation, fresh.separation);
        for (size_t p = 0; p < fresh.similarity->parameter_count; p++)
            assert_true(same_double(used.similarity_parameters[p], fresh.similarity_parameters[p]));
        for (size_t p = 0; p < fresh.separation->parameter_count; p++)
            assert_true(same_double(used.separation_parameters[p], fresh.separation_parameters[p]));
        assert_null(used.similarity_context);
        assert_int_equal(used.projection, fresh.projection);
        assert_int_equal(used.update, fresh.update);
        assert_int_equal(used.output, fresh.output);
        assert_int_equal(used.steps, 3);
    }
}

static void test_hopfield_words(void **state)
{
    static const struct {
        const char *text;
        uhn_update update;
        bool self_term;
    } cases[] = {
        {"hopfield", UHN_UPDATE_SYNCHRONOUS, true},
        {"hopfield:diagonal=keep", UHN_UPDATE_SYNCHRONOUS, true},
        {"hopfield:diagonal=zero", UHN_UPDATE_SYNCHRONOUS, false},
        {"hopfield:update=async", UHN_UPDATE_ASYNCHRONOUS, false},
        {"hopfield:update=async,diagonal=keep", UHN_UPDATE_ASYNCHRONOUS, true},
        {"hopfield:update=async,diagonal=auto,shuffle=1", UHN_UPDATE_ASYNCHRONOUS, false},
        {"dam", UHN_UPDATE_ASYNCHRONOUS, false},
        {"dam:update=sync,self=1", UHN_UPDATE_SYNCHRONOUS, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uhn_options options = options_of(cases[i].text, 10, 1);

        assert_int_equal(options.update, cases[i].update);
        assert_int_equal(options.binary.self_term, cases[i].self_term);
        assert_int_equal(options.binary.shuffle, strstr(cases[i].text, "shuffle") != NULL);
        assert_int_equal(options.output, UHN_OUTPUT_NONE);
    }
    uhn_options refused;
    uhn_options_default(&refused);
    check_refused(UHN_ERROR_RANGE, uhn_choose_preset(&refused, "dam:order=1", 10));
}

/* E(x, y) = −Σ_μ (ξ_μ · x)(p_μ · y). */
static double pair_energy(const float *rows, size_t dim, const float *values, size_t value_dim, size_t count,
                          const float *x, const float *y)
{
    double sum = 0;

    for (size_t mu = 0; mu < count; mu++)
        sum -= dot(rows + mu * dim, x, dim) * dot(values + mu * value_dim, y, value_dim);
    return sum;
}

/* The other direction of a bidirectional memory, from the same rule: sign(Mᵀ(P y)), keeping signs at 0. */
static void back(const float *rows, size_t dim, const float *values, size_t value_dim, size_t count, float *x,
                 const float *y)
{
    for (size_t i = 0; i < dim; i++) {
        double field = 0;

        for (size_t mu = 0; mu < count; mu++)
            field += rows[mu * dim + i] * dot(values + mu * value_dim, y, value_dim);
        if (field > 0 || field < 0)
            x[i] = field > 0 ? 1 : -1;
    }
}

/* Follows y step by step, works out x beside it, and lets no half step raise the energy. */
static void test_bam_energy_never_rises(void **state)
{
    enum { DIM = 8, OUT = 7, QUERIES = 5 };
    test_random random = {51};

    (void)state;
    for (size_t system = 0; system < 60; system++) {
        size_t count = 1 + random_below(&random, 6);
        float *rows = random_bipolar(&random, count * DIM), *values = random_bipolar(&random, count * OUT);
        float *queries = random_bipolar(&random, QUERIES * DIM), out[QUERIES * OUT];
        uhn_memory *memory = borrow(rows, count, DIM, values, OUT);
        uhn_report reports[QUERIES];

        for (size_t q = 0; q < QUERIES; q++) {
            uhn_options options = options_of("bam", DIM, 60);
            float *x = queries + q * DIM, y[OUT] = {0};
            double last = 0;
            told all = {0};

            options.watch = remember;
            options.watch_context = &all;
            check_ok(uhn_recall(memory, x, 1, 0, &options, out + q * OUT, 0, &reports[q]));
            assert_int_equal(reports[q].outcome, UHN_OUTCOME_FIXED_POINT);
            assert_int_equal(all.calls, reports[q].steps);
            for (size_t step = 0; step < all.calls; step++) {
                memcpy(y, all.last[step], sizeof y);
                double half = pair_energy(rows, DIM, values, OUT, count, x, y);
                back(rows, DIM, values, OUT, count, x, y);
                double whole = pair_energy(rows, DIM, values, OUT, count, x, y);
                assert_true(half <= last && whole <= half);
                last = whole;
            }
            assert_int_equal(first_difference_float(y, out + q * OUT, OUT), OUT);
        }
        uhn_memory_destroy(memory);
        free(rows);
        free(values);
        free(queries);
    }
}

/* Few pairs with many neurons: a noisy x gives its y. */
static void test_bam_recalls_pairs(void **state)
{
    enum { DIM = 200, OUT = 150, COUNT = 8 };
    test_random random = {52};
    float *rows = random_bipolar(&random, COUNT * DIM), *values = random_bipolar(&random, COUNT * OUT);
    float queries[COUNT * DIM], out[COUNT * OUT];
    uhn_memory *memory = borrow(rows, COUNT, DIM, values, OUT);
    uhn_report reports[COUNT];

    (void)state;
    memcpy(queries, rows, sizeof queries);
    flip_share(&random, queries, COUNT * DIM, 0.1);
    recall("bam", memory, queries, COUNT, 20, out, reports);
    assert_int_equal(first_difference_float(out, values, COUNT * OUT), COUNT * OUT);
    for (size_t q = 0; q < COUNT; q++) {
        assert_int_equal(reports[q].best, q);
        assert_true(same_double(reports[q].best_score, DIM)); /* x has been repaired too */
    }
    uhn_memory_destroy(memory);
    free(rows);
    free(values);
}

/* A query that says nothing leaves y undecided. */
static void test_bam_undecided(void **state)
{
    const float rows[4] = {1, 1, 1, 1}, values[2] = {1, -1}, query[4] = {1, -1, 1, -1};
    uhn_memory *memory = borrow(rows, 1, 4, values, 2);
    float out[2] = {7, 7};
    uhn_report report;

    (void)state;
    recall("bam", memory, query, 1, 10, out, &report);
    assert_int_equal(first_difference_float(out, (const float[]){0, 0}, 2), 2);
    assert_int_equal(report.outcome, UHN_OUTCOME_FIXED_POINT);
    uhn_memory_destroy(memory);
}

/* sign(Σ ξ exp(β ξ·s)), with the largest exponent taken out. */
static void test_exponential_dam(void **state)
{
    enum { DIM = 41, COUNT = 30, QUERIES = 10 };
    test_random random = {61};
    float *rows = random_bipolar(&random, COUNT * DIM), *queries = random_bipolar(&random, QUERIES * DIM);
    float out[QUERIES * DIM];
    uhn_memory *memory = borrow(rows, COUNT, DIM, NULL, 0);

    (void)state;
    recall("exponential-dam:beta=0.25", memory, queries, QUERIES, 1, out, NULL);
    for (size_t q = 0; q < QUERIES; q++) {
        double field[DIM] = {0}, largest_overlap = -INFINITY;

        for (size_t mu = 0; mu < COUNT; mu++)
            largest_overlap = fmax(largest_overlap, dot(rows + mu * DIM, queries + q * DIM, DIM));
        for (size_t mu = 0; mu < COUNT; mu++) {
            double weight = exp(0.25 * (dot(rows + mu * DIM, queries + q * DIM, DIM) - largest_overlap));

            for (size_t i = 0; i < DIM; i++)
                field[i] += weight * rows[mu * DIM + i];
        }
        for (size_t i = 0; i < DIM; i++)
            if (fabs(field[i]) > 1e-4)
                assert_true(same_float(out[q * DIM + i], field[i] > 0 ? 1 : -1));
    }
    uhn_memory_destroy(memory);
    free(rows);
    free(queries);
}

/* softmax(Q Kᵀ / √d) V, as attention is defined. */
static void test_attention(void **state)
{
    enum { DIM = 64, OUT = 10, COUNT = 33, QUERIES = 6 };
    test_random random = {62};
    float *keys = random_signed(&random, COUNT * DIM), *values = random_signed(&random, COUNT * OUT);
    float *queries = random_signed(&random, QUERIES * DIM), out[QUERIES * OUT];
    uhn_memory *memory = borrow(keys, COUNT, DIM, values, OUT);

    (void)state;
    recall("attention", memory, queries, QUERIES, 1, out, NULL);
    for (size_t q = 0; q < QUERIES; q++) {
        double z[OUT] = {0}, sum = 0;

        for (size_t mu = 0; mu < COUNT; mu++) {
            double weight = exp(dot(keys + mu * DIM, queries + q * DIM, DIM) / sqrt(DIM));

            sum += weight;
            for (size_t o = 0; o < OUT; o++)
                z[o] += weight * values[mu * OUT + o];
        }
        for (size_t o = 0; o < OUT; o++)
            assert_true(fabs(out[q * OUT + o] - z[o] / sum) < 5e-6);
    }
    uhn_memory_destroy(memory);
    free(keys);
    free(values);
    free(queries);
}

/* The presets that are a similarity and a separation, beside those chosen by hand. */
static void test_plain_rows(void **state)
{
    static const struct {
        const char *preset, *similarity, *separation;
    } cases[] = {
        {"mchn:beta=0.5", "dot", "softmax:beta=0.5"},
        {"sparse-mchn:beta=0.25", "dot", "sparsemax:beta=0.25"},
        {"sparse-mchn:alpha=1.5,beta=0.25", "dot", "entmax:alpha=1.5,beta=0.25"},
        {"continuous-sdm:beta=7", "cosine", "softmax:beta=7"},
        {"attention:beta=0.3", "dot", "softmax:beta=0.3"},
        {"hetero:beta=2", "manhattan", "softmax:beta=2"},
    };
    enum { DIM = 20, OUT = 4, COUNT = 15, QUERIES = 3 };
    test_random random = {63};
    float *keys = random_signed(&random, COUNT * DIM), *values = random_signed(&random, COUNT * OUT);
    float *queries = random_signed(&random, QUERIES * DIM), one[QUERIES * OUT], other[QUERIES * OUT];
    uhn_memory *memory = borrow(keys, COUNT, DIM, values, OUT);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uhn_options options;

        uhn_options_default(&options);
        check_ok(uhn_choose_similarity(&options, cases[i].similarity));
        check_ok(uhn_choose_separation(&options, cases[i].separation));
        check_ok(uhn_recall(memory, queries, QUERIES, 0, &options, one, 0, NULL));
        recall(cases[i].preset, memory, queries, QUERIES, 1, other, NULL);
        for (size_t k = 0; k < QUERIES * OUT; k++)
            if (!(fabsf(one[k] - other[k]) <= 2e-6F))
                fail_msg("%s: %g, but %g with %s and %s", cases[i].preset, (double)other[k], (double)one[k],
                         cases[i].similarity, cases[i].separation);
    }
    uhn_memory_destroy(memory);
    free(keys);
    free(values);
    free(queries);
}

/* One memory after the other, from a noisy start, round and round. */
static void test_sequence(void **state)
{
    enum { DIM = 8, COUNT = 5 };
    test_random random = {64};
    float *rows = random_positive(&random, COUNT * DIM), query[DIM], out[DIM];
    uhn_memory *memory = borrow(rows, COUNT, DIM, NULL, 0);
    uhn_options options = options_of("sequence", DIM, 40);
    told all = {0};
    uhn_report report;

    (void)state;
    for (size_t i = 0; i < DIM; i++)
        query[i] = rows[2 * DIM + i] + 0.02F;
    options.watch = remember;
    options.watch_context = &all;
    check_ok(uhn_recall(memory, query, 1, 0, &options, out, 0, &report));
    assert_true(all.calls >= COUNT);
    for (size_t step = 0; step < all.calls; step++)
        assert_int_equal(first_difference_float(all.last[step], rows + (3 + step) % COUNT * DIM, DIM), DIM);
    assert_int_equal(report.outcome, UHN_OUTCOME_CYCLE);
    assert_int_equal(report.period, COUNT);
    uhn_memory_destroy(memory);
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_presets_overwrite),
        cmocka_unit_test(test_hopfield_words),
        cmocka_unit_test(test_bam_energy_never_rises),
        cmocka_unit_test(test_bam_recalls_pairs),
        cmocka_unit_test(test_bam_undecided),
        cmocka_unit_test(test_exponential_dam),
        cmocka_unit_test(test_attention),
        cmocka_unit_test(test_plain_rows),
        cmocka_unit_test(test_sequence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
