/* SPDX-License-Identifier: MIT
 * What the commands about energies and flows share: options that name the memories, the queries and the network, the
 * loading of the files, and the choice of a uhn_flow. Functions return CLI_WORKED, or the exit status after a sentence
 * on stderr. */
#ifndef UHN_CLI_FLOW_OPTIONS_H
#define UHN_CLI_FLOW_OPTIONS_H

#include "damage.h"
#include "load.h"
#include "uhn/dynamics.h"

#include <cjson/cJSON.h>

typedef struct cli_flow_arguments {
    const char *memory, *values, *query, *input, *clamp; /* files */
    cli_rows memory_rows, query_rows;
    cli_damage damage; /* of the queries */
    const char *similarity, *lagrangians[UHN_LAYER_COUNT], *integrator;
    cli_number beta, tau_v, tau_h, dt, tolerance;
    cli_word leak; /* on|off */
    bool exceed_limit, fast;
    cli_whole steps, threads, seed;
} cli_flow_arguments;

/* Parts of the options that not every command has. Always there: --memory, --values, --memory-rows, and all that
 * describes the network, from --similarity to --threads. */
enum {
    CLI_FLOW_QUERY = 1,  /* --query (required: a command that can do without changes its copy), --query-rows */
    CLI_FLOW_DAMAGE = 2, /* --noise … LEVEL, --seed */
    CLI_FLOW_HELD = 4,   /* --clamp, --input */
    CLI_FLOW_ALL = CLI_FLOW_QUERY | CLI_FLOW_DAMAGE | CLI_FLOW_HELD,
    CLI_FLOW_OPTIONS_MAX = 21 + CLI_CORRUPTIONS_MAX
};

/* Appends the options to `options`, for a cli_flow_arguments at `offset` in the command's arguments. Corruptions
 * exclude each other and what else is in `damage_group`. Returns how many they are. */
size_t cli_flow_options(cli_option *options, size_t offset, unsigned parts, int damage_group);

/* The option `name` among these, for a command in which it is not quite the same: query not required, say. */
cli_option *cli_flow_option(cli_option *options, size_t count, const char *name);

/* The tables of names, for the help. */
void cli_flow_print_tables(void);

/* What the arguments stand for. Zeroed is empty; free it even after a failure. */
typedef struct cli_flow_data {
    cli_memory_data stored;
    uhn_dataset query; /* after the damage; empty without --query */
    uint8_t *clamped;
    double *input;
    uhn_flow flow; /* borrows them */
} cli_flow_data;

/* None of the results, whose names may be NULL, takes the place of a file that is read. CLI_WORKED or, after a
 * sentence, CLI_MISUSED. */
int cli_flow_check_kept(const char *command, const cli_flow_arguments *arguments, const char *const *results,
                        size_t count);

/* Reads the files and fills in data->flow; clamp and input have one row, or one for each query. */
int cli_flow_prepare(const char *command, const cli_flow_arguments *arguments, cli_flow_data *data);
void cli_flow_free(cli_flow_data *data);

/* The exit status after the sentence for a call that failed; one about the memory names its file. */
int cli_flow_complain(const char *command, const cli_flow_arguments *arguments, uhn_status status);

/* Adds the members that say what network this is: similarity, lagrangian_v, lagrangian_h with their parameters, … */
void cli_flow_add_json(cJSON *object, const uhn_flow *flow);

/* "log-sum-exp:beta=8", the Lagrangian as its option takes it. */
void cli_flow_describe(const uhn_flow *flow, uhn_layer layer, char *text, size_t size);

#endif
