/* around.c - baseline and range of the neighbourhood. */
#include "detect/around.h"

#include <math.h>

#include "detect/quantile.h"
#include "formula/frame.h"

enum { NEAREST = 8, WIDEST = 64, DRIFT_PLACES = 256 };
static const double rhythm_s = 4.0; /* a stretch that holds a few iterations */

/* The unmarked frames on one side, nearest first. */
typedef struct side {
    double mean[NEAREST];
    size_t n;            /* of mean */
    double lower, upper; /* of those */
    double wide_mean;    /* over up to WIDEST frames */
} side;

/* How many frames make up rhythm_s, at least NEAREST. */
static int wide_count(const st_row *row)
{
    const st_frames *frames = &row->input->plan->fast;
    const double count = ceil(rhythm_s * frames->rate_hz / frames->hop);
    return (int)fmin(fmax(count, NEAREST), WIDEST);
}

/* From `frame` on in direction `step`, which is -1 or 1. */
static side look(const st_row *row, int64_t frame, int64_t step)
{
    side s = {.n = 0, .lower = INFINITY, .upper = -INFINITY};
    const int wanted = wide_count(row);
    int found = 0;
    double sum = 0.0;
    for (; frame >= 0 && frame < row->frames && found < wanted; frame += step) {
        if (!st_row_usual(row, frame)) {
            continue;
        }
        const double mean = st_row_feature(row, frame, ST_FEATURE_MEAN);
        if (s.n < NEAREST) {
            s.mean[s.n++] = mean;
            s.lower = fmin(s.lower, st_row_feature(row, frame, ST_FEATURE_MIN));
            s.upper = fmax(s.upper, st_row_feature(row, frame, ST_FEATURE_MAX));
        }
        sum += mean;
        found++;
    }
    s.wide_mean = sum / (double)found; /* 0/0: NaN */
    return s;
}

st_around st_around_frames(const st_row *row, int64_t first, int64_t last)
{
    side before = look(row, first - 1, -1), after = look(row, last + 1, 1);
    double both[2 * NEAREST];
    size_t n = 0;
    for (size_t i = 0; i < before.n; i++) {
        both[n++] = before.mean[i];
    }
    for (size_t i = 0; i < after.n; i++) {
        both[n++] = after.mean[i];
    }
    const double none = (double)NAN;
    return (st_around){.baseline_w = st_median(both, n),
                       .before_w = st_median(before.mean, before.n),
                       .after_w = st_median(after.mean, after.n),
                       .before_mean_w = before.wide_mean,
                       .after_mean_w = after.wide_mean,
                       .lower_w = n > 0 ? fmin(before.lower, after.lower) : none,
                       .upper_w = n > 0 ? fmax(before.upper, after.upper) : none};
}

double st_around_drift(const st_row *row)
{
    double difference[DRIFT_PLACES];
    size_t n = 0;
    const int64_t places = row->frames < DRIFT_PLACES ? row->frames : DRIFT_PLACES;
    for (int64_t i = 0; i < places; i++) {
        const int64_t frame = (2 * i + 1) * row->frames / (2 * places);
        const double before = look(row, frame - 1, -1).wide_mean;
        const double after = look(row, frame + 1, 1).wide_mean;
        if (st_row_usual(row, frame) && !isnan(before - after)) {
            difference[n++] = fabs(after - before);
        }
    }
    return n > 0 ? st_median(difference, n) : 0.0;
}
