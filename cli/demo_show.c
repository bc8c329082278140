/* SPDX-License-Identifier: MIT */
#include "base/allocate.h"
#include "demo.h"
#include "terminal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 2 + DEMO_METHODS, SHEET_ROWS = 10, ON_TERMINAL = 3 };

/* Which glyphs are shown: a damage and a number. */
typedef struct example {
    size_t kind, index;
} example;

/* `count` of them, as many of each damage as possible, no glyph twice. */
static void choose_examples(example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        examples[i] = (example){.kind = i * DEMO_DAMAGES / count, .index = i};
}

static const char *const captions[] = {"original", "cue"};

static const char *caption_of(size_t column)
{
    return column < 2 ? captions[column] : demo_methods[column - 2].caption;
}

/* What stands in `column` of the row of an example: original, cue, or the answer of a memory. */
static const float *image_of(const demo *show, example shown, size_t column)
{
    const float *const ends[] = {show->glyphs.rows, show->cues[shown.kind]};
    const float *rows = column < 2 ? ends[column] : show->results[shown.kind][column - 2].answers;
    return rows + shown.index * show->glyphs.dim;
}

static uhn_status write_sheet(const demo *show, const char *path)
{
    const size_t dim = show->glyphs.dim;
    float *images = uhn_allocate(COLUMNS * SHEET_ROWS, dim * sizeof *images);
    if (!images)
        return UHN_ERROR_OUT_OF_MEMORY;
    example examples[SHEET_ROWS];
    choose_examples(examples, SHEET_ROWS);
    const float *columns[COLUMNS];
    const char *texts[COLUMNS];
    for (size_t column = 0; column < COLUMNS; column++) {
        float *rows = images + column * SHEET_ROWS * dim;
        for (size_t i = 0; i < SHEET_ROWS; i++)
            memcpy(rows + i * dim, image_of(show, examples[i], column), dim * sizeof *rows);
        columns[column] = rows;
        texts[column] = caption_of(column);
    }
    uhn_status status = uhn_write_png_sheet(path, &show->glyphs.geometry, columns, texts, COLUMNS, SHEET_ROWS);
    uhn_release(images);
    return status;
}

uhn_status demo_write(const demo *show)
{
    char path[PATH_MAX + 64];
    size_t shape[3] = {DEMO_GLYPHS, DEMO_SIDE, DEMO_SIDE};
    snprintf(path, sizeof path, "%s/glyphs.npy", show->folder);
    uhn_status status = uhn_write_npy_float(path, show->glyphs.rows, 3, shape);
    shape[0] = DEMO_CUES;
    for (size_t kind = 0; status == UHN_OK && kind < DEMO_DAMAGES; kind++) {
        snprintf(path, sizeof path, "%s/cues-%s.npy", show->folder, demo_damages[kind].name);
        status = uhn_write_npy_float(path, show->cues[kind], 3, shape);
    }
    snprintf(path, sizeof path, "%s/contact-sheet.png", show->folder);
    return status == UHN_OK ? write_sheet(show, path) : status;
}

static void print_table(const demo *show)
{
    printf("%-12s", "");
    for (size_t kind = 0; kind < DEMO_DAMAGES; kind++) {
        char title[32];
        snprintf(title, sizeof title, "%s %g", demo_damages[kind].name, demo_damages[kind].level);
        printf("  %20s", title);
    }
    printf("\n%-12s", "");
    for (size_t kind = 0; kind < DEMO_DAMAGES; kind++)
        printf("  %6s %6s %6s", "exact", "error", "ms");
    putchar('\n');
    for (size_t i = 0; i < DEMO_METHODS; i++) {
        printf("%-12s", demo_methods[i].caption);
        for (size_t kind = 0; kind < DEMO_DAMAGES; kind++) {
            const demo_result *result = &show->results[kind][i];
            printf("  %6zu %6.3f %6.1f", result->exact, result->error, result->milliseconds);
        }
        putchar('\n');
    }
}

static void print_pictures(const demo *show)
{
    example examples[ON_TERMINAL];
    choose_examples(examples, ON_TERMINAL);
    for (size_t i = 0; i < ON_TERMINAL; i++) {
        const float *images[COLUMNS];
        const char *texts[COLUMNS];
        for (size_t column = 0; column < COLUMNS; column++) {
            images[column] = image_of(show, examples[i], column);
            texts[column] = column == 1 ? demo_damages[examples[i].kind].name : caption_of(column);
        }
        cli_show_images(stdout, &show->glyphs.geometry, images, texts, COLUMNS);
        putchar('\n');
    }
}

static void print_explanation(void)
{
    putchar('\n');
    for (size_t i = 0; i < DEMO_METHODS; i++)
        printf("%-12s  %s\n", demo_methods[i].caption, demo_methods[i].what);
    printf("\nexact  how many of the %d glyphs are recalled exactly, to half of one of 256 shades\n"
           "error  mean difference from that glyph per pixel, on a scale from 0 to 1\n"
           "ms     milliseconds for all %d\n"
           "\nhopfield and dam are networks of ±1 neurons. For them a pixel over 0.5 is +1,\n"
           "else -1, and their answers are compared with the glyphs in that form.\n"
           "The damage and the degree of dam are chosen so that the memories differ; each\n"
           "has other strengths with other settings, so this ranks nothing.\n",
           DEMO_CUES, DEMO_CUES);
}

void demo_print(const demo *show)
{
    printf("%d glyphs of %d x %d pixels are stored. %d of them come back damaged, in\n"
           "three ways, and each memory has to give back the glyph as it was.\n\n",
           DEMO_GLYPHS, DEMO_SIDE, DEMO_SIDE, DEMO_CUES);
    if (cli_is_terminal(stdout))
        print_pictures(show);
    print_table(show);
    print_explanation();
    printf("\nThe picture is %s/contact-sheet.png. To play on:\n"
           "  uhn recall --memory %s/glyphs.npy --query %s/cues-%s.npy \\\n"
           "             --out recalled.png\n",
           show->folder, show->folder, show->folder, demo_damages[0].name);
}
