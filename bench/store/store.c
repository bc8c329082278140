/* SPDX-License-Identifier: MIT
 * What script/bench-store calls: makes a .npy of random rows, and times recalls from a store beside recalls from
 * memory.
 *
 *     uhn-bench-store make FILE ROWS
 *     uhn-bench-store recall STORE */
#include "uhn/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DIM = 784, QUERIES_MAX = 256, ROUNDS = 7, HEADER = 128 };

static int fail(const char *what)
{
    fprintf(stderr, "bench-store: %s: %s\n", what, uhn_error_detail());
    return 1;
}

static void draw_row(uint32_t *state, float *row)
{
    for (size_t i = 0; i < DIM; i++) {
        *state = *state * 1664525u + 1013904223u;
        row[i] = (float)(*state >> 8) * 0x1p-24f;
    }
}

static int make(const char *path, size_t rows)
{
    FILE *file = fopen(path, "wb");
    char header[HEADER];
    uint32_t state = 1;
    float row[DIM];
    if (!file)
        return fail(path);
    memset(header, ' ', sizeof header);
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = HEADER - 10;
    header[9] = 0;
    const int length = snprintf(header + 10, sizeof header - 10,
                                "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %d), }", rows, DIM);
    header[10 + length] = ' ';
    header[HEADER - 1] = '\n';
    bool good = fwrite(header, 1, sizeof header, file) == sizeof header;
    for (size_t i = 0; good && i < rows; i++) {
        draw_row(&state, row);
        good = fwrite(row, sizeof row, 1, file) == 1;
    }
    return fclose(file) == 0 && good ? 0 : fail(path);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

typedef struct recalled {
    float out[QUERIES_MAX * DIM];
    double first, best;
} recalled;

static int once(const uhn_memory *memory, const float *queries, size_t count, const uhn_options *options, bool is_first,
                recalled *to)
{
    const double start = now();
    if (uhn_recall(memory, queries, count, 0, options, to->out, 0, NULL) != UHN_OK)
        return fail("recall");
    const double seconds = now() - start;
    to->first = is_first ? seconds : to->first;
    to->best = is_first || seconds < to->best ? seconds : to->best;
    return 0;
}

/* Rounds take turns, so that both sides see the same machine. */
static int compare(uhn_store *store, const uhn_memory *memory, const float *queries, size_t count,
                   const char *similarity, const char *separation)
{
    static recalled from_memory, from_store;
    uhn_store_view *view;
    uhn_options options;
    uhn_options_default(&options);
    if (uhn_choose_similarity(&options, similarity) != UHN_OK ||
        uhn_choose_separation(&options, separation) != UHN_OK || uhn_store_view_open(store, &view) != UHN_OK)
        return fail("open");
    int code = 0;
    for (int round = 0; code == 0 && round < ROUNDS; round++) {
        code = once(memory, queries, count, &options, round == 0, &from_memory);
        if (code == 0)
            code = once(uhn_store_view_memory(view), queries, count, &options, round == 0, &from_store);
    }
    uhn_store_view_close(view);
    if (code)
        return code;
    if (memcmp(from_memory.out, from_store.out, count * DIM * sizeof(float)) != 0)
        return fail("the answers differ");
    printf("%4zu  %-12s %-16s %9.4f  %9.4f  %9.4f  %6.3f\n", count, similarity, separation, from_memory.best,
           from_store.first, from_store.best, from_store.best / from_memory.best);
    return 0;
}

static int recall(const char *path)
{
    static const char *const choices[][2] = {
        {"manhattan", "softmax:beta=1"}, {"dot", "softmax:beta=1"}, {"cosine", "max"}};
    static const size_t counts[] = {1, 16, QUERIES_MAX};
    static float queries[QUERIES_MAX * DIM];
    uhn_store *store;
    uhn_store_view *view;
    uhn_memory *memory;
    uint32_t state = 99;
    int code = 0;
    if (uhn_store_open(path, &store) != UHN_OK || uhn_store_view_open(store, &view) != UHN_OK)
        return fail(path);
    const uhn_memory *stored = uhn_store_view_memory(view);
    const size_t rows = uhn_memory_count(stored);
    float *copy = malloc(rows * DIM * sizeof *copy);
    for (size_t i = 0; copy && i < rows; i++)
        if (uhn_memory_row(stored, i, copy + i * DIM) != UHN_OK)
            return fail(path);
    uhn_store_view_close(view);
    if (!copy || uhn_memory_borrow(UHN_FLOAT32, copy, rows, DIM, 0, NULL, 0, 0, &memory) != UHN_OK)
        return fail("memory");
    for (size_t i = 0; i < QUERIES_MAX; i++)
        draw_row(&state, queries + i * DIM);
    printf("%zu rows of %d float32, seconds; first: checksums taken\n%4s  %-12s %-16s %9s  %9s  %9s  %6s\n", rows, DIM,
           "Q", "similarity", "separation", "memory", "first", "store", "ratio");
    for (size_t q = 0; code == 0 && q < sizeof counts / sizeof *counts; q++)
        for (size_t c = 0; code == 0 && c < sizeof choices / sizeof *choices; c++)
            code = compare(store, memory, queries, counts[q], choices[c][0], choices[c][1]);
    uhn_memory_destroy(memory);
    free(copy);
    uhn_store_close(store);
    return code;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "make") == 0)
        return make(argv[2], strtoul(argv[3], NULL, 10));
    if (argc == 3 && strcmp(argv[1], "recall") == 0)
        return recall(argv[2]);
    fprintf(stderr, "usage: uhn-bench-store make FILE ROWS | recall STORE\n");
    return 2;
}
