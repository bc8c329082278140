/* SPDX-License-Identifier: MIT */
#include "lab/figure_layout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    WIDTH = 840, /* at 17.8 cm, the width of a printed page, letters of 13 pixels are 7.8 points */
    TITLE = 40,
    HEADLINE = 300,
    SMALL = 150,
    AXIS = 52,    /* below a frame: labels of the x axis and its name */
    CAPTION = 28, /* above a small frame: its criterion */
    LEFT = 62,
    LEFT_SMALL = 44,
    EDGE = 14,
    LEGEND_STEP = 19,
    LEGEND_SAMPLE = 38, /* line and marker, before the name */
    LEGEND_GAP = 8,
    LETTER = 7, /* the width of one, generously */
    NAME_LEAST = 12,
    NAME_MOST = 38,
};

static const double LETTER_WIDTH = 0.6;                       /* of a digit, compared with its size */
static const double MARGIN_X = 0.045, MARGIN_FRACTION = 0.03; /* between curves and frame, of the axis */
static const double ERROR_MOST = 4.0; /* the axis of normalised errors ends here at the latest */

bool uhn_is_drawn(const uhn_curve *curve, size_t level)
{
    return curve->mean && isfinite(curve->mean[level]);
}

bool uhn_has_points(const uhn_results *results, const uhn_series *series, uhn_criterion criterion)
{
    for (size_t k = 0; k < results->x_count; k++)
        if (uhn_is_drawn(&series->curves[criterion], k))
            return true;
    return false;
}

/* The largest mean of a criterion, +sd where it is known; −∞ when there is nothing to draw. */
static double largest(const uhn_results *results, uhn_criterion criterion)
{
    double most = -INFINITY;
    for (size_t s = 0; s < results->series_count; s++) {
        const uhn_curve *curve = &results->series[s].curves[criterion];
        for (size_t k = 0; k < results->x_count; k++)
            if (uhn_is_drawn(curve, k))
                most = fmax(most, curve->sd && isfinite(curve->sd[k]) ? curve->mean[k] + curve->sd[k] : curve->mean[k]);
    }
    return most;
}

/* The headline first, then what says the most beside it, as far as there is something to see. */
static size_t choose_criteria(const uhn_results *results, uhn_criterion chosen[UHN_PANELS_MAX])
{
    static const uhn_criterion wished[] = {UHN_CRITERION_IDENTIFIED, UHN_CRITERION_PAPER,
                                           UHN_CRITERION_NORMALISED_ERROR, UHN_CRITERION_UNDEFINED,
                                           UHN_CRITERION_MEMORIZED};
    size_t count = 1;
    chosen[0] = results->headline;
    for (size_t i = 0; i < sizeof wished / sizeof *wished && count < UHN_PANELS_MAX; i++) {
        double most = largest(results, wished[i]);
        if (wished[i] == results->headline || most == -INFINITY || (wished[i] == UHN_CRITERION_UNDEFINED && most <= 0))
            continue;
        chosen[count++] = wished[i];
    }
    return count;
}

static double on_axis(double x, bool logarithmic)
{
    return logarithmic ? log10(x) : x;
}

static void set_x(const uhn_results *results, uhn_panel *panel)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t k = 0; k < results->x_count; k++) {
        low = fmin(low, results->x[k]);
        high = fmax(high, results->x[k]);
    }
    panel->logarithmic = results->x_logarithmic && low > 0;
    double from = on_axis(low, panel->logarithmic), to = on_axis(high, panel->logarithmic);
    double margin = to > from ? (to - from) * MARGIN_X : panel->logarithmic ? 0.3 : fmax(fabs(to), 1.0) * 0.5;
    panel->x_low = panel->logarithmic ? pow(10.0, from - margin) : from - margin;
    panel->x_high = panel->logarithmic ? pow(10.0, to + margin) : to + margin;
}

/* Fractions always from 0 to 1, so that figures can be compared; errors as far as they go, within reason. */
static void set_y(const uhn_results *results, uhn_panel *panel, bool small)
{
    if (panel->criterion != UHN_CRITERION_NORMALISED_ERROR) {
        panel->y_low = -MARGIN_FRACTION;
        panel->y_top = 1.0;
        panel->y_high = 1.0 + MARGIN_FRACTION;
        panel->y_step = small ? 0.5 : 0.2;
        return;
    }
    double most = largest(results, panel->criterion);
    panel->cut = most > ERROR_MOST;
    const double top = fmin(fmax(most, 1.0), ERROR_MOST);
    panel->y_top = top;
    panel->y_low = -MARGIN_FRACTION * top;
    panel->y_high = top * (1.0 + MARGIN_FRACTION);
    panel->y_step = top > 1.5 ? 1.0 : 0.5; /* ERROR_MOST is a multiple of both */
}

static double legend_width(const uhn_results *results)
{
    size_t longest = results->baseline.name ? strlen(results->baseline.name) : 0;
    for (size_t s = 0; s < results->series_count; s++)
        if (strlen(results->series[s].name) > longest)
            longest = strlen(results->series[s].name);
    longest = longest < NAME_LEAST ? NAME_LEAST : longest > NAME_MOST ? NAME_MOST : longest;
    return LEGEND_SAMPLE + LEGEND_GAP + (double)longest * LETTER;
}

void uhn_lay_out(const uhn_results *results, uhn_layout *layout)
{
    uhn_criterion chosen[UHN_PANELS_MAX];
    *layout = (uhn_layout){.width = WIDTH, .legend_step = LEGEND_STEP, .legend_sample = LEGEND_SAMPLE};
    layout->panel_count = choose_criteria(results, chosen);
    double legend = legend_width(results);
    layout->panels[0].left = LEFT;
    layout->panels[0].right = WIDTH - legend - 2 * EDGE;
    layout->panels[0].top = TITLE;
    layout->panels[0].bottom = TITLE + HEADLINE;
    layout->legend_left = WIDTH - legend - EDGE;
    layout->legend_top = TITLE + LEGEND_STEP / 2.0;

    /* A long legend pushes the small panels down. */
    double below = layout->legend_top + (double)(results->series_count + 1) * LEGEND_STEP;
    layout->height = fmax(TITLE + HEADLINE + AXIS, below);
    size_t small = layout->panel_count - 1;
    for (size_t i = 0; i < small; i++) {
        uhn_panel *panel = &layout->panels[i + 1];
        double slot = (double)WIDTH / (double)small;
        panel->left = slot * (double)i + (i ? LEFT_SMALL : LEFT);
        panel->right = slot * (double)(i + 1) - EDGE;
        panel->top = layout->height + CAPTION;
        panel->bottom = panel->top + SMALL;
    }
    if (small)
        layout->height += CAPTION + SMALL + AXIS;
    for (size_t i = 0; i < layout->panel_count; i++) {
        layout->panels[i].criterion = chosen[i];
        layout->panels[i].letters = i ? 11 : 13;
        layout->panels[i].marker = i ? 6 : 8;
        set_x(results, &layout->panels[i]);
        set_y(results, &layout->panels[i], i > 0);
    }
}

/* ------------------------------------------------------------------------------------------------ the x axis */

static double to_pixel(const uhn_panel *panel, double x)
{
    double low = on_axis(panel->x_low, panel->logarithmic), high = on_axis(panel->x_high, panel->logarithmic);
    return panel->left + (on_axis(x, panel->logarithmic) - low) / (high - low) * (panel->right - panel->left);
}

static double from_pixel(const uhn_panel *panel, double pixel)
{
    double low = on_axis(panel->x_low, panel->logarithmic), high = on_axis(panel->x_high, panel->logarithmic);
    double at = low + (pixel - panel->left) / (panel->right - panel->left) * (high - low);
    return panel->logarithmic ? pow(10.0, at) : at;
}

/* With the blank that belongs to it. */
static double label_width(double x, const uhn_panel *panel)
{
    char label[32];
    return (snprintf(label, sizeof label, "%g", x) + 0.6) * LETTER_WIDTH * panel->letters;
}

/* Do the labels of two levels overlap? */
static bool collide(const uhn_results *results, const uhn_panel *panel, size_t a, size_t b)
{
    double apart = fabs(to_pixel(panel, results->x[a]) - to_pixel(panel, results->x[b]));
    return apart < (label_width(results->x[a], panel) + label_width(results->x[b], panel)) / 2;
}

bool uhn_is_labelled(const uhn_results *results, const uhn_panel *panel, size_t level)
{
    size_t last = results->x_count - 1, before = 0;
    if (level == 0 || level == last)
        return true;
    for (size_t k = 1; k <= level; k++)
        if (!collide(results, panel, k, before) && !collide(results, panel, k, last)) {
            if (k == level)
                return true;
            before = k;
        }
    return false;
}

/* ------------------------------------------------------------------------------------------------ markers */

static double height_of(const uhn_panel *panel, double y)
{
    return (panel->y_high - y) / (panel->y_high - panel->y_low) * (panel->bottom - panel->top);
}

/* Has this series a marker at this level, and would it cover one at `height` (pixels)? */
static bool covers(const uhn_results *results, const uhn_panel *panel, size_t series, size_t level, double height)
{
    const uhn_series *one = &results->series[series];
    const uhn_curve *curve = &one->curves[panel->criterion];
    return one->kind != UHN_SERIES_LIMIT && one->kind != UHN_SERIES_BASELINE && uhn_is_drawn(curve, level) &&
           fabs(height_of(panel, curve->mean[level]) - height) < panel->marker * 0.7;
}

/* Pixels to the nearest other level. */
static double room_at(const uhn_results *results, const uhn_panel *panel, size_t level)
{
    double here = to_pixel(panel, results->x[level]), room = panel->right - panel->left;
    for (size_t k = 0; k < results->x_count; k++)
        if (k != level)
            room = fmin(room, fabs(to_pixel(panel, results->x[k]) - here));
    return room;
}

/* The curve `move` pixels to the right of a level; level where it ends. */
static double follow(const uhn_results *results, const uhn_panel *panel, const uhn_curve *curve, size_t level,
                     double move)
{
    size_t next = move < 0 ? level - 1 : level + 1; /* wraps to what is no level */
    if (next >= results->x_count || results->x[next] == results->x[level] || !uhn_is_drawn(curve, next))
        return curve->mean[level];
    double way = to_pixel(panel, results->x[next]) - to_pixel(panel, results->x[level]);
    return curve->mean[level] + (curve->mean[next] - curve->mean[level]) * move / way;
}

void uhn_place_marker(const uhn_results *results, const uhn_panel *panel, size_t series, size_t level, double *x,
                      double *y)
{
    const uhn_curve *curve = &results->series[series].curves[panel->criterion];
    double height = height_of(panel, curve->mean[level]);
    size_t before = 0, all = 0;
    for (size_t s = 0; s < results->series_count; s++)
        if (covers(results, panel, s, level, height)) {
            before += s < series;
            all++;
        }
    *x = results->x[level];
    *y = curve->mean[level];
    if (all < 2)
        return;
    double step = fmin(panel->marker, room_at(results, panel, level) * 0.8 / (double)(all - 1));
    double move = ((double)before - (double)(all - 1) / 2) * step;
    *x = from_pixel(panel, to_pixel(panel, *x) + move);
    *y = follow(results, panel, curve, level, move);
}
