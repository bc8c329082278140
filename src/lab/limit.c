/* SPDX-License-Identifier: MIT */
#include "lab/limit.h"

#include "base/allocate.h"
#include "base/status.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int uhn_digits(double value)
{
    char text[40];
    for (int digits = 1; digits < 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return digits;
    }
    return 17;
}

typedef uhn_status find_limit(const uhn_corruption *corruption, double level, const uhn_geometry *geometry, size_t dim,
                              uhn_limit *limit);

/* Without noise, as good as none: less than float32 can tell from 0. */
static const double least_sigma = 1e-9;

static uhn_status limit_of_noise(const uhn_corruption *corruption, double level, const uhn_geometry *geometry,
                                 size_t dim, uhn_limit *limit)
{
    (void)corruption, (void)geometry, (void)dim;
    const double sigma = fmax(level, least_sigma);
    snprintf(limit->similarity, sizeof limit->similarity, "likelihood-gaussian:sigma=%.*g", uhn_digits(sigma), sigma);
    return UHN_OK;
}

static uhn_status limit_of_pixels(const uhn_corruption *corruption, double level, const uhn_geometry *geometry,
                                  size_t dim, uhn_limit *limit)
{
    (void)corruption, (void)dim;
    const size_t channels = geometry && geometry->height ? geometry->channels : 1;
    const int used =
        snprintf(limit->similarity, sizeof limit->similarity, "likelihood-mask:p=%.*g", uhn_digits(level), level);
    if (channels > 1)
        snprintf(limit->similarity + used, sizeof limit->similarity - (size_t)used, ",channels=%zu%s", channels,
                 geometry->interleaved ? ",interleaved=1" : "");
    return UHN_OK;
}

/* What is lost is known, and what is left is as it was: there only equality counts. With nothing left, no memory is
 * more likely than another, and a query of zeros has the same dot product with all of them. */
static uhn_status limit_of_region(const uhn_corruption *corruption, double level, const uhn_geometry *geometry,
                                  size_t dim, uhn_limit *limit)
{
    float *row = uhn_allocate(dim, sizeof *row);
    bool some = false;
    limit->observed = uhn_allocate(dim, 1);
    if (row && limit->observed) {
        for (size_t i = 0; i < dim; i++)
            row[i] = 1;
        corruption->apply(level, 0, geometry, 0, dim, row);
        for (size_t i = 0; i < dim; i++)
            some |= limit->observed[i] = row[i] > 0;
    }
    const bool complete = row && limit->observed;
    uhn_release(row);
    if (!complete)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a mask of %zu coordinates", dim);
    snprintf(limit->similarity, sizeof limit->similarity, "%s", some ? "manhattan" : "dot");
    if (!some) {
        uhn_release(limit->observed);
        limit->observed = NULL;
    }
    return UHN_OK;
}

static const struct {
    const char *corruption;
    find_limit *find;
} laws[] = {
    {"noise", limit_of_noise},
    {"random-mask", limit_of_pixels},
    {"mask", limit_of_region},
    {"inpaint", limit_of_region},
};

uhn_status uhn_limit_find(const uhn_corruption *corruption, double level, const uhn_geometry *geometry, size_t dim,
                          uhn_limit *limit)
{
    *limit = (uhn_limit){0};
    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++)
        if (strcmp(corruption->name, laws[i].corruption) == 0) {
            limit->known = true;
            return laws[i].find(corruption, level, geometry, dim, limit);
        }
    return UHN_OK;
}

void uhn_limit_free(uhn_limit *limit)
{
    uhn_release(limit->observed);
    *limit = (uhn_limit){0};
}
