/* SPDX-License-Identifier: MIT
 * uhn experiment: measures the curves of the paper, and better ones, on the user's data. */
#include "experiment.h"
#include "experiment_report.h"
#include "base/status.h"
#include "catalogue.h"
#include "command.h"
#include "input.h"
#include "lab/run.h"
#include "lab/run_folder.h"
#include "message.h"
#include "progress.h"
#include "shell.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct experiment_arguments {
    const char *data, *out, *dataset;
    cli_word protocol, format, order;
    cli_whole runs, seed, stored, threads;
    experiment_names similarities, separations;
    bool force;
} experiment_arguments;

static const cli_option options[] = {
    CLI_OPTION("data", "PATH", cli_take_text, experiment_arguments, data, .required = true,
               .help = "the images: a file, or a folder of images; see 'uhn list readers'."),
    CLI_OPTION("protocol", "WORD", cli_take_word, experiment_arguments, protocol, .words = "uhn|paper",
               .help =
                   "uhn: similarities as their names say, temperatures chosen on images that are neither stored nor "
                   "asked for. paper: as the paper's code computes, for comparison with published figures.",
               .initial = "uhn"),
    CLI_OPTION("runs", "N", cli_take_whole, experiment_arguments, runs, .minimum = 1, .maximum = 10000,
               .help = "how often all is repeated, each time with other images (learning: other examples).",
               .initial = "5"),
    CLI_OPTION("seed", "N", cli_take_whole, experiment_arguments, seed, .maximum = INFINITY,
               .help = "of the random numbers; equal seeds give equal results.", .initial = "1"),
    CLI_OPTION("stored", "N", cli_take_whole, experiment_arguments, stored, .minimum = 2, .maximum = 1e9,
               .help = "how many images are stored, at most where that is what varies.",
               .initial = "what the paper has"),
    CLI_OPTION("similarity", "NAME", experiment_take_names, experiment_arguments, similarities,
               .help =
                   "curves for these similarities instead of the usual ones: names with their parameters, separated "
                   "by commas, or the option again."),
    CLI_OPTION("separation", "NAME", experiment_take_names, experiment_arguments, separations,
               .help = "and for these separations. A beta that is not given is chosen on other images; in "
                       "classical-hopfield it is that of 'uhn list separations'."),
    CLI_OPTION("order", "WORD", cli_take_word, experiment_arguments, order, .words = "shuffled|stored",
               .help = "the order in which images are taken.",
               .initial = "shuffled; image files as they are stored, class by class"),
    CLI_OPTION("dataset", "TEXT", cli_take_text, experiment_arguments, dataset,
               .help = "what the results call the data.", .initial = "from the path"),
    CLI_OPTION("threads", "N", cli_take_whole, experiment_arguments, threads, .minimum = 1, .maximum = 4096,
               .help = "how many threads; the results do not depend on it.", .initial = "as many as OpenMP gives"),
    CLI_OPTION("out", "DIR", cli_take_text, experiment_arguments, out,
               .help = "where results.json, results.csv, figures and report.md go. A folder that an interrupted run of "
                       "the same command left is gone on with. One run at a time takes place in it.",
               .initial = "uhn-NAME-PROTOCOL"),
    CLI_OPTION("format", "WORD", cli_take_word, experiment_arguments, format, .words = "svg|png|pdf",
               .help = "of the figures.", .initial = "svg"),
    CLI_OPTION(
        "force", NULL, cli_take_flag, experiment_arguments, force,
        .help = "measures anew in a folder that holds something: files of an earlier run are replaced, others stay."),
};

static void print_table(void)
{
    putchar('\n');
    cli_print_catalogue(cli_find_catalogue("experiments", &(const char *){NULL}));
}

static const cli_usage usage = {
    .name = "experiment",
    .synopsis = "NAME --data PATH [options]",
    .summary = "Measures how well memories recall: the experiments of the paper on your data.",
    .text = "Each run stores images, damages them, recalls, and judges what comes back by five criteria: the paper's "
            "threshold on the squared error, identified, memorized, the normalised error, and how many answers are "
            "undefined. The full data sets: MNIST at ossci-datasets.s3.amazonaws.com/mnist (*-ubyte.gz), CIFAR-10 at "
            "www.cs.toronto.edu/~kriz/cifar.html (binary version, cifar-10-binary.tar.gz), Tiny ImageNet at "
            "cs231n.stanford.edu "
            "(tiny-imagenet-200.zip). All are read as they are downloaded, and unpacked.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .operands_max = 1,
    .tables = print_table,
    .example = "  uhn experiment capacity --data t10k-images-idx3-ubyte.gz --out capacity",
};

/* ------------------------------------------------------------------------------------------------ the data */

/* The last part of a path that says something, `length` of it: "train" and the like do not, their folder does. */
static const char *telling_part(const char *path, size_t *length)
{
    static const char *const general[] = {"train", "t10k", "test", "val", "images", "data"};
    const char *end = path + strlen(path), *start;
    for (;;) {
        while (end > path && end[-1] == '/')
            end--;
        for (start = end; start > path && start[-1] != '/'; start--)
            ;
        *length = (size_t)(end - start);
        bool tells = *length > 0 && *start != '.';
        for (size_t i = 0; i < sizeof general / sizeof *general; i++)
            tells &= strncmp(start, general[i], strlen(general[i])) != 0;
        if (tells || start == path)
            return start;
        end = start;
    }
}

static void name_dataset(const char *path, char *name, size_t size)
{
    size_t length;
    const char *part = telling_part(path, &length);
    for (size_t i = 1; i < length; i++) /* without ".bin.gz" */
        if (part[i] == '.')
            length = i;
    snprintf(name, size, "%.*s", length ? (int)length : 4, length ? part : "data");
}

static int read_population(const experiment_arguments *arguments, uint64_t seed, uhn_dataset *data,
                           uhn_population *population)
{
    const int code = cli_read("experiment", arguments->data, NULL, NULL, data);
    if (code != CLI_WORKED)
        return code;
    const bool shuffle = arguments->order.given ? arguments->order.index == 0 : !data->image_files;
    const uhn_status status = uhn_population_make(data, shuffle, seed, population);
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "experiment", arguments->data, status);
}

/* ------------------------------------------------------------------------------------------------ one experiment */

static int run_curves(const uhn_population *population, uhn_run_settings *settings, experiment_report *report)
{
    uhn_results results;
    cli_progress bar;
    cli_progress_start(&bar, settings->experiment->name);
    settings->progress = cli_progress_show;
    settings->progress_context = &bar;
    const uhn_status status = uhn_run(population, settings, &results);
    cli_progress_end(&bar);
    if (status != UHN_OK)
        return cli_complain_status(CLI_FAILED, "experiment", NULL, status);
    experiment_report_add(report, &results);
    return CLI_WORKED;
}

static int run_examples(const uhn_population *population, const uhn_run_settings *settings, experiment_report *report)
{
    uhn_status status = uhn_run_open_folder(population, settings);
    for (size_t i = 0; status == UHN_OK && uhn_corruption_at(i); i++) {
        uhn_examples examples;
        status = uhn_run_examples(population, settings, uhn_corruption_at(i), &examples);
        if (status == UHN_OK)
            experiment_report_show(report, settings->experiment->name, &examples);
        uhn_examples_free(&examples);
    }
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "experiment", NULL, status);
}

/* The user's curves, or the experiment's. Without a report it is only checked whether there are enough images. */
static int run_one(const experiment_arguments *arguments, const uhn_population *population,
                   const uhn_run_settings *common, const uhn_experiment *experiment, const char *folder,
                   experiment_report *report)
{
    uhn_run_settings settings = *common;
    experiment_curves own = {0};
    settings.experiment = experiment;
    settings.folder = folder;
    settings.curves = experiment->curves[settings.protocol];
    if (arguments->similarities.count || arguments->separations.count) {
        const int code =
            experiment_choose(experiment, settings.protocol, &arguments->similarities, &arguments->separations, &own);
        if (code != CLI_WORKED)
            return code;
        settings.curves = (uhn_curve_list){own.rows, own.count};
    }
    int code = CLI_WORKED;
    if (uhn_run_check(population, &settings) != UHN_OK)
        code = cli_complain_status(CLI_FAILED, "experiment", arguments->data, UHN_ERROR_ARGUMENT);
    else if (report && experiment->task == UHN_TASK_EXAMPLES)
        code = run_examples(population, &settings, report);
    else if (report)
        code = run_curves(population, &settings, report);
    experiment_curves_free(&own);
    return code;
}

/* Nobody else measures in the folder until *lock is closed. */
static int enter(const char *folder, int *lock)
{
    const uhn_status status = uhn_run_folder_lock(folder, lock);
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, "experiment", NULL, status);
}

static void leave(int lock)
{
    if (lock >= 0)
        close(lock);
}

/* Like run_one(), for all that the protocol has. */
static int run_suite(const experiment_arguments *arguments, const uhn_population *population,
                     const uhn_run_settings *common, const char *folder, experiment_report *report)
{
    const uhn_experiment *row;
    int code = CLI_WORKED;
    for (size_t i = 0; code == CLI_WORKED && (row = uhn_experiment_at(i)); i++) {
        char path[UHN_PATH_MAX];
        int lock = -1;
        if (!row->curves[common->protocol].count)
            continue;
        if (uhn_join_path(folder, row->name, path) != UHN_OK)
            return cli_complain_status(CLI_MISUSED, "experiment", "--out", UHN_ERROR_ARGUMENT);
        if (report)
            code = enter(path, &lock);
        if (code == CLI_WORKED)
            code = run_one(arguments, population, common, row, path, report);
        leave(lock);
    }
    return code;
}

static int run(const experiment_arguments *arguments, const uhn_population *population, const uhn_run_settings *common,
               const uhn_experiment *one, const char *folder, experiment_report *report)
{
    return one ? run_one(arguments, population, common, one, folder, report)
               : run_suite(arguments, population, common, folder, report);
}

/* ------------------------------------------------------------------------------------------------ the command */

/* Not every experiment is in the paper. */
static int check_protocol(const uhn_experiment *experiment, uhn_protocol protocol)
{
    if (!experiment || experiment->curves[protocol].count)
        return CLI_WORKED;
    return cli_complain(CLI_MISUSED, "experiment", "%s is not an experiment of the paper; --protocol uhn has it",
                        experiment->name);
}

/* Before anything is read: what was typed has to make sense. */
static int check_names(const experiment_arguments *arguments, uhn_protocol protocol, const uhn_experiment *experiment)
{
    experiment_curves curves;
    if (!arguments->similarities.count && !arguments->separations.count)
        return CLI_WORKED;
    const int code = experiment_choose(experiment ? experiment : uhn_experiment_at(0), protocol,
                                       &arguments->similarities, &arguments->separations, &curves);
    if (code == CLI_WORKED)
        experiment_curves_free(&curves);
    return code;
}

/* What was typed, so that it can be typed again. */
static void join_words(int argc, char **argv, cli_shell_text *text)
{
    cli_shell_add(text, "uhn");
    for (int i = 0; i < argc; i++) {
        cli_shell_add(text, " ");
        cli_shell_word(text, argv[i]);
    }
}

static int experiment(const experiment_arguments *arguments, const char *name, const char *command)
{
    char dataset[64], folder[256];
    int lock = -1;
    uhn_dataset data = {0};
    uhn_population population = {0};
    uhn_run_settings settings = {.protocol = (uhn_protocol)arguments->protocol.index,
                                 .dataset = arguments->dataset ? arguments->dataset : dataset,
                                 .command = command,
                                 .force = arguments->force,
                                 .runs = arguments->runs.given ? (size_t)arguments->runs.value : 5,
                                 .seed = arguments->seed.given ? arguments->seed.value : 1,
                                 .stored = (size_t)arguments->stored.value,
                                 .threads =
                                     arguments->threads.given ? (int)arguments->threads.value : omp_get_max_threads()};
    const bool suite = strcmp(name, UHN_SUITE) == 0;
    const uhn_experiment *one = suite ? NULL : uhn_find_experiment(name);
    if (!suite && !one)
        return cli_complain_status(CLI_MISUSED, "experiment", NULL, UHN_ERROR_NAME);
    int code = check_protocol(one, settings.protocol);
    if (code == CLI_WORKED)
        code = check_names(arguments, settings.protocol, one);
    if (code != CLI_WORKED)
        return code;
    name_dataset(arguments->data, dataset, sizeof dataset);
    snprintf(folder, sizeof folder, "uhn-%s-%s", name, uhn_protocol_name(settings.protocol));
    const char *out = arguments->out ? arguments->out : folder;
    experiment_report report = {.folder = out, .nested = suite, .format = (uhn_figure_format)arguments->format.index};
    const uhn_account account = {.title = name,
                                 .dataset = settings.dataset,
                                 .protocol = uhn_protocol_name(settings.protocol),
                                 .command = command,
                                 .version = uhn_version(),
                                 .isa = uhn_isa(),
                                 .runs = settings.runs,
                                 .seed = settings.seed};
    code = read_population(arguments, settings.seed, &data, &population);
    if (code == CLI_WORKED)
        code = run(arguments, &population, &settings, one, out, NULL);
    if (code == CLI_WORKED)
        code = enter(out, &lock);
    if (code == CLI_WORKED)
        code = run(arguments, &population, &settings, one, out, &report);
    const int reported = experiment_report_finish(&report, &account);
    leave(lock);
    uhn_population_free(&population);
    uhn_dataset_free(&data);
    return code == CLI_WORKED ? reported : code;
}

int uhn_command_experiment(int argc, char **argv)
{
    cli_shell_text command = {0};
    experiment_arguments arguments = {0};
    size_t operand_count = 0;
    join_words(argc, argv, &command);
    const int code = cli_parse(&usage, argc, argv, &arguments, &operand_count);
    if (code != CLI_GO_ON)
        return code;
    if (operand_count == 0)
        return cli_complain(CLI_MISUSED, "experiment",
                            "the name of an experiment is missing; 'uhn list experiments' names those there are");
    return experiment(&arguments, argv[1], command.text);
}
