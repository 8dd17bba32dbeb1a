/* decide.c - the three rules of pass 2. With E = band energy + q^2/12, per row and feature band, a
 * frame is marked
 *   1. if log10 E > Q95(log10 E) + 0.6,
 *   2. if z = (log10 E - median) / (1.4826 max(MAD, 0.02)) > 6 while at most a tenth of the frames
 *      have z > 3 (more is a rhythm),
 *   3. if its maximum > T + S or its minimum < B - S, with T = Q95 of the maxima, B = Q05 of the
 *      minima, S = max((T - B)/4, 6 q).
 * The numbers are settings. q^2/12 is the power of rounding to steps of q: a flat, quantised signal
 * has no energy of its own, and a frame without any must not be infinitely far from one with some.
 */
#include "detect/decide.h"

#include <math.h>

#include "detect/quantile.h"
#include "formula/frame.h"

static const double sigma_of_mad = 1.4826; /* for a normal distribution */
static const double least_mad = 0.02;      /* decades */

static void mark(st_row *row, int64_t frame, double score, uint32_t why)
{
    row->score[frame] = fmaxf(row->score[frame], (float)fmin(score, 1e30));
    row->why[frame] |= why;
}

/* q: the storage step, at least 2^-24 of the largest value: a float32 has no finer one. */
static double storage_step(const st_row *row)
{
    const st_rack_sums *sums = row->input->sums;
    const double largest = fmax(fabs(sums->min_w[row->index] + row->offset_w),
                                fabs(sums->max_w[row->index] + row->offset_w));
    const double trace_step_w = row->input->plan->step_w;
    const double step_w = trace_step_w > 0.0 ? trace_step_w : sums->step_w[row->index];
    return fmax(step_w, ldexp(largest, -24));
}

/* Copies a feature of all used frames to values; returns how many there are. */
static size_t collect(const st_row *row, int feature, double *values)
{
    size_t n = 0;
    for (int64_t f = 0; f < row->frames; f++) {
        if (st_row_used(row, f)) {
            values[n++] = st_row_feature(row, f, feature);
        }
    }
    return n;
}

/* Rules 1 and 2 for one feature band. */
static void decide_band(st_row *row, size_t band)
{
    const st_settings *settings = row->input->settings;
    double *level = row->values, *work = row->values + row->frames;
    const size_t n = collect(row, ST_FEATURE_BANDS + (int)band, level);
    for (size_t i = 0; i < n; i++) {
        level[i] = work[i] = log10(level[i] + row->step_w * row->step_w / 12.0);
    }
    const double high = st_quantile(work, n, settings->event_quantile);
    const double median = st_median(work, n);
    for (size_t i = 0; i < n; i++) {
        work[i] = fabs(level[i] - median);
    }
    const double sigma = sigma_of_mad * fmax(st_median(work, n), least_mad);
    size_t rhythm = 0;
    for (size_t i = 0; i < n; i++) {
        rhythm += level[i] - median > settings->event_rhythm_z * sigma;
    }
    const bool rare = (double)rhythm <= settings->event_rhythm_share * (double)n;
    size_t i = 0;
    for (int64_t f = 0; f < row->frames; f++) {
        if (!st_row_used(row, f)) {
            continue;
        }
        const double decades = (level[i] - high) / settings->event_decades;
        const double z = (level[i] - median) / (sigma * settings->event_z);
        i++;
        if (decades > 1.0) {
            mark(row, f, decades, UINT32_C(1) << band);
        }
        if (rare && z > 1.0) {
            mark(row, f, z, UINT32_C(1) << band);
        }
    }
}

/* Rule 3. */
static void decide_levels(st_row *row)
{
    const st_settings *settings = row->input->settings;
    const double high = settings->event_quantile;
    row->top_w = st_quantile(row->values, collect(row, ST_FEATURE_MAX, row->values), high);
    row->bottom_w = st_quantile(row->values, collect(row, ST_FEATURE_MIN, row->values), 1.0 - high);
    row->margin_w =
        fmax(settings->event_level_share * (row->top_w - row->bottom_w), 6.0 * row->step_w);
    for (int64_t f = 0; f < row->frames; f++) {
        const double over = (st_row_feature(row, f, ST_FEATURE_MAX) - row->top_w) / row->margin_w;
        const double under =
            (row->bottom_w - st_row_feature(row, f, ST_FEATURE_MIN)) / row->margin_w;
        if (over > 1.0 || under > 1.0) { /* false for a dropped frame, NaN */
            mark(row, f, fmax(over, under), ST_WHY_LEVEL);
        }
    }
}

void st_row_decide(st_row *row)
{
    const st_rack_sums *sums = row->input->sums;
    for (int64_t f = 0; f < row->frames; f++) {
        row->score[f] = 0.0f;
        row->why[f] = 0;
    }
    row->top_w = row->bottom_w = row->margin_w = (double)NAN;
    row->step_w = sums->valid[row->index] > 0 ? storage_step(row) : 0.0;
    if (!(row->step_w > 0.0)) { /* no sample, or all are 0 */
        return;
    }
    for (size_t band = 0; band < row->n_features - ST_FEATURE_BANDS; band++) {
        decide_band(row, band);
    }
    decide_levels(row);
}
