/* SPDX-License-Identifier: MIT
 * What the passes that look terms up share: blocks of rows are copied into a panel in L1, in which they stand side by
 * side, and all queries are looked up in it. */
#ifndef UHN_KERNEL_VARIANT_LOOK_UP_H
#define UHN_KERNEL_VARIANT_LOOK_UP_H

#include "kernel/variant/ahead.h"
#include "kernel/variant/groups.h"

/* A call of a pass; `columns` as its look_up() wants them. */
typedef struct request {
    const uint8_t *const *rows, *const *queries;
    size_t row_count, query_count, dim;
    const void *columns;
    double *sums;
    size_t stride;
} request;

/* Part of the rows of a call: the first, and the first coordinate, with their numbers. */
typedef struct part {
    size_t row, row_count, from, count;
} part;

/* Copies the part into a panel of so many vectors for each coordinate, or few of them. Rows past the end repeat the
 * last. */
typedef void fill_function(groups *panel, size_t vectors, const request *call, part at);

/* Adds the terms of a panel to the sums of queries first … first + queries − 1, or sets them at the first coordinate.
 */
typedef void look_up_function(size_t vectors, size_t queries, const groups *panel, const request *call, part at,
                              size_t first);

/* A vector holds `lanes` rows. A panel is of `vectors`, or of fewer where these are enough, and of `coordinates`, a
 * multiple of 8; `queries` are looked up together. */
typedef struct panel_shape {
    size_t lanes, vectors, some_vectors, few_vectors, coordinates, queries;
} panel_shape;

INLINE void use_panel(panel_shape shape, const groups *panel, const request *call, part at, upcoming *next,
                      look_up_function *look_up)
{
    const size_t lines = lines_each(next, (call->query_count + shape.queries - 1) / shape.queries);
    size_t first = 0;
    for (; first + shape.queries <= call->query_count; first += shape.queries) {
        fetch(next, lines);
        look_up(shape.vectors, shape.queries, panel, call, at, first);
    }
    fetch(next, lines);
    for (; first < call->query_count; first++)
        look_up(shape.vectors, 1, panel, call, at, first);
}

/* One panel, of so many vectors, which is a constant wherever this is called. */
INLINE void by_panel(panel_shape shape, size_t vectors, groups *panel, const request *call, part at, upcoming *next,
                     fill_function *fill, look_up_function *look_up)
{
    shape.vectors = vectors;
    fill(panel, vectors, call, at);
    use_panel(shape, panel, call, at, next, look_up);
}

INLINE void look_up_all(panel_shape shape, groups *panel, const request *call, fill_function *fill,
                        look_up_function *look_up)
{
    const size_t blocks = (call->dim + shape.coordinates - 1) / shape.coordinates;
    const size_t block = blocks ? (call->dim + 8 * blocks - 1) / (8 * blocks) * 8 : 0;
    const size_t panel_rows = shape.vectors * shape.lanes;
    for (size_t q = 0; call->dim == 0 && q < call->query_count; q++)
        memset(call->sums + q * call->stride, 0, call->row_count * sizeof *call->sums);
    for (size_t row = 0; row < call->row_count && call->query_count > 0; row += panel_rows)
        for (size_t from = 0; from < call->dim; from += block) {
            const part at = {row, least(panel_rows, call->row_count - row), from, least(block, call->dim - from)};
            const size_t then = from + block < call->dim ? from + block : 0, next_row = row + (then ? 0 : at.row_count);
            upcoming next = {.rows = call->rows + next_row,
                             .row_count = least(panel_rows, call->row_count - next_row),
                             .from = then,
                             .bytes = least(block, call->dim - then)};
            if (at.row_count > shape.some_vectors * shape.lanes)
                by_panel(shape, shape.vectors, panel, call, at, &next, fill, look_up);
            else if (at.row_count > shape.few_vectors * shape.lanes)
                by_panel(shape, shape.some_vectors, panel, call, at, &next, fill, look_up);
            else
                by_panel(shape, shape.few_vectors, panel, call, at, &next, fill, look_up);
        }
}

#endif
