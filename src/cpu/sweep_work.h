/* sweep_work.h - what a thread holds of the group of candidates that it carries through the load.
 * Between sweep.c, which allocates and reads, and the loops that fill it. */
#ifndef ST_CPU_SWEEP_WORK_H
#define ST_CPU_SWEEP_WORK_H

#include "model/sweep_state.h"

enum { SWEEP_LANES = ST_SWEEP_LANES, SWEEP_READ = 16384, SWEEP_ORDER = 16 };

/* A stage behind the candidates; power is W per unit, energy in such units x s. */
typedef struct sweep_behind {
    double held[SWEEP_LANES]; /* what it sees: the newest valid sample */
    double load[SWEEP_LANES], low_behind[SWEEP_LANES], target[SWEEP_LANES];
    double command[SWEEP_LANES], power_behind[SWEEP_LANES], stored[SWEEP_LANES];
    double first[SWEEP_LANES], sum[SWEEP_LANES]; /* of the samples that it primes on: the first one,
                                                  * and their sum above it */
    int64_t primed;                              /* how many they are */
    double *late;                                /* [delay][lanes], commands on their way */
    int64_t late_at;
} sweep_behind;

typedef struct sweep_filter {
    double state[SWEEP_ORDER][2][SWEEP_LANES];
    double first[SWEEP_LANES], held[SWEEP_LANES];
    bool started;
} sweep_filter;

typedef struct sweep_work {
    const st_sweep *sweep; /* borrowed */
    size_t group;
    int64_t at; /* sample at the start of the block */

    float *load, *excess;                   /* [SWEEP_READ] */
    float *signal;                          /* [n_channels][ST_SWEEP_BLOCK][lanes] */
    double *wide;                           /* [ST_SWEEP_BLOCK][lanes] */
    float limit[SWEEP_LANES];               /* of power */
    float b0[SWEEP_LANES], b1[SWEEP_LANES]; /* of the response */
    double floor[SWEEP_LANES], ceiling[SWEEP_LANES];
    float command[SWEEP_LANES], lagged[SWEEP_LANES]; /* of the sample before */
    double stored[SWEEP_LANES];
    float *late; /* [delay][lanes], commands on their way; with recovery only */
    int64_t late_at;

    sweep_behind *behind;  /* [n_behind] */
    sweep_filter *filter;  /* [n_channels] */
    float **ring;          /* [n_channels], [ring_size][lanes] of the newest samples, or NULL */
    int64_t *ring_size;    /* [n_channels], a multiple of the block */
    st_sweep_state *state; /* [n_statistics] */
    double **weight;       /* [n_statistics], AMPLITUDE: [SWEEP_READ], else NULL */
    size_t read_at;        /* of the block, in what has been read */
} sweep_work;

#endif
