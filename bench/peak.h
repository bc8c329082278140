/* SPDX-License-Identifier: MIT
 * How fast this machine does an element step when nothing else is in the way: a register tile of accumulators, its
 * operands in the first-level cache. Written apart from the kernels of the library, to have something to measure them
 * against. */
#ifndef UHN_BENCH_PEAK_H
#define UHN_BENCH_PEAK_H

#include <stddef.h>

/* Operands of a tile: PEAK_DEPTH steps, each of at most 3 vectors of 64 bytes and 16 numbers of 8 bytes. */
enum { PEAK_DEPTH = 128, PEAK_VECTOR_BYTES = PEAK_DEPTH * 3 * 64, PEAK_NUMBER_BYTES = PEAK_DEPTH * 16 * 8 };

/* Runs a tile once: `vectors` stand for rows, `numbers` for queries; the sums go to `sums` (PEAK_SUMS_BYTES). */
enum { PEAK_SUMS_BYTES = 32 * 64 };
typedef void peak_tile(const void *vectors, const void *numbers, void *sums);

typedef struct peak_step {
    const char *name; /* as the pass of the library that does this */
    peak_tile *tile;
    double pairs; /* of coordinates, in one tile */
} peak_step;

/* One table for each instruction set, ended by a row without a name. */
extern const peak_step peak_steps_portable[];
#if defined(__x86_64__)
extern const peak_step peak_steps_avx2[], peak_steps_avx512[], peak_steps_amx[];
#endif

#endif
