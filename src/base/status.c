/* SPDX-License-Identifier: MIT */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local char detail[512];

/* Paths and names come from strangers: no line breaks, nothing that a terminal obeys. */
static void make_plain(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

uhn_status(uhn_fail)(uhn_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    make_plain(detail);
    return status;
}

const char *uhn_error_detail(void)
{
    return detail;
}

#define UHN_TEXT(name, text) text,

static const char *text_of(const char *const *texts, int count, int value)
{
    return value >= 0 && value < count ? texts[value] : "unknown";
}

const char *uhn_status_text(uhn_status status)
{
    static const char *const texts[] = {UHN_STATUS_MAP(UHN_TEXT)};
    return text_of(texts, UHN_STATUS_COUNT, (int)status);
}

const char *uhn_query_status_text(uhn_query_status status)
{
    static const char *const texts[] = {UHN_QUERY_STATUS_MAP(UHN_TEXT)};
    return text_of(texts, UHN_QUERY_STATUS_COUNT, (int)status);
}

const char *uhn_outcome_text(uhn_outcome outcome)
{
    static const char *const texts[] = {UHN_OUTCOME_MAP(UHN_TEXT)};
    return text_of(texts, UHN_OUTCOME_COUNT, (int)outcome);
}

bool uhn_is_answered(uhn_query_status status)
{
    return status == UHN_QUERY_OK || status == UHN_QUERY_ZERO_NORM;
}

const char *uhn_version(void)
{
    return UHN_VERSION;
}
