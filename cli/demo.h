/* SPDX-License-Identifier: MIT
 * What the demonstration makes (demo.c) and shows (demo_show.c). */
#ifndef UHN_CLI_DEMO_H
#define UHN_CLI_DEMO_H

#include "data/dataset.h"

enum { DEMO_GLYPHS = 1000, DEMO_SIDE = 28, DEMO_CUES = 100, DEMO_METHODS = 5, DEMO_DAMAGES = 3 };

/* A memory on show: a preset, or a similarity and a separation. */
typedef struct demo_method {
    const char *caption;
    const char *what; /* one line for those who have never heard of it */
    const char *preset, *similarity, *separation;
    bool binary; /* a network of ±1 neurons */
} demo_method;

typedef struct demo_damage {
    const char *name; /* of the corruption */
    double level;
} demo_damage;

extern const demo_method demo_methods[DEMO_METHODS];
extern const demo_damage demo_damages[DEMO_DAMAGES];

typedef struct demo_result {
    float *answers; /* DEMO_CUES glyphs in [0, 1] */
    size_t exact;   /* how many are their original, every pixel within half of one of 256 shades */
    double error;   /* mean difference from the original per pixel, 0 … 1 */
    double milliseconds;
} demo_result;

typedef struct demo {
    const char *folder;
    uhn_dataset glyphs;       /* what is stored; the first DEMO_CUES are damaged and recalled */
    float *signs, *sign_cues; /* the same as ±1: all glyphs, and the cues of one damage */
    float *cues[DEMO_DAMAGES];
    uhn_memory *images, *networks; /* the glyphs, and the ±1 ones */
    demo_result results[DEMO_DAMAGES][DEMO_METHODS];
} demo;

/* Writes the picture and the data into the folder. */
uhn_status demo_write(const demo *show);

/* Prints the table, pictures where stdout is a terminal, and what to do next. */
void demo_print(const demo *show);

#endif
