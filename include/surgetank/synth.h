/* synth.h - traces of racks that train together, made from a seed.
 * Stands before the sentence: what `read` reads. No public millisecond recording of a large
 * cluster exists, so this is how a new user gets a site-sized one. */
#ifndef SURGETANK_SYNTH_H
#define SURGETANK_SYNTH_H

#include <stdint.h>

#include "surgetank/settings.h"
#include "surgetank/site.h"
#include "surgetank/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum st_rhythm {
    ST_RHYTHM_TRAINING, /* compute (forward, backward), communicate, again */
    ST_RHYTHM_SINE,     /* one sine per iteration between the communicate and backward levels */
    ST_RHYTHM_FLAT      /* constant at the backward level */
} st_rhythm;

/* Everything that decides the bytes. Levels and heights are shares of the rack's rating. The table
 * in src/synth/knobs.c has unit, range, default and words of each knob. */
typedef struct st_synth {
    size_t racks;        /* recorded racks, >= 1; may be fewer than the site has */
    int64_t duration_ns; /* > 0; whole samples after rounding */
    double rate_hz;      /* the period is rounded to whole ns */
    uint64_t seed;
    int64_t start_ns; /* ns UTC since 1970 of sample 0 */
    int64_t threads;  /* 0 = as many as OpenMP wants; never changes a byte */

    /* knobs, by the names of the table */
    double rack_rating_w;
    st_rhythm rhythm;
    double period_s, period_jitter;
    double compute_share, forward_share;
    double forward_level, backward_level, communicate_level, idle_level;
    double edge_s;
    double overshoot, overshoot_s;
    int64_t micro_batches;
    double ripple;
    double checkpoint_every_s, checkpoint_s, checkpoint_level;
    double job_start_s, job_stop_s;
    double level_spread, level_jitter;
    double phase_spread_s, phase_jitter_s;
    double noise, step_w, missing_share;
    int64_t events;
    int64_t spikes, dips, steps, oscillations, gaps, faults;
    double event_edge_s, spike_level, step_share;
    double oscillation_hz, oscillation_level, oscillation_s;
    double fault_s, fault_level, recover_s;
    st_codec codec;
    double scale_w;
} st_synth;

/* One minute of 64 racks at 1 kHz, seed 1. `site` gives the rating of a rack, nominal / racks, and
 * is not kept; NULL: 120 kW. */
ST_API void st_synth_default(st_synth *what, const st_site *site);

/* `assignment` is "knob=value"; ST_ARGUMENT names the knob, the value and what is allowed. */
ST_API st_status st_synth_set(st_context *ctx, st_synth *what, const char *assignment);
/* Rows of the knob table, for `--help` and the documentation. */
ST_API size_t st_synth_count(void);
ST_API void st_synth_describe(const st_synth *what, size_t index, st_knob_info *info);
/* ST_ARGUMENT for anything out of range: racks, duration, rate, a knob. */
ST_API st_status st_synth_check(st_context *ctx, const st_synth *what);

/* The uniform grid it makes. */
ST_API int64_t st_synth_period_ns(const st_synth *what);
ST_API int64_t st_synth_samples(const st_synth *what);

/* Power of racks [first_rack, first_rack + racks) at samples [first_sample, first_sample + samples),
 * W, NaN where missing: out_w[r * stride + i]. Any slice equals the same part of the whole, bit for
 * bit. `what` has passed st_synth_check. Pure: no allocation, serial, safe from several threads. */
ST_API void st_synth_fill(const st_synth *what, size_t first_rack, size_t racks,
                          int64_t first_sample, size_t samples, float *out_w, size_t stride);

/* Writes the trace, with the planted events in /truth/events. `history`: the command line, or NULL.
 * ST_ARGUMENT, ST_MEMORY, ST_OUTPUT, ST_INTERRUPTED; on failure nothing is left at `path`. */
ST_API st_status st_synth_run(st_context *ctx, const st_synth *what, const char *path,
                              const char *history);

/* One event that was put in; times relative to 1970, half height to half height. */
typedef struct st_planted {
    int64_t rack;             /* -1 = all racks */
    uint8_t kind;             /* st_event_kind of summary.h */
    int64_t start_ns, end_ns; /* equal for steps */
    double amplitude_w;       /* of one rack, negative for dip and step_down; NaN for gaps */
    double frequency_hz;      /* NaN unless an oscillation */
} st_planted;
enum { ST_PLANTED_MAX = 1024 };
/* Fills `list` in the order of (start, rack) and returns how many: what the knobs ask for, or fewer
 * where the recording is too short or too small to keep events apart (a minute takes the default). */
ST_API size_t st_synth_truth(const st_synth *what, st_planted list[ST_PLANTED_MAX]);

#ifdef __cplusplus
}
#endif
#endif
