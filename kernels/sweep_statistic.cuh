/* sweep_statistic.cuh - the numbers that rules ask for, of one candidate and a block of samples: the
 * definitions of assess. Invalid samples are NaN, which st_sweep_most(x, kept) passes over. */
#ifndef ST_KERNELS_SWEEP_STATISTIC_CUH
#define ST_KERNELS_SWEEP_STATISTIC_CUH

#include "sweep_frames.cuh"

/* Extremes from each sample of a full chunk to its end, in the place of the samples (M. van Herk
 * 1992); the window that ends in the next chunk begins with them. */
static __device__ __forceinline__ void sweep_turn_range(sweep_tally &t, float *a, float *b,
                                                        int64_t points)
{
    float high = -INFINITY, low = INFINITY;
    for (int64_t k = points - 1; k >= 0; k--) {
        const float x = a[k * SWEEP_LANES];
        high = st_sweep_most(x, high);
        low = st_sweep_least(x, low);
        a[k * SWEEP_LANES] = high;
        b[k * SWEEP_LANES] = low;
    }
    t.high = -INFINITY;
    t.low = INFINITY;
    t.filled = 0;
}

static __device__ __forceinline__ void sweep_range(const sweep_lane &lane, const sweep_statistic &s,
                                                   sweep_tally &t, const float *x, int n)
{
    float *a = lane.floats(s.a), *b = lane.floats(s.b);
    for (int i = 0; i < n; i++, x += SWEEP_LANES) {
        float *slot = a + t.filled * SWEEP_LANES;
        t.high = st_sweep_most(*x, t.high);
        t.low = st_sweep_least(*x, t.low);
        if (t.at >= s.points) {
            const float high = st_sweep_most(slot[SWEEP_LANES], t.high);
            const float low = st_sweep_least(b[(t.filled + 1) * SWEEP_LANES], t.low);
            t.worst_range = st_sweep_most(high - low, t.worst_range);
        }
        *slot = *x;
        t.at++;
        if (++t.filled == s.points) {
            t.worst_range = st_sweep_most(t.high - t.low, t.worst_range);
            sweep_turn_range(t, a, b, s.points);
        }
    }
}

/* Before the record the ring holds NaN, and a difference with NaN is passed over. */
static __device__ __forceinline__ void sweep_change(const sweep_lane &lane,
                                                    const sweep_statistic &s, sweep_tally &t,
                                                    const float *x, int from, int n)
{
    const sweep_channel &c = lane.task->channel[s.channel];
    const float *ring = lane.floats(c.ring);
    int64_t slot = sweep_ring_at(c, lane.task->block + from / SWEEP_BLOCK) - s.points;
    slot += slot < 0 ? c.ring_size : 0;
    for (int i = 0; i < n; i++, x += SWEEP_LANES) {
        const float change = *x - ring[slot * SWEEP_LANES];
        t.high = st_sweep_most(change, t.high);
        t.low = st_sweep_least(change, t.low);
        slot = slot + 1 < c.ring_size ? slot + 1 : 0;
    }
}

static __device__ __forceinline__ void sweep_percentile(const sweep_lane &lane,
                                                        const sweep_statistic &s, sweep_tally &t,
                                                        const float *x, const float *load, int n)
{
    float *steps = lane.floats(s.c);
    for (int i = 0; i < n; i++, x += SWEEP_LANES) {
        if (load[i] == load[i]) {
            t.total += (double)*x;
            t.counted++;
        }
        if (++t.filled < s.points) {
            continue;
        }
        const double mean = t.counted > 0 ? t.total / (double)t.counted : 0.0;
        if (t.counted > 0 && t.before_counted > 0) {
            steps[t.rows++ * SWEEP_LANES] = (float)fabs(mean - t.before);
        }
        t.before = mean;
        t.total = 0.0;
        t.before_counted = t.counted;
        t.counted = t.filled = 0;
    }
}

/* As the range, with sums for extremes. */
static __device__ __forceinline__ void sweep_amplitude(const sweep_lane &lane,
                                                       const sweep_statistic &s, sweep_tally &t,
                                                       const float *x, const float *load,
                                                       const double *weight, int n)
{
    double *sums = lane.doubles(s.sums);
    for (int i = 0; i < n; i++, x += SWEEP_LANES) {
        const double y = (double)*x, square = load[i] == load[i] ? y * y : 0.0;
        double *slot = sums + t.filled * SWEEP_LANES;
        t.total += square;
        if (weight[i] > 0.0) {
            const double mean = (slot[SWEEP_LANES] + t.total) * weight[i];
            t.worst = mean > t.worst ? mean : t.worst;
        }
        *slot = square;
        if (++t.filled == s.points) {
            for (int64_t k = s.points - 2; k >= 0; k--) {
                sums[k * SWEEP_LANES] += sums[(k + 1) * SWEEP_LANES];
            }
            t.total = 0.0;
            t.filled = 0;
        }
    }
}

/* st_sweep_close_block, of one lane. */
static __device__ __forceinline__ void sweep_close_block(const sweep_statistic &s, sweep_tally &t,
                                                         float *ring)
{
    const uint32_t blocks = (uint32_t)s.low, slots = blocks + 1, rows = (uint32_t)t.rows;
    float least = INFINITY;
    for (uint32_t k = 0; rows > blocks && k < slots; k++) {
        if (k != (rows - 1) % slots) {
            least = st_sweep_least(ring[(size_t)k * SWEEP_LANES], least);
        }
    }
    const bool falls = (double)t.low + s.level < 0.5001 * ((double)least + s.level);
    t.worst = rows > blocks && falls ? 1.0 : t.worst;
    ring[(size_t)(rows % slots) * SWEEP_LANES] = t.low; /* in place of the oldest */
    t.low = INFINITY;
    t.rows++;
    t.filled = 0;
}

static __device__ __forceinline__ void sweep_trip(const sweep_lane &lane, const sweep_statistic &s,
                                                  sweep_tally &t, const float *x, int n)
{
    for (int i = 0; i < n; i++, x += SWEEP_LANES) {
        t.low = st_sweep_least(*x, t.low);
        if (++t.filled == s.points) {
            sweep_close_block(s, t, lane.floats(s.a));
        }
    }
}

static __device__ __forceinline__ void
sweep_start_tally(const sweep_lane &lane, const sweep_statistic &s, sweep_tally &tally)
{
    sweep_tally t = {};
    t.high = t.worst_range = -INFINITY;
    t.low = INFINITY;
    t.worst = -INFINITY;
    if (s.kind == ST_SWEEP_RANGE) { /* behind the chunk: nothing */
        lane.floats(s.a)[s.points * SWEEP_LANES] = -INFINITY;
        lane.floats(s.b)[s.points * SWEEP_LANES] = INFINITY;
    }
    tally = t;
}

/* A block of the statistic's channel; `from` is its place in the launch. */
static __device__ __forceinline__ void sweep_look(const sweep_lane &lane, const sweep_statistic &s,
                                                  const float *load, int from, int n,
                                                  sweep_tally &kept)
{
    const float *x = lane.floats(lane.task->channel[s.channel].signal);
    sweep_tally t = kept;
    switch (s.kind) {
    case ST_SWEEP_LEVEL:
        for (int i = 0; i < n; i++) {
            t.high = st_sweep_most(x[i * SWEEP_LANES], t.high);
        }
        break;
    case ST_SWEEP_RANGE: sweep_range(lane, s, t, x, n); break;
    case ST_SWEEP_CHANGE: sweep_change(lane, s, t, x, from, n); break;
    case ST_SWEEP_PERCENTILE: sweep_percentile(lane, s, t, x, load, n); break;
    case ST_SWEEP_AMPLITUDE:
        sweep_amplitude(lane, s, t, x, load,
                        lane.task->weight + (&s - lane.task->statistic) * SWEEP_READ + from, n);
        break;
    case ST_SWEEP_TRIP: sweep_trip(lane, s, t, x, n); break;
    default: sweep_frames(lane, s, t, x, n); break;
    }
    kept = t;
}

#endif
