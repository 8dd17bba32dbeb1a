/* compare.h - two outputs side by side: how many values differ, and by how much. */
#ifndef ST_TESTS_KERNELS_COMPARE_H
#define ST_TESTS_KERNELS_COMPARE_H

#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "cpu/record.h"

struct Difference {
    size_t values = 0, different = 0;
    double largest =
        0.0; /* relative to the larger of the two values; INFINITY: NaN against number */

    /* NaN equals NaN, whatever its bits. */
    template <class T> void add(const std::vector<T> &a, const std::vector<T> &b)
    {
        EXPECT_EQ(a.size(), b.size());
        for (size_t i = 0; i < a.size() && i < b.size(); i++) {
            const double x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
            values++;
            if (std::memcmp(&a[i], &b[i], sizeof a[i]) != 0 && !(std::isnan(x) && std::isnan(y))) {
                different++;
                const double share = std::fabs(x - y) / std::fmax(std::fabs(x), std::fabs(y));
                largest = std::isnan(share) ? INFINITY : std::fmax(largest, share);
            }
        }
    }
    std::string text() const
    {
        char line[128];
        snprintf(line, sizeof line, "%zu of %zu values differ, at most by %.1e", different, values,
                 largest);
        return line;
    }
};

inline Difference difference(const std::vector<float> &a, const std::vector<float> &b)
{
    Difference d;
    d.add(a, b);
    return d;
}

inline Difference integers(const Found &a, const Found &b)
{
    Difference d;
    d.add(a.valid_racks, b.valid_racks), d.add(a.used, b.used), d.add(a.flagged, b.flagged);
    d.add(a.dropped, b.dropped), d.add(a.slow_used, b.slow_used), d.add(a.valid, b.valid);
    return d;
}

inline Difference reals(const Found &a, const Found &b)
{
    Difference d;
    d.add(a.sum_w, b.sum_w), d.add(a.features, b.features), d.add(a.power_fast, b.power_fast);
    d.add(a.power_slow, b.power_slow), d.add(a.mean_w, b.mean_w), d.add(a.m2_w2, b.m2_w2);
    d.add(a.min_w, b.min_w), d.add(a.max_w, b.max_w), d.add(a.ramp_w, b.ramp_w);
    d.add(a.step_w, b.step_w);
    return d;
}

#endif
