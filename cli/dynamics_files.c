/* SPDX-License-Identifier: MIT
 * uhn dynamics: the files it writes. */
#include "data/write_file.h"
#include "dynamics.h"
#include "lab/gnuplot.h"
#include "message.h"
#include "output_names.h"
#include "picture.h"

#include <math.h>
#include <stdio.h>

int dynamics_check_files(const dynamics_arguments *arguments)
{
    const char *const names[] = {arguments->out, arguments->energies, arguments->trajectory, arguments->plot};
    uhn_figure_format format;
    int code = cli_check_different("dynamics", names, sizeof names / sizeof *names,
                                   "--out, --energies, --trajectory and --plot");
    if (code == CLI_WORKED && arguments->out)
        code = cli_check_output_name("dynamics", "out", arguments->out);
    if (code == CLI_WORKED && arguments->energies && !cli_ends_in(arguments->energies, ".csv") &&
        !cli_ends_in(arguments->energies, ".npy"))
        code = cli_complain(CLI_MISUSED, "dynamics", "--energies is %s, but its name must end in .csv or .npy",
                            arguments->energies);
    if (code == CLI_WORKED && arguments->trajectory)
        code = cli_check_npy_name("dynamics", "trajectory", arguments->trajectory);
    if (code == CLI_WORKED && arguments->plot && uhn_figure_format_of(arguments->plot, &format) != UHN_OK)
        code = cli_complain(CLI_MISUSED, "dynamics", "--plot is %s, but its name must end in .svg, .png or .pdf",
                            arguments->plot);
    return code == CLI_WORKED ? cli_flow_check_kept("dynamics", &arguments->flow, names, sizeof names / sizeof *names)
                              : code;
}

static int finish(const char *path, uhn_status status)
{
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "dynamics", path, status);
}

/* What is not defined is an empty field. */
static void put_number(FILE *stream, double value)
{
    fputc(',', stream);
    if (isfinite(value))
        fprintf(stream, "%.17g", value);
}

static int write_csv(const dynamics_run *run, const char *path)
{
    uhn_replacement file;
    uhn_status status = uhn_replacement_start(&file, path);
    if (status != UHN_OK)
        return finish(path, status);
    fputs("query,step,time,energy\n", file.stream);
    for (size_t query = 0; query < run->count; query++)
        for (size_t step = 0; step < run->moments; step++) {
            const size_t place = query * run->moments + step;
            if (isnan(run->times[place])) /* there was no such step */
                break;
            fprintf(file.stream, "%zu,%zu", query, step);
            put_number(file.stream, run->times[place]);
            put_number(file.stream, run->energies[place]);
            fputc('\n', file.stream);
        }
    return finish(path, uhn_replacement_finish(&file, UHN_OK));
}

static int write_energies(const dynamics_run *run)
{
    const char *path = run->arguments.energies;
    if (cli_ends_in(path, ".csv"))
        return write_csv(run, path);
    return finish(path, uhn_write_npy_double(path, run->energies, 2, (const size_t[]){run->count, run->moments}));
}

static const uhn_geometry *geometry_of(const dynamics_run *run)
{
    const uhn_dataset *query = &run->data.query;
    return query->geometry.height ? &query->geometry : &run->data.stored.rows.geometry;
}

int dynamics_write(const dynamics_run *run)
{
    const dynamics_arguments *arguments = &run->arguments;
    int code = CLI_WORKED;
    if (arguments->out)
        code = cli_write_rows("dynamics", arguments->out, run->patterns, run->count, run->dim, &run->data.query,
                              geometry_of(run));
    if (code == CLI_WORKED && arguments->energies)
        code = write_energies(run);
    if (code == CLI_WORKED && arguments->trajectory)
        code = finish(arguments->trajectory, uhn_write_npy_float(arguments->trajectory, run->trajectory, 3,
                                                                 (const size_t[]){run->count, run->moments, run->dim}));
    return code;
}
