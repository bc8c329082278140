/* SPDX-License-Identifier: MIT */
#include "json.h"
#include "base/allocate.h"
#include "lab/json_number.h"
#include "message.h"

#include <stdio.h>

int cli_print_json(const char *command, cJSON *object)
{
    char *text = uhn_json_text(object, false);
    if (!text)
        return cli_complain(CLI_FAILED, command, "out of memory while writing JSON");
    puts(text);
    uhn_release(text);
    return CLI_WORKED;
}
