/* SPDX-License-Identifier: MIT
 * Tiles of 32 rows × 32 queries, in the matrix registers of AMX: floats split in two bfloat16, and three products of
 * these for each product of floats. */
#include "peak.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

#define TARGET __attribute__((target("amx-tile,amx-bf16")))

/* A matrix register has 16 rows of 64 bytes; 32 coordinates of 32 vectors are two of them for each part. */
enum { MATRIX_BYTES = 1024, STEP_BYTES = 4 * MATRIX_BYTES, STEPS = 4, TIMES = 8 };

typedef struct shapes {
    uint8_t palette, start, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} shapes;

/* Two matrices of rows, two of queries, four products: in one part of each. */
#define LOAD_ROWS(at)                                                                                                  \
    do {                                                                                                               \
        _tile_loadd(4, at, 64);                                                                                        \
        _tile_loadd(5, (at) + MATRIX_BYTES, 64);                                                                       \
    } while (0)
#define LOAD_QUERIES(at)                                                                                               \
    do {                                                                                                               \
        _tile_loadd(6, at, 64);                                                                                        \
        _tile_loadd(7, (at) + MATRIX_BYTES, 64);                                                                       \
    } while (0)
#define MULTIPLY                                                                                                       \
    do {                                                                                                               \
        _tile_dpbf16ps(0, 4, 6);                                                                                       \
        _tile_dpbf16ps(1, 4, 7);                                                                                       \
        _tile_dpbf16ps(2, 5, 6);                                                                                       \
        _tile_dpbf16ps(3, 5, 7);                                                                                       \
    } while (0)

TARGET static void split_multiply(const void *vectors, const void *numbers, void *sums)
{
    shapes each = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        each.row_bytes[i] = 64;
        each.rows[i] = 16;
    }
    _tile_loadconfig(&each);
    for (int time = 0; time < TIMES; time++)
        for (int step = 0; step < STEPS; step++) {
            const char *rows = (const char *)vectors + step * STEP_BYTES;
            const char *queries = (const char *)numbers + step * STEP_BYTES;
            LOAD_ROWS(rows);
            LOAD_QUERIES(queries);
            MULTIPLY;
            LOAD_QUERIES(queries + 2 * MATRIX_BYTES);
            MULTIPLY;
            LOAD_ROWS(rows + 2 * MATRIX_BYTES);
            LOAD_QUERIES(queries);
            MULTIPLY;
        }
    _tile_stored(0, sums, 64);
    _tile_release();
}

const peak_step peak_steps_amx[] = {
    {"split multiply", split_multiply, 32.0 * 32 * 32 * STEPS *TIMES},
    {0},
};

#endif
