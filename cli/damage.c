/* SPDX-License-Identifier: MIT */
#include "damage.h"
#include "message.h"

#include <stdio.h>

size_t cli_damage_options(cli_option *options, size_t offset, int group)
{
    size_t count = 0;
    for (; count < CLI_CORRUPTIONS_MAX && uhn_corruption_at(count); count++) {
        const uhn_corruption *row = uhn_corruption_at(count);
        options[count] = (cli_option){.name = row->name,
                                      .argument = "LEVEL",
                                      .help = row->summary,
                                      .take = cli_take_number,
                                      .offset = offset + offsetof(cli_damage, levels) + count * sizeof(cli_number),
                                      .minimum = row->minimum,
                                      .maximum = row->maximum,
                                      .group = group};
    }
    return count;
}

const uhn_corruption *cli_damage_chosen(const cli_damage *damage, double *level)
{
    for (size_t i = 0; i < CLI_CORRUPTIONS_MAX && uhn_corruption_at(i); i++)
        if (damage->levels[i].given) {
            *level = damage->levels[i].value;
            return uhn_corruption_at(i);
        }
    return NULL;
}

int cli_complain_no_damage(const char *command)
{
    char names[256] = "";
    for (size_t i = 0, used = 0; uhn_corruption_at(i) && used < sizeof names; i++)
        used +=
            (size_t)snprintf(names + used, sizeof names - used, "%s--%s", i ? ", " : "", uhn_corruption_at(i)->name);
    return cli_complain(CLI_MISUSED, command, "the damage is missing; give one of %s", names);
}
