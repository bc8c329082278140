/* SPDX-License-Identifier: MIT */
#include "base/allocate.h"
#include "base/status.h"
#include "lab/cell.h"
#include "lab/run.h"

#include <string.h>

enum { SHOWN = 5, LEVELS_MAX = 5 };

/* At which levels images are shown. */
typedef struct example_levels {
    const char *corruption, *x_name;
    double levels[LEVELS_MAX];
    size_t count;
} example_levels;

static const example_levels table[] = {
    {"noise", "noise σ (standard deviation)", {0.1, 0.3, 0.5, 0.8, 1.0}, 5},
    {"mask", "fraction of rows masked", {0.3, 0.5, 0.7, 0.9}, 4},
    {"random-mask", "probability that a pixel is masked", {0.3, 0.5, 0.7}, 3},
    {"inpaint", "masked frame (fraction of the height)", {0.3, 0.5, 0.7}, 3},
};

static const example_levels *find_levels(const char *corruption)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].corruption, corruption) == 0)
            return &table[i];
    return NULL;
}

static uhn_status make_room(const uhn_population *population, const uhn_run_settings *settings,
                            const example_levels *row, uhn_examples *examples)
{
    const size_t dim = population->data->dim, n = uhn_run_block_size(settings), shown = n < SHOWN ? n : SHOWN;
    const size_t series = settings->curves.count, cells = series * row->count * shown;
    *examples = (uhn_examples){.corruption = uhn_copy_text(row->corruption),
                               .level_name = uhn_copy_text(row->x_name),
                               .geometry = population->data->geometry,
                               .dim = dim,
                               .image_count = shown,
                               .level_count = row->count,
                               .stored = n,
                               .levels = uhn_allocate(row->count, sizeof(double)),
                               .series = uhn_allocate(series, sizeof(char *)),
                               .originals = uhn_allocate(shown, dim * sizeof(float)),
                               .cues = uhn_allocate(row->count * shown, dim * sizeof(float)),
                               .recalled = uhn_allocate(cells, dim * sizeof(float)),
                               .identified = uhn_allocate(cells, sizeof(bool))};
    if (!examples->corruption || !examples->level_name || !examples->levels || !examples->series ||
        !examples->originals || !examples->cues || !examples->recalled || !examples->identified)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for example images");
    memcpy(examples->levels, row->levels, row->count * sizeof *row->levels);
    return UHN_OK;
}

/* What a curve recalls for the first images: stored ones where it chooses one, else the recall itself. */
static uhn_status recall_shown(uhn_cell *cell, const uhn_curve_row *curve, size_t shown, float *recalled)
{
    uhn_options options;
    uhn_status status = UHN_OK;
    bool exists;
    if (strcmp(curve->separation, "max") == 0) {
        for (size_t i = 0; i < shown; i++)
            if (cell->best[i] != UHN_NO_INDEX)
                memcpy(recalled + i * cell->dim, cell->block->rows + cell->best[i] * cell->dim,
                       cell->dim * sizeof *recalled);
        return UHN_OK;
    }
    UHN_TRY(uhn_cell_similarity(cell, curve, &options, &exists));
    UHN_TRY(uhn_choose_separation(&options, curve->separation));
    if (curve->tuned)
        UHN_TRY(uhn_cell_tune(cell, &options));
    UHN_TRY(uhn_recall(cell->memory, cell->queries, shown, 0, &options, recalled, 0, NULL));
leave:
    return status;
}

/* One level. Curves that do not exist here are left out, and so they are at each level. */
static uhn_status fill_level(uhn_block *block, const uhn_point *point, const uhn_curve_list *curves, size_t level,
                             uhn_examples *examples)
{
    uhn_cell cell;
    const size_t shown = examples->image_count, dim = examples->dim;
    uhn_status status = uhn_cell_make(block, point, &cell);
    if (status != UHN_OK)
        return status;
    memcpy(examples->cues + level * shown * dim, cell.queries, shown * dim * sizeof *cell.queries);
    examples->series_count = level ? examples->series_count : 0;
    for (size_t i = 0, s = 0; i < curves->count; i++) {
        bool exists;
        const size_t place = (s * examples->level_count + level) * shown;
        UHN_TRY(uhn_cell_judge(&cell, &curves->rows[i], &exists));
        if (!exists)
            continue;
        if (level == 0) {
            examples->series[s] = uhn_copy_text(curves->rows[i].name);
            examples->series_count++;
        }
        for (size_t q = 0; q < shown; q++)
            examples->identified[place + q] = cell.verdicts[q].identified;
        UHN_TRY(recall_shown(&cell, &curves->rows[i], shown, examples->recalled + place * dim));
        s++;
    }
leave:
    uhn_cell_free(&cell);
    return status;
}

uhn_status uhn_run_examples(const uhn_population *population, const uhn_run_settings *settings,
                            const uhn_corruption *corruption, uhn_examples *examples)
{
    const example_levels *row = find_levels(corruption->name);
    uhn_block block = {0};
    uhn_status status = UHN_OK;
    *examples = (uhn_examples){0};
    UHN_TRY(row ? UHN_OK : uhn_fail(UHN_ERROR_UNSUPPORTED, "no example levels for %s", corruption->name));
    UHN_TRY(uhn_run_check(population, settings));
    UHN_TRY(uhn_block_make(population, 0, uhn_run_block_size(settings), &block));
    UHN_TRY(make_room(population, settings, row, examples));
    memcpy(examples->originals, block.rows, examples->image_count * examples->dim * sizeof *block.rows);
    for (size_t level = 0; level < row->count; level++) {
        const uhn_point point = {.experiment = settings->experiment,
                                 .protocol = settings->protocol,
                                 .corruption = corruption,
                                 .level = row->levels[level],
                                 .stored = block.count,
                                 .threshold = UHN_THRESHOLD,
                                 .seed = uhn_cell_seed(settings->seed, corruption->name, 0, level),
                                 .threads = settings->threads};
        UHN_TRY(fill_level(&block, &point, &settings->curves, level, examples));
    }
leave:
    uhn_block_free(&block);
    if (status != UHN_OK)
        uhn_examples_free(examples);
    return status;
}
