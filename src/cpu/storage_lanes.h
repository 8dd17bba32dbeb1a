/* storage_lanes.h - st_storage_step of formula/storage.h for as many batteries as a register holds:
 * the same operations on each, in the same order, hence the same bits. The delay is the caller's. */
#ifndef ST_CPU_STORAGE_LANES_H
#define ST_CPU_STORAGE_LANES_H

#include "cpu/vector_f64.h"
#include "formula/storage.h"

/* st_storage_state */
typedef struct storage_lanes {
    vecd low_x, low_y, target, power_x, power_y, stored;
} storage_lanes;

/* st_lag_step; returns the new y. */
static inline vecd lag_lanes(st_lag lag, vecd *past_x, vecd y, vecd x)
{
    y += lag.b0 * (x - y) + lag.b1 * (*past_x - y);
    *past_x = x;
    return y;
}

/* What the battery is to do about a load, before its limits of power. */
static inline vecd storage_wish(const st_storage *s, storage_lanes *at, vecd load)
{
    at->low_y = lag_lanes(s->smooth, &at->low_x, at->low_y, load);
    at->target =
        s->ramp ? vecd_clamp(at->low_y, at->target - s->down_w, at->target + s->up_w) : at->low_y;
    vecd wish = load - at->target;
    if (s->recovery_per_s != 0.0) { /* without it, the next power need not wait for this account */
        wish += at->stored * s->recovery_per_s;
    }
    return wish;
}

static inline vecd storage_command(const st_storage *s, vecd wish)
{
    return vecd_clamp(wish, vecd_all(-s->charge_w), vecd_all(s->discharge_w));
}

/* The power that a command comes to; *wanted: what would be stored if there were room. */
static inline vecd storage_deliver(const st_storage *s, storage_lanes *at, vecd command,
                                   vecd *wanted)
{
    const double out = 1.0 / s->efficiency_discharge, in = s->efficiency_charge;
    vecd power = at->power_y = lag_lanes(s->response, &at->power_x, at->power_y, command);
    const vecd energy = power * s->dt_s;
    /* more goes out than arrives, less comes in: the larger product is the right one */
    *wanted = at->stored - vecd_most(energy * out, energy * in);
    const vecd after = vecd_clamp(*wanted, vecd_all(s->floor_j), vecd_all(s->ceiling_j));
    if (__builtin_expect(vecd_differ(after, *wanted), 0)) {
        const vecd per =
            vecd_where_less(vecd_all(0.0), power, vecd_all(s->dt_s * out), vecd_all(s->dt_s * in));
        power = vecd_where_equal(after, *wanted, power, (at->stored - after) / per);
    }
    at->stored = after;
    return power;
}

#endif
