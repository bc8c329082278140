/* SPDX-License-Identifier: MIT
 * Filled contours of the energy on a plane. The fill is an image, finer than the grid, of as many colours as there are
 * levels; lines go where they meet. */
#include "base/allocate.h"
#include "base/status.h"
#include "lab/landscape.h"

#include <math.h>

enum { FINE_MINIMUM = 240, LEVELS = 14 };

static const double left_room = 74, right_room = 108, top_room = 46, bottom_room = 58, frame = 460;

/* From ColorBrewer's YlGnBu, whose lightness rises all the way: it reads alike without colour and in grey, and black
 * lines and letters show on all of it. */
static const char palette[] = "set palette defined (0 '#2c7fb8', 1 '#41b6c4', 2 '#7fcdbb', 3 '#c7e9b4', 4 '#edf8b1', "
                              "5 '#ffffd9')";

static double place_on(const uhn_landscape *landscape, size_t axis, double k)
{
    const double share = k / (double)(landscape->size[axis] - 1);
    return landscape->low[axis] * (1 - share) + landscape->high[axis] * share;
}

/* ---- a finer grid */

typedef struct raster {
    size_t size[2];
    double *energies;
} raster;

static double at(const uhn_landscape *landscape, ptrdiff_t x, ptrdiff_t y)
{
    const ptrdiff_t last[2] = {(ptrdiff_t)landscape->size[0] - 1, (ptrdiff_t)landscape->size[1] - 1};
    x = x < 0 ? 0 : x > last[0] ? last[0] : x;
    y = y < 0 ? 0 : y > last[1] ? last[1] : y;
    return landscape->energies[(size_t)y * landscape->size[0] + (size_t)x];
}

/* Catmull and Rom's spline through b at 0 and c at 1; a straight line where a neighbour has no energy. */
static double between(double a, double b, double c, double d, double t)
{
    if (!isfinite(a) || !isfinite(d))
        return t <= 0 ? b : t >= 1 ? c : b + t * (c - b);
    return b + t * ((c - a) / 2 + t * (a - 2.5 * b + 2 * c - d / 2 + t * ((d - a) / 2 + 1.5 * (b - c))));
}

static double interpolate(const uhn_landscape *landscape, double x, double y)
{
    const ptrdiff_t column = (ptrdiff_t)fmin(floor(x), (double)landscape->size[0] - 2);
    const ptrdiff_t row = (ptrdiff_t)fmin(floor(y), (double)landscape->size[1] - 2);
    double rows[4];
    for (ptrdiff_t k = 0; k < 4; k++)
        rows[k] =
            between(at(landscape, column - 1, row + k - 1), at(landscape, column, row + k - 1),
                    at(landscape, column + 1, row + k - 1), at(landscape, column + 2, row + k - 1), x - (double)column);
    return between(rows[0], rows[1], rows[2], rows[3], y - (double)row);
}

static uhn_status refine(const uhn_landscape *landscape, raster *fine)
{
    const size_t shorter = landscape->size[0] < landscape->size[1] ? landscape->size[0] : landscape->size[1];
    /* Even, so that every other place, which will do for the lines, has all borders. */
    const size_t factor = shorter > FINE_MINIMUM ? 2 : ((FINE_MINIMUM - 2) / (shorter - 1) + 2) / 2 * 2;
    for (size_t a = 0; a < 2; a++)
        fine->size[a] = (landscape->size[a] - 1) * factor + 1;
    fine->energies = uhn_allocate(fine->size[0] * fine->size[1], sizeof *fine->energies);
    if (!fine->energies)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a figure of %zu x %zu energies", fine->size[0],
                        fine->size[1]);
    for (size_t y = 0; y < fine->size[1]; y++)
        for (size_t x = 0; x < fine->size[0]; x++)
            fine->energies[y * fine->size[0] + x] =
                interpolate(landscape, (double)x / (double)factor, (double)y / (double)factor);
    return UHN_OK;
}

static void add_raster(uhn_text *script, const uhn_landscape *landscape, const raster *fine)
{
    const double steps[2] = {(landscape->high[0] - landscape->low[0]) / (double)(fine->size[0] - 1),
                             (landscape->high[1] - landscape->low[1]) / (double)(fine->size[1] - 1)};
    uhn_text_add(script, "$energies << END\n");
    for (size_t y = 0; y < fine->size[1]; y++) {
        for (size_t x = 0; x < fine->size[0]; x++)
            uhn_text_add(script, "%.7g %.7g %.9g\n", landscape->low[0] + (double)x * steps[0],
                         landscape->low[1] + (double)y * steps[1], fine->energies[y * fine->size[0] + x]);
        uhn_text_add(script, "\n");
    }
    uhn_text_add(script, "END\n");
}

/* ---- levels */

/* Twice as far up as the highest place between the memories is from the lowest of all: what matters lies there. The
 * walls around them, which rise much higher, get the last colour. */
static double cut(const uhn_landscape *landscape, double least, double most)
{
    const double(*places)[2] = landscape->slice->places;
    double highest = least;
    for (size_t y = 0; y < landscape->size[1]; y++)
        for (size_t x = 0; x < landscape->size[0]; x++) {
            const double place[2] = {place_on(landscape, 0, (double)x), place_on(landscape, 1, (double)y)};
            /* The shares of the first and the third memory in this place; the second has the rest. */
            const double third = place[1] / places[2][1];
            const double second = (place[0] - third * places[2][0]) / places[1][0];
            if (third >= 0 && second >= 0 && second + third <= 1)
                highest = fmax(highest, landscape->energies[y * landscape->size[0] + x]);
        }
    return highest > least ? fmin(most, least + 2 * (highest - least)) : most;
}

/* Steps are round numbers, and so are the ends of the scale. */
static void add_levels(uhn_text *script, double least, double most, bool is_cut)
{
    const double step = uhn_round_step(most - least, LEVELS), first = floor(least / step + 1e-9);
    const double last = fmax(ceil(most / step - 1e-9), first + 1);
    const double every = last - first > 8 ? 2 : 1, top = floor(last / every) * every;
    uhn_text_add(script, "%s maxcolors %.0f\nset cbrange [%.9g:%.9g]\nset cbtics %.9g,%.9g\n", palette, last - first,
                 first * step, last * step, ceil(first / every) * every * step, every * step);
    if (is_cut)
        uhn_text_add(script, "set cbtics add ('≥%g' %.9g)\n", top * step, top * step);
    uhn_text_add(script, "set cntrparam levels discrete ");
    for (double k = first + 1; k <= fmax(last - 1, first + 1); k++)
        uhn_text_add(script, "%s%.9g", k > first + 1 ? "," : "", k * step);
    uhn_text_add(
        script,
        "\nset contour base\nunset surface\nset table $contours\nsplot $energies every 2:2 using 1:2:3 with lines\n"
        "unset table\nunset contour\nset surface\n");
}

/* ---- what lies on it */

/* Points too near to the last one to be seen apart are left out, but for the end. */
static void add_path(uhn_text *script, const uhn_landscape_path *path, double near)
{
    size_t drawn = 0;
    for (size_t k = 0; k < path->count; k++) {
        const double *place = path->places[k], *before = path->places[drawn];
        if (k > 0 && k + 1 < path->count && hypot(place[0] - before[0], place[1] - before[1]) < near)
            continue;
        uhn_text_add(script, "%.6g %.6g\n", place[0], place[1]);
        drawn = k;
    }
    uhn_text_add(script, "\n");
}

static double path_length(const uhn_landscape_path *path)
{
    double length = 0;
    for (size_t k = 1; k < path->count; k++)
        length += hypot(path->places[k][0] - path->places[k - 1][0], path->places[k][1] - path->places[k - 1][1]);
    return length;
}

/* A head at the middle of the path, along it: where it is, and where it points to. */
static void add_head(uhn_text *script, const uhn_landscape_path *path, double near)
{
    const double whole = path_length(path);
    double length = 0;
    if (whole < 8 * near)
        return;
    for (size_t k = 1; k < path->count; k++) {
        const double *from = path->places[k - 1], *to = path->places[k];
        const double piece = hypot(to[0] - from[0], to[1] - from[1]);
        length += piece;
        if (length < 0.5 * whole || !(piece > 0))
            continue;
        const double share = 1 - (length - 0.5 * whole) / piece, x = from[0] + share * (to[0] - from[0]),
                     y = from[1] + share * (to[1] - from[1]);
        uhn_text_add(script, "%.6g %.6g %.6g %.6g\n", x, y, near * (to[0] - from[0]) / piece,
                     near * (to[1] - from[1]) / piece);
        return;
    }
}

static void add_paths(uhn_text *script, const uhn_landscape *landscape)
{
    const double near = (landscape->high[0] - landscape->low[0]) / 400;
    uhn_text_add(script, "$paths << END\nNaN NaN\n\n");
    for (size_t p = 0; p < landscape->path_count; p++)
        add_path(script, &landscape->paths[p], near);
    uhn_text_add(script, "END\n$heads << END\nNaN NaN NaN NaN\n");
    for (size_t p = 0; p < landscape->path_count; p++)
        add_head(script, &landscape->paths[p], near);
    uhn_text_add(script, "END\n$starts << END\nNaN NaN\n");
    for (size_t p = 0; p < landscape->path_count; p++)
        if (landscape->paths[p].count)
            uhn_text_add(script, "%.6g %.6g\n", landscape->paths[p].places[0][0], landscape->paths[p].places[0][1]);
    uhn_text_add(script, "END\n$ends << END\nNaN NaN\n");
    for (size_t p = 0; p < landscape->path_count; p++)
        if (landscape->paths[p].count)
            uhn_text_add(script, "%.6g %.6g\n", landscape->paths[p].places[landscape->paths[p].count - 1][0],
                         landscape->paths[p].places[landscape->paths[p].count - 1][1]);
    uhn_text_add(script, "END\n");
}

/* Names stand outside of the triangle. */
static void add_memories(uhn_text *script, const uhn_landscape *landscape)
{
    const uhn_slice *slice = landscape->slice;
    uhn_text_add(script,
                 "set style textbox opaque margins 0.4,0.4 fillcolor rgb '#ffffff' noborder\n$memories << END\n");
    for (size_t k = 0; k < 3; k++)
        uhn_text_add(script, "%.9g %.9g\n", slice->places[k][0], slice->places[k][1]);
    uhn_text_add(script, "END\n");
    for (size_t k = 0; k < 3; k++)
        uhn_add_note(script, landscape->names[k], "first", slice->places[k][0], slice->places[k][1],
                     k == 2 ? "center boxed offset character 0, character 1.2"
                            : "center boxed offset character 0, character -1.2");
}

static void add_markers(uhn_text *script, const char *data, int type, double size, const char *colour)
{
    uhn_text_add(script, ", \\\n  $%s using 1:2 with points pointtype %d pointsize %.3g linecolor rgb '%s' notitle",
                 data, type, size, colour);
}

static void add_plot(uhn_text *script, uhn_figure_format format)
{
    const double marker = uhn_terminal_of(format)->marker;
    uhn_text_add(
        script,
        "plot $energies using 1:2:3 with image notitle, \\\n"
        "  $contours using 1:2 with lines linewidth 0.5 linecolor rgb '#5b7f8c' notitle, \\\n"
        "  $paths using 1:2 with lines linewidth 1.1 linecolor rgb 'black' notitle, \\\n"
        "  $heads using 1:2:3:4 with vectors head filled size screen 0.014,18 fixed linewidth 1.1 linecolor rgb "
        "'black' notitle");
    add_markers(script, "starts", 7, 0.35 * marker, "black");
    add_markers(script, "memories", 7, 1.3 * marker, "black");
    add_markers(script, "memories", 7, 0.9 * marker, "white");
    add_markers(script, "ends", 13, 0.7 * marker, "#d55e00");
    uhn_text_add(script, "\n");
}

static void add_frame(uhn_text *script, const uhn_landscape *landscape, uhn_figure_format format)
{
    uhn_text names[2] = {{0}};
    const double across = landscape->high[0] - landscape->low[0], up = landscape->high[1] - landscape->low[1];
    /* Lengths are drawn alike on both axes; the area is that of a square frame, unless that gets too long. */
    const double scale = fmin(frame / sqrt(across * up), 1.5 * frame / fmax(across, up));
    const double width = left_room + across * scale + right_room, height = top_room + up * scale + bottom_room;
    uhn_add_terminal(script, format, width, height);
    uhn_text_add(script, "unset key\nset border linecolor rgb '#404040'\nset tics nomirror out scale 0.6 textcolor "
                         "rgb 'black'\n");
    uhn_add_margins(script, width, height, left_room, width - right_room, top_room, height - bottom_room);
    uhn_text_add(script,
                 "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\nset xtics %.9g offset 0,%g\nset ytics %.9g\n"
                 "set colorbox user origin screen %.6f, screen %.6f size screen %.6f, screen %.6f\n"
                 "set object 1 rectangle from graph 0,0 to graph 1,1 behind fillcolor rgb '#e4e4e4' fillstyle solid "
                 "noborder\n",
                 landscape->low[0], landscape->high[0], landscape->low[1], landscape->high[1],
                 uhn_round_step(across, 6), uhn_terminal_of(format)->lift, uhn_round_step(up, 6),
                 (width - right_room + 16) / width, bottom_room / height, 16 / width, up * scale / height);
    uhn_add_note(script, landscape->title, "screen", left_room / width, 1 - 20 / height, "left");
    uhn_text_add(&names[0], "distance from %s towards %s", landscape->names[0], landscape->names[1]);
    uhn_text_add(&names[1], "distance across, towards %s", landscape->names[2]);
    uhn_add_note(script, "● start   ◆ end", "screen", 1 - 14 / width, 1 - 20 / height, "right");
    uhn_add_note(script, names[0].bytes, "screen", (left_room + across * scale / 2) / width, 16 / height, "center");
    uhn_add_note(script, names[1].bytes, "screen", 16 / width, (bottom_room + up * scale / 2) / height,
                 "center rotate by 90");
    uhn_add_note(script, "effective energy", "screen", 1 - 14 / width, (bottom_room + up * scale / 2) / height,
                 "center rotate by 90");
    script->failed = script->failed || names[0].failed || names[1].failed;
    uhn_text_release(&names[0]);
    uhn_text_release(&names[1]);
}

uhn_status uhn_add_plane(const uhn_landscape *landscape, uhn_figure_format format, double least, double most,
                         uhn_text *script)
{
    raster fine = {0};
    uhn_status status = refine(landscape, &fine);
    if (status == UHN_OK) {
        add_frame(script, landscape, format);
        add_raster(script, landscape, &fine);
        const double top = cut(landscape, least, most);
        add_levels(script, least, top, top < most);
        add_paths(script, landscape);
        add_memories(script, landscape);
        add_plot(script, format);
        status = uhn_text_status(script, "a figure");
    }
    uhn_release(fine.energies);
    return status;
}
