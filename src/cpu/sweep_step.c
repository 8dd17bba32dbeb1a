/* sweep_step.c - a block of samples through the batteries of a group, and through the band-passes.
 * Compiled once per instruction set. Power is float32; stored energy and filters are float64: a
 * day's energy, and sections whose poles are 1e-3 from the unit circle, leave float32 no digit. */
#include "cpu/sweep_loops.h"

/* ---- storage, as formula/storage.h has it sample by sample ------------------------------------ */

/* The first-order lag of the clamped excess: the power before it is trimmed. */
static void lag_commands(sweep_work *work, const float *excess, size_t n)
{
    for (int f = 0; f < SWEEP_F; f++) {
        const vec most = vec_load(work->limit + f * VEC), least = -most;
        const vec b0 = vec_load(work->b0 + f * VEC), b1 = vec_load(work->b1 + f * VEC);
        vec before = vec_load(work->command + f * VEC), y = vec_load(work->lagged + f * VEC);
        float *out = work->power + f * VEC;
        for (size_t i = 0; i < n; i++, out += SWEEP_LANES) {
            const vec command = vec_most(least, vec_least(most, vec_all(excess[i])));
            y += b0 * (command - y) + b1 * (before - y);
            before = command;
            vec_store(out, y);
        }
        vec_store(work->command + f * VEC, before);
        vec_store(work->lagged + f * VEC, y);
    }
}

/* Rare: some lanes have no room for the power of this sample. */
static __attribute__((noinline)) void trim(const sweep_work *work, const double *stored,
                                           const double *after, float *power)
{
    for (int l = 0; l < SWEEP_HALF; l++) {
        const double per =
            power[l] > 0.0f ? work->sweep->per_discharge_s : work->sweep->per_charge_s;
        if (after[l] != stored[l] - (double)power[l] * per) {
            power[l] = (float)((stored[l] - after[l]) / per);
        }
    }
}

/* One sample of half a register: the account, and the power that it lets through. */
static inline vecd exchange(const sweep_work *work, vecd stored, vecd floor, vecd ceiling,
                            float *power)
{
    /* more goes out than arrives, less comes in: the larger product is the right one */
    const vecd p = vecd_widen(power);
    const vecd wanted =
        stored - vecd_most(p * work->sweep->per_discharge_s, p * work->sweep->per_charge_s);
    const vecd after = vecd_most(floor, vecd_least(ceiling, wanted));
    if (__builtin_expect(vecd_differ(after, wanted), 0)) {
        double was[SWEEP_HALF], is[SWEEP_HALF];
        vecd_store(was, stored);
        vecd_store(is, after);
        trim(work, was, is, power);
    }
    return after;
}

static void account(sweep_work *work, size_t n)
{
    for (int d = 0; d < SWEEP_D; d++) {
        const int lane = d * SWEEP_HALF;
        const vecd floor = vecd_load(work->floor + lane), ceiling = vecd_load(work->ceiling + lane);
        vecd stored = vecd_load(work->stored + lane);
        float *power = work->power + lane;
        for (size_t i = 0; i < n; i++, power += SWEEP_LANES) {
            stored = exchange(work, stored, floor, ceiling, power);
        }
        vecd_store(work->stored + lane, stored);
    }
}

/* With recovery the charge decides on the next command: sample by sample, all of it. */
static void step_recovering(sweep_work *work, const float *excess, size_t n)
{
    const st_sweep *sweep = work->sweep;
    for (size_t i = 0; i < n; i++) {
        float *power = work->power + i * SWEEP_LANES;
        float command[SWEEP_LANES];
        for (int l = 0; l < SWEEP_LANES; l++) {
            const float wish = excess[i] + (float)(work->stored[l] * sweep->recovery_per_s);
            const float most = work->limit[l];
            command[l] = wish < -most ? -most : wish > most ? most : wish;
        }
        if (sweep->delay > 0) {
            float *late = work->late + work->late_at * SWEEP_LANES, on_time[SWEEP_LANES];
            memcpy(on_time, late, sizeof on_time);
            memcpy(late, command, sizeof command);
            memcpy(command, on_time, sizeof command);
            work->late_at = work->late_at + 1 < sweep->delay ? work->late_at + 1 : 0;
        }
        for (int l = 0; l < SWEEP_LANES; l++) {
            const float y = work->lagged[l];
            power[l] = y + (work->b0[l] * (command[l] - y) + work->b1[l] * (work->command[l] - y));
            work->lagged[l] = power[l];
            work->command[l] = command[l];
        }
        for (int d = 0; d < SWEEP_D; d++) {
            const int lane = d * SWEEP_HALF;
            vecd_store(work->stored + lane,
                       exchange(work, vecd_load(work->stored + lane), vecd_load(work->floor + lane),
                                vecd_load(work->ceiling + lane), power + lane));
        }
    }
}

void ST_ISA(sweep_step)(sweep_work *work, const float *load, const float *excess, size_t n)
{
    if (work->sweep->recovery_per_s > 0.0) {
        step_recovering(work, excess, n);
    } else {
        lag_commands(work, excess, n);
        account(work, n);
    }
    for (size_t i = 0; i < n; i++) {
        for (int f = 0; f < SWEEP_F; f++) {
            const size_t at = i * SWEEP_LANES + (size_t)(f * VEC);
            vec_store(work->signal + at, vec_all(load[i]) - vec_load(work->power + at));
        }
    }
}

/* ---- band-pass, transposed direct form II as in assess ---------------------------------------- */

/* The input of a filter: relative to the first valid sample, invalid samples held. */
static void hold(sweep_filter *filter, const float *x, const float *load, double *wide, size_t n)
{
    bool started = filter->started;
    for (int d = 0; d < SWEEP_D; d++) {
        const int lane = d * SWEEP_HALF;
        vecd first = vecd_load(filter->first + lane), held = vecd_load(filter->held + lane);
        started = filter->started;
        for (size_t i = 0; i < n; i++) {
            if (load[i] == load[i]) {
                const vecd now = vecd_widen(x + i * SWEEP_LANES + lane);
                if (!started) {
                    first = now;
                    started = true;
                }
                held = now - first;
            }
            vecd_store(wide + i * SWEEP_LANES + lane, held);
        }
        vecd_store(filter->first + lane, first);
        vecd_store(filter->held + lane, held);
    }
    filter->started = started;
}

/* Sections [s, s + SECTIONS) over the block, in place; SECTIONS are in flight at a time. */
#define SWEEP_SECTIONS(SECTIONS)                                                      \
    static void sections_##SECTIONS(sweep_filter *filter, const double(*c)[5], int s, \
                                    double *wide, size_t n)                           \
    {                                                                                 \
        for (int d = 0; d < SWEEP_D; d++) {                                           \
            const int lane = d * SWEEP_HALF;                                          \
            double *x = wide + lane;                                                  \
            vecd s0[SECTIONS], s1[SECTIONS];                                          \
            for (int k = 0; k < SECTIONS; k++) {                                      \
                s0[k] = vecd_load(filter->state[s + k][0] + lane);                    \
                s1[k] = vecd_load(filter->state[s + k][1] + lane);                    \
            }                                                                         \
            for (size_t i = 0; i < n; i++, x += SWEEP_LANES) {                        \
                vecd v = vecd_load(x);                                                \
                for (int k = 0; k < SECTIONS; k++) {                                  \
                    const double *b = c[s + k];                                       \
                    const vecd y = b[0] * v + s0[k];                                  \
                    s0[k] = b[1] * v - b[3] * y + s1[k];                              \
                    s1[k] = b[2] * v - b[4] * y;                                      \
                    v = y;                                                            \
                }                                                                     \
                vecd_store(x, v);                                                     \
            }                                                                         \
            for (int k = 0; k < SECTIONS; k++) {                                      \
                vecd_store(filter->state[s + k][0] + lane, s0[k]);                    \
                vecd_store(filter->state[s + k][1] + lane, s1[k]);                    \
            }                                                                         \
        }                                                                             \
    }

SWEEP_SECTIONS(4)
SWEEP_SECTIONS(1)

void ST_ISA(sweep_filter)(sweep_work *work, size_t channel, const float *load, size_t n)
{
    const st_sweep_channel *asked = &work->sweep->channel[channel];
    sweep_filter *filter = &work->filter[channel];
    const size_t stride = (size_t)ST_SWEEP_BLOCK * SWEEP_LANES;
    const float *x = work->signal + asked->input * stride;
    float *y = work->signal + channel * stride;
    int s = 0;
    hold(filter, x, load, work->wide, n);
    for (; s + 4 <= asked->order; s += 4) {
        sections_4(filter, asked->section, s, work->wide, n);
    }
    for (; s < asked->order; s++) {
        sections_1(filter, asked->section, s, work->wide, n);
    }
    for (size_t i = 0; i < n; i++) {
        for (int d = 0; d < SWEEP_D; d++) {
            const size_t at = i * SWEEP_LANES + (size_t)(d * SWEEP_HALF);
            vecd_narrow(y + at, vecd_load(work->wide + at) + (double)(load[i] - load[i]));
        }
    }
}

/* ---- the block --------------------------------------------------------------------------------- */

/* The block joins the newest samples of its channel; a block never crosses the ring's end. */
static void keep(sweep_work *work, size_t channel, const float *x, size_t n)
{
    if (work->ring_size[channel] > 0) {
        float *to = work->ring[channel] + work->at % work->ring_size[channel] * SWEEP_LANES;
        memcpy(to, x, n * SWEEP_LANES * sizeof *x);
    }
}

void ST_ISA(sweep)(sweep_work *work, const float *load, const float *excess, size_t n)
{
    const st_sweep *sweep = work->sweep;
    const size_t stride = (size_t)ST_SWEEP_BLOCK * SWEEP_LANES;
    ST_ISA(sweep_step)(work, load, excess, n);
    for (size_t c = 0; c < sweep->n_channels; c++) {
        if (sweep->channel[c].order > 0) {
            ST_ISA(sweep_filter)(work, c, load, n);
        }
        keep(work, c, work->signal + c * stride, n);
    }
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        const size_t channel = sweep->statistic[i].channel;
        const float *x = work->signal + channel * stride;
        if (sweep->statistic[i].kind == ST_SWEEP_CHANGE) {
            ST_ISA(sweep_change)
            (&work->state[i], x, work->ring[channel], work->ring_size[channel], n);
        } else {
            ST_ISA(sweep_state)(&work->state[i], x, load, n);
        }
    }
    work->at += (int64_t)n;
}
