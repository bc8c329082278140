/* SPDX-License-Identifier: MIT
 * The library's tables seen alike, for `uhn list`, the help texts and completion. */
#ifndef UHN_CLI_CATALOGUE_H
#define UHN_CLI_CATALOGUE_H

#include "uhn/uhn.h"

/* One row of any of the tables. */
typedef struct cli_entry {
    const char *name, *summary;
    const char *source; /* where it was published; NULL */
    const char *domain; /* what it refuses; NULL */
    const char *note;   /* what the command adds to it; NULL */
    const uhn_parameter *parameters;
    size_t parameter_count;
    uhn_parameter level; /* a corruption's only number, which has no row of its own; see `parameters` */
} cli_entry;

typedef struct cli_catalogue {
    const char *name;                           /* "similarities" */
    const char *heading;                        /* how its rows are used */
    bool (*at)(size_t index, cli_entry *entry); /* false past the end */
} cli_catalogue;

/* NULL past the end. */
const cli_catalogue *cli_catalogue_at(size_t index);

/* NULL when there is none; *nearest is then the name that was probably meant, or NULL. */
const cli_catalogue *cli_find_catalogue(const char *name, const char **nearest);

/* "0 < p ≤ 10, default 3" */
void cli_describe_parameter(const uhn_parameter *parameter, char *text, size_t size);

/* Heading and rows to stdout. */
void cli_print_catalogue(const cli_catalogue *catalogue);

#endif
