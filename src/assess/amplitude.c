/* amplitude.c - band_amplitude: sqrt(2 x the largest moving mean square) behind a band-pass of
 * order 4, which is the amplitude of a sine that fills the window. A shorter record is one window.
 * Outputs at invalid samples are not counted; a window needs half of its samples. */
#include <math.h>

#include "assess/butter.h"
#include "assess/statistic.h"
#include "formula/duration.h"

enum { ORDER = 4 };

/* A sliding sum without subtraction, so without drift: the window that ends at sample j of a chunk
 * of `points` is what is left of the chunk before from j + 1 on, plus the chunk up to j. Squares
 * take the slots that the sums have left. */
typedef struct amplitude {
    st_bandpass filter;
    int64_t points;
    int64_t at;
    double *square;   /* [points + 1]: slots < j hold squares, slots > j sums to the chunk's end */
    int64_t *counted; /* [points + 1], likewise */
    double prefix;
    int64_t prefix_counted;
    int64_t j;      /* place in the chunk */
    st_worst worst; /* mean square */
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
    s->worst.value = NAN;
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
    s->prefix = 0.0;
    s->prefix_counted = s->j = 0;
}

static void add(amplitude *s, double y)
{
    const int64_t counts = !isnan(y);
    const double square = counts ? y * y : 0.0;
    s->prefix += square;
    s->prefix_counted += counts;
    const double sum = s->square[s->j + 1] + s->prefix;
    const int64_t counted = s->counted[s->j + 1] + s->prefix_counted;
    s->square[s->j] = square;
    s->counted[s->j] = counts;
    if (s->at >= s->points - 1 && 2 * counted >= s->points) {
        const double mean = sum / (double)counted;
        if (!(mean <= s->worst.value)) {
            s->worst = (st_worst){mean, s->at - s->points + 1};
        }
    }
    s->at++;
    if (++s->j == s->points) {
        turn_chunk(s);
    }
}

static void amplitude_feed(void *state, const double *x, size_t n)
{
    amplitude *s = state;
    for (size_t i = 0; i < n; i++) {
        double y;
        st_bandpass_run(&s->filter, x + i, &y, 1);
        add(s, y);
    }
}

static st_worst amplitude_finish(void *state)
{
    const amplitude *s = state;
    return (st_worst){sqrt(2.0 * s->worst.value), s->worst.start};
}

const st_statistic_ops st_ops_band_amplitude = {
    ST_STAT_BAND_AMPLITUDE, amplitude_span, amplitude_slowest, amplitude_bytes,
    amplitude_start,        amplitude_feed, amplitude_finish};
