/* sweep_state.h - what a backend holds of one statistic for a group of candidates, how much room that
 * takes, and how it ends. The loops over samples are the backend's own; definitions, tables and the
 * last step are here, once. */
#ifndef ST_MODEL_SWEEP_STATE_H
#define ST_MODEL_SWEEP_STATE_H

#include "core/memory.h"
#include "formula/fft.h"
#include "model/sweep.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Tables of a frame length; NULL for statistics without frames. */
typedef struct st_sweep_tables {
    float *window; /* [n], periodic Hann */
    st_c32 *half;  /* [n/2], exp(-2 pi i k / (n/2)) */
    st_c32 *whole; /* [n/2 + 1], exp(-2 pi i k / n) */
} st_sweep_tables;

/* One statistic under way, for all lanes. Which arrays there are depends on the kind. */
typedef struct st_sweep_state {
    const st_sweep_statistic *asked;
    const st_sweep_tables *tables;
    int64_t points;         /* of a window, block or frame: those asked for */
    int64_t at;             /* samples seen */
    int64_t filled;         /* of the chunk, block or frame */
    int64_t counted;        /* PERCENTILE: valid samples of the block; frames: invalid ones of the
                             * newer half */
    int64_t before_counted; /* of the block before; of the older half */
    int64_t rows;           /* PERCENTILE: steps kept; SHARE: frames added; TRIP: blocks seen */
    float *a, *b;           /* RANGE: [points + 1][lanes]; frames: [points][lanes]; TRIP: a is a
                             * ring of the least of blocks, [low + 1][lanes] */
    float *c;               /* PERCENTILE: [blocks][lanes]; frames: [points + 1][lanes] */
    double *sums;           /* AMPLITUDE: [points + 1][lanes]; SHARE: [points/2 + 1][lanes] */
    float high[ST_SWEEP_LANES], low[ST_SWEEP_LANES], worst_range[ST_SWEEP_LANES];
    double total[ST_SWEEP_LANES], before[ST_SWEEP_LANES], worst[ST_SWEEP_LANES];
} st_sweep_state;

/* Its arrays, in rows of lanes. */
typedef struct st_sweep_rows {
    size_t a, b, c; /* rows of floats */
    size_t sums;    /* rows of doubles */
} st_sweep_rows;

st_sweep_rows st_sweep_rows_of(const st_sweep *sweep, const st_sweep_statistic *asked);

/* Rows of the newest samples of a channel that CHANGE looks back on, a multiple of the block; 0 =
 * it does not. */
size_t st_sweep_ring_rows(const st_sweep *sweep, size_t channel);

/* Whether the frames of a statistic are transformed. */
static inline bool st_sweep_has_frames(st_sweep_kind kind)
{
    return kind == ST_SWEEP_LINE || kind == ST_SWEEP_SHARE;
}

/* The tables of all statistics, out of an arena with so much room. */
size_t st_sweep_tables_bytes(const st_sweep *sweep);
st_status st_sweep_tables_make(st_context *ctx, const st_sweep *sweep, st_arena *arena,
                               st_sweep_tables **tables);

/* Before the first sample: keeps what is asked, the tables and the arrays. */
void st_sweep_state_start(const st_sweep *sweep, st_sweep_state *state);
/* TRIP: a block has ended. */
void st_sweep_close_block(st_sweep_state *state);
/* LINE: the amplitude of a line out of the powers of bins k - 1, k, k + 1 of a frame, k being the
 * first that has its largest one. */
double st_sweep_line(int64_t points, const float power[3], int k);
/* worst: [lanes][n]. Consumes the states [n] of a group. */
void st_sweep_finish(st_sweep_state *state, size_t n, double *worst);

#ifdef __cplusplus
}
#endif
#endif
