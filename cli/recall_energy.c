/* SPDX-License-Identifier: MIT
 * uhn recall --iterate: the energy of each step, where there is one that the steps never raise. */
#include "base/allocate.h"
#include "recall.h"
#include "uhn/dynamics.h"

enum { ENERGIES_MOST = 1 << 24 }; /* beyond them the room that they take is worth more than they are */

/* Why no energy is known, in a word; NULL: one is. */
static const char *reason_for_none(const recall_run *run)
{
    const uhn_options *options = &run->options;
    const struct {
        bool applies;
        const char *reason;
    } reasons[] = {{run->arguments.values != NULL, "values"},
                   {options->update != UHN_UPDATE_RECALL, "update"},
                   {options->projection != UHN_PROJECTION_VALUES, "projection"},
                   {options->compat_paper, "compat"},
                   {options->output != UHN_OUTPUT_NONE, "output"},
                   {options->observed != NULL, "observed"},
                   {options->normalise_scores, "normalise-scores"},
                   {!uhn_energy_formula(run->stored.memory, options), "pair"},
                   {options->steps >= ENERGIES_MOST / run->count, "size"}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].applies)
            return reasons[i].reason;
    return NULL;
}

bool cli_recall_make_energies(recall_run *run)
{
    if (run->options.steps == 1 || run->count == 0)
        return true;
    run->no_energy = reason_for_none(run);
    if (!run->no_energy)
        run->energies = uhn_allocate(run->count, (run->options.steps + 1) * sizeof *run->energies);
    return run->no_energy || run->energies;
}

uhn_status cli_recall_run(recall_run *run)
{
    const float *queries = run->query.rows;
    if (run->energies)
        return uhn_recall_energies(run->stored.memory, queries, run->count, 0, &run->options, run->answers, 0,
                                   run->reports, run->energies);
    return uhn_recall(run->stored.memory, queries, run->count, 0, &run->options, run->answers, 0, run->reports);
}
