/* detect_test.cpp - the CPU backend's detect against plain float64 definitions. */
#include "core/memory.h"
#include "cpu/oracle.h"
#include "cpu/record.h"
#include "formula/frame.h"
#include "reference.h"

namespace
{

using oracle::Series;

const double nan_w = std::nan("");

class Detect : public testing::Test
{
  protected:
    Context ctx{st_context_create()};
    Plan plan;

    Found run(const Record &record, const Knobs &knobs = {})
    {
        plan = make_plan(ctx.get(), record, knobs);
        return run_pass(ctx.get(), st_backend_cpu, record, *plan);
    }
    Series psd(const st_frames &frames, const double *power, int64_t used) const
    {
        Series out;
        for (int k = 0; k <= frames.n / 2; k++) {
            const double sides = k == 0 || k == frames.n / 2 ? 0.5 : 1.0;
            out.push_back(power[k] * sides * frames.density / static_cast<double>(used));
        }
        return out;
    }
};

double largest(const Series &v)
{
    return *std::max_element(v.begin(), v.end());
}

/* Differences of two spectra, as a share of the largest bin. */
double deviation(const Series &found, const Series &expected)
{
    EXPECT_EQ(found.size(), expected.size());
    double worst = 0.0;
    for (size_t k = 0; k < std::min(found.size(), expected.size()); k++) {
        EXPECT_TRUE(std::isfinite(found[k])) << k;
        worst = std::max(worst, std::fabs(found[k] - expected[k]));
    }
    return worst / largest(expected);
}

TEST_F(Detect, EqualsScipyWelchUnderALargeDirectCurrent)
{
    const Series x = st_reference("welch_x");
    const Record record(1, static_cast<int64_t>(x.size()), [&](size_t, int64_t i) { return x[i]; });
    for (const int n : {256, 1024, 4096}) {
        const Found found = run(record, {n});
        const Series expected = st_reference("welch_psd_" + std::to_string(n));
        EXPECT_LT(deviation(psd(plan->fast, found.power_fast.data(), found.used[0]), expected),
                  1e-5)
            << n;
    }
}

TEST_F(Detect, EqualsAPlainWelchWithGaps)
{
    std::mt19937 random(1);
    Record record(3, 20000, [&](size_t r, int64_t i) {
        return oracle::ripple(i, 1e5 * static_cast<double>(r + 1), random);
    });
    for (size_t r = 1; r < 3; r++) {
        for (int64_t i = 0; i < record.samples; i++) {
            if (random() % 97 == 0 || (r == 2 && i % 5000 < 150)) {
                record.row(r)[i] = NAN;
            }
        }
    }
    for (const int n : {256, 512, 1024, 2048, 8192}) {
        const Found found = run(record, {n});
        for (size_t r = 0; r < record.racks; r++) {
            const oracle::Welch expected = oracle::welch(record.series(r), n, 1000.0);
            EXPECT_EQ(found.used[r], expected.used) << n;
            EXPECT_EQ(found.flagged[r], expected.flagged) << n;
            EXPECT_EQ(found.dropped[r], expected.dropped) << n;
            const double *power = &found.power_fast[r * static_cast<size_t>(n / 2 + 1)];
            EXPECT_LT(deviation(psd(plan->fast, power, found.used[r]), expected.psd), 1e-5)
                << n << " rack " << r;
        }
    }
}

TEST_F(Detect, KeepsWhatParsevalSays)
{
    std::mt19937 random(2);
    const int n = 1024;
    const Record record(1, n, [&](size_t, int64_t i) { return oracle::ripple(i, 5e4, random); });
    const Found found = run(record, {n});
    const Series x = record.series(0);
    double mean = 0.0, energy = 0.0, power = 0.0;
    for (const double v : x) {
        mean += v / n;
    }
    for (int i = 0; i < n; i++) {
        energy += std::pow((x[i] - mean) * st_hann(i, n), 2);
    }
    for (int k = 0; k <= n / 2; k++) {
        power += found.power_fast[k] * (k == 0 || k == n / 2 ? 1.0 : 2.0);
    }
    EXPECT_NEAR(power / n / energy, 1.0, 1e-6);
}

TEST_F(Detect, UsesAFrameWithExactlyATenthInvalid)
{
    for (const int missing : {102, 103}) { /* of 1,024: 10 % are 102.4 */
        Record record(1, 1024,
                      [](size_t, int64_t i) { return 1000.0 + std::sin(0.1 * double(i)); });
        std::fill_n(record.row(0) + 300, missing, NAN);
        const Found found = run(record);
        EXPECT_EQ(found.used[0], missing == 102);
        EXPECT_EQ(found.flagged[0], missing == 102);
        EXPECT_EQ(found.dropped[0], missing == 103);
        EXPECT_EQ(found.features[ST_FEATURE_INVALID], static_cast<float>(missing));
        EXPECT_EQ(std::isnan(found.features[ST_FEATURE_MEAN]), missing == 103);
    }
    Record exact(1, 2560, [](size_t, int64_t i) { return std::sin(0.1 * double(i)); });
    plan = make_plan(ctx.get(), exact, {256});
    std::fill_n(exact.row(0), 25, NAN); /* 9.8 % of the first frame of 256 */
    EXPECT_EQ(run(exact, {256}).flagged[0], 1);
}

TEST_F(Detect, DecimatesAsThePlainDefinitionDoes)
{
    std::mt19937 random(3);
    Record record(5, 90000, [&](size_t r, int64_t i) {
        return oracle::ripple(i, r == 4 ? 3.0 : 1e5, random);
    });
    const int gaps[][3] = {{1, 30000, 43}, {1, 50000, 44},   {2, 0, 40},      {2, 89980, 20},
                           {3, 20000, 60}, {3, 40000, 9000}, {4, 70000, 200}, {2, 60000, 1}};
    for (const int *gap :
         {gaps[0], gaps[1], gaps[2], gaps[3], gaps[4], gaps[5], gaps[6], gaps[7]}) {
        std::fill_n(record.row(static_cast<size_t>(gap[0])) + gap[1], gap[2], NAN);
    }
    const Found found = run(record);
    ASSERT_EQ(plan->decimation, 16);
    for (size_t r = 0; r < record.racks; r++) {
        const Series y =
            oracle::decimate(record.series(r), plan->decimation, oracle::composite(plan->fir));
        ASSERT_EQ(static_cast<int64_t>(y.size()), plan->slow_samples);
        const oracle::Welch expected = oracle::welch(y, plan->slow.n, plan->slow.rate_hz);
        const size_t bins = static_cast<size_t>(plan->slow.n / 2 + 1);
        ASSERT_EQ(found.slow_used[r], expected.used) << r;
        EXPECT_LT(
            deviation(psd(plan->slow, &found.power_slow[r * bins], expected.used), expected.psd),
            1e-5)
            << r;
    }
}

TEST_F(Detect, DecimatesAtOtherRates)
{
    for (const int64_t period_ns : {100000LL, 4000000LL, 10000000LL, 16000000LL}) {
        std::mt19937 random(4);
        Record record(1, period_ns < 1000000 ? 400000 : 12000,
                      [&](size_t, int64_t i) { return oracle::ripple(i, 2e4, random); });
        record.period_ns = period_ns;
        std::fill_n(record.row(0) + 5000, 7, NAN);
        const Found found = run(record, {256, 1024});
        const Series y =
            oracle::decimate(record.series(0), plan->decimation, oracle::composite(plan->fir));
        const oracle::Welch expected = oracle::welch(y, plan->slow.n, plan->slow.rate_hz);
        ASSERT_EQ(found.slow_used[0], expected.used);
        ASSERT_GT(expected.used, 0);
        EXPECT_LT(deviation(psd(plan->slow, found.power_slow.data(), expected.used), expected.psd),
                  1e-5)
            << "D " << plan->decimation;
    }
}

TEST_F(Detect, MeasuresLevelsRampsAndSteps)
{
    std::mt19937 random(5);
    Record record(4, 7001, [&](size_t r, int64_t i) {
        return std::round(oracle::ripple(i, 1e5, random) * 8.0) / 8.0 + (r == 1 ? 0.03125 : 0.0);
    });
    for (int64_t i = 0; i < record.samples; i++) {
        if (random() % 31 == 0) {
            record.row(1)[i] = NAN;
        }
        record.row(2)[i] = i % 2 == 0 ? NAN : record.row(2)[i];
        record.row(3)[i] = NAN;
    }
    const Found found = run(record, {256, 1024});
    for (size_t r = 0; r < record.racks; r++) {
        const Series x = record.series(r);
        long double sum = 0.0, m2 = 0.0;
        double min = INFINITY, max = -INFINITY, step = INFINITY;
        int64_t count = 0;
        for (size_t i = 0; i < x.size(); i++) {
            if (!std::isnan(x[i])) {
                sum += x[i];
                count++;
                min = std::min(min, x[i]);
                max = std::max(max, x[i]);
            }
            const double d = i > 0 ? std::fabs(x[i] - x[i - 1]) : nan_w;
            step = d > 0.0 ? std::min(step, d) : step;
        }
        EXPECT_EQ(found.valid[r], count);
        EXPECT_EQ(found.step_w[r], step < INFINITY ? step : 0.0);
        if (count == 0) {
            EXPECT_TRUE(std::isnan(found.mean_w[r]) && std::isnan(found.min_w[r]));
            continue;
        }
        for (const double v : x) {
            m2 += std::isnan(v) ? 0.0L : (v - sum / count) * (v - sum / count);
        }
        EXPECT_NEAR(found.mean_w[r] / static_cast<double>(sum / count), 1.0, 1e-12);
        EXPECT_NEAR(found.m2_w2[r] / static_cast<double>(m2), 1.0, 1e-11);
        EXPECT_EQ(found.min_w[r], min);
        EXPECT_EQ(found.max_w[r], max);
    }
}

TEST_F(Detect, ReducesFramesToFeatures)
{
    std::mt19937 random(7);
    Record record(2, 6000, [&](size_t, int64_t i) { return oracle::ripple(i, 3e4, random); });
    std::fill_n(record.row(1) + 700, 60, NAN);
    std::fill_n(record.row(1) + 3000, 300, NAN);
    const int n = 1024;
    const Found found = run(record, {n, 1024});
    for (size_t r = 0; r < record.racks; r++) {
        const Series x = record.series(r);
        for (int64_t f = 0; f < plan->fast.frames; f++) {
            const float *got = &found.features[(r * static_cast<size_t>(plan->fast.frames) +
                                                static_cast<size_t>(f)) *
                                               plan->n_features];
            const int64_t first = f * n / 2;
            const int invalid = oracle::invalid_in(x, first, n);
            ASSERT_EQ(got[ST_FEATURE_INVALID], static_cast<float>(invalid));
            if (invalid * 10 > n) {
                for (size_t i = 1; i < plan->n_features; i++) {
                    EXPECT_TRUE(std::isnan(got[i]));
                }
                continue;
            }
            double min = INFINITY, max = -INFINITY, slope = 0.0, mean;
            for (int64_t i = first; i < first + n; i++) {
                min = std::fmin(min, x[i]);
                max = std::fmax(max, x[i]);
                slope = i > first ? std::fmax(slope, std::fabs(x[i] - x[i - 1])) : slope;
            }
            const Series power = oracle::frame_power(x, first, n, &mean);
            EXPECT_EQ(got[ST_FEATURE_MIN], min);
            EXPECT_EQ(got[ST_FEATURE_MAX], max);
            EXPECT_NEAR(got[ST_FEATURE_MEAN], mean, 1e-2);
            EXPECT_NEAR(got[ST_FEATURE_SLOPE], slope, 1e-6 * slope);
            ASSERT_GE(plan->n_feature_bands, 3u);
            for (size_t b = 0; b < plan->n_feature_bands; b++) {
                const st_band &band = plan->bands[plan->feature_band[b]];
                double energy = 0.0;
                for (int k = 0; k <= n / 2; k++) {
                    const double sides = k == 0 || k == n / 2 ? 0.5 : 1.0;
                    energy += sides * plan->fast.density * power[k] *
                              st_band_weight(k, n, plan->fast.df_hz, band.low_hz, band.high_hz);
                }
                EXPECT_NEAR(got[ST_FEATURE_BANDS + b] / energy, 1.0, 1e-4) << band.name;
            }
        }
    }
}

TEST_F(Detect, SeesTheSlopeBetweenTwoHops)
{
    /* 128 samples are a hop: the only steep pair, and the only small step, lie on its border. */
    Record record(1, 1024, [](size_t, int64_t i) { return i < 384 ? 0.0 : 50.0; });
    Found found = run(record, {256, 1024});
    const auto slope = [&](int64_t frame) {
        return found.features[static_cast<size_t>(frame) * plan->n_features + ST_FEATURE_SLOPE];
    };
    EXPECT_EQ(slope(1), 0.0f); /* 128 .. 383 */
    EXPECT_EQ(slope(2), 50.0f);
    EXPECT_EQ(slope(3), 0.0f);
    EXPECT_EQ(found.step_w[0], 50.0);
    record.row(0)[383] = NAN;
    found = run(record, {256, 1024});
    EXPECT_EQ(slope(2), 0.0f);
    EXPECT_EQ(found.step_w[0], 0.0);
    for (int64_t i = 0; i < 1024; i++) {
        record.row(0)[i] = static_cast<float>(i % 2 == 0 ? 0.0 : 10.0) + (i < 512 ? 0.0f : 9.0f);
    }
    found = run(record, {256, 1024}); /* ... 0 10 | 9 19 ... */
    EXPECT_EQ(found.step_w[0], 1.0);
}

/* The tree of backend.h, written as recursion. */
double tree(const Series &leaf)
{
    if (leaf.size() == 1) {
        return leaf[0];
    }
    Series up;
    for (size_t i = 0; i + 1 < leaf.size(); i += 2) {
        up.push_back(leaf[i] + leaf[i + 1]);
    }
    if (leaf.size() % 2 == 1) {
        up.push_back(leaf.back());
    }
    return tree(up);
}

TEST_F(Detect, SumsRacksInTheFixedTree)
{
    for (const size_t racks : {1u, 15u, 16u, 17u, 83u, 130u}) {
        std::mt19937 random(8);
        Record record(racks, 1500,
                      [&](size_t, int64_t i) { return oracle::ripple(i, 0.0, random); });
        for (float &v : record.x) {
            v = random() % 50 == 0 ? NAN : v;
        }
        for (size_t r = 0; r < racks; r++) {
            record.offset_w[r] = 1e5 / static_cast<double>(r + 3);
        }
        const Found found = run(record, {256, 1024});
        for (int64_t i = 0; i < record.samples; i++) {
            Series leaf((racks + 15) / 16, 0.0);
            uint32_t valid = 0;
            for (size_t r = 0; r < racks; r++) {
                const double x = static_cast<double>(record.row(r)[i]) + record.offset_w[r];
                leaf[r / 16] += std::isnan(x) ? 0.0 : x;
                valid += std::isnan(x) ? 0 : 1;
            }
            ASSERT_EQ(found.sum_w[i], tree(leaf)) << racks << " racks, sample " << i;
            ASSERT_EQ(found.valid_racks[i], valid);
        }
    }
}

TEST_F(Detect, GivesTheSameBitsHoweverItIsCut)
{
    struct Case {
        size_t racks;
        int64_t samples, frame;
    };
    for (const Case &c : {Case{37, 30011, 256}, Case{81, 70000, 1024}, Case{1, 99, 256},
                          Case{5, 700, 1024}, Case{3, 300000, 256}}) {
        std::mt19937 random(9);
        Record record(c.racks, c.samples, [&](size_t r, int64_t i) {
            return r % 7 == 3 ? nan_w : oracle::ripple(i, 1e4 * double(r), random);
        });
        for (size_t r = 0; r < c.racks; r += 2) {
            for (int64_t i = 0; i < c.samples; i += 1 + random() % 3000) {
                const int64_t length = std::min<int64_t>(c.samples - i, random() % 120);
                std::fill_n(record.row(r) + i, length, NAN);
            }
        }
        const std::string expected = run(record, {c.frame, 65536, 1, 64}).bytes();
        for (const Knobs &knobs : {Knobs{c.frame, 1024, 1, 16}, Knobs{c.frame, 3072, 2, 64},
                                   Knobs{c.frame, 16384, 2, 16}, Knobs{c.frame, 5000, 3, 32}}) {
            const std::string found = run(record, knobs).bytes();
            ASSERT_EQ(found.size(), expected.size());
            EXPECT_EQ(std::memcmp(found.data(), expected.data(), found.size()), 0)
                << c.racks << " racks, tile " << knobs.tile << ", threads " << knobs.threads;
        }
    }
}

TEST_F(Detect, AllocatesNothingAfterOpen)
{
    const Record record(20, 5000, [](size_t, int64_t i) { return double(i % 7); });
    plan = make_plan(ctx.get(), record, {256, 1024, 2});
    st_exec *exec = nullptr;
    ASSERT_EQ(st_backend_cpu.open(ctx.get(), plan.get(), &exec), ST_OK);
    const size_t before = st_alloc_count();
    const st_source source = {&record, record_read};
    std::vector<double> sum(1024);
    std::vector<uint32_t> valid(1024);
    for (int64_t first = 0; first < 4096; first += 1024) {
        const st_tile tile = {first, 1024};
        st_tile_result result = {};
        result.sum_w = sum.data();
        result.valid = valid.data();
        ASSERT_EQ(st_backend_cpu.detect(ctx.get(), exec, &source, &tile, &result), ST_OK);
    }
    EXPECT_EQ(st_alloc_count(), before);
    st_backend_cpu.close(exec);
}

/* One tile of a source that cannot read some of its leaves. */
static void expect_failed_read(st_context *ctx, const st_plan *plan, const Record &record,
                               decltype(st_source::read) read)
{
    st_exec *exec = nullptr;
    ASSERT_EQ(st_backend_cpu.open(ctx, plan, &exec), ST_OK);
    const st_source source = {&record, read};
    std::vector<double> sum(1024);
    std::vector<uint32_t> valid(1024);
    st_tile_result result = {};
    result.sum_w = sum.data();
    result.valid = valid.data();
    const st_tile tile = {0, 1024};
    EXPECT_EQ(st_backend_cpu.detect(ctx, exec, &source, &tile, &result), ST_FORMAT);
    st_backend_cpu.close(exec);
}

TEST_F(Detect, ReportsAFailedRead)
{
    const Record record(40, 3000, [](size_t, int64_t) { return 1.0; });
    plan = make_plan(ctx.get(), record, {256, 1024, 2});
    expect_failed_read(ctx.get(), plan.get(), record,
                       [](const void *, st_context *, size_t first_rack, size_t, int64_t, size_t,
                          float *, size_t) { return first_rack == 16 ? ST_FORMAT : ST_OK; });
}

/* Leaves that never come leave their neighbours waiting: not so many that sums run out. */
TEST_F(Detect, StopsWhereEveryOtherReadFails)
{
    const Record record(4096, 1024, [](size_t, int64_t) { return 1.0; });
    plan = make_plan(ctx.get(), record, {256, 1024, 2});
    expect_failed_read(
        ctx.get(), plan.get(), record,
        [](const void *, st_context *, size_t first_rack, size_t, int64_t, size_t, float *,
           size_t) { return first_rack / ST_LEAF_RACKS % 2 == 1 ? ST_FORMAT : ST_OK; });
}

TEST_F(Detect, OpensOrSaysThatMemoryIsShort)
{
    const Record record(3, 3000, [](size_t, int64_t) { return 1.0; });
    plan = make_plan(ctx.get(), record, {});
    for (size_t n = 1;; n++) {
        st_exec *exec = nullptr;
        st_alloc_fail_after(n);
        const st_status status = st_backend_cpu.open(ctx.get(), plan.get(), &exec);
        st_alloc_fail_after(0);
        if (status == ST_OK) {
            EXPECT_GT(n, 2u);
            st_backend_cpu.close(exec);
            break;
        }
        EXPECT_EQ(status, ST_MEMORY);
        EXPECT_EQ(exec, nullptr);
    }
}

} // namespace
