/* size_test.cpp - what sizing finds, says and refuses. */
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "engine/compare.h"
#include "engine/sizing_random.h"
#include "surgetank/analysis.h"

namespace
{

using sizing_random::add_behind, sizing_random::add_random_rule, sizing_random::fill;

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

/* Five units are too few for a step of 20 MW at once; answering late, no number is enough. */
TEST(Size, SaysWhatNoCountCanCure)
{
    Steps few;
    few.last = 5;
    ASSERT_EQ(few.size(), ST_OK);
    EXPECT_NE(few.notices.find("response 0 ms: no count passes; the largest still reaches its "
                               "limits of power or energy: sweep more units (at 0 ms 5 units come "
                               "closest, with RULE-0 at "),
              std::string::npos)
        << few.notices;
    EXPECT_NE(few.notices.find("response 2, 500 ms: no count passes; response-time limited: "),
              std::string::npos)
        << few.notices;
    EXPECT_NE(
        few.notices.find("no candidate passes: load, draw and verdicts are those of the site"),
        std::string::npos);
    for (int64_t last : {5, 40}) {
        Steps brief;
        brief.stage.tau_s = 0.1;
        brief.last = last;
        ASSERT_EQ(brief.size(), ST_OK);
        EXPECT_NE(brief.notices.find("response 0, 2, 500 ms: no count passes; nor would a battery "
                                     "of any size that answers at once"),
                  std::string::npos)
            << brief.notices;
        EXPECT_EQ(brief.notices.find("sweep more"), std::string::npos) << brief.notices;
    }
}

/* The whole step of 20 MW gets through before a battery does anything: no response is fast enough. */
TEST(Size, TellsDeadTimeFromResponse)
{
    for (int64_t last : {5, 40}) {
        Steps c;
        c.stage.delay_s = 0.005;
        c.last = last;
        ASSERT_EQ(c.size(), ST_OK);
        EXPECT_NE(c.notices.find("response 0, 2, 500 ms: no count passes; dead-time limited: "),
                  std::string::npos)
            << c.notices;
        EXPECT_NE(c.notices.find("the dead time is 5 ms)"), std::string::npos) << c.notices;
        EXPECT_EQ(c.notices.find("response-time"), std::string::npos) << c.notices;
        EXPECT_EQ(c.notices.find("sweep more"), std::string::npos) << c.notices;
    }
}

/* What is said of a response time is kept, and is about the row that the file points at. */
TEST(Size, KeepsWhyNoCountPasses)
{
    Steps c;
    c.add_rule(ST_STAT_ROLLING_RANGE, 15.0, ST_UNIT_MW).statistic.window_s = 0.001;
    ASSERT_EQ(c.size(), ST_OK);
    const SizingMap map = c.read();
    ASSERT_EQ(map.why.size(), 3u);
    EXPECT_EQ(map.why[0], "");
    EXPECT_EQ(map.rows[(size_t)map.best_candidate[0]].units, map.best_units[0]);
    EXPECT_NE(map.why[1], "");
    EXPECT_EQ(map.why[1], map.why[2]);
    EXPECT_NE(c.notices.find(map.why[2] + "\n"), std::string::npos);
    for (size_t r : {1u, 2u}) {
        const SizingRow &row = map.rows[(size_t)map.best_candidate[r]];
        EXPECT_EQ(row.response_s, c.response_s[r]);
        for (const SizingRow &other : map.rows) {
            EXPECT_TRUE(other.response_s != row.response_s || other.margin <= row.margin);
        }
    }
    const SizingRow &row = map.rows[(size_t)map.best_candidate[2]];
    EXPECT_NE(map.why[2].find("at 500 ms " + std::to_string(row.units) +
                              " units come closest, with " + row.worst_rule + " at "),
              std::string::npos)
        << map.why[2];
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
    c.stage.ramp_up_w_per_s = 2e6;
    c.stage.ramp_down_w_per_s = 1e6;
    c.response_s = {0.0};
    ASSERT_EQ(c.size(), ST_OK);
    EXPECT_EQ(c.read().rows[0].ramp_w_per_s, 1e6);
    EXPECT_EQ(c.read().rows[0].ramp_up_w_per_s, 2e6);
    EXPECT_EQ(c.read().rows[0].ramp_down_w_per_s, 1e6);
    c.ramp_w_per_s = {1e6, 2e6};
    ASSERT_EQ(c.size(), ST_OK);
    SizingMap map = c.read();
    ASSERT_EQ(map.rows.size(), 82u);
    EXPECT_EQ(map.rows[81].ramp_w_per_s, 2e6);
    EXPECT_EQ(map.rows[81].ramp_up_w_per_s, 2e6);
    EXPECT_EQ(map.rows[81].ramp_down_w_per_s, 2e6);
    EXPECT_EQ(map.rows[81].tau_s, 10.0);
    c.ramp_w_per_s.clear();
    c.tau_s = {5.0, 20.0};
    ASSERT_EQ(c.size(), ST_OK);
    map = c.read();
    EXPECT_TRUE(std::isnan(map.rows[81].ramp_w_per_s));
    EXPECT_TRUE(std::isnan(map.rows[81].ramp_up_w_per_s));
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
    for (const char *unknown : {"perpetuum", "x\"\nname: y", ""}) {
        c.unit_type = unknown;
        EXPECT_EQ(c.size(), ST_MISSING) << unknown;
        const std::string sentence = st_context_message(c.ctx);
        EXPECT_EQ(sentence.find("unknown unit type "), 0u) << sentence;
        EXPECT_NE(sentence.find("megapack-3"), std::string::npos) << sentence;
        st_context_clear(c.ctx);
    }
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
        {"many", [](Steps &c) { c.last = 100000000; }, ST_ARGUMENT, "up to 4000000 candidates"},
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
         ST_ARGUMENT, "up to 64"},
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
