/* SPDX-License-Identifier: MIT
 * uhn bench: recalls that are timed, on numbers made for it. */
#ifndef UHN_CLI_BENCH_H
#define UHN_CLI_BENCH_H

#include "uhn/uhn.h"

enum { BENCH_ROUNDS_MAX = 1000 };

/* What is recalled, and how long it took. */
typedef struct bench_workload {
    const char *similarity, *separation; /* as typed */
    uhn_storage storage;
    size_t dim, stored, queries;
    uhn_options options;
    double median, minimum, maximum; /* seconds */
} bench_workload;

/* "float32", "uint8", "bits": the words of --storage, in the order of uhn_storage. */
extern const char bench_storages[];

/* Sets the options from the texts. The detail of a failure is about one of them, which *option then names. */
uhn_status bench_choose(bench_workload *workload, int threads, const char **option);

/* Makes numbers, recalls once to warm up, then times `rounds` ≤ BENCH_ROUNDS_MAX rounds. */
uhn_status bench_run(bench_workload *workload, size_t rounds);

#endif
