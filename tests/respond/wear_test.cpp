/* wear_test.cpp - cycles and fade against data/reference/make_wear_reference.py. */
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "formula/wear.h"
#include "reference.h"
#include "respond/wear.h"

namespace
{

double fade(const std::vector<double> &soc, double temperature_k, const st_wear_duty &duty,
            st_wear *wear, int *fitted)
{
    st_wear_start(wear, temperature_k);
    for (double v : soc) {
        st_wear_add(wear, v);
    }
    return st_wear_finish(wear, &duty, fitted);
}

TEST(Wear, EqualsTheReference)
{
    const auto soc = st_reference("wear_soc"), cases = st_reference("wear_fade");
    const auto count = st_reference("wear_count"), depth = st_reference("wear_depth");
    auto wear = std::make_unique<st_wear>();
    int fitted;
    for (size_t c = 0; c < cases.size(); c += 6) {
        const st_wear_duty duty = {cases[c + 1], cases[c + 2], cases[c + 3], 1e3};
        const double found = fade(soc, cases[c], duty, wear.get(), &fitted);
        EXPECT_NEAR(found / cases[c + 4], 1.0, 1e-9) << c / 6;
        EXPECT_NEAR(st_rainflow_mean_depth(wear->flow.count, wear->flow.depth) / cases[c + 5], 1.0,
                    1e-12);
        EXPECT_FALSE(fitted);
        for (size_t bin = 0; bin < ST_DEPTH_BINS; bin++) {
            ASSERT_EQ(wear->flow.count[bin], count[bin]) << bin;
            if (count[bin] > 0) {
                ASSERT_NEAR(wear->flow.depth[bin] / count[bin], depth[bin], 1e-12) << bin;
            }
        }
    }
}

/* A charge that creeps is averaged run by run; the same to 1e-8 as sample by sample. */
TEST(Wear, RunsOfSamplesCountAsTheirSamples)
{
    std::vector<double> soc(400000);
    double sum = 0;
    for (size_t i = 0; i < soc.size(); i++) {
        soc[i] = 0.5 + 0.45 * std::cos(1.6e-5 * (double)i) + 1e-7 * std::sin((double)i);
        sum += st_wear_calendar(soc[i], 298.15);
    }
    auto wear = std::make_unique<st_wear>();
    int fitted;
    const double found = fade(soc, 298.15, {1e12, 400, 0, 0}, wear.get(), &fitted);
    EXPECT_NEAR(found / (sum / (double)soc.size() * std::pow(365, 0.526)), 1.0, 1e-8);
}

TEST(Wear, KnowsWhatItWasFittedFor)
{
    EXPECT_TRUE(st_wear_fitted(0.9, 0.5, 298.15));
    EXPECT_FALSE(st_wear_fitted(0.1, 0.5, 298.15));
    EXPECT_FALSE(st_wear_fitted(0.9, 0.7, 298.15));
    EXPECT_FALSE(st_wear_fitted(0.9, 0.5, 320.0));
    const std::vector<double> swing = {0.05, 0.95, 0.05};
    auto wear = std::make_unique<st_wear>();
    int fitted;
    fade(swing, 298.15, {3.6e9, 7200, 6.48e9, 0.45e6}, wear.get(), &fitted);
    EXPECT_TRUE(fitted);
}

TEST(Wear, NothingHappened)
{
    auto wear = std::make_unique<st_wear>();
    int fitted;
    EXPECT_TRUE(std::isnan(fade({}, 298.15, {1e9, 0, 0, 0}, wear.get(), &fitted)));
    /* depth 0 without a cycle: calendar fade only */
    const double still = fade({0.5, 0.5}, 298.15, {1e9, 2, 0, 0}, wear.get(), &fitted);
    EXPECT_NEAR(still, st_wear_calendar(0.5, 298.15) * std::pow(365, 0.526), 1e-15);
}

} // namespace
