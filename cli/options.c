/* SPDX-License-Identifier: MIT */
#include "options.h"
#include "base/status.h"
#include "core/nearest.h"
#include "message.h"

#include <stdio.h>
#include <string.h>

static const char *option_name_at(size_t index, const void *context)
{
    const cli_usage *usage = context;
    if (index < usage->option_count)
        return usage->options[index].name;
    return index == usage->option_count ? "help" : NULL;
}

/* The option whose name is the `length` bytes at `name`. */
static const cli_option *find_option(const cli_usage *usage, const char *name, size_t length)
{
    for (size_t i = 0; i < usage->option_count; i++)
        if (strlen(usage->options[i].name) == length && strncmp(usage->options[i].name, name, length) == 0)
            return &usage->options[i];
    return NULL;
}

static int complain_unknown(const cli_usage *usage, const char *argument)
{
    const size_t dashes = strspn(argument, "-");
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(argument + dashes, "="), argument + dashes);
    const char *nearest = uhn_nearest_name(name, option_name_at, usage);
    const int shown = (int)strcspn(argument, "=");
    if (nearest)
        return cli_complain(CLI_MISUSED, usage->name, "unknown option %.*s; did you mean --%s?", shown, argument,
                            nearest);
    return cli_complain(CLI_MISUSED, usage->name, "unknown option %.*s; 'uhn help %s' lists those there are", shown,
                        argument, usage->name);
}

/* The value of argv[*index]: what follows the '=', or the next argument, which *index then points to. NULL and a
 * failure in *status when there is none, or one too many. */
static const char *value_of(const cli_option *option, int argc, char **argv, int *index, uhn_status *status)
{
    const char *equals = strchr(argv[*index], '=');
    *status = UHN_OK;
    if (!option->argument) {
        if (equals)
            *status = uhn_fail(UHN_ERROR_RANGE, "--%s takes no value", option->name);
        return NULL;
    }
    if (equals)
        return equals + 1;
    if (option->may_omit_value)
        return NULL;
    if (*index + 1 < argc && strncmp(argv[*index + 1], "--", 2) != 0)
        return argv[++*index];
    *status = uhn_fail(UHN_ERROR_RANGE, "--%s needs a value: --%s %s", option->name, option->name, option->argument);
    return NULL;
}

/* Which options were given, by their index; commands have fewer than 64. */
typedef struct parse_state {
    uint64_t given;
    size_t operand_count;
} parse_state;

static int take_option(const cli_usage *usage, int argc, char **argv, int *index, void *arguments, parse_state *state)
{
    const char *argument = argv[*index];
    const cli_option *option = NULL;
    if (strncmp(argument, "--", 2) == 0)
        option = find_option(usage, argument + 2, strcspn(argument + 2, "="));
    if (!option)
        return complain_unknown(usage, argument);

    uhn_status status;
    const char *text = value_of(option, argc, argv, index, &status);
    if (status == UHN_OK)
        status = option->take(option, text, (char *)arguments + option->offset);
    if (status != UHN_OK)
        return cli_complain_status(CLI_MISUSED, usage->name, NULL, status);
    state->given |= UINT64_C(1) << (option - usage->options);
    return CLI_GO_ON;
}

static int check_given(const cli_usage *usage, uint64_t given)
{
    for (size_t i = 0; i < usage->option_count; i++) {
        const cli_option *option = &usage->options[i];
        const bool here = given >> i & 1;
        if (option->required && !here)
            return cli_complain(CLI_MISUSED, usage->name, "--%s %s is missing", option->name, option->argument);
        for (size_t j = 0; here && option->group && j < i; j++)
            if ((given >> j & 1) && usage->options[j].group == option->group)
                return cli_complain(CLI_MISUSED, usage->name, "--%s and --%s exclude each other",
                                    usage->options[j].name, option->name);
    }
    return CLI_GO_ON;
}

static bool asks_for_help(const char *argument)
{
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

static int take_operand(const cli_usage *usage, char **argv, char *argument, parse_state *state)
{
    if (state->operand_count == usage->operands_max)
        return cli_complain(CLI_MISUSED, usage->name,
                            usage->operands_max ? "'%s' is one argument too many"
                                                : "'%s' is not an option; every file is given by one (--option FILE)",
                            argument);
    argv[++state->operand_count] = argument;
    return CLI_GO_ON;
}

int cli_parse(const cli_usage *usage, int argc, char **argv, void *arguments, size_t *operand_count)
{
    parse_state state = {0};
    bool options_ended = false;
    for (int i = 1; i < argc; i++) {
        int code;
        if (!options_ended && asks_for_help(argv[i])) {
            cli_print_usage(usage);
            return CLI_WORKED;
        }
        if (!options_ended && strcmp(argv[i], "--") == 0) {
            options_ended = true;
            continue;
        }
        if (!options_ended && argv[i][0] == '-' && argv[i][1])
            code = take_option(usage, argc, argv, &i, arguments, &state);
        else
            code = take_operand(usage, argv, argv[i], &state);
        if (code != CLI_GO_ON)
            return code;
    }
    *operand_count = state.operand_count;
    return check_given(usage, state.given);
}
