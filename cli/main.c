/* SPDX-License-Identifier: MIT
 * uhn: the command. */
#include "command.h"
#include "core/nearest.h"
#include "lab/json_number.h"
#include "input.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const uhn_command commands[] = {
    {"recall", "recall queries from a memory", uhn_command_recall},
    {"dynamics", "let the network behind a memory flow, its energy watched", uhn_command_dynamics},
    {"landscape", "draw the energy on a slice through memories, with trajectories", uhn_command_landscape},
    {"basins", "tell where random or damaged states end", uhn_command_basins},
    {"corrupt", "damage images, to have something to recall", uhn_command_corrupt},
    {"experiment", "measure curves of recall, as the paper does and better", uhn_command_experiment},
    {"learn", "learn a similarity from images and damaged copies of them", uhn_command_learn},
    {"tune", "find similarity and separation for your data and damage", uhn_command_tune},
    {"demo", "show what recall does, on images of its own", uhn_command_demo},
    {"bench", "time recalls on this machine", uhn_command_bench},
    {"store", "keep memories on the disk", uhn_command_store},
    {"list", "list similarities, separations, presets and the other tables", uhn_command_list},
    {"info", "tell what this program or a file is", uhn_command_info},
    {"help", "explain a command", uhn_command_help},
};

const uhn_command *uhn_command_at(size_t index)
{
    return index < sizeof commands / sizeof *commands ? &commands[index] : NULL;
}

static const char *command_name_at(size_t index, const void *context)
{
    (void)context;
    const uhn_command *command = uhn_command_at(index);
    return command ? command->name : NULL;
}

const uhn_command *uhn_find_command(const char *name)
{
    for (size_t i = 0; uhn_command_at(i); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    const char *nearest = uhn_nearest_name(name, command_name_at, NULL);
    if (nearest)
        cli_complain(CLI_MISUSED, NULL, "unknown command %s; did you mean %s?", name, nearest);
    else
        cli_complain(CLI_MISUSED, NULL, "unknown command %s; 'uhn help' lists those there are", name);
    return NULL;
}

/* A standard stream that was closed before we started would give its number to the next file we open, and messages
 * would end up in there. Something that cannot be written takes the place. */
static void occupy_standard_streams(void)
{
    for (int descriptor = 0; descriptor <= 2; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDONLY) < 0)
            return;
}

/* A result that did not arrive is a failure, however well it was computed. But whoever is told that a change of a store
 * has failed makes it again, so that what is there stays told as such. */
static int close_output(const char *command, int code)
{
    const bool arrived = fflush(stdout) == 0 && !ferror(stdout);
    if (code == CLI_CHANGED && !arrived)
        return cli_complain(CLI_WORKED, command,
                            "the change is in the store, but the standard output cannot be written: %s",
                            strerror(errno));
    if (code == CLI_CHANGED)
        return CLI_WORKED;
    if (arrived || code != CLI_WORKED)
        return code;
    return cli_complain(CLI_FAILED, command, "cannot write to the standard output: %s", strerror(errno));
}

static int complain_missing(void)
{
    return cli_complain(CLI_MISUSED, NULL, "a command is missing; 'uhn help' lists those there are");
}

static int run(int argc, char **argv)
{
    const char *name = argv[1];
    if (strcmp(name, "--max-bytes") == 0) {
        const int code = cli_set_limit(argc > 2 ? argv[2] : NULL);
        if (code != CLI_WORKED)
            return code;
        return argc > 3 ? run(argc - 2, argv + 2) : complain_missing();
    }
    if (strcmp(name, "--version") == 0) {
        printf("uhn %s\n", uhn_version());
        return close_output(NULL, CLI_WORKED);
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    else if (*name == '-')
        return cli_complain(CLI_MISUSED, NULL, "unknown option %s; there are --help, --version and --max-bytes", name);
    const uhn_command *command = uhn_find_command(name);
    return command ? close_output(command->name, command->run(argc - 1, argv + 1)) : CLI_MISUSED;
}

int main(int argc, char **argv)
{
    occupy_standard_streams();
    /* A closed pipe and a file-size limit become failed writes, which say so and leave nothing behind. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    uhn_json_start(); /* the trees of cli_print_json() */
    if (argc < 2)
        return complain_missing();
    return run(argc, argv);
}
