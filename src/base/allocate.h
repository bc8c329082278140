/* SPDX-License-Identifier: MIT
 * The one door to the heap: aligned, checked for overflow, and the place where tests make the k-th allocation fail. */
#ifndef UHN_BASE_ALLOCATE_H
#define UHN_BASE_ALLOCATE_H

#include <stdbool.h>
#include <stddef.h>

enum { UHN_ALIGNMENT = 64 }; /* a cache line, and the widest vector */

/* a · b in *product; false when it does not fit. */
bool uhn_multiply_sizes(size_t a, size_t b, size_t *product);

/* size rounded up to a multiple of UHN_ALIGNMENT; 0 when that does not fit. */
size_t uhn_align_size(size_t size);

/* count · size zeroed bytes, aligned to UHN_ALIGNMENT. NULL when they cannot be had or their number overflows;
 * never NULL for 0 bytes. Free with uhn_release(). */
void *uhn_allocate(size_t count, size_t size);
/* The same, not zeroed, for what is written before it is read. */
void *uhn_allocate_unset(size_t count, size_t size);
void uhn_release(void *block);

#endif
