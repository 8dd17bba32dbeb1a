/* sweep_work.h - what a thread holds of the group of candidates that it carries through the load.
 * Between sweep.c, which allocates and reads, and the loops that fill it. */
#ifndef ST_CPU_SWEEP_WORK_H
#define ST_CPU_SWEEP_WORK_H

#include "formula/fft.h"
#include "model/sweep.h"

enum { SWEEP_LANES = ST_SWEEP_LANES, SWEEP_READ = 16384, SWEEP_ORDER = 16 };

/* Tables of a frame length, shared by all threads. */
typedef struct sweep_tables {
    float *window; /* [n], periodic Hann */
    st_c32 *half;  /* [n/2], exp(-2 pi i k / (n/2)) */
    st_c32 *whole; /* [n/2 + 1], exp(-2 pi i k / n) */
} sweep_tables;

/* One statistic under way, for all lanes. Which arrays there are depends on the kind. */
typedef struct sweep_state {
    const st_sweep_statistic *asked;
    const sweep_tables *tables;
    int64_t points;         /* of a window, block or frame: those asked for */
    int64_t at;             /* samples seen */
    int64_t filled;         /* of the chunk, block or frame */
    int64_t counted;        /* valid samples of it */
    int64_t before_counted; /* and of the block before */
    int64_t rows;           /* PERCENTILE: steps kept; SHARE: frames added; TRIP: blocks seen */
    float *a, *b;           /* RANGE: [points + 1][lanes]; frames: [points][lanes]; TRIP: a is a
                             * ring of the least of blocks, [low + 1][lanes] */
    float *c;               /* PERCENTILE: [blocks][lanes]; frames: [points + 1][lanes] */
    double *sums;           /* AMPLITUDE: [points + 1][lanes]; SHARE: [points/2 + 1][lanes] */
    int64_t *counts;        /* AMPLITUDE: [points + 1] */
    float high[SWEEP_LANES], low[SWEEP_LANES], worst_range[SWEEP_LANES];
    double total[SWEEP_LANES], before[SWEEP_LANES], worst[SWEEP_LANES];
} sweep_state;

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
    float *power;                           /* [ST_SWEEP_BLOCK][lanes] */
    double *wide;                           /* [ST_SWEEP_BLOCK][lanes] */
    float limit[SWEEP_LANES];               /* of power */
    float b0[SWEEP_LANES], b1[SWEEP_LANES]; /* of the response */
    double floor[SWEEP_LANES], ceiling[SWEEP_LANES];
    float command[SWEEP_LANES], lagged[SWEEP_LANES]; /* of the sample before */
    double stored[SWEEP_LANES];
    float *late; /* [delay][lanes], commands on their way; with recovery only */
    int64_t late_at;

    sweep_filter *filter; /* [n_channels] */
    float **ring;         /* [n_channels], [ring_size][lanes] of the newest samples, or NULL */
    int64_t *ring_size;   /* [n_channels], a multiple of the block */
    sweep_state *state;   /* [n_statistics] */
} sweep_work;

/* Whether the frames of a statistic are transformed. */
static inline bool sweep_has_frames(st_sweep_kind kind)
{
    return kind == ST_SWEEP_LINE || kind == ST_SWEEP_SHARE;
}

#endif
