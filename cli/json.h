/* SPDX-License-Identifier: MIT
 * Results as JSON on stdout. NaN and infinities are null there. */
#ifndef UHN_CLI_JSON_H
#define UHN_CLI_JSON_H

#include "uhn/uhn.h"

#include <cjson/cJSON.h>

/* Prints `object` on a line of its own and deletes it; NULL or one that lacks memory to be printed is a failure.
 * Returns the exit status. */
int cli_print_json(const char *command, cJSON *object);

/* Adds the object `name`: {"key": value, …}. */
void cli_json_add_parameters(cJSON *object, const char *name, const uhn_parameter *parameters, size_t count,
                             const double *values);

/* The first `count` numbers; null where one is not finite. */
cJSON *cli_json_numbers(const double *values, size_t count);

/* An index; null for UHN_NO_INDEX. */
cJSON *cli_json_index(size_t index);

#endif
