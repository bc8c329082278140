/* SPDX-License-Identifier: MIT */
#include "base/allocate.h"
#include "base/random.h"
#include "base/status.h"
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TABLE_BINS = 16 };

static const double round_seconds = 0.02; /* a round repeats what takes less */

/* What one workload needs; all of it is freed at its end. */
typedef struct bench_room {
    void *rows;               /* N × D in the storage */
    float *queries, *answers; /* Q × D */
    float values[TABLE_BINS * TABLE_BINS];
    uhn_table table;
    uhn_memory *memory;
} bench_room;

uhn_status bench_choose(bench_workload *workload, int threads, const char **option)
{
    uhn_options_default(&workload->options);
    workload->options.threads = threads;
    *option = "similarity";
    uhn_status status = uhn_choose_similarity(&workload->options, workload->similarity);
    if (status != UHN_OK)
        return status;
    *option = "separation";
    return uhn_choose_separation(&workload->options, workload->separation);
}

/* ------------------------------------------------------------------------------------------------ numbers */

/* 16 random bytes, those of one block of a row. */
static void draw(uint64_t row, size_t block, uint8_t bytes[16])
{
    uint32_t words[4];
    uhn_random_words(1, UHN_STREAM_BENCH, row, (uint32_t)block, words);
    memcpy(bytes, words, sizeof words);
}

/* Row number `row` in its storage. Where `binary`, its numbers are 0 and 1. */
static void make_row(const bench_workload *workload, bool binary, size_t row, void *place)
{
    uint8_t bytes[16];
    for (size_t i = 0; i < workload->dim; i++) {
        if (i % 16 == 0)
            draw(row, i / 16, bytes);
        const uint8_t byte = bytes[i % 16];
        const bool bit = byte & 1;
        if (workload->storage == UHN_FLOAT32)
            ((float *)place)[i] = binary ? (float)bit : (float)byte / 255.0f;
        else if (workload->storage == UHN_UINT8)
            ((uint8_t *)place)[i] = binary ? (uint8_t)(bit * 255) : byte;
        else if (bit)
            ((uint8_t *)place)[i / 8] |= (uint8_t)(0x80u >> i % 8);
    }
}

/* Query number `query`: a stored row, a quarter of whose numbers are others. */
static uhn_status make_query(const bench_workload *workload, const bench_room *room, bool binary, size_t query)
{
    uint8_t bytes[16];
    float *place = room->queries + query * workload->dim;
    const size_t row = query * 7919 % workload->stored;
    const uhn_status status = uhn_memory_row(room->memory, row, place);
    for (size_t i = 0; status == UHN_OK && i < workload->dim; i++) {
        if (i % 8 == 0)
            draw(workload->stored + query, i / 8, bytes);
        const uint8_t choice = bytes[2 * (i % 8)], byte = bytes[2 * (i % 8) + 1];
        if (choice < 64)
            place[i] = binary ? (float)(byte & 1) : (float)byte / 255.0f;
    }
    return status;
}

/* The scores −|x − q| at the resolution of the bins, for the similarity `table`. */
static void make_table(bench_room *room)
{
    for (int i = 0; i < TABLE_BINS; i++)
        for (int j = 0; j < TABLE_BINS; j++)
            room->values[i * TABLE_BINS + j] = (float)-abs(i - j) / TABLE_BINS;
    room->table = (uhn_table){.values = room->values, .rows = TABLE_BINS, .columns = TABLE_BINS};
}

static uhn_status make_room(bench_workload *workload, bench_room *room)
{
    const bool binary = workload->storage == UHN_BITS || strcmp(workload->options.similarity->name, "hamming") == 0;
    const size_t row_bytes = uhn_row_bytes(workload->storage, workload->dim);
    size_t numbers;
    if (!row_bytes || !uhn_multiply_sizes(workload->queries, workload->dim, &numbers))
        numbers = SIZE_MAX; /* which the allocator refuses */
    room->queries = uhn_allocate(numbers, sizeof(float));
    if (room->queries)
        room->answers = uhn_allocate(numbers, sizeof(float));
    if (room->answers)
        room->rows = uhn_allocate(workload->stored, row_bytes);
    if (!room->rows)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "out of memory for %zu memories and %zu queries of %zu numbers",
                        workload->stored, workload->queries, workload->dim);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < workload->stored; i++)
        make_row(workload, binary, i, (char *)room->rows + i * row_bytes);
    uhn_status status =
        uhn_memory_borrow(workload->storage, room->rows, workload->stored, workload->dim, 0, NULL, 0, 0, &room->memory);
    for (size_t i = 0; status == UHN_OK && i < workload->queries; i++)
        status = make_query(workload, room, binary, i);
    make_table(room);
    workload->options.similarity_context = &room->table;
    return status;
}

static void free_room(bench_room *room)
{
    uhn_memory_destroy(room->memory);
    uhn_release(room->rows);
    uhn_release(room->queries);
    uhn_release(room->answers);
}

/* ------------------------------------------------------------------------------------------------ time */

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Seconds that a recall takes, the mean of `repeats`. */
static uhn_status time_recalls(const bench_workload *workload, const bench_room *room, size_t repeats, double *seconds)
{
    uhn_status status = UHN_OK;
    const double start = seconds_now();
    for (size_t i = 0; status == UHN_OK && i < repeats; i++)
        status =
            uhn_recall(room->memory, room->queries, workload->queries, 0, &workload->options, room->answers, 0, NULL);
    *seconds = (seconds_now() - start) / (double)repeats;
    return status;
}

static int compare_numbers(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static uhn_status time_rounds(bench_workload *workload, const bench_room *room, size_t rounds)
{
    double seconds[BENCH_ROUNDS_MAX], warm;
    uhn_status status = time_recalls(workload, room, 1, &warm);
    if (status == UHN_OK)
        status = time_recalls(workload, room, 1, &warm);
    const size_t repeats = warm < round_seconds ? (size_t)ceil(round_seconds / fmax(warm, 1e-7)) : 1;
    for (size_t i = 0; status == UHN_OK && i < rounds; i++)
        status = time_recalls(workload, room, repeats, &seconds[i]);
    if (status != UHN_OK)
        return status;
    qsort(seconds, rounds, sizeof *seconds, compare_numbers);
    workload->minimum = seconds[0];
    workload->median = (seconds[(rounds - 1) / 2] + seconds[rounds / 2]) / 2;
    workload->maximum = seconds[rounds - 1];
    return UHN_OK;
}

uhn_status bench_run(bench_workload *workload, size_t rounds)
{
    bench_room room = {0};
    uhn_status status = make_room(workload, &room);
    if (status == UHN_OK)
        status = time_rounds(workload, &room, rounds);
    workload->options.similarity_context = NULL;
    free_room(&room);
    return status;
}
