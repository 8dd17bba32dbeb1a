/* scaling.c - which gain at which frequency, the FIR that has it, and its way over the load: overlap
 * and save, two blocks as real and imaginary part of one transform. In float64 throughout. */
#include "detect/scaling.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "detect/envelope.h"
#include "formula/fft.h"
#include "formula/scaling.h"
#include "formula/sum.h"

/* Kaiser's estimate for 80 dB: taps = (80 - 7.95) / 14.36 x rate / width of a transition. */
static const double stop_db = 80.0, taps_per_width = (80.0 - 7.95) / 14.36;
enum { HALF_MOST = (1 << 19) - 1 }; /* of the taps; beyond, transitions are wider */

/* ---- gains ------------------------------------------------------------------------------------- */

/* Where a rack is missing all the time, the load of the others stands for it (R/R_valid). */
static double swing_gain(const st_scaling *scaling, double rho)
{
    return st_scaling_gain(scaling->live, scaling->site, isnan(rho) ? 1.0 : rho) *
           (scaling->live / scaling->recorded);
}

void st_scaling_bands(const st_scaling *scaling, int64_t samples, const st_band *bands, size_t n,
                      st_band_columns *columns)
{
    const double time_s = (double)samples / scaling->rate_hz;
    for (size_t b = 0; b < n; b++) {
        const double width_hz = fmin(bands[b].high_hz, scaling->rate_hz / 2.0) - bands[b].low_hz;
        columns->rho[b] = st_scaling_rho(columns->kappa[b], scaling->live);
        columns->rho_noise[b] = isnan(columns->rho[b])
                                    ? (double)NAN
                                    : st_scaling_noise(scaling->live, width_hz, time_s);
        columns->gain[b] = swing_gain(scaling, columns->rho[b]);
        columns->upper_bound[b] = !(scaling->site * columns->rho_noise[b] <= 1.0);
    }
}

void st_scaling_incoherent(st_scaling *scaling)
{
    scaling->n_steps = 1;
    scaling->step[0] = (st_gain_step){0.0, swing_gain(scaling, 0.0)};
}

static double rho_at(double hz, const st_band *bands, const double *rho, size_t n)
{
    double largest = -1.0;
    for (size_t b = 0; b < n; b++) {
        if (hz >= bands[b].low_hz && hz < bands[b].high_hz && rho[b] > largest) {
            largest = rho[b];
        }
    }
    return largest < 0.0 ? 1.0 : largest;
}

/* The next edge of a band above hz, below Nyquist; 0 when there is none. */
static double next_edge(double hz, const st_band *bands, size_t n, double nyquist_hz)
{
    double nearest = nyquist_hz;
    for (size_t b = 0; b < n; b++) {
        const double edges[] = {bands[b].low_hz, bands[b].high_hz};
        for (size_t e = 0; e < 2; e++) {
            nearest = edges[e] > hz && edges[e] < nearest ? edges[e] : nearest;
        }
    }
    return nearest < nyquist_hz ? nearest : 0.0;
}

void st_scaling_measured(st_scaling *scaling, const st_band *bands, const double *rho, size_t n)
{
    const double nyquist_hz = scaling->rate_hz / 2.0;
    double from_hz = 0.0;
    scaling->n_steps = 0;
    do {
        const double gain = swing_gain(scaling, rho_at(from_hz, bands, rho, n));
        if (scaling->n_steps == 0 || scaling->step[scaling->n_steps - 1].gain != gain) {
            scaling->step[scaling->n_steps++] = (st_gain_step){from_hz, gain};
        }
        from_hz = next_edge(from_hz, bands, n, nyquist_hz);
    } while (from_hz > 0.0);
}

/* ---- the filter ---------------------------------------------------------------------------------- */

/* A transition is as wide as the narrowest step, around its edge. */
size_t st_scaling_taps(const st_scaling *scaling)
{
    double width_hz = (double)INFINITY;
    if (scaling->n_steps == 1) {
        return 1;
    }
    for (size_t s = 0; s < scaling->n_steps; s++) {
        const double end_hz =
            s + 1 < scaling->n_steps ? scaling->step[s + 1].from_hz : scaling->rate_hz / 2.0;
        width_hz = fmin(width_hz, end_hz - scaling->step[s].from_hz);
    }
    const double half = ceil(0.5 * taps_per_width * scaling->rate_hz / width_hz);
    return 2 * (size_t)fmin(half, HALF_MOST) + 1;
}

void st_scaling_design(const st_scaling *scaling, size_t taps, double *h)
{
    const double beta = 0.1102 * (stop_db - 8.7), pi = 3.14159265358979323846;
    const size_t half = taps / 2, last = scaling->n_steps - 1;
    for (size_t k = 0; k <= half; k++) {
        const double x = half > 0 ? (double)k / (double)half : 0.0;
        const double window = st_bessel_i0(beta * sqrt(1.0 - x * x)) / st_bessel_i0(beta);
        double ideal = k == 0 ? scaling->step[last].gain : 0.0;
        for (size_t s = 1; s <= last; s++) {
            const double angle = 2.0 * pi * scaling->step[s].from_hz / scaling->rate_hz;
            const double sinc = k == 0 ? angle : sin(angle * (double)k) / (double)k;
            ideal += (scaling->step[s - 1].gain - scaling->step[s].gain) * sinc / pi;
        }
        h[k] = ideal * window;
    }
}

/* ---- over the load ------------------------------------------------------------------------------- */

typedef struct filter {
    size_t half, block; /* of the taps; samples made by one half of a transform */
    int n;
    double *gain;          /* [n], of the taps as seen by the transform, over n */
    st_c64 *w, *x, *work;  /* [n] */
    double *in, *out;      /* [block + 2 half], [block] */
    const st_series *held; /* the load, gaps held, minus its mean */
    const st_series *load;
    st_arena arena;
} filter;

static st_status open_filter(st_context *ctx, const st_scaling *scaling, filter *f)
{
    void *room;
    const size_t taps = st_scaling_taps(scaling);
    f->half = taps / 2;
    f->n = 4 * ST_BLOCK_SAMPLES;
    while ((size_t)f->n < 2 * taps) {
        f->n *= 2;
    }
    f->block = (size_t)f->n - 2 * f->half;
    const size_t n = (size_t)f->n;
    ST_TRY(st_arena_open(ctx, 3 * st_arena_need(n, sizeof(st_c64)) + 3 * st_arena_need(n, 8),
                         "the filter that scales the load", &f->arena));
    st_c64 **const complexes[] = {&f->w, &f->x, &f->work};
    double **const reals[] = {&f->gain, &f->in, &f->out};
    for (size_t i = 0; i < 3; i++) {
        ST_TRY(st_arena_take(ctx, &f->arena, n, sizeof(st_c64), &room));
        *complexes[i] = room;
        ST_TRY(st_arena_take(ctx, &f->arena, n, sizeof(double), &room));
        *reals[i] = room;
    }
    st_fft_twiddle_f64(f->w, f->n);
    st_scaling_design(scaling, taps, f->in);
    f->x[0].re = f->in[0];
    for (size_t k = 1; k <= f->half; k++) {
        f->x[k].re = f->x[n - k].re = f->in[k];
    }
    st_fft_f64(f->n, f->w, f->x, f->work);
    for (size_t k = 0; k < n; k++) {
        f->gain[k] = f->x[k].re / (double)f->n; /* symmetric taps have a real transform */
    }
    return ST_OK;
}

/* Samples [first, first + n) of the held load, mirrored at the record's first and last sample. */
static st_status read_mirrored(st_context *ctx, const st_series *held, int64_t first, size_t n,
                               double *out)
{
    const int64_t last = held->samples - 1, period = last > 0 ? 2 * last : 1;
    for (size_t done = 0; done < n;) {
        const int64_t at = ((first + (int64_t)done) % period + period) % period;
        const bool forward = at <= last;
        const int64_t run = forward ? last - at + 1 : period - at;
        const size_t take = (size_t)run < n - done ? (size_t)run : n - done;
        const int64_t from = forward ? at : period - at - (int64_t)take + 1;
        ST_TRY(st_series_read(ctx, held, from, take, out + done));
        for (size_t i = 0; !forward && i < take / 2; i++) {
            const double swap = out[done + i];
            out[done + i] = out[done + take - 1 - i];
            out[done + take - 1 - i] = swap;
        }
        done += take;
    }
    return ST_OK;
}

/* f->x holds the filtered load of samples [from, from + block) as real part at half.., and of the
 * block behind as imaginary part. The inverse transform is the forward one of swapped parts. */
static st_status transform(st_context *ctx, filter *f, int64_t from)
{
    const size_t n = (size_t)f->n;
    for (int part = 0; part < 2; part++) {
        const int64_t first = from + part * (int64_t)f->block - (int64_t)f->half;
        ST_TRY(read_mirrored(ctx, f->held, first, n, f->in));
        for (size_t i = 0; i < n; i++) {
            *(part == 0 ? &f->x[i].re : &f->x[i].im) = f->in[i];
        }
    }
    st_fft_f64(f->n, f->w, f->x, f->work);
    for (size_t k = 0; k < n; k++) {
        const st_c64 y = f->x[k];
        f->x[k].re = y.im * f->gain[k];
        f->x[k].im = y.re * f->gain[k];
    }
    st_fft_f64(f->n, f->w, f->x, f->work);
    return ST_OK;
}

/* The samples of one block: the scaled mean and the filtered rest; invalid ones stay invalid. */
static st_status put_block(st_context *ctx, filter *f, int64_t from, int part, double mean_w,
                           st_scaled *scaled)
{
    const int64_t left = f->load->samples - from;
    const size_t n = left < (int64_t)f->block ? (size_t)left : f->block;
    ST_TRY(st_series_read(ctx, f->load, from, n, f->out));
    for (size_t i = 0; i < n; i++) {
        if (isfinite(f->out[i])) {
            const st_c64 y = f->x[f->half + i];
            f->out[i] = mean_w + (part == 0 ? y.im : y.re);
            scaled->first_w = isnan(scaled->first_w) ? f->out[i] : scaled->first_w;
            scaled->peak_w = fmax(scaled->peak_w, f->out[i]);
        }
    }
    return st_series_write(ctx, f->load, from, n, f->out);
}

static st_status run_filter(st_context *ctx, const st_scaling *scaling, filter *f,
                            st_scaled *scaled)
{
    const int64_t samples = f->load->samples;
    const double mean_w = scaling->mean_gain * scaled->mean_w;
    ST_TRY(open_filter(ctx, scaling, f));
    for (int64_t from = 0; from < samples; from += 2 * (int64_t)f->block) {
        ST_TRY(st_progress(ctx, "scale", (double)from, (double)samples, "samples"));
        ST_TRY(transform(ctx, f, from));
        for (int part = 0; part < 2; part++) {
            const int64_t first = from + part * (int64_t)f->block;
            if (first < samples) {
                ST_TRY(put_block(ctx, f, first, part, mean_w, scaled));
            }
        }
    }
    scaled->mean_w = mean_w;
    return ST_OK;
}

/* ---- before it ----------------------------------------------------------------------------------- */

/* First valid sample and mean over valid samples. block: [ST_BLOCK_SAMPLES] */
static st_status find_mean(st_context *ctx, const st_series *load, double *block, double *first_w,
                           double *mean_w)
{
    st_sum sum = {0};
    int64_t valid = 0;
    for (int64_t from = 0; from < load->samples; from += ST_BLOCK_SAMPLES) {
        const int64_t left = load->samples - from;
        const size_t n = left < ST_BLOCK_SAMPLES ? (size_t)left : ST_BLOCK_SAMPLES;
        ST_TRY(st_series_read(ctx, load, from, n, block));
        for (size_t i = 0; i < n; i++) {
            if (isfinite(block[i])) {
                *first_w = valid++ == 0 ? block[i] : *first_w;
                st_sum_add(&sum, block[i]);
            }
        }
    }
    *mean_w = st_sum_value(sum) / (double)valid;
    return ST_OK;
}

/* The load as filters see it: an invalid sample is the last valid one, before the first valid one
 * that one; and without its mean, so that the level costs no digit. */
static st_status hold(st_context *ctx, const st_series *load, const st_series *held, double *block,
                      double *mean_w)
{
    double last_w = 0.0;
    ST_TRY(find_mean(ctx, load, block, &last_w, mean_w));
    for (int64_t from = 0; from < load->samples; from += ST_BLOCK_SAMPLES) {
        const int64_t left = load->samples - from;
        const size_t n = left < ST_BLOCK_SAMPLES ? (size_t)left : ST_BLOCK_SAMPLES;
        ST_TRY(st_series_read(ctx, load, from, n, block));
        for (size_t i = 0; i < n; i++) {
            last_w = isfinite(block[i]) ? block[i] : last_w;
            block[i] = last_w - *mean_w;
        }
        ST_TRY(st_series_write(ctx, held, from, n, block));
    }
    return ST_OK;
}

st_status st_scaling_apply(st_context *ctx, st_scratch *scratch, const st_scaling *scaling,
                           const st_series *load, st_scaled *scaled)
{
    st_status status = ST_OK;
    st_series held;
    void *block = NULL;
    filter f = {.held = &held, .load = load};
    *scaled = (st_scaled){.first_w = (double)NAN, .peak_w = -(double)INFINITY};
    ST_GOTO(status, st_series_reserve(ctx, scratch, load->samples, &held));
    ST_GOTO(status, st_alloc(ctx, ST_BLOCK_SAMPLES, sizeof(double), "a block of a series", &block));
    ST_GOTO(status, hold(ctx, load, &held, block, &scaled->mean_w));
    ST_GOTO(status, run_filter(ctx, scaling, &f, scaled));
done:
    st_free(block);
    st_arena_close(&f.arena);
    return status;
}
