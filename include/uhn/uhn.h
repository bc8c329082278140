/* SPDX-License-Identifier: MIT
 *
 * libuhn: Universal Hopfield Networks.
 *
 * Every associative memory is one recall in three steps,
 *
 *     z = P · sep( sim(M, q) )          similarity → separation → projection
 *
 * (Millidge, Salvatori, Song, Lukasiewicz, Bogacz: "Universal Hopfield Networks", ICML 2022, equation 1).
 * M holds N memories of D numbers, one per row; P holds the N values they stand for, O numbers each
 * (absent: P = M, auto-association); q is a query of D numbers; z is the answer, O numbers.
 *
 * Conventions
 *   - Arrays are row-major. A stride is the distance in bytes from one row to the next; 0 means packed.
 *   - A score is higher for more alike: distances enter negated. Ties go to the lowest index. Logs are natural.
 *   - Functions return a uhn_status and write their outputs last. After a failure the outputs are unspecified,
 *     every object is as it was, and uhn_error_detail() has one sentence about it.
 *   - The library has no globals, never prints, never exits. A memory that nobody changes may be shared by threads.
 *   - The same call gives the same bits for every number of threads and every split of a batch of queries.
 */
#ifndef UHN_UHN_H
#define UHN_UHN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#if defined(__GNUC__)
#define UHN_API __attribute__((visibility("default")))
#else
#define UHN_API
#endif

#define UHN_VERSION "0.1.0"
#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------ status */

/* X(name, text): what a call returns. */
#define UHN_STATUS_MAP(X)                                                                                              \
    X(UHN_OK, "success")                                                                                               \
    X(UHN_ERROR_ARGUMENT, "invalid argument")                                                                          \
    X(UHN_ERROR_SHAPE, "shapes do not agree")                                                                          \
    X(UHN_ERROR_NAME, "unknown name")                                                                                  \
    X(UHN_ERROR_RANGE, "parameter out of range")                                                                       \
    X(UHN_ERROR_DOMAIN, "memory outside the domain of the similarity")                                                 \
    X(UHN_ERROR_NONFINITE, "NaN or infinity")                                                                          \
    X(UHN_ERROR_READ_ONLY, "memory is borrowed and cannot be changed")                                                 \
    X(UHN_ERROR_UNSUPPORTED, "combination is not supported")                                                           \
    X(UHN_ERROR_OUT_OF_MEMORY, "out of memory")                                                                        \
    X(UHN_ERROR_STOPPED, "stopped by the watch")                                                                       \
    X(UHN_ERROR_SYSTEM, "the system refused")                                                                          \
    X(UHN_ERROR_DAMAGED, "a file is damaged")

/* X(name, text): what became of one query (MATH: status per query). Rows of queries that are not answered are NaN. */
#define UHN_QUERY_STATUS_MAP(X)                                                                                        \
    X(UHN_QUERY_OK, "ok")               /* answered */                                                                 \
    X(UHN_QUERY_ZERO_NORM, "zero-norm") /* answered; a zero or constant query met a normalising similarity */          \
    X(UHN_QUERY_DOMAIN, "domain")       /* not answered: an entry, score or answer is outside the domain, or nothing   \
                                           is observed */                                                              \
    X(UHN_QUERY_ZERO_SUM, "zero-sum")   /* not answered: the weights cannot be normalised */                           \
    X(UHN_QUERY_NONFINITE, "nonfinite") /* not answered: NaN or infinity in the query */

/* X(name, text): how an iterated recall ended. */
#define UHN_OUTCOME_MAP(X)                                                                                             \
    X(UHN_OUTCOME_SINGLE, "single")           /* one step was asked for */                                             \
    X(UHN_OUTCOME_FIXED_POINT, "fixed-point") /* the last step moved the state by no more than the tolerance */        \
    X(UHN_OUTCOME_CYCLE, "cycle")             /* the state came back to an earlier one; see period */                  \
    X(UHN_OUTCOME_LIMIT, "limit")             /* all steps were taken */

#define UHN_ENUMERATOR(name, text) name,
typedef enum uhn_status { UHN_STATUS_MAP(UHN_ENUMERATOR) UHN_STATUS_COUNT } uhn_status;
typedef enum uhn_query_status { UHN_QUERY_STATUS_MAP(UHN_ENUMERATOR) UHN_QUERY_STATUS_COUNT } uhn_query_status;
typedef enum uhn_outcome { UHN_OUTCOME_MAP(UHN_ENUMERATOR) UHN_OUTCOME_COUNT } uhn_outcome;
#undef UHN_ENUMERATOR

/* The texts of the lists above; "unknown" for a value that is not in the list. Static strings. */
UHN_API const char *uhn_status_text(uhn_status status);
UHN_API const char *uhn_query_status_text(uhn_query_status status);
UHN_API const char *uhn_outcome_text(uhn_outcome outcome);

UHN_API bool uhn_is_answered(uhn_query_status status); /* true for UHN_QUERY_OK and UHN_QUERY_ZERO_NORM */

/* One sentence about the last failure in the calling thread, "" if there was none; valid until its next one. */
UHN_API const char *uhn_error_detail(void);

UHN_API const char *uhn_version(void); /* of the library that is running, as "major.minor.patch" */

/* The instruction set that the kernels run on: the best one here, or what the environment variable UHN_ISA names. With
 * avx512amx (Linux is asked for matrix registers) sigaltstack() wants sysconf(_SC_MINSIGSTKSZ) bytes. */
UHN_API const char *uhn_isa(void);

/* ------------------------------------------------------------------------------------------------ memory */

typedef struct uhn_memory uhn_memory;

/* How the rows of M are stored. Recall equals, to the bit, that of the expanded float32 rows. */
typedef enum uhn_storage {
    UHN_FLOAT32, /* float */
    UHN_UINT8,   /* uint8_t v, meaning v / 255 */
    UHN_BITS,    /* packed bits meaning 0 and 1, coordinate 0 in the highest bit of byte 0 (as numpy.packbits);
                    a row is ceil(D / 8) bytes, and the bits past D in the last byte must be 0 */
    UHN_STORAGE_COUNT
} uhn_storage;

/* Bytes that `dim` coordinates take in a packed row; 0 for an unknown storage or when it would overflow. */
UHN_API size_t uhn_row_bytes(uhn_storage storage, size_t dim);

/* Makes an empty memory that owns copies of what is added.
 *   dim        D ≥ 1
 *   value_dim  O ≥ 1, or 0 for auto-association (P = M, O = D)
 *   memory     receives the memory; free it with uhn_memory_destroy()
 * UHN_ERROR_ARGUMENT (dim 0, unknown storage), UHN_ERROR_OUT_OF_MEMORY */
UHN_API uhn_status uhn_memory_create(uhn_storage storage, size_t dim, size_t value_dim, uhn_memory **memory);

/* Makes a read-only memory on the caller's arrays, which must outlive it and stay unchanged. Nothing is copied.
 *   rows, row_stride      count rows of M (D coordinates each, `storage`)
 *   values, value_stride  count rows of P (O floats each), or NULL for P = M
 * UHN_ERROR_ARGUMENT, UHN_ERROR_SHAPE (stride too short, or not a multiple of 4 for floats),
 * UHN_ERROR_NONFINITE, UHN_ERROR_OUT_OF_MEMORY */
UHN_API uhn_status uhn_memory_borrow(uhn_storage storage, const void *rows, size_t count, size_t dim, size_t row_stride,
                                     const float *values, size_t value_dim, size_t value_stride, uhn_memory **memory);

/* Adds `count` rows behind those already there; either all are added or none. `values` is required when the
 * memory has values of its own and must be NULL when P = M. A NaN or an infinity is refused.
 * UHN_ERROR_ARGUMENT, UHN_ERROR_SHAPE, UHN_ERROR_NONFINITE, UHN_ERROR_READ_ONLY, UHN_ERROR_OUT_OF_MEMORY */
UHN_API uhn_status uhn_memory_add(uhn_memory *memory, const void *rows, size_t count, size_t row_stride,
                                  const float *values, size_t value_stride);

/* Replaces the row at `index`, its value too where `value` is not NULL. Errors as uhn_memory_add(). */
UHN_API uhn_status uhn_memory_update(uhn_memory *memory, size_t index, const void *row, const float *value);

/* Removes the rows at `indices` (any order, repeats allowed). The others keep their order and move up; their
 * indices change accordingly. Space that is no longer needed goes back to the allocator.
 * UHN_ERROR_ARGUMENT (an index is not below the count; then nothing is removed), UHN_ERROR_READ_ONLY,
 * UHN_ERROR_OUT_OF_MEMORY (nothing is removed) */
UHN_API uhn_status uhn_memory_remove(uhn_memory *memory, const size_t *indices, size_t count);

UHN_API void uhn_memory_destroy(uhn_memory *memory); /* NULL is allowed */

UHN_API size_t uhn_memory_count(const uhn_memory *memory);     /* N */
UHN_API size_t uhn_memory_dim(const uhn_memory *memory);       /* D */
UHN_API size_t uhn_memory_value_dim(const uhn_memory *memory); /* O; equals D when P = M */
UHN_API bool uhn_memory_has_values(const uhn_memory *memory);  /* false: P = M */
UHN_API uhn_storage uhn_memory_storage(const uhn_memory *memory);
UHN_API size_t uhn_memory_bytes(const uhn_memory *memory); /* bytes allocated for rows and values; 0 if borrowed */

/* Copies row `index` of M, expanded (dim floats), or of P (value_dim floats). UHN_ERROR_ARGUMENT: no such row. */
UHN_API uhn_status uhn_memory_row(const uhn_memory *memory, size_t index, float *row);
UHN_API uhn_status uhn_memory_value(const uhn_memory *memory, size_t index, float *value);

/* ------------------------------------------------------------------------------------------------ the catalogue */

enum { UHN_PARAMETERS_MAX = 6 };

struct uhn_options; /* below */

/* A parameter of a similarity, a separation or a preset, as typed after its name: name:key=value,key=value. */
typedef struct uhn_parameter {
    const char *key;
    const char *summary;     /* one line */
    double minimum, maximum; /* closed range */
    double initial;          /* the default */
    bool whole;              /* whole numbers only */
    bool above;              /* the minimum itself is excluded */
    const char *words;       /* NULL, or the words that stand for 0, 1, 2 …, as "keep|zero" */
} uhn_parameter;

/* What a similarity's `prepare` finds out about one vector, once per row and once per query; what the two numbers
 * mean is its own affair. 0 where it has no `prepare`. */
typedef struct uhn_vector_stat {
    double scale, offset;
} uhn_vector_stat;

/* The element passes that the library has kernels for; each is one sum over the coordinates. */
typedef enum uhn_step {
    UHN_STEP_PAIR, /* the similarity's own `pair` */
    UHN_STEP_MULTIPLY,
    UHN_STEP_SQUARED_DIFFERENCE,
    UHN_STEP_ABSOLUTE_DIFFERENCE,
    UHN_STEP_MAXIMUM_DIFFERENCE,
    UHN_STEP_MISMATCH, /* coordinates of which one is > 0 and the other is not */
    UHN_STEP_COUNT
} uhn_step;

/* A similarity: prepare (each vector once) → element pass over a pair of vectors → finish.
 * `parameters` are in the order of the table row; `context` comes from `bind`, or from the caller's options. */
typedef struct uhn_similarity {
    const char *name;
    const char *summary; /* one line, with the formula */
    const uhn_parameter *parameters;
    size_t parameter_count;
    uhn_step step;

    /* Prepares x [dim] for the pass: fills *stat and, where `transforms`, writes prepared [dim], which then takes
     * the place of x (prepared may be the array x itself). Returns UHN_QUERY_OK, UHN_QUERY_ZERO_NORM, or
     * UHN_QUERY_DOMAIN to refuse x. NULL: nothing to do.
     */
    uhn_query_status (*prepare)(const float *x, size_t dim, bool is_query, const double *parameters,
                                const void *context, float *prepared, uhn_vector_stat *stat);
    bool transforms;
    const char *domain; /* what `prepare` refuses, as "negative entries"; NULL: nothing */

    /* For UHN_STEP_PAIR only: the pass over row [dim] and query [dim] (prepared ones). */
    double (*pair)(const float *row, const float *query, size_t dim, const uhn_vector_stat *row_stat,
                   const uhn_vector_stat *query_stat, const double *parameters, const void *context);

    /* Turns what the pass gave into the score. NULL: it is the score. */
    double (*finish)(double raw, const uhn_vector_stat *row_stat, const uhn_vector_stat *query_stat,
                     const double *parameters, const void *context);

    /* Makes what a recall needs once, before it starts: *context comes in as the caller's and may be replaced by one
     * that `unbind` frees. NULL: the caller's context is used as it is. */
    uhn_status (*bind)(const uhn_memory *memory, const struct uhn_options *options, void **context);
    void (*unbind)(void *context);

    const struct uhn_similarity *paper; /* the row that --compat paper uses instead; NULL: not in the paper's code */

    /* Can it compare vectors of which only these coordinates are observed? If not, the query is UHN_QUERY_DOMAIN.
     * NULL: any. (prepare and pair see the observed coordinates side by side, in their order.) */
    bool (*takes_mask)(const uint8_t *observed, size_t dim, const double *parameters);

    /* The library's own: cheaper forms of the score with a proven error, for separations that say what they need
     * (uhn_separation.precision). NULL for a row of the user's own: every score is then computed exactly. */
    const struct uhn_estimate *const *estimates;
} uhn_similarity;

/* What the engine has summed over the weights of all memories, in the scale of the state. */
typedef struct uhn_weight_sums {
    double sum, sum_absolute, sum_squares;
} uhn_weight_sums;

/* A memory that a selecting separation chose, and its weight. */
typedef struct uhn_selected {
    size_t index;
    double score, weight;
} uhn_selected;

/* What `finish` of a separation says. */
typedef struct uhn_finish {
    double factor;                /* multiplies every weight that absorb() wrote */
    const uhn_selected *selected; /* for selecting separations: the chosen memories, best first; owned by the state */
    size_t selected_count;
} uhn_finish;

/* Which scores have to be exact; the others may be estimates, each within an error that the engine knows. */
typedef struct uhn_precision {
    size_t best;        /* as many of the highest scores as this, and all that are equal to the last of them */
    double window;      /* and all that are within this of the highest */
    double sensitivity; /* 0: the others do not matter, and absorb() need not see them. Else d log w / d score at most:
                           an error of B in the scores may change weights by the factor exp(2 · sensitivity · B) */
} uhn_precision;

/* A separation is an accumulator over the scores of one query: a monoid with `init` as unit and `merge` as product,
 * so that memories may come in blocks. It sees scores only. The engine multiplies what it has projected so far by
 * `*rescale`, then adds the block's weights times the rows of P. */
typedef struct uhn_separation {
    const char *name;
    const char *summary; /* one line, with the formula */
    const uhn_parameter *parameters;
    size_t parameter_count;
    bool self_normalised; /* weights sum to 1 (or to less, by intent): weight normalisation is ignored */
    bool selects;         /* the weights come from finish() as a selection; absorb() writes none */

    /* Bytes of the state for at most `count` memories (aligned to 16). */
    size_t (*state_size)(const double *parameters, size_t count);
    void (*init)(void *state, const double *parameters, const void *context);
    /* Takes the scores of memories first … first+count−1. Writes the raw weights [count], in the scale of the new
     * state, and what the earlier weights must be multiplied by to be in that scale. After finish() uhn_weights() calls
     * it once more with all scores: a state that has seen them all must write its weights in the final scale. */
    void (*absorb)(void *state, const double *scores, size_t first, size_t count, const double *parameters,
                   const void *context, double *weights, double *rescale);
    /* state ← state · other; both sides' weights are then multiplied by their factor. */
    void (*merge)(void *state, const void *other, const double *parameters, const void *context, double *rescale,
                  double *rescale_other);
    /* Ends the accumulation: UHN_QUERY_OK, or why this query has no weights. */
    uhn_query_status (*finish)(void *state, const uhn_weight_sums *sums, const double *parameters, const void *context,
                               uhn_finish *result);

    /* A certificate from the margin between the two best scores of N memories; NULL: none is known. */
    void (*certify)(double margin, size_t count, const double *parameters, bool *exact, double *outside_bound);

    /* Which scores it needs exactly; NULL: all. */
    uhn_precision (*precision)(const double *parameters);

    uhn_status (*bind)(const uhn_memory *memory, const struct uhn_options *options, void **context);
    void (*unbind)(void *context);

    const struct uhn_separation *paper; /* the row that --compat paper uses instead; NULL: not in the paper's code */
} uhn_separation;

/* The tables. NULL past the end. uhn_find_…: by name; NULL if there is none, and then uhn_error_detail() names
 * the nearest. */
UHN_API const uhn_similarity *uhn_similarity_at(size_t index);
UHN_API const uhn_separation *uhn_separation_at(size_t index);
UHN_API const uhn_similarity *uhn_find_similarity(const char *name);
UHN_API const uhn_separation *uhn_find_separation(const char *name);

/* A preset: a named model of the literature as a choice of similarity, separation, projection and update. */
typedef struct uhn_preset {
    const char *name;
    const char *summary; /* one line */
    const char *source;  /* where it was published */
    const uhn_parameter *parameters;
    size_t parameter_count;
    bool needs_values; /* works on P ≠ M only */
    void (*apply)(const double *parameters, size_t dim, struct uhn_options *options);
} uhn_preset;

UHN_API const uhn_preset *uhn_preset_at(size_t index);
UHN_API const uhn_preset *uhn_find_preset(const char *name);

/* A learned or given table of scores: s = Σ_i values[bin(x_i)][bin(q_i)], the similarity `table`. Every additive
 * similarity is one at the resolution of its bins. Pass it as similarity_context; it must outlive the recall.
 *   values   rows × columns floats, row-major, packed, finite; the caller's
 *   rows     1 … 256 bins of a memory's coordinate: bin = floor((x − low) / (high − low) · rows), clamped
 *   columns  1 … 256 bins of a query's coordinate, alike; with `ends` (a parameter of the similarity, as low and high
 *            are) the first column is for q ≤ low, the last for q ≥ high, and the others divide what lies between */
typedef struct uhn_table {
    const float *values;
    size_t rows, columns;
} uhn_table;

/* ------------------------------------------------------------------------------------------------ options */

typedef enum uhn_normalise {
    UHN_NORMALISE_NONE,
    UHN_NORMALISE_SUM,      /* w / Σw; zero-sum unless Σw > 1e-12 Σ|w| */
    UHN_NORMALISE_ABSOLUTE, /* w / Σ|w| */
    UHN_NORMALISE_COUNT
} uhn_normalise;

typedef enum uhn_output {
    UHN_OUTPUT_NONE,
    UHN_OUTPUT_SIGN,  /* +1 or −1; at 0 the sign of the state (the query) is kept when P = M, else 0: undecided */
    UHN_OUTPUT_STEP,  /* 1 or 0 for the same tests */
    UHN_OUTPUT_CLAMP, /* to [0, 1] */
    UHN_OUTPUT_UNIT,  /* to Euclidean length 1; zero stays zero */
    UHN_OUTPUT_SUM,   /* to sum 1; zero-sum unless Σz > 1e-12 Σ|z| */
    UHN_OUTPUT_COUNT
} uhn_output;

typedef enum uhn_projection {
    UHN_PROJECTION_VALUES, /* P; M itself where there is none */
    UHN_PROJECTION_NEXT,   /* the memory that follows in M, the first after the last; for memories without P only */
    UHN_PROJECTION_COUNT
} uhn_projection;

typedef enum uhn_update {
    UHN_UPDATE_RECALL,        /* z = P · sep(sim(M, q)) */
    UHN_UPDATE_SYNCHRONOUS,   /* binary network: all neurons at once */
    UHN_UPDATE_ASYNCHRONOUS,  /* binary network: one neuron after the other; a step is a sweep over all */
    UHN_UPDATE_BIDIRECTIONAL, /* bidirectional associative memory: query → value → query … */
    UHN_UPDATE_SDM,           /* sparse distributed memory: write all of M and P, then read */
    UHN_UPDATE_COUNT
} uhn_update;

/* Parameters of the updates that are not plain recall. */
typedef struct uhn_binary_options {
    unsigned order; /* energy degree n ≥ 2 of a dense associative memory; 2 is the classical Hopfield network */
    bool rectified; /* F(x) = max(x, 0)^n instead of x^n */
    bool self_term; /* keep the self term (n = 2: the diagonal of W) */
    bool shuffle;   /* asynchronous: neurons in a random order per sweep, from `seed`; else 0, 1, 2 … */
} uhn_binary_options;

typedef struct uhn_sdm_options {
    size_t locations;      /* hard locations L ≥ 1 */
    size_t radius;         /* a location is active when its Hamming distance is ≤ radius */
    unsigned counter_bits; /* 8, 16 or 32; a counter at its limit of ±(2^(bits − 1) − 1) stays there (saturates) */
    uint64_t seed;         /* of the random addresses; in a recall uhn_options.seed takes its place */
} uhn_sdm_options;

/* Called after each step of a recall with the state of each query that took it and has an answer, in order, from the
 * thread that called uhn_recall(). Returns whether to go on; if not, the recall ends with UHN_ERROR_STOPPED. */
typedef bool (*uhn_watch)(void *context, size_t query, size_t step, const float *state, size_t dim);

/* How to recall. Always start from uhn_options_default(). All pointers are the caller's. */
typedef struct uhn_options {
    const uhn_similarity *similarity;
    double similarity_parameters[UHN_PARAMETERS_MAX];
    const void *similarity_context; /* for `table` a uhn_table; for the caller's own similarity whatever it wants */
    const uhn_separation *separation;
    double separation_parameters[UHN_PARAMETERS_MAX];
    const void *separation_context;
    uhn_projection projection;
    uhn_update update;
    uhn_binary_options binary;
    uhn_sdm_options sdm;

    bool normalise_scores; /* s / Σs before the separation; needs scores ≥ 0 (paper: norm=True); takes two passes */
    uhn_normalise normalise_weights;
    uhn_output output;
    bool compat_paper; /* reproduce the paper's code, its NaN and infinities included, instead of the above */

    const uint8_t *observed; /* D bytes, ≠ 0 where the query is observed; NULL: everywhere. Sums, norms and distances
                                run over the observed coordinates only; values elsewhere are not looked at. */
    size_t observed_stride;  /* bytes from one query's mask to the next, ≥ D; 0: one mask for the whole batch */

    size_t steps;     /* ≥ 1; more than one needs O = D unless the update is bidirectional */
    double tolerance; /* ≥ 0: a fixed point when |z' − z| ≤ tolerance · (1 + |z'|), Euclidean norms */
    uhn_watch watch;  /* or NULL */
    void *watch_context;
    uint64_t seed;
    int threads; /* 0: as many as OpenMP gives. In a child of fork() 1: GNU's OpenMP hangs there with more */
} uhn_options;

/* manhattan, softmax:beta=1, no normalisation, no output function, one step, tolerance 0, seed 1, all threads. */
UHN_API void uhn_options_default(uhn_options *options);

/* Chooses by text, "name" or "name:key=value,key=value"; keys that are not given take their defaults.
 * A context of the earlier choice is forgotten; nothing changes on failure.
 * UHN_ERROR_NAME (unknown name or key; the detail suggests the nearest), UHN_ERROR_RANGE (the detail has the range) */
UHN_API uhn_status uhn_choose_similarity(uhn_options *options, const char *text);
UHN_API uhn_status uhn_choose_separation(uhn_options *options, const char *text);
/* A preset overwrites similarity and separation (with their contexts), projection, update and its own options, and
 * output; normalisation, masks, steps and the rest stay. dim ≥ 1 is D (attention: β = 1/√D). */
UHN_API uhn_status uhn_choose_preset(uhn_options *options, const char *text, size_t dim);

/* ------------------------------------------------------------------------------------------------ recall */

#define UHN_NO_INDEX ((size_t)-1)

/* What is known about one answered query; the figures are those of the last step. */
typedef struct uhn_report {
    uhn_query_status status;
    size_t best; /* memory with the highest score; UHN_NO_INDEX when there is no score */
    double best_score;
    double margin;            /* best score − runner-up's; infinity when N = 1 */
    double effective_support; /* 1 / Σw²: how many memories share the answer, where Σw = 1; infinity for none, NaN when
                                 the squares are beyond float64 */
    double weight_sum;        /* Σw */
    bool exact;               /* the margin theorem certifies that all weight is on `best` (entmax family) */
    double outside_bound;     /* softmax: (N − 1) exp(−β margin) ≥ weight outside `best`; NaN: no bound known */
    size_t steps;
    uhn_outcome outcome;
    size_t period; /* of a cycle; 1 at a fixed point; else 0 */
} uhn_report;

/* Recalls a batch.
 *   memory                read only; N ≥ 1
 *   queries, query_stride count × D
 *   options               NULL: the defaults
 *   out, out_stride       count × O, written; must not overlap the queries
 *   reports               count reports, written, or NULL
 * Rows of queries that have no answer are NaN; see their status. Extra memory: see docs/architecture.md; it grows
 * with the size of a state and with threads, not with N · count.
 * UHN_ERROR_ARGUMENT (empty memory, NULL), UHN_ERROR_SHAPE (strides, steps > 1 with O ≠ D), UHN_ERROR_RANGE,
 * UHN_ERROR_DOMAIN (the similarity refuses a memory; the detail names its row. With a mask for each query, it is the
 * status of the queries whose observed part of a memory is refused), UHN_ERROR_NONFINITE (a table),
 * UHN_ERROR_UNSUPPORTED, UHN_ERROR_OUT_OF_MEMORY, UHN_ERROR_STOPPED */
UHN_API uhn_status uhn_recall(const uhn_memory *memory, const float *queries, size_t count, size_t query_stride,
                              const uhn_options *options, float *out, size_t out_stride, uhn_report *reports);

/* The three steps one by one, for those who want to see them. Here the N × count matrices do exist: the caller has
 * them. `statuses` [count] may be NULL; rows of queries that have no answer are NaN.
 * Step 1: scores [count × N], after score normalisation. */
UHN_API uhn_status uhn_scores(const uhn_memory *memory, const float *queries, size_t count, size_t query_stride,
                              const uhn_options *options, double *scores, uhn_query_status *statuses);
/* Step 2: weights [count × N] from scores [count × N], after weight normalisation. May be done in place. */
UHN_API uhn_status uhn_weights(const uhn_memory *memory, const double *scores, size_t count, const uhn_options *options,
                               double *weights, uhn_query_status *statuses);
/* Step 3: out [count × O] from weights [count × N]; no output function. */
UHN_API uhn_status uhn_project(const uhn_memory *memory, const double *weights, size_t count,
                               const uhn_options *options, float *out, size_t out_stride);

/* The k most similar memories of each query, best first: indices and scores [count × k]; past the last memory
 * and for queries without an answer UHN_NO_INDEX and −infinity. Outputs may be NULL. Only the similarity, the masks and
 * the threads of the options matter. Errors as uhn_recall(). */
UHN_API uhn_status uhn_top_k(const uhn_memory *memory, const float *queries, size_t count, size_t query_stride,
                             const uhn_options *options, size_t k, size_t *indices, double *scores,
                             uhn_query_status *statuses);

/* ----------------------------------------------------------------------------------- sparse distributed memory */

/* Kanerva's memory (1988) in full: L hard locations with random addresses, each with O counters. Addresses and data
 * are packed bits as in UHN_BITS: bits set past the last coordinate are UHN_ERROR_ARGUMENT. The `sdm` preset does
 * create, write all, read. Reading may be shared by threads; writing and erasing may not. */
typedef struct uhn_sdm uhn_sdm;

/* addresses: L packed rows of dim bits, copied; NULL: random ones from options->seed.
 * UHN_ERROR_ARGUMENT, UHN_ERROR_RANGE (locations 0, radius > dim, counter_bits), UHN_ERROR_OUT_OF_MEMORY */
UHN_API uhn_status uhn_sdm_create(const uhn_sdm_options *options, size_t dim, size_t value_dim,
                                  const uint8_t *addresses, uhn_sdm **sdm);
UHN_API void uhn_sdm_destroy(uhn_sdm *sdm);
/* Adds (write) or subtracts (erase) 2·bit − 1 in the counters of every location within the radius of each address.
 * After a counter has saturated, erase no longer undoes write exactly. UHN_ERROR_ARGUMENT */
UHN_API uhn_status uhn_sdm_write(uhn_sdm *sdm, const uint8_t *addresses, const uint8_t *data, size_t count);
UHN_API uhn_status uhn_sdm_erase(uhn_sdm *sdm, const uint8_t *addresses, const uint8_t *data, size_t count);
/* sums [count × value_dim]: the counters of the active locations, added up; the data bit is 1 where the sum is > 0,
 * 0 where it is < 0 and undecided at 0. active [count], or NULL: how many locations were within the radius. */
UHN_API uhn_status uhn_sdm_read(const uhn_sdm *sdm, const uint8_t *addresses, size_t count, int64_t *sums,
                                size_t *active);
/* The counters of one location, value_dim of them. UHN_ERROR_ARGUMENT, UHN_ERROR_OUT_OF_MEMORY */
UHN_API uhn_status uhn_sdm_counters(const uhn_sdm *sdm, size_t location, int32_t *counters);

#ifdef __cplusplus
}
#endif
#endif
