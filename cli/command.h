/* SPDX-License-Identifier: MIT
 * The commands. Each is one file with one entry, argv[0] being its name; it returns the exit status,
 * or CLI_CHANGED. */
#ifndef UHN_CLI_COMMAND_H
#define UHN_CLI_COMMAND_H

#include <stddef.h>

typedef int uhn_command_entry(int argc, char **argv);

uhn_command_entry uhn_command_recall;
uhn_command_entry uhn_command_dynamics;
uhn_command_entry uhn_command_landscape;
uhn_command_entry uhn_command_basins;
uhn_command_entry uhn_command_corrupt;
uhn_command_entry uhn_command_experiment;
uhn_command_entry uhn_command_learn;
uhn_command_entry uhn_command_tune;
uhn_command_entry uhn_command_store;
uhn_command_entry uhn_command_list;
uhn_command_entry uhn_command_info;
uhn_command_entry uhn_command_demo;
uhn_command_entry uhn_command_bench;
uhn_command_entry uhn_command_help;

typedef struct uhn_command {
    const char *name, *summary;
    uhn_command_entry *run;
} uhn_command;

/* The table; NULL past the end. */
const uhn_command *uhn_command_at(size_t index);

/* The command of this name. NULL when there is none: a sentence is then on stderr. */
const uhn_command *uhn_find_command(const char *name);

#endif
