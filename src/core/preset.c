/* SPDX-License-Identifier: MIT
 * The models of the literature, each as a choice of similarity, separation, projection, output and update.
 *
 * Presets whose update is not plain recall still name the similarity and separation that say what they compute: the
 * dense associative memory with energy degree n has the separation of degree n − 1, its derivative. */
#include "core/sdm.h"

#include <math.h>
#include <string.h>

/* Starts from what every preset overwrites: similarity and separation with their defaults, plain recall of P. */
static void choose(uhn_options *options, const char *similarity, const char *separation)
{
    options->similarity = uhn_find_similarity(similarity);
    for (size_t i = 0; i < options->similarity->parameter_count; i++)
        options->similarity_parameters[i] = options->similarity->parameters[i].initial;
    options->similarity_context = NULL;
    options->separation = uhn_find_separation(separation);
    for (size_t i = 0; i < options->separation->parameter_count; i++)
        options->separation_parameters[i] = options->separation->parameters[i].initial;
    options->separation_context = NULL;
    options->projection = UHN_PROJECTION_VALUES;
    options->update = UHN_UPDATE_RECALL;
    options->output = UHN_OUTPUT_NONE;
}

/* Sets one parameter of the chosen separation. */
static void set_separation(uhn_options *options, const char *key, double value)
{
    for (size_t i = 0; i < options->separation->parameter_count; i++)
        if (strcmp(options->separation->parameters[i].key, key) == 0)
            options->separation_parameters[i] = value;
}

/* The places of the parameters, in the order of the lists below. */
enum { HOPFIELD_UPDATE, HOPFIELD_DIAGONAL, HOPFIELD_SHUFFLE };
enum { DIAGONAL_AUTO, DIAGONAL_KEEP, DIAGONAL_ZERO };
enum { DAM_ORDER, DAM_RECTIFIED, DAM_SELF, DAM_UPDATE, DAM_SHUFFLE };
enum { SDM_LOCATIONS, SDM_RADIUS, SDM_COUNTERS };
enum { SPARSE_ALPHA, SPARSE_BETA };

/* With the diagonal kept W = MᵀM has no negative eigenvalue, so synchronous updates never cycle; with a zero diagonal
 * asynchronous updates never raise the energy. Hence what `auto` means. */
static void apply_hopfield(const double *parameters, size_t dim, uhn_options *options)
{
    bool one_by_one = parameters[HOPFIELD_UPDATE] != 0;
    int diagonal = (int)parameters[HOPFIELD_DIAGONAL];
    bool keep = diagonal == DIAGONAL_KEEP || (diagonal == DIAGONAL_AUTO && !one_by_one);
    (void)dim;
    choose(options, "dot", "identity");
    options->binary = (uhn_binary_options){
        .order = 2, .rectified = false, .self_term = keep, .shuffle = parameters[HOPFIELD_SHUFFLE] != 0};
    options->update = one_by_one ? UHN_UPDATE_ASYNCHRONOUS : UHN_UPDATE_SYNCHRONOUS;
}

static void apply_dam(const double *parameters, size_t dim, uhn_options *options)
{
    bool rectified = parameters[DAM_RECTIFIED] != 0;
    (void)dim;
    choose(options, "dot", rectified ? "rectified-polynomial" : "polynomial");
    set_separation(options, "order", parameters[DAM_ORDER] - 1);
    options->update = parameters[DAM_UPDATE] != 0 ? UHN_UPDATE_ASYNCHRONOUS : UHN_UPDATE_SYNCHRONOUS;
    options->binary = (uhn_binary_options){.order = (unsigned)parameters[DAM_ORDER],
                                           .rectified = rectified,
                                           .self_term = parameters[DAM_SELF] != 0,
                                           .shuffle = parameters[DAM_SHUFFLE] != 0};
}

/* Every memory counts with the locations that it shares with the query: hamming, then a count, then ±1 data. */
static void apply_sdm(const double *parameters, size_t dim, uhn_options *options)
{
    choose(options, "hamming", "identity");
    options->update = UHN_UPDATE_SDM;
    options->sdm = (uhn_sdm_options){
        .locations = (size_t)parameters[SDM_LOCATIONS],
        .radius = parameters[SDM_RADIUS] < 0 ? uhn_sdm_default_radius(dim) : (size_t)parameters[SDM_RADIUS],
        .counter_bits = 8U << (unsigned)parameters[SDM_COUNTERS],
    };
}

static void apply_exponential_dam(const double *parameters, size_t dim, uhn_options *options)
{
    (void)dim;
    choose(options, "dot", "softmax");
    set_separation(options, "beta", parameters[0]);
    options->output = UHN_OUTPUT_SIGN;
}

static void apply_mchn(const double *parameters, size_t dim, uhn_options *options)
{
    (void)dim;
    choose(options, "dot", "softmax");
    set_separation(options, "beta", parameters[0]);
}

static void apply_sparse_mchn(const double *parameters, size_t dim, uhn_options *options)
{
    (void)dim;
    choose(options, "dot", "entmax");
    set_separation(options, "alpha", parameters[SPARSE_ALPHA]);
    set_separation(options, "beta", parameters[SPARSE_BETA]);
}

static void apply_continuous_sdm(const double *parameters, size_t dim, uhn_options *options)
{
    (void)dim;
    choose(options, "cosine", "softmax");
    set_separation(options, "beta", parameters[0]);
}

static void apply_attention(const double *parameters, size_t dim, uhn_options *options)
{
    choose(options, "dot", "softmax");
    set_separation(options, "beta", parameters[0] > 0 ? parameters[0] : 1 / sqrt((double)dim));
}

static void apply_bam(const double *parameters, size_t dim, uhn_options *options)
{
    (void)parameters;
    (void)dim;
    choose(options, "dot", "identity");
    options->update = UHN_UPDATE_BIDIRECTIONAL;
}

static void apply_hetero(const double *parameters, size_t dim, uhn_options *options)
{
    (void)dim;
    choose(options, "manhattan", "softmax");
    set_separation(options, "beta", parameters[0]);
}

/* max rather than softmax: a mixture of two successors would drift further from every memory at each step. */
static void apply_sequence(const double *parameters, size_t dim, uhn_options *options)
{
    (void)parameters;
    (void)dim;
    choose(options, "manhattan", "max");
    options->projection = UHN_PROJECTION_NEXT;
}

#define BETA(value)                                                                                                    \
    {                                                                                                                  \
        .key = "beta", .summary = "inverse temperature: multiplies the scores", .minimum = 0, .maximum = 1e30,         \
        .initial = (value), .above = true                                                                              \
    }
#define WORDS(name, text, list, last, value)                                                                           \
    {                                                                                                                  \
        .key = (name), .summary = (text), .minimum = 0, .maximum = (last), .initial = (value), .whole = true,          \
        .words = (list)                                                                                                \
    }
#define FLAG(name, text)                                                                                               \
    {                                                                                                                  \
        .key = (name), .summary = (text), .minimum = 0, .maximum = 1, .initial = 0, .whole = true                      \
    }

static const uhn_parameter beta_of_one[] = {BETA(1)};
static const uhn_parameter hopfield_parameters[] = {
    [HOPFIELD_UPDATE] = WORDS("update", "all neurons at once, or one after the other", "sync|async", 1, 0),
    [HOPFIELD_DIAGONAL] =
        WORDS("diagonal", "of the weights; auto: kept for sync, zero for async", "auto|keep|zero", 2, DIAGONAL_AUTO),
    [HOPFIELD_SHUFFLE] = FLAG("shuffle", "async: a random order in each sweep, from the seed"),
};
static const uhn_parameter dam_parameters[] = {
    [DAM_ORDER] = {.key = "order",
                   .summary = "degree n of the energy −Σ (ξ·s)^n; 2 is the Hopfield network",
                   .minimum = 2,
                   .maximum = 512,
                   .initial = 3,
                   .whole = true},
    [DAM_RECTIFIED] = FLAG("rectified", "1: only positive overlaps count, max(ξ·s, 0)^n"),
    [DAM_SELF] = FLAG("self", "1: keep the self term"),
    [DAM_UPDATE] = WORDS("update", "all neurons at once, or one after the other", "sync|async", 1, 1),
    [DAM_SHUFFLE] = FLAG("shuffle", "async: a random order in each sweep, from the seed"),
};
static const uhn_parameter sdm_parameters[] = {
    [SDM_LOCATIONS] = {.key = "locations",
                       .summary = "hard locations, at random addresses from the seed",
                       .minimum = 1,
                       .maximum = 1e12,
                       .initial = 1000,
                       .whole = true},
    [SDM_RADIUS] = {.key = "radius",
                    .summary = "Hamming distance within which a location is active; -1: at most 2 % of them are",
                    .minimum = -1,
                    .maximum = 1e12,
                    .initial = -1,
                    .whole = true},
    [SDM_COUNTERS] = WORDS("counters", "bits of a counter; at its limit it stays there", "8|16|32", 2, 2),
};
static const uhn_parameter sparse_parameters[] = {
    [SPARSE_ALPHA] = {.key = "alpha",
                      .summary = "of entmax: 1 is softmax, 2 is sparsemax",
                      .minimum = 1,
                      .maximum = 16,
                      .initial = 2},
    [SPARSE_BETA] = BETA(1),
};
static const uhn_parameter continuous_sdm_parameters[] = {
    {.key = "beta",
     .summary = "inverse temperature; 5.95 fits 1000 bits with radius 451",
     .minimum = 0,
     .maximum = 1e30,
     .initial = 5.95,
     .above = true},
};
static const uhn_parameter attention_parameters[] = {
    {.key = "beta", .summary = "inverse temperature; 0 stands for 1/√D", .minimum = 0, .maximum = 1e30, .initial = 0},
};

/* A list of parameters and its length. */
#define LIST(list) .parameters = (list), .parameter_count = sizeof(list) / sizeof *(list)

static const uhn_preset presets[] = {
    {.name = "hopfield",
     .summary = "the classical Hopfield network on ±1 data: sign(Mᵀ(M q))",
     .source = "Hopfield, Neural networks and physical systems with emergent collective computational abilities, "
               "PNAS 79, 1982",
     LIST(hopfield_parameters),
     .apply = apply_hopfield},
    {.name = "dam",
     .summary = "dense associative memory on ±1 data: energy of degree n, self term excluded",
     .source = "Krotov and Hopfield, Dense associative memory for pattern recognition, NeurIPS 2016",
     LIST(dam_parameters),
     .apply = apply_dam},
    {.name = "exponential-dam",
     .summary = "dense associative memory with exponential energy on ±1 data: sign(Mᵀ softmax(β M q))",
     .source = "Demircigil, Heusel, Löwe, Upgang and Vermet, On a model of associative memory with huge storage "
               "capacity, Journal of Statistical Physics 168, 2017",
     LIST(beta_of_one),
     .apply = apply_exponential_dam},
    {.name = "sdm",
     .summary = "sparse distributed memory on bits; an undecided bit keeps the query's, or is 0.5 (±1 data: 0) with P",
     .source = "Kanerva, Sparse Distributed Memory, MIT Press, 1988",
     LIST(sdm_parameters),
     .apply = apply_sdm},
    {.name = "continuous-sdm",
     .summary = "sparse distributed memory in its limit: cosine, softmax",
     .source = "Bricken and Pehlevan, Attention approximates sparse distributed memory, NeurIPS 2021",
     LIST(continuous_sdm_parameters),
     .apply = apply_continuous_sdm},
    {.name = "mchn",
     .summary = "modern continuous Hopfield network: Mᵀ softmax(β M q)",
     .source = "Ramsauer et al., Hopfield networks is all you need, ICLR 2021",
     LIST(beta_of_one),
     .apply = apply_mchn},
    {.name = "sparse-mchn",
     .summary = "sparse modern Hopfield network: entmax in place of softmax, sparsemax by default",
     .source = "Hu et al., On sparse modern Hopfield model, NeurIPS 2023; Santos, Niculae, McNamee and Martins, Sparse "
               "and structured Hopfield networks, ICML 2024",
     LIST(sparse_parameters),
     .apply = apply_sparse_mchn},
    {.name = "attention",
     .summary = "scaled dot-product attention: keys M, values P, β = 1/√D",
     .source = "Vaswani et al., Attention is all you need, NeurIPS 2017",
     LIST(attention_parameters),
     .apply = apply_attention},
    {.name = "bam",
     .summary = "bidirectional associative memory on ±1 data: y = sign(Pᵀ(M x)), x = sign(Mᵀ(P y))",
     .source = "Kosko, Bidirectional associative memories, IEEE Transactions on Systems, Man and Cybernetics 18, 1988",
     .needs_values = true,
     .apply = apply_bam},
    {.name = "hetero",
     .summary = "hetero-association: the values of the nearest memories, manhattan and softmax",
     .source = "Millidge, Salvatori, Song, Lukasiewicz and Bogacz, Universal Hopfield networks, ICML 2022",
     LIST(beta_of_one),
     .needs_values = true,
     .apply = apply_hetero},
    {.name = "sequence",
     .summary = "the memory after the nearest one, manhattan and max; iterated, it replays the sequence",
     .source =
         "Sompolinsky and Kanter, Temporal association in asymmetric neural networks, Physical Review Letters 57, "
         "1986",
     .apply = apply_sequence},
};

const uhn_preset *uhn_preset_at(size_t index)
{
    return index < sizeof presets / sizeof *presets ? &presets[index] : NULL;
}
