/* SPDX-License-Identifier: MIT
 * The criteria. With z the answer, x the image that was asked for, and M the N stored images:
 *
 *   paper             |z − x|² is at most the threshold
 *   identified        of M, x is nearest to z, or an image equal to x; ties go to the lowest index
 *   memorized         identified, and |z − x| ≤ ⅓ |z − y| for each y of M that is not equal to x: the ratio by which
 *                     studies of generative models tell a training image that comes back from a new image (Yoon, Choi,
 *                     Kwon, Ryu: "Diffusion probabilistic models generalize when they fail to memorize", 2023)
 *   normalised error  |z − x|² / |x − mean of M|²: 0 is exact, 1 as bad as the mean image; the median over the queries
 *   undefined         there is no answer, or it is not a number. Such a query meets no other criterion, and is left
 *                     out of the median
 */
#ifndef UHN_LAB_VERDICT_H
#define UHN_LAB_VERDICT_H

#include "lab/results.h"
#include "lab/stored.h"

typedef struct uhn_verdict {
    bool defined, identified, memorized;
    double squared_error, normalised_error;
} uhn_verdict;

/* About an answer that is stored image `answer` of the first n (UHN_NO_INDEX: none), where `target` was asked for. */
uhn_verdict uhn_judge_choice(const uhn_stored *stored, const double *mean_errors, size_t target, size_t answer);

/* About an answer with these squared distances to the first n images. */
uhn_verdict uhn_judge_distances(const uhn_stored *stored, const double *mean_errors, size_t n, size_t target,
                                const double *distances);

/* The criteria of `count` queries. UHN_ERROR_OUT_OF_MEMORY */
uhn_status uhn_tally(const uhn_verdict *verdicts, size_t count, double threshold, double values[UHN_CRITERION_COUNT]);

#endif
