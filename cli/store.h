/* SPDX-License-Identifier: MIT
 * uhn store: its subcommands, each a row of a table. */
#ifndef UHN_CLI_STORE_H
#define UHN_CLI_STORE_H

#include "options.h"

#include "uhn/store.h"

typedef struct store_arguments {
    const char *path; /* of the store */
    cli_whole dim;
    const char *values, *similarity, *memory, *labels, *ids, *out;
    cli_word dtype;
    cli_rows rows;
    cli_whole id;
    bool json, skip_damaged;
} store_arguments;

/* Each returns the exit status. */
typedef int store_action(const store_arguments *arguments);

/* store_change.c */
store_action cli_store_create, cli_store_add, cli_store_update, cli_store_remove, cli_store_compact;
/* store_show.c */
store_action cli_store_get, cli_store_list, cli_store_verify, cli_store_info;
/* store_export.c */
store_action cli_store_export;

/* The ids that --id or --ids name; release with uhn_release(). */
int cli_store_ids(const store_arguments *arguments, uint64_t **ids, size_t *count);

/* Opens the store of the arguments. */
int cli_store_open(const store_arguments *arguments, uhn_store **store);

/* Opens a view of it, without which nothing else need be open. */
int cli_store_open_view(const store_arguments *arguments, uhn_store_view **view);

/* An id as it is, beyond what a JSON number of cJSON holds; a label, or null. */
struct cJSON *cli_id_to_json(uint64_t id);
struct cJSON *cli_label_to_json(const uhn_store_view *view, uint64_t id);

/* Is what is kept of the label sound? UHN_ERROR_DAMAGED */
uhn_status cli_check_label(const uhn_store_view *view, uint64_t id);

/* The sentence for a failed call: whose fault it is follows from the status. */
int cli_store_complain(const char *file, uhn_status status);

#endif
