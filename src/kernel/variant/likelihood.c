/* SPDX-License-Identifier: MIT
 * The exact passes of likelihoods: how probable a query is if it is a damaged x. Nothing is fused, so that they are the
 * same in every variant. */
#include "kernel/variant/exponential.h"
#include "kernel/variant/lanes.h"
#include "kernel/variant/log_doubles.h"

#include <string.h>

/* ---- folded and clamped Gaussian noise */

/* g(u) = exp(u²/2) Q(u), Q being the upper tail of the normal distribution, for u ≥ 0: where Q has long underflowed,
 * g is about 1/(u √(2π)). (u + 4) g(u) is smooth in t = (u − 4) / (u + 4), which is in −1 … 1; its Chebyshev series,
 * here as a polynomial, is cut off after t^23, at less than 2^-55. The relative error is below 2^-49. */
ALWAYS_INLINE doubles scaled_tail(doubles u)
{
    static const double terms[] = {
        0x1.82b4bb8c94dcdp-1,  -0x1.373e3a893c28cp-1,  0x1.8c6dbf2cfc388p-2,   -0x1.7dff2bff68080p-3,
        0x1.eec4cc3e39776p-5,  -0x1.ee2761054501fp-8,  -0x1.c81719be71757p-9,  0x1.ab825feed60c0p-10,
        0x1.17a4a08efb4f6p-13, -0x1.e4a43156c4564p-13, -0x1.000b3fd28b8a4p-19, 0x1.26d18d992c1ccp-15,
        0x1.7fa62c0d145c8p-21, -0x1.8d6480ccf6ccap-18, -0x1.4f852d0cd4c1ep-21, 0x1.1316b229f3154p-20,
        0x1.1c4173fea8cfep-22, -0x1.571caa0900ce5p-23, -0x1.525f7cf095528p-24, 0x1.3292d28468146p-26,
        0x1.14091d7a7c750p-26, -0x1.42e7f2a5e9142p-31, -0x1.d02cb8b1aece5p-30, -0x1.07d58223a74e6p-33,
    };
    const doubles per = 1 / (u + 4), t = (u - 4) * per, t2 = t * t, t4 = t2 * t2;
    doubles sum = {0};
    UNROLLED
    for (int i = 20; i >= 0; i -= 4) /* four terms at a time wait less than one */
        sum = ((terms[i] + t * terms[i + 1]) + t2 * (terms[i + 2] + t * terms[i + 3])) + t4 * sum;
    return sum * per;
}

ALWAYS_INLINE void folded_gaussian(doubles *sums, doubles x, doubles q, truths inside, const double *constants)
{
    const doubles one = all_doubles(1);
    const doubles distance = (q - x) * constants[0];
    const doubles mirrored = exponential((x * q) * constants[1]);
    const truths clamped = equal(q, one);
    doubles a = one, b = one;
    if (any(clamped)) {
        a = choose(clamped, scaled_tail((1 - x) * constants[0]), one);
        b = choose(clamped, scaled_tail((1 + x) * constants[0]), one);
    }
    sums[0] += where(inside, logarithm(a + b * mirrored) - 0.5 * (distance * distance));
}

double UHN_VARIANT(uhn_folded_gaussian)(const float *x, const float *q, size_t dim, double per_sigma)
{
    const double constants[] = {per_sigma, -2 * (per_sigma * per_sigma)};
    return sum_over_pairs(folded_gaussian, x, q, dim, constants);
}

ALWAYS_INLINE doubles folded_tail(doubles x, double per_sigma)
{
    const doubles mirrored = exponential(x * (-2 * (per_sigma * per_sigma)));
    const doubles near = scaled_tail((1 - x) * per_sigma), far = scaled_tail((1 + x) * per_sigma);
    return logarithm((near + far * mirrored) / (1 + mirrored));
}

void UHN_VARIANT(uhn_folded_tails)(const float *x, size_t dim, double per_sigma, float *to)
{
    double tails[DOUBLES];
    size_t i = 0;
    for (; i + DOUBLES <= dim; i += DOUBLES) {
        store_doubles(tails, folded_tail(load_widened(x + i), per_sigma));
        for (size_t l = 0; l < DOUBLES; l++)
            to[i + l] = (float)tails[l];
    }
    if (i < dim) {
        float rest[DOUBLES] = {0};
        memcpy(rest, x + i, (dim - i) * sizeof *x);
        store_doubles(tails, folded_tail(load_widened(rest), per_sigma));
        for (size_t l = 0; i + l < dim; l++)
            to[i + l] = (float)tails[l];
    }
}

/* ---- masked pixels */

enum { PIXELS = 64 };

/* All ones where it holds for all channels so far. */
typedef struct pixel_flags {
    int32_t x_zero[PIXELS], q_zero[PIXELS], equal[PIXELS];
} pixel_flags;

ALWAYS_INLINE void look_at(const float *x, const float *q, size_t count, size_t step, pixel_flags *at)
{
    for (size_t i = 0; i < count; i++) {
        at->x_zero[i] &= -(x[i * step] == 0);
        at->q_zero[i] &= -(q[i * step] == 0);
        at->equal[i] &= -(x[i * step] == q[i * step]);
    }
}

uhn_mask_counts UHN_VARIANT(uhn_masked_pixels)(const float *x, const float *q, size_t pixels, size_t channels,
                                               size_t pixel_step, size_t channel_step)
{
    uhn_mask_counts counts = {0};
    for (size_t first = 0; first < pixels; first += PIXELS) {
        const size_t count = pixels - first < PIXELS ? pixels - first : PIXELS;
        int32_t masked = 0, kept = 0, neither = 0;
        pixel_flags at;
        memset(&at, 0xff, sizeof at);
        for (size_t c = 0; c < channels; c++) {
            const size_t offset = first * pixel_step + c * channel_step;
            if (pixel_step == 1)
                look_at(x + offset, q + offset, count, 1, &at);
            else
                look_at(x + offset, q + offset, count, pixel_step, &at);
        }
        for (size_t i = 0; i < count; i++) {
            masked -= at.q_zero[i] & ~at.x_zero[i];
            kept -= at.equal[i] & ~at.q_zero[i];
            neither -= ~(at.equal[i] | at.q_zero[i]);
        }
        counts.masked += (size_t)masked;
        counts.kept += (size_t)kept;
        counts.neither += (size_t)neither;
    }
    return counts;
}
