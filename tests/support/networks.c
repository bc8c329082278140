/* SPDX-License-Identifier: MIT */
#include "networks.h"

#include <stdlib.h>
#include <string.h>

float *random_bipolar(test_random *random, size_t count)
{
    float *values = random_binary(random, count);

    for (size_t i = 0; i < count; i++)
        values[i] = 2 * values[i] - 1;
    return values;
}

uhn_memory *borrow(const float *rows, size_t count, size_t dim, const float *values, size_t value_dim)
{
    uhn_memory *memory = NULL;

    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, count, dim, 0, values, value_dim, 0, &memory));
    return memory;
}

uhn_options options_of(const char *preset, size_t dim, size_t steps)
{
    uhn_options options;

    uhn_options_default(&options);
    check_ok(uhn_choose_preset(&options, preset, dim));
    options.steps = steps;
    return options;
}

/* Recalls a batch with a preset. */
void recall(const char *preset, const uhn_memory *memory, const float *queries, size_t count, size_t steps, float *out,
            uhn_report *reports)
{
    uhn_options options = options_of(preset, uhn_memory_dim(memory), steps);

    check_ok(uhn_recall(memory, queries, count, 0, &options, out, 0, reports));
}

double dot(const float *x, const float *y, size_t dim)
{
    double sum = 0;

    for (size_t i = 0; i < dim; i++)
        sum += (double)x[i] * y[i];
    return sum;
}

void flip_share(test_random *random, float *state, size_t dim, double share)
{
    for (size_t i = 0; i < dim; i++)
        if (random_uniform(random) < share)
            state[i] = -state[i];
}

bool remember(void *context, size_t query, size_t step, const float *state, size_t dim)
{
    told *all = context;

    assert_true(all->calls < 64 && dim <= 8);
    all->steps[all->calls] = step;
    all->queries[all->calls] = query;
    memcpy(all->last[all->calls++], state, dim * sizeof *state);
    return true;
}
