/* SPDX-License-Identifier: MIT
 * Where everything in a figure goes, in its pixels, with y downwards from the top. */
#ifndef UHN_LAB_FIGURE_LAYOUT_H
#define UHN_LAB_FIGURE_LAYOUT_H

#include "lab/results.h"

enum { UHN_PANELS_MAX = 4 };

/* One coordinate system. */
typedef struct uhn_panel {
    uhn_criterion criterion;
    double left, right, top, bottom; /* of the frame */
    double x_low, x_high, y_low, y_high;
    double y_top;          /* the largest value that the axis is made for */
    double y_step;         /* between labels of the y axis */
    bool logarithmic, cut; /* cut: some curves leave it at the top, y_top */
    int letters;           /* size of the labels of its axes */
    double marker;         /* about as wide as a marker */
} uhn_panel;

typedef struct uhn_layout {
    double width, height;
    double legend_left, legend_top, legend_step; /* the first line of the legend, and from line to line */
    double legend_sample;                        /* how long the sample before a name is */
    size_t panel_count;                          /* the first is the headline */
    uhn_panel panels[UHN_PANELS_MAX];
} uhn_layout;

void uhn_lay_out(const uhn_results *results, uhn_layout *layout);

/* Is there a point of this curve at this level, is there one at all? */
bool uhn_is_drawn(const uhn_curve *curve, size_t level);
bool uhn_has_points(const uhn_results *results, const uhn_series *series, uhn_criterion criterion);

/* Has this level a label on the x axis? As many as fit have, the first and the last among them. */
bool uhn_is_labelled(const uhn_results *results, const uhn_panel *panel, size_t level);

/* Where the marker of a series is set: at its point, but markers that would cover each other move apart, each along the
 * line of its own curve. */
void uhn_place_marker(const uhn_results *results, const uhn_panel *panel, size_t series, size_t level, double *x,
                      double *y);

#endif
