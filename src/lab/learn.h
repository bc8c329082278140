/* SPDX-License-Identifier: MIT
 * The learned similarity: a table of scores for the similarity `table`, estimated from pairs of an original and what
 * became of it, with no law assumed (docs/mathematics.md, "Likelihood and learned similarities"). */
#ifndef UHN_LAB_LEARN_H
#define UHN_LAB_LEARN_H

#include "uhn/uhn.h"

/* Columns of a learned table: a bin for exactly 0, one for exactly 1, and `bins` between (the similarity's ends=1). */
static inline size_t uhn_learned_columns(size_t bins)
{
    return bins + 2;
}

/* values[bin(x)][bin(q)] = log((n(x bin, q bin) + 1/2) / (n(x bin) + columns/2)) over all coordinates of all pairs.
 *   clean, corrupted  pairs × dim floats in [0, 1], packed
 *   bins              2 … 254 bins of a memory's coordinate
 *   values            bins × uhn_learned_columns(bins) floats, written
 * UHN_ERROR_ARGUMENT (no pairs), UHN_ERROR_RANGE (bins), UHN_ERROR_DOMAIN (a value outside [0, 1]),
 * UHN_ERROR_NONFINITE, UHN_ERROR_OUT_OF_MEMORY */
uhn_status uhn_learn_table(const float *clean, const float *corrupted, size_t pairs, size_t dim, size_t bins,
                           float *values);

/* How much a corrupted coordinate tells about its original, at the resolution of such a table: the mutual information
 * of the two bins in bits, estimated from the counts and corrected for their small number (Miller and Madow); at least
 * 0. Errors as uhn_learn_table(). */
uhn_status uhn_learned_information(const float *clean, const float *corrupted, size_t pairs, size_t dim, size_t bins,
                                   double *bits);

#endif
