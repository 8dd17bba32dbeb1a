/* oscillation.c - one line that holds more than half of the excess.
 * The excess is what the candidate's mean spectrum has more than that of the unmarked frames, in
 * the bands that marked it: in a rhythm the lines of the rhythm itself vary by more than an
 * oscillation may be worth. The line's share is amplitude^2/2 by the Hann interpolation, which for
 * anything broad counts two bins, never a whole band. */
#include "detect/oscillation.h"

#include <math.h>

#include "formula/frame.h"
#include "formula/line.h"

static const double least_share = 0.5;
static const double least_periods = 3.0;
static const double window_periods = 4.0; /* of the moving Hann window: an edge leaks little */

typedef struct excess {
    const st_spectra *spectra;
    double per_event, per_usual; /* sums to means of |X_k|^2 */
} excess;

static double excess_at(const excess *e, int k)
{
    return fmax(0.0, e->spectra->event[k] * e->per_event - e->spectra->usual[k] * e->per_usual);
}

/* Whether bin k lies in one of the bands. */
static bool in_bands(const st_plan *plan, uint32_t bands, int k)
{
    const size_t bins = (size_t)plan->fast.n / 2 + 1;
    for (size_t b = 0; b < plan->n_feature_bands; b++) {
        if ((bands & (UINT32_C(1) << b)) != 0 &&
            plan->feature_weight[b * bins + (size_t)k] > 0.0f) {
            return true;
        }
    }
    return false;
}

/* The line of the excess that holds more than half of it; none where there is no such line. */
static st_line find_line(const excess *e, uint32_t bands)
{
    const st_spectra *s = e->spectra;
    const st_frames *frames = &s->plan->fast;
    double total_w2 = 0.0, largest = 0.0;
    int peak = 0;
    for (int k = 1; k < frames->n / 2; k++) {
        if (!in_bands(s->plan, bands, k)) {
            continue;
        }
        const double signed_excess = s->event[k] * e->per_event - s->usual[k] * e->per_usual;
        total_w2 += signed_excess * frames->density * frames->df_hz;
        if (k >= 2 && excess_at(e, k) > largest) {
            largest = excess_at(e, k);
            peak = k;
        }
    }
    if (peak == 0 || excess_at(e, peak - 1) > largest || excess_at(e, peak + 1) > largest) {
        return st_line_none(); /* the slope of something outside of the bands */
    }
    const st_line line =
        st_line_interpolate(sqrt(excess_at(e, peak - 1)), sqrt(largest),
                            sqrt(excess_at(e, peak + 1)), peak, frames->df_hz, frames->window_sum);
    const double held_w2 = 0.5 * line.amplitude_w * line.amplitude_w;
    return total_w2 > 0.0 && held_w2 > least_share * total_w2 ? line : st_line_none();
}

/* Amplitude of the line around sample i: a Hann-weighted mean of x times a turning pointer. */
static double envelope(const st_piece *piece, int64_t i, int64_t width, double turns)
{
    const int64_t begin = i - width / 2;
    double re = 0.0, im = 0.0, weight = 0.0;
    const int64_t from = begin > 0 ? begin : 0;
    const int64_t end = begin + width < (int64_t)piece->n ? begin + width : (int64_t)piece->n;
    const double mean = piece->x[0] + (piece->sum[end] - piece->sum[from]) / (double)(end - from);
    for (int64_t j = from; j < end; j++) {
        const double w = st_hann((int)(j - begin), (int)width);
        const double angle = 6.283185307179586476925 * turns * (double)(j - i);
        re += w * (piece->x[j] - mean) * cos(angle);
        im += w * (piece->x[j] - mean) * sin(angle);
        weight += w;
    }
    return weight > 0.0 ? 2.0 * sqrt(re * re + im * im) / weight : 0.0;
}

/* Half height of the envelope around its largest value; the envelope is taken every `stride`
 * samples and lies on lines between. */
static void find_extent(const st_piece *piece, int64_t width, double turns, st_oscillation *found)
{
    const size_t stride = (size_t)(width / 16 > 1 ? width / 16 : 1);
    const size_t first = piece->from, points = (piece->to - first - 1) / stride + 1;
    double *value = piece->work;
    size_t peak = 0;
    for (size_t p = 0; p < points; p++) {
        value[p] = envelope(piece, (int64_t)(first + p * stride), width, turns);
        peak = value[p] > value[peak] ? p : peak;
    }
    const double half = 0.5 * value[peak];
    size_t low = peak, high = peak;
    while (low > 0 && value[low - 1] >= half) {
        low--;
    }
    while (high + 1 < points && value[high + 1] >= half) {
        high++;
    }
    found->start = first + low * stride;
    if (low > 0) {
        const double part = (value[low] - half) / (value[low] - value[low - 1]);
        found->start -= (size_t)(part * (double)stride);
    }
    found->end = first + high * stride + 1;
    if (high + 1 < points) {
        const double part = (value[high] - half) / (value[high] - value[high + 1]);
        found->end += (size_t)(part * (double)stride);
    } else {
        found->end = piece->to;
    }
    found->peak = first + peak * stride;
    found->amplitude_w = value[peak];
}

bool st_oscillation_find(const st_spectra *s, const st_piece *piece, uint32_t bands,
                         st_oscillation *found)
{
    if (s->event_frames == 0 || (bands & ~ST_WHY_LEVEL) == 0) {
        return false;
    }
    const excess e = {s, 1.0 / (double)s->event_frames,
                      s->usual_frames > 0 ? 1.0 / (double)s->usual_frames : 0.0};
    const st_line line = find_line(&e, bands);
    if (isnan(line.frequency_hz)) {
        return false;
    }
    const double rate_hz = s->plan->fast.rate_hz, n = s->plan->fast.n;
    const double width = fmin(fmax(window_periods * rate_hz / line.frequency_hz, 8.0), n);
    found->frequency_hz = line.frequency_hz;
    find_extent(piece, (int64_t)width, line.frequency_hz / rate_hz, found);
    const double length_s = (double)(found->end - found->start) / rate_hz;
    return line.frequency_hz * length_s >= least_periods;
}
