/* SPDX-License-Identifier: MIT
 * Example images as one picture: what was stored, what was asked, and what came back. */
#ifndef UHN_LAB_EXAMPLE_SHEET_H
#define UHN_LAB_EXAMPLE_SHEET_H

#include "lab/examples.h"
#include "lab/text.h"

/* Writes a PNG: for each image a column for each level, with the original at the left, a row of cues and one of answers
 * for each series; several images side by side where there is room. A wrong answer has a red frame, a missing one is a
 * blank. UHN_ERROR_ARGUMENT (nothing to show, not images, the system refuses), UHN_ERROR_RANGE (larger than pictures
 * may be), UHN_ERROR_OUT_OF_MEMORY */
uhn_status uhn_draw_examples(const uhn_examples *examples, const char *path);

/* What the picture shows, in a few sentences, with how many of the answers are right. */
void uhn_describe_examples(const uhn_examples *examples, uhn_text *caption);

#endif
