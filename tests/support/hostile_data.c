/* SPDX-License-Identifier: MIT */
#include "hostile_data.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"

enum { ROW_OF_QUERY = 1 << 30 };

static float ordinary(test_random *random, size_t row, size_t column, float base)
{
    (void)row, (void)column, (void)base;
    return random_below(random, 8) == 0 ? 0.0F : (float)random_uniform(random);
}

/* Either 0 or 1: the only data that counts of unequal bits take. */
static float bit(test_random *random, size_t row, size_t column, float base)
{
    (void)row, (void)column, (void)base;
    return (float)(random_bits(random) >> 63);
}

static float bit_copy(test_random *random, size_t row, size_t column, float base)
{
    const float common = base < 0.5F ? 0.0F : 1.0F;

    (void)column;
    return row % 4 > 0 && random_below(random, 30) == 0 ? 1.0F - common : common;
}

static float byte(test_random *random, size_t row, size_t column, float base)
{
    (void)row, (void)column, (void)base;
    return (float)random_below(random, 256) / 255.0F;
}

/* Copies that differ in the last places of a float32, if at all. */
static float copy_4(test_random *random, size_t row, size_t column, float base)
{
    (void)row, (void)column;
    return base + 1e-4F * (float)random_uniform(random);
}

static float copy_6(test_random *random, size_t row, size_t column, float base)
{
    (void)row, (void)column;
    return base + 1e-6F * (float)random_uniform(random);
}

/* Many of them equal to the bit, the others almost. */
static float copy(test_random *random, size_t row, size_t column, float base)
{
    (void)column;
    return row % 3 > 0 ? base : base + 1e-7F * (float)random_below(random, 3);
}

/* Far from 0 and close together: lengths are large beside distances, and so are the errors of estimates. */
static float far_away(test_random *random, size_t row, size_t column, float base)
{
    (void)row, (void)column;
    return 1000.0F + base + (row % 2 > 0 ? 0.01F : 2.0F) * (float)random_uniform(random);
}

/* Where dim is a multiple of 256, rows hold the same numbers in another order; queries are constant. */
static float reordered(test_random *random, size_t row, size_t column, float base)
{
    const double golden = 0.618034 * (double)(column ^ row % 256);

    (void)random, (void)base;
    return row == ROW_OF_QUERY ? 0.25F : (float)(golden - floor(golden));
}

/* Queries far outside of what the rows span, which are close together. */
static float beyond(test_random *random, size_t row, size_t column, float base)
{
    (void)column;
    return row == ROW_OF_QUERY ? 5.0F * (float)random_uniform(random) - 2.0F
                               : base + 0.001F * (float)random_uniform(random);
}

/* Constant rows, rows of zeros among them: no direction, no distribution. */
static float constant(test_random *random, size_t row, size_t column, float base)
{
    (void)random, (void)column, (void)base;
    return (float)(row % 7) * 0.1F;
}

static float denormal(test_random *random, size_t row, size_t column, float base)
{
    (void)row, (void)column, (void)base;
    return 1e-40F * (float)random_uniform(random);
}

static float tiny(test_random *random, size_t row, size_t column, float base)
{
    (void)row, (void)column, (void)base;
    return 1e-25F * (float)random_uniform(random);
}

/* Products overflow float32, and in some rows sums do. */
static float huge(test_random *random, size_t row, size_t column, float base)
{
    (void)column, (void)base;
    return (row % 5 == 0 ? 1e38F : 1e30F) * (float)random_uniform(random);
}

/* Sums overflow on the way to what would not. */
static float huge_signed(test_random *random, size_t row, size_t column, float base)
{
    const float x = huge(random, row, column, base);

    return random_below(random, 2) ? x : -x;
}

static float one_large(test_random *random, size_t row, size_t column, float base)
{
    (void)row;
    return column == 1 ? 1e6F * (1.0F + 0.001F * base) : (float)random_uniform(random);
}

static float unequal(test_random *random, size_t row, size_t column, float base)
{
    (void)column, (void)base;
    return powf(10.0F, (float)(row % 13) - 6.0F) * (float)random_uniform(random);
}

static const hostile_kind kinds[] = {{"ordinary", ordinary},
                                     {"bits", bit},
                                     {"almost equal bits", bit_copy},
                                     {"bytes", byte},
                                     {"copies within 1e-4", copy_4},
                                     {"copies within 1e-6", copy_6},
                                     {"copies", copy},
                                     {"far away", far_away},
                                     {"reordered", reordered},
                                     {"queries beyond", beyond},
                                     {"constant rows", constant},
                                     {"denormal", denormal},
                                     {"tiny", tiny},
                                     {"huge", huge},
                                     {"huge with signs of their own", huge_signed},
                                     {"one large coordinate", one_large},
                                     {"unequal lengths", unequal}};

const hostile_kind *hostile_kind_at(size_t index)
{
    return index < sizeof kinds / sizeof kinds[0] ? &kinds[index] : NULL;
}

void hostile_fill(const hostile_kind *kind, uint64_t seed, bool flip, size_t dim, float *rows, size_t row_count,
                  float *queries, size_t query_count)
{
    test_random random = {seed};
    float *base = random_positive(&random, dim), *signs = random_binary(&random, dim);

    for (size_t i = 0; i < row_count + query_count; i++)
        for (size_t c = 0; c < dim; c++) {
            const bool of_query = kind->coordinate == reordered || kind->coordinate == beyond;
            const size_t row = of_query && i >= row_count ? ROW_OF_QUERY : i;
            const float x = kind->coordinate(&random, row, c, base[c]);

            *(i < row_count ? &rows[i * dim + c] : &queries[(i - row_count) * dim + c]) = flip && signs[c] > 0 ? -x : x;
        }
    free(base);
    free(signs);
}
