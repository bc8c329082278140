/* SPDX-License-Identifier: MIT
 * Memories, queries and masks from the files that the options name, and whether they fit together. Each function
 * returns CLI_WORKED, or the exit status after a sentence on stderr. */
#ifndef UHN_CLI_LOAD_H
#define UHN_CLI_LOAD_H

#include "data/dataset.h"
#include "options.h"

#include "uhn/store.h"

/* What the options say. */
typedef struct cli_memory_files {
    const char *memory, *values; /* --memory, --values; values NULL: the memories themselves */
    cli_rows rows;               /* --memory-rows, of both */
} cli_memory_files;

/* What the files have. Zeroed is empty; free it even after a failure. */
typedef struct cli_memory_data {
    uhn_dataset rows;                    /* M, as it is stored; of a store its shape only */
    uhn_dataset values;                  /* P as float32, or empty */
    uhn_memory *borrowed;                /* both as a memory, or some rows of the view */
    uhn_store_view *view;                /* of the store that --memory names: its rows are read where they lie */
    size_t first;                        /* row of the view that is memory 0 */
    char similarity[UHN_STORE_TEXT_MAX]; /* that the store suggests, or "" */
    const uhn_memory *memory;            /* `borrowed`, or that of the whole view */
} cli_memory_data;

int cli_load_memory(const char *command, const cli_memory_files *files, cli_memory_data *data);

/* The id of a memory of a store; UHN_STORE_IDS: there is none. */
uint64_t cli_memory_id(const cli_memory_data *data, size_t index);
void cli_free_memory(cli_memory_data *data);

/* Queries as float32, one a row, as long as a memory; `rows` is --query-rows. */
int cli_load_query(const char *command, const char *path, const cli_rows *rows, const cli_memory_files *files,
                   const cli_memory_data *data, uhn_dataset *query);

/* One row for all of `count` queries, or one for each: float32 rows as long as a memory. `what` names such a row in
 * sentences: "a mask". */
int cli_load_rows_for(const char *command, const char *path, const char *what, size_t count,
                      const cli_memory_files *files, const cli_memory_data *data, uhn_dataset *rows);

/* Such a file as bytes, 1 where it is not 0: *mask is owned by the caller, *stride 0 where one row is for all.
 * `nothing` says in sentences what a NaN is not: "neither observed nor not". */
int cli_load_mask(const char *command, const char *path, const char *nothing, size_t count,
                  const cli_memory_files *files, const cli_memory_data *data, uint8_t **mask, size_t *stride);

/* Rows of color images agree in length however their colors are ordered, but then mean different things. The order is
 * known where the file has images, not just rows. */
int cli_check_colors(const char *command, const char *path, const uhn_dataset *data, const char *other_path,
                     const uhn_dataset *other);

#endif
