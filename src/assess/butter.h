/* butter.h - the band-pass of the rules: Butterworth, second-order sections, float64, causal.
 * A part of assess; knows neither rules nor series. */
#ifndef ST_ASSESS_BUTTER_H
#define ST_ASSESS_BUTTER_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ST_BUTTER_ORDER = 16 }; /* largest order */

/* One section: y = (b0 + b1/z + b2/z^2) / (1 + a1/z + a2/z^2) x. */
typedef struct st_section {
    double b0, b1, b2, a1, a2;
} st_section;

/* Fills `order` sections as scipy.signal.butter(order, [low, high], 'bandpass', fs=rate,
 * output='sos') does, in the same order. 1 <= order <= ST_BUTTER_ORDER,
 * 0 < low_hz < high_hz < rate_hz / 2. */
void st_butter_bandpass(int order, double low_hz, double high_hz, double rate_hz,
                        st_section *sections);

/* A filter under way. It is applied to x - x[0] from rest, x[0] being the first valid sample; an
 * invalid sample is seen as the last valid one, and its output is NaN: not to be counted. */
typedef struct st_bandpass {
    int order;
    st_section section[ST_BUTTER_ORDER];
    double state[ST_BUTTER_ORDER][2];
    double first, held; /* held relative to first */
    int started;        /* a valid sample has been seen */
} st_bandpass;

void st_bandpass_start(st_bandpass *filter, int order, double low_hz, double high_hz,
                       double rate_hz);
/* x: [n], NaN = invalid; y: [n], may be x. Cutting the series into other blocks changes no bit. */
void st_bandpass_run(st_bandpass *filter, const double *x, double *y, size_t n);

#ifdef __cplusplus
}
#endif
#endif
