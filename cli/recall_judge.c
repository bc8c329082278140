/* SPDX-License-Identifier: MIT
 * uhn recall --original: how good the answers are. */
#include "base/allocate.h"
#include "message.h"
#include "recall.h"

#include <math.h>
#include <string.h>

/* P of a store that has it. */
static uhn_status copy_values(const uhn_memory *stored, uhn_memory **memory)
{
    const size_t dim = uhn_memory_value_dim(stored);
    uhn_status status = uhn_memory_create(UHN_FLOAT32, dim, 0, memory);
    float *row = uhn_allocate(dim, sizeof *row);
    if (status == UHN_OK && !row)
        status = UHN_ERROR_OUT_OF_MEMORY;
    for (size_t i = 0; status == UHN_OK && i < uhn_memory_count(stored); i++) {
        status = uhn_memory_value(stored, i, row);
        if (status == UHN_OK)
            status = uhn_memory_add(*memory, row, 1, 0, NULL, 0);
    }
    uhn_release(row);
    return status;
}

/* What answers are made of: P, or M where there is none. */
static uhn_status borrow_values(const recall_run *run, uhn_memory **memory)
{
    if (run->stored.view)
        return copy_values(run->stored.memory, memory);
    const uhn_dataset *data = run->arguments.values ? &run->stored.values : &run->stored.rows;
    return uhn_memory_borrow(data->storage, data->rows, data->count, data->dim, 0, NULL, 0, 0, memory);
}

/* The stored row nearest to each answer. */
static uhn_status find_nearest(const recall_run *run, size_t *nearest)
{
    uhn_memory *memory = NULL;
    uhn_options options;
    uhn_options_default(&options);
    options.threads = run->options.threads;
    options.similarity = uhn_find_similarity("sqeuclidean");
    const bool themselves = run->stored.view && !uhn_memory_has_values(run->stored.memory);
    uhn_status status = themselves ? UHN_OK : borrow_values(run, &memory);
    if (status == UHN_OK)
        status = uhn_top_k(themselves ? run->stored.memory : memory, run->answers, run->count, 0, &options, 1, nearest,
                           NULL, NULL);
    uhn_memory_destroy(memory);
    return status;
}

static double squared_error(const float *answer, const float *original, size_t dim)
{
    double sum = 0;
    for (size_t i = 0; i < dim; i++) {
        const double difference = (double)answer[i] - (double)original[i];
        sum += difference * difference;
    }
    return sum;
}

static bool equals(const float *x, const float *y, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        if (x[i] != y[i]) /* by value: −0 is 0 */
            return false;
    return true;
}

/* The row that a memory stands for, expanded. */
static uhn_status stored_row(const recall_run *run, size_t index, float *row)
{
    return uhn_memory_value(run->stored.memory, index, row);
}

static uhn_status judge(recall_run *run, size_t *nearest, float *row)
{
    const size_t dim = run->answer_dim;
    const float *originals = run->original.rows;
    uhn_status status = find_nearest(run, nearest);
    for (size_t i = 0; status == UHN_OK && i < run->count; i++) {
        recall_verdict *verdict = &run->verdicts[i];
        verdict->squared_error = squared_error(run->answers + i * dim, originals + i * dim, dim);
        if (!uhn_is_answered(run->reports[i].status) || nearest[i] == UHN_NO_INDEX)
            continue;
        status = stored_row(run, nearest[i], row);
        verdict->identified = status == UHN_OK && equals(row, originals + i * dim, dim);
    }
    return status;
}

int cli_recall_judge(recall_run *run)
{
    if (!run->arguments.original)
        return CLI_WORKED;
    run->verdicts = uhn_allocate(run->count, sizeof *run->verdicts);
    size_t *nearest = uhn_allocate(run->count, sizeof *nearest);
    float *row = uhn_allocate(run->answer_dim, sizeof *row);
    int code = CLI_WORKED;
    if (!run->verdicts || !nearest || !row) {
        code = cli_complain(CLI_FAILED, "recall", "out of memory for the verdicts");
    } else {
        const uhn_status status = judge(run, nearest, row);
        if (status != UHN_OK)
            code = cli_complain_status(CLI_FAILED, "recall", run->arguments.original, status);
    }
    uhn_release(nearest);
    uhn_release(row);
    return code;
}

size_t cli_recall_identified(const recall_run *run)
{
    size_t count = 0;
    for (size_t i = 0; run->verdicts && i < run->count; i++)
        count += run->verdicts[i].identified;
    return count;
}
