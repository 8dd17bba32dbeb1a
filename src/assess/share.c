/* share.c - energy_share: how much of the record's mean spectrum lies in a band.
 * `energy`: power in the band over power at k >= 1, constant detrend. `amplitude`: largest bin of
 * the band over the sum of all, DC included.
 * Source: E. Choukse et al., Power Stabilization for AI Training Datacenters, arXiv 2508.14318,
 * which leaves the form open; hence both. */
#include <math.h>

#include "assess/bins.h"
#include "assess/frames.h"
#include "assess/statistic.h"
#include "formula/frame.h"

typedef struct share {
    st_frame_stream stream;
    st_share_form form;
    double low_hz, high_hz, df_hz;
    int64_t frames;
    double *power; /* [n/2 + 1], sum over frames */
} share;

/* The largest power of two <= min(65,536, samples/4), at least 256. */
static int64_t frame_points(const st_statistic_setup *setup)
{
    int64_t n = ST_SHARE_SMALLEST;
    while (2 * n <= ST_SHARE_LARGEST && 2 * n <= setup->samples / ST_SHARE_PARTS) {
        n *= 2;
    }
    return n;
}

static double share_slowest(const st_statistic_setup *setup)
{
    (void)setup;
    return 0.0;
}

static size_t share_bytes(const st_statistic_setup *setup)
{
    const int64_t n = frame_points(setup);
    return st_arena_need(1, sizeof(share)) + st_frame_stream_bytes(n) +
           st_arena_need((size_t)n / 2 + 1, sizeof(double));
}

static st_status share_start(st_context *ctx, const st_statistic_setup *setup, st_arena *arena,
                             void **state)
{
    void *power;
    const int64_t n = frame_points(setup);
    ST_TRY(st_arena_take(ctx, arena, 1, sizeof(share), state));
    share *s = *state;
    s->form = setup->asked->form;
    s->low_hz = setup->asked->low_hz;
    s->high_hz = setup->asked->high_hz;
    s->df_hz = setup->rate_hz / (double)n;
    ST_TRY(st_frame_stream_start(ctx, n, s->form == ST_FORM_ENERGY, arena, &s->stream));
    ST_TRY(st_arena_take(ctx, arena, (size_t)n / 2 + 1, sizeof(double), &power));
    s->power = power;
    return ST_OK;
}

static void share_feed(void *state, const double *x, size_t n)
{
    share *s = state;
    while (n > 0) {
        bool ready;
        const size_t taken = st_frame_stream_take(&s->stream, x, n, &ready);
        for (int k = 0; ready && k <= s->stream.n / 2; k++) {
            s->power[k] += s->stream.power[k];
        }
        s->frames += ready;
        x += taken;
        n -= taken;
    }
}

/* The one-sided density counts all bins but DC and Nyquist twice. */
static double energy_share(const share *s)
{
    const int n = s->stream.n;
    double inside = 0.0, all = 0.0;
    for (int k = 1; k <= n / 2; k++) {
        const double density = k == n / 2 ? s->power[k] : 2.0 * s->power[k];
        inside += density * st_band_weight(k, n, s->df_hz, s->low_hz, s->high_hz);
        all += density * st_band_weight(k, n, s->df_hz, 0.0, INFINITY);
    }
    return inside / all;
}

static double amplitude_share(const share *s)
{
    double largest = 0.0, all = 0.0;
    for (int k = 0; k <= s->stream.n / 2; k++) {
        const double f = (double)k * s->df_hz, size = sqrt(s->power[k] / (double)s->frames);
        largest = f >= s->low_hz && f <= s->high_hz ? fmax(largest, size) : largest;
        all += size;
    }
    return largest / all;
}

static st_worst share_finish(void *state)
{
    const share *s = state;
    if (s->frames == 0) {
        return (st_worst){NAN, 0};
    }
    const double value = s->form == ST_FORM_ENERGY ? energy_share(s) : amplitude_share(s);
    /* A record without any movement has no share of it in the band. */
    return (st_worst){isnan(value) ? 0.0 : value, 0};
}

const st_statistic_ops st_ops_energy_share = {ST_STAT_ENERGY_SHARE, frame_points, share_slowest,
                                              share_bytes,          share_start,  share_feed,
                                              share_finish};
