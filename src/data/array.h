/* SPDX-License-Identifier: MIT
 * Arrays of numbers as they stand in .npy and IDX files: elements of one type, some sizes, one order. */
#ifndef UHN_DATA_ARRAY_H
#define UHN_DATA_ARRAY_H

#include "data/source.h"

enum { UHN_RANK_MAX = 4 };

/* A type of number in a file. */
typedef struct uhn_element {
    const char *name;  /* "float64" */
    const char *numpy; /* what follows the byte order in NumPy's name for it: "f8" */
    uint8_t idx;       /* IDX's number for it; 0: none */
    size_t size;       /* bytes in the file */
    uhn_storage storage;
    /* `count` elements at `bytes`, in the machine's byte order or swapped, to what `storage` holds. Returns how many
     * could be converted; less than count: the next one is beyond what the storage can hold. */
    size_t (*convert)(const uint8_t *bytes, size_t count, bool swapped, void *out);
    bool as_is; /* the file's bytes are the storage's, when not swapped */
} uhn_element;

/* The table; NULL past the end. */
const uhn_element *uhn_element_at(size_t index);

typedef struct uhn_array {
    const uhn_element *element;
    bool big_endian, fortran; /* fortran: the first index runs fastest */
    bool vector_is_row;       /* one dimension: one row of D; else N rows of 1 */
    size_t rank;              /* 1 … UHN_RANK_MAX */
    size_t shape[UHN_RANK_MAX];
} uhn_array;

/* Fills in the array and leaves the source behind the header. */
typedef uhn_status uhn_header_reader(uhn_source *source, uhn_array *array);

/* Reads a file that is a header and an array, which `read_header` gets as `array`. The rest becomes rows: the first
 * dimension counts them, the others are one row. UHN_ERROR_ARGUMENT: the rest is not exactly as long as the array, or a
 * size is 0; UHN_ERROR_RANGE: beyond the limit, or a finite value beyond float32's range; UHN_ERROR_OUT_OF_MEMORY; and
 * whatever the header gives. */
uhn_status uhn_array_read(const uhn_file *file, const uhn_read_limits *limits, uhn_array array,
                          uhn_header_reader *read_header, uhn_dataset *data);

/* The same, but where the rows lie one after the other in a file that is not compressed they stay there, and data->file
 * is how to fetch them. A value beyond float32's range is then found when it is fetched. */
uhn_status uhn_array_open(const uhn_file *file, const uhn_read_limits *limits, uhn_array array,
                          uhn_header_reader *read_header, uhn_dataset *data);

/* Rows first … first+count−1, packed. They have to be there. UHN_ERROR_ARGUMENT: the file cannot be read, or has become
 * shorter; UHN_ERROR_RANGE: a finite value beyond float32's range */
uhn_status uhn_array_fetch(uhn_array_file *file, size_t first, size_t count, void *rows);
void uhn_array_close(uhn_array_file *file);

#endif
