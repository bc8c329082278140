/* SPDX-License-Identifier: MIT */
#include "store/format.h"

#include "base/status.h"
#include "kernel/crc32c.h"

#include <endian.h>
#include <string.h>

static const char meta_magic[8] = {'U', 'H', 'N', 'S', 'T', 'O', 'R', 'E'};
static const char block_magic[8] = {'U', 'H', 'N', 'B', 'L', 'O', 'C', 'K'};
static const uint32_t endianness = 0x01020304;

enum { ROW_BYTES_MAX = 1 << 30, META_CRC = UHN_META_BYTES - 4 };

static void put32(uint8_t *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof value);
}

static void put64(uint8_t *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof value);
}

static void put_float(uint8_t *at, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put32(at, bits);
}

static uint32_t get32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return le32toh(value);
}

static uint64_t get64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return le64toh(value);
}

static float get_float(const uint8_t *at)
{
    const uint32_t bits = get32(at);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

uhn_key uhn_key_of(uint64_t number)
{
    uhn_key key;
    number = htobe64(number);
    memcpy(key.bytes, &number, sizeof key.bytes);
    return key;
}

uint64_t uhn_number_of(const void *key)
{
    uint64_t number;
    memcpy(&number, key, sizeof number);
    return be64toh(number);
}

/* ---- the meta record */

void uhn_meta_write(const uhn_meta *meta, uint8_t bytes[UHN_META_BYTES])
{
    memset(bytes, 0, UHN_META_BYTES);
    memcpy(bytes, meta_magic, sizeof meta_magic);
    put32(bytes + 8, UHN_STORE_MAJOR | (uint32_t)UHN_STORE_MINOR << 16);
    memcpy(bytes + 12, &endianness, sizeof endianness); /* as this machine has it: rows lie as they are */
    put32(bytes + 16, (uint32_t)meta->storage);
    put64(bytes + 24, meta->dim); /* 20: flags, none so far */
    put64(bytes + 32, meta->value_dim);
    put64(bytes + 40, meta->capacity);
    put64(bytes + 48, meta->rows);
    put64(bytes + 56, meta->next_id);
    put64(bytes + 64, meta->next_block);
    put64(bytes + 72, meta->next_record);
    memcpy(bytes + 80, meta->similarity, UHN_STORE_TEXT_MAX - 1);
    put32(bytes + META_CRC, uhn_crc32c(0, bytes, META_CRC));
}

uhn_status uhn_meta_shape(uhn_meta *meta)
{
    const size_t row_bytes = uhn_row_bytes(meta->storage, meta->dim);
    const size_t value_bytes = meta->value_dim ? uhn_row_bytes(UHN_FLOAT32, meta->value_dim) : 0;
    if ((unsigned)meta->storage >= UHN_STORAGE_COUNT || meta->dim == 0 || row_bytes == 0 || row_bytes > ROW_BYTES_MAX ||
        (meta->value_dim && value_bytes == 0) || value_bytes > ROW_BYTES_MAX)
        return uhn_fail(UHN_ERROR_ARGUMENT,
                        "rows of %zu and values of %zu numbers: a store takes at least 1, and at most %d bytes a row",
                        meta->dim, meta->value_dim, ROW_BYTES_MAX);
    const size_t each = row_bytes + value_bytes + sizeof(double) + sizeof(uint64_t);
    const size_t fitting = (UHN_BLOCK_BYTES - 16 - UHN_BLOCK_HEADER - 3 * 64) / each;
    meta->capacity = fitting ? fitting : 1;
    return UHN_OK;
}

uhn_status uhn_meta_read(const char *path, const void *record, size_t size, uhn_meta *meta)
{
    const uint8_t *bytes = record;
    if (size < 16 || memcmp(bytes, meta_magic, sizeof meta_magic) != 0)
        return uhn_fail(UHN_ERROR_DAMAGED, "%s: not a store of memories", path);
    if (memcmp(bytes + 12, &endianness, sizeof endianness) != 0)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "%s: written with another order of bytes", path);
    const unsigned major = get32(bytes + 8) & 0xffff, minor = get32(bytes + 8) >> 16;
    if (major > UHN_STORE_MAJOR)
        return uhn_fail(UHN_ERROR_UNSUPPORTED,
                        "%s: a store of version %u.%u, which needs a newer program; this one reads up to %d", path,
                        major, minor, (int)UHN_STORE_MAJOR);
    if (size != UHN_META_BYTES || major != UHN_STORE_MAJOR || get32(bytes + META_CRC) != uhn_crc32c(0, bytes, META_CRC))
        return uhn_fail(UHN_ERROR_DAMAGED, "%s: the description of the store is damaged", path);
    if (get32(bytes + 20) != 0)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "%s: the store uses features that this program does not know", path);
    *meta = (uhn_meta){.storage = (uhn_storage)get32(bytes + 16),
                       .dim = get64(bytes + 24),
                       .value_dim = get64(bytes + 32),
                       .rows = get64(bytes + 48),
                       .next_id = get64(bytes + 56),
                       .next_block = get64(bytes + 64),
                       .next_record = get64(bytes + 72)};
    memcpy(meta->similarity, bytes + 80, UHN_STORE_TEXT_MAX - 1);
    if (uhn_meta_shape(meta) != UHN_OK || meta->rows > PTRDIFF_MAX || get64(bytes + 40) == 0 ||
        get64(bytes + 40) > meta->capacity || meta->next_id > UHN_STORE_IDS)
        return uhn_fail(UHN_ERROR_DAMAGED, "%s: the description of the store contradicts itself", path);
    meta->capacity = get64(bytes + 40);
    return UHN_OK;
}

/* ---- blocks */

/* Rounded up so that with LMDB's 16 bytes, and the header, it is a multiple of `to`. */
static size_t aligned(size_t offset, size_t to)
{
    return (offset + 16 + to - 1) / to * to - 16;
}

uhn_layout uhn_layout_of(const uhn_meta *meta, size_t rows)
{
    uhn_layout layout = {.row_bytes = uhn_row_bytes(meta->storage, meta->dim),
                         .value_bytes = meta->value_dim * sizeof(float)};
    size_t end = UHN_BLOCK_HEADER + rows * layout.row_bytes;
    if (meta->value_dim) {
        layout.values = aligned(end, 64);
        end = layout.values + rows * layout.value_bytes;
    }
    if (meta->storage == UHN_FLOAT32) {
        layout.squares = aligned(end, 64);
        end = layout.squares + rows * sizeof(double);
    }
    layout.ids = aligned(end, sizeof(uint64_t));
    end = layout.ids + rows * sizeof(uint64_t);
    layout.size = end < UHN_BLOCK_LEAST ? UHN_BLOCK_LEAST : end;
    return layout;
}

void uhn_entry_write(const uhn_entry *entry, uint8_t bytes[UHN_ENTRY_BYTES])
{
    memset(bytes, 0, UHN_ENTRY_BYTES);
    put32(bytes, entry->rows);
    put32(bytes + 4, entry->crc);
    put_float(bytes + 8, entry->range.low);
    put_float(bytes + 12, entry->range.high);
    put_float(bytes + 16, entry->range.value_low);
    put_float(bytes + 20, entry->range.value_high);
    put64(bytes + 24, entry->record); /* 32: 8 bytes to spare */
}

bool uhn_entry_read(const void *record, size_t size, uhn_entry *entry)
{
    const uint8_t *bytes = record;
    if (size != UHN_ENTRY_BYTES)
        return false;
    *entry = (uhn_entry){
        .rows = get32(bytes),
        .crc = get32(bytes + 4),
        .range = {get_float(bytes + 8), get_float(bytes + 12), get_float(bytes + 16), get_float(bytes + 20)},
        .record = get64(bytes + 24)};
    return true;
}

void uhn_block_head(const uhn_meta *meta, uint64_t number, size_t rows, uint8_t *block)
{
    memset(block, 0, UHN_BLOCK_HEADER);
    memcpy(block, block_magic, sizeof block_magic);
    put64(block + 8, number);
    put32(block + 16, (uint32_t)rows);
    put32(block + 20, (uint32_t)meta->storage);
    put64(block + 24, meta->dim);
    put64(block + 32, meta->value_dim);
}

uint32_t uhn_block_crc(const uhn_entry *entry, const void *block, size_t size)
{
    uint8_t said[UHN_ENTRY_BYTES];
    uhn_entry_write(entry, said);
    memset(said + 4, 0, 4); /* the checksum itself */
    return uhn_crc32c(uhn_crc32c(0, said, sizeof said), block, size);
}

uint64_t uhn_block_id(const uint8_t *block, const uhn_layout *layout, size_t slot)
{
    return get64(block + layout->ids + slot * sizeof(uint64_t));
}

/* ---- labels */

static uint32_t label_crc(uint64_t id, const void *text, size_t length)
{
    const uhn_key key = uhn_key_of(id);
    return uhn_crc32c(uhn_crc32c(0, &key, sizeof key), text, length);
}

size_t uhn_label_write(uint64_t id, const char *text, uint8_t bytes[UHN_LABEL_BYTES])
{
    const size_t length = strlen(text);
    put32(bytes, label_crc(id, text, length));
    memcpy(bytes + UHN_LABEL_HEAD, text, length);
    return UHN_LABEL_HEAD + length;
}

const char *uhn_label_read(uint64_t id, const void *record, size_t size, size_t *length)
{
    const uint8_t *bytes = record;
    if (size < UHN_LABEL_HEAD || size > UHN_LABEL_BYTES)
        return NULL;
    *length = size - UHN_LABEL_HEAD;
    return get32(bytes) == label_crc(id, bytes + UHN_LABEL_HEAD, *length) ? (const char *)bytes + UHN_LABEL_HEAD : NULL;
}
