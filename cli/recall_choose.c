/* SPDX-License-Identifier: MIT
 * uhn recall: what the arguments choose. A preset comes first; what is named beside it takes precedence. */
#include "base/allocate.h"
#include "input.h"
#include "message.h"
#include "recall.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>

static int complain_choice(const char *option, uhn_status status)
{
    char prefix[64];
    snprintf(prefix, sizeof prefix, "--%s", option);
    return cli_complain_status(status == UHN_ERROR_OUT_OF_MEMORY ? CLI_FAILED : CLI_MISUSED, "recall", prefix, status);
}

/* Is `text` "name" or "name:…"? */
static bool is_named(const char *text, const char *name)
{
    const size_t length = strlen(name);
    return strncmp(text, name, length) == 0 && (text[length] == '\0' || text[length] == ':');
}

/* Takes the key `file` out of "table:file=T.npy,low=0": `rest` [size] receives the text without it. False: no file. */
static bool split_table(const char *text, char *file, char *rest, size_t size)
{
    bool found = false;
    char separator = ':';
    size_t used = (size_t)snprintf(rest, size, "table");
    for (const char *item = strchr(text, ':'); item; item = strchr(item, ',')) {
        const int length = (int)strcspn(++item, ",");
        if (strncmp(item, "file=", 5) == 0) {
            snprintf(file, size, "%.*s", length - 5, item + 5);
            found = length > 5;
        } else {
            used += (size_t)snprintf(rest + used, size - used, "%c%.*s", separator, length, item);
            separator = ',';
        }
    }
    return found;
}

static int load_table(recall_run *run, const char *file)
{
    const int code = cli_read("recall", file, NULL, NULL, &run->table_data);
    const uhn_dataset *data = &run->table_data;
    if (code != CLI_WORKED)
        return code;
    if (data->storage != UHN_FLOAT32 || data->rank != 2)
        return cli_complain(CLI_FAILED, "recall", "%s: a table is a .npy array of floats with 2 dimensions", file);
    run->table = (uhn_table){.values = data->rows, .rows = data->count, .columns = data->dim};
    run->options.similarity_context = &run->table;
    return CLI_WORKED;
}

/* The similarity `table`, whose key `file` only the command knows. */
static int choose_table(recall_run *run, const char *text)
{
    const size_t size = strlen(text) + sizeof "table";
    char *rest = uhn_allocate(1, size);
    run->table_file = uhn_allocate(1, size);
    int code = CLI_WORKED;
    if (!rest || !run->table_file)
        code = cli_complain(CLI_FAILED, "recall", "out of memory");
    else if (!split_table(text, run->table_file, rest, size))
        code = cli_complain(CLI_MISUSED, "recall", "--similarity table needs its file: table:file=T.npy");
    if (code == CLI_WORKED) {
        const uhn_status status = uhn_choose_similarity(&run->options, rest);
        code = status == UHN_OK ? load_table(run, run->table_file) : complain_choice("similarity", status);
    }
    uhn_release(rest);
    return code;
}

static int choose_similarity(recall_run *run, const char *text)
{
    if (is_named(text, "table"))
        return choose_table(run, text);
    const uhn_status status = uhn_choose_similarity(&run->options, text);
    return status == UHN_OK ? CLI_WORKED : complain_choice("similarity", status);
}

/* A preset on P ≠ M needs P. */
static int check_preset(const recall_run *run)
{
    for (size_t i = 0; uhn_preset_at(i); i++) {
        const uhn_preset *preset = uhn_preset_at(i);
        if (is_named(run->arguments.preset, preset->name) && preset->needs_values &&
            !uhn_memory_has_values(run->stored.memory))
            return cli_complain(CLI_MISUSED, "recall", "--preset %s needs --values FILE, what each memory stands for",
                                preset->name);
    }
    return CLI_WORKED;
}

/* Updates of their own do not look at similarity, separation and normalisation: to name one beside them is a mistake.
 */
static int check_update(const recall_run *run)
{
    const recall_arguments *arguments = &run->arguments;
    const struct {
        const char *name;
        bool given;
    } unused[] = {{"similarity", arguments->similarity},
                  {"separation", arguments->separation},
                  {"beta", arguments->beta.given},
                  {"normalise-scores", arguments->normalise_scores},
                  {"normalise-weights", arguments->normalise_weights.given},
                  {"observed", arguments->observed}};
    if (run->options.update == UHN_UPDATE_RECALL)
        return CLI_WORKED;
    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++)
        if (unused[i].given)
            return cli_complain(CLI_MISUSED, "recall", "--preset %s excludes --%s: it has an update rule of its own",
                                arguments->preset, unused[i].name);
    return CLI_WORKED;
}

static int choose_preset(recall_run *run)
{
    const uhn_status status = uhn_choose_preset(&run->options, run->arguments.preset, run->dim);
    if (status != UHN_OK)
        return complain_choice("preset", status);
    const int code = check_preset(run);
    return code == CLI_WORKED ? check_update(run) : code;
}

/* --beta: checked by the separation's own row, then put in its place. */
static int choose_beta(recall_run *run)
{
    const uhn_separation *separation = run->options.separation;
    for (size_t i = 0; i < separation->parameter_count; i++) {
        if (strcmp(separation->parameters[i].key, "beta") != 0)
            continue;
        char text[160];
        uhn_options checked = run->options;
        snprintf(text, sizeof text, "%s:beta=%.17g", separation->name, run->arguments.beta.value);
        const uhn_status status = uhn_choose_separation(&checked, text);
        if (status != UHN_OK)
            return complain_choice("beta", status);
        run->options.separation_parameters[i] = checked.separation_parameters[i];
        return CLI_WORKED;
    }
    return cli_complain(CLI_MISUSED, "recall", "--beta: the separation %s has no beta", separation->name);
}

static void choose_numbers(recall_run *run)
{
    static const uhn_normalise normalisations[] = {UHN_NORMALISE_SUM, UHN_NORMALISE_ABSOLUTE}; /* sum|absolute */
    const recall_arguments *arguments = &run->arguments;
    uhn_options *options = &run->options;
    options->normalise_scores |= arguments->normalise_scores;
    if (arguments->normalise_weights.given)
        options->normalise_weights = normalisations[arguments->normalise_weights.index];
    if (arguments->output.given)
        options->output = (uhn_output)arguments->output.index; /* the words are in the order of the enum */
    options->compat_paper = arguments->compat.given;
    options->observed = run->observed;
    options->observed_stride = run->observed_stride;
    if (arguments->steps.given)
        options->steps = (size_t)arguments->steps.value;
    if (arguments->tolerance.given)
        options->tolerance = arguments->tolerance.value;
    if (arguments->seed.given)
        options->seed = arguments->seed.value;
    if (arguments->threads.given)
        options->threads = (int)arguments->threads.value;
    run->threads = options->threads ? options->threads : omp_get_max_threads();
}

int cli_recall_choose(recall_run *run)
{
    const recall_arguments *arguments = &run->arguments;
    uhn_options_default(&run->options);
    int code = CLI_WORKED;
    if (arguments->preset)
        code = choose_preset(run);
    if (code == CLI_WORKED && arguments->similarity)
        code = choose_similarity(run, arguments->similarity);
    else if (code == CLI_WORKED && *run->stored.similarity && !arguments->preset)
        code = choose_similarity(run, run->stored.similarity);
    if (code == CLI_WORKED && arguments->separation) {
        const uhn_status status = uhn_choose_separation(&run->options, arguments->separation);
        code = status == UHN_OK ? CLI_WORKED : complain_choice("separation", status);
    }
    if (code == CLI_WORKED && arguments->beta.given)
        code = choose_beta(run);
    if (code == CLI_WORKED)
        choose_numbers(run);
    return code;
}
