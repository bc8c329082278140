/* SPDX-License-Identifier: MIT */
#include "scratch.h"

#include <stdio.h> /* before jpeglib.h, which needs FILE */

#include <ftw.h>
#include <jpeglib.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

int scratch_setup(void **state)
{
    const char *root = getenv("TMPDIR");
    scratch *folder = test_allocate(1, sizeof *folder);
    snprintf(folder->folder, sizeof folder->folder, "%s/uhn-test-XXXXXX", root && strlen(root) < 32 ? root : "/tmp");
    *state = folder;
    return mkdtemp(folder->folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *place)
{
    (void)about;
    (void)type;
    (void)place;
    return remove(path);
}

int scratch_teardown(void **state)
{
    scratch *folder = *state;
    int failed = nftw(folder->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(folder);
    return failed;
}

const char *scratch_path(const scratch *folder, const char *name)
{
    static char paths[8][SCRATCH_PATH];
    static size_t turn;
    char *path = paths[turn++ % 8];
    snprintf(path, SCRATCH_PATH, "%s/%s", folder->folder, name);
    for (char *slash = path + strlen(folder->folder) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    return path;
}

const char *scratch_write(const scratch *folder, const char *name, const void *bytes, size_t size)
{
    const char *path = scratch_path(folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

uint8_t *scratch_bytes(const char *path, size_t *size)
{
    struct stat about;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &about), 0);
    *size = (size_t)about.st_size;
    uint8_t *bytes = test_allocate(*size + 1, 1);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

uint8_t *scratch_gzip(const void *bytes, size_t size, size_t *gzip_size)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&stream, size);
    uint8_t *out = test_allocate(room, 1);
    stream.next_in = (Bytef *)(uintptr_t)bytes;
    stream.avail_in = (uInt)size;
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    *gzip_size = stream.total_out;
    deflateEnd(&stream);
    return out;
}

const char *scratch_write_gzip(const scratch *folder, const char *name, const void *bytes, size_t size)
{
    size_t gzip_size;
    uint8_t *gzip = scratch_gzip(bytes, size, &gzip_size);
    const char *path = scratch_write(folder, name, gzip, gzip_size);
    free(gzip);
    return path;
}

const char *scratch_png(const scratch *folder, const char *name, size_t width, size_t height, int colour_type,
                        int bit_depth, bool interlaced, const uint8_t *rows)
{
    static const png_color palette[4] = {{0, 0, 0}, {255, 0, 0}, {0, 255, 0}, {0, 0, 255}};
    static const png_byte alpha[4] = {255, 255, 255, 128};
    const char *path = scratch_path(folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, bit_depth, colour_type,
                 interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (colour_type == PNG_COLOR_TYPE_PALETTE) {
        png_set_PLTE(png, info, palette, 4);
        png_set_tRNS(png, info, alpha, 4, NULL);
    }
    png_write_info(png, info);
    size_t stride = png_get_rowbytes(png, info);
    for (int pass = png_set_interlace_handling(png); pass > 0; pass--)
        for (size_t y = 0; y < height; y++)
            png_write_row(png, rows + y * stride);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    assert_int_equal(fclose(file), 0);
    return path;
}

const char *scratch_jpeg(const scratch *folder, const char *name, size_t width, size_t height, int channels,
                         bool progressive, const uint8_t *rows)
{
    struct jpeg_compress_struct encoder;
    struct jpeg_error_mgr errors;
    const char *path = scratch_path(folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    encoder.err = jpeg_std_error(&errors);
    jpeg_create_compress(&encoder);
    jpeg_stdio_dest(&encoder, file);
    encoder.image_width = (JDIMENSION)width;
    encoder.image_height = (JDIMENSION)height;
    encoder.input_components = channels;
    encoder.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&encoder);
    jpeg_set_quality(&encoder, 100, TRUE);
    encoder.comp_info[0].h_samp_factor = encoder.comp_info[0].v_samp_factor = 1;
    if (progressive)
        jpeg_simple_progression(&encoder);
    jpeg_start_compress(&encoder, TRUE);
    for (size_t y = 0; y < height; y++)
        jpeg_write_scanlines(&encoder, &(JSAMPROW){(JSAMPROW)(uintptr_t)(rows + y * width * (size_t)channels)}, 1);
    jpeg_finish_compress(&encoder);
    jpeg_destroy_compress(&encoder);
    assert_int_equal(fclose(file), 0);
    return path;
}

const char *scratch_npy(const scratch *folder, const char *name, int version, const char *dictionary, const void *data,
                        size_t size)
{
    size_t length = strlen(dictionary), start = version == 1 ? 10 : 12;
    size_t header = (start + length + 1 + 63) / 64 * 64 - start;
    uint8_t *bytes = test_allocate(start + header + size, 1);
    memcpy(bytes, "\x93NUMPY", 6);
    bytes[6] = (uint8_t)version;
    bytes[8] = (uint8_t)header;
    bytes[9] = (uint8_t)(header >> 8);
    memset(bytes + start, ' ', header);
    memcpy(bytes + start, dictionary, length);
    bytes[start + header - 1] = '\n';
    if (size > 0)
        memcpy(bytes + start + header, data, size);
    const char *path = scratch_write(folder, name, bytes, start + header + size);
    free(bytes);
    return path;
}
