/* SPDX-License-Identifier: MIT
 * Similarities that are the likelihood of a known corruption, log p(query | memory) up to what depends on the query
 * alone: if all memories are equally likely, no recall identifies the memory of a query more often
 * (docs/mathematics.md, section 2). */
#include "base/status.h"
#include "core/estimate.h"
#include "core/similarity.h"
#include "kernel/kernel.h"

#include <math.h>

static uhn_query_status check_range(const float *x, size_t dim, bool is_query, const double *parameters,
                                    const void *context, float *prepared, uhn_vector_stat *stat)
{
    (void)is_query, (void)parameters, (void)context, (void)prepared, (void)stat;
    float low = 0, high = 1;
    uhn_kernels_in_use()->range(x, dim, &low, &high);
    return low < 0 || high > 1 ? UHN_QUERY_DOMAIN : UHN_QUERY_OK;
}

/* ---- Gaussian noise, folded and clamped */

static double folded_gaussian(const float *row, const float *query, size_t dim, const uhn_vector_stat *row_stat,
                              const uhn_vector_stat *query_stat, const double *parameters, const void *context)
{
    (void)row_stat, (void)query_stat, (void)context;
    return uhn_kernels_in_use()->folded_gaussian(row, query, dim, 1 / parameters[0]);
}

static const uhn_parameter sigma = {
    .key = "sigma", .summary = "standard deviation of the noise", .minimum = 1e-100, .maximum = 1e100, .initial = 0.5};

const uhn_similarity uhn_similarity_likelihood_gaussian = {
    .name = "likelihood-gaussian",
    .summary = "log p(q | x) if q = min(|x + N(0, sigma²)|, 1)",
    .parameters = &sigma,
    .parameter_count = 1,
    .step = UHN_STEP_PAIR,
    .prepare = check_range,
    .domain = "entries outside 0 to 1",
    .pair = folded_gaussian,
    .estimates = uhn_estimates_likelihood_gaussian,
};

/* ---- a random mask over whole pixels */

enum { FRACTION, CHANNELS, INTERLEAVED }; /* parameters */

/* In place of −∞: what cannot be, and the log of a probability of 0 (p = 0 or 1), which is still more likely. Nothing
 * that is possible comes near: log p is above −745. */
static const double never = -1e6, hardly = -1e4;

static uhn_status check_channels(const uhn_memory *memory, const uhn_options *options, void **context)
{
    (void)context;
    const size_t dim = uhn_memory_dim(memory);
    const double channels = options->similarity_parameters[CHANNELS];
    if (channels > (double)dim || dim % (size_t)channels != 0)
        return uhn_fail(UHN_ERROR_SHAPE, "likelihood-mask: memories of %zu numbers are not pixels of %g channels", dim,
                        channels);
    return UHN_OK;
}

/* Where the numbers of a pixel are, among `dim` numbers of whole pixels. */
typedef struct pixel_layout {
    size_t pixels, channels, pixel_step, channel_step;
} pixel_layout;

static pixel_layout layout_of(size_t dim, const double *parameters)
{
    const size_t channels = (size_t)parameters[CHANNELS], pixels = dim / channels;
    const bool interleaved = parameters[INTERLEAVED] > 0;
    return (pixel_layout){.pixels = pixels,
                          .channels = channels,
                          .pixel_step = interleaved ? channels : 1,
                          .channel_step = interleaved ? 1 : pixels};
}

/* Without parts of pixels, what is observed has the layout of the whole. */
static bool takes_whole_pixels(const uint8_t *observed, size_t dim, const double *parameters)
{
    const pixel_layout at = layout_of(dim, parameters);
    for (size_t i = 0; i < at.pixels; i++)
        for (size_t c = 1; c < at.channels; c++)
            if (!observed[i * at.pixel_step + c * at.channel_step] != !observed[i * at.pixel_step])
                return false;
    return true;
}

static double masked(const float *row, const float *query, size_t dim, const uhn_vector_stat *row_stat,
                     const uhn_vector_stat *query_stat, const double *parameters, const void *context)
{
    (void)row_stat, (void)query_stat, (void)context;
    const pixel_layout at = layout_of(dim, parameters);
    const uhn_mask_counts counts =
        uhn_kernels_in_use()->masked_pixels(row, query, at.pixels, at.channels, at.pixel_step, at.channel_step);
    const double p = parameters[FRACTION];
    return (double)counts.masked * fmax(log(p), hardly) + (double)counts.kept * fmax(log1p(-p), hardly) +
           (double)counts.neither * never;
}

static const uhn_parameter mask_parameters[] = {
    [FRACTION] =
        {.key = "p", .summary = "probability that a pixel is masked", .minimum = 0, .maximum = 1, .initial = 0.5},
    [CHANNELS] = {.key = "channels",
                  .summary = "numbers of a pixel, which are masked together",
                  .minimum = 1,
                  .maximum = 1e9,
                  .initial = 1,
                  .whole = true},
    [INTERLEAVED] = {.key = "interleaved",
                     .summary = "1: a pixel's channels are side by side; 0: planar, one channel after the other",
                     .minimum = 0,
                     .maximum = 1,
                     .initial = 0,
                     .whole = true},
};

const uhn_similarity uhn_similarity_likelihood_mask = {
    .name = "likelihood-mask",
    .summary = "log p(q | x) if q is x with each pixel set to 0 with probability p",
    .parameters = mask_parameters,
    .parameter_count = sizeof mask_parameters / sizeof *mask_parameters,
    .step = UHN_STEP_PAIR,
    .prepare = check_range,
    .domain = "entries outside 0 to 1",
    .pair = masked,
    .bind = check_channels,
    .takes_mask = takes_whole_pixels,
};
