/* hops.c - detect, levels: what a tile adds to a rack's levels, ramps and step, and the extremes
 * from which frame features are made. Compiled once per instruction set. */
#include "cpu/loops.h"

typedef struct extremes {
    float min[ST_LANES], max[ST_LANES], slope[ST_LANES], step[ST_LANES];
} extremes;

/* Neither is NaN. */
static inline float smaller(float a, float b)
{
    return b < a ? b : a;
}

static inline float larger(float a, float b)
{
    return b > a ? b : a;
}

static void extremes_clear(extremes *e)
{
    for (int l = 0; l < ST_LANES; l++) {
        e->min[l] = INFINITY;
        e->max[l] = -INFINITY;
        e->slope[l] = -1.0f;
        e->step[l] = INFINITY;
    }
}

/* Comparisons with NaN are false, so invalid samples and pairs fall out by themselves. */
static inline void extremes_pair(extremes *e, int l, float before, float now)
{
    const float d = fabsf(now - before);
    const float step = d > 0.0f ? d : INFINITY;
    e->slope[l] = d > e->slope[l] ? d : e->slope[l];
    e->step[l] = step < e->step[l] ? step : e->step[l];
}

static inline void extremes_add(extremes *e, int l, float x)
{
    e->min[l] = x < e->min[l] ? x : e->min[l];
    e->max[l] = x > e->max[l] ? x : e->max[l];
}

static int count_invalid(const float *x, int n)
{
    int invalid = 0;
    for (int i = 0; i < n; i++) {
        invalid += x[i] != x[i];
    }
    return invalid;
}

/* Extremes are free of order, so any lane will do for the first and the last few. */
static void scan_hop(const float *x, int n, st_hop *hop, float *step)
{
    extremes e;
    extremes_clear(&e);
    extremes_add(&e, 0, x[0]);
    int i = 1;
    for (; i + ST_LANES <= n; i += ST_LANES) {
        for (int l = 0; l < ST_LANES; l++) {
            extremes_add(&e, l, x[i + l]);
            extremes_pair(&e, l, x[i + l - 1], x[i + l]);
        }
    }
    for (; i < n; i++) {
        extremes_add(&e, 0, x[i]);
        extremes_pair(&e, 0, x[i - 1], x[i]);
    }
    for (int l = 1; l < ST_LANES; l++) {
        e.min[0] = smaller(e.min[0], e.min[l]);
        e.max[0] = larger(e.max[0], e.max[l]);
        e.slope[0] = larger(e.slope[0], e.slope[l]);
        e.step[0] = smaller(e.step[0], e.step[l]);
    }
    *hop = (st_hop){count_invalid(x, n), e.min[0], e.max[0], e.slope[0], -1.0f};
    *step = smaller(*step, e.step[0]);
}

/* st_hop_levels with its lanes side by side. */
static st_levels hop_levels(const float *x, int n, const st_hop *hop)
{
    double sum1[ST_LANES] = {0}, sum2[ST_LANES] = {0};
    int first = 0;
    if (hop->invalid == n) {
        return st_levels_none();
    }
    while (isnan(x[first])) {
        first++;
    }
    const double reference = (double)x[first];
    int i = 0;
    for (; i + ST_LANES <= n; i += ST_LANES) {
        for (int l = 0; l < ST_LANES; l++) {
            const double off = (double)x[i + l] - reference;
            const double d = off == off ? off : 0.0;
            sum1[l] += d;
            sum2[l] += d * d;
        }
    }
    for (int l = 0; i + l < n; l++) {
        const double off = (double)x[i + l] - reference;
        const double d = off == off ? off : 0.0;
        sum1[l] += d;
        sum2[l] += d * d;
    }
    return st_levels_from_sums(n - hop->invalid, reference, st_lanes_fold_f64(sum1),
                               st_lanes_fold_f64(sum2), (double)hop->min, (double)hop->max);
}

void ST_ISA(hops)(st_exec *exec, cpu_work *work, const cpu_due *due, size_t rack, const float *x)
{
    const int64_t hop = exec->plan->fast.hop;
    for (int64_t at = due->frame_first * hop; at < due->end; at += hop) {
        const int n = (int)(due->end - at < hop ? due->end - at : hop);
        const float *samples = x + (at - due->row_first);
        st_hop *found = &work->hop[at / hop - due->frame_first];
        scan_hop(samples, n, found, &exec->step[rack]);
        if (at > 0) {
            found->entry_slope = st_hop_slope(samples[-1], samples[0]);
            if (found->entry_slope > 0.0f) {
                exec->step[rack] = smaller(exec->step[rack], found->entry_slope);
            }
        }
        if (at >= due->first) { /* the hops before were counted with their own tile */
            exec->levels[rack] = st_levels_merge(exec->levels[rack], hop_levels(samples, n, found));
        }
    }
}

/* Largest and smallest x[i] - x[i - lag] over i in [0, n). */
static void ramp(const float *x, int64_t lag, int64_t n, float *rise, float *fall)
{
    float up[ST_LANES], down[ST_LANES];
    for (int l = 0; l < ST_LANES; l++) {
        up[l] = *rise;
        down[l] = *fall;
    }
    const float *past = x - lag;
    int64_t i = 0;
    for (; i + ST_LANES <= n; i += ST_LANES) {
        for (int l = 0; l < ST_LANES; l++) {
            const float d = x[i + l] - past[i + l];
            up[l] = d > up[l] ? d : up[l];
            down[l] = -d > down[l] ? -d : down[l];
        }
    }
    for (; i < n; i++) {
        const float d = x[i] - past[i];
        up[0] = d > up[0] ? d : up[0];
        down[0] = -d > down[0] ? -d : down[0];
    }
    for (int l = 0; l < ST_LANES; l++) {
        *rise = larger(*rise, up[l]);
        *fall = larger(*fall, down[l]);
    }
}

void ST_ISA(ramps)(st_exec *exec, const cpu_due *due, size_t rack, const float *x)
{
    for (int w = 0; w < ST_RAMP_WINDOWS; w++) {
        const int64_t lag = exec->plan->ramp_lag[w];
        const int64_t from = due->first > lag ? due->first : lag;
        if (lag > 0 && from < due->end) {
            ramp(x + (from - due->row_first), lag, due->end - from,
                 &exec->rise[rack * ST_RAMP_WINDOWS + (size_t)w],
                 &exec->fall[rack * ST_RAMP_WINDOWS + (size_t)w]);
        }
    }
}
