/* SPDX-License-Identifier: MIT
 * Two stages. First every similarity with `max`, which identifies by the best score alone; then the best few of them
 * with separations that blend memories, at several beta. */
#include "lab/tune.h"

#include "base/allocate.h"
#include "base/status.h"
#include "lab/learn.h"
#include "lab/limit.h"
#include "lab/sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES_MAX = 256, FINALISTS = 3 };

static const size_t bins_tried[UHN_TUNED_TABLES] = {8, 16, 32, 64};

/* With beta, and with the number of standard deviations of a query's scores that count for one, 1/beta. */
static const char *const separations[] = {"softmax:beta=%.2g", "sparsemax:beta=%.2g", "entmax:alpha=1.5,beta=%.2g",
                                          "top-k-softmax:k=10,beta=%.2g"};
static const double sharpness[] = {1, 4, 16, 64};

enum {
    SEPARATIONS = sizeof separations / sizeof *separations,
    SHARPNESSES = sizeof sharpness / sizeof *sharpness,
};

typedef struct tuning_room {
    const uhn_dataset *data;
    uhn_tuning what;
    uhn_tuned *tuned;
    size_t *rows, *picks; /* stored, then examples; the queries to choose by, then those to test with */
    uhn_memory *memory;
    uhn_limit limit;
    uhn_trial choosing, testing;
    uhn_table table; /* of the candidate at hand */
    double *scores, *weights;
    size_t steps, done; /* for progress */
} tuning_room;

/* ---- candidates */

static uhn_status choose(tuning_room *room, const uhn_candidate *candidate, uhn_options *options)
{
    uhn_status status = UHN_OK;
    uhn_options_default(options);
    UHN_TRY(uhn_choose_similarity(options, candidate->similarity));
    UHN_TRY(uhn_choose_separation(options, candidate->separation));
    options->threads = room->what.threads;
    options->observed = candidate->observed ? room->limit.observed : NULL;
    if (candidate->bins) {
        room->table = (uhn_table){.values = uhn_tuned_table(room->tuned, candidate),
                                  .rows = candidate->bins,
                                  .columns = uhn_learned_columns(candidate->bins)};
        options->similarity_context = &room->table;
    }
leave:
    return status;
}

static void add_candidate(tuning_room *room, const char *similarity, size_t bins, bool observed)
{
    uhn_candidate *added = &room->tuned->candidates[room->tuned->count++];
    *added = (uhn_candidate){.bins = bins, .observed = observed, .separation = "max"};
    snprintf(added->similarity, sizeof added->similarity, "%s", similarity);
}

/* What is known comes first, and so wins where others are as good; then the similarities of the library that need
 * nothing to be known, then the learned tables. */
static void add_similarities(tuning_room *room)
{
    if (room->limit.known)
        add_candidate(room, room->limit.similarity, 0, room->limit.observed != NULL);
    for (size_t i = 0; uhn_similarity_at(i); i++) {
        const char *name = uhn_similarity_at(i)->name;
        if (strcmp(name, "table") != 0 && strncmp(name, "likelihood-", 11) != 0)
            add_candidate(room, name, 0, false);
    }
    for (size_t t = 0; t < UHN_TUNED_TABLES; t++)
        add_candidate(room, "table", room->tuned->tables[t].bins, false);
}

static uhn_status advance(tuning_room *room)
{
    room->done++;
    const double done = fmin(1, (double)room->done / (double)room->steps);
    if (room->what.progress && !room->what.progress(room->what.progress_context, done))
        return uhn_fail(UHN_ERROR_STOPPED, "tuning was stopped");
    return UHN_OK;
}

static double or_infinity(double error)
{
    return isnan(error) ? (double)INFINITY : error;
}

/* Better first; else as they were. */
static bool is_better(const uhn_candidate *a, const uhn_candidate *b)
{
    if (a->result.identified != b->result.identified)
        return a->result.identified > b->result.identified;
    return or_infinity(a->result.normalised_error) < or_infinity(b->result.normalised_error);
}

static void sort(uhn_tuned *tuned)
{
    for (size_t i = 1; i < tuned->count; i++) {
        const uhn_candidate moved = tuned->candidates[i];
        size_t to = i;
        for (; to > 0 && is_better(&moved, &tuned->candidates[to - 1]); to--)
            tuned->candidates[to] = tuned->candidates[to - 1];
        tuned->candidates[to] = moved;
    }
}

/* ---- the first stage */

/* Every candidate with `max`. Those that do not take these data are dropped. */
static uhn_status compare_similarities(tuning_room *room)
{
    uhn_tuned *tuned = room->tuned;
    uhn_status status = UHN_OK;
    size_t kept = 0;
    for (size_t i = 0; i < tuned->count; i++) {
        uhn_candidate candidate = tuned->candidates[i];
        uhn_options options;
        UHN_TRY(choose(room, &candidate, &options));
        status = uhn_trial_run(&room->choosing, &options, &candidate.result);
        if (status == UHN_OK && candidate.result.undefined < 1)
            tuned->candidates[kept++] = candidate;
        else if (status != UHN_OK && status != UHN_ERROR_DOMAIN)
            return status;
        UHN_TRY(advance(room));
    }
    tuned->count = kept;
    sort(tuned);
leave:
    return status;
}

/* ---- the second stage */

/* The mean over queries of the standard deviation of their scores; 0 or not finite where there is nothing to tell. */
static double spread_of(const double *scores, size_t queries, size_t stored)
{
    double total = 0;
    for (size_t q = 0; q < queries; q++) {
        const double *own = scores + q * stored;
        double mean = 0, squares = 0;
        for (size_t i = 0; i < stored; i++)
            mean += own[i] / (double)stored;
        for (size_t i = 0; i < stored; i++)
            squares += (own[i] - mean) * (own[i] - mean) / (double)stored;
        total += sqrt(squares) / (double)queries;
    }
    return total;
}

static uhn_status try_separation(tuning_room *room, const uhn_candidate *base, const char *separation)
{
    uhn_candidate candidate = *base;
    uhn_options options;
    uhn_status status = UHN_OK;
    uhn_trial *trial = &room->choosing;
    snprintf(candidate.separation, sizeof candidate.separation, "%s", separation);
    UHN_TRY(choose(room, &candidate, &options));
    UHN_TRY(uhn_weights(room->memory, room->scores, trial->count, &options, room->weights, NULL));
    UHN_TRY(uhn_project(room->memory, room->weights, trial->count, &options, trial->answers, 0));
    UHN_TRY(uhn_trial_judge(trial, &candidate.result));
    if (candidate.result.undefined < 1)
        room->tuned->candidates[room->tuned->count++] = candidate;
    UHN_TRY(advance(room));
leave:
    return status;
}

static uhn_status compare_separations(tuning_room *room, const uhn_candidate *base)
{
    uhn_options options;
    uhn_status status = UHN_OK;
    const bool natural = base->bins || strncmp(base->similarity, "likelihood-", 11) == 0; /* beta 1: probabilities */
    UHN_TRY(choose(room, base, &options));
    UHN_TRY(uhn_scores(room->memory, room->choosing.queries, room->choosing.count, 0, &options, room->scores, NULL));
    const double spread = spread_of(room->scores, room->choosing.count, room->tuned->stored);
    for (size_t s = 0; s < SEPARATIONS; s++)
        for (size_t b = 0; b < SHARPNESSES; b++) {
            char text[64];
            snprintf(text, sizeof text, separations[s], sharpness[b] / spread);
            if (spread > 1e-20 && spread < 1e20)
                UHN_TRY(try_separation(room, base, text));
        }
    if (natural)
        UHN_TRY(try_separation(room, base, "softmax:beta=1"));
leave:
    return status;
}

/* The best few; of the learned tables one, as they are alike. */
static size_t choose_finalists(const uhn_tuned *tuned, uhn_candidate finalists[FINALISTS])
{
    size_t count = 0;
    bool learned = false;
    for (size_t i = 0; i < tuned->count && count < FINALISTS; i++) {
        if (tuned->candidates[i].bins && learned)
            continue;
        learned |= tuned->candidates[i].bins > 0;
        finalists[count++] = tuned->candidates[i];
    }
    return count;
}

static uhn_status compare_finalists(tuning_room *room)
{
    uhn_candidate finalists[FINALISTS];
    uhn_status status = UHN_OK;
    const size_t count = choose_finalists(room->tuned, finalists);
    for (size_t i = 0; i < count; i++)
        UHN_TRY(compare_separations(room, &finalists[i]));
    sort(room->tuned);
leave:
    return status;
}

/* ---- what is needed */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static uhn_status fill_in_defaults(const uhn_dataset *data, uhn_tuning *what)
{
    enum { STORED = 1000, QUERIES = 100, EXAMPLES = 50, STORED_LEAST = 2 };
    const size_t all = data->count;
    if (!what->examples)
        what->examples = smaller(EXAMPLES, all / 2);
    if (!what->stored)
        what->stored = all > what->examples ? smaller(STORED, all - what->examples) : 0;
    const size_t stored = what->stored > STORED_LEAST ? what->stored : STORED_LEAST;
    if (what->examples + stored > all || !what->examples)
        return uhn_fail(UHN_ERROR_ARGUMENT,
                        "%zu images are needed, %zu to store and %zu others to learn from, but there are %zu",
                        what->examples + stored, stored, what->examples, all);
    const size_t most = what->stored / 2;
    if (what->queries > most)
        return uhn_fail(UHN_ERROR_ARGUMENT,
                        "%zu images are stored, enough for %zu queries to choose by and as many to test with, not %zu",
                        what->stored, most, what->queries);
    what->queries = what->queries ? what->queries : smaller(QUERIES, most);
    return UHN_OK;
}

static uhn_status learn_tables(tuning_room *room)
{
    const size_t count = room->what.examples, dim = room->data->dim, *examples = room->rows + room->what.stored;
    uhn_status status = UHN_OK;
    size_t numbers;
    float *clean = uhn_multiply_sizes(count, 2 * dim, &numbers) ? uhn_allocate(numbers, sizeof *clean) : NULL;
    float *corrupted = clean + count * dim;
    if (!clean)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu examples of %zu numbers", count, dim);
    uhn_sample_rows(room->data, examples, count, clean);
    memcpy(corrupted, clean, count * dim * sizeof *clean);
    uhn_sample_damage(room->data, 0, room->what.corruption, room->what.level, room->what.seed, examples, count,
                      corrupted);
    for (size_t t = 0; t < UHN_TUNED_TABLES; t++) {
        const size_t bins = bins_tried[t];
        float *values = uhn_allocate(bins * uhn_learned_columns(bins), sizeof *values);
        room->tuned->tables[t].bins = bins;
        room->tuned->tables[t].values = values;
        if (!values)
            status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a table of %zu bins", bins);
        UHN_TRY(status);
        UHN_TRY(uhn_learn_table(clean, corrupted, count, dim, bins, values));
    }
leave:
    uhn_release(clean);
    return status;
}

static uhn_status set_up(tuning_room *room)
{
    const uhn_tuning *what = &room->what;
    const size_t queries = what->queries;
    size_t pairs;
    uhn_status status = UHN_OK;
    const bool fits = uhn_multiply_sizes(queries, what->stored, &pairs);
    room->rows = uhn_allocate(what->stored + what->examples, sizeof *room->rows);
    room->picks = uhn_allocate(2 * queries, sizeof *room->picks);
    room->scores = fits ? uhn_allocate(pairs, sizeof *room->scores) : NULL;
    room->weights = fits ? uhn_allocate(pairs, sizeof *room->weights) : NULL;
    room->tuned->candidates = uhn_allocate(CANDIDATES_MAX, sizeof *room->tuned->candidates);
    if (!room->rows || !room->picks || !room->scores || !room->weights || !room->tuned->candidates)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory to tune for %zu images", what->stored);
    for (size_t i = 0; i < 2 * queries; i++) /* the rows are in a random order already */
        room->picks[i] = i;
    UHN_TRY(uhn_sample_draw(what->seed, 0, room->data->count, what->stored + what->examples, room->rows));
    UHN_TRY(uhn_sample_store(room->data, room->rows, what->stored, &room->memory));
    UHN_TRY(uhn_trial_make(room->data, room->rows, room->memory, room->picks, queries, what->corruption, what->level,
                           what->seed, &room->choosing));
    UHN_TRY(uhn_trial_make(room->data, room->rows, room->memory, room->picks + queries, queries, what->corruption,
                           what->level, what->seed, &room->testing));
    room->choosing.threads = room->testing.threads = what->threads;
    UHN_TRY(uhn_limit_find(what->corruption, what->level, &room->data->geometry, room->data->dim, &room->limit));
    UHN_TRY(learn_tables(room));
leave:
    return status;
}

static void tear_down(tuning_room *room)
{
    uhn_trial_free(&room->choosing);
    uhn_trial_free(&room->testing);
    uhn_memory_destroy(room->memory);
    uhn_limit_free(&room->limit);
    uhn_release(room->rows);
    uhn_release(room->picks);
    uhn_release(room->scores);
    uhn_release(room->weights);
}

/* ---- the winner */

static uhn_status test_winner(tuning_room *room)
{
    static const uhn_candidate usual = {.similarity = "manhattan", .separation = "max"};
    uhn_tuned *tuned = room->tuned;
    uhn_options options;
    uhn_status status = UHN_OK;
    while (!room->what.files && tuned->winner + 1 < tuned->count &&
           (tuned->candidates[tuned->winner].bins || tuned->candidates[tuned->winner].observed))
        tuned->winner++;
    UHN_TRY(choose(room, &tuned->candidates[tuned->winner], &options));
    UHN_TRY(uhn_trial_run(&room->testing, &options, &tuned->test));
    UHN_TRY(choose(room, &usual, &options));
    UHN_TRY(uhn_trial_run(&room->testing, &options, &tuned->manhattan));
leave:
    return status;
}

uhn_status uhn_tune(const uhn_dataset *data, const uhn_tuning *tuning, uhn_tuned *tuned)
{
    tuning_room room = {.data = data, .what = *tuning, .tuned = tuned};
    uhn_status status = UHN_OK;
    *tuned = (uhn_tuned){0};
    UHN_TRY(uhn_sample_check(data));
    UHN_TRY(fill_in_defaults(data, &room.what));
    tuned->stored = room.what.stored;
    tuned->queries = room.what.queries;
    tuned->examples = room.what.examples;
    UHN_TRY(set_up(&room));
    add_similarities(&room);
    room.steps = tuned->count + (size_t)FINALISTS * (SEPARATIONS * SHARPNESSES + 1);
    UHN_TRY(compare_similarities(&room));
    UHN_TRY(compare_finalists(&room));
    UHN_TRY(test_winner(&room));
    tuned->observed = room.limit.observed;
    room.limit.observed = NULL;
leave:
    tear_down(&room);
    if (status != UHN_OK)
        uhn_tuned_free(tuned);
    return status;
}

void uhn_tuned_free(uhn_tuned *tuned)
{
    uhn_release(tuned->candidates);
    for (size_t t = 0; t < UHN_TUNED_TABLES; t++)
        uhn_release(tuned->tables[t].values);
    uhn_release(tuned->observed);
    *tuned = (uhn_tuned){0};
}

const float *uhn_tuned_table(const uhn_tuned *tuned, const uhn_candidate *candidate)
{
    for (size_t t = 0; candidate->bins && t < UHN_TUNED_TABLES; t++)
        if (tuned->tables[t].bins == candidate->bins)
            return tuned->tables[t].values;
    return NULL;
}
