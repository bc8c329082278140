/* SPDX-License-Identifier: MIT
 *
 * libuhn: for libraries that build on it and keep rows of their own, as libuhn-store does. Programs want uhn.h.
 */
#ifndef UHN_EXTEND_H
#define UHN_EXTEND_H

#include "uhn/uhn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Keeps one sentence for uhn_error_detail() of this thread and returns `status`. */
UHN_API uhn_status uhn_fail(uhn_status status, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* All entries of some rows of M lie within low … high, and those of their rows of P within value_low … value_high;
 * low > high where there are none. */
typedef struct uhn_range {
    float low, high, value_low, value_high;
} uhn_range;

/* The range of no rows. */
UHN_API uhn_range uhn_range_empty(uhn_storage storage);

/* Checks rows as uhn_memory_add() does and tells what a memory keeps of them, so that uhn_memory_borrow_blocks() need
 * not read them. `first` is what sentences call the first of them. Widens *range. squares [count] receives Σx² of each
 * row of floats; NULL for other storages. Errors as uhn_memory_borrow(). */
UHN_API uhn_status uhn_examine_rows(uhn_storage storage, const void *rows, size_t first, size_t count, size_t dim,
                                    size_t row_stride, const float *values, size_t value_dim, size_t value_stride,
                                    uhn_range *range, double *squares);

/* Rows that lie side by side, packed. */
typedef struct uhn_row_block {
    const void *rows;
    const float *values;   /* NULL for P = M */
    const double *squares; /* what uhn_examine_rows() told; NULL unless the storage is UHN_FLOAT32 */
    size_t count;          /* ≥ 1 */
} uhn_row_block;

/* Asked about a block before its rows are first used, perhaps by several threads at a time: UHN_OK, or why the rows
 * must not be used. It must not allocate. */
typedef uhn_status uhn_block_check(void *context, size_t block);

/* Makes a read-only memory of rows that lie in blocks, which must outlive it and stay unchanged. The blocks are copied,
 * the rows are not looked at; `range` has to be true of all of them. Where `check` refuses a block, the calls that
 * would have used its rows fail with what it said, and none of the block is used. UHN_ERROR_ARGUMENT, UHN_ERROR_SHAPE,
 * UHN_ERROR_OUT_OF_MEMORY */
UHN_API uhn_status uhn_memory_borrow_blocks(uhn_storage storage, size_t dim, size_t value_dim,
                                            const uhn_row_block *blocks, size_t block_count, const uhn_range *range,
                                            uhn_block_check *check, void *context, uhn_memory **memory);

#ifdef __cplusplus
}
#endif
#endif
