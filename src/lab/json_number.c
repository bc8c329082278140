/* SPDX-License-Identifier: MIT */
#include "lab/json_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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
