/* SPDX-License-Identifier: MIT
 * Recall by estimates against recall by exact scores alone, which a similarity without `estimates` gets: selections are
 * the same to the bit, weights of softmax are within the tolerance of docs/mathematics.md, section 12. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/estimate.h"
#include "support/catalogue.h"
#include "support/hostile_data.h"
#include "support/length.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { VALUE_DIM = 3 };

/* One recall, to be made in both ways. */
typedef struct trial {
    const char *similarity, *separation;
    const hostile_kind *kind;
    size_t count, dim, queries;
    uhn_storage storage;
    unsigned masks;   /* 0: none, 1: one, 2: one for each query */
    bool flip;        /* numbers of both signs */
    bool own_values;  /* else P = M */
    size_t value_dim; /* with P the unit matrix, an answer is the weights */
} trial;

typedef struct outcome {
    uhn_status status;
    char detail[256];
    float *out;
    uhn_report *reports;
} outcome;

/* How much weights may differ, by rounding, by the estimates, and by what is too small to be looked at. */
typedef struct tolerance {
    double relative, absolute;
} tolerance;

static void complain(const trial *t, size_t query, const char *what, double is, double was)
{
    fail_msg("%s, %s, %s%s, N = %zu, D = %zu, %zu queries, storage %d, masks %u, %s: query %zu: %s is %.17g, exactly "
             "%.17g",
             t->similarity, t->separation, t->kind->name, t->flip ? " of both signs" : "", t->count, t->dim, t->queries,
             (int)t->storage, t->masks, t->own_values ? "P" : "P = M", query, what, is, was);
}

/* ---- data */

/* The numbers as the storage holds them, in place of what they were: float32, bytes, or bits. */
static void *to_storage(const trial *t, float *rows)
{
    const size_t stride = uhn_row_bytes(t->storage, t->dim);
    uint8_t *stored = test_allocate(t->count, stride);

    for (size_t i = 0; i < t->count * t->dim; i++) {
        const size_t row = i / t->dim, column = i % t->dim;
        const float x = fminf(fabsf(rows[i]), 1.0F);

        if (t->storage == UHN_FLOAT32)
            memcpy(stored + 4 * i, &rows[i], 4);
        else if (t->storage == UHN_UINT8)
            stored[i] = (uint8_t)(255.0F * x + 0.5F);
        else if (x >= 0.5F)
            stored[row * stride + column / 8] |= (uint8_t)(128 >> column % 8);
    }
    return stored;
}

static float *values_for(const trial *t, test_random *random)
{
    float *values = random_positive(random, t->count * t->value_dim);

    if (t->value_dim == t->count)
        for (size_t i = 0; i < t->count * t->count; i++)
            values[i] = i % (t->count + 1) == 0;
    return values;
}

static uint8_t *masks_for(const trial *t, test_random *random)
{
    uint8_t *masks = test_allocate(t->queries * t->dim, 1);

    for (size_t i = 0; i < t->queries * t->dim; i++)
        masks[i] = i % t->dim == 0 || random_below(random, 3) > 0;
    return masks;
}

/* ---- both ways */

static outcome recall(const trial *t, const uhn_memory *memory, const float *queries, const uint8_t *masks, bool exact)
{
    outcome result = {.out = test_allocate(t->queries * t->value_dim, sizeof(float)),
                      .reports = test_allocate(t->queries, sizeof(uhn_report))};
    uhn_options options;

    catalogue_options(t->similarity, t->separation, &options);
    uhn_similarity similarity = *options.similarity;
    if (exact)
        similarity.estimates = NULL;
    options.similarity = &similarity;
    options.threads = 1 + (int)(t->count % 2);
    options.observed = t->masks > 0 ? masks : NULL;
    options.observed_stride = t->masks > 1 ? t->dim : 0;
    result.status = uhn_recall(memory, queries, t->queries, 0, &options, result.out, 0, result.reports);
    if (result.status != UHN_OK)
        strncpy(result.detail, uhn_error_detail(), sizeof result.detail - 1);
    return result;
}

static void forget(outcome *result)
{
    free(result->out);
    free(result->reports);
}

/* ---- comparing */

static bool within(double is, double was, tolerance allowed)
{
    return same_double(is, was) || fabs(is - was) <= allowed.relative * fabs(was) + allowed.absolute;
}

/* What is the same in every case: the best memories and all that follows from their scores. */
static void compare_best(const trial *t, size_t query, const uhn_report *is, const uhn_report *was)
{
    if (is->status != was->status)
        complain(t, query, "the status", is->status, was->status);
    if (is->best != was->best)
        complain(t, query, "the best", (double)is->best, (double)was->best);
    if (!same_double(is->best_score, was->best_score))
        complain(t, query, "the best score", is->best_score, was->best_score);
    if (!same_double(is->margin, was->margin))
        complain(t, query, "the margin", is->margin, was->margin);
    if (!same_double(is->outside_bound, was->outside_bound))
        complain(t, query, "the bound", is->outside_bound, was->outside_bound);
}

static void compare_bits(const trial *t, const outcome *is, const outcome *was)
{
    for (size_t q = 0; q < t->queries; q++) {
        const char *field = report_difference(&is->reports[q], &was->reports[q]);

        compare_best(t, q, &is->reports[q], &was->reports[q]);
        if (field != NULL)
            complain(t, q, field, is->reports[q].weight_sum, was->reports[q].weight_sum);
    }
    const size_t at = first_difference_float(is->out, was->out, t->queries * t->value_dim);
    if (at < t->queries * t->value_dim)
        complain(t, at / t->value_dim, "the answer", (double)is->out[at], (double)was->out[at]);
}

/* Values are ≥ 0 here, so that an answer's error is that of the weights, relatively. */
static void compare_within(const trial *t, const outcome *is, const outcome *was, tolerance allowed,
                           float largest_value)
{
    const tolerance of_sums = {2 * allowed.relative, allowed.absolute}, of_support = {5 * allowed.relative, 0};
    const double underflow = (double)(t->count + 2) * 0x1p-149; /* of the products of small weights and values */
    const tolerance of_answers = {allowed.relative + 0x1p-23, allowed.absolute * (double)largest_value + underflow};

    for (size_t q = 0; q < t->queries; q++) {
        const uhn_report *a = &is->reports[q], *b = &was->reports[q];

        compare_best(t, q, a, b);
        if (!within(a->weight_sum, b->weight_sum, of_sums))
            complain(t, q, "the sum of weights", a->weight_sum, b->weight_sum);
        if (!within(a->effective_support, b->effective_support, of_support))
            complain(t, q, "the support", a->effective_support, b->effective_support);
    }
    for (size_t i = 0; i < t->queries * t->value_dim; i++)
        if (!same_float(is->out[i], was->out[i]) && !within((double)is->out[i], (double)was->out[i], of_answers))
            complain(t, i / t->value_dim, "the answer", (double)is->out[i], (double)was->out[i]);
}

/* Weights whose scores stay estimates may be off by 2^-7 of themselves or, all together, of the largest; what the sum
 * of weights is then off by goes to all of them. The projection of a block is in float32: 130 roundings, and one of
 * each weight. */
static const tolerance estimated = {0x1p-7 + 0x1p-14 + 0x1p-16, 0x1p-7};
/* The same scores, but sums are rounded in other places. */
static const tolerance rounded = {1e-12, 0};

static float largest_of(const float *values, size_t count)
{
    float result = 0;

    for (size_t i = 0; i < count; i++)
        result = fmaxf(result, fabsf(values[i]));
    return result;
}

/* Gives whether anything differed. */
static bool compare(const trial *t, const outcome *is, const outcome *was, float largest_value)
{
    uhn_options options;

    if (is->status != was->status || strcmp(is->detail, was->detail) != 0)
        fail_msg("%s, %s, %s: \"%s\", exactly \"%s\"", t->similarity, t->separation, t->kind->name, is->detail,
                 was->detail);
    if (is->status != UHN_OK)
        return false;
    catalogue_options(t->similarity, t->separation, &options);
    const uhn_separation *separation = options.separation;
    if (!separation->precision)
        compare_within(t, is, was, rounded, largest_value);
    else if (separation->precision(options.separation_parameters).sensitivity > 0)
        compare_within(t, is, was, estimated, largest_value);
    else
        compare_bits(t, is, was);
    return first_difference_float(is->out, was->out, t->queries * t->value_dim) < t->queries * t->value_dim;
}

static bool try_both(trial t)
{
    test_random random = {t.count * 31 + t.dim};
    float *rows = test_allocate(t.count * t.dim, sizeof *rows);
    float *queries = test_allocate(t.queries * t.dim, sizeof *queries);
    uhn_memory *memory = NULL;

    t.value_dim = !t.own_values ? t.dim : t.count <= 17 ? t.count : VALUE_DIM;
    hostile_fill(t.kind, t.count + t.dim, t.flip, t.dim, rows, t.count, queries, t.queries);
    void *stored = to_storage(&t, rows);
    float *values = t.own_values ? values_for(&t, &random) : NULL;
    uint8_t *masks = masks_for(&t, &random);
    check_ok(
        uhn_memory_borrow(t.storage, stored, t.count, t.dim, 0, values, t.own_values ? t.value_dim : 0, 0, &memory));
    outcome was = recall(&t, memory, queries, masks, true), is = recall(&t, memory, queries, masks, false);
    const float largest_value = t.own_values || t.storage != UHN_FLOAT32 ? 1 : largest_of(rows, t.count * t.dim);
    const bool differed = compare(&t, &is, &was, largest_value);
    forget(&was);
    forget(&is);
    uhn_memory_destroy(memory);
    free(stored);
    free(rows);
    free(queries);
    free(values);
    free(masks);
    return differed;
}

/* ---- what is tried */

/* Similarities that can be estimated; NULL past the end. */
static const char *estimated_similarity(size_t index)
{
    for (size_t i = 0; uhn_similarity_at(i) != NULL; i++)
        if (uhn_similarity_at(i)->estimates != NULL && index-- == 0)
            return uhn_similarity_at(i)->name;
    return NULL;
}

/* Answers of P = M have one sign only where the numbers have. */
static bool has_answers_of_one_sign(const trial *t)
{
    return t->own_values || (!t->flip && strstr(t->kind->name, "signs") == NULL) || t->storage != UHN_FLOAT32;
}

/* Without a form that gives the very scores, a separation that needs them all is not for estimates. */
static bool may_be_estimated(const trial *t)
{
    const uhn_estimate *const *forms;
    uhn_options options;

    catalogue_options(t->similarity, t->separation, &options);
    for (forms = options.similarity->estimates; *forms != NULL && !(*forms)->exact; forms++)
        continue;
    return *forms != NULL || options.separation->precision != NULL;
}

static bool is_estimated_for_softmax(const char *similarity)
{
    static const char *const names[] = {"dot", "cosine", "sqeuclidean", "manhattan"};

    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(names[i], similarity) == 0)
            return true;
    return false;
}

/* Every similarity with every separation, with storages and masks in turn. Do estimates take part in it at all?
 * Weights of softmax show them. */
static void test_every_pair(void **state)
{
    static const size_t shapes[][3] = {{1, 1, 1},   {2, 3, 2},     {15, 16, 3},  {17, 37, 5},  {513, 37, 5},
                                       {2, 1, 130}, {1025, 16, 3}, {40, 300, 2}, {700, 5, 140}};
    const hostile_kind *const bits = hostile_kind_at(1);

    (void)state;
    for (size_t i = 0; estimated_similarity(i) != NULL; i++) {
        size_t differed = 0;

        for (size_t j = 0; catalogue_separation(j) != NULL; j++)
            for (size_t s = 0; s < COUNT(shapes); s++) {
                const unsigned way = (unsigned)(i + 2 * j + 4 * s) % 9;
                trial t = {.similarity = estimated_similarity(i),
                           .separation = catalogue_separation(j),
                           .kind = hostile_kind_at((i + j + s) % 2 ? 3 : 0),
                           .count = shapes[s][0],
                           .dim = shapes[s][1],
                           .queries = shapes[s][2],
                           .storage = (uhn_storage)(way % 3),
                           .masks = way / 3,
                           .flip = s % 2 != 0,
                           .own_values = j % 2 != 0};

                if (t.storage == UHN_BITS || strcmp(t.similarity, "hamming") == 0)
                    t.kind = bits;
                t.own_values |= !has_answers_of_one_sign(&t);
                if (may_be_estimated(&t) && (t.count < 100 || (i + j + s) % 5 == 0) && is_tried(i + 2 * j + 3 * s, 37))
                    differed += try_both(t);
            }
        if (differed == 0 && length_of_tests() != TEST_SHORT && is_estimated_for_softmax(estimated_similarity(i)))
            fail_msg("%s is nowhere estimated", estimated_similarity(i));
    }
}

/* Sizes around the borders of slabs, chunks, blocks of queries and vectors. */
static void test_sizes(void **state)
{
    static const size_t counts[] = {1, 2, 15, 17, 513, 1025, 5000}, dims[] = {1, 3, 16, 37, 784, 1025},
                        queries[] = {1, 2, 3, 5, 130};
    static const char *const chosen[] = {"max",       "softmax",         "k-winners:k=64",
                                         "sparsemax", "softmax:beta=50", "max-uniform"};

    (void)state;
    for (size_t i = 0; estimated_similarity(i) != NULL; i++)
        for (size_t n = 0; n < COUNT(counts); n++)
            for (size_t d = 0; d < COUNT(dims); d++)
                for (size_t q = 0; q < COUNT(queries); q++) {
                    const bool of_bits = strcmp(estimated_similarity(i), "hamming") == 0;
                    const trial t = {.similarity = estimated_similarity(i),
                                     .separation = chosen[(i + n + d + q) % COUNT(chosen)],
                                     .kind = hostile_kind_at(of_bits ? 2
                                                             : q % 2 ? 4
                                                                     : 0),
                                     .count = counts[n],
                                     .dim = dims[d],
                                     .queries = queries[q],
                                     .storage = (n + d + q) % 3 == 1 ? UHN_UINT8 : UHN_FLOAT32,
                                     .own_values = true};

                    if ((i + n + d + q) % 2 == 0 && t.count * t.dim * t.queries < unless_short(2000000, 100000) &&
                        is_tried(i + n + d + q, 12))
                        try_both(t);
                }
}

/* Every kind of data that arithmetic may fail on. */
static void test_hostile_data(void **state)
{
    static const char *const chosen[] = {"max",
                                         "max-uniform",
                                         "top-k-softmax:k=7,beta=100",
                                         "k-winners:k=31",
                                         "sparsemax:beta=0.1",
                                         "entmax:alpha=1.5,beta=3",
                                         "softmax:beta=0.001",
                                         "softmax",
                                         "softmax:beta=500",
                                         "softmax-null:beta=2,null=-3"};
    static const size_t shapes[][3] = {{2000, 37, 5}, {600, 1, 3},  {530, 768, 2},
                                       {300, 37, 5},  {300, 20, 3}, {140, 5, 130}};

    (void)state;
    for (size_t i = 0; estimated_similarity(i) != NULL; i++)
        for (size_t j = 0; j < COUNT(chosen); j++)
            for (size_t k = 0; hostile_kind_at(k) != NULL; k++)
                for (size_t s = 0; s < COUNT(shapes); s++) {
                    trial t = {.similarity = estimated_similarity(i),
                               .separation = chosen[j],
                               .kind = hostile_kind_at(k),
                               .count = shapes[s][0],
                               .dim = shapes[s][1],
                               .queries = shapes[s][2],
                               .flip = (s + j + k) % 2 != 0,
                               .own_values = (j + k) % 3 != 0};

                    t.own_values |= !has_answers_of_one_sign(&t);
                    if ((j + k + s) % (t.count == 300    ? 2
                                       : t.count == 2000 ? 10
                                                         : 5) ==
                            0 &&
                        is_tried(i + 2 * j + 3 * k, 41))
                        try_both(t);
                }
}

/* Few coordinates: there errors come near their bounds, so that weights show which scores stayed estimates. */
static void test_weights(void **state)
{
    static const char *const chosen[] = {"softmax:beta=0.3", "softmax:beta=3", "softmax:beta=30", "softmax:beta=300"};

    (void)state;
    for (size_t i = 0; estimated_similarity(i) != NULL; i++)
        for (size_t j = 0; j < COUNT(chosen); j++)
            for (size_t k = 0; hostile_kind_at(k) != NULL; k++)
                for (size_t dim = 1; dim < 5; dim++) {
                    const trial t = {.similarity = estimated_similarity(i),
                                     .separation = chosen[j],
                                     .kind = hostile_kind_at(k),
                                     .count = 17,
                                     .dim = dim,
                                     .queries = 60,
                                     .own_values = true};

                    if (is_tried(i + j + k + dim, 11))
                        try_both(t);
                }
}

/* Logarithms far below those of usual numbers: there the errors of products are the largest part of the bound. */
static void test_small_smoothing(void **state)
{
    static const char *const similarities[] = {"kl:epsilon=1e-300", "kl:epsilon=1e-25", "kl:epsilon=0",
                                               "reverse-kl:epsilon=1e-25", "reverse-kl:epsilon=0"};
    static const char *const chosen[] = {"max", "k-winners:k=31", "softmax:beta=3"};

    (void)state;
    for (size_t i = 0; i < COUNT(similarities); i++)
        for (size_t j = 0; j < COUNT(chosen); j++)
            for (size_t k = 0; hostile_kind_at(k) != NULL; k++)
                for (size_t dim = 2; dim < 6; dim++) {
                    const trial t = {.similarity = similarities[i],
                                     .separation = chosen[j],
                                     .kind = hostile_kind_at(k),
                                     .count = 600,
                                     .dim = dim,
                                     .queries = 25,
                                     .own_values = true,
                                     .value_dim = VALUE_DIM};

                    if (is_tried(i + 2 * j + 3 * k + dim, 23))
                        try_both(t);
                }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair), cmocka_unit_test(test_sizes),           cmocka_unit_test(test_hostile_data),
        cmocka_unit_test(test_weights),    cmocka_unit_test(test_small_smoothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
