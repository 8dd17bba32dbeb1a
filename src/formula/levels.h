/* levels.h - count, mean and sum of squares of a stretch of samples, and how two stretches merge.
 * Source: T. Chan, G. Golub, R. LeVeque, Updating formulae and a pairwise algorithm for computing
 * sample variances, 1979. */
#ifndef ST_FORMULA_LEVELS_H
#define ST_FORMULA_LEVELS_H

#include "formula/host_device.h"

typedef struct st_levels {
    int64_t count; /* valid samples */
    double mean;
    double m2; /* sum of squares about the mean */
    double min, max;
} st_levels;

ST_HD st_levels st_levels_none(void)
{
    st_levels none;
    none.count = 0;
    none.mean = 0.0;
    none.m2 = 0.0;
    none.min = INFINITY;
    none.max = -INFINITY;
    return none;
}

/* From sums about a reference: sum1 = sum (x - ref), sum2 = sum (x - ref)^2. count > 0. */
ST_HD st_levels st_levels_from_sums(int64_t count, double ref, double sum1, double sum2, double min,
                                    double max)
{
    st_levels levels;
    const double mean = sum1 / (double)count;
    levels.count = count;
    levels.mean = ref + mean;
    levels.m2 = sum2 - sum1 * mean;
    levels.m2 = levels.m2 > 0.0 ? levels.m2 : 0.0;
    levels.min = min;
    levels.max = max;
    return levels;
}

/* a, then b. */
ST_HD st_levels st_levels_merge(st_levels a, st_levels b)
{
    if (a.count == 0) {
        return b;
    }
    if (b.count == 0) {
        return a;
    }
    st_levels sum;
    const double delta = b.mean - a.mean;
    const double share = (double)b.count / (double)(a.count + b.count);
    sum.count = a.count + b.count;
    sum.mean = a.mean + delta * share;
    sum.m2 = a.m2 + b.m2 + delta * delta * (double)a.count * share;
    sum.min = b.min < a.min ? b.min : a.min;
    sum.max = b.max > a.max ? b.max : a.max;
    return sum;
}

#endif
