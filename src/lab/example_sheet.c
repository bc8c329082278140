/* SPDX-License-Identifier: MIT */
#include "lab/example_sheet.h"

#include "base/allocate.h"
#include "base/status.h"
#include "data/font.h"
#include "data/write_png.h"

#include <stdio.h>
#include <string.h>

enum {
    GUTTER = 8,       /* pixels between images, and room for the frame of a wrong one */
    FRAME = 3,        /* its width */
    APART = 14,       /* more of it between what belongs to one image and to the next */
    WIDTH = 2200,     /* images stand side by side as far as they fit into this */
    IMAGE_SIDE = 84,  /* small images are scaled up to at least this, by a whole factor */
    LETTER_SCALE = 2, /* of the bitmap font */
    CHANNELS = 3,
    LABEL = 32, /* characters of a label of a level */
};

static const uint8_t paper[CHANNELS] = {255, 255, 255}, ink[CHANNELS] = {40, 40, 40}, wrong[CHANNELS] = {213, 94, 0};

/* Where everything goes. */
typedef struct sheet {
    const uhn_examples *examples;
    uhn_canvas canvas;
    size_t scale, cell_width, cell_height; /* of an image, with the gutter */
    size_t left, top;                      /* of the first image: behind row names, below column names */
    size_t rows;                           /* for each image: cues, and one for each series */
    size_t across, lines;                  /* images side by side, and one below the other */
} sheet;

static size_t text_width(const char *text)
{
    return uhn_font_width(text, strlen(text)) * LETTER_SCALE;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void name_level(const uhn_examples *examples, size_t level, char label[LABEL])
{
    snprintf(label, LABEL, "%g", examples->levels[level]);
}

/* What belongs to one image. */
static size_t block_width(const sheet *own)
{
    return own->cell_width * (1 + own->examples->level_count) + APART;
}

static size_t block_height(const sheet *own)
{
    return own->cell_height * own->rows + APART;
}

/* As many images side by side as fit, evenly over the lines that they take. */
static void plan_blocks(sheet *own)
{
    const size_t images = own->examples->image_count;
    size_t across = own->left < WIDTH ? larger(1, (WIDTH - own->left) / block_width(own)) : 1;
    own->lines = (images + across - 1) / across;
    own->across = (images + own->lines - 1) / own->lines;
    own->canvas.width = own->left + block_width(own) * own->across;
    own->canvas.height = own->top + block_height(own) * own->lines;
}

static void plan(sheet *own)
{
    const uhn_examples *examples = own->examples;
    const uhn_geometry *geometry = &examples->geometry;
    own->scale = larger(1, (IMAGE_SIDE + geometry->height - 1) / geometry->height);
    own->cell_width = geometry->width * own->scale;
    char label[LABEL];
    own->cell_width = larger(own->cell_width, text_width("original"));
    for (size_t k = 0; k < examples->level_count; k++) {
        name_level(examples, k, label);
        own->cell_width = larger(own->cell_width, text_width(label));
    }
    own->cell_width += GUTTER;
    own->cell_height = geometry->height * own->scale + GUTTER;
    own->rows = 1 + examples->series_count;
    own->left = text_width("cue");
    for (size_t s = 0; s < examples->series_count; s++)
        own->left = larger(own->left, text_width(examples->series[s]));
    own->left = larger(own->left, text_width(examples->corruption)) + 3 * (size_t)GUTTER;
    own->top = UHN_FONT_HEIGHT * LETTER_SCALE + 2 * (size_t)GUTTER;
    own->canvas.channels = CHANNELS;
    plan_blocks(own);
}

static void paint(uhn_canvas *canvas, size_t x, size_t y, size_t width, size_t height, const uint8_t colour[CHANNELS])
{
    for (size_t row = y; row < y + height; row++)
        for (size_t column = x; column < x + width; column++)
            memcpy(canvas->bytes + (row * canvas->width + column) * CHANNELS, colour, CHANNELS);
}

static void write_text(uhn_canvas *canvas, size_t left, size_t top, const char *text)
{
    for (; *text; text++) {
        size_t advance = uhn_font_advance(*text);
        for (size_t y = 0; y < UHN_FONT_HEIGHT; y++)
            for (size_t x = 0; x < advance; x++)
                if (uhn_font_ink(*text, x, y))
                    paint(canvas, left + x * LETTER_SCALE, top + y * LETTER_SCALE, LETTER_SCALE, LETTER_SCALE, ink);
        left += (advance + UHN_FONT_GAP) * LETTER_SCALE;
    }
}

static uint8_t to_byte(float value)
{
    return value <= 0.0f ? 0 : value >= 1.0f ? 255 : (uint8_t)(value * 255.0f + 0.5f);
}

/* The colour of one pixel; paper where it is not a number. */
static void colour_of(const uhn_geometry *geometry, const float *image, size_t pixel, uint8_t colour[CHANNELS])
{
    for (size_t c = 0; c < CHANNELS; c++) {
        size_t channel = geometry->channels == 1 ? 0 : c;
        size_t at = geometry->interleaved ? pixel * geometry->channels + channel
                                          : channel * geometry->height * geometry->width + pixel;
        if (image[at] != image[at]) {
            memcpy(colour, paper, CHANNELS);
            return;
        }
        colour[c] = to_byte(image[at]);
    }
}

/* Row `row` of image `index`; column 0 is for originals. */
static void draw_image(sheet *own, size_t index, size_t row, size_t column, const float *image, bool is_wrong)
{
    const uhn_geometry *geometry = &own->examples->geometry;
    const size_t width = geometry->width * own->scale, height = geometry->height * own->scale;
    size_t x = own->left + index % own->across * block_width(own) + column * own->cell_width +
               (own->cell_width - GUTTER - width) / 2;
    size_t y = own->top + index / own->across * block_height(own) + row * own->cell_height;
    if (is_wrong)
        paint(&own->canvas, x - FRAME, y - FRAME, width + 2 * FRAME, height + 2 * FRAME, wrong);
    for (size_t pixel = 0; pixel < geometry->height * geometry->width; pixel++) {
        uint8_t colour[CHANNELS];
        colour_of(geometry, image, pixel, colour);
        paint(&own->canvas, x + pixel % geometry->width * own->scale, y + pixel / geometry->width * own->scale,
              own->scale, own->scale, colour);
    }
}

static void draw_names(sheet *own)
{
    const uhn_examples *examples = own->examples;
    char label[LABEL] = "original";
    write_text(&own->canvas, own->left - 2 * (size_t)GUTTER - text_width(examples->corruption), GUTTER,
               examples->corruption);
    for (size_t column = 0; column <= examples->level_count; column++) {
        if (column > 0)
            name_level(examples, column - 1, label);
        size_t x = own->left + column * own->cell_width + (own->cell_width - GUTTER - text_width(label)) / 2;
        for (size_t i = 0; i < own->across; i++)
            write_text(&own->canvas, x + i * block_width(own), GUTTER, label);
    }
    const size_t middle = (own->cell_height - GUTTER - UHN_FONT_HEIGHT * (size_t)LETTER_SCALE) / 2;
    for (size_t i = 0; i < own->lines; i++)
        for (size_t row = 0; row < own->rows; row++) {
            const char *name = row ? examples->series[row - 1] : "cue";
            write_text(&own->canvas, own->left - 2 * (size_t)GUTTER - text_width(name),
                       own->top + i * block_height(own) + row * own->cell_height + middle, name);
        }
}

static void draw(sheet *own)
{
    const uhn_examples *examples = own->examples;
    const size_t images = examples->image_count, levels = examples->level_count, dim = examples->dim;
    paint(&own->canvas, 0, 0, own->canvas.width, own->canvas.height, paper);
    draw_names(own);
    for (size_t i = 0; i < images; i++) {
        draw_image(own, i, 0, 0, examples->originals + i * dim, false);
        for (size_t k = 0; k < levels; k++) {
            draw_image(own, i, 0, 1 + k, examples->cues + (k * images + i) * dim, false);
            for (size_t s = 0; s < examples->series_count; s++) {
                size_t at = (s * levels + k) * images + i;
                draw_image(own, i, 1 + s, 1 + k, examples->recalled + at * dim, !examples->identified[at]);
            }
        }
    }
}

static bool are_images(const uhn_examples *examples)
{
    const uhn_geometry *geometry = &examples->geometry;
    return (geometry->channels == 1 || geometry->channels == 3) && geometry->height > 0 && geometry->width > 0 &&
           geometry->height <= UHN_CANVAS_SIDE_MAX && geometry->width <= UHN_CANVAS_SIDE_MAX &&
           geometry->height * geometry->width * geometry->channels == examples->dim;
}

uhn_status uhn_draw_examples(const uhn_examples *examples, const char *path)
{
    sheet own = {.examples = examples};
    if (!are_images(examples))
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the rows are not images, so they cannot be shown", path);
    if (examples->image_count == 0 || examples->level_count == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: there are no examples to show", path);
    plan(&own);
    if (own.canvas.width > UHN_CANVAS_SIDE_MAX || own.canvas.height > UHN_CANVAS_SIDE_MAX ||
        own.canvas.width * own.canvas.height > UHN_CANVAS_PIXELS_MAX)
        return uhn_fail(UHN_ERROR_RANGE,
                        "%s: %zu images at %zu levels are too much for one PNG: at most %d pixels a side", path,
                        examples->image_count, examples->level_count, (int)UHN_CANVAS_SIDE_MAX);
    own.canvas.bytes = uhn_allocate(own.canvas.width * own.canvas.height, CHANNELS);
    if (!own.canvas.bytes)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "out of memory while drawing %s", path);
    draw(&own);
    uhn_status status = uhn_write_png(path, &own.canvas);
    uhn_release(own.canvas.bytes);
    return status;
}

void uhn_describe_examples(const uhn_examples *examples, uhn_text *caption)
{
    const size_t answers = examples->level_count * examples->image_count;
    uhn_text_add(
        caption,
        "Columns: %s. For each of %zu images, the cue, then what is recalled from N = %zu stored images; a red "
        "frame marks an answer that is not the image asked for, a blank a missing one. Right answers of %zu:",
        examples->level_name, examples->image_count, examples->stored, answers);
    for (size_t s = 0; s < examples->series_count; s++) {
        size_t right = 0;
        for (size_t i = 0; i < answers; i++)
            right += examples->identified[s * answers + i];
        uhn_text_add(caption, "%s `%s` %zu", s ? "," : "", examples->series[s], right);
    }
    uhn_text_add(caption, ".");
}
