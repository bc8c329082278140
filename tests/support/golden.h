/* SPDX-License-Identifier: MIT
 * The golden vectors: 1,326 recalls and what the float64 reference says of them. Found in $UHN_GOLDEN, by default
 * beside the root of the sources, where tests run; where they are absent the tests that need them are skipped, unless
 * UHN_REQUIRE_DATA=1. */
#ifndef UHN_TESTS_SUPPORT_GOLDEN_H
#define UHN_TESTS_SUPPORT_GOLDEN_H

#include <cjson/cJSON.h>

#include "check.h"
#include "npy.h"

enum { GOLDEN_TEXT = 128, GOLDEN_CASES = 1326 };

typedef struct golden_set {
    char folder[1024];
    cJSON *manifest;
} golden_set;

/* False when the vectors are absent (a line says so). Fails the test when they are required or broken. */
bool golden_open(golden_set *golden);
void golden_close(golden_set *golden);

/* The array NAME.npy; fails the test when it cannot be read. Free with npy_free(). */
npy golden_array(const golden_set *golden, const char *name);

const cJSON *golden_group(const golden_set *golden, const char *group);
const cJSON *golden_cases(const golden_set *golden, const char *group);

/* What the manifest's names are called here, as typed: "minkowski:p=3". */
void golden_similarity(const cJSON *one, char text[GOLDEN_TEXT]);
void golden_separation(const cJSON *one, char text[GOLDEN_TEXT]);
/* The same from a name and its parameters. */
void golden_separation_text(const char *name, const cJSON *parameters, char text[GOLDEN_TEXT]);

/* Options of one case: similarity, separation, weight normalisation; for the paper group its compatibility mode. */
void golden_options(const cJSON *one, uhn_options *options);

/* The status that the manifest states for a query; OK when the case has none. */
uhn_query_status golden_status(const cJSON *one, size_t query);
uhn_query_status golden_status_named(const char *name);
bool golden_answered(uhn_query_status status);

/* A number of a case; `otherwise` when it has none. */
double golden_number(const cJSON *one, const char *key, double otherwise);
const char *golden_string(const cJSON *one, const char *key);

/* A line before a failure: which case it was. */
void golden_complain(const char *group, const cJSON *one, size_t query, const char *what, double is, double should,
                     double tolerance);

#endif
