/* SPDX-License-Identifier: MIT
 * The images of one run as answers are judged by them: which are the same picture, and how far they are from each
 * other. A cell uses the first N of them. */
#ifndef UHN_LAB_STORED_H
#define UHN_LAB_STORED_H

#include "uhn/uhn.h"

typedef struct uhn_stored {
    const float *rows; /* count × dim; the caller's */
    size_t count, dim;
    size_t *twin; /* of each row, the first that is equal to it, to the bit; owned */

    /* Made when first wanted. With m the mean of all rows and c = x − m: a sum Σ w x has the squared distances
     * |m + Σ w c + (Σ w − 1) m − x|² to all rows x, which need only these products. */
    float *products;      /* count × count: c · c */
    double *squares;      /* count: c · c of each with itself */
    double *along;        /* count: m · c */
    double middle_square; /* m · m */
} uhn_stored;

/* UHN_ERROR_OUT_OF_MEMORY */
uhn_status uhn_stored_make(const float *rows, size_t count, size_t dim, uhn_stored *stored);
void uhn_stored_free(uhn_stored *stored);

/* Makes the products, if they are not there yet. */
uhn_status uhn_stored_multiply(uhn_stored *stored, int threads);

/* Squared distances of Σ_i weights[i] rows[i], i < n, to the first n rows, where projected[i] = Σ_j weights[j]
 * products[j][i]. They are off by some 2^-24 times the squares of the rows, and never negative. */
void uhn_stored_distances(const uhn_stored *stored, size_t n, const double *weights, const float *projected,
                          double *distances);

/* Squared distance of a vector and a row. */
double uhn_squared_distance(const float *x, const float *y, size_t dim);

/* errors[i]: squared distance of row i to the mean of the first n; i < n. */
uhn_status uhn_stored_mean_errors(const uhn_stored *stored, size_t n, int threads, double *errors);

#endif
