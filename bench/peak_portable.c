/* SPDX-License-Identifier: MIT
 * Tiles in vectors of 16 bytes, which every architecture has; the compiler chooses the instructions. */
#include "peak.h"

#include <stdint.h>

enum { QUERIES = 4, VECTORS = 2, ACCUMULATORS = QUERIES * VECTORS };

typedef float floats __attribute__((vector_size(16)));
typedef int32_t words __attribute__((vector_size(16)));

#define TILE(name, statement)                                                                                          \
    static void name(const void *vectors, const void *numbers, void *sums)                                             \
    {                                                                                                                  \
        const floats *rows = vectors;                                                                                  \
        floats acc[QUERIES][VECTORS] = {{{0}}};                                                                        \
        for (int k = 0; k < PEAK_DEPTH; k++)                                                                           \
            _Pragma("GCC unroll 8") for (int j = 0; j < QUERIES; j++)                                                  \
            {                                                                                                          \
                const float number = ((const float *)numbers)[k * QUERIES + j];                                        \
                const floats q = {number, number, number, number};                                                     \
                _Pragma("GCC unroll 8") for (int v = 0; v < VECTORS; v++)                                              \
                {                                                                                                      \
                    const floats x = rows[k * VECTORS + v];                                                            \
                    statement;                                                                                         \
                }                                                                                                      \
            }                                                                                                          \
        for (int j = 0; j < QUERIES; j++)                                                                              \
            for (int v = 0; v < VECTORS; v++)                                                                          \
                ((floats *)sums)[j * VECTORS + v] = acc[j][v];                                                         \
    }

TILE(multiply, acc[j][v] += x * q)
TILE(maximum, acc[j][v] += (floats)(((words)x & (x > q)) | ((words)q & ~(x > q))))
TILE(squared_difference, const floats d = x - q; acc[j][v] += d * d)
TILE(absolute_difference, acc[j][v] += (floats)((words)(x - q) & 0x7fffffff))

#define TILE_OF(per_vector) ((double)PEAK_DEPTH * ACCUMULATORS * (per_vector))

/* Steps on integers and logarithms have no form of their own here. */
const peak_step peak_steps_portable[] = {
    {"multiply", multiply, TILE_OF(4)},
    {"maximum", maximum, TILE_OF(4)},
    {"squared difference", squared_difference, TILE_OF(4)},
    {"absolute difference", absolute_difference, TILE_OF(4)},
    {0},
};
