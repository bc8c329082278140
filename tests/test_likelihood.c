/* SPDX-License-Identifier: MIT
 * The similarities that are likelihoods: their values, by the definitions of docs/mathematics.md and libm; what they
 * refuse; and that nothing identifies more. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"
#include "support/check.h"
#include "support/length.h"
#include "support/random_data.h"

static void choose(uhn_options *options, const char *similarity, const char *separation)
{
    uhn_options_default(options);
    check_ok(uhn_choose_similarity(options, similarity));
    check_ok(uhn_choose_separation(options, separation));
}

/* Scores of one query against `count` rows. */
static uhn_query_status score(const char *similarity, const float *rows, size_t count, size_t dim, const float *query,
                              const uint8_t *observed, double *scores)
{
    uhn_memory *memory = NULL;
    uhn_query_status status;
    uhn_options options;

    choose(&options, similarity, "max");
    options.observed = observed;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, count, dim, 0, NULL, 0, 0, &memory));
    check_ok(uhn_scores(memory, query, 1, 0, &options, scores, &status));
    uhn_memory_destroy(memory);
    return status;
}

static bool near(double is, double should)
{
    return fabs(is - should) <= 1e-12 * (1 + fabs(should));
}

/* ---- Gaussian noise */

static double tail(double u)
{
    return 0.5 * erfc(u / sqrt(2));
}

static void test_gaussian_values(void **state)
{
    static const float rows[] = {0.25F, 0.75F, 1, 0, 0.5F, 0}, query[] = {0.5F, 1, 0};
    double scores[2];

    (void)state;
    assert_int_equal(score("likelihood-gaussian:sigma=0.4", rows, 2, 3, query, NULL, scores), UHN_QUERY_OK);
    const double width = 2 * 0.4 * 0.4;
    assert_true(near(scores[0], log(exp(-0.0625 / width) + exp(-0.5625 / width)) +
                                    log(tail(0.25 / 0.4) + tail(1.75 / 0.4)) + log(2 * exp(-1 / width))));
    assert_true(near(scores[1], log(2 * exp(-0.25 / width)) + log(tail(0.5 / 0.4) + tail(1.5 / 0.4)) + log(2)));
}

/* As sigma goes to 0 only the distance counts; as it grows, nothing does. Neither ends in NaN or infinity. */
static void test_gaussian_limits(void **state)
{
    static const float rows[] = {0, 0.5F, 1, 0, 0.5F, 0.75F, 0, 0.5F, 1}, query[] = {0, 0.5F, 1};
    static const char *const sharp[] = {"likelihood-gaussian:sigma=1e-100", "likelihood-gaussian:sigma=1e-9",
                                        "likelihood-gaussian:sigma=0.01"};
    double scores[3];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(score(sharp[i], rows, 3, 3, query, NULL, scores), UHN_QUERY_OK);
        for (size_t r = 0; r < 3; r++)
            assert_true(isfinite(scores[r]));
        assert_true(scores[0] > scores[1]);
        assert_true(same_double(scores[0], scores[2])); /* equal rows */
    }
    assert_int_equal(score("likelihood-gaussian:sigma=1e100", rows, 3, 3, query, NULL, scores), UHN_QUERY_OK);
    assert_true(near(scores[0], log(2) + log(2) + log(1)) && near(scores[1], scores[0]));
}

static void check_domain(const char *similarity)
{
    static const float good[] = {0.5F, 1}, low[] = {-0x1p-149F, 1}, high[] = {0.5F, 1.0000001F};
    static const uint8_t first[] = {1, 0};
    double scores[1];
    uhn_memory *memory = NULL;
    uhn_options options;
    float out[2];

    assert_int_equal(score(similarity, good, 1, 2, good, NULL, scores), UHN_QUERY_OK);
    assert_int_equal(score(similarity, good, 1, 2, low, NULL, scores), UHN_QUERY_DOMAIN);
    assert_int_equal(score(similarity, good, 1, 2, high, NULL, scores), UHN_QUERY_DOMAIN);
    assert_int_equal(score(similarity, good, 1, 2, high, first, scores), UHN_QUERY_OK); /* not looked at */
    choose(&options, similarity, "max");
    check_ok(uhn_memory_borrow(UHN_FLOAT32, high, 1, 2, 0, NULL, 0, 0, &memory));
    check_refused(UHN_ERROR_DOMAIN, uhn_recall(memory, good, 1, 0, &options, out, 0, NULL));
    uhn_memory_destroy(memory);
}

static void test_domain(void **state)
{
    uhn_options options;

    (void)state;
    check_domain("likelihood-gaussian");
    check_domain("likelihood-mask");
    uhn_options_default(&options);
    check_refused(UHN_ERROR_RANGE, uhn_choose_similarity(&options, "likelihood-gaussian:sigma=0"));
    check_refused(UHN_ERROR_RANGE, uhn_choose_similarity(&options, "likelihood-mask:p=1.01"));
    check_refused(UHN_ERROR_RANGE, uhn_choose_similarity(&options, "likelihood-mask:channels=0"));
}

/* ---- masks */

/* Two pixels of three channels. The first is masked, the second kept: but the first row's first pixel is black. */
static const float planar_rows[] = {0,    0.4F, 0, 0.6F, 0,    0,  /* black; kept */
                                    0.1F, 0.4F, 0, 0.6F, 0.3F, 0,  /* masked; kept */
                                    0.1F, 0.4F, 0, 0.5F, 0.3F, 0}; /* masked; another */
static const float planar_query[] = {0, 0.4F, 0, 0.6F, 0, 0};

static void interleave(const float *planar, float *to)
{
    for (size_t i = 0; i < 6; i++)
        to[i % 2 * 3 + i / 2] = planar[i];
}

static void test_mask_values(void **state)
{
    double scores[3], other[3];
    float rows[18], query[6];

    (void)state;
    assert_int_equal(score("likelihood-mask:p=0.3,channels=3", planar_rows, 3, 6, planar_query, NULL, scores),
                     UHN_QUERY_OK);
    assert_true(near(scores[0], log(0.7)));
    assert_true(near(scores[1], log(0.3) + log(0.7)));
    assert_true(near(scores[2], log(0.3) - 1e6));
    for (size_t r = 0; r < 3; r++)
        interleave(planar_rows + 6 * r, rows + 6 * r);
    interleave(planar_query, query);
    score("likelihood-mask:p=0.3,channels=3,interleaved=1", rows, 3, 6, query, NULL, other);
    assert_memory_equal(scores, other, sizeof scores);

    /* channels apart: five zeros, of which two are masked in the second row */
    score("likelihood-mask:p=0.3", planar_rows, 3, 6, planar_query, NULL, scores);
    assert_true(near(scores[0], 2 * log(0.7)) && near(scores[1], 2 * log(0.3) + 2 * log(0.7)));

    /* log 0 */
    score("likelihood-mask:p=0,channels=3", planar_rows, 3, 6, planar_query, NULL, scores);
    assert_true(scores[0] == 0 && scores[1] == -1e4 && scores[2] == -1e4 - 1e6);
    score("likelihood-mask:p=1,channels=3", planar_rows, 3, 6, planar_query, NULL, scores);
    assert_true(scores[0] == -1e4 && scores[1] == -1e4 && scores[2] == -1e6);
}

static void test_mask_shapes(void **state)
{
    static const uint8_t second[] = {0, 1, 0, 1, 0, 1}, cut[] = {1, 1, 0, 1, 0, 1};
    static const uint8_t interleaved[] = {0, 0, 0, 1, 1, 1};
    double scores[3];
    float out[6];
    uhn_memory *memory = NULL;
    uhn_options options;

    (void)state;
    assert_int_equal(score("likelihood-mask:p=0.3,channels=3", planar_rows, 3, 6, planar_query, second, scores),
                     UHN_QUERY_OK);
    assert_true(near(scores[0], log(0.7)) && near(scores[1], log(0.7)) && near(scores[2], -1e6));
    assert_int_equal(score("likelihood-mask:p=0.3,channels=3", planar_rows, 3, 6, planar_query, cut, scores),
                     UHN_QUERY_DOMAIN);
    assert_int_equal(
        score("likelihood-mask:p=0.3,channels=3,interleaved=1", planar_rows, 3, 6, planar_query, second, scores),
        UHN_QUERY_DOMAIN);
    assert_int_equal(
        score("likelihood-mask:p=0.3,channels=3,interleaved=1", planar_rows, 3, 6, planar_query, interleaved, scores),
        UHN_QUERY_OK);
    check_ok(uhn_memory_borrow(UHN_FLOAT32, planar_rows, 3, 6, 0, NULL, 0, 0, &memory));
    for (size_t channels = 4; channels <= 7; channels += 3) {
        choose(&options, channels == 4 ? "likelihood-mask:channels=4" : "likelihood-mask:channels=7", "max");
        check_refused(UHN_ERROR_SHAPE, uhn_recall(memory, planar_query, 1, 0, &options, out, 0, NULL));
    }
    uhn_memory_destroy(memory);
}

/* ---- the limit */

enum { SIDE = 12, STORED = 300, QUERIES = 300 };

static size_t identified(const uhn_memory *memory, const float *queries, const char *similarity)
{
    static size_t best[QUERIES];
    uhn_options options;
    size_t right = 0;

    choose(&options, similarity, "max");
    check_ok(uhn_top_k(memory, queries, QUERIES, 0, &options, 1, best, NULL, NULL));
    for (size_t q = 0; q < QUERIES; q++)
        right += best[q] == q;
    return right;
}

/* Of images that differ, each is asked for once. The margin is three standard errors of a difference of two counts that
 * are alike. */
static void check_limit(const char *corruption, double level, const char *likelihood, size_t least)
{
    const uhn_corruption *damage = uhn_find_corruption(corruption);
    uhn_dataset glyphs = {0};
    uhn_memory *memory = NULL;
    size_t limit;

    check_ok(uhn_make_glyphs(STORED, SIDE, 3, &glyphs));
    check_ok(uhn_dataset_to_float(&glyphs));
    float *queries = test_allocate(QUERIES * glyphs.dim, sizeof *queries);
    memcpy(queries, glyphs.rows, QUERIES * glyphs.dim * sizeof *queries);
    for (size_t q = 0; q < QUERIES; q++)
        damage->apply(level, 11, &glyphs.geometry, q, glyphs.dim, queries + q * glyphs.dim);
    check_ok(uhn_memory_borrow(UHN_FLOAT32, glyphs.rows, STORED, glyphs.dim, 0, NULL, 0, 0, &memory));
    limit = identified(memory, queries, likelihood);
    assert_true(limit >= least);
    for (size_t s = 0; uhn_similarity_at(s); s++) {
        const char *name = uhn_similarity_at(s)->name;

        if (!is_tried(s, 5) || strcmp(name, "table") == 0 || strcmp(name, "hamming") == 0 ||
            strncmp(name, "likelihood", 10) == 0)
            continue;
        const size_t other = identified(memory, queries, name);
        const double chance = sqrt(2.0 * (double)limit * (1 - (double)limit / QUERIES));

        if ((double)other > (double)limit + 3 * chance)
            fail_msg("%s %g: %s identifies %zu, the likelihood %zu", corruption, level, name, other, limit);
    }
    uhn_memory_destroy(memory);
    free(queries);
    uhn_dataset_free(&glyphs);
}

static void test_limit(void **state)
{
    (void)state;
    check_limit("noise", 0.3, "likelihood-gaussian:sigma=0.3", 290);
    check_limit("noise", 0.8, "likelihood-gaussian:sigma=0.8", 35);
    check_limit("random-mask", 0.6, "likelihood-mask:p=0.6", 295);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gaussian_values), cmocka_unit_test(test_gaussian_limits), cmocka_unit_test(test_domain),
        cmocka_unit_test(test_mask_values),     cmocka_unit_test(test_mask_shapes),     cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
