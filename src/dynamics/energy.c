/* SPDX-License-Identifier: MIT
 * Energies of iterated recalls: for the pairs of similarity and separation of which it is proven that z ← P ·
 * sep(sim(M, z)) never raises them (docs/dynamics-reference.md, section 5). */
#include "base/allocate.h"
#include "base/status.h"
#include "core/retrieve.h"
#include "dynamics/lagrangian.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What an energy is a function of. */
typedef struct view {
    const double *scores; /* [N], as the recall has them; the energy may overwrite `room` [N] */
    double *room;
    const double *weights; /* [N]: how much each row counts (its length, its sum) */
    size_t count, dim;
    const float *state;
    const double *similarity, *separation; /* parameters */
} view;

/* ---- L(s), with grad L the separation's weights; s = scale · score */

typedef double potential(const view *v, double scale);

static double fill(const view *v, double scale)
{
    double top = -INFINITY;
    for (size_t i = 0; i < v->count; i++) {
        v->room[i] = scale * v->scores[i];
        top = fmax(top, v->room[i]);
    }
    return top;
}

static double lagrangian(const view *v, double scale, const uhn_lagrangian *row, const double *parameters,
                         double *activation)
{
    fill(v, scale);
    return row->evaluate(v->room, v->count, parameters, activation);
}

/* Separations act on the score; with s = scale · score their β is beta / scale. */
static double log_sum_exp(const view *v, double scale)
{
    const double beta = v->separation[0] / scale;
    return lagrangian(v, scale, &uhn_lagrangian_log_sum_exp, &beta, v->room + v->count);
}

static double entmax(const view *v, double scale)
{
    const double parameters[] = {v->separation[0], v->separation[1] / scale};
    return lagrangian(v, scale, &uhn_lagrangian_entmax, parameters, v->room + v->count);
}

static double sparsemax(const view *v, double scale)
{
    const double parameters[] = {2, v->separation[0] / scale};
    return lagrangian(v, scale, &uhn_lagrangian_entmax, parameters, v->room + v->count);
}

static double maximum(const view *v, double scale)
{
    return fill(v, scale);
}

static int falling(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The k largest first; how many there are. */
static size_t best(const view *v, double scale, double k)
{
    fill(v, scale);
    qsort(v->room, v->count, sizeof *v->room, falling);
    return k < (double)v->count ? (size_t)k : v->count;
}

static double top_k(const view *v, double scale)
{
    const double beta = v->separation[1] / scale;
    const size_t k = best(v, scale, v->separation[0]);
    return uhn_lagrangian_log_sum_exp.evaluate(v->room, k, &beta, v->room + v->count);
}

static double winners(const view *v, double scale)
{
    const size_t k = best(v, scale, v->separation[0]);
    double sum = 0;
    for (size_t i = 0; i < k; i++)
        sum += v->room[i];
    return sum;
}

static double threshold(const view *v, double scale)
{
    double sum = 0;
    for (size_t i = 0; i < v->count; i++)
        sum += fmax(scale * v->scores[i] - v->separation[0], 0);
    return sum;
}

static double power_sum(const view *v, double order)
{
    double sum = 0;
    for (size_t i = 0; i < v->count; i++)
        sum += v->scores[i] > 0 ? pow(v->scores[i], order) : 0;
    return sum;
}

static double identity(const view *v, double scale)
{
    (void)scale;
    double sum = 0;
    for (size_t i = 0; i < v->count; i++)
        sum += v->scores[i] * v->scores[i];
    return sum / 2;
}

static double rectified(const view *v, double scale)
{
    (void)scale;
    return power_sum(v, v->separation[0] + 1) / (v->separation[0] + 1);
}

/* ---- energies, each with its potential where it has one */

typedef double energy_function(const view *v, potential *of);

static double squares_of(const view *v)
{
    double sum = 0;
    for (size_t i = 0; i < v->dim; i++)
        sum += (double)v->state[i] * (double)v->state[i];
    return sum;
}

static double energy_dot(const view *v, potential *of)
{
    return squares_of(v) / 2 - of(v, 1);
}

static double energy_distance(const view *v, potential *of)
{
    return -of(v, 0.5);
}

static bool any_negative(const view *v)
{
    for (size_t i = 0; i < v->count; i++)
        if (v->scores[i] < 0)
            return true;
    return false;
}

/* −Σ max(ξ·u, 0)^(n+1) with u = z/|z| */
static double on_sphere(const view *v, double order)
{
    return -power_sum(v, order + 1) / pow(squares_of(v), (order + 1) / 2);
}

static double energy_rectified_sphere(const view *v, potential *of)
{
    (void)of;
    return on_sphere(v, v->separation[0]);
}

static double energy_polynomial_sphere(const view *v, potential *of)
{
    (void)of;
    return any_negative(v) ? (double)NAN : on_sphere(v, v->separation[0]);
}

static double energy_root_sphere(const view *v, potential *of)
{
    (void)of;
    return any_negative(v) ? (double)NAN : on_sphere(v, 0.5);
}

static double energy_identity_sphere(const view *v, potential *of)
{
    return -of(v, 1) / squares_of(v);
}

/* w = (d² + ε)^−p: Σ (d² + ε)^(1−p)/(1−p), or its limit Σ log (d² + ε) */
static double reweighted(const view *v, double p)
{
    double sum = 0;
    for (size_t i = 0; i < v->count; i++)
        sum += p == 1 ? -log(v->scores[i]) : pow(v->scores[i], p - 1) / (1 - p);
    return sum;
}

static double energy_inverse(const view *v, potential *of)
{
    (void)of;
    return reweighted(v, 1);
}

static double energy_inverse_root(const view *v, potential *of)
{
    (void)of;
    return reweighted(v, 0.5);
}

static double energy_inverse_power(const view *v, potential *of)
{
    (void)of;
    return reweighted(v, v->separation[0]);
}

static double energy_log_sum_relu(const view *v, potential *of)
{
    (void)of;
    const double beta = v->separation[0];
    double sum = v->separation[1];
    for (size_t i = 0; i < v->count; i++)
        sum += fmax(1 + beta * v->scores[i], 0);
    return -log(sum) / (2 * beta);
}

static double energy_epanechnikov(const view *v, potential *of)
{
    (void)of;
    double sum = 0;
    for (size_t i = 0; i < v->count; i++) {
        const double inside = fmax(1 + v->separation[0] * v->scores[i], 0);
        sum += inside * inside;
    }
    return -sum;
}

/* −(1/β) log Σ weight exp(β s) */
static double energy_weighted(const view *v, potential *of)
{
    (void)of;
    const double beta = v->separation[0], top = fill(v, 1);
    double sum = 0;
    for (size_t i = 0; i < v->count; i++)
        sum += v->weights[i] * exp(beta * (v->room[i] - top));
    return -top - log(sum) / beta;
}

/* ---- which */

enum { UNNORMALISED = 1, BY_SUM = 2, EITHER = 3 };

static const struct energy_row {
    const char *similarity, *separation;
    int weights; /* divided by their sum, or not; self-normalised separations take either */
    energy_function *energy;
    potential *of;
    const char *formula;
} rows[] = {
    {"dot", "softmax", EITHER, energy_dot, log_sum_exp, "½|z|² − (1/β) log Σ exp(β x·z)"},
    {"dot", "sparsemax", EITHER, energy_dot, sparsemax, "½|z|² − max over p of (p·s − Ω(p)/β)"},
    {"dot", "entmax", EITHER, energy_dot, entmax, "½|z|² − max over p of (p·s − Ω(p)/β)"},
    {"dot", "max", EITHER, energy_dot, maximum, "½|z|² − max x·z"},
    {"dot", "top-k-softmax", EITHER, energy_dot, top_k, "½|z|² − (1/β) log Σ exp(β x·z) over the k largest"},
    {"dot", "k-winners", UNNORMALISED, energy_dot, winners, "½|z|² − Σ x·z over the k largest"},
    {"dot", "threshold", UNNORMALISED, energy_dot, threshold, "½|z|² − Σ max(x·z − θ, 0)"},
    {"dot", "identity", UNNORMALISED, energy_dot, identity, "½|z|² − ½ Σ (x·z)²"},
    {"dot", "rectified-polynomial", UNNORMALISED, energy_dot, rectified, "½|z|² − Σ max(x·z, 0)^(n+1)/(n+1)"},
    {"dot", "identity", BY_SUM, energy_identity_sphere, identity, "−½ Σ (x·z)²/|z|²"},
    {"dot", "rectified-polynomial", BY_SUM, energy_rectified_sphere, NULL, "−Σ max(x·z/|z|, 0)^(n+1)"},
    {"dot", "polynomial", BY_SUM, energy_polynomial_sphere, NULL, "−Σ (x·z/|z|)^(n+1), all x·z ≥ 0"},
    {"dot", "sqrt", BY_SUM, energy_root_sphere, NULL, "−Σ (x·z/|z|)^(3/2)"},
    {"sqeuclidean", "softmax", EITHER, energy_distance, log_sum_exp, "−(1/2β) log Σ exp(−β |x − z|²)"},
    {"sqeuclidean", "sparsemax", EITHER, energy_distance, sparsemax, "−max over p of (p·s − Ω(p)/2β), s = −½|x − z|²"},
    {"sqeuclidean", "entmax", EITHER, energy_distance, entmax, "−max over p of (p·s − Ω(p)/2β), s = −½|x − z|²"},
    {"sqeuclidean", "max", EITHER, energy_distance, maximum, "½ min |x − z|²"},
    {"sqeuclidean", "top-k-softmax", EITHER, energy_distance, top_k, "−(1/2β) log Σ exp(−β |x − z|²), k nearest"},
    {"sqeuclidean", "k-winners", BY_SUM, energy_distance, winners, "½ Σ |x − z|² over the k nearest"},
    {"sqeuclidean", "log-sum-relu", BY_SUM, energy_log_sum_relu, NULL, "−(1/2β) log(ε + Σ max(1 − β |x − z|², 0))"},
    {"sqeuclidean", "epanechnikov", EITHER, energy_epanechnikov, NULL, "−Σ max(1 − β |x − z|², 0)²"},
    {"inverse-sqeuclidean", "identity", BY_SUM, energy_inverse, NULL, "Σ log(|x − z|² + ε)"},
    {"inverse-sqeuclidean", "sqrt", BY_SUM, energy_inverse_root, NULL, "2 Σ √(|x − z|² + ε)"},
    {"inverse-sqeuclidean", "polynomial", BY_SUM, energy_inverse_power, NULL, "Σ (|x − z|² + ε)^(1−n)/(1−n)"},
    {"cosine", "softmax", EITHER, energy_weighted, NULL, "−(1/β) log Σ |x| exp(β cos(x, z))"},
    {"correlation", "softmax", EITHER, energy_weighted, NULL, "−(1/β) log Σ |x − mean| exp(β correlation(x, z))"},
    {"kl", "softmax", EITHER, energy_weighted, NULL, "−(1/β) log Σ (Σx) exp(−β KL(x‖z))"},
};

static const struct energy_row *row_for(const uhn_memory *memory, const uhn_options *o)
{
    if (!memory || !o || !o->similarity || !o->separation || memory->has_values || o->compat_paper ||
        o->normalise_scores || o->observed || o->output != UHN_OUTPUT_NONE || o->update != UHN_UPDATE_RECALL ||
        o->projection != UHN_PROJECTION_VALUES || o->normalise_weights > UHN_NORMALISE_SUM)
        return NULL;
    const int weights = o->separation->self_normalised              ? EITHER
                        : o->normalise_weights == UHN_NORMALISE_SUM ? BY_SUM
                                                                    : UNNORMALISED;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (o->similarity == uhn_find_similarity(rows[i].similarity) &&
            o->separation == uhn_find_separation(rows[i].separation) && (rows[i].weights & weights))
            return &rows[i];
    return NULL;
}

const char *uhn_energy_formula(const uhn_memory *memory, const uhn_options *options)
{
    const struct energy_row *row = row_for(memory, options);
    return row ? row->formula : NULL;
}

/* ---- evaluating */

/* Everything for the energies of some states. */
typedef struct evaluator {
    const struct energy_row *row;
    uhn_plan plan;
    double *scores, *room, *weights; /* [N], [2 N], [N] */
    float *state;                    /* [D] */
} evaluator;

static double length_of(const float *x, size_t dim, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < dim; i++)
        sum += ((double)x[i] - mean) * ((double)x[i] - mean);
    return sqrt(sum);
}

static double sum_of(const float *x, size_t dim)
{
    double sum = 0;
    for (size_t i = 0; i < dim; i++)
        sum += (double)x[i];
    return sum;
}

static void weigh_rows(evaluator *e)
{
    const uhn_memory *memory = e->plan.memory;
    const char *name = e->row->similarity;
    for (size_t m = 0; m < memory->count; m++) {
        const float *x = uhn_memory_expand(memory, m, e->state);
        const double sum = sum_of(x, memory->dim);
        if (strcmp(name, "kl") == 0)
            e->weights[m] = sum;
        else
            e->weights[m] = length_of(x, memory->dim, strcmp(name, "cosine") == 0 ? 0 : sum / (double)memory->dim);
    }
}

static void close_evaluator(evaluator *e)
{
    uhn_plan_free(&e->plan);
    uhn_release(e->scores);
    uhn_release(e->room);
    uhn_release(e->weights);
    uhn_release(e->state);
}

static uhn_status open_evaluator(const uhn_memory *memory, const uhn_options *options, evaluator *e)
{
    uhn_status status = UHN_OK;
    *e = (evaluator){0};
    UHN_TRY(uhn_plan_make(memory, options, UHN_BIND_SIMILARITY, &e->plan));
    UHN_TRY(uhn_memory_check_blocks(memory));
    e->row = row_for(memory, options);
    if (!e->row)
        UHN_TRY(uhn_fail(UHN_ERROR_UNSUPPORTED, "no energy is known for '%s' with '%s' and these options",
                         options->similarity->name, options->separation->name));
    const size_t count = memory->count;
    e->scores = uhn_allocate(count, sizeof *e->scores);
    e->room = uhn_allocate(count, 2 * sizeof *e->room);
    e->weights = uhn_allocate(count, sizeof *e->weights);
    e->state = uhn_allocate(memory->dim, sizeof *e->state);
    if (!e->scores || !e->room || !e->weights || !e->state)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the scores of %zu memories", count));
    weigh_rows(e);
leave:
    if (status != UHN_OK)
        close_evaluator(e);
    return status;
}

static uhn_status evaluate(evaluator *e, const float *state, double *energy)
{
    const uhn_memory *memory = e->plan.memory;
    const uhn_batch one = {.queries = state, .count = 1, .stride = memory->dim * sizeof *state};
    uhn_query_status answered = UHN_QUERY_OK;
    const uhn_status status = uhn_retrieve_scores(&e->plan, &one, e->scores, &answered);
    *energy = NAN;
    if (status != UHN_OK || !uhn_is_answered(answered))
        return status;
    const view v = {.scores = e->scores,
                    .room = e->room,
                    .weights = e->weights,
                    .count = memory->count,
                    .dim = memory->dim,
                    .state = state,
                    .similarity = e->plan.options->similarity_parameters,
                    .separation = e->plan.options->separation_parameters};
    *energy = e->row->energy(&v, e->row->of);
    return UHN_OK;
}

uhn_status uhn_energy(const uhn_memory *memory, const float *states, size_t count, size_t stride,
                      const uhn_options *options, double *energies)
{
    uhn_options defaults;
    evaluator e;
    uhn_options_default(&defaults);
    uhn_status status = open_evaluator(memory, options ? options : &defaults, &e);
    if (status != UHN_OK)
        return status;
    UHN_TRY(uhn_check_rows("states", states, count, memory->dim, stride, &stride));
    if (count && !energies)
        UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "energies: no array was given"));
    for (size_t i = 0; i < count; i++)
        UHN_TRY(evaluate(&e, (const float *)(const void *)((const uint8_t *)states + i * stride), &energies[i]));
leave:
    close_evaluator(&e);
    return status;
}

/* ---- along a recall */

typedef struct tracer {
    evaluator *evaluator;
    double *energies;
    size_t steps;
    uhn_status status;
    uhn_watch watch;
    void *watch_context;
} tracer;

static bool trace(void *context, size_t query, size_t step, const float *state, size_t dim)
{
    tracer *t = context;
    t->status = evaluate(t->evaluator, state, &t->energies[query * (t->steps + 1) + step]);
    return t->status == UHN_OK && (!t->watch || t->watch(t->watch_context, query, step, state, dim));
}

uhn_status uhn_recall_energies(const uhn_memory *memory, const float *queries, size_t count, size_t query_stride,
                               const uhn_options *options, float *out, size_t out_stride, uhn_report *reports,
                               double *energies)
{
    uhn_options own;
    evaluator e;
    uhn_options_default(&own);
    own = options ? *options : own;
    tracer t = {&e, energies, own.steps, UHN_OK, own.watch, own.watch_context};
    uhn_status status = open_evaluator(memory, &own, &e);
    if (status != UHN_OK)
        return status;
    size_t stride = query_stride;
    UHN_TRY(uhn_check_rows("queries", queries, count, memory->dim, query_stride, &stride));
    if (count && !energies)
        UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "energies: no array was given"));
    for (size_t query = 0; query < count; query++) {
        double *row = energies + query * (own.steps + 1);
        for (size_t step = 1; step <= own.steps; step++)
            row[step] = NAN;
        UHN_TRY(evaluate(&e, (const float *)(const void *)((const uint8_t *)queries + query * stride), row));
    }
    own.watch = trace;
    own.watch_context = &t;
    status = uhn_recall(memory, queries, count, query_stride, &own, out, out_stride, reports);
    if (t.status != UHN_OK)
        status = t.status;
leave:
    close_evaluator(&e);
    return status;
}
