/* SPDX-License-Identifier: MIT
 * Adiabatic trajectories of linear neurons with dot and log-sum-exp, followed by the scores of the memories instead of
 * by v. With a = e^(−dt/τ), b = 1 − a, weights f = softmax(β s), target z = Mᵀ f and G = M Mᵀ, a step
 *
 *     v ← v + b (z − v)      is      s ← s + b (t − s),   t = M z
 *
 * and weights that change by q change t by G q. So a step costs a product with the N × N matrix G for what has changed,
 * not two with M, and next to nothing where few memories share the weight; v is Σ shares · rows + a^n v₀, formed at the
 * end. What q leaves out, being small, stays owed: f − weights is taken again with the next step, and does not add up.
 *
 * A thread takes a block of trajectories through all their steps. */
#include "base/allocate.h"
#include "base/status.h"
#include "core/plan.h"
#include "dynamics/lagrangian.h"
#include "dynamics/watch.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <string.h>

enum {
    BLOCK = 36,       /* trajectories of a block: some tiles of the projection; with G, they stay in the cache */
    SPARSE = 8,       /* up to 1/8 of the changes are projected one by one */
    MOST_ROWS = 4096, /* of G: 64 MiB */
    RESULT_ROWS = 64, /* of G, computed at a time */
    ADDITIONS = 130,  /* the kernels' project(): its error, in 2^-24 Σ|term| */
};

/* What may stay owed: this share of Σ|f − weights|; or, of weights that add up to 1, a sixteenth of float32's rounding.
 */
static const double owed_share = 0x1p-26, owed = 0x1p-28;

typedef struct gram {
    const uhn_system *system;
    const uhn_kernels *kernels;
    size_t width;           /* N, padded for the kernels */
    const float **rows;     /* [N] of M */
    float *row_room;        /* [N][D], where they are not stored as floats */
    const float **products; /* [N] of G */
    float *product_room;    /* [N][N] */
    double *results;        /* [thread][RESULT_ROWS][N] */
    double error;           /* of G q, per Σ|q| */
    double stays, moves;    /* a and b */
    double beta;
} gram;

/* One trajectory; the arrays [width] lie one after the other. */
typedef struct track {
    double *scores, *targets, *weights, *shares; /* s, t = M z, f but for what is owed, and of the rows in v */
    double top;                                  /* the largest score */
    double along;                                /* the last change of the weights, times t − s of before */
    double initial_share;                        /* a^n: of v₀ in v */
    double v_squares, d_squares;                 /* |v|², |z − v|² */
    double moved;                                /* |Δv| of the last step */
    double score_error, target_error;            /* bounds: of s = M v, and of M z */
    uhn_energy_watch watch;
    uhn_flow_report report;
} track;

/* What a thread has for its block. */
typedef struct block {
    const gram *gram;
    size_t first, count;
    track *tracks;        /* [BLOCK] */
    double *arrays;       /* [BLOCK] of four arrays each */
    float *looks;         /* [BLOCK][D]: v₀, then the first z */
    float *changes;       /* [BLOCK][width]: q, of those that wait for the projection */
    double *owed, *state; /* [width], [D] */
    size_t active;
    size_t which[BLOCK]; /* that still flow */
} block;

/* The caller's arrays. */
typedef struct batch {
    const float *queries;
    size_t count, query_stride;
    double *states;
    size_t state_stride;
    double *energies;
    uhn_flow_report *reports;
} batch;

static const float *query_of(const batch *b, size_t query)
{
    return (const float *)(const void *)((const uint8_t *)b->queries + query * b->query_stride);
}

bool uhn_flow_by_scores_serves(const uhn_system *system)
{
    const uhn_flow *flow = system->flow;
    const uhn_memory *memory = system->memory;
    const double reach = fmax(fabs((double)memory->low), fabs((double)memory->high));
    return flow->integrator == UHN_INTEGRATOR_ADIABATIC && flow->similarity->settling == &uhn_settling_linear &&
           flow->leak && flow->lagrangians[UHN_LAYER_VALUE] == &uhn_lagrangian_quadratic &&
           flow->lagrangians[UHN_LAYER_MEMORY] == &uhn_lagrangian_log_sum_exp && !flow->input && !flow->clamped &&
           !flow->watch && /* which would see v, and v is only known at the end */
           !system->hetero && system->count <= 2 * system->dim && system->count <= MOST_ROWS && reach > 0x1p-40 &&
           reach < 0x1p40 && flow->parameters[UHN_LAYER_MEMORY][0] > 1e-100; /* G is far from the ends of float32 */
}

/* ---- G */

static void release_gram(gram *g)
{
    uhn_release(g->rows);
    uhn_release(g->row_room);
    uhn_release(g->products);
    uhn_release(g->product_room);
    uhn_release(g->results);
}

static uhn_status allocate_gram(gram *g, int threads)
{
    const size_t count = g->system->count, dim = g->system->dim;
    const bool expands = g->system->memory->storage != UHN_FLOAT32;
    g->rows = uhn_allocate(count, sizeof *g->rows);
    g->row_room = uhn_allocate_unset(expands ? count : 0, dim * sizeof(float));
    g->products = uhn_allocate(count, sizeof *g->products);
    g->product_room = uhn_allocate_unset(count, count * sizeof(float));
    g->results = uhn_allocate_unset((size_t)threads * RESULT_ROWS, count * sizeof(double));
    if (!g->rows || !g->row_room || !g->products || !g->product_room || !g->results)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the products of %zu memories", count);
    return UHN_OK;
}

static void multiply_rows(const gram *g, size_t first, size_t rows)
{
    const size_t count = g->system->count;
    double *results = g->results + (size_t)omp_get_thread_num() * RESULT_ROWS * count;
    g->kernels->pass[UHN_PASS_MULTIPLY]((const void *const *)g->rows, count, (const void *const *)g->rows + first, rows,
                                        g->system->dim, NULL, results, count);
    float *to = g->product_room + first * count;
    for (size_t i = 0; i < rows * count; i++)
        to[i] = (float)results[i];
}

static void fill_gram(gram *g, int threads)
{
    const size_t count = g->system->count, dim = g->system->dim;
    const uhn_memory *memory = g->system->memory;
    const bool expands = memory->storage != UHN_FLOAT32;
    for (size_t m = 0; m < count; m++) {
        g->rows[m] = uhn_memory_expand(memory, m, expands ? g->row_room + m * dim : NULL);
        g->products[m] = g->product_room + m * count;
    }
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t first = 0; first < count; first += RESULT_ROWS)
        multiply_rows(g, first, count - first < RESULT_ROWS ? count - first : RESULT_ROWS);
    double largest = 0; /* no |G| is larger than that of a row with itself */
    for (size_t m = 0; m < count; m++)
        largest = fmax(largest, (double)g->products[m][m]);
    g->error = (g->kernels->rounding(dim) + ADDITIONS + 2) * 0x1p-24 * largest;
}

/* ---- the beginning of a trajectory */

/* s [BLOCK] ← M x of the looks; what float32 cannot hold is computed exactly. */
static void look_up(block *b, bool of_targets)
{
    const gram *g = b->gram;
    const size_t dim = g->system->dim, count = g->system->count;
    const void *looks[BLOCK];
    for (size_t i = 0; i < b->count; i++)
        looks[i] = b->looks + i * dim;
    double *to = b->arrays + (of_targets ? g->width : 0);
    g->kernels->pass[UHN_PASS_MULTIPLY]((const void *const *)g->rows, count, looks, b->count, dim, NULL, to,
                                        4 * g->width);
    for (size_t i = 0; i < b->count; i++, to += 4 * g->width)
        if (!uhn_all_finite_doubles(to, count))
            for (size_t m = 0; m < count; m++)
                to[m] = g->kernels->step[UHN_STEP_MULTIPLY](g->rows[m], looks[i], dim);
}

/* Σ|x| times the largest number of M, and the rounding of the pass. */
static double error_of_look(const gram *g, const float *x)
{
    const uhn_memory *memory = g->system->memory;
    const double reach = fmax(fabs((double)memory->low), fabs((double)memory->high));
    return (g->kernels->rounding(g->system->dim) + 1) * 0x1p-24 * reach * g->kernels->absolute_sum(x, g->system->dim);
}

static void start(block *b, size_t i, const batch *all)
{
    const gram *g = b->gram;
    const size_t dim = g->system->dim, steps = g->system->flow->steps, query = b->first + i;
    track *t = &b->tracks[i];
    double *arrays = b->arrays + 4 * i * g->width;
    *t = (track){.scores = arrays,
                 .targets = arrays + g->width,
                 .weights = arrays + 2 * g->width,
                 .shares = arrays + 3 * g->width,
                 .initial_share = 1,
                 .watch = {.trace = all->energies ? all->energies + query * (steps + 1) : NULL, .rounding = 1}};
    memset(arrays, 0, 4 * g->width * sizeof *arrays);
    uhn_flow_report_clear(&t->report);
    t->report.dt = g->system->flow->dt;
    for (size_t step = 0; t->watch.trace && step <= steps; step++)
        t->watch.trace[step] = NAN;
    float *v = memcpy(b->looks + i * dim, query_of(all, query), dim * sizeof *v);
    if (g->kernels->all_finite(v, dim)) {
        b->which[b->active++] = i;
        t->v_squares = g->kernels->moments(v, dim).squares;
        t->score_error = error_of_look(g, v);
    } else {
        t->report.status = UHN_QUERY_NONFINITE;
        memset(v, 0, dim * sizeof *v);
    }
}

/* state ← shares · rows + initial_share · initial */
static void combine(const block *b, const double *shares, double initial_share, const float *initial)
{
    const gram *g = b->gram;
    const size_t dim = g->system->dim;
    for (size_t i = 0; i < dim; i++)
        b->state[i] = initial_share * (double)initial[i];
    for (size_t m = 0; m < g->system->count; m++)
        if (shares[m] != 0)
            g->kernels->accumulate(b->state, shares[m], g->rows[m], dim);
}

/* With the first weights: z in place of v₀. */
static void turn_to_target(block *b, size_t i)
{
    const size_t dim = b->gram->system->dim;
    track *t = &b->tracks[i];
    float *look = b->looks + i * dim;
    combine(b, t->weights, 0, look);
    t->d_squares = 0;
    for (size_t k = 0; k < dim; k++) {
        const double d = b->state[k] - (double)look[k];
        t->d_squares += d * d;
        look[k] = (float)b->state[k];
    }
    t->target_error = error_of_look(b->gram, look);
}

/* ---- the steps */

/* E, and a bound on its error: |v|² is off by no more than the worst score is. */
static void note(track *t, size_t step, double lagrangian)
{
    const double terms = t->v_squares / 2 + fabs(lagrangian);
    uhn_note_energy(&t->watch, step, t->v_squares / 2 - lagrangian,
                    1.5 * fmax(t->score_error, t->target_error) + 0x1p-40 * terms, &t->report);
}

/* No cycles: every step that moves lowers the energy. */
static bool is_over(const gram *g, track *t, size_t step)
{
    const uhn_flow *flow = g->system->flow;
    uhn_flow_report *report = &t->report;
    report->steps = step;
    if (!isfinite(report->energy)) {
        report->status = UHN_QUERY_DOMAIN;
        return true;
    }
    if (step == 0)
        return false;
    const double part = fmin(1, report->dt / flow->tau_v);
    report->residual = t->moved / part;
    if (t->moved <= flow->tolerance * (1 + sqrt(fmax(t->v_squares, 0))) * part) {
        report->period = 1;
        report->ending = uhn_rest_of(report->effective_support, g->system->count);
        return true;
    }
    return step == flow->steps;
}

/* |z − v|², with the changes in the targets. */
static void end_change(const gram *g, track *t, const float *change)
{
    const double along = g->kernels->flow_along(change, t->targets, t->scores, g->width);
    t->d_squares = fmax(0, t->d_squares + t->along + along);
}

/* The weights of the new scores. Gives whether their change waits, at `change`, for the projection of the block. */
static bool change_weights(const block *b, track *t, double sum, bool first, float *change)
{
    const gram *g = b->gram;
    const size_t count = g->system->count;
    const double lacking = g->kernels->flow_lack(b->owed, t->weights, g->width, 1 / sum);
    const double least = fmax(owed_share * lacking, owed) / (double)count;
    const uhn_granted granted = g->kernels->flow_grant(b->owed, t->weights, g->width, least, change);
    if (first || granted.count == 0)
        return false;
    t->along = g->kernels->flow_along(change, t->targets, t->scores, g->width);
    t->target_error += g->error * granted.sum;
    if (granted.count > count / SPARSE)
        return true;
    for (size_t m = 0; m < count; m++)
        if (change[m] != 0)
            g->kernels->accumulate(t->targets, (double)change[m], g->products[m], count);
    end_change(g, t, change);
    return false;
}

/* v, s and what is known of them after a step. */
static void advance(const gram *g, track *t)
{
    const double a = g->stays, b = g->moves;
    const uhn_relaxed relaxed = g->kernels->flow_relax(t->scores, t->targets, t->shares, t->weights, g->width, a, b);
    t->top = relaxed.top;
    t->v_squares = a * a * t->v_squares + 2 * a * b * relaxed.along_scores + b * b * relaxed.along_targets;
    t->moved = b * sqrt(t->d_squares);
    t->d_squares *= a * a;
    t->initial_share *= a;
    t->score_error = a * t->score_error + b * t->target_error;
}

/* S of the memories that may be the best or the second, from v. */
static void find_nearest(const block *b, track *t)
{
    const gram *g = b->gram;
    const size_t count = g->system->count, dim = g->system->dim;
    double best = -INFINITY, second = -INFINITY;
    for (size_t m = 0; m < count; m++) {
        second = fmax(second, fmin(best, t->scores[m]));
        best = fmax(best, t->scores[m]);
    }
    const double least = second - 2 * t->score_error;
    best = second = -INFINITY;
    for (size_t m = 0; m < count; m++) {
        double score = 0;
        if (t->scores[m] < least)
            continue;
        for (size_t i = 0; i < dim; i++)
            score += (double)g->rows[m][i] * b->state[i];
        if (score > best)
            t->report.nearest = m;
        second = fmax(second, fmin(best, score));
        best = fmax(best, score);
    }
    t->report.nearest_score = best;
    t->report.margin = best - second;
}

static void deliver(const block *b, size_t i, const batch *all)
{
    track *t = &b->tracks[i];
    const size_t query = b->first + i, dim = b->gram->system->dim;
    double *to = (double *)(void *)((uint8_t *)all->states + query * all->state_stride);
    if (uhn_is_answered(t->report.status)) {
        combine(b, t->shares, t->initial_share, query_of(all, query));
        find_nearest(b, t);
        memcpy(to, b->state, dim * sizeof *to);
    } else {
        t->report.effective_support = NAN;
        for (size_t k = 0; k < dim; k++)
            to[k] = NAN;
    }
    if (all->reports)
        all->reports[query] = t->report;
}

/* Looks at the state after `step`; those that end leave. Changes that wait are projected together. */
static void see_all(block *b, size_t step, const batch *all)
{
    const gram *g = b->gram;
    double *targets[BLOCK];
    size_t waiting[BLOCK], kept = 0, waits = 0;
    for (size_t k = 0; k < b->active; k++) {
        const size_t i = b->which[k];
        track *t = &b->tracks[i];
        const uhn_moments sums = g->kernels->flow_soften(t->scores, g->width, g->beta, t->top, b->owed);
        t->report.effective_support = sums.sum * sums.sum / sums.squares;
        note(t, step, t->top + log(sums.sum) / g->beta);
        if (is_over(g, t, step)) {
            deliver(b, i, all);
            continue;
        }
        b->which[kept++] = i;
        if (change_weights(b, t, sums.sum, step == 0, b->changes + waits * g->width)) {
            targets[waits] = t->targets;
            waiting[waits++] = i;
        }
    }
    b->active = kept;
    if (waits)
        g->kernels->project(g->products, g->system->count, b->changes, g->width, targets, waits, g->system->count);
    for (size_t k = 0; k < waits; k++)
        end_change(g, &b->tracks[waiting[k]], b->changes + k * g->width);
}

static void flow_block(block *b, const batch *all)
{
    const gram *g = b->gram;
    b->active = 0;
    for (size_t i = 0; i < b->count; i++)
        start(b, i, all);
    look_up(b, false);
    for (size_t i = 0; i < b->count; i++) {
        track *t = &b->tracks[i];
        for (size_t m = g->system->count; m < g->width; m++)
            t->scores[m] = t->targets[m] = -DBL_MAX / 4; /* no weight, and 0 times it is 0 */
        t->top = g->kernels->largest(t->scores, g->system->count, -INFINITY);
        if (!uhn_is_answered(t->report.status))
            deliver(b, i, all);
    }
    for (size_t step = 0; b->active; step++) {
        see_all(b, step, all);
        for (size_t k = 0; step == 0 && k < b->active; k++)
            turn_to_target(b, b->which[k]);
        if (step == 0)
            look_up(b, true);
        for (size_t k = 0; k < b->active; k++)
            advance(g, &b->tracks[b->which[k]]);
    }
}

/* ---- the call */

static void release_blocks(block *blocks, int threads)
{
    for (int i = 0; blocks && i < threads; i++) {
        uhn_release(blocks[i].tracks);
        uhn_release(blocks[i].arrays);
        uhn_release(blocks[i].looks);
        uhn_release(blocks[i].changes);
        uhn_release(blocks[i].owed);
        uhn_release(blocks[i].state);
    }
    uhn_release(blocks);
}

static uhn_status allocate_block(block *b, const gram *g)
{
    const size_t dim = g->system->dim;
    *b = (block){.gram = g,
                 .tracks = uhn_allocate(BLOCK, sizeof *b->tracks),
                 .arrays = uhn_allocate(BLOCK, 4 * g->width * sizeof *b->arrays),
                 .looks = uhn_allocate(BLOCK, dim * sizeof *b->looks),
                 .changes = uhn_allocate(BLOCK, g->width * sizeof *b->changes),
                 .owed = uhn_allocate(g->width, sizeof *b->owed),
                 .state = uhn_allocate(dim, sizeof *b->state)};
    if (!b->tracks || !b->arrays || !b->looks || !b->changes || !b->owed || !b->state)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the states of %d trajectories", BLOCK);
    return UHN_OK;
}

static gram gram_of(const uhn_system *system)
{
    const double ratio = system->flow->dt / system->flow->tau_v;
    return (gram){.system = system,
                  .kernels = uhn_kernels_in_use(),
                  .width = (system->count + UHN_LANES - 1) / UHN_LANES * UHN_LANES,
                  .stays = exp(-ratio),
                  .moves = -expm1(-ratio),
                  .beta = system->flow->parameters[UHN_LAYER_MEMORY][0]};
}

uhn_status uhn_flow_by_scores(const uhn_system *system, const float *queries, size_t count, size_t query_stride,
                              double *states, size_t state_stride, double *energies, uhn_flow_report *reports)
{
    const uhn_options options = {.threads = system->flow->threads};
    const int threads = uhn_thread_count(&options, (count - 1) / BLOCK + 1);
    const batch all = {queries, count, query_stride, states, state_stride, energies, reports};
    gram g = gram_of(system);
    block *blocks = uhn_allocate((size_t)threads, sizeof *blocks);
    uhn_status status = UHN_OK;
    UHN_TRY(allocate_gram(&g, threads));
    if (!blocks)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %d threads", threads));
    for (int i = 0; i < threads; i++)
        UHN_TRY(allocate_block(&blocks[i], &g));
    fill_gram(&g, threads);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t first = 0; first < count; first += BLOCK) {
        block *b = &blocks[omp_get_thread_num()];
        b->first = first;
        b->count = count - first < BLOCK ? count - first : BLOCK;
        flow_block(b, &all);
    }
leave:
    release_blocks(blocks, threads);
    release_gram(&g);
    return status;
}
