/* SPDX-License-Identifier: MIT
 * Sparse distributed memory (Kanerva, MIT Press 1988): hard locations, each with an address and a row of counters.
 *
 * Counters of b bits run from −(2^(b−1) − 1) to 2^(b−1) − 1 and stay at an end that they have reached. The range is
 * symmetric, so that writing the complements of all data negates every counter, saturated or not. */
#include "core/sdm.h"

#include "base/allocate.h"
#include "base/random.h"
#include "base/status.h"

#include <string.h>

/* One width of counters. `bump` adds sign · (2·bit − 1) to a row of them, `gather` adds a row to sums. */
struct uhn_sdm_counter {
    unsigned bits;
    size_t size;
    void (*bump)(void *counters, size_t row, const uint8_t *data, size_t count, int sign);
    void (*gather)(const void *counters, size_t row, size_t count, int64_t *sums);
};

static int bit_at(const uint8_t *bits, size_t index)
{
    return bits[index / 8] >> (7 - index % 8) & 1;
}

/* The functions of one width. */
#define DEFINE_COUNTER(bits, type, limit)                                                                              \
    static void bump_##bits(void *counters, size_t row, const uint8_t *data, size_t count, int sign)                   \
    {                                                                                                                  \
        type *counter = (type *)counters + row * count;                                                                \
        for (size_t i = 0; i < count; i++) {                                                                           \
            int change = bit_at(data, i) ? sign : -sign;                                                               \
            if (change > 0 ? counter[i] < (limit) : counter[i] > -(limit))                                             \
                counter[i] = (type)(counter[i] + change);                                                              \
        }                                                                                                              \
    }                                                                                                                  \
    static void gather_##bits(const void *counters, size_t row, size_t count, int64_t *sums)                           \
    {                                                                                                                  \
        const type *counter = (const type *)counters + row * count;                                                    \
        for (size_t i = 0; i < count; i++)                                                                             \
            sums[i] += counter[i];                                                                                     \
    }

DEFINE_COUNTER(8, int8_t, INT8_MAX)
DEFINE_COUNTER(16, int16_t, INT16_MAX)
DEFINE_COUNTER(32, int32_t, INT32_MAX)

static const struct uhn_sdm_counter widths[] = {
    {8, sizeof(int8_t), bump_8, gather_8},
    {16, sizeof(int16_t), bump_16, gather_16},
    {32, sizeof(int32_t), bump_32, gather_32},
};

static const struct uhn_sdm_counter *find_width(unsigned bits)
{
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (widths[i].bits == bits)
            return &widths[i];
    return NULL;
}

size_t uhn_bit_distance(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    size_t distance = 0;
    for (; bytes >= sizeof(uint64_t); bytes -= sizeof(uint64_t)) {
        uint64_t left, right;
        memcpy(&left, a, sizeof left);
        memcpy(&right, b, sizeof right);
        distance += (size_t)__builtin_popcountll(left ^ right);
        a += sizeof left;
        b += sizeof right;
    }
    for (size_t i = 0; i < bytes; i++)
        distance += (size_t)__builtin_popcount((unsigned)(a[i] ^ b[i]));
    return distance;
}

/* The bits of the last byte of a row that lie past its end. */
static uint8_t padding_of(size_t dim)
{
    return dim % 8 ? (uint8_t)(0xFF >> dim % 8) : 0;
}

static uhn_status check_bits(const char *what, const uint8_t *rows, size_t count, size_t dim)
{
    if (!rows)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: NULL", what);
    size_t bytes = uhn_row_bytes(UHN_BITS, dim);
    for (size_t row = 0; row < count; row++)
        if (rows[row * bytes + bytes - 1] & padding_of(dim))
            return uhn_fail(UHN_ERROR_ARGUMENT, "%s: row %zu has bits set past its %zu", what, row, dim);
    return UHN_OK;
}

size_t uhn_sdm_default_radius(size_t dim)
{
    const double share = 0.02;
    size_t radius = dim / 2;
    double at = 1; /* C(dim, radius) / 2^dim */
    for (size_t k = 1; k <= radius; k++)
        at *= (2.0 * (double)k - 1) / (2.0 * (double)k);
    if (dim % 2)
        at *= (double)dim / (double)(radius + 1) / 2;
    double within = dim % 2 ? 0.5 : 0.5 + at / 2; /* of all addresses, by symmetry */
    while (radius > 0 && within > share) {
        within -= at;
        at *= (double)radius / (double)(dim - radius + 1);
        radius--;
    }
    return radius;
}

/* Sixteen bytes to a place of the random sequence, highest byte of each word first. */
static void draw_addresses(uhn_sdm *sdm, uint64_t seed)
{
    for (size_t location = 0; location < sdm->locations; location++) {
        uint8_t *address = sdm->addresses + location * sdm->address_bytes;
        uint32_t words[4] = {0};
        for (size_t byte = 0; byte < sdm->address_bytes; byte++) {
            if (byte % 16 == 0)
                uhn_random_words(seed, UHN_STREAM_SDM_ADDRESSES, location, (uint32_t)(byte / 16), words);
            address[byte] = (uint8_t)(words[byte % 16 / 4] >> (24 - 8 * (byte % 4)));
        }
        address[sdm->address_bytes - 1] &= (uint8_t)~padding_of(sdm->dim);
    }
}

static uhn_status check_options(const uhn_sdm_options *options, size_t dim, size_t value_dim)
{
    if (!options || dim == 0 || value_dim == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "a sparse distributed memory needs options and at least one bit of address "
                                            "and of data");
    if (options->locations == 0)
        return uhn_fail(UHN_ERROR_RANGE, "a sparse distributed memory needs at least one location");
    if (options->radius > dim)
        return uhn_fail(UHN_ERROR_RANGE, "the radius is %zu; addresses of %zu bits allow 0 to %zu", options->radius,
                        dim, dim);
    if (!find_width(options->counter_bits))
        return uhn_fail(UHN_ERROR_RANGE, "counters of %u bits; there are counters of 8, 16 and 32 bits",
                        options->counter_bits);
    return UHN_OK;
}

uhn_status uhn_sdm_create(const uhn_sdm_options *options, size_t dim, size_t value_dim, const uint8_t *addresses,
                          uhn_sdm **sdm)
{
    uhn_sdm *made = NULL;
    uhn_status status;
    size_t counters;
    if (!sdm)
        return uhn_fail(UHN_ERROR_ARGUMENT, "sdm: NULL");
    *sdm = NULL;
    UHN_TRY(check_options(options, dim, value_dim));
    if (addresses)
        UHN_TRY(check_bits("location addresses", addresses, options->locations, dim));

    made = uhn_allocate(1, sizeof *made);
    if (made && uhn_multiply_sizes(options->locations, value_dim, &counters)) {
        made->locations = options->locations;
        made->dim = dim;
        made->value_dim = value_dim;
        made->radius = options->radius;
        made->address_bytes = uhn_row_bytes(UHN_BITS, dim);
        made->data_bytes = uhn_row_bytes(UHN_BITS, value_dim);
        made->counter = find_width(options->counter_bits);
        made->addresses = uhn_allocate(made->locations, made->address_bytes);
        made->counters = uhn_allocate(counters, made->counter->size);
    }
    if (!made || !made->addresses || !made->counters) {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu locations of %zu address bits and %zu counters",
                          options->locations, dim, value_dim);
        goto leave;
    }
    if (addresses)
        memcpy(made->addresses, addresses, made->locations * made->address_bytes);
    else
        draw_addresses(made, options->seed);
    *sdm = made;
    return UHN_OK;
leave:
    uhn_sdm_destroy(made);
    return status;
}

void uhn_sdm_destroy(uhn_sdm *sdm)
{
    if (!sdm)
        return;
    uhn_release(sdm->addresses);
    uhn_release(sdm->counters);
    uhn_release(sdm);
}

void uhn_sdm_add(uhn_sdm *sdm, const uint8_t *addresses, const uint8_t *data, size_t count, int sign, size_t first,
                 size_t end)
{
    for (size_t location = first; location < end; location++) {
        const uint8_t *address = sdm->addresses + location * sdm->address_bytes;
        for (size_t row = 0; row < count; row++)
            if (uhn_bit_distance(address, addresses + row * sdm->address_bytes, sdm->address_bytes) <= sdm->radius)
                sdm->counter->bump(sdm->counters, location, data + row * sdm->data_bytes, sdm->value_dim, sign);
    }
}

static uhn_status check_and_add(uhn_sdm *sdm, const uint8_t *addresses, const uint8_t *data, size_t count, int sign)
{
    uhn_status status = UHN_OK;
    if (!sdm)
        return uhn_fail(UHN_ERROR_ARGUMENT, "sdm: NULL");
    if (count == 0)
        return UHN_OK;
    UHN_TRY(check_bits("addresses", addresses, count, sdm->dim));
    UHN_TRY(check_bits("data", data, count, sdm->value_dim));
    uhn_sdm_add(sdm, addresses, data, count, sign, 0, sdm->locations);
leave:
    return status;
}

uhn_status uhn_sdm_write(uhn_sdm *sdm, const uint8_t *addresses, const uint8_t *data, size_t count)
{
    return check_and_add(sdm, addresses, data, count, 1);
}

uhn_status uhn_sdm_erase(uhn_sdm *sdm, const uint8_t *addresses, const uint8_t *data, size_t count)
{
    return check_and_add(sdm, addresses, data, count, -1);
}

size_t uhn_sdm_read_one(const uhn_sdm *sdm, const uint8_t *address, int64_t *sums)
{
    size_t active = 0;
    memset(sums, 0, sdm->value_dim * sizeof *sums);
    for (size_t location = 0; location < sdm->locations; location++) {
        const uint8_t *here = sdm->addresses + location * sdm->address_bytes;
        if (uhn_bit_distance(here, address, sdm->address_bytes) > sdm->radius)
            continue;
        sdm->counter->gather(sdm->counters, location, sdm->value_dim, sums);
        active++;
    }
    return active;
}

uhn_status uhn_sdm_read(const uhn_sdm *sdm, const uint8_t *addresses, size_t count, int64_t *sums, size_t *active)
{
    uhn_status status = UHN_OK;
    if (!sdm)
        return uhn_fail(UHN_ERROR_ARGUMENT, "sdm: NULL");
    if (count == 0)
        return UHN_OK;
    if (!sums)
        return uhn_fail(UHN_ERROR_ARGUMENT, "sums: NULL");
    UHN_TRY(check_bits("addresses", addresses, count, sdm->dim));
    for (size_t row = 0; row < count; row++) {
        size_t fired = uhn_sdm_read_one(sdm, addresses + row * sdm->address_bytes, sums + row * sdm->value_dim);
        if (active)
            active[row] = fired;
    }
leave:
    return status;
}

uhn_status uhn_sdm_counters(const uhn_sdm *sdm, size_t location, int32_t *counters)
{
    if (!sdm || !counters)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: NULL", sdm ? "counters" : "sdm");
    if (location >= sdm->locations)
        return uhn_fail(UHN_ERROR_ARGUMENT, "location %zu: there are %zu", location, sdm->locations);
    int64_t *exact = uhn_allocate(sdm->value_dim, sizeof *exact);
    if (!exact)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu counters", sdm->value_dim);
    sdm->counter->gather(sdm->counters, location, sdm->value_dim, exact);
    for (size_t i = 0; i < sdm->value_dim; i++)
        counters[i] = (int32_t)exact[i];
    uhn_release(exact);
    return UHN_OK;
}
