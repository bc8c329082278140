/* SPDX-License-Identifier: MIT
 * A tiny bitmap font for captions: proportional, five pixels wide at most, drawn for this project. */
#ifndef UHN_DATA_FONT_H
#define UHN_DATA_FONT_H

#include <stdbool.h>
#include <stddef.h>

enum { UHN_FONT_HEIGHT = 9, UHN_FONT_GAP = 1 }; /* rows from the top of `b` to the foot of `g`; space between letters */

/* Columns that `length` characters take at scale 1. */
size_t uhn_font_width(const char *text, size_t length);

/* Columns of one character, 1 … 5. */
size_t uhn_font_advance(char character);

/* Is there ink at (x, y) of the character? x < uhn_font_advance(), y < UHN_FONT_HEIGHT. */
bool uhn_font_ink(char character, size_t x, size_t y);

#endif
