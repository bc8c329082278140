/* SPDX-License-Identifier: MIT
 * The same call gives the same bits for every number of threads and every split of the batch of queries. */
#include <stdlib.h>
#include <string.h>

#include "support/catalogue.h"
#include "support/length.h"

enum { DIM = 19, VALUE_DIM = 7, QUERIES = 34 };

/* How the same queries are recalled again: with so many threads, in batches of so many (0: all at once). */
static const struct {
    int threads;
    size_t batch;
} ways[] = {{2, 0}, {8, 0}, {3, 1}, {2, 3}, {8, 16}, {3, 17}};

/* Around the blocks of queries and of memories that an engine may cut, and several of them. */
static const size_t memory_sizes[] = {1, 15, 16, 17, 1000, 1025, 5000};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

typedef struct setting {
    const uhn_memory *memory;
    const float *queries;
    size_t count, dim, width; /* of a query and of an answer */
    uhn_options options;
} setting;

typedef struct answer_set {
    float *out;
    uhn_report *reports;
} answer_set;

/* Recalls in batches of `batch`; every batch gets its own part of the masks. */
static answer_set recall(const setting *s, int threads, size_t batch)
{
    answer_set answer = {test_allocate(s->count * s->width, sizeof(float)),
                         test_allocate(s->count, sizeof(uhn_report))};

    for (size_t first = 0; first < s->count; first += batch) {
        size_t now = s->count - first < batch ? s->count - first : batch;
        uhn_options options = s->options;

        options.threads = threads;
        if (options.observed != NULL)
            options.observed += first * options.observed_stride;
        check_ok(uhn_recall(s->memory, s->queries + first * s->dim, now, 0, &options, answer.out + first * s->width, 0,
                            answer.reports + first));
    }
    return answer;
}

static void assert_same(const setting *s, const answer_set *expected, answer_set is, int threads, size_t batch)
{
    size_t at = first_difference_float(expected->out, is.out, s->count * s->width);

    for (size_t q = 0; q < s->count; q++) {
        const char *field = report_difference(&expected->reports[q], &is.reports[q]);

        if (field != NULL)
            fail_msg("%s, %s, N = %zu, %d threads, batches of %zu: the report of query %zu differs in %s",
                     s->options.similarity->name, s->options.separation->name, uhn_memory_count(s->memory), threads,
                     batch, q, field);
    }
    if (at < s->count * s->width)
        fail_msg("%s, %s, N = %zu, %d threads, batches of %zu: query %zu, output %zu is %.9g, was %.9g",
                 s->options.similarity->name, s->options.separation->name, uhn_memory_count(s->memory), threads, batch,
                 at / s->width, at % s->width, (double)is.out[at], (double)expected->out[at]);
    free(is.out);
    free(is.reports);
}

static void check_setting(const setting *s)
{
    answer_set expected = recall(s, 1, s->count);

    for (size_t i = 0; i < COUNT(ways); i++) {
        size_t batch = ways[i].batch > 0 ? ways[i].batch : s->count;

        if (is_tried(i, 3))
            assert_same(s, &expected, recall(s, ways[i].threads, batch), ways[i].threads, batch);
    }
    free(expected.out);
    free(expected.reports);
}

/* A memory of `count` rows for the similarity, with values of their own or P = M. */
static uhn_memory *memory_for(const char *similarity, size_t count, bool own_values, test_random *random)
{
    float *rows = catalogue_data(similarity, random, count * DIM);
    float *values = own_values ? random_signed(random, count * VALUE_DIM) : NULL;
    uhn_memory *memory = NULL;

    check_ok(uhn_memory_create(UHN_FLOAT32, DIM, own_values ? VALUE_DIM : 0, &memory));
    check_ok(uhn_memory_add(memory, rows, count, 0, values, 0));
    free(values);
    free(rows);
    return memory;
}

/* Many memories meet fewer queries, yet more than one block of them. */
static size_t queries_for(size_t memories)
{
    return memories < 1000 ? QUERIES : 18;
}

static void check_pair(const char *similarity, const char *separation, size_t count)
{
    test_random random = {count};
    uhn_memory *memory = memory_for(similarity, count, true, &random);
    float *queries = catalogue_data(similarity, &random, QUERIES * DIM);
    setting s = {.memory = memory, .queries = queries, .count = queries_for(count), .dim = DIM, .width = VALUE_DIM};

    catalogue_options(similarity, separation, &s.options);
    s.options.normalise_weights = count % 2 == 0 ? UHN_NORMALISE_SUM : UHN_NORMALISE_NONE;
    check_setting(&s);
    free(queries);
    uhn_memory_destroy(memory);
}

static void test_every_similarity(void **state)
{
    static const char *const chosen[] = {"softmax:beta=0.3", "k-winners:k=9", "entmax:alpha=1.5,beta=0.5", "identity"};

    (void)state;
    for (size_t i = 0; uhn_similarity_at(i) != NULL; i++)
        for (size_t n = 0; n < COUNT(memory_sizes); n++) {
            /* Passes with powers and logarithms take their time: the largest memory is left to the others. */
            bool slow = uhn_similarity_at(i)->step == UHN_STEP_PAIR && memory_sizes[n] > 2000;

            for (size_t j = 0; !slow && j < (memory_sizes[n] > 100 ? 2 : COUNT(chosen)) && is_tried(i + n, 9); j++)
                check_pair(uhn_similarity_at(i)->name, chosen[(j + i) % COUNT(chosen)], memory_sizes[n]);
        }
}

static void test_every_separation(void **state)
{
    (void)state;
    for (size_t j = 0; catalogue_separation(j) != NULL; j++)
        for (size_t n = 0; n < COUNT(memory_sizes); n++) {
            if (!is_tried(j + n, 6))
                continue;
            if (memory_sizes[n] == 1000 || (memory_sizes[n] > 2000 && strchr(catalogue_separation(j), ':') != NULL))
                continue; /* each row once with many memories is enough */
            check_pair("manhattan", catalogue_separation(j), memory_sizes[n]);
            if (memory_sizes[n] == 1025) {
                check_pair("dot", catalogue_separation(j), memory_sizes[n]);
                check_pair("hamming", catalogue_separation(j), memory_sizes[n]);
            }
        }
}

/* A mask per query, with something observed in each. */
static uint8_t *random_masks(test_random *random, size_t count)
{
    uint8_t *masks = test_allocate(count * DIM, 1);

    for (size_t i = 0; i < count * DIM; i++)
        masks[i] = i % DIM == 0 || random_below(random, 3) > 0;
    return masks;
}

static void test_masks(void **state)
{
    (void)state;
    for (size_t i = 0; uhn_similarity_at(i) != NULL; i++)
        for (size_t each = 0; each < 2 && is_tried(i, 3); each++) {
            const char *similarity = uhn_similarity_at(i)->name;
            test_random random = {i};
            uhn_memory *memory = memory_for(similarity, 530, true, &random);
            float *queries = catalogue_data(similarity, &random, QUERIES * DIM);
            uint8_t *masks = random_masks(&random, QUERIES);
            setting s = {.memory = memory, .queries = queries, .count = QUERIES, .dim = DIM, .width = VALUE_DIM};

            catalogue_options(similarity, "softmax:beta=0.5", &s.options);
            s.options.observed = masks;
            s.options.observed_stride = each * DIM;
            check_setting(&s);
            free(masks);
            free(queries);
            uhn_memory_destroy(memory);
        }
}

/* Options that reach further than one pass: iteration, score normalisation, output functions, the paper's code. */
typedef struct variation {
    const char *similarity, *separation;
    void (*apply)(uhn_options *options);
} variation;

static void iterate(uhn_options *options)
{
    options->steps = 7;
}

static void iterate_to_tolerance(uhn_options *options)
{
    options->steps = 40;
    options->tolerance = 1e-3;
}

static void replay(uhn_options *options)
{
    options->steps = 4;
    options->projection = UHN_PROJECTION_NEXT;
}

static void normalise_scores(uhn_options *options)
{
    options->normalise_scores = true;
    options->normalise_weights = UHN_NORMALISE_ABSOLUTE;
}

static void paper(uhn_options *options)
{
    options->compat_paper = true;
    options->normalise_scores = true;
    options->normalise_weights = UHN_NORMALISE_SUM;
}

static void unit_output(uhn_options *options)
{
    options->output = UHN_OUTPUT_UNIT;
    options->steps = 3;
}

static void test_variations(void **state)
{
    static const variation variations[] = {
        {"dot", "softmax:beta=0.4", iterate},
        {"sqeuclidean", "softmax:beta=2", iterate_to_tolerance},
        {"manhattan", "max", replay},
        {"kl", "softmax:beta=8", iterate},
        {"cosine", "sparsemax:beta=9", iterate},
        {"rbf", "identity", normalise_scores},
        {"dot", "softmax:beta=700", normalise_scores},
        {"inverse-manhattan", "max", paper},
        {"inverse-sqeuclidean", "log", paper},
        {"kl", "softmax:beta=20", paper},
        {"dot", "polynomial:order=4", paper},
        {"jensen-shannon", "identity", paper},
        {"cosine", "polynomial:order=3", unit_output},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(variations); i++)
        for (size_t n = 0; n < COUNT(memory_sizes) - 1; n++) {
            if (memory_sizes[n] == 1000 || !is_tried(i + n, 3)) /* 1025 will do */
                continue;
            test_random random = {i};
            uhn_memory *memory = memory_for(variations[i].similarity, memory_sizes[n], false, &random);
            float *queries = catalogue_data(variations[i].similarity, &random, QUERIES * DIM);
            setting s = {
                .memory = memory, .queries = queries, .count = queries_for(memory_sizes[n]), .dim = DIM, .width = DIM};

            catalogue_options(variations[i].similarity, variations[i].separation, &s.options);
            variations[i].apply(&s.options);
            check_setting(&s);
            free(queries);
            uhn_memory_destroy(memory);
        }
}

/* The three steps and the top k as well. */
static void check_steps(const uhn_memory *memory, const float *queries, uhn_options *options, size_t n)
{
    double *scores[2], *weights[2], *best[2];
    float *out[2];
    size_t *indices[2], k = 5;

    for (int t = 0; t < 2; t++) {
        options->threads = t == 0 ? 1 : 3;
        scores[t] = test_allocate(QUERIES * n, sizeof(double));
        weights[t] = test_allocate(QUERIES * n, sizeof(double));
        best[t] = test_allocate(QUERIES * k, sizeof(double));
        indices[t] = test_allocate(QUERIES * k, sizeof(size_t));
        out[t] = test_allocate(QUERIES * VALUE_DIM, sizeof(float));
        check_ok(uhn_scores(memory, queries, QUERIES, 0, options, scores[t], NULL));
        check_ok(uhn_weights(memory, scores[t], QUERIES, options, weights[t], NULL));
        check_ok(uhn_project(memory, weights[t], QUERIES, options, out[t], 0));
        check_ok(uhn_top_k(memory, queries, QUERIES, 0, options, k, indices[t], best[t], NULL));
    }
    assert_int_equal(first_difference_double(scores[0], scores[1], QUERIES * n), QUERIES * n);
    assert_int_equal(first_difference_double(weights[0], weights[1], QUERIES * n), QUERIES * n);
    assert_int_equal(first_difference_double(best[0], best[1], QUERIES * k), QUERIES * k);
    assert_int_equal(first_difference_float(out[0], out[1], QUERIES * VALUE_DIM), QUERIES * VALUE_DIM);
    assert_memory_equal(indices[0], indices[1], QUERIES * k * sizeof(size_t));
    for (int t = 0; t < 2; t++) {
        free(scores[t]);
        free(weights[t]);
        free(best[t]);
        free(indices[t]);
        free(out[t]);
    }
}

static void test_steps(void **state)
{
    (void)state;
    for (size_t n = 0; n < COUNT(memory_sizes); n++) {
        test_random random = {n};
        uhn_memory *memory = memory_for("euclidean", memory_sizes[n], true, &random);
        float *queries = catalogue_data("euclidean", &random, QUERIES * DIM);
        uhn_options options;

        catalogue_options("euclidean", "softmax:beta=3", &options);
        check_steps(memory, queries, &options, memory_sizes[n]);
        free(queries);
        uhn_memory_destroy(memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_similarity),
        cmocka_unit_test(test_every_separation),
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_variations),
        cmocka_unit_test(test_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
