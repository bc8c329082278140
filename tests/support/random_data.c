/* SPDX-License-Identifier: MIT */
#include "random_data.h"

#include <math.h>

#include "check.h"

uint64_t random_bits(test_random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15U;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

size_t random_below(test_random *random, size_t bound)
{
    return (size_t)(random_bits(random) % bound);
}

double random_uniform(test_random *random)
{
    return (double)(random_bits(random) >> 11) * 0x1p-53;
}

double random_normal(test_random *random)
{
    double radius = sqrt(-2 * log1p(-random_uniform(random)));

    return radius * cos(2 * 3.14159265358979323846 * random_uniform(random));
}

float *random_positive(test_random *random, size_t count)
{
    float *values = test_allocate(count, sizeof *values);

    for (size_t i = 0; i < count; i++)
        values[i] = random_below(random, 8) == 0 ? 0.0F : (float)random_uniform(random);
    return values;
}

float *random_signed(test_random *random, size_t count)
{
    float *values = test_allocate(count, sizeof *values);

    for (size_t i = 0; i < count; i++)
        values[i] = (float)random_normal(random);
    return values;
}

float *random_binary(test_random *random, size_t count)
{
    float *values = test_allocate(count, sizeof *values);

    for (size_t i = 0; i < count; i++)
        values[i] = (float)(random_bits(random) >> 63);
    return values;
}

uint8_t *random_bytes(test_random *random, size_t count)
{
    uint8_t *values = test_allocate(count, 1);

    for (size_t i = 0; i < count; i++)
        values[i] = (uint8_t)(random_bits(random) >> 56);
    return values;
}
