/* SPDX-License-Identifier: MIT
 * What lies in a store, to the byte; docs/store.md has the same in words. Numbers are little-endian; keys are 8 bytes,
 * big-endian, so that they sort as numbers. */
#ifndef UHN_STORE_FORMAT_H
#define UHN_STORE_FORMAT_H

#include "uhn/extend.h"
#include "uhn/store.h"

enum {
    UHN_STORE_MAJOR = 1,
    UHN_STORE_MINOR = 0,
    UHN_META_BYTES = 256,
    UHN_ENTRY_BYTES = 40,
    UHN_BLOCK_BYTES = 256 << 10, /* of a full block, about; one row may need more */
    UHN_BLOCK_HEADER = 48,       /* with LMDB's 16 bytes in front rows start at a multiple of 64 */
    UHN_BLOCK_LEAST = 4080,      /* shorter values would not get pages of their own, and so no alignment */
};

/* One record of 256 bytes. */
typedef struct uhn_meta {
    uhn_storage storage;
    size_t dim, value_dim; /* value_dim 0: P = M */
    uint64_t capacity;     /* rows of a full block */
    uint64_t rows;
    uint64_t next_id, next_block, next_record; /* all there are, are below */
    char similarity[UHN_STORE_TEXT_MAX];       /* "": none was named */
} uhn_meta;

/* What the directory says of a block. */
typedef struct uhn_entry {
    uint32_t rows, crc;
    uhn_range range;
    uint64_t record; /* where its bytes are */
} uhn_entry;

/* Where the parts of a block of `rows` rows begin. */
typedef struct uhn_layout {
    size_t row_bytes, value_bytes; /* of one row */
    size_t values, squares, ids;   /* 0: there are none */
    size_t size;
} uhn_layout;

typedef struct uhn_key {
    uint8_t bytes[8];
} uhn_key;

uhn_key uhn_key_of(uint64_t number);
uint64_t uhn_number_of(const void *key);

void uhn_meta_write(const uhn_meta *meta, uint8_t bytes[UHN_META_BYTES]);
/* Checks everything that can be checked without the rows. UHN_ERROR_DAMAGED, UHN_ERROR_UNSUPPORTED (a newer major
 * version, flags that are not known) */
uhn_status uhn_meta_read(const char *path, const void *record, size_t size, uhn_meta *meta);

/* Fills in `capacity`. UHN_ERROR_ARGUMENT: dim 0, or rows larger than a block can be. */
uhn_status uhn_meta_shape(uhn_meta *meta);

uhn_layout uhn_layout_of(const uhn_meta *meta, size_t rows);

void uhn_entry_write(const uhn_entry *entry, uint8_t bytes[UHN_ENTRY_BYTES]);
bool uhn_entry_read(const void *record, size_t size, uhn_entry *entry);

/* Writes the header of block `number` to `block`. */
void uhn_block_head(const uhn_meta *meta, uint64_t number, size_t rows, uint8_t *block);

/* Of the block's bytes and of what the entry says of them. */
uint32_t uhn_block_crc(const uhn_entry *entry, const void *block, size_t size);

/* A label is kept as a checksum, of its id and the text, and the text. */
enum { UHN_LABEL_HEAD = 4, UHN_LABEL_BYTES = UHN_LABEL_HEAD + UHN_STORE_LABEL_MAX };
size_t uhn_label_write(uint64_t id, const char *text, uint8_t bytes[UHN_LABEL_BYTES]);
const char *uhn_label_read(uint64_t id, const void *record, size_t size, size_t *length); /* NULL: damaged */

/* Id number `slot`. */
uint64_t uhn_block_id(const uint8_t *block, const uhn_layout *layout, size_t slot);

#endif
