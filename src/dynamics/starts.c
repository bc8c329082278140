/* SPDX-License-Identifier: MIT
 * Random starts of flows. */
#include "base/allocate.h"
#include "base/random.h"
#include "base/status.h"
#include "core/memory.h"
#include "uhn/dynamics.h"

#include <math.h>

/* A law sees two numbers of each coordinate. */
typedef struct span {
    double from, size; /* low and width; mean and deviation */
} span;

static void measure_box(const uhn_memory *memory, float *room, span *spans)
{
    for (size_t m = 0; m < memory->count; m++) {
        const float *row = uhn_memory_expand(memory, m, room);
        for (size_t i = 0; i < memory->dim; i++) { /* `size` is the highest until the end */
            spans[i].from = m ? fmin(spans[i].from, row[i]) : row[i];
            spans[i].size = m ? fmax(spans[i].size, row[i]) : row[i];
        }
    }
    for (size_t i = 0; i < memory->dim; i++)
        spans[i].size -= spans[i].from;
}

/* Welford's recurrence. */
static void measure_gaussian(const uhn_memory *memory, float *room, span *spans)
{
    for (size_t m = 0; m < memory->count; m++) {
        const float *row = uhn_memory_expand(memory, m, room);
        for (size_t i = 0; i < memory->dim; i++) {
            const double away = row[i] - spans[i].from;
            spans[i].from += away / (double)(m + 1);
            spans[i].size += away * (row[i] - spans[i].from);
        }
    }
    for (size_t i = 0; i < memory->dim; i++)
        spans[i].size = sqrt(spans[i].size / (double)memory->count);
}

static const struct {
    void (*measure)(const uhn_memory *memory, float *room, span *spans);
    double (*draw)(uint64_t seed, uhn_stream stream, uint64_t a, uint32_t b);
} laws[UHN_STARTS_COUNT] = {
    [UHN_STARTS_BOX] = {measure_box, uhn_random_uniform},
    [UHN_STARTS_GAUSSIAN] = {measure_gaussian, uhn_random_normal},
};

uhn_status uhn_draw_starts(const uhn_memory *memory, uhn_start_law law, uint64_t seed, size_t count, float *starts)
{
    if (!memory || memory->count == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "the memory is empty");
    if ((unsigned)law >= UHN_STARTS_COUNT)
        return uhn_fail(UHN_ERROR_ARGUMENT, "the law of the starts is not in its list");
    if (!starts && count)
        return uhn_fail(UHN_ERROR_ARGUMENT, "starts: no array was given");
    const size_t dim = memory->dim;
    float *room = uhn_allocate(dim, sizeof *room);
    span *spans = uhn_allocate(dim, sizeof *spans);
    const bool made = room && spans;
    if (made) {
        laws[law].measure(memory, room, spans);
        for (size_t start = 0; start < count; start++)
            for (size_t i = 0; i < dim; i++)
                starts[start * dim + i] =
                    (float)(spans[i].from +
                            spans[i].size * laws[law].draw(seed, UHN_STREAM_STARTS, start, (uint32_t)i));
    }
    uhn_release(room);
    uhn_release(spans);
    return made ? uhn_memory_intact(memory, UHN_OK)
                : uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the spans of %zu coordinates", dim);
}
