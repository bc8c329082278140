/* SPDX-License-Identifier: MIT
 * The parser of arguments, and whole commands on small files. The bytes are the arguments, one a line. */
#include "fuzz.h"

#include "../cli/command.h"
#include "../cli/message.h"
#include "../cli/options.h"
#include "data/dataset.h"

#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MAX = 24 };

typedef struct lines {
    char *text;
    int count;
    char *argv[ARGUMENTS_MAX + 1];
} lines;

/* The lines as arguments behind argv[0]. */
static void split(const uint8_t *bytes, size_t size, lines *arguments)
{
    *arguments = (lines){.text = calloc(1, size + 1), .count = 1, .argv = {(char *)(uintptr_t) "fuzz"}};
    fuzz_require(arguments->text != NULL, "no memory");
    memcpy(arguments->text, bytes, size);
    for (char *next = arguments->text; *next && arguments->count < ARGUMENTS_MAX;) {
        arguments->argv[arguments->count++] = next;
        next += strcspn(next, "\n");
        if (*next)
            *next++ = '\0';
    }
}

/* ------------------------------------------------------------------------------------------------ the parser */

typedef struct every_kind {
    bool flag;
    const char *text, *other;
    cli_number number;
    cli_whole whole;
    cli_word word, may_omit;
    cli_rows rows;
} every_kind;

static const cli_option options[] = {
    CLI_OPTION("flag", NULL, cli_take_flag, every_kind, flag, .help = "a flag."),
    CLI_OPTION("text", "FILE", cli_take_text, every_kind, text, .help = "a text.", .required = true),
    CLI_OPTION("other", "FILE", cli_take_text, every_kind, other, .help = "one of two.", .group = 1),
    CLI_OPTION("number", "X", cli_take_number, every_kind, number, .minimum = -2, .maximum = INFINITY, .group = 1,
               .help = "a number."),
    CLI_OPTION("whole", "N", cli_take_whole, every_kind, whole, .minimum = 1, .maximum = 1e9, .help = "a whole one."),
    CLI_OPTION("word", "WORD", cli_take_word, every_kind, word, .words = "none|sign|step", .help = "a word."),
    CLI_OPTION("may-omit", "WORD", cli_take_word, every_kind, may_omit, .words = "sum|absolute", .may_omit_value = true,
               .help = "a word that may be left out."),
    CLI_OPTION("rows", "A:B", cli_take_rows, every_kind, rows, .help = "rows.", .initial = "all"),
};

static const cli_usage usage = {.name = "fuzz",
                                .synopsis = "[options]",
                                .summary = "Takes one option of each kind.",
                                .options = options,
                                .option_count = sizeof options / sizeof *options,
                                .operands_max = 2,
                                .example = "  uhn fuzz"};

void fuzz_run_arguments(const fuzz_target *target, const uint8_t *bytes, size_t size)
{
    (void)target;
    lines arguments;
    every_kind values = {0};
    size_t operands = 0;
    split(bytes, size, &arguments);
    const int code = cli_parse(&usage, arguments.count, arguments.argv, &values, &operands);
    if (code == CLI_GO_ON) {
        fuzz_require(operands <= usage.operands_max, "too many operands");
        fuzz_require(values.text && *values.text, "a required text is missing");
        fuzz_require(!(values.other && values.number.given), "options that exclude each other");
        fuzz_require(!values.number.given || (values.number.value >= -2 && isfinite(values.number.value)),
                     "a number out of range");
        fuzz_require(!values.whole.given || (values.whole.value >= 1 && values.whole.value <= 1000000000),
                     "a whole number out of range");
        fuzz_require(values.word.index < 3 && values.may_omit.index < 2, "a word that is not in the list");
    } else {
        fuzz_require(code == CLI_WORKED || code == CLI_MISUSED, "an unexpected exit status");
    }
    free(arguments.text);
}

/* ------------------------------------------------------------------------------------------------ commands */

static const uhn_command commands[] = {
    {"recall", NULL, uhn_command_recall}, {"corrupt", NULL, uhn_command_corrupt}, {"learn", NULL, uhn_command_learn},
    {"list", NULL, uhn_command_list},     {"info", NULL, uhn_command_info},
};

/* Nothing outside the folder, and no number that only takes time: four digits and exponents are left out. */
static bool is_harmless(const uint8_t *bytes, size_t size)
{
    size_t digits = 0;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '/' || (digits > 0 && (bytes[i] | 0x20) == 'e') || (digits > 0 && (bytes[i] | 0x20) == 'x'))
            return false;
        digits = isdigit(bytes[i]) ? digits + 1 : 0;
        if (digits > 3)
            return false;
    }
    return true;
}

/* m.npy, 4 images of 2 × 3; p.npy, what they stand for; q.npy, 2 queries; o.npy, a mask; t.npy, a table. */
static void write_files(void)
{
    static const float m[24] = {1, 0, 0, 0.5f, 0, 0, 0, 1, 0, 0, 0.25f, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 0.75f, 0};
    static const float p[8] = {1, 0, 0, 1, 1, 1, 0, 0}, t[4] = {0, -1, -1, 0};
    const struct {
        const char *name;
        const float *values;
        size_t rank, shape[3];
    } files[] = {{"m.npy", m, 3, {4, 2, 3}},
                 {"p.npy", p, 2, {4, 2}},
                 {"q.npy", m + 3, 3, {2, 2, 3}},
                 {"o.npy", m + 6, 2, {1, 6}},
                 {"t.npy", t, 2, {2, 2}}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        fuzz_require(uhn_write_npy_float(files[i].name, files[i].values, files[i].rank, files[i].shape) == UHN_OK,
                     "a file could not be written");
}

void fuzz_run_command(const fuzz_target *target, const uint8_t *bytes, size_t size)
{
    (void)target;
    lines arguments;
    if (!is_harmless(bytes, size))
        return;
    split(bytes, size, &arguments);
    for (size_t i = 0; arguments.count > 1 && i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(arguments.argv[1], commands[i].name) != 0)
            continue;
        write_files(); /* the last call may have written over them */
        const int code = commands[i].run(arguments.count - 1, arguments.argv + 1);
        fuzz_require(code == CLI_WORKED || code == CLI_FAILED || code == CLI_MISUSED, "an unexpected exit status");
    }
    free(arguments.text);
}
