/* step.c - finding the place at which one level becomes another.
 * The place is where the sum of x - (before + after)/2 turns: the best fit of two known levels in
 * the sense of least squares, which no rhythm on top of them and no noise can move to an edge of
 * its own. Source: E. Page, Continuous inspection schemes, Biometrika 41 (1954) 100. */
#include "detect/step.h"

#include <math.h>

static const double beyond_drift = 4.0; /* times what levels usually differ by */
static const double least_share = 0.3;  /* of the change, that must happen near the place */

static size_t find_place(const st_piece *piece, double half_w, double sign)
{
    double sum = 0.0, least = 0.0;
    size_t place = piece->from;
    for (size_t i = piece->from; i < piece->to; i++) {
        sum += sign * (piece->x[i] - half_w);
        if (sum < least) {
            least = sum;
            place = i + 1;
        }
    }
    return place;
}

/* Levels close to the place. In a flat neighbourhood these are the levels of the frames, which
 * carry less noise. */
static void take_levels(const st_piece *piece, const st_around *around, size_t hop, st_step *step)
{
    const int64_t at = (int64_t)step->at, near = (int64_t)hop / 2, guard = (int64_t)hop / 32 + 1;
    const double change_w = around->after_mean_w - around->before_mean_w;
    const double swing_w = around->upper_w - around->lower_w - fabs(change_w);
    step->before_w = around->before_w;
    step->after_w = around->after_w;
    if (swing_w > 8.0 * piece->noise_w + 0.1 * fabs(change_w)) {
        const double before_w = st_piece_median(piece, at - guard - near, at - guard);
        const double after_w = st_piece_median(piece, at + guard, at + guard + near);
        step->before_w = isnan(before_w) ? step->before_w : before_w;
        step->after_w = isnan(after_w) ? step->after_w : after_w;
    }
}

/* Share of the change that sample i has seen. */
static double share(const st_piece *piece, const st_step *step, size_t i)
{
    return (piece->x[i] - step->before_w) / (step->after_w - step->before_w);
}

void st_step_measure(const st_piece *piece, size_t hop, st_step *step)
{
    size_t low = step->at, high = step->at;
    while (low > 0 && step->at - low < hop && share(piece, step, low) > 0.1) {
        low--;
    }
    while (high + 1 < piece->n && high - step->at < hop && share(piece, step, high) < 0.9) {
        high++;
    }
    const double from = share(piece, step, low), to = share(piece, step, high);
    const double next = share(piece, step, low + 1 < piece->n ? low + 1 : low);
    const double last = share(piece, step, high > 0 ? high - 1 : high);
    const double late = next > from ? fmin(fmax((0.1 - from) / (next - from), 0.0), 1.0) : 0.0;
    const double early = to > last ? fmin(fmax((to - 0.9) / (to - last), 0.0), 1.0) : 0.0;
    step->rise = fmax((double)(high - low) - late - early, 0.0);
    step->slope_w = 0.0;
    for (size_t i = low + 1; i <= high; i++) {
        step->slope_w = fmax(step->slope_w, fabs(piece->x[i] - piece->x[i - 1]));
    }
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
    step->at = find_place(piece, half_w, sign);
    if (step->at == piece->from || step->at >= piece->to) {
        return false;
    }
    take_levels(piece, around, hop, step);
    if (!(sign * (step->after_w - step->before_w) > least_share * fabs(change_w))) {
        return false;
    }
    st_step_measure(piece, hop, step);
    return true;
}
