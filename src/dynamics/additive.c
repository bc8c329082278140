/* SPDX-License-Identifier: MIT
 * The similarities of the flow, with their slopes. */
#include "dynamics/system.h"

#include <math.h>

static double score_dot(const float *row, const double *g, size_t dim, const void *context, double *magnitude)
{
    (void)context;
    double sum = 0, absolute = 0;
    for (size_t i = 0; i < dim; i++) {
        const double term = (double)row[i] * g[i];
        sum += term;
        absolute += fabs(term);
    }
    *magnitude = absolute;
    return sum;
}

static void pull_dot(double weight, const float *row, const double *g, size_t dim, const void *context,
                     double *gradient)
{
    (void)g, (void)context;
    for (size_t i = 0; i < dim; i++)
        gradient[i] += weight * (double)row[i];
}

static double score_square(const float *row, const double *g, size_t dim, const void *context, double *magnitude)
{
    (void)context;
    double sum = 0, slope = 0; /* |x − g| |g|: what the rounding of g moves, all that is left near a memory */
    for (size_t i = 0; i < dim; i++) {
        const double difference = (double)row[i] - g[i];
        sum += difference * difference;
        slope += fabs(difference * g[i]);
    }
    *magnitude = sum / 2 + slope;
    return -sum / 2;
}

static void pull_square(double weight, const float *row, const double *g, size_t dim, const void *context,
                        double *gradient)
{
    (void)context;
    for (size_t i = 0; i < dim; i++)
        gradient[i] += weight * ((double)row[i] - g[i]);
}

static double score_absolute(const float *row, const double *g, size_t dim, const void *context, double *magnitude)
{
    (void)context;
    double sum = 0;
    for (size_t i = 0; i < dim; i++)
        sum += fabs((double)row[i] - g[i]);
    *magnitude = sum;
    return -sum;
}

static void pull_absolute(double weight, const float *row, const double *g, size_t dim, const void *context,
                          double *gradient)
{
    (void)context;
    for (size_t i = 0; i < dim; i++)
        gradient[i] += weight * (((double)row[i] > g[i]) - ((double)row[i] < g[i]));
}

static const uhn_additive additives[] = {
    {.name = "dot",
     .summary = "dot product, Σ x g",
     .leaks = true,
     .score = score_dot,
     .pull = pull_dot,
     .settling = &uhn_settling_linear},
    {.name = "sqeuclidean",
     .summary = "half the squared Euclidean distance, −½ Σ (x − g)²",
     .score = score_square,
     .pull = pull_square,
     .settling = &uhn_settling_square},
    {.name = "manhattan",
     .summary = "Manhattan distance, −Σ |x − g|",
     .score = score_absolute,
     .pull = pull_absolute,
     .settling = &uhn_settling_absolute},
};

const uhn_additive *uhn_additive_at(size_t index)
{
    return index < sizeof additives / sizeof *additives ? &additives[index] : NULL;
}
