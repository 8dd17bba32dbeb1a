/* decide.c - the three rules of pass 2. With E = band energy + q^2/12, per row and feature band, a
 * frame is marked
 *   1. if log10 E > Q95(log10 E) + 0.6,
 *   2. if z = (log10 E - median) / (1.4826 max(MAD, 0.02)) > 6 while at most a tenth of the frames
 *      have z > 3 (more is a rhythm),
 *   3. if its maximum > T + S or its minimum < B - S, with T = Q95 of the maxima, B = Q05 of the
 *      minima, S = max((T - B)/4, 6 q).
 * The numbers are settings. q^2/12 is the power of rounding to steps of q: a flat, quantised signal
 * has no energy of its own, and a frame without any must not be infinitely far from one with some.
 */
#include "detect/decide.h"

#include <float.h>
#include <math.h>

#include "detect/order.h"
#include "detect/quantile.h"
#include "formula/frame.h"

static const double sigma_of_mad = 1.4826; /* for a normal distribution */
static const double least_mad = 0.02;      /* decades */

static void mark(st_row *row, int64_t frame, double score, uint32_t why)
{
    row->score[frame] = fmaxf(row->score[frame], (float)fmin(score, 1e30));
    row->why[frame] |= why;
}

/* q: the storage step, at least 2^-24 of the largest value: a float32 has no finer one. */
static double storage_step(const st_row *row)
{
    const st_rack_sums *sums = row->input->sums;
    const double largest = fmax(fabs(sums->min_w[row->index] + row->offset_w),
                                fabs(sums->max_w[row->index] + row->offset_w));
    const double trace_step_w = row->input->plan->step_w;
    const double step_w = trace_step_w > 0.0 ? trace_step_w : sums->step_w[row->index];
    return fmax(step_w, ldexp(largest, -24));
}

/* Copies a feature of all used frames to values; returns how many there are. What a float32 could
 * not hold, infinite or no number at all, counts as the largest that it can: order statistics need
 * numbers that differ by numbers. */
static size_t collect(const st_row *row, int feature, float *values)
{
    size_t n = 0;
    for (int64_t f = 0; f < row->frames; f++) {
        const float value = st_row_feature(row, f, feature);
        values[n] = value <= FLT_MAX ? value : FLT_MAX;
        n += st_row_used(row, f) ? 1 : 0;
    }
    return n;
}

/* The level of a frame is log10 E. It grows with the energy, so the order statistics of levels are
 * the levels of those of the energies, and few logarithms are taken: what is above or below a level
 * by more than `doubt`, far beyond any rounding, is known from the energy. */
typedef struct band {
    st_order energy;
    double floor; /* q^2/12 */
    double median;
    double middle; /* E of the median */
} band;

static const double doubt = 1e-6; /* share of E */

static double level_of(const band *b, float energy)
{
    return log10((double)energy + b->floor);
}

static float energy_of(const band *b, double e)
{
    return (float)(e - b->floor);
}

static double quantile_level(const band *b, double share)
{
    const st_rank rank = st_rank_of(b->energy.n, share);
    const st_ranked found = st_order_find(&b->energy, rank.k);
    const double at = level_of(b, found.at), next = level_of(b, found.next);
    return at + (next - at) * rank.rest;
}

/* How many energies differ from the median's by less than the factor `ratio`. */
static size_t count_near(const band *b, double ratio)
{
    const st_order *e = &b->energy;
    return e->counts->within(e->x, e->n, energy_of(b, b->middle / ratio),
                             energy_of(b, b->middle * ratio));
}

/* |level - median| of the energies that differ by a factor from `low` to `high`, with doubt, to
 * deviation; returns how many there are. *nearer: how many differ by less. */
static size_t collect_deviations(const band *b, double low, double high, double *deviation,
                                 size_t *nearer)
{
    const double inner = low * (1.0 - doubt), outer = high * (1.0 + doubt);
    const float least = energy_of(b, b->middle / outer), most = energy_of(b, b->middle * outer);
    const float from = energy_of(b, b->middle / inner), to = energy_of(b, b->middle * inner);
    size_t n = 0;
    *nearer = 0;
    for (size_t i = 0; i < b->energy.n; i++) {
        const float x = b->energy.x[i];
        if (x > from && x < to) {
            ++*nearer;
        } else if (x >= least && x <= most) {
            deviation[n++] = fabs(level_of(b, x) - b->median);
        }
    }
    return n;
}

/* |level - median| of the k-th nearest frame: bisection over the factor by which energies differ,
 * until few are left to look at. deviation: [n], work space. */
static double find_deviation(const band *b, size_t k, double *deviation)
{
    enum { FEW = 3, STEPS = 64 };
    const st_order *e = &b->energy;
    double low = 1.0, high = fmax(((double)e->most + b->floor) / b->middle,
                                  b->middle / ((double)e->least + b->floor));
    size_t before = 0, until = e->n, nearer;
    for (int i = 0; i < STEPS && until - before > FEW && high > low * (1.0 + doubt); i++) {
        const double ratio = sqrt(low * high);
        const size_t count = count_near(b, ratio);
        if (count <= k) {
            low = ratio;
            before = count;
        } else {
            high = ratio;
            until = count;
        }
    }
    const size_t n = collect_deviations(b, low, high, deviation, &nearer);
    return st_order_statistic(deviation, n, k - nearer);
}

/* The median of |level - median|. */
static double find_mad(const band *b, double *deviation)
{
    const st_rank rank = st_rank_of(b->energy.n, 0.5);
    const double at = find_deviation(b, rank.k, deviation);
    const double next = rank.rest > 0.0 ? find_deviation(b, rank.k + 1, deviation) : at;
    return at + (next - at) * rank.rest;
}

/* How many frames have level - median > over. */
static size_t count_over(const band *b, double over)
{
    const st_order *e = &b->energy;
    const double limit = pow(10.0, b->median + over);
    const float from = energy_of(b, limit * (1.0 - doubt)),
                to = energy_of(b, limit * (1.0 + doubt));
    size_t count = e->n - e->counts->below(e->x, e->n, to);
    if (e->counts->least_from(e->x, e->n, from) < to) {
        for (size_t i = 0; i < e->n; i++) {
            count += e->x[i] >= from && e->x[i] < to && level_of(b, e->x[i]) - b->median > over;
        }
    }
    return count;
}

/* Rules 1 and 2 for one feature band. */
static void decide_band(st_row *row, size_t index)
{
    const st_settings *settings = row->input->settings;
    const int feature = ST_FEATURE_BANDS + (int)index;
    const size_t n = collect(row, feature, row->column);
    if (n == 0) {
        return;
    }
    band b = {.energy = st_order_open(row->column, n), .floor = row->step_w * row->step_w / 12.0};
    const double high = quantile_level(&b, settings->event_quantile);
    b.median = quantile_level(&b, 0.5);
    b.middle = pow(10.0, b.median);
    const double sigma = sigma_of_mad * fmax(find_mad(&b, row->values), least_mad);
    const size_t rhythm = count_over(&b, settings->event_rhythm_z * sigma);
    const bool rare = (double)rhythm <= settings->event_rhythm_share * (double)n;
    const double least =
        rare ? fmin(high + settings->event_decades, b.median + sigma * settings->event_z)
             : high + settings->event_decades;
    const float from = energy_of(&b, pow(10.0, least) * (1.0 - doubt));
    for (int64_t f = 0; f < row->frames && b.energy.most >= from; f++) {
        const float energy = st_row_feature(row, f, feature);
        if (!(energy >= from)) { /* or the frame is dropped, NaN */
            continue;
        }
        const double level = level_of(&b, energy);
        const double decades = (level - high) / settings->event_decades;
        const double z = (level - b.median) / (sigma * settings->event_z);
        if (decades > 1.0) {
            mark(row, f, decades, UINT32_C(1) << index);
        }
        if (rare && z > 1.0) {
            mark(row, f, z, UINT32_C(1) << index);
        }
    }
}

static double quantile_of(const st_row *row, int feature, double share)
{
    const size_t n = collect(row, feature, row->column);
    if (n == 0) {
        return (double)NAN;
    }
    const st_order order = st_order_open(row->column, n);
    return st_order_quantile(&order, share);
}

/* Rule 3. */
static void decide_levels(st_row *row)
{
    const st_settings *settings = row->input->settings;
    const double high = settings->event_quantile;
    row->top_w = quantile_of(row, ST_FEATURE_MAX, high);
    row->bottom_w = quantile_of(row, ST_FEATURE_MIN, 1.0 - high);
    row->margin_w =
        fmax(settings->event_level_share * (row->top_w - row->bottom_w), 6.0 * row->step_w);
    for (int64_t f = 0; f < row->frames; f++) {
        const double over = (st_row_feature(row, f, ST_FEATURE_MAX) - row->top_w) / row->margin_w;
        const double under =
            (row->bottom_w - st_row_feature(row, f, ST_FEATURE_MIN)) / row->margin_w;
        if (over > 1.0 || under > 1.0) { /* false for a dropped frame, NaN */
            mark(row, f, fmax(over, under), ST_WHY_LEVEL);
        }
    }
}

void st_row_decide(st_row *row)
{
    const st_rack_sums *sums = row->input->sums;
    for (int64_t f = 0; f < row->frames; f++) {
        row->score[f] = 0.0f;
        row->why[f] = 0;
    }
    row->top_w = row->bottom_w = row->margin_w = (double)NAN;
    row->step_w = sums->valid[row->index] > 0 ? storage_step(row) : 0.0;
    if (!(row->step_w > 0.0 && row->step_w <= DBL_MAX)) { /* no sample, or all are 0, or beyond */
        return;
    }
    for (size_t i = 0; i < row->n_features - ST_FEATURE_BANDS; i++) {
        decide_band(row, i);
    }
    decide_levels(row);
}
