/* point_test.cpp - spectra, rhythm and envelopes of load and draw against scipy and brute force. */
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "reference.h"

extern "C" {
#include "detect/envelope.h"
#include "detect/spectrum.h"
}

namespace
{

class Point : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ctx_ = st_context_create();
        ASSERT_EQ(ST_OK, st_scratch_open(ctx_, ::testing::TempDir().c_str(), &scratch_));
    }
    void TearDown() override
    {
        st_plan_destroy(plan_);
        st_scratch_close(scratch_);
        st_context_destroy(ctx_);
    }

    void keep(const std::vector<double> &values, double rate_hz)
    {
        st_settings settings;
        st_settings_default(&settings);
        const double offset = 0.0;
        st_trace_info info = {};
        info.racks = 1;
        info.samples = static_cast<int64_t>(values.size());
        info.period_ns = static_cast<int64_t>(1e9 / rate_hz);
        info.offset_w = &offset;
        ASSERT_EQ(ST_OK, st_plan_create(ctx_, &info, &settings, &plan_));
        ASSERT_EQ(ST_OK, st_series_reserve(ctx_, scratch_, info.samples, &series_));
        ASSERT_EQ(ST_OK, st_series_write(ctx_, &series_, 0, values.size(), values.data()));
    }

    void describe()
    {
        const size_t bins = static_cast<size_t>(plan_->site_frame) / 2 + 1;
        const size_t spans = st_spectrum_spans(plan_->site_frames);
        for (auto *column : {&frequency_, &psd_}) {
            column->assign(bins, 0.0);
        }
        spectrogram_.assign(bins * spans, 0.0f);
        span_time_.assign(spans, 0.0);
        band_rms_.assign(plan_->n_bands, 0.0);
        columns_.frequency_hz = frequency_.data();
        columns_.psd = psd_.data();
        columns_.spectrogram_time_s = span_time_.data();
        columns_.band_rms_w = band_rms_.data();
        columns_.dominant_frequency_hz = &line_hz_;
        columns_.dominant_amplitude_w = &line_w_;
        columns_.iteration_period_s = &period_s_;
        st_spectrum_tables tables;
        ASSERT_EQ(ST_OK, st_spectrum_open(ctx_, plan_, &tables));
        ASSERT_EQ(ST_OK, st_spectrum_fill(ctx_, plan_, &tables, &series_, &columns_));
        st_spectrum_close(&tables);
        ASSERT_EQ(scratch_, columns_.spectrogram.scratch);
        ASSERT_EQ(ST_OK, st_scratch_read(ctx_, scratch_, columns_.spectrogram.offset,
                                         spectrogram_.data(), bins * spans * sizeof(float)));
    }

    st_context *ctx_ = nullptr;
    st_scratch *scratch_ = nullptr;
    st_plan *plan_ = nullptr;
    st_series series_ = {};
    st_point_columns columns_ = {};
    std::vector<double> frequency_, psd_, span_time_, band_rms_;
    std::vector<float> spectrogram_;
    double line_hz_ = 0.0, line_w_ = 0.0, period_s_ = 0.0;
};

TEST_F(Point, PsdIsScipyWelch)
{
    keep(st_reference("welch_x"), 1000.0);
    describe();
    ASSERT_EQ(4096, plan_->site_frame);
    const std::vector<double> expected = st_reference("welch_psd_4096");
    const double largest = *std::max_element(expected.begin(), expected.end());
    for (size_t k = 0; k < expected.size(); k++) {
        ASSERT_NEAR(expected[k], psd_[k], 1e-10 * largest) << k;
    }
    EXPECT_DOUBLE_EQ(1000.0 / 4096.0, frequency_[1]);
}

/* 512 is no power of 4: the transform ends with butterflies of two. */
TEST_F(Point, PsdIsThatOfTheDefinitionWhereTheFrameIsAnOddPowerOfTwo)
{
    const size_t n = 512, samples = 2300;
    std::vector<double> x(samples);
    for (size_t i = 0; i < samples; i++) {
        const double at = static_cast<double>(i);
        x[i] = 1e5 + 30.0 * std::sin(0.37 * at) + 9.0 * std::cos(1.9 * at) + 0.01 * at;
    }
    keep(x, 1000.0);
    describe();
    ASSERT_EQ(static_cast<int>(n), plan_->site_frame);
    const double turn = 2.0 * M_PI / static_cast<double>(n);
    const size_t frames = (samples - n) / (n / 2) + 1;
    for (size_t k = 0; k <= n / 2; k++) {
        double power = 0.0, window2 = 0.0;
        for (size_t f = 0; f < frames; f++) {
            double mean = 0.0, re = 0.0, im = 0.0;
            for (size_t i = 0; i < n; i++) {
                mean += x[f * n / 2 + i] / static_cast<double>(n);
            }
            for (size_t i = 0; i < n; i++) {
                const double w = 0.5 - 0.5 * std::cos(turn * static_cast<double>(i));
                const double angle = turn * static_cast<double>(i * k % n);
                re += w * (x[f * n / 2 + i] - mean) * std::cos(angle);
                im -= w * (x[f * n / 2 + i] - mean) * std::sin(angle);
                window2 += f == 0 ? w * w : 0.0;
            }
            power += (re * re + im * im) / static_cast<double>(frames);
        }
        const double sides = k == 0 || k == n / 2 ? 1.0 : 2.0;
        ASSERT_NEAR(sides * power / (1000.0 * window2), psd_[k], 1e-6) << k;
    }
}

TEST_F(Point, SpectrogramColumnsAverageToThePsd)
{
    keep(st_reference("welch_x"), 1000.0);
    describe();
    const size_t bins = psd_.size(), spans = span_time_.size();
    ASSERT_EQ(7u, spans);
    for (size_t k = 1; k < bins; k += 37) {
        double mean = 0.0;
        for (size_t c = 0; c < spans; c++) {
            mean += static_cast<double>(spectrogram_[c * bins + k]) / static_cast<double>(spans);
        }
        EXPECT_NEAR(psd_[k], mean, 1e-5 * psd_[k]);
    }
    EXPECT_DOUBLE_EQ(2.048, span_time_[0]);
    EXPECT_DOUBLE_EQ(4.096, span_time_[1]);
}

TEST_F(Point, LineBandAndGapsOfASine)
{
    std::vector<double> x(120000);
    for (size_t i = 0; i < x.size(); i++) {
        x[i] = 150e6 + 7e6 * std::sin(2.0 * M_PI * 3.217 * static_cast<double>(i) / 1000.0);
    }
    std::fill(x.begin() + 30000, x.begin() + 30040, NAN);
    std::fill(x.begin() + 80000, x.begin() + 90000, NAN);
    keep(x, 1000.0);
    describe();
    EXPECT_NEAR(3.217, line_hz_, 1e-3);
    EXPECT_NEAR(7e6, line_w_, 7e3);
    EXPECT_NEAR(7e6 / std::sqrt(2.0), band_rms_[2], 7e4) << "local, 1-5 Hz";
    EXPECT_LT(band_rms_[3], 7e4) << "control, 5-14 Hz";
}

TEST_F(Point, RhythmOfASquareWaveIsItsPeriod)
{
    std::mt19937 random(3);
    std::normal_distribution<double> noise(0.0, 1e6);
    std::vector<double> x(120000);
    for (size_t i = 0; i < x.size(); i++) {
        const double t = static_cast<double>(i) / 1000.0;
        x[i] = (std::fmod(t, 1.37) < 0.9 ? 180e6 : 90e6) + noise(random);
    }
    keep(x, 1000.0);
    describe();
    EXPECT_NEAR(1.37, period_s_, 0.01);
}

/* A frame of the 30 s record holds 4.1 s, one of the 120 s record 16.4 s. */
TEST_F(Point, ARhythmTooSlowForTheFramesIsNotANumber)
{
    const struct {
        double seconds, period_s;
    } rows[] = {{30.0, 3.0}, {30.0, 5.0}, {120.0, 12.0}};
    for (const auto &row : rows) {
        std::mt19937 random(6);
        std::normal_distribution<double> noise(0.0, 20.0);
        std::vector<double> x(static_cast<size_t>(row.seconds * 1000.0));
        for (size_t i = 0; i < x.size(); i++) {
            const double t = static_cast<double>(i) / 1000.0;
            x[i] = (std::fmod(t, row.period_s) < 0.6 * row.period_s ? 110e3 : 60e3) + noise(random);
        }
        st_plan_destroy(plan_);
        plan_ = nullptr;
        keep(x, 1000.0);
        describe();
        EXPECT_TRUE(std::isnan(period_s_)) << row.period_s << " s came out as " << period_s_;
    }
}

TEST_F(Point, NoiseHasNoRhythm)
{
    std::mt19937 random(4);
    std::normal_distribution<double> noise(100e6, 1e6);
    std::vector<double> x(120000);
    for (double &value : x) {
        value = noise(random);
    }
    keep(x, 1000.0);
    describe();
    EXPECT_TRUE(std::isnan(period_s_)) << period_s_;
}

TEST_F(Point, ShortRecordIsNaN)
{
    keep(std::vector<double>(200, 1.0), 1000.0);
    describe();
    EXPECT_TRUE(std::isnan(psd_[0]));
    EXPECT_TRUE(std::isnan(line_hz_));
    EXPECT_TRUE(std::isnan(period_s_));
}

TEST_F(Point, EnvelopesAreBruteForce)
{
    std::mt19937 random(5);
    std::uniform_real_distribution<double> uniform(0.0, 100.0);
    std::vector<double> x(50021);
    for (double &value : x) {
        value = uniform(random) < 3.0 ? NAN : uniform(random);
    }
    std::fill(x.begin() + 700, x.begin() + 900, NAN);
    keep(x, 1000.0);
    for (size_t n : {1u, 7u, 333u, 50021u}) {
        std::vector<double> low(n), mean(n), high(n), time(n), work(ST_BLOCK_SAMPLES);
        st_envelope envelope = {n, low.data(), mean.data(), high.data(), time.data(), nullptr};
        ASSERT_EQ(ST_OK, st_envelopes_fill(ctx_, &series_, 1000000, &envelope, 1, work.data()));
        for (size_t b = 0; b < n; b++) {
            const size_t from = b * x.size() / n, to = (b + 1) * x.size() / n;
            double lowest = INFINITY, highest = -INFINITY, sum = 0.0, valid = 0.0;
            for (size_t i = from; i < to; i++) {
                if (!std::isnan(x[i])) {
                    lowest = std::min(lowest, x[i]);
                    highest = std::max(highest, x[i]);
                    sum += x[i];
                    valid += 1.0;
                }
            }
            if (valid == 0.0) {
                ASSERT_TRUE(std::isnan(low[b]) && std::isnan(mean[b]) && std::isnan(high[b]));
            } else {
                ASSERT_EQ(lowest, low[b]);
                ASSERT_EQ(highest, high[b]);
                ASSERT_DOUBLE_EQ(sum / valid, mean[b]);
            }
            ASSERT_NEAR(0.5e-3 * static_cast<double>(from + to - 1), time[b], 1e-12);
        }
    }
}

/* What passes through a few buckets on its way to the scratch file is what stays in memory. */
TEST_F(Point, KeptEnvelopesAreTheSame)
{
    std::mt19937 random(8);
    std::uniform_real_distribution<double> uniform(-50.0, 50.0);
    std::vector<double> x(40009);
    for (double &value : x) {
        value = uniform(random);
    }
    keep(x, 1000.0);
    for (size_t n : {1u, 8191u, 8192u, 8193u, 24576u, 40009u}) {
        std::vector<double> all[4], some[4], work(ST_BLOCK_SAMPLES);
        st_kept kept[4];
        for (int i = 0; i < 4; i++) {
            all[i].resize(n);
            some[i].resize(ST_KEPT_BUCKETS);
            kept[i].scratch = scratch_;
            ASSERT_EQ(ST_OK, st_scratch_reserve(ctx_, scratch_, 8 * n, &kept[i].offset));
        }
        st_envelope envelopes[] = {
            {n, all[0].data(), all[1].data(), all[2].data(), all[3].data(), nullptr},
            {n, some[0].data(), some[1].data(), some[2].data(), some[3].data(), kept},
        };
        ASSERT_EQ(ST_OK, st_envelopes_fill(ctx_, &series_, 1000000, envelopes, 2, work.data()));
        for (int i = 0; i < 4; i++) {
            std::vector<double> back(n);
            ASSERT_EQ(ST_OK, st_scratch_read(ctx_, scratch_, kept[i].offset, back.data(), 8 * n));
            ASSERT_EQ(all[i], back) << n << " buckets, array " << i;
        }
    }
}

} // namespace
