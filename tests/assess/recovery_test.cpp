/* recovery_test.cpp - trips planted into loads with a rhythm: how long they last is known, and what
 * is no trip is known too. */
#include <gtest/gtest.h>

#include "assess/stream.h"
#include "assess/verdict.h"

namespace
{

const int64_t ms = 1000000;

st_statistic recovery_of(double share = 0.9, double within_s = 2)
{
    st_statistic s = statistic_of(ST_STAT_RECOVERY);
    s.share = share;
    s.within_s = within_s;
    return s;
}

/* A training rhythm of 100 MW, and 60 MW in the last fifth of each period. */
std::vector<double> rhythm(double seconds, double rate_hz, double period_s = 3)
{
    std::vector<double> x((size_t)(seconds * rate_hz));
    for (size_t i = 0; i < x.size(); i++) {
        const double phase = std::fmod((double)i / rate_hz, period_s) / period_s;
        x[i] = phase < 0.8 ? 1e8 : 6e7;
    }
    return x;
}

/* Low for so many samples, then back at full load for a while. */
void plant(std::vector<double> &x, size_t start, size_t length, double low_w = 1e6)
{
    for (size_t i = start; i < x.size() && i < start + length + 300; i++) {
        x[i] = i < start + length ? low_w : 1e8;
    }
}

st_verdict judge(const st_rule &rule, const std::vector<double> &x, int64_t period_ns,
                 double coverage = 1)
{
    st_context *ctx = st_context_create();
    const st_recording recording = {period_ns, (int64_t)x.size(), coverage};
    st_verdict verdict;
    EXPECT_EQ(
        st_verdict_reach(ctx, &rule, &recording, stream(rule, x, period_ns), none, 1e8, &verdict),
        ST_OK);
    st_context_destroy(ctx);
    return verdict;
}

st_rule two_seconds()
{
    st_rule rule = rule_of(recovery_of());
    rule.limits[0] = {2, ST_UNIT_SECONDS};
    return rule;
}

TEST(Recovery, TimesTheLongestPlantedTrip)
{
    std::mt19937 random(11);
    for (int round = 0; round < 200; round++) {
        const double rate_hz = round % 2 ? 1000 : 250;
        auto x = rhythm(60, rate_hz, 0.5 + 0.1 * (double)(random() % 90));
        st_worst wanted = {0, 0};
        size_t at = (size_t)(12 * rate_hz) + random() % 5000;
        /* faults come in series: the next one may follow at once */
        for (unsigned trips = 1 + random() % 5; trips > 0; trips--) {
            const size_t length = (size_t)(0.03 * rate_hz) + random() % 1500;
            if (at + length + 400 >= x.size()) {
                break;
            }
            plant(x, at, length, 1e6 * (double)(random() % 29)); /* half of 60 MW, mostly */
            if ((double)length / rate_hz > wanted.value) {
                wanted = {(double)length / rate_hz, (int64_t)at};
            }
            at += length + 300 + random() % 3000;
        }
        const st_worst found = stream(recovery_of(), x, (int64_t)(1e9 / rate_hz), (unsigned)round);
        EXPECT_NEAR(found.value, wanted.value, 1e-9) << round;
        EXPECT_EQ(found.start, wanted.start) << round;
    }
}

TEST(Recovery, ShareSaysWhenItIsOver)
{
    /* 100 MW falls to 10 and climbs by 20 MW/s: 50, 90 and 98 MW after 2, 4 and 4.4 s */
    for (const auto &row : {std::pair<double, double>{0.5, 2.0}, {0.9, 4.0}, {0.98, 4.4}}) {
        std::vector<double> x(30000, 1e8);
        for (size_t i = 15000; i < 15000 + 4500; i++) {
            x[i] = 1e7 + 2e4 * (double)(i - 15000);
        }
        const st_worst found = stream(recovery_of(row.first, 10), x, ms);
        EXPECT_NEAR(found.value, row.second, 1.5e-3) << row.first;
        EXPECT_EQ(found.start, 15000) << row.first;
    }
}

TEST(Recovery, WhatIsNoTrip)
{
    const auto none_in = [](const std::vector<double> &x, const char *what) {
        EXPECT_TRUE(std::isnan(stream(recovery_of(), x, ms).value)) << what;
        EXPECT_STREQ(judge(two_seconds(), x, ms).reason,
                     "no trip in the recording whose recovery can be timed")
            << what;
    };
    auto x = rhythm(60, 1000);
    none_in(x, "a rhythm");
    plant(x, 30000, 500, 3.1e7);
    none_in(x, "a fall to more than half of the low phase");
    x = rhythm(60, 1000);
    plant(x, 30000, 19);
    none_in(x, "a glitch");
    x = rhythm(60, 1000);
    plant(x, 9000, 500);
    none_in(x, "a fall before 10 s are known");
    x.assign(60000, 1e8);
    for (size_t i = 30000; i < 60000; i++) {
        x[i] = i < 31000 ? 1e8 - 1e5 * (double)(i - 30000) : 0;
    }
    none_in(x, "a ramp to zero in 1 s");
    x.assign(60000, 1e8);
    std::fill(x.begin() + 20000, x.begin() + 30000, none);
    std::fill(x.begin() + 30000, x.end(), 1e7);
    none_in(x, "a gap that hides how fast the load fell");
    none_in(std::vector<double>(60000, 0.0), "nothing");
    none_in(std::vector<double>(60000, -1e7), "generation");
    none_in(std::vector<double>(60000, none), "only gaps");
}

/* Limits of the fall: 0.1 s is fast enough wherever it begins, 1 s is not. */
TEST(Recovery, TheFallIsFast)
{
    for (size_t start = 20000; start < 20200; start += 7) {
        for (const size_t length : {100u, 1000u}) {
            std::vector<double> x(40000, 1e8);
            for (size_t i = start; i < start + 2500; i++) {
                const double fallen = (double)(i - start) / (double)length;
                x[i] = 1e8 * std::fmax(0.0, 1 - fallen);
            }
            EXPECT_EQ(std::isnan(stream(recovery_of(), x, ms).value), length == 1000)
                << start << " " << length;
        }
    }
}

TEST(Recovery, OnePercentDecides)
{
    for (const size_t length : {1980u, 2000u, 2001u, 2020u}) {
        auto x = rhythm(60, 1000);
        plant(x, 30000, length);
        const st_verdict v = judge(two_seconds(), x, ms);
        EXPECT_NEAR(v.value, (double)length / 1000, 1e-12);
        EXPECT_EQ(v.unit, ST_UNIT_SECONDS);
        EXPECT_EQ(v.status, length <= 2000 ? ST_VERDICT_PASS : ST_VERDICT_FAIL) << v.reason;
    }
}

/* 700 x 0.001 is 0.7000000000000001 in floats, and that is not longer than 0.7. */
TEST(Recovery, ATimeOfWholeSamplesIsExact)
{
    st_rule rule = rule_of(recovery_of(0.9, 0.7));
    rule.limits[0] = {0.7, ST_UNIT_SECONDS};
    auto x = rhythm(60, 1000);
    plant(x, 30000, 700);
    EXPECT_EQ(stream(rule, x, ms).value, 0.7);
    EXPECT_EQ(judge(rule, x, ms).status, ST_VERDICT_PASS);
    /* seen for 700 ms and not to its end: neither too long nor over in time */
    x = rhythm(60, 1000);
    plant(x, 59300, 700);
    EXPECT_TRUE(std::isnan(stream(rule, x, ms).value));
    EXPECT_EQ(judge(rule, x, ms).status, ST_VERDICT_INDETERMINATE);
}

TEST(Recovery, AnUnseenEndConvictsOrStaysOpen)
{
    auto x = rhythm(60, 1000);
    plant(x, 55000, 5000);
    EXPECT_EQ(judge(two_seconds(), x, ms).status, ST_VERDICT_FAIL);
    EXPECT_NEAR(judge(two_seconds(), x, ms).value, 5.0, 1e-12);
    x = rhythm(60, 1000);
    plant(x, 20000, 1000);
    plant(x, 59000, 1000); /* 1 s, and then? */
    const st_verdict open = judge(two_seconds(), x, ms);
    EXPECT_EQ(open.status, ST_VERDICT_INDETERMINATE);
    EXPECT_STREQ(open.reason, "no trip in the recording whose recovery can be timed");
    plant(x, 40000, 2500); /* that one is too long whatever the other does */
    EXPECT_EQ(judge(two_seconds(), x, ms).status, ST_VERDICT_FAIL);
    /* a gap where the load comes back, and one where it falls */
    for (const size_t gap : {30970u, 29970u}) {
        x = rhythm(60, 1000);
        plant(x, 30000, 1000);
        std::fill(x.begin() + (long)gap, x.begin() + (long)gap + 60, none);
        EXPECT_EQ(judge(two_seconds(), x, ms).status, ST_VERDICT_INDETERMINATE) << gap;
    }
    x = rhythm(60, 1000);
    plant(x, 30000, 1000);
    std::fill(x.begin() + 30300, x.begin() + 30600, none); /* in between: nothing is hidden */
    EXPECT_NEAR(judge(two_seconds(), x, ms).value, 1.0, 1e-12);
}

TEST(Recovery, NeedsTenSamplesAndTenSeconds)
{
    auto x = rhythm(60, 10);
    std::fill(x.begin() + 300, x.begin() + 310, 0.0);
    EXPECT_NEAR(judge(two_seconds(), x, 100 * ms).value, 1.0, 1e-12);
    st_rule quick = rule_of(recovery_of(0.9, 0.5));
    quick.limits[0] = {0.5, ST_UNIT_SECONDS};
    EXPECT_EQ(judge(quick, x, 100 * ms).status, ST_VERDICT_FAIL); /* 1 s: it can convict */
    x = rhythm(60, 10);
    std::fill(x.begin() + 300, x.begin() + 303, 0.0);
    EXPECT_STREQ(judge(quick, x, 100 * ms).reason, "too slow: recorded at 10 Hz, needed: 20 Hz");
    x = rhythm(60, 5);
    std::fill(x.begin() + 200, x.begin() + 250, 0.0);
    const st_verdict blind = judge(two_seconds(), x, 200 * ms);
    EXPECT_TRUE(std::isnan(blind.value));
    EXPECT_STREQ(blind.reason, "too slow: recorded at 5 Hz, needed: 10 Hz");
    EXPECT_STREQ(judge(two_seconds(), rhythm(10, 1000), ms).reason,
                 "too short: recorded 10 s, needed: 10.101 s");
}

TEST(Recovery, BlocksChangeNoBit)
{
    auto x = rhythm(60, 1000);
    plant(x, 20017, 700);
    plant(x, 41003, 1234);
    for (size_t i = 0; i < x.size(); i += 1 + i % 97) {
        x[i] = i % 5 ? none : x[i];
    }
    const st_worst whole = stream(recovery_of(), x, ms, 0);
    for (unsigned seed = 1; seed < 6; seed++) {
        const st_worst found = stream(recovery_of(), x, ms, seed);
        EXPECT_TRUE(found.value == whole.value || std::isnan(whole.value));
        EXPECT_EQ(found.start, whole.start);
    }
}

} // namespace
