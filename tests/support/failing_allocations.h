/* SPDX-License-Identifier: MIT
 * The k-th allocation of ours fails. For the one source file of a test program that is linked with --wrap
 * (tests/CMakeLists.txt): it defines what the linker puts in the place of the allocator. */
#ifndef UHN_TESTS_FAILING_ALLOCATIONS_H
#define UHN_TESTS_FAILING_ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

static size_t allocations_left; /* 0: all succeed; 1: the next one fails */
static bool has_failed;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's option --wrap chooses these names */
void *__real_uhn_allocate(size_t count, size_t size);
void *__wrap_uhn_allocate(size_t count, size_t size);
void *__real_uhn_allocate_unset(size_t count, size_t size);
void *__wrap_uhn_allocate_unset(size_t count, size_t size);

static bool succeeds(void)
{
    if (allocations_left == 0 || --allocations_left > 0)
        return true;
    has_failed = true;
    return false;
}

void *__wrap_uhn_allocate(size_t count, size_t size)
{
    return succeeds() ? __real_uhn_allocate(count, size) : NULL;
}

void *__wrap_uhn_allocate_unset(size_t count, size_t size)
{
    return succeeds() ? __real_uhn_allocate_unset(count, size) : NULL;
}
/* NOLINTEND(bugprone-reserved-identifier) */

#endif
