/* line.c - line_amplitude: the largest spectral line of a band in any frame. Frames have the power
 * of two nearest to the window; a band beyond Nyquist is cut there. */
#include <math.h>

#include "assess/frames.h"
#include "assess/statistic.h"
#include "formula/line.h"

typedef struct line {
    st_frame_stream stream;
    int low, high; /* bins looked at, [low, high] */
    double df_hz;
    st_worst worst; /* W */
} line;

/* The smaller one of two equally near. */
static int64_t frame_points(const st_statistic_setup *setup)
{
    const double asked = setup->asked->window_s * setup->rate_hz;
    int64_t n = 8; /* bins 0 and 1 are the mean, and a line has two neighbours */
    while (2.0 * (double)n - asked < asked - (double)n && n < INT64_C(1) << 40) {
        n *= 2;
    }
    return n;
}

static double line_slowest(const st_statistic_setup *setup)
{
    return 0.5 / setup->asked->window_s;
}

static size_t line_bytes(const st_statistic_setup *setup)
{
    const int64_t n = frame_points(setup);
    return st_arena_need(1, sizeof(line)) + st_frame_stream_bytes(n <= ST_FRAMES_LARGEST ? n : 8);
}

static st_status line_start(st_context *ctx, const st_statistic_setup *setup, st_arena *arena,
                            void **state)
{
    ST_TRY(st_arena_take(ctx, arena, 1, sizeof(line), state));
    line *s = *state;
    ST_TRY(st_frame_stream_start(ctx, frame_points(setup), true, arena, &s->stream));
    s->df_hz = setup->rate_hz / (double)s->stream.n;
    s->low = 2;
    s->high = s->stream.n / 2 - 1; /* Nyquist has no upper neighbour */
    while (s->low <= s->high && (double)s->low * s->df_hz < setup->asked->low_hz) {
        s->low++;
    }
    while (s->high >= s->low && (double)s->high * s->df_hz > setup->asked->high_hz) {
        s->high--;
    }
    s->worst.value = NAN;
    return ST_OK;
}

static void look(line *s)
{
    const double *power = s->stream.power;
    if (s->low > s->high) {
        return; /* the band has no bin */
    }
    int k = s->low;
    for (int i = s->low + 1; i <= s->high; i++) {
        k = power[i] > power[k] ? i : k;
    }
    double amplitude_w = 0.0;
    if (power[k] > 0.0) {
        amplitude_w = st_line_interpolate(sqrt(power[k - 1]), sqrt(power[k]), sqrt(power[k + 1]), k,
                                          s->df_hz, 0.5 * (double)s->stream.n)
                          .amplitude_w;
    }
    if (!(amplitude_w <= s->worst.value)) {
        s->worst = (st_worst){amplitude_w, s->stream.at - s->stream.n};
    }
}

static void line_feed(void *state, const double *x, size_t n)
{
    line *s = state;
    while (n > 0) {
        bool ready;
        const size_t taken = st_frame_stream_take(&s->stream, x, n, &ready);
        if (ready) {
            look(s);
        }
        x += taken;
        n -= taken;
    }
}

static st_worst line_finish(void *state)
{
    return ((line *)state)->worst;
}

const st_statistic_ops st_ops_line_amplitude = {ST_STAT_LINE_AMPLITUDE,
                                                frame_points,
                                                line_slowest,
                                                line_bytes,
                                                line_start,
                                                line_feed,
                                                line_finish};
