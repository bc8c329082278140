/* SPDX-License-Identifier: MIT
 * The table of experiments (Millidge et al., ICML 2022, section 4 and appendix, as their code has them). */
#include "base/status.h"
#include "core/nearest.h"
#include "lab/experiment.h"

#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define LIST(array)                                                                                                    \
    {                                                                                                                  \
        array, COUNT_OF(array)                                                                                         \
    }
#define LEVELS(array) .x = (array), .x_count = COUNT_OF(array)

/* ------------------------------------------------------------------------------------------------ levels */

static const double stored_capacity[] = {2, 5, 10, 20, 50, 100, 200, 300, 500, 700, 1000};
static const double stored_separation[] = {5, 7, 10, 20, 50, 100, 200, 300, 500, 700, 1000};
static const double stored_classical[] = {2, 5, 10, 20, 30, 50};
static const double sigmas[] = {0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1, 1.5};
static const double fractions_mask[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
static const double fractions_few[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7};
static const double thresholds[] = {1, 10, 25, 50, 100, 150, 200, 300, 500};

/* ------------------------------------------------------------------------------------------------ curves */

#define BEST(sim)                                                                                                      \
    {                                                                                                                  \
        .name = (sim), .similarity = (sim), .separation = "max"                                                        \
    }
#define LEARNED                                                                                                        \
    {                                                                                                                  \
        .name = "learned", .separation = "max", .kind = UHN_SERIES_LEARNED                                             \
    }
#define LIMIT                                                                                                          \
    {                                                                                                                  \
        .name = "limit", .separation = "max", .kind = UHN_SERIES_LIMIT                                                 \
    }
#define WEIGHT(name_, sep)                                                                                             \
    {                                                                                                                  \
        .name = (name_), .similarity = "inverse-manhattan", .separation = (sep)                                        \
    }
#define TUNED(name_, sep)                                                                                              \
    {                                                                                                                  \
        .name = (name_), .similarity = "manhattan", .separation = (sep), .tuned = true                                 \
    }
#define PAIR(sim, asked, is_hetero)                                                                                    \
    {                                                                                                                  \
        .name = sim " " asked, .similarity = (sim), .separation = "max", .hetero = (is_hetero)                         \
    }

static const uhn_curve_row six_paper[] = {BEST("inverse-sqeuclidean"), BEST("inverse-manhattan"),
                                          BEST("normalised-dot"),      BEST("kl"),
                                          BEST("reverse-kl"),          BEST("jensen-shannon")};
static const uhn_curve_row three_paper[] = {BEST("inverse-sqeuclidean"), BEST("inverse-manhattan"),
                                            BEST("normalised-dot")};
static const uhn_curve_row all_similarities[] = {BEST("manhattan"),
                                                 BEST("sqeuclidean"),
                                                 BEST("dot"),
                                                 BEST("cosine"),
                                                 BEST("normalised-dot"),
                                                 BEST("correlation"),
                                                 BEST("kl"),
                                                 BEST("reverse-kl"),
                                                 BEST("jensen-shannon"),
                                                 LEARNED,
                                                 LIMIT};

/* The paper's softmax multiplies scores that were divided by their sum by 1000. */
static const uhn_curve_row nine_paper[] = {
    WEIGHT("log", "log"),
    WEIGHT("identity", "identity"),
    WEIGHT("softmax", "softmax:beta=1000"),
    WEIGHT("square", "polynomial:order=2"),
    WEIGHT("cube", "polynomial:order=3"),
    WEIGHT("sqrt", "sqrt"),
    WEIGHT("quartic", "polynomial:order=4"),
    WEIGHT("ten", "polynomial:order=10"),
    WEIGHT("max", "max"),
};
static const uhn_curve_row all_separations[] = {
    WEIGHT("identity", "identity"),
    WEIGHT("sqrt", "sqrt"),
    WEIGHT("log1p", "log1p"),
    WEIGHT("square", "polynomial:order=2"),
    WEIGHT("cube", "polynomial:order=3"),
    WEIGHT("quartic", "polynomial:order=4"),
    WEIGHT("ten", "polynomial:order=10"),
    TUNED("softmax", "softmax"),
    TUNED("top-k-softmax", "top-k-softmax"),
    TUNED("entmax", "entmax"),
    TUNED("sparsemax", "sparsemax"),
    TUNED("epanechnikov", "epanechnikov"),
    {.name = "max", .similarity = "manhattan", .separation = "max"},
    LEARNED,
    LIMIT,
};

static const uhn_curve_row hetero_paper[] = {
    {.name = "auto", .similarity = "normalised-dot", .separation = "max"},
    {.name = "hetero", .similarity = "normalised-dot", .separation = "max", .hetero = true}};
static const uhn_curve_row hetero_uhn[] = {
    PAIR("manhattan", "auto", false),
    PAIR("manhattan", "hetero", true),
    PAIR("normalised-dot", "auto", false),
    PAIR("normalised-dot", "hetero", true),
    PAIR("cosine", "auto", false),
    PAIR("cosine", "hetero", true),
    {.name = "learned auto", .separation = "max", .kind = UHN_SERIES_LEARNED},
    {.name = "learned hetero", .separation = "max", .kind = UHN_SERIES_LEARNED, .hetero = true},
    {.name = "limit auto", .separation = "max", .kind = UHN_SERIES_LIMIT},
    {.name = "limit hetero", .separation = "max", .kind = UHN_SERIES_LIMIT, .hetero = true},
};

static const uhn_curve_row classical_paper[] = {
    {.name = "normalised-dot", .similarity = "normalised-dot", .separation = "identity"}};
static const uhn_curve_row classical_uhn[] = {
    {.name = "hopfield, one step", .separation = "hopfield"},
    {.name = "hopfield, settled", .separation = "hopfield:update=async", .steps = 100},
    {.name = "dense, degree 3", .separation = "dam:order=3"},
    {.name = "dense, degree 10", .separation = "dam:order=10"},
    BEST("dot"),
    BEST("manhattan"),
    {.name = "learned", .separation = "max", .kind = UHN_SERIES_LEARNED},
};

/* ------------------------------------------------------------------------------------------------ experiments */

static const uhn_experiment table[] = {
    {.name = "capacity",
     .summary = "how many images a similarity can tell apart under noise σ = 0.5",
     .axis = UHN_AXIS_STORED,
     .x_name = "memories stored N",
     .x_logarithmic = true,
     LEVELS(stored_capacity),
     .corruption = "noise",
     .level = 0.5,
     .scaled_threshold = true,
     .curves = {LIST(all_similarities), LIST(six_paper)}},
    {.name = "noise",
     .summary = "similarities under Gaussian noise, N = 100",
     .axis = UHN_AXIS_LEVEL,
     .x_name = "noise σ (standard deviation)",
     LEVELS(sigmas),
     .corruption = "noise",
     .stored = 100,
     .curves = {LIST(all_similarities), LIST(six_paper)}},
    {.name = "mask",
     .summary = "similarities with the bottom of the image black, N = 50",
     .axis = UHN_AXIS_LEVEL,
     .x_name = "fraction of rows masked",
     LEVELS(fractions_mask),
     .corruption = "mask",
     .stored = 50,
     .curves = {LIST(all_similarities), LIST(six_paper)}},
    {.name = "separation",
     .summary = "separations of Manhattan scores with the bottom half black",
     .axis = UHN_AXIS_STORED,
     .x_name = "memories stored N",
     .x_logarithmic = true,
     LEVELS(stored_separation),
     .corruption = "mask",
     .level = 0.5,
     .curves = {LIST(all_separations), LIST(nine_paper)}},
    {.name = "random-mask",
     .summary = "similarities with random pixels black, N = 300",
     .axis = UHN_AXIS_LEVEL,
     .x_name = "probability that a pixel is masked",
     LEVELS(fractions_few),
     .corruption = "random-mask",
     .stored = 300,
     .curves = {LIST(all_similarities), LIST(three_paper)}},
    {.name = "inpaint",
     .summary = "similarities with a black frame around the image, N = 300",
     .axis = UHN_AXIS_LEVEL,
     .x_name = "masked frame (fraction of the height)",
     LEVELS(fractions_few),
     .corruption = "inpaint",
     .stored = 300,
     .curves = {LIST(all_similarities), LIST(three_paper)}},
    {.name = "threshold",
     .summary = "what the threshold on the squared error decides; bottom half black, N = 250",
     .axis = UHN_AXIS_THRESHOLD,
     .x_name = "threshold on the squared error",
     .x_logarithmic = true,
     LEVELS(thresholds),
     .corruption = "mask",
     .level = 0.5,
     .stored = 250,
     .curves = {LIST(all_similarities), LIST(three_paper)}},
    {.name = "auto-hetero",
     .summary = "recalling the image itself, or one with its top half black; noise σ = 0.3",
     .axis = UHN_AXIS_STORED,
     .x_name = "memories stored N",
     .x_logarithmic = true,
     LEVELS(stored_capacity),
     .corruption = "noise",
     .level = 0.3,
     .task = UHN_TASK_HETERO,
     .curves = {LIST(hetero_uhn), LIST(hetero_paper)}},
    {.name = "classical-hopfield",
     .summary = "the classical Hopfield network on images of −1 and +1",
     .axis = UHN_AXIS_STORED,
     .x_name = "memories stored N",
     .x_logarithmic = true,
     LEVELS(stored_classical),
     .corruption = "noise",
     .level = 0.3,
     .task = UHN_TASK_BIPOLAR,
     .curves = {LIST(classical_uhn), LIST(classical_paper)}},
    {.name = "examples",
     .summary = "images, their cues and what each similarity recalls, for each corruption; N = 100",
     .axis = UHN_AXIS_LEVEL,
     .stored = 100,
     .task = UHN_TASK_EXAMPLES,
     .curves = {LIST(all_similarities), LIST(six_paper)}},
};

const uhn_experiment *uhn_experiment_at(size_t index)
{
    return index < COUNT_OF(table) ? &table[index] : NULL;
}

static const char *name_at(size_t index, const void *context)
{
    (void)context;
    return index < COUNT_OF(table) ? table[index].name : index == COUNT_OF(table) ? UHN_SUITE : NULL;
}

const uhn_experiment *uhn_find_experiment(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    const char *nearest = uhn_nearest_name(name, name_at, NULL);
    if (nearest)
        uhn_fail(UHN_ERROR_NAME, "unknown experiment %s; did you mean %s?", name, nearest);
    else
        uhn_fail(UHN_ERROR_NAME, "unknown experiment %s; 'uhn list experiments' names those there are", name);
    return NULL;
}

const char *uhn_protocol_name(uhn_protocol protocol)
{
    static const char *const names[] = {"uhn", "paper"};
    return (unsigned)protocol < UHN_PROTOCOL_COUNT ? names[protocol] : "unknown";
}
