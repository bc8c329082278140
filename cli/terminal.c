/* SPDX-License-Identifier: MIT */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { GAP = 2, USUAL_WIDTH = 80, IMAGES_MAX = 64 };

typedef struct colour {
    int red, green, blue; /* 0 … 255 */
} colour;

/* How one character shows the pixel `upper` above the pixel `lower`. */
typedef void paint_pair(FILE *stream, colour upper, colour lower);

static void paint_true_colour(FILE *stream, colour upper, colour lower)
{
    fprintf(stream, "\033[38;2;%d;%d;%dm\033[48;2;%d;%d;%dm▀", upper.red, upper.green, upper.blue, lower.red,
            lower.green, lower.blue);
}

static int brightness(colour value)
{
    return (value.red + value.green + value.blue) / 3;
}

/* The palette of 256 has 24 grays from 232 on. */
static int palette_gray(colour value)
{
    return 232 + brightness(value) * 23 / 255;
}

static void paint_gray(FILE *stream, colour upper, colour lower)
{
    fprintf(stream, "\033[38;5;%dm\033[48;5;%dm▀", palette_gray(upper), palette_gray(lower));
}

static void paint_plain(FILE *stream, colour upper, colour lower)
{
    static const char *const blocks[2][2] = {{" ", "▄"}, {"▀", "█"}};
    fputs(blocks[brightness(upper) > 127][brightness(lower) > 127], stream);
}

/* As many colours as the terminal says it has, none where NO_COLOR asks for that. */
static paint_pair *choose_paint(void)
{
    const char *none = getenv("NO_COLOR"), *depth = getenv("COLORTERM"), *kind = getenv("TERM");
    if (none && *none)
        return paint_plain;
    if (depth && (strcmp(depth, "truecolor") == 0 || strcmp(depth, "24bit") == 0))
        return paint_true_colour;
    return kind && strstr(kind, "256color") ? paint_gray : paint_plain;
}

bool cli_is_terminal(FILE *stream)
{
    const char *kind = getenv("TERM");
    return isatty(fileno(stream)) && kind && strcmp(kind, "dumb") != 0;
}

static size_t terminal_width(FILE *stream)
{
    struct winsize size;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return USUAL_WIDTH;
    return size.ws_col;
}

static int channel_mean(const uhn_geometry *geometry, const float *image, size_t top, size_t left, size_t shrink,
                        size_t channel)
{
    size_t pixel_step = geometry->interleaved ? geometry->channels : 1;
    size_t start = geometry->interleaved ? channel : channel * geometry->height * geometry->width;
    double sum = 0.0;
    size_t count = 0;
    for (size_t y = top; y < top + shrink && y < geometry->height; y++)
        for (size_t x = left; x < left + shrink && x < geometry->width; x++, count++)
            sum += image[start + (y * geometry->width + x) * pixel_step];
    double mean = count ? sum / (double)count : 0.0;
    return mean > 0.0 ? (int)((mean < 1.0 ? mean : 1.0) * 255.0 + 0.5) : 0; /* black for what is no number, too */
}

/* The mean colour of a square of `shrink` × `shrink` pixels; black below the last line. */
static colour colour_at(const uhn_geometry *geometry, const float *image, size_t y, size_t x, size_t shrink)
{
    int value[3] = {0};
    for (size_t channel = 0; channel < 3; channel++)
        value[channel] = channel < geometry->channels
                             ? channel_mean(geometry, image, y * shrink, x * shrink, shrink, channel)
                             : value[0];
    return (colour){value[0], value[1], value[2]};
}

static void show_captions(FILE *stream, const char *const *captions, const size_t *chosen, size_t count, size_t width)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = captions[chosen[i]];
        size_t length = strlen(text) < width ? strlen(text) : width;
        fprintf(stream, "%.*s%*s", (int)length, text, i + 1 < count ? (int)(width - length + GAP) : 0, "");
    }
    fputc('\n', stream);
}

static void show_line(FILE *stream, paint_pair *paint, const uhn_geometry *geometry, const float *image, size_t y,
                      size_t width, size_t shrink)
{
    for (size_t x = 0; x < width; x++)
        paint(stream, colour_at(geometry, image, y, x, shrink), colour_at(geometry, image, y + 1, x, shrink));
    if (paint != paint_plain)
        fputs("\033[0m", stream);
}

void cli_show_images(FILE *stream, const uhn_geometry *geometry, const float *const *images,
                     const char *const *captions, size_t count)
{
    size_t room = terminal_width(stream) + GAP;
    size_t shrink = count * (geometry->width + GAP) <= room ? 1 : 2;
    size_t width = (geometry->width + shrink - 1) / shrink, height = (geometry->height + shrink - 1) / shrink;
    size_t shown = room / (width + GAP) < count ? room / (width + GAP) : count;
    if (shown > IMAGES_MAX)
        shown = IMAGES_MAX;

    size_t chosen[IMAGES_MAX]; /* the first two, original and cue, and then the last ones */
    for (size_t i = 0; i < shown; i++)
        chosen[i] = i < 2 ? i : count - shown + i;
    paint_pair *paint = choose_paint();
    show_captions(stream, captions, chosen, shown, width);
    for (size_t y = 0; y < height; y += 2) {
        for (size_t i = 0; i < shown; i++) {
            show_line(stream, paint, geometry, images[chosen[i]], y, width, shrink);
            fprintf(stream, "%*s", i + 1 < shown ? GAP : 0, "");
        }
        fputc('\n', stream);
    }
}
