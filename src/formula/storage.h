/* storage.h - one sample of a storage stage: lag, delay, target, limits, energy.
 * Storage power p > 0 discharges; draw = load - p. Called once per sample by whoever carries a
 * load through a battery; it knows neither site files nor series. */
#ifndef ST_FORMULA_STORAGE_H
#define ST_FORMULA_STORAGE_H

#include "formula/host_device.h"

/* ---- the first-order lag -------------------------------------------------------------------- */

/* y[n] = a y[n-1] + b0 x[n] + b1 x[n-1], exact for an input that is straight between samples
 * (first-order hold). With r = dt/tau: a = exp(-r), b0 = 1 - (1-a)/r, b1 = (1-a)/r - a.
 * Source: G. Franklin, J. Powell, M. Workman, Digital Control of Dynamic Systems, 3rd ed., 6.3.2
 * (triangle hold). It differs from 1/(1 + s tau) by a factor of about 1 - (pi f dt)^2/3.
 * Carried as what y is behind x: d = x - y, d[n] = a d[n-1] + (1-b0) (x[n] - x[n-1]). */
typedef struct st_lag {
    double b0, b1;
    double kept, missed; /* a; 1 - b0, the share of a step that the lag misses at first */
} st_lag;

/* tau_s 0: y = x. */
ST_HD st_lag st_lag_of(double dt_s, double tau_s)
{
    st_lag lag = {1.0, 0.0, 0.0, 0.0};
    if (tau_s <= 0.0) {
        return lag;
    }
    const double r = dt_s / tau_s;
    lag.kept = exp(-r);
    if (r < 0.25) {
        /* Both differences cancel for small r: sum their power series, b0 = -sum (-r)^k/(k+1)!,
         * b1 = -sum k (-r)^k/(k+1)!, k >= 1. */
        double term = 1.0;
        lag.b0 = 0.0;
        for (int k = 1; k <= 12; k++) {
            term *= -r / (double)(k + 1);
            lag.b0 -= term;
            lag.b1 -= (double)k * term;
        }
    } else {
        const double share = -expm1(-r) / r;
        lag.b0 = 1.0 - share;
        lag.b1 = share - lag.kept;
    }
    lag.missed = 1.0 - lag.b0;
    return lag;
}

typedef struct st_lag_state {
    double x, behind; /* of the sample before */
} st_lag_state;

/* What y is behind x. A constant leaves nothing to be behind, so it stays in every bit. */
ST_HD double st_lag_behind(st_lag lag, st_lag_state *state, double x)
{
    state->behind = lag.kept * state->behind + lag.missed * (x - state->x);
    state->x = x;
    return state->behind;
}

ST_HD double st_lag_step(st_lag lag, st_lag_state *state, double x)
{
    return x - st_lag_behind(lag, state, x);
}

/* ---- the dead time -------------------------------------------------------------------------- */

typedef struct st_delay {
    double *past;    /* [samples], borrowed; zeroed before the first sample */
    int64_t samples; /* 0 = no delay */
    int64_t at;
} st_delay;

ST_HD double st_delay_step(st_delay *delay, double x)
{
    if (delay->samples == 0) {
        return x;
    }
    const double delayed = delay->past[delay->at];
    delay->past[delay->at] = x;
    delay->at = delay->at + 1 < delay->samples ? delay->at + 1 : 0;
    return delayed;
}

/* ---- the stage ------------------------------------------------------------------------------ */

ST_HD double st_clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* r[n] of a ramp-limited target: follows `wanted_w` by at most the given steps per sample. */
ST_HD double st_ramp_target(double before_w, double wanted_w, double up_w, double down_w)
{
    return st_clamp(wanted_w, before_w - down_w, before_w + up_w);
}

/* Power at the terminals against energy in the cells over one sample: more goes out than arrives,
 * less comes in. */
typedef struct st_exchange {
    double mean_s, spread_s;       /* p takes mean p + spread |p| out of the store */
    double out_per_s, in_per_s;    /* W at the terminals per J out of the store, and into it */
    double lost_mean, lost_spread; /* of a sum of p and of |p|, J */
} st_exchange;

ST_HD st_exchange st_exchange_of(double dt_s, double efficiency_charge, double efficiency_discharge)
{
    const double out = 1.0 / efficiency_discharge, in = efficiency_charge;
    st_exchange exchange;
    exchange.mean_s = dt_s * (0.5 * (out + in));
    exchange.spread_s = dt_s * (0.5 * (out - in));
    exchange.out_per_s = 1.0 / (dt_s * out);
    exchange.in_per_s = 1.0 / (dt_s * in);
    exchange.lost_mean = 0.5 * ((out - 1.0) - (1.0 - in));
    exchange.lost_spread = 0.5 * ((out - 1.0) + (1.0 - in));
    return exchange;
}

/* Lost in conversion by a duty of so many J delivered, and turned over. */
ST_HD double st_exchange_loss(st_exchange exchange, double power_j, double turned_j)
{
    return exchange.lost_mean * power_j + exchange.lost_spread * turned_j;
}

/* What a stage is. Energy counts from the start of the run: a large battery behind a short record
 * then keeps its small changes. */
typedef struct st_storage {
    st_lag smooth;                /* load -> low, by tau */
    st_lag response;              /* command -> power, by Tp */
    int ramp;                     /* target is ramp-limited by the two steps below */
    double up_w, down_w;          /* W per sample */
    double charge_w, discharge_w; /* limits, W, >= 0 */
    double recovery_per_s;        /* 1 / soc_recovery_s; 0 = off */
    st_exchange exchange;
    double floor_j, ceiling_j; /* stored energy minus the start's stays in [floor, ceiling] */
} st_storage;

typedef struct st_storage_state {
    st_lag_state low, power; /* the power lag keeps its untrimmed state */
    double target_w;         /* of a ramp */
    double stored_j;         /* since the start */
} st_storage_state;

/* One sample's outcome. */
typedef struct st_storage_sample {
    double power_w;     /* after trimming */
    int clipped_power;  /* the command is not the wish */
    int clipped_energy; /* the power was trimmed */
} st_storage_sample;

/* Before the first sample: the load has been `prime_w` for ever, the battery has been idle. */
ST_HD st_storage_state st_storage_rest(double prime_w)
{
    st_storage_state rest;
    rest.low.x = rest.target_w = prime_w;
    rest.low.behind = rest.power.x = rest.power.behind = rest.stored_j = 0.0;
    return rest;
}

/* Takes every limit off: what is left is the linear response h * (load - L0). */
ST_HD void st_storage_open(st_storage *storage)
{
    storage->ramp = 0;
    storage->charge_w = storage->discharge_w = storage->ceiling_j = INFINITY;
    storage->floor_j = -INFINITY;
    storage->recovery_per_s = 0.0;
}

/* What is wished for beyond the load's target: load - target, and what brings the charge back. */
ST_HD double st_storage_wish(const st_storage *s, st_storage_state *state, double load_w)
{
    double excess_w = st_lag_behind(s->smooth, &state->low, load_w);
    if (s->ramp) {
        state->target_w = st_ramp_target(state->target_w, load_w - excess_w, s->up_w, s->down_w);
        excess_w = load_w - state->target_w;
    }
    if (s->recovery_per_s != 0.0) { /* without it, the power need not wait for the account */
        excess_w += state->stored_j * s->recovery_per_s;
    }
    return excess_w;
}

/* Lets power_w change the stored energy as far as there is room. */
ST_HD void st_storage_exchange(const st_storage *s, st_storage_state *state, st_storage_sample *out)
{
    const st_exchange *e = &s->exchange;
    const double taken_j = e->mean_s * out->power_w + e->spread_s * fabs(out->power_w);
    const double wanted_j = state->stored_j - taken_j;
    const double after_j = st_clamp(wanted_j, s->floor_j, s->ceiling_j);
    out->clipped_energy = after_j != wanted_j;
    if (out->clipped_energy) {
        out->power_w =
            (state->stored_j - after_j) * (out->power_w > 0.0 ? e->out_per_s : e->in_per_s);
    }
    state->stored_j = after_j;
}

/* One sample: load (valid, W) -> storage power, in the order low, target, wish, command, delay and
 * lag, energy. */
ST_HD st_storage_sample st_storage_step(const st_storage *s, st_storage_state *state,
                                        st_delay *delay, double load_w)
{
    st_storage_sample out;
    const double wish_w = st_storage_wish(s, state, load_w);
    const double command_w = st_clamp(wish_w, -s->charge_w, s->discharge_w);
    out.clipped_power = command_w != wish_w;
    out.power_w = st_lag_step(s->response, &state->power, st_delay_step(delay, command_w));
    st_storage_exchange(s, state, &out);
    return out;
}

#endif
