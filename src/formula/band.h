/* band.h - what a PSD holds between two frequencies (METHODS 3). */
#ifndef ST_FORMULA_BAND_H
#define ST_FORMULA_BAND_H

#include "formula/frame.h"

/* RMS, W, of [low_hz, high_hz): the square root of the PSD's integral, a bin counting by the share
 * of its cell that lies inside. psd: [n/2 + 1], W^2/Hz, one-sided; NaN anywhere inside gives NaN. */
static inline double st_band_rms(const double *psd, int n, double df_hz, double low_hz,
                                 double high_hz)
{
    /* Cell k ends at (k + 1/2) df and begins at (k - 1/2) df: no other reaches into the band. */
    const double nyquist = 0.5 * (double)n; /* the last bin */
    const int first = (int)fmin(fmax(floor(low_hz / df_hz - 0.5), 0.0), nyquist);
    const int last = (int)fmin(ceil(high_hz / df_hz + 0.5), nyquist);
    double mean_square = 0.0;
    for (int k = first; k <= last; k++) {
        const double weight = st_band_weight(k, n, df_hz, low_hz, high_hz);
        if (weight > 0.0) {
            mean_square += psd[k] * weight;
        }
    }
    return sqrt(mean_square);
}

#endif
