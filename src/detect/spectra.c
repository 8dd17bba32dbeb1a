/* spectra.c - the spectrum of a candidate and that of the unmarked frames.
 * pass 1 left the sum of |X_k|^2 over all used frames; the frames that bands marked are transformed
 * again and taken out, so that no unmarked frame has to be read. */
#include "detect/oscillation.h"

#include <math.h>

#include "formula/frame.h"

void st_spectra_begin(st_spectra *spectra, const st_row *row)
{
    const st_plan *plan = row->input->plan;
    const st_rack_sums *sums = row->input->sums;
    const size_t bins = (size_t)plan->fast.n / 2 + 1;
    spectra->plan = plan;
    for (size_t k = 0; k < bins; k++) {
        spectra->usual[k] = sums->power_fast[row->index * bins + k];
    }
    spectra->usual_frames = sums->frames_used[row->index];
}

/* Detrended, windowed frame into the real (0) or imaginary (1) part of the pair. */
static void load_frame(st_spectra *s, const float *x, int part)
{
    const int n = s->plan->fast.n;
    double mean = 0.0, first = 0.0;
    int next = 0;
    for (int i = 0; i < n; i++) { /* invalid samples lie on lines, ends hold: as in pass 1 */
        if (isnan(x[i])) {
            continue;
        }
        const double before = next > 0 ? s->frame[next - 1] : x[i];
        for (int g = next; g <= i; g++) {
            s->frame[g] = before + (x[i] - before) * ((double)(g + 1 - next) / (i + 1 - next));
        }
        next = i + 1;
    }
    for (int g = next > 0 ? next : 1; g < n; g++) {
        s->frame[g] = s->frame[g - 1];
    }
    first = s->frame[0];
    for (int i = 0; i < n; i++) {
        mean += (s->frame[i] - first) / n;
    }
    for (int i = 0; i < n; i++) {
        const double value = (s->frame[i] - first - mean) * (double)s->plan->fast.window[i];
        *(part == 0 ? &s->pair[i].re : &s->pair[i].im) = value;
    }
}

/* Two frames, or one and nothing. */
static void add_pair(st_spectra *s, int frames)
{
    const int n = s->plan->fast.n;
    for (int i = 0; frames == 1 && i < n; i++) {
        s->pair[i].im = 0.0;
    }
    st_fft_f64(n, s->twiddle, s->pair, s->fft_work);
    for (int k = 0; k <= n / 2; k++) {
        double power[2];
        st_fft_split_power_f64(s->pair[k], s->pair[(n - k) & (n - 1)], power);
        s->event[k] += power[0] + power[1];
    }
    s->event_frames += frames;
}

st_status st_spectra_sum(st_context *ctx, st_spectra *s, const st_row *row, st_samples *samples,
                         int64_t first, int64_t last)
{
    const st_frames *frames = &row->input->plan->fast;
    int part = 0;
    for (int k = 0; k <= frames->n / 2; k++) {
        s->event[k] = 0.0;
    }
    s->event_frames = 0;
    for (int64_t f = first; f <= last; f++) {
        const float *x;
        if (!st_spectra_counts(row, f)) {
            continue;
        }
        ST_TRY(st_samples_read(ctx, samples, f * frames->hop, (size_t)frames->n, &x));
        load_frame(s, x, part);
        part = !part;
        if (part == 0) {
            add_pair(s, 2);
        }
    }
    if (part == 1) {
        add_pair(s, 1);
    }
    return ST_OK;
}

void st_spectra_subtract(st_spectra *s)
{
    for (int k = 0; k <= s->plan->fast.n / 2; k++) {
        s->usual[k] = fmax(0.0, s->usual[k] - s->event[k]);
    }
    s->usual_frames -= s->event_frames;
}
