/* SPDX-License-Identifier: MIT
 * uhn recall: the files it reads, and whether they fit together. */
#include "input.h"
#include "message.h"
#include "output_names.h"
#include "recall.h"

#include <string.h>

/* What can be said before anything is read. */
static int check_names(const recall_arguments *arguments)
{
    int code = CLI_WORKED;
    if (arguments->out)
        code = cli_check_output_name("recall", "out", arguments->out);
    if (code == CLI_WORKED && arguments->sheet && !cli_is_png(arguments->sheet))
        code = cli_complain(CLI_MISUSED, "recall", "--sheet is %s, but its name must end in .png", arguments->sheet);
    if (code == CLI_WORKED && arguments->trajectory)
        code = cli_check_output_name("recall", "trajectory", arguments->trajectory);
    if (code == CLI_WORKED && arguments->trajectory && cli_is_png(arguments->trajectory))
        code = cli_complain(CLI_MISUSED, "recall", "--trajectory is %s, but its name must end in .npy",
                            arguments->trajectory);
    if (code == CLI_WORKED && arguments->original_rows.given && !arguments->original)
        code = cli_complain(CLI_MISUSED, "recall", "--original-rows needs --original FILE");
    const char *const names[] = {arguments->out, arguments->sheet, arguments->trajectory};
    const char *const inputs[] = {arguments->memory, arguments->values, arguments->query, arguments->original};
    if (code == CLI_WORKED)
        code = cli_check_different("recall", names, 3, "--out, --sheet and --trajectory");
    return code == CLI_WORKED ? cli_check_kept("recall", inputs, 4, names, 3) : code;
}

static cli_memory_files files_of(const recall_arguments *arguments)
{
    return (cli_memory_files){arguments->memory, arguments->values, arguments->memory_rows};
}

static int load_memory(recall_run *run)
{
    const cli_memory_files files = files_of(&run->arguments);
    const int code = cli_load_memory("recall", &files, &run->stored);
    if (code != CLI_WORKED)
        return code;
    run->dim = run->stored.rows.dim;
    run->answer_dim = uhn_memory_value_dim(run->stored.memory);
    return CLI_WORKED;
}

static int load_query(recall_run *run)
{
    const recall_arguments *arguments = &run->arguments;
    const cli_memory_files files = files_of(arguments);
    const int code =
        cli_load_query("recall", arguments->query, &arguments->query_rows, &files, &run->stored, &run->query);
    run->count = run->query.count;
    return code;
}

static int load_observed(recall_run *run)
{
    const cli_memory_files files = files_of(&run->arguments);
    return cli_load_mask("recall", run->arguments.observed, "neither observed nor not", run->count, &files,
                         &run->stored, &run->observed, &run->observed_stride);
}

static int load_original(recall_run *run)
{
    const recall_arguments *arguments = &run->arguments;
    const bool own = arguments->original_rows.given;
    const int code = cli_read_floats("recall", arguments->original, own ? "original-rows" : "query-rows",
                                     own ? &arguments->original_rows : &arguments->query_rows, &run->original);
    if (code != CLI_WORKED)
        return code;
    if (run->original.count != run->count)
        return cli_complain(CLI_FAILED, "recall", "%s has %zu originals, but there are %zu queries",
                            arguments->original, run->original.count, run->count);
    if (run->original.dim != run->answer_dim)
        return cli_complain(CLI_FAILED, "recall", "%s has rows of %zu numbers, but an answer has %zu",
                            arguments->original, run->original.dim, run->answer_dim);
    if (arguments->values)
        return cli_check_colors("recall", arguments->original, &run->original, arguments->values, &run->stored.values);
    return cli_check_colors("recall", arguments->original, &run->original, arguments->memory, &run->stored.rows);
}

int cli_recall_load(recall_run *run)
{
    int code = check_names(&run->arguments);
    if (code == CLI_WORKED)
        code = load_memory(run);
    if (code == CLI_WORKED)
        code = load_query(run);
    if (code == CLI_WORKED && run->arguments.observed)
        code = load_observed(run);
    if (code == CLI_WORKED && run->arguments.original)
        code = load_original(run);
    return code;
}
