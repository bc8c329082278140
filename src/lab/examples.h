/* SPDX-License-Identifier: MIT
 * What a reader wants to see before the curves: images, the cues made of them, and what came back. */
#ifndef UHN_LAB_EXAMPLES_H
#define UHN_LAB_EXAMPLES_H

#include "data/dataset.h"

/* One corruption: some images, at some levels, recalled by some similarities. Images are rows of dim floats in [0, 1]
 * (a recalled row is NaN where there was no answer), laid out as `geometry` says. */
typedef struct uhn_examples {
    char *corruption; /* name in the table of corruptions: "noise"; all strings are owned */
    char *level_name; /* what the levels measure, with its unit: "noise σ (standard deviation)" */
    uhn_geometry geometry;
    size_t dim, image_count, level_count, series_count;
    size_t stored;    /* N, among which each image was looked for */
    double *levels;   /* level_count */
    char **series;    /* series_count names, as in results.json */
    float *originals; /* image_count × dim */
    float *cues;      /* level_count × image_count × dim */
    float *recalled;  /* series_count × level_count × image_count × dim */
    bool *identified; /* series_count × level_count × image_count: was it the right one? */
} uhn_examples;

/* Frees what it owns; a zeroed or half-filled one is allowed. */
void uhn_examples_free(uhn_examples *examples);

#endif
