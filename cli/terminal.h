/* SPDX-License-Identifier: MIT
 * Small pictures in a terminal: two pixels, one above the other, in each character (▀). */
#ifndef UHN_CLI_TERMINAL_H
#define UHN_CLI_TERMINAL_H

#include "data/dataset.h"

#include <stdio.h>

/* Does `stream` go to a terminal that can show pictures? Nothing of the below is meant for anything else. */
bool cli_is_terminal(FILE *stream);

/* Shows `count` images of `geometry` (values in [0, 1]) side by side, a caption above each. Where the terminal is too
 * narrow they are shown at half size, and where that does not help images are left out from the third on. */
void cli_show_images(FILE *stream, const uhn_geometry *geometry, const float *const *images,
                     const char *const *captions, size_t count);

#endif
