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

void *uhn_allocate(size_t count, size_t size)
{
    size_t bytes;
    if (!uhn_multiply_sizes(count, size, &bytes) || bytes > PTRDIFF_MAX - UHN_ALIGNMENT)
        return NULL;
    bytes = uhn_align_size(bytes ? bytes : 1);
    void *block = aligned_alloc(UHN_ALIGNMENT, bytes);
    return block ? memset(block, 0, bytes) : NULL;
}

void uhn_release(void *block)
{
    free(block);
}
