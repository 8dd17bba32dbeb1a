/* wear.c - averages the calendar term over time and puts the two fades together. */
#include "respond/wear.h"

#include <math.h>

#include "formula/wear.h"

/* Within 1e-5 of charge kcal is straight to about 1e-9 (its curvature is below 50 per unit of
 * charge squared above a charge of 0.02), so a run of such samples is taken at its mean. */
static const double run_width = 1e-5;
static const double year_s = 365.0 * 86400.0;

void st_wear_start(st_wear *wear, double temperature_k)
{
    st_rainflow_start(&wear->flow, wear->open, ST_WEAR_STACK, 1.0);
    wear->temperature_k = temperature_k;
    wear->kcal = (st_sum){0.0, 0.0};
    wear->run_first = wear->run_sum = 0.0;
    wear->run_samples = wear->samples = 0;
}

static void close_run(st_wear *wear)
{
    if (wear->run_samples == 0) {
        return;
    }
    const double n = (double)wear->run_samples;
    const double soc = wear->run_first + wear->run_sum / n;
    st_sum_add(&wear->kcal, n * st_wear_calendar(soc, wear->temperature_k));
    wear->run_sum = 0.0;
    wear->run_samples = 0;
}

void st_wear_add(st_wear *wear, double soc)
{
    st_rainflow_add(&wear->flow, soc);
    if (!(fabs(soc - wear->run_first) <= run_width)) {
        close_run(wear);
    }
    if (wear->run_samples == 0) {
        wear->run_first = soc;
    }
    wear->run_sum += soc - wear->run_first;
    wear->run_samples++;
    wear->samples++;
}

double st_wear_share(double kcal, double depth, const st_wear_duty *duty, double temperature_k,
                     int *fitted)
{
    const double capacity_wh = duty->energy_j / 3600.0;
    const double rate_per_h = duty->throughput_j / duty->duration_s / capacity_wh;
    const double kcyc = st_wear_cycle(depth, rate_per_h, temperature_k);
    const double cycles = duty->throughput_j / (2.0 * duty->energy_j);
    *fitted = st_wear_fitted(depth, duty->charge_w / capacity_wh, temperature_k);
    return st_wear_fade(kcal, kcyc, cycles * year_s / duty->duration_s);
}

double st_wear_finish(st_wear *wear, const st_wear_duty *duty, int *fitted)
{
    close_run(wear);
    st_rainflow_finish(&wear->flow);
    *fitted = 0;
    if (wear->samples == 0) {
        return NAN;
    }
    return st_wear_share(st_sum_value(wear->kcal) / (double)wear->samples,
                         st_rainflow_mean_depth(wear->flow.count, wear->flow.depth), duty,
                         wear->temperature_k, fitted);
}
