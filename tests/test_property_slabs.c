/* SPDX-License-Identifier: MIT
 * The same bits where many memories meet many queries, so that both are cut into slabs, blocks and groups: for every
 * number of threads, every split of a batch, every neighbour in it, every storage of the same numbers, and every way in
 * which a memory came by its rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/catalogue.h"
#include "support/length.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { DIM = 5, VALUE_DIM = 3, MEMORIES = 1040, QUERIES = 1100 };

/* More memories than one chunk, more queries than one group. */
static const struct {
    int threads;
    size_t batch;
} ways[] = {{2, QUERIES}, {1, 1}, {3, 3}, {2, 127}, {1, 129}, {2, 1025}};

static const char *const separations[] = {"softmax:beta=3",
                                          "max",
                                          "k-winners:k=9",
                                          "softmax-null:beta=30",
                                          "sparsemax:beta=20",
                                          "max-uniform",
                                          "entmax:alpha=1.5,beta=40",
                                          "softmax:beta=1"};

typedef struct answer_set {
    float *out;
    uhn_report *reports;
} answer_set;

typedef struct setting {
    const uhn_memory *memory;
    const float *queries;
    uhn_options options;
    size_t dim, width; /* of a query and of an answer */
} setting;

static answer_set recall(const setting *s, size_t count, int threads, size_t batch)
{
    answer_set answer = {test_allocate(QUERIES * s->width, sizeof(float)), test_allocate(QUERIES, sizeof(uhn_report))};
    uhn_options options = s->options;

    options.threads = threads;
    for (size_t first = 0; first < count; first += batch) {
        const size_t now = count - first < batch ? count - first : batch;

        check_ok(uhn_recall(s->memory, s->queries + first * s->dim, now, 0, &options, answer.out + first * s->width, 0,
                            answer.reports + first));
    }
    return answer;
}

static void forget(answer_set *answer)
{
    free(answer->out);
    free(answer->reports);
}

static void assert_same(const setting *s, size_t count, const answer_set *expected, const answer_set *is,
                        const char *what, size_t number)
{
    for (size_t q = 0; q < count; q++) {
        const char *field = report_difference(&expected->reports[q], &is->reports[q]);
        const size_t at = first_difference_float(expected->out + q * s->width, is->out + q * s->width, s->width);

        if (field != NULL)
            fail_msg("%s, %s, %s %zu: the report of query %zu differs in %s", s->options.similarity->name,
                     s->options.separation->name, what, number, q, field);
        if (at < s->width)
            fail_msg("%s, %s, %s %zu: query %zu, output %zu is %.9g, was %.9g", s->options.similarity->name,
                     s->options.separation->name, what, number, q, at, (double)is->out[q * s->width + at],
                     (double)expected->out[q * s->width + at]);
    }
}

/* Whole bytes over 255: what all storages can hold (bits, two of them). */
static uint8_t *random_levels(test_random *random, size_t count, bool bits)
{
    uint8_t *levels = random_bytes(random, count);

    for (size_t i = 0; bits && i < count; i++)
        levels[i] = levels[i] & 1 ? 255 : 0;
    return levels;
}

static float *to_floats(const uint8_t *levels, size_t count)
{
    float *values = test_allocate(count, sizeof *values);

    for (size_t i = 0; i < count; i++)
        values[i] = (float)levels[i] / 255.0F;
    return values;
}

/* Queries of all sorts side by side: of bytes, of other numbers, of neither (they have no answer). */
static float *queries_for(const char *similarity, test_random *random)
{
    const bool bits = strcmp(similarity, "hamming") == 0;
    uint8_t *levels = random_levels(random, (size_t)QUERIES * DIM, bits);
    float *queries = to_floats(levels, (size_t)QUERIES * DIM);

    for (size_t q = 0; q < QUERIES; q++)
        if (q % 11 == 3)
            queries[q * DIM] = NAN;
        else if (!bits && q / 200 % 2 == 1 && q % 3 > 0)
            queries[q * DIM + q % DIM] *= 0.7F;
    free(levels);
    return queries;
}

static void *to_storage(const uint8_t *levels, size_t count, size_t dim, uhn_storage storage)
{
    const size_t stride = uhn_row_bytes(storage, dim);
    uint8_t *rows = test_allocate(count, stride);
    float *values = to_floats(levels, count * dim);

    for (size_t i = 0; i < count * dim; i++)
        if (storage == UHN_FLOAT32)
            memcpy(rows + 4 * i, &values[i], 4);
        else if (storage == UHN_UINT8)
            rows[i] = levels[i];
        else if (levels[i] > 0)
            rows[i / dim * stride + i % dim / 8] |= (uint8_t)(128 >> i % dim % 8);
    free(values);
    return rows;
}

/* Similarities that can be estimated. The others have no slabs, and are in test_property_invariance. */
static const uhn_similarity *estimated(size_t index)
{
    for (size_t i = 0; uhn_similarity_at(i) != NULL; i++)
        if (uhn_similarity_at(i)->estimates != NULL && index-- == 0)
            return uhn_similarity_at(i);
    return NULL;
}

static void check_ways(const setting *s)
{
    answer_set expected = recall(s, QUERIES, 1, QUERIES);

    for (size_t i = 0; i < COUNT(ways); i++) {
        const size_t count = ways[i].batch < 100 ? 60 : QUERIES;

        if (!is_tried(i, 2))
            continue;
        answer_set is = recall(s, count, ways[i].threads, ways[i].batch);

        assert_same(s, count, &expected, &is, "batches of", ways[i].batch);
        forget(&is);
    }
    forget(&expected);
}

static void test_batches(void **state)
{
    (void)state;
    for (size_t i = 0; estimated(i) != NULL; i++)
        for (unsigned way = 0; way < 4; way += 3) {
            if (!is_tried(i + way, 13))
                continue;
            const char *const similarity = estimated(i)->name;
            const uhn_storage storage = way % 2 ? UHN_UINT8 : UHN_FLOAT32;
            test_random random = {i + way};
            uint8_t *levels = random_levels(&random, (size_t)MEMORIES * DIM, strcmp(similarity, "hamming") == 0);
            void *rows = to_storage(levels, MEMORIES, DIM, storage);
            float *values = random_positive(&random, (size_t)MEMORIES * VALUE_DIM);
            float *queries = queries_for(similarity, &random);
            setting s = {.queries = queries, .dim = DIM, .width = way / 2 ? DIM : VALUE_DIM};
            uhn_memory *memory = NULL;

            check_ok(uhn_memory_borrow(storage, rows, MEMORIES, DIM, 0, way / 2 ? NULL : values,
                                       way / 2 ? 0 : VALUE_DIM, 0, &memory));
            s.memory = memory;
            for (size_t j = 0; j < 2; j++) { /* softmax with each, and another */
                catalogue_options(similarity, separations[j == 0 ? 0 : (i + way + 3 * j) % COUNT(separations)],
                                  &s.options);
                check_ways(&s);
            }
            uhn_memory_destroy(memory);
            free(queries);
            free(values);
            free(rows);
            free(levels);
        }
}

/* Recalls from the same numbers in float32, as bytes and (where they are) as bits. */
static void check_storages(const uhn_similarity *similarity, const char *separation, bool bits, bool own_values,
                           size_t masks)
{
    test_random random = {(uint64_t)bits};
    uint8_t *levels = random_levels(&random, (size_t)MEMORIES * DIM, bits);
    float *values = random_positive(&random, (size_t)MEMORIES * VALUE_DIM);
    float *queries = queries_for(similarity->name, &random);
    uint8_t observed[250 * DIM];
    setting s = {.queries = queries, .dim = DIM, .width = own_values ? VALUE_DIM : DIM};
    answer_set expected = {0};
    const size_t count = masks > 1 ? 40 : 250;

    for (size_t i = 0; i < sizeof observed; i++)
        observed[i] = i % DIM == 0 || random_below(&random, 3) > 0;
    catalogue_options(similarity->name, separation, &s.options);
    s.options.observed = masks > 0 ? observed : NULL;
    s.options.observed_stride = masks > 1 ? DIM : 0;
    for (unsigned storage = 0; storage < (bits ? 3 : 2); storage++) {
        void *rows = to_storage(levels, MEMORIES, DIM, (uhn_storage)storage);
        uhn_memory *memory = NULL;

        check_ok(uhn_memory_borrow((uhn_storage)storage, rows, MEMORIES, DIM, 0, own_values ? values : NULL,
                                   own_values ? VALUE_DIM : 0, 0, &memory));
        s.memory = memory;
        answer_set is = recall(&s, count, 2, count);
        if (storage == 0)
            expected = is;
        else {
            assert_same(&s, count, &expected, &is, "storage", storage);
            forget(&is);
        }
        uhn_memory_destroy(memory);
        free(rows);
    }
    forget(&expected);
    free(queries);
    free(values);
    free(levels);
}

static void test_storages(void **state)
{
    (void)state;
    for (size_t i = 0; estimated(i) != NULL; i++)
        for (size_t j = 0; j < COUNT(separations); j++)
            for (unsigned way = 0; way < 6; way++) {
                const bool bits = way % 2 == 0, own_values = (way + j) % 3 != 0;

                if ((way + i + j) % 4 == 0 && is_tried(i + 2 * j + 3 * way, 23) &&
                    (bits || strcmp(estimated(i)->name, "hamming") != 0))
                    check_storages(estimated(i), separations[j], bits, own_values, way / 2);
            }
}

/* Rows so long that fewer fit into a slab. */
static void test_long_rows(void **state)
{
    enum { LONG = 4000, FEW = 530, ASKED = 6 };

    (void)state;
    for (size_t i = 0; estimated(i) != NULL; i += unless_short(1, 5)) {
        test_random random = {i};
        uint8_t *levels = random_levels(&random, (size_t)FEW * LONG, true);
        float *queries = to_floats(levels + (size_t)20 * LONG, (size_t)ASKED * LONG);
        float *values = random_positive(&random, (size_t)FEW * VALUE_DIM);
        setting s = {.queries = queries, .dim = LONG, .width = VALUE_DIM};
        answer_set answers[UHN_STORAGE_COUNT];

        catalogue_options(estimated(i)->name, "softmax:beta=0.001", &s.options);
        for (unsigned storage = 0; storage < UHN_STORAGE_COUNT; storage++) {
            void *rows = to_storage(levels, FEW, LONG, (uhn_storage)storage);
            uhn_memory *memory = NULL;

            check_ok(uhn_memory_borrow((uhn_storage)storage, rows, FEW, LONG, 0, values, VALUE_DIM, 0, &memory));
            s.memory = memory;
            answers[storage] = recall(&s, ASKED, 1, ASKED - storage);
            assert_same(&s, ASKED, &answers[0], &answers[storage], "storage", storage);
            uhn_memory_destroy(memory);
            free(rows);
        }
        for (unsigned storage = 0; storage < UHN_STORAGE_COUNT; storage++)
            forget(&answers[storage]);
        free(queries);
        free(values);
        free(levels);
    }
}

/* What a memory keeps of its rows follows them when they change: a recall equals that of a memory made of the rows that
 * are left. The first rows are longer than the others, so that what is kept of them would show. */
static void test_changed_memory(void **state)
{
    enum { FIRST = 700, LATER = 340, GONE = 50 };
    test_random random = {77};
    float *rows = random_positive(&random, (size_t)(FIRST + LATER) * DIM), *queries = queries_for("dot", &random);
    setting s = {.queries = queries, .dim = DIM, .width = DIM};
    uhn_memory *changed = NULL, *fresh = NULL;
    size_t gone[GONE];

    (void)state;
    check_ok(uhn_memory_create(UHN_FLOAT32, DIM, 0, &changed));
    for (size_t i = 0; i < (size_t)FIRST * DIM; i++)
        rows[i] *= 100;
    check_ok(uhn_memory_add(changed, rows, FIRST, 0, NULL, 0));
    for (size_t r = 0; r < FIRST; r++) {
        for (size_t i = 0; i < DIM; i++)
            rows[r * DIM + i] /= 100;
        check_ok(uhn_memory_update(changed, r, rows + r * DIM, NULL));
    }
    check_ok(uhn_memory_add(changed, rows + (size_t)FIRST * DIM, LATER, 0, NULL, 0));
    for (size_t i = 0; i < GONE; i++)
        gone[i] = 3 * i;
    check_ok(uhn_memory_remove(changed, gone, GONE));
    for (size_t r = 0, kept = 0; r < FIRST + LATER; r++)
        if (r % 3 > 0 || r >= 3 * GONE)
            memmove(rows + DIM * kept++, rows + DIM * r, DIM * sizeof *rows);
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, FIRST + LATER - GONE, DIM, 0, NULL, 0, 0, &fresh));
    for (size_t i = 0; estimated(i) != NULL; i++)
        for (size_t j = 0; j < 2 && strcmp(estimated(i)->name, "hamming") != 0; j++)
            for (size_t batch = 1; batch <= 60; batch += 59) {
                if (!is_tried(i + j, 5))
                    continue;
                catalogue_options(estimated(i)->name, separations[j], &s.options);
                s.memory = fresh;
                answer_set expected = recall(&s, 60, 1, batch);
                s.memory = changed;
                answer_set is = recall(&s, 60, 2, batch);

                assert_same(&s, 60, &expected, &is, "a changed memory, batches of", batch);
                forget(&expected);
                forget(&is);
            }
    uhn_memory_destroy(changed);
    uhn_memory_destroy(fresh);
    free(queries);
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_storages),
        cmocka_unit_test(test_long_rows),
        cmocka_unit_test(test_changed_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
