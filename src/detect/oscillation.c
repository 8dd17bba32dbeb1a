/* oscillation.c - one line that holds more than half of the excess.
 * The excess is what the candidate's mean spectrum has more than that of the unmarked frames. The
 * line's share is amplitude^2/2 by the Hann interpolation: of anything broad that counts about two
 * bins, never a whole band. */
#include "detect/oscillation.h"

#include <math.h>

#include "detect/quantile.h"
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
    if (bands == ST_BANDS_ALL) {
        return true;
    }
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

/* Envelope at every `stride`-th sample of the marked frames. */
typedef struct outline {
    double *value;
    size_t points, stride, first;
    size_t width; /* points that the moving window spans */
} outline;

/* From the peak in direction `step`: the outermost point at half height, across dips that are
 * shorter than the window, as an edge of a rhythm makes them. */
static size_t walk(const outline *o, size_t peak, int64_t step, double half_w)
{
    int64_t outer = (int64_t)peak;
    for (int64_t p = outer; p >= 0 && p < (int64_t)o->points; p += step) {
        if (o->value[p] >= half_w) {
            outer = p;
        } else if ((p - outer) * step > (int64_t)o->width) {
            break;
        }
    }
    return (size_t)outer;
}

/* Where the line between the points p and q, one of them below, is at half height, samples. */
static double crossing(const outline *o, size_t p, size_t q, double half_w)
{
    const double part = (o->value[p] - half_w) / (o->value[p] - o->value[q]);
    const double from = (double)p, to = (double)q;
    return (double)o->first + (from + part * (to - from)) * (double)o->stride;
}

/* The height is what a quarter of the points within half height exceed, which no single edge of a
 * rhythm can make; where the event is shorter than a few windows, the largest value. */
static double height_of(const outline *o, size_t low, size_t high, size_t peak, double *work)
{
    const size_t n = high - low + 1;
    if (n < 4 * o->width) {
        return o->value[peak];
    }
    for (size_t i = 0; i < n; i++) {
        work[i] = o->value[low + i];
    }
    return st_quantile(work, n, 0.75);
}

/* From half height to half height of the envelope. */
static void find_extent(const st_piece *piece, int64_t width, double turns, st_oscillation *found)
{
    const size_t stride = (size_t)(width / 16 > 1 ? width / 16 : 1);
    const size_t points = (piece->to - piece->from - 1) / stride + 1;
    outline o = {piece->work, points, stride, piece->from, (size_t)width / stride};
    size_t peak = 0;
    for (size_t p = 0; p < points; p++) {
        o.value[p] = envelope(piece, (int64_t)(o.first + p * stride), width, turns);
        peak = o.value[p] > o.value[peak] ? p : peak;
    }
    size_t low = 0, high = 0;
    found->amplitude_w = o.value[peak];
    for (int round = 0; round < 3; round++) {
        low = walk(&o, peak, -1, 0.5 * found->amplitude_w);
        high = walk(&o, peak, 1, 0.5 * found->amplitude_w);
        found->amplitude_w = height_of(&o, low, high, peak, piece->more_work);
    }
    const double half_w = 0.5 * found->amplitude_w;
    found->start = piece->from;
    found->end = piece->to;
    if (low > 0) {
        found->start = (size_t)ceil(crossing(&o, low, low - 1, half_w));
    }
    if (high + 1 < points) {
        found->end = (size_t)ceil(crossing(&o, high, high + 1, half_w));
    }
    found->peak = o.first + peak * stride;
}

bool st_oscillation_find(const st_spectra *s, const st_piece *piece, uint32_t bands,
                         st_oscillation *found)
{
    if (s->event_frames == 0) {
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
