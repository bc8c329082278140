/* SPDX-License-Identifier: MIT
 * What may be named as a file for a result, before anything is read. */
#ifndef UHN_CLI_OUTPUT_NAMES_H
#define UHN_CLI_OUTPUT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Can `path` be written at all: does it end in .npy or .png? CLI_WORKED or, after a sentence, CLI_MISUSED. */
int cli_check_output_name(const char *command, const char *option, const char *path);

/* Likewise, for what can only be a .npy. */
int cli_check_npy_name(const char *command, const char *option, const char *path);

bool cli_is_png(const char *path);

/* Does the name of a file end so, in letters of either case? */
bool cli_ends_in(const char *path, const char *ending);

/* Two results in one file: one would be lost. `list` names the options for the sentence; names may be NULL. */
int cli_check_different(const char *command, const char *const *names, size_t count, const char *list);

/* A result in place of what is read: the user's only copy would be gone. Names may be NULL. */
int cli_check_kept(const char *command, const char *const *read, size_t read_count, const char *const *written,
                   size_t written_count);

/* A result in the folder of a store might take the place of one of its files. Names may be NULL. */
int cli_check_outside(const char *command, const char *store, const char *const *names, size_t count);

#endif
