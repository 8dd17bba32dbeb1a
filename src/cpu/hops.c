/* hops.c - detect, levels: what a tile adds to a rack's levels, ramps and step, and the extremes
 * from which frame features are made, all in one go over each hop. Compiled once per
 * instruction set. */
#include <limits.h>

#include "cpu/loops.h"
#include "cpu/sums.h"

typedef struct extremes {
    float min[ST_LANES], max[ST_LANES], slope[ST_LANES], step[ST_LANES];
} extremes;

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
static void scan_other_hop(const float *x, int n, st_hop *hop, float *step)
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
        e.min[0] = st_smaller(e.min[0], e.min[l]);
        e.max[0] = st_larger(e.max[0], e.max[l]);
        e.slope[0] = st_larger(e.slope[0], e.slope[l]);
        e.step[0] = st_smaller(e.step[0], e.step[l]);
    }
    *hop = (st_hop){count_invalid(x, n), e.min[0], e.max[0], e.slope[0], -1.0f};
    *step = st_smaller(*step, e.step[0]);
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

/* Lanes of a sum that are taken at once: as many as there are registers for. */
#if defined(__AVX512F__)
enum { SCAN_LANES = ST_LANES };
#else
enum { SCAN_LANES = VEC };
#endif
enum { SCAN_SUMS = SCAN_LANES / VEC_HALF, FAR_WINDOWS = ST_RAMP_WINDOWS - 1 };
enum { FLT_MAX_BITS = 0x7f7fffff };

/* Largest rise and fall over one lag, as the bits of differences: taken as signed numbers the
 * positive ones are the largest, taken as unsigned numbers the negative ones are, each in the order
 * of their size and with what is not finite beyond them. Whole numbers have twice as many units to
 * be compared in as floats, and those have differences to take. */
typedef struct vec_ramp {
    vec_bits rise, fall;
} vec_ramp;

/* What a tile adds to a rack, hop by hop. */
typedef struct tile_scan {
    vec_ramp far[FAR_WINDOWS];             /* of windows 1, 2, ... */
    vec_bits step;                         /* as scan_add has it */
    int64_t lag[ST_RAMP_WINDOWS], longest; /* samples */
    float *rise, *fall;                    /* [ST_RAMP_WINDOWS] of the rack */
    bool any_far;
} tile_scan;

/* A scan of a hop, or of some of its lanes. */
typedef struct hop_scan {
    vec min, max;
    vec_bits step;
    vec_ramp near, far[FAR_WINDOWS]; /* of neighbours, and of longer lags */
    vecd sum1[SCAN_SUMS], sum2[SCAN_SUMS];
} hop_scan;

static inline vec_ramp no_ramp(void)
{
    return (vec_ramp){(vec_bits){0} + INT_MIN, (vec_bits){0}};
}

static inline void ramp_add(vec_ramp *ramp, vec_bits d)
{
    ramp->rise = vec_bits_most(d, ramp->rise);
    ramp->fall = vec_bits_most_unsigned(d, ramp->fall);
}

/* Lanes that have met a difference which is not finite. */
static inline vec_bits ramp_broken(const vec_ramp *ramp)
{
    return (ramp->rise > FLT_MAX_BITS) | ((ramp->fall ^ INT_MIN) > FLT_MAX_BITS);
}

/* 0 where there was none, but there were differences. */
static inline float ramp_rise(const vec_ramp *ramp)
{
    return st_larger(0.0f, vec_fold_most((vec)ramp->rise));
}

static inline float ramp_fall(const vec_ramp *ramp)
{
    return st_larger(0.0f, -vec_fold_least((vec)ramp->fall));
}

/* x: VEC samples, of which the first is in lane `lane` of a scan; before: those before them. A step
 * is kept as the number before its bits, of which that of no step at all is the largest. */
ST_ALWAYS_INLINE void scan_add(hop_scan *s, int lane, const float *before, const float *x,
                               const int64_t *lag, int windows, vecd reference)
{
    const vec now = vec_load(x);
    const vec_bits d = (vec_bits)(now - vec_load(before));
    s->min = vec_least(now, s->min);
    s->max = vec_most(now, s->max);
    ramp_add(&s->near, d);
    s->step = vec_bits_least_unsigned((d & INT_MAX) - 1, s->step);
    for (int w = 0; w < windows; w++) {
        ramp_add(&s->far[w], (vec_bits)(now - vec_load(x - lag[w])));
    }
    for (int half = 0; half < 2; half++) {
        const vecd off = vecd_widen(x + half * VEC_HALF) - reference;
        s->sum1[lane / VEC_HALF + half] += off;
        s->sum2[lane / VEC_HALF + half] += off * off;
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

/* The loop of scan_hop. */
ST_ALWAYS_INLINE void scan_lanes(hop_scan *s, const tile_scan *tile, const float *x, int n,
                                 int windows, double *sum1, double *sum2)
{
    const vecd reference = vecd_all((double)x[0]);
    float start[VEC] = {x[0]}; /* nothing is before the first sample, so nothing differs */
    memcpy(start + 1, x, (VEC - 1) * sizeof *x);
    for (int first = 0; first < ST_LANES; first += SCAN_LANES) {
        for (int k = 0; k < SCAN_SUMS; k++) {
            s->sum1[k] = s->sum2[k] = vecd_all(0.0);
        }
        for (int i = first; i < n; i += ST_LANES) {
            for (int lane = 0; lane < SCAN_LANES; lane += VEC) {
                const float *at = x + i + lane;
                scan_add(s, lane, lane == 0 && i == 0 ? start : at - 1, at, tile->lag + 1, windows,
                         reference);
            }
        }
        for (int k = 0; k < SCAN_SUMS; k++) {
            vecd_store(sum1 + first + k * VEC_HALF, s->sum1[k]);
            vecd_store(sum2 + first + k * VEC_HALF, s->sum2[k]);
        }
    }
}

/* Extremes, differences and st_hop_levels of a hop in one go, n a multiple of 32, with the first
 * `windows` of the long lags. False, and nothing else: some sample, or one of those before it, is
 * invalid. */
ST_ALWAYS_INLINE bool scan_hop(tile_scan *tile, const float *x, int n, int windows, st_hop *hop,
                               st_levels *levels)
{
    double sum1[ST_LANES], sum2[ST_LANES];
    hop_scan s = {
        .min = vec_all(INFINITY), .max = vec_all(-INFINITY), .step = tile->step, .near = no_ramp()};
    memcpy(s.far, tile->far, sizeof s.far);
    scan_lanes(&s, tile, x, n, windows, sum1, sum2);
    vec_bits broken = ramp_broken(&s.near);
    for (int w = 0; w < windows; w++) {
        broken |= ramp_broken(&s.far[w]);
    }
    if (vec_bits_any(broken)) {
        return false;
    }
    memcpy(tile->far, s.far, sizeof s.far);
    tile->any_far = tile->any_far || windows > 0;
    tile->step = s.step;
    const float rise = ramp_rise(&s.near), fall = ramp_fall(&s.near);
    if (tile->lag[0] == 1) {
        tile->rise[0] = st_larger(tile->rise[0], rise);
        tile->fall[0] = st_larger(tile->fall[0], fall);
    }
    *hop = (st_hop){0, vec_fold_least(s.min), vec_fold_most(s.max), st_larger(rise, fall), -1.0f};
    *levels = st_levels_from_sums(n, (double)x[0], fold_lanes(sum1), fold_lanes(sum2),
                                  (double)hop->min, (double)hop->max);
    return true;
}

/* Largest rise and fall x[i] - x[i - lag] over i in [0, n); invalid pairs count for nothing. */
static void ramp(const float *x, int64_t lag, int64_t n, float *rise, float *fall)
{
    vec most = vec_all(*rise), least = vec_all(-*fall);
    int64_t i = 0;
    for (; i + VEC <= n; i += VEC) {
        const vec d = vec_load(x + i) - vec_load(x + i - lag);
        most = vec_most(d, most);
        least = vec_least(d, least);
    }
    *rise = vec_fold_most(most);
    *fall = -vec_fold_least(least);
    for (; i < n; i++) {
        *rise = st_larger(*rise, x[i] - x[i - lag]);
        *fall = st_larger(*fall, x[i - lag] - x[i]);
    }
}

/* The ramps of a hop that its scan left out: those of neighbours, or of longer lags. */
static void other_ramps(tile_scan *tile, const float *x, int64_t at, int n, bool near, bool far)
{
    for (int w = 0; w < ST_RAMP_WINDOWS; w++) {
        const int64_t lag = tile->lag[w], skip = lag > at ? lag - at : 0;
        const bool done = w > 0 ? far : near && lag == 1;
        if (lag > 0 && !done && skip < n) {
            ramp(x + skip, lag, n - skip, tile->rise + w, tile->fall + w);
        }
    }
}

/* Hops with gaps, or at the end of the record, are scanned by themselves; those with gaps before
 * them, or at its start, without the longer lags. */
static st_levels take_hop(tile_scan *tile, const float *x, int64_t at, int n, int hop,
                          st_hop *found, float *step)
{
    st_levels levels;
    const bool far =
        n == hop && at >= tile->longest && scan_hop(tile, x, hop, FAR_WINDOWS, found, &levels);
    const bool near = far || (n == hop && scan_hop(tile, x, hop, 0, found, &levels));
    if (!near) {
        scan_other_hop(x, n, found, step);
        levels = hop_levels(x, n, found);
    }
    other_ramps(tile, x, at, n, near, far);
    if (at > 0) {
        found->entry_slope = st_hop_slope(x[-1], x[0]);
        *step = found->entry_slope > 0.0f ? st_smaller(*step, found->entry_slope) : *step;
        if (near && tile->lag[0] == 1) {
            tile->rise[0] = st_larger(tile->rise[0], x[0] - x[-1]);
            tile->fall[0] = st_larger(tile->fall[0], x[-1] - x[0]);
        }
    }
    return levels;
}

static tile_scan begin_tile(const st_exec *exec, size_t rack)
{
    tile_scan tile = {.step = (vec_bits){0} - 1,
                      .rise = exec->rise + rack * ST_RAMP_WINDOWS,
                      .fall = exec->fall + rack * ST_RAMP_WINDOWS};
    for (int w = 0; w < ST_RAMP_WINDOWS; w++) {
        tile.lag[w] = exec->plan->ramp_lag[w];
        tile.longest = tile.lag[w] > tile.longest ? tile.lag[w] : tile.longest;
    }
    for (int w = 0; w < FAR_WINDOWS; w++) {
        tile.far[w] = no_ramp();
    }
    return tile;
}

static void end_tile(const tile_scan *tile, float *step)
{
    for (int w = 1; w < ST_RAMP_WINDOWS; w++) {
        if (tile->any_far && tile->lag[w] > 0) {
            tile->rise[w] = st_larger(tile->rise[w], ramp_rise(&tile->far[w - 1]));
            tile->fall[w] = st_larger(tile->fall[w], ramp_fall(&tile->far[w - 1]));
        }
    }
    float d[VEC];
    vec_store(d, (vec)(tile->step + 1)); /* 0 where there was none */
    for (int l = 0; l < VEC; l++) {
        *step = d[l] > 0.0f ? st_smaller(*step, d[l]) : *step;
    }
}

void ST_ISA(hops)(st_exec *exec, cpu_work *work, const st_due *due, size_t rack, const float *x)
{
    const int64_t hop = exec->plan->fast.hop;
    st_hop *kept = exec->hop_kept + rack * ST_KEPT_HOPS;
    tile_scan tile = begin_tile(exec, rack);
    const int64_t before = due->first / hop - due->frame_first; /* hops of the tile before */
    st_hop *found = work->hop + before;
    memcpy(work->hop, kept, (size_t)before * sizeof *kept);
    for (int64_t at = due->first; at < due->end; at += hop, found++) {
        const int n = (int)(due->end - at < hop ? due->end - at : hop);
        const st_levels levels =
            take_hop(&tile, x + (at - due->row_first), at, n, (int)hop, found, &exec->step[rack]);
        exec->levels[rack] = st_levels_merge(exec->levels[rack], levels);
    }
    end_tile(&tile, &exec->step[rack]);
    if (found - work->hop >= ST_KEPT_HOPS) {
        memcpy(kept, found - ST_KEPT_HOPS, ST_KEPT_HOPS * sizeof *kept);
    }
}
