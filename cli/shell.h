/* SPDX-License-Identifier: MIT
 * Commands as text that a shell takes back, word for word. */
#ifndef UHN_CLI_SHELL_H
#define UHN_CLI_SHELL_H

#include <stddef.h>

enum { CLI_SHELL_ROOM = 8192 };

/* A piece of text that grows; it ends, cut off, where it no longer fits. Zeroed is empty. */
typedef struct cli_shell_text {
    char text[CLI_SHELL_ROOM];
    size_t used;
} cli_shell_text;

/* As it is. */
void cli_shell_add(cli_shell_text *to, const char *text);
/* As one word, in quotes where it needs them. */
void cli_shell_word(cli_shell_text *to, const char *word);
/* " --name " as it is, then its value as one word. */
void cli_shell_option(cli_shell_text *to, const char *option, const char *value);

#endif
