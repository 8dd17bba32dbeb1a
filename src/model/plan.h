/* plan.h - sizes, tables and bytes of a run, computed before anything large is allocated.
 * Made by the engine from trace, settings and site; read by every backend. Immutable. */
#ifndef ST_MODEL_PLAN_H
#define ST_MODEL_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "formula/fft.h"
#include "formula/fir.h"
#include "model/rack_storage.h"
#include "surgetank/settings.h"
#include "surgetank/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    ST_GROUP_RACKS = 64,    /* racks are cut into groups of 64 ... */
    ST_LEAF_RACKS = 16,     /* ... and sums are taken over leaves of 16, then by a fixed tree */
    ST_BLOCK_FRAMES = 1024, /* float32 partial sums hold at most this many frames */
    ST_RAMP_WINDOWS = 5     /* 1 ms, 10 ms, 100 ms, 1 s, 5 s */
};

/* Spectra of one kind: frames of n samples at rate_hz, hop n/2. */
typedef struct st_frames {
    int n;
    int hop;
    double rate_hz;
    double df_hz;
    double density;        /* |X|^2 x density = one-sided PSD, W^2/Hz: 2 / (rate sum w^2); DC and
                             * Nyquist take half of it */
    double window_sum;     /* sum of w */
    int64_t frames;        /* complete frames in the record; 0 when it is too short */
    const float *window;   /* [n] */
    const st_c32 *twiddle; /* [n] */
} st_frames;

/* Where a band is measured. */
typedef enum st_band_source { ST_BAND_UNRESOLVED, ST_BAND_SLOW, ST_BAND_FAST } st_band_source;

typedef struct st_plan {
    /* the record */
    size_t racks, leaves;
    int64_t samples, period_ns, start_ns;
    double rate_hz;
    const double *offset_w; /* [racks], borrowed from the trace */
    double step_w;          /* storage step of the trace, 0 = take it from the samples */

    /* detect: frames at the full rate, and after decimation */
    st_frames fast, slow;
    int decimation;       /* D, power of two >= 1 */
    st_fir fir;           /* what stands before the decimation */
    int64_t slow_samples; /* outputs with the whole FIR inside the record: output m covers
                                 * inputs [m D, m D + fir.taps) */

    size_t n_bands;
    st_band bands[ST_MAX_BANDS]; /* high cut at Nyquist */
    st_band_source band_source[ST_MAX_BANDS];

    /* frame features: bands that a fast frame resolves, in order */
    size_t n_feature_bands, n_features; /* n_features = ST_FEATURE_BANDS + n_feature_bands */
    int feature_band[ST_MAX_BANDS];     /* index into bands */
    const float *feature_weight; /* [n_feature_bands][n/2 + 1]: |X_k|^2 -> mean square, W^2 */

    int64_t ramp_lag[ST_RAMP_WINDOWS]; /* samples; 0 = not computed (L < 1 or L >= samples) */
    double ramp_window_s[ST_RAMP_WINDOWS];

    /* streaming: tiles of all racks, and what must be kept of the past */
    int64_t tile_samples;   /* multiple of 2 fast hops */
    size_t history_samples; /* samples before a tile that a backend keeps: >= the largest ramp
                                 * lag, a pair of frames, the FIR and its look-ahead */
    size_t unit_racks;      /* racks a thread carries at a time: a leaf's, or a few leaves' */
    int threads;

    /* storage between the racks and their sum; borrowed, NULL = there is none */
    const st_rack_storage *rack_storage;

    /* narrow data: spectra of load and draw, float64 */
    int site_frame;      /* largest power of two <= min(65,536, samples/4), at least 256 */
    int64_t site_frames; /* 0 when the record is shorter */

    size_t host_bytes; /* what the tables above take */
    st_arena tables;   /* owns them */
} st_plan;

st_status st_plan_create(st_context *ctx, const st_trace_info *trace, const st_settings *settings,
                         st_plan **plan);
/* Accepts NULL. */
void st_plan_destroy(st_plan *plan);

/* Fast frames that are emitted once the record is known up to sample `end`: whole pairs (2k, 2k+1),
 * or all that are complete when `end` is the end of the record. */
int64_t st_plan_frames_until(const st_plan *plan, int64_t end);

/* Outputs of the decimator that are known then; an output waits until fir.taps/10 samples beyond its
 * window are known (it may need them to fill a gap) or the record has ended. */
int64_t st_plan_slow_until(const st_plan *plan, int64_t end);

/* Slow frames that are complete once `slow_end` decimated samples are known; whole pairs, or all
 * when slow_end is slow_samples. */
int64_t st_plan_slow_frames_until(const st_plan *plan, int64_t slow_end);

/* What is due in a tile: the same for every rack. Frames and outputs are half-open ranges. */
typedef struct st_due {
    int64_t first, end; /* samples of the tile */
    int64_t row_first;  /* sample at the start of a row; negative before the record */
    int64_t frame_first, frame_end;
    int64_t slow_first, slow_end;
    int64_t slow_frame_first, slow_frame_end;
} st_due;

/* Of the tile [first, first + samples). */
st_due st_plan_due(const st_plan *plan, int64_t first, size_t samples);

#ifdef __cplusplus
}
#endif
#endif
