/* excursion.c - measuring a spike or a dip.
 * Half height with hysteresis: from the peak outwards, the event goes on until the signal has
 * fallen to half of what half height is, and begins or ends with the outermost sample at half
 * height before that. Where noise is not small against the height, peak and edges are taken from
 * a moving mean that is short against the event. */
#include "detect/excursion.h"

#include <math.h>

static const double noise_share = 0.04; /* of the height: noise that a peak may carry */
static const double flat_share = 0.1;  /* of the height: swing that a flat neighbourhood may have */
static const double noise_range = 8.0; /* deviations: range of the noise of some 10,000 samples */
enum { FEWEST_BESIDE = 16, MOST_PEAKS = 16 };

/* Levels at which the walk from a peak is judged. */
typedef struct levels {
    double half_w, leave_w;
} levels;

static levels levels_of(const st_search *s, double sign, double peak_w, double reference_w)
{
    const double edge_w = sign > 0.0 ? s->upper_w : s->lower_w;
    double base_w = reference_w, half_w = 0.5 * (reference_w + peak_w);
    if (sign * (half_w - edge_w) < 0.0 && sign * (peak_w - edge_w) > 0.0) {
        base_w = edge_w; /* half height is nothing unusual here */
        half_w = 0.5 * (edge_w + peak_w);
    }
    return (levels){half_w, 0.5 * (base_w + half_w)};
}

/* From the peak in direction `step` (-1 or 1): the outermost sample at half height. */
static size_t walk(const st_search *s, size_t peak, int step, double sign, levels at, size_t width,
                   bool *open)
{
    const int64_t n = (int64_t)s->piece->n;
    int64_t outer = (int64_t)peak;
    bool out = false;
    *open = true;
    for (int64_t i = outer; i >= 0 && i < n; i += step) {
        const double x = st_piece_smooth(s->piece, (size_t)i, width);
        if (sign * (x - at.half_w) >= 0.0) {
            outer = i;
            out = false;
        } else if (sign * (x - at.leave_w) < 0.0) {
            out = true;
        }
        if (out && (i - outer) * step > (int64_t)s->spacing) {
            break;
        }
    }
    *open = !out;
    return (size_t)outer;
}

/* Edges and peak of a moving mean of `width`, from a sample of the excursion on. The peak may turn
 * out higher than the sample, and the edges then lie elsewhere. */
static void find_edges(const st_search *s, size_t seed, size_t width, st_excursion *e)
{
    e->peak = seed;
    for (int round = 0; round < MOST_PEAKS; round++) {
        const double peak_w = st_piece_smooth(s->piece, e->peak, width);
        const levels at = levels_of(s, e->sign, peak_w, e->reference_w);
        e->start = walk(s, e->peak, -1, e->sign, at, width, &e->open_start);
        e->end = walk(s, e->peak, 1, e->sign, at, width, &e->open_end) + 1;
        size_t higher = e->peak;
        double highest_w = peak_w;
        for (size_t i = e->start; i < e->end; i++) {
            const double x = st_piece_smooth(s->piece, i, width);
            if (e->sign * (x - highest_w) > 0.0) {
                highest_w = x;
                higher = i;
            }
        }
        if (higher == e->peak) {
            break;
        }
        e->peak = higher;
    }
    e->amplitude_w = st_piece_smooth(s->piece, e->peak, width) - e->reference_w;
}

/* The mean that brings the largest noise among the samples of a plateau down to noise_share of the
 * height, at most a third of the event. Noise of deviation s averaged over m samples reaches about
 * s sqrt(2 ln(n/m) / m) somewhere on n samples. */
static size_t choose_width(const st_search *s, const st_excursion *e)
{
    const double ratio = s->piece->noise_w / (noise_share * fabs(e->amplitude_w));
    const double length = (double)(e->end - e->start), most = length / 3.0;
    double width = fmin(ratio * ratio, most);
    if (width > 1.0) {
        width = fmin(ratio * ratio * fmax(1.0, 2.0 * log(length / width)), most);
    }
    return width > 1.0 ? (size_t)width : 1;
}

/* The level that an excursion stands on, from those on both sides: their middle, or the one nearer
 * to the peak where they lie on different levels. NaN: unknown. */
static double level_beside(double left_w, double right_w, double peak_w, double sign)
{
    const double near_w = sign > 0.0 ? fmax(left_w, right_w) : fmin(left_w, right_w);
    if (fabs(left_w - right_w) < 0.5 * fabs(peak_w - near_w)) {
        return 0.5 * (left_w + right_w);
    }
    return near_w;
}

/* In a rhythm the height of a short excursion counts from the level it stands on: the median of
 * the samples beside it. */
static void take_local_reference(const st_search *s, st_excursion *e)
{
    const double swing_w = s->upper_w - s->lower_w - noise_range * s->piece->noise_w;
    const size_t length = e->end - e->start;
    if (!(swing_w > flat_share * fabs(e->amplitude_w)) || length >= s->hop) {
        return;
    }
    const size_t most = s->hop / 16 > FEWEST_BESIDE ? s->hop / 16 : FEWEST_BESIDE;
    const int64_t beside = (int64_t)(length < FEWEST_BESIDE ? FEWEST_BESIDE
                                     : length < most        ? length
                                                            : most);
    const int64_t guard = 2 + (int64_t)(length / 4 < most ? length / 4 : most);
    const int64_t start = (int64_t)e->start - guard, end = (int64_t)e->end + guard;
    const double peak_w = e->reference_w + e->amplitude_w;
    const double near_w =
        level_beside(st_piece_median(s->piece, start - beside, start),
                     st_piece_median(s->piece, end, end + beside), peak_w, e->sign);
    if (!(e->sign * (peak_w - near_w) > 0.0)) { /* also where both sides are unknown */
        return;
    }
    e->reference_w = near_w;
    e->amplitude_w = peak_w - near_w;
    /* Now that the height is known, the edges may lie a little further out. */
    const double half_w = 0.5 * (near_w + peak_w);
    for (size_t i = 0;
         i < length && e->start > 0 && e->sign * (s->piece->x[e->start - 1] - half_w) >= 0.0; i++) {
        e->start--;
    }
    for (size_t i = 0;
         i < length && e->end < s->piece->n && e->sign * (s->piece->x[e->end] - half_w) >= 0.0;
         i++) {
        e->end++;
    }
}

/* Height of sample i above the reference, positive in the direction of the excursion. */
static double height(const st_search *s, const st_excursion *e, size_t i)
{
    return e->sign * (s->piece->x[i] - e->reference_w);
}

/* Energy and slope, foot to foot; a foot is at most as long as the event. */
static void sum_up(const st_search *s, st_excursion *e)
{
    const size_t length = e->end - e->start;
    size_t low = e->start, end = e->end;
    while (low > 0 && e->start - low < length && height(s, e, low - 1) > 0.0) {
        low--;
    }
    while (end < s->piece->n && end - e->end < length && height(s, e, end) > 0.0) {
        end++;
    }
    e->energy_w = s->piece->sum[end] - s->piece->sum[low] +
                  (s->piece->x[0] - e->reference_w) * (double)(end - low);
    e->slope_w = st_piece_slope(s->piece, low > 0 ? low - 1 : 0, end);
}

/* NaN where its beginning was not recorded. */
static void measure_rise(const st_search *s, st_excursion *e)
{
    const double peak_w = e->reference_w + e->amplitude_w;
    const st_rise rise = st_piece_rise(s->piece, e->start, 0, e->peak, e->reference_w, peak_w);
    e->rise = e->open_start ? (double)NAN : rise.samples;
}

void st_excursion_measure(const st_search *s, size_t seed, double sign, st_excursion *e)
{
    e->sign = sign;
    e->sustained = false;
    e->reference_w = s->reference_w;
    find_edges(s, seed, 1, e);
    const size_t width = choose_width(s, e);
    if (width > 1) {
        find_edges(s, e->peak, width, e);
    }
    take_local_reference(s, e);
    sum_up(s, e);
    measure_rise(s, e);
}

bool st_excursion_next(const st_search *s, size_t *at, st_excursion *found)
{
    const double *x = s->piece->x;
    size_t i = *at > s->from ? *at : s->from;
    while (i < s->to && !(x[i] > s->high_w) && !(x[i] < s->low_w)) {
        i++;
    }
    if (i >= s->to) {
        *at = s->to;
        return false;
    }
    const double sign = x[i] > s->high_w ? 1.0 : -1.0;
    st_excursion_measure(s, i, sign, found);
    /* Its flanks may lie beyond the thresholds too. */
    i = found->end > i ? found->end : i + 1;
    for (size_t j = i; j < s->to && j - i <= s->spacing; j++) {
        if (sign > 0.0 ? x[j] > s->high_w : x[j] < s->low_w) {
            i = j + 1;
        }
    }
    *at = i;
    return true;
}
