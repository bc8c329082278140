/* SPDX-License-Identifier: MIT */
#include "base/random.h"

#include <Random123/philox.h>
#include <math.h>

void uhn_random_words(uint64_t seed, uhn_stream stream, uint64_t a, uint32_t b, uint32_t words[4])
{
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t counter = {{(uint32_t)a, (uint32_t)(a >> 32), b, (uint32_t)stream}};
    philox4x32_ctr_t result = philox4x32(counter, key);
    for (int i = 0; i < 4; i++)
        words[i] = result.v[i];
}

static double uniform_of(uint32_t word)
{
    return (word + 0.5) * 0x1p-32;
}

double uhn_random_uniform(uint64_t seed, uhn_stream stream, uint64_t a, uint32_t b)
{
    uint32_t words[4];
    uhn_random_words(seed, stream, a, b, words);
    return uniform_of(words[0]);
}

double uhn_random_normal(uint64_t seed, uhn_stream stream, uint64_t a, uint32_t b)
{
    static const double two_pi = 6.283185307179586476925;
    uint32_t words[4];
    uhn_random_words(seed, stream, a, b, words);
    return sqrt(-2.0 * log(uniform_of(words[0]))) * cos(two_pi * uniform_of(words[1]));
}
