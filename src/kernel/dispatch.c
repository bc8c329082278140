/* SPDX-License-Identifier: MIT
 * Which variant of the kernels runs. Compiled without any instruction-set flag. What __builtin_cpu_supports() says
 * includes whether the operating system saves the registers. */
#include "kernel/dispatch.h"

#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

/* Every machine of the architecture runs it. */
#if defined(__aarch64__)
extern const uhn_kernels uhn_kernels_neon;
#define UHN_KERNELS_OF_ALL uhn_kernels_neon
#else
extern const uhn_kernels uhn_kernels_baseline;
#define UHN_KERNELS_OF_ALL uhn_kernels_baseline
#endif

#if defined(__x86_64__)
extern const uhn_kernels uhn_kernels_avx2, uhn_kernels_avx512, uhn_kernels_avx512vnni, uhn_kernels_avx512amx;

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

static bool has_avx512vnni(void)
{
    return has_avx512() && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vpopcntdq") &&
           __builtin_cpu_supports("avx512vbmi");
}

/* Linux gives a process the tiles of AMX only when it asks: signal frames become 8 KiB larger with them, and it refuses
 * where a signal stack of the process is too small for that. The permission holds for all threads, from then on; asking
 * again does no harm. No other system is known to have it. */
static bool may_use_tiles(void)
{
#if defined(__linux__) && defined(SYS_arch_prctl)
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
#else
    return false;
#endif
}

/* Does the operating system save the registers of tiles? For processors that have AVX-512, as only the system's word
 * for that says that there is an instruction to ask with. */
static bool saves_tiles(void)
{
    const uint32_t tiles = 3u << 17;
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & tiles) == tiles;
}

/* The names of these are unknown to __builtin_cpu_supports() of older compilers. */
static bool ask_for_avx512amx(void)
{
    enum { AMX_BF16 = 1 << 22, AMX_TILE = 1 << 24, AVX512_BF16 = 1 << 5 };
    uint32_t a, b, c, d;
    if (!has_avx512vnni() || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & AMX_BF16) || !(d & AMX_TILE) ||
        !__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a & AVX512_BF16))
        return false;
    return saves_tiles() && may_use_tiles();
}

/* Asked once, as it takes a system call, and in a virtual machine instructions that leave it. Asking twice at the same
 * time does no harm. */
static bool has_avx512amx(void)
{
    enum { UNKNOWN, NO, YES };
    static int answer = UNKNOWN;
    int known = __atomic_load_n(&answer, __ATOMIC_RELAXED);
    if (known == UNKNOWN) {
        known = ask_for_avx512amx() ? YES : NO;
        __atomic_store_n(&answer, known, __ATOMIC_RELAXED);
    }
    return known == YES;
}
#endif

static bool always(void)
{
    return true;
}

/* The slowest first. */
static const struct {
    const uhn_kernels *kernels;
    bool (*runs)(void);
} variants[] = {
    {&UHN_KERNELS_OF_ALL, always},
#if defined(__x86_64__)
    {&uhn_kernels_avx2, has_avx2},
    {&uhn_kernels_avx512, has_avx512},
    {&uhn_kernels_avx512vnni, has_avx512vnni},
    {&uhn_kernels_avx512amx, has_avx512amx},
#endif
};

enum { VARIANTS = sizeof variants / sizeof *variants };

const uhn_kernels *uhn_kernels_at(size_t index)
{
    for (size_t i = 0; i < VARIANTS; i++)
        if (variants[i].runs() && index-- == 0)
            return variants[i].kernels;
    return NULL;
}

/* What UHN_ISA names, or NULL. */
static const char *wanted_variant(void)
{
    const char *wanted = secure_getenv("UHN_ISA");
    return wanted && *wanted ? wanted : NULL;
}

/* The variant that UHN_ISA names, else the fastest; *known: is there no UHN_ISA, or a variant of that name? */
static const uhn_kernels *choose(bool *known)
{
    const char *wanted = wanted_variant();
    const uhn_kernels *kernels = NULL, *fastest = NULL;
    *known = !wanted;
    for (size_t i = 0; (kernels = uhn_kernels_at(i)); i++) {
        fastest = kernels;
        if (wanted && strcmp(kernels->isa, wanted) == 0) {
            *known = true;
            return kernels;
        }
    }
    return fastest;
}

/* The choice is the same whoever makes it first, so that it may be made twice. */
const uhn_kernels *uhn_kernels_in_use(void)
{
    static const uhn_kernels *chosen;
    const uhn_kernels *kernels = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
    bool known;
    if (!kernels) {
        kernels = choose(&known);
        __atomic_store_n(&chosen, kernels, __ATOMIC_RELAXED);
    }
    return kernels;
}

uhn_status uhn_kernels_check(void)
{
    char names[64] = "";
    bool known = !wanted_variant();
    if (!known)
        choose(&known);
    if (known)
        return UHN_OK;
    size_t length = 0;
    for (size_t i = 0; uhn_kernels_at(i) && length < sizeof names; i++)
        length +=
            (size_t)snprintf(names + length, sizeof names - length, "%s%s", i ? ", " : "", uhn_kernels_at(i)->isa);
    return uhn_fail(UHN_ERROR_NAME, "UHN_ISA=%s is not an instruction set that this machine runs: %s", wanted_variant(),
                    names);
}

const char *uhn_isa(void)
{
    return uhn_kernels_in_use()->isa;
}

/* ---- by name */

uhn_step_function *uhn_kernel_step(uhn_step step)
{
    return (unsigned)step < UHN_STEP_COUNT ? uhn_kernels_in_use()->step[step] : NULL;
}

double uhn_kernel_power_difference(const float *x, const float *q, size_t dim, double scale, double order)
{
    return uhn_kernels_in_use()->power_difference(x, q, dim, scale, order);
}

double uhn_kernel_kullback_leibler(const float *x, const float *q, size_t dim, uhn_vector_stat x_map,
                                   uhn_vector_stat q_map)
{
    return uhn_kernels_in_use()->kullback_leibler(x, q, dim, x_map, q_map);
}

double uhn_kernel_jensen_shannon(const float *x, const float *q, size_t dim, uhn_vector_stat x_map,
                                 uhn_vector_stat q_map)
{
    return uhn_kernels_in_use()->jensen_shannon(x, q, dim, x_map, q_map);
}

double uhn_kernel_sum(const float *x, size_t dim)
{
    return uhn_kernels_in_use()->sum(x, dim);
}

double uhn_kernel_absolute_sum(const float *x, size_t dim)
{
    return uhn_kernels_in_use()->absolute_sum(x, dim);
}

void uhn_kernel_accumulate(double *restrict sum, double weight, const float *restrict row, size_t dim)
{
    uhn_kernels_in_use()->accumulate(sum, weight, row, dim);
}

void uhn_kernel_expand_uint8(const uint8_t *restrict bytes, float *restrict values, size_t dim)
{
    uhn_kernels_in_use()->expand_uint8(bytes, values, dim);
}

void uhn_kernel_expand_bits(const uint8_t *restrict bits, float *restrict values, size_t dim)
{
    uhn_kernels_in_use()->expand_bits(bits, values, dim);
}
