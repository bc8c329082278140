/* SPDX-License-Identifier: MIT
 * uhn recall: the files it writes. */
#include "message.h"
#include "output_names.h"
#include "picture.h"
#include "recall.h"

/* What images the answers are, if any: any file with rows of that length may know. */
static const uhn_geometry *geometry_of_answers(const recall_run *run)
{
    const uhn_dataset *const files[] = {&run->stored.values, &run->original, &run->stored.rows, &run->query};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i]->dim == run->answer_dim && files[i]->geometry.height)
            return &files[i]->geometry;
    return NULL;
}

int cli_recall_check_files(recall_run *run)
{
    const recall_arguments *arguments = &run->arguments;
    const bool images = geometry_of_answers(run) != NULL;
    if (arguments->out && cli_is_png(arguments->out) && !images)
        return cli_complain(CLI_FAILED, "recall",
                            "%s: the answers are not images, so they cannot become a .png; "
                            ".npy can",
                            arguments->out);
    if (arguments->sheet && (!images || run->answer_dim != run->dim))
        return cli_complain(CLI_FAILED, "recall", "%s: a sheet needs cues and answers that are images of one size",
                            arguments->sheet);
    return CLI_WORKED;
}

static int write_out(const recall_run *run)
{
    const bool alike = run->answer_dim == run->dim;
    return cli_write_rows("recall", run->arguments.out, run->answers, run->count, run->answer_dim,
                          alike ? &run->query : NULL, geometry_of_answers(run));
}

static int write_sheet(const recall_run *run)
{
    const char *path = run->arguments.sheet;
    const uhn_geometry *geometry = geometry_of_answers(run);
    const float *columns[3];
    const char *captions[3];
    size_t count = 0;
    if (run->arguments.original) {
        captions[count] = "original";
        columns[count++] = run->original.rows;
    }
    captions[count] = "cue";
    columns[count++] = run->query.rows;
    captions[count] = "recalled";
    columns[count++] = run->answers;
    const uhn_status status = uhn_write_png_sheet(path, geometry, columns, captions, count, run->count);
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "recall", path, status);
}

static int write_trajectory(const recall_run *run)
{
    const char *path = run->arguments.trajectory;
    const size_t shape[3] = {run->count, run->options.steps, run->answer_dim};
    const uhn_status status = uhn_write_npy_float(path, run->trajectory, 3, shape);
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "recall", path, status);
}

int cli_recall_write(const recall_run *run)
{
    int code = CLI_WORKED;
    if (run->arguments.out)
        code = write_out(run);
    if (code == CLI_WORKED && run->arguments.sheet)
        code = write_sheet(run);
    if (code == CLI_WORKED && run->arguments.trajectory)
        code = write_trajectory(run);
    return code;
}
