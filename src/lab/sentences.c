/* SPDX-License-Identifier: MIT */
#include "lab/sentences.h"

#include "lab/figure_layout.h"
#include "lab/findings.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------ words and numbers */

double uhn_shown(double value)
{
    return fabs(value) < 0.005 ? 0 : value;
}

/* "memories stored N = 1000"; what the name of the axis has in brackets is left out. */
static void add_level(uhn_text *text, const uhn_results *results, size_t level)
{
    const char *bracket = strstr(results->x_name, " (");
    const size_t length = bracket ? (size_t)(bracket - results->x_name) : strlen(results->x_name);
    uhn_text_append(text, results->x_name, length);
    uhn_text_add(text, " = %g", results->x[level]);
}

void uhn_say_value(uhn_text *text, const uhn_results *results, const uhn_curve *curve, size_t level)
{
    if (!uhn_is_drawn(curve, level)) {
        uhn_text_add(text, "–");
        return;
    }
    uhn_text_add(text, "%.2f", uhn_shown(curve->mean[level]));
    if (results->runs > 1 && curve->sd && isfinite(curve->sd[level]))
        uhn_text_add(text, " ± %.2f", uhn_shown(curve->sd[level]));
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
                 uhn_shown(uhn_find(results, series, results->headline, NULL).average));
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
        uhn_text_add(text, "all curves have %.2f.", uhn_shown(top.average));
        return;
    }
    add_extreme(text, results, best, "best", marked);
    uhn_text_add(text, ", and ");
    add_extreme(text, results, worst, "worst", marked);
    uhn_text_add(text, ". At ");
    add_level(text, results, top.last);
    uhn_text_add(text, " `%s` has ", best->name);
    uhn_say_value(text, results, &best->curves[criterion], top.last);
    uhn_text_add(text, " and `%s` ", worst->name);
    uhn_say_value(text, results, &worst->curves[criterion], top.last);
    uhn_text_add(text, ".");
}

/* "`a` (throughout) and `b` (from 0.7 on)", where the marked curves fall below one half. */
static void add_falls(uhn_text *text, const uhn_results *results, const bool *marked, size_t count)
{
    size_t index = 0;
    for (size_t s = 0; s < results->series_count; s++)
        if (marked[s]) {
            const uhn_finding own = uhn_find(results, &results->series[s], results->headline, NULL);
            uhn_text_add(text, "%s`%s`", joint(index, count), results->series[s].name);
            if (own.below_half == own.first)
                uhn_text_add(text, " (throughout)");
            else
                uhn_text_add(text, " (from %g on)", results->x[own.below_half]);
            index++;
        }
}

/* Which curves end above one half, or where the others fall, whichever is shorter; the table has all. */
static void add_halves(uhn_text *text, const uhn_results *results, bool *marked)
{
    const uhn_criterion criterion = results->headline;
    size_t all = 0, below = 0;
    for (size_t s = 0; s < results->series_count; s++) {
        const uhn_series *series = &results->series[s];
        const bool counts = uhn_is_contender(series) && uhn_has_points(results, series, criterion);
        marked[s] = counts && uhn_find(results, series, criterion, NULL).below_half != UHN_NO_LEVEL;
        all += counts;
        below += marked[s];
    }
    if (!uhn_more_is_better(criterion) || all == 0)
        return;
    if (below == 0)
        uhn_text_add(text, " No curve ends below one half.");
    else if (below == all)
        uhn_text_add(text, " All curves end below one half; the table says from where on.");
    else if (2 * below <= all) {
        uhn_text_add(text, " Of %zu curves ", all);
        add_falls(text, results, marked, below);
        uhn_text_add(text, " %s below one half.", below == 1 ? "is" : "are");
    } else {
        for (size_t s = 0; s < results->series_count; s++)
            marked[s] = !marked[s] && uhn_is_contender(&results->series[s]) &&
                        uhn_has_points(results, &results->series[s], criterion);
        uhn_text_add(text, " Of %zu curves only ", all);
        add_names(text, results, marked, all - below);
        uhn_text_add(text, " %s above one half; the table says where the others fall.",
                     all - below == 1 ? "ends" : "end");
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

/* " The limit … goes from 1.00 at memories stored N = 2 to 0.97 at 1000." */
static void add_limit_itself(uhn_text *text, const uhn_results *results, const uhn_series *limit)
{
    const uhn_curve *curve = &limit->curves[UHN_CRITERION_IDENTIFIED];
    const uhn_finding range = uhn_find(results, limit, UHN_CRITERION_IDENTIFIED, NULL);
    const double from = curve->mean[range.first], to = curve->mean[range.last];
    uhn_text_add(text, " The limit, which no recall can exceed in `identified` but by chance, ");
    if (fabs(from - to) < 0.005) {
        uhn_text_add(text, "is %.2f at both ends.", uhn_shown(to));
        return;
    }
    uhn_text_add(text, "goes from %.2f at ", uhn_shown(from));
    add_level(text, results, range.first);
    uhn_text_add(text, " to %.2f at %g.", uhn_shown(to), results->x[range.last]);
}

/* The contenders that are nowhere below their limit; returns their number. */
static size_t mark_reaching(const uhn_results *results, bool *marked)
{
    size_t count = 0;
    for (size_t s = 0; s < results->series_count; s++) {
        const uhn_series *series = &results->series[s];
        const uhn_series *limit = uhn_limit_of(results, series);
        marked[s] = uhn_is_contender(series) &&
                    uhn_find(results, series, UHN_CRITERION_IDENTIFIED, limit).gap < 0.005; /* false for NaN */
        count += marked[s];
    }
    return count;
}

static void add_limit(uhn_text *text, const uhn_results *results, bool *marked)
{
    uhn_finding near = {0}, far = {0};
    const uhn_series *nearest = by_gap(results, -1, &near), *farthest = by_gap(results, 1, &far);
    if (!nearest || !farthest)
        return;
    add_limit_itself(text, results, uhn_limit_of(results, nearest));
    const size_t reach = mark_reaching(results, marked);
    uhn_text_add(text, " ");
    if (reach) {
        add_names(text, results, marked, reach);
        uhn_text_add(text, " %s it at every level", reach == 1 ? "reaches" : "reach");
    } else
        uhn_text_add(text, "`%s` stays nearest to it, at most %.2f below (at %g)", nearest->name, near.gap,
                     results->x[near.gap_level]);
    if (uhn_shown(far.gap) > 0 && farthest != nearest)
        uhn_text_add(text, "; `%s` is farthest, %.2f below at %g", farthest->name, far.gap, results->x[far.gap_level]);
    uhn_text_add(text, ".");
}

/* The contenders that are not better than the mean image at a level; returns their number. */
static size_t mark_useless(const uhn_results *results, size_t level, bool *marked, size_t *all)
{
    const uhn_criterion criterion = results->headline;
    const uhn_curve *base = &results->baseline.curves[criterion];
    const double sign = uhn_more_is_better(criterion) ? 1 : -1;
    size_t count = 0;
    *all = 0;
    for (size_t s = 0; s < results->series_count; s++) {
        const uhn_curve *curve = &results->series[s].curves[criterion];
        const bool counts =
            uhn_is_contender(&results->series[s]) && uhn_is_drawn(curve, level) && uhn_is_drawn(base, level);
        marked[s] = counts && sign * (curve->mean[level] - base->mean[level]) < 0.005;
        *all += counts;
        count += marked[s];
    }
    return count;
}

/* What an answer that knows nothing would get. */
static void add_baseline(uhn_text *text, const uhn_results *results, bool *marked)
{
    const uhn_curve *paper = &results->baseline.curves[UHN_CRITERION_PAPER];
    const uhn_curve *identified = &results->baseline.curves[UHN_CRITERION_IDENTIFIED];
    const size_t last = uhn_find(results, &results->baseline, UHN_CRITERION_PAPER, NULL).last;
    if (last == UHN_NO_LEVEL)
        return;
    uhn_text_add(text, " The mean image, as the answer to every query, gets %.2f by `paper`",
                 uhn_shown(paper->mean[last]));
    if (uhn_is_drawn(identified, last))
        uhn_text_add(text, " and %.2f by `identified`", uhn_shown(identified->mean[last]));
    uhn_text_add(text, " at ");
    add_level(text, results, last);
    uhn_text_add(text, paper->mean[last] >= 0.25
                           ? "; so `paper` also counts answers that do not tell one image from another."
                           : ".");
    size_t all;
    const size_t useless = mark_useless(results, last, marked, &all);
    if (useless > 1 && useless == all)
        uhn_text_add(text, " No curve is better than that there by `%s`.", uhn_criterion_key(results->headline));
    else if (useless) {
        uhn_text_add(text, " ");
        add_names(text, results, marked, useless);
        uhn_text_add(text, " %s no better than that there by `%s`.", useless == 1 ? "is" : "are",
                     uhn_criterion_key(results->headline));
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

void uhn_say_findings(uhn_text *text, const uhn_results *results, bool *marked)
{
    add_best_and_worst(text, results, marked);
    add_halves(text, results, marked);
    add_limit(text, results, marked);
    add_baseline(text, results, marked);
    add_undefined(text, results);
}
