/* spectrum_test.cpp - ramp_percentile, band_amplitude, line_amplitude and energy_share against
 * scipy (data/reference), brute force and planted sines. */
#include <gtest/gtest.h>

#include <complex>
#include <functional>
#include <string>

#include "assess/frames.h"
#include "assess/stream.h"
#include "assess/verdict.h"
#include "reference.h"

namespace
{

st_statistic band_of(st_statistic_kind kind, double low_hz, double high_hz, double window_s)
{
    st_statistic s = statistic_of(kind);
    s.low_hz = low_hz;
    s.high_hz = high_hz;
    s.window_s = window_s;
    return s;
}

st_statistic percentile_of(double average_s, double percentile)
{
    st_statistic s = statistic_of(ST_STAT_RAMP_PERCENTILE);
    s.average_s = average_s;
    s.percentile = percentile;
    return s;
}

TEST(Spectral, EqualsTheReference)
{
    const auto load = st_reference("load");
    for (const double rate_hz : {100.0, 250.0}) {
        const auto check = [&](const st_statistic &s, const char *name, bool window) {
            const std::string key = "rule." + std::to_string((int)rate_hz) + "." + name;
            const st_worst found = stream(s, load, (int64_t)(1e9 / rate_hz));
            const double wanted = st_reference_value(key + ".value");
            EXPECT_NEAR(found.value, wanted, 1e-9 * wanted) << key;
            if (window) {
                EXPECT_EQ((double)found.start, st_reference_value(key + ".window")) << key;
            }
        };
        check(percentile_of(1, 75), "ramp_percentile_75_1s", false);
        check(percentile_of(0.4, 99), "ramp_percentile_99_0.4s", false);
        check(band_of(ST_STAT_BAND_AMPLITUDE, 0.1, 5, 10), "band_amplitude_0.1_5hz_10s", true);
        check(band_of(ST_STAT_BAND_AMPLITUDE, 5, 40, 1), "band_amplitude_5_40hz_1s", true);
        check(band_of(ST_STAT_LINE_AMPLITUDE, 0.2, 5, 1000 / rate_hz),
              "line_amplitude_0.2_5hz_1024", true);
        check(band_of(ST_STAT_LINE_AMPLITUDE, 5, 45, 500 / rate_hz), "line_amplitude_5_45hz_512",
              true);
        st_statistic share = band_of(ST_STAT_ENERGY_SHARE, 0.1, 20, 0);
        check(share, "energy_share_0.1_20hz_energy", false);
        share.form = ST_FORM_AMPLITUDE;
        check(share, "energy_share_0.1_20hz_amplitude", false);
    }
}

TEST(Spectral, BlocksChangeNoBit)
{
    auto x = st_reference("load");
    for (size_t i = 0; i < x.size(); i += 1 + i % 397) {
        x[i] = none;
    }
    std::fill(x.begin() + 9000, x.begin() + 9400, none);
    for (const st_statistic &s :
         {percentile_of(0.7, 90), band_of(ST_STAT_BAND_AMPLITUDE, 0.5, 9, 3),
          band_of(ST_STAT_LINE_AMPLITUDE, 0.5, 9, 5), band_of(ST_STAT_ENERGY_SHARE, 0.5, 9, 0)}) {
        const st_worst whole = stream(s, x, 10000000, 0);
        EXPECT_FALSE(std::isnan(whole.value));
        for (unsigned seed = 1; seed < 5; seed++) {
            const st_worst parts = stream(s, x, 10000000, seed);
            EXPECT_EQ(parts.value, whole.value) << s.kind;
            EXPECT_EQ(parts.start, whole.start) << s.kind;
        }
    }
}

/* ---- ramp_percentile ------------------------------------------------------------------------ */

TEST(RampPercentile, EqualsBruteForceWithGaps)
{
    std::mt19937 random(3);
    for (int round = 0; round < 200; round++) {
        const size_t block = 1 + random() % 9, n = 2 * block + random() % 300;
        const double percentile = round % 7 == 0 ? 100 : random() % 101;
        std::vector<double> x(n), sizes;
        for (double &v : x) {
            v = random() % 4 == 0 ? none : (double)(random() % 12);
        }
        double before = none;
        std::vector<size_t> starts;
        for (size_t b = 0; b + block <= n; b += block) {
            double sum = 0, valid = 0;
            for (size_t i = b; i < b + block; i++) {
                sum += std::isnan(x[i]) ? 0 : x[i];
                valid += !std::isnan(x[i]);
            }
            const double mean = valid > 0 ? sum / valid : none;
            if (!std::isnan(mean - before)) {
                sizes.push_back(std::fabs(mean - before));
                starts.push_back(b - block);
            }
            before = mean;
        }
        const st_worst found =
            stream(percentile_of(0.01 * (double)block, percentile), x, 10000000, (unsigned)round);
        if (sizes.empty()) {
            EXPECT_TRUE(std::isnan(found.value));
            continue;
        }
        std::vector<double> sorted = sizes;
        std::sort(sorted.begin(), sorted.end());
        const double rank = percentile / 100 * (double)(sorted.size() - 1);
        const size_t below = (size_t)rank, above = std::min(below + 1, sorted.size() - 1);
        const double wanted =
            sorted[below] + (sorted[above] - sorted[below]) * (rank - (double)below);
        ASSERT_NEAR(found.value, wanted / (0.01 * (double)block), 1e-9) << round;
        const auto where = std::find(starts.begin(), starts.end(), (size_t)found.start);
        ASSERT_NE(where, starts.end());
        const double there = sizes[(size_t)(where - starts.begin())];
        EXPECT_GE(there, wanted - 1e-9); /* the pair that binds */
        EXPECT_LE(there, sorted[above] + 1e-9);
    }
}

/* ---- band_amplitude ------------------------------------------------------------------------- */

TEST(BandAmplitude, EqualsBruteForceWithGaps)
{
    std::mt19937 random(4);
    std::normal_distribution<double> noise(0, 1e6);
    for (int round = 0; round < 60; round++) {
        const size_t n = 40 + random() % 400, points = 1 + random() % 80;
        std::vector<double> x(n), y(n);
        for (double &v : x) {
            v = random() % 10 < (unsigned)(round % 8) ? none : 1e8 + noise(random);
        }
        st_bandpass filter;
        st_bandpass_start(&filter, 4, 2, 30, 100);
        st_bandpass_run(&filter, x.data(), y.data(), n);
        st_worst wanted = {none, 0};
        const size_t w = std::min(points, n);
        for (size_t first = 0; first + w <= n; first++) {
            double sum = 0, valid = 0;
            for (size_t i = first; i < first + w; i++) {
                sum += std::isnan(y[i]) ? 0 : y[i] * y[i];
                valid += !std::isnan(y[i]);
            }
            const double amplitude = std::sqrt(2 * sum / valid);
            if (2 * valid >= (double)w && !(amplitude <= wanted.value * (1 + 1e-12))) {
                wanted = {amplitude, (int64_t)first};
            }
        }
        const st_worst found = stream(band_of(ST_STAT_BAND_AMPLITUDE, 2, 30, 0.01 * (double)points),
                                      x, 10000000, (unsigned)round);
        ASSERT_EQ(std::isnan(found.value), std::isnan(wanted.value)) << round;
        if (!std::isnan(wanted.value)) {
            ASSERT_NEAR(found.value / wanted.value, 1.0, 1e-9) << round;
            ASSERT_EQ(found.start, wanted.start) << round;
        }
    }
}

/* ---- line_amplitude ------------------------------------------------------------------------- */

std::vector<double> sine(size_t n, double amplitude_w, double cycles_per_sample)
{
    std::vector<double> x(n);
    for (size_t i = 0; i < n; i++) {
        x[i] = 1e8 + amplitude_w * std::sin(2 * M_PI * cycles_per_sample * (double)i + 0.7);
    }
    return x;
}

TEST(LineAmplitude, IsExactBetweenBins)
{
    for (double bin = 40; bin <= 41; bin += 0.1) { /* 1024 points at 1 kHz */
        const auto x = sine(4000, 3e6, bin / 1024);
        const st_worst found = stream(band_of(ST_STAT_LINE_AMPLITUDE, 5, 100, 1.0), x, 1000000);
        EXPECT_NEAR(found.value / 3e6, 1.0, 2e-4) << bin;
    }
}

TEST(LineAmplitude, FramesAreThePowerOfTwoNearestToTheWindow)
{
    /* A burst of one frame that starts at a hop: only frames of that length see all of it. */
    const struct {
        double window_s;
        int64_t n;
    } cases[] = {{1.0, 1024}, {1.5, 1024}, {1.535, 1024}, {1.537, 2048}, {2.9, 2048}, {3.1, 4096}};
    for (const auto &c : cases) {
        std::vector<double> x((size_t)c.n, 0.0), shorter((size_t)c.n - 1, 0.0);
        x[5] = shorter[5] = 1;
        const st_statistic s = band_of(ST_STAT_LINE_AMPLITUDE, 5, 100, c.window_s);
        EXPECT_FALSE(std::isnan(stream(s, x, 1000000).value)) << c.window_s;
        EXPECT_TRUE(std::isnan(stream(s, shorter, 1000000).value)) << c.window_s;
    }
}

TEST(LineAmplitude, FindsTheBurstAndBridgesSmallGaps)
{
    auto x = sine(20000, 0, 0.05);
    const auto burst = sine(20000, 2e6, 0.02);
    std::copy(burst.begin() + 10240, burst.begin() + 11264, x.begin() + 10240);
    const st_statistic s = band_of(ST_STAT_LINE_AMPLITUDE, 5, 100, 1.0);
    st_worst found = stream(s, x, 1000000);
    EXPECT_EQ(found.start, 10240);
    EXPECT_NEAR(found.value / 2e6, 1.0, 1e-3);
    for (size_t i = 10300; i < 10300 + 51; i++) {
        x[2 * i - 10300] = none; /* 51 single gaps, 5 % of the frame, on straight lines */
    }
    found = stream(s, x, 1000000);
    EXPECT_EQ(found.start, 10240);
    EXPECT_NEAR(found.value / 2e6, 1.0, 1e-2);
    std::fill(x.begin() + 10300, x.begin() + 10300 + 110, none); /* more than a tenth: dropped */
    EXPECT_NE(stream(s, x, 1000000).start, 10240);
    EXPECT_TRUE(std::isnan(stream(s, std::vector<double>(5000, none), 1000000).value));
    EXPECT_EQ(stream(s, std::vector<double>(5000, 1e8), 1000000).value, 0.0);
}

TEST(LineAmplitude, CutBandsConvictOnly)
{
    st_rule rule = rule_of(band_of(ST_STAT_LINE_AMPLITUDE, 1, 60, 10));
    const st_recording slow = {10000000, 6000, 1.0}; /* 100 Hz */
    for (const double share : {0.99, 1.01}) {
        st_context *ctx = st_context_create();
        st_verdict verdict;
        const st_worst worst = stream(rule, sine(6000, share * 10e6, 0.123), 10000000);
        ASSERT_EQ(st_verdict_reach(ctx, &rule, &slow, worst, none, none, &verdict), ST_OK);
        EXPECT_EQ(verdict.status, share < 1 ? ST_VERDICT_INDETERMINATE : ST_VERDICT_FAIL);
        st_context_destroy(ctx);
    }
    rule.statistic.kind = ST_STAT_BAND_AMPLITUDE; /* a filter has no such choice */
    EXPECT_TRUE(std::isnan(stream(rule, sine(6000, 2e7, 0.123), 10000000).value));
}

TEST(Frames, PowerIsThatOfTheWindowedFrame)
{
    std::mt19937 random(8);
    st_context *ctx = st_context_create();
    for (const int n : {8, 64, 128}) {
        st_arena arena;
        st_frame_stream s;
        ASSERT_EQ(st_arena_open(ctx, st_frame_stream_bytes(n), "frames", &arena), ST_OK);
        ASSERT_EQ(st_frame_stream_start(ctx, n, false, &arena, &s), ST_OK);
        EXPECT_EQ(arena.used, arena.capacity);
        std::vector<double> x((size_t)n);
        for (double &v : x) {
            v = random() % 100;
        }
        bool ready;
        ASSERT_EQ(st_frame_stream_take(&s, x.data(), x.size(), &ready), x.size());
        ASSERT_TRUE(ready);
        for (int k = 0; k <= n / 2; k++) {
            std::complex<double> sum = 0;
            for (int i = 0; i < n; i++) {
                const double w = 0.5 - 0.5 * std::cos(2 * M_PI * i / n);
                sum += w * x[(size_t)i] * std::polar(1.0, -2 * M_PI * i * k / n);
            }
            EXPECT_NEAR(s.power[k], std::norm(sum), 1e-9 * n * n * 1e4) << n << " " << k;
        }
        st_arena_close(&arena);
    }
    st_arena arena = {nullptr, 0, 0};
    st_frame_stream s;
    EXPECT_EQ(st_frame_stream_start(ctx, INT64_C(1) << 40, true, &arena, &s), ST_CAPACITY);
    st_context_destroy(ctx);
}

/* ---- energy_share --------------------------------------------------------------------------- */

TEST(EnergyShare, OfTwoSines)
{
    std::vector<double> x(60000);
    for (size_t i = 0; i < x.size(); i++) {
        x[i] = 1e8 + 3e6 * std::sin(0.05 * (double)i) + 4e6 * std::sin(0.6 * (double)i);
    }
    /* 8 Hz holds 9/25 of the energy, 95.5 Hz the rest */
    EXPECT_NEAR(stream(band_of(ST_STAT_ENERGY_SHARE, 1, 50, 0), x, 1000000).value, 9.0 / 25, 1e-6);
    EXPECT_NEAR(stream(band_of(ST_STAT_ENERGY_SHARE, 50, 200, 0), x, 1000000).value, 16.0 / 25,
                1e-6);
    st_statistic s = band_of(ST_STAT_ENERGY_SHARE, 1, 50, 0);
    s.form = ST_FORM_AMPLITUDE;
    EXPECT_LT(stream(s, x, 1000000).value, 0.03); /* DC is in the denominator */
    EXPECT_TRUE(std::isnan(stream(s, std::vector<double>(255, 1.0), 1000000).value));
    EXPECT_EQ(
        stream(band_of(ST_STAT_ENERGY_SHARE, 1, 50, 0), std::vector<double>(256, 1e8), 1000000)
            .value,
        0.0);
}

/* A sum over no bin would be 0, and 0 is below any limit. */
TEST(EnergyShare, OfABandWithoutABinIsNoNumber)
{
    std::vector<double> x(5000);
    for (size_t i = 0; i < x.size(); i++) {
        x[i] = 1e8 + 1e7 * std::sin(2 * M_PI * 0.32 * (double)i / 1000);
    }
    st_statistic s = band_of(ST_STAT_ENERGY_SHARE, 0.3, 0.35, 0);
    for (const st_share_form form : {ST_FORM_ENERGY, ST_FORM_AMPLITUDE}) {
        s.form = form;
        EXPECT_TRUE(std::isnan(stream(s, x, 1000000).value));
    }
    s.low_hz = 0.05; /* within the half cell of DC */
    s.high_hz = 0.4;
    EXPECT_TRUE(std::isnan(stream(s, x, 1000000).value));
    s.high_hz = 1.0;
    EXPECT_GT(stream(s, x, 1000000).value, 0.0);
    st_statistic line = band_of(ST_STAT_LINE_AMPLITUDE, 0.5, 1, 0.5);
    EXPECT_TRUE(std::isnan(stream(line, x, 1000000).value));
}

/* ---- 1 % under passes, 1 % over fails ------------------------------------------------------- */

TEST(Spectral, PlantedSignals)
{
    for (const double rate_hz : {250.0, 1000.0, 5000.0}) {
        const int64_t period_ns = (int64_t)(1e9 / rate_hz);
        const size_t n = (size_t)(60 * rate_hz);
        for (const double share : {0.99, 1.01}) {
            const auto expect = [&](const st_statistic &s, double limit, st_unit unit,
                                    const std::function<double(double)> &at) {
                std::vector<double> x(n);
                for (size_t i = 0; i < n; i++) {
                    x[i] = 1e8 + share * at((double)i / rate_hz);
                }
                st_rule rule = rule_of(s);
                rule.limits[0] = {limit, unit};
                const st_recording recording = {period_ns, (int64_t)n, 1.0};
                st_context *ctx = st_context_create();
                st_verdict verdict;
                ASSERT_EQ(st_verdict_reach(ctx, &rule, &recording, stream(rule, x, period_ns, 0),
                                           none, none, &verdict),
                          ST_OK);
                EXPECT_EQ(verdict.status, share < 1 ? ST_VERDICT_PASS : ST_VERDICT_FAIL)
                    << s.kind << " at " << rate_hz << ": " << verdict.value << " "
                    << verdict.reason;
                st_context_destroy(ctx);
            };
            /* faded in, so that the filter's own transient is no event */
            const auto line = [](double amplitude_w, double f) {
                return [=](double t) {
                    return std::min(1.0, t / 20) * amplitude_w * std::sin(2 * M_PI * f * t);
                };
            };
            expect(band_of(ST_STAT_BAND_AMPLITUDE, 5, 55, 10), 3.5, ST_UNIT_MW, line(3.5e6, 14.7));
            expect(band_of(ST_STAT_BAND_AMPLITUDE, 0.1, 5, 10), 10, ST_UNIT_MW, line(10e6, 1.3));
            expect(band_of(ST_STAT_LINE_AMPLITUDE, 0.5, 55, 8), 2.5, ST_UNIT_MW, line(2.5e6, 23.1));
            expect(percentile_of(1, 75), 20, ST_UNIT_MW_PER_MIN,
                   [](double t) { return 20e6 / 60 * t; });
        }
    }
}

} // namespace
