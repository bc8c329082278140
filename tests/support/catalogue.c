/* SPDX-License-Identifier: MIT */
#include "catalogue.h"

#include <string.h>

static const char *const more_separations[] = {
    "softmax:beta=0.05",
    "softmax:beta=50",
    "softmax-null:beta=0.05,null=-9",
    "top-k-softmax:k=7,beta=0.1",
    "k-winners:k=1",
    "k-winners:k=31",
    "k-winners:k=100000",
    "sparsemax:beta=0.1",
    "entmax:alpha=1.05,beta=0.1",
    "entmax:alpha=1.25,beta=0.3",
    "entmax:alpha=1.5,beta=0.1",
    "entmax:alpha=2,beta=5",
    "entmax:alpha=3,beta=0.5",
    "entmax:alpha=1,beta=0.3",
    "polynomial:order=3",
    "polynomial:order=2.5",
    "polynomial:order=40",
    "rectified-polynomial:order=0.5",
    "threshold:theta=-6",
    "log-sum-relu:beta=0.15",
    "epanechnikov:beta=0.15",
    "sdm-circle:radius=11",
};

/* Scores of a memory's four bins against a query's six: no two alike, so that a wrong bin shows. */
static const float table_values[24] = {0.9F,  0.7F,  0.31F, -0.2F, -0.6F, -0.8F, 0.5F,  0.8F,
                                       0.6F,  0.21F, -0.3F, -0.4F, -0.5F, 0.11F, 0.41F, 0.75F,
                                       0.55F, 0.3F,  -0.9F, -0.7F, -0.1F, 0.45F, 0.85F, 0.95F};
static const uhn_table table = {.values = table_values, .rows = 4, .columns = 6};

const char *catalogue_separation(size_t index)
{
    size_t rows = 0;

    while (uhn_separation_at(rows) != NULL)
        rows++;
    if (index < rows)
        return uhn_separation_at(index)->name;
    index -= rows;
    return index < sizeof more_separations / sizeof more_separations[0] ? more_separations[index] : NULL;
}

void catalogue_options(const char *similarity, const char *separation, uhn_options *options)
{
    uhn_options_default(options);
    check_ok(uhn_choose_similarity(options, similarity));
    check_ok(uhn_choose_separation(options, separation));
    if (strcmp(options->similarity->name, "table") == 0)
        options->similarity_context = &table;
}

float *catalogue_data(const char *similarity, test_random *random, size_t count)
{
    if (strncmp(similarity, "hamming", 7) == 0)
        return random_binary(random, count);
    float *values = random_positive(random, count);
    for (size_t i = 0; strncmp(similarity, "likelihood", 10) == 0 && i < count; i++)
        if (random_below(random, 6) == 0) /* a number of its own for them */
            values[i] = 1;
    return values;
}
