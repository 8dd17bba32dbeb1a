/* hops.c - detect, levels: what a tile adds to a rack's levels, ramps and step, and the extremes
 * from which frame features are made. Compiled once per instruction set. */
#include "cpu/loops.h"
#include "cpu/sums.h"

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

/* st_hop_levels of a hop with gaps, or of a part of one. */
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

/* Extremes and sums of VEC of the 32 lanes. */
typedef struct whole_lanes {
    vec min, max, slope, step;
    vecd sum1[2], sum2[2];
} whole_lanes;

/* before: the samples before those at x. A step is kept as the float before it, in which that of
 * no step at all is NaN and never the least. */
static inline void whole_add(whole_lanes *e, vec before, const float *x, double reference)
{
    const vec now = vec_load(x), d = vec_abs(now - before);
    e->min = vec_least(now, e->min);
    e->max = vec_most(now, e->max);
    e->slope = vec_most(d, e->slope);
    e->step = vec_least((vec)((vec_bits)d - 1), e->step);
    for (int half = 0; half < 2; half++) {
        const vecd off = vecd_widen(x + half * VEC_HALF) - vecd_all(reference);
        e->sum1[half] += off;
        e->sum2[half] += off * off;
    }
}

/* st_lanes_fold_f64. */
static double fold_lanes(double *lane)
{
    for (int half = ST_LANES / 2; half >= VEC_HALF; half /= 2) {
        for (int l = 0; l < half; l += VEC_HALF) {
            vecd_store(lane + l, vecd_load(lane + l) + vecd_load(lane + l + half));
        }
    }
    for (int half = VEC_HALF / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) {
            lane[l] += lane[l + half];
        }
    }
    return lane[0];
}

/* Extremes and st_hop_levels of a hop without gaps; false, and nothing else, when there are any.
 * n: a multiple of 32. */
static bool scan_whole_hop(const float *x, int n, st_hop *hop, float *step, st_levels *levels)
{
    double sum1[ST_LANES], sum2[ST_LANES];
    const double reference = (double)x[0];
    float start[VEC] = {x[0]}; /* nothing is before the first sample */
    whole_lanes all = {.min = vec_all(INFINITY),
                       .max = vec_all(-INFINITY),
                       .slope = vec_all(-1.0f),
                       .step = vec_all(INFINITY)};
    memcpy(start + 1, x, (VEC - 1) * sizeof *x);
    for (int lane = 0; lane < ST_LANES; lane += VEC) {
        for (int half = 0; half < 2; half++) {
            all.sum1[half] = all.sum2[half] = vecd_all(0.0);
        }
        whole_add(&all, vec_load(lane > 0 ? x + lane - 1 : start), x + lane, reference);
        for (int i = lane + ST_LANES; i < n; i += ST_LANES) {
            whole_add(&all, vec_load(x + i - 1), x + i, reference);
        }
        for (int half = 0; half < 2; half++) {
            vecd_store(sum1 + lane + half * VEC_HALF, all.sum1[half]);
            vecd_store(sum2 + lane + half * VEC_HALF, all.sum2[half]);
        }
    }
    const double total = fold_lanes(sum1);
    if (isnan(total)) {
        return false;
    }
    *hop = (st_hop){0, vec_fold_least(all.min), vec_fold_most(all.max), vec_fold_most(all.slope),
                    -1.0f};
    *step = smaller(*step, nextafterf(vec_fold_least(all.step), INFINITY));
    *levels = st_levels_from_sums(n, reference, total, fold_lanes(sum2), (double)hop->min,
                                  (double)hop->max);
    return true;
}

void ST_ISA(hops)(st_exec *exec, cpu_work *work, const st_due *due, size_t rack, const float *x)
{
    const int64_t hop = exec->plan->fast.hop;
    for (int64_t at = due->frame_first * hop; at < due->end; at += hop) {
        const int n = (int)(due->end - at < hop ? due->end - at : hop);
        const float *samples = x + (at - due->row_first);
        st_hop *found = &work->hop[at / hop - due->frame_first];
        st_levels levels;
        if (n < hop || !scan_whole_hop(samples, n, found, &exec->step[rack], &levels)) {
            scan_hop(samples, n, found, &exec->step[rack]);
            levels = hop_levels(samples, n, found);
        }
        if (at > 0) {
            found->entry_slope = st_hop_slope(samples[-1], samples[0]);
            if (found->entry_slope > 0.0f) {
                exec->step[rack] = smaller(exec->step[rack], found->entry_slope);
            }
        }
        if (at >= due->first) { /* the hops before were counted with their own tile */
            exec->levels[rack] = st_levels_merge(exec->levels[rack], levels);
        }
    }
}

/* Largest rise and fall x[i] - x[i - lag] over i in [0, n). */
static void ramp(const float *x, int64_t lag, int64_t n, float *rise, float *fall)
{
    float most = *rise, least = -*fall;
    for (int64_t i = 0; i < n; i++) {
        const float d = x[i] - x[i - lag];
        most = larger(most, d);
        least = smaller(least, d);
    }
    *rise = most;
    *fall = -least;
}

/* Largest and smallest x[i] - x[i - lag] over i in [0, n) for all lags in one sweep; returns how
 * far it went, a multiple of VEC. A lag of 0 is none. */
static int64_t ramp_all(const float *x, const int64_t *lag, int64_t n, float *rise, float *fall)
{
    vec most[ST_RAMP_WINDOWS], least[ST_RAMP_WINDOWS];
    int64_t i = 0;
    for (int w = 0; w < ST_RAMP_WINDOWS; w++) {
        most[w] = vec_all(rise[w]);
        least[w] = vec_all(-fall[w]);
    }
    for (; i + VEC <= n; i += VEC) {
        const vec now = vec_load(x + i);
        for (int w = 0; w < ST_RAMP_WINDOWS; w++) {
            const vec d = now - vec_load(x + i - lag[w]);
            most[w] = vec_most(d, most[w]);
            least[w] = vec_least(d, least[w]);
        }
    }
    for (int w = 0; w < ST_RAMP_WINDOWS; w++) {
        for (int l = 0; l < VEC && lag[w] > 0; l++) {
            rise[w] = larger(rise[w], most[w][l]);
            fall[w] = larger(fall[w], -least[w][l]);
        }
    }
    return i;
}

void ST_ISA(ramps)(st_exec *exec, const st_due *due, size_t rack, const float *x)
{
    float *rise = exec->rise + rack * ST_RAMP_WINDOWS, *fall = exec->fall + rack * ST_RAMP_WINDOWS;
    const int64_t *lag = exec->plan->ramp_lag;
    int64_t common = due->first; /* from here on all lags have a past */
    for (int w = 0; w < ST_RAMP_WINDOWS; w++) {
        common = lag[w] > common ? lag[w] : common;
    }
    common = common < due->end ? common : due->end;
    const int64_t end =
        common + ramp_all(x + (common - due->row_first), lag, due->end - common, rise, fall);
    for (int w = 0; w < ST_RAMP_WINDOWS; w++) {
        const int64_t from = due->first > lag[w] ? due->first : lag[w];
        if (lag[w] > 0) {
            ramp(x + (from - due->row_first), lag[w], common - from, rise + w, fall + w);
            ramp(x + (end - due->row_first), lag[w], due->end - end, rise + w, fall + w);
        }
    }
}
