/* SPDX-License-Identifier: MIT
 * Fast passes over integers and bits: exact.
 *
 * Many queries at once go by a panel of rows, which is a copy of a block of their bytes in L1 such that a vector holds
 * the same group of several rows. There a group of a query, spread over a vector, meets GROUPS rows in one
 * instruction, and what adds up in a vector are finished sums, one per row, which need no reduction across it. (The
 * reduction would cost more than the terms where rows are a few vectors long, as 1024 bits are.) The copy pays from a
 * few queries on; below, rows are read as they lie. */
#include "kernel/variant/ahead.h"
#include "kernel/variant/groups.h"

enum {
    PANEL_BYTES = 1024, /* of each row: the panel and as much of TILE_QUERIES queries fit into L1 */
    PANEL_ROWS = TILE_VECTORS * GROUPS,
    PANEL_QUERIES = TILE_QUERIES - 1, /* a panel pays from so many on */
    DIRECT_ROWS = 4,
    AHEAD_ROWS = 16,   /* fetched ahead when they are short: */
    SHORT_BYTES = 512, /* the processor foresees the addresses of long ones by itself */
    CHUNK_QUERIES = 128,
};

/* One call, of at most CHUNK_QUERIES queries. */
typedef struct request {
    const uint8_t *const *rows, *const *queries;
    size_t row_count, query_count, bytes;
    double *sums;
    size_t stride;
    double bias[CHUNK_QUERIES]; /* added to all sums of the query */
} request;

/* ---- many queries */

/* Part of a panel and of the queries: where it begins and how long it is. */
typedef struct part {
    size_t row, row_count, from, bytes;
} part;

/* Group k of rows[v · GROUPS + i] is group i of panel[k · vectors + v]. Rows past the end repeat the last. */
static void fill_panel(groups *panel, size_t vectors, const request *call, part at)
{
    const size_t steps = (at.bytes + 7) / 8;
    for (size_t v = 0; v < vectors; v++) {
        const uint8_t *rows[GROUPS];
        for (size_t i = 0; i < GROUPS; i++) {
            const size_t r = v * GROUPS + i;
            rows[i] = call->rows[at.row + (r < at.row_count ? r : at.row_count - 1)] + at.from;
        }
        for (size_t k = 0; k < steps; k += GROUPS) {
            groups block[GROUPS];
            const size_t bytes = at.bytes - 8 * k;
            for (size_t i = 0; i < GROUPS; i++)
                block[i] =
                    bytes < sizeof(groups) ? groups_load_part(rows[i] + 8 * k, bytes) : groups_load(rows[i] + 8 * k);
            groups_transpose(block);
            for (size_t i = 0; i < GROUPS && k + i < steps; i++)
                panel[(k + i) * vectors + v] = block[i];
        }
    }
}

INLINE uint64_t group_at(const uint8_t *from)
{
    uint64_t group;
    memcpy(&group, from, sizeof group);
    return group;
}

/* Queries of a tile: count of them are wanted, the others are repetitions. */
typedef struct tile_queries {
    const uint8_t *at[TILE_QUERIES];
    uint64_t tails[TILE_QUERIES]; /* what is past the last whole group */
    size_t first, count;
} tile_queries;

/* All sums of a tile are kept in registers. */
INLINE void add_tile(groups_step *step, groups_fold *fold, size_t vectors, size_t queries, const groups *panel,
                     const request *call, part at, const tile_queries *these)
{
    groups sums[TILE_QUERIES][TILE_VECTORS], x[TILE_VECTORS];
    const uint8_t *q[TILE_QUERIES];
    for (size_t j = 0; j < queries; j++) {
        q[j] = these->at[j];
        for (size_t v = 0; v < vectors; v++)
            sums[j][v] = groups_zero();
    }
    const size_t whole = at.bytes / 8;
    for (size_t k = 0; k < whole; k++, panel += vectors) {
        for (size_t v = 0; v < vectors; v++)
            x[v] = panel[v];
        for (size_t j = 0; j < queries; j++) {
            const groups spread = groups_spread(group_at(q[j] + 8 * k));
            for (size_t v = 0; v < vectors; v++)
                sums[j][v] = step(sums[j][v], x[v], spread);
        }
    }
    if (at.bytes % 8)
        for (size_t j = 0; j < queries; j++)
            for (size_t v = 0; v < vectors; v++)
                sums[j][v] = step(sums[j][v], panel[v], groups_spread(these->tails[j]));
    for (size_t j = 0; j < queries; j++) {
        const size_t query = these->first + j;
        double *to = call->sums + query * call->stride + at.row;
        if (j < these->count)
            for (size_t v = 0; v < vectors && v * GROUPS < at.row_count; v++)
                groups_put(to + v * GROUPS, fold(sums[j][v]), at.row_count - v * GROUPS, at.from > 0,
                           call->bias[query]);
    }
}

static tile_queries gather_queries(const request *call, size_t first, size_t count, part at)
{
    tile_queries these = {.first = first, .count = count};
    for (size_t j = 0; j < TILE_QUERIES; j++) {
        these.at[j] = call->queries[first + (j < count ? j : count - 1)] + at.from;
        these.tails[j] = 0;
        memcpy(&these.tails[j], these.at[j] + at.bytes / 8 * 8, at.bytes % 8);
    }
    return these;
}

INLINE void use_panel(groups_step *step, groups_fold *fold, const groups *panel, const request *call, part at,
                      upcoming *next)
{
    const size_t tiles = (call->query_count + TILE_QUERIES - 1) / TILE_QUERIES;
    const size_t lines = lines_each(next, tiles);
    for (size_t first = 0; first < call->query_count; first += TILE_QUERIES) {
        const size_t left = call->query_count - first, count = left < TILE_QUERIES ? left : TILE_QUERIES;
        const tile_queries these = gather_queries(call, first, count, at);
        const bool half = count <= TILE_QUERIES / 2;
        fetch(next, lines);
        if (at.row_count > GROUPS && half)
            add_tile(step, fold, TILE_VECTORS, TILE_QUERIES / 2, panel, call, at, &these);
        else if (at.row_count > GROUPS)
            add_tile(step, fold, TILE_VECTORS, TILE_QUERIES, panel, call, at, &these);
        else if (half)
            add_tile(step, fold, 1, TILE_QUERIES / 2, panel, call, at, &these);
        else
            add_tile(step, fold, 1, TILE_QUERIES, panel, call, at, &these);
    }
}

INLINE void by_panels(groups_step *step, groups_fold *fold, const request *call)
{
    groups panel[PANEL_BYTES / 8 * TILE_VECTORS];
    const size_t blocks = (call->bytes + PANEL_BYTES - 1) / PANEL_BYTES;
    const size_t block = ((call->bytes + blocks - 1) / blocks + LINE - 1) / LINE * LINE;
    for (size_t row = 0, rows; row < call->row_count; row += rows) {
        /* the last panels of one vector each, where that is less work */
        rows = call->row_count - row;
        rows = rows > (TILE_VECTORS - 1) * GROUPS ? least(rows, PANEL_ROWS) : least(rows, GROUPS);
        for (size_t from = 0; from < call->bytes; from += block) {
            const part at = {row, rows, from, least(block, call->bytes - from)};
            const size_t then = from + block < call->bytes ? from + block : 0, next_row = then ? row : row + rows;
            upcoming next = {.rows = call->rows + next_row,
                             .row_count = least(then ? rows : PANEL_ROWS, call->row_count - next_row),
                             .from = then,
                             .bytes = least(block, call->bytes - then)};
            fill_panel(panel, rows > GROUPS ? TILE_VECTORS : 1, call, at);
            use_panel(step, fold, panel, call, at, &next);
        }
    }
}

/* ---- few queries, or few rows */

INLINE void add_rows(groups_step *step, groups_fold *fold, size_t rows, const request *call, part at, size_t query)
{
    groups sums[DIRECT_ROWS];
    const uint8_t *x[DIRECT_ROWS], *q = call->queries[query] + at.from;
    for (size_t r = 0; r < rows; r++) {
        x[r] = call->rows[at.row + r] + at.from;
        sums[r] = groups_zero();
    }
    size_t i = 0;
    for (; i + sizeof(groups) <= at.bytes; i += sizeof(groups)) {
        const groups of_query = groups_load(q + i);
        for (size_t r = 0; r < rows; r++)
            sums[r] = step(sums[r], groups_load(x[r] + i), of_query);
    }
    if (i < at.bytes) {
        const groups of_query = groups_load_part(q + i, at.bytes - i);
        for (size_t r = 0; r < rows; r++)
            sums[r] = step(sums[r], groups_load_part(x[r] + i, at.bytes - i), of_query);
    }
    double *to = call->sums + query * call->stride + at.row;
    for (size_t r = 0; r < rows; r++)
        to[r] = (at.from > 0 ? to[r] : call->bias[query]) + (double)groups_total(fold(sums[r]));
}

INLINE void directly(groups_step *step, groups_fold *fold, const request *call)
{
    for (size_t row = 0; row < call->row_count; row += DIRECT_ROWS) {
        const size_t rows = least(DIRECT_ROWS, call->row_count - row), ahead = least(row + AHEAD_ROWS, call->row_count);
        if (call->bytes <= SHORT_BYTES)
            fetch(&(upcoming){.rows = call->rows + ahead,
                              .row_count = least(DIRECT_ROWS, call->row_count - ahead),
                              .bytes = call->bytes},
                  DIRECT_ROWS * SHORT_BYTES / LINE);
        for (size_t from = 0; from < call->bytes; from += BLOCK_BYTES) {
            part at = {row, rows, from, least(BLOCK_BYTES, call->bytes - from)};
            for (size_t query = 0; query < call->query_count; query++)
                if (rows == DIRECT_ROWS)
                    add_rows(step, fold, DIRECT_ROWS, call, at, query);
                else
                    for (at.row = row; at.row < row + rows; at.row++)
                        add_rows(step, fold, 1, call, at, query);
        }
    }
}

/* ---- the passes */

static double byte_sum(const uint8_t *x, size_t bytes)
{
    groups sum = groups_zero();
    size_t i = 0;
    for (; i + sizeof(groups) <= bytes; i += sizeof(groups))
        sum = step_difference(sum, groups_load(x + i), groups_zero());
    if (i < bytes)
        sum = step_difference(sum, groups_load_part(x + i, bytes - i), groups_zero());
    return (double)groups_total(sum);
}

INLINE void run(groups_step *step, groups_fold *fold, double offset, size_t bytes, const void *const *rows,
                size_t row_count, const void *const *queries, size_t query_count, double *sums, size_t stride)
{
    for (size_t first = 0; first < query_count; first += CHUNK_QUERIES) {
        request call = {.rows = (const uint8_t *const *)rows,
                        .queries = (const uint8_t *const *)queries + first,
                        .row_count = row_count,
                        .query_count = least(CHUNK_QUERIES, query_count - first),
                        .bytes = bytes,
                        .sums = sums + first * stride,
                        .stride = stride};
        for (size_t j = 0; j < call.query_count; j++) {
            call.bias[j] = offset != 0 ? offset * byte_sum(call.queries[j], bytes) : 0;
            for (size_t r = 0; bytes == 0 && r < row_count; r++)
                call.sums[j * stride + r] = 0;
        }
        if (bytes > 0 && call.query_count >= PANEL_QUERIES && row_count >= DIRECT_ROWS)
            by_panels(step, fold, &call);
        else if (bytes > 0)
            directly(step, fold, &call);
    }
}

/* Each is compiled into one function, with its step in the innermost loops. */
#define PASS(name, step, fold, offset, bytes)                                                                          \
    void UHN_VARIANT(name)(const void *const *rows, size_t row_count, const void *const *queries, size_t query_count,  \
                           size_t dim, const uhn_pass_table *table, double *sums, size_t stride)                       \
    {                                                                                                                  \
        (void)table;                                                                                                   \
        run(step, fold, offset, bytes, rows, row_count, queries, query_count, sums, stride);                           \
    }

PASS(uhn_pass_uint8_multiply, step_multiply, fold_halves, MULTIPLY_OFFSET, dim)
PASS(uhn_pass_uint8_difference, step_difference, fold_whole, 0, dim)
PASS(uhn_pass_int16_maximum, step_maximum, fold_halves, 0, 2 * dim)
PASS(uhn_pass_bit_mismatch, step_mismatch, fold_whole, 0, dim / 8 + (dim % 8 > 0))
