/* sweep.h - one sample of a candidate battery, as the sweep has it: the stage of storage.h on
 * per-unit values, its power in float32 and its account in float64. What depends on the load alone,
 * load - target, is given.
 * The plain form, for one lane: processors with lanes have the same operations side by side. */
#ifndef ST_FORMULA_SWEEP_H
#define ST_FORMULA_SWEEP_H

#include "formula/host_device.h"

/* What all candidates share. */
typedef struct st_sweep_share {
    double recovery_per_s;  /* 0 = off */
    double per_charge_s;    /* dt x efficiency: stored per unit of charging power */
    double per_discharge_s; /* dt / efficiency */
} st_sweep_share;

/* One battery and where it stands. */
typedef struct st_sweep_battery {
    float power;           /* limit of charge and discharge, >= 0 */
    float b0, b1;          /* lag of the response, storage.h */
    double floor, ceiling; /* `stored` stays in [floor, ceiling] */
    float command, lagged; /* of the sample before; the lag keeps its untrimmed state */
    double stored;         /* since the start */
} st_sweep_battery;

/* a > b ? a : b, as processors do it: where one of them is NaN the result is b. */
ST_HD float st_sweep_most(float a, float b)
{
    return a > b ? a : b;
}

ST_HD float st_sweep_least(float a, float b)
{
    return a < b ? a : b;
}

/* excess = load - target. */
ST_HD float st_sweep_command(const st_sweep_share *share, const st_sweep_battery *b, float excess)
{
    const float wish =
        share->recovery_per_s > 0.0 ? excess + (float)(b->stored * share->recovery_per_s) : excess;
    return st_sweep_most(-b->power, st_sweep_least(b->power, wish));
}

/* The command, after the dead time -> the power that the account lets through. */
ST_HD float st_sweep_deliver(const st_sweep_share *share, st_sweep_battery *b, float command)
{
    b->lagged += b->b0 * (command - b->lagged) + b->b1 * (b->command - b->lagged);
    b->command = command;
    /* more goes out than arrives, less comes in: the larger product is the right one */
    const double out = (double)b->lagged * share->per_discharge_s;
    const double in = (double)b->lagged * share->per_charge_s;
    const double before = b->stored, wanted = before - (out > in ? out : in);
    const double below = wanted < b->ceiling ? wanted : b->ceiling;
    b->stored = below > b->floor ? below : b->floor;
    if (b->stored == wanted) {
        return b->lagged;
    }
    return (float)((before - b->stored) /
                   (b->lagged > 0.0f ? share->per_discharge_s : share->per_charge_s));
}

#endif
