/* SPDX-License-Identifier: MIT
 * What recalls by divergences find out about rows and keep with the memory. A memory that nobody changes is shared by
 * threads, hence the atomic operations. */
#include "core/memory.h"

#include "base/allocate.h"
#include "base/status.h"

uhn_status uhn_memory_distributions(const uhn_memory *memory, double epsilon, uhn_distribution **rows)
{
    uhn_distributions **place = &((uhn_memory *)(uintptr_t)memory)->distributions; /* what it says stays the same */
    uhn_distributions *kept = __atomic_load_n(place, __ATOMIC_ACQUIRE);
    *rows = NULL;
    if (!kept) {
        size_t bytes;
        uhn_distributions *made = NULL;
        if (uhn_multiply_sizes(memory->count, sizeof *made->rows, &bytes) && bytes <= SIZE_MAX - sizeof *made)
            made = uhn_allocate(1, sizeof *made + bytes);
        if (!made)
            return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for what is known of %zu rows", memory->count);
        made->epsilon = epsilon;
        if (__atomic_compare_exchange_n(place, &kept, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            kept = made;
        else
            uhn_release(made); /* another thread was first */
    }
    if (kept->epsilon == epsilon)
        *rows = kept->rows;
    return UHN_OK;
}

bool uhn_distribution_known(const uhn_distribution *distribution, uhn_distribution *copy)
{
    __atomic_load(&distribution->entropy, &copy->entropy, __ATOMIC_ACQUIRE);
    __atomic_load(&distribution->scale, &copy->scale, __ATOMIC_RELAXED);
    __atomic_load(&distribution->offset, &copy->offset, __ATOMIC_RELAXED);
    return copy->entropy != 0;
}

void uhn_distribution_note(uhn_distribution *distribution, uhn_distribution known)
{
    __atomic_store(&distribution->scale, &known.scale, __ATOMIC_RELAXED);
    __atomic_store(&distribution->offset, &known.offset, __ATOMIC_RELAXED);
    __atomic_store(&distribution->entropy, &known.entropy, __ATOMIC_RELEASE);
}
