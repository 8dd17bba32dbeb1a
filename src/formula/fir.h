/* fir.h - the design of the one filter that stands before decimation.
 * A sinc windowed by Kaiser's window, made once on the host in float64 and rounded to float32.
 * Source: A. Oppenheim, R. Schafer, Discrete-Time Signal Processing, 3rd ed., 7.5.3 (Kaiser).
 * What it must do (METHODS 2): at most 0.1 dB of ripple up to 0.4 fs/D and at least 80 dB from
 * 0.6 fs/D, after the rounding. 27 D taps give 84 dB, which leaves room for the rounding. */
#ifndef ST_FORMULA_FIR_H
#define ST_FORMULA_FIR_H

#include "formula/host_device.h"

/* Kaiser's estimate for 85.5 dB over a transition of 0.2 fs/D is 27 D. */
enum { ST_DECIMATOR_SPAN = 27 };

/* Taps for decimation by D: odd, so that the group delay is a whole number of samples; 1 when
 * nothing is to be filtered. */
static inline int st_decimator_taps(int decimation)
{
    return decimation > 1 ? ST_DECIMATOR_SPAN * decimation + 1 : 1;
}

/* Modified Bessel function of the first kind, order 0, by its power series. */
static inline double st_bessel_i0(double x)
{
    double sum = 1.0, term = 1.0;
    for (int k = 1; term > 1e-18 * sum; k++) {
        term *= x / (2.0 * k) * (x / (2.0 * k));
        sum += term;
    }
    return sum;
}

/* Tap i before normalisation; cut-off at 0.5 fs/D. */
static inline double st_decimator_tap(int decimation, int taps, int i)
{
    const double beta = 0.1102 * (85.5 - 8.7);
    const double half = (taps - 1) / 2.0;
    const double x = (i - half) / half;
    const double angle = 3.14159265358979323846 * (i - half) / decimation;
    const double sinc = angle == 0.0 ? 1.0 : sin(angle) / angle;
    return sinc * st_bessel_i0(beta * sqrt(fmax(0.0, 1.0 - x * x)));
}

/* fir: [taps], dimensionless, symmetric, sum 1; taps from st_decimator_taps. */
static inline void st_decimator_design(int decimation, int taps, float *fir)
{
    double sum = 0.0;
    if (taps == 1) {
        fir[0] = 1.0f;
        return;
    }
    for (int i = 0; i < taps; i++) {
        sum += st_decimator_tap(decimation, taps, i);
    }
    for (int i = 0; i <= taps / 2; i++) {
        fir[i] = (float)(st_decimator_tap(decimation, taps, i) / sum);
        fir[taps - 1 - i] = fir[i];
    }
}

#endif
