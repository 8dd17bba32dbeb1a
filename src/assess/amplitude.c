/* amplitude.c - band_amplitude: sqrt(2 x the largest moving mean square) behind a band-pass of
 * order 4, which is the amplitude of a sine that fills the window. A shorter record is one window.
 * Outputs at invalid samples are not counted; a window needs half of its samples. */
#include <math.h>

#include "assess/butter.h"
#include "assess/statistic.h"
#include "formula/duration.h"

enum { ORDER = 4, PART = 512 };

/* A sliding sum without subtraction, so without drift: the window that ends at sample j of a chunk
 * of `points` is what is left of the chunk before from j + 1 on, plus the chunk up to j. Slots < j
 * hold squares of the chunk, slots > j sums from there to the end of the chunk before; slot
 * `points` stays 0. */
typedef struct amplitude {
    st_bandpass filter;
    int64_t points;
    int64_t j, at;    /* place in the chunk, in the record */
    double *square;   /* [points + 1], W^2 */
    int64_t *counted; /* [points + 1], valid outputs, likewise */
    double sum;       /* of the chunk so far */
    int64_t count;
    double most; /* largest mean square; negative = none */
    int64_t start;
} amplitude;

static int64_t window_points(const st_statistic_setup *setup)
{
    int64_t points = st_duration_samples(setup->asked->window_s, setup->period_ns);
    points = points > 1 ? points : 1;
    return points < setup->samples ? points : setup->samples;
}

static int64_t amplitude_span(const st_statistic_setup *setup)
{
    (void)setup;
    return 1;
}

static double amplitude_slowest(const st_statistic_setup *setup)
{
    return 0.5 / setup->asked->window_s;
}

static size_t amplitude_bytes(const st_statistic_setup *setup)
{
    const size_t slots = (size_t)window_points(setup) + 1;
    return st_arena_need(1, sizeof(amplitude)) + st_arena_need(slots, sizeof(double)) +
           st_arena_need(slots, sizeof(int64_t));
}

static st_status amplitude_start(st_context *ctx, const st_statistic_setup *setup, st_arena *arena,
                                 void **state)
{
    void *square, *counted;
    ST_TRY(st_arena_take(ctx, arena, 1, sizeof(amplitude), state));
    amplitude *s = *state;
    s->points = window_points(setup);
    s->most = -1.0;
    ST_TRY(st_arena_take(ctx, arena, (size_t)s->points + 1, sizeof(double), &square));
    ST_TRY(st_arena_take(ctx, arena, (size_t)s->points + 1, sizeof(int64_t), &counted));
    s->square = square;
    s->counted = counted;
    st_bandpass_start(&s->filter, ORDER, setup->asked->low_hz, setup->asked->high_hz,
                      setup->rate_hz);
    return ST_OK;
}

/* The chunk is full: its squares become sums to its end. */
static void turn_chunk(amplitude *s)
{
    for (int64_t k = s->points - 2; k >= 0; k--) {
        s->square[k] += s->square[k + 1];
        s->counted[k] += s->counted[k + 1];
    }
    s->sum = 0.0;
    s->count = s->j = 0;
}

/* y: [n], all in the chunk. */
static void feed_chunk(amplitude *s, const double *y, size_t n)
{
    double *square = s->square + s->j, sum = s->sum, most = s->most;
    int64_t *counted = s->counted + s->j, count = s->count;
    const int64_t first = s->at - s->points + 1; /* of the window that ends at y[0] */
    for (size_t i = 0; i < n; i++) {
        const int64_t counts = !isnan(y[i]);
        const double new_square = counts ? y[i] * y[i] : 0.0;
        sum += new_square;
        count += counts;
        const double mean = (square[i + 1] + sum) / (double)(counted[i + 1] + count);
        if (mean > most && first + (int64_t)i >= 0 && 2 * (counted[i + 1] + count) >= s->points) {
            most = mean;
            s->start = first + (int64_t)i;
        }
        square[i] = new_square;
        counted[i] = counts;
    }
    s->sum = sum;
    s->most = most;
    s->count = count;
    s->at += (int64_t)n;
    s->j += (int64_t)n;
    if (s->j == s->points) {
        turn_chunk(s);
    }
}

/* y: [n], behind the filter. */
static void feed_filtered(amplitude *s, const double *y, size_t n)
{
    for (size_t from = 0; from < n;) {
        const size_t room = (size_t)(s->points - s->j);
        const size_t part = n - from < room ? n - from : room;
        feed_chunk(s, y + from, part);
        from += part;
    }
}

static void amplitude_feed(void *state, const double *x, size_t n)
{
    amplitude *s = state;
    double y[PART];
    for (size_t from = 0; from < n; from += PART) {
        const size_t part = n - from < PART ? n - from : PART;
        st_bandpass_run(&s->filter, x + from, y, part);
        feed_filtered(s, y, part);
    }
}

static st_worst amplitude_finish(void *state)
{
    const amplitude *s = state;
    return s->most >= 0.0 ? (st_worst){sqrt(2.0 * s->most), s->start} : (st_worst){NAN, 0};
}

const st_statistic_ops st_ops_band_amplitude = {
    ST_STAT_BAND_AMPLITUDE, amplitude_span, amplitude_slowest, amplitude_bytes,
    amplitude_start,        amplitude_feed, amplitude_finish};
