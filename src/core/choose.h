/* SPDX-License-Identifier: MIT
 * Choosing a row of a table by text, "name:key=value,key=value": for all tables whose rows have parameters. */
#ifndef UHN_CORE_CHOOSE_H
#define UHN_CORE_CHOOSE_H

#include "uhn/uhn.h"

/* The name of row `index`, NULL past the end. */
typedef const char *uhn_name_of(size_t index);

/* What a text is read against. */
typedef struct uhn_parameter_list {
    const char *owner;
    const uhn_parameter *parameters;
    size_t count;
} uhn_parameter_list;

/* The index of the name, or UHN_NO_INDEX with the detail set. `kind` is what the table's rows are called. */
size_t uhn_find_row(const char *kind, uhn_name_of *name, const char *wanted);

/* Finds the row of `text` and reads its parameters; those that are not given take their defaults, and the rest is 0. */
uhn_status uhn_choose_row(const char *kind, uhn_name_of *names, uhn_parameter_list (*list_of)(size_t), const char *text,
                          size_t *index, double values[UHN_PARAMETERS_MAX]);

#endif
