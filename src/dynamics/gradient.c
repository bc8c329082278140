/* SPDX-License-Identifier: MIT
 * Slopes of the recall's similarities with respect to the query. */
#include "base/allocate.h"
#include "base/status.h"
#include "core/plan.h"
#include "uhn/dynamics.h"

#include <math.h>
#include <string.h>

/* A row x and a query q of dim numbers, observed ones only. */
typedef struct pair {
    const float *x, *q;
    size_t dim;
    const double *parameters;
    double *gradient; /* [dim] */
} pair;

static double dot(const float *x, const float *y, size_t dim)
{
    double sum = 0;
    for (size_t i = 0; i < dim; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

static double sum_of(const float *x, size_t dim)
{
    double sum = 0;
    for (size_t i = 0; i < dim; i++)
        sum += (double)x[i];
    return sum;
}

static double difference(const pair *p, size_t i)
{
    return (double)p->x[i] - (double)p->q[i];
}

static double sign_of(double x)
{
    return (double)((x > 0) - (x < 0));
}

static double squared_distance(const pair *p)
{
    double sum = 0;
    for (size_t i = 0; i < p->dim; i++)
        sum += difference(p, i) * difference(p, i);
    return sum;
}

static double absolute_distance(const pair *p)
{
    double sum = 0;
    for (size_t i = 0; i < p->dim; i++)
        sum += fabs(difference(p, i));
    return sum;
}

static void along_difference(const pair *p, double factor)
{
    for (size_t i = 0; i < p->dim; i++)
        p->gradient[i] = factor * difference(p, i);
}

static void along_sign(const pair *p, double factor)
{
    for (size_t i = 0; i < p->dim; i++)
        p->gradient[i] = factor * sign_of(difference(p, i));
}

/* ---- one function for each similarity */

static void gradient_dot(const pair *p)
{
    for (size_t i = 0; i < p->dim; i++)
        p->gradient[i] = (double)p->x[i];
}

/* (x/|x| − s q/|q|)/|q| for x − x_mean and q − q_mean; a vector without direction has the score 0 everywhere near. */
static void angular(const pair *p, double x_mean, double q_mean)
{
    double xx = 0, qq = 0, xq = 0;
    for (size_t i = 0; i < p->dim; i++) {
        const double x = (double)p->x[i] - x_mean, q = (double)p->q[i] - q_mean;
        xx += x * x;
        qq += q * q;
        xq += x * q;
    }
    const double x_length = sqrt(xx), q_length = sqrt(qq);
    const bool flat = !(x_length > 0) || !(q_length > 0);
    for (size_t i = 0; i < p->dim; i++) {
        const double x = (double)p->x[i] - x_mean, q = (double)p->q[i] - q_mean;
        p->gradient[i] = flat ? 0 : (x / x_length - xq / (x_length * q_length) * (q / q_length)) / q_length;
    }
}

static void gradient_cosine(const pair *p)
{
    angular(p, 0, 0);
}

static void gradient_correlation(const pair *p)
{
    angular(p, sum_of(p->x, p->dim) / (double)p->dim, sum_of(p->q, p->dim) / (double)p->dim);
}

static void gradient_normalised_dot(const pair *p)
{
    const double x_sum = sum_of(p->x, p->dim), q_sum = sum_of(p->q, p->dim);
    const bool flat = x_sum == 0 || q_sum == 0;
    const double score = flat ? 0 : dot(p->x, p->q, p->dim) / (x_sum * q_sum);
    for (size_t i = 0; i < p->dim; i++)
        p->gradient[i] = flat ? 0 : ((double)p->x[i] / x_sum - score) / q_sum;
}

static void gradient_sqeuclidean(const pair *p)
{
    along_difference(p, 2);
}

static void gradient_euclidean(const pair *p)
{
    const double distance = sqrt(squared_distance(p));
    along_difference(p, distance > 0 ? 1 / distance : 0);
}

static void gradient_inverse_sqeuclidean(const pair *p)
{
    const double score = 1 / (squared_distance(p) + p->parameters[0]);
    along_difference(p, 2 * score * score);
}

static void gradient_manhattan(const pair *p)
{
    along_sign(p, 1);
}

static void gradient_inverse_manhattan(const pair *p)
{
    const double score = 1 / (absolute_distance(p) + p->parameters[0]);
    along_sign(p, score * score);
}

static size_t largest_difference(const pair *p)
{
    size_t at = 0;
    for (size_t i = 1; i < p->dim; i++)
        if (fabs(difference(p, i)) > fabs(difference(p, at)))
            at = i;
    return at;
}

static void gradient_chebyshev(const pair *p)
{
    const size_t at = largest_difference(p);
    memset(p->gradient, 0, p->dim * sizeof *p->gradient);
    p->gradient[at] = sign_of(difference(p, at));
}

/* sign(x − q) (|x − q|/d)^(n−1), relative to the largest difference. */
static void gradient_minkowski(const pair *p)
{
    const double order = p->parameters[0], largest = fabs(difference(p, largest_difference(p)));
    double sum = 0;
    if (order > 1e18) { /* as for the score */
        gradient_chebyshev(p);
        return;
    }
    for (size_t i = 0; i < p->dim && largest > 0; i++)
        sum += pow(fabs(difference(p, i)) / largest, order);
    const double distance = pow(sum, 1 / order);
    for (size_t i = 0; i < p->dim; i++) {
        const double part = largest > 0 ? fabs(difference(p, i)) / largest / distance : 0;
        p->gradient[i] = part > 0 ? sign_of(difference(p, i)) * pow(part, order - 1) : 0;
    }
}

static void gradient_rbf(const pair *p)
{
    along_difference(p, 2 * p->parameters[0] * exp(-p->parameters[0] * squared_distance(p)));
}

static void gradient_laplace(const pair *p)
{
    along_sign(p, p->parameters[0] * exp(-p->parameters[0] * absolute_distance(p)));
}

/* ---- divergences: functions of t = q/Σq; with a = ∂S/∂t the slope is (a − a·t)/Σq */

static double smoothed(const float *x, size_t i, double sum, double epsilon, size_t dim)
{
    const double share = sum > 0 ? (double)x[i] / sum : 1 / (double)dim;
    return sum > 0 ? (share + epsilon) / (1 + (double)dim * epsilon) : share;
}

typedef double divergence_slope(double x, double q, double total);

static double slope_kl(double x, double q, double total)
{
    return x / q / total;
}

static double slope_reverse_kl(double x, double q, double total)
{
    return -(log(q / x) + 1) / total;
}

static double slope_jensen_shannon(double x, double q, double total)
{
    return q > 0 ? -log(q / ((x + q) / 2)) / 2 / total : 0;
}

static void divergence(const pair *p, divergence_slope *slope)
{
    const double x_sum = sum_of(p->x, p->dim), q_sum = sum_of(p->q, p->dim), epsilon = p->parameters[0];
    const double total = 1 + (double)p->dim * epsilon;
    double along = 0;
    memset(p->gradient, 0, p->dim * sizeof *p->gradient);
    if (!(q_sum > 0)) /* stands for the uniform distribution, and has no direction */
        return;
    for (size_t i = 0; i < p->dim; i++) {
        p->gradient[i] =
            slope(smoothed(p->x, i, x_sum, epsilon, p->dim), smoothed(p->q, i, q_sum, epsilon, p->dim), total);
        along += p->gradient[i] * ((double)p->q[i] / q_sum);
    }
    for (size_t i = 0; i < p->dim; i++)
        p->gradient[i] = (p->gradient[i] - along) / q_sum;
}

static void gradient_kl(const pair *p)
{
    divergence(p, slope_kl);
}

static void gradient_reverse_kl(const pair *p)
{
    divergence(p, slope_reverse_kl);
}

static void gradient_jensen_shannon(const pair *p)
{
    divergence(p, slope_jensen_shannon);
}

/* ---- which */

static const struct gradient_row {
    const char *similarity;
    void (*gradient)(const pair *p);
} rows[] = {
    {"dot", gradient_dot},
    {"cosine", gradient_cosine},
    {"normalised-dot", gradient_normalised_dot},
    {"correlation", gradient_correlation},
    {"sqeuclidean", gradient_sqeuclidean},
    {"euclidean", gradient_euclidean},
    {"inverse-sqeuclidean", gradient_inverse_sqeuclidean},
    {"manhattan", gradient_manhattan},
    {"inverse-manhattan", gradient_inverse_manhattan},
    {"chebyshev", gradient_chebyshev},
    {"minkowski", gradient_minkowski},
    {"kl", gradient_kl},
    {"reverse-kl", gradient_reverse_kl},
    {"jensen-shannon", gradient_jensen_shannon},
    {"rbf", gradient_rbf},
    {"laplace", gradient_laplace},
};

static const struct gradient_row *row_for(const uhn_similarity *similarity)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (similarity == uhn_find_similarity(rows[i].similarity))
            return &rows[i];
    return NULL;
}

/* Does the similarity take this vector? */
static uhn_status admit(const uhn_options *o, const char *what, const float *x, size_t dim, bool is_query, float *room)
{
    uhn_vector_stat stat = {0};
    if (o->similarity->prepare &&
        o->similarity->prepare(x, dim, is_query, o->similarity_parameters, NULL, room, &stat) == UHN_QUERY_DOMAIN)
        return uhn_fail(UHN_ERROR_DOMAIN, "the %s has %s, which '%s' does not take", what, o->similarity->domain,
                        o->similarity->name);
    return UHN_OK;
}

/* Keeps what is observed: how many. */
static size_t gather(const uhn_options *o, const float *from, size_t dim, float *to)
{
    size_t kept = 0;
    for (size_t i = 0; i < dim; i++)
        if (!o->observed || o->observed[i])
            to[kept++] = from[i];
    return kept;
}

static uhn_status compute(const uhn_memory *memory, size_t index, const float *query, const uhn_options *o,
                          const struct gradient_row *row, float *floats, double *gradient)
{
    const size_t dim = memory->dim;
    float *x = floats, *q = floats + dim, *room = floats + 2 * dim;
    uhn_status status = UHN_OK;
    const size_t kept = gather(o, uhn_memory_expand(memory, index, room), dim, x);
    gather(o, query, dim, q);
    for (size_t i = 0; i < kept; i++)
        if (!isfinite(q[i]))
            return uhn_fail(UHN_ERROR_NONFINITE, "the query has a NaN or an infinity");
    UHN_TRY(admit(o, "memory", x, kept, false, room));
    UHN_TRY(admit(o, "query", q, kept, true, room));
    const pair p = {.x = x, .q = q, .dim = kept, .parameters = o->similarity_parameters, .gradient = gradient};
    if (kept > 0)
        row->gradient(&p);
    for (size_t i = dim, from = kept; i-- > 0;) /* back to their places; what is not observed has no slope */
        gradient[i] = !o->observed || o->observed[i] ? gradient[--from] : 0;
leave:
    return status;
}

uhn_status uhn_score_gradient(const uhn_memory *memory, size_t index, const float *query, const uhn_options *options,
                              double *gradient)
{
    uhn_options defaults;
    uhn_options_default(&defaults);
    const uhn_options *o = options ? options : &defaults;
    uhn_status status = UHN_OK;
    float *floats = NULL;
    UHN_TRY(uhn_options_check(o));
    if (!memory || index >= memory->count || !query || !gradient)
        return uhn_fail(UHN_ERROR_ARGUMENT, "no memory %zu, no query, or no place for the gradient", index);
    const struct gradient_row *row = row_for(o->similarity);
    if (!row || o->compat_paper)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "the score of '%s' has no gradient here", o->similarity->name);
    floats = uhn_allocate(memory->dim, 3 * sizeof *floats);
    if (!floats)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for vectors of %zu numbers", memory->dim);
    status = uhn_memory_intact(memory, compute(memory, index, query, o, row, floats, gradient));
leave:
    uhn_release(floats);
    return status;
}
