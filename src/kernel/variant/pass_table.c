/* SPDX-License-Identifier: MIT
 * The fast pass that looks its terms up in a table: exact.
 *
 * The bin of a query selects a column of the table, which fits into registers. There one instruction looks up, for one
 * coordinate, the bins of 32 rows. */
#include "kernel/variant/look_up.h"

#if defined(__AVX2__)

enum { LANES = 32, ENTRY_MAX = 2047 };

#if defined(__AVX512BW__) && defined(__AVX512DQ__)
#define WHOLE_COLUMNS
typedef uhn_pass_table columns;
#include "kernel/variant/look_up_avx512.h"
#else
typedef struct columns {
    uint8_t low[UHN_TABLE_COLUMNS][UHN_TABLE_ROWS], high[UHN_TABLE_COLUMNS][UHN_TABLE_ROWS];
} columns;
#include "kernel/variant/look_up_avx2.h"
#endif

void UHN_VARIANT(uhn_pass_table)(const void *const *rows, size_t row_count, const void *const *queries,
                                 size_t query_count, size_t dim, const uhn_pass_table *table, double *sums,
                                 size_t stride)
{
    groups panel[PANEL_COORDINATES * PANEL_VECTORS];
#ifdef WHOLE_COLUMNS
    const columns *these = table;
#else
    columns made;
    const columns *these = cut_columns(table, &made);
#endif
    look_up_all((panel_shape){LANES, PANEL_VECTORS, 1, 1, PANEL_COORDINATES, QUERIES}, panel,
                &(request){.rows = (const uint8_t *const *)rows,
                           .queries = (const uint8_t *const *)queries,
                           .row_count = row_count,
                           .query_count = query_count,
                           .dim = dim,
                           .columns = these,
                           .sums = sums,
                           .stride = stride},
                fill_panel, look_up);
}

#else

#include "kernel/variant/look_up_plain.h"

INLINE uint64_t entry_of(const uhn_pass_table *table, size_t q, size_t x)
{
    return table->values[q][x];
}

void UHN_VARIANT(uhn_pass_table)(const void *const *rows, size_t row_count, const void *const *queries,
                                 size_t query_count, size_t dim, const uhn_pass_table *table, double *sums,
                                 size_t stride)
{
    look_up_plainly((const uint8_t *const *)rows, row_count, queries, query_count, dim, table, entry_of, sums, stride);
}

#endif
