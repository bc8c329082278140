/* SPDX-License-Identifier: MIT */
#include "fence.h"
#include "check.h"

#include <sys/mman.h>
#include <unistd.h>

fence make_fence(size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (size + page - 1) / page * page;
    fence f = {.size = whole};
    f.memory = mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(f.memory != MAP_FAILED);
    assert_int_equal(mprotect(f.memory + whole, page, PROT_NONE), 0);
    return f;
}

void remove_fence(fence *f)
{
    munmap(f->memory, f->size + (size_t)sysconf(_SC_PAGESIZE));
    f->memory = NULL;
}

void *before_fence(const fence *f, size_t bytes)
{
    assert_true(bytes <= f->size);
    return f->memory + f->size - bytes;
}
