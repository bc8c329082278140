/* SPDX-License-Identifier: MIT */
#include "base/allocate.h"
#include "base/status.h"
#include "lab/cell.h"

uhn_status uhn_block_make(const uhn_population *population, size_t first, size_t count, uhn_block *block)
{
    const size_t dim = population->data->dim;
    *block = (uhn_block){.population = population, .first = first, .count = count};
    block->rows = uhn_allocate_unset(count, dim * sizeof *block->rows);
    if (!block->rows)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu images", count);
    uhn_population_take(population, first, count, block->rows);
    const uhn_status status = uhn_stored_make(block->rows, count, dim, &block->self);
    if (status != UHN_OK)
        uhn_block_free(block);
    return status;
}

void uhn_block_free(uhn_block *block)
{
    uhn_stored_free(&block->self);
    uhn_stored_free(&block->other);
    uhn_stored_free(&block->held_out_stored);
    uhn_release(block->rows);
    uhn_release(block->others);
    uhn_release(block->held_out);
    *block = (uhn_block){0};
}
