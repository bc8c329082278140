/* SPDX-License-Identifier: MIT
 * uhn help: what there is, or what one command does. */
#include "command.h"
#include "message.h"
#include "options.h"

#include <stdio.h>
#include <string.h>

static const cli_usage usage = {
    .name = "help",
    .synopsis = "[COMMAND]",
    .summary = "Explains a command; without one, lists them all.",
    .operands_max = 1,
    .example = "  uhn help recall",
};

static void print_overview(void)
{
    printf("uhn %s: associative memories, recalled as z = P · sep(sim(M, q)).\n"
           "\n"
           "usage: uhn COMMAND [options]\n"
           "\n"
           "commands\n",
           uhn_version());
    for (size_t i = 0; uhn_command_at(i); i++)
        printf("  %-10s %s\n", uhn_command_at(i)->name, uhn_command_at(i)->summary);
    printf("\n"
           "'uhn help COMMAND' explains one of them; 'man uhn' has it all. 'uhn --version'\n"
           "prints the version. 'uhn --max-bytes N COMMAND' changes how many bytes a file may\n"
           "decode to (64G in all and 4G of one compressed file; K, M, G and T are units).\n"
           "\n"
           "example\n"
           "  uhn corrupt --in digits.idx --rows 0:10 --noise 0.5 --out cue.npy\n"
           "  uhn recall --memory digits.idx --query cue.npy --sheet recalled.png\n");
}

int uhn_command_help(int argc, char **argv)
{
    size_t operand_count = 0;
    const int code = cli_parse(&usage, argc, argv, NULL, &operand_count);
    if (code != CLI_GO_ON)
        return code;
    if (operand_count == 0) {
        print_overview();
        return CLI_WORKED;
    }
    const uhn_command *command = uhn_find_command(argv[1]);
    if (!command)
        return CLI_MISUSED;
    char asked[] = "--help";
    char *arguments[] = {argv[1], asked, NULL};
    return command->run(2, arguments);
}
