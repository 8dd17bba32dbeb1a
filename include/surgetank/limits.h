/* limits.h - operator rules as data. Read from data/limits/NAME.yaml; consumed by assess. */
#ifndef SURGETANK_LIMITS_H
#define SURGETANK_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "surgetank/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The words of `statistic: {kind: ...}`; the table with their parameters is in model/statistic.c.
 * `recovery` times trips: a trip is a fall, within 0.1 to 0.2 s, below half of the smallest value
 * of the 10 s before and by a third of their mean, for 20 ms at least. A recording without one is INDETERMINATE. */
typedef enum st_statistic_kind {
    ST_STAT_NONE,
    ST_STAT_ROLLING_RANGE,
    ST_STAT_CHANGE,
    ST_STAT_MEAN_RAMP,
    ST_STAT_SLOPE_IF,
    ST_STAT_RAMP_PERCENTILE,
    ST_STAT_BAND_AMPLITUDE,
    ST_STAT_LINE_AMPLITUDE,
    ST_STAT_ENERGY_SHARE,
    ST_STAT_LEVEL,
    ST_STAT_RECOVERY,
    ST_STAT_FLICKER,
    ST_STAT_VOLTAGE_CHANGE,
    ST_STAT_KINDS
} st_statistic_kind;

typedef enum st_direction { ST_BOTH, ST_UP, ST_DOWN } st_direction;
typedef enum st_share_form { ST_FORM_ENERGY, ST_FORM_AMPLITUDE } st_share_form;
typedef enum st_lamp { ST_LAMP_120V60, ST_LAMP_230V50 } st_lamp;
typedef enum st_point { ST_POINT_LOAD, ST_POINT_DRAW } st_point;

typedef struct st_statistic {
    st_statistic_kind kind;
    double window_s, lag_s, average_s;
    double within_s; /* recovery: the time allowed, so the time that a trip is watched at least */
    double threshold_w;
    double percentile; /* 0..100 */
    double low_hz, high_hz;
    double share;            /* 0..1; recovery: of the mean load of the 10 s before the trip */
    double short_circuit_va; /* at the point of interconnection */
    double grid_angle_deg;   /* atan(X/R) of the grid there */
    st_direction direction;
    st_share_form form;
    st_lamp lamp;
} st_statistic;

typedef enum st_unit {
    ST_UNIT_MW,
    ST_UNIT_MW_PER_MIN,
    ST_UNIT_MW_PER_S,
    ST_UNIT_PERCENT_NOMINAL,
    ST_UNIT_PERCENT_PEAK,
    ST_UNIT_PERCENT_NOMINAL_PER_MIN,
    ST_UNIT_PERCENT_PEAK_PER_MIN,
    ST_UNIT_PERCENT,
    ST_UNIT_RATIO,
    ST_UNIT_PST,
    ST_UNIT_SECONDS, /* of `recovery` */
    ST_UNITS
} st_unit;

typedef struct st_limit {
    double value; /* in `unit` */
    st_unit unit;
} st_limit;

enum { ST_LIMITS_PER_RULE = 4 };

typedef struct st_rule {
    char *id;
    char *source, *url, *status, *date, *text;
    st_point point;       /* the point that is judged; both are computed */
    double filter_low_hz; /* band-pass edges, Hz; high 0 = no filter */
    double filter_high_hz;
    int filter_order;
    st_statistic statistic;
    size_t n_limits; /* > 1: the smallest binds (min_of) */
    st_limit limits[ST_LIMITS_PER_RULE];
    double needs_rate_hz; /* 0 = no need stated */
    double needs_duration_s;
    double needs_coverage; /* share 0..1 */
    char *file;            /* where the rule came from */
    int line;
} st_rule;

typedef struct st_limits {
    size_t n_rules;
    st_rule *rules;
    char *name;  /* "ercot,ieso" as asked for */
    char *title; /* of the operator; of the first file when several */
    char *yaml;  /* text of all files, as written to the summary */
} st_limits;

/* `names`: comma-separated presets of data_dir/limits or paths. Same errors as st_site_load. */
ST_API st_status st_limits_load(st_context *ctx, const char *names, const char *data_dir,
                                st_limits **limits);
/* Accepts NULL. */
ST_API void st_limits_destroy(st_limits *limits);
/* Presets, sorted; free with st_names_free of site.h. */
ST_API st_status st_limits_names(st_context *ctx, const char *data_dir, char ***names, size_t *n);

/* What a recording must bring for a rule to acquit it: what the file says, or what the statistic
 * cannot do without. */
typedef struct st_rule_need {
    double rate_hz;    /* at least */
    double edge_hz;    /* highest frequency it looks at, to lie below 0.45 of the rate; 0 = none */
    double duration_s; /* at least */
    double coverage;   /* share 0..1 */
} st_rule_need;
/* Of a rule that is judged (not `none`), by a recording of that sampling period. */
ST_API void st_rule_needs(const st_rule *rule, int64_t period_ns, st_rule_need *need);

ST_API const char *st_unit_name(st_unit unit);                /* "MW/min" */
ST_API const char *st_statistic_name(st_statistic_kind kind); /* "rolling_range" */

#ifdef __cplusplus
}
#endif
#endif
