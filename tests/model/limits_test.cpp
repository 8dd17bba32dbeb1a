/* limits_test.cpp - every published rule ships with its number, and several files merge. */
#include "model/model_support.h"

#include <map>
#include <memory>
#include <sstream>

namespace
{

using model::Context;

struct LimitsDeleter {
    void operator()(st_limits *limits) const { st_limits_destroy(limits); }
};
using Limits = std::unique_ptr<st_limits, LimitsDeleter>;

Limits load(const std::string &names)
{
    Context ctx;
    st_limits *limits = nullptr;
    EXPECT_EQ(st_limits_load(ctx, names.c_str(), model::data_dir().c_str(), &limits), ST_OK)
        << ctx.message();
    return Limits(limits);
}

const char all[] = "ercot,ieso,caiso,southern,atc-spp,lipa,aeso,choukse,others";

struct Row {
    const char *id;
    st_statistic_kind kind;
    double scale_s; /* window, lag, average or time allowed */
    std::vector<std::pair<double, const char *>> limits;
};

TEST(Rules, ShipWithTheNumbersOfTheOperators)
{
    const Row table[] = {
        {"ERCOT-PV", ST_STAT_ROLLING_RANGE, 5, {{10, "MW"}}},
        {"ERCOT-1191-DOWN", ST_STAT_MEAN_RAMP, 60, {{5, "percent_peak/min"}, {20, "MW/min"}}},
        {"ERCOT-1191-UP", ST_STAT_MEAN_RAMP, 60, {{2, "percent_peak/min"}, {8, "MW/min"}}},
        {"ERCOT-RECOVERY", ST_STAT_RECOVERY, 2, {{2, "s"}}},
        {"IESO-R60", ST_STAT_CHANGE, 60, {{20, "MW"}}},
        {"IESO-R15", ST_STAT_ROLLING_RANGE, 15, {{5, "MW"}}},
        {"IESO-OSC", ST_STAT_LINE_AMPLITUDE, 10, {{2.5, "MW"}, {0.25, "percent_nominal"}}},
        {"IESO-RECOVERY", ST_STAT_RECOVERY, 1, {{1, "s"}}},
        {"CAISO-R", ST_STAT_MEAN_RAMP, 600, {{20, "MW/min"}}},
        {"CAISO-CYCLING", ST_STAT_NONE, 0, {}},
        {"CAISO-RECOVERY", ST_STAT_RECOVERY, 3, {{3, "s"}}},
        {"SOCO-RAMP", ST_STAT_MEAN_RAMP, 60, {{20, "MW/min"}}},
        {"SOCO-P75", ST_STAT_RAMP_PERCENTILE, 60, {{20, "MW/min"}}},
        {"SOCO-VAR", ST_STAT_ROLLING_RANGE, 6, {{10, "MW"}}},
        {"SOCO-BAND", ST_STAT_NONE, 0, {}},
        {"ATC-SPP-SLOPE", ST_STAT_SLOPE_IF, 100, {{0.5, "MW/s"}}},
        {"ATC-SPP-VAR", ST_STAT_ROLLING_RANGE, 5, {{25, "MW"}}},
        {"LIPA-LOW", ST_STAT_BAND_AMPLITUDE, 10, {{10, "MW"}}},
        {"LIPA-HIGH", ST_STAT_BAND_AMPLITUDE, 10, {{3.5, "MW"}}},
        {"AESO-RAMP", ST_STAT_MEAN_RAMP, 60, {{10, "MW/min"}}},
        {"CHOUKSE-RANGE", ST_STAT_ROLLING_RANGE, 1, {{10, "percent_peak"}}},
        {"CHOUKSE-ENERGY", ST_STAT_ENERGY_SHARE, 0, {{20, "percent"}}},
        {"CHOUKSE-AMPLITUDE", ST_STAT_ENERGY_SHARE, 0, {{20, "percent"}}},
        {"CHOUKSE-RAMP", ST_STAT_NONE, 0, {}},
        {"AEP-SCHEDULE", ST_STAT_NONE, 0, {}},
        {"DOMINION-DV", ST_STAT_NONE, 0, {}},
        {"AMEREN-DIP", ST_STAT_NONE, 0, {}},
        {"NERC-L2", ST_STAT_NONE, 0, {}},
        {"NERC-L3", ST_STAT_NONE, 0, {}},
        {"NERC-LLTF", ST_STAT_NONE, 0, {}},
        {"EIRGRID-RECOVERY", ST_STAT_RECOVERY, 0.5, {{0.5, "s"}}},
        {"AEMC-RECOVERY", ST_STAT_RECOVERY, 0.5, {{0.5, "s"}}},
    };
    const Limits limits = load(all);
    ASSERT_TRUE(limits);
    EXPECT_EQ(limits->n_rules, sizeof table / sizeof table[0]);
    std::map<std::string, const st_rule *> rules;
    for (size_t i = 0; i < limits->n_rules; i++) {
        rules[limits->rules[i].id] = &limits->rules[i];
    }
    for (const Row &row : table) {
        SCOPED_TRACE(row.id);
        const st_rule *rule = rules[row.id];
        ASSERT_NE(rule, nullptr);
        const st_statistic &s = rule->statistic;
        EXPECT_EQ(s.kind, row.kind);
        EXPECT_EQ(s.window_s + s.lag_s + s.average_s + s.within_s, row.scale_s);
        EXPECT_EQ(s.share, s.kind == ST_STAT_RECOVERY ? 0.9 : 0.0);
        ASSERT_EQ(rule->n_limits, row.limits.size());
        for (size_t i = 0; i < rule->n_limits; i++) {
            EXPECT_EQ(rule->limits[i].value, row.limits[i].first);
            EXPECT_STREQ(st_unit_name(rule->limits[i].unit), row.limits[i].second);
        }
        EXPECT_EQ(rule->point, ST_POINT_DRAW);
        EXPECT_GT(std::string(rule->text).size(), 20u);
        EXPECT_NE(rule->url, nullptr);
        EXPECT_EQ(rule->needs_coverage, 0.99);
        if (rule->n_limits > 0) {
            EXPECT_GE(rule->needs_duration_s, row.scale_s);
            EXPECT_GT(rule->needs_rate_hz, 0.0);
        }
    }
    const st_rule &pv = *rules["ERCOT-PV"];
    EXPECT_EQ(pv.filter_low_hz, 0.1);
    EXPECT_EQ(pv.filter_high_hz, 55.0);
    EXPECT_EQ(pv.filter_order, 4);
    EXPECT_EQ(pv.needs_rate_hz, 250.0);
    EXPECT_EQ(pv.needs_duration_s, 50.0);
    EXPECT_EQ(rules["IESO-R60"]->filter_high_hz, 0.0);
    EXPECT_EQ(rules["IESO-R60"]->statistic.direction, ST_BOTH);
    EXPECT_EQ(rules["ERCOT-1191-UP"]->statistic.direction, ST_UP);
    EXPECT_EQ(rules["ERCOT-1191-DOWN"]->statistic.direction, ST_DOWN);
    EXPECT_EQ(rules["ATC-SPP-SLOPE"]->statistic.threshold_w, 50e6);
    EXPECT_EQ(rules["SOCO-P75"]->statistic.percentile, 75.0);
    EXPECT_EQ(rules["LIPA-HIGH"]->statistic.low_hz, 5.0);
    EXPECT_EQ(rules["CHOUKSE-AMPLITUDE"]->statistic.form, ST_FORM_AMPLITUDE);
}

TEST(Rules, EveryPresetLoadsUnderItsName)
{
    Context ctx;
    char **names = nullptr;
    size_t n = 0;
    ASSERT_EQ(st_limits_names(ctx, model::data_dir().c_str(), &names, &n), ST_OK);
    EXPECT_EQ(n, 9u);
    for (size_t i = 0; i < n; i++) {
        const Limits limits = load(names[i]);
        ASSERT_TRUE(limits);
        EXPECT_STREQ(limits->name, names[i]);
        EXPECT_EQ(limits->yaml, model::read_file(limits->rules[0].file));
        EXPECT_NE(limits->yaml, nullptr);
    }
    st_names_free(names, n);
}

TEST(Rules, KnowTheirFileAndLine)
{
    const Limits limits = load("ieso,caiso");
    ASSERT_TRUE(limits);
    const std::string dir = model::data_dir();
    EXPECT_EQ(limits->rules[0].file, dir + "/limits/ieso.yaml");
    EXPECT_EQ(limits->rules[0].line, 6);
    EXPECT_EQ(limits->rules[4].file, dir + "/limits/caiso.yaml");
    EXPECT_EQ(limits->rules[4].line, 5);
    EXPECT_STREQ(limits->name, "ieso,caiso");
    EXPECT_STREQ(limits->title, "IESO (Ontario)");
}

TEST(Rules, SeveralFilesBecomeSeveralDocuments)
{
    const Limits limits = load("ieso,caiso,aeso");
    ASSERT_TRUE(limits);
    const std::string dir = model::data_dir() + "/limits/";
    EXPECT_EQ(limits->yaml, model::read_file(dir + "ieso.yaml") + "---\n" +
                                model::read_file(dir + "caiso.yaml") + "---\n" +
                                model::read_file(dir + "aeso.yaml"));
}

TEST(Rules, LeftOutKeysGetTheDefaults)
{
    const std::string text =
        "name: a\nrules: [{id: A, source: b, status: draft, text: c, point: load, "
        "statistic: {kind: level}, limit: {value: 1, unit: percent_nominal}}, "
        "{id: B, source: b, status: draft, text: c, filter: none, "
        "statistic: {kind: level}, limit: {value: 1, unit: MW}}, "
        "{id: C, source: b, status: draft, text: c, "
        "filter: {bandpass_hz: [1, 2]}, "
        "statistic: {kind: level}, limit: {value: 1, unit: MW}}]\n";
    Context ctx;
    st_limits *limits = nullptr;
    ASSERT_EQ(st_limits_parse(ctx, "a.yaml", text.data(), text.size(), &limits), ST_OK)
        << ctx.message();
    ASSERT_EQ(limits->n_rules, 3u);
    EXPECT_EQ(limits->rules[0].point, ST_POINT_LOAD);
    EXPECT_EQ(limits->rules[0].url, nullptr);
    EXPECT_EQ(limits->rules[0].needs_rate_hz, 0.0);
    EXPECT_EQ(limits->rules[0].needs_coverage, 0.99);
    EXPECT_EQ(limits->rules[1].point, ST_POINT_DRAW);
    EXPECT_EQ(limits->rules[1].filter_high_hz, 0.0);
    EXPECT_EQ(limits->rules[2].filter_high_hz, 2.0);
    EXPECT_EQ(limits->rules[2].filter_order, 4);
    EXPECT_STREQ(limits->title, "a");
    st_limits_destroy(limits);
}

/* The head of others.yaml tells how to write rules on the voltage; what it says is a file. */
TEST(Rules, TheTemplateIsAFile)
{
    std::istringstream others(model::read_file(model::data_dir() + "/limits/others.yaml"));
    std::string text, line;
    while (std::getline(others, line) && line[0] == '#') {
        text += line.rfind("#   ", 0) == 0 ? line.substr(4) + "\n" : "";
    }
    Context ctx;
    st_limits *limits = nullptr;
    ASSERT_EQ(st_limits_parse(ctx, "my.yaml", text.data(), text.size(), &limits), ST_OK)
        << ctx.message();
    ASSERT_EQ(limits->n_rules, 2u);
    const st_statistic &change = limits->rules[0].statistic, &flicker = limits->rules[1].statistic;
    EXPECT_EQ(change.kind, ST_STAT_VOLTAGE_CHANGE);
    EXPECT_EQ(change.short_circuit_va, 5e9);
    EXPECT_EQ(change.grid_angle_deg, 84.0);
    EXPECT_EQ(change.window_s, 1.0);
    EXPECT_EQ(limits->rules[0].limits[0].unit, ST_UNIT_PERCENT);
    EXPECT_EQ(flicker.kind, ST_STAT_FLICKER);
    EXPECT_EQ(flicker.lamp, ST_LAMP_120V60);
    EXPECT_EQ(limits->rules[1].limits[0].unit, ST_UNIT_PST);
    st_limits_destroy(limits);
}

TEST(Rules, BadListsOfNames)
{
    const std::string dir = model::data_dir();
    Context ctx;
    st_limits *limits = nullptr;
    EXPECT_EQ(st_limits_load(ctx, "ercot,nope", dir.c_str(), &limits), ST_MISSING);
    EXPECT_EQ(ctx.message(),
              "unknown limits \"nope\", known: aeso, atc-spp, caiso, choukse, ercot, "
              "ieso, lipa, others, southern (or the path of a .yaml file)");
    for (const char *names : {"", ",", "ercot,", ",ercot", "ercot,,ieso"}) {
        st_context_clear(ctx);
        EXPECT_EQ(st_limits_load(ctx, names, dir.c_str(), &limits), ST_ARGUMENT) << names;
    }
    st_context_clear(ctx);
    EXPECT_EQ(st_limits_load(ctx, "ercot,ieso,ercot", dir.c_str(), &limits), ST_CONFIG);
    EXPECT_EQ(ctx.message(), dir +
                                 "/limits/ercot.yaml:6: the id \"ERCOT-PV\" is there twice (also " +
                                 dir + "/limits/ercot.yaml:6), allowed: once");
    EXPECT_EQ(limits, nullptr);
}

TEST(LimitsMemory, EveryFailedAllocationIsReported)
{
    bool loaded = false;
    for (size_t n = 1; !loaded && n < 5000; n++) {
        Context ctx;
        st_limits *limits = nullptr;
        st_alloc_fail_after(n);
        const st_status status =
            st_limits_load(ctx, "ercot,caiso", model::data_dir().c_str(), &limits);
        st_alloc_fail_after(0);
        loaded = status == ST_OK;
        if (!loaded) {
            ASSERT_EQ(status, ST_MEMORY) << n << ": " << ctx.message();
            ASSERT_NE(ctx.message(), "");
        }
        st_limits_destroy(limits);
    }
    EXPECT_TRUE(loaded);
}

} // namespace
