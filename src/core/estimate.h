/* SPDX-License-Identifier: MIT
 * Estimates: cheaper forms of a similarity, with a proven bound on their error. Where a separation says which scores
 * have to be exact (uhn_separation.precision), all are estimated by a fast pass of the kernels and only those that
 * matter are computed again, exactly. docs/mathematics.md, section 12, has the forms and the bounds. */
#ifndef UHN_CORE_ESTIMATE_H
#define UHN_CORE_ESTIMATE_H

#include "core/plan.h"

/* A vector as an estimate may want it. */
typedef struct uhn_vector {
    const float *x;        /* the observed coordinates, as the similarity prepared them; NULL if !needs_floats */
    const void *stored;    /* a memory's row as it is stored; NULL for a query, and under a mask */
    const double *squares; /* Σx², where it is known: of floats as they are stored */
    uhn_distribution *distribution; /* where the form keeps such; NULL for a query, and under a mask */
    size_t dim;
    uhn_vector_stat stat;
    bool is_query;
    double low, step; /* of the grid, or of the table */
    double error;     /* of an entry of the table, in steps */
} uhn_vector;

/* What a vector adds to its estimates:
 *
 *     s = gain · x.scale · q.scale · Σ + x.offset + q.offset
 *
 * where Σ is the sum of the pass. The terms of the pass sum up, absolutely, to at most x.magnitude · q.magnitude
 * (`product`) or x.magnitude + q.magnitude; for passes over integers the latter is the error itself. */
typedef struct uhn_terms {
    double scale, offset, magnitude;
    double error; /* of the offset and of what else is not the pass; 0 where a few roundings of the offset cover it */
} uhn_terms;

/* One form. Rows of const tables in estimate_forms.c. */
typedef struct uhn_estimate {
    uhn_pass pass;
    double gain;
    bool product;         /* see uhn_terms */
    bool integer;         /* the pass is exact: only the terms have errors */
    bool exact;           /* and so is the estimate: it is the score, to the bit */
    bool root;            /* estimates −√−s instead of s, for errors that are those of a distance */
    double levels;        /* the form quantises to 0 … levels, on a grid that spans all memories; 0: no */
    double table_steps;   /* the form takes a table for its pass, in so many steps; 0: no */
    bool coarse;          /* may leave too many memories to choose from; then the forms that follow are tried */
    bool relative;        /* the error is relative to the sum: |s| takes the place of the magnitudes */
    bool ranks_only;      /* orders memories as the score does, but is another number */
    bool selections_only; /* the result would depend on the storage, or on the batch */
    bool needs_floats;    /* prepare() looks at x */
    bool distributions;   /* prepare() uses and notes what is known of a row as a distribution */
    bool rows_lie;        /* only queries need panels; rows are used where they lie */
    double roundings;     /* of the panel's entries, in units of 2^-24 */

    /* Can it be used for this plan and a group of `queries`? NULL: always. */
    bool (*applies)(const uhn_plan *plan, size_t queries);
    /* Bytes of a panel for `dim` coordinates; NULL: the floats are used where they lie. */
    size_t (*panel_bytes)(size_t dim);
    /* Gives what the pass is to read (v->x, v->stored or what it wrote to `panel`), and the terms. NULL: this vector
     * cannot be brought into the form; for queries only. */
    const void *(*prepare)(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms);
} uhn_estimate;

/* Forms by similarity, the fastest first, NULL at the end. */
extern const uhn_estimate *const uhn_estimates_dot[];
extern const uhn_estimate *const uhn_estimates_cosine[];
extern const uhn_estimate *const uhn_estimates_normalised_dot[];
extern const uhn_estimate *const uhn_estimates_correlation[];
extern const uhn_estimate *const uhn_estimates_sqeuclidean[];
extern const uhn_estimate *const uhn_estimates_euclidean[];
extern const uhn_estimate *const uhn_estimates_manhattan[];
extern const uhn_estimate *const uhn_estimates_hamming[];
extern const uhn_estimate *const uhn_estimates_table[];
extern const uhn_estimate *const uhn_estimates_kl[];
extern const uhn_estimate *const uhn_estimates_reverse_kl[];
extern const uhn_estimate *const uhn_estimates_jensen_shannon[];
extern const uhn_estimate *const uhn_estimates_likelihood_gaussian[]; /* estimate_likelihood.c */

/* Rows of these lists that are in files of their own. */
extern const uhn_estimate uhn_estimate_uint8_dot, uhn_estimate_uint8_squares, uhn_estimate_uint8_sums;
extern const uhn_estimate uhn_estimate_quantised_distance, uhn_estimate_quantised_byte_sums,
    uhn_estimate_quantised_sums;
extern const uhn_estimate uhn_estimate_lookup_bytes, uhn_estimate_lookup;
extern const uhn_estimate uhn_estimate_kl_split, uhn_estimate_kl, uhn_estimate_reverse_kl_split,
    uhn_estimate_reverse_kl, uhn_estimate_jensen_shannon;

/* `applies` of products in parts. */
bool uhn_estimate_splits(const uhn_plan *plan, size_t queries);

/* The table of the similarity `table` for the pass of `form`: low + step · what it holds, within `error` steps, which
 * are at most a half (and a little, for rounding). False when it has more bins than the pass takes. */
bool uhn_estimate_table(const uhn_plan *plan, const uhn_estimate *form, uhn_pass_table *to, double *low, double *step,
                        double *error);

/* What sums of `dim` terms in float64 may be off by, relative to the sum of the terms' sizes: those of the exact
 * scores, and those that prepare() makes. */
static inline double uhn_float64_rounding(size_t dim)
{
    return ((double)dim + 256) * 0x1p-52;
}

/* A bound on |score − estimate| for estimate s: absolute + relative · |s|. */
typedef struct uhn_error_bound {
    double absolute, relative;
} uhn_error_bound;

#endif
