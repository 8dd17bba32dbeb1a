/* recovery.c - how long a load that has tripped stays below a share of what it was.
 * A recording of power does not say what happened, so a trip is a fall that no training rhythm and
 * no ramp makes. Time is cut into tenths of a second from the first sample; the history of a sample
 * are the 10 s that end one whole tenth before its own tenth, which holds the fall. A valid sample
 * is a trip when it is below half of the smallest of its history (iterations are shorter than 10 s,
 * so their low phases are in it) and by a third of the history's mean below the mean of its newest
 * tenth (a ramp down to nothing halves quickly too, but not by much). The load before is the mean
 * of the history. An invalid tenth starts the 10 s again; between a trip and its recovery they
 * stand still, and tenths are cut anew. */
#include <math.h>

#include "assess/statistic.h"
#include "formula/duration.h"

enum { TENTHS = 160 }; /* of the history, at most: tenths are rounded to samples */

static const double tenth_s = 0.1, history_s = 10.0;
static const double fallen = 0.5, deep = 1.0 / 3.0;
static const double shortest_s = 0.02; /* less than a cycle of the grid is a glitch of the meter */
static const double slowest_hz = 10.0; /* below, a trip cannot be told from a ramp */

typedef struct tenth {
    double least_w, sum_w;
    int64_t valid;
} tenth;

typedef struct recovery {
    int64_t period_ns;
    double share, within_s;
    int64_t size;  /* samples of a tenth */
    int64_t least; /* samples that a trip lasts at least */
    int n;         /* tenths of the history */

    tenth history[TENTHS]; /* a ring */
    int count, slot;       /* filled, to be filled next */
    tenth before, now;     /* the tenth before the current one, and the current one */
    int64_t filled;        /* samples of the current one, invalid ones too */
    double trip_w;         /* below it a sample is a trip; <= 0: no sample is */
    double mean_w;         /* of the history */

    double regained_w; /* of the trip under way; 0 = none */
    int64_t start, below;
    int64_t at, last; /* samples seen; newest valid one */
    bool hidden;      /* of the trip under way: a gap hides its start */
    bool unseen;      /* an end of a trip was not seen, nor that it came too late */
    st_worst worst;
} recovery;

static const tenth empty = {INFINITY, 0.0, 0};

static int64_t tenth_samples(const st_statistic_setup *setup)
{
    const int64_t size = st_duration_samples(tenth_s, setup->period_ns);
    return size > 1 ? size : 1;
}

static int history_tenths(const st_statistic_setup *setup)
{
    const int64_t n = st_duration_samples(history_s, tenth_samples(setup) * setup->period_ns);
    return (int)(n > 1 ? n : 1);
}

static int64_t recovery_span(const st_statistic_setup *setup)
{
    return (history_tenths(setup) + 1) * tenth_samples(setup) + 1;
}

/* Ten samples in the time allowed. */
static double recovery_slowest(const st_statistic_setup *setup)
{
    return fmax(slowest_hz, 10.0 / setup->asked->within_s);
}

static size_t recovery_bytes(const st_statistic_setup *setup)
{
    (void)setup;
    return st_arena_need(1, sizeof(recovery));
}

static st_status recovery_start(st_context *ctx, const st_statistic_setup *setup, st_arena *arena,
                                void **state)
{
    ST_TRY(st_arena_take(ctx, arena, 1, sizeof(recovery), state));
    recovery *s = *state;
    s->period_ns = setup->period_ns;
    s->share = setup->asked->share;
    s->within_s = setup->asked->within_s;
    s->size = tenth_samples(setup);
    s->n = history_tenths(setup);
    s->least = st_duration_samples(shortest_s, setup->period_ns);
    s->before = s->now = empty;
    s->last = -1;
    s->worst.value = NAN;
    return ST_OK;
}

/* The tenth before the one that is full joins the history. */
static void turn_tenth(recovery *s)
{
    if (s->now.valid == 0) {
        s->count = s->slot = 0;
        s->before = empty;
    } else if (s->before.valid > 0) {
        s->history[s->slot] = s->before;
        s->slot = s->slot + 1 < s->n ? s->slot + 1 : 0;
        s->count += s->count < s->n;
    }
    if (s->now.valid > 0) {
        s->before = s->now;
    }
    s->now = empty;
    s->filled = 0;
    s->trip_w = 0.0;
    if (s->count == s->n) {
        const tenth *newest = &s->history[(s->slot > 0 ? s->slot : s->n) - 1];
        tenth all = empty;
        for (int i = 0; i < s->n; i++) {
            all.least_w = fmin(all.least_w, s->history[i].least_w);
            all.sum_w += s->history[i].sum_w;
            all.valid += s->history[i].valid;
        }
        s->mean_w = all.sum_w / (double)all.valid;
        s->trip_w =
            fmin(fallen * all.least_w, newest->sum_w / (double)newest->valid - deep * s->mean_w);
    }
}

/* What was seen: from the first sample of the trip to the last below, a bound where a gap or the
 * end of the recording hides the rest. Whole nanoseconds: 700 ms are 0.7 s, not a bit more. */
static void close_trip(recovery *s, bool seen)
{
    const double time_s = (double)((s->below + 1 - s->start) * s->period_ns) / 1e9;
    const bool all_seen = seen && !s->hidden;
    s->regained_w = 0.0;
    s->before = s->now = empty; /* the fall is in them */
    s->filled = 0;
    if (all_seen && s->below + 1 - s->start < s->least) {
        return;
    }
    s->unseen |= !all_seen && time_s <= s->within_s;
    if (!(time_s <= s->worst.value)) {
        s->worst = (st_worst){time_s, s->start};
    }
}

static void watch_trip(recovery *s, double x_w)
{
    if (x_w < s->regained_w) {
        s->below = s->at;
    } else {
        close_trip(s, s->below + 1 == s->at);
    }
}

static void take_sample(recovery *s, double x_w)
{
    if (s->trip_w > 0.0 && x_w < s->trip_w) {
        s->regained_w = s->share * s->mean_w;
        s->start = s->below = s->at;
        s->hidden = s->last + 1 != s->at;
        /* a share below that of a trip is regained at once */
        if (x_w < s->regained_w) {
            return;
        }
        s->regained_w = 0.0;
    }
    s->now.least_w = x_w < s->now.least_w ? x_w : s->now.least_w;
    s->now.sum_w += x_w;
    s->now.valid++;
}

static void recovery_feed(void *state, const double *x, size_t n)
{
    recovery *s = state;
    for (size_t i = 0; i < n; i++, s->at++) {
        const bool valid = !isnan(x[i]);
        if (s->regained_w > 0.0) {
            if (valid) {
                watch_trip(s, x[i]);
            }
        } else {
            if (valid) {
                take_sample(s, x[i]);
            }
            if (s->regained_w <= 0.0 && ++s->filled == s->size) {
                turn_tenth(s);
            }
        }
        s->last = valid ? s->at : s->last;
    }
}

static st_worst recovery_finish(void *state)
{
    recovery *s = state;
    if (s->regained_w > 0.0) {
        close_trip(s, false);
    }
    if ((double)s->period_ns / 1e9 * slowest_hz > 1.0 + 1e-6 ||
        (s->unseen && !(s->worst.value > s->within_s))) {
        return (st_worst){NAN, 0};
    }
    return s->worst;
}

const st_statistic_ops st_ops_recovery = {ST_STAT_RECOVERY, recovery_span,  recovery_slowest,
                                          recovery_bytes,   recovery_start, recovery_feed,
                                          recovery_finish};
