/* SPDX-License-Identifier: MIT
 * Results as JSON on stdout. NaN and infinities are null there. */
#ifndef UHN_CLI_JSON_H
#define UHN_CLI_JSON_H

#include <cjson/cJSON.h>

/* Prints `object` on a line of its own and deletes it; NULL or one that lacks memory to be printed is a failure.
 * Returns the exit status. */
int cli_print_json(const char *command, cJSON *object);

#endif
