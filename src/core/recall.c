/* SPDX-License-Identifier: MIT
 * uhn_recall(): checks what it was given and hands it to the update that the options ask for. */
#include "base/status.h"
#include "core/plan.h"
#include "core/update.h"

static uhn_update_function *const updates[UHN_UPDATE_COUNT] = {
    [UHN_UPDATE_RECALL] = uhn_update_recall,
    [UHN_UPDATE_SYNCHRONOUS] = uhn_update_binary,
    [UHN_UPDATE_ASYNCHRONOUS] = uhn_update_binary,
    [UHN_UPDATE_BIDIRECTIONAL] = uhn_update_bidirectional,
    [UHN_UPDATE_SDM] = uhn_update_sdm,
};

static uhn_status check_steps(const uhn_memory *memory, const uhn_options *options)
{
    const size_t dim = memory->value_dim;
    if (options->steps > 1 && options->update != UHN_UPDATE_BIDIRECTIONAL && dim != memory->dim)
        return uhn_fail(UHN_ERROR_SHAPE,
                        "%zu steps need answers of the queries' %zu dimensions; here they have %zu (use 1 step)",
                        options->steps, memory->dim, dim);
    if (options->compat_paper && options->update != UHN_UPDATE_RECALL)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "the paper's code has plain recall only, none of the other updates");
    return UHN_OK;
}

uhn_status uhn_recall(const uhn_memory *memory, const float *queries, size_t count, size_t query_stride,
                      const uhn_options *options, float *out, size_t out_stride, uhn_report *reports)
{
    uhn_options defaults;
    uhn_status status = UHN_OK;
    uhn_options_default(&defaults);
    options = options ? options : &defaults;
    if (!memory || memory->count == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "the memory is empty");
    UHN_TRY(uhn_options_check(options));
    UHN_TRY(check_steps(memory, options));
    UHN_TRY(uhn_check_rows("queries", queries, count, memory->dim, query_stride, &query_stride));
    UHN_TRY(uhn_check_rows("out", out, count, memory->value_dim, out_stride, &out_stride));
    if (count)
        status = updates[options->update](memory, queries, count, query_stride, options, out, out_stride, reports);
    status = uhn_memory_intact(memory, status);
leave:
    return status;
}
