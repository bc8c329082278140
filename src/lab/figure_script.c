/* SPDX-License-Identifier: MIT
 * What gnuplot is told. All positions are our own (figure_layout.h), so that nothing depends on how it measures text.
 */
#include "lab/figure.h"
#include "lab/figure_layout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* How a curve is drawn: dashes in units of half the line's width; marker 0: none. */
typedef struct stroke {
    const char *colour, *dashes;
    int marker;
    double marker_size, width;
} stroke;

/* Okabe and Ito's colours, which colour-blind readers tell apart, but for black (the limit), vermillion (the learned
 * similarity) and yellow, which is too light on paper. Dashes and markers make the same distinction without colour. */
static const char *const colours[] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9"};
static const char *const dashes[] = {"solid", "(14,5)", "(4,4)", "(14,4,4,4)", "(8,4,8,10)", "(24,6)"};
/* gnuplot's numbers: disc, square, triangle up, triangle down, diamond; the same hollow; crosses. */
static const int markers[] = {7, 5, 9, 11, 13, 6, 4, 8, 10, 12, 1, 2, 3};

static const stroke limit_stroke = {"#000000", "solid", 0, 0, 4.6};
static const stroke other_limit_stroke = {"#000000", "(6,3)", 0, 0, 3.6};
static const stroke baseline_stroke = {"#808080", "(8,8)", 0, 0, 1.3};

static stroke learned_stroke(size_t number)
{
    static const int own[] = {15, 14, 3, 2}; /* pentagons, crosses */
    static const char *const wide[] = {"solid", "(6,4)", "(2,2)", "(10,3)"};
    return (stroke){"#d55e00", wide[number % COUNT(wide)], own[number % COUNT(own)], 0.8, 2.6};
}

/* There are more dashes than colours, so the same colour comes back with other dashes. */
static stroke measured_stroke(size_t number)
{
    return (stroke){colours[number % COUNT(colours)], dashes[number % COUNT(dashes)], markers[number % COUNT(markers)],
                    0.75, 1.6};
}

static size_t count_kind(const uhn_results *results, size_t end, uhn_series_kind kind)
{
    size_t count = 0;
    for (size_t s = 0; s < end; s++)
        count += results->series[s].kind == kind;
    return count;
}

/* Curves of one kind are told apart by how many of that kind came before. Learned curves stand out among others; where
 * they are the more, as in a study of the number of bins, they look like any curves. */
static stroke stroke_of(const uhn_results *results, size_t series)
{
    const uhn_series_kind kind = results->series[series].kind;
    const size_t number = count_kind(results, series, kind);
    const size_t learned = count_kind(results, results->series_count, UHN_SERIES_LEARNED);
    const size_t measured = count_kind(results, results->series_count, UHN_SERIES_MEASURED);
    if (kind == UHN_SERIES_LIMIT)
        return number ? other_limit_stroke : limit_stroke;
    if (kind == UHN_SERIES_BASELINE)
        return baseline_stroke;
    if (learned <= measured)
        return kind == UHN_SERIES_LEARNED ? learned_stroke(number) : measured_stroke(number);
    return measured_stroke(count_kind(results, series, UHN_SERIES_LEARNED) +
                           count_kind(results, series, UHN_SERIES_MEASURED));
}

typedef struct drawing {
    uhn_text *script;
    const uhn_results *results;
    const uhn_terminal *terminal;
    uhn_layout layout;
} drawing;

static void add_label(const drawing *figure, double x, double y, const char *string, const char *how)
{
    uhn_text_add(figure->script, "set label ");
    uhn_add_quoted(figure->script, string);
    uhn_text_add(figure->script, " at screen %.6f, screen %.6f noenhanced %s\n", x / figure->layout.width,
                 1 - y / figure->layout.height, how);
}

/* Where the next coordinate system goes. */
static void add_margins(const drawing *figure, double left, double right, double top, double bottom)
{
    uhn_add_margins(figure->script, figure->layout.width, figure->layout.height, left, right, top, bottom);
}

/* Another part of a plot command: a line, a marker at each point. */
static void add_line(const drawing *figure, const char *data, stroke own)
{
    uhn_text_add(figure->script, ", \\\n  $%s using 1:2 with lines linewidth %g dashtype %s linecolor rgb '%s' notitle",
                 data, own.width, own.dashes, own.colour);
}

static void add_points(const drawing *figure, const char *data, stroke own, double scale)
{
    uhn_text_add(
        figure->script,
        ", \\\n  $%s using 1:2 with points pointtype %d pointsize %.3g linewidth 1.2 linecolor rgb '%s' notitle", data,
        own.marker, own.marker_size * scale * figure->terminal->marker, own.colour);
}

/* ------------------------------------------------------------------------------------------------ numbers */

static double within(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* x, mean, and the ends of the band, which stays within what the criterion can be; a gap where nothing is known. */
static void add_curve(const drawing *figure, const char *name, const uhn_curve *curve, double most)
{
    const uhn_results *results = figure->results;
    uhn_text_add(figure->script, "$%s << END\n", name);
    for (size_t k = 0; k < results->x_count; k++) {
        if (!uhn_is_drawn(curve, k)) {
            uhn_text_add(figure->script, "\n");
            continue;
        }
        double mean = curve->mean[k], sd = curve->sd && isfinite(curve->sd[k]) ? curve->sd[k] : 0;
        uhn_text_add(figure->script, "%.9g %.6g %.6g %.6g\n", results->x[k], mean, within(mean - sd, 0, most),
                     within(mean + sd, 0, most));
    }
    uhn_text_add(figure->script, "END\n");
}

/* None above the end of the axis. */
static void add_markers(const drawing *figure, const char *name, const uhn_panel *panel, size_t series)
{
    const uhn_curve *curve = &figure->results->series[series].curves[panel->criterion];
    uhn_text_add(figure->script, "$%s << END\n", name);
    for (size_t k = 0; k < figure->results->x_count; k++)
        if (uhn_is_drawn(curve, k) && curve->mean[k] <= panel->y_high) {
            double x, y;
            uhn_place_marker(figure->results, panel, series, k, &x, &y);
            uhn_text_add(figure->script, "%.9g %.6g\n", x, y);
        }
    uhn_text_add(figure->script, "END\n");
}

/* ------------------------------------------------------------------------------------------------ one panel */

static void add_axes(const drawing *figure, const uhn_panel *panel)
{
    const uhn_results *results = figure->results;
    uhn_text *script = figure->script;
    uhn_text_add(script, "unset label\nunset arrow\nunset logscale\n%s", panel->logarithmic ? "set logscale x\n" : "");
    add_margins(figure, panel->left, panel->right, panel->top, panel->bottom);
    uhn_text_add(script, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n", panel->x_low, panel->x_high, panel->y_low,
                 panel->y_high);
    uhn_text_add(script, "set ytics 0,%g,%g font ',%d'\n", panel->y_step,
                 panel->cut ? panel->y_top - panel->y_step : panel->y_high, panel->letters);
    if (panel->cut)
        uhn_text_add(script, "set ytics add ('≥%g' %g)\n", panel->y_top, panel->y_top);
    uhn_text_add(script, "set xtics (");
    for (size_t k = 0; k < results->x_count; k++) {
        uhn_text_add(script, k ? ", '" : "'");
        if (uhn_is_labelled(results, panel, k))
            uhn_text_add(script, "%g", results->x[k]);
        uhn_text_add(script, "' %.9g", results->x[k]);
    }
    uhn_text_add(script, ") font ',%d' offset 0,%g\n", panel->letters, figure->terminal->lift);
}

static void add_names(const drawing *figure, const uhn_panel *panel)
{
    const bool headline = panel == figure->layout.panels;
    const char *axis = uhn_criterion_axis(panel->criterion);
    add_label(figure, (panel->left + panel->right) / 2, panel->bottom + (headline ? 40 : 36), figure->results->x_name,
              headline ? "center" : "center font ',11'");
    if (headline)
        add_label(figure, 16, (panel->top + panel->bottom) / 2, axis, "center rotate by 90");
    else
        add_label(figure, panel->left - 32, panel->top - 13, axis, "left font ',11'");
}

static void add_title(const drawing *figure)
{
    const uhn_results *results = figure->results;
    uhn_text title = {0};
    uhn_text_add(&title, "%s, %s, protocol %s", results->experiment, results->dataset, results->protocol);
    if (results->runs > 1)
        uhn_text_add(&title, ": mean ± 1 sd of %zu runs", results->runs);
    if (title.bytes)
        add_label(figure, figure->layout.panels[0].left, 18, title.bytes, "left");
    figure->script->failed = figure->script->failed || title.failed;
    uhn_text_release(&title);
}

enum { NAME = 32, MANY = 8 }; /* room for the name of a data block; this many curves are a crowd */

/* The lines of the limits, or all others. */
static void add_lines(const drawing *figure, const uhn_panel *panel, bool limits)
{
    const uhn_results *results = figure->results;
    char name[NAME];
    for (size_t s = 0; s < results->series_count; s++) {
        snprintf(name, sizeof name, "curve%zu", s);
        if (uhn_has_points(results, &results->series[s], panel->criterion) &&
            (results->series[s].kind == UHN_SERIES_LIMIT) == limits)
            add_line(figure, name, stroke_of(results, s));
    }
}

/* Lines over bands, markers over lines; the limit under the other lines, so that a curve on top of it gets a black
 * rim. */
static void add_plot(const drawing *figure, const uhn_panel *panel)
{
    const uhn_results *results = figure->results;
    char name[NAME];
    const double shade = results->series_count > MANY ? 0.1 : 0.18; /* bands that lie on each other add up */
    uhn_text_add(figure->script, "plot NaN notitle");
    for (size_t s = 0; results->runs > 1 && s < results->series_count; s++)
        if (uhn_has_points(results, &results->series[s], panel->criterion))
            uhn_text_add(figure->script,
                         ", \\\n  $curve%zu using 1:3:4 with filledcurves fillstyle transparent solid %g noborder "
                         "linecolor rgb '%s' notitle",
                         s, shade, stroke_of(results, s).colour);
    add_lines(figure, panel, true);
    if (uhn_has_points(results, &results->baseline, panel->criterion))
        add_line(figure, "baseline", baseline_stroke);
    add_lines(figure, panel, false);
    for (size_t s = 0; s < results->series_count; s++) {
        snprintf(name, sizeof name, "markers%zu", s);
        if (stroke_of(results, s).marker && uhn_has_points(results, &results->series[s], panel->criterion))
            add_points(figure, name, stroke_of(results, s), panel == figure->layout.panels ? 1.0 : 0.75);
    }
    uhn_text_add(figure->script, "\n");
}

/* ------------------------------------------------------------------------------------------------ the whole */

/* Names with a piece of their lines, set with the first panel. */
static void add_legend(const drawing *figure)
{
    const uhn_results *results = figure->results;
    const uhn_layout *layout = &figure->layout;
    const double left = layout->legend_left, right = left + layout->legend_sample;
    for (size_t i = 0; i < results->series_count + (results->baseline.name != NULL); i++) {
        bool measured = i < results->series_count;
        stroke own = measured ? stroke_of(results, i) : baseline_stroke;
        double y = layout->legend_top + (double)i * layout->legend_step;
        uhn_text_add(figure->script,
                     "set arrow from screen %.6f, screen %.6f to screen %.6f, screen %.6f nohead linewidth %g "
                     "dashtype %s linecolor rgb '%s'\n",
                     left / layout->width, 1 - y / layout->height, right / layout->width, 1 - y / layout->height,
                     own.width, own.dashes, own.colour);
        if (own.marker)
            uhn_text_add(figure->script,
                         "set label '' at screen %.6f, screen %.6f point pointtype %d pointsize %.3g linewidth 1.2 "
                         "linecolor rgb '%s' front\n",
                         (left + right) / 2 / layout->width, 1 - y / layout->height, own.marker,
                         own.marker_size * figure->terminal->marker, own.colour);
        add_label(figure, right + 8, y, measured ? results->series[i].name : results->baseline.name, "left");
    }
}

static void add_panel(const drawing *figure, const uhn_panel *panel)
{
    const uhn_results *results = figure->results;
    const double most = panel->criterion == UHN_CRITERION_NORMALISED_ERROR ? INFINITY : 1.0;
    char name[NAME];
    for (size_t s = 0; s < results->series_count; s++) {
        snprintf(name, sizeof name, "curve%zu", s);
        add_curve(figure, name, &results->series[s].curves[panel->criterion], most);
        snprintf(name, sizeof name, "markers%zu", s);
        add_markers(figure, name, panel, s);
    }
    add_curve(figure, "baseline", &results->baseline.curves[panel->criterion], most);
    add_axes(figure, panel);
    add_names(figure, panel);
    if (panel == figure->layout.panels) {
        add_title(figure);
        add_legend(figure);
    }
    add_plot(figure, panel);
}

void uhn_figure_script(const uhn_results *results, uhn_figure_format format, uhn_text *script)
{
    drawing figure = {.script = script, .results = results, .terminal = uhn_terminal_of(format)};
    uhn_lay_out(results, &figure.layout);
    uhn_add_terminal(script, format, figure.layout.width, figure.layout.height);
    uhn_text_add(script, "set multiplot\nunset key\nset border 3 linecolor rgb '#404040'\nset tics nomirror out "
                         "scale 0.6 textcolor rgb 'black'\nset grid ytics linetype 1 linewidth 0.6 linecolor rgb "
                         "'#dddddd'\nset clip two\n");
    for (size_t i = 0; i < figure.layout.panel_count; i++)
        add_panel(&figure, &figure.layout.panels[i]);
    uhn_text_add(script, "unset multiplot\n");
}
