/* SPDX-License-Identifier: MIT
 * Plain recall, once or again and again: z ← P · sep(sim(M, z)). Each query stops by itself, at its fixed point or
 * cycle; those that go on form the batch of the next step. */
#include "base/allocate.h"
#include "base/status.h"
#include "core/output.h"
#include "core/retrieve.h"
#include "core/update.h"

#include <math.h>
#include <string.h>

enum { CROWD = 1024 }; /* queries that iterate side by side */

/* Where one step puts its answers. */
typedef struct landing {
    const uhn_plan *plan;
    float *out;
    size_t stride;
    uhn_report *reports; /* or NULL */
} landing;

static float *row_of(float *rows, size_t index, size_t stride)
{
    return (float *)(void *)((uint8_t *)rows + index * stride);
}

static uhn_query_status apply_output(const uhn_plan *plan, const float *state, double *z)
{
    const uhn_options *options = plan->options;
    const bool has_state = !plan->memory->has_values && options->projection == UHN_PROJECTION_VALUES;
    if (options->compat_paper && options->output == UHN_OUTPUT_SIGN) { /* there sign(0) is −1 */
        for (size_t o = 0; o < plan->out_dim; o++)
            z[o] = z[o] > 0 ? 1 : -1;
        return UHN_QUERY_OK;
    }
    return uhn_apply_output(options->output, has_state ? state : NULL, z, plan->out_dim);
}

/* Is every entry of z, rounded to float32, a number? */
static bool fits_float(const double *z, size_t dim)
{
    for (size_t o = 0; o < dim; o++)
        if (!isfinite((float)z[o]))
            return false;
    return true;
}

static void land(const uhn_sink *sink, size_t query, const float *state, double *z, const uhn_finish *finish,
                 uhn_report *report)
{
    (void)finish;
    const landing *l = sink->context;
    float *out = row_of(l->out, query, l->stride);
    if (uhn_is_answered(report->status)) {
        const uhn_query_status status = apply_output(l->plan, state, z);
        report->status = status == UHN_QUERY_OK ? report->status : status;
        if (status == UHN_QUERY_OK && !l->plan->options->compat_paper && !fits_float(z, l->plan->out_dim))
            report->status = UHN_QUERY_DOMAIN;
    }
    for (size_t o = 0; o < l->plan->out_dim; o++)
        out[o] = uhn_is_answered(report->status) ? (float)z[o] : NAN;
    if (l->reports)
        l->reports[query] = *report;
}

static uhn_status step(const uhn_plan *plan, const uhn_batch *batch, float *out, size_t stride, uhn_report *reports)
{
    landing l = {.plan = plan, .out = out, .stride = stride, .reports = reports};
    const uhn_sink sink = {.answer = land, .project = true, .context = &l};
    return uhn_retrieve(plan, batch, &sink);
}

static uhn_status tell(const uhn_options *options, size_t query, size_t step_number, const float *state, size_t dim)
{
    if (!options->watch || options->watch(options->watch_context, query, step_number, state, dim))
        return UHN_OK;
    return uhn_fail(UHN_ERROR_STOPPED, "the watch stopped the recall at query %zu, step %zu", query, step_number);
}

/* ---- iteration */

/* Queries that iterate: those still active lie side by side in `states`, in order. */
typedef struct crowd {
    size_t active;
    size_t *which;      /* their numbers in the batch */
    float *states;      /* [active][D] */
    float *next;        /* [active][D] */
    float *checkpoints; /* [crowd][D], by number within the crowd */
    uhn_cycle_watch *watches;
    uhn_report *reports; /* [active], of the last step */
} crowd;

static void release_crowd(crowd *c)
{
    uhn_release(c->which);
    uhn_release(c->states);
    uhn_release(c->next);
    uhn_release(c->checkpoints);
    uhn_release(c->watches);
    uhn_release(c->reports);
}

static uhn_status allocate_crowd(crowd *c, size_t count, size_t dim)
{
    size_t floats;
    const bool fits = uhn_multiply_sizes(count, dim, &floats);
    c->which = uhn_allocate(count, sizeof *c->which);
    c->states = fits ? uhn_allocate(floats, sizeof(float)) : NULL;
    c->next = fits ? uhn_allocate(floats, sizeof(float)) : NULL;
    c->checkpoints = fits ? uhn_allocate(floats, sizeof(float)) : NULL;
    c->watches = uhn_allocate(count, sizeof *c->watches);
    c->reports = uhn_allocate(count, sizeof *c->reports);
    if (!c->which || !c->states || !c->next || !c->checkpoints || !c->watches || !c->reports)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the states of %zu queries", count);
    return UHN_OK;
}

/* Is the recall of the query in `slot` over after this step? Its report says how. */
static bool is_over(crowd *c, size_t slot, size_t first, const uhn_plan *plan, size_t step_number)
{
    const size_t dim = plan->memory->dim, member = c->which[slot] - first;
    uhn_report *report = &c->reports[slot];
    report->steps = step_number;
    if (!uhn_is_answered(report->status))
        return true;
    report->outcome = UHN_OUTCOME_LIMIT;
    return uhn_cycle_step(&c->watches[member], c->states + slot * dim, c->next + slot * dim,
                          c->checkpoints + member * dim, dim, plan->options->tolerance, report) ||
           step_number == plan->options->steps;
}

static uhn_status iterate(const uhn_plan *plan, const uhn_batch *batch, size_t first, crowd *c, float *out,
                          size_t out_stride, uhn_report *reports)
{
    const size_t dim = plan->memory->dim, bytes = dim * sizeof(float);
    for (size_t slot = 0; slot < c->active; slot++) {
        c->which[slot] = first + slot;
        memcpy(c->states + slot * dim, uhn_batch_query(batch, first + slot), bytes);
        memcpy(c->checkpoints + slot * dim, c->states + slot * dim, bytes);
        c->watches[slot] = (uhn_cycle_watch){0};
    }
    for (size_t number = 1; c->active; number++) {
        const uhn_batch now = {.queries = c->states, .count = c->active, .stride = bytes, .which = c->which};
        uhn_status status = step(plan, &now, c->next, bytes, c->reports);
        size_t kept = 0;
        for (size_t slot = 0; status == UHN_OK && slot < c->active; slot++) {
            const size_t query = c->which[slot];
            const float *state = c->next + slot * dim;
            if (uhn_is_answered(c->reports[slot].status))
                status = tell(plan->options, query, number, state, dim);
            if (is_over(c, slot, first, plan, number)) {
                memcpy(row_of(out, query, out_stride), state, bytes);
                if (reports)
                    reports[query] = c->reports[slot];
                continue;
            }
            memcpy(c->states + kept * dim, state, bytes);
            c->which[kept++] = query;
        }
        if (status != UHN_OK)
            return status;
        c->active = kept;
    }
    return UHN_OK;
}

static uhn_status iterate_all(const uhn_plan *plan, const uhn_batch *batch, float *out, size_t out_stride,
                              uhn_report *reports)
{
    uhn_status status = UHN_OK;
    crowd c = {0};
    const size_t size = plan->options->watch || batch->count < CROWD ? batch->count : CROWD;
    UHN_TRY(allocate_crowd(&c, size, plan->memory->dim));
    for (size_t first = 0; first < batch->count; first += size) {
        c.active = batch->count - first < size ? batch->count - first : size;
        UHN_TRY(iterate(plan, batch, first, &c, out, out_stride, reports));
    }
leave:
    release_crowd(&c);
    return status;
}

/* One step. A watch is shown the answers only, so then somebody has to know which queries have one. */
static uhn_status recall_once(const uhn_plan *plan, const uhn_batch *batch, float *out, size_t out_stride,
                              uhn_report *reports)
{
    const uhn_options *options = plan->options;
    uhn_report *own = options->watch && !reports ? uhn_allocate(batch->count, sizeof *own) : NULL;
    if (options->watch && !reports && !own)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the reports of %zu queries", batch->count);
    const uhn_report *known = reports ? reports : own;
    uhn_status status = step(plan, batch, out, out_stride, reports ? reports : own);
    for (size_t query = 0; options->watch && status == UHN_OK && query < batch->count; query++)
        if (uhn_is_answered(known[query].status))
            status = tell(options, query, 1, row_of(out, query, out_stride), plan->out_dim);
    uhn_release(own);
    return status;
}

uhn_status uhn_update_recall(const uhn_memory *memory, const float *queries, size_t count, size_t query_stride,
                             const uhn_options *options, float *out, size_t out_stride, uhn_report *reports)
{
    uhn_plan plan;
    const uhn_batch batch = {.queries = queries, .count = count, .stride = query_stride};
    uhn_status status = uhn_plan_make(memory, options, UHN_BIND_SIMILARITY | UHN_BIND_SEPARATION, &plan);
    if (status != UHN_OK)
        return status;
    status = options->steps > 1 ? iterate_all(&plan, &batch, out, out_stride, reports)
                                : recall_once(&plan, &batch, out, out_stride, reports);
    uhn_plan_free(&plan);
    return status;
}
