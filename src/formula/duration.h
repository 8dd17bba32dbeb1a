/* duration.h - how many samples a duration is. Time is index x integer period: seconds become
 * nanoseconds once, then integers decide. */
#ifndef ST_FORMULA_DURATION_H
#define ST_FORMULA_DURATION_H

#include "formula/host_device.h"

/* (duration_ns + period_ns/2) / period_ns; seconds >= 0. Durations beyond 100 years (INFINITY
 * included) count as 100 years, so that sums with sample indices cannot overflow. */
ST_HD int64_t st_duration_samples(double seconds, int64_t period_ns)
{
    const double longest_ns = 3.15576e18;
    const double ns = seconds * 1e9;
    const int64_t duration_ns = (int64_t)(ns < longest_ns ? ns + 0.5 : longest_ns);
    return (duration_ns + period_ns / 2) / period_ns;
}

#endif
