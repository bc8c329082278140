/* SPDX-License-Identifier: MIT
 * Networks of binary neurons: the classical Hopfield network (Hopfield, PNAS 1982) and the dense associative memory
 * (Krotov and Hopfield, NeurIPS 2016), updated all at once or one neuron after the other.
 *
 * With the energy E = −Σ_μ F(ξ_μ · s), F(x) = x^n or max(x, 0)^n, neuron i takes the sign of
 *
 *     Σ_μ F(h_μ + ξ_μi) − F(h_μ − ξ_μi),        h_μ = ξ_μ · s − ξ_μi s_i    (the self term excluded)
 *
 * which is the energy with s_i = −1 less that with s_i = +1; with the self term kept, h_μ = ξ_μ · s. For n = 2 this is
 * 4 Σ_μ ξ_μi h_μ, the field of the Hopfield network with zero or kept diagonal. At 0 a neuron keeps its sign. */
#include "core/memory.h"
#include "core/stepwise.h"
#include "core/update.h"

#include "base/allocate.h"
#include "base/random.h"
#include "base/status.h"

#include <math.h>

/* Up to this degree the scaled powers below stay clear of underflow. */
enum { ORDER_MAX = 512, TILE = 16 };

typedef struct neurons {
    size_t count, dim; /* N, D */
    float *columns;    /* D × N: neuron i's weights to all memories lie together */
    uhn_binary_options binary;
    uint64_t seed;
    size_t overlap_bytes; /* of one thread's N overlaps; the order of the neurons lies behind them */
} neurons;

/* overlaps[μ] = ξ_μ · state. */
static void compute_overlaps(const neurons *net, const float *state, double *overlaps)
{
    for (size_t mu = 0; mu < net->count; mu++)
        overlaps[mu] = 0;
    for (size_t i = 0; i < net->dim; i++) {
        const float *column = net->columns + i * net->count;
        double value = state[i];
        if (value != 0)
            for (size_t mu = 0; mu < net->count; mu++)
                overlaps[mu] += value * column[mu];
    }
}

/* Degree 2: Σ ξ_μi h_μ. Whole numbers stay whole, so ±1 memories have exact fields. */
static double classical_field(const neurons *net, const float *column, const double *overlaps, double self)
{
    double field = 0;
#pragma omp simd reduction(+ : field)
    for (size_t mu = 0; mu < net->count; mu++)
        field += column[mu] * (overlaps[mu] - column[mu] * self);
    return field;
}

static double power(double x, unsigned order)
{
    double result = 1;
    for (unsigned k = 0; k < order; k++)
        result *= x;
    return result;
}

/* F(h + x) − F(h − x). As a^2m − b^2m = (a^m − b^m)(a^m + b^m), and for odd m a^m − b^m =
 * (a − b)(a^(m−1) + a^(m−2) b + … + b^(m−1)), there is no cancellation when the overlap h is large beside x. */
static double energy_drop(double h, double x, unsigned order, bool rectified)
{
    double a = h + x, b = h - x;
    if (rectified && (a <= 0 || b <= 0))
        return power(fmax(a, 0), order) - power(fmax(b, 0), order);
    unsigned odd = order, doublings = 0;
    for (; odd % 2 == 0; odd /= 2)
        doublings++;
    double power_of_a = 1, power_of_b = 1, sum = 1;
    for (unsigned k = 1; k < odd; k++) {
        power_of_a *= a;
        power_of_b *= b;
        sum = sum * b + power_of_a;
    }
    power_of_a *= a;
    power_of_b *= b;
    for (; doublings > 0; doublings--) {
        sum *= power_of_a + power_of_b;
        power_of_a *= power_of_a;
        power_of_b *= power_of_b;
    }
    return 2 * x * sum;
}

/* F is homogeneous, so all overlaps may be divided by one number without changing the sign: by a power of two, which
 * loses nothing, that brings the largest below 1. */
static double dense_field(const neurons *net, const float *column, const double *overlaps, double self)
{
    double largest = 0, field = 0;
    for (size_t mu = 0; mu < net->count; mu++) {
        const double size = fabs(overlaps[mu] - column[mu] * self) + fabs((double)column[mu]);
        largest = size > largest ? size : largest;
    }
    int exponent;
    frexp(largest, &exponent);
    double scale = ldexp(1, -exponent);
    for (size_t mu = 0; mu < net->count; mu++)
        field += energy_drop((overlaps[mu] - column[mu] * self) * scale, column[mu] * scale, net->binary.order,
                             net->binary.rectified);
    return field;
}

/* The next value of neuron i: the sign of its field; at 0 the sign that it has, 0 while it has none. */
static float decide(const neurons *net, size_t i, const double *overlaps, float present)
{
    const float *column = net->columns + i * net->count;
    double self = net->binary.self_term ? 0 : present;
    double field = net->binary.order == 2 && !net->binary.rectified ? classical_field(net, column, overlaps, self)
                                                                    : dense_field(net, column, overlaps, self);
    if (field == 0)
        field = present;
    return (float)((field > 0) - (field < 0));
}

static void step_synchronous(const void *model, size_t step, const float *before, float *after, void *scratch)
{
    const neurons *net = model;
    double *overlaps = scratch;
    (void)step;
    compute_overlaps(net, before, overlaps);
    for (size_t i = 0; i < net->dim; i++)
        after[i] = decide(net, i, overlaps, before[i]);
}

/* The order of the neurons in one sweep (Fisher and Yates): from seed and sweep alone, the same for every query. */
static void shuffle_neurons(const neurons *net, size_t sweep, uint32_t *order)
{
    for (size_t i = 0; i < net->dim; i++)
        order[i] = (uint32_t)i;
    for (size_t i = net->dim - 1; i > 0; i--) {
        uint32_t words[4];
        uhn_random_words(net->seed, UHN_STREAM_NEURON_ORDER, sweep, (uint32_t)i, words);
        size_t other = (size_t)(((uint64_t)words[0] * (i + 1)) >> 32);
        uint32_t swapped = order[i];
        order[i] = order[other];
        order[other] = swapped;
    }
}

/* The overlaps follow every change of a neuron. They are summed afresh in each sweep, so rounding cannot pile up. */
static void step_asynchronous(const void *model, size_t step, const float *before, float *after, void *scratch)
{
    const neurons *net = model;
    double *overlaps = scratch;
    uint32_t *order = (uint32_t *)(void *)((uint8_t *)scratch + net->overlap_bytes);
    compute_overlaps(net, before, overlaps);
    if (net->binary.shuffle)
        shuffle_neurons(net, step, order);
    for (size_t i = 0; i < net->dim; i++)
        after[i] = before[i];
    for (size_t turn = 0; turn < net->dim; turn++) {
        size_t i = net->binary.shuffle ? order[turn] : turn;
        float next = decide(net, i, overlaps, after[i]);
        double change = (double)next - after[i];
        if (change == 0)
            continue;
        const float *column = net->columns + i * net->count;
        for (size_t mu = 0; mu < net->count; mu++)
            overlaps[mu] += change * column[mu];
        after[i] = next;
    }
}

/* The memory with the highest overlap with the final state. */
static void report_overlaps(const void *model, const float *before, const float *after, void *scratch,
                            uhn_report *report)
{
    const neurons *net = model;
    double *overlaps = scratch;
    (void)before;
    compute_overlaps(net, after, overlaps);
    for (size_t mu = 0; mu < net->count; mu++)
        uhn_report_score(report, mu, overlaps[mu]);
}

/* Patterns of 0 and 1, as images and bits are, pull every neuron to 1: somewhere a −1 has to be remembered, unless all
 * there is to remember is the same. */
static uhn_status check_signs(const neurons *net)
{
    float least = INFINITY, largest = -INFINITY;
    for (size_t i = 0; i < net->count * net->dim; i++) {
        least = fminf(least, net->columns[i]);
        largest = fmaxf(largest, net->columns[i]);
    }
    if (least >= 0 && least < largest)
        return uhn_fail(UHN_ERROR_DOMAIN, "no memory has a negative entry; neurons are -1 and 1, so a bit b is stored "
                                          "as 2 b - 1");
    return UHN_OK;
}

/* Turns M around, TILE rows at a time so that what is written lies together. */
static uhn_status make_columns(const uhn_memory *memory, neurons *net)
{
    size_t entries;
    float *scratch = uhn_allocate(memory->dim, TILE * sizeof *scratch);
    if (uhn_multiply_sizes(memory->count, memory->dim, &entries))
        net->columns = uhn_allocate(entries, sizeof *net->columns);
    if (!scratch || !net->columns) {
        uhn_release(scratch);
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the weights of %zu neurons to %zu memories",
                        memory->dim, memory->count);
    }
    for (size_t first = 0; first < memory->count; first += TILE) {
        const float *rows[TILE];
        size_t count = memory->count - first < TILE ? memory->count - first : TILE;
        for (size_t r = 0; r < count; r++)
            rows[r] = uhn_memory_expand(memory, first + r, scratch + r * memory->dim);
        for (size_t i = 0; i < memory->dim; i++)
            for (size_t r = 0; r < count; r++)
                net->columns[i * memory->count + first + r] = rows[r][i];
    }
    uhn_release(scratch);
    return check_signs(net);
}

static uhn_status check_binary(const uhn_memory *memory, const uhn_options *options, const char *name)
{
    if (memory->has_values || options->projection != UHN_PROJECTION_VALUES)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "the %s update recalls a memory itself (P = M); it takes no values",
                        name);
    if (options->binary.order < 2 || options->binary.order > ORDER_MAX)
        return uhn_fail(UHN_ERROR_RANGE, "the energy degree is %u; it must be between 2 and %d", options->binary.order,
                        (int)ORDER_MAX);
    if (options->binary.shuffle && memory->dim > UINT32_MAX)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "the order of more than %lu neurons cannot be shuffled",
                        (unsigned long)UINT32_MAX);
    return UHN_OK;
}

uhn_status uhn_update_binary(const uhn_memory *memory, const float *queries, size_t count, size_t query_stride,
                             const uhn_options *options, float *out, size_t out_stride, uhn_report *reports)
{
    bool one_by_one = options->update == UHN_UPDATE_ASYNCHRONOUS;
    const char *name = one_by_one ? "asynchronous" : "synchronous";
    neurons net = {.count = memory->count, .dim = memory->dim, .binary = options->binary, .seed = options->seed};
    uhn_status status;
    UHN_TRY(check_binary(memory, options, name));
    UHN_TRY(make_columns(memory, &net));
    net.overlap_bytes = uhn_align_size(net.count * sizeof(double));
    uhn_network network = {
        .name = name,
        .model = &net,
        .state_dim = net.dim,
        .scratch_size = net.overlap_bytes + net.dim * sizeof(uint32_t),
        .step = one_by_one ? step_asynchronous : step_synchronous,
        .figures = report_overlaps,
    };
    status = uhn_run_network(&network, memory, queries, count, query_stride, options, out, out_stride, reports);
leave:
    uhn_release(net.columns);
    return status;
}
