/* SPDX-License-Identifier: MIT
 * The projection of many rows for many queries, in every variant that this machine runs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "support/check.h"
#include "support/fence.h"
#include "support/length.h"
#include "support/random_data.h"

enum { ROWS = 300, QUERIES = 41, LONGEST = 1025, WEIGHT_STRIDE = ROWS + 3 };
enum { WEIGHTS = QUERIES * WEIGHT_STRIDE - 3 };

static const size_t out_dims[] = {0, 1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 47, 48, 49, 63, 65, 127, 257, 784, 1025};
static const size_t row_counts[] = {0, 1, 2, 31, 33, 127, 128, 129, 256, 257, 300};
static const size_t query_counts[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 41};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Rows, weights and sums, each before a fence. */
typedef struct setting {
    fence rows_at[ROWS], sums_at[QUERIES], weights_at;
    const float *rows[ROWS];
    double *sums[QUERIES];
    float *weights; /* [QUERIES][WEIGHT_STRIDE], where those after the last ROWS are missing */
    size_t out_dim;
} setting;

static setting *make_setting(void)
{
    setting *made = test_allocate(1, sizeof *made);

    for (size_t r = 0; r < ROWS; r++)
        made->rows_at[r] = make_fence(LONGEST * sizeof(float));
    for (size_t q = 0; q < QUERIES; q++)
        made->sums_at[q] = make_fence(LONGEST * sizeof(double));
    made->weights_at = make_fence(WEIGHTS * sizeof(float));
    made->weights = before_fence(&made->weights_at, WEIGHTS * sizeof(float));
    return made;
}

static void free_setting(setting *s)
{
    for (size_t r = 0; r < ROWS; r++)
        remove_fence(&s->rows_at[r]);
    for (size_t q = 0; q < QUERIES; q++)
        remove_fence(&s->sums_at[q]);
    remove_fence(&s->weights_at);
    free(s);
}

/* Numbers and weights: of ordinary size; over the whole range that is projected, large, and small; such that products
 * and parts of numbers are subnormal. */
typedef enum filling { ORDINARY, LARGE, SMALL, TINY, FILLINGS } filling;

static float draw_number(test_random *random, filling how)
{
    static const int largest[FILLINGS] = {0, 99, -83, -110};
    const float x = (float)random_normal(random);

    return how == ORDINARY ? x : ldexpf(x, largest[how] - (int)random_below(random, how == TINY ? 40 : 80));
}

static void draw(setting *s, test_random *random, filling how, size_t out_dim)
{
    s->out_dim = out_dim;
    for (size_t r = 0; r < ROWS; r++) {
        float *row = before_fence(&s->rows_at[r], out_dim * sizeof *row);

        for (size_t o = 0; o < out_dim; o++)
            row[o] = draw_number(random, how);
        s->rows[r] = row;
    }
    for (size_t q = 0; q < QUERIES; q++)
        s->sums[q] = before_fence(&s->sums_at[q], out_dim * sizeof(double));
    for (size_t i = 0; i < WEIGHTS; i++)
        s->weights[i] = random_below(random, 4) ? (float)random_uniform(random) : 0;
    for (size_t i = 0; how != ORDINARY && i < WEIGHTS; i++)
        s->weights[i] = ldexpf(s->weights[i], -(int)random_below(random, 71));
}

static double before(size_t query, size_t column)
{
    return column % 3 == 1 ? 5e-310 : 0.25 * (double)query - 0.5 * (double)column; /* subnormal sums stay */
}

/* A variant, and one of its two projections. */
typedef struct way {
    const uhn_kernels *kernels;
    bool split;
} way;

/* Those that there are; false past the last. */
static bool way_at(size_t index, way *w)
{
    for (size_t v = 0; (w->kernels = uhn_kernels_at(v)) != NULL; v++)
        for (int split = 0; split < 2; split++) {
            w->split = split > 0;
            if ((!w->split || w->kernels->project_split != NULL) && index-- == 0)
                return true;
        }
    return false;
}

static const char *name_of(const way *w)
{
    static char name[64];

    snprintf(name, sizeof name, "%s%s", w->kernels->isa, w->split ? " in parts" : "");
    return name;
}

static void project_all(const way *w, const float *const *rows, size_t row_count, const float *weights, size_t stride,
                        double *const *sums, size_t query_count, size_t out_dim)
{
    void *room = aligned_alloc(64, uhn_project_room(query_count) + 64);

    assert_true(room != NULL);
    if (w->split)
        w->kernels->project_split(rows, row_count, weights, stride, sums, query_count, out_dim, room);
    else
        w->kernels->project(rows, row_count, weights, stride, sums, query_count, out_dim);
    free(room);
}

static void project(const way *w, setting *s, size_t row_count, size_t first, size_t query_count)
{
    for (size_t q = first; q < first + query_count; q++)
        for (size_t o = 0; o < s->out_dim; o++)
            s->sums[q][o] = before(q, o);
    project_all(w, s->rows, row_count, s->weights + first * WEIGHT_STRIDE, WEIGHT_STRIDE, s->sums + first, query_count,
                s->out_dim);
}

static void check_bound(const way *w, const setting *s, size_t row_count, filling how)
{
    for (size_t i = 0; i < QUERIES * s->out_dim; i++) {
        const size_t q = i / s->out_dim, o = i % s->out_dim;
        double sum = before(q, o), magnitude = 0, largest = 0, bound;

        for (size_t r = 0; r < row_count; r++) {
            const double term = (double)s->weights[q * WEIGHT_STRIDE + r] * (double)s->rows[r][o];

            sum += term;
            magnitude += fabs(term);
            largest = fmax(largest, fabs((double)s->rows[r][o]));
        }
        /* The sum above and the additions in float64 cost far less than the last term. */
        bound = 130 * 0x1p-24 * magnitude + (double)row_count * 0x1p-121 * (2 + largest) +
                0x1p-43 * (magnitude + fabs(before(q, o)));
        if (!(fabs(s->sums[q][o] - sum) <= bound))
            fail_msg("%s, filling %d, %zu rows, out_dim %zu: %.17g, not %.17g: off by %g of the bound", name_of(w),
                     (int)how, row_count, s->out_dim, s->sums[q][o], sum, fabs(s->sums[q][o] - sum) / bound);
    }
}

static void test_bound(void **state)
{
    test_random random = {1};
    setting *s = make_setting();
    way w;

    (void)state;
    for (filling how = ORDINARY; how < FILLINGS; how++)
        for (size_t d = 0; d < LENGTH(out_dims); d += how == ORDINARY ? 1 : 5)
            for (size_t n = d % unless_short(1, 7); n < LENGTH(row_counts); n += unless_short(1, 7)) {
                draw(s, &random, how, out_dims[d]);
                for (size_t v = 0; way_at(v, &w); v++) {
                    project(&w, s, row_counts[n], 0, QUERIES);
                    check_bound(&w, s, row_counts[n], how);
                }
            }
    free_setting(s);
}

/* As a query alone. */
static void test_counts(void **state)
{
    test_random random = {2};
    setting *s = make_setting();
    double *alone = test_allocate(QUERIES * LONGEST, sizeof *alone);
    way w;

    (void)state;
    for (size_t d = 0; d < LENGTH(out_dims); d += unless_short(1, 5)) {
        const size_t bytes = out_dims[d] * sizeof(double);

        draw(s, &random, (filling)(d % FILLINGS), out_dims[d]);
        for (size_t v = 0; way_at(v, &w); v++) {
            for (size_t q = 0; q < QUERIES; q++) {
                project(&w, s, 130, q, 1);
                memcpy(alone + q * LONGEST, s->sums[q], bytes);
            }
            for (size_t n = 0; n < LENGTH(query_counts); n++) {
                project(&w, s, 130, 0, query_counts[n]);
                for (size_t q = 0; q < query_counts[n]; q++)
                    if (memcmp(s->sums[q], alone + q * LONGEST, bytes) != 0)
                        fail_msg("%s, out_dim %zu, %zu queries: the sums of query %zu differ from those of it alone",
                                 name_of(&w), out_dims[d], query_counts[n], q);
            }
        }
    }
    free(alone);
    free_setting(s);
}

/* More queries than are taken at once: the same one again and again. */
static void test_many_queries(void **state)
{
    enum { MANY = 163, DIM = 35 };
    test_random random = {3};
    setting *s = make_setting();
    float *weights = test_allocate((size_t)MANY * ROWS, sizeof *weights);
    double *sums = test_allocate((size_t)MANY * DIM, sizeof *sums), *at[MANY];
    way w;

    (void)state;
    draw(s, &random, ORDINARY, DIM);
    for (size_t q = 0; q < MANY; q++) {
        at[q] = sums + q * DIM;
        memcpy(weights + q * ROWS, s->weights + q % QUERIES * WEIGHT_STRIDE, ROWS * sizeof *weights);
    }
    for (size_t v = 0; way_at(v, &w); v++) {
        for (size_t i = 0; i < (size_t)MANY * DIM; i++)
            sums[i] = before(i / DIM % QUERIES, i % DIM);
        project(&w, s, ROWS, 0, QUERIES);
        project_all(&w, s->rows, ROWS, weights, ROWS, at, MANY, DIM);
        for (size_t i = 0; i < (size_t)MANY * DIM; i++)
            assert_true(same_double(sums[i], s->sums[i / DIM % QUERIES][i % DIM]));
    }
    free(weights);
    free(sums);
    free_setting(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bound), cmocka_unit_test(test_counts),
                                       cmocka_unit_test(test_many_queries)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
