/* SPDX-License-Identifier: MIT
 * uhn demo: stores glyphs of an invented script, damages some of them in three ways and lets five memories repair the
 * damage. Needs no data. */
#include "base/allocate.h"
#include "command.h"
#include "demo.h"
#include "message.h"
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

typedef struct demo_arguments {
    const char *out;
    cli_whole seed, threads;
} demo_arguments;

static const cli_option options[] = {
    CLI_OPTION("out", "FOLDER", cli_take_text, demo_arguments, out,
               .help = "where the picture and the data go; made if it is not there.", .initial = "uhn-demo"),
    CLI_OPTION("seed", "N", cli_take_whole, demo_arguments, seed, .maximum = INFINITY,
               .help = "of the glyphs and of the damage; another seed gives other ones.", .initial = "1"),
    CLI_OPTION("threads", "N", cli_take_whole, demo_arguments, threads, .minimum = 0, .maximum = 1024,
               .help = "how many threads recall; 0 means as many as there are processors.", .initial = "0"),
};

static const cli_usage usage = {
    .name = "demo",
    .synopsis = "[--out FOLDER] [--seed N] [--threads N]",
    .summary = "Shows what recall does, on images of its own.",
    .text = "Stores 1000 glyphs of an invented script, damages 100 of them in three ways and recalls them with five "
            "memories. Prints how many were recalled; the folder gets a picture of some and the data, to play on with "
            "'uhn recall'.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .operands_max = 0,
    .example = "  uhn demo --out demo",
};

/* The memories on show. Networks of ±1 neurons get black and white glyphs. */
const demo_method demo_methods[DEMO_METHODS] = {
    {.caption = "hopfield",
     .what = "classical Hopfield network; 784 neurons hold about 100 unlike patterns",
     .preset = "hopfield",
     .binary = true},
    {.caption = "dam",
     .what = "dense associative memory: a Hopfield network of energy degree 40",
     .preset = "dam:order=40",
     .binary = true},
    {.caption = "mchn",
     .what = "modern continuous Hopfield network: dot products of pixels, softmax",
     .preset = "mchn:beta=1"},
    {.caption = "sqeuclidean",
     .what = "squared Euclidean distances, softmax",
     .similarity = "sqeuclidean",
     .separation = "softmax:beta=1"},
    {.caption = "manhattan",
     .what = "Manhattan distances, softmax",
     .similarity = "manhattan",
     .separation = "softmax:beta=1"},
};

/* Levels at which the memories differ. */
const demo_damage demo_damages[DEMO_DAMAGES] = {{"noise", 0.6}, {"mask", 0.5}, {"random-mask", 0.6}};

/* ------------------------------------------------------------------------------------------------ making */

/* Pixels to neurons: +1 where there is ink, else −1. */
static void to_signs(const float *pixels, size_t count, float *signs)
{
    for (size_t i = 0; i < count; i++)
        signs[i] = pixels[i] > 0.5f ? 1.0f : -1.0f;
}

static void to_pixels(size_t count, float *signs)
{
    for (size_t i = 0; i < count; i++)
        signs[i] = (signs[i] + 1.0f) / 2.0f;
}

static uhn_status make_memories(demo *show)
{
    const size_t dim = show->glyphs.dim;
    to_signs(show->glyphs.rows, DEMO_GLYPHS * dim, show->signs);
    uhn_status status =
        uhn_memory_borrow(UHN_FLOAT32, show->glyphs.rows, DEMO_GLYPHS, dim, 0, NULL, 0, 0, &show->images);
    if (status == UHN_OK)
        status = uhn_memory_borrow(UHN_FLOAT32, show->signs, DEMO_GLYPHS, dim, 0, NULL, 0, 0, &show->networks);
    return status;
}

static void make_cues(demo *show, uint64_t seed)
{
    const size_t dim = show->glyphs.dim;
    for (size_t kind = 0; kind < DEMO_DAMAGES; kind++) {
        const uhn_corruption *corruption = uhn_find_corruption(demo_damages[kind].name);
        memcpy(show->cues[kind], show->glyphs.rows, DEMO_CUES * dim * sizeof(float));
        for (size_t i = 0; i < DEMO_CUES; i++)
            corruption->apply(demo_damages[kind].level, seed, &show->glyphs.geometry, i, dim,
                              show->cues[kind] + i * dim);
    }
}

static float *make_rows(size_t count, size_t dim)
{
    return uhn_allocate(count, dim * sizeof(float));
}

static uhn_status make(demo *show, uint64_t seed)
{
    uhn_status status = uhn_make_glyphs(DEMO_GLYPHS, DEMO_SIDE, seed, &show->glyphs);
    if (status != UHN_OK)
        return status;
    const size_t dim = show->glyphs.dim;
    show->signs = make_rows(DEMO_GLYPHS, dim);
    show->sign_cues = make_rows(DEMO_CUES, dim);
    bool complete = show->signs && show->sign_cues;
    for (size_t kind = 0; kind < DEMO_DAMAGES; kind++) {
        show->cues[kind] = make_rows(DEMO_CUES, dim);
        complete = complete && show->cues[kind];
        for (size_t i = 0; i < DEMO_METHODS; i++) {
            show->results[kind][i].answers = make_rows(DEMO_CUES, dim);
            complete = complete && show->results[kind][i].answers;
        }
    }
    if (!complete)
        return UHN_ERROR_OUT_OF_MEMORY;
    make_cues(show, seed);
    return make_memories(show);
}

static void destroy(demo *show)
{
    uhn_memory_destroy(show->images);
    uhn_memory_destroy(show->networks);
    for (size_t kind = 0; kind < DEMO_DAMAGES; kind++) {
        uhn_release(show->cues[kind]);
        for (size_t i = 0; i < DEMO_METHODS; i++)
            uhn_release(show->results[kind][i].answers);
    }
    uhn_release(show->signs);
    uhn_release(show->sign_cues);
    uhn_dataset_free(&show->glyphs);
}

/* ------------------------------------------------------------------------------------------------ recalling */

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static uhn_status choose(const demo_method *method, size_t dim, uhn_options *recall)
{
    if (method->preset)
        return uhn_choose_preset(recall, method->preset, dim);
    uhn_status status = uhn_choose_similarity(recall, method->similarity);
    return status == UHN_OK ? uhn_choose_separation(recall, method->separation) : status;
}

/* How many answers are the glyph they come from: every pixel within half of one of 256 shades. */
static size_t count_exact(const float *answers, const float *originals, size_t dim, double whole_scale)
{
    const double half_a_shade = whole_scale / 512.0;
    size_t exact = 0;
    for (size_t i = 0; i < DEMO_CUES; i++) {
        size_t alike = 0;
        for (size_t j = i * dim; j < (i + 1) * dim; j++)
            alike += fabs((double)answers[j] - (double)originals[j]) <= half_a_shade;
        exact += alike == dim;
    }
    return exact;
}

static double mean_difference(const float *a, const float *b, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += fabs((double)a[i] - (double)b[i]);
    return sum / (double)count;
}

static uhn_status recall_one(demo *show, size_t kind, const demo_method *method, int threads, demo_result *result)
{
    const size_t dim = show->glyphs.dim;
    const uhn_memory *memory = method->binary ? show->networks : show->images;
    const float *cues = method->binary ? show->sign_cues : show->cues[kind];
    const float *originals = method->binary ? show->signs : show->glyphs.rows;
    uhn_options recall;
    uhn_options_default(&recall);
    recall.threads = threads;
    uhn_status status = choose(method, dim, &recall);
    if (status != UHN_OK)
        return status;

    const double start = milliseconds();
    status = uhn_recall(memory, cues, DEMO_CUES, 0, &recall, result->answers, 0, NULL);
    result->milliseconds = milliseconds() - start;
    if (status != UHN_OK)
        return status;
    const double whole_scale = method->binary ? 2.0 : 1.0; /* from −1 to +1, or from black to white */
    result->error = mean_difference(result->answers, originals, DEMO_CUES * dim) / whole_scale;
    result->exact = count_exact(result->answers, originals, dim, whole_scale);
    if (method->binary)
        to_pixels(DEMO_CUES * dim, result->answers);
    return status;
}

static uhn_status recall_all(demo *show, int threads)
{
    for (size_t kind = 0; kind < DEMO_DAMAGES; kind++) {
        to_signs(show->cues[kind], DEMO_CUES * show->glyphs.dim, show->sign_cues);
        for (size_t i = 0; i < DEMO_METHODS; i++) {
            uhn_status status = recall_one(show, kind, &demo_methods[i], threads, &show->results[kind][i]);
            if (status != UHN_OK)
                return status;
        }
    }
    return UHN_OK;
}

/* ------------------------------------------------------------------------------------------------ command */

/* Makes a folder and those above it. Returns 0 or an errno. */
static int make_folder(const char *path)
{
    char part[PATH_MAX];
    const size_t length = strlen(path);
    if (length >= sizeof part)
        return ENAMETOOLONG;
    for (size_t i = 1; i <= length; i++)
        if (path[i] == '/' || path[i] == '\0') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (mkdir(part, 0777) != 0 && errno != EEXIST)
                return errno;
        }
    struct stat found;
    if (stat(path, &found) != 0)
        return errno;
    return S_ISDIR(found.st_mode) ? 0 : ENOTDIR;
}

int uhn_command_demo(int argc, char **argv)
{
    demo_arguments arguments = {.out = "uhn-demo", .seed.value = 1};
    size_t operand_count = 0;
    const int code = cli_parse(&usage, argc, argv, &arguments, &operand_count);
    if (code != CLI_GO_ON)
        return code;
    const int error = make_folder(arguments.out);
    if (error)
        return cli_complain(CLI_FAILED, usage.name, "cannot make the folder %s: %s", arguments.out, strerror(error));

    demo show = {.folder = arguments.out};
    uhn_status status = make(&show, arguments.seed.value);
    if (status == UHN_OK)
        status = recall_all(&show, (int)arguments.threads.value);
    if (status == UHN_OK)
        status = demo_write(&show);
    if (status == UHN_OK)
        demo_print(&show);
    destroy(&show);
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, usage.name, NULL, status);
}
