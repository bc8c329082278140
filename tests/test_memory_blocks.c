/* SPDX-License-Identifier: MIT
 * Memories whose rows lie in blocks: the same bits as rows that lie together, and what happens when a block is refused.
 */
#include "support/catalogue.h"
#include "support/length.h"

#include "uhn/dynamics.h"
#include "uhn/extend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIM = 21, VALUE_DIM = 5, ROWS = 2500, QUERIES = 20, BLOCKS_MAX = ROWS };

typedef struct fixture {
    uhn_storage storage;
    uint8_t *rows; /* packed */
    float *values, *queries;
    double squares[ROWS];
    uhn_range range;
    uhn_row_block blocks[BLOCKS_MAX];
    size_t block_count, row_bytes;
} fixture;

/* Cuts the rows into blocks of 1 to 200 rows. */
static fixture *make(uhn_storage storage, const char *similarity, uint64_t seed)
{
    fixture *f = test_allocate(1, sizeof *f);
    test_random random = {seed};
    f->storage = storage;
    f->row_bytes = uhn_row_bytes(storage, DIM);
    f->rows = storage == UHN_FLOAT32 ? (uint8_t *)catalogue_data(similarity, &random, ROWS * DIM)
                                     : random_bytes(&random, ROWS * DIM);
    for (size_t i = 0; storage == UHN_BITS && i < ROWS; i++)
        f->rows[i * f->row_bytes + f->row_bytes - 1] &= (uint8_t)(0xff00 >> DIM % 8);
    f->values = random_signed(&random, ROWS * VALUE_DIM);
    f->queries = catalogue_data(similarity, &random, QUERIES * DIM);
    f->range = uhn_range_empty(storage);
    for (size_t first = 0, count; first < ROWS; first += count) {
        count = 1 + random_below(&random, random_below(&random, 5) ? 200 : 2);
        count = count < ROWS - first ? count : ROWS - first;
        const uhn_row_block block = {f->rows + first * f->row_bytes, f->values + first * VALUE_DIM,
                                     storage == UHN_FLOAT32 ? f->squares + first : NULL, count};
        check_ok(uhn_examine_rows(storage, block.rows, first, count, DIM, 0, block.values, VALUE_DIM, 0, &f->range,
                                  storage == UHN_FLOAT32 ? f->squares + first : NULL));
        f->blocks[f->block_count++] = block;
    }
    return f;
}

static void drop(fixture *f)
{
    free(f->rows);
    free(f->values);
    free(f->queries);
    free(f);
}

static void assert_same(const uhn_memory *a, const uhn_memory *b, const float *queries, const uhn_options *options)
{
    float out[2][QUERIES * DIM];
    uhn_report reports[2][QUERIES];
    const size_t width = uhn_memory_value_dim(a);
    const uhn_status status = uhn_recall(a, queries, QUERIES, 0, options, out[0], 0, reports[0]);
    assert_int_equal(uhn_recall(b, queries, QUERIES, 0, options, out[1], 0, reports[1]), status);
    for (size_t q = 0; status == UHN_OK && q < QUERIES; q++)
        if (report_difference(&reports[0][q], &reports[1][q]))
            fail_msg("%s, %s: the report of query %zu differs in %s", options->similarity->name,
                     options->separation->name, q, report_difference(&reports[0][q], &reports[1][q]));
    if (status == UHN_OK)
        assert_int_equal(first_difference_float(out[0], out[1], QUERIES * width), QUERIES * width);
}

static void test_same_bits(void **state)
{
    (void)state;
    for (int storage = 0; storage < UHN_STORAGE_COUNT; storage++)
        for (size_t s = 0; uhn_similarity_at(s); s++)
            for (size_t value_dim = 0; value_dim <= VALUE_DIM; value_dim += VALUE_DIM) {
                static const char *const separations[] = {"softmax:beta=2", "max", "k-winners:k=5"};

                if (!is_tried((size_t)storage + s + value_dim, 11))
                    continue;
                fixture *f = make((uhn_storage)storage, uhn_similarity_at(s)->name, s + 1);
                uhn_memory *together = NULL, *apart = NULL;
                check_ok(uhn_memory_borrow(f->storage, f->rows, ROWS, DIM, 0, value_dim ? f->values : NULL, value_dim,
                                           0, &together));
                check_ok(uhn_memory_borrow_blocks(f->storage, DIM, value_dim, f->blocks, f->block_count, &f->range,
                                                  NULL, NULL, &apart));
                assert_int_equal(uhn_memory_count(apart), ROWS);
                for (size_t p = 0; p < sizeof separations / sizeof *separations; p++) {
                    uhn_options options;
                    catalogue_options(uhn_similarity_at(s)->name, separations[p], &options);
                    assert_same(together, apart, f->queries, &options);
                }
                uhn_memory_destroy(together);
                uhn_memory_destroy(apart);
                drop(f);
            }
}

/* Updates that read rows in other ways. */
static void test_presets(void **state)
{
    fixture *f = make(UHN_FLOAT32, "hamming", 3);
    uhn_memory *together = NULL, *apart = NULL;
    (void)state;
    check_ok(uhn_memory_borrow(f->storage, f->rows, ROWS, DIM, 0, NULL, 0, 0, &together));
    check_ok(uhn_memory_borrow_blocks(f->storage, DIM, 0, f->blocks, f->block_count, &f->range, NULL, NULL, &apart));
    for (size_t i = 0; uhn_preset_at(i); i++) {
        uhn_options options;
        uhn_options_default(&options);
        check_ok(uhn_choose_preset(&options, uhn_preset_at(i)->name, DIM));
        options.sdm.locations = 100;
        options.steps = options.update == UHN_UPDATE_RECALL ? 1 : 2;
        assert_same(together, apart, f->queries, &options);
    }
    uhn_memory_destroy(together);
    uhn_memory_destroy(apart);
    drop(f);
}

/* Refuses one block, and counts how often it is asked. */
typedef struct guard {
    size_t refused;
    int asked[BLOCKS_MAX];
} guard;

static uhn_status look(void *context, size_t block)
{
    guard *g = context;
    __atomic_add_fetch(&g->asked[block], 1, __ATOMIC_RELAXED);
    return block == g->refused ? uhn_fail(UHN_ERROR_DAMAGED, "block %zu is bad", block) : UHN_OK;
}

static void test_refused(void **state)
{
    fixture *f = make(UHN_FLOAT32, "dot", 4);
    float out[QUERIES * DIM], row[DIM];
    double scores[ROWS], *weights = test_allocate(ROWS, sizeof *weights);
    size_t best;
    (void)state;
    memset(f->rows + 700 * f->row_bytes, 0xff, f->row_bytes); /* NaN where the bad block is: nobody may look */
    for (size_t bad = 0, first = 0; bad < f->block_count; first += f->blocks[bad++].count) {
        guard g = {.refused = bad};
        uhn_memory *memory = NULL;
        if (first > 700 || first + f->blocks[bad].count <= 700)
            continue;
        check_ok(uhn_memory_borrow_blocks(f->storage, DIM, VALUE_DIM, f->blocks, f->block_count, &f->range, look, &g,
                                          &memory));
        check_ok(uhn_memory_row(memory, first - 1, row));
        check_refused(UHN_ERROR_DAMAGED, uhn_memory_row(memory, first, row));
        check_refused(UHN_ERROR_DAMAGED, uhn_recall(memory, f->queries, QUERIES, 0, NULL, out, 0, NULL));
        assert_non_null(strstr(uhn_error_detail(), "is bad"));
        check_refused(UHN_ERROR_DAMAGED, uhn_scores(memory, f->queries, 1, 0, NULL, scores, NULL));
        check_refused(UHN_ERROR_DAMAGED, uhn_top_k(memory, f->queries, 1, 0, NULL, 1, &best, NULL, NULL));
        for (size_t i = 0; i < ROWS; i++)
            weights[i] = 1;
        check_refused(UHN_ERROR_DAMAGED, uhn_project(memory, weights, 1, NULL, out, 0));
        check_refused(UHN_ERROR_READ_ONLY, uhn_memory_remove(memory, &best, 1));
        for (size_t b = 0; b < f->block_count; b++)
            assert_true(g.asked[b] >= 1);
        uhn_memory_destroy(memory);
    }
    free(weights);
    drop(f);
}

/* One query at a time in one thread: every block is asked about once. */
static void test_asked_once(void **state)
{
    fixture *f = make(UHN_FLOAT32, "dot", 5);
    guard g = {.refused = BLOCKS_MAX};
    uhn_memory *memory = NULL;
    float out[DIM];
    uhn_options options;
    (void)state;
    uhn_options_default(&options);
    options.threads = 1;
    check_ok(uhn_memory_borrow_blocks(f->storage, DIM, 0, f->blocks, f->block_count, &f->range, look, &g, &memory));
    for (size_t b = 0; b < f->block_count; b++)
        assert_int_equal(g.asked[b], 0);
    for (int i = 0; i < 3; i++)
        check_ok(uhn_recall(memory, f->queries, 1, 0, &options, out, 0, NULL));
    for (size_t b = 0; b < f->block_count; b++)
        assert_int_equal(g.asked[b], 1);
    uhn_memory_destroy(memory);
    drop(f);
}

/* Rows that are not what their range and sums say, as in a file that somebody has made: the answers are worth nothing,
 * but nothing is read or written that is not there (the sanitizers see to that). */
static void test_untruthful_rows(void **state)
{
    static const float odd[] = {__builtin_nanf(""), __builtin_inff(), -__builtin_inff(), 3e38f, -3e38f, 1e-42f, -5, 7};
    (void)state;
    for (size_t s = 0; uhn_similarity_at(s); s++) {
        static const char *const separations[] = {"softmax:beta=2", "max", "k-winners:k=5", "entmax:alpha=1.5"};
        fixture *f = make(UHN_FLOAT32, uhn_similarity_at(s)->name, s + 1);
        float *numbers = (float *)(void *)f->rows, out[QUERIES * DIM];
        uhn_memory *memory = NULL;
        for (size_t i = 0; i < ROWS * DIM; i += 97)
            numbers[i] = odd[i % (sizeof odd / sizeof *odd)];
        for (size_t i = 0; i < ROWS; i += 50)
            f->squares[i] = i % 100 ? (double)NAN : -1e300;
        check_ok(
            uhn_memory_borrow_blocks(UHN_FLOAT32, DIM, 0, f->blocks, f->block_count, &f->range, NULL, NULL, &memory));
        for (size_t p = 0; p < sizeof separations / sizeof *separations; p++)
            for (size_t count = 1; count <= QUERIES && is_tried(p + s, 4); count += QUERIES - 1) {
                uhn_options options;
                catalogue_options(uhn_similarity_at(s)->name, separations[p], &options);
                (void)uhn_recall(memory, f->queries, count, 0, &options, out, 0, NULL);
            }
        uhn_memory_destroy(memory);
        drop(f);
    }
}

static void test_wrong_calls(void **state)
{
    static const float rows[DIM] = {0};
    static const double squares[1] = {0};
    const uhn_range range = uhn_range_empty(UHN_FLOAT32);
    const uhn_row_block good = {rows, NULL, squares, 1}, empty = {rows, NULL, squares, 0}, bare = {rows, NULL, NULL, 1};
    const uhn_row_block crooked = {(const char *)rows + 1, NULL, squares, 1};
    uhn_memory *memory = NULL;
    double room[1];
    uhn_range wide = range;
    (void)state;
    check_ok(uhn_memory_borrow_blocks(UHN_FLOAT32, DIM, 0, &good, 1, &range, NULL, NULL, &memory));
    uhn_memory_destroy(memory);
    check_ok(uhn_memory_borrow_blocks(UHN_FLOAT32, DIM, 0, NULL, 0, &range, NULL, NULL, &memory));
    assert_int_equal(uhn_memory_count(memory), 0);
    uhn_memory_destroy(memory);
    check_refused(UHN_ERROR_ARGUMENT,
                  uhn_memory_borrow_blocks(UHN_FLOAT32, DIM, 0, &empty, 1, &range, NULL, NULL, &memory));
    assert_null(memory);
    check_refused(UHN_ERROR_ARGUMENT,
                  uhn_memory_borrow_blocks(UHN_FLOAT32, DIM, 0, &bare, 1, &range, NULL, NULL, &memory));
    check_refused(UHN_ERROR_ARGUMENT,
                  uhn_memory_borrow_blocks(UHN_FLOAT32, DIM, 0, &crooked, 1, &range, NULL, NULL, &memory));
    check_refused(UHN_ERROR_ARGUMENT,
                  uhn_memory_borrow_blocks(UHN_FLOAT32, DIM, 3, &good, 1, &range, NULL, NULL, &memory));
    check_refused(UHN_ERROR_ARGUMENT,
                  uhn_memory_borrow_blocks(UHN_FLOAT32, 0, 0, &good, 1, &range, NULL, NULL, &memory));
    check_refused(UHN_ERROR_ARGUMENT,
                  uhn_memory_borrow_blocks(UHN_FLOAT32, DIM, 0, &good, 1, NULL, NULL, NULL, &memory));
    check_refused(UHN_ERROR_ARGUMENT,
                  uhn_memory_borrow_blocks(UHN_FLOAT32, DIM, 0, &good, 1, &range, NULL, NULL, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_examine_rows(UHN_FLOAT32, NULL, 0, 1, DIM, 0, NULL, 0, 0, &wide, room));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_bits),  cmocka_unit_test(test_presets),
                                       cmocka_unit_test(test_refused),    cmocka_unit_test(test_untruthful_rows),
                                       cmocka_unit_test(test_asked_once), cmocka_unit_test(test_wrong_calls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
