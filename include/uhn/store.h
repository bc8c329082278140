/* SPDX-License-Identifier: MIT
 *
 * libuhn-store: memories that outlive the program, in a folder on the disk (docs/store.md).
 *
 * A store holds N rows of M, and of P where it is not M, each with a stable 64-bit id and perhaps a label. Any number
 * of processes read while one writes: a view is a snapshot that stays as it is, and recall reads the rows of a view
 * where they lie in the file. A call that changes the store is one batch: when it returns UHN_OK the change is on the
 * disk, and with any other status, or after a crash, none of it is there. Writers wait for each other.
 *
 * Statuses besides those named: UHN_ERROR_SYSTEM (the disk is full, no permission, …), UHN_ERROR_DAMAGED (what the file
 * holds contradicts itself; the sentence names the block), UHN_ERROR_UNSUPPORTED (a newer version),
 * UHN_ERROR_OUT_OF_MEMORY. After a call that failed its handle may be used as before; only where the disk has refused
 * the last bytes of a change, views that the process has open must be closed first (the sentence says so). Handles may
 * be used by one thread at a time, views by many. A store that is open must not be used after fork().
 */
#ifndef UHN_STORE_H
#define UHN_STORE_H

#include "uhn/uhn.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct uhn_store uhn_store;
typedef struct uhn_store_view uhn_store_view;

#define UHN_STORE_IDS ((uint64_t)1 << 63) /* ids are below this */
enum { UHN_STORE_LABEL_MAX = 1024 };      /* bytes of a label */
#define UHN_STORE_LABEL_DAMAGED SIZE_MAX

/* ------------------------------------------------------------------------------------------------ opening */

/* Makes an empty store: a folder `path`, which must not exist or be empty.
 *   value_dim   O, or 0 for P = M
 *   similarity  the one that suits these rows, as uhn_choose_similarity() takes it, or NULL
 * UHN_ERROR_ARGUMENT, UHN_ERROR_NAME and UHN_ERROR_RANGE (the similarity) */
UHN_API uhn_status uhn_store_create(const char *path, uhn_storage storage, size_t dim, size_t value_dim,
                                    const char *similarity);

/* Is there a store at `path`? Only names are looked at. */
UHN_API bool uhn_store_is_here(const char *path);

/* Opens a store; where it cannot be written, for reading only. A relative path is resolved now: the program may change
 * its folder afterwards. UHN_ERROR_ARGUMENT: there is none */
UHN_API uhn_status uhn_store_open(const char *path, uhn_store **store);
UHN_API void uhn_store_close(uhn_store *store); /* NULL is allowed; views stay open */

/* What there is to tell about a store. */
typedef struct uhn_store_info {
    size_t rows, dim, value_dim; /* value_dim 0: P = M */
    uhn_storage storage;
    const char *similarity;       /* "" where none was named; the store's own text */
    uint64_t labels, blocks;      /* how many; labels of a batch under way are counted */
    uint64_t next_id;             /* the id that the next row gets */
    uint64_t bytes, unused_bytes; /* of the file, and what compaction would give back at least */
    unsigned major, minor;        /* version of the format */
} uhn_store_info;

/* Room for the similarity of any store, with the 0 at its end. */
enum { UHN_STORE_TEXT_MAX = 160 };

UHN_API uhn_status uhn_store_get_info(uhn_store *store, uhn_store_info *info);

/* ------------------------------------------------------------------------------------------------ changing */

/* Where rows come from that are not in an array, as those of a batch larger than the main memory: puts `count` rows of
 * the batch, the first of them its row `first`, to `rows`, packed, in the store's storage, and their values to `values`
 * (NULL where P = M). It is called in any order, and may be called again for the same rows, which must not have
 * changed; never for more than a block at once, 256 KiB of rows and values or one row. It must not use the store.
 * Anything but UHN_OK ends the batch, and the call returns it; uhn_fail() (uhn/extend.h) keeps a sentence. */
typedef uhn_status uhn_store_fetch(void *context, size_t first, size_t count, void *rows, float *values);

/* Rows to add or to put in the place of others; strides as everywhere. */
typedef struct uhn_store_rows {
    const void *rows; /* in the store's storage */
    size_t count, row_stride;
    const float *values; /* NULL where P = M */
    size_t value_stride;
    const uint64_t *ids;       /* count ids; NULL when adding: the next ones, in order */
    const char *const *labels; /* count texts of one line, NULL or "" for none; or NULL: none at all (when updating: as
                                  they are) */
    uhn_store_fetch *fetch;    /* NULL; or it gives rows and values, which are then NULL here */
    void *context;
} uhn_store_rows;

/* Adds the rows behind those already there. *first_id (may be NULL) receives the id of the first.
 * UHN_ERROR_ARGUMENT (an id is there already or twice in the batch, a label is too long or has a line break),
 * UHN_ERROR_SHAPE, UHN_ERROR_NONFINITE */
UHN_API uhn_status uhn_store_add(uhn_store *store, const uhn_store_rows *rows, uint64_t *first_id);

/* Puts rows, values and labels in the place of those of the same ids. UHN_ERROR_ARGUMENT: an id is not there */
UHN_API uhn_status uhn_store_update(uhn_store *store, const uhn_store_rows *rows);

/* Removes the rows with these ids (any order, repeats allowed); the others keep their order. UHN_ERROR_ARGUMENT */
UHN_API uhn_status uhn_store_remove(uhn_store *store, const uint64_t *ids, size_t count);

/* Writes the store anew, without gaps, and gives the space to the file system. Views that are open keep what they see.
 */
UHN_API uhn_status uhn_store_compact(uhn_store *store);

/* ------------------------------------------------------------------------------------------------ reading */

/* The store as it is now, until uhn_store_view_close(). Space of what is removed meanwhile is not used again. */
UHN_API uhn_status uhn_store_view_open(uhn_store *store, uhn_store_view **view);
UHN_API void uhn_store_view_close(uhn_store_view *view); /* NULL is allowed */

/* Its rows as a memory to recall from, read where they lie; the view's. A block whose checksum is wrong is refused when
 * a recall comes to it. */
UHN_API const uhn_memory *uhn_store_view_memory(const uhn_store_view *view);

/* The same for rows first … first+count−1 alone, memory 0 being row `first`: the caller's, who frees it with
 * uhn_memory_destroy() before the view is closed. No other block than theirs is read, and of those at its ends, of
 * which a part is taken, the checksums are looked at now. UHN_ERROR_RANGE: not so many */
UHN_API uhn_status uhn_store_view_rows(const uhn_store_view *view, size_t first, size_t count, uhn_memory **memory);

/* Where the rows are in the main memory already, checks all blocks now, so that the first recall costs no more than
 * later ones. Where they are not, does nothing: a recall reads each once. */
UHN_API void uhn_store_view_warm(const uhn_store_view *view);

/* The id of memory `index`; UHN_STORE_IDS if there is none. */
UHN_API uint64_t uhn_store_view_id(const uhn_store_view *view, size_t index);

/* The index of the memory with this id; UHN_NO_INDEX if there is none. */
UHN_API size_t uhn_store_view_index(const uhn_store_view *view, uint64_t id);

/* Its label, and how many bytes it has; not ended by a 0. NULL: it has none, and *length is 0; or what is kept of it is
 * damaged, and *length is UHN_STORE_LABEL_DAMAGED; uhn_error_detail() has the sentence. */
UHN_API const char *uhn_store_view_label(const uhn_store_view *view, uint64_t id, size_t *length);

/* Copies the row with this id, expanded (dim floats), and its value; either may be NULL. UHN_ERROR_ARGUMENT: no such id
 */
UHN_API uhn_status uhn_store_get(const uhn_store_view *view, uint64_t id, float *row, float *value);

/* Ids of memories first … first+count−1. UHN_ERROR_RANGE: not so many */
UHN_API uhn_status uhn_store_list(const uhn_store_view *view, size_t first, size_t count, uint64_t *ids);

/* Looks at everything: pages, checksums, counts, dimensions, ids, labels, numbers. `found` (may be NULL) is told each
 * thing that is wrong. UHN_ERROR_DAMAGED: something is */
UHN_API uhn_status uhn_store_verify(uhn_store *store, void (*found)(void *context, const char *sentence),
                                    void *context);

/* Writes the rows of M (or of P) as .npy: float32, uint8 for UHN_UINT8, bool for UHN_BITS. */
UHN_API uhn_status uhn_store_export(const uhn_store_view *view, bool values, const char *path);

/* Told of a damaged block that is left out, and of its rows: first … first+count−1 of the view. */
typedef void uhn_store_left_out(void *context, uint64_t block, size_t first, size_t count);

/* As uhn_store_export(), but rows of blocks whose checksum is wrong are left out, in M and P the same ones, and
 * `left_out` (may be NULL) is told of each such block; uhn_store_list() refuses their ids. Reads the store twice.
 * UHN_ERROR_DAMAGED: no row is left */
UHN_API uhn_status uhn_store_salvage(const uhn_store_view *view, bool values, const char *path,
                                     uhn_store_left_out *left_out, void *context);

#ifdef __cplusplus
}
#endif
#endif
