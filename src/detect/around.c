/* around.c - baseline and range of the neighbourhood. */
#include "detect/around.h"

#include <math.h>

#include "detect/quantile.h"
#include "formula/frame.h"

enum { NEAREST = 8, WIDEST = 64, DRIFT_PLACES = 256 };
static const double rhythm_s = 4.0; /* a stretch that holds a few iterations */

/* The unmarked frames on one side, nearest first. The very next one shares half of its samples with
 * the candidate, so it counts for the baseline but not for what is usual. */
typedef struct side {
    double mean[NEAREST];
    size_t n;                   /* of mean */
    double lower, upper, slope; /* of as many that share nothing with the candidate */
    double wide_mean;           /* over up to WIDEST of these */
} side;

/* How many frames make up rhythm_s, at least NEAREST. */
static int wide_count(const st_row *row)
{
    const st_frames *frames = &row->input->plan->fast;
    const double count = ceil(rhythm_s * frames->rate_hz / frames->hop);
    return (int)fmin(fmax(count, NEAREST), WIDEST);
}

/* From `frame` on in direction `step`, which is -1 or 1; wide_mean over `wanted` frames. */
static side look(const st_row *row, int64_t frame, int64_t step, int wanted)
{
    side s = {.n = 0, .lower = INFINITY, .upper = -INFINITY, .slope = 0.0};
    const int64_t next = frame;
    int found = 0;
    double sum = 0.0;
    for (; frame >= 0 && frame < row->frames && found < wanted; frame += step) {
        if (!st_row_usual(row, frame)) {
            continue;
        }
        const double mean = st_row_feature(row, frame, ST_FEATURE_MEAN);
        if (s.n < NEAREST) {
            s.mean[s.n++] = mean;
        }
        if (frame == next) {
            continue;
        }
        if (found < NEAREST) {
            s.lower = fmin(s.lower, st_row_feature(row, frame, ST_FEATURE_MIN));
            s.upper = fmax(s.upper, st_row_feature(row, frame, ST_FEATURE_MAX));
            s.slope = fmax(s.slope, st_row_feature(row, frame, ST_FEATURE_SLOPE));
        }
        sum += mean;
        found++;
    }
    s.wide_mean = sum / (double)found; /* 0/0: NaN */
    return s;
}

st_around st_around_frames(const st_row *row, int64_t first, int64_t last)
{
    const int wanted = wide_count(row);
    side before = look(row, first - 1, -1, wanted), after = look(row, last + 1, 1, wanted);
    double both[2 * NEAREST];
    size_t n = 0;
    for (size_t i = 0; i < before.n; i++) {
        both[n++] = before.mean[i];
    }
    for (size_t i = 0; i < after.n; i++) {
        both[n++] = after.mean[i];
    }
    const double lower = fmin(before.lower, after.lower), upper = fmax(before.upper, after.upper);
    const bool any = lower <= upper;
    return (st_around){.baseline_w = st_median(both, n),
                       .before_w = st_median(before.mean, before.n),
                       .after_w = st_median(after.mean, after.n),
                       .before_mean_w = before.wide_mean,
                       .after_mean_w = after.wide_mean,
                       .lower_w = any ? lower : (double)NAN,
                       .upper_w = any ? upper : (double)NAN,
                       .slope_w = fmax(before.slope, after.slope)};
}

/* Whether `frame` and the `wanted` frames on either side that are looked at are all unmarked: an
 * event within reach would count as drift. */
static bool is_undisturbed(const st_row *row, int64_t frame, int wanted)
{
    for (int64_t f = frame - wanted - 1; f <= frame + wanted + 1; f++) {
        if (f >= 0 && f < row->frames && row->score[f] > 0.0f) {
            return false;
        }
    }
    return true;
}

/* The drift over stretches of `wanted` frames; NaN when no place is undisturbed. */
static double drift_over(const st_row *row, int wanted)
{
    double difference[DRIFT_PLACES];
    size_t n = 0;
    const int64_t places = row->frames < DRIFT_PLACES ? row->frames : DRIFT_PLACES;
    for (int64_t i = 0; i < places; i++) {
        const int64_t frame = (2 * i + 1) * row->frames / (2 * places);
        const double before = look(row, frame - 1, -1, wanted).wide_mean;
        const double after = look(row, frame + 1, 1, wanted).wide_mean;
        if (st_row_usual(row, frame) && is_undisturbed(row, frame, wanted) &&
            !isnan(before - after)) {
            difference[n++] = fabs(after - before);
        }
    }
    return n > 0 ? st_median(difference, n) : (double)NAN;
}

double st_around_drift(const st_row *row)
{
    const double wide = drift_over(row, wide_count(row));
    const double drift = isnan(wide) ? drift_over(row, NEAREST) : wide;
    return isnan(drift) ? 0.0 : drift;
}
