/* SPDX-License-Identifier: MIT */
#include "message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* How many bytes at `text` are one control character, U+0080 to U+009F (in UTF-8) among them; 0: none is there. */
static size_t control_at(const unsigned char *text, size_t length)
{
    if (*text < ' ' || *text == 0x7f)
        return 1;
    return length > 1 && text[0] == 0xc2 && text[1] >= 0x80 && text[1] < 0xa0 ? 2 : 0;
}

void cli_make_plain(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        memset(text + i, '?', control_at((const unsigned char *)text + i, length - i));
}

int cli_complain(int code, const char *command, const char *format, ...)
{
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    cli_make_plain(sentence, strlen(sentence)); /* arguments and names come from strangers */
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
