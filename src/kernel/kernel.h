/* SPDX-License-Identifier: MIT
 * The kernels: passes over the coordinates of vectors, and the weighted sum of rows.
 *
 * They come in variants, one per instruction set, all compiled from the sources in variant/. Which one runs is decided
 * once, by what processor and operating system support; the environment variable UHN_ISA names another.
 *
 * There are two families.
 *
 * Exact passes take one pair of vectors, form and add their terms in float64, in UHN_LANES running sums: coordinate i
 * goes to sum i mod UHN_LANES, and the sums are added in a fixed tree. Products and sums are rounded apart. So the
 * result depends on the two vectors alone, never on where a row lies nor on the instruction set (but for powers, which
 * are libm's); identical rows get identical scores. Error: at most (dim / UHN_LANES + 8) · 2^-53 · Σ|term|, besides
 * that of each term, which is at most 24 · 2^-53 of it for divergences.
 *
 * Fast passes take many rows and many queries at once, in registers and cache blocks, and compute as the data is
 * stored: float32, uint8, int16, bits. On integers they are exact. On floats each sum differs from the true one by at
 * most uhn_kernels.rounding(dim) · 2^-24 · Σ|term|, plus dim · 2^-126 (which covers underflow); for m log m, Σ m (1 +
 * |log m|) stands for Σ|term|. An overflow gives an infinity or a NaN. A sum depends on the two vectors, dim and the
 * variant alone: not on the neighbours, nor on how many rows or queries there are.
 *
 * UHN_PASS_SPLIT_MULTIPLY, which only some variants have, reads vectors of floats that uhn_kernels.split has taken
 * apart. Each sum differs from the true one by at most split_rounding(dim) · 2^-24 · Σ|x q|, plus dim · 2^-123 · (1 +
 * |x| + |q|) with Euclidean lengths (all that is subnormal counts as 0). If a number is infinite or NaN, or becomes
 * infinite (from 0x1.ffp127 on), the sums that it takes part in are infinite or NaN, whatever it is multiplied with.
 *
 * For both: vectors may have any alignment and any dim, 0 included (the sum is 0). NaN and infinities go through as in
 * IEEE arithmetic, but that a maximum of a number and a NaN is either. Nothing here allocates, and everything may be
 * called from any thread. */
#ifndef UHN_KERNEL_KERNEL_H
#define UHN_KERNEL_KERNEL_H

#include "uhn/uhn.h"

enum { UHN_LANES = 8 };

typedef double uhn_step_function(const float *x, const float *q, size_t dim);

/* What a fast pass adds up over the coordinates of a row x and a query q. */
typedef enum uhn_pass {
    UHN_PASS_MULTIPLY,            /* float32: x q */
    UHN_PASS_MAXIMUM,             /* float32: max(x, q); Σ|x − q| = 2 Σ max(x, q) − Σx − Σq */
    UHN_PASS_SQUARED_DIFFERENCE,  /* float32: (x − q)² */
    UHN_PASS_ABSOLUTE_DIFFERENCE, /* float32: |x − q| */
    UHN_PASS_MEAN_LOGARITHM,      /* float32, x, q ≥ 0: m log m with m = (x + q) / 2 */
    UHN_PASS_UINT8_MULTIPLY,      /* uint8: x q */
    UHN_PASS_UINT8_DIFFERENCE,    /* uint8: |x − q| */
    UHN_PASS_INT16_MAXIMUM,       /* int16 in 0 … 32767: max(x, q) */
    UHN_PASS_BIT_MISMATCH,        /* packed bits as in UHN_BITS, dim of them, padding 0: 1 where they differ */
    UHN_PASS_TABLE,               /* uint8 numbers of bins: table->values[q][x] */
    UHN_PASS_TABLE_BYTES,         /* the same, x below UHN_TABLE_FEW_ROWS: table->bytes[q][x] */
    UHN_PASS_FOLDED,              /* folded float32 (below): log(2 cosh(½ log 2 · x q)) + x′ q′ */
    UHN_PASS_SPLIT_MULTIPLY,      /* split float32: x q; NULL where the variant has no such pass */
    UHN_PASS_COUNT
} uhn_pass;

/* A table of scores, by bin of the query (below UHN_TABLE_COLUMNS) and bin of the memory, in whole units of the
 * caller's choice. Each pass reads its own form, the other may hold anything: for UHN_PASS_TABLE 0 … 2047; for
 * UHN_PASS_TABLE_BYTES 0 … 255, but faster. Both are read fastest where they are aligned to 64 bytes. */
enum { UHN_TABLE_ROWS = 32, UHN_TABLE_FEW_ROWS = 16, UHN_TABLE_COLUMNS = 256 };
typedef struct uhn_pass_table {
    uint16_t values[UHN_TABLE_COLUMNS][UHN_TABLE_ROWS];
    uint8_t bytes[UHN_TABLE_COLUMNS][UHN_TABLE_FEW_ROWS];
} uhn_pass_table;

/* sums[q · stride + r] = Σ_i term(rows[r][i], queries[q][i]) for r < row_count and q < query_count; `table` for
 * UHN_PASS_TABLE… only, else NULL. */
typedef void uhn_pass_function(const void *const *rows, size_t row_count, const void *const *queries,
                               size_t query_count, size_t dim, const uhn_pass_table *table, double *sums,
                               size_t stride);

/* A folded vector is two of floats, x and x′, each padded with zeros to this many numbers. x, q ≥ 0. The error is that
 * of other passes, with 7 more roundings of each term: (rounding(dim) + 7) · 2^-24 · Σ|term|. */
static inline size_t uhn_folded_half(size_t dim)
{
    return (dim + 15) / 16 * 16;
}

/* Bytes of a split vector. A vector begins at a multiple of 64 bytes. Rows that are equally spaced are read where they
 * lie; a distance of exactly so many bytes spreads them over the cache. Queries are read in packs, of UHN_PACK except
 * for the last: queries[0], queries[UHN_PACK] … point to packs, and the other pointers are not looked at. */
enum { UHN_SPLIT_ALIGNMENT = 64, UHN_PACK = 16 };
static inline size_t uhn_split_bytes(size_t dim)
{
    return (2 * ((dim + 31) / 32) + 1) * UHN_SPLIT_ALIGNMENT;
}

/* Bytes that project_split() wants: the parts of the weights of at most UHN_PROJECT_ROWS rows, which it takes at a
 * time.
 */
enum { UHN_PROJECT_ROWS = 256 };
static inline size_t uhn_project_room(size_t query_count)
{
    return (query_count + 15) / 16 * 16 * UHN_PROJECT_ROWS * 3 * sizeof(uint16_t);
}

/* Sums over one vector, as exact passes form them. */
typedef struct uhn_moments {
    double sum, absolute, squares; /* Σx, Σ|x|, Σx² */
} uhn_moments;

/* See entropy() and logarithms(). */
enum { UHN_ENTROPY_ROUNDING = 20, UHN_LOGARITHM_ROUNDING = 9 };

/* See flow_soften(); then what flow_relax() and flow_grant() find. */
enum { UHN_FLOW_NOTHING = -64 };
typedef struct uhn_relaxed {
    double along_scores, along_targets; /* Σ w s and Σ w t, of before */
    double top;                         /* the largest new score */
} uhn_relaxed;
typedef struct uhn_granted {
    size_t count; /* of those that are not 0 */
    double sum;   /* of their |to| */
} uhn_granted;

/* What became of the pixels of x, if q is x with some of them set to 0; those that are 0 in both are not counted. */
typedef struct uhn_mask_counts {
    size_t masked, kept, neither; /* 0 in q but not in x; equal, not 0; everything else */
} uhn_mask_counts;

/* One variant. */
typedef struct uhn_kernels {
    const char *isa;

    /* Exact passes. */
    uhn_step_function *step[UHN_STEP_COUNT]; /* NULL for UHN_STEP_PAIR */
    double (*power_difference)(const float *x, const float *q, size_t dim, double scale, double order);
    double (*kullback_leibler)(const float *x, const float *q, size_t dim, uhn_vector_stat x_map,
                               uhn_vector_stat q_map);
    double (*jensen_shannon)(const float *x, const float *q, size_t dim, uhn_vector_stat x_map, uhn_vector_stat q_map);
    /* The folded and clamped Gaussian, x and q in [0, 1]. With r = per_sigma, 1e-100 … 1e100, and z = x q r²:
     * Σ −½ (q − x)² r² + log(a + b exp(−2 z)); a = b = 1 where q < 1, and where q = 1 a = g((1 − x) r) and
     * b = g((1 + x) r), g(u) = exp(u²/2) · the upper tail of the normal distribution. A term is within 2^-49 (1 +
     * |term|). */
    double (*folded_gaussian)(const float *x, const float *q, size_t dim, double per_sigma);
    /* to[i] = log((a + b e) / (1 + e)) for x[i], with a and b as for q = 1 and e = exp(−2 x r²): what that adds. */
    void (*folded_tails)(const float *x, size_t dim, double per_sigma, float *to);
    /* Pixel i has its `channels` numbers at i · pixel_step, `channel_step` apart. */
    uhn_mask_counts (*masked_pixels)(const float *x, const float *q, size_t pixels, size_t channels, size_t pixel_step,
                                     size_t channel_step);
    double (*sum)(const float *x, size_t dim);
    double (*absolute_sum)(const float *x, size_t dim);
    uhn_moments (*moments)(const float *x, size_t dim);

    /* Fast passes, and the factor of their error bound. */
    uhn_pass_function *pass[UHN_PASS_COUNT];
    double (*rounding)(size_t dim);

    /* For UHN_PASS_SPLIT_MULTIPLY, and NULL where there is none. Takes x apart into uhn_split_bytes(dim) bytes at `to`,
     * which may be where x is.
     * Packs `count` split queries, 1 … UHN_PACK, side by side into fewer than UHN_PACK · uhn_split_bytes(dim) bytes at
     * `to`, which is another place. And the factor of the error bound. */
    void (*split)(const float *x, size_t dim, void *to);
    void (*pack)(const void *const *split, size_t count, size_t dim, void *to);
    double (*split_rounding)(size_t dim);

    /* to[i] = exp(y), y = scale (x[i] − top) ≤ 0: relative error at most 2^-50 for that of y; 0 for y below −708, and
     * for x[i] = −infinity whatever top is. The same bits in all variants. */
    void (*exponentials)(const double *x, size_t count, double scale, double top, double *to);

    /* For a = x[i] · scale + offset with finite x, scale and offset ≥ 0, where scale is 0 or 2^-100 … 2^100 and no a is
     * above 2^100; scale and offset may have been rounded to float32. */
    /* Σ a log a: error at most UHN_ENTROPY_ROUNDING · 2^-24 · Σ a (1 + |log a|), plus dim · 2^-126. Unless `to` is
     * NULL, to[i] = a, with an error of at most 3 · 2^-24 a, or 2^-148 where that is more. */
    double (*entropy)(const float *x, size_t dim, float scale, float offset, float *to);
    /* to[i] = log a: error at most UHN_LOGARITHM_ROUNDING · 2^-24 · (1 + |log a|) where a ≥ 2^-100; a smaller one gives
     * some finite number. Sums over what is in `to`, in float64. */
    uhn_moments (*logarithms)(const float *x, size_t dim, float scale, float offset, float *to);

    /* x[i] ← log(x[i]): relative error at most 2^-50. 0 gives −infinity, negative numbers NaN. */
    void (*logarithm)(double *x, size_t count);

    bool (*all_finite)(const float *x, size_t dim);

    /* The scores x [count] of one query; all are the same bits in all variants. */
    /* x[i] ← x[i] · factor · scales[i] + (offsets[i] + offset); NaN where x[i] was infinite. */
    void (*finish_scores)(double *x, size_t count, double factor, const double *scales, double offset,
                          const double *offsets);
    /* How many are not below the limit? NaN is not. */
    size_t (*reaching)(const double *x, size_t count, double limit);
    /* The largest of them and of `largest`; NaN does not count. */
    double (*largest)(const double *x, size_t count, double largest);
    /* Σx, Σ|x|, Σx², each in UHN_LANES running sums. */
    uhn_moments (*moments_of_weights)(const double *x, size_t count);
    /* to[i] = x[i] as a float where it is at least `least` (> 0), else 0; gives how many are. */
    size_t (*narrow)(const double *x, size_t count, double least, float *to);

    /* Passes of a flow over what it keeps of each memory (dynamics/flow_scores.c): the same bits in all variants.
     * `count` is a multiple of UHN_LANES, and all numbers are finite: scores s, their targets t, weights w. */
    /* s ← stays s + moves t; shares ← stays shares + moves w. */
    uhn_relaxed (*flow_relax)(double *scores, const double *targets, double *shares, const double *weights,
                              size_t count, double stays, double moves);
    /* to ← exp(y), y = scale (s − top) ≤ 0, as exponentials() has it, but 0 where y is UHN_FLOW_NOTHING or less. */
    uhn_moments (*flow_soften)(const double *scores, size_t count, double scale, double top, double *to);
    /* x ← x · factor − w; gives Σ|x|. */
    double (*flow_lack)(double *x, const double *weights, size_t count, double factor);
    /* to ← x as a float where |x| is above `least` ≥ 0, else 0; w ← w + to. */
    uhn_granted (*flow_grant)(const double *x, double *weights, size_t count, double least, float *to);
    /* Σ given (t − s). */
    double (*flow_along)(const float *given, const double *targets, const double *scores, size_t count);

    /* sum[i] += weight · row[i]: the projection of one row. */
    void (*accumulate)(double *restrict sum, double weight, const float *restrict row, size_t dim);

    /* sum[i] = sum[i] · factor + other[i] · other_factor; the same bits in all variants. */
    void (*merge)(double *restrict sum, double factor, const double *restrict other, double other_factor, size_t dim);

    /* sums[q][o] += Σ_r weights[q · weight_stride + r] · rows[r][o]: the projection of many rows for many queries. In
     * float32, a block of rows at a time: the error is at most 2^-24 · 130 · Σ|term|, plus row_count · 2^-121 · (1 +
     * the largest |weight| + the largest number), which covers underflow. Rows and weights are finite, and so are sums
     * of |term|. What it adds to the sums of a query does not depend on the other queries. */
    void (*project)(const float *const *rows, size_t row_count, const float *weights, size_t weight_stride,
                    double *const *sums, size_t query_count, size_t out_dim);

    /* The same where floats are multiplied in parts, and NULL elsewhere: faster for many queries, slower for a few.
     * `room` for uhn_project_room(query_count) bytes, aligned to 64. */
    void (*project_split)(const float *const *rows, size_t row_count, const float *weights, size_t weight_stride,
                          double *const *sums, size_t query_count, size_t out_dim, void *room);

    /* Bytes to floats: v / 255, correctly rounded, and bits to 0 and 1 (highest bit first). */
    void (*expand_uint8)(const uint8_t *restrict bytes, float *restrict values, size_t dim);
    void (*expand_bits)(const uint8_t *restrict bits, float *restrict values, size_t dim);

    /* The other way. Floats may be anything; a NaN counts as the largest number. */
    /* *low and *high, widened so that x lies within; a NaN does not widen them. */
    void (*range)(const float *x, size_t dim, float *low, float *high);
    /* to[i]: the number n of 0 … 255 or 0 … 32767 whose point low + n · step is nearest to x[i], or a neighbour where
     * x[i] is within 2^-50 (|x[i]| + |low|) of the middle; low and step ≥ 0 finite. Gives sums over the errors x[i] −
     * (low + to[i] · step): `absolute` and `squares` are not below the true Σ|e| and Σe² (rounding included: of the
     * points, of each term, of the sums), nor above by more than 2^-51 · (|low| + 255 or 32767 · step) per error;
     * infinite or NaN if x is. */
    uhn_moments (*quantise_uint8)(const float *x, size_t dim, double low, double step, uint8_t *to);
    uhn_moments (*quantise_int16)(const float *x, size_t dim, double low, double step, int16_t *to);
    /* Is every x[i] equal to what expand_uint8 makes of a byte? Then `to` are these bytes. */
    bool (*exact_uint8)(const float *x, size_t dim, uint8_t *to);
    /* The whole numbers of 0 … 255 nearest to x. */
    void (*bytes)(const float *x, size_t dim, uint8_t *to);
    /* Bit i is set if x[i] > 0: packed as in UHN_BITS, padding 0. */
    void (*bits)(const float *x, size_t dim, uint8_t *to);
    /* Is every x[i] one of 0, 1 and −1? */
    bool (*is_ternary)(const float *x, size_t dim);
    /* to[i] = floor((x[i] − low) / (high − low) · count), as float64 gives it, cut off at 0 and count − 1 < 2^24. */
    void (*bins)(const float *x, size_t dim, double low, double high, size_t count, float *to);
} uhn_kernels;

/* The variants that this machine can run, the slowest first; NULL past the end. */
const uhn_kernels *uhn_kernels_at(size_t index);

/* The one in use. */
const uhn_kernels *uhn_kernels_in_use(void);

/* Of the one in use, by their names. Divergences are of two distributions given as a = x · x_map.scale + x_map.offset,
 * likewise b from q. Kullback–Leibler: Σ a log(a/b) − a + b, termwise ≥ 0 (a = 0: b; b = 0 < a: infinity).
 * Jensen–Shannon: ½ Σ a log(a/m) + b log(b/m), m = (a + b)/2, in nats. In both, a and b that differ by less than
 * 2^-50 of themselves count as equal. power_difference: Σ (scale |x_i − q_i|)^order.
 */
uhn_step_function *uhn_kernel_step(uhn_step step);
double uhn_kernel_power_difference(const float *x, const float *q, size_t dim, double scale, double order);
double uhn_kernel_kullback_leibler(const float *x, const float *q, size_t dim, uhn_vector_stat x_map,
                                   uhn_vector_stat q_map);
double uhn_kernel_jensen_shannon(const float *x, const float *q, size_t dim, uhn_vector_stat x_map,
                                 uhn_vector_stat q_map);
double uhn_kernel_sum(const float *x, size_t dim);
double uhn_kernel_absolute_sum(const float *x, size_t dim);
void uhn_kernel_accumulate(double *restrict sum, double weight, const float *restrict row, size_t dim);
void uhn_kernel_expand_uint8(const uint8_t *restrict bytes, float *restrict values, size_t dim);
void uhn_kernel_expand_bits(const uint8_t *restrict bits, float *restrict values, size_t dim);

#endif
