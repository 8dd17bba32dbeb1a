/* settings.h - every knob of a run in one struct; the one table that describes them is
 * src/model/settings.c (name, range, unit, default, words). */
#ifndef SURGETANK_SETTINGS_H
#define SURGETANK_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "surgetank/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ST_MAX_BANDS = 16, ST_BAND_NAME = 32 };

/* A frequency interval [low, high), Hz; high may be INFINITY: up to Nyquist. */
typedef struct st_band {
    char name[ST_BAND_NAME];
    double low_hz, high_hz;
} st_band;

typedef enum st_storage_model { ST_MODEL_CONSTRAINED, ST_MODEL_LINEAR } st_storage_model;

typedef struct st_settings {
    int64_t frame;        /* N of the rack spectra: power of two, 256..8192 */
    int64_t tile_samples; /* streaming step, samples; rounded up to a multiple of frame */
    int64_t threads;      /* 0 = all processors; never changes a number */
    st_storage_model storage_model;
    double gap_min_s;          /* shortest invalid run that is a gap event, s */
    double event_quantile;     /* 0.95 */
    double event_decades;      /* 0.6: log10 above that quantile that marks */
    double event_z;            /* 6: robust z that marks */
    double event_rhythm_z;     /* 3: z that counts as rhythm ... */
    double event_rhythm_share; /* 0.1: ... and the share of frames above which it is one */
    double event_level_share;  /* 1/4: S = max(share (T - B), 6 q) */
    int64_t max_events;        /* more is ST_CAPACITY, with the count needed */
    double temperature_k;      /* cell temperature of the fade model */
    size_t n_bands;
    st_band bands[ST_MAX_BANDS];
} st_settings;

ST_API void st_settings_default(st_settings *settings);
/* `assignment` is "knob=value"; ST_ARGUMENT names the knob, the value and what is allowed. */
ST_API st_status st_settings_set(st_context *ctx, st_settings *settings, const char *assignment);
/* YAML text of every knob in force, NUL-terminated; free with st_settings_yaml_free. */
ST_API st_status st_settings_yaml(st_context *ctx, const st_settings *settings, char **yaml);
/* Accepts NULL. */
ST_API void st_settings_yaml_free(char *yaml);

/* One row of the table, for `--help` and the documentation. */
typedef struct st_knob_info {
    const char *name, *unit, *range, *text;
    char value[256]; /* as it stands in `settings` */
} st_knob_info;
ST_API size_t st_settings_count(void);
ST_API void st_settings_describe(const st_settings *settings, size_t index, st_knob_info *info);

/* Exact durations as people write them: "2ms", "1.5s", "10min"; units ns, us, ms, s, min, h; a
 * whole number of nanoseconds, >= 0. ST_ARGUMENT for everything else; leaves no sentence. */
ST_API st_status st_parse_duration_ns(const char *text, int64_t *duration_ns);
/* A list of them: "2ms,5ms". ST_CAPACITY when there are more than `capacity`. */
ST_API st_status st_parse_durations_ns(const char *text, int64_t *durations_ns, size_t capacity,
                                       size_t *n);

#ifdef __cplusplus
}
#endif
#endif
