/* SPDX-License-Identifier: MIT
 * Estimates of divergences. With a = D x~ and b = D q~, whose mean is 1 (x~ and q~ are the distributions), the
 * logarithms are small, and so are the errors. As the sums of both are D, products may be of centred numbers: with c
 * the mean of log b,
 *
 *     −KL(x~‖q~) = (1/D) (Σ a (log b − c) − Σ a log a) + c
 *     −KL(q~‖x~) = (1/D) (Σ (b − 1) log a + Σ log a − Σ b log b)
 *     −JS(x~, q~) = (1/D) (Σ m log m − ½ Σ a log a − ½ Σ b log b),  m = (a + b) / 2
 *
 * In the first, the numbers log b − c sum to 0, so that what is added to all of a drops out: a row is read as it lies.
 * What depends on rows alone is float32, what depends on queries alone float64. */
#include "core/estimate.h"

#include <math.h>
#include <string.h>

enum { PIECE = 256 };

/* ---- queries */

/* Of the numbers b of a query. */
typedef struct query_sums {
    double entropy;    /* Σ b log b */
    double error;      /* of it */
    double logarithms; /* Σ log b */
    double largest;    /* |log b|; infinite where a b is 0 */
} query_sums;

/* The numbers b of piece `first` …, and their logarithms; gives how many. */
static size_t map_piece(const uhn_plan *plan, const uhn_vector *v, size_t first, double b[PIECE],
                        double logarithm[PIECE])
{
    const double scale = v->stat.scale * (double)v->dim, offset = v->stat.offset * (double)v->dim;
    const size_t count = v->dim - first < PIECE ? v->dim - first : PIECE;
    for (size_t i = 0; i < count; i++)
        logarithm[i] = b[i] = (double)v->x[first + i] * scale + offset;
    plan->kernels->logarithm(logarithm, count);
    return count;
}

/* The numbers kept for the panel are b − centre, or log b; not both are needed. */
static query_sums sum_query(const uhn_plan *plan, const uhn_vector *v, bool keep_logarithms, double centre,
                            float *panel)
{
    query_sums sums = {0};
    double magnitude = 0; /* Σ b (1 + |log b|) */
    for (size_t first = 0; first < v->dim; first += PIECE) {
        double b[PIECE], logarithm[PIECE];
        const size_t count = map_piece(plan, v, first, b, logarithm);
        for (size_t i = 0; i < count; i++) {
            const double term = b[i] > 0 ? b[i] * logarithm[i] : 0;
            sums.entropy += term;
            magnitude += b[i] + fabs(term);
            sums.logarithms += logarithm[i];
            sums.largest = fmax(sums.largest, fabs(logarithm[i]));
            panel[first + i] = (float)(keep_logarithms ? logarithm[i] : b[i] - centre);
        }
    }
    sums.error = uhn_float64_rounding(v->dim) * magnitude;
    return sums;
}

static double length_of(const float *x, size_t dim)
{
    double squares = 0;
    for (size_t i = 0; i < dim; i++)
        squares += (double)x[i] * (double)x[i];
    return sqrt(squares);
}

/* Terms of a vector of which nothing can be said: all its scores are exact. */
static const void *unknown(const uhn_vector *v, float *panel, uhn_terms *terms)
{
    *terms = (uhn_terms){.offset = (double)NAN, .error = v->is_query ? INFINITY : 0};
    memset(panel, 0, v->dim * sizeof *panel);
    return panel;
}

/* log b − c. The logarithms are taken again: rounded to float32, they are not to be centred. */
static const void *prepare_kl_query(const uhn_plan *plan, const uhn_vector *v, float *panel, uhn_terms *terms)
{
    const query_sums sums = sum_query(plan, v, true, 0, panel);
    const double centre = sums.logarithms / (double)v->dim;
    if (!(sums.largest < INFINITY))
        return unknown(v, panel, terms);
    for (size_t first = 0; first < v->dim; first += PIECE) {
        double b[PIECE], logarithm[PIECE];
        const size_t count = map_piece(plan, v, first, b, logarithm);
        for (size_t i = 0; i < count; i++)
            panel[first + i] = (float)(logarithm[i] - centre);
    }
    *terms = (uhn_terms){.scale = 1,
                         .offset = centre,
                         .magnitude = length_of(panel, v->dim),
                         .error = 3 * uhn_float64_rounding(v->dim) * (1 + sums.largest)};
    return panel;
}

/* ---- rows */

/* x as the kernels map it to a. */
typedef struct row_map {
    float scale, offset;
    bool fits; /* into float32 */
} row_map;

static row_map map_of(const uhn_vector *v)
{
    const double scale = v->stat.scale * (double)v->dim, offset = v->stat.offset * (double)v->dim;
    return (row_map){.scale = (float)scale,
                     .offset = (float)offset,
                     .fits = (scale == 0 || scale >= 0x1p-100) && scale <= 0x1p100 && (double)v->dim <= 0x1p99};
}

/* A bound on Σ a (1 + |log a|) / D: where a < 1, −a log a is at most 1/e. */
static double magnitude_of(double entropy, size_t dim)
{
    return 1.7358 + fabs(entropy) / (double)dim;
}

static double entropy_error(double entropy, size_t dim)
{
    return UHN_ENTROPY_ROUNDING * 0x1.001p-24 * magnitude_of(entropy, dim) + 0x1p-126;
}

/* Σ a log a as the kernel has it, once for each row. */
static double entropy_of(const uhn_plan *plan, const uhn_vector *v, row_map map)
{
    uhn_distribution known;
    if (v->distribution && uhn_distribution_known(v->distribution, &known))
        return known.entropy;
    known = (uhn_distribution){.scale = v->stat.scale,
                               .offset = v->stat.offset,
                               .entropy = plan->kernels->entropy(v->x, v->dim, map.scale, map.offset, NULL)};
    if (v->distribution)
        uhn_distribution_note(v->distribution, known);
    return known.entropy;
}

static double squares_of(const uhn_plan *plan, const uhn_vector *v)
{
    return v->squares ? *v->squares : plan->kernels->moments(v->x, v->dim).squares;
}

/* ---- Kullback–Leibler: rows as they lie, queries log b − c */

static const void *prepare_kl(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    const row_map map = map_of(v);
    if (v->is_query)
        return prepare_kl_query(plan, v, panel, terms);
    if (!map.fits) {
        *terms = (uhn_terms){.offset = (double)NAN};
        return v->x;
    }
    const double entropy = entropy_of(plan, v, map);
    *terms = (uhn_terms){.scale = v->stat.scale,
                         .offset = -entropy / (double)v->dim,
                         .magnitude = sqrt(squares_of(plan, v)),
                         .error = entropy_error(entropy, v->dim)};
    return v->x;
}

/* ---- Kullback–Leibler the other way round: rows log a, queries b − 1 */

static const void *prepare_reverse_kl(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    const double dim = (double)v->dim, float64 = uhn_float64_rounding(v->dim);
    if (v->is_query) {
        const query_sums sums = sum_query(plan, v, false, 1, panel);
        *terms = (uhn_terms){.scale = 1,
                             .offset = -sums.entropy / dim,
                             .magnitude = length_of(panel, v->dim),
                             .error = sums.error / dim};
        return panel;
    }
    const row_map map = map_of(v);
    float low = INFINITY, high = 0;
    plan->kernels->range(v->x, v->dim, &low, &high);
    if (!map.fits || !((double)low * (double)map.scale + (double)map.offset >= 0x1p-99))
        return unknown(v, panel, terms);
    const uhn_moments moments = plan->kernels->logarithms(v->x, v->dim, map.scale, map.offset, panel);
    *terms = (uhn_terms){.scale = 1 / dim,
                         .offset = moments.sum / dim,
                         .magnitude = sqrt(moments.squares),
                         .error = UHN_LOGARITHM_ROUNDING * 0x1.001p-24 * (1 + moments.absolute / dim) + 300 * float64};
    return panel;
}

/* ---- Jensen–Shannon: a and b */

static const void *prepare_jensen_shannon(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    const double dim = (double)v->dim;
    double entropy, error;
    if (v->is_query) {
        const query_sums sums = sum_query(plan, v, false, 0, panel);
        entropy = sums.entropy;
        error = sums.error / dim;
    } else {
        const row_map map = map_of(v);
        if (!map.fits)
            return unknown(v, panel, terms);
        entropy = plan->kernels->entropy(v->x, v->dim, map.scale, map.offset, panel);
        error = entropy_error(entropy, v->dim);
    }
    *terms = (uhn_terms){.scale = v->is_query ? 1 : 1 / dim,
                         .offset = -0.5 * entropy / dim,
                         .magnitude = 0.5 * dim * magnitude_of(entropy, v->dim),
                         .error = 0.5 * error};
    return panel;
}

/* ---- the forms */

static size_t float_each(size_t dim)
{
    return dim * sizeof(float);
}

const uhn_estimate uhn_estimate_kl_split = {.pass = UHN_PASS_SPLIT_MULTIPLY,
                                            .gain = 1,
                                            .product = true,
                                            .distributions = true,
                                            .needs_floats = true,
                                            .roundings = 2,
                                            .applies = uhn_estimate_splits,
                                            .panel_bytes = uhn_split_bytes,
                                            .prepare = prepare_kl};
const uhn_estimate uhn_estimate_kl = {.pass = UHN_PASS_MULTIPLY,
                                      .gain = 1,
                                      .product = true,
                                      .distributions = true,
                                      .needs_floats = true,
                                      .rows_lie = true,
                                      .roundings = 2,
                                      .panel_bytes = float_each,
                                      .prepare = prepare_kl};
const uhn_estimate uhn_estimate_reverse_kl_split = {.pass = UHN_PASS_SPLIT_MULTIPLY,
                                                    .gain = 1,
                                                    .product = true,
                                                    .needs_floats = true,
                                                    .roundings = UHN_LOGARITHM_ROUNDING + 2,
                                                    .applies = uhn_estimate_splits,
                                                    .panel_bytes = uhn_split_bytes,
                                                    .prepare = prepare_reverse_kl};
const uhn_estimate uhn_estimate_reverse_kl = {.pass = UHN_PASS_MULTIPLY,
                                              .gain = 1,
                                              .product = true,
                                              .needs_floats = true,
                                              .roundings = UHN_LOGARITHM_ROUNDING + 2,
                                              .panel_bytes = float_each,
                                              .prepare = prepare_reverse_kl};
const uhn_estimate uhn_estimate_jensen_shannon = {.pass = UHN_PASS_MEAN_LOGARITHM,
                                                  .gain = 1,
                                                  .needs_floats = true,
                                                  .roundings = 5,
                                                  .panel_bytes = float_each,
                                                  .prepare = prepare_jensen_shannon};
