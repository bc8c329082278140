/* SPDX-License-Identifier: MIT
 * Looking terms up one by one, where no instruction looks up several. */
#ifndef UHN_KERNEL_VARIANT_LOOK_UP_PLAIN_H
#define UHN_KERNEL_VARIANT_LOOK_UP_PLAIN_H

#include "kernel/variant/groups.h"

typedef uint64_t entry_function(const uhn_pass_table *table, size_t q, size_t x);

/* Four rows at a time share the column that a bin of the query selects. */
INLINE void look_up_rows(const uint8_t *const *rows, size_t row_count, const uint8_t *q, size_t dim,
                         const uhn_pass_table *table, entry_function *entry, double *sums)
{
    uint64_t totals[4] = {0};
    for (size_t i = 0; i < dim; i++)
        for (size_t r = 0; r < row_count; r++)
            totals[r] += entry(table, q[i], rows[r][i]);
    for (size_t r = 0; r < row_count; r++)
        sums[r] = (double)totals[r];
}

INLINE void look_up_plainly(const uint8_t *const *rows, size_t row_count, const void *const *queries,
                            size_t query_count, size_t dim, const uhn_pass_table *table, entry_function *entry,
                            double *sums, size_t stride)
{
    for (size_t first = 0; first < row_count; first += 4)
        for (size_t q = 0; q < query_count; q++) {
            double *to = sums + q * stride + first;
            if (row_count - first >= 4) {
                const uint8_t *const four[4] = {rows[first], rows[first + 1], rows[first + 2], rows[first + 3]};
                look_up_rows(four, 4, queries[q], dim, table, entry, to);
            } else {
                look_up_rows(rows + first, row_count - first, queries[q], dim, table, entry, to);
            }
        }
}

#endif
