/* smoothing.h - one sample of GPU power smoothing: the GPUs of a rack burn power to hold a floor
 * and throttle to rise slowly, so that the rack itself is smoother. No energy is stored.
 * Source: NVIDIA, power smoothing of GB200 and GB300: power floor, ramp-up and ramp-down rates, stop
 * delay, ceiling. */
#ifndef ST_FORMULA_SMOOTHING_H
#define ST_FORMULA_SMOOTHING_H

#include "formula/host_device.h"
#include "formula/storage.h"

typedef struct st_smoothing {
    double floor_w;      /* held while the rack was above active_w ... */
    double active_w;     /* ... */
    double stop_samples; /* ... at most so many samples ago */
    double ceiling_w;
    double up_w, down_w; /* W per sample */
} st_smoothing;

typedef struct st_smoothing_state {
    double level_w; /* what the rack took last */
    double idle;    /* samples since it was above active_w */
} st_smoothing_state;

/* What the rack would take were it not for the ramps. */
ST_HD double st_smoothing_wanted(const st_smoothing *s, double idle, double load_w)
{
    const double held_w = idle <= s->stop_samples && load_w < s->floor_w ? s->floor_w : load_w;
    return held_w > s->ceiling_w ? s->ceiling_w : held_w;
}

/* Before the first sample: the load has been `load_w` for ever. */
ST_HD st_smoothing_state st_smoothing_rest(const st_smoothing *s, double load_w)
{
    st_smoothing_state rest;
    rest.idle = load_w > s->active_w ? 0.0 : INFINITY;
    rest.level_w = st_smoothing_wanted(s, rest.idle, load_w);
    return rest;
}

/* One sample: what the rack takes, W. Above the load power is burnt, below it the work waits. */
ST_HD double st_smoothing_step(const st_smoothing *s, st_smoothing_state *state, double load_w)
{
    state->idle = load_w > s->active_w ? 0.0 : state->idle + 1.0;
    state->level_w = st_ramp_target(state->level_w, st_smoothing_wanted(s, state->idle, load_w),
                                    s->up_w, s->down_w);
    return state->level_w;
}

#endif
