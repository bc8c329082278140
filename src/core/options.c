/* SPDX-License-Identifier: MIT
 * Options: their defaults, and choosing rows of the tables by text, "name:key=value,key=value". */
#include "base/status.h"
#include "core/choose.h"
#include "core/nearest.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 63, VALUE_MAX_LENGTH = 63 };

/* ---- finding names, with the nearest one when there is none */

static const char *similarity_name(size_t index)
{
    const uhn_similarity *row = uhn_similarity_at(index);
    return row ? row->name : NULL;
}

static const char *separation_name(size_t index)
{
    const uhn_separation *row = uhn_separation_at(index);
    return row ? row->name : NULL;
}

static const char *preset_name(size_t index)
{
    const uhn_preset *row = uhn_preset_at(index);
    return row ? row->name : NULL;
}

static const char *name_in_table(size_t index, const void *context)
{
    uhn_name_of *const *name = context;
    return (*name)(index);
}

size_t uhn_find_row(const char *kind, uhn_name_of *name, const char *wanted)
{
    if (!wanted)
        wanted = "";
    for (size_t i = 0; name(i); i++)
        if (strcmp(name(i), wanted) == 0)
            return i;
    const char *nearest = uhn_nearest_name(wanted, name_in_table, &name);
    if (nearest)
        uhn_fail(UHN_ERROR_NAME, "there is no %s '%s'; did you mean '%s'?", kind, wanted, nearest);
    else
        uhn_fail(UHN_ERROR_NAME, "there is no %s '%s'", kind, wanted);
    return UHN_NO_INDEX;
}

const uhn_similarity *uhn_find_similarity(const char *name)
{
    return uhn_similarity_at(uhn_find_row("similarity", similarity_name, name));
}

const uhn_separation *uhn_find_separation(const char *name)
{
    return uhn_separation_at(uhn_find_row("separation", separation_name, name));
}

const uhn_preset *uhn_find_preset(const char *name)
{
    return uhn_preset_at(uhn_find_row("preset", preset_name, name));
}

/* ---- reading parameters */

static const char *key_at(size_t index, const void *context)
{
    const uhn_parameter_list *list = context;
    return index < list->count ? list->parameters[index].key : NULL;
}

/* strtod() of the C locale, whatever the program's own is. */
static double to_number(const char *text, char **end)
{
    const locale_t c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0)
        return strtod(text, end);
    const double value = strtod_l(text, end, c_locale);
    freelocale(c_locale);
    return value;
}

/* The index of `word` in "one|two|three", or −1. */
static double word_value(const char *words, const char *word)
{
    const size_t length = strlen(word);
    for (double value = 0;; value++) {
        const size_t end = strcspn(words, "|");
        if (end == length && strncmp(words, word, length) == 0)
            return value;
        if (!words[end])
            return -1;
        words += end + 1;
    }
}

static uhn_status read_value(const char *owner, const uhn_parameter *p, const char *text, double *value)
{
    char *end = NULL;
    if (p->words) {
        *value = word_value(p->words, text);
        if (*value < 0)
            return uhn_fail(UHN_ERROR_RANGE, "%s:%s=%s: it must be one of %s", owner, p->key, text, p->words);
        return UHN_OK;
    }
    *value = to_number(text, &end);
    if (end == text || *end)
        return uhn_fail(UHN_ERROR_RANGE, "%s:%s=%s is not a number", owner, p->key, text);
    if (p->whole && *value != floor(*value))
        return uhn_fail(UHN_ERROR_RANGE, "%s:%s=%s: it must be a whole number", owner, p->key, text);
    if (!(*value >= p->minimum && *value <= p->maximum) || (p->above && *value <= p->minimum))
        return uhn_fail(UHN_ERROR_RANGE, "%s:%s=%s is out of range: %s %g up to %g", owner, p->key, text,
                        p->above ? "above" : "from", p->minimum, p->maximum);
    return UHN_OK;
}

static uhn_status read_pair(const uhn_parameter_list *list, char *pair, bool *given, double *values)
{
    char *equals = strchr(pair, '=');
    if (!equals)
        return uhn_fail(UHN_ERROR_NAME, "'%s' in the parameters of '%s' is not key=value", pair, list->owner);
    *equals = '\0';
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->parameters[i].key, pair) != 0)
            continue;
        if (given[i])
            return uhn_fail(UHN_ERROR_NAME, "%s:%s is given twice", list->owner, pair);
        given[i] = true;
        return read_value(list->owner, &list->parameters[i], equals + 1, &values[i]);
    }
    const char *nearest = uhn_nearest_name(pair, key_at, list);
    if (nearest)
        return uhn_fail(UHN_ERROR_NAME, "'%s' has no parameter '%s'; did you mean '%s'?", list->owner, pair, nearest);
    return uhn_fail(UHN_ERROR_NAME,
                    list->count ? "'%s' has no parameter '%s'" : "'%s' has no parameters, yet '%s' was given",
                    list->owner, pair);
}

/* Reads "key=value,key=value" (or NULL) into values [UHN_PARAMETERS_MAX], which start as the defaults. */
static uhn_status read_parameters(const uhn_parameter_list *list, const char *text, double *values)
{
    bool given[UHN_PARAMETERS_MAX] = {false};
    memset(values, 0, UHN_PARAMETERS_MAX * sizeof *values);
    for (size_t i = 0; i < list->count; i++)
        values[i] = list->parameters[i].initial;
    while (text) {
        char pair[NAME_MAX_LENGTH + VALUE_MAX_LENGTH + 2];
        const size_t length = strcspn(text, ",");
        if (length >= sizeof pair)
            return uhn_fail(UHN_ERROR_NAME, "a parameter of '%s' is longer than %zu characters", list->owner,
                            sizeof pair - 1);
        memcpy(pair, text, length);
        pair[length] = '\0';
        const uhn_status status = read_pair(list, pair, given, values);
        if (status != UHN_OK)
            return status;
        text = text[length] ? text + length + 1 : NULL;
    }
    return UHN_OK;
}

/* ---- choosing */

/* Splits "name:parameters": copies the name, gives the parameters (NULL: none). */
static uhn_status split(const char *kind, const char *text, char name[NAME_MAX_LENGTH + 1], const char **parameters)
{
    if (!text)
        return uhn_fail(UHN_ERROR_ARGUMENT, "no %s was given", kind);
    const size_t length = strcspn(text, ":");
    if (length > NAME_MAX_LENGTH)
        return uhn_fail(UHN_ERROR_NAME, "no name of a %s is longer than %d characters", kind, NAME_MAX_LENGTH);
    memcpy(name, text, length);
    name[length] = '\0';
    *parameters = text[length] ? text + length + 1 : NULL;
    return UHN_OK;
}

uhn_status uhn_choose_row(const char *kind, uhn_name_of *names, uhn_parameter_list (*list_of)(size_t), const char *text,
                          size_t *index, double values[UHN_PARAMETERS_MAX])
{
    char name[NAME_MAX_LENGTH + 1];
    const char *parameters = NULL;
    const uhn_status status = split(kind, text, name, &parameters);
    if (status != UHN_OK)
        return status;
    *index = uhn_find_row(kind, names, name);
    if (*index == UHN_NO_INDEX)
        return UHN_ERROR_NAME;
    const uhn_parameter_list list = list_of(*index);
    return read_parameters(&list, parameters, values);
}

static uhn_parameter_list similarity_list(size_t index)
{
    const uhn_similarity *row = uhn_similarity_at(index);
    return (uhn_parameter_list){row->name, row->parameters, row->parameter_count};
}

static uhn_parameter_list separation_list(size_t index)
{
    const uhn_separation *row = uhn_separation_at(index);
    return (uhn_parameter_list){row->name, row->parameters, row->parameter_count};
}

static uhn_parameter_list preset_list(size_t index)
{
    const uhn_preset *row = uhn_preset_at(index);
    return (uhn_parameter_list){row->name, row->parameters, row->parameter_count};
}

uhn_status uhn_choose_similarity(uhn_options *options, const char *text)
{
    size_t index;
    double values[UHN_PARAMETERS_MAX];
    const uhn_status status = uhn_choose_row("similarity", similarity_name, similarity_list, text, &index, values);
    if (status == UHN_OK) {
        options->similarity = uhn_similarity_at(index);
        options->similarity_context = NULL;
        memcpy(options->similarity_parameters, values, sizeof values);
    }
    return status;
}

uhn_status uhn_choose_separation(uhn_options *options, const char *text)
{
    size_t index;
    double values[UHN_PARAMETERS_MAX];
    const uhn_status status = uhn_choose_row("separation", separation_name, separation_list, text, &index, values);
    if (status == UHN_OK) {
        options->separation = uhn_separation_at(index);
        options->separation_context = NULL;
        memcpy(options->separation_parameters, values, sizeof values);
    }
    return status;
}

uhn_status uhn_choose_preset(uhn_options *options, const char *text, size_t dim)
{
    size_t index;
    double values[UHN_PARAMETERS_MAX];
    if (dim == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "a preset for memories of 0 dimensions");
    const uhn_status status = uhn_choose_row("preset", preset_name, preset_list, text, &index, values);
    if (status == UHN_OK)
        uhn_preset_at(index)->apply(values, dim, options);
    return status;
}

void uhn_options_default(uhn_options *options)
{
    *options = (uhn_options){
        .binary = {.order = 2, .self_term = true},
        .sdm = {.locations = 1000, .counter_bits = 32, .seed = 1},
        .steps = 1,
        .seed = 1,
    };
    uhn_choose_similarity(options, "manhattan");
    uhn_choose_separation(options, "softmax");
}
