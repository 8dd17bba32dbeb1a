/* rhythm.c - iterations: compute with micro-batches, communicate, now and then a checkpoint.
 * Serves fill and planted; knows no event, no noise, no file. */
#include "synth/rhythm.h"

#include <math.h>

#include "synth/random.h"

static int64_t nanoseconds(double seconds)
{
    return llround(seconds * 1e9);
}

/* Delay of a rack against the common timeline, the same in all iterations. */
static int64_t rack_delay_ns(const st_synth *what, int64_t rack)
{
    if (rack < 0 || what->phase_spread_s == 0.0) {
        return 0;
    }
    const st_random_block r = st_random(what->seed, ST_STREAM_RACK, (uint32_t)rack, 0);
    return nanoseconds(what->phase_spread_s * st_normal(r.word[0], r.word[1]));
}

/* Start of iteration k before the rack's fixed delay. The jitter is kept within a fifth of the
 * period, so iterations keep their order whatever the knobs say. */
static int64_t start_ns(const st_synth *what, int64_t rack, int64_t k)
{
    double jitter_s = 0.0;
    if (what->period_jitter > 0.0) {
        const st_random_block r = st_random(what->seed, ST_STREAM_ITERATION, 0, k);
        jitter_s = what->period_jitter * what->period_s * st_normal(r.word[0], r.word[1]);
    }
    if (rack >= 0 && what->phase_jitter_s > 0.0) {
        const st_random_block r =
            st_random(what->seed, ST_STREAM_RACK_ITERATION, (uint32_t)rack, k);
        jitter_s += what->phase_jitter_s * st_normal(r.word[0], r.word[1]);
    }
    jitter_s = fmax(-0.2 * what->period_s, fmin(0.2 * what->period_s, jitter_s));
    return k * nanoseconds(what->period_s) + nanoseconds(jitter_s);
}

static st_iteration make_iteration(const st_synth *what, int64_t rack, int64_t k, int64_t begin_ns,
                                   int64_t end_ns)
{
    st_iteration iteration = {k, begin_ns, end_ns, 1.0, 0.0};
    if (rack >= 0) {
        const st_random_block r =
            st_random(what->seed, ST_STREAM_RACK_ITERATION, (uint32_t)rack, k);
        iteration.gain += what->level_jitter * st_normal(r.word[2], r.word[3]);
        iteration.ripple =
            st_uniform(st_random(what->seed, ST_STREAM_RIPPLE, (uint32_t)rack, k).word[0]);
    }
    return iteration;
}

st_iteration st_iteration_at(const st_synth *what, int64_t rack, int64_t moment_ns)
{
    const int64_t delay_ns = rack_delay_ns(what, rack);
    const int64_t period_ns = nanoseconds(what->period_s);
    const int64_t moment = moment_ns - delay_ns;
    /* Rounds down, and one more, because jitter may have started an iteration late. */
    int64_t k = (moment >= 0 ? moment / period_ns : -((-moment + period_ns - 1) / period_ns)) - 1;
    while (start_ns(what, rack, k + 1) <= moment) {
        k++;
    }
    return make_iteration(what, rack, k, start_ns(what, rack, k) + delay_ns,
                          start_ns(what, rack, k + 1) + delay_ns);
}

st_iteration st_iteration_next(const st_synth *what, int64_t rack, const st_iteration *iteration)
{
    const int64_t k = iteration->k + 1;
    return make_iteration(what, rack, k, iteration->end_ns,
                          start_ns(what, rack, k + 1) + rack_delay_ns(what, rack));
}

void st_iteration_plateau(const st_synth *what, const st_iteration *iteration, int64_t *begin_ns,
                          int64_t *end_ns)
{
    const double compute_ns =
        what->compute_share * (double)(iteration->end_ns - iteration->start_ns);
    *begin_ns = iteration->start_ns + llround(compute_ns * what->forward_share);
    *end_ns = iteration->start_ns + llround(compute_ns);
}

/* Smooth step: no corner, so a rhythm's edge stays below the band of a breaker's edge. */
static double smooth(double x)
{
    x = st_clamp_unit(x);
    return x * x * (3.0 - 2.0 * x);
}

/* A hump of height 1 between x = 0 and 1. */
static double hump(double x)
{
    x = st_clamp_unit(x);
    return 16.0 * x * x * (1.0 - x) * (1.0 - x);
}

/* Nearly a sine: two parabolas per turn, x >= 0 in turns. */
static double wave(double x)
{
    const double q = 2.0 * (x - (double)(int32_t)x) - 1.0;
    return -4.0 * q * (1.0 - fabs(q));
}

/* s_i = s0 + i dt, s after the start of the iteration; i counts from its first sample, so the bits
 * do not depend on where a slice begins. */
static void fill_training(const st_synth *what, const st_iteration *iteration, double s0, double dt,
                          int32_t i0, int32_t n, double *level)
{
    const double length_s = (double)(iteration->end_ns - iteration->start_ns) * 1e-9;
    const double compute_s = what->compute_share * length_s;
    const double forward_s = what->forward_share * compute_s;
    const double shortest = fmin(fmin(forward_s, compute_s - forward_s), length_s - compute_s);
    const double per_edge = 1.0 / fmax(fmin(what->edge_s, 0.5 * shortest), 1e-9);
    const double edge_s = 1.0 / per_edge;
    const double per_hump = 1.0 / what->overshoot_s;
    const double per_batch = (double)what->micro_batches / compute_s;
    const double low = what->communicate_level;
    const double up = iteration->gain * (what->forward_level - low);
    const double more = iteration->gain * (what->backward_level - what->forward_level);
    const double ripple = what->micro_batches > 0 ? iteration->gain * what->ripple : 0.0;
    const double overshoot = iteration->gain * what->overshoot;
    for (int32_t i = 0; i < n; i++) {
        const double s = s0 + (double)(i0 + i) * dt;
        const double on = smooth(s * per_edge);
        const double backward = smooth((s - forward_s) * per_edge);
        const double off = smooth((s - compute_s) * per_edge);
        level[i] = low + up * on + more * backward - (up + more) * off +
                   overshoot * hump((s - edge_s) * per_hump) * (1.0 - off) +
                   ripple * on * (1.0 - off) * wave(s * per_batch + iteration->ripple);
    }
}

/* Taylor series on [-1/4, 1/4] of a turn. */
double st_sine_of_turns(double turns)
{
    double x = turns - floor(turns);                 /* [0, 1) */
    x = x < 0.25 ? x : x < 0.75 ? 0.5 - x : x - 1.0; /* [-1/4, 1/4] */
    const double y = x * 6.283185307179586477, z = y * y;
    return y *
           (1 -
            z / 6 *
                (1 -
                 z / 20 *
                     (1 - z / 42 * (1 - z / 72 * (1 - z / 110 * (1 - z / 156 * (1 - z / 210)))))));
}

static void fill_sine(const st_synth *what, const st_iteration *iteration, double s0, double dt,
                      int32_t i0, int32_t n, double *level)
{
    const double per_length = 1e9 / (double)(iteration->end_ns - iteration->start_ns);
    const double middle = 0.5 * (what->backward_level + what->communicate_level);
    const double swing = 0.5 * iteration->gain * (what->backward_level - what->communicate_level);
    for (int32_t i = 0; i < n; i++) {
        const double s = s0 + (double)(i0 + i) * dt;
        level[i] = middle + swing * st_sine_of_turns(s * per_length);
    }
}

static void fill_iterations(const st_synth *what, int64_t rack, int64_t first, size_t n,
                            double *level)
{
    const int64_t period_ns = st_synth_period_ns(what);
    const double dt = (double)period_ns * 1e-9;
    st_iteration iteration = st_iteration_at(what, rack, first * period_ns);
    for (size_t done = 0; done < n;) {
        /* First samples at or after the two starts. */
        const int64_t begin = iteration.start_ns >= 0
                                  ? (iteration.start_ns + period_ns - 1) / period_ns
                                  : -(-iteration.start_ns / period_ns);
        const int64_t end = (iteration.end_ns + period_ns - 1) / period_ns;
        const int64_t now = first + (int64_t)done;
        const int64_t left = end - now, room = (int64_t)(n - done);
        const int32_t count = (int32_t)(left < room ? left : room);
        const double s0 = (double)(begin * period_ns - iteration.start_ns) * 1e-9;
        if (count > 0) {
            (what->rhythm == ST_RHYTHM_SINE ? fill_sine : fill_training)(
                what, &iteration, s0, dt, (int32_t)(now - begin), count, level + done);
            done += (size_t)count;
        }
        iteration = st_iteration_next(what, rack, &iteration);
    }
}

/* As the jitter of iterations, and within half a checkpoint. */
static int64_t checkpoint_jitter_ns(const st_synth *what, int64_t rack, int64_t c)
{
    if (rack < 0) {
        return 0;
    }
    const st_random_block r = st_random(what->seed, ST_STREAM_CHECKPOINT, (uint32_t)rack, c);
    const double jitter_s = what->phase_jitter_s * st_normal(r.word[0], r.word[1]);
    const double most_s = 0.5 * what->checkpoint_s;
    return nanoseconds(fmax(-most_s, fmin(most_s, jitter_s)));
}

/* Checkpoint c lies at (c + 1/2) intervals: all racks wait at one level. */
static void add_checkpoints(const st_synth *what, int64_t rack, int64_t first, size_t n,
                            double *level)
{
    const int64_t period_ns = st_synth_period_ns(what);
    const int64_t every_ns = nanoseconds(what->checkpoint_every_s);
    const int64_t length_ns = nanoseconds(what->checkpoint_s);
    const int64_t delay_ns = rack_delay_ns(what, rack);
    const double per_edge = 1.0 / fmax(fmin(what->edge_s, 0.5 * what->checkpoint_s), 1e-9);
    const int64_t from_ns = first * period_ns - delay_ns;
    const int64_t to_ns = from_ns + (int64_t)n * period_ns;
    int64_t c = (from_ns - length_ns - every_ns / 2) / every_ns - 1;
    for (c = c < 0 ? 0 : c; c * every_ns + every_ns / 2 < to_ns + length_ns; c++) {
        const int64_t begin_ns = c * every_ns + every_ns / 2 + checkpoint_jitter_ns(what, rack, c);
        for (size_t i = 0; i < n && begin_ns + 2 * length_ns > from_ns; i++) {
            const double s = (double)(from_ns + (int64_t)i * period_ns - begin_ns) * 1e-9;
            const double wait = smooth(s * per_edge) - smooth((s - what->checkpoint_s) * per_edge);
            level[i] += (what->checkpoint_level - level[i]) * wait;
        }
    }
}

void st_rhythm_fill(const st_synth *what, int64_t rack, int64_t first, size_t n, double *level)
{
    if (what->rhythm == ST_RHYTHM_FLAT) {
        for (size_t i = 0; i < n; i++) {
            level[i] = what->backward_level;
        }
    } else {
        fill_iterations(what, rack, first, n, level);
    }
    if (what->checkpoint_every_s > 0.0) {
        add_checkpoints(what, rack, first, n, level);
    }
}
