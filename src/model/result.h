/* result.h - everything a run finds, as columns; what `write` puts into the summary.
 * Every array belongs to the result's owner (the engine); the schema table in src/io/schema.c
 * names path, shape, unit and words of each. A NULL array means: not computed, not written. Columns
 * that grow with the record, and that nobody reads again before they are written, are kept in the
 * scratch file. */
#ifndef ST_MODEL_RESULT_H
#define ST_MODEL_RESULT_H

#include <stdint.h>

#include "core/scratch.h"
#include "surgetank/summary.h"

/* "None" in a column of times. */
#define ST_NO_TIME_NS INT64_MIN

/* The axes that columns may have; sizes are in st_result.size[]. */
typedef enum st_axis {
    ST_AXIS_NONE, /* ends a shape */
    ST_AXIS_RACK,
    ST_AXIS_FREQ,      /* rack spectra, N/2 + 1 */
    ST_AXIS_FREQ_SLOW, /* the same after decimation */
    ST_AXIS_BAND,
    ST_AXIS_WINDOW, /* ramp windows */
    ST_AXIS_UPDOWN, /* 2 */
    ST_AXIS_EVENT,
    ST_AXIS_FREQ_SITE,   /* spectra of load and draw */
    ST_AXIS_SPAN,        /* columns of the spectrogram, at most 1,024 */
    ST_AXIS_BUCKET,      /* envelope buckets, at most 8,192 */
    ST_AXIS_BUCKET_FINE, /* 16 x finer overview, at most 131,072 */
    ST_AXIS_STAGE,
    ST_AXIS_DEPTH,   /* 100 rainflow bins */
    ST_AXIS_VERDICT, /* rule x point */
    ST_AXIS_CANDIDATE,
    ST_AXIS_RESPONSE,
    ST_AXIS_ONE, /* scalars are written as 1-element datasets */
    ST_AXES
} st_axis;

typedef struct st_rack_columns {
    const char *const *name;                                /* [rack] */
    double *mean_w, *min_w, *max_w, *std_w, *energy_j;      /* [rack] */
    double *load_factor;                                    /* [rack] */
    int64_t *valid_samples, *invalid_samples;               /* [rack] */
    float *psd;                                             /* [rack, freq], W^2/Hz */
    double *frequency_hz;                                   /* [freq] */
    int64_t *frames_used, *frames_flagged, *frames_dropped; /* [rack] */
    float *psd_slow;                                        /* [rack, freq_slow], W^2/Hz */
    double *frequency_slow_hz;                              /* [freq_slow] */
    double *band_rms_w;                                     /* [rack, band], NaN = not resolved */
    double *ramp_max_w;                                     /* [rack, window, {up, down}], >= 0 */
    double *ramp_window_s;                                  /* [window] */
    double *dominant_frequency_hz, *dominant_amplitude_w;   /* [rack], NaN = none */
} st_rack_columns;

typedef struct st_band_columns {
    const char *const *name;  /* [band] */
    double *low_hz, *high_hz; /* [band] */
    double *kappa;            /* [band] */
    double *rho, *rho_noise;  /* [band], correlation of two racks; NaN where not measured */
    double *gain;             /* [band], of the swing, from the recording to the site */
    uint8_t *upper_bound;     /* [band], 1 where a measured gain would be */
} st_band_columns;

typedef struct st_event_columns {
    int64_t *rack; /* [event], -1 = the site load */
    uint8_t *kind; /* [event], st_event_kind */
    int64_t *start_ns, *end_ns, *peak_ns;
    double *baseline_w, *amplitude_w, *energy_j, *rise_s, *slope_w_per_s, *frequency_hz, *score;
    int64_t *racks_in_step;
} st_event_columns;

/* Load or draw. */
typedef struct st_point_columns {
    double *frequency_hz, *psd; /* [freq_site], W^2/Hz */
    st_kept spectrogram;        /* [span, freq_site], float32, W^2/Hz */
    double *spectrogram_time_s; /* [span], middle, s after the start */
    double *band_rms_w;         /* [band] */
    double *dominant_frequency_hz, *dominant_amplitude_w, *iteration_period_s;   /* [1] */
    double *envelope_min_w, *envelope_mean_w, *envelope_max_w, *envelope_time_s; /* [bucket] */
    st_kept overview_min_w, overview_mean_w, overview_max_w, overview_time_s;    /* [bucket_fine] */
} st_point_columns;

typedef struct st_battery_columns {
    const char *const *stage; /* [stage] */
    double *soc_min, *soc_mean, *soc_max, *power_min_w, *power_mean_w, *power_max_w;
    double *prime_w, *clip_power_s, *clip_energy_s;
    double *equivalent_full_cycles, *throughput_j, *loss_j;
    double *rainflow_depth; /* [stage, depth] */
    double *rainflow_count; /* [stage, depth] */
    double *fade_per_year;
    double *burnt_j, *held_back_s; /* [stage], of GPU power smoothing, else NaN */
    uint8_t *fade_extrapolated;    /* [stage], 1 where the fade is outside the range of its fit */
} st_battery_columns;

typedef struct st_verdict_columns {
    const char **rule;              /* [verdict] */
    uint8_t *point;                 /* [verdict], st_point of limits.h */
    uint8_t *judged;                /* [verdict], 1 where point is the rule's own */
    uint8_t *status;                /* [verdict], st_verdict_status */
    double *value, *limit, *margin; /* [verdict], in `unit`; margin = (limit - value) / limit */
    const char **unit;              /* [verdict] */
    int64_t *window_start_ns;       /* [verdict], ST_NO_TIME_NS where there is no value */
    const char **reason;            /* [verdict], "" when there is nothing to say */
} st_verdict_columns;

typedef struct st_sizing_columns {
    int64_t *units;
    double *power_w, *energy_j, *response_s, *tau_s;
    double *ramp_w_per_s; /* the smaller of the next two; NaN where the battery smooths */
    double *ramp_up_w_per_s, *ramp_down_w_per_s;
    int8_t *pass;
    const char **worst_rule;
    double *margin, *cost_usd; /* [candidate] */
    int64_t *best_units;       /* [response] */
    int64_t *best_candidate;   /* [response], of best_units, or what comes closest */
    double *best_response_s;   /* [response] */
    const char **why;          /* [response], no count passes; "" where one does */
} st_sizing_columns;

/* Root attributes. */
typedef struct st_provenance {
    const char *version, *git_commit, *backend, *command_line;
    const char *settings, *site, *limits; /* YAML texts, "" when there is none */
    const char *const *input_files;
    size_t n_input_files;
    uint64_t input_bytes;
    int64_t samples;
    double coverage; /* valid share of the load */
    int64_t start_ns, period_ns;
    int64_t recorded_racks, site_racks;
    const char *replicate; /* how the recording was scaled to the site */
    double nominal_w;      /* NaN without a site */
    int complete;
} st_provenance;

typedef struct st_result {
    size_t size[ST_AXES];
    st_provenance about;
    st_rack_columns racks;
    st_band_columns bands;
    st_event_columns events;
    st_point_columns load, draw;
    st_battery_columns battery;
    st_verdict_columns verdicts;
    st_sizing_columns sizing;
} st_result;

#endif
