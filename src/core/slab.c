/* SPDX-License-Identifier: MIT
 * Recall by estimates, slab by slab: preparing, estimating, choosing, weighing, projecting. */
#include "core/slab.h"

#include <math.h>
#include <string.h>

enum {
    COARSE = 16,      /* an estimate that leaves more than 1/16 of the memories to choose from is too coarse */
    FEW_QUERIES = 16, /* below, rows are compared as soon as they are prepared */
    SPARSE = 8,       /* up to 1/8 of the weights are projected one by one */
};

/* Weights below this part of the largest one are not projected: all of them together are less than rounding. */
static const double negligible = 0x1p-70;

/* ---- preparing */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What the pass of `form` is to read of a vector, and its terms; NULL: it cannot be brought into the form. */
static const void *bring_vector(const uhn_plan *plan, const uhn_estimate *form, const uhn_vector *v, void *panel,
                                uhn_terms *terms)
{
    const void *data = form->prepare(plan, v, panel, terms);
    if (form->pass != UHN_PASS_SPLIT_MULTIPLY)
        return data;
    plan->kernels->split(data, v->dim, panel);
    return panel;
}

/* Puts the split queries' packs in their place. The panels of rows are free as long as there are no rows. */
static void pack_queries(const uhn_plan *plan, size_t dim, uhn_slab *slab)
{
    for (size_t i = 0; i < slab->query_count; i += UHN_PACK) {
        uint8_t *pack = slab->query_panels + i * plan->query_panel;
        plan->kernels->pack(slab->query_data + i, smaller(slab->query_count - i, UHN_PACK), dim, slab->row_panels);
        slab->query_data[i] = memcpy(pack, slab->row_panels, UHN_PACK * uhn_split_bytes(dim));
    }
}

/* Brings the queries into `form`; false when one of them cannot be. */
static bool bring(const uhn_plan *plan, const uhn_scratch *scratch, const uhn_estimate *form, uhn_slab *slab)
{
    for (size_t i = 0; i < slab->query_count; i++) {
        const uhn_prepared *query = &scratch->queries[slab->query[i]];
        uint8_t *panel = slab->query_panels + i * plan->query_panel;
        const uhn_vector v = {.x = query->x,
                              .dim = scratch->dim,
                              .stat = query->stat,
                              .is_query = true,
                              .low = slab->low,
                              .step = slab->step,
                              .error = slab->table_error};
        slab->query_data[i] = bring_vector(plan, form, &v, panel, &slab->query_terms[i]);
        if (!slab->query_data[i])
            return false;
        if (slab->query_data[i] == query->x && plan->query_panel >= scratch->dim * sizeof(float))
            slab->query_data[i] = memcpy(panel, query->x, scratch->dim * sizeof(float)); /* aligned, it is faster */
    }
    if (form->pass == UHN_PASS_SPLIT_MULTIPLY)
        pack_queries(plan, scratch->dim, slab);
    return true;
}

/* Takes the first form from `form` on that serves; the last one always does. */
static void choose_form(const uhn_plan *plan, const uhn_scratch *scratch, const uhn_estimate *const *form,
                        uhn_slab *slab)
{
    for (size_t i = 0; i < slab->query_count; i++) /* another form has another scale */
        uhn_floor_init(&slab->floors[i], &plan->precision);
    for (; *form; form++) {
        slab->form = *form;
        slab->next_form = form + 1;
        slab->low = slab->form->levels ? (double)plan->memory->low : 0;
        slab->step = slab->form->levels ? ((double)plan->memory->high - slab->low) / slab->form->levels : 1;
        slab->step = slab->step > 0 ? slab->step : 1;
        if (slab->form->table_steps > 0)
            uhn_estimate_table(plan, *form, slab->table, &slab->low, &slab->step, &slab->table_error);
        if (uhn_form_serves(plan, *form) && (!(*form)->applies || (*form)->applies(plan, slab->query_count)) &&
            bring(plan, scratch, *form, slab))
            return;
    }
}

void uhn_slab_queries(const uhn_plan *plan, const uhn_scratch *scratch, uhn_slab *slab)
{
    slab->query_count = 0;
    for (size_t q = 0; q < scratch->query_count; q++)
        if (uhn_is_answered(scratch->queries[q].status))
            slab->query[slab->query_count++] = q;
    slab->first_form = true;
    choose_form(plan, scratch, plan->estimates, slab);
}

void uhn_slab_begin(const uhn_plan *plan, uhn_accumulator *accumulators, size_t stride, double *limits, uhn_slab *slab)
{
    /* Only for selections, of which no bit depends on what else was exact; and in one scale, that of the first form. */
    slab->limits = plan->precision.sensitivity == 0 && slab->first_form ? limits : NULL;
    for (size_t i = 0; i < slab->query_count; i++) {
        slab->accumulators[i] = (uhn_accumulator *)(void *)((uint8_t *)accumulators + slab->query[i] * stride);
        /* Which scores are exact may not depend on the chunks that the thread had before, unless only the best matter:
         * then nothing below what they had is among them. */
        if (plan->precision.sensitivity > 0)
            uhn_floor_init(&slab->floors[i], &plan->precision);
    }
}

/* A piece of a slab: rows first … first+count−1 of it. Its floats share their room with those of other pieces, and so
 * do its panels if it is `passing`. */
typedef struct piece {
    size_t first, count;
    bool passing;
} piece;

/* The coordinates of the rows. Gives the first row that the similarity refuses. */
static size_t collect_rows(const uhn_plan *plan, const uhn_scratch *scratch, piece at, uhn_slab *slab)
{
    bool taken;
    for (size_t r = at.first; r < at.first + at.count; r++) {
        float *slot = (float *)(void *)(slab->row_floats + (r - at.first) * plan->row_floats);
        slab->rows[r] =
            uhn_tile_row(plan, scratch, slab->first + r, slot, scratch->row_room, &slab->row_stats[r], &taken);
        if (!taken)
            return slab->first + r;
    }
    return UHN_NO_INDEX;
}

static double larger(double a, double b)
{
    return b > a ? b : a; /* a NaN does not count */
}

static void prepare_rows(const uhn_plan *plan, const uhn_scratch *scratch, piece at, uhn_slab *slab)
{
    const uhn_memory *memory = plan->memory;
    const bool as_stored = !plan->options->observed && !plan->similarity->transforms;
    uhn_distribution *distributions = slab->form->distributions ? plan->distributions : NULL;
    uhn_terms *largest = &slab->largest;
    for (size_t r = at.first; r < at.first + at.count; r++) {
        const uhn_vector v = {.x = slab->form->needs_floats ? slab->rows[r] : NULL,
                              .stored = plan->options->observed ? NULL : uhn_memory_stored(memory, slab->first + r),
                              .squares = as_stored ? uhn_memory_squares(memory, slab->first + r) : NULL,
                              .distribution = distributions ? &distributions[slab->first + r] : NULL,
                              .dim = scratch->dim,
                              .stat = slab->row_stats[r],
                              .low = slab->low,
                              .step = slab->step};
        uhn_terms terms;
        slab->row_data[r] = bring_vector(plan, slab->form, &v,
                                         slab->row_panels + (at.passing ? r - at.first : r) * plan->panel, &terms);
        slab->row_scale[r] = terms.scale;
        slab->row_offset[r] = terms.offset;
        largest->scale = larger(largest->scale, fabs(terms.scale));
        largest->offset = larger(largest->offset, fabs(terms.offset));
        largest->error = larger(largest->error, terms.error);
        largest->magnitude = larger(largest->magnitude, fabs(terms.scale) * terms.magnitude);
    }
}

/* ---- estimates */

/* In place. An infinite sum is an overflow, and no estimate: it becomes NaN. */
static void finish_estimates(const uhn_plan *plan, const uhn_slab *slab, size_t query, double *sums)
{
    const uhn_terms *terms = &slab->query_terms[query];
    plan->kernels->finish_scores(sums, slab->count, slab->form->gain * terms->scale, slab->row_scale, terms->offset,
                                 slab->row_offset);
    if (slab->form->root)
        for (size_t r = 0; r < slab->count; r++)
            sums[r] = sums[r] < 0 ? -sqrt(-sums[r]) : sums[r] * 0;
}

static uhn_error_bound bound_of(const uhn_plan *plan, const uhn_slab *slab, size_t dim, size_t query)
{
    const uhn_estimate *form = slab->form;
    const uhn_terms *terms = &slab->query_terms[query], *rows = &slab->largest;
    const double gain = fabs(form->gain) * fabs(terms->scale);
    const bool split = form->pass == UHN_PASS_SPLIT_MULTIPLY;
    const double rounding = split ? plan->kernels->split_rounding(dim) : plan->kernels->rounding(dim);
    const double unit = form->integer ? 1 : (rounding + form->roundings) * 0x1.001p-24;
    const double terms_sum =
        form->product ? terms->magnitude * rows->magnitude : terms->magnitude * rows->scale + rows->magnitude;
    const double lengths = split ? rows->scale * terms->magnitude + rows->magnitude : 0;
    const double underflow = (double)dim * 0x1p-122 * (rows->scale + lengths);
    const double float64 = uhn_float64_rounding(dim);
    if (form->exact)
        return (uhn_error_bound){0};
    if (form->root)
        return (uhn_error_bound){.absolute = 1.001 * (terms->magnitude + rows->magnitude) +
                                             0x1p-22 * sqrt(fabs(terms->offset) + rows->offset),
                                 .relative = 0x1p-45};
    return (uhn_error_bound){.absolute = gain * (unit * terms_sum + underflow) +
                                         float64 * (fabs(terms->offset) + rows->offset) + terms->error + rows->error,
                             .relative = form->relative ? unit : float64};
}

/* Asks for the beginning of a row; the processor foresees the rest by itself. */
static void fetch_row(const uhn_plan *plan, size_t index)
{
    enum { BYTES = 512, LINE = 64 };
    const uint8_t *row = uhn_memory_stored(plan->memory, index);
    for (size_t at = 0; at < BYTES && at < plan->memory->row_stride; at += LINE)
        __builtin_prefetch(row + at, 0, 3);
}

static void make_exact(const uhn_plan *plan, uhn_scratch *scratch, const uhn_slab *slab, size_t query, double *scores,
                       size_t chosen)
{
    if (slab->form->exact)
        return;
    for (size_t i = 0; i < chosen; i++) {
        if (i + 1 < chosen)
            fetch_row(plan, slab->first + slab->chosen[i + 1]);
        uhn_tile_rows(plan, slab->first + slab->chosen[i], 1, scratch);
        uhn_tile_scores(plan, scratch, slab->query[query], 1, &scores[slab->chosen[i]]);
    }
}

/* ---- separation and projection */

/* Weights below `least` are left out. */
static void project_one(const uhn_plan *plan, const uhn_slab *slab, const double *weights, double least,
                        double *projected)
{
    for (size_t r = 0; r < slab->count; r++)
        if (weights[r] != 0 && fabs(weights[r]) >= least)
            plan->kernels->accumulate(projected, weights[r], slab->values[r], plan->out_dim);
}

/* Can sums of rows of P be taken in float32, without overflow and without losing all of them to underflow? */
static bool projects_floats(const uhn_plan *plan)
{
    const uhn_memory *memory = plan->memory;
    const float low = memory->has_values ? memory->value_low : memory->low;
    const float high = memory->has_values ? memory->value_high : memory->high;
    const float largest = fmaxf(fabsf(low), fabsf(high));
    return plan->separation->precision && largest > 1e-25f && largest < 1e30f;
}

/* Writes the weights for the projection of a block, unless they are few or must not be rounded: then it is done here.
 * Does it leave them to the block? */
static bool leave_to_block(const uhn_plan *plan, uhn_slab *slab, double *weights, float *block_weights,
                           double *projected)
{
    const double least = plan->separation->precision ? negligible : 0;
    const size_t number = plan->kernels->narrow(weights, slab->count, negligible, block_weights);
    if (number > slab->count / SPARSE && projects_floats(plan))
        return true;
    project_one(plan, slab, weights, least, projected);
    return false;
}

static void project_block(const uhn_plan *plan, const uhn_slab *slab, double *const *projected, size_t queries)
{
    if (plan->split)
        plan->kernels->project_split(slab->values, slab->count, slab->block_weights, plan->slab_rows, projected,
                                     queries, plan->out_dim, slab->project_room);
    else
        plan->kernels->project(slab->values, slab->count, slab->block_weights, plan->slab_rows, projected, queries,
                               plan->out_dim);
}

static void absorb_query(const uhn_plan *plan, uhn_scratch *scratch, uhn_slab *slab, size_t query, double *scores,
                         size_t *left, double **projected)
{
    uhn_accumulator *accumulator = slab->accumulators[query];
    finish_estimates(plan, slab, query, scores);
    const size_t chosen = uhn_screen(&slab->floors[query], &plan->precision, scores, slab->count,
                                     bound_of(plan, slab, scratch->dim, query), plan->memory->count,
                                     slab->limits ? &slab->limits[slab->query[query]] : NULL, slab->chosen);
    slab->chosen_count += chosen;
    make_exact(plan, scratch, slab, query, scores, chosen);
    if (plan->precision.sensitivity == 0) {
        for (size_t i = 0; i < chosen; i++) {
            const size_t r = slab->chosen[i];
            uhn_accumulator_absorb(plan, accumulator, &scores[r], slab->first + r, 1, &slab->values[r]);
        }
        return;
    }
    uhn_accumulator_track(accumulator, scores, slab->first, slab->chosen, chosen);
    uhn_accumulator_weigh(plan, accumulator, scores, slab->first, slab->count, slab->weights);
    if (accumulator->projected && leave_to_block(plan, slab, slab->weights,
                                                 slab->block_weights + *left * plan->slab_rows, accumulator->projected))
        projected[(*left)++] = accumulator->projected;
}

static void prepare_values(const uhn_plan *plan, const uhn_slab *slab)
{
    const size_t width = plan->value_floats / sizeof(float);
    for (size_t r = 0; r < slab->count; r++)
        slab->values[r] = uhn_memory_projected(plan->memory, plan->options->projection, slab->first + r,
                                               slab->value_room + r * width);
}

/* The sums of a piece's rows and some queries. */
static void sum_up(const uhn_plan *plan, uhn_slab *slab, piece at, size_t first_query, size_t queries, size_t dim)
{
    plan->kernels->pass[slab->form->pass](slab->row_data + at.first, at.count, slab->query_data + first_query, queries,
                                          dim, slab->table, slab->sums + at.first, plan->slab_rows);
}

/* Prepares the slab in pieces, which are summed up at once where queries are few. Gives the first row that the
 * similarity refuses. */
static size_t prepare_slab(const uhn_plan *plan, uhn_scratch *scratch, bool few, uhn_slab *slab)
{
    slab->largest = (uhn_terms){0};
    const size_t most = few || !plan->floats_stay ? plan->piece_rows : slab->count;
    for (piece at = {.passing = few}; at.first < slab->count; at.first += at.count) {
        at.count = smaller(slab->count - at.first, most);
        const size_t refused = slab->form->needs_floats ? collect_rows(plan, scratch, at, slab) : UHN_NO_INDEX;
        if (refused != UHN_NO_INDEX)
            return refused;
        prepare_rows(plan, scratch, at, slab);
        if (few)
            sum_up(plan, slab, at, 0, slab->query_count, scratch->dim);
    }
    return UHN_NO_INDEX;
}

size_t uhn_slab_absorb(const uhn_plan *plan, uhn_scratch *scratch, size_t first, size_t count, uhn_slab *slab)
{
    slab->first = first;
    slab->count = count;
    slab->chosen_count = 0;
    const bool few = slab->query_count < FEW_QUERIES;
    const size_t refused = prepare_slab(plan, scratch, few, slab);
    if (refused != UHN_NO_INDEX)
        return refused;
    if (slab->query_count && slab->accumulators[0]->projected)
        prepare_values(plan, slab);
    for (size_t query = 0; query < slab->query_count; query += plan->block_queries) {
        const size_t queries = smaller(slab->query_count - query, plan->block_queries);
        double *projected[UHN_BLOCK_QUERIES];
        size_t left = 0;
        if (!few)
            sum_up(plan, slab, (piece){.count = count}, query, queries, scratch->dim);
        for (size_t q = 0; q < queries; q++)
            absorb_query(plan, scratch, slab, query + q, slab->sums + q * plan->slab_rows, &left, projected);
        if (left)
            project_block(plan, slab, projected, left);
    }
    /* Too coarse for these data: another form for the rest of the chunk. */
    if (slab->form->coarse && slab->chosen_count > count * slab->query_count / COARSE) {
        slab->first_form = false;
        slab->limits = NULL;
        choose_form(plan, scratch, slab->next_form, slab);
    }
    return UHN_NO_INDEX;
}
