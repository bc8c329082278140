/* SPDX-License-Identifier: MIT */
#include "lab/report.h"

#include "base/allocate.h"
#include "data/dataset.h"
#include "lab/figure_layout.h"
#include "lab/findings.h"
#include "lab/notes.h"
#include "lab/sentences.h"
#include "lab/text.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------ one table */

/* Is there a limit for this criterion at all? */
static bool is_limited(const uhn_results *results)
{
    return results->headline == UHN_CRITERION_IDENTIFIED && uhn_limit_of(results, &results->series[0]);
}

static void add_row(uhn_text *text, const uhn_results *results, const uhn_series *series)
{
    const uhn_criterion criterion = results->headline;
    const bool compared = is_limited(results) && uhn_is_contender(series);
    const uhn_finding own = uhn_find(results, series, criterion, compared ? uhn_limit_of(results, series) : NULL);
    uhn_text_add(text, "| %s | ", series->name);
    uhn_say_value(text, results, &series->curves[criterion], 0);
    uhn_text_add(text, " | ");
    uhn_say_value(text, results, &series->curves[criterion], results->x_count - 1);
    if (isnan(own.average))
        uhn_text_add(text, " | – | – |");
    else {
        uhn_text_add(text, " | %.2f | ", uhn_shown(own.average));
        if (!uhn_more_is_better(criterion) || own.below_half == UHN_NO_LEVEL)
            uhn_text_add(text, "– |");
        else
            uhn_text_add(text, "%g |", results->x[own.below_half]);
    }
    if (is_limited(results) && isnan(own.gap))
        uhn_text_add(text, " – |");
    else if (is_limited(results))
        uhn_text_add(text, " %.2f (at %g) |", uhn_shown(own.gap), results->x[own.gap_level]);
    if (isnan(own.undefined))
        uhn_text_add(text, " – |\n");
    else
        uhn_text_add(text, " %.2f |\n", uhn_shown(own.undefined));
}

static void add_table(uhn_text *text, const uhn_results *results)
{
    uhn_text_add(
        text, "| `%s` | at %g | at %g | average | below ½ from |%s undefined at most |\n|---|---|---|---|---|%s---|\n",
        uhn_criterion_key(results->headline), results->x[0], results->x[results->x_count - 1],
        is_limited(results) ? " farthest below the limit |" : "", is_limited(results) ? "---|" : "");
    for (size_t s = 0; s < results->series_count; s++)
        add_row(text, results, &results->series[s]);
    if (results->baseline.name)
        add_row(text, results, &results->baseline);
    uhn_text_add(text, "\n");
}

/* ------------------------------------------------------------------------------------------------ the whole */

static void add_chapter(uhn_text *text, const uhn_chapter *chapter, bool *marked)
{
    const uhn_results *results = chapter->results;
    const char *question = uhn_question(results);
    uhn_text_add(text, "## %s\n\n", results->experiment);
    if (question)
        uhn_text_add(text, "%s\n\n", question);
    if (chapter->figure)
        uhn_text_add(text, "![%s over %s](%s)\n\n", uhn_criterion_axis(results->headline), results->x_name,
                     chapter->figure);
    uhn_say_findings(text, results, marked);
    uhn_text_add(text, "\n\n");
    add_table(text, results);
    if (uhn_note_at(results, 0))
        uhn_text_add(text, strcmp(results->protocol, "paper") == 0
                               ? "Known flaws of the paper's protocol here:\n\n"
                               : "What differs from the paper's protocol here:\n\n");
    for (size_t i = 0; uhn_note_at(results, i); i++)
        uhn_text_add(text, "- %s\n", uhn_note_at(results, i));
    uhn_text_add(text, "\n");
}

static void add_head(uhn_text *text, const uhn_account *account)
{
    uhn_text_add(text, "# %s, %s, protocol %s\n\n", account->title, account->dataset, account->protocol);
    uhn_text_add(text, "Made by libuhn %s (%s), %zu run%s, seed %llu. To repeat it:\n\n    %s\n\n", account->version,
                 account->isa, account->runs, account->runs == 1 ? "" : "s", (unsigned long long)account->seed,
                 account->command);
    if (account->chapter_count)
        uhn_text_add(
            text,
            "Lines are means over the runs, bands one standard deviation (of these runs: divided by their number) "
            "to each side. Black is the limit: the exact likelihood of the damage, where it is known. Markers "
            "that would cover each other are moved along their lines. All numbers are in results.json and "
            "results.csv.\n\n");
}

/* The first thing to look at where there are several experiments. */
static void add_overview(uhn_text *text, const uhn_account *account)
{
    if (account->chapter_count < 2)
        return;
    uhn_text_add(text, "| experiment | by | best | worst | mean image |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < account->chapter_count; i++) {
        const uhn_results *results = account->chapters[i].results;
        const uhn_criterion criterion = results->headline;
        const uhn_series *const ends[] = {uhn_best(results, criterion), uhn_worst(results, criterion),
                                          &results->baseline};
        uhn_text_add(text, "| [%s](#%s) | %s |", results->experiment, results->experiment,
                     uhn_criterion_key(criterion));
        for (size_t e = 0; e < 3; e++) {
            double average = ends[e] ? uhn_find(results, ends[e], criterion, NULL).average : NAN;
            if (!ends[e] || isnan(average))
                uhn_text_add(text, " – |");
            else if (e < 2)
                uhn_text_add(text, " %s %.2f |", ends[e]->name, uhn_shown(average));
            else
                uhn_text_add(text, " %.2f |", uhn_shown(average));
        }
        uhn_text_add(text, "\n");
    }
    uhn_text_add(text, "\nNumbers are averages over the levels of each experiment.\n\n");
}

static void add_pictures(uhn_text *text, const uhn_account *account)
{
    if (account->picture_count == 0)
        return;
    uhn_text_add(text, "## examples\n\n");
    for (size_t i = 0; i < account->picture_count; i++)
        uhn_text_add(text, "![Images, cues and answers](%s)\n\n%s\n\n", account->pictures[i].file,
                     account->pictures[i].caption);
}

static void add_criteria(uhn_text *text)
{
    uhn_text_add(text, "## Criteria\n\n");
    for (int c = 0; c < UHN_CRITERION_COUNT; c++)
        uhn_text_add(text, "- `%s`: %s.\n", uhn_criterion_key((uhn_criterion)c),
                     uhn_criterion_meaning((uhn_criterion)c));
}

/* Room to mark the series of the largest chapter. */
static bool *make_marks(const uhn_account *account)
{
    size_t most = 1;
    for (size_t i = 0; i < account->chapter_count; i++)
        if (account->chapters[i].results->series_count > most)
            most = account->chapters[i].results->series_count;
    return uhn_allocate(most, sizeof(bool));
}

uhn_status uhn_write_report(const char *path, const uhn_account *account)
{
    uhn_text text = {0};
    bool *marked = make_marks(account);
    text.failed = !marked;
    add_head(&text, account);
    add_overview(&text, account);
    for (size_t i = 0; marked && i < account->chapter_count; i++)
        add_chapter(&text, &account->chapters[i], marked);
    add_pictures(&text, account);
    if (account->chapter_count)
        add_criteria(&text);
    uhn_status status = uhn_text_status(&text, path);
    if (status == UHN_OK)
        status = uhn_write_bytes(path, text.bytes, text.length);
    uhn_text_release(&text);
    uhn_release(marked);
    return status;
}
