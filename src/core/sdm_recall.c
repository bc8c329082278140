/* SPDX-License-Identifier: MIT
 * Recall through a sparse distributed memory: write all of M and P, then read at each query.
 *
 * Rows of M and P are binary: 0 and 1 throughout the matrix, or −1 and +1 throughout. Answers are in the numbers of P
 * (of M when P = M). Where the counters of the active locations sum to 0 the answer is undecided: with P = M it keeps
 * the query's bit; else it is the number between, 0.5 or 0, which reads as a 0 bit when the recall is iterated. */
#include "core/memory.h"
#include "core/sdm.h"
#include "core/stepwise.h"
#include "core/update.h"

#include "base/allocate.h"
#include "base/status.h"

#include <string.h>

enum { LOCATIONS_AT_ONCE = 64 };

/* The numbers that a vector writes its bits with. */
typedef enum alphabet { ONES_ONLY, ZERO_ONE, MINUS_PLUS_ONE, NOT_BINARY } alphabet;

typedef struct reader {
    uhn_sdm *sdm;
    size_t count, dim, value_dim;
    uint8_t *keys, *data; /* M and P as packed bits; the same when P = M */
    alphabet key_alphabet, data_alphabet;
    bool keeps; /* P = M: undecided bits are those of the query */
    size_t active_bytes, sum_bytes;
} reader;

static alphabet alphabet_of(const float *x, size_t dim)
{
    alphabet found = ONES_ONLY;
    for (size_t i = 0; i < dim; i++) {
        alphabet here = x[i] == 1 ? ONES_ONLY : x[i] == 0 ? ZERO_ONE : x[i] == -1 ? MINUS_PLUS_ONE : NOT_BINARY;
        if (here == NOT_BINARY || (here != ONES_ONLY && found != ONES_ONLY && here != found))
            return NOT_BINARY;
        if (here != ONES_ONLY)
            found = here;
    }
    return found;
}

static void pack_bits(const float *x, size_t dim, uint8_t *bits)
{
    memset(bits, 0, uhn_row_bytes(UHN_BITS, dim));
    for (size_t i = 0; i < dim; i++)
        if (x[i] == 1)
            bits[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

typedef const float *row_function(const uhn_memory *memory, uhn_projection projection, size_t index, float *scratch);

static const float *key_row(const uhn_memory *memory, uhn_projection projection, size_t index, float *scratch)
{
    (void)projection;
    return uhn_memory_expand(memory, index, scratch);
}

/* Packs all rows of one matrix and finds its alphabet; refuses rows that are not in it. */
static uhn_status pack_matrix(const uhn_memory *memory, uhn_projection projection, row_function *row_of, size_t dim,
                              const char *what, float *scratch, uint8_t *bits, alphabet *found)
{
    *found = ONES_ONLY;
    for (size_t index = 0; index < memory->count; index++) {
        const float *row = row_of(memory, projection, index, scratch);
        alphabet here = alphabet_of(row, dim);
        if (here == NOT_BINARY)
            return uhn_fail(UHN_ERROR_DOMAIN, "%s %zu is not binary: all entries must be 0 or 1, or all −1 or +1", what,
                            index);
        if (here != ONES_ONLY && *found != ONES_ONLY && here != *found)
            return uhn_fail(UHN_ERROR_DOMAIN, "%s %zu is in %s, but those before it are in %s", what, index,
                            here == ZERO_ONE ? "0 and 1" : "−1 and +1", here == ZERO_ONE ? "−1 and +1" : "0 and 1");
        if (here != ONES_ONLY)
            *found = here;
        pack_bits(row, dim, bits + index * uhn_row_bytes(UHN_BITS, dim));
    }
    return UHN_OK;
}

static uhn_status pack_memory(const uhn_memory *memory, uhn_projection projection, reader *net)
{
    size_t widest = net->dim > net->value_dim ? net->dim : net->value_dim;
    float *scratch = uhn_allocate(widest, sizeof *scratch);
    uhn_status status;
    net->keys = uhn_allocate(net->count, uhn_row_bytes(UHN_BITS, net->dim));
    net->data = net->keeps ? net->keys : uhn_allocate(net->count, uhn_row_bytes(UHN_BITS, net->value_dim));
    if (!scratch || !net->keys || !net->data) {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the bits of %zu memories", net->count);
        goto leave;
    }
    UHN_TRY(pack_matrix(memory, projection, key_row, net->dim, "memory", scratch, net->keys, &net->key_alphabet));
    net->data_alphabet = net->key_alphabet;
    if (!net->keeps)
        UHN_TRY(pack_matrix(memory, projection, uhn_memory_projected, net->value_dim, "value", scratch, net->data,
                            &net->data_alphabet));
leave:
    uhn_release(scratch);
    return status;
}

/* Threads take blocks of locations, which have no counter in common; each location sees the rows in their order. */
static void write_all(reader *net, int threads)
{
    size_t locations = net->sdm->locations;
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (size_t first = 0; first < locations; first += LOCATIONS_AT_ONCE) {
        size_t end = locations - first < LOCATIONS_AT_ONCE ? locations : first + LOCATIONS_AT_ONCE;
        uhn_sdm_add(net->sdm, net->keys, net->data, net->count, 1, first, end);
    }
}

static uhn_query_status admit(const void *model, const float *query)
{
    const reader *net = model;
    return alphabet_of(query, net->dim) == NOT_BINARY ? UHN_QUERY_DOMAIN : UHN_QUERY_OK;
}

/* scratch: the number of active locations, the sums, the packed query. */
static void read_step(const void *model, size_t step, const float *before, float *after, void *scratch)
{
    const reader *net = model;
    size_t *active = scratch;
    int64_t *sums = (int64_t *)(void *)((uint8_t *)scratch + net->active_bytes);
    uint8_t *address = (uint8_t *)sums + net->sum_bytes;
    float low = net->data_alphabet == MINUS_PLUS_ONE ? -1 : 0;
    (void)step;
    pack_bits(before, net->dim, address);
    *active = uhn_sdm_read_one(net->sdm, address, sums);
    for (size_t i = 0; i < net->value_dim; i++) {
        float undecided = !net->keeps ? (1 + low) / 2 : before[i] == 1 ? 1 : low;
        after[i] = sums[i] > 0 ? 1 : sums[i] < 0 ? low : undecided;
    }
}

/* The memory nearest to the address that was read last, by Hamming distance, and how many locations answered. */
static void report_nearest(const void *model, const float *before, const float *after, void *scratch,
                           uhn_report *report)
{
    const reader *net = model;
    const size_t *active = scratch;
    const uint8_t *address = (const uint8_t *)scratch + net->active_bytes + net->sum_bytes;
    size_t bytes = net->sdm->address_bytes;
    (void)before;
    (void)after;
    report->weight_sum = (double)*active;
    for (size_t mu = 0; mu < net->count; mu++)
        uhn_report_score(report, mu, (double)-(int64_t)uhn_bit_distance(address, net->keys + mu * bytes, bytes));
}

uhn_status uhn_update_sdm(const uhn_memory *memory, const float *queries, size_t count, size_t query_stride,
                          const uhn_options *options, float *out, size_t out_stride, uhn_report *reports)
{
    reader net = {
        .count = memory->count,
        .dim = memory->dim,
        .value_dim = memory->value_dim,
        .keeps = !memory->has_values && options->projection == UHN_PROJECTION_VALUES,
        .active_bytes = uhn_align_size(sizeof(size_t)),
        .sum_bytes = uhn_align_size(memory->value_dim * sizeof(int64_t)),
    };
    uhn_network network = {
        .name = "sparse distributed memory",
        .model = &net,
        .state_dim = net.dim > net.value_dim ? net.dim : net.value_dim,
        .scratch_size = net.active_bytes + net.sum_bytes + uhn_row_bytes(UHN_BITS, net.dim),
        .admit = admit,
        .step = read_step,
        .figures = report_nearest,
    };
    uhn_sdm_options sdm = options->sdm;
    uhn_status status;
    sdm.seed = options->seed;
    if (memory->has_values && options->projection == UHN_PROJECTION_NEXT)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "the sparse distributed memory stores either the values or the next "
                                               "memory; this memory has values of its own");
    UHN_TRY(uhn_sdm_create(&sdm, net.dim, net.value_dim, NULL, &net.sdm));
    UHN_TRY(pack_memory(memory, options->projection, &net));
    write_all(&net, uhn_thread_count(options, net.sdm->locations));
    status = uhn_run_network(&network, memory, queries, count, query_stride, options, out, out_stride, reports);
leave:
    if (net.data != net.keys)
        uhn_release(net.data);
    uhn_release(net.keys);
    uhn_sdm_destroy(net.sdm);
    return status;
}
