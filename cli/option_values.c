/* SPDX-License-Identifier: MIT
 * From the text of an option's value to the value. */
#include "base/status.h"
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uhn_status cli_take_flag(const cli_option *option, const char *text, void *member)
{
    (void)option, (void)text;
    *(bool *)member = true;
    return UHN_OK;
}

uhn_status cli_take_text(const cli_option *option, const char *text, void *member)
{
    if (!*text)
        return uhn_fail(UHN_ERROR_RANGE, "--%s needs a value: --%s %s", option->name, option->name, option->argument);
    *(const char **)member = text;
    return UHN_OK;
}

int cli_digits(const cli_option *option)
{
    return option->take == cli_take_whole ? 20 : 15; /* 2^64 has 20 */
}

static uhn_status out_of_range(const cli_option *option, const char *text)
{
    const int digits = cli_digits(option);
    if (isinf(option->minimum))
        return uhn_fail(UHN_ERROR_RANGE, "--%s is %s, but must be finite", option->name, text);
    if (isinf(option->maximum))
        return uhn_fail(UHN_ERROR_RANGE, "--%s is %s, but must be finite and %.*g or more", option->name, text, digits,
                        option->minimum);
    return uhn_fail(UHN_ERROR_RANGE, "--%s is %s, but must lie between %.*g and %.*g", option->name, text, digits,
                    option->minimum, digits, option->maximum);
}

/* Reads all of `text`; NaN is no number. */
static uhn_status take_number(const cli_option *option, const char *text, double minimum, double maximum, bool finite,
                              void *member)
{
    char *end;
    const double value = strtod(text, &end);
    if (end == text || *end || isspace((unsigned char)*text) || (isnan(value) && !finite))
        return uhn_fail(UHN_ERROR_RANGE, "--%s is '%s', but must be a number", option->name, text);
    if ((finite && !isfinite(value)) || value < minimum || value > maximum)
        return out_of_range(option, text);
    *(cli_number *)member = (cli_number){true, value};
    return UHN_OK;
}

uhn_status cli_take_number(const cli_option *option, const char *text, void *member)
{
    return take_number(option, text, option->minimum, option->maximum, true, member);
}

uhn_status cli_take_extended(const cli_option *option, const char *text, void *member)
{
    return take_number(option, text, -INFINITY, INFINITY, false, member);
}

/* The digits at *text as a number, *text then behind them. False: no digits, or too many of them. */
static bool read_digits(const char **text, uint64_t *value)
{
    if (!isdigit((unsigned char)**text))
        return false;
    char *end;
    errno = 0;
    const unsigned long long number = strtoull(*text, &end, 10);
    *text = end;
    *value = number;
    return errno == 0;
}

uhn_status cli_take_whole(const cli_option *option, const char *text, void *member)
{
    const char *rest = text;
    uint64_t value;
    if (text[0] == '-' && isdigit((unsigned char)text[1]))
        return out_of_range(option, text);
    if (!read_digits(&rest, &value) || *rest)
        return uhn_fail(UHN_ERROR_RANGE, "--%s is '%s', but must be a whole number below 2^64", option->name, text);
    if ((double)value < option->minimum || (double)value > option->maximum)
        return out_of_range(option, text);
    *(cli_whole *)member = (cli_whole){true, value};
    return UHN_OK;
}

uhn_status cli_take_rows(const cli_option *option, const char *text, void *member)
{
    const char *rest = text;
    uint64_t first = 0, end = SIZE_MAX;
    bool good = *rest == ':' || read_digits(&rest, &first);
    good = good && *rest++ == ':' && (!*rest || read_digits(&rest, &end)) && !*rest;
    if (!good)
        return uhn_fail(UHN_ERROR_RANGE,
                        "--%s is '%s', but must be A:B, two whole numbers, either of which may be left out",
                        option->name, text);
    if (first >= end)
        return uhn_fail(UHN_ERROR_RANGE, "--%s is %s, which holds no row: rows A to B - 1 are taken", option->name,
                        text);
    *(cli_rows *)member = (cli_rows){true, first, end};
    return UHN_OK;
}

uhn_status cli_take_list(const cli_option *option, const char *text, void *member)
{
    const char *rest = text;
    cli_list list = {.given = true};
    bool good = true, more = true;
    for (; good && more && list.count < sizeof list.values / sizeof *list.values; list.count++) {
        uint64_t value = 0;
        good = read_digits(&rest, &value) && value < SIZE_MAX;
        list.values[list.count] = (size_t)value;
        more = *rest == ',';
        rest += more;
    }
    if (!good || more || *rest || (double)list.count < option->minimum || (double)list.count > option->maximum)
        return uhn_fail(UHN_ERROR_RANGE, "--%s is '%s', but must be %s, whole numbers", option->name, text,
                        option->argument);
    *(cli_list *)member = list;
    return UHN_OK;
}

size_t cli_word_count(const char *words)
{
    size_t count = 1;
    for (; *words; words++)
        count += *words == '|';
    return count;
}

const char *cli_word_at(const char *words, size_t index, size_t *length)
{
    for (; index; index--)
        words = strchr(words, '|') + 1;
    *length = strcspn(words, "|");
    return words;
}

uhn_status cli_take_word(const cli_option *option, const char *text, void *member)
{
    const size_t count = cli_word_count(option->words);
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const char *word = cli_word_at(option->words, i, &length);
        if (!text || (strlen(text) == length && strncmp(text, word, length) == 0)) {
            *(cli_word *)member = (cli_word){true, i};
            return UHN_OK;
        }
    }
    if (count == 1)
        return uhn_fail(UHN_ERROR_RANGE, "--%s is '%s', but the only word for it is %s", option->name, text,
                        option->words);
    char list[256];
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const char *word = cli_word_at(option->words, i, &length);
        const char *before = i == 0 ? "" : i + 1 == count ? " or " : ", ";
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.*s", before, (int)length, word);
    }
    return uhn_fail(UHN_ERROR_RANGE, "--%s is '%s', but must be %s", option->name, text, list);
}
