/* SPDX-License-Identifier: MIT
 * Lists as text, one item a line, from files and pipes. */
#ifndef UHN_CLI_LINES_H
#define UHN_CLI_LINES_H

#include "uhn/uhn.h"

typedef struct cli_lines {
    char *text; /* owned, its line ends replaced by 0 */
    size_t count;
} cli_lines;

/* Is `path` something that can be read but once, as a pipe, or "-", the standard input? Readers of data refuse it. */
bool cli_is_stream(const char *path);

/* UHN_ERROR_ARGUMENT: cannot be read, or not text; UHN_ERROR_RANGE: longer than the limit */
uhn_status cli_read_lines(const char *path, cli_lines *lines);
void cli_free_lines(cli_lines *lines);

/* What follows a line of them. */
const char *cli_next_line(const char *line);

#endif
