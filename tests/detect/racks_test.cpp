/* racks_test.cpp - the /racks columns against closed forms and plain float64 definitions. */
#include "cpu/oracle.h"
#include "cpu/record.h"
#include "detect/racks.h"
#include "formula/band.h"
#include "formula/line.h"

namespace
{

/* A result with every rack column, over vectors. */
struct Columns {
    std::vector<double> mean_w, min_w, max_w, std_w, energy_j, load_factor, frequency_hz,
        frequency_slow_hz, band_rms_w, ramp_max_w, ramp_window_s, line_hz, line_w;
    std::vector<int64_t> valid, invalid, used, flagged, dropped;
    std::vector<float> psd, psd_slow;
    st_result result = {};

    explicit Columns(const st_plan &plan)
    {
        const size_t racks = plan.racks;
        const size_t bins = static_cast<size_t>(plan.fast.n / 2 + 1);
        const size_t slow = static_cast<size_t>(plan.slow.n / 2 + 1);
        st_rack_columns &c = result.racks;
        const auto give = [](auto &v, size_t n) {
            v.assign(n, 77);
            return v.data();
        };
        c.mean_w = give(mean_w, racks), c.min_w = give(min_w, racks), c.max_w = give(max_w, racks);
        c.std_w = give(std_w, racks), c.energy_j = give(energy_j, racks);
        c.load_factor = give(load_factor, racks);
        c.valid_samples = give(valid, racks), c.invalid_samples = give(invalid, racks);
        c.frames_used = give(used, racks), c.frames_flagged = give(flagged, racks);
        c.frames_dropped = give(dropped, racks);
        c.psd = give(psd, racks * bins), c.psd_slow = give(psd_slow, racks * slow);
        c.frequency_hz = give(frequency_hz, bins),
        c.frequency_slow_hz = give(frequency_slow_hz, slow);
        c.band_rms_w = give(band_rms_w, racks * plan.n_bands);
        c.ramp_max_w = give(ramp_max_w, racks * ST_RAMP_WINDOWS * 2);
        c.ramp_window_s = give(ramp_window_s, ST_RAMP_WINDOWS);
        c.dominant_frequency_hz = give(line_hz, racks);
        c.dominant_amplitude_w = give(line_w, racks);
        result.size[ST_AXIS_RACK] = racks;
        result.size[ST_AXIS_FREQ] = bins;
        result.size[ST_AXIS_FREQ_SLOW] = slow;
        result.size[ST_AXIS_BAND] = plan.n_bands;
        result.size[ST_AXIS_WINDOW] = ST_RAMP_WINDOWS;
        result.size[ST_AXIS_UPDOWN] = 2;
    }
};

class Racks : public testing::Test
{
  protected:
    Context ctx{st_context_create()};
    Plan plan;

    Columns finish(const Record &record, const Knobs &knobs = {})
    {
        plan = make_plan(ctx.get(), record, knobs);
        Found found = run_pass(ctx.get(), st_backend_cpu, record, *plan);
        const st_rack_sums sums = found.sums();
        Columns columns(*plan);
        EXPECT_EQ(st_racks_finish(ctx.get(), plan.get(), &sums, &columns.result), ST_OK);
        return columns;
    }
};

double sine(double amplitude_w, double hz, int64_t i)
{
    return amplitude_w * std::sin(oracle::tau * hz * static_cast<double>(i) / 1000.0 + 0.3);
}

TEST_F(Racks, MeasureLevelsWithTheirOffset)
{
    Record record(2, 4000, [](size_t r, int64_t i) { return double(r) * 100.0 + double(i % 4); });
    record.offset_w = {5000.0, 0.0};
    std::fill_n(record.row(0), 1000, NAN);
    const Columns c = finish(record);
    EXPECT_DOUBLE_EQ(c.mean_w[0], 5001.5);
    EXPECT_DOUBLE_EQ(c.min_w[0], 5000.0);
    EXPECT_DOUBLE_EQ(c.max_w[0], 5003.0);
    EXPECT_DOUBLE_EQ(c.std_w[0], std::sqrt(1.25)); /* ddof 0 */
    EXPECT_DOUBLE_EQ(c.energy_j[0], 5001.5 * 3.0);
    EXPECT_DOUBLE_EQ(c.load_factor[0], 5001.5 / 5003.0);
    EXPECT_EQ(c.valid[0], 3000);
    EXPECT_EQ(c.invalid[0], 1000);
    EXPECT_DOUBLE_EQ(c.mean_w[1], 101.5);
    EXPECT_DOUBLE_EQ(c.ramp_max_w[0], 1.0);
    EXPECT_DOUBLE_EQ(c.ramp_max_w[1], 3.0);
    EXPECT_DOUBLE_EQ(c.ramp_window_s[4], 5.0);
    EXPECT_TRUE(std::isnan(c.ramp_max_w[8])) << "5 s in a record of 4 s";
}

TEST_F(Racks, HaveNoLevelsWithoutSamples)
{
    const Record record(1, 3000, [](size_t, int64_t) { return std::nan(""); });
    const Columns c = finish(record);
    for (const double v : {c.mean_w[0], c.min_w[0], c.max_w[0], c.std_w[0], c.load_factor[0],
                           c.line_hz[0], c.line_w[0], c.ramp_max_w[0]}) {
        EXPECT_TRUE(std::isnan(v));
    }
    EXPECT_EQ(c.energy_j[0], 0.0);
    EXPECT_EQ(c.valid[0], 0);
    EXPECT_EQ(c.invalid[0], 3000);
    EXPECT_EQ(c.dropped[0], plan->fast.frames);
}

TEST_F(Racks, HaveNoSpectrumInAShortRecord)
{
    const Columns c = finish(Record(1, 1000, [](size_t, int64_t i) { return sine(5.0, 50.0, i); }));
    for (const float v : c.psd) {
        ASSERT_TRUE(std::isnan(v));
    }
    for (const float v : c.psd_slow) {
        ASSERT_TRUE(std::isnan(v));
    }
    for (const double v : c.band_rms_w) {
        EXPECT_TRUE(std::isnan(v));
    }
    EXPECT_EQ(c.used[0], 0);
    EXPECT_TRUE(std::isnan(c.line_w[0]));
    EXPECT_FALSE(std::isnan(c.std_w[0]));
}

TEST_F(Racks, HoldScipysDensity)
{
    std::mt19937 random(1);
    const Record record(1, 40000,
                        [&](size_t, int64_t i) { return oracle::ripple(i, 1e5, random); });
    const Columns c = finish(record);
    const oracle::Welch expected = oracle::welch(record.series(0), 1024, 1000.0);
    double largest = 0.0;
    for (const double v : expected.psd) {
        largest = std::max(largest, v);
    }
    for (size_t k = 0; k < c.psd.size(); k++) {
        ASSERT_NEAR(c.psd[k], expected.psd[k], 1e-5 * largest) << k;
        ASSERT_DOUBLE_EQ(c.frequency_hz[k], static_cast<double>(k) * 1000.0 / 1024.0);
    }
    EXPECT_DOUBLE_EQ(c.frequency_slow_hz[1], 62.5 / 1024.0);
}

/* A sine in the middle of a band: A / sqrt(2) there, nothing elsewhere. */
TEST_F(Racks, ResolveASineInItsBand)
{
    struct Case {
        double hz;
        size_t band;
    };
    for (const Case &s :
         {Case{0.4, 1}, Case{2.3, 2}, Case{9.0, 3}, Case{33.0, 4}, Case{200.0, 5}}) {
        const Columns c = finish(
            Record(1, 200000, [&](size_t, int64_t i) { return 8e4 + sine(120.0, s.hz, i); }));
        for (size_t b = 0; b < plan->n_bands; b++) {
            if (plan->band_source[b] == ST_BAND_UNRESOLVED) {
                EXPECT_TRUE(std::isnan(c.band_rms_w[b])) << plan->bands[b].name;
            } else if (b == s.band) {
                EXPECT_NEAR(c.band_rms_w[b], 120.0 / std::sqrt(2.0), 0.005) << s.hz;
            } else {
                EXPECT_LT(c.band_rms_w[b], 0.5) << s.hz << " in " << plan->bands[b].name;
            }
        }
        EXPECT_EQ(plan->band_source[1], ST_BAND_SLOW);
        EXPECT_EQ(plan->band_source[5], ST_BAND_FAST);
    }
}

TEST_F(Racks, FindTheDominantLineExactly)
{
    /* slow and fast spectrum, on and between bins */
    for (const double hz : {0.31, 1.37, 7.0001, 15.625, 24.0, 26.3, 60.0, 97.3, 312.5, 480.0}) {
        const Columns c = finish(Record(1, 130000, [&](size_t, int64_t i) {
            return 1e5 + sine(250.0, hz, i) + sine(60.0, hz > 25.0 ? 3.0 : 120.0, i);
        }));
        const double df_hz = hz > 25.0 ? 1000.0 / 1024.0 : 62.5 / 1024.0;
        EXPECT_NEAR(c.line_hz[0], hz, 0.01 * df_hz) << hz;
        EXPECT_NEAR(c.line_w[0], 250.0, 250.0 * (hz > 25.0 ? 1e-3 : 2e-3)) << hz;
    }
}

TEST_F(Racks, FindNoLineInAConstant)
{
    const Columns c = finish(Record(1, 100000, [](size_t, int64_t) { return 7e4; }));
    EXPECT_TRUE(std::isnan(c.line_hz[0]));
    EXPECT_TRUE(std::isnan(c.line_w[0]));
    EXPECT_EQ(c.band_rms_w[2], 0.0);
}

/* --- the formulas by themselves ------------------------------------------------------------- */

TEST(Line, IsExactForEveryDistanceFromABin)
{
    const int n = 256;
    for (const double bin : {2.0, 2.3, 5.5, 17.49, 100.75, 126.5}) {
        oracle::Series x(n), psd;
        for (int i = 0; i < n; i++) {
            x[i] = 40.0 * std::cos(oracle::tau * bin * i / n + 1.0);
        }
        psd = oracle::welch(x, n, 1000.0).psd;
        const st_line line = st_line_strongest(psd.data(), n, 1000.0 / n, 0.0, 500.0);
        const double near_edge = bin < 4.0 || bin > 125.0 ? 0.1 : 5e-4; /* the mirror image */
        EXPECT_NEAR(line.amplitude_w, 40.0, 40.0 * near_edge) << bin;
        EXPECT_NEAR(line.frequency_hz * n / 1000.0, bin, near_edge) << bin;
    }
}

TEST(Line, StaysInItsInterval)
{
    oracle::Series psd(129, 1.0);
    psd[0] = psd[1] = 1e6; /* excluded */
    psd[20] = 100.0;
    psd[90] = 900.0;
    const double df_hz = 2.0;
    EXPECT_NEAR(st_line_strongest(psd.data(), 256, df_hz, 0.0, 256.0).frequency_hz, 180.0, 1.0);
    EXPECT_NEAR(st_line_strongest(psd.data(), 256, df_hz, 0.0, 100.0).frequency_hz, 40.0, 1.0);
    EXPECT_TRUE(std::isnan(st_line_strongest(psd.data(), 256, df_hz, 40.5, 41.5).frequency_hz));
}

TEST(Band, CountsBinsByTheirOverlap)
{
    const oracle::Series psd(129, 3.0); /* white: W^2/Hz times the width */
    EXPECT_NEAR(st_band_rms(psd.data(), 256, 2.0, 10.3, 77.7), std::sqrt(3.0 * 67.4), 1e-12);
    EXPECT_NEAR(st_band_rms(psd.data(), 256, 2.0, 0.0, 256.0), std::sqrt(3.0 * 256.0), 1e-12);
    EXPECT_NEAR(st_band_rms(psd.data(), 256, 2.0, 20.2, 20.4), std::sqrt(3.0 * 0.2), 1e-12);
}

} // namespace
