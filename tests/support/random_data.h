/* SPDX-License-Identifier: MIT
 * Seeded random data for tests, of its own (SplitMix64), so that no test leans on the library's generator. */
#ifndef UHN_TESTS_SUPPORT_RANDOM_DATA_H
#define UHN_TESTS_SUPPORT_RANDOM_DATA_H

#include <stddef.h>
#include <stdint.h>

typedef struct test_random {
    uint64_t state;
} test_random;

uint64_t random_bits(test_random *random);
size_t random_below(test_random *random, size_t bound); /* 0 … bound − 1 */
double random_uniform(test_random *random);             /* [0, 1) */
double random_normal(test_random *random);

/* Fresh arrays, the caller's to free(): uniform in [0, 1) with some exact zeros; standard normal; 0 or 1. */
float *random_positive(test_random *random, size_t count);
float *random_signed(test_random *random, size_t count);
float *random_binary(test_random *random, size_t count);
uint8_t *random_bytes(test_random *random, size_t count);

#endif
