/* SPDX-License-Identifier: MIT
 * The fast pass that looks its terms up in a table of few bins and of bytes: exact.
 *
 * A column of the table fills 16 bytes, and one instruction looks up in it the bins of a whole register of rows, or in
 * four columns those of four coordinates. */
#include "kernel/variant/look_up.h"

#if defined(__AVX2__)

#if defined(__AVX512VBMI__) && defined(__AVX512VNNI__)
#include "kernel/variant/look_up_bytes_vbmi.h"
#else
#include "kernel/variant/look_up_bytes.h"
#endif

void UHN_VARIANT(uhn_pass_table_bytes)(const void *const *rows, size_t row_count, const void *const *queries,
                                       size_t query_count, size_t dim, const uhn_pass_table *table, double *sums,
                                       size_t stride)
{
    groups panel[PANEL_ROOM];
    look_up_all((panel_shape){LANES, PANEL_VECTORS, SOME_VECTORS, FEW_VECTORS, PANEL_COORDINATES, QUERIES}, panel,
                &(request){.rows = (const uint8_t *const *)rows,
                           .queries = (const uint8_t *const *)queries,
                           .row_count = row_count,
                           .query_count = query_count,
                           .dim = dim,
                           .columns = table,
                           .sums = sums,
                           .stride = stride},
                fill_panel, look_up);
}

#else

#include "kernel/variant/look_up_plain.h"

INLINE uint64_t entry_of(const uhn_pass_table *table, size_t q, size_t x)
{
    return table->bytes[q][x];
}

void UHN_VARIANT(uhn_pass_table_bytes)(const void *const *rows, size_t row_count, const void *const *queries,
                                       size_t query_count, size_t dim, const uhn_pass_table *table, double *sums,
                                       size_t stride)
{
    look_up_plainly((const uint8_t *const *)rows, row_count, queries, query_count, dim, table, entry_of, sums, stride);
}

#endif
