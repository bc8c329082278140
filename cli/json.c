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
