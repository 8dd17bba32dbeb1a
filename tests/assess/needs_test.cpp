/* needs_test.cpp - what a recording must bring for a rule to acquit: windows, frames, a positive load;
 * and that the reasons say so. */
#include <gtest/gtest.h>

#include <string>

#include "assess/bins.h"
#include "assess/reach.h"

namespace
{

TEST(Verdict, LagsAndWindowsNeedTheRecord)
{
    st_statistic s = statistic_of(ST_STAT_CHANGE);
    s.lag_s = 60;
    const st_rule rule = rule_of(s);
    const st_verdict v = reach(rule, {1000000, 60000, 1.0}, none);
    EXPECT_EQ(v.status, ST_VERDICT_INDETERMINATE);
    EXPECT_STREQ(v.reason, "too short: recorded 60 s, needed: 60.001 s");
    EXPECT_EQ(reach(rule, {1000000, 60001, 1.0}, 1e6).status, ST_VERDICT_PASS);
    s.lag_s = 0.0004;
    EXPECT_STREQ(reach(rule_of(s), {1000000, 60000, 1.0}, none).reason,
                 "too slow: recorded at 1000 Hz, needed: 1250 Hz");
    s = statistic_of(ST_STAT_ROLLING_RANGE);
    s.window_s = 0.0004; /* one point cannot move: a range of 0 acquits nobody */
    EXPECT_EQ(reach(rule_of(s), {1000000, 60000, 1.0}, 0.0).status, ST_VERDICT_INDETERMINATE);
}

/* What a rule looks at must fit into the record, whether its file says so or not. */
TEST(Verdict, AWindowThatDoesNotFitAcquitsNobody)
{
    st_statistic range = statistic_of(ST_STAT_ROLLING_RANGE), slope = range, voltage = range;
    range.window_s = slope.window_s = voltage.window_s = 60;
    slope.kind = ST_STAT_SLOPE_IF;
    voltage.kind = ST_STAT_VOLTAGE_CHANGE;
    st_statistic band = statistic_of(ST_STAT_BAND_AMPLITUDE);
    band.low_hz = 1;
    band.high_hz = 20;
    band.window_s = 60;
    st_statistic low = band, share = band, line = band;
    low.low_hz = share.low_hz = 0.01;
    low.window_s = 2;
    share.kind = ST_STAT_ENERGY_SHARE;
    line.kind = ST_STAT_LINE_AMPLITUDE;
    line.low_hz = 0.02; /* longer than its frame of 32.768 s */
    line.window_s = 40;
    st_rule filtered = rule_of(statistic_of(ST_STAT_LEVEL));
    filtered.filter_low_hz = 0.05;
    filtered.filter_high_hz = 5;
    const struct {
        const char *name;
        st_rule rule;
        int64_t samples; /* just enough, at 1 kHz */
    } rows[] = {
        {"rolling_range", rule_of(range), 60001},    {"slope_if", rule_of(slope), 60001},
        {"voltage_change", rule_of(voltage), 60001}, {"band_amplitude", rule_of(band), 60000},
        {"low edge", rule_of(low), 100000},          {"energy_share", rule_of(share), 100000},
        {"line_amplitude", rule_of(line), 50000},    {"filter", filtered, 20000},
    };
    for (const auto &row : rows) {
        st_rule rule = row.rule;
        rule.limits[0] = {10, rule.statistic.kind == ST_STAT_SLOPE_IF ? ST_UNIT_MW_PER_S
                              : rule.statistic.kind == ST_STAT_VOLTAGE_CHANGE ||
                                      rule.statistic.kind == ST_STAT_ENERGY_SHARE
                                  ? ST_UNIT_RATIO
                                  : ST_UNIT_MW};
        for (const int64_t samples : {INT64_C(1), INT64_C(5000), row.samples - 1}) {
            const st_verdict v = reach(rule, {1000000, samples, 1.0}, 1);
            EXPECT_EQ(v.status, ST_VERDICT_INDETERMINATE) << row.name << " of " << samples;
            char reason[64];
            snprintf(reason, sizeof reason, "too short: recorded %.6g s, needed: %.6g s",
                     (double)samples / 1000, (double)row.samples / 1000);
            EXPECT_EQ(std::string(v.reason).find(reason), 0u) << row.name << ": " << v.reason;
            EXPECT_EQ(reach(rule, {1000000, samples, 1.0}, 1e8).status, ST_VERDICT_FAIL)
                << row.name;
        }
        EXPECT_EQ(reach(rule, {1000000, row.samples, 1.0}, 1).status, ST_VERDICT_PASS) << row.name;
        st_rule_need need;
        st_rule_needs(&rule, 1000000, &need);
        EXPECT_NEAR(need.duration_s, (double)row.samples / 1000, 1e-9) << row.name;
        rule.needs_duration_s = 1000; /* what the file says is never less than that */
        st_rule_needs(&rule, 1000000, &need);
        EXPECT_EQ(need.duration_s, 1000.0);
    }
}

/* A meter that counts the load as negative, or a load that never ran. */
TEST(Verdict, PercentOfAPeakThatIsNone)
{
    st_rule rule = rule_of(statistic_of(ST_STAT_LEVEL));
    rule.limits[0] = {60, ST_UNIT_PERCENT_PEAK};
    const st_recording good = {1000000, 60000, 1.0};
    for (const double peak_w : {-3e8, -1e-3, 0.0}) {
        for (const double value_w : {4e8, -3e8, 0.0}) {
            const st_verdict v = reach(rule, good, value_w, none, peak_w);
            EXPECT_EQ(v.status, ST_VERDICT_INDETERMINATE) << peak_w;
            EXPECT_TRUE(std::isnan(v.value) && std::isnan(v.margin));
            EXPECT_NE(std::string(v.reason).find("not above 0: is the meter's sign reversed?"),
                      std::string::npos)
                << v.reason;
        }
    }
    EXPECT_STREQ(reach(rule, good, 4e8, none, -3e8).reason,
                 "the largest load is -3e+08 W, not above 0: is the meter's sign reversed?");
    EXPECT_EQ(reach(rule, good, 4e8, none, 1e9).status, ST_VERDICT_PASS);
    rule.limits[0] = {60, ST_UNIT_MW}; /* not a matter of the peak */
    EXPECT_EQ(reach(rule, good, 4e7, none, -3e8).status, ST_VERDICT_PASS);
}

TEST(Verdict, ABandBetweenTheBinsSaysWhatItNeeds)
{
    st_statistic s = statistic_of(ST_STAT_ENERGY_SHARE);
    s.low_hz = 0.3;
    s.high_hz = 0.35;
    st_rule rule = rule_of(s);
    rule.limits[0] = {10, ST_UNIT_PERCENT};
    EXPECT_STREQ(reach(rule, {1000000, 5000, 1.0}, none).reason,
                 "too short: recorded 5 s, needed: 65.536 s; its frame of 1024 samples has no bin "
                 "from 0.3 to 0.35 Hz");
    EXPECT_EQ(reach(rule, {1000000, 65535, 1.0}, 0.01).status, ST_VERDICT_INDETERMINATE);
    EXPECT_EQ(reach(rule, {1000000, 65536, 1.0}, 0.01).status, ST_VERDICT_PASS);
    EXPECT_STREQ(reach(rule, {10000, 10000000, 1.0}, none).reason, /* bins of 1.5 Hz at best */
                 "its frame of 65536 samples has no bin from 0.3 to 0.35 Hz, nor has any other at "
                 "100000 Hz");
    rule.statistic.kind = ST_STAT_LINE_AMPLITUDE;
    rule.limits[0] = {10, ST_UNIT_MW};
    rule.statistic.low_hz = 0.5;
    rule.statistic.high_hz = 1;
    rule.statistic.window_s = 0.5;
    EXPECT_STREQ(
        reach(rule, {1000000, 60000, 1.0}, none).reason,
        "its frame of 512 samples has no bin from 0.5 to 1 Hz, needed: a window of 2.048 s");
    rule.statistic.window_s = 2.048;
    EXPECT_EQ(reach(rule, {1000000, 60000, 1.0}, 1e6).status, ST_VERDICT_PASS);
    rule.statistic.low_hz = 600; /* above Nyquist: the rate is what lacks */
    rule.statistic.high_hz = 700;
    EXPECT_STREQ(reach(rule, {1000000, 60000, 1.0}, none).reason,
                 "too slow: recorded at 1000 Hz, needed: more than 1555.56 Hz for 700 Hz");
}

/* What info says of a recording is what a verdict would say. */
TEST(Verdict, NeedsAreThoseOfFileAndStatistic)
{
    st_statistic s = statistic_of(ST_STAT_FLICKER);
    s.short_circuit_va = 5e9;
    s.lamp = ST_LAMP_120V60;
    st_rule rule = rule_of(s);
    st_rule_need need;
    st_rule_needs(&rule, 1000000, &need);
    EXPECT_EQ(need.edge_hz, 42.0);
    EXPECT_EQ(need.rate_hz, 400.0);
    EXPECT_EQ(need.duration_s, 600.0);
    EXPECT_EQ(need.coverage, 0.99);
    rule.needs_rate_hz = 1000;
    rule.needs_duration_s = 1200;
    st_rule_needs(&rule, 1000000, &need);
    EXPECT_EQ(need.rate_hz, 1000.0);
    EXPECT_EQ(need.duration_s, 1200.0);
    s = statistic_of(ST_STAT_CHANGE);
    s.lag_s = 60;
    rule = rule_of(s);
    st_rule_needs(&rule, 1000000, &need);
    EXPECT_EQ(need.edge_hz, 0.0);
    EXPECT_NEAR(need.duration_s, 60.001, 1e-9);
}

/* Every bin of every frame, compared one by one. */
TEST(Bins, AreThoseOfTheFrame)
{
    std::mt19937 random(23);
    std::uniform_real_distribution<double> u(0.0, 1.0);
    size_t seen[2] = {0, 0};
    for (int round = 0; round < 3000; round++) {
        const bool line = round % 2;
        const int64_t period_ns = 1000 + random() % 100000000;
        const double rate_hz = 1e9 / (double)period_ns;
        const int64_t points = line ? INT64_C(8) << random() % 8 : INT64_C(256) << random() % 9;
        const double df = rate_hz / (double)points;
        st_statistic s = statistic_of(line ? ST_STAT_LINE_AMPLITUDE : ST_STAT_ENERGY_SHARE);
        s.low_hz = round % 5 == 0 ? df * (double)(1 + random() % 5) : df * 6 * u(random);
        s.high_hz = s.low_hz + df * 1.2 * u(random);
        const st_statistic_setup setup = {&s, period_ns, 4 * points, rate_hz};
        int64_t first = 0, smaller = 0;
        const auto any = [&](int64_t n) {
            for (int64_t k = line ? 2 : 1; k <= n / 2 - (line ? 1 : 0); k++) {
                const double f = (double)k * (rate_hz / (double)n);
                if (f >= s.low_hz && f <= s.high_hz) {
                    return true;
                }
            }
            return false;
        };
        seen[any(points)]++;
        EXPECT_EQ(st_bins_in_band(&setup, points), any(points)) << round;
        for (first = line ? 8 : 256; first <= 65536 && !any(first); first *= 2) {
            smaller = first;
        }
        const int64_t needed = st_bins_needed(&setup);
        EXPECT_EQ(first <= 65536 ? first : needed, needed) << round;
        EXPECT_TRUE(needed == 0 || needed > smaller) << round;
    }
    EXPECT_GT(std::min(seen[0], seen[1]), 500u);
    st_statistic level = statistic_of(ST_STAT_LEVEL);
    const st_statistic_setup setup = {&level, 1000000, 1000, 1000.0};
    EXPECT_TRUE(st_bins_in_band(&setup, 1));
}

} // namespace
