/* SPDX-License-Identifier: MIT */
#include "lab/energy_figure.h"

#include "base/status.h"

#include <math.h>
#include <stdio.h>

/* All positions are in pixels of the layout, y downwards from the top. */
enum { WIDTH = 840, LEFT = 96, RIGHT = 24, TITLE = 34, NAME_STEP = 19, PLOT_HEIGHT = 300, FOOT = 54 };
enum { HEADS = 18, IMAGE_GAP = 8, FAN = 30, IMAGE_MOST = 72, IMAGE_PIXELS = 96, CHANNELS = 3 };

/* Okabe and Ito's colours, as in the other figures; rises are vermillion. */
static const char *const colours[UHN_ENERGY_NAMED] = {"#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};
static const char *const rising = "#d55e00", *const rising_pale = "#fbc7a0", *const others = "#b0b0b0",
                         *const pale = "#a0a0a0";

typedef struct drawing {
    const uhn_energy_figure *figure;
    uhn_text *script;
    double marker;                          /* gnuplot's size of a marker of size 1 */
    double x_end, low, high;                /* of the axes */
    double cell, image_width, image_height; /* from image to image; 0: none */
    double top, bottom, height;             /* of the plot, and the whole */
} drawing;

static const char *name_of_x(const uhn_energy_figure *figure)
{
    return figure->counts_steps ? "step" : "time";
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many curves have a name and a colour of their own. */
static size_t named_count(const uhn_energy_figure *figure)
{
    return smaller(figure->curve_count, figure->images ? figure->images->row_count : UHN_ENERGY_NAMED);
}

/* ---- ranges */

static void find_range(const uhn_energy_figure *figure, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t c = 0; c < figure->curve_count; c++)
        for (size_t k = 0; k < figure->curves[c].count; k++)
            if (isfinite(figure->curves[c].energies[k])) {
                *low = fmin(*low, figure->curves[c].energies[k]);
                *high = fmax(*high, figure->curves[c].energies[k]);
            }
}

/* The axis ends a little after the last change that could be seen, so that no figure is mostly a flat line. */
static double find_end(const uhn_energy_figure *figure, double range)
{
    double end = 0, last = 0;
    for (size_t c = 0; c < figure->curve_count; c++) {
        const uhn_energy_curve *curve = &figure->curves[c];
        size_t k = curve->count - 1;
        last = fmax(last, curve->x[k]);
        while (k > 0 && fabs(curve->energies[k - 1] - curve->energies[curve->count - 1]) < 0.005 * range)
            k--;
        end = fmax(end, curve->x[k]);
    }
    end = fmin(1.25 * end, last);
    return end > 0 ? end : fmax(last, 1);
}

static void find_axes(drawing *own)
{
    double low, high;
    find_range(own->figure, &low, &high);
    const double range = high - low;
    const double margin = range > 0 ? 0.04 * range : 0.05 * fmax(fabs(low), 1);
    own->x_end = find_end(own->figure, range);
    own->low = low - margin;
    own->high = high + margin;
}

static double value_at(const double *values, const uhn_energy_curve *curve, size_t moment)
{
    return values[smaller(moment, curve->count - 1)];
}

/* How far the curves have come between two moments, on paper. */
static double stride(const drawing *own, size_t row_count, size_t moment)
{
    double length = 0;
    for (size_t c = 0; c < row_count; c++) {
        const uhn_energy_curve *curve = &own->figure->curves[c];
        const double dx = value_at(curve->x, curve, moment) - value_at(curve->x, curve, moment - 1);
        const double dy = value_at(curve->energies, curve, moment) - value_at(curve->energies, curve, moment - 1);
        length += dx / own->x_end + (isfinite(dy) ? 2 * fabs(dy) / (own->high - own->low) : 0);
    }
    return length;
}

size_t uhn_choose_moments(const uhn_energy_figure *figure, size_t row_count, size_t moments[UHN_ENERGY_COLUMNS])
{
    drawing own = {.figure = figure};
    size_t last = 0, count = 0;
    double whole = 0, come = 0;
    find_axes(&own);
    for (size_t c = 0; c < row_count; c++)
        for (size_t k = 0; k < figure->curves[c].count && figure->curves[c].x[k] <= own.x_end; k++)
            last = k > last ? k : last;
    for (size_t k = 1; k <= last; k++)
        whole += stride(&own, row_count, k);
    moments[count++] = 0;
    for (size_t k = 1; k <= last && count < UHN_ENERGY_COLUMNS; k++) {
        const size_t wanted = UHN_ENERGY_COLUMNS - count; /* every one of the last steps, if they are so few */
        come += stride(&own, row_count, k);
        if (last - k < wanted || come >= whole * (double)count / (UHN_ENERGY_COLUMNS - 1))
            moments[count++] = k;
    }
    moments[count - 1] = last;
    return count;
}

/* ---- the layout */

static void lay_out(drawing *own)
{
    const uhn_energy_images *images = own->figure->images;
    const double room = WIDTH - LEFT - RIGHT;
    double top = TITLE;
    find_axes(own);
    if (images) {
        const double height = (double)images->geometry->height, width = (double)images->geometry->width;
        own->cell = room / UHN_ENERGY_COLUMNS;
        const double scale = fmin(IMAGE_MOST / height, (own->cell - IMAGE_GAP) / width);
        own->image_width = scale * width;
        own->image_height = scale * height;
        top += HEADS + (double)images->row_count * (own->image_height + IMAGE_GAP) + FAN;
    } else {
        top += (double)named_count(own->figure) * NAME_STEP + 6;
    }
    own->top = top;
    own->bottom = top + PLOT_HEIGHT;
    own->height = own->bottom + FOOT;
}

static double x_on_page(const drawing *own, double x)
{
    return LEFT + x / own->x_end * (WIDTH - LEFT - RIGHT);
}

static void add_label(const drawing *own, double x, double y, const char *string, const char *how)
{
    uhn_text_add(own->script, "set label ");
    uhn_add_quoted(own->script, string);
    uhn_text_add(own->script, " at screen %.6f, screen %.6f noenhanced %s\n", x / WIDTH, 1 - y / own->height, how);
}

static void add_stroke(const drawing *own, double x, double y, double to_x, double to_y, const char *look)
{
    uhn_text_add(own->script, "set arrow from screen %.6f, screen %.6f to screen %.6f, screen %.6f nohead %s\n",
                 x / WIDTH, 1 - y / own->height, to_x / WIDTH, 1 - to_y / own->height, look);
}

/* ---- the images */

/* A pixel's channel, 0 to 255; several pixels of a large image become one. */
static int shade(const uhn_energy_images *images, const float *image, size_t x, size_t y, size_t channel, size_t step)
{
    const uhn_geometry *geometry = images->geometry;
    const size_t from = geometry->channels == 1 ? 0 : channel;
    double sum = 0, count = 0;
    for (size_t v = y * step; v < smaller((y + 1) * step, geometry->height); v++)
        for (size_t u = x * step; u < smaller((x + 1) * step, geometry->width); u++, count++) {
            const size_t pixel = v * geometry->width + u;
            sum += (double)image[geometry->interleaved ? pixel * geometry->channels + from
                                                       : from * geometry->height * geometry->width + pixel];
        }
    const double value = (sum / count - (double)images->low) / (double)(images->high - images->low);
    return (int)lround(255 * fmin(fmax(value, 0), 1));
}

static size_t pixel_step(const uhn_geometry *geometry)
{
    const size_t side = geometry->height > geometry->width ? geometry->height : geometry->width;
    return (side + IMAGE_PIXELS - 1) / IMAGE_PIXELS;
}

static double column_middle(const drawing *own, size_t column)
{
    return LEFT + own->cell * ((double)column + 0.5);
}

static double row_top(const drawing *own, size_t row)
{
    return TITLE + HEADS + (double)row * (own->image_height + IMAGE_GAP);
}

static void add_image_data(const drawing *own, size_t row, size_t column)
{
    const uhn_energy_images *images = own->figure->images;
    const float *image = images->rows + (row * images->column_count + column) * images->dim;
    const size_t step = pixel_step(images->geometry);
    uhn_text_add(own->script, "$image%zu << END\n", row * images->column_count + column);
    for (size_t y = 0; y * step < images->geometry->height; y++)
        for (size_t x = 0; x * step < images->geometry->width; x++) {
            uhn_text_add(own->script, "%zu %zu", x, y);
            for (size_t channel = 0; channel < CHANNELS; channel++)
                uhn_text_add(own->script, " %d", shade(images, image, x, y, channel, step));
            uhn_text_add(own->script, "\n");
        }
    uhn_text_add(own->script, "END\n");
}

/* The heads of the columns, and a line from each foot to its place on the axis. */
static void add_columns(const drawing *own)
{
    const uhn_energy_images *images = own->figure->images;
    const uhn_energy_curve *longest = &own->figure->curves[0];
    for (size_t c = 1; c < images->row_count; c++)
        longest = own->figure->curves[c].count > longest->count ? &own->figure->curves[c] : longest;
    const double foot = row_top(own, images->row_count) - IMAGE_GAP + 3;
    for (size_t k = 0; k < images->column_count; k++) {
        const double x = value_at(longest->x, longest, images->moments[k]), middle = column_middle(own, k);
        char head[64], look[96];
        if (k == 0)
            snprintf(head, sizeof head, "%s %.3g", name_of_x(own->figure), x);
        else
            snprintf(head, sizeof head, "%.3g", x);
        add_label(own, middle, TITLE + 9, head, "center font ',11' textcolor rgb '#404040'");
        snprintf(look, sizeof look, "linewidth 0.8 linecolor rgb '%s' back", pale);
        add_stroke(own, middle, foot, x_on_page(own, x), own->top, look);
        snprintf(look, sizeof look, "linewidth 0.6 dashtype (3,5) linecolor rgb '%s' back", pale);
        add_stroke(own, x_on_page(own, x), own->top, x_on_page(own, x), own->bottom, look);
    }
}

static void add_row_names(const drawing *own)
{
    const uhn_energy_images *images = own->figure->images;
    for (size_t row = 0; row < images->row_count; row++) {
        const double middle = row_top(own, row) + own->image_height / 2;
        char look[96];
        snprintf(look, sizeof look, "left font ',12' textcolor rgb '%s'", colours[row]);
        add_label(own, 10, middle - 9, own->figure->curves[row].name, look);
        if (own->figure->curves[row].note)
            add_label(own, 10, middle + 9, own->figure->curves[row].note, "left font ',11' textcolor rgb '#404040'");
    }
}

/* One coordinate system of the page's pixels for all images. */
static void add_images(const drawing *own)
{
    const uhn_energy_images *images = own->figure->images;
    const uhn_geometry *geometry = images->geometry;
    const size_t step = pixel_step(geometry);
    const double across = ceil((double)geometry->width / (double)step);
    const double down = ceil((double)geometry->height / (double)step);
    for (size_t i = 0; i < images->row_count * images->column_count; i++)
        add_image_data(own, i / images->column_count, i % images->column_count);
    uhn_add_margins(own->script, WIDTH, own->height, 0, WIDTH, 0, own->height);
    uhn_text_add(own->script, "unset border\nunset tics\nset xrange [0:%d]\nset yrange [%.6g:0]\nplot ", (int)WIDTH,
                 own->height);
    for (size_t i = 0; i < images->row_count * images->column_count; i++) {
        const double x = column_middle(own, i % images->column_count) - own->image_width / 2;
        const double y = row_top(own, i / images->column_count);
        uhn_text_add(own->script,
                     "%s$image%zu using (%.6g+($1+0.5)*%.6g):(%.6g+($2+0.5)*%.6g):3:4:5 with rgbimage notitle",
                     i ? ", \\\n  " : "", i, x, own->image_width / across, y, own->image_height / down);
    }
    uhn_text_add(own->script, "\nunset label\nunset arrow\n");
}

/* ---- the curves */

static void add_data(const drawing *own, size_t c)
{
    const uhn_energy_curve *curve = &own->figure->curves[c];
    uhn_text_add(own->script, "$curve%zu << END\n", c);
    for (size_t k = 0; k < curve->count; k++)
        if (isfinite(curve->energies[k]))
            uhn_text_add(own->script, "%.9g %.12g\n", curve->x[k], curve->energies[k]);
    uhn_text_add(own->script, "END\n$rise%zu << END\n", c);
    for (size_t k = 1; k < curve->count; k++)
        if (curve->energies[k] - curve->energies[k - 1] > curve->rounding)
            uhn_text_add(own->script, "%.9g %.12g\n%.9g %.12g\n\n", curve->x[k - 1], curve->energies[k - 1],
                         curve->x[k], curve->energies[k]);
    uhn_text_add(own->script, "END\n");
}

static bool rises(const uhn_energy_curve *curve)
{
    for (size_t k = 1; k < curve->count; k++)
        if (curve->energies[k] - curve->energies[k - 1] > curve->rounding)
            return true;
    return false;
}

static bool any_rises(const uhn_energy_figure *figure)
{
    for (size_t c = 0; c < figure->curve_count; c++)
        if (rises(&figure->curves[c]))
            return true;
    return false;
}

static size_t points_shown(const drawing *own, const uhn_energy_curve *curve)
{
    size_t count = 0;
    while (count < curve->count && curve->x[count] <= own->x_end)
        count++;
    return count;
}

/* A curve, what rises in it underlaid, and, where single steps can be told apart, a dot for each. */
static void add_curve(const drawing *own, size_t c, bool *first)
{
    const uhn_energy_curve *curve = &own->figure->curves[c];
    const bool named = c < named_count(own->figure);
    if (rises(curve)) {
        uhn_text_add(own->script, "%s$rise%zu using 1:2 with lines linewidth 7 linecolor rgb '%s' notitle",
                     *first ? "plot " : ", \\\n  ", c, rising_pale);
        *first = false;
    }
    uhn_text_add(own->script, "%s$curve%zu using 1:2 with lines linewidth %g linecolor rgb '%s' notitle",
                 *first ? "plot " : ", \\\n  ", c, named ? 1.8 : 0.9, named ? colours[c] : others);
    *first = false;
    if (named && points_shown(own, curve) <= 60)
        uhn_text_add(own->script,
                     ", \\\n  $curve%zu using 1:2 with points pointtype 7 pointsize %.3g linecolor rgb '%s' notitle", c,
                     0.4 * own->marker, colours[c]);
}

static void add_curves(const drawing *own)
{
    const uhn_energy_figure *figure = own->figure;
    bool first = true;
    for (size_t c = 0; c < figure->curve_count; c++)
        add_data(own, c);
    uhn_add_margins(own->script, WIDTH, own->height, LEFT, WIDTH - RIGHT, own->top, own->bottom);
    uhn_text_add(own->script,
                 "set border 3 linecolor rgb '#404040'\nset tics nomirror out scale 0.6 textcolor rgb 'black'\n"
                 "set xtics nomirror autofreq\nset ytics nomirror autofreq\nset grid ytics linetype 1 linewidth 0.6 "
                 "linecolor rgb "
                 "'#e4e4e4'\nset format '%%g'\nset xrange [0:%.9g]\nset yrange [%.12g:%.12g]\nset clip two\n",
                 own->x_end, own->low, own->high);
    if (figure->counts_steps && own->x_end <= 12)
        uhn_text_add(own->script, "set xtics 1\n");
    add_label(own, (LEFT + WIDTH - RIGHT) / 2.0, own->bottom + 40, name_of_x(figure), "center");
    add_label(own, 18, (own->top + own->bottom) / 2, "energy", "center rotate by 90");
    for (size_t c = figure->curve_count; c-- > named_count(figure);) /* the named ones lie on top */
        add_curve(own, c, &first);
    for (size_t c = 0; c < named_count(figure); c++)
        add_curve(own, c, &first);
    uhn_text_add(own->script, "\nunset multiplot\n");
}

/* ---- the whole */

static void add_heading(const drawing *own)
{
    const uhn_energy_figure *figure = own->figure;
    char look[96];
    add_label(own, 10, 14, figure->title, "left font ',12'");
    for (size_t c = 0; !figure->images && c < named_count(figure); c++) {
        const double y = TITLE + 8 + (double)c * NAME_STEP;
        snprintf(look, sizeof look, "linewidth 2 linecolor rgb '%s'", colours[c]);
        add_stroke(own, LEFT, y, LEFT + 28, y, look);
        add_label(own, LEFT + 36, y, figure->curves[c].name, "left font ',12'");
    }
    if (any_rises(figure)) {
        snprintf(look, sizeof look, "right font ',12' textcolor rgb '%s'", rising);
        add_label(own, WIDTH - RIGHT, 14, "the energy rises", look);
    }
}

static void write_script(drawing *own, uhn_figure_format format)
{
    own->marker = uhn_terminal_of(format)->marker;
    lay_out(own);
    uhn_add_terminal(own->script, format, WIDTH, own->height);
    uhn_text_add(own->script, "set multiplot\nunset key\n");
    add_heading(own);
    if (own->figure->images) {
        add_columns(own);
        add_row_names(own);
        add_images(own);
    }
    add_curves(own);
}

uhn_status uhn_draw_energies(const uhn_energy_figure *figure, const char *path, uhn_figure_format format)
{
    double low, high;
    find_range(figure, &low, &high);
    if (!(low <= high))
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: there is no energy to draw", path);
    uhn_text script = {0};
    drawing own = {.figure = figure, .script = &script};
    write_script(&own, format);
    const uhn_status status = uhn_draw_script(&script, path, format, figure->title, "energy of trajectories over time");
    uhn_text_release(&script);
    return status;
}
