/* SPDX-License-Identifier: MIT
 * Memories whose rows lie in blocks of the caller's. A block is asked about when a row of it is first used. Threads
 * that come to it at the same time may all ask: that is cheaper than to wait for one another. */
#include "base/allocate.h"
#include "base/status.h"
#include "core/memory.h"

enum { STRIDE_BITS = 6 }; /* the block is noted for every 64th row */

typedef enum verdict { UNKNOWN, GOOD, REFUSED } verdict;

typedef struct place {
    const uint8_t *rows, *values;
    const double *squares;
    size_t first;
    int verdict;
} place;

struct uhn_blocks {
    uhn_block_check *check;
    void *context;
    size_t refused;  /* a block that was refused; UHN_NO_INDEX: none so far */
    uint32_t *noted; /* of row i << STRIDE_BITS: its block */
    uint8_t *blank;  /* what stands for the rows of such a block */
    place places[];  /* one more than there are blocks */
};

static size_t find(const uhn_blocks *blocks, size_t index)
{
    size_t block = blocks->noted[index >> STRIDE_BITS];
    while (index >= blocks->places[block + 1].first)
        block++;
    return block;
}

/* May the block be used? */
static bool may_use(const uhn_blocks *shared, size_t block)
{
    uhn_blocks *blocks = (uhn_blocks *)(uintptr_t)shared; /* what is noted of a block stays the same */
    int *known = &blocks->places[block].verdict;
    int found = __atomic_load_n(known, __ATOMIC_RELAXED);
    if (__builtin_expect(found != UNKNOWN, 1))
        return found == GOOD;
    found = blocks->check(blocks->context, block) == UHN_OK ? GOOD : REFUSED;
    if (found == REFUSED)
        __atomic_store_n(&blocks->refused, block, __ATOMIC_RELAXED);
    __atomic_store_n(known, found, __ATOMIC_RELAXED);
    return found == GOOD;
}

const uint8_t *uhn_blocks_row(const uhn_memory *memory, size_t index)
{
    const size_t block = find(memory->blocks, index);
    const place *at = &memory->blocks->places[block];
    return may_use(memory->blocks, block) ? at->rows + (index - at->first) * memory->row_stride : memory->blocks->blank;
}

const uint8_t *uhn_blocks_value(const uhn_memory *memory, size_t index)
{
    const size_t block = find(memory->blocks, index);
    const place *at = &memory->blocks->places[block];
    return may_use(memory->blocks, block) ? at->values + (index - at->first) * memory->value_stride
                                          : memory->blocks->blank;
}

const double *uhn_blocks_squares(const uhn_memory *memory, size_t index)
{
    const size_t block = find(memory->blocks, index);
    const place *at = &memory->blocks->places[block];
    return at->squares && may_use(memory->blocks, block) ? &at->squares[index - at->first] : NULL;
}

uhn_status uhn_memory_intact(const uhn_memory *memory, uhn_status status)
{
    if (!memory->blocks)
        return status;
    const size_t refused = __atomic_load_n(&memory->blocks->refused, __ATOMIC_RELAXED);
    /* Asked once more, for the sentence to be this thread's. */
    const uhn_status why = refused == UHN_NO_INDEX ? UHN_OK : memory->blocks->check(memory->blocks->context, refused);
    return why == UHN_OK ? status : why;
}

uhn_status uhn_memory_check_blocks(const uhn_memory *memory)
{
    for (size_t block = 0; memory->blocks && memory->blocks->places[block].first < memory->count; block++)
        if (!may_use(memory->blocks, block))
            break;
    return uhn_memory_intact(memory, UHN_OK);
}

void uhn_blocks_release(uhn_blocks *blocks)
{
    if (!blocks)
        return;
    uhn_release(blocks->noted);
    uhn_release(blocks->blank);
    uhn_release(blocks);
}

/* ---- making */

static uhn_status check_block(const uhn_memory *memory, const uhn_row_block *block, size_t number)
{
    const bool values = block->values || !memory->has_values;
    const bool squares = block->squares || memory->storage != UHN_FLOAT32;
    if (!block->rows || !values || !squares || block->count == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "block %zu has no rows, or something of them is missing", number);
    if (memory->storage == UHN_FLOAT32 && (uintptr_t)block->rows % sizeof(float))
        return uhn_fail(UHN_ERROR_ARGUMENT, "the rows of block %zu are not aligned to %zu bytes", number,
                        sizeof(float));
    if ((uintptr_t)block->values % sizeof(float) || (uintptr_t)block->squares % sizeof(double))
        return uhn_fail(UHN_ERROR_ARGUMENT, "the values or squares of block %zu are not aligned", number);
    return UHN_OK;
}

/* Places, and how many rows there are. */
static uhn_status place_blocks(uhn_memory *memory, const uhn_row_block *given, size_t count)
{
    uhn_status status = UHN_OK;
    size_t rows = 0;
    place *places = memory->blocks->places;
    for (size_t b = 0; b < count; b++) {
        UHN_TRY(check_block(memory, &given[b], b));
        places[b] = (place){given[b].rows, (const uint8_t *)given[b].values, given[b].squares, rows,
                            memory->blocks->check ? UNKNOWN : GOOD};
        if (given[b].count > PTRDIFF_MAX - rows)
            UHN_TRY(uhn_fail(UHN_ERROR_SHAPE, "the blocks have more rows than there can be"));
        rows += given[b].count;
    }
    places[count].first = rows;
    memory->count = memory->capacity = rows;
leave:
    return status;
}

static uhn_status note_places(uhn_memory *memory, size_t count)
{
    uhn_blocks *blocks = memory->blocks;
    const size_t widest = memory->dim > memory->value_dim ? memory->dim : memory->value_dim;
    blocks->noted = uhn_allocate((memory->count >> STRIDE_BITS) + 1, sizeof *blocks->noted);
    blocks->blank = uhn_allocate(widest, sizeof(float));
    if (!blocks->noted || !blocks->blank)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the places of %zu blocks", count);
    for (size_t block = 0, i = 0; i < memory->count; i += (size_t)1 << STRIDE_BITS) {
        while (i >= blocks->places[block + 1].first)
            block++;
        blocks->noted[i >> STRIDE_BITS] = (uint32_t)block;
    }
    return UHN_OK;
}

uhn_status uhn_memory_borrow_blocks(uhn_storage storage, size_t dim, size_t value_dim, const uhn_row_block *blocks,
                                    size_t block_count, const uhn_range *range, uhn_block_check *check, void *context,
                                    uhn_memory **memory)
{
    uhn_memory *made = NULL;
    uhn_status status = UHN_OK;
    size_t bytes;
    if (memory)
        *memory = NULL;
    UHN_TRY(uhn_memory_make(storage, dim, value_dim, memory ? &made : NULL));
    if (!made) /* for the analyser: it is there */
        return UHN_ERROR_ARGUMENT;
    if ((!blocks && block_count) || !range)
        UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "no blocks, or no range of their numbers"));
    if (block_count >= UINT32_MAX || !uhn_multiply_sizes(block_count + 1, sizeof(place), &bytes))
        UHN_TRY(uhn_fail(UHN_ERROR_SHAPE, "%zu blocks are more than there can be", block_count));
    made->blocks = uhn_allocate(1, sizeof *made->blocks + bytes);
    if (!made->blocks)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the places of %zu blocks", block_count));
    made->blocks->check = check;
    made->blocks->context = context;
    made->blocks->refused = UHN_NO_INDEX;
    made->borrowed = true;
    made->low = range->low;
    made->high = range->high;
    made->value_low = range->value_low;
    made->value_high = range->value_high;
    UHN_TRY(place_blocks(made, blocks, block_count));
    UHN_TRY(note_places(made, block_count));
    *memory = made;
    return UHN_OK;
leave:
    uhn_memory_destroy(made);
    return status;
}
