/* SPDX-License-Identifier: MIT
 * uhn basins: starts. */
#include "base/allocate.h"
#include "basins.h"
#include "message.h"

enum { DRAWN = 1000 };

/* Start i is memory i, i − N, …, damaged by random numbers of its own. */
static int damage_memories(basins_run *run, uint64_t seed)
{
    const uhn_memory *memory = run->data.stored.memory;
    const size_t dim = uhn_memory_dim(memory), memories = uhn_memory_count(memory);
    double level = 0;
    const uhn_corruption *corruption = cli_damage_chosen(&run->arguments.flow.damage, &level);
    for (size_t start = 0; start < run->count; start++) {
        float *row = run->drawn + start * dim;
        const uhn_status status = uhn_memory_row(memory, start % memories, row);
        if (status != UHN_OK)
            return cli_flow_complain("basins", &run->arguments.flow, status);
        if (corruption)
            corruption->apply(level, seed, &run->data.stored.rows.geometry, start, dim, row);
    }
    return CLI_WORKED;
}

int basins_draw(basins_run *run)
{
    const basins_arguments *arguments = &run->arguments;
    const uint64_t seed = arguments->flow.seed.given ? arguments->flow.seed.value : 1;
    if (arguments->flow.query) {
        run->count = run->data.query.count;
        return CLI_WORKED;
    }
    run->count = arguments->count.given ? (size_t)arguments->count.value : DRAWN;
    run->drawn = uhn_allocate(run->count, uhn_memory_dim(run->data.stored.memory) * sizeof *run->drawn);
    if (!run->drawn)
        return cli_complain(CLI_FAILED, "basins", "out of memory for %zu starts; fewer (--count) need less",
                            run->count);
    if (arguments->starts.index == BASINS_STARTS_MEMORIES)
        return damage_memories(run, seed);
    const uhn_status status =
        uhn_draw_starts(run->data.stored.memory, (uhn_start_law)arguments->starts.index, seed, run->count, run->drawn);
    return status == UHN_OK ? CLI_WORKED : cli_flow_complain("basins", &arguments->flow, status);
}
