/* oracle_test.cpp - the contract of the backends, held against plain float64 definitions that share
 * no code with them: the same tests for every backend. */
#include <random>

#include "cpu/oracle.h"
#include "cpu/record.h"
#include "formula/frame.h"
#include "kernels/device.h"
#include "reference.h"

namespace
{

using oracle::Series;

struct Named {
    const char *name;
    const st_backend *backend;
};
void PrintTo(const Named &named, std::ostream *out)
{
    *out << named.name;
}
const Named backends[] = {{"cpu", &st_backend_cpu}, {"cuda", &st_backend_cuda}};

class Backend : public testing::TestWithParam<Named>
{
  protected:
    void SetUp() override
    {
        if (GetParam().backend == &st_backend_cuda) {
            SKIP_WITHOUT_DEVICE();
            choose_schedule(3);
        }
    }
    Found run(const Record &record, const Knobs &knobs)
    {
        plan = make_plan(ctx.get(), record, knobs);
        return run_pass(ctx.get(), *GetParam().backend, record, *plan);
    }
    /* One-sided density of power sums. */
    static Series density(const st_frames &frames, const double *power, int64_t used)
    {
        Series psd;
        for (int k = 0; k <= frames.n / 2; k++) {
            const double sides = k == 0 || k == frames.n / 2 ? 0.5 : 1.0;
            psd.push_back(power[k] * sides * frames.density / static_cast<double>(used));
        }
        return psd;
    }

    Context ctx{st_context_create()};
    Plan plan;
};
INSTANTIATE_TEST_SUITE_P(On, Backend, testing::ValuesIn(backends),
                         [](const auto &of) { return std::string(of.param.name); });

/* Differences of two spectra, as a share of the largest bin. */
double deviation(const Series &found, const Series &expected)
{
    double worst = found.size() == expected.size() ? 0.0 : INFINITY;
    for (size_t k = 0; k < expected.size(); k++) {
        const double d = std::fabs(found[k] - expected[k]);
        worst = d <= worst ? worst : std::isnan(d) ? INFINITY : d;
    }
    return worst / *std::max_element(expected.begin(), expected.end());
}

/* 100 kW under 10 W of ripple; gaps short and long; rack 2 ends without samples. */
Record rough(size_t racks, int64_t samples)
{
    std::mt19937 random(11);
    Record record(racks, samples,
                  [&](size_t, int64_t i) { return oracle::ripple(i, 1e5, random); });
    for (size_t r = 1; r < racks; r++) {
        for (int64_t i = 0; i < samples; i += 1 + random() % 1500) {
            std::fill_n(record.row(r) + i, std::min<int64_t>(samples - i, random() % 40), NAN);
        }
    }
    if (racks > 2) {
        std::fill_n(record.row(2) + 2 * samples / 3, samples - 2 * samples / 3, NAN);
    }
    return record;
}

TEST_P(Backend, EqualsScipyWelch)
{
    const Series x = st_reference("welch_x");
    const Record record(1, static_cast<int64_t>(x.size()), [&](size_t, int64_t i) { return x[i]; });
    for (const int n : {256, 1024, 4096}) {
        const Found found = run(record, {n, 8192});
        const Series psd = density(plan->fast, found.power_fast.data(), found.used[0]);
        EXPECT_LT(deviation(psd, st_reference("welch_psd_" + std::to_string(n))), 1e-5) << n;
    }
}

TEST_P(Backend, EqualsThePlainSpectra)
{
    const Record record = rough(3, 50000);
    const int n = 512;
    const Found found = run(record, {n, 8192});
    const size_t bins = n / 2 + 1, slow_bins = static_cast<size_t>(plan->slow.n / 2 + 1);
    for (size_t r = 0; r < record.racks; r++) {
        const Series x = record.series(r);
        const oracle::Welch fast = oracle::welch(x, n, plan->fast.rate_hz);
        EXPECT_EQ(fast.used, found.used[r]);
        EXPECT_EQ(fast.flagged, found.flagged[r]);
        EXPECT_EQ(fast.dropped, found.dropped[r]);
        EXPECT_LT(deviation(density(plan->fast, &found.power_fast[r * bins], fast.used), fast.psd),
                  1e-5);
        const Series y = oracle::decimate(x, plan->decimation, oracle::composite(plan->fir));
        const oracle::Welch slow = oracle::welch(y, plan->slow.n, plan->slow.rate_hz);
        ASSERT_GT(slow.used, 0);
        EXPECT_EQ(slow.used, found.slow_used[r]);
        EXPECT_LT(
            deviation(density(plan->slow, &found.power_slow[r * slow_bins], slow.used), slow.psd),
            1e-5);
    }
}

TEST_P(Backend, EqualsThePlainLevelsRampsAndSums)
{
    Record record = rough(18, 6000);
    for (size_t r = 0; r < record.racks; r++) {
        record.offset_w[r] = 1e4 * static_cast<double>(r);
    }
    const Found found = run(record, {256, 1024});
    Series sum(6000, 0.0), valid(6000, 0.0);
    for (size_t r = 0; r < record.racks; r++) {
        const Series x = record.series(r);
        double min = INFINITY, max = -INFINITY, step = INFINITY, rise = 0.0, fall = 0.0;
        long double total = 0.0, squares = 0.0;
        int64_t count = 0;
        for (size_t i = 0; i < x.size(); i++) {
            const double d = i > 0 ? std::fabs(x[i] - x[i - 1]) : 0.0;
            const double ramp = i >= 1000 ? x[i] - x[i - 1000] : 0.0;
            step = d > 0.0 ? std::fmin(step, d) : step;
            rise = ramp > rise ? ramp : rise;
            fall = -ramp > fall ? -ramp : fall;
            if (!std::isnan(x[i])) {
                count++;
                total += x[i];
                min = std::fmin(min, x[i]);
                max = std::fmax(max, x[i]);
                sum[i] += x[i] + record.offset_w[r];
                valid[i] += 1.0;
            }
        }
        for (const double v : x) {
            squares += std::isnan(v) ? 0.0L : (v - total / count) * (v - total / count);
        }
        EXPECT_EQ(count, found.valid[r]);
        EXPECT_EQ(min, found.min_w[r]);
        EXPECT_EQ(max, found.max_w[r]);
        EXPECT_NEAR(static_cast<double>(total / count), found.mean_w[r], 1e-7);
        EXPECT_NEAR(1.0, found.m2_w2[r] / static_cast<double>(squares), 1e-10);
        EXPECT_NEAR(step, found.step_w[r], 1e-6 * step);
        EXPECT_NEAR(rise, found.ramp_w[(r * ST_RAMP_WINDOWS + 3) * 2], 1e-6 * rise);
        EXPECT_NEAR(fall, found.ramp_w[(r * ST_RAMP_WINDOWS + 3) * 2 + 1], 1e-6 * fall);
    }
    for (size_t i = 0; i < sum.size(); i++) {
        ASSERT_NEAR(sum[i], found.sum_w[i], 1e-9 * std::fabs(sum[i])) << i;
        ASSERT_EQ(valid[i], found.valid_racks[i]) << i;
    }
}

TEST_P(Backend, EqualsThePlainFeatures)
{
    const Record record = rough(2, 5000);
    const int n = 1024;
    const Found found = run(record, {n, 2048});
    for (int64_t f = 0; f < plan->fast.frames; f++) {
        const float *got = &found.features[static_cast<size_t>(plan->fast.frames + f) *
                                           plan->n_features]; /* of rack 1 */
        const Series x = record.series(1);
        const int64_t first = f * n / 2;
        double mean, min = INFINITY, max = -INFINITY, slope = 0.0;
        const Series power = oracle::frame_power(x, first, n, &mean);
        for (int64_t i = first; i < first + n; i++) {
            min = std::fmin(min, x[i]);
            max = std::fmax(max, x[i]);
            slope = i > first ? std::fmax(slope, std::fabs(x[i] - x[i - 1])) : slope;
        }
        ASSERT_EQ(static_cast<float>(oracle::invalid_in(x, first, n)), got[ST_FEATURE_INVALID]);
        EXPECT_EQ(min, got[ST_FEATURE_MIN]);
        EXPECT_EQ(max, got[ST_FEATURE_MAX]);
        EXPECT_NEAR(mean, got[ST_FEATURE_MEAN], 1e-2);
        EXPECT_NEAR(slope, got[ST_FEATURE_SLOPE], 1e-6 * slope);
        for (size_t b = 0; b < plan->n_feature_bands; b++) {
            double energy = 0.0;
            for (size_t k = 0; k < power.size(); k++) {
                energy +=
                    power[k] * static_cast<double>(plan->feature_weight[b * power.size() + k]);
            }
            EXPECT_NEAR(1.0, got[ST_FEATURE_BANDS + b] / energy, 1e-4);
        }
    }
}

} // namespace
