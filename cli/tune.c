/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "message.h"
int uhn_command_tune(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return CLI_FAILED;
}
