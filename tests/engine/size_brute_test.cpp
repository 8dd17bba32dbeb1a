/* size_brute_test.cpp - the map of candidates against brute force: every one of them through respond
 * and assess in float64. */
#include <gtest/gtest.h>

#include <map>

#include "engine/sizing_random.h"

namespace
{

using namespace sizing_random;

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

/* Whether a battery of any size would not fail, under some control of the map; -1: too close. */
int any_size_passes(SizingCase &c, const SizingMap &map, double response_s, double delay_s)
{
    const double kept_s = c.stage.delay_s;
    int found = 0;
    c.stage.delay_s = delay_s;
    for (const SizingRow &row : map.rows) {
        if (row.units != map.rows.back().units || row.response_s != map.rows.back().response_s) {
            continue; /* one row of each control */
        }
        SizingRow any = row;
        any.units = 1;
        any.power_w = any.energy_j = 1e15;
        any.response_s = response_s;
        const SizingRow judged = c.brute(any);
        found = std::fabs(judged.margin) < 2e-5 ? -1 : judged.pass != 0 ? 1 : found;
        if (found != 0) {
            break;
        }
    }
    c.stage.delay_s = kept_s;
    return found;
}

/* The reason by brute force; "" where it is a hair that decides. */
std::string reason_of(SizingCase &c, const SizingMap &map, double response_s)
{
    const int more = any_size_passes(c, map, response_s, c.stage.delay_s);
    const int faster = any_size_passes(c, map, 0.0, c.stage.delay_s);
    const int sooner = any_size_passes(c, map, 0.0, 0.0);
    return more < 0 || faster < 0 || sooner < 0 ? ""
           : more                               ? "sweep more units"
           : faster                             ? "response-time limited"
           : sooner                             ? "dead-time limited"
                                                : "nor would a battery of any size";
}

/* Of random cases: what is said where no count passes, and about which row. */
TEST(Size, SaysWhyAsBruteForceDoes)
{
    std::map<std::string, int> seen;
    for (unsigned seed = 1; seed <= 120; seed++) {
        std::mt19937 random(seed);
        SizingCase c;
        fill(c, random);
        if (seed % 3 == 0) {
            add_behind(c, random);
        }
        if (seed % 2 == 0) {
            c.stage.delay_s = 0.05;
        } else {
            c.stage.power_w *= 0.1; /* too few of them */
            c.last = c.first + 2 * c.step;
        }
        ASSERT_EQ(c.size(), ST_OK) << seed << ": " << st_context_message(c.ctx);
        const SizingMap map = c.read();
        for (size_t r = 0; r < map.why.size(); r++) {
            const SizingRow &at = map.rows[(size_t)map.best_candidate[r]];
            ASSERT_EQ(at.response_s, map.best_response_s[r]) << seed;
            ASSERT_EQ(map.why[r].empty(), map.best_units[r] >= 0) << seed;
            if (map.best_units[r] >= 0) {
                ASSERT_EQ(at.units, map.best_units[r]) << seed;
                ASSERT_NE(at.pass, 0) << seed;
                continue;
            }
            for (const SizingRow &row : map.rows) {
                ASSERT_TRUE(row.response_s != at.response_s || !(row.margin > at.margin)) << seed;
            }
            const std::string reason = reason_of(c, map, at.response_s);
            seen[reason]++;
            EXPECT_NE(map.why[r].find(reason), std::string::npos)
                << seed << ": " << reason << ": " << map.why[r];
        }
    }
    for (const auto &[reason, times] : seen) {
        printf("%3d x %s\n", times, reason.c_str());
    }
    EXPECT_GE(seen.size(), 4u);
    EXPECT_LE(seen[""], 5);
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

} // namespace
