/* change.c - change and mean_ramp: x[n] - x[n - L], the latter over its window. A pair with an
 * invalid end is skipped. */
#include <math.h>

#include "assess/statistic.h"
#include "formula/duration.h"

typedef struct change {
    double *past; /* [lag], the newest samples, x[n] in slot n mod lag */
    int64_t lag;  /* samples; 0 = the record has no pair */
    int64_t slot;
    int64_t at;
    st_direction direction;
    double per_s; /* what a change is divided by: 1, or the window in s */
    st_worst worst;
} change;

/* change has a lag, mean_ramp a window. */
static double distance_s(const st_statistic *asked)
{
    return asked->kind == ST_STAT_CHANGE ? asked->lag_s : asked->window_s;
}

static int64_t lag_of(const st_statistic_setup *setup)
{
    const int64_t lag = st_duration_samples(distance_s(setup->asked), setup->period_ns);
    return lag < setup->samples ? lag : 0;
}

static int64_t change_span(const st_statistic_setup *setup)
{
    return st_duration_samples(distance_s(setup->asked), setup->period_ns) + 1;
}

/* Below, the distance is less than half a sample. */
static double change_slowest(const st_statistic_setup *setup)
{
    return 0.5 / distance_s(setup->asked);
}

static size_t change_bytes(const st_statistic_setup *setup)
{
    return st_arena_need(1, sizeof(change)) + st_arena_need((size_t)lag_of(setup), sizeof(double));
}

static st_status change_start(st_context *ctx, const st_statistic_setup *setup, st_arena *arena,
                              void **state)
{
    void *past;
    ST_TRY(st_arena_take(ctx, arena, 1, sizeof(change), state));
    change *s = *state;
    s->lag = lag_of(setup);
    s->direction = setup->asked->direction;
    s->per_s = setup->asked->kind == ST_STAT_MEAN_RAMP ? setup->asked->window_s : 1.0;
    s->worst.value = NAN;
    ST_TRY(st_arena_take(ctx, arena, (size_t)s->lag, sizeof(double), &past));
    s->past = past;
    return ST_OK;
}

static double directed(double rise, st_direction direction)
{
    return direction == ST_UP ? rise : direction == ST_DOWN ? -rise : fabs(rise);
}

static void change_feed(void *state, const double *x, size_t n)
{
    change *s = state;
    if (s->lag < 1) {
        return;
    }
    for (size_t i = 0; i < n; i++, s->at++) {
        if (s->at >= s->lag) {
            /* NaN at either end makes the difference NaN, which is larger than nothing */
            const double found = directed(x[i] - s->past[s->slot], s->direction);
            if (found > s->worst.value || (isnan(s->worst.value) && !isnan(found))) {
                s->worst = (st_worst){found, s->at - s->lag};
            }
        }
        s->past[s->slot] = x[i];
        s->slot = s->slot + 1 < s->lag ? s->slot + 1 : 0;
    }
}

static st_worst change_finish(void *state)
{
    const change *s = state;
    return (st_worst){s->worst.value / s->per_s, s->worst.start};
}

const st_statistic_ops st_ops_change = {ST_STAT_CHANGE, change_span, change_slowest, change_bytes,
                                        change_start,   change_feed, change_finish};
const st_statistic_ops st_ops_mean_ramp = {ST_STAT_MEAN_RAMP, change_span,  change_slowest,
                                           change_bytes,      change_start, change_feed,
                                           change_finish};
