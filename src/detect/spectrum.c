/* spectrum.c - Welch's method over a series in the scratch file. Source: P. Welch, The use of fast
 * Fourier transform for the estimation of power spectra, 1967; one-sided density as in
 * scipy.signal.welch(window='hann', detrend='constant', scaling='density'). */
#include "detect/spectrum.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "detect/rhythm.h"
#include "formula/band.h"
#include "formula/fft.h"
#include "formula/frame.h"
#include "formula/line.h"

enum { MAX_SPANS = 1024 };

size_t st_spectrum_spans(int64_t frames)
{
    return frames < MAX_SPANS ? (size_t)frames : MAX_SPANS;
}

/* Hann's window is made of the cosines that the transform needs: w[i] = 1/2 - 1/2 cos(2 pi i / n). */
static double window_at(const st_c64 *twiddle, int i)
{
    return 0.5 - 0.5 * twiddle[i].re;
}

st_status st_spectrum_open(st_context *ctx, const st_plan *plan, st_spectrum_tables *tables)
{
    void *block;
    const int n = plan->site_frame;
    double sum2 = 0.0;
    *tables = (st_spectrum_tables){.twiddle = NULL};
    ST_TRY(st_arena_open(ctx, st_arena_need((size_t)n, sizeof(st_c64)), "the spectra's tables",
                         &tables->arena));
    ST_TRY(st_arena_take(ctx, &tables->arena, (size_t)n, sizeof(st_c64), &block));
    st_c64 *const twiddle = tables->twiddle = block;
#pragma omp parallel for num_threads(plan->threads)
    for (int i = 0; i < n; i++) {
        twiddle[i] = st_fft_root_f64(i, n);
    }
    for (int i = 0; i < n; i++) {
        sum2 += window_at(twiddle, i) * window_at(twiddle, i);
    }
    tables->density = 2.0 / (plan->rate_hz * sum2);
    return ST_OK;
}

void st_spectrum_close(st_spectrum_tables *tables)
{
    st_arena_close(&tables->arena);
}

/* Work space of one series: frames ride two by two as real and imaginary part. */
typedef struct welch {
    int n;
    double density;
    const st_c64 *twiddle; /* of the tables */
    st_c64 *pair, *work;   /* [n] */
    double *sample;        /* [n], in the place of `work`: no transform runs while it is needed */
    double *power;         /* [n/2 + 1], sum over the record */
    double *column;        /* [n/2 + 1], sum over the open spectrogram column */
    float *row;            /* [n/2 + 1], a closed one */
    int64_t used, column_used;
    size_t column_index;
    st_arena arena;
} welch;

static st_status open_welch(st_context *ctx, const st_plan *plan, const st_spectrum_tables *tables,
                            welch *w)
{
    const size_t n = (size_t)plan->site_frame, bins = n / 2 + 1;
    enum { ARRAYS = 5 };
    void *block[ARRAYS];
    const size_t count[ARRAYS] = {n, n, bins, bins, bins};
    const size_t size[ARRAYS] = {sizeof(st_c64), sizeof(st_c64), sizeof(double), sizeof(double),
                                 sizeof(float)};
    size_t bytes = 0;
    for (int i = 0; i < ARRAYS; i++) {
        bytes += st_arena_need(count[i], size[i]);
    }
    *w = (welch){.n = plan->site_frame, .density = tables->density, .twiddle = tables->twiddle};
    ST_TRY(st_arena_open(ctx, bytes, "the spectra of load and draw", &w->arena));
    for (int i = 0; i < ARRAYS; i++) {
        ST_TRY(st_arena_take(ctx, &w->arena, count[i], size[i], &block[i]));
    }
    w->pair = block[0];
    w->work = block[1];
    w->sample = block[1];
    w->power = block[2];
    w->column = block[3];
    w->row = block[4];
    return ST_OK;
}

/* Straight lines over the gaps; the ends hold the nearest valid sample. False: too many gaps. */
static bool fill_gaps(double *x, int n)
{
    int invalid = 0, last = -1;
    for (int i = 0; i < n; i++) {
        invalid += isnan(x[i]) ? 1 : 0;
    }
    if (invalid == n || !st_frame_usable(invalid, n)) {
        return false;
    }
    if (invalid == 0) {
        return true;
    }
    for (int i = 0; i <= n; i++) {
        if (i < n && isnan(x[i])) {
            continue;
        }
        for (int gap = last + 1; gap < i; gap++) {
            const double left = last >= 0 ? x[last] : x[i], right = i < n ? x[i] : x[last];
            x[gap] = left + (right - left) * ((double)(gap - last) / (double)(i - last));
        }
        last = i;
    }
    return true;
}

/* Puts one frame into the real (part 0) or imaginary (1) part of the pair; zeros when unusable. */
static bool load_frame(welch *w, int part)
{
    const bool usable = fill_gaps(w->sample, w->n);
    const double share = 1.0 / w->n; /* exact: n is a power of two */
    const double first = w->sample[0];
    double mean = 0.0;
    for (int i = 0; usable && i < w->n; i++) {
        mean += (w->sample[i] - first) * share;
    }
    for (int i = 0; i < w->n; i++) {
        const double value =
            usable ? (w->sample[i] - first - mean) * window_at(w->twiddle, i) : 0.0;
        *(part == 0 ? &w->pair[i].re : &w->pair[i].im) = value;
    }
    return usable;
}

/* The open column to its place among the kept ones; `row` [n/2 + 1] is work space. */
static st_status close_column(st_context *ctx, welch *w, const st_kept *spectrogram)
{
    const size_t bins = (size_t)w->n / 2 + 1, bytes = bins * sizeof *w->row;
    for (size_t k = 0; k < bins; k++) {
        const double one_sided = k == 0 || k == bins - 1 ? 0.5 : 1.0;
        w->row[k] = w->column_used == 0
                        ? NAN
                        : (float)(w->column[k] * one_sided * w->density / (double)w->column_used);
        w->column[k] = 0.0;
    }
    w->column_used = 0;
    return st_scratch_write(ctx, spectrogram->scratch,
                            spectrogram->offset + (uint64_t)w->column_index * bytes, w->row, bytes);
}

/* Adds the power of frame `frame` (part 0 or 1 of the pair) to the record and its column. */
static st_status add_frame(st_context *ctx, welch *w, int part, bool usable, int64_t frame,
                           int64_t frames, const st_kept *spectrogram)
{
    const int64_t spans = (int64_t)st_spectrum_spans(frames);
    const size_t column = (size_t)(frame * spans / frames);
    if (column != w->column_index) {
        ST_TRY(close_column(ctx, w, spectrogram));
        w->column_index = column;
    }
    if (!usable) {
        return ST_OK;
    }
    for (int k = 0; k <= w->n / 2; k++) {
        double power[2];
        st_fft_split_power_f64(w->pair[k], w->pair[(w->n - k) & (w->n - 1)], power);
        w->power[k] += power[part];
        w->column[k] += power[part];
    }
    w->used++;
    w->column_used++;
    return ST_OK;
}

static st_status sum_frames(st_context *ctx, const st_plan *plan, const st_series *series, welch *w,
                            const st_kept *spectrogram)
{
    const int64_t hop = w->n / 2, frames = plan->site_frames;
    for (int64_t frame = 0; frame < frames; frame += 2) {
        bool usable[2] = {false, false};
        for (int part = 0; part < 2; part++) {
            if (frame + part < frames) {
                ST_TRY(st_series_read(ctx, series, (frame + part) * hop, (size_t)w->n, w->sample));
                usable[part] = load_frame(w, part);
            }
        }
        if (frame + 1 == frames) {
            for (int i = 0; i < w->n; i++) {
                w->pair[i].im = 0.0;
            }
        }
        st_fft_f64(w->n, w->twiddle, w->pair, w->work);
        for (int part = 0; part < 2 && frame + part < frames; part++) {
            ST_TRY(add_frame(ctx, w, part, usable[part], frame + part, frames, spectrogram));
        }
    }
    return frames > 0 ? close_column(ctx, w, spectrogram) : ST_OK;
}

static void finish(const st_plan *plan, const welch *w, st_point_columns *point)
{
    const int bins = w->n / 2 + 1;
    const double df_hz = plan->rate_hz / w->n;
    for (int k = 0; k < bins; k++) {
        const double one_sided = k == 0 || k == bins - 1 ? 0.5 : 1.0;
        point->frequency_hz[k] = k * df_hz;
        point->psd[k] =
            w->used == 0 ? (double)NAN : w->power[k] * one_sided * w->density / (double)w->used;
    }
    for (size_t b = 0; b < plan->n_bands; b++) {
        const st_band *band = &plan->bands[b];
        const bool resolved = st_band_resolved(band->low_hz, band->high_hz, plan->rate_hz, w->n);
        point->band_rms_w[b] =
            resolved ? st_band_rms(point->psd, w->n, df_hz, band->low_hz, band->high_hz)
                     : (double)NAN;
    }
    const int64_t frames = plan->site_frames, spans = (int64_t)st_spectrum_spans(frames);
    for (int64_t c = 0; c < spans; c++) { /* frames f with floor(f spans / frames) = c */
        const int64_t first = (c * frames + spans - 1) / spans;
        const int64_t last = ((c + 1) * frames + spans - 1) / spans - 1;
        point->spectrogram_time_s[c] =
            (0.25 * (double)(first + last) * w->n + 0.5 * w->n) / plan->rate_hz;
    }
}

st_status st_spectrum_fill(st_context *ctx, const st_plan *plan, const st_spectrum_tables *tables,
                           const st_series *series, st_point_columns *point)
{
    st_status status = ST_OK;
    welch w = {0};
    const size_t bins = (size_t)plan->site_frame / 2 + 1;
    const uint64_t kept_bytes = st_spectrum_spans(plan->site_frames) * bins * sizeof(float);
    point->spectrogram = (st_kept){series->scratch, 0};
    ST_GOTO(status, open_welch(ctx, plan, tables, &w));
    ST_GOTO(status,
            st_scratch_reserve(ctx, series->scratch, kept_bytes, &point->spectrogram.offset));
    ST_GOTO(status, sum_frames(ctx, plan, series, &w, &point->spectrogram));
    finish(plan, &w, point);
    const st_line line =
        st_line_strongest(point->psd, w.n, plan->rate_hz / w.n, 0.0, plan->rate_hz / 2.0);
    point->dominant_frequency_hz[0] = line.frequency_hz;
    point->dominant_amplitude_w[0] = line.amplitude_w;
    point->iteration_period_s[0] =
        st_rhythm_period(point->psd, w.n, plan->rate_hz, w.twiddle, w.pair, w.work);
done:
    st_arena_close(&w.arena);
    return status;
}
