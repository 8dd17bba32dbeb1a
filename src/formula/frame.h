/* frame.h - what is done to one frame of one rack before and after its transform.
 * Samples are taken relative to the frame's first valid sample (exact in
 * float32 for any DC level), gaps are filled by straight lines, the mean is removed, the periodic
 * Hann window is applied, and the powers become band energies. */
#ifndef ST_FORMULA_FRAME_H
#define ST_FORMULA_FRAME_H

#include "formula/host_device.h"
#include "formula/lanes.h"

/* The numbers to which pass 1 of event detection reduces a frame, float32 each; then follow the
 * energies (mean square, W^2) of the bands that a frame resolves. A dropped frame has NaN in all
 * of them but INVALID. Levels are relative to the rack's offset. */
typedef enum st_feature {
    ST_FEATURE_INVALID, /* count of invalid samples */
    ST_FEATURE_MIN,     /* W */
    ST_FEATURE_MAX,     /* W */
    ST_FEATURE_MEAN,    /* W, of the filled frame */
    ST_FEATURE_SLOPE,   /* W per sample: largest |x[i] - x[i-1]| between valid neighbours */
    ST_FEATURE_BANDS    /* first band energy */
} st_feature;

/* At most a tenth of a frame, inclusive, may be invalid. */
ST_HD int st_frame_usable(int invalid, int n)
{
    return 10 * invalid <= n;
}

/* Value of sample i of a frame with gaps, on the line between its valid neighbours; the ends hold
 * the nearest valid sample. x: [n], NaN = invalid; at least one sample is valid. */
ST_HD float st_frame_filled(const float *x, int n, int i)
{
    int before = i, after = i;
    while (before >= 0 && isnan(x[before])) {
        before--;
    }
    while (after < n && isnan(x[after])) {
        after++;
    }
    if (before == after) {
        return x[i];
    }
    if (before < 0) {
        return x[after];
    }
    if (after >= n) {
        return x[before];
    }
    return x[before] + (x[after] - x[before]) * ((float)(i - before) / (float)(after - before));
}

/* Periodic Hann window: w[i] = 1/2 - 1/2 cos(2 pi i / n). */
static inline double st_hann(int i, int n)
{
    return 0.5 - 0.5 * cos(6.283185307179586476925 * (double)i / (double)n);
}

/* Share of bin k's cell, [k df - df/2, k df + df/2] cut to [0, Nyquist], that lies in [low, high),
 * times df: the weight with which PSD[k] enters the band's mean square. n: frame length. */
static inline double st_band_weight(int k, int n, double df, double low_hz, double high_hz)
{
    const double from = k == 0 ? 0.0 : ((double)k - 0.5) * df;
    const double to = k == n / 2 ? (double)k * df : ((double)k + 0.5) * df;
    const double a = from > low_hz ? from : low_hz, b = to < high_hz ? to : high_hz;
    return b > a ? b - a : 0.0;
}

/* A band is resolved by frames of n samples at rate_hz when low >= df/2, its width (cut at
 * Nyquist) >= 2 df, and low < Nyquist. */
static inline int st_band_resolved(double low_hz, double high_hz, double rate_hz, int n)
{
    const double df = rate_hz / (double)n;
    const double high = fmin(high_hz, rate_hz / 2.0);
    return low_hz >= df / 2.0 && high - low_hz >= 2.0 * df && low_hz < rate_hz / 2.0;
}

#endif
