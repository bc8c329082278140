/* SPDX-License-Identifier: MIT
 * One group of golden cases with its arrays and its memory, and comparisons that name the case that differed. */
#ifndef UHN_TESTS_SUPPORT_GOLDEN_GROUP_H
#define UHN_TESTS_SUPPORT_GOLDEN_GROUP_H

#include "golden.h"

typedef struct golden_group_data {
    const char *name;
    golden_set golden;
    npy m, p, q, scores, weights, z;
    float *rows, *values, *queries;
    size_t rows_count, dim, value_dim, query_count;
    uhn_memory *memory; /* borrowed from rows and values */
} golden_group_data;

/* Reads M_name (the paper's cases use M_pos), q_name and z_name, P_values (NULL: P = M), and with `steps` scores_name
 * and w_name. False when there is no data. */
bool group_open(golden_group_data *group, const char *name, const char *values, bool steps);
void group_close(golden_group_data *group);

/* One row of a result against what it should be; false, with a line that says where, when it differs. */
bool row_near(const golden_group_data *group, const cJSON *one, size_t query, const char *what, const double *is,
              const double *should, size_t count, double tolerance);
bool row_is_nan(const golden_group_data *group, const cJSON *one, size_t query, const char *what, const double *is,
                size_t count);
bool status_is(const golden_group_data *group, const cJSON *one, size_t query, uhn_query_status is,
               uhn_query_status should);

void widen(const float *from, double *to, size_t count);

#endif
