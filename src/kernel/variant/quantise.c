/* SPDX-License-Identifier: MIT
 * From floats to bytes, to 15 bits, to bits and to bins, and what that loses.
 *
 * A number is rounded by adding 2^52 (2^23 in float32), whose last digit is 1: what is then in its lowest digits is the
 * whole number. That needs no conversion, and numbers out of range are cut off before. */
#include "kernel/variant/vector.h"

#include <float.h>
#include <math.h>

typedef int64_t wide_integers __attribute__((vector_size(4 * WIDTH)));

enum { HALF = WIDTH / 2, CHUNK = 64 * WIDTH };

#if defined(__AVX512F__)
#define INTRINSIC(name) _mm512_##name
#define EVEN_LANES      0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#elif defined(__AVX2__)
#define INTRINSIC(name) _mm256_##name
#define EVEN_LANES      0, 2, 4, 6, 8, 10, 12, 14
#else
#define INTRINSIC(name) _mm_##name
#define EVEN_LANES      0, 2, 4, 6
#endif

ALWAYS_INLINE doubles everywhere(double value)
{
    return value - (doubles){0};
}

/* x cut off at 0 and top; top for a NaN. */
ALWAYS_INLINE vector clamp(vector x, vector top)
{
#if defined(__SSE2__)
    return INTRINSIC(max_ps)(INTRINSIC(min_ps)(x, top), (vector){0});
#else
    for (size_t l = 0; l < WIDTH; l++)
        x[l] = !(x[l] < top[l]) ? top[l] : x[l] > 0 ? x[l] : 0;
    return x;
#endif
}

ALWAYS_INLINE doubles clamp_doubles(doubles x, doubles top)
{
#if defined(__SSE2__)
    return INTRINSIC(max_pd)(INTRINSIC(min_pd)(x, top), (doubles){0});
#else
    for (size_t l = 0; l < HALF; l++)
        x[l] = !(x[l] < top[l]) ? top[l] : x[l] > 0 ? x[l] : 0;
    return x;
#endif
}

/* The lowest digits of numbers below 2^15. */
ALWAYS_INLINE void store_words(int16_t *to, integers n)
{
#if defined(__AVX512F__)
    _mm256_storeu_si256((__m256i_u *)to, _mm512_cvtepi32_epi16((__m512i)n));
#elif defined(__AVX2__)
    const __m256i small = (__m256i)(n & INT16_MAX);
    _mm_storeu_si128((__m128i_u *)to,
                     _mm_packs_epi32(_mm256_castsi256_si128(small), _mm256_extracti128_si256(small, 1)));
#elif defined(__SSE2__)
    const __m128i small = (__m128i)(n & INT16_MAX);
    _mm_storel_epi64((__m128i_u *)to, _mm_packs_epi32(small, small));
#else
    for (size_t l = 0; l < WIDTH; l++)
        to[l] = (int16_t)(n[l] & INT16_MAX);
#endif
}

ALWAYS_INLINE void store_bytes(uint8_t *to, integers n)
{
#if defined(__AVX512F__)
    _mm_storeu_si128((__m128i_u *)to, _mm512_cvtepi32_epi8((__m512i)n));
#elif defined(__SSE2__)
    int16_t words[WIDTH];
    store_words(words, n);
    const __m128i packed = _mm_packus_epi16(WIDTH == 8 ? _mm_loadu_si128((const __m128i_u *)words)
                                                       : _mm_loadl_epi64((const __m128i_u *)words),
                                            _mm_setzero_si128());
    memcpy(to, &packed, WIDTH);
#else
    for (size_t l = 0; l < WIDTH; l++)
        to[l] = (uint8_t)n[l];
#endif
}

/* ---- range */

/* The smaller, the larger of v and kept; kept where v is a NaN. */
ALWAYS_INLINE vector keep_smaller(vector v, vector kept)
{
#if defined(__SSE2__)
    return INTRINSIC(min_ps)(v, kept);
#else
    for (size_t l = 0; l < WIDTH; l++)
        kept[l] = v[l] < kept[l] ? v[l] : kept[l];
    return kept;
#endif
}

ALWAYS_INLINE vector keep_larger(vector v, vector kept)
{
#if defined(__SSE2__)
    return INTRINSIC(max_ps)(v, kept);
#else
    return -keep_smaller(-v, -kept);
#endif
}

/* Four chains, since each step of one waits for the step before. */
void UHN_VARIANT(uhn_range)(const float *x, size_t dim, float *low, float *high)
{
    enum { CHAINS = 4 };
    vector lowest[CHAINS], highest[CHAINS];
    size_t i = 0;
    for (size_t c = 0; c < CHAINS; c++) {
        lowest[c] = all(*low);
        highest[c] = all(*high);
    }
    for (; i + CHAINS * WIDTH <= dim; i += CHAINS * WIDTH)
        for (size_t c = 0; c < CHAINS; c++) {
            const vector v = load(x + i + c * WIDTH);
            lowest[c] = keep_smaller(v, lowest[c]);
            highest[c] = keep_larger(v, highest[c]);
        }
    for (; i + WIDTH <= dim; i += WIDTH) {
        lowest[0] = keep_smaller(load(x + i), lowest[0]);
        highest[0] = keep_larger(load(x + i), highest[0]);
    }
    for (size_t c = 1; c < CHAINS; c++) {
        lowest[0] = keep_smaller(lowest[c], lowest[0]);
        highest[0] = keep_larger(highest[c], highest[0]);
    }
    float least = *low, most = *high;
    for (size_t l = 0; l < WIDTH; l++) {
        least = lowest[0][l] < least ? lowest[0][l] : least;
        most = highest[0][l] > most ? highest[0][l] : most;
    }
    for (; i < dim; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    *low = least;
    *high = most;
}

/* ---- quantisation */

/* The points low + n · step, n = 0 … top, and the error so far. */
typedef struct grid {
    doubles low, step, per_step, top, slack;
    doubles sum, absolute, squares;
} grid;

/* The number of the point nearest to x, in the lowest digits. Only `counted` (1 or 0) of the error is added. */
ALWAYS_INLINE doubles quantise_half(grid *at, half_vector x, half_vector counted)
{
    const doubles exact = widened(x), count = widened(counted), shift = everywhere(0x1p52);
    const doubles n = clamp_doubles((exact - at->low) * at->per_step, at->top) + shift;
    const doubles error = (exact - (at->low + (n - shift) * at->step)) * count;
    const doubles bound = (doubles)((wide_integers)error & INT64_MAX) + at->slack * count;
    at->sum += error;
    at->absolute += bound;
    at->squares += bound * bound;
    return n;
}

ALWAYS_INLINE integers quantise(grid *at, vector x, vector counted)
{
    const doubles low = quantise_half(at, lower_half(x), lower_half(counted));
    const doubles high = quantise_half(at, upper_half(x), upper_half(counted));
    return __builtin_shufflevector((integers)low, (integers)high, EVEN_LANES);
}

static grid make_grid(double low, double step, double top)
{
    const double per_step = step > 0 ? 1 / step : 0;
    return (grid){.low = everywhere(low),
                  .step = everywhere(step),
                  .per_step = everywhere(per_step < DBL_MAX ? per_step : DBL_MAX),
                  .top = everywhere(top),
                  /* rounding of low + n · step: at most 2^-53 of the product, and of the sum */
                  .slack = everywhere(0x1p-52 * (fabs(low) + top * step) + DBL_MIN)};
}

static double total(doubles lanes)
{
    double sum = 0;
    for (size_t l = 0; l < HALF; l++)
        sum += lanes[l];
    return sum;
}

/* Each of the dim / HALF + HALF additions, and the operations on each term, may lose 2^-53 of the result. */
static uhn_moments finish(const grid *at, size_t dim)
{
    const double allowance = 1 + ((double)dim / HALF + HALF + 16) * 0x1p-52;
    return (uhn_moments){
        .sum = total(at->sum), .absolute = total(at->absolute) * allowance, .squares = total(at->squares) * allowance};
}

#define QUANTISE(name, type, top, store_numbers)                                                                       \
    uhn_moments UHN_VARIANT(name)(const float *x, size_t dim, double low, double step, type *to)                       \
    {                                                                                                                  \
        grid at = make_grid(low, step, top);                                                                           \
        size_t i = 0;                                                                                                  \
        for (; i + WIDTH <= dim; i += WIDTH)                                                                           \
            store_numbers(to + i, quantise(&at, load(x + i), all(1)));                                                 \
        if (i < dim) {                                                                                                 \
            type last[WIDTH];                                                                                          \
            vector counted = {0};                                                                                      \
            for (size_t l = 0; l < dim - i; l++)                                                                       \
                counted[l] = 1;                                                                                        \
            store_numbers(last, quantise(&at, load_first(x + i, dim - i), counted));                                   \
            memcpy(to + i, last, (dim - i) * sizeof *to);                                                              \
        }                                                                                                              \
        return finish(&at, dim);                                                                                       \
    }

QUANTISE(uhn_quantise_uint8, uint8_t, UINT8_MAX, store_bytes)
QUANTISE(uhn_quantise_int16, int16_t, INT16_MAX, store_words)

/* ---- bytes and bits */

ALWAYS_INLINE vector rounded(vector x)
{
    return clamp(x, all(UINT8_MAX)) + 0x1p23f;
}

ALWAYS_INLINE vector load_some(const float *x, size_t count)
{
    return count < WIDTH ? load_first(x, count) : load(x);
}

ALWAYS_INLINE bool any(integers flags)
{
    int32_t found = 0;
    for (size_t l = 0; l < WIDTH; l++)
        found |= flags[l];
    return found != 0;
}

void UHN_VARIANT(uhn_bytes)(const float *x, size_t dim, uint8_t *to)
{
    size_t i = 0;
    uint8_t last[WIDTH];
    for (; i + WIDTH <= dim; i += WIDTH)
        store_bytes(to + i, (integers)rounded(load(x + i)));
    if (i < dim) {
        store_bytes(last, (integers)rounded(load_first(x + i, dim - i)));
        memcpy(to + i, last, dim - i);
    }
}

/* A chunk at a time, so that the first numbers mostly give the answer where it is no. */
bool UHN_VARIANT(uhn_exact_uint8)(const float *x, size_t dim, uint8_t *to)
{
    for (size_t i = 0, end; i < dim; i = end) {
        integers differ = {0};
        uint8_t last[WIDTH];
        for (end = dim - i < CHUNK ? dim : i + CHUNK; i + WIDTH <= end; i += WIDTH) {
            const vector v = load(x + i), n = rounded(v * UINT8_MAX);
            differ |= (integers)((n - 0x1p23f) / (float)UINT8_MAX != v);
            store_bytes(to + i, (integers)n);
        }
        if (i < end) {
            const vector v = load_first(x + i, end - i), n = rounded(v * UINT8_MAX);
            differ |= (integers)((n - 0x1p23f) / (float)UINT8_MAX != v);
            store_bytes(last, (integers)n);
            memcpy(to + i, last, end - i);
        }
        if (any(differ))
            return false;
    }
    return true;
}

bool UHN_VARIANT(uhn_is_ternary)(const float *x, size_t dim)
{
    for (size_t i = 0, end; i < dim; i = end) {
        integers others = {0};
        for (end = dim - i < CHUNK ? dim : i + CHUNK; i < end; i += WIDTH) {
            const vector size = absolute(load_some(x + i, end - i));
            others |= (integers)(size != 0) & (integers)(size != 1);
        }
        if (any(others))
            return false;
    }
    return true;
}

/* Bit l: is x[l] > 0? */
ALWAYS_INLINE uint64_t positive(vector x)
{
#if defined(__AVX512F__)
    return _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GT_OQ);
#elif defined(__AVX2__)
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GT_OQ));
#elif defined(__SSE2__)
    return (unsigned)_mm_movemask_ps(_mm_cmpgt_ps(x, _mm_setzero_ps()));
#else
    uint64_t bits = 0;
    for (size_t l = 0; l < WIDTH; l++)
        bits |= (uint64_t)(x[l] > 0) << l;
    return bits;
#endif
}

/* Reverses the bits of each byte. */
ALWAYS_INLINE uint64_t reversed(uint64_t bits)
{
    const uint64_t ones = 0x5555555555555555, twos = 0x3333333333333333, fours = 0x0f0f0f0f0f0f0f0f;
    bits = (bits & ones) << 1 | (bits >> 1 & ones);
    bits = (bits & twos) << 2 | (bits >> 2 & twos);
    return (bits & fours) << 4 | (bits >> 4 & fours);
}

ALWAYS_INLINE void pack(const float *x, size_t count, uint8_t *to)
{
    uint64_t bits = 0;
    for (size_t l = 0; l < count; l += WIDTH)
        bits |= positive(load_some(x + l, count - l)) << l;
    bits = reversed(bits);
    for (size_t byte = 0; byte < (count + 7) / 8; byte++)
        to[byte] = (uint8_t)(bits >> 8 * byte);
}

void UHN_VARIANT(uhn_bits)(const float *x, size_t dim, uint8_t *to)
{
    size_t i = 0;
    for (; i + 64 <= dim; i += 64)
        pack(x + i, 64, to + i / 8);
    if (i < dim)
        pack(x + i, dim - i, to + i / 8);
}

/* ---- bins */

/* floor(), of what is from 0 to 2^51. */
ALWAYS_INLINE doubles floors(doubles x)
{
    const doubles nearest = x + 0x1p52 - 0x1p52, one = everywhere(1);
    return nearest - (doubles)((wide_integers)(nearest > x) & (wide_integers)one);
}

typedef struct division {
    doubles low, width, per_width, count;
} division;

/* Division by a power of two is multiplication, to the bit, and much faster. */
ALWAYS_INLINE half_vector bin(half_vector x, const division *by, bool multiply)
{
    const doubles offset = widened(x) - by->low;
    const doubles place = (multiply ? offset * by->per_width : offset / by->width) * by->count;
    return __builtin_convertvector(floors(clamp_doubles(place, by->count - 1)), half_vector);
}

ALWAYS_INLINE void bins(const float *x, size_t dim, const division *by, float *to, bool multiply)
{
    half_vector v = {0};
    size_t i = 0;
    for (; i + HALF <= dim; i += HALF) {
        memcpy(&v, x + i, sizeof v);
        v = bin(v, by, multiply);
        memcpy(to + i, &v, sizeof v);
    }
    if (i < dim) {
        memcpy(&v, x + i, (dim - i) * sizeof *x);
        v = bin(v, by, multiply);
        memcpy(to + i, &v, (dim - i) * sizeof *to);
    }
}

void UHN_VARIANT(uhn_bins)(const float *x, size_t dim, double low, double high, size_t count, float *to)
{
    int exponent;
    const division by = {.low = everywhere(low),
                         .width = everywhere(high - low),
                         .per_width = everywhere(1 / (high - low)),
                         .count = everywhere((double)count)};
    if (frexp(high - low, &exponent) == 0.5 && exponent > -1000 && exponent < 1000)
        bins(x, dim, &by, to, true);
    else
        bins(x, dim, &by, to, false);
}
