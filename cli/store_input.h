/* SPDX-License-Identifier: MIT
 * What the commands read of stores, and what a store is filled with. */
#ifndef UHN_CLI_STORE_INPUT_H
#define UHN_CLI_STORE_INPUT_H

#include "data/dataset.h"
#include "lines.h"
#include "options.h"

#include "uhn/store.h"

#define CLI_STORE_READER         "store"
#define CLI_STORE_READER_SUMMARY "stores of uhn store; recall reads their rows where they lie"

/* A view of a store that has rows, and the similarity that it suggests, or "" (NULL: not asked for). */
uhn_status cli_view_store(const char *path, char similarity[UHN_STORE_TEXT_MAX], uhn_store_view **view);

/* Copies rows first … first+count−1 of a store, for commands that want them as a data set; no others are read. */
uhn_status cli_copy_store_rows(const uhn_store_view *view, size_t first, size_t count, uhn_dataset *data);

/* Shape and storage of a memory's rows, without the rows. */
void cli_describe_store_rows(const uhn_memory *memory, uhn_dataset *data);

/* "float32", "uint8", "bits". */
const char *cli_storage_name(uhn_storage storage);

/* Rows first … first+count−1 of a data set, which may be in its file still, in this storage. UHN_ERROR_DOMAIN: a number
 * that it cannot hold; UHN_ERROR_NONFINITE; and as uhn_dataset_fetch(). Sentences name the row as the file counts. */
uhn_status cli_fetch_rows(const char *path, const uhn_dataset *data, size_t first, size_t count, uhn_storage storage,
                          void *rows);

/* Which of `there` items are those of the `count` rows that `rows` takes of a file: a list of just so many is theirs
 * alone, a longer one is that of the whole file. False: neither. */
bool cli_choose_items(size_t there, const cli_rows *rows, size_t count, size_t *first);

/* Ids, a whole number a line; release with uhn_release(). */
uhn_status cli_read_ids(const char *path, uint64_t **ids, size_t *count);

/* Labels: lines of text (an empty one is no label), or whatever a reader knows that has one number a row. The texts
 * belong to *lines. */
uhn_status cli_read_labels(const char *path, const cli_rows *rows, size_t count, cli_lines *lines,
                           const char ***labels);

/* The labels that came with a data set, as texts. */
uhn_status cli_own_labels(const uint8_t *classes, size_t count, cli_lines *lines, const char ***labels);

#endif
