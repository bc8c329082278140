/* SPDX-License-Identifier: MIT
 * A bar on stderr that tells how far a long command is, and how long it will still take. Terminals only. */
#ifndef UHN_CLI_PROGRESS_H
#define UHN_CLI_PROGRESS_H

#include <stdbool.h>

typedef struct cli_progress {
    const char *what; /* what is being done, in a word or two */
    bool shown;       /* is there a terminal? */
    double start;     /* seconds */
    double first;     /* what was done already when the clock was started */
    int percent;      /* as it stands on the screen; −1: nothing does */
} cli_progress;

void cli_progress_start(cli_progress *progress, const char *what);

/* done: 0 … 1. `context` is the cli_progress. */
void cli_progress_show(void *context, double done);

/* Takes the bar away. */
void cli_progress_end(cli_progress *progress);

#endif
