/* SPDX-License-Identifier: MIT
 * The corruptions of the paper's protocol. Every random number is found by (seed, row, pixel), so the damage to a row
 * does not depend on which rows come before it, on threads, or on how the channels are laid out. */
#include "base/random.h"
#include "data/dataset.h"

#include <math.h>
#include <string.h>

/* How to walk over a row: `pixels` places of `channels` numbers each. Data that are not images count as one column of
 * D pixels. */
typedef struct layout {
    size_t height, width, channels;
    size_t pixel_step, channel_step;
} layout;

static layout layout_of(const uhn_geometry *geometry, size_t dim)
{
    if (!geometry || geometry->height == 0)
        return (layout){.height = dim, .width = 1, .channels = 1, .pixel_step = 1, .channel_step = dim};
    size_t pixels = geometry->height * geometry->width;
    return (layout){
        .height = geometry->height,
        .width = geometry->width,
        .channels = geometry->channels,
        .pixel_step = geometry->interleaved ? geometry->channels : 1,
        .channel_step = geometry->interleaved ? 1 : pixels,
    };
}

static void clear_pixel(const layout *image, size_t pixel, float *row)
{
    for (size_t channel = 0; channel < image->channels; channel++)
        row[pixel * image->pixel_step + channel * image->channel_step] = 0.0f;
}

static void clear_rectangle(const layout *image, size_t top, size_t bottom, size_t left, size_t right, float *row)
{
    for (size_t y = top; y < bottom; y++)
        for (size_t x = left; x < right; x++)
            clear_pixel(image, y * image->width + x, row);
}

/* x ← clamp(|x + N(0, σ²)|, 0, 1) */
static void apply_noise(double level, uint64_t seed, const uhn_geometry *geometry, size_t index, size_t dim, float *row)
{
    layout image = layout_of(geometry, dim);
    size_t pixels = image.height * image.width;
    for (size_t channel = 0; channel < image.channels; channel++)
        for (size_t pixel = 0; pixel < pixels; pixel++) {
            uint32_t place = (uint32_t)(channel * pixels + pixel);
            float *x = &row[pixel * image.pixel_step + channel * image.channel_step];
            double noisy = fabs(*x + level * uhn_random_normal(seed, UHN_STREAM_CORRUPTION, index, place));
            *x = noisy > 1.0 ? 1.0f : (float)noisy; /* a NaN stays one */
        }
}

/* Image rows int(H(1 − f)) … H − 1 are zeroed in all channels. */
static void apply_mask(double level, uint64_t seed, const uhn_geometry *geometry, size_t index, size_t dim, float *row)
{
    (void)seed, (void)index;
    layout image = layout_of(geometry, dim);
    size_t first = (size_t)((double)image.height * (1.0 - level));
    clear_rectangle(&image, first, image.height, 0, image.width, row);
}

/* A pixel is zeroed in all channels when U ≤ p. The word is one that noise does not use: a row that gets both from
 * one seed must not lose just the pixels that got much noise. */
static void apply_random_mask(double level, uint64_t seed, const uhn_geometry *geometry, size_t index, size_t dim,
                              float *row)
{
    layout image = layout_of(geometry, dim);
    for (size_t pixel = 0; pixel < image.height * image.width; pixel++) {
        uint32_t words[4];
        uhn_random_words(seed, UHN_STREAM_CORRUPTION, index, (uint32_t)pixel, words);
        double uniform = (words[2] + 0.5) * 0x1p-32;
        if (uniform <= level)
            clear_pixel(&image, pixel, row);
    }
}

/* A frame of k = int(H·f // 2) pixels on every side is zeroed in all channels. A single column of numbers has no left
 * and right side: it loses its two ends. */
static void apply_inpaint(double level, uint64_t seed, const uhn_geometry *geometry, size_t index, size_t dim,
                          float *row)
{
    (void)seed, (void)index;
    layout image = layout_of(geometry, dim);
    size_t frame = (size_t)floor((double)image.height * level / 2.0);
    size_t side = image.width == 1 ? 0 : frame;
    if (2 * frame >= image.height || 2 * side >= image.width) {
        clear_rectangle(&image, 0, image.height, 0, image.width, row);
        return;
    }
    size_t bottom = image.height - frame;
    clear_rectangle(&image, 0, frame, 0, image.width, row);
    clear_rectangle(&image, bottom, image.height, 0, image.width, row);
    clear_rectangle(&image, frame, bottom, 0, side, row);
    clear_rectangle(&image, frame, bottom, image.width - side, image.width, row);
}

static const uhn_corruption table[] = {
    {"noise", "Gaussian noise of standard deviation sigma, folded and clamped: min(|x + N(0, sigma^2)|, 1)", 0.0,
     HUGE_VAL, apply_noise},
    {"mask", "zeroes the bottom fraction of the image's rows", 0.0, 1.0, apply_mask},
    {"random-mask", "zeroes each pixel, all its channels together, with this probability", 0.0, 1.0, apply_random_mask},
    {"inpaint", "zeroes a frame of half this fraction of the height on every side", 0.0, 1.0, apply_inpaint},
};

const uhn_corruption *uhn_corruption_at(size_t index)
{
    return index < sizeof table / sizeof table[0] ? &table[index] : NULL;
}

const uhn_corruption *uhn_find_corruption(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}
