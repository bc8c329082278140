/* SPDX-License-Identifier: MIT */
#include "core/nearest.h"

#include <string.h>

enum { LONGEST = 63 }; /* longer names are not typing errors */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance, three rows of the table at a time. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    const size_t length_a = strlen(a), length_b = strlen(b);
    for (size_t j = 0; j <= length_b; j++)
        last[j] = j;
    for (size_t i = 1; i <= length_a; i++) {
        row[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            row[j] = least(least(row[j - 1], last[j]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return last[length_b];
}

const char *uhn_nearest_name(const char *name, uhn_name_at *at, const void *context)
{
    const size_t length = strlen(name);
    const char *nearest = NULL;
    size_t smallest = (size_t)-1;
    if (length == 0 || length > LONGEST)
        return NULL;
    for (size_t i = 0;; i++) {
        const char *candidate = at(i, context);
        if (!candidate)
            return nearest;
        const size_t candidate_length = strlen(candidate);
        if (candidate_length > LONGEST)
            continue;
        size_t distance = edit_distance(name, candidate);
        const size_t shorter = least(length, candidate_length);
        if (shorter >= 3 && strncmp(name, candidate, shorter) == 0)
            distance = least(distance, 1);
        const size_t longer = length + candidate_length - shorter;
        if (distance < smallest && distance <= (longer + 2) / 3 && distance < longer) {
            smallest = distance;
            nearest = candidate;
        }
    }
}
