/* SPDX-License-Identifier: MIT
 * The options that choose a corruption, one for each of the table, for commands that damage images. */
#ifndef UHN_CLI_DAMAGE_H
#define UHN_CLI_DAMAGE_H

#include "data/dataset.h"
#include "options.h"

enum { CLI_CORRUPTIONS_MAX = 16 };

typedef struct cli_damage {
    cli_number levels[CLI_CORRUPTIONS_MAX]; /* in the order of the table */
} cli_damage;

/* Appends these options to `options`, for a cli_damage at `offset` in the command's arguments. They exclude each other
 * and, by their group, whatever else the command puts into it. Returns how many they are. */
size_t cli_damage_options(cli_option *options, size_t offset, int group);

/* The one that was given, and its level; NULL: none. */
const uhn_corruption *cli_damage_chosen(const cli_damage *damage, double *level);

/* The sentence when none was given; returns CLI_MISUSED. */
int cli_complain_no_damage(const char *command);

#endif
