/* SPDX-License-Identifier: MIT
 * The options of a command: a table of rows, which the parser, the help text and the tests walk alike. */
#ifndef UHN_CLI_OPTIONS_H
#define UHN_CLI_OPTIONS_H

#include "uhn/uhn.h"

typedef struct cli_option cli_option;

/* Reads the text of an option's value into the member of the command's arguments that belongs to it.
 * UHN_ERROR_RANGE (the detail names the option and the limit) */
typedef uhn_status cli_take(const cli_option *option, const char *text, void *member);

struct cli_option {
    const char *name;        /* without the two dashes */
    const char *argument;    /* what the help calls the value, as "FILE"; NULL: a flag, which takes none */
    const char *help;        /* what it does; range and default are added to it */
    cli_take *take;          /* how the value is read; the types that receive it are below */
    size_t offset;           /* of the member in the command's arguments */
    double minimum, maximum; /* numbers: the closed range */
    const char *words;       /* words: "none|sign|step" */
    const char *initial;     /* the default, for the help; NULL: there is none to tell */
    bool required;
    bool may_omit_value; /* the value may be left out, and is then given as --name=value only */
    int group;           /* options of one group other than 0 exclude each other */
};

typedef struct cli_number {
    bool given;
    double value;
} cli_number;

typedef struct cli_whole {
    bool given;
    uint64_t value;
} cli_whole;

typedef struct cli_word {
    bool given;
    size_t index; /* in the option's words */
} cli_word;

/* Rows first … end−1, typed "first:end"; both may be left out. */
typedef struct cli_rows {
    bool given;
    size_t first, end; /* end SIZE_MAX: to the last row */
} cli_rows;

/* One to three whole numbers, typed "3,1,4". */
typedef struct cli_list {
    bool given;
    size_t count, values[3];
} cli_list;

cli_take cli_take_flag;     /* bool */
cli_take cli_take_text;     /* const char * */
cli_take cli_take_number;   /* cli_number */
cli_take cli_take_extended; /* cli_number; any but NaN, infinities included */
cli_take cli_take_whole;    /* cli_whole */
cli_take cli_take_word;     /* cli_word; without a value the first word */
cli_take cli_take_rows;     /* cli_rows */
cli_take cli_take_list;     /* cli_list; its count lies within the minimum and maximum of the option */

/* A row for member `member` of struct `type`. */
#define CLI_OPTION(name_, argument_, take_, type, member, ...)                                                         \
    {                                                                                                                  \
        .name = (name_), .argument = (argument_), .take = (take_), .offset = offsetof(type, member), __VA_ARGS__       \
    }

/* A command as its users see it. */
typedef struct cli_usage {
    const char *name;     /* "recall" */
    const char *synopsis; /* what follows "uhn recall" in the usage line */
    const char *summary;  /* one line */
    const char *text;     /* a few sentences, or NULL */
    const cli_option *options;
    size_t option_count;
    size_t operands_max;  /* how many arguments that are not options it takes */
    void (*tables)(void); /* prints the tables that its help ends in; NULL: none */
    const char *example;  /* lines, each a command as it is typed */
} cli_usage;

enum { CLI_GO_ON = -1 };

/* Reads argv[1] … argv[argc−1] into `arguments`. Operands are moved to argv[1] … argv[*operand_count].
 * Returns CLI_GO_ON, or the exit status with which the command should end: after --help, whose text is then on
 * stdout, or after a mistake, whose sentence is then on stderr. */
int cli_parse(const cli_usage *usage, int argc, char **argv, void *arguments, size_t *operand_count);

/* With how many digits (%.*g) sentences tell the range of an option: whole numbers are told as such. */
int cli_digits(const cli_option *option);

/* Prints the help of a command to stdout. */
void cli_print_usage(const cli_usage *usage);

/* Prints `text` to stdout, wrapped to the width of a page, its lines after the first indented. `column` is where the
 * cursor stands. Lines of their own ('\n' in the text) stay. */
void cli_print_wrapped(const char *text, int column, int indent);

/* How many columns UTF-8 text takes. */
int cli_width(const char *text);

/* How many words "none|sign|step" holds, and the one at an index, with its length. */
size_t cli_word_count(const char *words);
const char *cli_word_at(const char *words, size_t index, size_t *length);

#endif
