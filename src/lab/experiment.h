/* SPDX-License-Identifier: MIT
 * The experiments: a table. What varies, what damages the queries, how many images are stored, and which curves are
 * measured in which protocol. Each stored image is asked for once: Q = N. */
#ifndef UHN_LAB_EXPERIMENT_H
#define UHN_LAB_EXPERIMENT_H

#include "lab/results.h"

typedef enum uhn_protocol {
    UHN_PROTOCOL_UHN,   /* the corrected one */
    UHN_PROTOCOL_PAPER, /* the paper's code, flaws included; docs/experiments.md lists them */
    UHN_PROTOCOL_COUNT
} uhn_protocol;

/* "uhn", "paper". */
const char *uhn_protocol_name(uhn_protocol protocol);

/* What changes from one point of a curve to the next. */
typedef enum uhn_axis {
    UHN_AXIS_STORED,    /* how many images are stored */
    UHN_AXIS_LEVEL,     /* how strong the corruption is */
    UHN_AXIS_THRESHOLD, /* the squared error that counts as right */
    UHN_AXIS_COUNT
} uhn_axis;

/* What is asked of the memory. */
typedef enum uhn_task {
    UHN_TASK_AUTO,     /* P = M: the image itself */
    UHN_TASK_HETERO,   /* another image: the same one, its top half black */
    UHN_TASK_BIPOLAR,  /* images of −1 and +1, in a classical network */
    UHN_TASK_EXAMPLES, /* no curves, but images to look at */
    UHN_TASK_COUNT
} uhn_task;

/* One curve. */
typedef struct uhn_curve_row {
    const char *name;       /* as in results.json */
    const char *similarity; /* as typed; NULL: the learned table, or the limit, by `kind` */
    const char *separation; /* as typed, or a preset's name where the task is UHN_TASK_BIPOLAR and similarity NULL */
    uhn_series_kind kind;
    bool hetero;  /* is asked for P; the others for M */
    bool tuned;   /* beta of the separation is chosen on held-out images */
    size_t steps; /* 0: one */
} uhn_curve_row;

typedef struct uhn_curve_list {
    const uhn_curve_row *rows;
    size_t count;
} uhn_curve_list;

typedef struct uhn_experiment {
    const char *name, *summary;
    uhn_axis axis;
    const char *x_name; /* with its unit */
    bool x_logarithmic;
    const double *x;
    size_t x_count;
    const char *corruption; /* in the table of corruptions; NULL: all of them, one after the other */
    double level;           /* where it is not what varies */
    size_t stored;          /* N, where it is not what varies */
    uhn_task task;
    bool scaled_threshold; /* the paper's code multiplies the threshold by 784/D here */
    uhn_curve_list curves[UHN_PROTOCOL_COUNT];
} uhn_experiment;

enum { UHN_THRESHOLD = 60 }; /* the paper's squared error */

/* NULL past the end. `suite`, all of them, is not in the table. */
const uhn_experiment *uhn_experiment_at(size_t index);
/* NULL if there is none; uhn_error_detail() then names the nearest. */
const uhn_experiment *uhn_find_experiment(const char *name);

/* The word for all experiments, and its line for those who list them. */
#define UHN_SUITE         "suite"
#define UHN_SUITE_SUMMARY "all of the above, each in a folder of its own"

#endif
