/* SPDX-License-Identifier: MIT
 * Synthetic characters of an invented script: two to five strokes, lines and arcs, between the nodes of a small grid,
 * written with a pen of varied width, slant, size and place. Each glyph depends on the seed and its number alone. */
#include "base/allocate.h"
#include "base/random.h"
#include "base/status.h"
#include "data/dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    GRID = 3, /* nodes a side */
    NODES = GRID * GRID,
    STROKES_MAX = 5,
    POINTS = 17,   /* of the polyline that stands for one stroke */
    ATTEMPTS = 40, /* to find a stroke that fits to those before it */
    SIDE_MIN = 8,
    SIDE_MAX = 4096,
};

typedef struct point {
    double x, y;
} point;

typedef struct stroke {
    point points[POINTS];
    double half_width[2]; /* of the pen at the start and at the end; the pen glides from one to the other */
} stroke;

typedef struct glyph {
    stroke strokes[STROKES_MAX];
    size_t stroke_count;
    bool touched[NODES];       /* nodes where a stroke begins, ends or passes */
    bool joined[NODES][NODES]; /* neighbouring nodes with ink between them */
} glyph;

/* The random numbers of one glyph, one after the other: every throw needs a statement or declarator of its own, since
 * the order in which arguments are evaluated is the compiler's. */
typedef struct dice {
    uint64_t seed, glyph;
    uint32_t throws;
} dice;

static double throw_uniform(dice *hand, double low, double high)
{
    return low + (high - low) * uhn_random_uniform(hand->seed, UHN_STREAM_GLYPHS, hand->glyph, hand->throws++);
}

static int throw_whole(dice *hand, int count)
{
    return (int)throw_uniform(hand, 0.0, (double)count);
}

/* -------------------------------------------------------------------------------------------- skeleton */

static int step_towards(int from, int to)
{
    return (to > from) - (to < from);
}

/* Walks the straight way from node to node as far as it follows the grid and its diagonals. Reports whether there is
 * ink on the way already; `draw` puts it there. Arcs are remembered by their ends only. */
static bool way_is_free(glyph *shape, int from, int to, bool straight, bool draw)
{
    int x = from % GRID, y = from / GRID, end_x = to % GRID, end_y = to / GRID;
    bool on_grid = straight && (x == end_x || y == end_y || abs(x - end_x) == abs(y - end_y));
    bool free_way = true;
    while (x != end_x || y != end_y) {
        int here = y * GRID + x;
        x = on_grid ? x + step_towards(x, end_x) : end_x;
        y = on_grid ? y + step_towards(y, end_y) : end_y;
        int next = y * GRID + x;
        free_way = free_way && !shape->joined[here][next];
        if (draw) {
            shape->joined[here][next] = shape->joined[next][here] = true;
            shape->touched[here] = shape->touched[next] = true;
        }
    }
    return free_way;
}

/* Is there ink right behind `from`, in line with the way to `to`? Then one more straight stroke would only make the
 * same line longer. */
static bool continues_line(const glyph *shape, int from, int to)
{
    int x = from % GRID - step_towards(from % GRID, to % GRID), y = from / GRID - step_towards(from / GRID, to / GRID);
    return x >= 0 && x < GRID && y >= 0 && y < GRID && shape->joined[from][y * GRID + x];
}

/* A circular arc from a to b; `bulge` is its height over half the chord: 0 a line, ±1 a half circle. */
static void draw_arc(stroke *line, point a, point b, double bulge)
{
    double half_angle = 2.0 * atan(bulge); /* of the arc, seen from its centre */
    for (int i = 0; i < POINTS; i++) {
        double t = i / (POINTS - 1.0);
        double along = t, aside = 0.0;
        if (fabs(bulge) > 1e-3) {
            double radius = 0.5 / sin(half_angle), angle = (2.0 * t - 1.0) * half_angle;
            along = 0.5 + radius * sin(angle);
            aside = radius * (cos(angle) - cos(half_angle));
        }
        line->points[i] =
            (point){a.x + along * (b.x - a.x) - aside * (b.y - a.y), a.y + along * (b.y - a.y) + aside * (b.x - a.x)};
    }
}

/* An ellipse of the given radii around a node: a bowl or an eye. */
static void draw_ring(stroke *line, point centre, double radius_x, double radius_y)
{
    static const double two_pi = 6.283185307179586476925;
    for (int i = 0; i < POINTS; i++) {
        double angle = two_pi * i / (POINTS - 1.0);
        line->points[i] = (point){centre.x + radius_x * cos(angle), centre.y + radius_y * sin(angle)};
    }
}

static point node_place(dice *hand, int node)
{
    int column = node % GRID, row = node / GRID;
    double aside = throw_uniform(hand, -0.08, 0.08), below = throw_uniform(hand, -0.08, 0.08);
    return (point){column + aside, row + below};
}

/* One more stroke, joined to those before it. False when this throw of the dice does not fit. */
static bool try_stroke(glyph *shape, dice *hand)
{
    int from = throw_whole(hand, NODES), to = throw_whole(hand, NODES);
    double kind = throw_uniform(hand, 0.0, 1.0);
    stroke *line = &shape->strokes[shape->stroke_count];
    bool first = shape->stroke_count == 0;
    if (!first && !shape->touched[from])
        return false;
    if (kind < 0.08) { /* rings lie on a node; the first stroke is never one */
        if (first || shape->joined[from][from])
            return false;
        shape->joined[from][from] = true;
        point centre = node_place(hand, from);
        double radius_x = throw_uniform(hand, 0.4, 0.6), radius_y = throw_uniform(hand, 0.4, 0.6);
        draw_ring(line, centre, radius_x, radius_y);
        return true;
    }
    bool straight = kind < 0.6;
    bool too_short = from == to || (first && abs(from / GRID - to / GRID) + abs(from % GRID - to % GRID) < 2);
    if (too_short || !way_is_free(shape, from, to, straight, false))
        return false;
    if (straight && (continues_line(shape, from, to) || continues_line(shape, to, from)))
        return false;
    way_is_free(shape, from, to, straight, true);
    double side = throw_uniform(hand, -1.0, 1.0) < 0.0 ? -1.0 : 1.0;
    double bulge = straight ? throw_uniform(hand, -0.08, 0.08) : side * throw_uniform(hand, 0.4, 1.0);
    point start = node_place(hand, from), end = node_place(hand, to);
    draw_arc(line, start, end, bulge);
    return true;
}

static void make_skeleton(glyph *shape, dice *hand)
{
    static const size_t stroke_counts[] = {2, 2, 3, 3, 3, 3, 4, 4, 4, 5};
    size_t wanted = stroke_counts[throw_whole(hand, 10)];
    for (int attempt = 0; shape->stroke_count < wanted && attempt < ATTEMPTS * STROKES_MAX; attempt++)
        if (try_stroke(shape, hand))
            shape->stroke_count++;
}

/* -------------------------------------------------------------------------------------------- hand */

static void slant(glyph *shape, dice *hand)
{
    double shear = throw_uniform(hand, -0.12, 0.32), turn = throw_uniform(hand, -0.12, 0.12);
    for (size_t i = 0; i < shape->stroke_count; i++)
        for (int j = 0; j < POINTS; j++) {
            point *p = &shape->strokes[i].points[j];
            double x = p->x - shear * p->y, y = p->y;
            *p = (point){x * cos(turn) - y * sin(turn), x * sin(turn) + y * cos(turn)};
        }
}

static void find_box(const glyph *shape, point *low, point *high)
{
    *low = *high = shape->strokes[0].points[0];
    for (size_t i = 0; i < shape->stroke_count; i++)
        for (int j = 0; j < POINTS; j++) {
            point p = shape->strokes[i].points[j];
            *low = (point){fmin(low->x, p.x), fmin(low->y, p.y)};
            *high = (point){fmax(high->x, p.x), fmax(high->y, p.y)};
        }
}

/* Gives the glyph its size and place in a unit square, `margin` away from the edges. A narrow one stays narrow. */
static void place(glyph *shape, dice *hand, double margin)
{
    point low, high;
    find_box(shape, &low, &high);
    double room = 1.0 - 2.0 * margin;
    double tall = room * throw_uniform(hand, 0.72, 1.0), wide = room * throw_uniform(hand, 0.55, 0.9);
    double scale_x = wide / fmax(high.x - low.x, 1.0), scale_y = tall / fmax(high.y - low.y, 1.0);
    double free_x = room - scale_x * (high.x - low.x), free_y = room - scale_y * (high.y - low.y);
    double left = margin + free_x * throw_uniform(hand, 0.2, 0.8),
           top = margin + free_y * throw_uniform(hand, 0.2, 0.8);
    for (size_t i = 0; i < shape->stroke_count; i++)
        for (int j = 0; j < POINTS; j++) {
            point *p = &shape->strokes[i].points[j];
            *p = (point){left + scale_x * (p->x - low.x), top + scale_y * (p->y - low.y)};
        }
}

/* Half widths of the pen as fractions of the side: finer where there are many strokes. Returns the widest. */
static double choose_pen(glyph *shape, dice *hand)
{
    double pen = throw_uniform(hand, 0.032, 0.074 - 0.006 * (double)shape->stroke_count), widest = 0.0;
    for (size_t i = 0; i < shape->stroke_count; i++)
        for (int end = 0; end < 2; end++) {
            double *half = &shape->strokes[i].half_width[end];
            *half = pen * throw_uniform(hand, 0.75, 1.15);
            widest = fmax(widest, *half);
        }
    return widest;
}

/* -------------------------------------------------------------------------------------------- ink */

/* How far `p` lies inside the pen's track from a to b; negative outside. The pen is `wide_a` at a, `wide_b` at b. */
static double depth(point p, point a, point b, double wide_a, double wide_b)
{
    double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
    double t = length > 0.0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / length : 0.0;
    t = fmin(fmax(t, 0.0), 1.0);
    double away_x = p.x - a.x - t * dx, away_y = p.y - a.y - t * dy;
    return wide_a + t * (wide_b - wide_a) - sqrt(away_x * away_x + away_y * away_y);
}

static double stroke_depth(const stroke *line, point p)
{
    double deepest = -HUGE_VAL, step = (line->half_width[1] - line->half_width[0]) / (POINTS - 1);
    for (int j = 0; j + 1 < POINTS; j++) {
        double wide = line->half_width[0] + step * j;
        deepest = fmax(deepest, depth(p, line->points[j], line->points[j + 1], wide, wide + step));
    }
    return deepest;
}

/* A pixel is as dark as the part of it that the nearest edge of the ink leaves covered. */
static void paint(const glyph *shape, size_t size, float *image)
{
    for (size_t y = 0; y < size; y++)
        for (size_t x = 0; x < size; x++) {
            point centre = {((double)x + 0.5) / (double)size, ((double)y + 0.5) / (double)size};
            double deepest = -HUGE_VAL;
            for (size_t i = 0; i < shape->stroke_count; i++)
                deepest = fmax(deepest, stroke_depth(&shape->strokes[i], centre));
            image[y * size + x] = (float)fmin(fmax(0.5 + deepest * (double)size, 0.0), 1.0);
        }
}

static void make_glyph(uint64_t seed, size_t index, size_t size, float *image)
{
    dice hand = {.seed = seed, .glyph = index};
    glyph shape;
    memset(&shape, 0, sizeof shape);
    make_skeleton(&shape, &hand);
    double widest = choose_pen(&shape, &hand);
    slant(&shape, &hand);
    place(&shape, &hand, widest + 0.04);
    paint(&shape, size, image);
}

uhn_status uhn_make_glyphs(size_t count, size_t size, uint64_t seed, uhn_dataset *data)
{
    *data = (uhn_dataset){0};
    if (count == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "cannot make 0 glyphs");
    if (size < SIDE_MIN || size > SIDE_MAX)
        return uhn_fail(UHN_ERROR_RANGE, "a glyph is %d to %d pixels a side, not %zu", (int)SIDE_MIN, (int)SIDE_MAX,
                        size);
    size_t dim = size * size;
    float *rows = uhn_allocate(count, dim * sizeof *rows);
    if (!rows)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "out of memory for %zu glyphs of %zu x %zu pixels", count, size, size);
    for (size_t i = 0; i < count; i++)
        make_glyph(seed, i, size, rows + i * dim);
    *data = (uhn_dataset){
        .count = count,
        .dim = dim,
        .storage = UHN_FLOAT32,
        .rows = rows,
        .geometry = {.height = size, .width = size, .channels = 1},
        .rank = 3,
        .shape = {count, size, size},
    };
    return UHN_OK;
}
