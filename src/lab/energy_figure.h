/* SPDX-License-Identifier: MIT
 * The figure of energies that fall: a curve for each trajectory, rises marked, and above them, where the states are
 * images, a row of these for each of some trajectories; lines lead from the images down to their place on the axis. */
#ifndef UHN_LAB_ENERGY_FIGURE_H
#define UHN_LAB_ENERGY_FIGURE_H

#include "data/dataset.h"
#include "lab/gnuplot.h"

enum { UHN_ENERGY_COLUMNS = 9, UHN_ENERGY_ROWS = 3, UHN_ENERGY_NAMED = 5 };

/* One trajectory: point k is its state after k steps. */
typedef struct uhn_energy_curve {
    const char *name; /* of the first UHN_ENERGY_NAMED */
    const char *note; /* under the name where there are images */
    const double *x, *energies;
    size_t count;    /* points, ≥ 1 */
    double rounding; /* rises beyond it are marked */
} uhn_energy_curve;

/* Images of some moments, the same for each of the first `row_count` curves. */
typedef struct uhn_energy_images {
    const uhn_geometry *geometry;
    float low, high; /* shown black and white */
    size_t row_count, column_count;
    const size_t *moments; /* column_count points */
    const float *rows;     /* row_count × column_count × dim */
    size_t dim;
} uhn_energy_images;

typedef struct uhn_energy_figure {
    const char *title;
    bool counts_steps; /* x is a number of steps, not time */
    const uhn_energy_curve *curves;
    size_t curve_count;              /* ≥ 1 */
    const uhn_energy_images *images; /* or NULL */
} uhn_energy_figure;

/* At most UHN_ENERGY_COLUMNS moments, ascending, of the first `row_count` curves of the figure: where their energies
 * change much, they lie closer. Returns how many. */
size_t uhn_choose_moments(const uhn_energy_figure *figure, size_t row_count, size_t moments[UHN_ENERGY_COLUMNS]);

/* Errors as uhn_draw_script(). UHN_ERROR_ARGUMENT: no energy is finite. */
uhn_status uhn_draw_energies(const uhn_energy_figure *figure, const char *path, uhn_figure_format format);

#endif
