/* band.h - what a PSD holds between two frequencies (METHODS 3). */
#ifndef ST_FORMULA_BAND_H
#define ST_FORMULA_BAND_H

#include "formula/frame.h"

/* RMS, W, of [low_hz, high_hz): the square root of the PSD's integral, a bin counting by the share
 * of its cell that lies inside. psd: [n/2 + 1], W^2/Hz, one-sided; NaN anywhere inside gives NaN. */
static inline double st_band_rms(const double *psd, int n, double df_hz, double low_hz,
                                 double high_hz)
{
    double mean_square = 0.0;
    for (int k = 0; k <= n / 2; k++) {
        const double weight = st_band_weight(k, n, df_hz, low_hz, high_hz);
        if (weight > 0.0) {
            mean_square += psd[k] * weight;
        }
    }
    return sqrt(mean_square);
}

#endif
