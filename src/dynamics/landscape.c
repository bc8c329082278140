/* SPDX-License-Identifier: MIT
 * The effective energy on lines and planes through memories. */
#include "base/allocate.h"
#include "base/status.h"
#include "core/plan.h"
#include "dynamics/attractor.h"
#include "dynamics/system.h"
#include "dynamics/watch.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* ---- slices */

void uhn_slice_free(uhn_slice *slice)
{
    if (!slice)
        return;
    uhn_release(slice->origin);
    uhn_release(slice->basis);
    *slice = (uhn_slice){0};
}

/* Gram–Schmidt for the next memory, twice, since once leaves what rounding has brought in. */
static uhn_status add_axis(uhn_slice *slice, const size_t *indices)
{
    const size_t dim = slice->dim, number = slice->axes + 1;
    double *axis = slice->basis + slice->axes * dim, *place = slice->places[number];
    const double whole = uhn_vector_length(axis, dim);
    for (int pass = 0; pass < 2; pass++)
        for (size_t a = 0; a < slice->axes; a++) {
            const double *earlier = slice->basis + a * dim;
            double along = 0;
            for (size_t i = 0; i < dim; i++)
                along += earlier[i] * axis[i];
            for (size_t i = 0; i < dim; i++)
                axis[i] -= along * earlier[i];
            place[a] += along;
        }
    const double rest = uhn_vector_length(axis, dim);
    if (!(rest > 1e-6 * whole)) {
        if (slice->axes == 0 || whole == 0)
            return uhn_fail(UHN_ERROR_ARGUMENT, "memories %zu and %zu are equal: there is no line between them",
                            indices[0], indices[number]);
        return uhn_fail(UHN_ERROR_ARGUMENT, "memories %zu, %zu and %zu lie on a line: there is no plane through them",
                        indices[0], indices[1], indices[2]);
    }
    for (size_t i = 0; i < dim; i++)
        axis[i] /= rest;
    place[slice->axes++] = rest;
    return UHN_OK;
}

uhn_status uhn_slice_through(const uhn_memory *memory, const size_t *indices, size_t count, uhn_slice *slice)
{
    uhn_status status = UHN_OK;
    float *room = NULL;
    *slice = (uhn_slice){.dim = memory ? memory->dim : 0};
    if (!memory || !indices || count < 2 || count > 3)
        UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "a slice goes through 2 or 3 memories"));
    for (size_t k = 0; k < count; k++)
        if (indices[k] >= memory->count)
            UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "there is no memory %zu: they are numbered from 0, and there are %zu",
                             indices[k], memory->count));
    UHN_TRY(uhn_memory_check_blocks(memory));
    room = uhn_allocate(slice->dim, sizeof *room);
    slice->origin = uhn_allocate(slice->dim, sizeof *slice->origin);
    slice->basis = uhn_allocate(slice->dim, (count - 1) * sizeof *slice->basis);
    if (!room || !slice->origin || !slice->basis)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a slice of %zu numbers", slice->dim));
    for (size_t k = 0; k < count; k++) {
        const float *row = uhn_memory_expand(memory, indices[k], room);
        double *to = k ? slice->basis + (k - 1) * slice->dim : slice->origin;
        for (size_t i = 0; i < slice->dim; i++)
            to[i] = k ? (double)row[i] - slice->origin[i] : (double)row[i];
        if (k)
            UHN_TRY(add_axis(slice, indices));
    }
leave:
    uhn_release(room);
    if (status != UHN_OK)
        uhn_slice_free(slice);
    return status;
}

void uhn_slice_point(const uhn_slice *slice, const double place[2], double *pattern)
{
    memcpy(pattern, slice->origin, slice->dim * sizeof *pattern);
    for (size_t a = 0; a < slice->axes; a++)
        for (size_t i = 0; i < slice->dim; i++)
            pattern[i] += place[a] * slice->basis[a * slice->dim + i];
}

double uhn_slice_project(const uhn_slice *slice, const double *pattern, double place[2])
{
    double squares = 0;
    place[0] = place[1] = 0;
    for (size_t a = 0; a < slice->axes; a++)
        for (size_t i = 0; i < slice->dim; i++)
            place[a] += slice->basis[a * slice->dim + i] * (pattern[i] - slice->origin[i]);
    for (size_t i = 0; i < slice->dim; i++) {
        double away = pattern[i] - slice->origin[i];
        for (size_t a = 0; a < slice->axes; a++)
            away -= place[a] * slice->basis[a * slice->dim + i];
        squares += away * away;
    }
    return sqrt(squares);
}

/* ---- energies */

/* From the pattern in t->v to its state; false: no state shows it. At the edge of what the layer can show the nearest
 * double within has the limit of the energy, to rounding. */
static bool go_to_state(uhn_trajectory *t)
{
    const uhn_lagrangian *value = t->system->flow->lagrangians[UHN_LAYER_VALUE];
    for (size_t i = 0; value->inverse && i < t->system->dim; i++) {
        const double v = value->inverse(t->v[i]);
        t->v[i] = isfinite(v) ? v : value->inverse(nextafter(t->v[i], 0));
    }
    return uhn_all_finite_doubles(t->v, t->system->dim);
}

static double energy_at(uhn_trajectory *t, const uhn_slice *slice, const double place[2])
{
    double magnitude = 0;
    uhn_slice_point(slice, place, t->v);
    if (!go_to_state(t))
        return NAN;
    uhn_see_values(t);
    uhn_see_memories(t, NULL);
    const double energy = uhn_see_energy(t, NULL, &magnitude);
    return isfinite(energy) ? energy : (double)NAN;
}

static double coordinate(const double *low, const double *high, const size_t *size, size_t axis, size_t k)
{
    const double share = size[axis] > 1 ? (double)k / (double)(size[axis] - 1) : 0;
    return low[axis] * (1 - share) + high[axis] * share;
}

static uhn_status check_grid(const uhn_memory *memory, const uhn_slice *slice, const double *low, const double *high,
                             const size_t *size, const double *energies)
{
    if (!slice || !slice->origin || !low || !high || !size || !energies)
        return uhn_fail(UHN_ERROR_ARGUMENT, "no slice, no grid or no place for its energies");
    if (slice->dim != memory->dim)
        return uhn_fail(UHN_ERROR_ARGUMENT, "a slice of %zu numbers: the memories have %zu", slice->dim, memory->dim);
    for (size_t a = 0; a < 2; a++)
        if (size[a] < 1 || (a >= slice->axes && size[a] > 1) ||
            (a < slice->axes && (!isfinite(low[a]) || !isfinite(high[a]))))
            return uhn_fail(UHN_ERROR_ARGUMENT, "axis %zu of the grid: %zu places from %g to %g", a, size[a], low[a],
                            high[a]);
    return UHN_OK;
}

uhn_status uhn_slice_energies(const uhn_memory *memory, const uhn_slice *slice, const uhn_flow *flow,
                              const double low[2], const double high[2], const size_t size[2], double *energies)
{
    uhn_system system = {0};
    uint8_t *rooms = NULL;
    size_t places;
    uhn_status status = UHN_OK;
    UHN_TRY(uhn_system_make(memory, flow, &system));
    if (system.hetero)
        UHN_TRY(uhn_fail(UHN_ERROR_UNSUPPORTED, "memories with values of their own have no energy"));
    UHN_TRY(check_grid(memory, slice, low, high, size, energies));
    if (!uhn_multiply_sizes(size[0], size[1], &places))
        UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "a grid of %zu x %zu places", size[0], size[1]));
    const uhn_options options = {.threads = flow->threads};
    const int threads = uhn_thread_count(&options, places);
    const size_t room_size = uhn_trajectory_size(&system);
    rooms = uhn_allocate((size_t)threads, room_size);
    if (!rooms)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the states of %d threads", threads));
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t k = 0; k < places; k++) {
        uhn_trajectory t;
        const double place[2] = {coordinate(low, high, size, 0, k % size[0]),
                                 slice->axes > 1 ? coordinate(low, high, size, 1, k / size[0]) : 0};
        uhn_trajectory_init(&system, rooms + (size_t)omp_get_thread_num() * room_size, 0, &t);
        energies[k] = energy_at(&t, slice, place);
    }
leave:
    uhn_release(rooms);
    uhn_system_free(&system);
    return status;
}
