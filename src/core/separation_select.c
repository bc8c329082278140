/* SPDX-License-Identifier: MIT
 * Separations that keep the k best memories. The state is a heap of them, the worst on top: which they are is exact,
 * and the same whatever the order in which blocks come. Their rows of P are fetched at the end. */
#include "core/separation.h"

#include <math.h>

typedef struct list {
    size_t count, capacity;
    uhn_selected heap[]; /* sorted by finish(), best first; ties: lowest index first */
} list;

static size_t capacity_for(const double *p, size_t count)
{
    return p[0] < (double)count ? (size_t)p[0] : count;
}

/* max has no parameter; it is the list of one. */
static const double one[UHN_PARAMETERS_MAX] = {1};

static size_t list_size(const double *p, size_t count)
{
    return sizeof(list) + capacity_for(p, count) * sizeof(uhn_selected);
}

static void list_init(void *state, const double *p, const void *context)
{
    (void)context;
    *(list *)state = (list){.capacity = p[0] < (double)UHN_NO_INDEX ? (size_t)p[0] : UHN_NO_INDEX};
}

/* Is a better than b? Never equal: indices differ. */
static bool better(const uhn_selected *a, const uhn_selected *b)
{
    return a->score > b->score || (a->score == b->score && a->index < b->index);
}

static void swap(uhn_selected *a, uhn_selected *b)
{
    const uhn_selected kept = *a;
    *a = *b;
    *b = kept;
}

/* Lets the entry at `i` sink below those that are worse, in the first `count` ones. */
static void sink(list *l, size_t i, size_t count)
{
    for (;;) {
        size_t worst = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
            if (child < count && better(&l->heap[worst], &l->heap[child]))
                worst = child;
        if (worst == i)
            return;
        swap(&l->heap[i], &l->heap[worst]);
        i = worst;
    }
}

static void insert(list *l, double score, size_t index)
{
    const uhn_selected entry = {.index = index, .score = score};
    if (l->count == l->capacity) {
        if (better(&entry, &l->heap[0])) {
            l->heap[0] = entry;
            sink(l, 0, l->count);
        }
        return;
    }
    size_t i = l->count++;
    for (l->heap[i] = entry; i > 0 && better(&l->heap[(i - 1) / 2], &l->heap[i]); i = (i - 1) / 2)
        swap(&l->heap[(i - 1) / 2], &l->heap[i]);
}

/* Best first: the worst of what is left goes to the end. */
static void sort(list *l)
{
    for (size_t left = l->count; left > 1; left--) {
        swap(&l->heap[0], &l->heap[left - 1]);
        sink(l, 0, left - 1);
    }
}

static void list_absorb(void *state, const double *scores, size_t first, size_t count, const double *p,
                        const void *context, double *weights, double *rescale)
{
    (void)p, (void)context, (void)weights;
    for (size_t i = 0; i < count; i++)
        insert(state, scores[i], first + i);
    *rescale = 1;
}

static void list_merge(void *state, const void *other, const double *p, const void *context, double *rescale,
                       double *rescale_other)
{
    (void)p, (void)context;
    const list *more = other;
    for (size_t i = 0; i < more->count; i++)
        insert(state, more->heap[i].score, more->heap[i].index);
    *rescale = *rescale_other = 1;
}

static uhn_query_status finish_ones(void *state, const uhn_weight_sums *sums, const double *p, const void *context,
                                    uhn_finish *result)
{
    (void)sums, (void)p, (void)context;
    list *l = state;
    sort(l);
    for (size_t i = 0; i < l->count; i++)
        l->heap[i].weight = 1;
    *result = (uhn_finish){.factor = 1, .selected = l->heap, .selected_count = l->count};
    return UHN_QUERY_OK;
}

static uhn_query_status finish_softmax(void *state, const uhn_weight_sums *sums, const double *p, const void *context,
                                       uhn_finish *result)
{
    list *l = state;
    double total = 0;
    finish_ones(state, sums, p, context, result);
    if (l->count == 0 || l->heap[0].score == -INFINITY)
        return UHN_QUERY_ZERO_SUM;
    for (size_t i = 0; i < l->count; i++)
        total += l->heap[i].weight = exp(p[1] * (l->heap[i].score - l->heap[0].score));
    for (size_t i = 0; i < l->count; i++)
        l->heap[i].weight /= total;
    return UHN_QUERY_OK;
}

static void certify_top_k(double margin, size_t count, const double *p, bool *exact, double *outside_bound)
{
    (void)exact;
    *outside_bound = ((double)capacity_for(p, count) - 1) * exp(-p[1] * margin);
}

static size_t max_size(const double *p, size_t count)
{
    (void)p;
    return list_size(one, count);
}

static void max_init(void *state, const double *p, const void *context)
{
    (void)p;
    list_init(state, one, context);
}

static uhn_precision precision_one(const double *p)
{
    (void)p;
    return (uhn_precision){.best = 1};
}

static uhn_precision precision_list(const double *p)
{
    return (uhn_precision){.best = (size_t)p[0]};
}

static const uhn_parameter parameters[] = {
    {.key = "k", .summary = "how many memories", .minimum = 1, .maximum = 1e15, .initial = 10, .whole = true},
    UHN_BETA,
};

const uhn_separation uhn_separation_max = {.name = "max",
                                           .summary = "the one best memory; ties go to the lowest index",
                                           .self_normalised = true,
                                           .selects = true,
                                           .state_size = max_size,
                                           .init = max_init,
                                           .absorb = list_absorb,
                                           .merge = list_merge,
                                           .finish = finish_ones,
                                           .precision = precision_one,
                                           .paper = &uhn_paper_max};
const uhn_separation uhn_separation_top_k_softmax = {.name = "top-k-softmax",
                                                     .summary = "softmax over the k best memories",
                                                     .parameters = parameters,
                                                     .parameter_count = 2,
                                                     .self_normalised = true,
                                                     .selects = true,
                                                     .state_size = list_size,
                                                     .init = list_init,
                                                     .absorb = list_absorb,
                                                     .merge = list_merge,
                                                     .finish = finish_softmax,
                                                     .certify = certify_top_k,
                                                     .precision = precision_list};
const uhn_separation uhn_separation_k_winners = {.name = "k-winners",
                                                 .summary = "the k best memories, w = 1 each",
                                                 .parameters = parameters,
                                                 .parameter_count = 1,
                                                 .selects = true,
                                                 .state_size = list_size,
                                                 .init = list_init,
                                                 .absorb = list_absorb,
                                                 .merge = list_merge,
                                                 .finish = finish_ones,
                                                 .precision = precision_list};
