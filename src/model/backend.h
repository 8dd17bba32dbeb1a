/* backend.h - the contract between the engine and whatever does the wide work.
 * A backend is one const struct of whole-stage functions, complete or absent. It knows the plan
 * and the formulas, never HDF5, never another backend. The engine knows only this header.
 *
 *     open -> detect (tile after tile, in time order) -> collect -> close,   respond and sweep at
 *     any time */
#ifndef ST_MODEL_BACKEND_H
#define ST_MODEL_BACKEND_H

#include "core/context.h"
#include "model/plan.h"
#include "model/sweep.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where samples come from: st_trace_read's meaning and thread rule. */
typedef struct st_source {
    const void *state;
    st_status (*read)(const void *state, st_context *ctx, size_t first_rack, size_t racks,
                      int64_t first, size_t samples, float *out_w, size_t stride);
} st_source;

/* One tile: samples [first, first + samples) of all racks. Tiles follow each other without a gap;
 * all but the last have plan->tile_samples. */
typedef struct st_tile {
    int64_t first;
    size_t samples;
} st_tile;

/* What detect gives back of a tile; the engine owns the arrays. */
typedef struct st_tile_result {
    double *sum_w;   /* [samples], W: valid racks, offsets added back, fixed tree (below) */
    uint32_t *valid; /* [samples], count of valid racks */
    double *seen_w;  /* [samples], W: what the valid racks draw behind plan->rack_storage, as the
                      * site's storage sees it; untouched without such stages */
    float *features; /* [racks][frame_capacity][n_features], frames from first_frame on */
    size_t frame_capacity;
    int64_t first_frame; /* st_plan_frames_until(tile start) */
    size_t frames;       /* st_plan_frames_until(tile end) - first_frame */

    /* NULL, or told that the features of some racks are there, by several threads at once. */
    st_status (*on_racks)(st_context *ctx, void *user, const struct st_tile_result *result,
                          size_t first_rack, size_t racks);
    void *user;
} st_tile_result;
/* The tree: a leaf adds its (up to) 16 racks in order, each as (double)x + offset; then leaves are
 * added pairwise, neighbours first: level by level leaf[i] = leaf[2i] + leaf[2i+1], an odd last
 * one is carried up unchanged. A leaf of seen_w folds 16 draws by halves (8, 4, 2, 1), an invalid or
 * missing rack as 0. */

/* What is left of the whole record, per rack; the engine owns the arrays, all zeroed before. */
typedef struct st_rack_sums {
    double *power_fast; /* [racks][n/2 + 1]: sum over used frames of |X_k|^2, W^2 */
    double *power_slow; /* [racks][n_slow/2 + 1] */
    int64_t *frames_used, *frames_flagged, *frames_dropped; /* [racks], fast frames; flagged are
                             * among the used */
    int64_t *slow_used;                                     /* [racks] */
    int64_t *valid;                                         /* [racks], valid samples */
    double *mean_w;                                         /* [racks], of x - offset */
    double *m2_w2;         /* [racks], sum of squares about the mean */
    double *min_w, *max_w; /* [racks], of x - offset */
    double *ramp_w;        /* [racks][ST_RAMP_WINDOWS][2]: largest rise and fall, >= 0; NaN where no
                             * valid pair exists */
    double *step_w;        /* [racks], smallest non-zero |x[n] - x[n-1]|; 0 when there is none */

    /* behind plan->rack_storage; untouched without it */
    st_rack_duty *duty;                /* [stages][racks] */
    double *cycle_count, *cycle_depth; /* [stages][racks][ST_DEPTH_BINS], as st_rainflow's after
                                          * its finish */
} st_rack_sums;

/* Levels are accumulated hop by hop (n/2 samples of the fast frame, counted from sample 0): count,
 * mean and M2 of a hop in float64 by lanes.h about the hop's first valid sample, then merged in
 * order by Chan's formula (formula/levels.h). */

/* Convolution of `rows` series with one impulse response, float32, by overlap-save. */
typedef struct st_convolution {
    const double *h; /* [taps], h[n] = value x dt, dimensionless */
    size_t taps;
    size_t rows;
    const float *x; /* row r at x + r * x_stride: [taps - 1 + n], the past first */
    size_t x_stride;
    size_t n;
    float *y; /* row r at y + r * y_stride: [n] */
    size_t y_stride;
} st_convolution;

typedef struct st_exec st_exec; /* an opened backend; private to it */

typedef struct st_backend {
    const char *name;
    /* ST_OK and a description of the device, or ST_NO_DEVICE and why it is missing. */
    st_status (*probe)(char *text, size_t size);
    st_status (*open)(st_context *ctx, const st_plan *plan, st_exec **exec);
    st_status (*detect)(st_context *ctx, st_exec *exec, const st_source *source,
                        const st_tile *tile, st_tile_result *result);
    st_status (*collect)(st_context *ctx, st_exec *exec, st_rack_sums *sums);
    st_status (*respond)(st_context *ctx, st_exec *exec, const st_convolution *convolution);
    /* worst: [n_candidates][n_statistics], per unit (SHARE: 1, AMPLITUDE: mean square); NaN where
     * the record gives none. */
    st_status (*sweep)(st_context *ctx, st_exec *exec, const st_sweep *sweep, double *worst);
    void (*close)(st_exec *exec); /* accepts NULL */
} st_backend;

extern const st_backend st_backend_cpu;
extern const st_backend st_backend_cuda;

#ifdef __cplusplus
}
#endif
#endif
