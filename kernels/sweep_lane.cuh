/* sweep_lane.cuh - a block of samples through one candidate: its battery, the stages behind it, the
 * band-passes. formula/sweep.h and formula/storage.h have the arithmetic. */
#ifndef ST_KERNELS_SWEEP_LANE_CUH
#define ST_KERNELS_SWEEP_LANE_CUH

#include "sweep.cuh"

/* Channel 0 of the block at `from`. With recovery a command waits in the slab for its dead time; without, the
 * rows of the excess are read that much later. */
static __device__ __forceinline__ void sweep_step(const sweep_lane &lane, const float *load,
                                                  const float *excess, int from, int n)
{
    const sweep_task &task = *lane.task;
    const uint32_t delay = task.share.recovery_per_s > 0.0 ? (uint32_t)task.delay : 0;
    uint32_t oldest = delay > 0 ? (task.late_at + (uint32_t)from) % delay : 0;
    st_sweep_battery battery = task.battery[lane.index];
    float *out = lane.floats(task.channel[0].signal), *late = lane.floats(task.late);
    for (int i = 0; i < n; i++) {
        float command = st_sweep_command(&task.share, &battery, excess[i]);
        if (delay > 0) {
            float *slot = late + (size_t)oldest * SWEEP_LANES;
            const float on_time = *slot;
            *slot = command;
            command = on_time;
            oldest = oldest + 1 < delay ? oldest + 1 : 0;
        }
        out[i * SWEEP_LANES] = load[i] - st_sweep_deliver(&task.share, &battery, command);
    }
    task.battery[lane.index] = battery;
}

/* One sample of a stage behind: st_storage_step with the dead time in the slab. */
static __device__ __forceinline__ double sweep_behind_step(const st_sweep_stage &stage,
                                                           sweep_behind &b, double *late)
{
    const st_storage &s = stage.storage;
    double command = st_clamp(st_storage_wish(&s, &b.state, b.held), -s.charge_w, s.discharge_w);
    if (stage.delay > 0) {
        double *slot = late + b.late_at * SWEEP_LANES;
        const double on_time = *slot;
        *slot = command;
        command = on_time;
        b.late_at = b.late_at + 1 < stage.delay ? b.late_at + 1 : 0;
    }
    st_storage_sample sample;
    sample.power_w = st_lag_step(s.response, &b.state.power, command);
    st_storage_exchange(&s, &b.state, &sample);
    return sample.power_w;
}

static __device__ __forceinline__ void sweep_follow(const sweep_lane &lane, int behind,
                                                    const float *load, int n)
{
    const sweep_task &task = *lane.task;
    const st_sweep_stage &stage = task.behind[behind];
    sweep_behind &kept = task.behind_state[(size_t)behind * task.lanes + lane.index];
    sweep_behind b = kept;
    float *draw = lane.floats(task.channel[0].signal);
    double *late = lane.doubles(task.behind_late[behind]);
    for (int i = 0; i < n; i++, draw += SWEEP_LANES) {
        const bool valid = load[i] == load[i];
        b.held = valid ? (double)*draw : b.held;
        const double power = sweep_behind_step(stage, b, late);
        if (valid) {
            *draw = (float)(b.held - power);
        }
    }
    kept = b;
}

/* The level is summed above the first valid sample, which keeps the digits of small changes. */
static __device__ __forceinline__ void sweep_prime(const sweep_lane &lane, int behind,
                                                   const float *load, int n)
{
    sweep_behind &b = lane.task->behind_state[(size_t)behind * lane.task->lanes + lane.index];
    const float *draw = lane.floats(lane.task->channel[0].signal);
    for (int i = 0; i < n; i++, draw += SWEEP_LANES) {
        if (load[i] == load[i]) {
            b.first = b.primed == 0 ? (double)*draw : b.first;
            b.sum += (double)*draw - b.first;
            b.primed++;
        }
    }
}

/* COUNT sections from `s` on over the block, in place; their states stay in registers. */
template <int COUNT>
static __device__ __forceinline__ void sweep_sections(const sweep_channel &c, int s, double *state,
                                                      double *x, int n)
{
    double s0[COUNT], s1[COUNT];
    GPU_UNROLL
    for (int k = 0; k < COUNT; k++) {
        s0[k] = state[(2 * (s + k)) * SWEEP_LANES];
        s1[k] = state[(2 * (s + k) + 1) * SWEEP_LANES];
    }
    for (int i = 0; i < n; i++, x += SWEEP_LANES) {
        double v = *x;
        GPU_UNROLL
        for (int k = 0; k < COUNT; k++) {
            const double *b = c.section[s + k];
            const double y = b[0] * v + s0[k];
            s0[k] = b[1] * v - b[3] * y + s1[k];
            s1[k] = b[2] * v - b[4] * y;
            v = y;
        }
        *x = v;
    }
    GPU_UNROLL
    for (int k = 0; k < COUNT; k++) {
        state[(2 * (s + k)) * SWEEP_LANES] = s0[k];
        state[(2 * (s + k) + 1) * SWEEP_LANES] = s1[k];
    }
}

/* A band-pass of another channel: relative to the first valid sample, invalid samples held. */
static __device__ __forceinline__ void sweep_filter(const sweep_lane &lane, int channel,
                                                    const float *load, int n)
{
    const sweep_task &task = *lane.task;
    const sweep_channel &c = task.channel[channel];
    double *kept = task.filter_held + (size_t)(2 * channel) * task.lanes + lane.index;
    const float *x = lane.floats(task.channel[c.input].signal);
    float *y = lane.floats(c.signal);
    double *wide = lane.doubles(task.wide), *state = lane.doubles(c.state);
    double first = kept[0], held = kept[task.lanes];
    for (int i = 0; i < n; i++) {
        if (load[i] == load[i]) {
            first = first == first ? first : (double)x[i * SWEEP_LANES];
            held = (double)x[i * SWEEP_LANES] - first;
        }
        wide[i * SWEEP_LANES] = held;
    }
    kept[0] = first;
    kept[task.lanes] = held;
    int s = 0;
    for (; s + 4 <= c.order; s += 4) {
        sweep_sections<4>(c, s, state, wide, n);
    }
    for (; s < c.order; s++) {
        sweep_sections<1>(c, s, state, wide, n);
    }
    for (int i = 0; i < n; i++) {
        y[i * SWEEP_LANES] = (float)(wide[i * SWEEP_LANES] + (double)(load[i] - load[i]));
    }
}

#endif
