/* SPDX-License-Identifier: MIT */
#include "experiment_report.h"
#include "lab/example_sheet.h"
#include "lab/run_folder.h"
#include "message.h"

#include <stdio.h>
#include <string.h>

/* NAME/FILE where each experiment has its folder, else FILE. */
static void name_file(const experiment_report *report, const char *experiment, const char *file, const char *extension,
                      char name[REPORT_NAME_MAX])
{
    if (report->nested)
        snprintf(name, REPORT_NAME_MAX, "%s/%s%s%s", experiment, file, *extension ? "." : "", extension);
    else
        snprintf(name, REPORT_NAME_MAX, "%s%s%s", file, *extension ? "." : "", extension);
}

static void complain(experiment_report *report, uhn_status status)
{
    report->code = cli_complain_status(CLI_FAILED, "experiment", "figure", status);
}

void experiment_report_add(experiment_report *report, const uhn_results *results)
{
    const size_t place = report->chapter_count++;
    char stem[REPORT_NAME_MAX], path[UHN_PATH_MAX];
    report->results[place] = *results;
    if (report->code != CLI_WORKED)
        return; /* what went wrong once, as gnuplot that is missing, goes wrong again */
    name_file(report, results->experiment, results->experiment, "", stem);
    uhn_status status = uhn_join_path(report->folder, stem, path);
    if (status == UHN_OK)
        status = uhn_draw_figure(&report->results[place], path, report->format);
    if (status == UHN_OK)
        name_file(report, results->experiment, results->experiment, uhn_figure_extension(report->format),
                  report->figures[place]);
    else
        complain(report, status);
}

void experiment_report_show(experiment_report *report, const char *experiment, const uhn_examples *examples)
{
    const size_t place = report->picture_count;
    char path[UHN_PATH_MAX];
    name_file(report, experiment, examples->corruption, "png", report->pictures[place]);
    uhn_status status = uhn_join_path(report->folder, report->pictures[place], path);
    if (status == UHN_OK)
        status = uhn_draw_examples(examples, path);
    if (status != UHN_OK) {
        complain(report, status);
        return;
    }
    uhn_describe_examples(examples, &report->captions[place]);
    report->picture_count++;
}

static uhn_status write_report(const experiment_report *report, uhn_account account)
{
    uhn_chapter chapters[REPORT_CHAPTERS_MAX];
    uhn_picture pictures[REPORT_PICTURES_MAX];
    char path[UHN_PATH_MAX];
    for (size_t i = 0; i < report->chapter_count; i++)
        chapters[i] = (uhn_chapter){&report->results[i], *report->figures[i] ? report->figures[i] : NULL};
    for (size_t i = 0; i < report->picture_count; i++)
        pictures[i] = (uhn_picture){report->pictures[i], report->captions[i].bytes ? report->captions[i].bytes : ""};
    account.chapters = chapters;
    account.chapter_count = report->chapter_count;
    account.pictures = pictures;
    account.picture_count = report->picture_count;
    const uhn_status status = uhn_join_path(report->folder, "report.md", path);
    return status == UHN_OK ? uhn_write_report(path, &account) : status;
}

int experiment_report_finish(experiment_report *report, const uhn_account *account)
{
    const bool any = report->chapter_count || report->picture_count;
    const uhn_status status = any ? write_report(report, *account) : UHN_OK;
    for (size_t i = 0; i < report->chapter_count; i++)
        uhn_results_free(&report->results[i]);
    for (size_t i = 0; i < report->picture_count; i++)
        uhn_text_release(&report->captions[i]);
    return status == UHN_OK ? report->code : cli_complain_status(CLI_FAILED, "experiment", "report.md", status);
}
