/* SPDX-License-Identifier: MIT
 * The options of uhn recall. */
#include "catalogue.h"
#include "recall.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROW(name, argument, take, member, ...)                                                                         \
    CLI_OPTION(name, argument, cli_take_##take, recall_arguments, member, __VA_ARGS__)

static const cli_option options[] = {
    ROW("memory", "FILE", text, memory, .required = true,
        .help = "M: what is remembered, one memory a row. uint8 stands for 0 to 1."),
    ROW("values", "FILE", text, values,
        .help = "P: what each memory stands for, one row a memory; the answer is made of these.",
        .initial = "the memories themselves"),
    ROW("query", "FILE", text, query, .required = true, .help = "the queries, one a row, as long as a memory."),
    ROW("memory-rows", "A:B", rows, memory_rows,
        .help = "takes rows A to B − 1 of --memory and --values only; A or B may be left out."),
    ROW("query-rows", "A:B", rows, query_rows, .help = "takes rows A to B − 1 of --query only."),
    ROW("similarity", "NAME[:key=value,…]", text, similarity, .help = "how alike query and memory are; listed below.",
        .initial = "manhattan"),
    ROW("separation", "NAME[:key=value,…]", text, separation, .help = "how scores become weights; listed below.",
        .initial = "softmax:beta=1"),
    ROW("preset", "NAME[:key=value,…]", text, preset,
        .help = "a model of the literature, which sets similarity, separation, update and output. Options for these "
                "given as well take precedence; presets with an update rule of their own (hopfield, dam, sdm, bam) "
                "exclude them, but for --output."),
    ROW("beta", "NUMBER", number, beta, .minimum = -INFINITY, .maximum = INFINITY,
        .help = "short for the separation's beta, the number that scores are multiplied by."),
    ROW("normalise-scores", NULL, flag, normalise_scores,
        .help = "divides the scores of a query by their sum; no score may be negative."),
    ROW("normalise-weights", "WORD", word, normalise_weights, .words = "sum|absolute", .may_omit_value = true,
        .help = "divides the weights by their sum, or by the sum of their absolute values. The plain option means "
                "sum."),
    ROW("output", "WORD", word, output, .words = "none|sign|step|clamp|unit|sum",
        .help = "what is done to the answer: nothing; −1 or 1; 0 or 1; limited to 0 … 1; to length 1; to sum 1.",
        .initial = "none, or what the preset says"),
    ROW("observed", "FILE", text, observed,
        .help = "which coordinates of a query are known: not 0. One row for all queries, or one for each of "
                "those taken. The others are not looked at."),
    ROW("iterate", "STEPS", whole, steps, .minimum = 1, .maximum = 1e9,
        .help = "recalls again from the answer, until it stays, comes back to an earlier one, or this many steps are "
                "taken; reports the energy of each step where one is known.",
        .initial = "1"),
    ROW("tolerance", "NUMBER", number, tolerance, .minimum = 0, .maximum = INFINITY,
        .help = "an answer stays when it moves by no more than this times (1 + its length).", .initial = "0"),
    ROW("compat", "paper", word, compat, .words = "paper",
        .help = "does exactly what the code of the paper (Millidge et al. 2022) does, NaN and infinities included."),
    ROW("threads", "N", whole, threads, .minimum = 0, .maximum = 1024,
        .help = "how many threads recall; 0 means as many as there are processors. The answers do not depend on it.",
        .initial = "0"),
    ROW("seed", "N", whole, seed, .maximum = INFINITY, .help = "of what is random in some presets.", .initial = "1"),
    ROW("top-k", "K", whole, top_k, .minimum = 1, .maximum = 1e9,
        .help = "also reports the K most similar memories of each query and their scores."),
    ROW("original", "FILE", text, original,
        .help = "what each answer should be, one row a query. Reports how many are identified (the stored row "
                "nearest to the answer equals the original) and the squared error."),
    ROW("original-rows", "A:B", rows, original_rows, .help = "takes rows A to B − 1 of --original only.",
        .initial = "those of --query-rows"),
    ROW("out", "FILE", text, out,
        .help = "writes the answers: .npy (float32, of the query file's shape where the lengths agree) or .png."),
    ROW("sheet", "FILE", text, sheet,
        .help = "writes a .png with a row for each query: original (with --original), cue, recalled."),
    ROW("trajectory", "FILE", text, trajectory,
        .help = "writes the state after each step as .npy, queries × steps × length. A recall that ended early stays "
                "in its fixed point or cycle."),
    ROW("json", NULL, flag, json, .help = "prints a report of each query as JSON."),
};

static void print_tables(void)
{
    static const char *const shown[] = {"similarities", "separations", "presets"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        const char *nearest;
        putchar('\n');
        cli_print_catalogue(cli_find_catalogue(shown[i], &nearest));
    }
}

const cli_usage cli_recall_usage = {
    .name = "recall",
    .synopsis = "--memory FILE --query FILE [options]",
    .summary = "Recalls each query from a memory, z = P · sep(sim(M, q)): scores how alike the query is to every "
               "memory, separates the good scores from the bad, and adds up the values of the memories, weighted so.",
    .text = "FILE is whatever 'uhn list readers' lists. Without --json, --out, --sheet and --trajectory a table is "
            "printed; with --original or --top-k it is printed beside the files.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .tables = print_tables,
    .example = "  uhn recall --memory digits.idx --memory-rows 0:1000 --query cue.npy \\\n"
               "      --similarity sqeuclidean --separation softmax:beta=2 --out recalled.npy",
};
