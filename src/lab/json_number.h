/* SPDX-License-Identifier: MIT
 * What cJSON leaves out: numbers that come back to the bit (its own printing may lose the last ones), and whether all
 * of a tree is there (a part for which memory lacked is just missing). */
#ifndef UHN_LAB_JSON_NUMBER_H
#define UHN_LAB_JSON_NUMBER_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* The shortest text that reads as this number; null where it is none. NULL without memory. */
cJSON *uhn_json_number(double value);

/* From here on an allocation of cJSON that fails in this thread is noted. Say this before a tree is built. */
void uhn_json_start(void);

/* The text of a tree in UTF-8; the tree is deleted, the text the caller's to uhn_release(). NULL where memory lacked
 * since the start. */
char *uhn_json_text(cJSON *tree, bool indented);

/* Has an allocation failed since the start? */
bool uhn_json_failed(void);

#endif
