/* rhythm.h - the iteration period of a training load, from its PSD. */
#ifndef ST_DETECT_RHYTHM_H
#define ST_DETECT_RHYTHM_H

#include "core/context.h"
#include "formula/fft.h"

/* Period in s of the strongest repetition, or NaN when the load does not repeat (no peak of the
 * autocorrelation reaches a quarter of the power). The autocorrelation is the transform of the PSD
 * (Wiener-Khinchin) without bins 0 and 1; the frames' window lets it fall with the lag, so that a
 * period stands above its multiples. Of its peaks the earliest within a tenth of the highest wins.
 * NaN too where the period is longer than 0.4 n samples: a frame cannot tell it from a trend.
 * psd: [n/2 + 1], W^2/Hz; twiddle: [n] forward; x, work: [n] work space. */
double st_rhythm_period(const double *psd, int n, double rate_hz, const st_c64 *twiddle, st_c64 *x,
                        st_c64 *work);

#endif
