/* SPDX-License-Identifier: MIT
 * The energy along the line through two memories. */
#include "lab/landscape.h"

#include <math.h>

static const double width = 640, height = 400, left_room = 84, right_room = 22, top_room = 46, bottom_room = 58;

/* The energy at a place, on the straight line between its neighbours. */
static double energy_at(const uhn_landscape *landscape, double x)
{
    const double steps = (double)landscape->size[0] - 1;
    const double place = (x - landscape->low[0]) / (landscape->high[0] - landscape->low[0]) * steps;
    const double first = fmin(fmax(floor(place), 0), steps - 1), share = place - first;
    const double *energies = landscape->energies + (size_t)first;
    return share <= 0 ? energies[0] : share >= 1 ? energies[1] : energies[0] + share * (energies[1] - energies[0]);
}

void uhn_add_profile(const uhn_landscape *landscape, uhn_figure_format format, double least, double most,
                     uhn_text *script)
{
    uhn_text axis = {0};
    const double distance = landscape->slice->places[1][0], steps = (double)landscape->size[0] - 1;
    const double marker = uhn_terminal_of(format)->marker, room = most > least ? 0.08 * (most - least) : 1;
    uhn_add_terminal(script, format, width, height);
    uhn_text_add(script, "unset key\nset border 3 linecolor rgb '#404040'\nset tics nomirror out scale 0.6 textcolor "
                         "rgb 'black'\nset grid ytics linetype 1 linewidth 0.6 linecolor rgb '#dddddd'\n");
    uhn_add_margins(script, width, height, left_room, width - right_room, top_room, height - bottom_room);
    uhn_text_add(script, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\nset xtics %.9g offset 0,%g\nset ytics %.9g\n",
                 landscape->low[0] / distance, landscape->high[0] / distance, least - 1.5 * room, most + room,
                 uhn_round_step((landscape->high[0] - landscape->low[0]) / distance, 8), uhn_terminal_of(format)->lift,
                 uhn_round_step(most - least, 6));
    uhn_add_note(script, landscape->title, "screen", left_room / width, 1 - 20 / height, "left");
    uhn_text_add(&axis, "share of the way from %s to %s", landscape->names[0], landscape->names[1]);
    script->failed = script->failed || axis.failed;
    uhn_add_note(script, axis.bytes, "screen", (left_room + width - right_room) / 2 / width, 16 / height, "center");
    uhn_add_note(script, "effective energy", "screen", 16 / width, (bottom_room + height - top_room) / 2 / height,
                 "center rotate by 90");
    uhn_text_add(script, "$energies << END\n");
    for (size_t k = 0; k < landscape->size[0]; k++) {
        const double x = landscape->low[0] + (landscape->high[0] - landscape->low[0]) * (double)k / steps;
        if (isfinite(landscape->energies[k]))
            uhn_text_add(script, "%.9g %.9g\n", x / distance, landscape->energies[k]);
        else
            uhn_text_add(script, "\n");
    }
    uhn_text_add(script, "END\n$memories << END\nNaN NaN\n");
    for (size_t k = 0; k < 2; k++) {
        const double energy = energy_at(landscape, landscape->slice->places[k][0]);
        if (!isfinite(energy))
            continue;
        uhn_text_add(script, "%zu %.9g\n", k, energy);
    }
    uhn_text_add(script, "END\n");
    for (size_t k = 0; k < 2; k++) {
        const double energy = energy_at(landscape, landscape->slice->places[k][0]);
        uhn_add_note(script, landscape->names[k], "first", (double)k, isfinite(energy) ? energy : least,
                     "center offset character 0, character -1.1");
    }
    uhn_text_add(script,
                 "plot $energies using 1:2 with lines linewidth 2 linecolor rgb '#0072b2' notitle, \\\n"
                 "  $memories using 1:2 with points pointtype 7 pointsize %.3g linecolor rgb 'black' notitle, \\\n"
                 "  $memories using 1:2 with points pointtype 7 pointsize %.3g linecolor rgb '#ffffff' notitle\n",
                 1.3 * marker, 0.9 * marker);
}
