/* range.c - rolling_range, voltage_change and slope_if: max - min over every window of
 * round(W/dt) + 1 points. A shorter record is one window. Chunks of the window's length: the
 * extremes of a window are those of what it covers of the chunk before and of the chunk so far,
 * three comparisons a sample whatever the window. Source: M. van Herk, Pattern Recognition Letters
 * 13 (1992) 517; J. Gil, M. Werman, IEEE Trans. Pattern Analysis 15 (1993) 504. */
#include <math.h>

#include "assess/statistic.h"
#include "formula/duration.h"

/* Slots < j hold samples of the chunk, slots > j the extremes from there to the end of the chunk
 * before; slot `points` stays empty. */
typedef struct range {
    double *high, *low; /* [points + 1], W; empty = -INFINITY and INFINITY */
    double chunk_high, chunk_low;
    int64_t points; /* of a window, and of a chunk */
    int64_t j, at;  /* place in the chunk, in the record */
    double most_w;  /* largest range; negative = no valid sample yet */
    int64_t start;
    double threshold_w, window_s; /* of slope_if */
    double voltage_per_w;         /* of voltage_change */
} range;

static int64_t window_points(const st_statistic_setup *setup)
{
    const int64_t points = st_duration_samples(setup->asked->window_s, setup->period_ns) + 1;
    return points < setup->samples ? points : setup->samples;
}

static int64_t range_span(const st_statistic_setup *setup)
{
    (void)setup;
    return 1;
}

/* Below, the window is a single point and cannot move. */
static double range_slowest(const st_statistic_setup *setup)
{
    return 0.5 / setup->asked->window_s;
}

static size_t range_bytes(const st_statistic_setup *setup)
{
    const size_t slots = (size_t)window_points(setup) + 1;
    return st_arena_need(1, sizeof(range)) + 2 * st_arena_need(slots, sizeof(double));
}

static st_status range_start(st_context *ctx, const st_statistic_setup *setup, st_arena *arena,
                             void **state)
{
    void *high, *low;
    const size_t slots = (size_t)window_points(setup) + 1;
    ST_TRY(st_arena_take(ctx, arena, 1, sizeof(range), state));
    ST_TRY(st_arena_take(ctx, arena, slots, sizeof(double), &high));
    ST_TRY(st_arena_take(ctx, arena, slots, sizeof(double), &low));
    range *s = *state;
    *s = (range){.high = high,
                 .low = low,
                 .chunk_high = -INFINITY,
                 .chunk_low = INFINITY,
                 .points = (int64_t)slots - 1,
                 .most_w = -INFINITY,
                 .threshold_w = setup->asked->threshold_w,
                 .window_s = setup->asked->window_s,
                 .voltage_per_w = setup->asked->kind == ST_STAT_VOLTAGE_CHANGE
                                      ? st_voltage_per_w(setup->asked)
                                      : 0.0};
    for (size_t i = 0; i < slots; i++) {
        s->high[i] = -INFINITY;
        s->low[i] = INFINITY;
    }
    return ST_OK;
}

/* A comparison with NaN is false: invalid samples change nothing. */
static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

/* The chunk is full: samples become extremes to its end. */
static void turn_chunk(range *s)
{
    for (int64_t k = s->points - 1; k >= 0; k--) {
        s->high[k] = larger(s->high[k], s->high[k + 1]);
        s->low[k] = smaller(s->low[k], s->low[k + 1]);
    }
    s->chunk_high = -INFINITY;
    s->chunk_low = INFINITY;
    s->j = 0;
}

/* x: [n], all in the chunk. */
static void feed_chunk(range *s, const double *x, size_t n)
{
    double *high = s->high + s->j, *low = s->low + s->j;
    double chunk_high = s->chunk_high, chunk_low = s->chunk_low, most_w = s->most_w;
    const int64_t first = s->at - s->points + 1; /* of the window that ends at x[0] */
    for (size_t i = 0; i < n; i++) {
        const double v = x[i];
        chunk_high = larger(v, chunk_high);
        chunk_low = smaller(v, chunk_low);
        const double found = larger(high[i + 1], chunk_high) - smaller(low[i + 1], chunk_low);
        if (found > most_w && first + (int64_t)i >= 0) {
            most_w = found;
            s->start = first + (int64_t)i;
        }
        high[i] = low[i] = v;
    }
    s->chunk_high = chunk_high;
    s->chunk_low = chunk_low;
    s->most_w = most_w;
    s->at += (int64_t)n;
    s->j += (int64_t)n;
    if (s->j == s->points) {
        turn_chunk(s);
    }
}

static void range_feed(void *state, const double *x, size_t n)
{
    range *s = state;
    for (size_t from = 0; from < n;) {
        const size_t room = (size_t)(s->points - s->j);
        const size_t part = n - from < room ? n - from : room;
        feed_chunk(s, x + from, part);
        from += part;
    }
}

static st_worst range_finish(void *state)
{
    const range *s = state;
    return s->most_w >= 0.0 ? (st_worst){s->most_w, s->start} : (st_worst){NAN, 0};
}

/* The voltage follows the load, so its range is that of the load. */
static st_worst voltage_finish(void *state)
{
    const range *s = state;
    const st_worst worst = range_finish(state);
    return (st_worst){worst.value * s->voltage_per_w, worst.start};
}

/* (max - min) / window where max - min is above the threshold: the largest range has it. */
static st_worst slope_finish(void *state)
{
    const range *s = state;
    const st_worst worst = range_finish(state);
    if (worst.value <= s->threshold_w) {
        return (st_worst){0.0, 0};
    }
    return (st_worst){worst.value / s->window_s, worst.start};
}

const st_statistic_ops st_ops_rolling_range = {ST_STAT_ROLLING_RANGE, range_span,  range_slowest,
                                               range_bytes,           range_start, range_feed,
                                               range_finish};
const st_statistic_ops st_ops_slope_if = {ST_STAT_SLOPE_IF, range_span, range_slowest, range_bytes,
                                          range_start,      range_feed, slope_finish};
const st_statistic_ops st_ops_voltage_change = {
    ST_STAT_VOLTAGE_CHANGE, range_span, range_slowest, range_bytes, range_start, range_feed,
    voltage_finish};
