/* SPDX-License-Identifier: MIT
 * What the machine can do: in-cache peaks of the element steps, bandwidth of reading; and the library's kernels in
 * blocks. */
#include "kernel/kernel.h"
#include "peak.h"
#include "shim.h"

#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The rows of bench_step(): how a pass stores its coordinates, and how large they may be. */
typedef struct step_row {
    const char *name;
    uhn_pass pass;
    unsigned bits;  /* a coordinate takes */
    unsigned bound; /* of integers: below this; 0: floats in 0 … 1 */
} step_row;

static const step_row step_rows[] = {
    {"multiply", UHN_PASS_MULTIPLY, 32, 0},
    {"split multiply", UHN_PASS_SPLIT_MULTIPLY, 32, 0},
    {"maximum", UHN_PASS_MAXIMUM, 32, 0},
    {"squared difference", UHN_PASS_SQUARED_DIFFERENCE, 32, 0},
    {"absolute difference", UHN_PASS_ABSOLUTE_DIFFERENCE, 32, 0},
    {"mean logarithm", UHN_PASS_MEAN_LOGARITHM, 32, 0},
    {"uint8 multiply", UHN_PASS_UINT8_MULTIPLY, 8, 256},
    {"uint8 difference", UHN_PASS_UINT8_DIFFERENCE, 8, 256},
    {"int16 maximum", UHN_PASS_INT16_MAXIMUM, 16, 32768},
    {"bit mismatch", UHN_PASS_BIT_MISMATCH, 1, 256},
    {"table", UHN_PASS_TABLE, 8, 16},
    {"table of bytes", UHN_PASS_TABLE_BYTES, 8, 16},
};

enum { STEPS = sizeof step_rows / sizeof *step_rows };

const char *bench_step_name(size_t index)
{
    return index < STEPS ? step_rows[index].name : NULL;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Any numbers, the same in every run. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void fill_floats(float *values, size_t count, uint32_t *state)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(next_random(state) % 4096 + 1) / 4096.0f;
}

/* ------------------------------------------------------------------------------------------------ peaks */

static const peak_step *peak_table(void)
{
#if defined(__x86_64__)
    /* The compiler's checks ask for the operating system's support as well. */
    if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vpopcntdq") &&
        __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq"))
        return peak_steps_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return peak_steps_avx2;
#endif
    return peak_steps_portable;
}

static const peak_step *find_in(const peak_step *step, const char *name)
{
    for (; step->name; step++)
        if (strcmp(step->name, name) == 0)
            return step;
    return NULL;
}

static const peak_step *find_peak(const char *name)
{
    const peak_step *found = find_in(peak_table(), name);
#if defined(__x86_64__)
    /* Matrix registers have to be asked for, which the library does where it uses them. */
    if (!found && uhn_kernels_in_use()->pass[UHN_PASS_SPLIT_MULTIPLY])
        found = find_in(peak_steps_amx, name);
#endif
    return found;
}

/* One thread's tiles a second. */
static double run_tiles(peak_tile *tile, double seconds)
{
    const size_t bytes = PEAK_VECTOR_BYTES + PEAK_NUMBER_BYTES + PEAK_SUMS_BYTES;
    float *operands = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    if (!operands)
        return 0.0;
    char *numbers = (char *)operands + PEAK_VECTOR_BYTES, *sums = numbers + PEAK_NUMBER_BYTES;
    uint32_t state = 1;
    fill_floats(operands, (bytes - PEAK_SUMS_BYTES) / sizeof(float), &state);

    enum { BATCH = 200 };
    double best = 0.0;
    const double end = seconds_now() + seconds;
    for (double start = seconds_now(), now; start < end; start = now) {
        for (int i = 0; i < BATCH; i++) {
            tile(operands, numbers, sums);
            __asm__ volatile("" : : "r"(sums) : "memory"); /* every tile is asked for */
        }
        now = seconds_now();
        if (BATCH / (now - start) > best)
            best = BATCH / (now - start);
    }
    free(operands);
    return best;
}

double bench_peak(size_t index, int threads, double seconds)
{
    const peak_step *step = index < STEPS ? find_peak(step_rows[index].name) : NULL;
    if (!step)
        return 0.0;
    double tiles = 0.0;
#pragma omp parallel num_threads(threads) reduction(+ : tiles)
    tiles += run_tiles(step->tile, seconds);
    return tiles * step->pairs;
}

/* ------------------------------------------------------------------------------------------------ kernels */

enum { BLOCK_ROWS = 256, BLOCK_QUERIES = 256 };

/* Rows and queries of one thread, as the engine has them when it calls a pass. */
typedef struct step_block {
    void *data; /* BLOCK_ROWS + BLOCK_QUERIES vectors */
    double *sums;
    const void *rows[BLOCK_ROWS], *queries[BLOCK_QUERIES];
} step_block;

/* Brings vectors of floats, where they lie, into two parts, and the queries among them into packs. */
static bool split_all(step_block *block, size_t dim, size_t vector_bytes)
{
    const uhn_kernels *kernels = uhn_kernels_in_use();
    float *floats = malloc(dim * sizeof *floats);
    char *pack = aligned_alloc(64, UHN_PACK * vector_bytes);
    for (size_t i = 0; floats && i < BLOCK_ROWS + BLOCK_QUERIES; i++) {
        char *vector = (char *)block->data + i * vector_bytes;
        memcpy(floats, vector, dim * sizeof *floats);
        kernels->split(floats, dim, vector);
    }
    for (size_t q = 0; pack && q < BLOCK_QUERIES; q += UHN_PACK) {
        kernels->pack(block->queries + q, UHN_PACK, dim, pack);
        memcpy((char *)block->data + (BLOCK_ROWS + q) * vector_bytes, pack, UHN_PACK * vector_bytes);
    }
    const bool done = floats && pack;
    free(floats);
    free(pack);
    return done;
}

static bool make_block(const step_row *row, size_t dim, uint32_t seed, step_block *block)
{
    const bool split = row->pass == UHN_PASS_SPLIT_MULTIPLY;
    const size_t vector_bytes = split ? uhn_split_bytes(dim) : (dim * row->bits + 511) / 512 * 64;
    const size_t bytes = vector_bytes * (BLOCK_ROWS + BLOCK_QUERIES);
    uint32_t state = seed;
    block->data = aligned_alloc(64, bytes);
    block->sums = malloc(sizeof(double) * BLOCK_ROWS * BLOCK_QUERIES);
    if (!block->data || !block->sums)
        return false;
    if (!row->bound)
        fill_floats(block->data, bytes / sizeof(float), &state);
    else if (row->bits == 16)
        for (size_t i = 0; i < bytes / 2; i++)
            ((int16_t *)block->data)[i] = (int16_t)(next_random(&state) % row->bound);
    else
        for (size_t i = 0; i < bytes; i++)
            ((uint8_t *)block->data)[i] = (uint8_t)(next_random(&state) % row->bound);
    for (size_t i = 0; i < BLOCK_ROWS; i++)
        block->rows[i] = (char *)block->data + i * vector_bytes;
    for (size_t i = 0; i < BLOCK_QUERIES; i++)
        block->queries[i] = (char *)block->data + (BLOCK_ROWS + i) * vector_bytes;
    return !split || split_all(block, dim, vector_bytes);
}

/* One thread's blocks a second; with several threads, each has rows of its own. */
static double run_blocks(const step_row *row, size_t dim, double seconds)
{
    uhn_pass_function *pass = uhn_kernels_in_use()->pass[row->pass];
    uhn_pass_table *table = calloc(1, sizeof *table);
    step_block block = {0};
    double best = 0.0;
    if (pass && table && make_block(row, dim & ~(size_t)7, (uint32_t)omp_get_thread_num() + 1, &block)) {
        for (size_t i = 0; i < 16 * UHN_TABLE_ROWS; i++)
            table->values[i / UHN_TABLE_ROWS][i % UHN_TABLE_ROWS] = (uint16_t)(i % 97);
        for (size_t i = 0; i < 16 * UHN_TABLE_FEW_ROWS; i++)
            table->bytes[i / UHN_TABLE_FEW_ROWS][i % UHN_TABLE_FEW_ROWS] = (uint8_t)(i % 97);
        const double end = seconds_now() + seconds;
        for (double start = seconds_now(), now; start < end; start = now) {
            pass(block.rows, BLOCK_ROWS, block.queries, BLOCK_QUERIES, dim & ~(size_t)7,
                 row->pass == UHN_PASS_TABLE || row->pass == UHN_PASS_TABLE_BYTES ? table : NULL, block.sums,
                 BLOCK_ROWS);
            now = seconds_now();
            if (1.0 / (now - start) > best)
                best = 1.0 / (now - start);
        }
    }
    free(block.data);
    free(block.sums);
    free(table);
    return best;
}

double bench_step(size_t index, size_t dim, int threads, double seconds)
{
    double blocks = 0.0;
    if (index >= STEPS)
        return 0.0;
#pragma omp parallel num_threads(threads) reduction(+ : blocks)
    blocks += run_blocks(&step_rows[index], dim, seconds);
    return blocks * BLOCK_ROWS * BLOCK_QUERIES * (double)(dim & ~(size_t)7);
}

/* ------------------------------------------------------------------------------------------------ bandwidth */

typedef uint64_t wide __attribute__((vector_size(64)));

/* Eight sums of vectors of 64 bytes, which the compiler splits for what the function is compiled for. */
#define READ_ALL                                                                                                       \
    wide sums[8] = {{0}};                                                                                              \
    for (size_t i = 0; i + 8 <= count; i += 8)                                                                         \
        for (size_t j = 0; j < 8; j++)                                                                                 \
            sums[j] += data[i + j];                                                                                    \
    for (size_t j = 1; j < 8; j++)                                                                                     \
        sums[0] += sums[j];                                                                                            \
    return sums[0][0] + sums[0][7]

static uint64_t read_portable(const wide *data, size_t count)
{
    READ_ALL;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static uint64_t read_avx2(const wide *data, size_t count)
{
    READ_ALL;
}

__attribute__((target("avx512f"))) static uint64_t read_avx512(const wide *data, size_t count)
{
    READ_ALL;
}
#endif

typedef uint64_t read_function(const wide *data, size_t count);

static read_function *choose_read(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
        return read_avx512;
    if (__builtin_cpu_supports("avx2"))
        return read_avx2;
#endif
    return read_portable;
}

double bench_bandwidth(size_t bytes, int threads, double seconds)
{
    const size_t part = bytes / (size_t)threads / sizeof(wide); /* vectors for each thread */
    read_function *read = choose_read();
    wide *data = part ? aligned_alloc(64, part * (size_t)threads * sizeof(wide)) : NULL;
    if (!data)
        return 0.0;
    double shortest = INFINITY;
    /* The pages come to lie where the thread that reads them runs. */
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int t = 0; t < threads; t++)
        memset(data + (size_t)t * part, t + 1, part * sizeof(wide));
    const double end = seconds_now() + seconds;
    do {
        uint64_t sum = 0;
        const double start = seconds_now();
#pragma omp parallel for schedule(static) num_threads(threads) reduction(+ : sum)
        for (int t = 0; t < threads; t++)
            sum += read(data + (size_t)t * part, part);
        const double taken = seconds_now() - start;
        __asm__ volatile("" : : "r"(sum)); /* the sum is asked for */
        if (taken < shortest)
            shortest = taken;
    } while (seconds_now() < end);
    free(data);
    return (double)(part * (size_t)threads * sizeof(wide)) / shortest;
}
