/* step.c - finding the place at which one level becomes another.
 * The place is where the sum of x - (before + after)/2 turns: the best fit of two known levels in
 * the sense of least squares, which no rhythm on top of them and no noise can move to an edge of
 * its own. Source: E. Page, Continuous inspection schemes, Biometrika 41 (1954) 100. */
#include "detect/step.h"

#include <math.h>

static const double beyond_drift = 3.0; /* times what levels usually differ by */
static const double beyond_slope = 1.5; /* times the largest slope around: an edge of its own */
static const double flat_noise = 8.0;   /* deviations, range of the noise, and ... */
static const double flat_share = 0.1;   /* ... share of the change: swing of a flat neighbourhood */
static const double most_ratio = 2.0;   /* between the change at the place and of the means */
static const double least_share = 0.3;  /* of the change, that must be there from further away */

/* The place among samples [from, to). */
static size_t find_place(const st_piece *piece, size_t from, size_t to, double half_w, double sign)
{
    double sum = 0.0, least = 0.0;
    size_t place = from;
    for (size_t i = from; i < to; i++) {
        sum += sign * (piece->x[i] - half_w);
        if (sum < least) {
            least = sum;
            place = i + 1;
        }
    }
    return place;
}

/* Levels of `near` samples on both sides of the place, `guard` samples away from it. */
static void take_levels(const st_piece *piece, int64_t guard, int64_t near, st_step *step)
{
    const int64_t at = (int64_t)step->at;
    const double before_w = st_piece_median(piece, at - guard - near, at - guard);
    const double after_w = st_piece_median(piece, at + guard, at + guard + near);
    step->before_w = isnan(before_w) ? step->before_w : before_w;
    step->after_w = isnan(after_w) ? step->after_w : after_w;
}

/* The steepest sample where it is steeper than anything around; sign 0: in either direction. */
static bool find_edge(const st_piece *piece, const st_around *around, double sign, size_t *at)
{
    double steepest_w = beyond_slope * around->slope_w;
    bool found = false;
    for (size_t i = piece->from + 1; i < piece->to; i++) {
        const double slope_w = piece->x[i] - piece->x[i - 1];
        const double steep_w = sign == 0.0 ? fabs(slope_w) : sign * slope_w;
        if (steep_w > steepest_w) {
            steepest_w = steep_w;
            *at = i;
            found = true;
        }
    }
    return found;
}

/* In a rhythm the levels beside the place count, and they tell the place better than the means of
 * many iterations. */
static void refine(const st_piece *piece, const st_around *around, size_t hop, double sign,
                   st_step *step)
{
    const int64_t near = (int64_t)hop / 4, guard = near / 8 + 1;
    find_edge(piece, around, sign, &step->at);
    for (int round = 0; round < 2; round++) {
        const size_t from = step->at > hop / 2 ? step->at - hop / 2 : 0;
        const size_t to = step->at + hop / 2 < piece->n ? step->at + hop / 2 : piece->n;
        take_levels(piece, guard, near, step);
        if (sign * (step->after_w - step->before_w) > 0.0) {
            const double half_w = 0.5 * (step->before_w + step->after_w);
            step->at = find_place(piece, from, to, half_w, sign);
        }
    }
    take_levels(piece, guard, near, step);
}

void st_step_measure(const st_piece *piece, size_t hop, st_step *step)
{
    const size_t first = step->at > hop ? step->at - hop : 0;
    const size_t last = step->at + hop < piece->n ? step->at + hop : piece->n - 1;
    const st_rise rise = st_piece_rise(piece, step->at, first, last, step->before_w, step->after_w);
    step->rise = rise.samples;
    step->slope_w = st_piece_slope(piece, rise.low, rise.high);
}

/* Whether the change is still there when looked at from further away: the edge of a short dip is
 * not. Where the piece ends earlier it cannot be told. */
static bool is_lasting(const st_piece *piece, const st_step *step, size_t hop)
{
    st_step far = *step;
    take_levels(piece, 1, (int64_t)hop, &far);
    const double change_w = step->after_w - step->before_w;
    return (far.after_w - far.before_w) / change_w > least_share;
}

/* Whether the change at the place is what the levels beside it say, and no edge of a rhythm: by
 * chance these differ a little from stretch to stretch, but not by as much as an edge. */
static bool is_change(const st_piece *piece, const st_around *around, const st_step *step)
{
    const double wide_w = fabs(around->after_mean_w - around->before_mean_w);
    const double here_w = fabs(step->after_w - step->before_w);
    const double swing_w = around->upper_w - around->lower_w - wide_w;
    return here_w >= wide_w / most_ratio && here_w <= wide_w * most_ratio &&
           here_w >= flat_share * (swing_w - flat_noise * piece->noise_w);
}

bool st_step_find(const st_piece *piece, const st_around *around, double drift_w, size_t hop,
                  st_step *step)
{
    const double change_w = around->after_mean_w - around->before_mean_w;
    if (!(fabs(change_w) > beyond_drift * drift_w) || !(fabs(change_w) > piece->noise_w)) {
        return false; /* also when one side is unknown */
    }
    const double sign = change_w > 0.0 ? 1.0 : -1.0;
    const double half_w = 0.5 * (around->after_mean_w + around->before_mean_w);
    step->at = find_place(piece, piece->from, piece->to, half_w, sign);
    if (step->at == piece->from || step->at >= piece->to) {
        return false;
    }
    step->before_w = around->before_w;
    step->after_w = around->after_w;
    const double swing_w = around->upper_w - around->lower_w - fabs(change_w);
    if (swing_w > flat_noise * piece->noise_w + flat_share * fabs(change_w)) {
        refine(piece, around, hop, sign, step);
    }
    if (!(sign * (step->after_w - step->before_w) > 0.0) || !is_change(piece, around, step) ||
        !is_lasting(piece, step, hop)) {
        return false;
    }
    st_step_measure(piece, hop, step);
    return true;
}

bool st_step_find_edge(const st_piece *piece, const st_around *around, double least_w, size_t hop,
                       st_step *step)
{
    *step = (st_step){.before_w = (double)NAN, .after_w = (double)NAN};
    if (!find_edge(piece, around, 0.0, &step->at)) {
        return false;
    }
    const double sign = piece->x[step->at] > piece->x[step->at - 1] ? 1.0 : -1.0;
    refine(piece, around, hop, sign, step);
    if (!(sign * (step->after_w - step->before_w) > least_w) || !is_lasting(piece, step, hop)) {
        return false; /* the edge of something short, or a side is unknown */
    }
    st_step_measure(piece, hop, step);
    return true;
}
