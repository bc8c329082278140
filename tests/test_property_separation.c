/* SPDX-License-Identifier: MIT
 * A separation is a monoid: whatever the cuts into blocks and whatever the tree of merges, the weights are the same.
 * Driven by hand through the functions of the table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/catalogue.h"

enum { COUNT = 700, VALUE_DIM = 3, TREES = 12, DIM = 64 };

/* A part of the memories, absorbed: its state, and the weights it stands for (0 elsewhere). */
typedef struct part {
    void *state;
    double *weights;
} part;

typedef struct outcome {
    uhn_query_status status;
    double weights[COUNT];
    uhn_selected selected[COUNT];
    size_t selected_count;
} outcome;

typedef struct subject {
    const char *text;
    const uhn_separation *separation;
    const double *parameters;
    void *context;
} subject;

static part part_make(const subject *s)
{
    size_t size = s->separation->state_size(s->parameters, COUNT);
    part made = {aligned_alloc(64, (size + 63) / 64 * 64), test_allocate(COUNT, sizeof(double))};

    assert_non_null(made.state);
    memset(made.state, 0xa5, (size + 63) / 64 * 64); /* init() must not count on zeros */
    s->separation->init(made.state, s->parameters, s->context);
    return made;
}

static void part_free(part *p)
{
    free(p->state);
    free(p->weights);
}

static void scale(double *weights, double factor)
{
    for (size_t i = 0; i < COUNT; i++)
        weights[i] *= factor;
}

static void part_absorb(const subject *s, part *p, const double *scores, size_t first, size_t count)
{
    double *block = test_allocate(count, sizeof *block), rescale = NAN;

    s->separation->absorb(p->state, scores + first, first, count, s->parameters, s->context, block, &rescale);
    if (!s->separation->selects) {
        scale(p->weights, rescale);
        memcpy(p->weights + first, block, count * sizeof *block);
    }
    free(block);
}

static void part_merge(const subject *s, part *p, part *other)
{
    double rescale = NAN, rescale_other = NAN;

    s->separation->merge(p->state, other->state, s->parameters, s->context, &rescale, &rescale_other);
    if (!s->separation->selects) {
        scale(p->weights, rescale);
        scale(other->weights, rescale_other);
        for (size_t i = 0; i < COUNT; i++)
            p->weights[i] += other->weights[i]; /* one of them is 0 */
    }
    part_free(other);
}

static void part_finish(const subject *s, part *p, outcome *result)
{
    uhn_weight_sums sums = {0, 0, 0};
    uhn_finish finish = {.factor = 1, .selected = NULL, .selected_count = 0};

    for (size_t i = 0; i < COUNT; i++) {
        sums.sum += p->weights[i];
        sums.sum_absolute += fabs(p->weights[i]);
        sums.sum_squares += p->weights[i] * p->weights[i];
    }
    memset(result, 0, sizeof *result);
    result->status = s->separation->finish(p->state, &sums, s->parameters, s->context, &finish);
    if (result->status != UHN_QUERY_OK)
        return;
    for (size_t i = 0; i < COUNT && !s->separation->selects; i++)
        result->weights[i] = p->weights[i] * finish.factor;
    assert_in_range(finish.selected_count, 0, COUNT);
    result->selected_count = finish.selected_count;
    for (size_t i = 0; i < finish.selected_count; i++) {
        result->selected[i] = finish.selected[i];
        assert_in_range(finish.selected[i].index, 0, COUNT - 1);
        result->weights[finish.selected[i].index] = finish.selected[i].weight * finish.factor;
    }
}

/* Everything in one block, by one state. */
static void run_whole(const subject *s, const double *scores, outcome *result)
{
    part whole = part_make(s);

    part_absorb(s, &whole, scores, 0, COUNT);
    part_finish(s, &whole, result);
    part_free(&whole);
}

/* Blocks of random sizes, spread over random states in random order, an empty state among them; the states are merged
 * two by two, any two, until one is left. */
static void run_tree(const subject *s, const double *scores, test_random *random, outcome *result)
{
    part parts[9];
    size_t left = 1 + random_below(random, 8);

    for (size_t i = 0; i < left; i++)
        parts[i] = part_make(s);
    for (size_t first = 0, count; first < COUNT; first += count) {
        count = 1 + random_below(random, random_below(random, 2) == 0 ? 5 : 200);
        if (count > COUNT - first)
            count = COUNT - first;
        part_absorb(s, &parts[random_below(random, left)], scores, first, count);
    }
    parts[left++] = part_make(s);
    while (left > 1) {
        size_t from = random_below(random, left), into;
        part merged = parts[from];

        parts[from] = parts[--left];
        into = random_below(random, left);
        part_merge(s, &parts[into], &merged);
    }
    part_finish(s, &parts[0], result);
    part_free(&parts[0]);
}

static void assert_agree(const subject *s, const char *scores, const outcome *whole, const outcome *tree)
{
    double tolerance = s->separation->selects ? 0 : 1e-13 * largest(whole->weights, COUNT);

    if (tree->status != whole->status)
        fail_msg("%s on %s scores: %s by parts, %s as a whole", s->text, scores, uhn_query_status_text(tree->status),
                 uhn_query_status_text(whole->status));
    for (size_t i = 0; i < COUNT; i++)
        if (!(fabs(tree->weights[i] - whole->weights[i]) <= tolerance))
            fail_msg("%s on %s scores: weight %zu is %.17g by parts, %.17g as a whole", s->text, scores, i,
                     tree->weights[i], whole->weights[i]);
    if (!s->separation->selects)
        return;
    assert_int_equal(tree->selected_count, whole->selected_count);
    for (size_t i = 0; i < whole->selected_count; i++)
        if (tree->selected[i].index != whole->selected[i].index ||
            !same_double(tree->selected[i].score, whole->selected[i].score) ||
            !same_double(tree->selected[i].weight, whole->selected[i].weight))
            fail_msg("%s on %s scores: choice %zu is memory %zu by parts, %zu as a whole", s->text, scores, i,
                     tree->selected[i].index, whole->selected[i].index);
}

/* What a program sees of it, float32 answers, must be the same. */
static void assert_same_answer(const subject *s, const outcome *whole, const outcome *tree, const double *values)
{
    for (size_t o = 0; o < VALUE_DIM; o++) {
        double expected = 0, is = 0;

        for (size_t i = 0; i < COUNT; i++) {
            expected += whole->weights[i] * values[i * VALUE_DIM + o];
            is += tree->weights[i] * values[i * VALUE_DIM + o];
        }
        if (!same_float((float)expected, (float)is))
            fail_msg("%s: answer %.9g by parts, %.9g as a whole", s->text, is, expected);
    }
}

/* A self-normalised separation gives weights that are not negative and add up to 1, or to less by intent. */
static void assert_distribution(const subject *s, const outcome *whole)
{
    double sum = 0;

    if (!s->separation->self_normalised || whole->status != UHN_QUERY_OK)
        return;
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(whole->weights[i] >= 0);
        sum += whole->weights[i];
    }
    assert_true(sum <= 1 + 1e-12);
    if (strcmp(s->separation->name, "softmax-null") != 0)
        assert_true(sum >= 1 - 1e-12);
}

typedef struct kind {
    const char *name;
    double (*draw)(test_random *random);
} kind;

static double draw_normal(test_random *random)
{
    return random_normal(random);
}

static double draw_wide(test_random *random)
{
    return 300 * random_normal(random);
}

static double draw_positive(test_random *random)
{
    return 0.01 + random_uniform(random);
}

static double draw_tied(test_random *random)
{
    return (double)random_below(random, 9) / 4;
}

static double draw_distance(test_random *random)
{
    return -(double)random_below(random, DIM + 1);
}

static double draw_large(test_random *random)
{
    return 1e200 * random_normal(random);
}

static double draw_sometimes_infinite(test_random *random)
{
    return random_below(random, 5) == 0 ? -INFINITY : -random_uniform(random);
}

static const kind kinds[] = {
    {"normal", draw_normal},
    {"wide", draw_wide},
    {"positive", draw_positive},
    {"tied", draw_tied},
    {"distance", draw_distance},
    {"large", draw_large},
    {"sometimes -inf", draw_sometimes_infinite},
};

static bool all_finite(const double *weights, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(weights[i]))
            return false;
    return true;
}

static void check_separation(const subject *s)
{
    static outcome whole, tree;
    double scores[COUNT], values[COUNT * VALUE_DIM];

    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        test_random random = {k + 17};

        for (size_t i = 0; i < COUNT; i++)
            scores[i] = kinds[k].draw(&random);
        for (size_t i = 0; i < COUNT * VALUE_DIM; i++)
            values[i] = random_uniform(&random);
        run_whole(s, scores, &whole);
        assert_distribution(s, &whole);
        for (size_t t = 0; t < TREES; t++) {
            run_tree(s, scores, &random, &tree);
            if (!all_finite(whole.weights, COUNT)) /* weights of infinite scores, or too large a power */
                continue;
            assert_agree(s, kinds[k].name, &whole, &tree);
            assert_same_answer(s, &whole, &tree, values);
        }
    }
}

static void test_monoid(void **state)
{
    uhn_memory *memory = NULL;
    float *rows = test_allocate(COUNT * DIM, sizeof *rows);

    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, COUNT, DIM, 0, NULL, 0, 0, &memory));
    for (size_t i = 0; catalogue_separation(i) != NULL; i++) {
        uhn_options options;
        subject s = {.text = catalogue_separation(i)};

        catalogue_options("manhattan", s.text, &options);
        s.separation = options.separation;
        s.parameters = options.separation_parameters;
        if (s.separation->bind != NULL)
            check_ok(s.separation->bind(memory, &options, &s.context));
        check_separation(&s);
        if (s.separation->unbind != NULL)
            s.separation->unbind(s.context);
    }
    uhn_memory_destroy(memory);
    free(rows);
}

/* Selections and sums through the public API: uhn_weights() is the same accumulator behind an engine. */
static void test_weights_agree(void **state)
{
    static outcome whole;
    uhn_memory *memory = NULL;
    float *rows = test_allocate(COUNT * DIM, sizeof *rows);
    double scores[COUNT], weights[COUNT];

    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, COUNT, DIM, 0, NULL, 0, 0, &memory));
    for (size_t i = 0; catalogue_separation(i) != NULL; i++) {
        test_random random = {i + 3};
        uhn_query_status status;
        uhn_options options;
        subject s = {.text = catalogue_separation(i)};

        for (size_t j = 0; j < COUNT; j++)
            scores[j] = draw_distance(&random) / (i % 2 == 0 ? 1 : -20) + (i % 2 == 0 ? 0 : 0.25);
        catalogue_options("manhattan", s.text, &options);
        s.separation = options.separation;
        s.parameters = options.separation_parameters;
        if (s.separation->bind != NULL)
            check_ok(s.separation->bind(memory, &options, &s.context));
        run_whole(&s, scores, &whole);
        check_ok(uhn_weights(memory, scores, 1, &options, weights, &status));
        assert_int_equal(status, whole.status);
        for (size_t j = 0; j < COUNT && status == UHN_QUERY_OK; j++)
            if (!(fabs(weights[j] - whole.weights[j]) <= 1e-13 * largest(whole.weights, COUNT)))
                fail_msg("%s: weight %zu is %.17g, %.17g by hand", s.text, j, weights[j], whole.weights[j]);
        if (s.separation->unbind != NULL)
            s.separation->unbind(s.context);
    }
    uhn_memory_destroy(memory);
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_monoid),
        cmocka_unit_test(test_weights_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
