/* SPDX-License-Identifier: MIT
 * Numbers in JSON that come back to the bit: cJSON's own printing may lose the last ones. */
#ifndef UHN_LAB_JSON_NUMBER_H
#define UHN_LAB_JSON_NUMBER_H

#include <cjson/cJSON.h>

/* The shortest text that reads as this number; null where it is none. NULL without memory. */
cJSON *uhn_json_number(double value);

#endif
