/* sweep.h - the contract of the sweep: many batteries against one load, and on the draw behind each
 * of them the numbers that the rules ask for.
 * Between the engine, which knows sites and rules, and whoever carries thousands of candidates
 * through the load at once, who knows neither. Powers are per unit of a base, relative to a level
 * of the load; energies are per-unit power x s. Arithmetic: formula/sweep.h. */
#ifndef ST_MODEL_SWEEP_H
#define ST_MODEL_SWEEP_H

#include "core/scratch.h"
#include "formula/storage.h"
#include "formula/sweep.h"
#include "surgetank/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    ST_SWEEP_LANES = 16, /* candidates side by side: a group */
    ST_SWEEP_BLOCK = 256 /* samples carried at a time */
};

/* One battery, beginning with an empty account: `stored` is energy since the start. */
typedef struct st_sweep_candidate {
    size_t control;        /* whose excess it follows */
    float power;           /* limit of charge and discharge, >= 0; FLT_MAX = none */
    float b0, b1;          /* lag of the response, formula/storage.h */
    double floor, ceiling; /* `stored` stays in [floor, ceiling]; infinite = no limit */
} st_sweep_candidate;

/* A stage behind the candidates, the same for all of them, in float64. Its level is the mean of the
 * valid samples before `prime_end` of what it sees, which depends on the candidate. */
typedef struct st_sweep_stage {
    st_storage storage; /* per unit */
    int64_t delay;      /* samples */
    int64_t prime_end;
} st_sweep_stage;

/* What statistics look at: channel 0 is the draw, the others are band-passed channels before
 * them. A filter runs in float64 on x - x[0] from rest, x[0] being the first valid sample; an
 * invalid sample is seen as the last valid one. */
typedef struct st_sweep_channel {
    size_t input;
    int order;                  /* sections; 0 for channel 0 */
    const double (*section)[5]; /* [order], b0 b1 b2 a1 a2 */
} st_sweep_channel;

typedef enum st_sweep_kind {
    ST_SWEEP_LEVEL,      /* max */
    ST_SWEEP_RANGE,      /* largest max - min of `points` samples */
    ST_SWEEP_CHANGE,     /* largest x[n] - x[n - points], directed */
    ST_SWEEP_PERCENTILE, /* of |differences| of means of `points` samples */
    ST_SWEEP_AMPLITUDE,  /* largest mean square of `points` samples */
    ST_SWEEP_LINE,       /* largest line of frames of `points` samples, bins low..high */
    ST_SWEEP_SHARE,      /* share of the mean spectrum of such frames */
    ST_SWEEP_TRIP,       /* 1 if the least of `points` samples ever falls below half of the least of
                          * the `low` such blocks that end one block before it, else 0: without that,
                          * the recovery of assess meets no trip */
    ST_SWEEP_KINDS
} st_sweep_kind;

/* Definitions are those of assess; this is what is left of them once the record is known. */
typedef struct st_sweep_statistic {
    st_sweep_kind kind;
    size_t channel;
    int64_t points;
    st_direction direction; /* CHANGE */
    double percentile;      /* PERCENTILE, 0..100 */
    int low, high;          /* LINE: bins looked at; TRIP: low = blocks of the history */
    double low_hz, high_hz; /* SHARE */
    double df_hz;           /* SHARE */
    st_share_form form;     /* SHARE */
    double level;           /* SHARE, TRIP: what the load is relative to, per unit */
    uint64_t weight_offset; /* AMPLITUDE: row of [samples] float64 in the scratch file: 1 / valid
                             * samples of the window that ends there, 0 = it is not judged */
} st_sweep_statistic;

/* For what no lane computes: sees the draws themselves. One `open` per group, then blocks in
 * order, then `close`; groups run at the same time. */
typedef struct st_sweep_watcher {
    void *user;
    st_status (*open)(void *user, st_context *ctx, size_t group, void **watch);
    /* draw: [n][ST_SWEEP_LANES], NaN = invalid. */
    void (*feed)(void *watch, const float *draw, size_t n);
    /* Accepts NULL. failed: the values are not wanted. */
    void (*close)(void *watch, bool failed);
} st_sweep_watcher;

typedef struct st_sweep {
    /* Rows of [samples] float32 in the scratch file. */
    const st_scratch *scratch;
    uint64_t load_offset;          /* what the batteries see, per unit, relative to the level; NaN =
                                    * invalid */
    const uint64_t *excess_offset; /* [controls], load - target; never NaN */
    int64_t samples;
    double dt_s;
    int64_t delay; /* Td, samples */
    st_sweep_share share;
    size_t n_behind;
    const st_sweep_stage *behind; /* [n_behind], in series behind every candidate */
    size_t n_candidates;          /* a multiple of the lanes; a group has one control */
    const st_sweep_candidate *candidate;
    size_t n_channels;
    const st_sweep_channel *channel;
    size_t n_statistics;
    const st_sweep_statistic *statistic;
    const st_sweep_watcher *watcher; /* NULL = none */
    int threads;                     /* >= 1; never changes a bit */
    size_t before, all;              /* candidates, for the progress: done, and in the whole run */
} st_sweep;

#ifdef __cplusplus
}
#endif
#endif
