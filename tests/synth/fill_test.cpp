/* fill_test.cpp - any slice equals the whole, whatever the threads; sensor and gaps are as asked. */
#include <cmath>
#include <random>

#include "synth/support.h"

namespace
{

/* Awkward on purpose: a rate with no round period, slow racks, everything switched on. */
st_synth awkward()
{
    return make_synth(9, 61.0, 733.0,
                      {"phase_spread_s=0.9", "phase_jitter_s=0.5", "period_jitter=0.05",
                       "period_s=1.37", "job_start_s=3", "job_stop_s=57", "missing_share=0.0005",
                       "checkpoint_every_s=7", "checkpoint_s=0.7"});
}

void expect_slices_equal(const st_synth &what)
{
    const std::vector<float> whole = fill_all(what);
    const size_t samples = static_cast<size_t>(st_synth_samples(&what));
    std::mt19937 engine(3);
    for (int i = 0; i < 200; i++) {
        const size_t rack = engine() % what.racks;
        const size_t racks = 1 + engine() % (what.racks - rack);
        const size_t first = engine() % samples;
        const size_t n = 1 + engine() % std::min<size_t>(samples - first, i % 2 ? 3000 : 3);
        const std::vector<float> part = fill(what, rack, racks, static_cast<int64_t>(first), n);
        for (size_t r = 0; r < racks; r++) {
            ASSERT_TRUE(same_bits(&part[r * n], &whole[(rack + r) * samples + first], n))
                << "racks " << rack << "+" << racks << ", samples " << first << "+" << n;
        }
    }
}

TEST(Fill, GivesTheSameSliceAlone)
{
    expect_slices_equal(awkward());
}

TEST(Fill, GivesTheSameSliceOfASine)
{
    st_synth what = awkward();
    what.rhythm = ST_RHYTHM_SINE;
    expect_slices_equal(what);
}

TEST(Fill, GivesTheSameSliceOfAFlatLine)
{
    st_synth what = awkward();
    what.rhythm = ST_RHYTHM_FLAT;
    expect_slices_equal(what);
}

TEST(Fill, LeavesTheRestOfAStrideAlone)
{
    const st_synth what = make_synth(2, 1.0, 1000.0);
    std::vector<float> out(2 * 100, -5.0f);
    st_synth_fill(&what, 0, 2, 10, 60, out.data(), 100);
    const std::vector<float> expected = fill(what, 0, 2, 10, 60);
    for (size_t r = 0; r < 2; r++) {
        EXPECT_TRUE(same_bits(&out[r * 100], &expected[r * 60], 60));
        for (size_t i = 60; i < 100; i++) {
            EXPECT_EQ(out[r * 100 + i], -5.0f);
        }
    }
}

TEST(Fill, DependsOnTheSeedAndOnEveryLevel)
{
    const st_synth what = make_synth(4, 30.0, 500.0);
    const std::vector<float> base = fill_all(what);
    EXPECT_TRUE(same_bits(base.data(), fill_all(what).data(), base.size()));
    st_synth other = what;
    other.seed = 8;
    EXPECT_FALSE(same_bits(base.data(), fill_all(other).data(), base.size()));
    for (const char *knob : {"period_s=2.1",      "compute_share=0.7",    "forward_share=0.4",
                             "forward_level=0.6", "backward_level=0.9",   "communicate_level=0.4",
                             "edge_s=0.03",       "overshoot=0.2",        "overshoot_s=0.06",
                             "micro_batches=11",  "ripple=0.04",          "checkpoint_every_s=20",
                             "level_spread=0.01", "level_jitter=0.02",    "phase_spread_s=0",
                             "phase_jitter_s=0",  "period_jitter=0",      "noise=0.001",
                             "step_w=5",          "missing_share=0.0005", "events=0",
                             "job_start_s=2",     "job_stop_s=20",        "rhythm=sine",
                             "rhythm=flat"}) {
        const st_synth changed = make_synth(4, 30.0, 500.0, {knob});
        EXPECT_FALSE(same_bits(base.data(), fill_all(changed).data(), base.size())) << knob;
    }
}

TEST(Fill, MakesAPureSineWhenAskedTo)
{
    const st_synth what =
        make_synth(1, 100.0, 1000.0,
                   {"rhythm=sine", "period_s=1", "period_jitter=0", "phase_spread_s=0",
                    "phase_jitter_s=0", "level_spread=0", "level_jitter=0", "noise=0", "step_w=0",
                    "missing_share=0", "events=0", "checkpoint_every_s=0", "rack_rating_w=1000",
                    "backward_level=0.8", "communicate_level=0.4"});
    const std::vector<float> x = fill_all(what);
    for (size_t i = 0; i < x.size(); i++) {
        const double turns = static_cast<double>(i % 1000) / 1000.0;
        ASSERT_NEAR(x[i], 600.0 + 200.0 * std::sin(2 * M_PI * turns), 1e-4) << i;
    }
}

TEST(Fill, RoundsToTheSensorsStep)
{
    const std::vector<float> x =
        fill_all(make_synth(2, 5.0, 1000.0, {"step_w=16", "missing_share=0"}));
    for (const float value : x) {
        ASSERT_EQ(std::fmod(value, 16.0f), 0.0f);
    }
}

TEST(Fill, AddsTheNoiseThatWasAskedFor)
{
    const std::vector<float> x =
        fill_all(make_synth(1, 60.0, 1000.0,
                            {"rhythm=flat", "noise=0.01", "step_w=0", "events=0",
                             "checkpoint_every_s=0", "missing_share=0", "rack_rating_w=100000"}));
    double sum = 0, squares = 0, neighbours = 0;
    for (const float value : x) {
        sum += value;
    }
    const double mean = sum / static_cast<double>(x.size());
    for (size_t i = 0; i < x.size(); i++) {
        squares += (x[i] - mean) * (x[i] - mean);
        neighbours += i > 0 ? (x[i] - mean) * (x[i - 1] - mean) : 0.0;
    }
    EXPECT_NEAR(std::sqrt(squares / static_cast<double>(x.size())), 1000.0, 15.0);
    EXPECT_NEAR(neighbours / squares, 0.0, 0.02);
}

TEST(Fill, LosesTheShareThatWasAskedForInShortBursts)
{
    const std::vector<float> x =
        fill_all(make_synth(40, 60.0, 1000.0, {"missing_share=0.0004", "events=0"}));
    size_t lost = 0, run = 0, longest = 0;
    for (const float value : x) {
        run = std::isnan(value) ? run + 1 : 0;
        lost += std::isnan(value);
        longest = std::max(longest, run);
    }
    EXPECT_NEAR(static_cast<double>(lost) / static_cast<double>(x.size()), 0.0004, 0.0001);
    EXPECT_LE(longest, 8u);
}

TEST(Fill, KeepsIterationsInOrderUnderWildJitter)
{
    const st_synth what = make_synth(3, 20.0, 1000.0,
                                     {"period_s=0.05", "phase_jitter_s=1000", "phase_spread_s=1000",
                                      "period_jitter=0.06", "edge_s=10", "events=0"});
    for (const float value : fill_all(what)) {
        ASSERT_TRUE(std::isnan(value) || (value > 0.0f && value < 240e3f));
    }
    expect_slices_equal(what);
}

} // namespace
