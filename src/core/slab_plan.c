/* SPDX-License-Identifier: MIT
 * How memories and queries are cut into slabs, groups and blocks, and the room of one thread for that. */
#include "core/slab.h"

#include "base/allocate.h"

enum {
    MANY_QUERIES = 16,     /* in a batch: where floats are multiplied in parts, it pays from so many on */
    PIECE_BYTES = 1 << 18, /* for rows that are prepared together: they stay in the second-level cache */
    PANEL_BYTES = 4 << 20, /* for rows that are not used as they are stored */
    QUERY_BYTES = 6 << 20, /* for queries that are not used where they lie */
};

/* ---- the plan */

bool uhn_form_serves(const uhn_plan *plan, const uhn_estimate *form)
{
    const uhn_precision *precision = &plan->precision;
    if (!plan->separation->precision)
        return form->exact;
    if (form->ranks_only)
        return precision->sensitivity == 0 && precision->window == 0;
    return form->exact || !form->selections_only || precision->sensitivity == 0;
}

static bool any_serves(const uhn_plan *plan)
{
    const uhn_estimate *const *forms = plan->similarity->estimates;
    for (; forms && *forms; forms++)
        if (uhn_form_serves(plan, *forms) && (!(*forms)->applies || (*forms)->applies(plan, SIZE_MAX)))
            return true;
    return false;
}

/* Can it be used for some group of a batch? The forms for few queries are for any batch's last group, too. */
static bool may_apply(const uhn_plan *plan, const uhn_estimate *form, size_t queries)
{
    return !form->applies || form->applies(plan, queries) || form->applies(plan, 1);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t larger_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Does a form read the floats of a slab where they are, so that they have to stay? */
static bool floats_stay(const uhn_plan *plan)
{
    bool stay = false;
    for (const uhn_estimate *const *form = plan->estimates; *form; form++)
        stay |= uhn_form_serves(plan, *form) && (!(*form)->panel_bytes || (*form)->rows_lie);
    return stay;
}

/* Bytes of the largest panel, of rows or of queries. */
static size_t largest_panel(const uhn_plan *plan, size_t queries, bool of_rows)
{
    size_t largest = 0;
    for (const uhn_estimate *const *form = plan->estimates; *form; form++)
        if ((*form)->panel_bytes && !(of_rows && (*form)->rows_lie) && uhn_form_serves(plan, *form) &&
            may_apply(plan, *form, queries)) {
            const size_t bytes = (*form)->panel_bytes(plan->memory->dim);
            largest = bytes > largest ? bytes : largest;
        }
    return uhn_align_size(largest);
}

static size_t limit(size_t value, size_t least, size_t most)
{
    return value < least ? least : value > most ? most : value;
}

void uhn_slab_plan(uhn_plan *plan, bool project, size_t queries)
{
    const uhn_separation *separation = plan->separation;
    const bool given = separation->precision != NULL;
    const bool as_stored =
        plan->memory->storage == UHN_FLOAT32 && !plan->options->observed && !plan->similarity->transforms;
    const size_t row = plan->memory->dim * sizeof(float);
    plan->estimates = NULL;
    plan->group_queries = UHN_GROUP_QUERIES;
    plan->slab_rows = 0;
    if (plan->options->normalise_scores || plan->options->compat_paper)
        return;
    plan->precision = given ? separation->precision(plan->options->separation_parameters)
                            : (uhn_precision){.best = 1, .sensitivity = 1};
    /* In parts, products are fast; but with few queries taking the memories apart costs more than it saves. Where
     * estimates take part in the result it is done all the same: the batch must not show. */
    plan->split = plan->kernels->split && (queries >= MANY_QUERIES || plan->precision.sensitivity > 0);
    if (!uhn_screen_serves(&plan->precision) || !any_serves(plan))
        return;
    plan->estimates = plan->similarity->estimates;

    /* The slab of a separation that needs all weights depends on D and O alone, as its answers depend on it. */
    const size_t value = plan->out_dim * sizeof(float), longest = project && value > row ? value : row;
    const bool all_weights = plan->precision.sensitivity > 0;
    const bool expanded = plan->memory->storage != UHN_FLOAT32 && !plan->memory->has_values;
    plan->panel = largest_panel(plan, queries, true);
    plan->query_panel = largest_panel(plan, queries, false);
    plan->row_floats = as_stored ? 0 : uhn_align_size(row);
    plan->value_floats = project && !separation->selects && expanded ? uhn_align_size(value) : 0;
    plan->floats_stay = floats_stay(plan);
    const size_t row_room = larger_size(plan->panel, plan->row_floats);
    const size_t stays = plan->floats_stay ? row_room : plan->panel;
    const size_t fitting = PANEL_BYTES / larger_size(all_weights ? longest : stays, 1);
    /* Whole blocks of the projection, if it can be: each goes through all of the sums. */
    const size_t unit = all_weights && fitting >= UHN_PROJECT_ROWS ? UHN_PROJECT_ROWS : UHN_TILE_ROWS;
    plan->slab_rows = limit(fitting, UHN_TILE_ROWS, UHN_SLAB_ROWS) / unit * unit;
    plan->piece_rows =
        limit(PIECE_BYTES / larger_size(row_room, 1), UHN_TILE_ROWS, plan->slab_rows) / UHN_TILE_ROWS * UHN_TILE_ROWS;
    if (all_weights)
        plan->query_panel = larger_size(plan->query_panel, uhn_align_size(row));
    const size_t query_room = plan->query_panel + (plan->options->observed || plan->similarity->transforms ? row : 0);
    const size_t most = limit(queries, 1, UHN_GROUP_LARGE);
    plan->group_queries = limit(QUERY_BYTES / (query_room ? query_room : 1), smaller(UHN_GROUP_QUERIES, most), most);
    plan->block_queries = smaller(plan->group_queries, UHN_BLOCK_QUERIES);
}

uhn_status uhn_slab_know_rows(uhn_plan *plan)
{
    bool wanted = false;
    for (const uhn_estimate *const *form = plan->estimates; form && *form; form++)
        wanted |= (*form)->distributions && uhn_form_serves(plan, *form);
    if (!wanted || plan->options->observed)
        return UHN_OK;
    return uhn_memory_distributions(plan->memory, plan->options->similarity_parameters[0], &plan->distributions);
}

/* ---- the room */

/* One after the other, each a whole number of cache lines; with block NULL only the size. */
static void *carve(uint8_t *block, size_t *at, size_t count, size_t size)
{
    void *part = block ? block + *at : NULL;
    *at += uhn_align_size(count * size);
    return part;
}

static size_t whole_packs(size_t queries)
{
    return (queries + UHN_PACK - 1) / UHN_PACK * UHN_PACK;
}

static size_t lay_out(const uhn_plan *plan, uint8_t *block, uhn_slab *slab)
{
    const size_t queries = plan->group_queries, rows = plan->slab_rows;
    size_t at = uhn_align_size(sizeof *slab);
    *slab = (uhn_slab){
        .query = carve(block, &at, queries, sizeof *slab->query),
        .query_data = carve(block, &at, queries, sizeof *slab->query_data),
        .query_terms = carve(block, &at, queries, sizeof *slab->query_terms),
        .floors = carve(block, &at, queries, sizeof *slab->floors),
        .accumulators = carve(block, &at, queries, sizeof *slab->accumulators),
        .rows = carve(block, &at, rows, sizeof *slab->rows),
        .row_stats = carve(block, &at, rows, sizeof *slab->row_stats),
        .row_data = carve(block, &at, rows, sizeof *slab->row_data),
        .row_scale = carve(block, &at, rows, sizeof *slab->row_scale),
        .row_offset = carve(block, &at, rows, sizeof *slab->row_offset),
        .values = carve(block, &at, rows, sizeof *slab->values),
        .sums = carve(block, &at, rows * plan->block_queries, sizeof *slab->sums),
        .weights = carve(block, &at, rows, sizeof *slab->weights),
        .block_weights = carve(block, &at, rows * plan->block_queries, sizeof *slab->block_weights),
        .project_room = carve(block, &at, plan->split, uhn_project_room(plan->block_queries)),
        .chosen = carve(block, &at, rows, sizeof *slab->chosen),
        .table = carve(block, &at, plan->estimates == uhn_estimates_table, sizeof *slab->table),
        .row_floats = carve(block, &at, plan->floats_stay ? rows : plan->piece_rows, plan->row_floats),
        .query_panels = carve(block, &at, plan->split ? whole_packs(queries) : queries, plan->query_panel),
        .row_panels = carve(block, &at, rows, plan->panel),
        .value_room = carve(block, &at, rows, plan->value_floats),
    };
    return at;
}

size_t uhn_slab_size(const uhn_plan *plan)
{
    uhn_slab slab;
    return plan->estimates ? lay_out(plan, NULL, &slab) : 0;
}

uhn_slab *uhn_slab_init(const uhn_plan *plan, void *block)
{
    uhn_slab *slab = block;
    lay_out(plan, block, slab);
    return slab;
}
