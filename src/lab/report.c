/* SPDX-License-Identifier: MIT */
#include "lab/report.h"

#include "base/allocate.h"
#include "data/dataset.h"
#include "lab/figure_layout.h"
#include "lab/findings.h"
#include "lab/notes.h"
#include "lab/text.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------ words and numbers */

/* −0.00 is 0.00. */
static double shown(double value)
{
    return fabs(value) < 0.005 ? 0 : value;
}

/* "memories stored N = 1000" */
static void add_level(uhn_text *text, const uhn_results *results, size_t level)
{
    uhn_text_add(text, "%s = %g", results->x_name, results->x[level]);
}

/* "0.94 ± 0.02" */
static void add_value(uhn_text *text, const uhn_results *results, const uhn_curve *curve, size_t level)
{
    if (!uhn_is_drawn(curve, level)) {
        uhn_text_add(text, "–");
        return;
    }
    uhn_text_add(text, "%.2f", shown(curve->mean[level]));
    if (results->runs > 1 && curve->sd && isfinite(curve->sd[level]))
        uhn_text_add(text, " ± %.2f", shown(curve->sd[level]));
}

/* "", ", " or " and " before item `index` of `count`. */
static const char *joint(size_t index, size_t count)
{
    return index == 0 ? "" : index + 1 == count ? " and " : ", ";
}

/* "`a`, `b` and `c`" of the marked series. */
static void add_names(uhn_text *text, const uhn_results *results, const bool *marked, size_t count)
{
    size_t index = 0;
    for (size_t s = 0; s < results->series_count; s++)
        if (marked[s]) {
            uhn_text_add(text, "%s`%s`", joint(index, count), results->series[s].name);
            index++;
        }
}

/* ------------------------------------------------------------------------------------------------ one paragraph */

/* The contenders whose averages read the same as that of `like`; returns their number. */
static size_t mark_equals(const uhn_results *results, const uhn_series *like, bool *marked)
{
    const uhn_criterion criterion = results->headline;
    const double average = uhn_find(results, like, criterion, NULL).average;
    size_t count = 0;
    for (size_t s = 0; s < results->series_count; s++) {
        const uhn_series *series = &results->series[s];
        marked[s] = uhn_is_contender(series) &&
                    fabs(uhn_find(results, series, criterion, NULL).average - average) < 0.005; /* false for NaN */
        count += marked[s];
    }
    return count;
}

/* "`a` and `b` are best with 0.97" */
static void add_extreme(uhn_text *text, const uhn_results *results, const uhn_series *series, const char *word,
                        bool *marked)
{
    size_t count = mark_equals(results, series, marked);
    add_names(text, results, marked, count);
    uhn_text_add(text, " %s %s with %.2f", count == 1 ? "is" : "are", word,
                 shown(uhn_find(results, series, results->headline, NULL).average));
}

static void add_best_and_worst(uhn_text *text, const uhn_results *results, bool *marked)
{
    const uhn_criterion criterion = results->headline;
    const uhn_series *best = uhn_best(results, criterion), *worst = uhn_worst(results, criterion);
    if (!best) {
        uhn_text_add(text, "No curve is defined by `%s`.", uhn_criterion_key(criterion));
        return;
    }
    uhn_finding top = uhn_find(results, best, criterion, NULL), bottom = uhn_find(results, worst, criterion, NULL);
    uhn_text_add(text, "By `%s`, averaged over the levels, ", uhn_criterion_key(criterion));
    if (fabs(top.average - bottom.average) < 0.005) {
        uhn_text_add(text, "all curves have %.2f.", shown(top.average));
        return;
    }
    add_extreme(text, results, best, "best", marked);
    uhn_text_add(text, ", and ");
    add_extreme(text, results, worst, "worst", marked);
    uhn_text_add(text, ". At ");
    add_level(text, results, top.last);
    uhn_text_add(text, " `%s` has ", best->name);
    add_value(text, results, &best->curves[criterion], top.last);
    uhn_text_add(text, " and `%s` ", worst->name);
    add_value(text, results, &worst->curves[criterion], top.last);
    uhn_text_add(text, ".");
}

/* Which curves stay above one half; the table says where the others fall. */
static void add_halves(uhn_text *text, const uhn_results *results, bool *marked)
{
    const uhn_criterion criterion = results->headline;
    size_t all = 0, above = 0;
    for (size_t s = 0; s < results->series_count; s++) {
        const uhn_series *series = &results->series[s];
        bool counts = uhn_is_contender(series) && uhn_has_points(results, series, criterion);
        marked[s] = counts && uhn_find(results, series, criterion, NULL).below_half == UHN_NO_LEVEL;
        all += counts;
        above += marked[s];
    }
    if (!uhn_more_is_better(criterion) || all == 0)
        return;
    if (above == all)
        uhn_text_add(text, " No curve ends below one half.");
    else if (above == 0)
        uhn_text_add(text, " All curves end below one half; the table says from where on.");
    else {
        uhn_text_add(text, " Of %zu curves only ", all);
        add_names(text, results, marked, above);
        uhn_text_add(text, " %s not below one half at the end; the table says where the others fall.",
                     above == 1 ? "is" : "are");
    }
}

/* The contender that is nearest to the limit, or farthest from it, everywhere in `identified`. */
static const uhn_series *by_gap(const uhn_results *results, double sign, uhn_finding *finding)
{
    const uhn_series *found = NULL;
    for (size_t s = 0; s < results->series_count; s++) {
        const uhn_series *series = &results->series[s];
        const uhn_series *limit = uhn_limit_of(results, series);
        if (!uhn_is_contender(series) || !limit)
            continue;
        uhn_finding own = uhn_find(results, series, UHN_CRITERION_IDENTIFIED, limit);
        if (!isnan(own.gap) && (!found || sign * own.gap > sign * finding->gap)) {
            *finding = own;
            found = series;
        }
    }
    return found;
}

static void add_limit(uhn_text *text, const uhn_results *results, bool *marked)
{
    uhn_finding near, far;
    const uhn_series *nearest = by_gap(results, -1, &near), *farthest = by_gap(results, 1, &far);
    if (!nearest)
        return;
    const uhn_series *limit = uhn_limit_of(results, nearest);
    const uhn_curve *curve = &limit->curves[UHN_CRITERION_IDENTIFIED];
    uhn_finding range = uhn_find(results, limit, UHN_CRITERION_IDENTIFIED, NULL);
    uhn_text_add(
        text,
        " The limit, which no recall can exceed in `identified` but by chance, goes from %.2f at %s = %g to %.2f "
        "at %g.",
        shown(curve->mean[range.first]), results->x_name, results->x[range.first], shown(curve->mean[range.last]),
        results->x[range.last]);
    size_t reach = 0;
    for (size_t s = 0; s < results->series_count; s++) {
        const uhn_series *series = &results->series[s];
        const uhn_series *own = uhn_limit_of(results, series);
        marked[s] = uhn_is_contender(series) &&
                    uhn_find(results, series, UHN_CRITERION_IDENTIFIED, own).gap < 0.005; /* false for NaN */
        reach += marked[s];
    }
    uhn_text_add(text, " ");
    if (reach) {
        add_names(text, results, marked, reach);
        uhn_text_add(text, " %s it at every level", reach == 1 ? "reaches" : "reach");
    } else
        uhn_text_add(text, "`%s` stays nearest to it, at most %.2f below (at %g)", nearest->name, near.gap,
                     results->x[near.gap_level]);
    if (shown(far.gap) > 0 && farthest != nearest)
        uhn_text_add(text, "; `%s` is farthest, %.2f below at %g", farthest->name, shown(far.gap),
                     results->x[far.gap_level]);
    uhn_text_add(text, ".");
}

/* What an answer that knows nothing would get. */
static void add_baseline(uhn_text *text, const uhn_results *results, bool *marked)
{
    const uhn_criterion criterion = results->headline;
    const uhn_curve *paper = &results->baseline.curves[UHN_CRITERION_PAPER];
    const uhn_curve *identified = &results->baseline.curves[UHN_CRITERION_IDENTIFIED];
    const uhn_finding whole = uhn_find(results, &results->baseline, UHN_CRITERION_PAPER, NULL);
    const size_t last = whole.last;
    if (last == UHN_NO_LEVEL)
        return;
    uhn_text_add(text, " The mean image, as the answer to every query, gets %.2f by `paper`", shown(paper->mean[last]));
    if (uhn_is_drawn(identified, last))
        uhn_text_add(text, " and %.2f by `identified`", shown(identified->mean[last]));
    uhn_text_add(text, " at ");
    add_level(text, results, last);
    uhn_text_add(text, paper->mean[last] >= 0.25
                           ? "; so `paper` also counts answers that do not tell one image from another."
                           : ".");

    const uhn_curve *base = &results->baseline.curves[criterion];
    size_t beaten = 0;
    for (size_t s = 0; s < results->series_count; s++) {
        const uhn_curve *curve = &results->series[s].curves[criterion];
        marked[s] = uhn_is_contender(&results->series[s]) && uhn_is_drawn(curve, last) && uhn_is_drawn(base, last) &&
                    (uhn_more_is_better(criterion) ? curve->mean[last] < base->mean[last] + 0.005
                                                   : curve->mean[last] > base->mean[last] - 0.005);
        beaten += marked[s];
    }
    if (beaten) {
        uhn_text_add(text, " ");
        add_names(text, results, marked, beaten);
        uhn_text_add(text, " %s no better than that by `%s`.", beaten == 1 ? "is" : "are",
                     uhn_criterion_key(criterion));
    }
}

static void add_undefined(uhn_text *text, const uhn_results *results)
{
    const uhn_series *most = NULL;
    uhn_finding worst = {.undefined = NAN};
    for (size_t s = 0; s < results->series_count; s++) {
        uhn_finding own = uhn_find(results, &results->series[s], UHN_CRITERION_UNDEFINED, NULL);
        if (!isnan(own.undefined) && !(own.undefined <= worst.undefined)) {
            worst = own;
            most = &results->series[s];
        }
    }
    if (!most)
        return;
    if (worst.undefined <= 0) {
        uhn_text_add(text, " Every query got an answer.");
        return;
    }
    uhn_text_add(text, " Not every query got an answer: `%s` left up to %.2f of them without one (at ", most->name,
                 worst.undefined);
    add_level(text, results, worst.undefined_level);
    uhn_text_add(text, ").");
}

/* ------------------------------------------------------------------------------------------------ one table */

static void add_row(uhn_text *text, const uhn_results *results, const uhn_series *series)
{
    const uhn_criterion criterion = results->headline;
    const bool compared = criterion == UHN_CRITERION_IDENTIFIED && uhn_is_contender(series);
    const uhn_finding own = uhn_find(results, series, criterion, compared ? uhn_limit_of(results, series) : NULL);
    uhn_text_add(text, "| %s | ", series->name);
    add_value(text, results, &series->curves[criterion], 0);
    uhn_text_add(text, " | ");
    add_value(text, results, &series->curves[criterion], results->x_count - 1);
    if (isnan(own.average))
        uhn_text_add(text, " | – | –");
    else {
        uhn_text_add(text, " | %.2f | ", shown(own.average));
        if (!uhn_more_is_better(criterion) || own.below_half == UHN_NO_LEVEL)
            uhn_text_add(text, "–");
        else
            uhn_text_add(text, "%g", results->x[own.below_half]);
    }
    if (isnan(own.gap))
        uhn_text_add(text, " | –");
    else
        uhn_text_add(text, " | %.2f (at %g)", shown(own.gap), results->x[own.gap_level]);
    if (isnan(own.undefined))
        uhn_text_add(text, " | – |\n");
    else
        uhn_text_add(text, " | %.2f |\n", shown(own.undefined));
}

static void add_table(uhn_text *text, const uhn_results *results)
{
    uhn_text_add(text,
                 "| `%s` | at %g | at %g | average | below ½ from | farthest below the limit | undefined at most |\n"
                 "|---|---|---|---|---|---|---|\n",
                 uhn_criterion_key(results->headline), results->x[0], results->x[results->x_count - 1]);
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
    add_best_and_worst(text, results, marked);
    add_halves(text, results, marked);
    add_limit(text, results, marked);
    add_baseline(text, results, marked);
    add_undefined(text, results);
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
            text, "Lines are means over the runs, bands one standard deviation to each side. Black is the limit: the "
                  "exact likelihood of the damage, where it is known. Markers that would cover each other are moved "
                  "along their lines. All numbers are in results.json and results.csv.\n\n");
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
            if (isnan(average))
                uhn_text_add(text, " – |");
            else if (e < 2)
                uhn_text_add(text, " %s %.2f |", ends[e]->name, shown(average));
            else
                uhn_text_add(text, " %.2f |", shown(average));
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
