/* SPDX-License-Identifier: MIT
 * The figure of one experiment, drawn by gnuplot: the headline criterion large, others small below it; a line with
 * markers for each curve, a band of one standard deviation over the runs, the limit and the mean image to compare with.
 */
#ifndef UHN_LAB_FIGURE_H
#define UHN_LAB_FIGURE_H

#include "lab/gnuplot.h"
#include "lab/results.h"

/* Writes STEM.svg, .png or .pdf, whole or not at all. The SVG is a function of the results and of gnuplot's release.
 * UHN_ERROR_UNSUPPORTED (gnuplot is not installed; the detail says what to install), UHN_ERROR_ARGUMENT (nothing to
 * draw, or gnuplot or the system refuses; the detail has the reason), UHN_ERROR_OUT_OF_MEMORY */
uhn_status uhn_draw_figure(const uhn_results *results, const char *stem, uhn_figure_format format);

/* What gnuplot is told; the figure goes to its standard output. */
void uhn_figure_script(const uhn_results *results, uhn_figure_format format, uhn_text *script);

#endif
