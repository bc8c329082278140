/* SPDX-License-Identifier: MIT
 * The library: texts, shapes, strides, masks and numbers for a recall, a learned table, a flow. An answer is finite
 * wherever the report says that there is one. */
#include "fuzz.h"

#include "data/dataset.h"

#include "uhn/dynamics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 24, DIM_MAX = 40, QUERIES_MAX = 5, STEPS_MAX = 4 };

typedef struct problem {
    uhn_memory *memory;
    uhn_storage storage;
    size_t count, dim, own, value_dim, queries; /* own: O, or 0 where P = M */
    union {
        float floats[ROWS_MAX * DIM_MAX];
        uint8_t bytes[ROWS_MAX * DIM_MAX];
    } rows;
    float values[ROWS_MAX * DIM_MAX], query[QUERIES_MAX * DIM_MAX], out[QUERIES_MAX * DIM_MAX];
    uint8_t observed[QUERIES_MAX * DIM_MAX];
    uhn_report reports[QUERIES_MAX];
} problem;

/* Bits past the last coordinate of a row must be 0. */
static void fill_rows(problem *p, fuzz_bytes *bytes)
{
    const uhn_storage storage = p->storage;
    const size_t row = uhn_row_bytes(storage, p->dim);
    for (size_t i = 0; storage == UHN_FLOAT32 && i < p->count * p->dim; i++)
        p->rows.floats[i] = fuzz_number(bytes);
    for (size_t i = 0; storage != UHN_FLOAT32 && i < p->count * row; i++)
        p->rows.bytes[i] = fuzz_byte(bytes);
    for (size_t i = 0; storage == UHN_BITS && p->dim % 8 && i < p->count; i++)
        p->rows.bytes[i * row + row - 1] &= (uint8_t)(0xff << (8 - p->dim % 8));
}

static void take_shape(problem *p, fuzz_bytes *bytes)
{
    p->storage = (uhn_storage)fuzz_range(bytes, 0, UHN_STORAGE_COUNT - 1);
    p->count = fuzz_range(bytes, 1, ROWS_MAX);
    p->dim = fuzz_range(bytes, 1, DIM_MAX);
    p->queries = fuzz_range(bytes, 1, QUERIES_MAX);
    p->own = fuzz_range(bytes, 0, DIM_MAX);
    p->value_dim = p->own ? p->own : p->dim;
}

/* The memory, or NULL where it is refused, and the queries. */
static void make_memory(problem *p, fuzz_bytes *bytes)
{
    const size_t own = p->own;
    fill_rows(p, bytes);
    for (size_t i = 0; i < p->count * own; i++)
        p->values[i] = fuzz_number(bytes);
    for (size_t i = 0; i < p->queries * p->dim; i++)
        p->query[i] = fuzz_number(bytes);
    for (size_t i = 0; i < p->queries * p->dim; i++)
        p->observed[i] = fuzz_byte(bytes) & 1;
    if (uhn_memory_borrow(p->storage, &p->rows, p->count, p->dim, 0, own ? p->values : NULL, own, 0, &p->memory) !=
        UHN_OK)
        p->memory = NULL;
}

static void choose(const problem *p, fuzz_bytes *bytes, uhn_options *options)
{
    char similarity[FUZZ_TEXT], separation[FUZZ_TEXT], preset[FUZZ_TEXT];
    fuzz_text(bytes, similarity);
    fuzz_text(bytes, separation);
    fuzz_text(bytes, preset);
    uhn_options_default(options);
    if (*preset)
        (void)uhn_choose_preset(options, preset, p->dim);
    if (*similarity)
        (void)uhn_choose_similarity(options, similarity);
    if (*separation)
        (void)uhn_choose_separation(options, separation);
    const uint8_t flags = fuzz_byte(bytes);
    options->normalise_scores = flags & 1;
    options->compat_paper = flags & 2;
    options->observed = flags & 4 ? p->observed : NULL;
    options->observed_stride = flags & 8 ? p->dim : 0;
    options->normalise_weights = (uhn_normalise)(flags >> 4 & 3); /* 3 is none of them */
    options->output = (uhn_output)fuzz_range(bytes, 0, UHN_OUTPUT_COUNT);
    options->steps = fuzz_range(bytes, 0, STEPS_MAX);
    options->threads = (int)fuzz_range(bytes, 0, 2);
    options->tolerance = fuzz_number(bytes);
    options->seed = fuzz_byte(bytes);
    if (options->sdm.locations > 500) /* more takes time and memory, and nothing else */
        options->sdm.locations = 500;
}

static void check_answers(const problem *p, const uhn_options *options)
{
    for (size_t i = 0; i < p->queries; i++) {
        const uhn_report *report = &p->reports[i];
        fuzz_require(report->status < UHN_QUERY_STATUS_COUNT, "an unknown status of a query");
        if (options->compat_paper) /* which gives what the paper's code gives, NaN included */
            continue;
        const bool answered = uhn_is_answered(report->status);
        for (size_t j = 0; j < p->value_dim; j++) {
            const float value = p->out[i * p->value_dim + j];
            fuzz_require(answered ? isfinite(value) : isnan(value), "an answer that is not what its status says");
        }
    }
}

static void recall(problem *p, const uhn_options *options)
{
    size_t indices[QUERIES_MAX * 3];
    double scores[QUERIES_MAX * ROWS_MAX];
    if (uhn_recall(p->memory, p->query, p->queries, 0, options, p->out, 0, p->reports) == UHN_OK)
        check_answers(p, options);
    else
        fuzz_require(*uhn_error_detail(), "refused without a sentence");
    (void)uhn_top_k(p->memory, p->query, p->queries, 0, options, 3, indices, NULL, NULL);
    (void)uhn_scores(p->memory, p->query, p->queries, 0, options, scores, NULL);
}

void fuzz_run_recall(const fuzz_target *target, const uint8_t *bytes, size_t size)
{
    (void)target;
    fuzz_bytes left = {bytes, size};
    problem p = {0};
    uhn_options options;
    take_shape(&p, &left);
    choose(&p, &left, &options);
    make_memory(&p, &left);
    if (p.memory)
        recall(&p, &options);
    uhn_memory_destroy(p.memory);
}

/* The bytes are a .npy with the scores of a learned similarity. */
void fuzz_run_table(const fuzz_target *target, const uint8_t *bytes, size_t size)
{
    static const uint8_t numbers[] = {0, 3, 4, 1, 0, 10, 20, 64, 8, 90, 30, 70, 100, 5, 32, 64, 50, 60, 70, 16};
    const uhn_read_limits limits = {.bytes = 1 << 22};
    fuzz_bytes left = {numbers, sizeof numbers};
    uhn_dataset data;
    problem p = {0};
    uhn_options options;
    fuzz_write(target->file, bytes, size);
    if (uhn_dataset_read(target->file, &limits, &data) == UHN_OK && data.storage == UHN_FLOAT32) {
        const uhn_table table = {.values = data.rows, .rows = data.count, .columns = data.dim};
        take_shape(&p, &left);
        make_memory(&p, &left);
        uhn_options_default(&options);
        fuzz_require(uhn_choose_similarity(&options, "table") == UHN_OK, "there is no table");
        options.similarity_context = &table;
        recall(&p, &options);
    }
    uhn_memory_destroy(p.memory);
    uhn_dataset_free(&data);
}

/* ------------------------------------------------------------------------------------------------ flows */

static void choose_flow(fuzz_bytes *bytes, uhn_flow *flow)
{
    char text[FUZZ_TEXT];
    uhn_flow_default(flow);
    fuzz_text(bytes, text);
    (void)uhn_choose_additive(flow, text);
    for (int layer = 0; layer < UHN_LAYER_COUNT; layer++) {
        fuzz_text(bytes, text);
        (void)uhn_choose_lagrangian(flow, (uhn_layer)layer, text);
    }
    fuzz_text(bytes, text);
    (void)uhn_choose_integrator(flow, text);
    flow->steps = fuzz_range(bytes, 0, STEPS_MAX);
    flow->dt = fuzz_number(bytes);
    flow->tau_v = fuzz_number(bytes);
    flow->tau_h = fuzz_number(bytes);
    flow->tolerance = fuzz_number(bytes);
    flow->leak = fuzz_byte(bytes) & 1;
    flow->fast = fuzz_byte(bytes) & 1;
    flow->enforce_limit = fuzz_byte(bytes) & 1;
    flow->threads = (int)fuzz_range(bytes, 0, 2);
}

void fuzz_run_flow(const fuzz_target *target, const uint8_t *bytes, size_t size)
{
    (void)target;
    fuzz_bytes left = {bytes, size};
    problem p = {0};
    uhn_flow flow;
    uhn_flow_report reports[QUERIES_MAX];
    double states[QUERIES_MAX * DIM_MAX], energies[QUERIES_MAX * (STEPS_MAX + 1)];
    take_shape(&p, &left);
    choose_flow(&left, &flow);
    const bool clamps = fuzz_byte(&left) & 1;
    make_memory(&p, &left);
    flow.clamped = clamps ? p.observed : NULL;
    flow.clamped_stride = clamps && p.queries > 1 ? p.dim : 0;
    if (p.memory && uhn_flow_run(p.memory, p.query, p.queries, 0, &flow, states, 0, energies, reports) == UHN_OK) {
        for (size_t i = 0; i < p.queries; i++)
            for (size_t j = 0; j < p.dim; j++)
                fuzz_require(isfinite(states[i * p.dim + j]) == uhn_is_answered(reports[i].status),
                             "a state that is not what its status says");
    }
    uhn_memory_destroy(p.memory);
}
