/* SPDX-License-Identifier: MIT */
#include "golden_group.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static npy array_of(const golden_set *golden, const char *kind, const char *name)
{
    char text[GOLDEN_TEXT];

    snprintf(text, sizeof text, "%s_%s", kind, name);
    return golden_array(golden, text);
}

bool group_open(golden_group_data *group, const char *name, const char *values, bool steps)
{
    memset(group, 0, sizeof *group);
    group->name = name;
    if (!golden_open(&group->golden))
        return false;
    group->m = array_of(&group->golden, "M", strcmp(name, "paper") == 0 ? "pos" : name);
    if (values != NULL)
        group->p = array_of(&group->golden, "P", values);
    group->q = array_of(&group->golden, "q", name);
    group->z = array_of(&group->golden, "z", name);
    if (steps) {
        group->scores = array_of(&group->golden, "scores", name);
        group->weights = array_of(&group->golden, "w", name);
    }
    group->rows = npy_floats(&group->m);
    group->values = values != NULL ? npy_floats(&group->p) : NULL;
    group->queries = npy_floats(&group->q);
    group->rows_count = group->m.shape[0];
    group->dim = group->m.shape[1];
    group->value_dim = values != NULL ? group->p.shape[1] : group->dim;
    group->query_count = group->q.shape[0];
    check_ok(uhn_memory_borrow(UHN_FLOAT32, group->rows, group->rows_count, group->dim, 0, group->values,
                               values != NULL ? group->value_dim : 0, 0, &group->memory));
    return true;
}

void group_close(golden_group_data *group)
{
    uhn_memory_destroy(group->memory);
    free(group->rows);
    free(group->values);
    free(group->queries);
    npy_free(&group->m);
    npy_free(&group->p);
    npy_free(&group->q);
    npy_free(&group->scores);
    npy_free(&group->weights);
    npy_free(&group->z);
    golden_close(&group->golden);
}

bool row_near(const golden_group_data *group, const cJSON *one, size_t query, const char *what, const double *is,
              const double *should, size_t count, double tolerance)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs(is[i] - should[i]) <= tolerance)) {
            golden_complain(group->name, one, query, what, is[i], should[i], tolerance);
            return false;
        }
    return true;
}

bool row_is_nan(const golden_group_data *group, const cJSON *one, size_t query, const char *what, const double *is,
                size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isnan(is[i])) {
            golden_complain(group->name, one, query, what, is[i], NAN, 0);
            return false;
        }
    return true;
}

void widen(const float *from, double *to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (double)from[i];
}

bool status_is(const golden_group_data *group, const cJSON *one, size_t query, uhn_query_status is,
               uhn_query_status should)
{
    if (is != should)
        golden_complain(group->name, one, query, uhn_query_status_text(is), is, should, 0);
    return is == should;
}
