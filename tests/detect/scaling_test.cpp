/* scaling_test.cpp - how the swing of R racks becomes that of R': closed forms of the gains, the
 * filter at single frequencies, and its way over short, odd and broken records against brute
 * force. python/tests/test_scaling.py holds the whole chain against SciPy. */
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "detect/scaling.h"
#include "formula/scaling.h"
#include "respond/series.h"

namespace
{

const double none = std::nan("");

TEST(Scaling, GainsAreThoseOfCorrelatedSums)
{
    /* kappa 1 is lock-step, 1/sqrt(R) independent, anything beyond is clamped */
    EXPECT_EQ(st_scaling_rho(1.0, 8), 1.0);
    EXPECT_NEAR(st_scaling_rho(1 / std::sqrt(8.0), 8), 0.0, 1e-15);
    EXPECT_EQ(st_scaling_rho(0.1, 8), 0.0);
    EXPECT_EQ(st_scaling_rho(1.2, 8), 1.0);
    EXPECT_NEAR(st_scaling_rho(std::sqrt(0.5), 2), 0.0, 1e-15);
    EXPECT_TRUE(std::isnan(st_scaling_rho(1.0, 1)));
    EXPECT_TRUE(std::isnan(st_scaling_rho(none, 8)));
    EXPECT_NEAR(st_scaling_gain(8, 200, 1), 25.0, 1e-12);
    EXPECT_NEAR(st_scaling_gain(8, 200, 0), 5.0, 1e-12);
    EXPECT_EQ(st_scaling_gain(8, 8, 0.3), 1.0);
    EXPECT_NEAR(st_scaling_noise(8, 4, 100), 1 / std::sqrt(8 * 7 * 400.0), 1e-15);
    EXPECT_TRUE(std::isnan(st_scaling_noise(1, 4, 100)));
    /* the variance of a sum of racks with correlation rho, from its definition */
    for (const double rho : {0.0, 0.01, 0.4, 1.0}) {
        const auto power = [&](double n) { return n + n * (n - 1) * rho; };
        EXPECT_NEAR(st_scaling_gain(8, 200, rho), std::sqrt(power(200) / power(8)), 1e-12);
    }
}

st_scaling of(double rate_hz, std::vector<st_gain_step> steps, double mean_gain = 20)
{
    st_scaling s = {8, 8, 160, rate_hz, mean_gain, steps.size(), {}};
    std::copy(steps.begin(), steps.end(), s.step);
    return s;
}

TEST(Scaling, StepsFollowTheBands)
{
    st_scaling s = of(1000, {});
    const st_band bands[] = {
        {"low", 0.1, 1}, {"hole", 5, 10}, {"over", 8, 20}, {"top", 100, INFINITY}};
    const double rho[] = {none, 0.5, 0.1, 0.0};
    st_scaling_measured(&s, bands, rho, 4);
    const auto gain = [](double r) { return st_scaling_gain(8, 160, r); };
    const st_gain_step wanted[] = {
        {0, 20}, {5, gain(0.5)}, {10, gain(0.1)}, {20, gain(1.0)}, {100, gain(0)}};
    ASSERT_EQ(s.n_steps, 5u);
    for (size_t i = 0; i < 5; i++) {
        EXPECT_EQ(s.step[i].from_hz, wanted[i].from_hz) << i;
        EXPECT_NEAR(s.step[i].gain, wanted[i].gain, 1e-12) << i;
    }
    st_scaling_incoherent(&s);
    EXPECT_EQ(s.n_steps, 1u);
    EXPECT_NEAR(s.step[0].gain, std::sqrt(20.0), 1e-12);
    EXPECT_EQ(st_scaling_taps(&s), 1u);
    /* two of eight racks are dead: six stand for eight in the load */
    s.live = 6;
    st_scaling_incoherent(&s);
    EXPECT_NEAR(s.step[0].gain, std::sqrt(160.0 / 6) * 6 / 8, 1e-12);
}

/* Away from the edges of the bands the gain is that of the step, to 1e-4 of the largest. */
TEST(Scaling, TheFilterHasTheGains)
{
    const st_scaling s = of(250, {{0, 20}, {1, 12}, {5, 4.5}, {14, 18}, {55, 5}});
    const size_t taps = st_scaling_taps(&s);
    ASSERT_EQ(taps % 2, 1u);
    std::vector<double> h(taps / 2 + 1);
    st_scaling_design(&s, taps, h.data());
    for (size_t i = 0; i < s.n_steps; i++) {
        const double end = i + 1 < s.n_steps ? s.step[i + 1].from_hz : 125.5;
        for (double f = i == 0 ? 0 : s.step[i].from_hz + 0.52; f < end - 0.52; f += 0.11) {
            double gain = h[0];
            for (size_t k = 1; k < h.size(); k++) {
                gain += 2 * h[k] * std::cos(2 * M_PI * f / 250 * (double)k);
            }
            EXPECT_NEAR(gain, s.step[i].gain, 1e-4 * 20) << f;
        }
    }
    /* a rate that would take more taps than there is room for is still a filter */
    const st_scaling fine = of(1e6, {{0, 2}, {0.1, 1}});
    EXPECT_EQ(st_scaling_taps(&fine), (size_t(1) << 20) - 1);
}

/* What the filter does, by its definition: gaps held, mean off, mirrored at both ends. */
std::vector<double> brute(const st_scaling &s, const std::vector<double> &x)
{
    const size_t taps = st_scaling_taps(&s);
    std::vector<double> h(taps / 2 + 1), held(x.size()), y(x.size());
    st_scaling_design(&s, taps, h.data());
    double sum = 0, count = 0, last = none;
    for (double v : x) {
        sum += std::isnan(v) ? 0 : v;
        count += !std::isnan(v);
        last = std::isnan(last) ? v : last;
    }
    for (size_t i = 0; i < x.size(); i++) {
        last = std::isnan(x[i]) ? last : x[i];
        held[i] = last - sum / count;
    }
    const auto mirrored = [&](int64_t i) {
        const int64_t n = (int64_t)x.size() - 1;
        while (i < 0 || i > n) {
            i = n == 0 ? 0 : i < 0 ? -i : 2 * n - i;
        }
        return held[(size_t)i];
    };
    for (size_t i = 0; i < x.size(); i++) {
        y[i] = s.mean_gain * sum / count + h[0] * held[i];
        for (size_t k = 1; k < h.size(); k++) {
            y[i] += h[k] * (mirrored((int64_t)(i - k)) + mirrored((int64_t)(i + k)));
        }
        y[i] = std::isnan(x[i]) ? none : y[i];
    }
    return y;
}

TEST(Scaling, OverARecordItIsBruteForce)
{
    std::mt19937 random(3);
    for (const size_t n : {1u, 2u, 3u, 17u, 900u, 2500u}) {
        for (const bool gaps : {false, true}) {
            const st_scaling s = of(100, {{0, 20}, {1, 12}, {6, 4.5}});
            std::vector<double> x(n);
            double level = 1e8;
            for (double &v : x) {
                level += (double)(random() % 2000) - 1000;
                v = gaps && n > 3 && random() % 5 == 0 ? none : level;
            }
            if (gaps && n > 20) {
                std::fill(x.begin(), x.begin() + 5, none);
                std::fill(x.end() - 9, x.end(), none);
            }
            Narrow narrow;
            const st_series load = narrow.of(x);
            st_scratch *const scratch = load.scratch;
            st_scaled scaled;
            ASSERT_EQ(st_scaling_apply(narrow.ctx, scratch, &s, &load, &scaled), ST_OK);
            const auto found = narrow.values(load), wanted = brute(s, x);
            double peak = -INFINITY, first = none;
            for (size_t i = 0; i < n; i++) {
                ASSERT_EQ(std::isnan(found[i]), std::isnan(wanted[i])) << n << " " << i;
                if (!std::isnan(found[i])) {
                    ASSERT_NEAR(found[i], wanted[i], 1e-12 * 2e9) << n << " " << i;
                    peak = std::fmax(peak, found[i]);
                    first = std::isnan(first) ? found[i] : first;
                }
            }
            EXPECT_EQ(scaled.peak_w, peak);
            EXPECT_EQ(scaled.first_w, first);
        }
    }
}

/* Blocks of the transform meet without a seam, in memory that does not grow with the record. */
TEST(Scaling, LongRecordsInPieces)
{
    const st_scaling s = of(1000, {{0, 20}, {40, 5}});
    const size_t n = 300000;
    std::vector<double> x(n);
    for (size_t i = 0; i < n; i++) {
        const double t = (double)i / 1000;
        x[i] = 1e8 + 1e6 * std::sin(2 * M_PI * 10 * t) + 1e6 * std::sin(2 * M_PI * 90 * t);
    }
    Narrow narrow;
    const st_series load = narrow.of(x);
    st_scaled scaled;
    ASSERT_EQ(st_scaling_apply(narrow.ctx, load.scratch, &s, &load, &scaled), ST_OK);
    const auto y = narrow.values(load);
    for (size_t i = 2000; i < n - 2000; i++) {
        const double t = (double)i / 1000;
        const double wanted =
            2e9 + 20e6 * std::sin(2 * M_PI * 10 * t) + 5e6 * std::sin(2 * M_PI * 90 * t);
        ASSERT_NEAR(y[i], wanted, 20e6 * 2e-4) << i;
    }
    EXPECT_NEAR(scaled.mean_w, 2e9, 10);
}

TEST(Scaling, ColumnsSayWhatIsABound)
{
    const st_band bands[] = {{"a", 1, 5}, {"b", 5, 14}};
    st_scaling s = of(250, {{0, 20}});
    double kappa[] = {1.0, none}, rho[2], noise[2], gain[2];
    uint8_t bound[2];
    st_band_columns columns = {};
    columns.kappa = kappa;
    columns.rho = rho;
    columns.rho_noise = noise;
    columns.gain = gain;
    columns.upper_bound = bound;
    /* 160 / sqrt(8 x 7 x 4 Hz x T) is 1 at T = 114.3 s */
    st_scaling_bands(&s, 115 * 250, bands, 2, &columns);
    EXPECT_EQ(bound[0], 0);
    EXPECT_EQ(gain[0], 20.0);
    EXPECT_EQ(bound[1], 1);
    EXPECT_EQ(gain[1], 20.0);
    EXPECT_TRUE(std::isnan(rho[1]) && std::isnan(noise[1]));
    st_scaling_bands(&s, 114 * 250, bands, 2, &columns);
    EXPECT_EQ(bound[0], 1);
}

} // namespace
