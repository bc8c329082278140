/* SPDX-License-Identifier: MIT */
#include "message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Arguments and names come from strangers: no line breaks, nothing that a terminal obeys. */
static void make_plain(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

int cli_complain(int code, const char *command, const char *format, ...)
{
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    make_plain(sentence);
    if (command)
        fprintf(stderr, "uhn %s: %s\n", command, sentence);
    else
        fprintf(stderr, "uhn: %s\n", sentence);
    return code;
}

/* Does the sentence name the file? A short name may be a part of some word. */
static bool names(const char *sentence, const char *file)
{
    const size_t length = strlen(file);
    for (const char *at = strstr(sentence, file); at && length; at = strstr(at + 1, file))
        if ((at == sentence || at[-1] == ' ' || at[-1] == '\'') && (!at[length] || strchr(":/,'-", at[length])))
            return true;
    return false;
}

int cli_complain_status(int code, const char *command, const char *file, uhn_status status)
{
    const char *detail = uhn_error_detail();
    if (!*detail)
        detail = uhn_status_text(status);
    if (file && !names(detail, file))
        return cli_complain(code, command, "%s: %s", file, detail);
    return cli_complain(code, command, "%s", detail);
}

int cli_fault_of(uhn_status status)
{
    const bool misuse = status == UHN_ERROR_NAME || status == UHN_ERROR_RANGE || status == UHN_ERROR_UNSUPPORTED;
    return misuse ? CLI_MISUSED : CLI_FAILED;
}
