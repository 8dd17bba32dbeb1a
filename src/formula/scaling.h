/* scaling.h - how the swing of R racks becomes that of R' (METHODS 4).
 * Two equal racks swing together as far as they correlate: with correlation rho the power of the sum
 * of R racks is R (1 + (R - 1) rho) times that of one. */
#ifndef ST_FORMULA_SCALING_H
#define ST_FORMULA_SCALING_H

#include "formula/host_device.h"

/* Mean correlation of two racks from kappa = sqrt(P_sum / (R sum P)); NaN for a single rack, which
 * says nothing of it, and where kappa is NaN. */
ST_HD double st_scaling_rho(double kappa, double racks)
{
    const double rho = (racks * kappa * kappa - 1.0) / (racks - 1.0);
    return !(racks > 1.0) || isnan(kappa) ? (double)NAN : fmin(fmax(rho, 0.0), 1.0);
}

/* Standard deviation of rho for independent racks: R (R - 1) pairs, width x time samples of each. */
ST_HD double st_scaling_noise(double racks, double width_hz, double time_s)
{
    return racks > 1.0 ? 1.0 / sqrt(racks * (racks - 1.0) * width_hz * time_s) : (double)NAN;
}

/* Ratio of the swing of `to` racks to that of `from`. rho: [0, 1]; 1 = lock-step, 0 = incoherent. */
ST_HD double st_scaling_gain(double from, double to, double rho)
{
    return sqrt(to * (1.0 + (to - 1.0) * rho) / (from * (1.0 + (from - 1.0) * rho)));
}

/* Modified Bessel function of the first kind, order 0, by its power series: Kaiser's window. */
static inline double st_bessel_i0(double x)
{
    double sum = 1.0, term = 1.0;
    for (int k = 1; term > 1e-18 * sum; k++) {
        term *= x / (2.0 * k) * (x / (2.0 * k));
        sum += term;
    }
    return sum;
}

#endif
