/* SPDX-License-Identifier: MIT
 * PNG through libpng. libpng reports an error by a function that must not return: it jumps back to guard(). */
#include "base/allocate.h"
#include "base/status.h"
#include "data/image.h"
#include "data/reader.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

enum { DEFLATE_RATIO = 1032 }; /* deflate cannot pack more bytes than this into one */

/* All that one decoding holds, so that nothing lives in variables which a jump could lose. */
typedef struct png_job {
    const uhn_encoded *file;
    size_t position;
    png_structp png;
    png_infop info;
    png_uint_32 width, height;
    size_t channels, stored; /* kept; decoded: with alpha one more */
    int passes;
    size_t raw_bytes; /* of the image as it is before deflate */
    uint8_t *scratch; /* the decoded image, interleaved */
    bool out_of_memory;
    char message[96];
    jmp_buf jump;
} png_job;

static bool probe_png_head(const uint8_t *head, size_t size)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    return size >= sizeof signature && memcmp(head, signature, sizeof signature) == 0;
}

static _Noreturn void on_error(png_structp png, png_const_charp message)
{
    png_job *job = png_get_error_ptr(png);
    snprintf(job->message, sizeof job->message, "%s", message);
    longjmp(job->jump, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static png_voidp allocate_for_png(png_structp png, png_alloc_size_t size)
{
    void *block = uhn_allocate(size, 1);
    if (!block)
        ((png_job *)png_get_mem_ptr(png))->out_of_memory = true;
    return block;
}

static void release_for_png(png_structp png, png_voidp block)
{
    (void)png;
    uhn_release(block);
}

static void give_bytes(png_structp png, png_bytep bytes, size_t count)
{
    png_job *job = png_get_io_ptr(png);
    if (count > job->file->size - job->position)
        png_error(png, "the file is cut short");
    memcpy(bytes, job->file->bytes + job->position, count);
    job->position += count;
}

/* Asks for 8 bits per channel, grayscale or RGB, with alpha where the file has any. */
static void ask_for_bytes(png_job *job)
{
    png_set_expand(job->png);
    png_set_scale_16(job->png);
    job->passes = png_set_interlace_handling(job->png);
    png_read_update_info(job->png, job->info);
    job->stored = png_get_channels(job->png, job->info);
    job->channels = job->stored > 2 ? 3 : 1;
}

static void read_headers(png_job *job)
{
    job->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, job, on_error, on_warning, job, allocate_for_png,
                                        release_for_png);
    job->info = job->png ? png_create_info_struct(job->png) : NULL;
    if (!job->info) {
        job->out_of_memory = true;
        longjmp(job->jump, 1);
    }
    png_set_read_fn(job->png, job, give_bytes);
    png_set_user_limits(job->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* measure() has a better one */
    png_read_info(job->png, job->info);
    job->width = png_get_image_width(job->png, job->info);
    job->height = png_get_image_height(job->png, job->info);
    if (!uhn_multiply_sizes(png_get_rowbytes(job->png, job->info), job->height, &job->raw_bytes))
        png_error(job->png, "its size cannot be counted");
    ask_for_bytes(job);
}

static void read_pixels(png_job *job)
{
    size_t stride = (size_t)job->width * job->stored;
    for (int pass = 0; pass < job->passes; pass++)
        for (png_uint_32 y = 0; y < job->height; y++)
            png_read_row(job->png, job->scratch + y * stride, NULL);
    png_read_end(job->png, NULL);
}

/* Runs a step that libpng may leave by a jump. */
static uhn_status guard(png_job *job, void (*step)(png_job *))
{
    if (setjmp(job->jump) == 0) {
        step(job);
        return UHN_OK;
    }
    if (job->out_of_memory)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to decode PNG", job->file->path);
    return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the PNG cannot be decoded: %s", job->file->path, job->message);
}

static void end_job(png_job *job)
{
    uhn_release(job->scratch);
    if (job->png)
        png_destroy_read_struct(&job->png, &job->info, NULL);
}

static uhn_status begin_job(png_job *job, const uhn_encoded *file, uhn_geometry *geometry)
{
    memset(job, 0, sizeof *job);
    job->file = file;
    uhn_status status = guard(job, read_headers);
    if (status == UHN_OK)
        status = uhn_check_image_ratio(file, job->width, job->height, job->raw_bytes, DEFLATE_RATIO);
    if (status == UHN_OK)
        *geometry = (uhn_geometry){job->height, job->width, job->channels, false};
    return status;
}

static uhn_status measure_png(const uhn_encoded *file, uhn_geometry *geometry)
{
    png_job job;
    uhn_status status = begin_job(&job, file, geometry);
    end_job(&job);
    return status;
}

static uhn_status decode_png(const uhn_encoded *file, const uhn_geometry *geometry, uint8_t *planar)
{
    uhn_status status = UHN_OK;
    png_job job;
    uhn_geometry same;
    size_t pixels = geometry->height * geometry->width;
    UHN_TRY(begin_job(&job, file, &same));
    job.scratch = uhn_allocate(pixels, job.stored);
    job.out_of_memory = !job.scratch;
    if (!job.scratch) {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to decode PNG", file->path);
        goto leave;
    }
    UHN_TRY(guard(&job, read_pixels));
    uhn_split_planes(job.scratch, job.stored, pixels, geometry->channels, planar);
leave:
    end_job(&job);
    return status;
}

const uhn_image_codec uhn_codec_png = {"PNG", probe_png_head, measure_png, decode_png};

static bool probe_png(const char *path, const uint8_t *head, size_t head_size, bool is_folder)
{
    (void)path;
    return !is_folder && probe_png_head(head, head_size);
}

static uhn_status read_png(const uhn_file *file, const uhn_read_limits *limits, uhn_dataset *data)
{
    return uhn_image_read(&uhn_codec_png, file, limits, data);
}

const uhn_reader uhn_reader_png = {"png", "PNG", probe_png, read_png, NULL};
