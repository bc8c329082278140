/* SPDX-License-Identifier: MIT
 * The tables are complete: a row with a missing field fails here, not as a crash in a user's program. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/check.h"

static void assert_text(const char *what, const char *name, const char *text)
{
    if (text == NULL || text[0] == '\0')
        fail_msg("%s has no %s", name, what);
    if (strchr(text, '\n') != NULL)
        fail_msg("the %s of %s has more than one line", what, name);
}

/* A name that can be typed: small letters, digits and hyphens. */
static void assert_name(const char *name)
{
    assert_text("name", "a row", name);
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
        fail_msg("%s cannot be typed as a name", name);
}

static size_t count_words(const char *words)
{
    size_t count = 1;

    for (; *words != '\0'; words++)
        count += *words == '|';
    return count;
}

static void assert_parameter(const char *row, const uhn_parameter *p)
{
    assert_name(p->key);
    assert_text("summary", p->key, p->summary);
    if (!(p->minimum <= p->initial && p->initial <= p->maximum))
        fail_msg("%s: %s starts at %g, outside %g … %g", row, p->key, p->initial, p->minimum, p->maximum);
    if (p->above && !(p->initial > p->minimum))
        fail_msg("%s: %s starts at its excluded minimum %g", row, p->key, p->minimum);
    if (p->whole && isfinite(p->initial) && p->initial != floor(p->initial))
        fail_msg("%s: %s takes whole numbers and starts at %g", row, p->key, p->initial);
    if (p->words != NULL) {
        assert_true(p->whole);
        assert_true(p->minimum == 0);
        assert_true(p->maximum == (double)(count_words(p->words) - 1));
    }
}

static void assert_parameters(const char *row, const uhn_parameter *parameters, size_t count)
{
    assert_in_range(count, 0, UHN_PARAMETERS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_parameter(row, &parameters[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(parameters[i].key, parameters[j].key);
    }
}

static void assert_similarity(const uhn_similarity *s)
{
    assert_name(s->name);
    assert_text("summary", s->name, s->summary);
    assert_parameters(s->name, s->parameters, s->parameter_count);
    assert_in_range(s->step, 0, UHN_STEP_COUNT - 1);
    if ((s->step == UHN_STEP_PAIR) != (s->pair != NULL))
        fail_msg("%s: a pair function and UHN_STEP_PAIR go together", s->name);
    if (s->prepare == NULL && (s->transforms || s->domain != NULL))
        fail_msg("%s has no prepare, and yet transforms or refuses", s->name);
    if (s->unbind != NULL)
        assert_true(s->bind != NULL);
}

static void assert_separation(const uhn_separation *s)
{
    const double parameters[UHN_PARAMETERS_MAX] = {1, 1, 1, 1, 1, 1};

    assert_name(s->name);
    assert_text("summary", s->name, s->summary);
    assert_parameters(s->name, s->parameters, s->parameter_count);
    if (s->state_size == NULL || s->init == NULL || s->absorb == NULL || s->merge == NULL || s->finish == NULL)
        fail_msg("%s misses a function", s->name);
    assert_true(s->state_size(parameters, 100) > 0);
    if (s->unbind != NULL)
        assert_true(s->bind != NULL);
}

static void test_similarities(void **state)
{
    size_t count = 0;

    (void)state;
    for (const uhn_similarity *s; (s = uhn_similarity_at(count)) != NULL; count++) {
        assert_similarity(s);
        if (s->paper != NULL)
            assert_similarity(s->paper);
        assert_ptr_equal(uhn_find_similarity(s->name), s);
        for (size_t j = 0; j < count; j++)
            assert_string_not_equal(uhn_similarity_at(j)->name, s->name);
    }
    assert_in_range(count, 18, 1000);
    assert_null(uhn_similarity_at(count + 1));
    assert_null(uhn_similarity_at((size_t)-1));
}

static void test_separations(void **state)
{
    size_t count = 0;

    (void)state;
    for (const uhn_separation *s; (s = uhn_separation_at(count)) != NULL; count++) {
        assert_separation(s);
        if (s->paper != NULL)
            assert_separation(s->paper);
        assert_ptr_equal(uhn_find_separation(s->name), s);
        for (size_t j = 0; j < count; j++)
            assert_string_not_equal(uhn_separation_at(j)->name, s->name);
    }
    assert_in_range(count, 18, 1000);
    assert_null(uhn_separation_at(count + 1));
    assert_null(uhn_separation_at((size_t)-1));
}

static void test_presets(void **state)
{
    size_t count = 0;

    (void)state;
    for (const uhn_preset *p; (p = uhn_preset_at(count)) != NULL; count++) {
        assert_name(p->name);
        assert_text("summary", p->name, p->summary);
        assert_text("source", p->name, p->source);
        assert_parameters(p->name, p->parameters, p->parameter_count);
        assert_true(p->apply != NULL);
        assert_ptr_equal(uhn_find_preset(p->name), p);
        for (size_t j = 0; j < count; j++)
            assert_string_not_equal(uhn_preset_at(j)->name, p->name);
    }
    assert_in_range(count, 11, 1000);
    assert_null(uhn_preset_at(count + 1));
}

/* Every preset sets up a recall that works, on ±1 or on 0 and 1, with values where it needs them. */
static bool preset_recalls(const uhn_preset *preset, bool bipolar)
{
    enum { N = 5, D = 24, O = 8 };
    float rows[N * D], values[N * O], out[N * D];
    uhn_report reports[N];
    uhn_memory *memory = NULL;
    uhn_options options;
    uhn_status status;
    bool good = true;

    for (size_t i = 0; i < N * D; i++)
        rows[i] = (i * i + 3 * i / D) % 7 < 3 ? 1.0F : (bipolar ? -1.0F : 0.0F);
    for (size_t i = 0; i < N * O; i++)
        values[i] = (i * i + 5 * i / O) % 11 < 5 ? 1.0F : (bipolar ? -1.0F : 0.0F);
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, N, D, 0, preset->needs_values ? values : NULL,
                               preset->needs_values ? O : 0, 0, &memory));
    uhn_options_default(&options);
    check_ok(uhn_choose_preset(&options, preset->name, D));
    status = uhn_recall(memory, rows, N, 0, &options, out, 0, reports);
    if (status != UHN_OK && status != UHN_ERROR_DOMAIN)
        fail_msg("preset %s: %s", preset->name, uhn_error_detail());
    for (size_t q = 0; q < N && status == UHN_OK; q++)
        good = good && (reports[q].status == UHN_QUERY_OK || reports[q].status == UHN_QUERY_ZERO_NORM);
    uhn_memory_destroy(memory);
    return good && status == UHN_OK;
}

static void test_presets_recall(void **state)
{
    (void)state;
    for (size_t i = 0; uhn_preset_at(i) != NULL; i++)
        if (!preset_recalls(uhn_preset_at(i), true) && !preset_recalls(uhn_preset_at(i), false))
            fail_msg("preset %s answers neither on ±1 nor on 0 and 1", uhn_preset_at(i)->name);
}

/* An unknown name: NULL, and the nearest name is suggested. */
static void test_unknown_names(void **state)
{
    uhn_options options;

    (void)state;
    assert_null(uhn_find_similarity("manhatten"));
    assert_non_null(strstr(uhn_error_detail(), "manhattan"));
    assert_null(uhn_find_separation("sofmax"));
    assert_non_null(strstr(uhn_error_detail(), "softmax"));
    assert_null(uhn_find_preset("hopfeld"));
    assert_non_null(strstr(uhn_error_detail(), "hopfield"));

    uhn_options_default(&options);
    check_refused(UHN_ERROR_NAME, uhn_choose_similarity(&options, "manhatten"));
    check_refused(UHN_ERROR_NAME, uhn_choose_similarity(&options, ""));
    check_refused(UHN_ERROR_NAME, uhn_choose_separation(&options, "softmax:bta=3"));
    assert_non_null(strstr(uhn_error_detail(), "beta"));
    check_refused(UHN_ERROR_NAME, uhn_choose_preset(&options, "nosuch", 9));
}

/* Values are checked against the range of the row; a choice that is refused changes nothing. */
static void test_ranges(void **state)
{
    static const char *const refused[] = {
        "softmax:beta=0",  "softmax:beta=-1", "softmax:beta=nan", "k-winners:k=0",       "k-winners:k=2.5",
        "softmax:beta=2x", "softmax:beta=",   "entmax:alpha=0.5", "polynomial:order=-1", "polynomial:order=1e9"};
    uhn_options options, before;
    double beta;

    (void)state;
    uhn_options_default(&options);
    check_ok(uhn_choose_separation(&options, "softmax:beta=7"));
    before = options;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        uhn_status status = uhn_choose_separation(&options, refused[i]);

        if (status != UHN_ERROR_RANGE)
            fail_msg("%s: %s (%s)", refused[i], uhn_status_text(status), uhn_error_detail());
        assert_true(uhn_error_detail()[0] != '\0');
        assert_ptr_equal(options.separation, before.separation);
        beta = options.separation_parameters[0];
        assert_true(same_double(beta, before.separation_parameters[0]));
    }
    /* Parameters set by hand are checked when they are used. */
    options.separation_parameters[0] = -3;
    {
        const float row[2] = {1, 2};
        float out[2];
        uhn_memory *memory = NULL;

        check_ok(uhn_memory_borrow(UHN_FLOAT32, row, 1, 2, 0, NULL, 0, 0, &memory));
        check_refused(UHN_ERROR_RANGE, uhn_recall(memory, row, 1, 0, &options, out, 0, NULL));
        uhn_memory_destroy(memory);
    }
}

/* Every parameter can be given its limits, and nothing beyond them. */
static void check_limits(const char *row, const uhn_parameter *p, uhn_status (*choose)(uhn_options *, const char *))
{
    char text[128];
    uhn_options options;

    uhn_options_default(&options);
    snprintf(text, sizeof text, "%s:%s=%.17g", row, p->key, p->maximum);
    check_ok(choose(&options, text));
    snprintf(text, sizeof text, "%s:%s=%.17g", row, p->key, p->minimum);
    if (p->above)
        check_refused(UHN_ERROR_RANGE, choose(&options, text));
    else
        check_ok(choose(&options, text));
    if (isfinite(p->minimum)) {
        snprintf(text, sizeof text, "%s:%s=%.17g", row, p->key, p->minimum - 1 - 0.1 * fabs(p->minimum));
        check_refused(UHN_ERROR_RANGE, choose(&options, text));
    }
    if (isfinite(p->maximum)) {
        snprintf(text, sizeof text, "%s:%s=%.17g", row, p->key, p->maximum + 1 + 0.1 * fabs(p->maximum));
        check_refused(UHN_ERROR_RANGE, choose(&options, text));
    }
}

static void test_limits(void **state)
{
    (void)state;
    for (size_t i = 0; uhn_similarity_at(i) != NULL; i++)
        for (size_t p = 0; p < uhn_similarity_at(i)->parameter_count; p++)
            check_limits(uhn_similarity_at(i)->name, &uhn_similarity_at(i)->parameters[p], uhn_choose_similarity);
    for (size_t i = 0; uhn_separation_at(i) != NULL; i++)
        for (size_t p = 0; p < uhn_separation_at(i)->parameter_count; p++)
            check_limits(uhn_separation_at(i)->name, &uhn_separation_at(i)->parameters[p], uhn_choose_separation);
}

static void test_texts(void **state)
{
    (void)state;
    for (int i = 0; i < UHN_STATUS_COUNT; i++) {
        assert_text("text", "a status", uhn_status_text((uhn_status)i));
        assert_string_not_equal(uhn_status_text((uhn_status)i), "unknown");
    }
    for (int i = 0; i < UHN_QUERY_STATUS_COUNT; i++)
        assert_string_not_equal(uhn_query_status_text((uhn_query_status)i), "unknown");
    for (int i = 0; i < UHN_OUTCOME_COUNT; i++)
        assert_string_not_equal(uhn_outcome_text((uhn_outcome)i), "unknown");
    assert_string_equal(uhn_status_text(UHN_STATUS_COUNT), "unknown");
    assert_string_equal(uhn_query_status_text(UHN_QUERY_STATUS_COUNT), "unknown");
    assert_string_equal(uhn_outcome_text((uhn_outcome)-1), "unknown");
    assert_string_equal(uhn_status_text(UHN_OK), "success");
    assert_string_equal(uhn_query_status_text(UHN_QUERY_ZERO_SUM), "zero-sum");
    assert_string_equal(uhn_outcome_text(UHN_OUTCOME_FIXED_POINT), "fixed-point");
    assert_string_equal(uhn_version(), UHN_VERSION);
    assert_text("name", "the instruction set", uhn_isa());
}

static void test_defaults(void **state)
{
    uhn_options options;

    (void)state;
    memset(&options, 0xff, sizeof options);
    uhn_options_default(&options);
    assert_ptr_equal(options.similarity, uhn_find_similarity("manhattan"));
    assert_ptr_equal(options.separation, uhn_find_separation("softmax"));
    assert_true(options.separation_parameters[0] == 1);
    assert_int_equal(options.projection, UHN_PROJECTION_VALUES);
    assert_int_equal(options.update, UHN_UPDATE_RECALL);
    assert_int_equal(options.normalise_weights, UHN_NORMALISE_NONE);
    assert_int_equal(options.output, UHN_OUTPUT_NONE);
    assert_false(options.normalise_scores);
    assert_false(options.compat_paper);
    assert_null(options.observed);
    assert_true(options.watch == NULL);
    assert_int_equal(options.steps, 1);
    assert_true(options.tolerance == 0);
    assert_int_equal(options.seed, 1);
    assert_int_equal(options.threads, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_similarities),   cmocka_unit_test(test_separations),   cmocka_unit_test(test_presets),
        cmocka_unit_test(test_presets_recall), cmocka_unit_test(test_unknown_names), cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_limits),         cmocka_unit_test(test_texts),         cmocka_unit_test(test_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
