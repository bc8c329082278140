/* SPDX-License-Identifier: MIT
 * uhn learn: the similarity `table`, estimated from pairs of an original and what became of it. */
#include "lab/learn.h"
#include "base/allocate.h"
#include "base/status.h"
#include "command.h"
#include "damage.h"
#include "input.h"
#include "json.h"
#include "lab/sample.h"
#include "message.h"
#include "output_names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIXED_OPTIONS = 9, HOW_DAMAGED = 1 };
enum { EXAMPLES_INITIAL = 50, BINS_INITIAL = 16 };

typedef struct learn_arguments {
    const char *clean, *corrupted, *data, *out;
    cli_rows rows;
    cli_whole examples, bins, seed;
    bool json;
    cli_damage damage;
} learn_arguments;

#define ROW(name, argument, take, member, ...)                                                                         \
    CLI_OPTION(name, argument, cli_take_##take, learn_arguments, member, __VA_ARGS__)

static const cli_option fixed_options[FIXED_OPTIONS] = {
    ROW("clean", "FILE", text, clean, .help = "originals, one a row; --corrupted has what became of each."),
    ROW("corrupted", "FILE", text, corrupted, .help = "their damaged copies, in the same order.", .group = HOW_DAMAGED),
    ROW("data", "FILE", text, data,
        .help = "in place of the two: images to draw examples from, which one of the options below damages."),
    ROW("rows", "A:B", rows, rows,
        .help = "takes rows A to B − 1 of the files only. Learn from other images than those to be stored.",
        .initial = "all rows"),
    ROW("examples", "N", whole, examples, .minimum = 1, .maximum = 1e9,
        .help = "how many images of --data to learn from, drawn at random.", .initial = "50"),
    ROW("bins", "N", whole, bins, .minimum = 2, .maximum = 254,
        .help = "into how many equal parts 0 … 1 is divided; a query's exact 0 and exact 1 get parts of their own.",
        .initial = "16"),
    ROW("seed", "N", whole, seed, .maximum = INFINITY, .help = "of the draw and the damage.", .initial = "1"),
    ROW("out", "FILE", text, out, .required = true, .help = "the table, a .npy for --similarity table:file=FILE."),
    ROW("json", NULL, flag, json, .help = "prints what was learned as JSON."),
};

static const cli_usage usage = {
    .name = "learn",
    .synopsis = "--out FILE (--clean FILE --corrupted FILE | --data FILE (--noise | --mask | --random-mask | "
                "--inpaint) LEVEL) [options]",
    .summary = "Learns a similarity for one kind of damage: how likely each brightness becomes each other one.",
    .text = "The table of the logarithms of these probabilities makes the score of a memory its log-likelihood, pixel "
            "by pixel, with no law assumed. Some fifty images are enough. Numbers must be from 0 to 1.",
    .operands_max = 0,
    .example = "  uhn learn --data digits.idx --rows 1000: --noise 0.5 --out learned.npy\n"
               "  uhn recall --memory digits.idx --memory-rows 0:1000 --query cue.npy \\\n"
               "      --similarity table:file=learned.npy --separation max",
};

/* Pairs of rows of `dim` numbers. */
typedef struct learn_pairs {
    const float *clean, *corrupted;
    size_t count, dim;
    uhn_dataset clean_data, corrupted_data;
    float *drawn; /* originals, then damaged copies */
} learn_pairs;

static int check_arguments(const learn_arguments *arguments, const uhn_corruption *corruption)
{
    if (arguments->data && (arguments->clean || arguments->corrupted))
        return cli_complain(CLI_MISUSED, "learn", "--data and --%s exclude each other",
                            arguments->clean ? "clean" : "corrupted");
    if (!arguments->data && corruption)
        return cli_complain(CLI_MISUSED, "learn", "--%s needs --data FILE, the images to damage", corruption->name);
    if (!arguments->data && (!arguments->clean || !arguments->corrupted))
        return cli_complain(CLI_MISUSED, "learn",
                            "there is nothing to learn from; give --clean FILE and --corrupted FILE, or --data FILE");
    if (arguments->data && !corruption)
        return cli_complain_no_damage("learn");
    if (!arguments->data && arguments->examples.given)
        return cli_complain(CLI_MISUSED, "learn", "--examples needs --data FILE, the images to draw from");
    const char *const inputs[] = {arguments->data, arguments->clean, arguments->corrupted};
    const int code = cli_check_npy_name("learn", "out", arguments->out);
    return code == CLI_WORKED ? cli_check_kept("learn", inputs, 3, &arguments->out, 1) : code;
}

/* ---- pairs from two files */

static int read_pairs(const learn_arguments *arguments, learn_pairs *pairs)
{
    int code = cli_read_floats("learn", arguments->clean, "rows", &arguments->rows, &pairs->clean_data);
    if (code == CLI_WORKED)
        code = cli_read_floats("learn", arguments->corrupted, "rows", &arguments->rows, &pairs->corrupted_data);
    if (code != CLI_WORKED)
        return code;
    const uhn_dataset *clean = &pairs->clean_data, *corrupted = &pairs->corrupted_data;
    if (clean->count != corrupted->count || clean->dim != corrupted->dim)
        return cli_complain(CLI_FAILED, "learn",
                            "%s has %zu rows of %zu numbers, but %s has %zu of %zu; the rows of one are the damaged "
                            "copies of the other's",
                            arguments->clean, clean->count, clean->dim, arguments->corrupted, corrupted->count,
                            corrupted->dim);
    pairs->clean = clean->rows;
    pairs->corrupted = corrupted->rows;
    pairs->count = clean->count;
    pairs->dim = clean->dim;
    uhn_status status = uhn_sample_check(clean);
    if (status != UHN_OK)
        return cli_complain_status(CLI_FAILED, "learn", arguments->clean, status);
    status = uhn_sample_check(corrupted);
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "learn", arguments->corrupted, status);
}

/* ---- pairs that are made */

static uhn_status draw_examples(const learn_arguments *arguments, const uhn_corruption *corruption, double level,
                                size_t *rows, learn_pairs *pairs)
{
    const uhn_dataset *data = &pairs->clean_data;
    const size_t numbers = pairs->count * pairs->dim, first = arguments->rows.given ? arguments->rows.first : 0;
    const uint64_t seed = arguments->seed.given ? arguments->seed.value : 1;
    float *damaged = pairs->drawn + numbers;
    const uhn_status status = uhn_sample_draw(seed, 0, data->count, pairs->count, rows);
    if (status != UHN_OK)
        return status;
    uhn_sample_rows(data, rows, pairs->count, pairs->drawn);
    memcpy(damaged, pairs->drawn, numbers * sizeof *damaged);
    uhn_sample_damage(data, first, corruption, level, seed, rows, pairs->count, damaged);
    pairs->clean = pairs->drawn;
    pairs->corrupted = damaged;
    return UHN_OK;
}

static int make_pairs(const learn_arguments *arguments, const uhn_corruption *corruption, double level,
                      learn_pairs *pairs)
{
    const uhn_dataset *data = &pairs->clean_data;
    const int code = cli_read("learn", arguments->data, "rows", &arguments->rows, &pairs->clean_data);
    if (code != CLI_WORKED)
        return code;
    uhn_status status = uhn_sample_check(data);
    if (status != UHN_OK)
        return cli_complain_status(CLI_FAILED, "learn", arguments->data, status);
    pairs->dim = data->dim;
    pairs->count = arguments->examples.given ? (size_t)arguments->examples.value : EXAMPLES_INITIAL;
    if (pairs->count > data->count)
        return cli_complain(CLI_FAILED, "learn", "%s has %zu images to learn from, but --examples asks for %zu",
                            arguments->data, data->count, pairs->count);
    size_t numbers, *rows = uhn_allocate(pairs->count, sizeof *rows);
    const bool fits = uhn_multiply_sizes(pairs->count, 2 * pairs->dim, &numbers);
    pairs->drawn = fits ? uhn_allocate(numbers, sizeof *pairs->drawn) : NULL;
    if (rows && pairs->drawn)
        status = draw_examples(arguments, corruption, level, rows, pairs);
    else
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu examples", pairs->count);
    uhn_release(rows);
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "learn", arguments->data, status);
}

/* ---- the table */

static int print_learned(const learn_arguments *arguments, const learn_pairs *pairs, size_t bins, double bits)
{
    const size_t columns = uhn_learned_columns(bins);
    if (!arguments->json) {
        printf("%s: %zu x %zu bins, from %zu pairs of %zu numbers; a damaged number tells %.4g bits of its original\n",
               arguments->out, bins, columns, pairs->count, pairs->dim, bits);
        return CLI_WORKED;
    }
    cJSON *report = cJSON_CreateObject();
    cJSON_AddStringToObject(report, "table", arguments->out);
    cJSON_AddNumberToObject(report, "pairs", (double)pairs->count);
    cJSON_AddNumberToObject(report, "dim", (double)pairs->dim);
    cJSON_AddNumberToObject(report, "rows", (double)bins);
    cJSON_AddNumberToObject(report, "columns", (double)columns);
    cJSON_AddNumberToObject(report, "bits_per_number", bits);
    return cli_print_json("learn", report);
}

static int learn(const learn_arguments *arguments, const learn_pairs *pairs)
{
    const size_t bins = arguments->bins.given ? (size_t)arguments->bins.value : BINS_INITIAL;
    const size_t shape[] = {bins, uhn_learned_columns(bins)};
    float *table = uhn_allocate(shape[0] * shape[1], sizeof *table);
    double bits = 0;
    uhn_status status = UHN_OK;
    if (!table)
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a table of %zu x %zu bins", shape[0], shape[1]);
    if (status == UHN_OK)
        status = uhn_learn_table(pairs->clean, pairs->corrupted, pairs->count, pairs->dim, bins, table);
    if (status == UHN_OK)
        status = uhn_learned_information(pairs->clean, pairs->corrupted, pairs->count, pairs->dim, bins, &bits);
    if (status == UHN_OK)
        status = uhn_write_npy_float(arguments->out, table, 2, shape);
    uhn_release(table);
    if (status != UHN_OK)
        return cli_complain_status(CLI_FAILED, "learn", NULL, status);
    return print_learned(arguments, pairs, bins, bits);
}

int uhn_command_learn(int argc, char **argv)
{
    cli_option options[FIXED_OPTIONS + CLI_CORRUPTIONS_MAX];
    cli_usage whole = usage;
    memcpy(options, fixed_options, sizeof fixed_options);
    whole.options = options;
    whole.option_count =
        FIXED_OPTIONS + cli_damage_options(options + FIXED_OPTIONS, offsetof(learn_arguments, damage), HOW_DAMAGED);

    learn_arguments arguments = {0};
    size_t operand_count = 0;
    int code = cli_parse(&whole, argc, argv, &arguments, &operand_count);
    if (code != CLI_GO_ON)
        return code;
    double level = 0;
    const uhn_corruption *corruption = cli_damage_chosen(&arguments.damage, &level);
    code = check_arguments(&arguments, corruption);
    learn_pairs pairs = {0};
    if (code == CLI_WORKED)
        code = arguments.data ? make_pairs(&arguments, corruption, level, &pairs) : read_pairs(&arguments, &pairs);
    if (code == CLI_WORKED)
        code = learn(&arguments, &pairs);
    uhn_dataset_free(&pairs.clean_data);
    uhn_dataset_free(&pairs.corrupted_data);
    uhn_release(pairs.drawn);
    return code;
}
