/* SPDX-License-Identifier: MIT */
#include "flows.h"

uhn_flow flow_of(const char *similarity, const char *value, const char *memory, const char *integrator)
{
    uhn_flow flow;
    uhn_flow_default(&flow);
    check_ok(uhn_choose_additive(&flow, similarity));
    check_ok(uhn_choose_lagrangian(&flow, UHN_LAYER_VALUE, value));
    check_ok(uhn_choose_lagrangian(&flow, UHN_LAYER_MEMORY, memory));
    check_ok(uhn_choose_integrator(&flow, integrator));
    return flow;
}

uhn_memory *memory_of(const float *rows, size_t count, size_t dim)
{
    uhn_memory *memory = NULL;
    check_ok(uhn_memory_create(UHN_FLOAT32, dim, 0, &memory));
    check_ok(uhn_memory_add(memory, rows, count, 0, NULL, 0));
    return memory;
}

double *random_doubles(test_random *random, size_t count, double scale)
{
    double *values = test_allocate(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = scale * random_normal(random);
    return values;
}
