/* SPDX-License-Identifier: MIT
 * Data sets: rows of numbers, which may be images, read from the formats people keep them in. Readers are rows of a
 * table; each file of this folder that reads ends in one const struct. */
#ifndef UHN_DATA_DATASET_H
#define UHN_DATA_DATASET_H

#include "uhn/uhn.h"

/* The geometry of rows that are images; all 0 when they are not. height · width · channels = dim. */
typedef struct uhn_geometry {
    size_t height, width, channels; /* channels: 1 or 3 */
    bool interleaved;               /* R G B R G B … within a row; else planar: all R, all G, all B */
} uhn_geometry;

typedef struct uhn_array_file uhn_array_file;

typedef struct uhn_dataset {
    size_t count, dim;    /* N × D */
    uhn_storage storage;  /* of `rows`, packed */
    void *rows;           /* owned; NULL: they are still in the file */
    uhn_array_file *file; /* which uhn_dataset_open() has opened, else NULL; owned */
    size_t first;         /* number in the file of the first row */
    uint8_t *labels;      /* count class labels where the format has them, else NULL; owned */
    uhn_geometry geometry;
    bool image_files; /* each row was a file of its own, and they are in the order of their names: class by class */
    size_t rank;      /* dimensions of the array as it stood in the file, 1 … 4, and their sizes */
    size_t shape[4];
} uhn_dataset;

/* What a reader may be asked to accept at most; 0: the default. They keep decompression bombs out. */
typedef struct uhn_read_limits {
    uint64_t bytes;       /* decoded bytes; default 64 GiB, and 4 GiB of one gzip file or one image */
    uint64_t members;     /* of an archive; default 4,000,000 */
    uint64_t member_size; /* decoded bytes of one of them; default 4 GiB */
} uhn_read_limits;

/* A file to read: on disk, or in memory as a member of an archive is. */
typedef struct uhn_file {
    const char *path;     /* also what error sentences call it */
    const uint8_t *bytes; /* its `size` bytes; NULL: they are on disk */
    size_t size;
} uhn_file;

typedef struct uhn_reader {
    const char *name;    /* "npy" */
    const char *summary; /* one line */
    /* Does `path` look like mine? By content (`head`, the first bytes after gunzip), not by its name alone. */
    bool (*probe)(const char *path, const uint8_t *head, size_t head_size, bool is_folder);
    uhn_status (*read)(const uhn_file *file, const uhn_read_limits *limits, uhn_dataset *data);
    /* The same, but may leave the rows in the file: data->file. NULL: never does. */
    uhn_status (*open)(const uhn_file *file, const uhn_read_limits *limits, uhn_dataset *data);
} uhn_reader;

/* The table; NULL past the end. */
const uhn_reader *uhn_reader_at(size_t index);

/* The first reader that recognises the file. UHN_ERROR_ARGUMENT: none does, or it cannot be read. */
uhn_status uhn_find_reader(const uhn_file *file, const uhn_reader **reader);

/* Reads whatever a reader recognises. On failure *data is empty, and uhn_error_detail() has one sentence that names
 * the file and the limit. */
uhn_status uhn_dataset_read(const char *path, const uhn_read_limits *limits, uhn_dataset *data);
void uhn_dataset_free(uhn_dataset *data);

/* The same, for whoever needs the rows but once and perhaps has no room for all: where they lie one after the other in
 * a plain file (.npy, IDX) only its header and its length are looked at, and the rows stay there. Such data are for
 * uhn_dataset_fetch(), _select() and _free(); `path` must outlive them. */
uhn_status uhn_dataset_open(const char *path, const uhn_read_limits *limits, uhn_dataset *data);

/* Copies rows first … first+count−1, packed, wherever they are. UHN_ERROR_RANGE: not within the data, or a value is
 * beyond float32's range; UHN_ERROR_ARGUMENT: the file cannot be read, or has become shorter. */
uhn_status uhn_dataset_fetch(const uhn_dataset *data, size_t first, size_t count, void *rows);

/* Keeps rows first … end−1 only. UHN_ERROR_RANGE: not within the data. */
uhn_status uhn_dataset_select(uhn_dataset *data, size_t first, size_t end);

/* The rows as float32 (count × dim, packed), converted in place where they are not. */
uhn_status uhn_dataset_to_float(uhn_dataset *data);

/* Writers. Each writes to a temporary file beside `path` and renames it: nothing half-written is ever there. */
uhn_status uhn_write_npy_float(const char *path, const float *values, size_t rank, const size_t *shape);
uhn_status uhn_write_npy_double(const char *path, const double *values, size_t rank, const size_t *shape);
/* A grid of images, one row per query, one column per entry of `columns` (e.g. original | cue | recalled); each points
 * to `rows` images of `geometry` in [0, 1], clamped. `captions` (one per column) may be NULL. One image: 1 × 1. */
uhn_status uhn_write_png_sheet(const char *path, const uhn_geometry *geometry, const float *const *columns,
                               const char *const *captions, size_t column_count, size_t rows);
/* Any bytes (JSON, CSV). */
uhn_status uhn_write_bytes(const char *path, const void *bytes, size_t size);

/* Corruptions, as in the paper's protocol: a table. Pixels and neighbourhoods follow `geometry`; a data set that is
 * not images counts as one row of D pixels. */
typedef struct uhn_corruption {
    const char *name;    /* "noise", "mask", "random-mask", "inpaint": also the option of `uhn corrupt` */
    const char *summary; /* one line */
    double minimum, maximum;
    void (*apply)(double level, uint64_t seed, const uhn_geometry *geometry, size_t index, size_t dim, float *row);
} uhn_corruption;

const uhn_corruption *uhn_corruption_at(size_t index);
const uhn_corruption *uhn_find_corruption(const char *name);

/* Synthetic patterns: `count` glyph images of `size` × `size` in [0, 1] (strokes of varied width, position and slant),
 * drawn from the seed. */
uhn_status uhn_make_glyphs(size_t count, size_t size, uint64_t seed, uhn_dataset *data);

#endif
