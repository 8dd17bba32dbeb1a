/* wear.h - what a duty costs an LFP cell: calendar and cycle fade per year.
 * Source: NREL BLAST-Lite, 250 Ah LFP-graphite prismatic cell, fitted for depths 0.8..1, 10..45 C
 * and charging up to 0.65 C. Called by respond with the statistics of a run. */
#ifndef ST_FORMULA_WEAR_H
#define ST_FORMULA_WEAR_H

#include "formula/host_device.h"

/* Anode half-cell potential, V, at a state of charge 0..1.
 * Source: M. Safari, C. Delacourt, J. Electrochem. Soc. 158 (2011) A562, eq. of the graphite
 * electrode; the filling 0.0085 + 0.7715 soc is BLAST-Lite's. */
ST_HD double st_wear_anode_v(double soc)
{
    const double x = 0.0085 + 0.7715 * soc;
    return 0.6379 + 0.5416 * exp(-305.5309 * x) + 0.044 * tanh(-(x - 0.1958) / 0.1088) -
           0.1978 * tanh((x - 1.0571) / 0.0854) - 0.6875 * tanh((x + 0.0117) / 0.0529) -
           0.0175 * tanh((x - 0.5692) / 0.0875);
}

/* kcal, fade per day^0.526. */
ST_HD double st_wear_calendar(double soc, double temperature_k)
{
    return 8.37e4 * exp(-5210.0 / temperature_k) *
           exp(-3560.0 * st_wear_anode_v(soc) / temperature_k);
}

/* kcyc, fade per cycle^0.828; rate_per_h = mean |p| / energy. */
ST_HD double st_wear_cycle(double depth, double rate_per_h, double temperature_k)
{
    return (4.38e-8 + 1.55e-8 * depth + 1.68e-7 * rate_per_h) *
           (exp(2190.0 / temperature_k) + exp(-1.55e5 / temperature_k));
}

/* Share of the capacity lost in a year of 365 days. */
ST_HD double st_wear_fade(double kcal, double kcyc, double cycles_per_year)
{
    return kcal * pow(365.0, 0.526) + kcyc * pow(cycles_per_year, 0.828);
}

/* Whether a duty lies inside what the cell was fitted for. */
ST_HD int st_wear_fitted(double depth, double charge_per_h, double temperature_k)
{
    return depth >= 0.8 && depth <= 1.0 && charge_per_h <= 0.65 && temperature_k >= 283.15 &&
           temperature_k <= 318.15;
}

#endif
