/* SPDX-License-Identifier: MIT
 * JPEG through libjpeg. libjpeg reports an error by a function that must not return: it jumps back to guard(). What
 * libjpeg only warns of (data missing or damaged) is an error here: a half-gray image is no memory to keep. */
#include "base/allocate.h"
#include "base/status.h"
#include "data/image.h"
#include "data/reader.h"

#include <stdio.h> /* before jpeglib.h, which needs FILE */

#include <jpeglib.h>
#include <jerror.h>
#include <setjmp.h>
#include <string.h>

enum {
    JPEG_RATIO = 8 * 32 * 32, /* pixels per byte: at least one bit for each unit of at most 32×32 pixels */
    SCANS_MAX = 500           /* a progressive file needs about ten; thousands are an attack on the reader's time */
};

/* All that one decoding holds, so that nothing lives in variables which a jump could lose. */
typedef struct jpeg_job {
    struct jpeg_decompress_struct decoder;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    const uhn_encoded *file;
    uint8_t *line;   /* one row, interleaved */
    uint8_t *planar; /* receives the pixels */
    char message[JMSG_LENGTH_MAX];
    jmp_buf jump;
} jpeg_job;

static bool probe_jpeg_head(const uint8_t *head, size_t size)
{
    return size >= 3 && head[0] == 0xff && head[1] == 0xd8 && head[2] == 0xff;
}

static _Noreturn void on_error(j_common_ptr decoder)
{
    jpeg_job *job = decoder->client_data;
    decoder->err->format_message(decoder, job->message);
    longjmp(job->jump, 1);
}

static void on_message(j_common_ptr decoder, int level)
{
    if (level < 0)
        on_error(decoder);
}

static void print_nothing(j_common_ptr decoder)
{
    (void)decoder;
}

static _Noreturn void fail_with(jpeg_job *job, const char *message)
{
    snprintf(job->message, sizeof job->message, "%s", message);
    longjmp(job->jump, 1);
}

static void watch_scans(j_common_ptr decoder)
{
    jpeg_job *job = decoder->client_data;
    if (job->decoder.input_scan_number > SCANS_MAX)
        fail_with(job, "it has too many scans");
}

static void read_headers(jpeg_job *job)
{
    jpeg_create_decompress(&job->decoder); /* keeps err and client_data */
    job->decoder.progress = &job->progress;
    jpeg_mem_src(&job->decoder, job->file->bytes, job->file->size);
    jpeg_read_header(&job->decoder, TRUE);
    J_COLOR_SPACE space = job->decoder.jpeg_color_space;
    if (space != JCS_GRAYSCALE && space != JCS_YCbCr && space != JCS_RGB)
        fail_with(job, "its colours are neither grayscale nor RGB");
    job->decoder.out_color_space = space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
}

static void read_pixels(jpeg_job *job)
{
    struct jpeg_decompress_struct *decoder = &job->decoder;
    jpeg_start_decompress(decoder);
    size_t width = decoder->output_width, channels = (size_t)decoder->output_components;
    size_t plane = width * decoder->output_height;
    while (decoder->output_scanline < decoder->output_height) {
        size_t y = decoder->output_scanline;
        jpeg_read_scanlines(decoder, &job->line, 1);
        for (size_t c = 0; c < channels; c++)
            for (size_t x = 0; x < width; x++)
                job->planar[c * plane + y * width + x] = job->line[x * channels + c];
    }
    jpeg_finish_decompress(decoder);
}

/* Runs a step that libjpeg may leave by a jump. */
static uhn_status guard(jpeg_job *job, void (*step)(jpeg_job *))
{
    if (setjmp(job->jump) == 0) {
        step(job);
        return UHN_OK;
    }
    if (job->errors.msg_code == JERR_OUT_OF_MEMORY)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to decode JPEG", job->file->path);
    return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the JPEG cannot be decoded: %s", job->file->path, job->message);
}

static void end_job(jpeg_job *job)
{
    uhn_release(job->line);
    jpeg_destroy_decompress(&job->decoder);
}

static uhn_status begin_job(jpeg_job *job, const uhn_encoded *file, uhn_geometry *geometry)
{
    memset(job, 0, sizeof *job);
    job->file = file;
    job->decoder.err = jpeg_std_error(&job->errors);
    job->decoder.client_data = job;
    job->errors.error_exit = on_error;
    job->errors.emit_message = on_message;
    job->errors.output_message = print_nothing;
    job->progress.progress_monitor = watch_scans;
    uhn_status status = guard(job, read_headers);
    if (status != UHN_OK)
        return status;
    size_t width = job->decoder.image_width, height = job->decoder.image_height; /* at most 65535 each */
    *geometry = (uhn_geometry){height, width, job->decoder.out_color_space == JCS_GRAYSCALE ? 1 : 3, false};
    return uhn_check_image_ratio(file, width, height, width * height, JPEG_RATIO);
}

static uhn_status measure_jpeg(const uhn_encoded *file, uhn_geometry *geometry)
{
    jpeg_job job;
    uhn_status status = begin_job(&job, file, geometry);
    end_job(&job);
    return status;
}

static uhn_status decode_jpeg(const uhn_encoded *file, const uhn_geometry *geometry, uint8_t *planar)
{
    uhn_status status = UHN_OK;
    jpeg_job job;
    uhn_geometry same;
    UHN_TRY(begin_job(&job, file, &same));
    job.planar = planar;
    job.line = uhn_allocate(geometry->width, geometry->channels);
    if (!job.line) {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to decode JPEG", file->path);
        goto leave;
    }
    UHN_TRY(guard(&job, read_pixels));
leave:
    end_job(&job);
    return status;
}

const uhn_image_codec uhn_codec_jpeg = {"JPEG", probe_jpeg_head, measure_jpeg, decode_jpeg};

static bool probe_jpeg(const char *path, const uint8_t *head, size_t head_size, bool is_folder)
{
    (void)path;
    return !is_folder && probe_jpeg_head(head, head_size);
}

static uhn_status read_jpeg(const uhn_file *file, const uhn_read_limits *limits, uhn_dataset *data)
{
    return uhn_image_read(&uhn_codec_jpeg, file, limits, data);
}

const uhn_reader uhn_reader_jpeg = {"jpeg", "JPEG", probe_jpeg, read_jpeg, NULL};
