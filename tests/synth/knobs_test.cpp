/* knobs_test.cpp - the knob table: defaults, assignments, and sentences that say what is allowed. */
#include <cmath>
#include <set>

#include "synth/support.h"

namespace
{

std::string refused(const char *assignment)
{
    Context ctx = make_context();
    st_synth what;
    st_synth_default(&what, nullptr);
    EXPECT_EQ(st_synth_set(ctx.get(), &what, assignment), ST_ARGUMENT) << assignment;
    return st_context_message(ctx.get());
}

TEST(Knobs, AreDescribedAndCanBeSetToWhatTheySay)
{
    Context ctx = make_context();
    st_synth what;
    st_synth_default(&what, nullptr);
    std::set<std::string> names;
    for (size_t i = 0; i < st_synth_count(); i++) {
        st_knob_info info;
        st_synth_describe(&what, i, &info);
        ASSERT_NE(info.name, nullptr);
        EXPECT_TRUE(names.insert(info.name).second) << info.name;
        EXPECT_GT(std::strlen(info.text), 8u) << info.name;
        EXPECT_GT(std::strlen(info.range), 3u) << info.name;
        const std::string assignment = std::string(info.name) + "=" + info.value;
        EXPECT_EQ(st_synth_set(ctx.get(), &what, assignment.c_str()), ST_OK)
            << st_context_message(ctx.get());
    }
    EXPECT_EQ(st_synth_check(ctx.get(), &what), ST_OK) << st_context_message(ctx.get());
}

TEST(Knobs, SayWhatIsWrongAndWhatIsAllowed)
{
    EXPECT_NE(refused("period_s=0").find("knob period_s: found \"0\"; allowed: 0.02 to 600 s"),
              std::string::npos);
    EXPECT_NE(refused("spikes=1.5").find("found \"1.5\"; allowed: 0 to 150, whole"),
              std::string::npos);
    EXPECT_NE(refused("rhythm=waltz").find("allowed: training, sine, flat"), std::string::npos);
    EXPECT_NE(refused("tempo=1").find("no knob \"tempo\"; allowed: rack_rating_w, rhythm"),
              std::string::npos);
    EXPECT_NE(refused("tempo").find("allowed: knob=value"), std::string::npos);
    EXPECT_NE(refused("noise=nan").find("allowed"), std::string::npos);
    EXPECT_NE(refused("noise=").find("allowed"), std::string::npos);
    EXPECT_NE(refused("noise=0.1x").find("allowed"), std::string::npos);
}

TEST(Knobs, AreCheckedInAStructFilledByHand)
{
    Context ctx = make_context();
    const auto check = [&](void (*spoil)(st_synth *)) {
        st_synth what;
        st_synth_default(&what, nullptr);
        spoil(&what);
        st_context_clear(ctx.get());
        return st_synth_check(ctx.get(), &what);
    };
    EXPECT_EQ(check([](st_synth *) {}), ST_OK);
    EXPECT_EQ(check([](st_synth *s) { s->racks = 0; }), ST_ARGUMENT);
    EXPECT_EQ(check([](st_synth *s) { s->duration_ns = 0; }), ST_ARGUMENT);
    EXPECT_EQ(check([](st_synth *s) { s->duration_ns = INT64_MAX; }), ST_ARGUMENT);
    EXPECT_EQ(check([](st_synth *s) { s->rate_hz = NAN; }), ST_ARGUMENT);
    EXPECT_EQ(check([](st_synth *s) { s->rate_hz = 1e9; }), ST_ARGUMENT);
    EXPECT_EQ(check([](st_synth *s) { s->start_ns = -1; }), ST_ARGUMENT);
    EXPECT_EQ(check([](st_synth *s) { s->noise = NAN; }), ST_ARGUMENT);
    EXPECT_EQ(check([](st_synth *s) { s->spikes = -1; }), ST_ARGUMENT);
    EXPECT_EQ(check([](st_synth *s) { s->rhythm = static_cast<st_rhythm>(3); }), ST_ARGUMENT);
    EXPECT_EQ(check([](st_synth *s) { s->rate_hz = 1; }), ST_ARGUMENT);
}

TEST(Knobs, TakeTheRatingFromTheSite)
{
    st_site site = {};
    site.nominal_w = 1.1e9;
    site.racks = 7639;
    st_synth what;
    st_synth_default(&what, &site);
    EXPECT_DOUBLE_EQ(what.rack_rating_w, 1.1e9 / 7639);
    st_synth_default(&what, nullptr);
    EXPECT_DOUBLE_EQ(what.rack_rating_w, 120e3);
}

TEST(Knobs, MakeAWholeNumberOfNanoseconds)
{
    const st_synth what = make_synth(1, 1.0, 733.0);
    EXPECT_EQ(st_synth_period_ns(&what), 1364256);
    EXPECT_EQ(st_synth_samples(&what), 733);
}

} // namespace
