/* SPDX-License-Identifier: MIT */
#include "data/write_png.h"

#include "base/status.h"
#include "data/write_file.h"

#include <png.h>
#include <setjmp.h>

/* What libpng's callbacks share with us. The first failure is kept here; libpng itself says nothing to anybody. */
typedef struct encoding {
    uhn_replacement *file;
    uhn_status status;
} encoding;

static void write_bytes(png_structp png, png_bytep bytes, size_t size)
{
    encoding *state = png_get_io_ptr(png);
    state->status = uhn_replacement_write(state->file, bytes, size);
    if (state->status != UHN_OK)
        png_error(png, "write");
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

static _Noreturn void fail(png_structp png, png_const_charp message)
{
    encoding *state = png_get_error_ptr(png);
    if (state->status == UHN_OK)
        state->status = uhn_fail(UHN_ERROR_ARGUMENT, "cannot write %s: PNG: %s", state->file->path, message);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message)
{
    (void)png, (void)message;
}

/* Nothing of its own may change between setjmp and longjmp: everything lives in its arguments. */
static void encode(png_structp png, png_infop information, const uhn_canvas *canvas)
{
    if (setjmp(png_jmpbuf(png)))
        return;
    png_set_IHDR(png, information, (png_uint_32)canvas->width, (png_uint_32)canvas->height, 8,
                 canvas->channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, information);
    for (size_t y = 0; y < canvas->height; y++)
        png_write_row(png, canvas->bytes + y * canvas->width * canvas->channels);
    png_write_end(png, information);
}

uhn_status uhn_write_png(const char *path, const uhn_canvas *canvas)
{
    uhn_replacement file;
    encoding state = {.file = &file, .status = uhn_replacement_start(&file, path)};
    if (state.status != UHN_OK)
        return state.status;

    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &state, fail, ignore_warning);
    png_infop information = png ? png_create_info_struct(png) : NULL;
    if (information) {
        png_set_write_fn(png, &state, write_bytes, flush_nothing);
        encode(png, information, canvas);
    } else {
        state.status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "out of memory while writing %s", path);
    }
    png_destroy_write_struct(&png, &information);
    return uhn_replacement_finish(&file, state.status);
}
