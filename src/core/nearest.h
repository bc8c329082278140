/* SPDX-License-Identifier: MIT
 * "Did you mean": the name in a list that is nearest to one that is not. */
#ifndef UHN_CORE_NEAREST_H
#define UHN_CORE_NEAREST_H

#include <stddef.h>

/* Gives the name at an index of the list, NULL past its end. */
typedef const char *uhn_name_at(size_t index, const void *context);

/* The nearest name by edit distance (insert, delete, replace, swap neighbours), when it is near enough to be what was
 * meant (a third of the letters at most, or one is the beginning of the other); else NULL. */
const char *uhn_nearest_name(const char *name, uhn_name_at *at, const void *context);

#endif
