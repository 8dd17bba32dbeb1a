/* hop.h - what is counted of one hop (half a fast frame): levels for the record, and the extremes
 * from which the features of the two frames that share it are put together. */
#ifndef ST_FORMULA_HOP_H
#define ST_FORMULA_HOP_H

#include "formula/lanes.h"
#include "formula/levels.h"

typedef struct st_hop {
    int invalid;
    float min, max;    /* W; INFINITY, -INFINITY when nothing is valid */
    float slope;       /* largest |x[i] - x[i-1]| inside, W; -1 when there is no valid pair */
    float entry_slope; /* the same for the pair that ends on the first sample */
} st_hop;

/* Neither is NaN. */
ST_HD float st_smaller(float a, float b)
{
    return b < a ? b : a;
}

ST_HD float st_larger(float a, float b)
{
    return b > a ? b : a;
}

/* Levels of a hop: sums about its first valid sample, element i in lane i mod 32, an invalid one
 * adding nothing. x: [n], W, NaN = invalid. */
ST_HD st_levels st_hop_levels(const float *x, int n)
{
    double sum1[ST_LANES] = {0}, sum2[ST_LANES] = {0};
    double min = INFINITY, max = -INFINITY;
    int64_t count = 0;
    int first = 0;
    while (first < n && isnan(x[first])) {
        first++;
    }
    if (first == n) {
        return st_levels_none();
    }
    const double reference = (double)x[first];
    for (int i = first; i < n; i++) {
        if (!isnan(x[i])) {
            const double d = (double)x[i] - reference;
            sum1[i % ST_LANES] += d;
            sum2[i % ST_LANES] += d * d;
            min = fmin(min, (double)x[i]);
            max = fmax(max, (double)x[i]);
            count++;
        }
    }
    return st_levels_from_sums(count, reference, st_lanes_fold_f64(sum1), st_lanes_fold_f64(sum2),
                               min, max);
}

/* |x[i] - x[i-1]| in float32, W; -1 when either is invalid. */
ST_HD float st_hop_slope(float before, float now)
{
    const float d = fabsf(now - before);
    return d >= 0.0f ? d : -1.0f;
}

#endif
