/* plan.c - turns a trace's shape and the settings into sizes and tables.
 * It allocates the tables and nothing else. */
#include "model/plan.h"

#include <omp.h>
#include <string.h>

#include "formula/frame.h"
#include "formula/gap.h"
#include "model/backend.h"

static const double slow_rate_hz = 62.5; /* the decimated rate comes as near to this as it can */
enum { SLOW_FRAME = 1024, SITE_FRAME_MIN = 256, SITE_FRAME_MAX = 65536 };

static const int64_t ramp_windows_ns[ST_RAMP_WINDOWS] = {1000000, 10000000, 100000000, 1000000000,
                                                         5000000000};

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t complete_frames(int64_t samples, int n)
{
    return n > 1 && samples >= n ? (samples - n) / (n / 2) + 1 : 0;
}

static int choose_decimation(double rate_hz)
{
    int best = 1;
    for (int d = 2; d <= 1 << 20 && rate_hz / d > slow_rate_hz / 4.0; d *= 2) {
        if (fabs(rate_hz / d - slow_rate_hz) < fabs(rate_hz / best - slow_rate_hz)) {
            best = d;
        }
    }
    return best;
}

static void size_frames(st_frames *frames, int n, double rate_hz, int64_t samples)
{
    double sum = 0.0, sum2 = 0.0;
    for (int i = 0; i < n; i++) {
        const double w = st_hann(i, n);
        sum += w;
        sum2 += w * w;
    }
    *frames = (st_frames){.n = n,
                          .hop = n / 2,
                          .rate_hz = rate_hz,
                          .df_hz = rate_hz / n,
                          .density = 2.0 / (rate_hz * sum2),
                          .window_sum = sum,
                          .frames = complete_frames(samples, n)};
}

static void size_ramps(st_plan *plan)
{
    for (int w = 0; w < ST_RAMP_WINDOWS; w++) {
        const int64_t lag = (ramp_windows_ns[w] + plan->period_ns / 2) / plan->period_ns;
        plan->ramp_window_s[w] = (double)ramp_windows_ns[w] / 1e9;
        plan->ramp_lag[w] = lag >= 1 && lag < plan->samples ? lag : 0;
    }
}

static void size_bands(st_plan *plan, const st_settings *settings)
{
    const double nyquist_hz = plan->rate_hz / 2.0;
    plan->n_bands = settings->n_bands;
    for (size_t b = 0; b < plan->n_bands; b++) {
        st_band *band = &plan->bands[b];
        *band = settings->bands[b];
        band->high_hz = fmin(band->high_hz, nyquist_hz);
        const bool slow = band->high_hz <= 0.4 * plan->slow.rate_hz;
        const st_frames *frames = slow ? &plan->slow : &plan->fast;
        const bool resolved =
            st_band_resolved(band->low_hz, band->high_hz, frames->rate_hz, frames->n);
        plan->band_source[b] = !resolved ? ST_BAND_UNRESOLVED : slow ? ST_BAND_SLOW : ST_BAND_FAST;
        if (st_band_resolved(band->low_hz, band->high_hz, plan->rate_hz, plan->fast.n)) {
            plan->feature_band[plan->n_feature_bands++] = (int)b;
        }
    }
    plan->n_features = ST_FEATURE_BANDS + plan->n_feature_bands;
}

static void size_streaming(st_plan *plan, const st_settings *settings)
{
    const int64_t step = plan->fast.n;
    plan->tile_samples = (settings->tile_samples + step - 1) / step * step;
    int64_t history = 3 * (int64_t)plan->fast.hop;
    history =
        larger(history, plan->fir.taps + 2 * st_gap_bridge(plan->fir.taps) + plan->decimation + 1);
    for (int w = 0; w < ST_RAMP_WINDOWS; w++) {
        history = larger(history, plan->ramp_lag[w]);
    }
    plan->history_samples = (size_t)((history + 15) / 16 * 16);
    plan->threads = settings->threads > 0 ? (int)settings->threads : omp_get_num_procs();
    plan->unit_racks = ST_LEAF_RACKS;
}

static void size_site(st_plan *plan)
{
    int n = SITE_FRAME_MIN;
    while (2 * n <= SITE_FRAME_MAX && 2 * (int64_t)n <= plan->samples / 4) {
        n *= 2;
    }
    plan->site_frame = n;
    plan->site_frames = complete_frames(plan->samples, n);
}

static size_t table_bytes(const st_plan *plan)
{
    const size_t weights = plan->n_feature_bands * (size_t)(plan->fast.n / 2 + 1);
    return st_arena_need((size_t)plan->fast.n, sizeof(float)) +
           st_arena_need((size_t)plan->slow.n, sizeof(float)) +
           st_arena_need((size_t)plan->fast.n, sizeof(st_c32)) +
           st_arena_need((size_t)plan->slow.n, sizeof(st_c32)) +
           st_arena_need(weights, sizeof(float));
}

static st_status fill_frames(st_context *ctx, st_plan *plan, st_frames *frames)
{
    void *window, *twiddle;
    ST_TRY(st_arena_take(ctx, &plan->tables, (size_t)frames->n, sizeof(float), &window));
    ST_TRY(st_arena_take(ctx, &plan->tables, (size_t)frames->n, sizeof(st_c32), &twiddle));
    for (int i = 0; i < frames->n; i++) {
        ((float *)window)[i] = (float)st_hann(i, frames->n);
    }
    st_fft_twiddle_f32(twiddle, frames->n);
    frames->window = window;
    frames->twiddle = twiddle;
    return ST_OK;
}

static st_status fill_weights(st_context *ctx, st_plan *plan)
{
    const int n = plan->fast.n;
    const size_t bins = (size_t)n / 2 + 1;
    void *block;
    ST_TRY(st_arena_take(ctx, &plan->tables, plan->n_feature_bands * bins, sizeof(float), &block));
    float *weight = block;
    for (size_t f = 0; f < plan->n_feature_bands; f++) {
        const st_band *band = &plan->bands[plan->feature_band[f]];
        for (int k = 0; k <= n / 2; k++) {
            const double one_sided = k == 0 || k == n / 2 ? 0.5 : 1.0;
            weight[f * bins + (size_t)k] =
                (float)(one_sided * plan->fast.density *
                        st_band_weight(k, n, plan->fast.df_hz, band->low_hz, band->high_hz));
        }
    }
    plan->feature_weight = weight;
    return ST_OK;
}

static st_status fill_tables(st_context *ctx, st_plan *plan)
{
    plan->host_bytes = table_bytes(plan);
    ST_TRY(st_arena_open(ctx, plan->host_bytes, "the tables of the plan", &plan->tables));
    ST_TRY(fill_frames(ctx, plan, &plan->fast));
    ST_TRY(fill_frames(ctx, plan, &plan->slow));
    return fill_weights(ctx, plan);
}

st_status st_plan_create(st_context *ctx, const st_trace_info *trace, const st_settings *settings,
                         st_plan **plan)
{
    void *block;
    *plan = NULL;
    ST_TRY(st_alloc(ctx, 1, sizeof(st_plan), "the plan", &block));
    st_plan *made = block;
    made->racks = trace->racks;
    made->leaves = (trace->racks + ST_LEAF_RACKS - 1) / ST_LEAF_RACKS;
    made->samples = trace->samples;
    made->period_ns = trace->period_ns;
    made->start_ns = trace->start_ns;
    made->rate_hz = 1e9 / (double)trace->period_ns;
    made->offset_w = trace->offset_w;
    made->step_w = trace->step_w;

    made->decimation = choose_decimation(made->rate_hz);
    st_fir_design(made->decimation, &made->fir);
    made->slow_samples = made->samples >= made->fir.taps
                             ? (made->samples - made->fir.taps) / made->decimation + 1
                             : 0;
    size_frames(&made->fast, (int)settings->frame, made->rate_hz, made->samples);
    size_frames(&made->slow, SLOW_FRAME, made->rate_hz / made->decimation, made->slow_samples);
    size_ramps(made);
    size_bands(made, settings);
    size_streaming(made, settings);
    size_site(made);

    const st_status status = fill_tables(ctx, made);
    if (status != ST_OK) {
        st_plan_destroy(made);
        return status;
    }
    *plan = made;
    return ST_OK;
}

void st_plan_destroy(st_plan *plan)
{
    if (plan != NULL) {
        st_arena_close(&plan->tables);
        st_free(plan);
    }
}

/* Pairs stay together until the record ends, so that no tile cut can part them. */
static int64_t whole_pairs(int64_t frames, bool ended)
{
    return ended ? frames : frames - frames % 2;
}

int64_t st_plan_frames_until(const st_plan *plan, int64_t end)
{
    return whole_pairs(complete_frames(end, plan->fast.n), end >= plan->samples);
}

int64_t st_plan_slow_until(const st_plan *plan, int64_t end)
{
    if (end >= plan->samples) {
        return plan->slow_samples;
    }
    const int64_t known = end - plan->fir.taps - st_gap_bridge(plan->fir.taps);
    return known >= 0 ? known / plan->decimation + 1 : 0;
}

int64_t st_plan_slow_frames_until(const st_plan *plan, int64_t slow_end)
{
    return whole_pairs(complete_frames(slow_end, plan->slow.n), slow_end >= plan->slow_samples);
}

st_due st_plan_due(const st_plan *plan, int64_t first, size_t samples)
{
    const int64_t end = first + (int64_t)samples;
    st_due due = {.first = first,
                  .end = end,
                  .row_first = first - (int64_t)plan->history_samples,
                  .frame_first = st_plan_frames_until(plan, first),
                  .frame_end = st_plan_frames_until(plan, end),
                  .slow_first = st_plan_slow_until(plan, first),
                  .slow_end = st_plan_slow_until(plan, end)};
    due.slow_frame_first = st_plan_slow_frames_until(plan, due.slow_first);
    due.slow_frame_end = st_plan_slow_frames_until(plan, due.slow_end);
    return due;
}
