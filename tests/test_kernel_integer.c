/* SPDX-License-Identifier: MIT
 * The fast passes over integers, bits and table entries: exact, in every variant that this machine runs, at sizes that
 * are no multiples of anything, wherever the vectors lie. */
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "support/check.h"
#include "support/random_data.h"

enum { COUNT_MAX = 65, ROWS_MAX = 260, GUARD = 3 };

static const size_t small_dims[] = {0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 255};
static const size_t large_dims[] = {784, 1023, 1025, 3072, 8200};
static const size_t counts[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 33, 65};

typedef struct pass_case {
    uhn_pass pass;
    size_t coordinate_bits;
    uint16_t row_limit, query_limit; /* the largest values */
} pass_case;

static const pass_case cases[] = {
    {UHN_PASS_UINT8_MULTIPLY, 8, 255, 255},
    {UHN_PASS_UINT8_DIFFERENCE, 8, 255, 255},
    {UHN_PASS_INT16_MAXIMUM, 16, 32767, 32767},
    {UHN_PASS_BIT_MISMATCH, 1, 1, 1},
    {UHN_PASS_TABLE, 8, UHN_TABLE_ROWS - 1, UHN_TABLE_COLUMNS - 1},
    {UHN_PASS_TABLE_BYTES, 8, UHN_TABLE_FEW_ROWS - 1, UHN_TABLE_COLUMNS - 1},
};

static uhn_pass_table table;

static bool of_table(const pass_case *what)
{
    return what->pass == UHN_PASS_TABLE || what->pass == UHN_PASS_TABLE_BYTES;
}

/* ---- the sums by definition */

static unsigned coordinate(const pass_case *what, const uint8_t *x, size_t i)
{
    uint16_t word;

    if (what->coordinate_bits == 1)
        return x[i / 8] >> (7 - i % 8) & 1;
    if (what->coordinate_bits == 8)
        return x[i];
    memcpy(&word, x + 2 * i, sizeof word);
    return word;
}

static double reference(const pass_case *what, const uint8_t *row, const uint8_t *query, size_t dim)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < dim; i++) {
        unsigned x = coordinate(what, row, i), q = coordinate(what, query, i);

        switch (what->pass) {
        case UHN_PASS_UINT8_MULTIPLY:
            sum += x * q;
            break;
        case UHN_PASS_INT16_MAXIMUM:
            sum += x > q ? x : q;
            break;
        case UHN_PASS_TABLE:
            sum += table.values[q][x];
            break;
        case UHN_PASS_TABLE_BYTES:
            sum += table.bytes[q][x];
            break;
        default:
            sum += x > q ? x - q : q - x;
        }
    }
    return (double)sum;
}

/* ---- data */

/* Vectors of a pass, each in a block of its own that ends with it, at all remainders of the address. */
typedef struct vectors {
    uint8_t *blocks[ROWS_MAX];
    const void *at[ROWS_MAX];
    size_t count;
} vectors;

typedef enum filling { RANDOM, EXTREME, ALL_LARGEST } filling;

static uint16_t draw(test_random *random, filling how, uint16_t limit)
{
    if (how == RANDOM)
        return (uint16_t)random_below(random, (size_t)limit + 1);
    return how == ALL_LARGEST || random_below(random, 2) ? limit : 0;
}

static vectors make_vectors(test_random *random, const pass_case *what, filling how, uint16_t limit, size_t count,
                            size_t dim)
{
    size_t bytes = (dim * what->coordinate_bits + 7) / 8;
    vectors made = {.count = count};

    for (size_t v = 0; v < count; v++) {
        uint8_t *x = (made.blocks[v] = test_allocate(v % 67 + bytes + (bytes + v == 0), 1)) + v % 67;

        made.at[v] = x;
        for (size_t i = 0; i < dim; i++) {
            uint16_t value = draw(random, how, limit);

            if (what->coordinate_bits == 1)
                x[i / 8] |= (uint8_t)(value << (7 - i % 8));
            else if (what->coordinate_bits == 8)
                x[i] = (uint8_t)value;
            else
                memcpy(x + 2 * i, &value, sizeof value);
        }
    }
    return made;
}

static void free_vectors(vectors *these)
{
    for (size_t v = 0; v < these->count; v++)
        free(these->blocks[v]);
}

/* ---- comparison */

typedef struct experiment {
    const pass_case *what;
    vectors rows, queries;
    size_t dim;
    double *expected; /* by query, then row */
} experiment;

static experiment make_experiment(test_random *random, const pass_case *what, filling how, size_t rows, size_t queries,
                                  size_t dim)
{
    experiment made = {.what = what, .dim = dim};

    made.rows = make_vectors(random, what, how, what->row_limit, rows, dim);
    made.queries = make_vectors(random, what, how, what->query_limit, queries, dim);
    made.expected = test_allocate(rows * queries, sizeof *made.expected);
    for (size_t q = 0; q < queries; q++)
        for (size_t r = 0; r < rows; r++)
            made.expected[q * rows + r] = reference(what, made.rows.at[r], made.queries.at[q], dim);
    return made;
}

static void free_experiment(experiment *done)
{
    free_vectors(&done->rows);
    free_vectors(&done->queries);
    free(done->expected);
}

/* The first rows and queries, in all variants; what is beyond them in `sums` has to stay. */
static void check(const experiment *with, size_t rows, size_t queries)
{
    size_t stride = rows + GUARD;
    double *sums = test_allocate(queries * stride, sizeof *sums);
    const uhn_kernels *kernels;

    for (size_t variant = 0; (kernels = uhn_kernels_at(variant)); variant++) {
        for (size_t i = 0; i < queries * stride; i++)
            sums[i] = -1;
        kernels->pass[with->what->pass](with->rows.at, rows, with->queries.at, queries, with->dim,
                                        of_table(with->what) ? &table : NULL, sums, stride);
        for (size_t q = 0; q < queries; q++)
            for (size_t r = 0; r < stride; r++) {
                double expected = r < rows ? with->expected[q * with->rows.count + r] : -1;

                if (sums[q * stride + r] != expected)
                    fail_msg("%s, pass %d, dim %zu, %zu rows, %zu queries: sum of row %zu, query %zu is %.17g, not "
                             "%.17g",
                             kernels->isa, (int)with->what->pass, with->dim, rows, queries, r, q, sums[q * stride + r],
                             expected);
            }
    }
    free(sums);
}

static void make_table(test_random *random, filling how)
{
    for (size_t q = 0; q < UHN_TABLE_COLUMNS; q++)
        for (size_t x = 0; x < UHN_TABLE_ROWS; x++)
            table.values[q][x] = draw(random, how, 2047);
    for (size_t q = 0; q < UHN_TABLE_COLUMNS; q++)
        for (size_t x = 0; x < UHN_TABLE_FEW_ROWS; x++)
            table.bytes[q][x] = (uint8_t)draw(random, how, 255);
}

/* ---- tests */

enum { CASES = sizeof cases / sizeof *cases, COUNTS = sizeof counts / sizeof *counts };

static void test_small(void **state)
{
    test_random random = {1};

    (void)state;
    make_table(&random, RANDOM);
    for (size_t c = 0; c < CASES; c++)
        for (size_t d = 0; d < sizeof small_dims / sizeof *small_dims; d++) {
            experiment with = make_experiment(&random, &cases[c], RANDOM, COUNT_MAX, COUNT_MAX, small_dims[d]);

            for (size_t r = 0; r < COUNTS; r++)
                for (size_t q = 0; q < COUNTS; q++)
                    check(&with, counts[r], counts[q]);
            check(&with, 0, 9);
            check(&with, 9, 0);
            free_experiment(&with);
        }
}

static void test_large(void **state)
{
    static const size_t sizes[][2] = {{1, 1}, {5, 1}, {4, 7}, {9, 8}, {17, 13}, {33, 17}};
    test_random random = {2};

    (void)state;
    make_table(&random, RANDOM);
    for (size_t c = 0; c < CASES; c++)
        for (size_t d = 0; d < sizeof large_dims / sizeof *large_dims; d++) {
            experiment with = make_experiment(&random, &cases[c], RANDOM, 33, 17, large_dims[d]);

            for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
                check(&with, sizes[s][0], sizes[s][1]);
            free_experiment(&with);
        }
}

/* More queries than are worked on together. */
static void test_many_queries(void **state)
{
    enum { ROWS = 5, MANY = 300, DIM = 70 };
    test_random random = {3};

    (void)state;
    make_table(&random, RANDOM);
    for (size_t c = 0; c < CASES; c++) {
        experiment with = make_experiment(&random, &cases[c], RANDOM, ROWS, COUNT_MAX, DIM);
        const void *queries[MANY];
        const uhn_kernels *kernels;
        double sums[MANY * ROWS];

        for (size_t q = 0; q < MANY; q++)
            queries[q] = with.queries.at[q % COUNT_MAX];
        for (size_t variant = 0; (kernels = uhn_kernels_at(variant)); variant++) {
            kernels->pass[cases[c].pass](with.rows.at, ROWS, queries, MANY, DIM, &table, sums, ROWS);
            for (size_t i = 0; i < MANY * ROWS; i++)
                assert_true(sums[i] == with.expected[i / ROWS % COUNT_MAX * ROWS + i % ROWS]);
        }
        free_experiment(&with);
    }
}

/* More rows than are worked on together. */
static void test_many_rows(void **state)
{
    static const size_t rows[] = {127, 128, 129, 144, 193, 256, ROWS_MAX}, dims[] = {1, 67, 300, 784};
    test_random random = {5};

    (void)state;
    make_table(&random, RANDOM);
    for (size_t c = 0; c < CASES; c++)
        for (size_t d = 0; d < sizeof dims / sizeof *dims; d++) {
            experiment with = make_experiment(&random, &cases[c], RANDOM, ROWS_MAX, 5, dims[d]);

            for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
                check(&with, rows[r], 5);
            free_experiment(&with);
        }
}

/* The largest sums there are, for running sums that would be too narrow. */
static void test_extremes(void **state)
{
    static const size_t dims[] = {65, 1023, 40000};
    test_random random = {4};

    (void)state;
    for (filling how = EXTREME; how <= ALL_LARGEST; how++) {
        make_table(&random, how);
        for (size_t c = 0; c < CASES; c++)
            for (size_t d = 0; d < sizeof dims / sizeof *dims; d++) {
                experiment with = make_experiment(&random, &cases[c], how, 9, 9, dims[d]);

                check(&with, 9, 9);
                check(&with, 5, 1);
                free_experiment(&with);
            }
    }
}

/* A vector so long that even a whole call in 32 bits overflows: 2^23 coordinates. */
static void test_very_long(void **state)
{
    enum { LONG = 1 << 23 };
    size_t bytes = (size_t)2 * LONG;
    uint8_t *x = test_allocate(bytes, 1);
    const void *these[8] = {x, x, x, x, x, x, x, x};
    const uhn_kernels *kernels;
    double sums[64];

    (void)state;
    for (size_t variant = 0; (kernels = uhn_kernels_at(variant)); variant++)
        for (size_t queries = 1; queries <= 8; queries += 7) {
            memset(x, 255, bytes);
            kernels->pass[UHN_PASS_UINT8_MULTIPLY](these, 8, these, queries, LONG, NULL, sums, 8);
            for (size_t i = 0; i < 8 * queries; i++)
                assert_true(sums[i] == 65025.0 * LONG);
            for (size_t i = 1; i < bytes; i += 2)
                x[i - 1] = 255, x[i] = 127;
            kernels->pass[UHN_PASS_INT16_MAXIMUM](these, 8, these, queries, LONG, NULL, sums, 8);
            for (size_t i = 0; i < 8 * queries; i++)
                assert_true(sums[i] == 32767.0 * LONG);
        }
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),     cmocka_unit_test(test_large),    cmocka_unit_test(test_many_queries),
        cmocka_unit_test(test_many_rows), cmocka_unit_test(test_extremes), cmocka_unit_test(test_very_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
