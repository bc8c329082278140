/* SPDX-License-Identifier: MIT
 * report.md: what was measured, in figures, tables and sentences that are computed from the numbers. The same results
 * give the same text: nothing in it depends on the day, the time taken or the number of threads. */
#ifndef UHN_LAB_REPORT_H
#define UHN_LAB_REPORT_H

#include "lab/results.h"

/* An image file, by its name relative to the report. */
typedef struct uhn_picture {
    const char *file;
    const char *caption; /* a sentence or more, with full stops */
} uhn_picture;

/* One experiment of the report. */
typedef struct uhn_chapter {
    const uhn_results *results;
    const char *figure; /* file name relative to the report; NULL: none was drawn */
} uhn_chapter;

/* All strings are borrowed. */
typedef struct uhn_account {
    const char *title; /* the experiment, or "suite" */
    const char *dataset, *protocol;
    const char *command; /* that repeats it */
    const char *version, *isa;
    size_t runs;
    uint64_t seed;
    const uhn_chapter *chapters; /* in the order of the report */
    size_t chapter_count;
    const uhn_picture *pictures; /* examples; after the chapters */
    size_t picture_count;
} uhn_account;

/* UHN_ERROR_ARGUMENT (the system refuses to write `path`), UHN_ERROR_OUT_OF_MEMORY */
uhn_status uhn_write_report(const char *path, const uhn_account *account);

#endif
