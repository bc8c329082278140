/* SPDX-License-Identifier: MIT */
#include "core/plan.h"

#include "base/status.h"
#include "kernel/dispatch.h"

#include <math.h>
#include <omp.h>

uhn_status uhn_check_parameters(const char *name, const uhn_parameter *parameters, size_t count, const double *values)
{
    for (size_t i = 0; i < count; i++) {
        const uhn_parameter *p = &parameters[i];
        const bool inside = values[i] >= p->minimum && values[i] <= p->maximum;
        if (!inside || (p->above && values[i] <= p->minimum) || (p->whole && values[i] != floor(values[i])))
            return uhn_fail(UHN_ERROR_RANGE, "%s:%s=%g is out of range (%s%s %g to %g)", name, p->key, values[i],
                            p->whole ? "whole numbers, " : "", p->above ? "above" : "from", p->minimum, p->maximum);
    }
    return UHN_OK;
}

/* Are rows, which may be the caller's own, fit to be used? */
static uhn_status check_rows(const uhn_similarity *similarity, const uhn_separation *separation)
{
    if (!similarity || !separation)
        return uhn_fail(UHN_ERROR_ARGUMENT, "the options name no similarity or no separation");
    if (similarity->parameter_count > UHN_PARAMETERS_MAX || separation->parameter_count > UHN_PARAMETERS_MAX)
        return uhn_fail(UHN_ERROR_ARGUMENT, "a similarity or separation with more than %d parameters",
                        UHN_PARAMETERS_MAX);
    if ((unsigned)similarity->step >= UHN_STEP_COUNT || (similarity->step == UHN_STEP_PAIR && !similarity->pair))
        return uhn_fail(UHN_ERROR_ARGUMENT, "the similarity '%s' has neither a step nor a pass of its own",
                        similarity->name);
    if (!separation->state_size || !separation->init || !separation->absorb || !separation->merge ||
        !separation->finish)
        return uhn_fail(UHN_ERROR_ARGUMENT, "the separation '%s' lacks a function", separation->name);
    return UHN_OK;
}

uhn_status uhn_options_check(const uhn_options *o)
{
    uhn_status status = UHN_OK;
    UHN_TRY(uhn_kernels_check());
    UHN_TRY(check_rows(o->similarity, o->separation));
    if ((unsigned)o->projection >= UHN_PROJECTION_COUNT || (unsigned)o->update >= UHN_UPDATE_COUNT ||
        (unsigned)o->normalise_weights >= UHN_NORMALISE_COUNT || (unsigned)o->output >= UHN_OUTPUT_COUNT)
        return uhn_fail(UHN_ERROR_ARGUMENT, "the options hold a projection, update, normalisation or output that is "
                                            "not in its list");
    if (o->steps < 1)
        return uhn_fail(UHN_ERROR_RANGE, "0 steps: at least 1 is needed");
    if (!(o->tolerance >= 0) || isinf(o->tolerance))
        return uhn_fail(UHN_ERROR_RANGE, "a tolerance of %g: it must be 0 or more, and finite", o->tolerance);
    if (o->threads < 0)
        return uhn_fail(UHN_ERROR_RANGE, "%d threads: 0 stands for all, else at least 1", o->threads);
    UHN_TRY(uhn_check_parameters(o->similarity->name, o->similarity->parameters, o->similarity->parameter_count,
                                 o->similarity_parameters));
    UHN_TRY(uhn_check_parameters(o->separation->name, o->separation->parameters, o->separation->parameter_count,
                                 o->separation_parameters));
leave:
    return status;
}

static uhn_status check_against(const uhn_memory *memory, const uhn_options *o)
{
    if (o->projection == UHN_PROJECTION_NEXT && memory->has_values)
        return uhn_fail(UHN_ERROR_UNSUPPORTED,
                        "the memory that follows cannot be the answer where memories have values "
                        "of their own");
    if (o->observed && o->observed_stride && o->observed_stride < memory->dim)
        return uhn_fail(UHN_ERROR_SHAPE, "masks are %zu bytes apart, but have %zu coordinates", o->observed_stride,
                        memory->dim);
    return UHN_OK;
}

int uhn_thread_count(const uhn_options *options, size_t work)
{
    const int wanted = options->threads > 0 ? options->threads : omp_get_max_threads();
    const size_t threads = wanted < UHN_THREADS_MAX ? (size_t)wanted : UHN_THREADS_MAX;
    return work < threads ? (int)work + (work == 0) : (int)threads;
}

/* The rows of the paper's code in place of ours. */
static uhn_status use_paper(uhn_plan *plan)
{
    const uhn_options *o = plan->options;
    if (!o->similarity->paper)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "the paper's code has no similarity '%s'", o->similarity->name);
    if (!o->separation->paper)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "the paper's code has no separation '%s'", o->separation->name);
    if (o->observed)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "the paper's code has no observed-coordinates mask");
    plan->similarity = o->similarity->paper;
    plan->separation = o->separation->paper;
    return UHN_OK;
}

/* Into chunks that are as even as can be, for threads to have as much to do as each other. */
static void cut(uhn_plan *plan)
{
    const size_t count = plan->memory->count, most = (count - 1) / UHN_CHUNK_ROWS + 1;
    const size_t even = (count - 1) / (most < UHN_CHUNKS_MAX ? most : UHN_CHUNKS_MAX) + 1;
    plan->chunk_rows = (even + UHN_TILE_ROWS - 1) / UHN_TILE_ROWS * UHN_TILE_ROWS;
    plan->chunks = (count - 1) / plan->chunk_rows + 1;
}

uhn_status uhn_plan_make(const uhn_memory *memory, const uhn_options *options, unsigned bind, uhn_plan *plan)
{
    uhn_status status = UHN_OK;
    *plan = (uhn_plan){.memory = memory, .options = options};
    if (!memory || memory->count == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "the memory is empty");
    UHN_TRY(uhn_options_check(options));
    UHN_TRY(check_against(memory, options));
    plan->similarity = options->similarity;
    plan->separation = options->separation;
    if (options->compat_paper)
        UHN_TRY(use_paper(plan));
    plan->out_dim = memory->value_dim;
    plan->kernels = uhn_kernels_in_use();
    plan->group_queries = UHN_GROUP_QUERIES;
    cut(plan);

    plan->similarity_context = (void *)(uintptr_t)options->similarity_context;
    plan->separation_context = (void *)(uintptr_t)options->separation_context;
    const bool bind_similarity = (bind & UHN_BIND_SIMILARITY) && plan->similarity->bind;
    const bool bind_separation = (bind & UHN_BIND_SEPARATION) && plan->separation->bind;
    if (bind_similarity)
        UHN_TRY(plan->similarity->bind(memory, options, &plan->similarity_context));
    plan->similarity_bound = bind_similarity;
    if (bind_separation)
        UHN_TRY(plan->separation->bind(memory, options, &plan->separation_context));
    plan->separation_bound = bind_separation;
leave:
    if (status != UHN_OK)
        uhn_plan_free(plan);
    return status;
}

void uhn_plan_free(uhn_plan *plan)
{
    if (plan->similarity_bound && plan->similarity->unbind)
        plan->similarity->unbind(plan->similarity_context);
    if (plan->separation_bound && plan->separation->unbind)
        plan->separation->unbind(plan->separation_context);
    plan->similarity_bound = plan->separation_bound = false;
}

size_t uhn_plan_chunk(const uhn_plan *plan, size_t chunk, size_t *count)
{
    const size_t first = chunk * plan->chunk_rows, left = plan->memory->count - first;
    *count = left < plan->chunk_rows ? left : plan->chunk_rows;
    return first;
}
