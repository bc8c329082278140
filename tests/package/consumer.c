/* SPDX-License-Identifier: MIT
 * A user's program: stores three patterns, recalls the second from a damaged copy and checks the answer. */
#include <math.h>
#include <stdio.h>
#include <uhn/uhn.h>

enum { COUNT = 3, DIM = 4 };

static const float patterns[COUNT][DIM] = {{1, 0, 0, 0}, {0, 1, 1, 0}, {0, 0, 0, 1}};
static const float query[DIM] = {0.1F, 0.9F, 0.7F, 0.2F};

static int check(const float *answer, const uhn_report *report)
{
    if (report->status != UHN_QUERY_OK || report->best != 1) {
        fprintf(stderr, "best memory is %zu (%s), expected 1\n", report->best, uhn_query_status_text(report->status));
        return 1;
    }
    for (size_t i = 0; i < DIM; i++) {
        if (!(fabsf(answer[i] - patterns[1][i]) < 1e-6F)) {
            fprintf(stderr, "coordinate %zu is %g, expected %g\n", i, (double)answer[i], (double)patterns[1][i]);
            return 1;
        }
    }
    return 0;
}

int main(void)
{
    uhn_options options;
    uhn_memory *memory = NULL;
    uhn_report report;
    float answer[DIM];

    uhn_options_default(&options);
    uhn_status status = uhn_memory_create(UHN_FLOAT32, DIM, 0, &memory);
    if (status == UHN_OK)
        status = uhn_memory_add(memory, patterns, COUNT, 0, NULL, 0);
    if (status == UHN_OK)
        status = uhn_choose_similarity(&options, "manhattan");
    if (status == UHN_OK)
        status = uhn_choose_separation(&options, "max");
    if (status == UHN_OK)
        status = uhn_recall(memory, query, 1, 0, &options, answer, 0, &report);
    if (status != UHN_OK)
        fprintf(stderr, "%s: %s\n", uhn_status_text(status), uhn_error_detail());
    int failed = status != UHN_OK || check(answer, &report);
    uhn_memory_destroy(memory);
    return failed;
}
