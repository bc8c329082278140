/* SPDX-License-Identifier: MIT
 * Arrays that end where the memory ends: reading or writing past them is a fault, even by instructions that no
 * sanitizer sees. */
#ifndef UHN_TESTS_SUPPORT_FENCE_H
#define UHN_TESTS_SUPPORT_FENCE_H

#include <stddef.h>

typedef struct fence {
    char *memory;
    size_t size; /* what may be used, before the page that may not be touched */
} fence;

fence make_fence(size_t size);
void remove_fence(fence *f);

/* The last `bytes` before the fence. The array begins at any address that is a multiple of what `bytes` is one of. */
void *before_fence(const fence *f, size_t bytes);

#endif
