/* SPDX-License-Identifier: MIT
 * Rows that come next, fetched into the caches while others are worked on. */
#ifndef UHN_KERNEL_VARIANT_AHEAD_H
#define UHN_KERNEL_VARIANT_AHEAD_H

#include <stddef.h>
#include <stdint.h>

enum { LINE = 64 };

static inline size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Bytes from … from + bytes of the rows; row and at: what to begin with. */
typedef struct upcoming {
    const uint8_t *const *rows;
    size_t row_count, from, bytes, row, at;
} upcoming;

/* The number of lines that each of `times` calls of fetch() has to fetch. */
static inline size_t lines_each(const upcoming *next, size_t times)
{
    return (next->row_count * ((next->bytes + LINE - 1) / LINE) + times - 1) / times;
}

static inline void fetch(upcoming *next, size_t lines)
{
    for (size_t i = 0; i < lines && next->row < next->row_count; i++) {
        __builtin_prefetch(next->rows[next->row] + next->from + next->at, 0, 2);
        next->at += LINE;
        if (next->at >= next->bytes) {
            next->at = 0;
            next->row++;
        }
    }
}

#endif
