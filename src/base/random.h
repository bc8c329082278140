/* SPDX-License-Identifier: MIT
 * Random numbers by counter (Philox 4×32, Random123; Salmon et al., SC 2011): the number at a place depends on the
 * key and the place alone, so any order, thread count or subset of draws gives the same numbers. */
#ifndef UHN_BASE_RANDOM_H
#define UHN_BASE_RANDOM_H

#include <stdint.h>

/* What the numbers are for, so that two uses of one seed do not share them. */
typedef enum uhn_stream {
    UHN_STREAM_SDM_ADDRESSES = 1,
    UHN_STREAM_NEURON_ORDER,
    UHN_STREAM_CORRUPTION,
    UHN_STREAM_GLYPHS,
    UHN_STREAM_BENCH,
    UHN_STREAM_CELL, /* the seed of an experiment's cell */
    UHN_STREAM_SAMPLE,
    UHN_STREAM_STARTS, /* of flows */
    UHN_STREAM_KICKS,  /* of fixed points, to see whether they are stable */
} uhn_stream;

/* Four words for (seed, stream, a, b). */
void uhn_random_words(uint64_t seed, uhn_stream stream, uint64_t a, uint32_t b, uint32_t words[4]);

/* Uniform in (0, 1), 32 bits of it, never 0 or 1. */
double uhn_random_uniform(uint64_t seed, uhn_stream stream, uint64_t a, uint32_t b);

/* Standard normal (Box–Muller). */
double uhn_random_normal(uint64_t seed, uhn_stream stream, uint64_t a, uint32_t b);

#endif
