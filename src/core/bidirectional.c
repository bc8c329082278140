/* SPDX-License-Identifier: MIT
 * The bidirectional associative memory (Kosko, IEEE Transactions on Systems, Man and Cybernetics 18, 1988):
 *
 *     y = sign(Pᵀ (M x)),  x = sign(Mᵀ (P y))
 *
 * One step is both directions. At 0 a neuron keeps its sign; y has none at the start and is 0, undecided, until its
 * first field that is not 0. The state is (y, x), so a recall is over when both have settled. −yᵀ Pᵀ M x never rises.
 */
#include "core/memory.h"
#include "core/stepwise.h"
#include "core/update.h"

#include "base/allocate.h"
#include "base/status.h"

typedef struct pair_network {
    const uhn_memory *memory;
    size_t field_bytes; /* of one thread's fields [max(D, O)]; room for one expanded row lies behind them */
} pair_network;

static double overlap(const float *x, const float *y, size_t dim)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < dim; i++)
        sum += (double)x[i] * y[i];
    return sum;
}

static const float *row_of_keys(const uhn_memory *memory, size_t index, float *scratch)
{
    return uhn_memory_expand(memory, index, scratch);
}

static const float *row_of_values(const uhn_memory *memory, size_t index, float *scratch)
{
    return uhn_memory_projected(memory, UHN_PROJECTION_VALUES, index, scratch);
}

typedef const float *row_function(const uhn_memory *memory, size_t index, float *scratch);

/* One direction: target ← sign(Toᵀ (From source)), keeping signs at 0; `from` and `to` give the rows of M and P. */
static void pass(const pair_network *net, row_function *from, const float *source, size_t source_dim, row_function *to,
                 float *target, size_t target_dim, void *scratch)
{
    double *field = scratch;
    float *expanded = (float *)(void *)((uint8_t *)scratch + net->field_bytes);
    for (size_t i = 0; i < target_dim; i++)
        field[i] = 0;
    for (size_t mu = 0; mu < net->memory->count; mu++) {
        double match = overlap(from(net->memory, mu, expanded), source, source_dim);
        const float *row = to(net->memory, mu, expanded);
        for (size_t i = 0; i < target_dim; i++)
            field[i] += match * row[i];
    }
    for (size_t i = 0; i < target_dim; i++) {
        double decided = field[i] == 0 ? target[i] : field[i];
        target[i] = (float)((decided > 0) - (decided < 0));
    }
}

static void step_both(const void *model, size_t step, const float *before, float *after, void *scratch)
{
    const pair_network *net = model;
    size_t dim = net->memory->dim, value_dim = net->memory->value_dim;
    (void)step;
    for (size_t i = 0; i < value_dim + dim; i++)
        after[i] = before[i];
    pass(net, row_of_keys, after + value_dim, dim, row_of_values, after, value_dim, scratch);
    pass(net, row_of_values, after, value_dim, row_of_keys, after + value_dim, dim, scratch);
}

/* The memory with the highest overlap with the final x. */
static void report_overlaps(const void *model, const float *before, const float *after, void *scratch,
                            uhn_report *report)
{
    const pair_network *net = model;
    float *expanded = (float *)(void *)((uint8_t *)scratch + net->field_bytes);
    (void)before;
    for (size_t mu = 0; mu < net->memory->count; mu++)
        uhn_report_score(
            report, mu,
            overlap(row_of_keys(net->memory, mu, expanded), after + net->memory->value_dim, net->memory->dim));
}

uhn_status uhn_update_bidirectional(const uhn_memory *memory, const float *queries, size_t count, size_t query_stride,
                                    const uhn_options *options, float *out, size_t out_stride, uhn_report *reports)
{
    if (!memory->has_values || options->projection != UHN_PROJECTION_VALUES)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "the bidirectional update needs a memory with values of its own");
    size_t widest = memory->dim > memory->value_dim ? memory->dim : memory->value_dim;
    pair_network net = {.memory = memory, .field_bytes = uhn_align_size(widest * sizeof(double))};
    uhn_network network = {
        .name = "bidirectional",
        .model = &net,
        .state_dim = memory->value_dim + memory->dim,
        .query_offset = memory->value_dim,
        .scratch_size = net.field_bytes + widest * sizeof(float),
        .step = step_both,
        .figures = report_overlaps,
    };
    return uhn_run_network(&network, memory, queries, count, query_stride, options, out, out_stride, reports);
}
