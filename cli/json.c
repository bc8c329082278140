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

void cli_json_add_parameters(cJSON *object, const char *name, const uhn_parameter *parameters, size_t count,
                             const double *values)
{
    cJSON *chosen = cJSON_AddObjectToObject(object, name);
    for (size_t i = 0; i < count; i++)
        cJSON_AddNumberToObject(chosen, parameters[i].key, values[i]);
}

cJSON *cli_json_index(size_t index)
{
    return index == UHN_NO_INDEX ? cJSON_CreateNull() : cJSON_CreateNumber((double)index);
}

cJSON *cli_json_numbers(const double *values, size_t count)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(array, cJSON_CreateNumber(values[i]));
    return array;
}
