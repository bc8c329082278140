/* SPDX-License-Identifier: MIT
 * gnuplot, which draws the figures: where its scripts go, and what differs between its terminals. */
#ifndef UHN_LAB_GNUPLOT_H
#define UHN_LAB_GNUPLOT_H

#include "lab/text.h"

typedef enum uhn_figure_format {
    UHN_FIGURE_SVG,
    UHN_FIGURE_PNG,
    UHN_FIGURE_PDF,
    UHN_FIGURE_FORMAT_COUNT
} uhn_figure_format;

/* "svg", "png", "pdf": option value and file extension. */
const char *uhn_figure_extension(uhn_figure_format format);
/* UHN_ERROR_NAME: the detail lists the formats. */
uhn_status uhn_find_figure_format(const char *name, uhn_figure_format *format);
/* The format that the name of a file ends in. */
uhn_status uhn_figure_format_of(const char *path, uhn_figure_format *format);

/* What differs between gnuplot's terminals when the same picture is wanted of all: a pixel of the layout is 1/120 inch
 * on a page, and two pixels of a PNG. */
typedef struct uhn_terminal {
    const char *name, *more;
    double unit;   /* of its size */
    double marker; /* how large it draws a marker of size 1, compared with the others */
    double lift;   /* of the labels of the x axis, which it sets too low, in letters */
} uhn_terminal;

const uhn_terminal *uhn_terminal_of(uhn_figure_format format);

/* The first lines of a script for a figure of this size. */
void uhn_add_terminal(uhn_text *script, uhn_figure_format format, double width, double height);

/* A string in single quotes, in which gnuplot takes everything as it stands. */
void uhn_add_quoted(uhn_text *script, const char *string);

/* A frame: where the next coordinate system goes on a figure of this size, y downwards from the top. */
void uhn_add_margins(uhn_text *script, double width, double height, double left, double right, double top,
                     double bottom);

/* Has gnuplot draw the script and writes `path`, whole or not at all; title and description become those of an SVG, for
 * those who cannot see it. UHN_ERROR_UNSUPPORTED (gnuplot is not installed; the detail says what to install),
 * UHN_ERROR_ARGUMENT (gnuplot or the system refuses; the detail has the reason), UHN_ERROR_OUT_OF_MEMORY */
uhn_status uhn_draw_script(const uhn_text *script, const char *path, uhn_figure_format format, const char *title,
                           const char *description);

#endif
