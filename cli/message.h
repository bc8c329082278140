/* SPDX-License-Identifier: MIT
 * What the command says when something is wrong, and how it ends. */
#ifndef UHN_CLI_MESSAGE_H
#define UHN_CLI_MESSAGE_H

#include "uhn/uhn.h"

/* Exit statuses. */
enum {
    CLI_WORKED = 0,
    CLI_FAILED = 1, /* the data or the system failed */
    CLI_MISUSED = 2 /* the command was called wrongly */
};

/* What a command returns that has changed a store: CLI_WORKED, whatever becomes of the rest of its output. */
enum { CLI_CHANGED = -2 };

/* Prints "uhn COMMAND: sentence" to stderr (command NULL: "uhn: sentence") and returns `code`. */
int cli_complain(int code, const char *command, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The sentence for a failed call of the library: uhn_error_detail(), or the status where there is none; with `file`
 * in front where the detail does not name it already (NULL: no file). */
int cli_complain_status(int code, const char *command, const char *file, uhn_status status);

/* Puts '?' in the place of what a terminal would obey, line breaks and tabs included: text from strangers. */
void cli_make_plain(char *text, size_t length);

/* Whose fault a failed recall is: the caller's (CLI_MISUSED) or the data's and the system's (CLI_FAILED). */
int cli_fault_of(uhn_status status);

#endif
