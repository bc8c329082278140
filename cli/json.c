/* SPDX-License-Identifier: MIT */
#include "json.h"
#include "base/allocate.h"
#include "lab/utf8.h"
#include "message.h"

#include <stdio.h>

int cli_print_json(const char *command, cJSON *object)
{
    char *printed = object ? cJSON_PrintUnformatted(object) : NULL, *text = printed ? uhn_to_utf8(printed) : NULL;
    cJSON_Delete(object);
    cJSON_free(printed);
    if (!text)
        return cli_complain(CLI_FAILED, command, "out of memory while writing JSON");
    puts(text);
    uhn_release(text);
    return CLI_WORKED;
}
