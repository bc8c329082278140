/* SPDX-License-Identifier: MIT
 * The figure of a landscape, drawn by gnuplot: the energy on a plane as filled contours with memories and trajectories,
 * or along a line. */
#ifndef UHN_LAB_LANDSCAPE_H
#define UHN_LAB_LANDSCAPE_H

#include "lab/gnuplot.h"
#include "uhn/dynamics.h"

/* The places that a trajectory was at. */
typedef struct uhn_landscape_path {
    const double (*places)[2];
    size_t count;
} uhn_landscape_path;

/* All pointers are the caller's. */
typedef struct uhn_landscape {
    const char *title;    /* of the figure */
    const char *names[3]; /* of the memories of the slice, one more than it has axes */
    const uhn_slice *slice;
    double low[2], high[2]; /* the grid, ≥ 2 places on each axis of the slice, as uhn_slice_energies() has it */
    size_t size[2];
    const double *energies; /* NaN: there is none */
    const uhn_landscape_path *paths;
    size_t path_count; /* 0 on a line */
} uhn_landscape;

/* Writes `path`. Errors as uhn_draw_script(); UHN_ERROR_ARGUMENT too where no place has an energy. */
uhn_status uhn_draw_landscape(const uhn_landscape *landscape, const char *path, uhn_figure_format format);

/* What gnuplot is told. UHN_ERROR_ARGUMENT, UHN_ERROR_OUT_OF_MEMORY */
uhn_status uhn_landscape_script(const uhn_landscape *landscape, uhn_figure_format format, uhn_text *script);

/* landscape_plane.c, landscape_line.c: one of the two. `least` and `most` are the range of the energies. */
uhn_status uhn_add_plane(const uhn_landscape *landscape, uhn_figure_format format, double least, double most,
                         uhn_text *script);
void uhn_add_profile(const uhn_landscape *landscape, uhn_figure_format format, double least, double most,
                     uhn_text *script);

/* 1, 2 or 5 times a power of ten: about `count` of them make `range`. */
double uhn_round_step(double range, double count);

/* " at x,y" in coordinates of the plot or of the screen, what is said there, and how. */
void uhn_add_note(uhn_text *script, const char *string, const char *system, double x, double y, const char *how);

#endif
