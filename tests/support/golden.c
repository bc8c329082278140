/* SPDX-License-Identifier: MIT */
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A name of the manifest, its name here, and its parameters' keys in both. */
typedef struct translation {
    const char *theirs, *ours;
    const char *keys[2][2]; /* theirs, ours */
    const char *fixed;      /* a parameter that the manifest's name implies */
} translation;

static const translation similarities[] = {
    {"dot", "dot", {{0}}, NULL},
    {"cosine", "cosine", {{0}}, NULL},
    {"ndot", "normalised-dot", {{0}}, NULL},
    {"pearson", "correlation", {{0}}, NULL},
    {"neg_sqeuclid", "sqeuclidean", {{0}}, NULL},
    {"neg_euclid", "euclidean", {{0}}, NULL},
    {"inv_sqeuclid", "inverse-sqeuclidean", {{"eps", "epsilon"}}, NULL},
    {"neg_manhattan", "manhattan", {{0}}, NULL},
    {"inv_manhattan", "inverse-manhattan", {{"eps", "epsilon"}}, NULL},
    {"neg_chebyshev", "chebyshev", {{0}}, NULL},
    {"neg_minkowski", "minkowski", {{"p", "p"}}, NULL},
    {"neg_hamming", "hamming", {{0}}, NULL},
    {"neg_kl", "kl", {{"eps", "epsilon"}}, NULL},
    {"neg_rkl", "reverse-kl", {{"eps", "epsilon"}}, NULL},
    {"neg_js", "jensen-shannon", {{"eps", "epsilon"}}, NULL},
    {"rbf", "rbf", {{"gamma", "gamma"}}, NULL},
    {"laplace", "laplace", {{"gamma", "gamma"}}, NULL},
    {"paper_dot", "dot", {{0}}, NULL},
    {"paper_cosine", "cosine", {{0}}, NULL},
    {"paper_ndot", "normalised-dot", {{0}}, NULL},
    {"paper_euclid", "inverse-sqeuclidean", {{0}}, NULL},
    {"paper_manhattan", "inverse-manhattan", {{0}}, NULL},
    {"paper_kl", "kl", {{0}}, NULL},
    {"paper_rkl", "reverse-kl", {{0}}, NULL},
    {"paper_js", "jensen-shannon", {{0}}, NULL},
};

static const translation separations[] = {
    {"identity", "identity", {{0}}, NULL},
    {"threshold", "threshold", {{"theta", "theta"}}, NULL},
    {"poly", "polynomial", {{"n", "order"}}, NULL},
    {"rpoly", "rectified-polynomial", {{"n", "order"}}, NULL},
    {"sqrt", "sqrt", {{0}}, NULL},
    {"log", "log", {{0}}, NULL},
    {"log1p", "log1p", {{0}}, NULL},
    {"softmax", "softmax", {{"beta", "beta"}}, NULL},
    {"max", "max", {{0}}, NULL},
    {"max_uniform", "max-uniform", {{0}}, NULL},
    {"topk_softmax", "top-k-softmax", {{"k", "k"}, {"beta", "beta"}}, NULL},
    {"kwin", "k-winners", {{"k", "k"}}, NULL},
    {"sparsemax", "sparsemax", {{"beta", "beta"}}, NULL},
    {"entmax15", "entmax", {{"beta", "beta"}}, "alpha=1.5"},
    {"entmax", "entmax", {{"alpha", "alpha"}, {"beta", "beta"}}, NULL},
    {"lsr", "log-sum-relu", {{"beta", "beta"}, {"eps", "epsilon"}}, NULL},
    {"epan", "epanechnikov", {{"beta", "beta"}}, NULL},
    {"sdm_circle", "sdm-circle", {{"r", "radius"}}, NULL},
};

/* The paper's separations. Its one parameter, where a row ends in "=", is the softmax's temperature. */
static const char *const paper_separations[][2] = {
    {"log", "log"},   {"identity", "identity"},          {"softmax", "softmax:beta="},
    {"max", "max"},   {"square", "polynomial:order=2"},  {"cube", "polynomial:order=3"},
    {"sqrt", "sqrt"}, {"quartic", "polynomial:order=4"}, {"ten", "polynomial:order=10"},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool required(void)
{
    const char *text = getenv("UHN_REQUIRE_DATA");

    return text != NULL && strcmp(text, "1") == 0;
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    long size;

    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 && fseek(file, 0, SEEK_SET) == 0) {
        text = test_allocate((size_t)size + 1, 1);
        text[fread(text, 1, (size_t)size, file)] = '\0';
    }
    fclose(file);
    return text;
}

bool golden_open(golden_set *golden)
{
    const char *folder = getenv("UHN_GOLDEN");
    char path[1100];
    char *text;

    snprintf(golden->folder, sizeof golden->folder, "%s",
             folder != NULL && folder[0] != '\0' ? folder : "../shared/golden");
    snprintf(path, sizeof path, "%s/golden.json", golden->folder);
    golden->manifest = NULL;
    text = read_text(path);
    if (text == NULL) {
        if (required())
            fail_msg("%s is not there and UHN_REQUIRE_DATA=1", path);
        print_message("skipped: %s is not there (set UHN_GOLDEN)\n", path);
        return false;
    }
    golden->manifest = cJSON_Parse(text);
    free(text);
    if (golden->manifest == NULL)
        fail_msg("%s is not JSON", path);
    return true;
}

void golden_close(golden_set *golden)
{
    cJSON_Delete(golden->manifest);
    golden->manifest = NULL;
}

npy golden_array(const golden_set *golden, const char *name)
{
    char path[1100];
    npy array;

    snprintf(path, sizeof path, "%s/%s.npy", golden->folder, name);
    assert_true(npy_read(path, &array));
    return array;
}

const cJSON *golden_group(const golden_set *golden, const char *group)
{
    const cJSON *groups = cJSON_GetObjectItemCaseSensitive(golden->manifest, "groups");
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(groups, group);

    assert_non_null(found);
    return found;
}

const cJSON *golden_cases(const golden_set *golden, const char *group)
{
    const cJSON *cases = cJSON_GetObjectItemCaseSensitive(golden_group(golden, group), "cases");

    assert_true(cJSON_IsArray(cases));
    return cases;
}

static void translate(const translation *table, size_t count, const char *name, const cJSON *parameters,
                      char text[GOLDEN_TEXT])
{
    const translation *row = NULL;
    size_t used;
    char mark = ':';

    for (size_t i = 0; i < count && row == NULL; i++)
        if (strcmp(table[i].theirs, name) == 0)
            row = &table[i];
    if (row == NULL)
        fail_msg("the manifest's name %s has no translation", name);
    used = (size_t)snprintf(text, GOLDEN_TEXT, "%s", row->ours);
    if (row->fixed != NULL) {
        used += (size_t)snprintf(text + used, GOLDEN_TEXT - used, "%c%s", mark, row->fixed);
        mark = ',';
    }
    for (size_t i = 0; i < COUNT(row->keys) && row->keys[i][0] != NULL; i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(parameters, row->keys[i][0]);

        assert_true(cJSON_IsNumber(value));
        used +=
            (size_t)snprintf(text + used, GOLDEN_TEXT - used, "%c%s=%.17g", mark, row->keys[i][1], value->valuedouble);
        mark = ',';
    }
    assert_true(used < GOLDEN_TEXT);
}

void golden_similarity(const cJSON *one, char text[GOLDEN_TEXT])
{
    translate(similarities, COUNT(similarities), golden_string(one, "sim"),
              cJSON_GetObjectItemCaseSensitive(one, "simpar"), text);
}

void golden_separation_text(const char *name, const cJSON *parameters, char text[GOLDEN_TEXT])
{
    translate(separations, COUNT(separations), name, parameters, text);
}

static bool is_paper(const cJSON *one)
{
    return cJSON_HasObjectItem(one, "sep_param");
}

void golden_separation(const cJSON *one, char text[GOLDEN_TEXT])
{
    const char *name = golden_string(one, "sep");

    if (!is_paper(one)) {
        golden_separation_text(name, cJSON_GetObjectItemCaseSensitive(one, "seppar"), text);
        return;
    }
    for (size_t i = 0; i < COUNT(paper_separations); i++)
        if (strcmp(paper_separations[i][0], name) == 0) {
            size_t used = (size_t)snprintf(text, GOLDEN_TEXT, "%s", paper_separations[i][1]);

            if (text[used - 1] == '=')
                snprintf(text + used, GOLDEN_TEXT - used, "%.17g", golden_number(one, "sep_param", 1));
            return;
        }
    fail_msg("the manifest's name %s has no translation", name);
}

void golden_options(const cJSON *one, uhn_options *options)
{
    char similarity[GOLDEN_TEXT], separation[GOLDEN_TEXT];
    const cJSON *norm = cJSON_GetObjectItemCaseSensitive(one, "norm");

    golden_similarity(one, similarity);
    golden_separation(one, separation);
    uhn_options_default(options);
    check_ok(uhn_choose_similarity(options, similarity));
    check_ok(uhn_choose_separation(options, separation));
    if (is_paper(one)) {
        options->compat_paper = true;
        options->normalise_scores = cJSON_IsTrue(norm);
        options->normalise_weights = cJSON_IsTrue(norm) ? UHN_NORMALISE_SUM : UHN_NORMALISE_NONE;
    } else if (cJSON_IsString(norm) && strcmp(norm->valuestring, "sum") == 0) {
        options->normalise_weights = UHN_NORMALISE_SUM;
    }
}

uhn_query_status golden_status_named(const char *name)
{
    static const char *const names[] = {"OK", "ZERO_NORM", "DOMAIN", "ZERO_SUM", "NONFINITE"};
    static const uhn_query_status statuses[] = {UHN_QUERY_OK, UHN_QUERY_ZERO_NORM, UHN_QUERY_DOMAIN, UHN_QUERY_ZERO_SUM,
                                                UHN_QUERY_NONFINITE};

    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(names[i], name) == 0)
            return statuses[i];
    fail_msg("the manifest's status %s is not known", name);
    return UHN_QUERY_STATUS_COUNT;
}

uhn_query_status golden_status(const cJSON *one, size_t query)
{
    const cJSON *statuses = cJSON_GetObjectItemCaseSensitive(one, "status");

    if (statuses == NULL)
        return UHN_QUERY_OK;
    return golden_status_named(cJSON_GetStringValue(cJSON_GetArrayItem(statuses, (int)query)));
}

bool golden_answered(uhn_query_status status)
{
    return status == UHN_QUERY_OK || status == UHN_QUERY_ZERO_NORM;
}

double golden_number(const cJSON *one, const char *key, double otherwise)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(one, key);

    return cJSON_IsNumber(value) ? value->valuedouble : otherwise;
}

const char *golden_string(const cJSON *one, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(one, key));

    assert_non_null(text);
    return text;
}

void golden_complain(const char *group, const cJSON *one, size_t query, const char *what, double is, double should,
                     double tolerance)
{
    char *text = cJSON_PrintUnformatted(one);

    print_error("group %s, query %zu: %s is %.17g, should be %.17g (tolerance %g)\n  %s\n", group, query, what, is,
                should, tolerance, text);
    cJSON_free(text);
}
