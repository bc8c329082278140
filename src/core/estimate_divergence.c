/* SPDX-License-Identifier: MIT
 * Estimates of divergences. With a = D x~ and b = D q~, whose mean is 1 (x~ and q~ are the distributions), the
 * logarithms are small, and so are the errors:
 *
 *     KL(x~‖q~) = (1/D) (Σ a log a − Σ a log b)
 *     JS(x~, q~) = (1/D) (½ Σ a log a + ½ Σ b log b − Σ m log m),  m = (a + b) / 2 */
#include "core/estimate.h"

#include <math.h>

enum { PIECE = 256 };

/* What is known of a vector besides its panel. */
typedef struct sums {
    double entropy;   /* Σ a log a */
    double magnitude; /* Σ a (1 + |log a|) */
    double squares;   /* of the panel's entries */
} sums;

/* Writes the entries a, or log a, to the panel. */
static sums fill(const uhn_plan *plan, const uhn_vector *v, bool logarithms, float *panel)
{
    const double scale = v->stat.scale * (double)v->dim, offset = v->stat.offset * (double)v->dim;
    sums s = {0};
    for (size_t first = 0; first < v->dim; first += PIECE) {
        const size_t count = v->dim - first < PIECE ? v->dim - first : PIECE;
        double entry[PIECE], logarithm[PIECE];
        for (size_t i = 0; i < count; i++)
            logarithm[i] = entry[i] = (double)v->x[first + i] * scale + offset;
        plan->kernels->logarithm(logarithm, count);
        for (size_t i = 0; i < count; i++) {
            const double term = entry[i] > 0 ? entry[i] * logarithm[i] : 0;
            const double kept = logarithms ? logarithm[i] : entry[i];
            s.entropy += term;
            s.magnitude += entry[i] + fabs(term);
            s.squares += kept * kept;
            panel[first + i] = (float)kept;
        }
    }
    return s;
}

/* Of the entries a and log a, and of their sums. */
static double float64_error(const sums *s, double share, size_t dim)
{
    return share * s->magnitude * uhn_float64_rounding(dim);
}

/* Rows a, queries log b; or the other way round. */
static const void *prepare_product(const uhn_plan *plan, const uhn_vector *v, bool logarithms, void *panel,
                                   uhn_terms *terms)
{
    const sums s = fill(plan, v, logarithms, panel);
    const double share = 1 / (double)v->dim;
    *terms = (uhn_terms){.scale = logarithms ? 1 : share,
                         .offset = logarithms ? 0 : -share * s.entropy,
                         .magnitude = sqrt(s.squares),
                         .error = float64_error(&s, share, v->dim)};
    return panel;
}

static const void *prepare_kl(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    return prepare_product(plan, v, v->is_query, panel, terms);
}

static const void *prepare_reverse_kl(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    return prepare_product(plan, v, !v->is_query, panel, terms);
}

static const void *prepare_jensen_shannon(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    const sums s = fill(plan, v, false, panel);
    const double share = 1 / (double)v->dim;
    *terms = (uhn_terms){.scale = v->is_query ? 1 : share,
                         .offset = -0.5 * share * s.entropy,
                         .magnitude = s.magnitude,
                         .error = float64_error(&s, share, v->dim)};
    return panel;
}

static size_t float_each(size_t dim)
{
    return dim * sizeof(float);
}

/* Each entry of a panel is rounded once, and a logarithm is within an ulp before that. */
const uhn_estimate uhn_estimate_kl = {.pass = UHN_PASS_MULTIPLY,
                                      .gain = 1,
                                      .product = true,
                                      .needs_floats = true,
                                      .roundings = 3,
                                      .panel_bytes = float_each,
                                      .prepare = prepare_kl};
const uhn_estimate uhn_estimate_reverse_kl = {.pass = UHN_PASS_MULTIPLY,
                                              .gain = 1,
                                              .product = true,
                                              .needs_floats = true,
                                              .roundings = 3,
                                              .panel_bytes = float_each,
                                              .prepare = prepare_reverse_kl};
const uhn_estimate uhn_estimate_jensen_shannon = {.pass = UHN_PASS_MEAN_LOGARITHM,
                                                  .gain = 1,
                                                  .needs_floats = true,
                                                  .roundings = 3,
                                                  .panel_bytes = float_each,
                                                  .prepare = prepare_jensen_shannon};
