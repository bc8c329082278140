/* SPDX-License-Identifier: MIT */
#include "shell.h"

#include <string.h>

void cli_shell_add(cli_shell_text *to, const char *text)
{
    const size_t length = strlen(text), left = sizeof to->text - 1 - to->used;
    const size_t taken = length < left ? length : left;
    memcpy(to->text + to->used, text, taken);
    to->used += taken;
    to->text[to->used] = '\0';
}

void cli_shell_word(cli_shell_text *to, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,+%@";
    if (*word && strspn(word, plain) == strlen(word)) {
        cli_shell_add(to, word);
        return;
    }
    cli_shell_add(to, "'");
    for (; *word; word++)
        cli_shell_add(to, *word == '\'' ? "'\\''" : (const char[]){*word, '\0'});
    cli_shell_add(to, "'");
}

void cli_shell_option(cli_shell_text *to, const char *option, const char *value)
{
    cli_shell_add(to, option);
    cli_shell_word(to, value);
}
