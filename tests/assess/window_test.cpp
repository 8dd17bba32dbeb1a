/* window_test.cpp - level, rolling_range, slope_if, change and mean_ramp against brute force on
 * random series with gaps and ties (value and window exact), and against data/reference. */
#include <gtest/gtest.h>

#include "assess/stream.h"
#include "reference.h"

namespace
{

/* Few levels, so that equal windows happen; the earliest must win. */
std::vector<double> random_series(std::mt19937 &random, size_t n)
{
    std::vector<double> x(n);
    const unsigned levels = 3 + random() % 40, gaps = random() % 4;
    double level = 0;
    for (double &v : x) {
        level = random() % 3 ? level : (double)(random() % levels);
        v = gaps > 0 && random() % (10 / gaps) == 0 ? none : level;
    }
    if (random() % 5 == 0) {
        std::fill(x.begin(), x.begin() + (long)(random() % n), none);
    }
    return x;
}

void keep(st_worst &worst, double value, size_t start)
{
    if (!std::isnan(value) && !(value <= worst.value)) {
        worst = {value, (int64_t)start};
    }
}

void expect_same(st_worst found, st_worst wanted, const std::string &what)
{
    if (std::isnan(wanted.value)) {
        EXPECT_TRUE(std::isnan(found.value)) << what;
        return;
    }
    EXPECT_EQ(found.value, wanted.value) << what;
    EXPECT_EQ(found.start, wanted.start) << what;
}

st_worst brute_range(const std::vector<double> &x, size_t points)
{
    st_worst worst = {none, 0};
    points = std::min(points, x.size());
    for (size_t first = 0; first + points <= x.size(); first++) {
        double high = -INFINITY, low = INFINITY;
        for (size_t i = first; i < first + points; i++) {
            high = std::fmax(high, x[i]);
            low = std::fmin(low, x[i]);
        }
        keep(worst, high < low ? none : high - low, first);
    }
    return worst;
}

st_worst brute_change(const std::vector<double> &x, size_t lag, st_direction direction)
{
    st_worst worst = {none, 0};
    for (size_t i = lag; i < x.size() && lag > 0; i++) {
        const double rise = x[i] - x[i - lag];
        keep(worst,
             direction == ST_UP     ? rise
             : direction == ST_DOWN ? -rise
                                    : std::fabs(rise),
             i - lag);
    }
    return worst;
}

TEST(Window, EqualsBruteForce)
{
    std::mt19937 random(5);
    for (int round = 0; round < 400; round++) {
        const auto x = random_series(random, 1 + random() % 300);
        const size_t lag = random() % 60;
        const std::string what = "round " + std::to_string(round);
        st_statistic s = statistic_of(ST_STAT_ROLLING_RANGE);
        s.window_s = 0.01 * (double)lag; /* at 100 Hz */
        s.threshold_w = (double)(random() % 20);
        const st_worst range = brute_range(x, lag + 1);
        expect_same(stream(s, x, 10000000, (unsigned)round), range, "range " + what);
        if (lag > 0) {
            s.kind = ST_STAT_SLOPE_IF;
            const st_worst slope = std::isnan(range.value) ? range
                                   : range.value > s.threshold_w
                                       ? st_worst{range.value / s.window_s, range.start}
                                       : st_worst{0.0, 0};
            expect_same(stream(s, x, 10000000, (unsigned)round), slope, "slope " + what);
        }
        for (const st_direction direction : {ST_UP, ST_DOWN, ST_BOTH}) {
            st_worst wanted = brute_change(x, lag, direction);
            s.direction = direction;
            s.kind = ST_STAT_CHANGE;
            s.lag_s = 0.01 * (double)lag;
            expect_same(stream(s, x, 10000000, (unsigned)round), wanted, "change " + what);
            if (lag > 0) {
                s.kind = ST_STAT_MEAN_RAMP;
                wanted.value /= s.window_s;
                expect_same(stream(s, x, 10000000, (unsigned)round), wanted, "ramp " + what);
            }
        }
        st_worst level = {none, 0};
        for (size_t i = 0; i < x.size(); i++) {
            keep(level, x[i], i);
        }
        expect_same(stream(statistic_of(ST_STAT_LEVEL), x, 10000000, (unsigned)round), level,
                    "level " + what);
    }
}

/* An entry of values.txt: value in W or W/s, and the first sample of the window. */
void expect_reference(const st_rule &rule, double rate_hz, const std::string &name, bool window)
{
    const auto load = st_reference("load");
    const std::string key = "rule." + std::to_string((int)rate_hz) + "." + name;
    const st_worst found = stream(rule, load, (int64_t)(1e9 / rate_hz));
    const double wanted = st_reference_value(key + ".value");
    EXPECT_NEAR(found.value, wanted, 1e-9 * std::fabs(wanted)) << key;
    if (window) {
        EXPECT_EQ((double)found.start, st_reference_value(key + ".window")) << key;
    }
}

TEST(Window, EqualsTheReference)
{
    for (const double rate_hz : {100.0, 250.0}) {
        const auto check = [&](st_statistic_kind kind, double seconds, st_direction direction,
                               double threshold_w, const char *name) {
            st_statistic s = statistic_of(kind);
            s.window_s = s.lag_s = seconds;
            s.direction = direction;
            s.threshold_w = threshold_w;
            expect_reference(rule_of(s), rate_hz, name, true);
        };
        check(ST_STAT_ROLLING_RANGE, 5, ST_BOTH, 0, "rolling_range_5s");
        check(ST_STAT_ROLLING_RANGE, 1000, ST_BOTH, 0, "rolling_range_1000s");
        check(ST_STAT_SLOPE_IF, 5, ST_BOTH, 20e6, "slope_if_20mw_5s");
        check(ST_STAT_SLOPE_IF, 5, ST_BOTH, 90e6, "slope_if_90mw_5s");
        check(ST_STAT_CHANGE, 15, ST_UP, 0, "change_up_15s");
        check(ST_STAT_CHANGE, 15, ST_DOWN, 0, "change_down_15s");
        check(ST_STAT_CHANGE, 60, ST_BOTH, 0, "change_both_60s");
        check(ST_STAT_MEAN_RAMP, 60, ST_UP, 0, "mean_ramp_up_60s");
        check(ST_STAT_LEVEL, 0, ST_BOTH, 0, "level");
    }
}

TEST(Window, FilteredEqualsTheReference)
{
    for (const double rate_hz : {100.0, 250.0}) {
        st_statistic s = statistic_of(ST_STAT_ROLLING_RANGE);
        s.window_s = 5;
        st_rule rule = rule_of(s);
        rule.filter_low_hz = 0.1;
        rule.filter_high_hz = 40;
        expect_reference(rule, rate_hz, "filtered_0.1_40hz_rolling_range_5s", true);
    }
}

TEST(Window, BlocksChangeNoBit)
{
    auto x = st_reference("load");
    for (size_t i = 0; i < x.size(); i += 1 + i % 97) {
        x[i] = none;
    }
    for (const double high_hz : {0.0, 20.0}) {
        for (const st_statistic_kind kind :
             {ST_STAT_ROLLING_RANGE, ST_STAT_CHANGE, ST_STAT_LEVEL}) {
            st_statistic s = statistic_of(kind);
            s.window_s = s.lag_s = 7;
            st_rule rule = rule_of(s);
            rule.filter_low_hz = 0.2;
            rule.filter_high_hz = high_hz;
            const st_worst whole = stream(rule, x, 10000000, 0);
            EXPECT_FALSE(std::isnan(whole.value));
            for (unsigned seed = 1; seed < 6; seed++) {
                expect_same(stream(rule, x, 10000000, seed), whole, "blocks");
            }
        }
    }
}

} // namespace
