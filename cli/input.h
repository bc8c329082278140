/* SPDX-License-Identifier: MIT
 * Files as the command's options name them: a path and, perhaps, a range of rows. */
#ifndef UHN_CLI_INPUT_H
#define UHN_CLI_INPUT_H

#include "data/dataset.h"
#include "options.h"

/* What the readers of this process may accept, from `text` as --max-bytes takes it, "16G": kept in the environment, as
 * UHN_MAX_BYTES. CLI_WORKED or, after a sentence, CLI_MISUSED. */
int cli_set_limit(const char *text);

/* That: the readers' own where nothing was said. */
uhn_read_limits cli_limits(void);

/* Which of the rows that are there are asked for (rows NULL or not given: all). CLI_WORKED or, after a sentence,
 * CLI_MISUSED. */
int cli_choose_rows(const char *command, const char *path, const char *rows_option, const cli_rows *rows, size_t there,
                    size_t *first, size_t *count);

/* Reads `path` and keeps the rows asked for (rows NULL or not given: all), `rows_option` being the name of the option
 * that asks. Returns CLI_WORKED, or the exit status after a sentence on stderr; *data may then be freed. */
int cli_read(const char *command, const char *path, const char *rows_option, const cli_rows *rows, uhn_dataset *data);

/* The same, but rows may stay in the file: uhn_dataset_open(). */
int cli_open(const char *command, const char *path, const char *rows_option, const cli_rows *rows, uhn_dataset *data);

/* As cli_read(), as float32. */
int cli_read_floats(const char *command, const char *path, const char *rows_option, const cli_rows *rows,
                    uhn_dataset *data);

#endif
