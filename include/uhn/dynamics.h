/* SPDX-License-Identifier: MIT
 *
 * libuhn: energy and dynamics.
 *
 * The two-layer network behind a recall (Krotov, Hopfield: "Large Associative Memory Problem in Neurobiology and
 * Machine Learning", ICLR 2021; Millidge et al., ICML 2022, section 3). Value neurons v [D] and memory neurons h [N]
 * have activations g = ∇L_v(v) and f = ∇L_h(h), the gradients of two Lagrangians, and follow
 *
 *     τ_v dv/dt = I − λ v + Σ_μ f_μ ∂S_μ/∂g        τ_h dh/dt = S(g) − h
 *
 * with S_μ the similarity of g and memory μ. Along the flow the energy
 *
 *     E = λ (v·g − L_v(v)) − I·g + h·f − L_h(h) − Σ_μ f_μ S_μ(g)
 *
 * does not rise if both Lagrangians are convex. States and energies are float64. The formulas, what is guaranteed and
 * what is not: docs/dynamics.md. Conventions are those of uhn.h; strides are bytes, 0 for packed.
 */
#ifndef UHN_DYNAMICS_H
#define UHN_DYNAMICS_H

#include <uhn/uhn.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------ the tables */

typedef enum uhn_layer { UHN_LAYER_VALUE, UHN_LAYER_MEMORY, UHN_LAYER_COUNT } uhn_layer;

/* What is true of a Lagrangian, by its parameters. */
enum {
    UHN_LAGRANGIAN_CONVEX = 1,    /* no eigenvalue of its Hessian is negative: the energy cannot rise */
    UHN_LAGRANGIAN_RISING = 2,    /* no component of its gradient is negative */
    UHN_LAGRANGIAN_SEPARABLE = 4, /* a sum over neurons */
};

/* A Lagrangian. Functions may be called from any thread and do not allocate. Rows of the caller's own may be used. */
typedef struct uhn_lagrangian {
    const char *name;
    const char *summary; /* one line, with the formula */
    const uhn_parameter *parameters;
    size_t parameter_count;
    unsigned (*properties)(const double *parameters);
    /* Gives L(x) and writes activation [count] = ∇L(x). */
    double (*evaluate)(const double *x, size_t count, const double *parameters, double *activation);
    /* product [count] = H d, H the Hessian at x, where evaluate() has written `activation`. */
    void (*hessian)(const double *x, const double *activation, const double *d, size_t count, const double *parameters,
                    double *product);
    /* Value layer: solves a x + b ∇L(x) = c for a > 0, b ≥ 0. NULL: steps with similarities that need it are explicit.
     */
    void (*resolve)(const double *c, size_t count, double a, double b, const double *parameters, double *x);
    /* Value layer, separable: the v whose activation is y, −∞ and ∞ below and above all. NULL otherwise. */
    double (*inverse)(double y);
} uhn_lagrangian;

/* A similarity as the flow needs it: a function of a memory's row and of g that has a slope. A row of the caller's own
 * may be any function; it is stepped explicitly, without a guarantee for large steps. */
typedef struct uhn_additive {
    const char *name;
    const char *summary; /* one line, with the formula */
    bool leaks;          /* λ = 1 by default */
    /* S(row, g); *magnitude is Σ|term|, for the error bound (a caller's own may leave it at 0). */
    double (*score)(const float *row, const double *g, size_t dim, const void *context, double *magnitude);
    /* gradient [dim] += weight ∂S/∂g */
    void (*pull)(double weight, const float *row, const double *g, size_t dim, const void *context, double *gradient);
    const struct uhn_settling *settling; /* the library's own: how to step for any dt; NULL in a caller's row */
} uhn_additive;

/* NULL past the end; memory layer and value layer have tables of their own. */
UHN_API const uhn_lagrangian *uhn_lagrangian_at(uhn_layer layer, size_t index);
UHN_API const uhn_additive *uhn_additive_at(size_t index);

/* ------------------------------------------------------------------------------------------------ the flow */

typedef enum uhn_integrator {
    UHN_INTEGRATOR_ADIABATIC,    /* h = S(g) at all times; v by exponential Euler or implicitly: stable for any dt */
    UHN_INTEGRATOR_GAUSS_SEIDEL, /* h with v frozen, then v with the new f; likewise: stable for any dt */
    UHN_INTEGRATOR_EULER,        /* both layers explicitly; stable below a limit */
    UHN_INTEGRATOR_RK4,          /* the classical Runge–Kutta; stable below a limit */
    UHN_INTEGRATOR_COUNT
} uhn_integrator;

/* "adiabatic", "gauss-seidel", "euler", "rk4"; "unknown" for others. Static strings. */
UHN_API const char *uhn_integrator_text(uhn_integrator integrator);

/* How a trajectory ended. A state is at rest when the residual is within the tolerance; then the effective support
 * (Σ|f|)²/Σf² says what it rests at. */
typedef enum uhn_ending {
    UHN_ENDING_FIXED_POINT, /* at rest, support below 1.5: one memory */
    UHN_ENDING_METASTABLE,  /* at rest, several memories share the state */
    UHN_ENDING_DIFFUSE,     /* at rest, support at least N/2 (or no memory takes part) */
    UHN_ENDING_CYCLE,       /* it came back to an earlier state; see period */
    UHN_ENDING_LIMIT,       /* all steps were taken */
    UHN_ENDING_COUNT
} uhn_ending;
UHN_API const char *uhn_ending_text(uhn_ending ending);

/* A trajectory after a step, or before the first. Pointers are good during the call. */
typedef struct uhn_flow_moment {
    size_t query, step;            /* step 0: at the start */
    double time;                   /* the sum of the steps' lengths */
    double energy;                 /* NaN where there is none */
    const double *state, *pattern; /* v and ∇L_v(v), D numbers each */
} uhn_flow_moment;

/* Called with each moment at which the state is finite; for one query in order, for different ones from any thread and
 * at the same time. Returns whether to go on; if not, the run ends with UHN_ERROR_STOPPED. */
typedef bool (*uhn_flow_watch)(void *context, const uhn_flow_moment *moment);

/* Always start from uhn_flow_default(). All pointers are the caller's. */
typedef struct uhn_flow {
    const uhn_additive *similarity;
    const void *similarity_context; /* for the caller's own */
    const uhn_lagrangian *lagrangians[UHN_LAYER_COUNT];
    double parameters[UHN_LAYER_COUNT][UHN_PARAMETERS_MAX];
    bool leak;           /* λ = 1 or 0 */
    double tau_v, tau_h; /* > 0 */
    double dt;           /* > 0; infinity is allowed for the adiabatic and the Gauss–Seidel steps */
    uhn_integrator integrator;
    bool enforce_limit;     /* Euler and RK4: cut dt to the stability limit where it is above */
    const double *input;    /* I, D numbers; NULL: 0 */
    size_t input_stride;    /* from one query's input to the next; 0: one for all */
    const uint8_t *clamped; /* D bytes, ≠ 0 where v keeps the query's number; NULL: nowhere */
    size_t clamped_stride;  /* from one query's to the next; 0: one for all */
    size_t steps;           /* ≥ 1 */
    double tolerance;       /* ≥ 0: at rest when |Δv| ≤ tolerance (1 + |v|) min(1, dt/τ_v), and likewise h */
    bool fast;              /* scores and projections by the float32 kernels, many queries at a time: adiabatic, dot or
                               sqeuclidean, a Lagrangian that has a separation of weights ≥ 0; else it is
                               UHN_ERROR_UNSUPPORTED */
    int threads;            /* 0: as many as OpenMP gives */
    uhn_flow_watch watch;   /* or NULL */
    void *watch_context;
} uhn_flow;

/* What became of one query. */
typedef struct uhn_flow_report {
    uhn_query_status status; /* UHN_QUERY_NONFINITE: a NaN in the query; UHN_QUERY_DOMAIN: the state left float64 */
    uhn_ending ending;
    size_t steps, period; /* period: 1 at rest, 0 at the limit */
    double residual;      /* |Δv| / min(1, dt/τ_v) of the last step */
    double energy;        /* of the last state; NaN where there is none (values of their own, P ≠ M) */
    size_t increases;     /* steps whose energy rose by more than `rounding` */
    double largest_increase;
    double rounding;          /* the largest of the bounds on the rounding errors of an energy difference */
    double effective_support; /* (Σ|f|)²/Σf² */
    size_t nearest;           /* memory with the highest S */
    double nearest_score, margin;
    double dt;              /* the step that was taken */
    double stability_limit; /* of Euler and RK4, the smallest that was computed; infinity for the others */
} uhn_flow_report;

/* dot, quadratic, log-sum-exp:beta=1, leak, τ = 1, dt = 1, adiabatic, limit enforced, 100 steps, tolerance 1e-9. */
UHN_API void uhn_flow_default(uhn_flow *flow);

/* Chooses by text; a similarity also sets the leak to its default. UHN_ERROR_NAME, UHN_ERROR_RANGE */
UHN_API uhn_status uhn_choose_additive(uhn_flow *flow, const char *text);
UHN_API uhn_status uhn_choose_lagrangian(uhn_flow *flow, uhn_layer layer, const char *text);
UHN_API uhn_status uhn_choose_integrator(uhn_flow *flow, const char *text);

/* Is it proven that no step raises the energy, whatever dt (docs/dynamics.md, section 4)? */
UHN_API bool uhn_flow_is_guaranteed(const uhn_memory *memory, const uhn_flow *flow);

/* Lets each query flow: v starts as the query, h as S(g(v)).
 *   queries, query_stride   count × D
 *   states, state_stride    count × D, v at the end; the pattern that it shows is ∇L_v(v). NaN without an answer
 *   energies                count × (steps + 1): at the start and after each step, NaN past the end; or NULL
 *   reports                 count, or NULL
 * UHN_ERROR_ARGUMENT, UHN_ERROR_SHAPE (O ≠ D), UHN_ERROR_RANGE, UHN_ERROR_UNSUPPORTED, UHN_ERROR_NONFINITE (input),
 * UHN_ERROR_OUT_OF_MEMORY, UHN_ERROR_STOPPED */
UHN_API uhn_status uhn_flow_run(const uhn_memory *memory, const float *queries, size_t count, size_t query_stride,
                                const uhn_flow *flow, double *states, size_t state_stride, double *energies,
                                uhn_flow_report *reports);

/* ------------------------------------------------------------------------------------------------ energy */

/* One state, looked at. */
typedef struct uhn_flow_point {
    double energy;    /* E(v, h); with h = NULL the effective energy, E(v, S(g(v))) */
    double magnitude; /* Σ|term| of it, and what the rounding of g brings in: errors are at most 2^-52 (D + N + 64)
                         times that */
    double rate; /* dE/dt along the flow, −τ_v v̇ᵀH_v v̇ − τ_h ḣᵀH_h ḣ (without the second for h = NULL) */
    double limit; /* dt below which an explicit Euler step is stable here (Runge–Kutta: 1.3926 times that) */
} uhn_flow_point;

/* E and what belongs to it at v [D], h [N] or NULL; of the queries' inputs and clamps the first is used.
 * v_rate [D] and h_rate [N]: dv/dt, dh/dt; −τ v_rate and −τ h_rate are ∂E/∂g and ∂E/∂f. Or NULL.
 * UHN_ERROR_ARGUMENT, UHN_ERROR_SHAPE, UHN_ERROR_RANGE, UHN_ERROR_NONFINITE, UHN_ERROR_UNSUPPORTED (P ≠ M: there is no
 * energy), UHN_ERROR_OUT_OF_MEMORY */
UHN_API uhn_status uhn_flow_at(const uhn_memory *memory, const double *v, const double *h, const uhn_flow *flow,
                               uhn_flow_point *point, double *v_rate, double *h_rate);

/* The formula of the energy that z ← P · sep(sim(M, z)) never raises, or NULL: none is known for these options. */
UHN_API const char *uhn_energy_formula(const uhn_memory *memory, const uhn_options *options);

/* That energy of states [count × D]; NaN where a state has none. UHN_ERROR_UNSUPPORTED: there is no formula. Else as
 * uhn_scores(). */
UHN_API uhn_status uhn_energy(const uhn_memory *memory, const float *states, size_t count, size_t stride,
                              const uhn_options *options, double *energies);

/* uhn_recall() with the energy of each step: energies [count × (steps + 1)], the queries' first, NaN past the end of
 * each. The watch of the options is called as usual. Errors of both. */
UHN_API uhn_status uhn_recall_energies(const uhn_memory *memory, const float *queries, size_t count,
                                       size_t query_stride, const uhn_options *options, float *out, size_t out_stride,
                                       uhn_report *reports, double *energies);

/* ∂S/∂q of the similarity in the options for memory `index` at the query [D]: gradient [D]. Where the score has a kink
 * one of its slopes, 0 where the query equals the memory. Only `observed` and the similarity matter.
 * UHN_ERROR_UNSUPPORTED (hamming and table are steps; the likelihoods; the caller's own), UHN_ERROR_ARGUMENT,
 * UHN_ERROR_DOMAIN, UHN_ERROR_NONFINITE, UHN_ERROR_OUT_OF_MEMORY */
UHN_API uhn_status uhn_score_gradient(const uhn_memory *memory, size_t index, const float *query,
                                      const uhn_options *options, double *gradient);

/* ------------------------------------------------------------------------------------------------ basins */

/* How random starts are drawn, coordinate by coordinate. */
typedef enum uhn_start_law {
    UHN_STARTS_BOX,      /* uniform between the smallest and the largest number of the memories there */
    UHN_STARTS_GAUSSIAN, /* normal with the mean and the standard deviation of the memories there */
    UHN_STARTS_COUNT
} uhn_start_law;

/* starts: count × D, packed. Start i depends on the seed and on i alone.
 * UHN_ERROR_ARGUMENT, UHN_ERROR_OUT_OF_MEMORY */
UHN_API uhn_status uhn_draw_starts(const uhn_memory *memory, uhn_start_law law, uint64_t seed, size_t count,
                                   float *starts);

/* Where a start ended. The attractor of memory μ is where the flow from the memory itself ends, if that is a
 * UHN_ENDING_FIXED_POINT with μ nearest; otherwise μ has none. Two patterns g and g′ count as one if
 * |g − g′| ≤ radius (1 + |g|). */
typedef enum uhn_fate {
    UHN_FATE_MEMORY,    /* UHN_ENDING_FIXED_POINT at the attractor of its nearest memory */
    UHN_FATE_SPURIOUS,  /* at rest elsewhere, effective support below N/2: a mixture, or a point beside the memories */
    UHN_FATE_DIFFUSE,   /* UHN_ENDING_DIFFUSE */
    UHN_FATE_CYCLE,     /* UHN_ENDING_CYCLE */
    UHN_FATE_LIMIT,     /* UHN_ENDING_LIMIT: more steps are needed to tell */
    UHN_FATE_UNDEFINED, /* without an answer; see the status */
    UHN_FATE_COUNT
} uhn_fate;
UHN_API const char *uhn_fate_text(uhn_fate fate); /* "memory", …; "unknown" for others. Static strings. */

/* A fixed point that was found and is no memory's attractor. Its state and report are those of `start`. */
typedef struct uhn_fixed_point {
    size_t start;  /* the first that ended there */
    size_t starts; /* how many did */
    bool stable;   /* the flow from its state, moved by radius (1 + |v|) in a random direction, came back to it */
} uhn_fixed_point;

/* What became of one start: `place` is the memory, or an index into the fixed points; else UHN_NO_INDEX. */
typedef struct uhn_home {
    uhn_fate fate;
    size_t place;
} uhn_home;

typedef struct uhn_basins {
    size_t count, memory_count;   /* starts, N */
    size_t fates[UHN_FATE_COUNT]; /* starts of each fate; their sum is count */
    size_t *memories;             /* [N] starts that ended in each memory */
    uhn_home *homes;              /* [count] */
    uhn_fixed_point *fixed_points;
    size_t fixed_point_count; /* those of fate spurious and diffuse, in the order in which they were found */
    double *states;           /* [count × D] v at the end */
    uhn_flow_report *reports; /* [count] */
} uhn_basins;

/* Lets all starts [count × D] flow, under the flow's watch, and then the memories that they ended at. `radius` > 0,
 * well above the flow's tolerance, say 1e-3. Free *basins with uhn_basins_free() after a success; on failure it is
 * empty. UHN_ERROR_UNSUPPORTED (clamped coordinates, or an input for each query: each start has attractors of its own
 * then); else as uhn_flow_run(). */
UHN_API uhn_status uhn_basins_find(const uhn_memory *memory, const float *starts, size_t count, size_t stride,
                                   const uhn_flow *flow, double radius, uhn_basins *basins);
UHN_API void uhn_basins_free(uhn_basins *basins); /* NULL is allowed */

/* ------------------------------------------------------------------------------------------------ landscapes */

/* The line through two memories or the plane through three, with an orthonormal basis by Gram–Schmidt: the first memory
 * is the origin, the second lies on the first axis at a positive place, the third above that axis. */
typedef struct uhn_slice {
    size_t axes, dim;    /* 1 or 2, D */
    double *origin;      /* [D] */
    double *basis;       /* [axes × D] */
    double places[3][2]; /* of the memories */
} uhn_slice;

/* count: 2 or 3. Free *slice after a success. UHN_ERROR_ARGUMENT (no such memory; two are equal, or three on a line, up
 * to 1e-6 of their distance), UHN_ERROR_OUT_OF_MEMORY */
UHN_API uhn_status uhn_slice_through(const uhn_memory *memory, const size_t *indices, size_t count, uhn_slice *slice);
UHN_API void uhn_slice_free(uhn_slice *slice); /* NULL is allowed */

/* pattern [D] at a place of the slice; and the place below a pattern, with its distance from the slice. */
UHN_API void uhn_slice_point(const uhn_slice *slice, const double place[2], double *pattern);
UHN_API double uhn_slice_project(const uhn_slice *slice, const double *pattern, double place[2]);

/* The effective energy on a grid of size[0] × size[1] places, ends included: energies [size[1] × size[0]], the first
 * axis fastest. A place is a pattern g, looked at in the state v with ∇L_v(v) = g; NaN where there is none. On the edge
 * of what the layer can show (log-cosh: ±1) it is the limit. Where neurons mix (layer-norm: there is no inverse) a
 * place is the state v itself. A line has size[1] = 1. UHN_ERROR_ARGUMENT, UHN_ERROR_UNSUPPORTED (P ≠ M: there is no
 * energy); else as uhn_flow_at(). */
UHN_API uhn_status uhn_slice_energies(const uhn_memory *memory, const uhn_slice *slice, const uhn_flow *flow,
                                      const double low[2], const double high[2], const size_t size[2],
                                      double *energies);

/* A change between two inverse temperatures, high ≤ low (1 + precision) where it was found. low = 0: above the change
 * at every β that was tried, `high` being the smallest; high = infinity: below it at all, `low` being the largest. */
typedef struct uhn_transition {
    double low, high;
} uhn_transition;

/* The β above which the flows from memories a and b rest at different patterns (`radius` as above) and below which they
 * merge. The search starts at β = 4/|a − b|², where two memories alone merge (docs/dynamics.md, section 6), goes down
 * by halves while they are apart or up by doubles while they are together, 30 times at most, and then bisects. A flow
 * that has used up its steps counts as where it is: near the change it is slow, so let it have many.
 *   flow       its beta and its watch are not used
 *   precision  > 0
 * UHN_ERROR_UNSUPPORTED (a memory layer without beta; as uhn_basins_find()); else as uhn_flow_run(). */
UHN_API uhn_status uhn_merging_beta(const uhn_memory *memory, size_t a, size_t b, const uhn_flow *flow, double radius,
                                    double precision, uhn_transition *merging);

/* For each of the memories `indices` [count], or for all with NULL and count = N, the β above which it has an attractor
 * (as uhn_fate defines it). The search starts from the nearest other memory's distance. Errors likewise. */
UHN_API uhn_status uhn_attractor_betas(const uhn_memory *memory, const size_t *indices, size_t count,
                                       const uhn_flow *flow, double precision, uhn_transition *transitions);

#ifdef __cplusplus
}
#endif
#endif
