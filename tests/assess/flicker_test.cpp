/* flicker_test.cpp - flicker against Table 5 of IEC 61000-4-15 and against the flickermeter of
 * data/reference, voltage_change against brute force, and both against planted signals. */
#include <gtest/gtest.h>

#include "assess/flicker.h"
#include "assess/stream.h"
#include "assess/verdict.h"
#include "reference.h"

namespace
{

/* cos(60 degrees)/500 MVA: 1e-9 per W. */
st_statistic flicker_of(int volts)
{
    st_statistic s = statistic_of(ST_STAT_FLICKER);
    s.short_circuit_va = 500e6;
    s.grid_angle_deg = 60;
    s.lamp = volts == 230 ? ST_LAMP_230V50 : ST_LAMP_120V60;
    return s;
}

int64_t period_of(double rate_hz)
{
    return (int64_t)std::llround(1e9 / rate_hz);
}

/* The load whose changes move the voltage by percent. */
std::vector<double> rectangle(size_t n, double rate_hz, double per_minute, double percent)
{
    std::vector<double> x(n);
    for (size_t i = 0; i < n; i++) {
        const double half = std::floor((double)i / (60 * rate_hz / per_minute));
        x[i] = 2e7 + std::fmod(half, 2) * percent / 100 / 1e-9;
    }
    return x;
}

struct Row {
    int volts;
    double rate_hz, per_minute, percent, pst;
};

std::vector<Row> reference_rows()
{
    const auto values = st_reference("flicker_pst");
    std::vector<Row> rows;
    for (size_t i = 0; i + 5 <= values.size(); i += 5) {
        rows.push_back(
            {(int)values[i], values[i + 1], values[i + 2], values[i + 3], values[i + 4]});
    }
    return rows;
}

std::vector<double> load_of(const Row &row)
{
    return row.per_minute > 0
               ? rectangle((size_t)(600 * row.rate_hz), row.rate_hz, row.per_minute, row.percent)
               : st_reference("load");
}

/* IEC 61000-4-15:2010, Table 5: changes per minute, dV/V in percent. */
const struct {
    int volts;
    double per_minute, percent;
} table_5[] = {
    {120, 1, 3.181},    {120, 2, 2.564},    {120, 7, 1.694},    {120, 39, 1.040},
    {120, 110, 0.844},  {120, 1620, 0.548}, {120, 4800, 4.837}, {230, 1, 2.715},
    {230, 2, 2.191},    {230, 7, 1.450},    {230, 39, 0.894},   {230, 110, 0.722},
    {230, 1620, 0.407}, {230, 4000, 2.343},
};

/* Not by chance: twice the change is twice the Pst, and half of it is half. */
TEST(Flicker, Table5GivesOneAtEveryRate)
{
    for (const auto &row : table_5) {
        const std::string what =
            std::to_string(row.volts) + " V, " + std::to_string(row.per_minute) + "/min";
        for (const double rate_hz : {400.0, 1000.0, 2000.0}) {
            const auto pst = [&](double times) {
                const auto x = rectangle((size_t)(600 * rate_hz), rate_hz, row.per_minute,
                                         times * row.percent);
                return stream(flicker_of(row.volts), x, period_of(rate_hz)).value;
            };
            const double one = pst(1);
            EXPECT_NEAR(one, 1.0, 0.05) << what << " at " << rate_hz;
            if (rate_hz == 400) {
                EXPECT_NEAR(pst(2), 2 * one, 0.004 * one) << what;
                EXPECT_NEAR(pst(0.5), 0.5 * one, 0.002 * one) << what;
            }
        }
    }
}

TEST(Flicker, TheReferenceAgrees)
{
    const auto rows = reference_rows();
    ASSERT_EQ(rows.size(), 46u);
    for (const Row &row : rows) {
        const st_worst found = stream(flicker_of(row.volts), load_of(row), period_of(row.rate_hz));
        const std::string what = std::to_string(row.volts) + " V, " + std::to_string(row.rate_hz) +
                                 " Hz, " + std::to_string(row.per_minute) + "/min";
        EXPECT_NEAR(found.value, row.pst, 0.002 * row.pst) << what;
        EXPECT_EQ(found.start, 0) << what;
    }
}

TEST(Flicker, SensationEqualsTheReference)
{
    const auto load = st_reference("load"), wanted = st_reference("flicker_sensation");
    ASSERT_EQ(wanted.size(), 800u);
    for (int lamp = 0; lamp < 2; lamp++) {
        const st_statistic s = flicker_of(lamp == 0 ? 120 : 230);
        st_flickermeter meter;
        st_flickermeter_start(&meter, &s, 1000);
        for (size_t i = 0; i < 4000; i++) {
            const double p = st_flickermeter_step(&meter, load[i]);
            if (i % 10 == 0) {
                const double expected = wanted[(size_t)lamp * 400 + i / 10];
                ASSERT_NEAR(p, expected, 1e-8 * expected + 1e-12) << lamp << " " << i;
            }
        }
    }
}

/* Table 1: the sine of 8.8 Hz, at every rate that is fast enough. */
TEST(Flicker, PeaksAtOneWhereTheEyeSeesMost)
{
    for (const double rate_hz : {100.0, 250.0, 400.0, 1000.0, 2000.0, 50000.0}) {
        for (const int volts : {120, 230}) {
            const st_statistic s = flicker_of(volts);
            const double amplitude_w = (volts == 120 ? 0.00321 : 0.0025) / 2 / 1e-9;
            st_flickermeter meter;
            st_flickermeter_start(&meter, &s, rate_hz);
            double peak = 0;
            for (size_t i = 0; i < (size_t)(40 * rate_hz); i++) {
                const double x = amplitude_w * std::sin(2 * M_PI * 8.8 * (double)i / rate_hz);
                const double p = st_flickermeter_step(&meter, x);
                peak = i > (size_t)(30 * rate_hz) ? std::fmax(peak, p) : 0;
            }
            EXPECT_NEAR(peak, 1.0, 2e-3) << rate_hz << " " << volts;
        }
    }
}

TEST(Flicker, JudgesTheWorstWholeBlock)
{
    const auto wanted = st_reference("flicker_blocks");
    const size_t n = (size_t)wanted[3], block = 240000;
    const double strength[] = {0.5, 1.5, 1.0, 3.0};
    auto x = rectangle(n, wanted[0], 39, 1);
    for (size_t i = 0; i < n; i++) {
        x[i] = (x[i] - 2e7) * strength[i / block];
    }
    st_worst found = stream(flicker_of(120), x, period_of(wanted[0]));
    EXPECT_NEAR(found.value, wanted[1], 0.002 * wanted[1]);
    EXPECT_EQ((double)found.start, wanted[2]);
    /* alone, the half block is a block */
    x.erase(x.begin(), x.begin() + 3 * (long)block);
    found = stream(flicker_of(120), x, period_of(wanted[0]));
    EXPECT_GT(found.value, 1.5 * wanted[1]);
    EXPECT_EQ(found.start, 0);
}

TEST(Flicker, BlocksOfInputChangeNoBit)
{
    auto x = st_reference("load");
    for (size_t i = 0; i < x.size(); i += 1 + i % 97) {
        x[i] = none;
    }
    const st_worst whole = stream(flicker_of(230), x, 1000000, 0);
    EXPECT_GT(whole.value, 1.0);
    for (unsigned seed = 1; seed < 6; seed++) {
        const st_worst found = stream(flicker_of(230), x, 1000000, seed);
        EXPECT_EQ(found.value, whole.value);
        EXPECT_EQ(found.start, whole.start);
    }
}

TEST(Flicker, StillnessAndNothing)
{
    EXPECT_EQ(stream(flicker_of(120), std::vector<double>(20000, 1e8), 1000000).value, 0.0);
    EXPECT_TRUE(std::isnan(stream(flicker_of(120), std::vector<double>(500, none), 1000000).value));
    std::vector<double> x(20000, none); /* less than half is there */
    std::fill(x.begin(), x.begin() + 9000, 1e8);
    EXPECT_TRUE(std::isnan(stream(flicker_of(120), x, 1000000).value));
}

st_verdict judge(const st_rule &rule, const std::vector<double> &x, int64_t period_ns)
{
    st_context *ctx = st_context_create();
    const st_recording recording = {period_ns, (int64_t)x.size(), 1.0};
    st_verdict verdict;
    EXPECT_EQ(
        st_verdict_reach(ctx, &rule, &recording, stream(rule, x, period_ns), none, 1e8, &verdict),
        ST_OK);
    st_context_destroy(ctx);
    return verdict;
}

/* The limit is what another program found: one percent less load passes, one more fails. */
TEST(Flicker, OnePercentDecides)
{
    for (const Row &row : reference_rows()) {
        if (row.rate_hz != 1000 || row.per_minute != 39) {
            continue;
        }
        st_rule rule = rule_of(flicker_of(row.volts));
        rule.limits[0] = {row.pst, ST_UNIT_PST};
        auto x = load_of(row);
        for (double &v : x) {
            v *= 0.99;
        }
        const st_verdict below = judge(rule, x, 1000000);
        EXPECT_EQ(below.status, ST_VERDICT_PASS) << below.reason;
        EXPECT_EQ(below.unit, ST_UNIT_PST);
        for (double &v : x) {
            v *= 1.01 / 0.99;
        }
        EXPECT_EQ(judge(rule, x, 1000000).status, ST_VERDICT_FAIL);
    }
}

TEST(Flicker, PoorDataCannotAcquit)
{
    const auto verdict = [](double rate_hz, double seconds, double percent) {
        st_rule rule = rule_of(flicker_of(120));
        rule.limits[0] = {1.0, ST_UNIT_PST};
        const auto x = rectangle((size_t)(rate_hz * seconds), rate_hz, 110, percent);
        return judge(rule, x, period_of(rate_hz));
    };
    EXPECT_EQ(verdict(400, 600, 0.5).status, ST_VERDICT_PASS);
    EXPECT_STREQ(verdict(400, 60, 0.5).reason, "too short: recorded 60 s, needed: 600 s");
    EXPECT_STREQ(verdict(250, 600, 0.5).reason, "too slow: recorded at 250 Hz, needed: 400 Hz");
    EXPECT_STREQ(verdict(50, 600, 0.5).reason, "too slow: recorded at 50 Hz, needed: 400 Hz");
    EXPECT_EQ(verdict(250, 60, 1.0).status, ST_VERDICT_FAIL); /* it can convict */
    const st_verdict blind = verdict(50, 600, 5);
    EXPECT_EQ(blind.status, ST_VERDICT_INDETERMINATE);
    EXPECT_TRUE(std::isnan(blind.value));
}

TEST(VoltageChange, EqualsBruteForce)
{
    const auto load = st_reference("load");
    std::mt19937 random(3);
    for (int round = 0; round < 20; round++) {
        st_statistic s = statistic_of(ST_STAT_VOLTAGE_CHANGE);
        s.short_circuit_va = 1e8 * (1 + random() % 100);
        s.grid_angle_deg = (double)(random() % 90);
        s.window_s = 0.01 * (double)(1 + random() % 300);
        const size_t points = (size_t)std::llround(s.window_s / 0.01) + 1;
        std::vector<double> x(load.begin(), load.begin() + 2000);
        st_worst wanted = {0, 0};
        for (double &v : x) {
            v = random() % 50 ? v : none;
        }
        for (size_t first = 0; first + points <= x.size(); first++) {
            double high = -INFINITY, low = INFINITY;
            for (size_t i = first; i < first + points; i++) {
                const double change = x[i] / s.short_circuit_va;
                high = std::fmax(high, change);
                low = std::fmin(low, change);
            }
            const double range = (high - low) * std::cos(s.grid_angle_deg * M_PI / 180);
            if (range > wanted.value * (1 + 1e-12)) {
                wanted = {range, (int64_t)first};
            }
        }
        const st_worst found = stream(s, x, 10000000, (unsigned)round);
        EXPECT_NEAR(found.value, wanted.value, 1e-12 * wanted.value) << round;
        EXPECT_EQ(found.start, wanted.start) << round;
    }
}

TEST(VoltageChange, OnePercentDecides)
{
    st_statistic s = statistic_of(ST_STAT_VOLTAGE_CHANGE);
    s.short_circuit_va = 2e9;
    s.grid_angle_deg = 80;
    s.window_s = 1;
    st_rule rule = rule_of(s);
    rule.limits[0] = {3, ST_UNIT_PERCENT};
    const double step_w = 0.03 * 2e9 / std::cos(80 * M_PI / 180);
    for (const double factor : {0.99, 1.01}) {
        std::vector<double> x(5000, 1e8);
        std::fill(x.begin() + 2000, x.end(), 1e8 + factor * step_w);
        const st_verdict v = judge(rule, x, 1000000);
        EXPECT_NEAR(v.value, 3 * factor, 1e-9);
        EXPECT_EQ(v.unit, ST_UNIT_PERCENT);
        EXPECT_EQ(v.status, factor < 1 ? ST_VERDICT_PASS : ST_VERDICT_FAIL);
    }
}

} // namespace
