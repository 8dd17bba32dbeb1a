/* line.h - amplitude and frequency of a spectral line under the periodic Hann window.
 * Exact for one sine: with the window's transform W(d) = sin(pi d) / (pi d (1 - d^2)), the ratio of
 * the two largest bins tells the distance d from the peak bin.
 * Source: T. Grandke, Interpolation algorithms for discrete Fourier transforms of weighted signals,
 * IEEE Trans. Instrum. Meas. 32 (1983) 350. */
#ifndef ST_FORMULA_LINE_H
#define ST_FORMULA_LINE_H

#include "formula/host_device.h"

typedef struct st_line {
    double frequency_hz; /* NaN: no line */
    double amplitude_w;  /* peak, W; NaN: no line */
} st_line;

ST_HD st_line st_line_none(void)
{
    st_line none;
    none.frequency_hz = NAN;
    none.amplitude_w = NAN;
    return none;
}

/* The line at bin k from |X| there and at its neighbours, W; window_sum is the sum of w (n/2 for
 * the periodic Hann window of n points). peak > 0. */
ST_HD st_line st_line_interpolate(double below, double peak, double above, int k, double df_hz,
                                  double window_sum)
{
    const double r = fmax(below, above) / peak;
    const double d = fmin(fmax((2.0 * r - 1.0) / (r + 1.0), 0.0), 0.5);
    const double angle = 3.14159265358979323846 * d;
    const double shape = d > 0.0 ? angle * (1.0 - d * d) / sin(angle) : 1.0;
    st_line line;
    line.frequency_hz = ((double)k + (above >= below ? d : -d)) * df_hz;
    line.amplitude_w = 2.0 * peak / window_sum * shape;
    return line;
}

/* |X_k|, W, behind bin k of a one-sided Hann PSD of n-point frames. sum w^2 = 3 n / 8. */
ST_HD double st_line_magnitude(double psd, int k, int n, double df_hz)
{
    const double one_sided = k == 0 || k == n / 2 ? 1.0 : 2.0;
    return sqrt(psd * (double)n * df_hz * 0.375 * (double)n / one_sided);
}

/* The largest bin in [low_hz, high_hz] and its line; bins 0 and 1 hold what is left of the mean and
 * are excluded, Nyquist has no upper neighbour and only serves as one. No line where the spectrum
 * is NaN or zero. psd: [n/2 + 1], W^2/Hz. */
ST_HD st_line st_line_strongest(const double *psd, int n, double df_hz, double low_hz,
                                double high_hz)
{
    int peak = 0;
    double largest = 0.0;
    for (int k = 2; k < n / 2; k++) {
        const double f = (double)k * df_hz;
        if (f >= low_hz && f <= high_hz && psd[k] > largest) {
            largest = psd[k];
            peak = k;
        }
    }
    if (peak == 0) {
        return st_line_none();
    }
    return st_line_interpolate(st_line_magnitude(psd[peak - 1], peak - 1, n, df_hz),
                               st_line_magnitude(psd[peak], peak, n, df_hz),
                               st_line_magnitude(psd[peak + 1], peak + 1, n, df_hz), peak, df_hz,
                               0.5 * (double)n);
}

#endif
