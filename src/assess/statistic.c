/* statistic.c - the table of the statistics, and the simplest of them. */
#include "assess/statistic.h"

#include <math.h>

#include "assess/bins.h"
#include "assess/flicker.h"
#include "formula/duration.h"

static const st_statistic_ops *const table[] = {
    &st_ops_level,           /* here */
    &st_ops_rolling_range,   /* range.c */
    &st_ops_slope_if,        /* range.c */
    &st_ops_change,          /* change.c */
    &st_ops_mean_ramp,       /* change.c */
    &st_ops_ramp_percentile, /* percentile.c */
    &st_ops_band_amplitude,  /* amplitude.c */
    &st_ops_line_amplitude,  /* line.c */
    &st_ops_energy_share,    /* share.c */
    &st_ops_recovery,        /* recovery.c */
    &st_ops_flicker,         /* flicker.c */
    &st_ops_voltage_change,  /* range.c */
};

const st_statistic_ops *st_statistic_ops_of(st_statistic_kind kind)
{
    for (size_t row = 0; row < sizeof table / sizeof table[0]; row++) {
        if (table[row]->kind == kind) {
            return table[row];
        }
    }
    return NULL;
}

double st_statistic_edge_hz(const st_statistic *asked)
{
    switch (asked->kind) {
    case ST_STAT_BAND_AMPLITUDE:
    case ST_STAT_LINE_AMPLITUDE:
    case ST_STAT_ENERGY_SHARE: return asked->high_hz;
    case ST_STAT_FLICKER: return st_lamp_edge_hz(asked->lamp);
    default: return 0.0;
    }
}

/* A frame is a quarter of the record, unless that is less than the smallest one. */
static double share_whole_s(const st_statistic_setup *setup, double period_s)
{
    const int64_t frame = st_bins_needed(setup);
    return frame > ST_SHARE_SMALLEST ? (double)(ST_SHARE_PARTS * frame) * period_s : 0.0;
}

double st_statistic_whole_s(const st_statistic_setup *setup)
{
    const st_statistic *asked = setup->asked;
    const double period_s = (double)setup->period_ns / 1e9;
    const double window_s =
        (double)st_duration_samples(asked->window_s, setup->period_ns) * period_s;
    switch (asked->kind) {
    case ST_STAT_ROLLING_RANGE:
    case ST_STAT_SLOPE_IF:
    case ST_STAT_VOLTAGE_CHANGE: return window_s + period_s;
    case ST_STAT_BAND_AMPLITUDE: return fmax(window_s, 1.0 / asked->low_hz);
    case ST_STAT_LINE_AMPLITUDE: return 1.0 / asked->low_hz; /* its span is the frame */
    case ST_STAT_ENERGY_SHARE: return fmax(1.0 / asked->low_hz, share_whole_s(setup, period_s));
    case ST_STAT_FLICKER: return ST_FLICKER_BLOCK_S;
    default: return 0.0;
    }
}

double st_voltage_per_w(const st_statistic *asked)
{
    const double radians_per_degree = 3.14159265358979323846 / 180.0;
    return cos(asked->grid_angle_deg * radians_per_degree) / asked->short_circuit_va;
}

/* ---- level: the largest sample -------------------------------------------------------------- */

typedef struct level {
    int64_t at;
    st_worst worst;
} level;

static int64_t level_span(const st_statistic_setup *setup)
{
    (void)setup;
    return 1;
}

static double level_slowest(const st_statistic_setup *setup)
{
    (void)setup;
    return 0.0;
}

static size_t level_bytes(const st_statistic_setup *setup)
{
    (void)setup;
    return st_arena_need(1, sizeof(level));
}

static st_status level_start(st_context *ctx, const st_statistic_setup *setup, st_arena *arena,
                             void **state)
{
    (void)setup;
    ST_TRY(st_arena_take(ctx, arena, 1, sizeof(level), state));
    ((level *)*state)->worst.value = NAN;
    return ST_OK;
}

static void level_feed(void *state, const double *x, size_t n)
{
    level *s = state;
    for (size_t i = 0; i < n; i++, s->at++) {
        if (x[i] > s->worst.value || (isnan(s->worst.value) && !isnan(x[i]))) {
            s->worst = (st_worst){x[i], s->at};
        }
    }
}

static st_worst level_finish(void *state)
{
    return ((level *)state)->worst;
}

const st_statistic_ops st_ops_level = {ST_STAT_LEVEL, level_span, level_slowest, level_bytes,
                                       level_start,   level_feed, level_finish};
