/* SPDX-License-Identifier: MIT
 * What gnuplot is told. All positions are our own (figure_layout.h), so that nothing depends on how it measures text.
 */
#include "lab/figure.h"
#include "lab/figure_layout.h"

#include <math.h>
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

static const stroke limit_stroke = {"#000000", "solid", 0, 0, 5.0};
static const stroke baseline_stroke = {"#808080", "(8,8)", 0, 0, 1.3};

static stroke learned_stroke(size_t number)
{
    static const int own[] = {15, 14, 3, 2};
    return (stroke){"#d55e00", dashes[number % COUNT(dashes)], own[number % COUNT(own)], 1.0, 2.6};
}

static stroke measured_stroke(size_t number)
{
    size_t round = number / COUNT(colours);
    return (stroke){colours[number % COUNT(colours)], dashes[(number + round) % COUNT(dashes)],
                    markers[number % COUNT(markers)], 0.75, 1.6};
}

/* Curves of one kind are told apart by how many of that kind came before. */
static stroke stroke_of(const uhn_results *results, size_t series)
{
    uhn_series_kind kind = results->series[series].kind;
    size_t number = 0;
    for (size_t s = 0; s < series; s++)
        number += results->series[s].kind == kind;
    if (kind == UHN_SERIES_LIMIT)
        return limit_stroke;
    if (kind == UHN_SERIES_BASELINE)
        return baseline_stroke;
    return kind == UHN_SERIES_LEARNED ? learned_stroke(number) : measured_stroke(number);
}

/* A string in single quotes, in which gnuplot takes everything as it stands. */
static void add_quoted(uhn_text *script, const char *string)
{
    uhn_text_append(script, "'", 1);
    for (; string && *string; string++) {
        char letter = (char)((unsigned char)*string < ' ' ? ' ' : *string);
        uhn_text_append(script, &letter, 1);
        if (letter == '\'')
            uhn_text_append(script, "'", 1);
    }
    uhn_text_append(script, "'", 1);
}

static void add_label(uhn_text *script, const uhn_layout *layout, double x, double y, const char *string,
                      const char *how)
{
    uhn_text_add(script, "set label ");
    add_quoted(script, string);
    uhn_text_add(script, " at screen %.6f, screen %.6f noenhanced %s\n", x / layout->width, 1 - y / layout->height,
                 how);
}

/* The same layout in all formats: a pixel is 1/120 inch on a page, and two pixels of a PNG. */
static void add_terminal(uhn_text *script, const uhn_layout *layout, uhn_figure_format format)
{
    static const char font[] = "font 'sans-serif,13'";
    double width = layout->width, height = layout->height;
    if (format == UHN_FIGURE_SVG)
        uhn_text_add(script, "set terminal svg size %.0f,%.0f %s background rgb 'white'\n", width, height, font);
    else if (format == UHN_FIGURE_PNG)
        uhn_text_add(script,
                     "set terminal pngcairo size %.0f,%.0f %s fontscale 1.5 linewidth 2 pointscale 2 "
                     "background rgb 'white'\n",
                     2 * width, 2 * height, font);
    else
        uhn_text_add(script, "set terminal pdfcairo size %.3f,%.3f %s fontscale 0.6 linewidth 1.2 pointscale 0.6\n",
                     width / 120, height / 120, font);
    uhn_text_add(script, "set encoding utf8\n");
}

/* ------------------------------------------------------------------------------------------------ numbers */

static double within(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* x, mean, and the ends of the band, which stays within what the criterion can be; a gap where nothing is known. */
static void add_curve(uhn_text *script, const uhn_results *results, const uhn_panel *panel, const uhn_curve *curve)
{
    double most = panel->criterion == UHN_CRITERION_NORMALISED_ERROR ? INFINITY : 1.0;
    for (size_t k = 0; k < results->x_count; k++) {
        if (!uhn_is_drawn(curve, k)) {
            uhn_text_add(script, "\n");
            continue;
        }
        double mean = curve->mean[k], sd = curve->sd && isfinite(curve->sd[k]) ? curve->sd[k] : 0;
        uhn_text_add(script, "%.9g %.6g %.6g %.6g\n", results->x[k], mean, within(mean - sd, 0, most),
                     within(mean + sd, 0, most));
    }
}

/* Where the markers are set; none above the end of the axis. */
static void add_markers(uhn_text *script, const uhn_results *results, const uhn_panel *panel, size_t series)
{
    const uhn_curve *curve = &results->series[series].curves[panel->criterion];
    const double size = panel->bottom - panel->top > 200 ? 8.0 : 6.0;
    for (size_t k = 0; k < results->x_count; k++)
        if (uhn_is_drawn(curve, k) && curve->mean[k] <= panel->y_high)
            uhn_text_add(script, "%.9g %.6g\n", uhn_marker_x(results, panel, series, k, size), curve->mean[k]);
}

static bool has_points(const uhn_results *results, const uhn_curve *curve)
{
    for (size_t k = 0; k < results->x_count; k++)
        if (uhn_is_drawn(curve, k))
            return true;
    return false;
}

/* Data blocks $cN and $mN for the series of this panel, $base for the baseline. */
static void add_data(uhn_text *script, const uhn_results *results, const uhn_panel *panel)
{
    for (size_t s = 0; s < results->series_count; s++) {
        uhn_text_add(script, "$c%zu << END\n", s);
        add_curve(script, results, panel, &results->series[s].curves[panel->criterion]);
        uhn_text_add(script, "END\n$m%zu << END\n", s);
        add_markers(script, results, panel, s);
        uhn_text_add(script, "END\n");
    }
    uhn_text_add(script, "$base << END\n");
    add_curve(script, results, panel, &results->baseline.curves[panel->criterion]);
    uhn_text_add(script, "END\n");
}

/* ------------------------------------------------------------------------------------------------ one panel */

static void add_axes(uhn_text *script, const uhn_results *results, const uhn_layout *layout, const uhn_panel *panel)
{
    const bool headline = panel == layout->panels;
    uhn_text_add(script, "unset label\nunset logscale\n");
    if (panel->logarithmic)
        uhn_text_add(script, "set logscale x\n");
    uhn_text_add(script, "set lmargin at screen %.6f\nset rmargin at screen %.6f\n", panel->left / layout->width,
                 panel->right / layout->width);
    uhn_text_add(script, "set tmargin at screen %.6f\nset bmargin at screen %.6f\n", 1 - panel->top / layout->height,
                 1 - panel->bottom / layout->height);
    uhn_text_add(script, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n", panel->x_low, panel->x_high, panel->y_low,
                 panel->y_high);
    uhn_text_add(script, "set ytics 0,%g font ',%d'\nset xtics (", panel->y_step, headline ? 13 : 11);
    for (size_t k = 0; k < results->x_count; k++)
        if (uhn_is_labelled(results, panel, k, headline ? 7.5 : 6.5))
            uhn_text_add(script, "%s'%g' %.9g", k ? ", " : "", results->x[k], results->x[k]);
        else
            uhn_text_add(script, ", '' %.9g", results->x[k]);
    uhn_text_add(script, ") font ',%d'\n", headline ? 13 : 11);
}

static void add_names(uhn_text *script, const uhn_results *results, const uhn_layout *layout, const uhn_panel *panel)
{
    const bool headline = panel == layout->panels;
    const char *axis = uhn_criterion_axis(panel->criterion);
    add_label(script, layout, (panel->left + panel->right) / 2, panel->bottom + (headline ? 40 : 36), results->x_name,
              headline ? "center" : "center font ',11'");
    if (headline)
        add_label(script, layout, 16, (panel->top + panel->bottom) / 2, axis, "center rotate by 90");
    else
        add_label(script, layout, panel->left - 32, panel->top - 13, axis, "left font ',11'");
    if (panel->cut)
        add_label(script, layout, panel->right, panel->top + 8, "higher values are cut off",
                  "right font ',10' textcolor rgb '#606060'");
}

/* Lines over bands, markers over lines; the limit under all other lines, so that a curve on top of it gets a black
 * rim. */
static void add_plot(uhn_text *script, const uhn_results *results, const uhn_panel *panel)
{
    uhn_text_add(script, "plot NaN notitle");
    for (size_t s = 0; results->runs > 1 && s < results->series_count; s++)
        if (has_points(results, &results->series[s].curves[panel->criterion]))
            uhn_text_add(script,
                         ", \\\n  $c%zu using 1:3:4 with filledcurves fillstyle transparent solid 0.18 noborder "
                         "linecolor rgb '%s' notitle",
                         s, stroke_of(results, s).colour);
    for (int limits = 1; limits >= 0; limits--) {
        for (size_t s = 0; s < results->series_count; s++) {
            stroke own = stroke_of(results, s);
            if ((results->series[s].kind == UHN_SERIES_LIMIT) == (limits == 1) &&
                has_points(results, &results->series[s].curves[panel->criterion]))
                uhn_text_add(script,
                             ", \\\n  $c%zu using 1:2 with lines linewidth %g dashtype %s linecolor rgb '%s' notitle",
                             s, own.width, own.dashes, own.colour);
        }
        if (limits && has_points(results, &results->baseline.curves[panel->criterion]))
            uhn_text_add(script,
                         ", \\\n  $base using 1:2 with lines linewidth %g dashtype %s linecolor rgb '%s' notitle",
                         baseline_stroke.width, baseline_stroke.dashes, baseline_stroke.colour);
    }
    double scale = panel->bottom - panel->top > 200 ? 1.0 : 0.7;
    for (size_t s = 0; s < results->series_count; s++) {
        stroke own = stroke_of(results, s);
        if (own.marker && has_points(results, &results->series[s].curves[panel->criterion]))
            uhn_text_add(script,
                         ", \\\n  $m%zu using 1:2 with points pointtype %d pointsize %g linewidth 1.2 linecolor rgb "
                         "'%s' notitle",
                         s, own.marker, own.marker_size * scale, own.colour);
    }
    uhn_text_add(script, "\n");
}

/* ------------------------------------------------------------------------------------------------ legend, title */

/* One line: a sample and its name; drawn in a coordinate system that is the whole figure. */
static void add_sample(uhn_text *script, const uhn_layout *layout, size_t line)
{
    double left = layout->legend_left, y = layout->height - layout->legend_top - (double)line * layout->legend_step;
    uhn_text_add(script, "$l%zu << END\n%g %g\n%g %g\n%g %g\nEND\n", line, left, y, left + 19, y, left + 38, y);
}

static void plot_sample(uhn_text *script, size_t line, stroke own)
{
    uhn_text_add(script, ", \\\n  $l%zu using 1:2 with lines linewidth %g dashtype %s linecolor rgb '%s' notitle", line,
                 own.width, own.dashes, own.colour);
    if (own.marker)
        uhn_text_add(script,
                     ", \\\n  $l%zu using 1:2 every ::1::1 with points pointtype %d pointsize %g linewidth 1.2 "
                     "linecolor rgb '%s' notitle",
                     line, own.marker, own.marker_size, own.colour);
}

static void add_legend(uhn_text *script, const uhn_results *results, const uhn_layout *layout)
{
    size_t lines = results->series_count + (results->baseline.name != NULL);
    uhn_text_add(script, "unset label\nunset logscale\nunset border\nunset tics\nunset grid\n");
    for (size_t i = 0; i < lines; i++) {
        bool base = i == results->series_count;
        add_sample(script, layout, i);
        add_label(script, layout, layout->legend_left + 46, layout->legend_top + (double)i * layout->legend_step,
                  base ? results->baseline.name : results->series[i].name, "left");
    }
    uhn_text_add(script,
                 "set lmargin at screen 0\nset rmargin at screen 1\nset tmargin at screen 1\nset bmargin at screen 0\n"
                 "set xrange [0:%g]\nset yrange [0:%g]\nplot NaN notitle",
                 layout->width, layout->height);
    for (size_t i = 0; i < lines; i++)
        plot_sample(script, i, i == results->series_count ? baseline_stroke : stroke_of(results, i));
    uhn_text_add(script, "\n");
}

static void add_title(uhn_text *script, const uhn_results *results, const uhn_layout *layout)
{
    uhn_text title = {0};
    uhn_text_add(&title, "%s, %s, protocol %s", results->experiment, results->dataset, results->protocol);
    if (results->runs > 1)
        uhn_text_add(&title, ": mean ± 1 sd of %zu runs", results->runs);
    if (title.bytes)
        add_label(script, layout, layout->panels[0].left, 18, title.bytes, "left");
    script->failed = script->failed || title.failed;
    uhn_text_release(&title);
}

void uhn_figure_script(const uhn_results *results, uhn_figure_format format, uhn_text *script)
{
    uhn_layout layout;
    uhn_lay_out(results, &layout);
    add_terminal(script, &layout, format);
    uhn_text_add(script, "set multiplot\nunset key\nset border 3 linecolor rgb '#404040'\nset tics nomirror out "
                         "scale 0.6 textcolor rgb 'black'\nset grid ytics linetype 1 linewidth 0.6 linecolor rgb "
                         "'#dddddd'\nset clip two\n");
    for (size_t i = 0; i < layout.panel_count; i++) {
        const uhn_panel *panel = &layout.panels[i];
        add_data(script, results, panel);
        add_axes(script, results, &layout, panel);
        add_names(script, results, &layout, panel);
        if (i == 0)
            add_title(script, results, &layout);
        add_plot(script, results, panel);
    }
    add_legend(script, results, &layout);
    uhn_text_add(script, "unset multiplot\n");
}
