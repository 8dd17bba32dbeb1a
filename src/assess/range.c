/* range.c - rolling_range and slope_if: max - min over every window of round(W/dt) + 1 points.
 * A shorter record is one window. Two monotonic queues give the extremes of the window in a few
 * steps per sample. Source: D. Lemire, Streaming maximum-minimum filter using no more than three
 * comparisons per element, Nordic J. Computing 13 (2006) 328. */
#include <math.h>

#include "assess/statistic.h"
#include "formula/duration.h"

/* Candidates for the extreme of the window, oldest and most extreme first. */
typedef struct queue {
    int64_t *at;   /* [capacity], sample index */
    double *value; /* [capacity] */
    size_t capacity, head, count;
} queue;

typedef struct range {
    queue high, low;
    int64_t points; /* of a window */
    int64_t at;
    st_worst worst;               /* W */
    double threshold_w, window_s; /* of slope_if */
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
    const size_t points = (size_t)window_points(setup);
    return st_arena_need(1, sizeof(range)) + 2 * st_arena_need(points, sizeof(int64_t)) +
           2 * st_arena_need(points, sizeof(double));
}

static st_status queue_start(st_context *ctx, st_arena *arena, size_t points, queue *q)
{
    void *at, *value;
    ST_TRY(st_arena_take(ctx, arena, points, sizeof(int64_t), &at));
    ST_TRY(st_arena_take(ctx, arena, points, sizeof(double), &value));
    *q = (queue){at, value, points, 0, 0};
    return ST_OK;
}

static st_status range_start(st_context *ctx, const st_statistic_setup *setup, st_arena *arena,
                             void **state)
{
    const int64_t points = window_points(setup);
    ST_TRY(st_arena_take(ctx, arena, 1, sizeof(range), state));
    range *s = *state;
    s->points = points;
    s->worst.value = NAN;
    s->threshold_w = setup->asked->threshold_w;
    s->window_s = setup->asked->window_s;
    ST_TRY(queue_start(ctx, arena, (size_t)points, &s->high));
    return queue_start(ctx, arena, (size_t)points, &s->low);
}

static size_t slot(const queue *q, size_t i)
{
    const size_t at = q->head + i;
    return at < q->capacity ? at : at - q->capacity;
}

/* sign 1 keeps the maximum, -1 the minimum. */
static void push(queue *q, int64_t at, double value, double sign)
{
    while (q->count > 0 && sign * q->value[slot(q, q->count - 1)] <= sign * value) {
        q->count--;
    }
    const size_t end = slot(q, q->count++);
    q->at[end] = at;
    q->value[end] = value;
}

static void drop_before(queue *q, int64_t first)
{
    while (q->count > 0 && q->at[q->head] < first) {
        q->head = slot(q, 1);
        q->count--;
    }
}

static void range_feed(void *state, const double *x, size_t n)
{
    range *s = state;
    for (size_t i = 0; i < n; i++, s->at++) {
        const int64_t first = s->at - s->points + 1;
        drop_before(&s->high, first);
        drop_before(&s->low, first);
        if (!isnan(x[i])) {
            push(&s->high, s->at, x[i], 1.0);
            push(&s->low, s->at, x[i], -1.0);
        }
        if (first >= 0 && s->high.count > 0) {
            const double found = s->high.value[s->high.head] - s->low.value[s->low.head];
            if (!(found <= s->worst.value)) {
                s->worst = (st_worst){found, first};
            }
        }
    }
}

static st_worst range_finish(void *state)
{
    return ((range *)state)->worst;
}

/* (max - min) / window where max - min is above the threshold: the largest range has it. */
static st_worst slope_finish(void *state)
{
    const range *s = state;
    if (isnan(s->worst.value)) {
        return s->worst;
    }
    if (!(s->worst.value > s->threshold_w)) {
        return (st_worst){0.0, 0};
    }
    return (st_worst){s->worst.value / s->window_s, s->worst.start};
}

const st_statistic_ops st_ops_rolling_range = {ST_STAT_ROLLING_RANGE, range_span,  range_slowest,
                                               range_bytes,           range_start, range_feed,
                                               range_finish};
const st_statistic_ops st_ops_slope_if = {ST_STAT_SLOPE_IF, range_span, range_slowest, range_bytes,
                                          range_start,      range_feed, slope_finish};
