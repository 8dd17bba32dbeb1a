/* storage_lanes.h - st_storage_step of formula/storage.h for as many batteries as a register holds:
 * the same operations on each, in the same order, hence the same bits. The delay is the caller's. */
#ifndef ST_CPU_STORAGE_LANES_H
#define ST_CPU_STORAGE_LANES_H

#include "cpu/vector_f64.h"
#include "formula/storage.h"

/* st_lag_state */
typedef struct lag_lanes {
    vecd x, behind;
} lag_lanes;

/* st_storage_state */
typedef struct storage_lanes {
    lag_lanes low, power;
    vecd target, stored;
} storage_lanes;

/* st_lag_behind */
static inline vecd lag_behind(st_lag lag, lag_lanes *at, vecd x)
{
    at->behind = lag.kept * at->behind + lag.missed * (x - at->x);
    at->x = x;
    return at->behind;
}

/* st_storage_wish */
static inline vecd storage_wish(const st_storage *s, storage_lanes *at, vecd load)
{
    vecd wish = lag_behind(s->smooth, &at->low, load);
    if (s->ramp) {
        at->target = vecd_clamp(load - wish, at->target - s->down_w, at->target + s->up_w);
        wish = load - at->target;
    }
    if (s->recovery_per_s != 0.0) { /* without it, the next power need not wait for this account */
        wish += at->stored * s->recovery_per_s;
    }
    return wish;
}

static inline vecd storage_command(const st_storage *s, vecd wish)
{
    return vecd_clamp(wish, vecd_all(-s->charge_w), vecd_all(s->discharge_w));
}

/* The power that a command, after the dead time, comes to. */
static inline vecd storage_respond(const st_storage *s, storage_lanes *at, vecd command)
{
    return command - lag_behind(s->response, &at->power, command);
}

/* Whether n samples can not bring a charge to a limit: a lag of powers in a range stays in it, give or
 * take what rounding does, which the thousandth covers. */
static inline bool storage_has_room(const st_storage *s, vecd stored, int n)
{
    const double most = s->charge_w > s->discharge_w ? s->charge_w : s->discharge_w;
    const double swing = 1.001 * n * (s->exchange.mean_s + s->exchange.spread_s) * most;
    return !vecd_either(vecd_below(stored - swing, vecd_all(s->floor_j)),
                        vecd_below(vecd_all(s->ceiling_j), stored + swing));
}

/* st_storage_exchange: the power that is left, and one more in *trims where it is less. room: there is
 * more than it can take. */
static inline vecd storage_exchange(const st_storage *s, storage_lanes *at, vecd power,
                                    vecd_bits *trims, bool room)
{
    const st_exchange *e = &s->exchange;
    const vecd floor = vecd_all(s->floor_j), ceiling = vecd_all(s->ceiling_j);
    const vecd before = at->stored;
    at->stored = before - (e->mean_s * power + e->spread_s * vecd_abs(power));
    if (!room &&
        __builtin_expect(
            vecd_either(vecd_below(at->stored, floor), vecd_below(ceiling, at->stored)), 0)) {
        const vecd after = vecd_clamp(at->stored, floor, ceiling);
        const vecd_mask trimmed = vecd_other(after, at->stored);
        const vecd per = vecd_pick(vecd_below(vecd_all(0.0), power), vecd_all(e->out_per_s),
                                   vecd_all(e->in_per_s));
        power = vecd_pick(trimmed, (before - after) * per, power);
        *trims = vecd_count(*trims, trimmed);
        at->stored = after;
    }
    return power;
}

#endif
