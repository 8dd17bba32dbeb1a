/* truth_test.cpp - the list of planted events says what is in the series: when, how big, what. */
#include <algorithm>
#include <cmath>
#include <map>

#include "surgetank/summary.h"
#include "synth/support.h"

namespace
{

std::vector<st_planted> truth(const st_synth &what)
{
    std::vector<st_planted> list(ST_PLANTED_MAX);
    list.resize(st_synth_truth(&what, list.data()));
    return list;
}

/* No noise, so that the series says exactly what the events are. */
st_synth quiet(std::initializer_list<const char *> knobs = {})
{
    st_synth what = make_synth(32, 120.0, 1000.0, knobs);
    what.noise = what.step_w = what.missing_share = 0;
    return what;
}

int64_t sample(const st_synth &what, int64_t ns)
{
    return (ns - what.start_ns) / st_synth_period_ns(&what);
}

/* One rack with all events, and the same rack with none. */
struct Pair {
    std::vector<float> with, without;
};

Pair pair_of(const st_synth &what, int64_t rack)
{
    st_synth bare = what;
    bare.events = 0;
    const size_t n = static_cast<size_t>(st_synth_samples(&what));
    const size_t r = static_cast<size_t>(rack < 0 ? 0 : rack);
    return {fill(what, r, 1, 0, n), fill(bare, r, 1, 0, n)};
}

TEST(Truth, CountsWhatWasAskedFor)
{
    std::map<int, int> count;
    int64_t last_ns = 0;
    for (const st_planted &event : truth(quiet())) {
        count[event.kind]++;
        EXPECT_GE(event.start_ns, last_ns);
        EXPECT_GE(event.end_ns, event.start_ns);
        last_ns = event.start_ns;
    }
    EXPECT_EQ(count[ST_EVENT_SPIKE], 8);
    EXPECT_EQ(count[ST_EVENT_DIP], 4 + 1);
    EXPECT_EQ(count[ST_EVENT_STEP_UP], 2);
    EXPECT_EQ(count[ST_EVENT_STEP_DOWN], 2);
    EXPECT_EQ(count[ST_EVENT_OSCILLATION], 1);
    EXPECT_EQ(count[ST_EVENT_GAP], 4);
}

TEST(Truth, IsEmptyWithoutEvents)
{
    EXPECT_TRUE(truth(quiet({"events=0"})).empty());
}

TEST(Truth, NeverPutsTwoEventsOfARackTogether)
{
    const st_synth what = quiet({"spikes=40", "dips=40", "gaps=40", "faults=2"});
    const std::vector<st_planted> list = truth(what);
    EXPECT_GT(list.size(), 60u);
    for (size_t a = 0; a < list.size(); a++) {
        for (size_t b = a + 1; b < list.size(); b++) {
            if (list[a].rack == list[b].rack || list[a].rack < 0 || list[b].rack < 0) {
                EXPECT_GT(list[b].start_ns - list[a].end_ns, 1000000000);
            }
        }
    }
}

TEST(Truth, TimesAndHeightsOfSpikesAndDipsAreInTheSeries)
{
    const st_synth what = quiet({"steps=0", "gaps=0", "oscillations=0"});
    for (const st_planted &event : truth(what)) {
        const Pair pair = pair_of(what, event.rack);
        const int64_t from = sample(what, event.start_ns), to = sample(what, event.end_ns);
        const auto change = [&](int64_t i) {
            const size_t at = static_cast<size_t>(i);
            return static_cast<double>(pair.with[at]) - pair.without[at];
        };
        EXPECT_EQ(event.amplitude_w < 0, event.kind == ST_EVENT_DIP);
        EXPECT_GT(std::fabs(event.amplitude_w), 0.25 * what.rack_rating_w);
        const double middle = change(sample(what, (event.start_ns + event.end_ns) / 2));
        const double tolerance = event.rack < 0 ? 0.15 : 1e-3; /* -1: of a rack with no deviation */
        EXPECT_NEAR(middle / event.amplitude_w, 1.0, tolerance);
        /* Half height at start and end; what a fault comes back to has moved on meanwhile. */
        EXPECT_NEAR(change(from) / event.amplitude_w, 0.5, 0.35);
        if (event.rack >= 0) {
            EXPECT_NEAR(change(to) / event.amplitude_w, 0.5, 0.35);
        }
        EXPECT_NEAR(change(from - 500), 0.0, 1e-3);
        EXPECT_NEAR(change(to + 500), 0.0, 1e-3);
    }
}

TEST(Truth, SpikesAreAsHighAsTheKnobSays)
{
    const st_synth what = quiet({"spike_level=0.6", "level_spread=0"});
    for (const st_planted &event : truth(what)) {
        if (event.kind == ST_EVENT_SPIKE) {
            EXPECT_NEAR(event.amplitude_w, 0.6 * what.rack_rating_w, 1e-6 * what.rack_rating_w);
            EXPECT_GE(event.end_ns - event.start_ns, 14000000);
            EXPECT_LE(event.end_ns - event.start_ns, 60000000);
        }
    }
}

TEST(Truth, LeavesARackMostlyQuiet)
{
    std::map<int64_t, int> count;
    st_synth what = quiet({"spikes=150", "dips=150", "gaps=150", "checkpoint_every_s=0"});
    what.racks = 2;
    what.duration_ns *= 2;
    for (const st_planted &event : truth(what)) {
        count[event.rack]++;
    }
    for (const auto &[rack, events] : count) {
        EXPECT_LE(events, 12) << rack; /* one in 20 s */
    }
}

TEST(Truth, StepsStayUntilTheEndOrWereThereFromTheStart)
{
    const st_synth what = quiet({"spikes=0", "dips=0", "gaps=0", "oscillations=0", "faults=0"});
    const std::vector<st_planted> list = truth(what);
    ASSERT_EQ(list.size(), 4u);
    for (const st_planted &event : list) {
        const Pair pair = pair_of(what, event.rack);
        const size_t at = static_cast<size_t>(sample(what, event.start_ns));
        const double before = pair.with[at - 100] / pair.without[at - 100];
        const double after = pair.with[at + 100] / pair.without[at + 100];
        const bool down = event.kind == ST_EVENT_STEP_DOWN;
        EXPECT_NEAR(before, down ? 1.0 : 0.7, 1e-6);
        EXPECT_NEAR(after, down ? 0.7 : 1.0, 1e-6);
        EXPECT_NEAR(pair.with.front() / pair.without.front(), before, 1e-6);
        EXPECT_NEAR(pair.with.back() / pair.without.back(), after, 1e-6);
        EXPECT_NEAR(event.amplitude_w, pair.with[at + 4] - pair.with[at - 4],
                    0.02 * what.rack_rating_w);
        EXPECT_EQ(event.amplitude_w < 0, down);
    }
}

TEST(Truth, GapsAreExactlyTheMissingSamples)
{
    const st_synth what = quiet();
    for (const st_planted &event : truth(what)) {
        if (event.kind != ST_EVENT_GAP) {
            continue;
        }
        const std::vector<float> x = pair_of(what, event.rack).with;
        const size_t from = static_cast<size_t>(sample(what, event.start_ns));
        const size_t to = static_cast<size_t>(sample(what, event.end_ns));
        EXPECT_GE(event.end_ns - event.start_ns, 60000000);
        EXPECT_TRUE(std::isnan(event.amplitude_w));
        EXPECT_FALSE(std::isnan(x[from - 1]));
        EXPECT_FALSE(std::isnan(x[to]));
        EXPECT_TRUE(std::all_of(&x[from], &x[to], [](float v) { return std::isnan(v); }));
    }
}

TEST(Truth, OscillationHasItsFrequencyAndAmplitude)
{
    const st_synth what =
        quiet({"spikes=0", "dips=0", "steps=0", "gaps=0", "faults=0", "oscillations=1"});
    const std::vector<st_planted> list = truth(what);
    ASSERT_EQ(list.size(), 1u);
    const Pair pair = pair_of(what, list[0].rack);
    EXPECT_DOUBLE_EQ(list[0].frequency_hz, 14.7);
    double real = 0, imaginary = 0;
    const int64_t from = sample(what, list[0].start_ns) + 400, n = 1633; /* 24 turns */
    for (int64_t i = from; i < from + n; i++) {
        const size_t at = static_cast<size_t>(i);
        const double change = pair.with[at] - pair.without[at];
        const double angle = 2 * M_PI * 14.7 * static_cast<double>(i) / 1000.0;
        real += change * std::cos(angle);
        imaginary += change * std::sin(angle);
    }
    EXPECT_NEAR(2 * std::hypot(real, imaginary) / static_cast<double>(n), list[0].amplitude_w,
                0.01 * list[0].amplitude_w);
}

TEST(Truth, JobStartAndStopAreStepsOfAllRacks)
{
    const st_synth what = quiet({"events=0", "job_start_s=10", "job_stop_s=100"});
    const std::vector<st_planted> list = truth(what);
    ASSERT_EQ(list.size(), 2u);
    EXPECT_EQ(list[0].kind, ST_EVENT_STEP_UP);
    EXPECT_EQ(list[1].kind, ST_EVENT_STEP_DOWN);
    EXPECT_EQ(list[0].rack, -1);
    EXPECT_EQ(sample(what, list[0].start_ns), 10000);
    EXPECT_EQ(sample(what, list[1].start_ns), 100000);
    const std::vector<float> x = pair_of(what, 5).with;
    EXPECT_NEAR(x[0], x[9000], 1e-3);
    EXPECT_LT(x[9000], 0.15 * what.rack_rating_w);
    EXPECT_GT(x[11000], 0.4 * what.rack_rating_w);
    EXPECT_LT(x[101000], 0.15 * what.rack_rating_w);
}

} // namespace
