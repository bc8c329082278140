/* SPDX-License-Identifier: MIT */
#include "lab/text.h"

#include "base/allocate.h"
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_ROOM = 4096 };

/* Room for `more` bytes and the 0 behind them. */
static bool make_room(uhn_text *text, size_t more)
{
    if (text->failed || more < text->room - text->length)
        return !text->failed;
    size_t room = text->room ? text->room : FIRST_ROOM;
    while (room - text->length <= more && room <= SIZE_MAX / 2)
        room *= 2;
    char *bytes = room - text->length > more ? uhn_allocate_unset(room, 1) : NULL;
    if (!bytes) {
        text->failed = true;
        return false;
    }
    if (text->bytes)
        memcpy(bytes, text->bytes, text->length + 1);
    uhn_release(text->bytes);
    text->bytes = bytes;
    text->room = room;
    return true;
}

void uhn_text_append(uhn_text *text, const char *bytes, size_t length)
{
    if (!make_room(text, length))
        return;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void uhn_text_add(uhn_text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        text->failed = true;
    else if (make_room(text, (size_t)length)) {
        vsnprintf(text->bytes + text->length, text->room - text->length, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

uhn_status uhn_text_status(const uhn_text *text, const char *what)
{
    return text->failed ? uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "out of memory while writing %s", what) : UHN_OK;
}

void uhn_text_release(uhn_text *text)
{
    uhn_release(text->bytes);
    *text = (uhn_text){0};
}
