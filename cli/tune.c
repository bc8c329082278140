/* SPDX-License-Identifier: MIT
 * uhn tune: similarity, separation and beta for somebody's own data and damage. */
#include "lab/tune.h"
#include "base/allocate.h"
#include "base/status.h"
#include "command.h"
#include "damage.h"
#include "input.h"
#include "json.h"
#include "lab/learn.h"
#include "lab/limit.h"
#include "message.h"
#include "output_names.h"
#include "shell.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FIXED_OPTIONS = 9, ONE_CORRUPTION = 1, ROWS_SHOWN = 20 };

typedef struct tune_arguments {
    const char *data, *out;
    cli_rows rows;
    cli_whole stored, queries, examples, seed, threads;
    bool json;
    cli_damage damage;
} tune_arguments;

#define ROW(name, argument, take, member, ...)                                                                         \
    CLI_OPTION(name, argument, cli_take_##take, tune_arguments, member, __VA_ARGS__)

static const cli_option fixed_options[FIXED_OPTIONS] = {
    ROW("data", "FILE", text, data, .required = true, .help = "images like those to be recalled: numbers from 0 to 1."),
    ROW("rows", "A:B", rows, rows, .help = "takes rows A to B − 1 of it only.", .initial = "all rows"),
    ROW("stored", "N", whole, stored, .minimum = 2, .maximum = 1e9, .help = "how many of them to store.",
        .initial = "1000, or as many as there are"),
    ROW("queries", "N", whole, queries, .minimum = 1, .maximum = 1e9,
        .help = "how many damaged images to choose by; as many others are for the score of the winner.",
        .initial = "100, or half of those stored"),
    ROW("examples", "N", whole, examples, .minimum = 1, .maximum = 1e9,
        .help = "how many images, none of them stored, to learn a table from.", .initial = "50"),
    ROW("seed", "N", whole, seed, .maximum = INFINITY, .help = "of the draws and the damage.", .initial = "1"),
    ROW("threads", "N", whole, threads, .minimum = 0, .maximum = 1024,
        .help = "how many threads recall; 0 means as many as there are processors.", .initial = "0"),
    ROW("out", "FILE", text, out,
        .help = "a .npy for what the winner may need: a learned table, or the mask of what the damage leaves. Without "
                "this option the best that needs no file wins."),
    ROW("json", NULL, flag, json, .help = "prints all results as JSON."),
};

static const cli_usage usage = {
    .name = "tune",
    .synopsis = "--data FILE (--noise | --mask | --random-mask | --inpaint) LEVEL [options]",
    .summary = "Finds the similarity, the separation and its beta that identify most of your images after this damage.",
    .text =
        "Some images are stored, damaged copies of some of these are recalled in many ways, and the ways are listed, "
        "best first: by how many copies are identified (the stored image nearest to the answer is the right one), "
        "then by the error (0 exact, 1 as good as the mean image). The winner is then tried on other copies, that "
        "nothing was chosen by, and printed as a command.",
    .operands_max = 0,
    .example = "  uhn tune --data digits.idx --noise 0.5 --out learned.npy",
};

/* ---- the winner as commands */

/* As many images as were stored, so that about as many are found, and cues to try it with: the first of them. */
static void write_commands(const tune_arguments *arguments, const uhn_corruption *corruption, double level,
                           const uhn_tuned *tuned, const uhn_candidate *winner, cli_shell_text *corrupt,
                           cli_shell_text *recall)
{
    char rows[64], memory[64], damage[64], table[CLI_SHELL_ROOM];
    const size_t first = arguments->rows.given ? arguments->rows.first : 0;
    snprintf(rows, sizeof rows, "%zu:%zu", first, first + tuned->queries);
    snprintf(memory, sizeof memory, "%zu:%zu", first, first + tuned->stored);
    snprintf(damage, sizeof damage, " --%s %.*g", corruption->name, uhn_digits(level), level);
    cli_shell_option(corrupt, "uhn corrupt --in ", arguments->data);
    cli_shell_option(corrupt, " --rows ", rows);
    cli_shell_add(corrupt, damage);
    cli_shell_add(corrupt, " --out cues.npy");
    cli_shell_option(recall, "uhn recall --memory ", arguments->data);
    cli_shell_option(recall, " --memory-rows ", memory);
    cli_shell_add(recall, " --query cues.npy");
    cli_shell_option(recall, " --original ", arguments->data);
    cli_shell_option(recall, " --original-rows ", rows);
    snprintf(table, sizeof table, "table:file=%s", arguments->out ? arguments->out : "");
    cli_shell_option(recall, " --similarity ", winner->bins ? table : winner->similarity);
    cli_shell_option(recall, " --separation ", winner->separation);
    if (winner->observed)
        cli_shell_option(recall, " --observed ", arguments->out);
}

/* ---- the report */

static const char *name_of(const uhn_candidate *candidate, char *text, size_t size)
{
    if (candidate->bins)
        snprintf(text, size, "learned table, %zu bins", candidate->bins);
    else
        snprintf(text, size, "%s%s", candidate->similarity, candidate->observed ? ", where observed" : "");
    return text;
}

static double deviation(double fraction, size_t count)
{
    return sqrt(fraction * (1 - fraction) / (double)count);
}

static void print_table(const uhn_tuned *tuned)
{
    char name[128];
    printf("%-44s  %-28s  %10s  %8s\n", "similarity", "separation", "identified", "error");
    for (size_t i = 0; i < tuned->count && i < ROWS_SHOWN; i++) {
        const uhn_candidate *row = &tuned->candidates[i];
        printf("%-44s  %-28s  %10.3f  %8.3g\n", name_of(row, name, sizeof name), row->separation,
               row->result.identified, row->result.normalised_error);
    }
    if (tuned->count > ROWS_SHOWN)
        printf("… %zu more; --json has them all\n", tuned->count - ROWS_SHOWN);
}

static void print_report(const uhn_tuned *tuned, const cli_shell_text *corrupt, const cli_shell_text *recall)
{
    char name[128];
    const uhn_candidate *winner = &tuned->candidates[tuned->winner];
    print_table(tuned);
    printf("\n%zu images stored, %zu queries to choose by, %zu images to learn from.\n", tuned->stored, tuned->queries,
           tuned->examples);
    if (tuned->winner > 0)
        printf("The best needs a file; --out FILE writes it. What follows is the best without.\n");
    printf("On %zu other queries, %s with %s identifies %.3f (standard error %.3f), error %.3g;\n", tuned->queries,
           name_of(winner, name, sizeof name), winner->separation, tuned->test.identified,
           deviation(tuned->test.identified, tuned->queries), tuned->test.normalised_error);
    printf("manhattan with max %.3f, error %.3g.\n\n%s\n%s\n", tuned->manhattan.identified,
           tuned->manhattan.normalised_error, corrupt->text, recall->text);
}

static void add_result(cJSON *to, const uhn_trial_result *result)
{
    cJSON_AddNumberToObject(to, "identified", result->identified);
    cJSON_AddNumberToObject(to, "normalised_error", result->normalised_error);
    cJSON_AddNumberToObject(to, "undefined", result->undefined);
}

static cJSON *candidate_of(const uhn_candidate *candidate)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "similarity", candidate->similarity);
    cJSON_AddStringToObject(object, "separation", candidate->separation);
    if (candidate->bins)
        cJSON_AddNumberToObject(object, "bins", (double)candidate->bins);
    else
        cJSON_AddNullToObject(object, "bins");
    cJSON_AddBoolToObject(object, "observed", candidate->observed);
    add_result(object, &candidate->result);
    return object;
}

static int print_json(const uhn_tuned *tuned, const cli_shell_text *corrupt, const cli_shell_text *recall)
{
    cJSON *report = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(report, "candidates");
    for (size_t i = 0; i < tuned->count; i++)
        cJSON_AddItemToArray(list, candidate_of(&tuned->candidates[i]));
    cJSON_AddNumberToObject(report, "winner", (double)tuned->winner);
    add_result(cJSON_AddObjectToObject(report, "test"), &tuned->test);
    add_result(cJSON_AddObjectToObject(report, "manhattan"), &tuned->manhattan);
    cJSON_AddNumberToObject(report, "stored", (double)tuned->stored);
    cJSON_AddNumberToObject(report, "queries", (double)tuned->queries);
    cJSON_AddNumberToObject(report, "examples", (double)tuned->examples);
    cJSON *commands = cJSON_AddArrayToObject(report, "commands");
    cJSON_AddItemToArray(commands, cJSON_CreateString(corrupt->text));
    cJSON_AddItemToArray(commands, cJSON_CreateString(recall->text));
    return cli_print_json("tune", report);
}

/* ---- the command */

static uhn_status write_mask(const char *path, const uint8_t *observed, size_t dim)
{
    const size_t shape[] = {1, dim};
    float *values = uhn_allocate(dim, sizeof *values);
    if (!values)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a mask of %zu coordinates", dim);
    for (size_t i = 0; i < dim; i++)
        values[i] = observed[i];
    const uhn_status status = uhn_write_npy_float(path, values, 2, shape);
    uhn_release(values);
    return status;
}

/* What the winner needs, if anything. */
static uhn_status write_file(const tune_arguments *arguments, const uhn_tuned *tuned, size_t dim)
{
    const uhn_candidate *winner = &tuned->candidates[tuned->winner];
    const size_t shape[] = {winner->bins, uhn_learned_columns(winner->bins)};
    if (winner->bins)
        return uhn_write_npy_float(arguments->out, uhn_tuned_table(tuned, winner), 2, shape);
    return winner->observed ? write_mask(arguments->out, tuned->observed, dim) : UHN_OK;
}

static bool show_progress(void *context, double done)
{
    (void)context;
    fprintf(stderr, "\rtuning: %3.0f %%%s", 100 * done, done < 1 ? "" : "\r              \r");
    return true;
}

static int tune(const tune_arguments *arguments, const uhn_corruption *corruption, double level)
{
    uhn_dataset data = {0};
    int code = cli_read("tune", arguments->data, "rows", &arguments->rows, &data);
    if (code != CLI_WORKED)
        return code;
    const uhn_tuning tuning = {.corruption = corruption,
                               .level = level,
                               .stored = (size_t)arguments->stored.value,
                               .queries = (size_t)arguments->queries.value,
                               .examples = (size_t)arguments->examples.value,
                               .files = arguments->out != NULL,
                               .seed = arguments->seed.given ? arguments->seed.value : 1,
                               .threads = (int)arguments->threads.value,
                               .progress = isatty(STDERR_FILENO) ? show_progress : NULL};
    uhn_tuned tuned;
    uhn_status status = uhn_tune(&data, &tuning, &tuned);
    if (status == UHN_OK)
        status = write_file(arguments, &tuned, data.dim);
    if (status == UHN_OK) {
        cli_shell_text corrupt = {0}, recall = {0};
        write_commands(arguments, corruption, level, &tuned, &tuned.candidates[tuned.winner], &corrupt, &recall);
        if (arguments->json)
            code = print_json(&tuned, &corrupt, &recall);
        else
            print_report(&tuned, &corrupt, &recall);
    } else {
        code = cli_complain_status(CLI_FAILED, "tune", arguments->data, status);
    }
    uhn_tuned_free(&tuned);
    uhn_dataset_free(&data);
    return code;
}

int uhn_command_tune(int argc, char **argv)
{
    cli_option options[FIXED_OPTIONS + CLI_CORRUPTIONS_MAX];
    cli_usage whole = usage;
    memcpy(options, fixed_options, sizeof fixed_options);
    whole.options = options;
    whole.option_count =
        FIXED_OPTIONS + cli_damage_options(options + FIXED_OPTIONS, offsetof(tune_arguments, damage), ONE_CORRUPTION);

    tune_arguments arguments = {0};
    size_t operand_count = 0;
    int code = cli_parse(&whole, argc, argv, &arguments, &operand_count);
    if (code != CLI_GO_ON)
        return code;
    double level = 0;
    const uhn_corruption *corruption = cli_damage_chosen(&arguments.damage, &level);
    if (!corruption)
        return cli_complain_no_damage("tune");
    code = arguments.out ? cli_check_npy_name("tune", "out", arguments.out) : CLI_WORKED;
    if (code == CLI_WORKED)
        code = cli_check_kept("tune", &arguments.data, 1, &arguments.out, 1);
    return code == CLI_WORKED ? tune(&arguments, corruption, level) : code;
}
