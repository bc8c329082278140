/* SPDX-License-Identifier: MIT
 * uhn list: the tables of the library. */
#include "catalogue.h"
#include "command.h"
#include "json.h"
#include "message.h"
#include "options.h"

#include <stdio.h>

typedef struct list_arguments {
    bool names, json;
} list_arguments;

static const cli_option options[] = {
    CLI_OPTION("names", NULL, cli_take_flag, list_arguments, names, .help = "prints the names only, one a line.",
               .group = 1),
    CLI_OPTION("json", NULL, cli_take_flag, list_arguments, json, .help = "prints JSON.", .group = 1),
};

static const cli_usage usage = {
    .name = "list",
    .synopsis = "[similarities | separations | presets | readers | corruptions | experiments | additive | "
                "lagrangians | integrators] [options]",
    .summary = "Lists what there is to choose from: formulas, parameters, their ranges and defaults.",
    .text = "Without a name it lists all tables.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .operands_max = 1,
    .example = "  uhn list separations",
};

static cJSON *parameter_to_json(const uhn_parameter *parameter)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "key", parameter->key);
    if (parameter->summary)
        cJSON_AddStringToObject(object, "summary", parameter->summary);
    cJSON_AddNumberToObject(object, "minimum", parameter->minimum);
    cJSON_AddBoolToObject(object, "above_minimum", parameter->above);
    cJSON_AddNumberToObject(object, "maximum", parameter->maximum);
    cJSON_AddNumberToObject(object, "default", parameter->initial);
    cJSON_AddBoolToObject(object, "whole", parameter->whole);
    if (parameter->words)
        cJSON_AddStringToObject(object, "words", parameter->words);
    return object;
}

static cJSON *entry_to_json(const cli_entry *entry)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", entry->name);
    cJSON_AddStringToObject(object, "summary", entry->summary);
    if (entry->source)
        cJSON_AddStringToObject(object, "source", entry->source);
    if (entry->domain)
        cJSON_AddStringToObject(object, "refuses", entry->domain);
    if (entry->note)
        cJSON_AddStringToObject(object, "note", entry->note);
    cJSON *parameters = cJSON_AddArrayToObject(object, "parameters");
    for (size_t i = 0; i < entry->parameter_count; i++)
        cJSON_AddItemToArray(parameters, parameter_to_json(&entry->parameters[i]));
    if (entry->level.key)
        cJSON_AddItemToArray(parameters, parameter_to_json(&entry->level));
    return object;
}

static void add_catalogue(cJSON *object, const cli_catalogue *catalogue)
{
    cli_entry entry;
    cJSON *rows = cJSON_AddArrayToObject(object, catalogue->name);
    for (size_t i = 0; catalogue->at(i, &entry); i++)
        cJSON_AddItemToArray(rows, entry_to_json(&entry));
}

static void print_names(const cli_catalogue *catalogue)
{
    cli_entry entry;
    for (size_t i = 0; catalogue->at(i, &entry); i++)
        puts(entry.name);
}

int uhn_command_list(int argc, char **argv)
{
    list_arguments arguments = {0};
    size_t operand_count = 0;
    const int code = cli_parse(&usage, argc, argv, &arguments, &operand_count);
    if (code != CLI_GO_ON)
        return code;

    const cli_catalogue *only = NULL;
    const char *nearest = NULL;
    if (operand_count && !(only = cli_find_catalogue(argv[1], &nearest)))
        return nearest ? cli_complain(CLI_MISUSED, "list", "no table %s; did you mean %s?", argv[1], nearest)
                       : cli_complain(CLI_MISUSED, "list", "no table %s; 'uhn help list' names them", argv[1]);

    cJSON *object = arguments.json ? cJSON_CreateObject() : NULL;
    for (size_t i = 0, printed = 0; cli_catalogue_at(i); i++) {
        const cli_catalogue *catalogue = cli_catalogue_at(i);
        if (only && catalogue != only)
            continue;
        if (arguments.json) {
            add_catalogue(object, catalogue);
        } else if (arguments.names) {
            print_names(catalogue);
        } else {
            printf(printed++ ? "\n" : "");
            cli_print_catalogue(catalogue);
        }
    }
    return arguments.json ? cli_print_json("list", object) : CLI_WORKED;
}
