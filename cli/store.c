/* SPDX-License-Identifier: MIT
 * uhn store: memories that stay. */
#include "store.h"
#include "command.h"
#include "core/nearest.h"
#include "message.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Subcommands as bits, for the table of options. */
enum {
    CREATE = 1 << 0,
    ADD = 1 << 1,
    GET = 1 << 2,
    LIST = 1 << 3,
    UPDATE = 1 << 4,
    REMOVE = 1 << 5,
    COMPACT = 1 << 6,
    VERIFY = 1 << 7,
    EXPORT = 1 << 8,
    INFO = 1 << 9,
    CHANGES = CREATE | ADD | UPDATE | REMOVE | COMPACT
};

typedef struct subcommand {
    const char *name, *summary;
    unsigned bit;
    store_action *run;
} subcommand;

static const subcommand subcommands[] = {
    {"create", "make an empty store; --dim is needed", CREATE, cli_store_create},
    {"add", "add rows, all of them or none; --memory is needed", ADD, cli_store_add},
    {"get", "print or write rows by their ids", GET, cli_store_get},
    {"list", "list ids and labels", LIST, cli_store_list},
    {"update", "replace rows; --memory and --ids or --id are needed", UPDATE, cli_store_update},
    {"remove", "remove rows by their ids", REMOVE, cli_store_remove},
    {"compact", "write the store anew and give space back", COMPACT, cli_store_compact},
    {"verify", "look at every page, checksum, count and number", VERIFY, cli_store_verify},
    {"export", "write the rows as .npy; --out is needed", EXPORT, cli_store_export},
    {"info", "tell what the store holds", INFO, cli_store_info},
};

enum { SUBCOMMANDS = sizeof subcommands / sizeof *subcommands };

#define ROW(name, argument, take, member, ...)                                                                         \
    CLI_OPTION(name, argument, cli_take_##take, store_arguments, member, __VA_ARGS__)

static const cli_option options[] = {
    ROW("dim", "D", whole, dim, .minimum = 1, .maximum = 0x1p30, .help = "create: how many numbers a row of M has."),
    ROW("dtype", "WORD", word, dtype, .words = "float32|uint8|bits",
        .help = "create: how rows are kept; uint8 stands for 0 to 1, bits for 0 and 1.", .initial = "float32"),
    ROW("similarity", "NAME[:key=value,…]", text, similarity,
        .help = "create: what recalls from the store use when they name none."),
    ROW("memory", "FILE", text, memory,
        .help =
            "add, update: the rows of M; whatever 'uhn list readers' lists. A plain .npy or IDX file, not in Fortran "
            "order, may be larger than the main memory."),
    ROW("values", "FILE|O", text, values,
        .help = "add, update: the rows of P, where the store has them; create: how many numbers one of them has; "
                "export: where they go."),
    ROW("rows", "A:B", rows, rows,
        .help = "add, update: takes rows A to B − 1 of the files only, and their lines of --ids and --labels where "
                "these have "
                "more; list: of the store.",
        .initial = "all rows"),
    ROW("ids", "FILE", text, ids,
        .help = "add, update, get, remove: the ids, one a line, from a file, a pipe or - (standard input); export: "
                "where they go."),
    ROW("id", "N", whole, id, .minimum = 0, .maximum = INFINITY,
        .help = "get, update, remove: the id of the one row, below 2^63."),
    ROW("labels", "FILE", text, labels,
        .help = "add, update: texts, one a line, from a file, a pipe or - (standard input), or a file of numbers, one "
                "a row; export: where they go."),
    ROW("out", "FILE", text, out, .help = "get, export: where the rows of M go, as .npy."),
    ROW("skip-damaged", NULL, flag, skip_damaged,
        .help = "export: leaves out the blocks whose checksum is wrong, and says which. All other rows are written."),
    ROW("json", NULL, flag, json, .help = "add, get, list, verify, info: prints JSON."),
};

/* Who takes which option, in the order above. */
static const unsigned takers[] = {
    CREATE,
    CREATE,
    CREATE,
    ADD | UPDATE,
    CREATE | ADD | UPDATE | EXPORT,
    ADD | UPDATE | LIST,
    ADD | UPDATE | GET | REMOVE | EXPORT,
    GET | UPDATE | REMOVE,
    ADD | UPDATE | EXPORT,
    GET | EXPORT,
    EXPORT,
    ADD | GET | LIST | VERIFY | INFO,
};

_Static_assert(sizeof takers / sizeof *takers == sizeof options / sizeof *options, "a row for each option");

static void print_subcommands(void)
{
    printf("\nsubcommands\n");
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        printf("  %-10s %s\n", subcommands[i].name, subcommands[i].summary);
}

static const cli_usage usage = {
    .name = "store",
    .synopsis = "create|add|get|list|update|remove|compact|verify|export|info STORE [options]",
    .summary =
        "Keeps memories in a folder on the disk: they outlive the program, may be larger than the main memory, and "
        "are read by many processes while one writes.",
    .text =
        "What changes a store is one batch: exit status 0 means that it is on the disk, anything else that nothing of "
        "it is there. Every option of other commands that takes a FILE takes a STORE; 'uhn recall --memory STORE' "
        "reads the rows where they lie.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .operands_max = 2,
    .tables = print_subcommands,
    .example = "  uhn store create digits --dim 784 --dtype uint8\n"
               "  uhn store add digits --memory digits.idx\n"
               "  uhn recall --memory digits --query cue.npy",
};

static const char *name_at(size_t index, const void *context)
{
    (void)context;
    return index < SUBCOMMANDS ? subcommands[index].name : NULL;
}

static const subcommand *find(const char *name)
{
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        if (strcmp(subcommands[i].name, name) == 0)
            return &subcommands[i];
    const char *nearest = uhn_nearest_name(name, name_at, NULL);
    if (nearest)
        cli_complain(CLI_MISUSED, "store", "no subcommand %s; did you mean %s?", name, nearest);
    else
        cli_complain(CLI_MISUSED, "store", "no subcommand %s; 'uhn help store' lists those there are", name);
    return NULL;
}

static bool was_given(const cli_option *option, const store_arguments *arguments)
{
    const char *member = (const char *)arguments + option->offset;
    if (option->take == cli_take_text)
        return *(const char *const *)(const void *)member;
    return *(const bool *)member; /* the flag, or `given`, which comes first in the other types */
}

static int check_options(const subcommand *sub, const store_arguments *arguments)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (!(takers[i] & sub->bit) && was_given(&options[i], arguments))
            return cli_complain(CLI_MISUSED, "store", "'uhn store %s' has no option --%s", sub->name, options[i].name);
    if (arguments->id.given && arguments->ids)
        return cli_complain(CLI_MISUSED, "store", "--id and --ids exclude each other");
    return CLI_WORKED;
}

int uhn_command_store(int argc, char **argv)
{
    store_arguments arguments = {0};
    size_t operand_count = 0;
    int code = cli_parse(&usage, argc, argv, &arguments, &operand_count);
    if (code != CLI_GO_ON)
        return code;
    if (operand_count == 0)
        return cli_complain(CLI_MISUSED, "store", "what to do is missing; 'uhn help store' lists what there is");
    const subcommand *sub = find(argv[1]);
    if (!sub)
        return CLI_MISUSED;
    if (operand_count < 2)
        return cli_complain(CLI_MISUSED, "store", "the store is missing: uhn store %s STORE", sub->name);
    arguments.path = argv[2];
    code = check_options(sub, &arguments);
    if (code == CLI_WORKED)
        code = sub->run(&arguments);
    return code == CLI_WORKED && sub->bit & CHANGES ? CLI_CHANGED : code;
}
