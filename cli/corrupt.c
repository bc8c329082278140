/* SPDX-License-Identifier: MIT
 * uhn corrupt: damages images the way experiments do. */
#include "command.h"
#include "damage.h"
#include "input.h"
#include "message.h"
#include "output_names.h"
#include "picture.h"

#include <math.h>
#include <string.h>

enum { FIXED_OPTIONS = 4, ONE_CORRUPTION = 1 };

typedef struct corrupt_arguments {
    const char *in, *out;
    cli_rows rows;
    cli_whole seed;
    cli_damage damage;
} corrupt_arguments;

static const cli_option fixed_options[FIXED_OPTIONS] = {
    CLI_OPTION("in", "FILE", cli_take_text, corrupt_arguments, in, .required = true,
               .help = "the images to damage; see 'uhn list readers'."),
    CLI_OPTION("out", "FILE", cli_take_text, corrupt_arguments, out, .required = true,
               .help = "where they go: a .npy of the shape of the input, or a .png, a sheet where there are several."),
    CLI_OPTION("rows", "A:B", cli_take_rows, corrupt_arguments, rows,
               .help = "takes rows A to B − 1 of the input only. A row is damaged alike, whatever rows are taken.",
               .initial = "all rows"),
    CLI_OPTION("seed", "N", cli_take_whole, corrupt_arguments, seed, .maximum = INFINITY,
               .help = "of the random numbers; equal seeds give equal bytes.", .initial = "1"),
};

static const cli_usage usage = {
    .name = "corrupt",
    .synopsis = "--in FILE --out FILE (--noise | --mask | --random-mask | --inpaint) LEVEL [options]",
    .summary = "Damages images, to have something to recall.",
    .text = "Exactly one kind of damage is chosen. Data that are not images count as one column of pixels. Pixels are "
            "numbers from 0 to 1; --noise brings them back there, the others leave the pixels that they keep.",
    .operands_max = 0,
    .example = "  uhn corrupt --in digits.idx --rows 0:10 --noise 0.5 --out cue.npy",
};

static int check_finite(const char *path, const uhn_dataset *data)
{
    const float *values = data->rows;
    for (size_t i = 0; i < data->count * data->dim; i++)
        if (!isfinite(values[i]))
            return cli_complain(CLI_FAILED, "corrupt", "%s: row %zu, column %zu is NaN or infinite", path,
                                i / data->dim, i % data->dim);
    return CLI_WORKED;
}

static int corrupt(const corrupt_arguments *arguments, const uhn_corruption *corruption, double level)
{
    uhn_dataset data = {0};
    int code = cli_read_floats("corrupt", arguments->in, "rows", &arguments->rows, &data);
    if (code == CLI_WORKED)
        code = check_finite(arguments->in, &data);
    if (code == CLI_WORKED) {
        float *rows = data.rows;
        for (size_t i = 0; i < data.count; i++)
            corruption->apply(level, arguments->seed.given ? arguments->seed.value : 1, &data.geometry,
                              arguments->rows.first + i, data.dim, rows + i * data.dim);
        code = cli_write_rows("corrupt", arguments->out, rows, data.count, data.dim, &data, &data.geometry);
    }
    uhn_dataset_free(&data);
    return code;
}

int uhn_command_corrupt(int argc, char **argv)
{
    cli_option options[FIXED_OPTIONS + CLI_CORRUPTIONS_MAX];
    cli_usage whole = usage;
    memcpy(options, fixed_options, sizeof fixed_options);
    whole.options = options;
    whole.option_count = FIXED_OPTIONS + cli_damage_options(options + FIXED_OPTIONS,
                                                            offsetof(corrupt_arguments, damage), ONE_CORRUPTION);

    corrupt_arguments arguments = {0};
    size_t operand_count = 0;
    int code = cli_parse(&whole, argc, argv, &arguments, &operand_count);
    if (code != CLI_GO_ON)
        return code;
    code = cli_check_output_name("corrupt", "out", arguments.out);
    if (code == CLI_WORKED)
        code = cli_check_kept("corrupt", &arguments.in, 1, &arguments.out, 1);
    if (code != CLI_WORKED)
        return code;
    double level = 0;
    const uhn_corruption *corruption = cli_damage_chosen(&arguments.damage, &level);
    return corruption ? corrupt(&arguments, corruption, level) : cli_complain_no_damage("corrupt");
}
