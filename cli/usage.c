/* SPDX-License-Identifier: MIT
 * Help texts, made of the rows of the option tables. */
#include "options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PAGE_WIDTH = 80, HELP_COLUMN = 27 };

int cli_width(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80; /* all but the continuation bytes of UTF-8 */
    return width;
}

static int width_of_bytes(const char *text, size_t length)
{
    int width = 0;
    for (size_t i = 0; i < length; i++)
        width += ((unsigned char)text[i] & 0xc0) != 0x80;
    return width;
}

void cli_print_wrapped(const char *text, int column, int indent)
{
    bool fresh = true; /* nothing of the text stands on this line */
    while (*text) {
        const size_t length = strcspn(text, " \n");
        const int width = width_of_bytes(text, length);
        if (!fresh && column + 1 + width > PAGE_WIDTH) {
            printf("\n%*s", indent, "");
            column = indent;
            fresh = true;
        }
        printf("%s%.*s", fresh ? "" : " ", (int)length, text);
        column += width + !fresh;
        fresh = false;
        text += length;
        if (*text == '\n') {
            printf("\n%*s", text[1] ? indent : 0, "");
            column = indent;
            fresh = true;
        }
        text += *text != '\0';
    }
    putchar('\n');
}

/* "1 to 10", "0 or more", the words; "" when there is nothing to say. */
static void describe_range(const cli_option *option, char *text, size_t size)
{
    *text = '\0';
    if (option->words && cli_word_count(option->words) > 1) {
        size_t used = (size_t)snprintf(text, size, "One of");
        for (size_t i = 0; i < cli_word_count(option->words); i++) {
            size_t length;
            const char *word = cli_word_at(option->words, i, &length);
            used += (size_t)snprintf(text + used, size - used, "%s %.*s", i ? "," : "", (int)length, word);
        }
        snprintf(text + used, size - used, ".");
    } else if ((option->take == cli_take_number || option->take == cli_take_whole) && isfinite(option->minimum)) {
        const int digits = cli_digits(option);
        if (isinf(option->maximum))
            snprintf(text, size, "%.*g or more.", digits, option->minimum);
        else
            snprintf(text, size, "%.*g to %.*g.", digits, option->minimum, digits, option->maximum);
    }
}

static void print_option(const cli_option *option)
{
    char range[160], help[1024];
    int column = printf("  --%s", option->name);
    if (option->argument) {
        printf(option->may_omit_value ? "[=%s]" : " %s", option->argument);
        column += cli_width(option->argument) + (option->may_omit_value ? 3 : 1);
    }
    if (column + 2 > HELP_COLUMN) {
        putchar('\n');
        column = 0;
    }
    printf("%*s", HELP_COLUMN - column, "");
    describe_range(option, range, sizeof range);
    const bool sentence = option->help[strlen(option->help) - 1] == '.';
    snprintf(help, sizeof help, "%s%s%s%s%s%s%s%s", option->help, sentence ? "" : ".", *range ? " " : "", range,
             option->initial ? " Default: " : "", option->initial ? option->initial : "", option->initial ? "." : "",
             option->required ? " Required." : "");
    cli_print_wrapped(help, HELP_COLUMN, HELP_COLUMN);
}

void cli_print_usage(const cli_usage *usage)
{
    printf("usage: uhn %s ", usage->name);
    cli_print_wrapped(usage->synopsis, 12 + (int)strlen(usage->name), 12 + (int)strlen(usage->name));
    putchar('\n');
    cli_print_wrapped(usage->summary, 0, 0);
    if (usage->text) {
        putchar('\n');
        cli_print_wrapped(usage->text, 0, 0);
    }
    printf("\noptions\n");
    for (size_t i = 0; i < usage->option_count; i++)
        print_option(&usage->options[i]);
    printf("  --help%*sprints this text.\n", HELP_COLUMN - 8, "");
    if (usage->tables)
        usage->tables();
    if (usage->example)
        printf("\nexample\n%s\n", usage->example);
}
