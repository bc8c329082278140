/* SPDX-License-Identifier: MIT */
#include "lab/json_number.h"
#include "lab/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local bool has_failed;

static void *allocate_noting(size_t size)
{
    void *block = malloc(size);
    has_failed |= !block;
    return block;
}

void uhn_json_start(void)
{
    has_failed = false;
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = allocate_noting, .free_fn = free});
}

bool uhn_json_failed(void)
{
    return has_failed;
}

char *uhn_json_text(cJSON *tree, bool indented)
{
    char *printed = has_failed ? NULL : indented ? cJSON_Print(tree) : cJSON_PrintUnformatted(tree);
    char *text = printed ? uhn_to_utf8(printed) : NULL;
    cJSON_Delete(tree);
    cJSON_free(printed);
    return text;
}

cJSON *uhn_json_number(double value)
{
    char text[40];
    if (!isfinite(value))
        return cJSON_CreateNull();
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return cJSON_CreateRaw(text);
}
