/* SPDX-License-Identifier: MIT
 * uhn experiment: what was typed, and the curves that it asks for. */
#ifndef UHN_CLI_EXPERIMENT_H
#define UHN_CLI_EXPERIMENT_H

#include "lab/experiment.h"
#include "options.h"

enum { EXPERIMENT_NAMES_MAX = 32, EXPERIMENT_TEXT_MAX = 96 };

/* Names given by an option, with their parameters: separated by commas, or the option repeated. */
typedef struct experiment_names {
    size_t count;
    char texts[EXPERIMENT_NAMES_MAX][EXPERIMENT_TEXT_MAX];
} experiment_names;

cli_take experiment_take_names;

/* The user's own curves for one experiment. */
typedef struct experiment_curves {
    uhn_curve_row *rows;
    char (*names)[2 * EXPERIMENT_TEXT_MAX + 16]; /* which the rows point to */
    size_t count;
} experiment_curves;

/* Every pair of the names; where only one kind is given, the experiment's usual other one. What the experiment learns,
 * and its limit, stay. Returns an exit status, after a sentence on stderr. */
int experiment_choose(const uhn_experiment *experiment, uhn_protocol protocol, const experiment_names *similarities,
                      const experiment_names *separations, experiment_curves *curves);
void experiment_curves_free(experiment_curves *curves);

#endif
