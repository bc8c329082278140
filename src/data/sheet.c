/* SPDX-License-Identifier: MIT
 * Contact sheets: a grid of images on light paper with a caption above each column. */
#include "base/allocate.h"
#include "base/status.h"
#include "data/dataset.h"
#include "data/font.h"
#include "data/write_png.h"

#include <string.h>

enum {
    GUTTER = 4,          /* pixels between images and around the sheet */
    IMAGE_SIDE = 112,    /* small images are scaled up to at least this, by a whole factor … */
    WIDTH_WISHED = 2000, /* … unless the sheet would become larger than this */
    HEIGHT_WISHED = 3000,
    CAPTION_COLUMN = 56, /* a column under a caption is at least this wide */
    CAPTION_GAP = 3,     /* between a caption and what is around it */
    CAPTION_LINES = 2,
    PAPER = 246,
    INK = 40,
};

/* Where everything goes; sizes in pixels of the sheet. */
typedef struct plan {
    const uhn_geometry *geometry;
    size_t columns, rows;
    size_t scale;         /* of the images */
    size_t cell_width;    /* of a column; at least an image's width */
    size_t gutter;        /* 0 for a single image, which is written as it is */
    size_t letter_scale;  /* of the captions */
    size_t caption_lines; /* 0: no captions */
    size_t top;           /* where the first row of images begins */
} plan;

/* One line of a caption: a piece of the text, perhaps followed by dots for what was cut off. */
typedef struct caption_line {
    const char *text;
    size_t length;
    bool shortened;
} caption_line;

static const char dots[] = "..";

static size_t line_width(const caption_line *line)
{
    size_t width = uhn_font_width(line->text, line->length);
    return line->shortened ? width + UHN_FONT_GAP + uhn_font_width(dots, strlen(dots)) : width;
}

/* As much of `text` as fits into `room` columns at scale 1, whole words where a blank allows it; on the last line
 * whatever is left is cut. Returns what remains for the next line. */
static const char *take_line(const char *text, size_t room, bool last, caption_line *line)
{
    size_t all = strlen(text);
    *line = (caption_line){text, all, false};
    if (line_width(line) <= room)
        return text + all;
    for (size_t end = all; !last && end-- > 1;)
        if (text[end] == ' ' && uhn_font_width(text, end) <= room) {
            line->length = end;
            return text + end + 1;
        }
    line->shortened = true;
    while (line->length > 0 && line_width(line) > room)
        line->length--;
    return text + all;
}

/* Breaks a caption into lines; returns their number. `*whole` becomes false when something had to be cut. */
static size_t break_caption(const char *text, size_t room, caption_line lines[CAPTION_LINES], bool *whole)
{
    size_t count = 0;
    while (*text && count < CAPTION_LINES) {
        text = take_line(text, room, count + 1 == CAPTION_LINES, &lines[count]);
        *whole = *whole && !lines[count].shortened;
        count++;
    }
    return count;
}

/* Large letters where every caption fits in them, else small ones. */
static void plan_captions(plan *sheet, const char *const *captions)
{
    for (sheet->letter_scale = 2; sheet->letter_scale > 0; sheet->letter_scale--) {
        bool whole = true;
        sheet->caption_lines = 1;
        for (size_t i = 0; i < sheet->columns; i++) {
            caption_line lines[CAPTION_LINES];
            size_t count = break_caption(captions[i], sheet->cell_width / sheet->letter_scale, lines, &whole);
            if (count > sheet->caption_lines)
                sheet->caption_lines = count;
        }
        if (whole || sheet->letter_scale == 1)
            break;
    }
    sheet->top = sheet->gutter + sheet->caption_lines * (UHN_FONT_HEIGHT + CAPTION_GAP) * sheet->letter_scale;
}

static size_t sheet_width(const plan *sheet)
{
    return sheet->columns * (sheet->cell_width + sheet->gutter) + sheet->gutter;
}

static size_t sheet_height(const plan *sheet)
{
    return sheet->top + sheet->rows * (sheet->geometry->height * sheet->scale + sheet->gutter);
}

/* Images as large as wished, smaller when there are many of them. */
static void plan_scale(plan *sheet, bool captions)
{
    const uhn_geometry *geometry = sheet->geometry;
    size_t side = geometry->height > geometry->width ? geometry->height : geometry->width;
    sheet->gutter = GUTTER;
    for (sheet->scale = (IMAGE_SIDE + side - 1) / side; sheet->scale > 0; sheet->scale--) {
        sheet->cell_width = geometry->width * sheet->scale;
        if (captions && sheet->cell_width < CAPTION_COLUMN)
            sheet->cell_width = CAPTION_COLUMN;
        sheet->top = sheet->gutter;
        if (sheet->scale == 1 || (sheet_width(sheet) <= WIDTH_WISHED && sheet_height(sheet) <= HEIGHT_WISHED))
            break;
    }
}

static plan make_plan(const uhn_geometry *geometry, const char *const *captions, size_t columns, size_t rows)
{
    plan sheet = {.geometry = geometry, .columns = columns, .rows = rows, .scale = 1, .cell_width = geometry->width};
    if (columns == 1 && rows == 1 && !captions)
        return sheet;
    plan_scale(&sheet, captions != NULL);
    if (captions)
        plan_captions(&sheet, captions);
    return sheet;
}

static void paint(uhn_canvas *canvas, size_t x, size_t y, size_t size, uint8_t value)
{
    for (size_t row = y; row < y + size; row++)
        memset(canvas->bytes + (row * canvas->width + x) * canvas->channels, value, size * canvas->channels);
}

static void draw_text(uhn_canvas *canvas, const char *text, size_t length, size_t *left, size_t top, size_t scale)
{
    for (size_t i = 0; i < length; i++) {
        size_t advance = uhn_font_advance(text[i]);
        for (size_t y = 0; y < UHN_FONT_HEIGHT; y++)
            for (size_t x = 0; x < advance; x++)
                if (uhn_font_ink(text[i], x, y))
                    paint(canvas, *left + x * scale, top + y * scale, scale, INK);
        *left += (advance + UHN_FONT_GAP) * scale;
    }
}

/* Centred above the column, the last line next to the images. */
static void draw_caption(uhn_canvas *canvas, const plan *sheet, size_t column, const char *text)
{
    caption_line lines[CAPTION_LINES];
    bool whole = true;
    size_t room = sheet->cell_width / sheet->letter_scale;
    size_t count = break_caption(text, room, lines, &whole);
    size_t step = (UHN_FONT_HEIGHT + CAPTION_GAP) * sheet->letter_scale;
    for (size_t i = 0; i < count; i++) {
        size_t width = line_width(&lines[i]);
        if (width > room)
            continue; /* not even the dots fit */
        size_t left = sheet->gutter + column * (sheet->cell_width + sheet->gutter) +
                      (sheet->cell_width - width * sheet->letter_scale) / 2;
        size_t top = sheet->top - (count - i) * step;
        draw_text(canvas, lines[i].text, lines[i].length, &left, top, sheet->letter_scale);
        if (lines[i].shortened)
            draw_text(canvas, dots, strlen(dots), &left, top, sheet->letter_scale);
    }
}

/* A number that is not one belongs to a query without an answer: the paper stays blank there. */
static uint8_t to_byte(float value)
{
    if (value != value)
        return PAPER;
    return value <= 0.0f ? 0 : value >= 1.0f ? 255 : (uint8_t)(value * 255.0f + 0.5f);
}

static void draw_image(uhn_canvas *canvas, const plan *sheet, size_t left, size_t top, const float *image)
{
    const uhn_geometry *geometry = sheet->geometry;
    size_t pixel_step = geometry->interleaved ? geometry->channels : 1;
    size_t channel_step = geometry->interleaved ? 1 : geometry->height * geometry->width;
    for (size_t y = 0; y < geometry->height * sheet->scale; y++) {
        uint8_t *out = canvas->bytes + ((top + y) * canvas->width + left) * canvas->channels;
        for (size_t x = 0; x < geometry->width * sheet->scale; x++) {
            size_t pixel = y / sheet->scale * geometry->width + x / sheet->scale;
            for (size_t channel = 0; channel < geometry->channels; channel++)
                *out++ = to_byte(image[pixel * pixel_step + channel * channel_step]);
        }
    }
}

static void draw_sheet(uhn_canvas *canvas, const plan *sheet, const float *const *columns, const char *const *captions)
{
    const uhn_geometry *geometry = sheet->geometry;
    size_t dim = geometry->height * geometry->width * geometry->channels;
    size_t inset = (sheet->cell_width - geometry->width * sheet->scale) / 2;
    memset(canvas->bytes, PAPER, canvas->height * canvas->width * canvas->channels);
    for (size_t column = 0; column < sheet->columns; column++) {
        size_t left = sheet->gutter + column * (sheet->cell_width + sheet->gutter);
        if (captions)
            draw_caption(canvas, sheet, column, captions[column]);
        for (size_t row = 0; row < sheet->rows; row++) {
            size_t top = sheet->top + row * (geometry->height * sheet->scale + sheet->gutter);
            draw_image(canvas, sheet, left + inset, top, columns[column] + row * dim);
        }
    }
}

/* Is a × (size + gutter) still a side of a picture? Asked before anything is computed with them. */
static bool side_fits(size_t count, size_t size)
{
    return count > 0 && size > 0 && size <= UHN_CANVAS_SIDE_MAX && count <= UHN_CANVAS_SIDE_MAX / size;
}

uhn_status uhn_write_png_sheet(const char *path, const uhn_geometry *geometry, const float *const *columns,
                               const char *const *captions, size_t column_count, size_t rows)
{
    if (geometry->channels != 1 && geometry->channels != 3)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: images of %zu channels cannot be written as PNG, only 1 or 3", path,
                        geometry->channels);
    if (geometry->height == 0 || geometry->width == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the rows are not images, so they cannot be written as PNG", path);
    bool fits = side_fits(column_count, geometry->width) && side_fits(rows, geometry->height);
    plan sheet = {0};
    if (fits) {
        sheet = make_plan(geometry, captions, column_count, rows);
        fits = sheet_width(&sheet) <= UHN_CANVAS_SIDE_MAX && sheet_height(&sheet) <= UHN_CANVAS_SIDE_MAX &&
               sheet_width(&sheet) * sheet_height(&sheet) <= UHN_CANVAS_PIXELS_MAX;
    }
    if (!fits)
        return uhn_fail(UHN_ERROR_RANGE,
                        "%s: %zu rows of %zu images of %zu x %zu pixels are too much for one PNG: at most %d pixels a "
                        "side and %d in all",
                        path, rows, column_count, geometry->height, geometry->width, (int)UHN_CANVAS_SIDE_MAX,
                        (int)UHN_CANVAS_PIXELS_MAX);

    uhn_canvas canvas = {.width = sheet_width(&sheet), .height = sheet_height(&sheet), .channels = geometry->channels};
    canvas.bytes = uhn_allocate(canvas.width * canvas.height, canvas.channels);
    if (!canvas.bytes)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "out of memory while drawing %s", path);
    draw_sheet(&canvas, &sheet, columns, captions);
    uhn_status status = uhn_write_png(path, &canvas);
    uhn_release(canvas.bytes);
    return status;
}
