/* verdict_test.cpp - the three-valued verdict, and the whole stage: rows, points, and planted
 * signals. */
#include <gtest/gtest.h>

#include <string>

#include "assess/assess.h"
#include "assess/reach.h"
#include "assess/stream.h"
#include "respond/series.h"

namespace
{

st_rule ercot_rule()
{
    st_statistic s = statistic_of(ST_STAT_ROLLING_RANGE);
    s.window_s = 5;
    st_rule rule = rule_of(s);
    rule.filter_low_hz = 0.1;
    rule.filter_high_hz = 55;
    rule.needs_rate_hz = 250;
    rule.needs_duration_s = 50;
    return rule;
}

TEST(Verdict, TruthTable)
{
    const st_recording good = {1000000, 60000, 1.0}, slow = {20000000, 60000, 1.0};
    const st_recording brief = {1000000, 30000, 1.0}, gappy = {1000000, 60000, 0.95};
    const st_recording enough = {4000000, 12500, 0.99}; /* 250 Hz, 50 s: just what is needed */
    const st_recording bad = {20000000, 1000, 0.9};
    const struct {
        const char *name;
        st_recording recording;
        double value_w;
        st_verdict_status status;
        const char *reason;
    } rows[] = {
        {"below", good, 9.9e6, ST_VERDICT_PASS, ""},
        {"equal", good, 10e6, ST_VERDICT_PASS, ""},
        {"just enough", enough, 9e6, ST_VERDICT_PASS, ""},
        {"above", good, 10.0001e6, ST_VERDICT_FAIL, ""},
        {"slow", slow, none, ST_VERDICT_INDETERMINATE,
         "too slow: recorded at 50 Hz, needed: 250 Hz"},
        {"slow convicts", slow, 11e6, ST_VERDICT_FAIL, ""},
        {"brief", brief, 9e6, ST_VERDICT_INDETERMINATE, "too short: recorded 30 s, needed: 50 s"},
        {"brief convicts", brief, 11e6, ST_VERDICT_FAIL, ""},
        {"gappy", gappy, 9e6, ST_VERDICT_INDETERMINATE,
         "too full of gaps: coverage 0.95, needed: 0.99"},
        {"gappy convicts", gappy, 11e6, ST_VERDICT_FAIL, ""},
        {"all", bad, none, ST_VERDICT_INDETERMINATE,
         "too slow: recorded at 50 Hz, needed: 250 Hz; too short: recorded 20 s, needed: 50 s; "
         "too full of gaps: coverage 0.9, needed: 0.99"},
        {"nothing valid", good, none, ST_VERDICT_INDETERMINATE,
         "too full of gaps: no window has the valid samples that rolling_range needs"},
    };
    for (const auto &row : rows) {
        const st_verdict v = reach(ercot_rule(), row.recording, row.value_w);
        EXPECT_EQ(v.status, row.status) << row.name;
        EXPECT_STREQ(v.reason, row.reason) << row.name;
        EXPECT_EQ(v.limit, 10.0);
        EXPECT_EQ(v.unit, ST_UNIT_MW);
        if (!std::isnan(row.value_w)) {
            EXPECT_NEAR(v.margin, (10.0 - row.value_w / 1e6) / 10.0, 1e-12) << row.name;
        }
    }
}

TEST(Verdict, EdgesNeedRoomAboveThem)
{
    st_rule rule = ercot_rule();
    rule.needs_rate_hz = 0;
    EXPECT_EQ(reach(rule, {8000000, 60000, 1.0}, 1e6).status, ST_VERDICT_PASS); /* 125 Hz: 56.25 */
    const st_verdict v = reach(rule, {10000000, 60000, 1.0}, none);
    EXPECT_EQ(v.status, ST_VERDICT_INDETERMINATE);
    EXPECT_STREQ(v.reason, "too slow: recorded at 100 Hz, needed: more than 122.222 Hz for 55 Hz");
    /* exactly 0.45 of the rate is too much */
    rule.filter_high_hz = 45;
    EXPECT_EQ(reach(rule, {10000000, 60000, 1.0}, none).status, ST_VERDICT_INDETERMINATE);
    EXPECT_TRUE(std::isnan(stream(rule, std::vector<double>(6000, 1.0), 10000000).value));
    rule.filter_high_hz = 44.99;
    EXPECT_FALSE(std::isnan(stream(rule, std::vector<double>(6000, 1.0), 10000000).value));
    /* a period in whole nanoseconds is as good as the rate it stands for */
    rule = ercot_rule();
    rule.filter_high_hz = 20;
    rule.needs_rate_hz = 60;
    EXPECT_EQ(reach(rule, {16666667, 60000, 1.0}, 1e6).status, ST_VERDICT_PASS);
}

TEST(Verdict, UnitsAndTheBindingLimit)
{
    st_statistic s = statistic_of(ST_STAT_MEAN_RAMP);
    s.window_s = 600;
    st_rule rule = rule_of(s);
    rule.limits[0] = {20, ST_UNIT_MW_PER_MIN};
    const st_recording good = {1000000, 6000000, 1.0};
    /* 200 MW in 600 s is 20 MW/min, and equality passes whatever the change of units did */
    for (int i = 1; i < 2000; i++) {
        rule.limits[0].value = i / 10.0;
        EXPECT_EQ(reach(rule, good, i * 1e6 / 600).status, ST_VERDICT_PASS) << i;
        EXPECT_EQ(reach(rule, good, i * 1.000001e6 / 600).status, ST_VERDICT_FAIL) << i;
    }
    rule.n_limits = 2;
    rule.limits[0] = {20, ST_UNIT_MW_PER_MIN};
    rule.limits[1] = {5, ST_UNIT_PERCENT_PEAK_PER_MIN};
    st_verdict v = reach(rule, good, 11e6 / 60, none, 2e8); /* 5 % of 200 MW: 10 MW/min binds */
    EXPECT_EQ(v.unit, ST_UNIT_PERCENT_PEAK_PER_MIN);
    EXPECT_EQ(v.limit, 5.0);
    EXPECT_NEAR(v.value, 5.5, 1e-12);
    EXPECT_EQ(v.status, ST_VERDICT_FAIL);
    v = reach(rule, good, 11e6 / 60, none, 2e9);
    EXPECT_EQ(v.unit, ST_UNIT_MW_PER_MIN);
    EXPECT_NEAR(v.value, 11.0, 1e-12);
    EXPECT_EQ(v.status, ST_VERDICT_PASS);
}

/* ---- the whole stage ------------------------------------------------------------------------ */

struct Rows {
    explicit Rows(size_t n)
        : rule(n), unit(n), reason(n), point(n), judged(n), status(n), value(n), limit(n),
          margin(n), start(n)
    {
        columns = {rule.data(),  point.data(),  judged.data(), status.data(), value.data(),
                   limit.data(), margin.data(), unit.data(),   start.data(),  reason.data()};
    }
    std::vector<const char *> rule, unit, reason;
    std::vector<uint8_t> point, judged, status;
    std::vector<double> value, limit, margin;
    std::vector<int64_t> start;
    st_verdict_columns columns;
};

struct Stage {
    Stage()
    {
        rules = {ercot_rule(), rule_of(statistic_of(ST_STAT_NONE)),
                 rule_of(statistic_of(ST_STAT_LEVEL))};
        rules[2].limits[0] = {60, ST_UNIT_PERCENT_PEAK};
        rules[2].point = ST_POINT_LOAD;
        limits.n_rules = rules.size();
        limits.rules = rules.data();
    }
    st_status run(const std::vector<double> &load, const std::vector<double> &draw, Rows &rows,
                  double nominal_w = none, int threads = 2)
    {
        const st_series in = narrow.of(load), out = &draw == &load ? in : narrow.of(draw);
        const st_limits *sets[] = {nullptr, &limits};
        st_assess_input input = {&in, &out, 1000000, 5000000000, 1.0, nominal_w, none, threads};
        EXPECT_EQ(st_arena_open(narrow.ctx, st_assess_text_bytes(st_assess_rows(sets, 2)), "texts",
                                &texts),
                  ST_OK);
        return st_assess(narrow.ctx, sets, 2, &input, &texts, &rows.columns);
    }
    ~Stage() { st_arena_close(&texts); }
    Narrow narrow;
    std::vector<st_rule> rules;
    st_limits limits = {};
    st_arena texts = {nullptr, 0, 0};
};

std::vector<double> sine(size_t n, double amplitude_w, double f, double rate_hz)
{
    std::vector<double> x(n);
    for (size_t i = 0; i < n; i++) {
        x[i] = 1e8 + amplitude_w * std::sin(2 * M_PI * f * (double)i / rate_hz);
    }
    return x;
}

TEST(Assess, RowsAreRulesTimesPoints)
{
    Stage stage;
    const st_limits *sets[] = {nullptr, &stage.limits};
    ASSERT_EQ(st_assess_rows(sets, 2), 4u); /* `none` gives no row */
    auto load = sine(60000, 2e7, 2, 1000), draw = sine(60000, 1e6, 2, 1000);
    load[31234] = 2e8;
    draw[21000] = 1.5e8;
    Rows rows(4);
    ASSERT_EQ(stage.run(load, draw, rows), ST_OK) << st_context_message(stage.narrow.ctx);
    const uint8_t points[] = {ST_POINT_LOAD, ST_POINT_DRAW, ST_POINT_LOAD, ST_POINT_DRAW};
    const uint8_t judged[] = {0, 1, 1, 0};
    for (size_t row = 0; row < 4; row++) {
        EXPECT_STREQ(rows.rule[row], "TEST-1");
        EXPECT_EQ(rows.point[row], points[row]);
        EXPECT_EQ(rows.judged[row], judged[row]);
        EXPECT_STREQ(rows.reason[row], "");
    }
    EXPECT_STREQ(rows.unit[0], "MW");
    EXPECT_STREQ(rows.unit[2], "percent_peak");
    EXPECT_NEAR(rows.value[2], 100.0, 1e-9); /* the load's own peak, at both points */
    EXPECT_NEAR(rows.value[3], 75.0, 1e-9);
    EXPECT_EQ(rows.start[2], 5000000000 + 31234 * 1000000LL);
    EXPECT_EQ(rows.start[3], 5000000000 + 21000 * 1000000LL);
    EXPECT_EQ(rows.status[2], ST_VERDICT_FAIL);
    EXPECT_NEAR(rows.margin[3], (60.0 - 75.0) / 60.0, 1e-12);
}

TEST(Assess, WithoutAValueThereIsNoTime)
{
    Stage stage;
    stage.rules[0].filter_high_hz = 499; /* more than 1 kHz can show */
    const auto load = sine(60000, 2e7, 2, 1000);
    Rows rows(4);
    ASSERT_EQ(stage.run(load, load, rows), ST_OK) << st_context_message(stage.narrow.ctx);
    EXPECT_TRUE(std::isnan(rows.value[0]) && std::isnan(rows.value[1]));
    EXPECT_EQ(rows.start[0], ST_NO_TIME_NS);
    EXPECT_EQ(rows.start[1], ST_NO_TIME_NS);
    EXPECT_GE(rows.start[2], 5000000000);
}

/* The whole stage, with the sign of the meter turned: 60 % of such a peak is no number. */
TEST(Assess, AReversedMeterIsNotAcquitted)
{
    Stage stage;
    auto load = sine(60000, 2e7, 2, 1000);
    for (double &w : load) {
        w = -w;
    }
    Rows rows(4);
    ASSERT_EQ(stage.run(load, load, rows), ST_OK) << st_context_message(stage.narrow.ctx);
    for (const size_t row : {2u, 3u}) {
        EXPECT_EQ(rows.status[row], ST_VERDICT_INDETERMINATE);
        EXPECT_TRUE(std::isnan(rows.value[row]));
        EXPECT_EQ(rows.start[row], ST_NO_TIME_NS);
        EXPECT_NE(std::string(rows.reason[row]).find("sign reversed"), std::string::npos);
    }
}

TEST(Assess, ThreadsAndSharedSeriesChangeNoNumber)
{
    const auto load = sine(60000, 2e7, 2, 1000);
    std::vector<double> seen;
    for (const int threads : {1, 2, 0}) {
        for (const bool shared : {false, true}) {
            Stage stage;
            Rows rows(4);
            ASSERT_EQ(
                stage.run(load, shared ? load : std::vector<double>(load), rows, none, threads),
                ST_OK);
            EXPECT_EQ(rows.value[0], rows.value[1]);
            EXPECT_EQ(rows.start[0], rows.start[1]);
            seen.push_back(rows.value[0]);
        }
    }
    for (double v : seen) {
        EXPECT_EQ(v, seen[0]);
    }
}

TEST(Assess, NominalNeedsASite)
{
    Stage stage;
    stage.rules[2].limits[0] = {60, ST_UNIT_PERCENT_NOMINAL};
    const auto load = sine(60000, 2e7, 2, 1000);
    Rows rows(4);
    EXPECT_EQ(stage.run(load, load, rows), ST_ARGUMENT);
    EXPECT_NE(std::string(st_context_message(stage.narrow.ctx)).find("TEST-1"), std::string::npos);
    Stage with;
    with.rules[2].limits[0] = {60, ST_UNIT_PERCENT_NOMINAL};
    EXPECT_EQ(with.run(load, load, rows, 3e8), ST_OK);
    EXPECT_NEAR(rows.value[2], 40.0, 1e-6);
}

TEST(Assess, NoMemoryIsAnError)
{
    const auto load = sine(60000, 2e7, 2, 1000);
    for (size_t n = 2; n < 7; n++) {
        Stage stage;
        Rows rows(4);
        /* counted after the series and the texts are there */
        const st_series in = stage.narrow.of(load);
        const st_limits *sets[] = {&stage.limits};
        st_assess_input input = {&in, &in, 1000000, 0, 1.0, none, none, 1};
        ASSERT_EQ(st_arena_open(stage.narrow.ctx, st_assess_text_bytes(4), "texts", &stage.texts),
                  ST_OK);
        st_alloc_fail_after(n - 1);
        const st_status status =
            st_assess(stage.narrow.ctx, sets, 1, &input, &stage.texts, &rows.columns);
        st_alloc_fail_after(0);
        EXPECT_TRUE(status == ST_MEMORY || (n > 4 && status == ST_OK)) << n;
    }
}

/* A signal 1 % under the limit passes, 1 % over it fails, at any rate that is fast enough. */
TEST(Assess, PlantedSignals)
{
    for (const double rate_hz : {250.0, 1000.0, 4000.0}) {
        const int64_t period_ns = (int64_t)(1e9 / rate_hz);
        const size_t n = (size_t)(100 * rate_hz);
        st_rule range = ercot_rule();
        st_statistic s = statistic_of(ST_STAT_CHANGE);
        s.lag_s = 15;
        st_rule change = rule_of(s);
        change.limits[0].value = 5;
        s = statistic_of(ST_STAT_MEAN_RAMP);
        s.window_s = 60;
        st_rule ramp = rule_of(s);
        ramp.limits[0] = {20, ST_UNIT_MW_PER_MIN};
        for (const double share : {0.99, 1.01}) {
            const st_verdict_status wanted = share < 1 ? ST_VERDICT_PASS : ST_VERDICT_FAIL;
            const st_recording recording = {period_ns, (int64_t)n, 1.0};
            /* 10 MW peak to peak at 2 Hz, faded in, where the filter's gain is 1 */
            auto x = sine(n, share * 5e6, 2, rate_hz);
            for (size_t i = 0; i < n; i++) {
                x[i] = 1e8 + (x[i] - 1e8) * std::min(1.0, (double)i / rate_hz / 30);
            }
            st_worst worst = stream(range, x, period_ns, 0);
            EXPECT_EQ(reach(range, recording, worst.value).status, wanted) << rate_hz;
            /* 5 MW in 15 s, between two levels */
            for (size_t i = 0; i < n; i++) {
                const double t = (double)i / rate_hz;
                x[i] = 1e8 + share * 5e6 * std::min(std::max((t - 40) / 15, 0.0), 1.0);
            }
            worst = stream(change, x, period_ns, 0);
            EXPECT_EQ(reach(change, recording, worst.value).status, wanted) << rate_hz;
            EXPECT_NEAR((double)worst.start / rate_hz, 40.0, 1e-6);
            /* 20 MW/min, downwards, for longer than the window */
            for (size_t i = 0; i < n; i++) {
                x[i] = 1e8 - share * 20e6 / 60 * std::max((double)i / rate_hz - 20, 0.0);
            }
            worst = stream(ramp, x, period_ns, 0);
            EXPECT_EQ(reach(ramp, recording, worst.value).status, wanted) << rate_hz;
        }
    }
}

} // namespace
