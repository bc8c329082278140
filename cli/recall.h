/* SPDX-License-Identifier: MIT
 * uhn recall in its steps: arguments → files → options → recall → judgement → results. Each step returns CLI_WORKED,
 * or the exit status after a sentence on stderr; what was built by then is freed by the caller. */
#ifndef UHN_CLI_RECALL_H
#define UHN_CLI_RECALL_H

#include "load.h"

typedef struct recall_arguments {
    const char *memory, *values, *query, *observed, *original; /* files read */
    cli_rows memory_rows, query_rows, original_rows;
    const char *similarity, *separation, *preset;
    cli_number beta, tolerance;
    bool normalise_scores;
    cli_word normalise_weights, output, compat;
    cli_whole steps, threads, seed, top_k;
    const char *out, *sheet, *trajectory; /* files written */
    bool json;
} recall_arguments;

extern const cli_usage cli_recall_usage;

/* How good one answer is, where the original is known. */
typedef struct recall_verdict {
    bool identified;      /* the stored row nearest to the answer equals the original */
    double squared_error; /* Σ (z − original)²; NaN without an answer */
} recall_verdict;

typedef struct recall_run {
    recall_arguments arguments;
    cli_memory_data stored;
    uhn_dataset query, original, table_data; /* float32 */
    uint8_t *observed;
    size_t observed_stride;
    uhn_table table;
    char *table_file; /* where it came from */
    uhn_options options;
    int threads;                   /* that recall */
    size_t count, dim, answer_dim; /* Q, D, O */
    float *answers;                /* Q × O */
    uhn_report *reports;           /* Q */
    double seconds;                /* the recall took */
    float *trajectory;             /* Q × steps × O, or NULL */
    size_t top_k;                  /* at most N; 0: not asked for */
    size_t *top_indices;           /* Q × top_k */
    double *top_scores;
    recall_verdict *verdicts; /* Q, or NULL */
    double *energies;         /* Q × (steps + 1), NaN past the end of each; NULL: there are none */
    const char *no_energy;    /* why an iterated recall has none, in a word */
} recall_run;

/* recall_load.c: reads the files and checks their shapes against each other. */
int cli_recall_load(recall_run *run);

/* recall_choose.c: from the texts and numbers of the arguments to run->options. */
int cli_recall_choose(recall_run *run);

/* recall_energy.c: room for the energies of an iterated recall, where it has one; false without memory. Then the
 * recall.
 */
bool cli_recall_make_energies(recall_run *run);
uhn_status cli_recall_run(recall_run *run);

/* recall_judge.c: compares the answers with the originals. */
int cli_recall_judge(recall_run *run);

/* recall_files.c: --out, --sheet, --trajectory; whether they can be had is checked before the recall. */
int cli_recall_check_files(recall_run *run);
int cli_recall_write(const recall_run *run);

/* recall_text.c and recall_json.c: the results on stdout. */
void cli_recall_print(const recall_run *run);
int cli_recall_print_json(const recall_run *run);

/* How many queries have each status. */
void cli_recall_count(const recall_run *run, size_t counts[UHN_QUERY_STATUS_COUNT]);

size_t cli_recall_identified(const recall_run *run);

#endif
