/* statistic.h - the statistics of the rules as streams: told what is asked, fed with blocks, asked
 * for the worst value and where it happened.
 * A part of assess; knows neither rules, units nor verdicts. The table of all kinds is in
 * statistic.c; each kind is in the file that its row names. */
#ifndef ST_ASSESS_STATISTIC_H
#define ST_ASSESS_STATISTIC_H

#include "core/memory.h"
#include "surgetank/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a statistic knows before the first sample. */
typedef struct st_statistic_setup {
    const st_statistic *asked; /* borrowed */
    int64_t period_ns;
    int64_t samples; /* of the whole record */
    double rate_hz;
} st_statistic_setup;

typedef struct st_worst {
    double value;  /* W, W/s, share, Pst or s; NaN when the record gives none */
    int64_t start; /* first sample of the window where it happened; of equals the earliest */
} st_worst;

/* One kind. Its memory is bounded by the windows that are asked for, never by the record (but see
 * ramp_percentile). Feeding cannot fail, and other blocks change no bit. */
typedef struct st_statistic_ops {
    st_statistic_kind kind;
    /* Samples below which no record gives a value. */
    int64_t (*span)(const st_statistic_setup *setup);
    /* Sampling rate below which the windows have no meaning, Hz. */
    double (*slowest_hz)(const st_statistic_setup *setup);
    /* Memory, as st_arena_need counts it. */
    size_t (*bytes)(const st_statistic_setup *setup);
    st_status (*start)(st_context *ctx, const st_statistic_setup *setup, st_arena *arena,
                       void **state);
    /* x: [n], the samples that follow; NaN = not to be counted. */
    void (*feed)(void *state, const double *x, size_t n);
    st_worst (*finish)(void *state);
} st_statistic_ops;

/* NULL for a kind that is not computed. */
const st_statistic_ops *st_statistic_ops_of(st_statistic_kind kind);

/* The upper edge of a band that the statistic itself looks at, Hz; 0 when it has none. */
double st_statistic_edge_hz(const st_statistic *asked);
/* What a record must last to acquit, s, whatever the rule needs: a whole window, the block of Pst, a
 * period of the lowest frequency; 0 where one value is enough. setup->samples is not looked at. */
double st_statistic_whole_s(const st_statistic_setup *setup);
/* What a W of load takes from the voltage, share: P cos(psi)/Ssc, the resistive part of the drop
 * (R dP + X dQ)/V^2 behind a short-circuit power Ssc at the angle psi = atan(X/R), for a load
 * without reactive power. */
double st_voltage_per_w(const st_statistic *asked);

/* IEC 61000-4-15:2010, 5.7: Pst is of 10 min. */
#define ST_FLICKER_BLOCK_S 600.0

extern const st_statistic_ops st_ops_rolling_range, st_ops_slope_if, st_ops_voltage_change;
extern const st_statistic_ops st_ops_change, st_ops_mean_ramp;
extern const st_statistic_ops st_ops_level;
extern const st_statistic_ops st_ops_ramp_percentile;
extern const st_statistic_ops st_ops_band_amplitude;
extern const st_statistic_ops st_ops_line_amplitude, st_ops_energy_share;
extern const st_statistic_ops st_ops_flicker, st_ops_recovery;

#ifdef __cplusplus
}
#endif
#endif
