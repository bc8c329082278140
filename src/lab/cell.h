/* SPDX-License-Identifier: MIT
 * One cell of an experiment: one run at one point of the axis. All queries of a cell are recalled at once. */
#ifndef UHN_LAB_CELL_H
#define UHN_LAB_CELL_H

#include "lab/experiment.h"
#include "lab/limit.h"
#include "lab/paper_best.h"
#include "lab/population.h"
#include "lab/verdict.h"

enum {
    UHN_EXAMPLE_PAIRS = 50,  /* from which the learned table is made */
    UHN_LEARNED_BINS = 16,   /* of it */
    UHN_TUNING_QUERIES = 100 /* on which a temperature is chosen, at most */
};

/* The images of one run, and what belongs to them whatever the level. */
typedef struct uhn_block {
    const uhn_population *population;
    size_t first, count; /* images of the population's order */
    float *rows;         /* count × dim */
    float *others;       /* the same images, their top halves black: P of the hetero curves; NULL until wanted */
    uhn_stored self, other;
    float *held_out; /* held_out_count images of other runs, for tuning; NULL until wanted */
    size_t held_out_count;
    uhn_stored held_out_stored;
} uhn_block;

uhn_status uhn_block_make(const uhn_population *population, size_t first, size_t count, uhn_block *block);
void uhn_block_free(uhn_block *block);

/* One point. */
typedef struct uhn_point {
    const uhn_experiment *experiment;
    uhn_protocol protocol;
    const uhn_corruption *corruption;
    double level;     /* of the corruption */
    size_t stored;    /* the first N images of the block */
    double threshold; /* on the squared error */
    uint64_t seed;    /* of this cell */
    int threads;
} uhn_point;

/* values[curve][criterion] for each curve, and baseline[criterion] for the mean image. Where a curve does not exist
 * here (a similarity that this program lacks) its values are NaN. */
uhn_status uhn_measure(uhn_block *block, const uhn_point *point, const uhn_curve_list *curves,
                       double (*values)[UHN_CRITERION_COUNT], double baseline[UHN_CRITERION_COUNT]);

/* ---- the parts of a cell, for those that measure */

typedef struct uhn_cell {
    uhn_block *block;
    const uhn_point *point;
    size_t dim, count; /* N = Q */
    uhn_memory *memory;
    float *queries;         /* count × dim */
    double *mean_errors[2]; /* of self and other; NULL until wanted */
    uhn_paper_cell paper;
    float *table_values; /* learned; NULL until wanted */
    uhn_table table;
    uhn_limit limit; /* once found */
    bool limit_found;
    double *scores;        /* count × count: of the similarity below; NULL until wanted */
    const char *scored;    /* as typed; NULL: none */
    double *weights;       /* count × count */
    size_t *best;          /* count */
    uhn_verdict *verdicts; /* count */
} uhn_cell;

uhn_status uhn_cell_make(uhn_block *block, const uhn_point *point, uhn_cell *cell);
void uhn_cell_free(uhn_cell *cell);

/* What a cell draws random numbers for, besides its queries. */
enum { UHN_PURPOSE_PAIRS = 1, UHN_PURPOSE_TUNING };

/* The seed of a cell for that. */
uint64_t uhn_seed_for(uint64_t seed, uint32_t purpose);

/* Damages `count` images in place, the i-th as image number i of this seed. */
void uhn_corrupt_rows(const uhn_point *point, const uhn_geometry *geometry, uint64_t seed, size_t count, size_t dim,
                      float *rows);

/* The images that answers to a curve are judged by, and their distances to their mean. */
uhn_status uhn_cell_targets(uhn_cell *cell, bool hetero, uhn_stored **stored, const double **mean_errors);

/* Options with the similarity of a curve. *exists is false where this program cannot compute it. */
uhn_status uhn_cell_similarity(uhn_cell *cell, const uhn_curve_row *curve, uhn_options *options, bool *exists);

/* Fills cell->verdicts for one curve. */
uhn_status uhn_cell_judge(uhn_cell *cell, const uhn_curve_row *curve, bool *exists);

/* The same for images of −1 and +1, in a cell that was made for them. */
uhn_status uhn_cell_judge_bipolar(uhn_cell *cell, const uhn_curve_row *curve);

/* Chooses beta of options->separation, for options->similarity, on images that are not stored. */
uhn_status uhn_cell_tune(uhn_cell *cell, uhn_options *options);

/* Scores become verdicts on what they recall: weights, and the distances of the answers to the stored images. */
uhn_status uhn_cell_weigh(const uhn_memory *memory, const uhn_options *options, uhn_stored *stored,
                          const double *mean_errors, const double *scores, size_t count, double *weights,
                          uhn_verdict *verdicts);

#endif
