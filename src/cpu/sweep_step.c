/* sweep_step.c - a block of samples through the batteries of a group: formula/sweep.h, in lanes.
 * Compiled once per instruction set. One loop has it all, so that a register of lanes carries its
 * state from sample to sample, and what one sample waits for (lag, account) runs beside the next. */
#include "cpu/sweep_loops.h"

/* A register of lanes; its account is float64 and takes two. */
typedef struct lanes {
    vec most, b0, b1, before, lagged;
    vecd stored[2], floor[2], ceiling[2];
} lanes;

static lanes load_lanes(const sweep_work *work, int lane)
{
    lanes s = {.most = vec_load(work->limit + lane),
               .b0 = vec_load(work->b0 + lane),
               .b1 = vec_load(work->b1 + lane),
               .before = vec_load(work->command + lane),
               .lagged = vec_load(work->lagged + lane)};
    for (int h = 0; h < 2; h++) {
        s.stored[h] = vecd_load(work->stored + lane + h * SWEEP_HALF);
        s.floor[h] = vecd_load(work->floor + lane + h * SWEEP_HALF);
        s.ceiling[h] = vecd_load(work->ceiling + lane + h * SWEEP_HALF);
    }
    return s;
}

static void store_lanes(sweep_work *work, int lane, const lanes *s)
{
    vec_store(work->command + lane, s->before);
    vec_store(work->lagged + lane, s->lagged);
    for (int h = 0; h < 2; h++) {
        vecd_store(work->stored + lane + h * SWEEP_HALF, s->stored[h]);
    }
}

/* Some lanes have no room for the power of this sample: (stored - after) / per in place of it. */
static inline vecd trim(const st_sweep_share *share, vecd power, vecd stored, vecd after,
                        vecd wanted)
{
    const vecd zero = vecd_all(0.0);
    const vecd per =
        vecd_where(power > zero, vecd_all(share->per_discharge_s), vecd_all(share->per_charge_s));
    return vecd_where(after != wanted, (stored - after) / per, power);
}

/* Of half a register; more goes out than arrives, less comes in: the larger product is right. */
static inline vecd energy_of(const st_sweep_share *share, vec power, int upper)
{
    const vecd p = vecd_half(power, upper);
    return vecd_most(p * share->per_discharge_s, p * share->per_charge_s);
}

/* The account of one sample where it may meet its limits; returns the power that it lets through. */
static inline vec exchange(const st_sweep_share *share, lanes *s)
{
    vecd wanted[2], after[2];
    const vecd *stored = s->stored;
    for (int h = 0; h < 2; h++) {
        wanted[h] = stored[h] - energy_of(share, s->lagged, h);
        after[h] = vecd_most(vecd_least(wanted[h], s->ceiling[h]), s->floor[h]);
    }
    vec power = s->lagged;
    if (__builtin_expect(vecd_differ(after[0], wanted[0]) || vecd_differ(after[1], wanted[1]), 0)) {
        power = vec_narrow(trim(share, vecd_half(power, 0), stored[0], after[0], wanted[0]),
                           trim(share, vecd_half(power, 1), stored[1], after[1], wanted[1]));
    }
    s->stored[0] = after[0];
    s->stored[1] = after[1];
    return power;
}

static inline vec wish_of(const st_sweep_share *share, const lanes *s, vec excess)
{
    return excess +
           vec_narrow(s->stored[0] * share->recovery_per_s, s->stored[1] * share->recovery_per_s);
}

/* bounded: an account may meet its limits in this block. late: [delay][lanes] commands on their
 * way, or NULL; the oldest stands at `at`. */
static inline __attribute__((always_inline)) void carry(sweep_work *work, int lane,
                                                        const float *load, const float *excess,
                                                        size_t n, bool recovering, bool bounded)
{
    const st_sweep_share *share = &work->sweep->share;
    const int64_t delay = recovering ? work->sweep->delay : 0;
    lanes s = load_lanes(work, lane);
    float *out = work->signal + lane;
    int64_t at = work->late_at;
    for (size_t i = 0; i < n; i++, out += SWEEP_LANES) {
        const vec wish = recovering ? wish_of(share, &s, vec_all(excess[i])) : vec_all(excess[i]);
        vec command = vec_most(-s.most, vec_least(s.most, wish));
        if (delay > 0) {
            float *late = work->late + at * SWEEP_LANES + lane;
            const vec on_time = vec_load(late);
            vec_store(late, command);
            command = on_time;
            at = at + 1 < delay ? at + 1 : 0;
        }
        s.lagged += s.b0 * (command - s.lagged) + s.b1 * (s.before - s.lagged);
        s.before = command;
        vec power = s.lagged;
        if (bounded) {
            power = exchange(share, &s);
        } else {
            s.stored[0] -= energy_of(share, power, 0);
            s.stored[1] -= energy_of(share, power, 1);
        }
        vec_store(out, vec_all(load[i]) - power);
    }
    store_lanes(work, lane, &s);
}

/* Whether some account may meet its limits within n samples: a lag of commands is never above the
 * largest of them, but for rounding. Where none can, the limits change no bit. */
static bool is_bounded(const sweep_work *work, size_t n)
{
    const st_sweep_share *share = &work->sweep->share;
    const double per = 1.01 * (double)n * share->per_discharge_s;
    bool bounded = false;
    for (int l = 0; l < SWEEP_LANES; l++) {
        const double most = per * (double)work->limit[l];
        bounded = bounded || !(work->stored[l] - work->floor[l] > most) ||
                  !(work->ceiling[l] - work->stored[l] > most);
    }
    return bounded;
}

void ST_ISA(sweep_step)(sweep_work *work, const float *load, const float *excess, size_t n)
{
    const bool recovering = work->sweep->share.recovery_per_s > 0.0;
    const bool bounded = is_bounded(work, n);
    for (int lane = 0; lane < SWEEP_LANES; lane += VEC) {
        if (recovering) {
            carry(work, lane, load, excess, n, true, true);
        } else if (bounded) {
            carry(work, lane, load, excess, n, false, true);
        } else {
            carry(work, lane, load, excess, n, false, false);
        }
    }
    if (recovering && work->sweep->delay > 0) {
        work->late_at = (work->late_at + (int64_t)n) % work->sweep->delay;
    }
}
