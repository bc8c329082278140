/* SPDX-License-Identifier: MIT
 * uhn bench: how fast recalls are on this machine. The comparison with other programs is script/bench. */
#include "bench.h"
#include "command.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "terminal.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>

typedef struct bench_arguments {
    cli_whole dim, stored, queries, threads, rounds;
    const char *similarity, *separation;
    cli_word storage;
    bool json;
} bench_arguments;

const char bench_storages[] = "float32|uint8|bits";

#define ROW(name, argument, take, member, ...)                                                                         \
    CLI_OPTION(name, argument, cli_take_##take, bench_arguments, member, __VA_ARGS__)

static const cli_option options[] = {
    ROW("dim", "D", whole, dim, .minimum = 1, .maximum = 4e9, .help = "how many numbers a memory has.",
        .initial = "784"),
    ROW("stored", "N", whole, stored, .minimum = 1, .maximum = 4e9, .help = "how many memories are stored.",
        .initial = "10000"),
    ROW("queries", "Q", whole, queries, .minimum = 1, .maximum = 4e9, .help = "how many are recalled at once.",
        .initial = "100; some of the list take 1"),
    ROW("similarity", "NAME[:key=value,…]", text, similarity,
        .help = "times this similarity instead of the list. The similarity table gets one of 16 x 16 bins.",
        .initial = "manhattan, where --separation or --storage is given"),
    ROW("separation", "NAME[:key=value,…]", text, separation, .help = "the separation that goes with it.",
        .initial = "softmax:beta=1, where --similarity or --storage is given"),
    ROW("storage", "WORD", word, storage, .words = bench_storages, .help = "how the memories are stored.",
        .initial = "float32, where --similarity or --separation is given"),
    ROW("threads", "N", whole, threads, .minimum = 0, .maximum = 1024,
        .help = "how many threads recall; 0 means as many as there are processors.", .initial = "0"),
    ROW("rounds", "N", whole, rounds, .minimum = 1, .maximum = BENCH_ROUNDS_MAX,
        .help = "how often each is timed; the median counts.", .initial = "5"),
    ROW("json", NULL, flag, json, .help = "prints JSON."),
};

static const cli_usage usage = {
    .name = "bench",
    .synopsis = "[options]",
    .summary = "Times recalls on this machine.",
    .text = "Stores random numbers, asks for some of them with a quarter replaced, and prints how long a recall takes "
            "and how many pairs of coordinates (of a query and a memory) it compares in a second. Without "
            "--similarity, --separation and --storage it times a list of usual ones. UHN_ISA in the environment "
            "chooses another instruction set; see 'uhn info'.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .operands_max = 0,
    .example = "  uhn bench --similarity cosine --separation max --dim 3072",
};

enum { LIST_MAX = 8, USUAL_DIM = 784, USUAL_STORED = 10000, USUAL_QUERIES = 100, USUAL_ROUNDS = 5 };

/* What is timed when nothing is chosen. */
static const bench_workload usual[LIST_MAX] = {
    {.similarity = "manhattan", .separation = "max", .storage = UHN_FLOAT32, .queries = USUAL_QUERIES},
    {.similarity = "manhattan", .separation = "max", .storage = UHN_UINT8, .queries = USUAL_QUERIES},
    {.similarity = "manhattan", .separation = "max", .storage = UHN_FLOAT32, .queries = 1},
    {.similarity = "sqeuclidean", .separation = "max", .storage = UHN_FLOAT32, .queries = USUAL_QUERIES},
    {.similarity = "sqeuclidean", .separation = "softmax:beta=0.1", .storage = UHN_FLOAT32, .queries = USUAL_QUERIES},
    {.similarity = "dot", .separation = "softmax:beta=0.1", .storage = UHN_FLOAT32, .queries = USUAL_QUERIES},
    {.similarity = "jensen-shannon", .separation = "softmax:beta=10", .storage = UHN_FLOAT32, .queries = USUAL_QUERIES},
    {.similarity = "hamming", .separation = "max", .storage = UHN_BITS, .queries = USUAL_QUERIES},
};

/* The workloads that the arguments ask for; returns their number. */
static size_t make_list(const bench_arguments *arguments, bench_workload list[LIST_MAX])
{
    size_t count = LIST_MAX;
    for (size_t i = 0; i < count; i++)
        list[i] = usual[i];
    if (arguments->similarity || arguments->separation || arguments->storage.given) {
        count = 1;
        list[0] = (bench_workload){.similarity = arguments->similarity ? arguments->similarity : "manhattan",
                                   .separation = arguments->separation ? arguments->separation : "softmax:beta=1",
                                   .storage = (uhn_storage)arguments->storage.index,
                                   .queries = USUAL_QUERIES};
    }
    for (size_t i = 0; i < count; i++) {
        list[i].dim = arguments->dim.given ? (size_t)arguments->dim.value : USUAL_DIM;
        list[i].stored = arguments->stored.given ? (size_t)arguments->stored.value : USUAL_STORED;
        if (arguments->queries.given)
            list[i].queries = (size_t)arguments->queries.value;
    }
    return count;
}

static double pairs_per_second(const bench_workload *workload)
{
    return (double)workload->dim * (double)workload->stored * (double)workload->queries / workload->median;
}

static const char *storage_name(uhn_storage storage, int *length)
{
    size_t bytes;
    const char *name = cli_word_at(bench_storages, (size_t)storage, &bytes);
    *length = (int)bytes;
    return name;
}

/* ------------------------------------------------------------------------------------------------ results */

static void print_heading(int threads, size_t rounds)
{
    printf("%s, %d %s, median of %zu %s; 10^9 pairs of coordinates a second\n\n", uhn_isa(), threads,
           threads == 1 ? "thread" : "threads", rounds, rounds == 1 ? "round" : "rounds");
    printf("%-14s  %-16s  %-7s  %5s  %6s  %5s  %9s  %8s\n", "similarity", "separation", "storage", "D", "N", "Q", "ms",
           "pairs");
}

static void print_workload(const bench_workload *workload)
{
    int length;
    const char *storage = storage_name(workload->storage, &length);
    printf("%-14s  %-16s  %-7.*s  %5zu  %6zu  %5zu  %9.4g  %8.4g\n", workload->similarity, workload->separation, length,
           storage, workload->dim, workload->stored, workload->queries, workload->median * 1e3,
           pairs_per_second(workload) / 1e9);
}

static cJSON *workload_to_json(const bench_workload *workload)
{
    char storage[16];
    int length;
    const char *name = storage_name(workload->storage, &length);
    snprintf(storage, sizeof storage, "%.*s", length, name);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "similarity", workload->similarity);
    cJSON_AddStringToObject(object, "separation", workload->separation);
    cJSON_AddStringToObject(object, "storage", storage);
    cJSON_AddNumberToObject(object, "dim", (double)workload->dim);
    cJSON_AddNumberToObject(object, "stored", (double)workload->stored);
    cJSON_AddNumberToObject(object, "queries", (double)workload->queries);
    cJSON_AddNumberToObject(object, "seconds", workload->median);
    cJSON_AddNumberToObject(object, "minimum_seconds", workload->minimum);
    cJSON_AddNumberToObject(object, "maximum_seconds", workload->maximum);
    cJSON_AddNumberToObject(object, "pairs_per_second", pairs_per_second(workload));
    return object;
}

static int print_json(const bench_workload *list, size_t count, int threads, size_t rounds)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *workloads = cJSON_AddArrayToObject(object, "workloads");
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(workloads, workload_to_json(&list[i]));
    cJSON_AddNumberToObject(object, "rounds", (double)rounds);
    cJSON_AddNumberToObject(object, "threads", threads);
    cJSON_AddStringToObject(object, "isa", uhn_isa());
    cJSON_AddStringToObject(object, "version", uhn_version());
    return cli_print_json("bench", object);
}

/* ------------------------------------------------------------------------------------------------ command */

/* Names and parameters are checked before anything is timed. */
static int choose(bench_workload *list, size_t count, int threads)
{
    for (size_t i = 0; i < count; i++) {
        const char *option;
        const uhn_status status = bench_choose(&list[i], threads, &option);
        if (status != UHN_OK) {
            char prefix[64];
            snprintf(prefix, sizeof prefix, "--%s", option);
            return cli_complain_status(cli_fault_of(status), usage.name, prefix, status);
        }
    }
    return CLI_WORKED;
}

/* Lines appear as they are known, and on a terminal one that says what is being timed. */
static int run(bench_workload *list, size_t count, size_t rounds, int threads, bool show)
{
    const bool progress = cli_is_terminal(stderr);
    for (size_t i = 0; i < count; i++) {
        if (progress)
            fprintf(stderr, "%zu of %zu: %s, %s\r", i + 1, count, list[i].similarity, list[i].separation);
        const uhn_status status = bench_run(&list[i], rounds);
        if (progress)
            fputs("\033[K", stderr);
        if (status != UHN_OK)
            return cli_complain_status(cli_fault_of(status), usage.name, NULL, status);
        if (show && i == 0)
            print_heading(threads, rounds);
        if (show) {
            print_workload(&list[i]);
            fflush(stdout);
        }
    }
    return CLI_WORKED;
}

int uhn_command_bench(int argc, char **argv)
{
    bench_arguments arguments = {.rounds.value = USUAL_ROUNDS};
    size_t operand_count = 0;
    int code = cli_parse(&usage, argc, argv, &arguments, &operand_count);
    if (code != CLI_GO_ON)
        return code;
    bench_workload list[LIST_MAX];
    const size_t count = make_list(&arguments, list), rounds = (size_t)arguments.rounds.value;
    const int threads = arguments.threads.value ? (int)arguments.threads.value : omp_get_max_threads();
    code = choose(list, count, threads);
    if (code != CLI_WORKED)
        return code;
    code = run(list, count, rounds, threads, !arguments.json);
    if (code == CLI_WORKED && arguments.json)
        code = print_json(list, count, threads, rounds);
    return code;
}
