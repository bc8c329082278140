/* SPDX-License-Identifier: MIT */
#include "lab/notes.h"

#include <string.h>

static const struct {
    const char *experiment, *question;
} questions[] = {
    {"capacity",
     "How many images can be stored until a disturbed one is no longer found? Every stored image is asked for "
     "once, disturbed by Gaussian noise of σ = 0.5 that is folded at 0 and cut at 1."},
    {"noise",
     "How much noise does recall stand? Every stored image is asked for once, disturbed by Gaussian noise that is "
     "folded at 0 and cut at 1; σ is its standard deviation before that, not its variance."},
    {"mask", "How much of an image may be missing? The lowest rows of every query are black, in all channels."},
    {"separation",
     "What does the separation do to the answer? The lower half of every query is black; the similarity is "
     "always a Manhattan one."},
    {"random-mask", "How many single pixels may be missing? Each pixel of a query is black, in all channels, with the "
                    "probability on the axis."},
    {"inpaint",
     "How much of the border may be missing? A frame around every query is black: as many pixels on each side "
     "as half the fraction on the axis times the height, so the masked area is larger than that fraction."},
    {"threshold",
     "How much does the paper's criterion depend on its threshold? The lower half of every query is black, "
     "and the squared error that still counts as right grows along the axis. Only the paper's criterion "
     "depends on it; the others are level."},
    {"auto-hetero",
     "Is it harder to recall another image than the image itself? Queries are noisy (σ = 0.3); the other "
     "image is the stored one with its upper half black."},
    {"classical-hopfield", "How do classical networks compare? Images are turned into patterns of −1 and +1."},
    {"learned-examples", "How many examples does the learned similarity need, and how fine should its table be? Each "
                         "curve is a number of bins."},
};

/* paper: what is wrong there; uhn: what is done instead. experiment NULL: all of them. */
typedef struct note {
    const char *experiment, *paper, *uhn;
} note;

#define ALL NULL
#define INVERTED                                                                                                       \
    "The paper's `jensen-shannon` is a divergence that is used as if it were a similarity, so the least similar "      \
    "image "                                                                                                           \
    "wins. Scores that are not numbers, as at an exact match or for a black query, count as undefined."

/* Both texts. */
#define PREFIXES                                                                                                       \
    "Smaller N are prefixes of the same block of images, so the points of a curve are not independent.",               \
        "Smaller N are prefixes of the same block of images, as in the paper, so the points of a curve share their "   \
        "images. The runs are separate blocks, and the band is over runs."

static const note notes[] = {
    {"capacity",
     "The paper says that its threshold of 60 is scaled by D/784; its code multiplies by 784/D, which is stricter for "
     "colour images (15.3 for CIFAR-10, 3.83 for Tiny ImageNet) where the text is more lenient. The curves follow the "
     "code.",
     "The paper's threshold depends on the reading of one sentence (times 784/D in its code, times D/784 in its text). "
     "The "
     "headline is `identified`, which has no threshold."},
    {ALL,
     "On MNIST a squared error of 60 is more than the typical distance of a digit from the mean image: an answer that "
     "is "
     "the same for all queries passes. The grey dashed line shows how often.",
     "The paper's threshold accepts blurred answers, on MNIST even the mean image, and favours separations that "
     "average. "
     "`identified` asks whether the answer says which image was meant."},
    {"capacity", INVERTED,
     "`jensen-shannon` is the negated divergence in nats. Exact matches and zeros have defined scores."},
    {"noise", INVERTED,
     "`jensen-shannon` is the negated divergence in nats. Exact matches and zeros have defined scores."},
    {"noise", "The paper's axis is called variance; what its code takes is a standard deviation.",
     "The axis is a standard deviation, which the paper's figures call variance."},
    {"mask", INVERTED,
     "`jensen-shannon` is the negated divergence in nats. Exact matches and zeros have defined scores."},
    {"mask",
     "The paper's code masks three separate bands of each Tiny ImageNet image, as it takes the order of its numbers "
     "for "
     "another one. Here the mask covers true rows of the image.",
     "The mask covers true rows of the image in all channels; the paper's code covered three separate bands of each "
     "Tiny "
     "ImageNet image."},
    {"separation",
     "The paper's code divides scores by their sum before the separation, so its softmax gets flatter as N grows; its "
     "log "
     "reverses the order of the scores.",
     "Scores are used as they are, and the temperature of each dense separation (softmax, entmax, …) is chosen on "
     "held-out "
     "images; in the paper's code softmax gets flatter as N grows, and log reverses the order of the scores."},
    {"separation",
     "Separations that average over many images (identity, sqrt, log) pass the threshold on MNIST because the mean "
     "image "
     "does, not because they recall.",
     "Separations that average over many images can come close to an image without telling which one it is; compare "
     "the "
     "panels `identified` and `paper`."},
    {"classical-hopfield",
     "The paper's code cuts the patterns of −1 and +1 to [0, 1] after adding noise, so every query is the same vector "
     "of "
     "ones, whatever image it is made of. This figure measures nothing.",
     "Queries are disturbed copies of the patterns; in the paper's code all of them were one and the same vector."},
    {"threshold", "The paper's figure marks 50 as the threshold in use; its code uses 60.",
     "The threshold matters for the paper's criterion alone."},
    {"capacity", PREFIXES},
    {"separation", PREFIXES},
    {"auto-hetero", PREFIXES},
    {"classical-hopfield", PREFIXES},
};

const char *uhn_question(const uhn_results *results)
{
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        if (strcmp(results->experiment, questions[i].experiment) == 0)
            return questions[i].question;
    return NULL;
}

const char *uhn_note_at(const uhn_results *results, size_t index)
{
    const bool paper = strcmp(results->protocol, "paper") == 0;
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        const char *experiment = notes[i].experiment;
        if ((!experiment || strcmp(results->experiment, experiment) == 0) && index-- == 0)
            return paper ? notes[i].paper : notes[i].uhn;
    }
    return NULL;
}

const char *uhn_criterion_meaning(uhn_criterion criterion)
{
    static const char *const meanings[UHN_CRITERION_COUNT] = {
        [UHN_CRITERION_PAPER] = "the squared error of the answer is at most the paper's threshold, 60 (in the capacity "
                                "experiment of the protocol `paper` times 784/D)",
        [UHN_CRITERION_IDENTIFIED] =
            "of all stored images, the one that was asked for, or an exact duplicate of it, is "
            "nearest to the answer",
        [UHN_CRITERION_MEMORIZED] =
            "identified, and the answer is at most a third as far from that image as from any other",
        [UHN_CRITERION_NORMALISED_ERROR] = "the squared error, divided by that of the mean image: 0 is exact, 1 is no "
                                           "better than the mean image; the median over the queries",
        [UHN_CRITERION_UNDEFINED] = "there is no answer, or it is not a number; such a query meets no other criterion",
    };
    return (unsigned)criterion < UHN_CRITERION_COUNT ? meanings[criterion] : "unknown";
}
