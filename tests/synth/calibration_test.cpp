/* calibration_test.cpp - the defaults look like the measured training runs: load factor, largest
 * 1 s step, pairwise correlation, coherent share; and the knob that lowers the last one does. */
#include <algorithm>
#include <cmath>

#include "synth/support.h"

namespace
{

struct Numbers {
    double mean_to_peak; /* peak = 99.9th percentile of the sum */
    double step_1s;      /* share of peak */
    double least_correlation, mean_correlation;
    double coherent_share; /* of all fluctuation: sqrt(Var(sum) / (R sum Var)) */
};

double correlation(const float *a, const float *b, size_t n)
{
    double sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
    for (size_t i = 0; i < n; i++) {
        sa += a[i], sb += b[i];
    }
    sa /= static_cast<double>(n), sb /= static_cast<double>(n);
    for (size_t i = 0; i < n; i++) {
        saa += (a[i] - sa) * (a[i] - sa);
        sbb += (b[i] - sb) * (b[i] - sb);
        sab += (a[i] - sa) * (b[i] - sb);
    }
    return sab / std::sqrt(saa * sbb);
}

double variance(const std::vector<double> &x)
{
    double mean = 0, squares = 0;
    for (const double value : x) {
        mean += value / static_cast<double>(x.size());
    }
    for (const double value : x) {
        squares += (value - mean) * (value - mean);
    }
    return squares / static_cast<double>(x.size());
}

Numbers measure(std::initializer_list<const char *> knobs)
{
    const size_t racks = 24, n = 60000;
    st_synth what = make_synth(racks, 60.0, 1000.0, knobs);
    what.events = 0;
    what.missing_share = 0;
    const std::vector<float> x = fill_all(what);
    std::vector<double> sum(n, 0.0);
    double of_racks = 0;
    Numbers found = {0, 0, 1, 0, 0};
    for (size_t r = 0; r < racks; r++) {
        for (size_t i = 0; i < n; i++) {
            sum[i] += x[r * n + i];
        }
        of_racks += variance(std::vector<double>(&x[r * n], &x[r * n] + n));
        for (size_t other = 0; other < r; other++) {
            const double rho = correlation(&x[r * n], &x[other * n], n);
            found.least_correlation = std::min(found.least_correlation, rho);
            found.mean_correlation += rho / static_cast<double>(racks * (racks - 1) / 2);
        }
    }
    found.coherent_share = std::sqrt(variance(sum) / (racks * of_racks));
    for (size_t i = 1000; i < n; i++) {
        found.step_1s = std::max(found.step_1s, std::fabs(sum[i] - sum[i - 1000]));
    }
    double mean = 0;
    for (const double value : sum) {
        mean += value / n;
    }
    std::sort(sum.begin(), sum.end());
    const double peak = sum[n * 999 / 1000];
    found.mean_to_peak = mean / peak;
    found.step_1s /= peak;
    return found;
}

TEST(Calibration, DefaultsLookLikeMeasuredTraining)
{
    const Numbers found = measure({});
    EXPECT_GT(found.mean_to_peak, 0.60);
    EXPECT_LT(found.mean_to_peak, 0.75);
    EXPECT_GT(found.step_1s, 0.45);
    EXPECT_LT(found.step_1s, 0.70);
    EXPECT_GT(found.least_correlation, 0.93);
    EXPECT_GT(found.mean_correlation, 0.93);
    EXPECT_LT(found.mean_correlation, 0.99);
    EXPECT_GT(found.coherent_share, 0.96);
}

TEST(Calibration, PhaseSpreadLowersTheCoherentShare)
{
    const Numbers some = measure({"phase_spread_s=0.2", "checkpoint_every_s=0"});
    const Numbers all = measure({"phase_spread_s=500", "checkpoint_every_s=0"});
    EXPECT_LT(some.coherent_share, 0.9);
    EXPECT_GT(some.coherent_share, 1.5 * all.coherent_share);
    EXPECT_NEAR(all.coherent_share, 1.0 / std::sqrt(24.0), 0.15);
}

} // namespace
