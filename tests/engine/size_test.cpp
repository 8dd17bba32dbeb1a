/* size_test.cpp - the map against brute force in float64, and what sizing says of it. */
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <random>

#include "engine/compare.h"
#include "engine/sizing_case.h"
#include "surgetank/analysis.h"

namespace
{

/* A rhythm of two levels with noise, steps and gaps. */
std::vector<float> make_load(std::mt19937 &random, size_t n, double period_s, bool gaps)
{
    std::normal_distribution<double> noise(0.0, 1e5);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    const double rhythm_s = 0.2 + 3.0 * uniform(random), swing_w = 2e7 * uniform(random) + 1e6;
    double level_w = 6e7 + 3e7 * uniform(random);
    std::vector<float> power(n);
    for (size_t i = 0; i < n; i++) {
        const double t = (double)i * period_s;
        level_w += uniform(random) < 2.0 / (double)n ? 1e7 * (uniform(random) - 0.5) : 0.0;
        power[i] = (float)(level_w + (std::fmod(t, rhythm_s) < 0.6 * rhythm_s ? swing_w : 0.0) +
                           noise(random));
    }
    for (int g = 0; gaps && g < 4; g++) {
        const size_t from = (size_t)(uniform(random) * (double)n);
        const size_t length = 1 + (size_t)(uniform(random) * 0.03 * (double)n);
        std::fill(power.begin() + (long)from, power.begin() + (long)std::min(n, from + length),
                  NAN);
    }
    if (gaps && random() % 2) { /* what a stage primes on begins with the first valid sample */
        std::fill_n(power.begin(), 1 + random() % (n / 10), NAN);
    }
    return power;
}

/* Any rule that the record can answer; the limit is somewhere near what batteries reach. */
void add_random_rule(SizingCase &c, std::mt19937 &random, double duration_s)
{
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    const st_statistic_kind kinds[] = {ST_STAT_LEVEL,          ST_STAT_ROLLING_RANGE,
                                       ST_STAT_SLOPE_IF,       ST_STAT_CHANGE,
                                       ST_STAT_MEAN_RAMP,      ST_STAT_RAMP_PERCENTILE,
                                       ST_STAT_BAND_AMPLITUDE, ST_STAT_LINE_AMPLITUDE,
                                       ST_STAT_ENERGY_SHARE,   ST_STAT_ROLLING_RANGE};
    const st_statistic_kind kind = kinds[random() % 10];
    const double rate_hz = 1e9 / (double)c.period_ns, size = 0.2 + 1.2 * uniform(random);
    const bool ramp =
        kind == ST_STAT_MEAN_RAMP || kind == ST_STAT_SLOPE_IF || kind == ST_STAT_RAMP_PERCENTILE;
    const double window_s = duration_s * (0.01 + 0.3 * uniform(random));
    st_rule &rule =
        kind == ST_STAT_LEVEL ? c.add_rule(kind, 95 - 10 * uniform(random), ST_UNIT_PERCENT_PEAK)
        : kind == ST_STAT_ENERGY_SHARE ? c.add_rule(kind, 2 + 70 * uniform(random), ST_UNIT_PERCENT)
        : ramp ? c.add_rule(kind, 8 * size / window_s * 60, ST_UNIT_MW_PER_MIN)
               : c.add_rule(kind, 10 * size, ST_UNIT_MW);
    st_statistic &s = rule.statistic;
    s.window_s = s.lag_s = s.average_s = window_s;
    s.percentile = 100 * uniform(random);
    s.direction = (st_direction)(random() % 3);
    s.form = (st_share_form)(random() % 2);
    s.low_hz = rate_hz * (0.002 + 0.01 * uniform(random));
    s.high_hz = rate_hz * (0.05 + 0.3 * uniform(random));
    s.threshold_w = 5e6 * uniform(random);
    if (random() % 3 == 0 && kind != ST_STAT_LEVEL && kind != ST_STAT_ENERGY_SHARE) {
        rule.filter_low_hz = s.low_hz;
        rule.filter_high_hz = s.high_hz * (random() % 8 == 0 ? 2.0 : 1.0);
        rule.filter_order = 1 + (int)(random() % 6);
    }
    rule.point = random() % 8 == 0 ? ST_POINT_LOAD : ST_POINT_DRAW;
    rule.needs_duration_s = random() % 8 == 0 ? 2 * duration_s : 0;
    rule.needs_coverage = random() % 8 == 0 ? 0.999 : 0.5;
}

void fill(SizingCase &c, std::mt19937 &random)
{
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    const size_t n = 1200 + random() % 4000;
    c.period_ns = random() % 2 ? 1000000 : 1 + (int64_t)(uniform(random) * 2e7);
    const double dt_s = (double)c.period_ns * 1e-9, duration_s = (double)n * dt_s;
    c.power = make_load(random, n, dt_s, random() % 2 == 0);
    c.stage.energy_j = 10e6 * c.stage.units * duration_s * std::pow(10.0, -2 * uniform(random));
    c.stage.delay_s = random() % 2 ? 0.0 : dt_s * (double)(random() % 40);
    c.stage.soc_recovery_s = random() % 3 ? 0.0 : duration_s * (0.1 + uniform(random));
    c.stage.soc_start = 0.1 + 0.8 * uniform(random);
    c.stage.tau_s = duration_s * (0.02 + 0.3 * uniform(random));
    c.first = (int64_t)(random() % 3);
    c.last = c.first + 24;
    c.step = 1 + (int64_t)(random() % 5);
    c.response_s = {dt_s * 0.4, dt_s * (3 + 30 * uniform(random))};
    if (random() % 3 == 0) {
        c.response_s.insert(c.response_s.begin(), 0.0);
    }
    const unsigned control = random() % 4;
    if (control == 0) {
        c.tau_s = {duration_s * 0.01, duration_s * 0.3};
    } else if (control == 1) {
        c.ramp_w_per_s = {1e6 / duration_s, 2e7 / duration_s, 1e8 / duration_s};
    } else if (control == 2) {
        c.stage.control = ST_CONTROL_RAMP;
        c.stage.ramp_up_w_per_s = 1e7 / duration_s;
        c.stage.ramp_down_w_per_s = 3e7 / duration_s;
    }
    for (unsigned r = 0; r < 1 + random() % 3; r++) {
        add_random_rule(c, random, duration_s);
    }
}

/* Up to two stages behind the one that is sized; theirs is what it lets through. */
void add_behind(SizingCase &c, std::mt19937 &random)
{
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    const double dt_s = (double)c.period_ns * 1e-9, duration_s = (double)c.power.size() * dt_s;
    for (unsigned b = 0; b < 1 + random() % 2; b++) {
        st_stage stage = c.stage;
        stage.power_w = 2e6 + 1e7 * uniform(random);
        stage.energy_j = 10e6 * duration_s * std::pow(10.0, -2 * uniform(random));
        stage.delay_s = random() % 2 ? 0.0 : dt_s * (double)(random() % 40);
        stage.response_s = random() % 4 ? dt_s * 20 * uniform(random) : 0.0;
        stage.soc_recovery_s = random() % 2 ? 0.0 : duration_s * (0.1 + uniform(random));
        stage.efficiency_discharge = 0.9;
        stage.tau_s = duration_s * (0.02 + 0.5 * uniform(random));
        stage.control = random() % 2 ? ST_CONTROL_RAMP : ST_CONTROL_SMOOTH;
        stage.ramp_up_w_per_s = 2e7 / duration_s;
        stage.ramp_down_w_per_s = 1e8 / duration_s;
        c.behind.push_back(stage);
    }
}

std::string describe(const SizingCase &c)
{
    std::string text;
    for (const st_rule &rule : c.rules) {
        text += std::string(st_statistic_name(rule.statistic.kind)) + " behind order " +
                std::to_string(rule.filter_high_hz > 0 ? rule.filter_order : 0) + ", window " +
                std::to_string(rule.statistic.window_s) + " s; ";
    }
    return text + std::to_string(c.power.size()) + " samples of " + std::to_string(c.period_ns) +
           " ns, recovery " + std::to_string(c.stage.soc_recovery_s) + " s, " +
           std::to_string(c.behind.size()) + " stages behind";
}

/* The smallest count without a FAIL at each response time. */
std::vector<int64_t> smallest(const SizingMap &map, const std::vector<SizingRow> &exact)
{
    std::vector<int64_t> best;
    for (double response_s : map.best_response_s) {
        int64_t units = -1;
        for (size_t i = 0; i < exact.size(); i++) {
            if (map.rows[i].response_s == response_s && exact[i].pass != 0 &&
                (units < 0 || map.rows[i].units < units)) {
                units = map.rows[i].units;
            }
        }
        best.push_back(units);
    }
    return best;
}

TEST(Size, AgreesWithBruteForce)
{
    size_t rows = 0, states[3] = {0, 0, 0}, differ = 0;
    double off = 0;
    for (unsigned seed = 1; seed <= 200; seed++) {
        std::mt19937 random(seed);
        SizingCase c;
        fill(c, random);
        if (seed % 3 == 0) {
            add_behind(c, random);
        }
        ASSERT_EQ(c.size(), ST_OK) << seed << ": " << st_context_message(c.ctx);
        const SizingMap map = c.read();
        std::vector<SizingRow> exact;
        for (const SizingRow &row : map.rows) {
            exact.push_back(c.brute(row));
            const SizingRow &want = exact.back();
            const double slack = 2e-5 * std::fmax(1.0, std::fabs(want.margin));
            rows++;
            states[want.pass + 1]++;
            ASSERT_EQ(std::isnan(want.margin), std::isnan(row.margin)) << seed;
            if (std::isnan(want.margin)) {
                ASSERT_EQ(want.pass, row.pass) << seed;
                continue;
            }
            off = std::fmax(off, std::fabs(want.margin - row.margin) /
                                     std::fmax(1.0, std::fabs(want.margin)));
            ASSERT_NEAR(want.margin, row.margin, slack)
                << seed << ": " << row.units << " units, " << row.response_s << " s, rule "
                << row.worst_rule << " (" << want.worst_rule << ") " << describe(c);
            if (want.pass != row.pass) {
                differ++;
                ASSERT_LT(std::fabs(want.margin), 2e-5) << seed << ": " << row.units << " units";
            }
        }
        EXPECT_EQ(smallest(map, exact), map.best_units) << seed;
    }
    RecordProperty("rows", (int)rows);
    printf("%zu rows: %zu INDETERMINATE, %zu FAIL, %zu PASS; margins off by at most %.2g, %zu "
           "verdicts\n",
           rows, states[0], states[1], states[2], off, differ);
    EXPECT_GT(states[0], rows / 50);
    EXPECT_GT(states[1], rows / 10);
    EXPECT_GT(states[2], rows / 10);
}

/* Storage at the racks changes what the battery sees, and no rule at the load. */
TEST(Size, AgreesWithBruteForceBehindRacks)
{
    for (unsigned seed = 1; seed <= 20; seed++) {
        std::mt19937 random(seed);
        SizingCase c;
        fill(c, random);
        const double duration_s = (double)c.power.size() * (double)c.period_ns * 1e-9;
        st_stage shelf = c.stage;
        shelf.place = ST_PLACE_RACK;
        shelf.power_w = 8e6;
        shelf.energy_j = 2e6 * duration_s;
        shelf.tau_s = 0.02 * duration_s;
        c.racks.push_back(shelf);
        if (seed % 2) {
            add_behind(c, random);
        }
        ASSERT_EQ(c.size(), ST_OK) << seed << ": " << st_context_message(c.ctx);
        for (const SizingRow &row : c.read().rows) {
            const SizingRow want = c.brute(row);
            ASSERT_EQ(std::isnan(want.margin), std::isnan(row.margin)) << seed;
            if (!std::isnan(want.margin)) {
                ASSERT_NEAR(want.margin, row.margin, 5e-5 * std::fmax(1.0, std::fabs(want.margin)))
                    << seed << ": " << row.units << " units, " << describe(c);
            }
        }
    }
}

/* What lanes do not compute: trips, and flicker; and a voltage that follows the range. */
TEST(Size, AgreesWithBruteForceOnWatchedRules)
{
    size_t trips = 0, rows = 0;
    for (unsigned seed = 1; seed <= 30; seed++) {
        std::mt19937 random(seed);
        std::uniform_real_distribution<double> uniform(0.0, 1.0);
        SizingCase c;
        const size_t n = 3200 + random() % 1500; /* 10 ms */
        c.period_ns = 10000000;
        c.power = make_load(random, n, 0.01, seed % 3 == 0);
        c.stage.tau_s = 0.2 + 3 * uniform(random);
        c.stage.power_w = c.stage.units * 2e6;
        c.response_s = {0.005, 0.3};
        c.last = 30;
        c.step = 3;
        const size_t from = n - (seed % 2 ? 30 : 1200); /* also one that the end cuts off */
        for (size_t i = from; seed % 4 != 0 && i < std::min(n, from + 40 + random() % 300); i++) {
            c.power[i] *= 0.1f;
        }
        st_rule &recovery = c.add_rule(ST_STAT_RECOVERY, 1.0, ST_UNIT_SECONDS);
        recovery.statistic.share = 0.9;
        recovery.statistic.within_s = 1.0;
        if (seed % 5 == 0) {
            st_rule &flicker = c.add_rule(ST_STAT_FLICKER, 0.8, ST_UNIT_PST);
            flicker.statistic.short_circuit_va = 3e8;
            flicker.statistic.grid_angle_deg = 80;
            st_rule &voltage = c.add_rule(ST_STAT_VOLTAGE_CHANGE, 1.0, ST_UNIT_PERCENT);
            voltage.statistic.short_circuit_va = 3e9;
            voltage.statistic.grid_angle_deg = 70;
            voltage.statistic.window_s = 1.0;
        }
        ASSERT_EQ(c.size(), ST_OK) << seed << ": " << st_context_message(c.ctx);
        for (const SizingRow &row : c.read().rows) {
            const SizingRow want = c.brute(row);
            ASSERT_EQ(want.pass, row.pass) << seed << ": " << row.units;
            ASSERT_EQ(std::isnan(want.margin), std::isnan(row.margin)) << seed << ": " << row.units;
            rows++;
            if (!std::isnan(want.margin)) {
                trips++;
                ASSERT_NEAR(want.margin, row.margin, 1e-4 * std::fmax(1.0, std::fabs(want.margin)))
                    << seed << ": " << row.units << " units " << row.worst_rule;
            }
        }
    }
    EXPECT_GT(trips, rows / 4);
    EXPECT_LT(trips, rows);
}

/* A step up and a step down, 1 kHz, 40 s; a range over 2 s that batteries can hold or not. */
struct Steps : SizingCase {
    Steps()
    {
        for (int i = 0; i < 40000; i++) {
            power.push_back(i > 15000 && i < 25000 ? 8e7f : 6e7f);
        }
        add_rule(ST_STAT_ROLLING_RANGE, 6.0, ST_UNIT_MW).statistic.window_s = 2.0;
        stage.delay_s = 0.0;
        stage.tau_s = 10.0;
        stage.power_w = 10e6; /* 1 MW each */
        stage.energy_j = 3.6e10;
        last = 40;
        response_s = {0.0, 0.002, 0.5};
    }
};

/* At once, 20 units let nothing through but the lag of 10 s: 20 MW (1 - exp(-0.2)) = 3.6 MW; with
 * P units the step that is left is 20 - P more; P = 14 leaves 6 MW, of which all counts at once. */
TEST(Size, FindsTheCountThatTheStepNeeds)
{
    Steps c;
    ASSERT_EQ(c.size(), ST_OK) << st_context_message(c.ctx);
    const SizingMap map = c.read();
    ASSERT_EQ(map.best_units.size(), 3u);
    EXPECT_NEAR((double)map.best_units[0], 16.0, 2.0);
    EXPECT_EQ(map.best_units[2], -1);
    EXPECT_NE(c.notices.find("response 2, 500 ms: no count passes; response-time limited"),
              std::string::npos)
        << c.notices;
    for (const SizingRow &row : map.rows) {
        EXPECT_DOUBLE_EQ(row.cost_usd, 1e6 * (double)row.units);
        EXPECT_DOUBLE_EQ(row.power_w, 1e6 * (double)row.units);
        EXPECT_EQ(row.tau_s, 10.0);
        EXPECT_TRUE(std::isnan(row.ramp_w_per_s));
        EXPECT_EQ(row.worst_rule, "RULE-0");
    }
    /* more units do not hurt here, and from the step's 20 MW on they change nothing */
    for (size_t u = 1; u <= 40; u++) {
        EXPECT_GE(map.rows[u].margin, map.rows[u - 1].margin - 1e-3) << u;
    }
    EXPECT_EQ(map.rows[40].margin, map.rows[25].margin);
    /* the summary is the one of the chosen battery */
    st_summary *summary = nullptr;
    const int64_t *status, *judged, *point;
    const double *margin;
    size_t n = 0;
    ASSERT_EQ(st_summary_open(c.ctx, c.output.c_str(), &summary), ST_OK);
    ASSERT_EQ(st_summary_integers(summary, "verdicts/status", &status, &n), ST_OK);
    ASSERT_EQ(st_summary_integers(summary, "verdicts/judged", &judged, &n), ST_OK);
    ASSERT_EQ(st_summary_integers(summary, "verdicts/point", &point, &n), ST_OK);
    ASSERT_EQ(st_summary_reals(summary, "verdicts/margin", &margin, &n), ST_OK);
    ASSERT_EQ(n, 2u);
    EXPECT_EQ(judged[1], 1);
    EXPECT_EQ(status[1], ST_VERDICT_PASS);
    EXPECT_EQ(margin[1], map.rows[(size_t)map.best_units[0]].margin);
    st_summary_close(summary);
}

/* The summary's draw is the one behind the chosen battery, the shelf before it and the field behind
 * it: its verdict has the margin of the map. */
TEST(Size, WritesWhatAllStagesLetThrough)
{
    Steps c;
    c.response_s = {0.0};
    c.behind.push_back(c.stage);
    c.behind.back().power_w = 1e6;
    c.racks.push_back(c.behind.back());
    c.racks.back().place = ST_PLACE_RACK;
    ASSERT_EQ(c.size(), ST_OK) << st_context_message(c.ctx);
    const SizingMap map = c.read();
    ASSERT_GT(map.best_units[0], 0);
    st_summary *summary = nullptr;
    const char *const *stages;
    const double *margin;
    size_t n = 0, n_stages = 0;
    ASSERT_EQ(st_summary_open(c.ctx, c.output.c_str(), &summary), ST_OK);
    ASSERT_EQ(st_summary_strings(summary, "battery/stage", &stages, &n_stages), ST_OK);
    ASSERT_EQ(st_summary_reals(summary, "verdicts/margin", &margin, &n), ST_OK);
    ASSERT_EQ(n_stages, 3u);
    EXPECT_NE(std::string(stages[1]).find(" x unit, 0 ms"), std::string::npos) << stages[1];
    ASSERT_EQ(n, 2u);
    EXPECT_EQ(margin[1], map.rows[(size_t)map.best_units[0]].margin);
    st_summary_close(summary);
}

TEST(Size, SaysWhatNoCountCanCure)
{
    Steps few;
    few.last = 5;
    ASSERT_EQ(few.size(), ST_OK);
    EXPECT_NE(few.notices.find("response 0, 2, 500 ms: no count passes; the largest still reaches "
                               "its limits"),
              std::string::npos)
        << few.notices;
    EXPECT_NE(
        few.notices.find("no candidate passes: load, draw and verdicts are those of the site"),
        std::string::npos);
    Steps brief;
    brief.stage.tau_s = 0.1;
    ASSERT_EQ(brief.size(), ST_OK);
    EXPECT_NE(brief.notices.find("nor would a battery of any size that answers at once"),
              std::string::npos)
        << brief.notices;
}

TEST(Size, KeepsIndeterminateApart)
{
    Steps c;
    c.add_rule(ST_STAT_CHANGE, 5.0, ST_UNIT_MW).statistic.lag_s = 100.0;
    c.response_s = {0.0};
    ASSERT_EQ(c.size(), ST_OK) << st_context_message(c.ctx);
    const SizingMap map = c.read();
    EXPECT_GT(map.best_units[0], 0);
    EXPECT_EQ(map.rows[0].pass, 0);
    EXPECT_EQ(map.rows[(size_t)map.best_units[0]].pass, -1);
    EXPECT_EQ(map.rows[(size_t)map.best_units[0]].worst_rule, "RULE-0");
    EXPECT_NE(c.notices.find("no rule FAILs, but the recording leaves some INDETERMINATE"),
              std::string::npos)
        << c.notices;
}

TEST(Size, SwitchesTheControl)
{
    Steps c;
    c.stage.control = ST_CONTROL_RAMP;
    c.stage.ramp_up_w_per_s = c.stage.ramp_down_w_per_s = 1e6;
    c.response_s = {0.0};
    ASSERT_EQ(c.size(), ST_OK);
    EXPECT_EQ(c.read().rows[0].ramp_w_per_s, 1e6);
    c.ramp_w_per_s = {1e6, 2e6};
    ASSERT_EQ(c.size(), ST_OK);
    SizingMap map = c.read();
    ASSERT_EQ(map.rows.size(), 82u);
    EXPECT_EQ(map.rows[81].ramp_w_per_s, 2e6);
    EXPECT_EQ(map.rows[81].tau_s, 10.0);
    c.ramp_w_per_s.clear();
    c.tau_s = {5.0, 20.0};
    ASSERT_EQ(c.size(), ST_OK);
    map = c.read();
    EXPECT_TRUE(std::isnan(map.rows[81].ramp_w_per_s));
    EXPECT_EQ(map.rows[81].tau_s, 20.0);
    EXPECT_GT(map.rows[81].margin, map.rows[40].margin) << "longer smoothing";
}

TEST(Size, GivesTheSameBitsForAnyThreadCount)
{
    std::mt19937 random(11);
    SizingCase c;
    fill(c, random);
    c.rules.clear();
    for (int r = 0; r < 6; r++) {
        add_random_rule(c, random, 3.0);
    }
    c.last = 400;
    c.step = 1;
    c.settings.threads = 1;
    ASSERT_EQ(c.size(), ST_OK) << st_context_message(c.ctx);
    const compare::File one = compare::read(c.output);
    for (int64_t threads : {2, 3, 7}) {
        c.settings.threads = threads;
        ASSERT_EQ(c.size(), ST_OK);
        EXPECT_EQ(compare::difference(one, compare::read(c.output), 0.0), "") << threads;
    }
}

TEST(Size, SizesASiteWithoutABattery)
{
    Steps c;
    c.site.n_stages = 0;
    EXPECT_EQ(c.size(), ST_ARGUMENT);
    EXPECT_NE(std::string(st_context_message(c.ctx)).find("add a storage stage"),
              std::string::npos);
    st_context_clear(c.ctx);
    c.unit_type = "megapack-2xl-4h";
    ASSERT_EQ(c.size(), ST_OK) << st_context_message(c.ctx);
    const SizingMap map = c.read();
    EXPECT_DOUBLE_EQ(map.rows[10].power_w, 9.79e6);
    EXPECT_DOUBLE_EQ(map.rows[10].cost_usd, 9.75e6);
    EXPECT_EQ(map.rows[10].tau_s, 60.0);
    c.unit_type = "perpetuum";
    EXPECT_EQ(c.size(), ST_CONFIG);
    EXPECT_NE(std::string(st_context_message(c.ctx)).find("megapack-3"), std::string::npos);
    st_context_clear(c.ctx);
    c.unit_type = "x\"\nname: y";
    EXPECT_EQ(c.size(), ST_ARGUMENT);
}

TEST(Size, RefusesWhatCanNotBeMeant)
{
    const struct {
        const char *what;
        void (*spoil)(Steps &c);
        st_status status;
        const char *sentence;
    } cases[] = {
        {"step", [](Steps &c) { c.step = 0; }, ST_ARGUMENT, "0:40:0"},
        {"range", [](Steps &c) { c.first = 50; }, ST_ARGUMENT, "50:40:1"},
        {"negative", [](Steps &c) { c.first = -1; }, ST_ARGUMENT, "FIRST"},
        {"many", [](Steps &c) { c.last = 100000000; }, ST_CAPACITY, "candidates"},
        {"response", [](Steps &c) { c.response_s = {-1.0}; }, ST_ARGUMENT, "at least 0"},
        {"nan", [](Steps &c) { c.response_s = {NAN}; }, ST_ARGUMENT, "response"},
        {"twice",
         [](Steps &c) {
             c.response_s = {0.1, 0.1};
         },
         ST_ARGUMENT, "rising"},
        {"tau", [](Steps &c) { c.tau_s = {0.0}; }, ST_ARGUMENT, "above 0"},
        {"both", [](Steps &c) { c.tau_s = c.ramp_w_per_s = {1.0}; }, ST_ARGUMENT, "one of both"},
        {"axis",
         [](Steps &c) {
             c.response_s.clear();
             for (int i = 0; i < 65; i++) {
                 c.response_s.push_back(i);
             }
         },
         ST_CAPACITY, "up to 64"},
        {"no rule", [](Steps &c) { c.rules.clear(); }, ST_ARGUMENT, "no rule to size for"},
        {"linear", [](Steps &c) { c.settings.storage_model = ST_MODEL_LINEAR; }, ST_ARGUMENT,
         "constrained"},
        {"no unit", [](Steps &c) { c.stage.units = 0; }, ST_ARGUMENT, "units"},
        {"rack", [](Steps &c) { c.stage.place = ST_PLACE_RACK; }, ST_ARGUMENT,
         "its storage is at the racks"},
    };
    for (const auto &row : cases) {
        Steps c;
        row.spoil(c);
        EXPECT_EQ(c.size(), row.status) << row.what;
        EXPECT_NE(std::string(st_context_message(c.ctx)).find(row.sentence), std::string::npos)
            << row.what << ": " << st_context_message(c.ctx);
        EXPECT_NE(access(c.output.c_str(), F_OK), 0) << row.what;
    }
}

/* With a device the same file comes out; without one a sentence, and no numbers of another's. */
TEST(Size, ComputesOnTheDeviceThatIsAskedFor)
{
    st_backend_info info[4];
    bool usable = false;
    for (size_t i = 0; i < st_backend_list(info, 4); i++) {
        usable = usable || (std::string(info[i].name) == "cuda" && info[i].usable);
    }
    std::mt19937 random(5);
    SizingCase c;
    fill(c, random);
    add_behind(c, random);
    st_rule &recovery = c.add_rule(ST_STAT_RECOVERY, 1.0, ST_UNIT_SECONDS);
    recovery.statistic.share = 0.9;
    recovery.statistic.within_s = 1.0;
    if (!usable) {
        EXPECT_EQ(c.size("cuda"), ST_NO_DEVICE);
        EXPECT_NE(std::string(st_context_message(c.ctx)).find("backend cuda: "), std::string::npos);
        EXPECT_NE(access(c.output.c_str(), F_OK), 0);
        return;
    }
    ASSERT_EQ(c.size("cpu"), ST_OK) << st_context_message(c.ctx);
    const compare::File cpu = compare::read(c.output);
    ASSERT_EQ(c.size("cuda"), ST_OK) << st_context_message(c.ctx);
    EXPECT_EQ(compare::difference(cpu, compare::read(c.output), 0.0), "");
}

/* A candidate costs its row of the map, its lane and what is written of it, whatever the record. */
TEST(Size, TakesMemoryForTheStateOfCandidatesOnly)
{
#if defined(ST_SANITIZE_ADDRESS) || defined(ST_SANITIZE_THREAD)
    GTEST_SKIP() << "sanitizers keep what is freed";
#endif
    const auto peak_bytes = [] {
        struct rusage usage = {};
        getrusage(RUSAGE_SELF, &usage);
        return (double)usage.ru_maxrss * 1024.0;
    };
    Steps c;
    c.stage.power_w = c.stage.energy_j = 1e6; /* none reaches what it is asked for: all differ */
    c.stage.units = 1000;
    c.first = 1;
    c.last = 400;
    ASSERT_EQ(c.size(), ST_OK) << st_context_message(c.ctx);
    const double before = peak_bytes();
    c.last = 8000;
    ASSERT_EQ(c.size(), ST_OK) << st_context_message(c.ctx);
    EXPECT_NE(c.notices.find("24000 candidates draw in 24000 different ways"), std::string::npos)
        << c.notices;
    EXPECT_LT(peak_bytes() - before, 512.0 * 24000);
}

TEST(Size, StopsWhenAsked)
{
    Steps c;
    st_context_on_progress(
        c.ctx,
        [](void *, const char *stage, double, double, const char *) {
            return std::string(stage) == "size" ? 1 : 0;
        },
        nullptr);
    EXPECT_EQ(c.size(), ST_INTERRUPTED);
    EXPECT_NE(access(c.output.c_str(), F_OK), 0);
}

} // namespace
