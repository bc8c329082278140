/* SPDX-License-Identifier: MIT
 * The readers, each on its own. What they accept has to be what the data set says it is. */
#include "fuzz.h"

#include "base/allocate.h"
#include "data/dataset.h"
#include "data/source.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than any input can hold, less than would stop the fuzzer. */
static const uhn_read_limits limits = {.bytes = 1 << 22, .members = 64, .member_size = 1 << 20};

static const uhn_reader *find_reader(const char *name)
{
    for (size_t i = 0; uhn_reader_at(i); i++)
        if (strcmp(uhn_reader_at(i)->name, name) == 0)
            return uhn_reader_at(i);
    return NULL;
}

/* Everything that is said to be there is touched, which the sanitizer watches. */
static void check_data(uhn_dataset *data)
{
    const size_t bytes = data->count * (data->storage == UHN_FLOAT32 ? 4 : 1) * data->dim;
    size_t sum = 0;
    fuzz_require(data->count > 0 && data->dim > 0 && data->rows, "accepted, but empty");
    fuzz_require(bytes <= limits.bytes, "accepted, but beyond the limit");
    for (size_t i = 0; i < bytes; i++)
        sum += ((const uint8_t *)data->rows)[i];
    for (size_t i = 0; data->labels && i < data->count; i++)
        sum += data->labels[i];
    fuzz_require(sum <= 255 * (bytes + data->count), "bytes that cannot be counted");
    const uhn_geometry *geometry = &data->geometry;
    fuzz_require(geometry->channels == 0 || geometry->height * geometry->width * geometry->channels == data->dim,
                 "the geometry is not that of the rows");
    fuzz_require(data->rank >= 1 && data->rank <= 4, "rank out of range");
    size_t elements = 1;
    for (size_t i = 0; i < data->rank; i++)
        elements *= data->shape[i];
    fuzz_require(elements == data->count * data->dim, "the shape is not that of the rows");
    if (data->count > 1)
        fuzz_require(uhn_dataset_select(data, 1, data->count) == UHN_OK, "rows that are there are not");
    fuzz_require(uhn_dataset_to_float(data) == UHN_OK, "no float32 rows");
}

static void check_refusal(uhn_status status)
{
    const char *sentence = uhn_error_detail();
    fuzz_require(status < UHN_STATUS_COUNT && *sentence && !strchr(sentence, '\n'), "refused without one sentence");
}

/* Rows that stay in the file are those that are read; or one of them is said to be too large, when it is fetched. */
static void check_opened(const char *path, uhn_status read, const uhn_dataset *data)
{
    uhn_dataset opened;
    uhn_status status = uhn_dataset_open(path, &limits, &opened);
    fuzz_require(status == read || (status == UHN_OK && opened.file && read == UHN_ERROR_RANGE),
                 "opened, but not read, or the other way round");
    if (status == UHN_OK) {
        const size_t row_bytes = opened.dim * (opened.storage == UHN_FLOAT32 ? 4 : 1);
        uint8_t *rows = uhn_allocate(opened.count, row_bytes);
        fuzz_require(rows != NULL, "no memory");
        status = uhn_dataset_fetch(&opened, 0, opened.count, rows);
        fuzz_require(status == read, "read, but not fetched, or the other way round");
        fuzz_require(status != UHN_OK || memcmp(rows, data->rows, opened.count * row_bytes) == 0, "other rows");
        uhn_release(rows);
    }
    uhn_dataset_free(&opened);
}

static void read_with(const char *name, const uhn_file *file)
{
    uhn_dataset data = {0};
    const uhn_reader *reader = find_reader(name);
    fuzz_require(reader != NULL, "no such reader");
    const uhn_status status = reader->read(file, &limits, &data);
    if (status == UHN_OK)
        check_data(&data);
    else
        check_refusal(status);
    uhn_dataset_free(&data);
}

/* As the reader of this name reads it, and as whoever recognises it does. */
void fuzz_run_reader(const fuzz_target *target, const uint8_t *bytes, size_t size)
{
    uhn_dataset data;
    const uhn_file file = {.path = target->file, .bytes = bytes, .size = size};
    read_with(target->name, &file);
    if (size > 0) /* bytes that are NULL mean a file on disk */
        fuzz_write(target->file, bytes, size);
    const uhn_status status = uhn_dataset_read(target->file, &limits, &data);
    check_opened(target->file, status, &data);
    if (status == UHN_OK)
        check_data(&data);
    else
        check_refusal(status);
    uhn_dataset_free(&data);
}

void fuzz_run_gzip(const fuzz_target *target, const uint8_t *bytes, size_t size)
{
    uint8_t *decoded = NULL;
    size_t decoded_size = 0;
    const uhn_file file = {.path = target->file, .bytes = bytes, .size = size};
    const uhn_status status = uhn_source_load(&file, &limits, &decoded, &decoded_size);
    if (status == UHN_OK)
        fuzz_require(decoded_size <= limits.bytes, "decoded beyond the limit");
    else
        check_refusal(status);
    uhn_release(decoded);
}

/* ------------------------------------------------------------------------------------------------ folders */

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *place)
{
    (void)about, (void)type;
    return place->level == 0 ? 0 : remove(path);
}

/* A name of at most 15 characters, without what would lead out of the folder. */
static void take_name(fuzz_bytes *bytes, char name[16])
{
    size_t length = fuzz_range(bytes, 1, 15);
    for (size_t i = 0; i < length; i++) {
        const char c = (char)fuzz_byte(bytes);
        name[i] = c == '/' || c == '\0' ? '_' : c;
    }
    name[length] = '\0';
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        name[0] = '_';
}

/* The file's content: an image of 2 × 1 pixels, or what follows. */
static void make_file(const char *path, fuzz_bytes *bytes)
{
    static const uint8_t png[] = {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
                                  0x44, 0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
                                  0x00, 0xd1, 0x49, 0x20, 0x56, 0x00, 0x00, 0x00, 0x0b, 0x49, 0x44, 0x41, 0x54, 0x78,
                                  0xda, 0x63, 0x70, 0x68, 0x00, 0x00, 0x01, 0x03, 0x00, 0xc1, 0x47, 0x85, 0x97, 0x1d,
                                  0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
    const size_t size = fuzz_byte(bytes);
    FILE *file = fopen(path, "wbx"); /* not into a pipe of that name */
    if (!file)
        return;
    if (size == 0)
        fwrite(png, 1, sizeof png, file);
    else
        fwrite(bytes->next, 1, size < bytes->left ? size : bytes->left, file);
    fclose(file);
}

/* One thing in the folder `under`: a file, a folder that becomes the place for what follows, a link, a pipe, or the
 * way back to the root. Names may be taken already, and links may have no text. */
static void make_entry(fuzz_bytes *bytes, char under[256])
{
    char name[16], path[300], target[FUZZ_TEXT];
    const uint8_t kind = fuzz_byte(bytes) % 5;
    take_name(bytes, name);
    snprintf(path, sizeof path, "%s/%s", under, name);
    if (kind == 0)
        make_file(path, bytes);
    else if (kind == 1 && mkdir(path, 0700) == 0 && strlen(path) < 200)
        memcpy(under, path, strlen(path) + 1);
    else if (kind == 2) {
        fuzz_text(bytes, target);
        if (symlink(target, path) != 0)
            return;
    } else if (kind == 3 && mkfifo(path, 0600) != 0)
        return;
    else if (kind == 4)
        snprintf(under, 256, "input");
}

void fuzz_run_folder(const fuzz_target *target, const uint8_t *bytes, size_t size)
{
    enum { ENTRIES_MAX = 24 };
    fuzz_bytes left = {bytes, size};
    char under[256] = "input";
    (void)mkdir(target->file, 0700);
    for (int i = 0; i < ENTRIES_MAX && left.left > 0; i++)
        make_entry(&left, under);
    read_with("folder", &(uhn_file){.path = target->file});
    fuzz_require(nftw(target->file, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0, "the folder is not empty");
}
