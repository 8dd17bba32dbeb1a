/* rhythm.c - autocorrelation of the load by its PSD, and its first high peak. */
#include "detect/rhythm.h"

#include <math.h>
#include <stdbool.h>

static const double least_share = 0.25; /* of the power, for a peak to count */
static const double near_highest = 0.9; /* of the highest peak, for an earlier one to win */
static const double longest = 0.4;      /* of a frame: beyond, bins 0 and 1 hold the rhythm */

/* Autocorrelation of the Hann window at lag l, as a share of that at 0. Closed form of
 * sum w[i] w[i + l] over the overlap, for large n. */
static double hann_overlap(int l, int n)
{
    const double angle = 6.283185307179586476925 * l / n;
    return ((1.0 - (double)l / n) * (2.0 + cos(angle)) +
            1.5 / 3.14159265358979323846 * sin(angle)) /
           3.0;
}

/* x[l].re = share of the power that repeats after lag l as the window sees it, for l < n/2: what
 * repeats fully gives hann_overlap(l, n), so that of a period and its multiples the period wins. */
static void autocorrelate(const double *psd, int n, const st_c64 *twiddle, st_c64 *x, st_c64 *work)
{
    for (int k = 0; k < n; k++) {
        const int folded = k <= n / 2 ? k : n - k;
        x[k].re = folded < 2 || folded == n / 2 ? 0.0 : psd[folded];
        x[k].im = 0.0;
    }
    st_fft_f64(n, twiddle, x, work);
    const double power = x[0].re;
    for (int l = 0; l < n / 2; l++) {
        x[l].re /= power;
    }
}

static int is_peak(const st_c64 *x, int l, int n)
{
    return x[l].re >= least_share * hann_overlap(l, n) && x[l].re > x[l - 1].re &&
           x[l].re >= x[l + 1].re;
}

/* Whether the spectrum peaks where a frame cannot tell a rhythm from a trend. */
static bool is_too_slow(const double *psd, int n)
{
    int strongest = 1;
    for (int k = 2; k < n / 2; k++) {
        strongest = psd[k] > psd[strongest] ? k : strongest;
    }
    return strongest <= 2;
}

double st_rhythm_period(const double *psd, int n, double rate_hz, const st_c64 *twiddle, st_c64 *x,
                        st_c64 *work)
{
    const int end = (int)(longest * n);
    int start = 1;
    double highest = 0.0;
    if (isnan(psd[0]) || is_too_slow(psd, n)) {
        return (double)NAN;
    }
    autocorrelate(psd, n, twiddle, x, work);
    while (start < end && x[start].re > 0.0) { /* the peak at lag 0 ends at a zero */
        start++;
    }
    for (int l = start; l < end; l++) {
        highest = is_peak(x, l, n) ? fmax(highest, x[l].re) : highest;
    }
    for (int l = start; highest > 0.0 && l < end; l++) {
        if (is_peak(x, l, n) && x[l].re >= near_highest * highest) {
            const double curve = x[l - 1].re - 2.0 * x[l].re + x[l + 1].re;
            const double shift = curve < 0.0 ? 0.5 * (x[l - 1].re - x[l + 1].re) / curve : 0.0;
            return ((double)l + shift) / rate_hz;
        }
    }
    return (double)NAN;
}
