/* SPDX-License-Identifier: MIT */
#include "base/allocate.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool uhn_multiply_sizes(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

size_t uhn_align_size(size_t size)
{
    return size > SIZE_MAX - (UHN_ALIGNMENT - 1) ? 0 : (size + UHN_ALIGNMENT - 1) & ~(size_t)(UHN_ALIGNMENT - 1);
}

/* What calloc() or malloc() gave is kept in front of the aligned block; free() needs it. */
static void *allocate(size_t count, size_t size, bool zeroed)
{
    size_t bytes;
    if (!uhn_multiply_sizes(count, size, &bytes) || bytes > PTRDIFF_MAX - UHN_ALIGNMENT)
        return NULL;
    bytes += UHN_ALIGNMENT;
    uint8_t *given = zeroed ? calloc(1, bytes) : malloc(bytes);
    if (!given)
        return NULL;
    uint8_t *block = given + UHN_ALIGNMENT - (uintptr_t)given % UHN_ALIGNMENT;
    memcpy(block - sizeof given, &given, sizeof given);
    return block;
}

/* Large blocks are fresh pages, which cost nothing until they are touched. */
void *uhn_allocate(size_t count, size_t size)
{
    return allocate(count, size, true);
}

void *uhn_allocate_unset(size_t count, size_t size)
{
    return allocate(count, size, false);
}

void uhn_release(void *block)
{
    uint8_t *given;
    if (!block)
        return;
    memcpy(&given, (uint8_t *)block - sizeof given, sizeof given);
    free(given);
}
