/* SPDX-License-Identifier: MIT
 * What the benchmarks call, from Python by ctypes: recalls through the public interface, and what the machine can do.
 * The calls return 0, or another number after which bench_error() has a sentence. */
#ifndef UHN_BENCH_SHIM_H
#define UHN_BENCH_SHIM_H

#include "uhn/dynamics.h"

/* How to recall. */
typedef struct bench_choice {
    const char *similarity, *separation; /* as for uhn_choose_… */
    const float *table;                  /* for the similarity `table`, else NULL */
    size_t table_rows, table_columns;
    int threads;
    int last_form; /* 1: estimates in the last form of the similarity only, for manhattan that of float32 arithmetic */
} bench_choice;

UHN_API const char *bench_error(void);
UHN_API const char *bench_version(void);
UHN_API const char *bench_isa(void);

/* A memory on the caller's packed rows. */
UHN_API int bench_remember(int storage, const void *rows, size_t count, size_t dim, uhn_memory **memory);
UHN_API void bench_forget(uhn_memory *memory);

/* uhn_recall(): answers [count × D], and from the reports the best memory and its score [count], where not NULL.
 * A query without an answer is an error. */
UHN_API int bench_recall(const uhn_memory *memory, const float *queries, size_t count, const bench_choice *choice,
                         float *answers, uint64_t *best, double *scores);
/* uhn_top_k(): indices and scores [count × k]. */
UHN_API int bench_top_k(const uhn_memory *memory, const float *queries, size_t count, const bench_choice *choice,
                        size_t k, uint64_t *indices, double *scores);

/* uhn_flow_run() through the fast kernels, dot with log-sum-exp, and nothing stops before the last step but at |Δv| =
 * 0: states [count × D], energies [count × (steps + 1)]. A query without an answer is an error. */
UHN_API int bench_flow(const uhn_memory *memory, const float *queries, size_t count, double beta, double dt,
                       size_t steps, int threads, double *states, double *energies);

/* The steps of measure.c by their number; NULL past the end. */
UHN_API const char *bench_step_name(size_t index);
/* Pairs of coordinates a second in all threads together, over about `seconds`; 0: there is no such thing here.
 * bench_peak: a register tile on operands in the first-level cache. bench_step: the library's kernel in use, for
 * blocks of many rows and queries of `dim` coordinates, as a batch recall calls it. */
UHN_API double bench_peak(size_t index, int threads, double seconds);
UHN_API double bench_step(size_t index, size_t dim, int threads, double seconds);
/* Bytes a second that all threads together read of a buffer of this size, pass after pass; the best pass of those
 * within `seconds`. 0: out of memory. */
UHN_API double bench_bandwidth(size_t bytes, int threads, double seconds);

#endif
