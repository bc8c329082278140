/* SPDX-License-Identifier: MIT
 * uhn experiment: what is left in the folder besides the numbers: figures, example images, report.md. */
#ifndef UHN_CLI_EXPERIMENT_REPORT_H
#define UHN_CLI_EXPERIMENT_REPORT_H

#include "lab/examples.h"
#include "lab/figure.h"
#include "lab/report.h"

enum { REPORT_CHAPTERS_MAX = 16, REPORT_PICTURES_MAX = 16, REPORT_NAME_MAX = 96 };

typedef struct experiment_report {
    const char *folder; /* of the report */
    bool nested;        /* each experiment has a folder of its own in it */
    uhn_figure_format format;
    int code; /* CLI_WORKED, or what the last failed figure cost */
    uhn_results results[REPORT_CHAPTERS_MAX];
    char figures[REPORT_CHAPTERS_MAX][REPORT_NAME_MAX]; /* relative to the folder; "" where there is none */
    size_t chapter_count;
    char pictures[REPORT_PICTURES_MAX][REPORT_NAME_MAX];
    uhn_text captions[REPORT_PICTURES_MAX];
    size_t picture_count;
} experiment_report;

/* Takes the results over, and draws their figure. A figure that cannot be drawn is told on stderr, once where gnuplot
 * is missing, and does not keep the rest from being done. */
void experiment_report_add(experiment_report *report, const uhn_results *results);

/* Draws a sheet of examples. */
void experiment_report_show(experiment_report *report, const char *experiment, const uhn_examples *examples);

/* Writes report.md and frees everything. Returns the exit status: that of figures, too. */
int experiment_report_finish(experiment_report *report, const uhn_account *account);

#endif
