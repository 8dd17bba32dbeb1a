/* site_test.cpp - presets load, numbers are exactly what the files say, defaults are filled in. */
#include "model/model_support.h"

#include <cmath>
#include <memory>

#include "model/site_rules.h"

namespace
{

using model::Context;

struct SiteDeleter {
    void operator()(st_site *site) const { st_site_destroy(site); }
};
using Site = std::unique_ptr<st_site, SiteDeleter>;

Site load(const std::string &name)
{
    Context ctx;
    st_site *site = nullptr;
    EXPECT_EQ(st_site_load(ctx, name.c_str(), model::data_dir().c_str(), &site), ST_OK)
        << ctx.message();
    return Site(site);
}

Site parse(const std::string &text)
{
    Context ctx;
    st_site *site = nullptr;
    EXPECT_EQ(
        st_site_parse(ctx, "site.yaml", text.data(), text.size(), model::data_dir().c_str(), &site),
        ST_OK)
        << ctx.message();
    return Site(site);
}

const char head[] =
    "name: a\nnominal_mw: 1.5\ngpus: 8\nracks: 2\nsource: here\nreplicate: measured\n";

TEST(Presets, AllLoadAndSayWhereTheyComeFrom)
{
    Context ctx;
    char **names = nullptr;
    size_t n = 0;
    ASSERT_EQ(st_site_names(ctx, model::data_dir().c_str(), &names, &n), ST_OK);
    ASSERT_GE(n, 6u);
    for (size_t i = 0; i < n; i++) {
        SCOPED_TRACE(names[i]);
        if (i > 0) {
            EXPECT_LT(std::string(names[i - 1]), names[i]);
        }
        const Site site = load(names[i]);
        ASSERT_TRUE(site);
        EXPECT_STREQ(site->name, names[i]);
        EXPECT_GT(std::string(site->source).size(), 20u);
        EXPECT_GT(std::string(site->title).size(), 10u);
        EXPECT_EQ(site->yaml, model::read_file(site->path));
        for (size_t s = 0; s < site->n_stages; s++) {
            EXPECT_NE(site->stages[s].source, nullptr);
        }
    }
    st_names_free(names, n);
}

struct Expected {
    const char *name;
    double nominal_w;
    int64_t gpus, racks, units;
    double unit_w, unit_j, generation_w;
};

TEST(Presets, HaveTheNumbersOfTheSources)
{
    const Expected table[] = {
        {"colossus-1", 150e6, 200000, 6250, 156, 0.979e6, 3.916 * 3.6e9, 150e6},
        {"colossus-2-phase-1", 200e6, 110000, 1528, 168, 1.927e6, 3.854 * 3.6e9, 400e6},
        {"colossus-2", 1100e6, 550000, 7639, 600, 1.927e6, 3.854 * 3.6e9, 1200e6},
        {"cortex-initial", 130e6, 70000, 2188, 0, 0, 0, 0},
        {"cortex", 500e6, 269231, 8414, 0, 0, 0, 0},
        {"cortex-2", 500e6, 275000, 3820, 260, 1.927e6, 3.854 * 3.6e9, 0},
    };
    for (const Expected &e : table) {
        SCOPED_TRACE(e.name);
        const Site site = load(e.name);
        ASSERT_TRUE(site);
        EXPECT_EQ(site->nominal_w, e.nominal_w);
        EXPECT_EQ(site->gpus, e.gpus);
        EXPECT_EQ(site->racks, e.racks);
        EXPECT_EQ(site->replicate, ST_REPLICATE_LOCKSTEP);
        ASSERT_EQ(site->n_stages, e.units > 0 ? 1u : 0u);
        double generation_w = 0;
        for (size_t i = 0; i < site->n_generation; i++) {
            generation_w += site->generation[i].power_w;
            EXPECT_TRUE(std::isnan(site->generation[i].ramp_w_per_s));
        }
        EXPECT_EQ(generation_w, e.generation_w);
        if (e.units == 0) {
            continue;
        }
        const st_stage &stage = site->stages[0];
        EXPECT_EQ(stage.units, e.units);
        EXPECT_DOUBLE_EQ(stage.power_w, static_cast<double>(e.units) * e.unit_w);
        EXPECT_DOUBLE_EQ(stage.energy_j, static_cast<double>(e.units) * e.unit_j);
        EXPECT_EQ(stage.place, ST_PLACE_SITE);
        EXPECT_EQ(stage.price_usd, 975000.0);
        EXPECT_EQ(stage.response_s, 0.02);
        EXPECT_EQ(stage.delay_s, 0.005);
        EXPECT_EQ(stage.control, ST_CONTROL_SMOOTH);
        EXPECT_EQ(stage.tau_s, 60.0);
    }
}

TEST(Stage, KeysLeftOutGetTheDefaults)
{
    const Site site = parse(std::string(head) +
                            "storage: [{name: b, place: site, power_mw: 2.5, energy_mwh: 0.5}]\n");
    ASSERT_TRUE(site);
    const st_stage &s = site->stages[0];
    EXPECT_EQ(s.power_w, 2.5e6);
    EXPECT_EQ(s.energy_j, 1.8e9);
    EXPECT_EQ(s.units, 0);
    EXPECT_EQ(s.unit, nullptr);
    EXPECT_EQ(s.response_s, 0.02);
    EXPECT_EQ(s.delay_s, 0.005);
    EXPECT_EQ(s.efficiency_charge, std::sqrt(0.92));
    EXPECT_EQ(s.efficiency_discharge, std::sqrt(0.92));
    EXPECT_EQ(s.soc_min, 0.1);
    EXPECT_EQ(s.soc_max, 0.9);
    EXPECT_EQ(s.soc_start, 0.5);
    EXPECT_EQ(s.control, ST_CONTROL_SMOOTH);
    EXPECT_EQ(s.tau_s, 60.0);
    EXPECT_EQ(s.soc_recovery_s, 0.0);
    EXPECT_EQ(s.ramp_up_w_per_s, INFINITY);
    EXPECT_TRUE(std::isnan(s.price_usd));
    EXPECT_STREQ(site->title, "a");
    EXPECT_EQ(site->nominal_w, 1.5e6);
    EXPECT_EQ(site->replicate, ST_REPLICATE_MEASURED);
    EXPECT_EQ(site->notes, nullptr);
}

TEST(Stage, OwnPowerAndEnergyOverrideUnits)
{
    const Site site =
        parse(std::string(head) +
              "storage:\n"
              "- {name: b, place: site, unit: megapack-2xl-4h, units: 10, power_mw: 7,"
              " efficiency_charge: 0.5}\n"
              "- {name: c, place: rack, unit: gb300-shelf, units: 2,"
              " energy_mwh: 0.001}\n");
    ASSERT_TRUE(site);
    ASSERT_EQ(site->n_stages, 2u);
    EXPECT_EQ(site->stages[0].power_w, 7e6);
    EXPECT_DOUBLE_EQ(site->stages[0].energy_j, 10 * 3.916 * 3.6e9);
    EXPECT_EQ(site->stages[0].efficiency_charge, 0.5);
    EXPECT_DOUBLE_EQ(site->stages[0].efficiency_discharge, std::sqrt(0.937));
    EXPECT_EQ(site->stages[1].place, ST_PLACE_RACK);
    EXPECT_DOUBLE_EQ(site->stages[1].power_w, 2 * 36e3);
    EXPECT_DOUBLE_EQ(site->stages[1].energy_j, 3.6e6);
    EXPECT_TRUE(std::isnan(site->stages[1].price_usd));
}

TEST(Stage, RampTargetsAreWattsPerSecond)
{
    const std::string stage =
        "storage: [{name: b, place: site, power_mw: 1, energy_mwh: 1, control: ";
    const Site both = parse(head + stage + "{mode: ramp, ramp_mw_per_min: 6}}]\n");
    const Site each = parse(head + stage +
                            "{mode: ramp, ramp_up_mw_per_min: 3, ramp_down_mw_per_min: 12,"
                            " tau_s: 5, soc_recovery_s: 900}}]\n");
    ASSERT_TRUE(both && each);
    EXPECT_EQ(both->stages[0].control, ST_CONTROL_RAMP);
    EXPECT_DOUBLE_EQ(both->stages[0].ramp_up_w_per_s, 1e5);
    EXPECT_DOUBLE_EQ(both->stages[0].ramp_down_w_per_s, 1e5);
    EXPECT_DOUBLE_EQ(each->stages[0].ramp_up_w_per_s, 5e4);
    EXPECT_DOUBLE_EQ(each->stages[0].ramp_down_w_per_s, 2e5);
    EXPECT_EQ(each->stages[0].tau_s, 5.0);
    EXPECT_EQ(each->stages[0].soc_recovery_s, 900.0);
}

void remember(void *said, const char *text)
{
    *static_cast<std::string *>(said) += std::string(text) + "\n";
}

/* Such files exist, so they are read; silence would let people believe in a ramp. */
TEST(Stage, RampsInModeSmoothAreSaidToDoNothing)
{
    const std::string stage =
        "storage:\n- name: b\n  place: site\n  power_mw: 1\n  energy_mwh: 1\n  control: ";
    const struct {
        const char *control, *said;
    } rows[] = {
        {"{ramp_mw_per_min: 5}",
         "site.yaml:12: storage 'b': ramp_mw_per_min has no effect in mode smooth\n"},
        {"{mode: smooth, tau_s: 5, ramp_mw_per_min: 5}",
         "site.yaml:12: storage 'b': ramp_mw_per_min has no effect in mode smooth\n"},
        {"{ramp_up_mw_per_min: 5, ramp_down_mw_per_min: 6}",
         "site.yaml:12: storage 'b': ramp_up_mw_per_min has no effect in mode smooth\n"
         "site.yaml:12: storage 'b': ramp_down_mw_per_min has no effect in mode smooth\n"},
        {"{mode: smooth, tau_s: 5}", ""},
        {"{mode: ramp, ramp_mw_per_min: 5}", ""},
    };
    for (const auto &row : rows) {
        const std::string text = head + stage + row.control + "\n";
        std::string said;
        Context ctx;
        st_site *site = nullptr;
        st_context_on_notice(ctx, remember, &said);
        ASSERT_EQ(st_site_parse(ctx, "site.yaml", text.data(), text.size(),
                                model::data_dir().c_str(), &site),
                  ST_OK)
            << ctx.message();
        EXPECT_EQ(said, row.said) << row.control;
        EXPECT_EQ(site->stages[0].control, row.said[0] == '\0' && row.control[7] == 'r'
                                               ? ST_CONTROL_RAMP
                                               : ST_CONTROL_SMOOTH);
        st_site_destroy(site);
    }
}

TEST(Stage, SmoothingIsInWattsOfOneRack)
{
    const Site site =
        parse(std::string(head) + "storage:\n"
                                  "  - {name: gpus, kind: gpu_smoothing, place: rack, "
                                  "floor_w: 90e3, active_w: 60e3, stop_delay_s: 2,\n"
                                  "     ramp_up_w_per_s: 5e4}\n"
                                  "  - {name: shelf, kind: storage, place: rack, unit: "
                                  "gb300-shelf, units: 1}\n");
    ASSERT_TRUE(site);
    ASSERT_EQ(site->n_stages, 2u);
    const st_stage &gpus = site->stages[0];
    EXPECT_EQ(gpus.kind, ST_STAGE_SMOOTHING);
    EXPECT_EQ(gpus.place, ST_PLACE_RACK);
    EXPECT_EQ(gpus.floor_w, 90e3);
    EXPECT_EQ(gpus.active_w, 60e3);
    EXPECT_EQ(gpus.stop_delay_s, 2.0);
    EXPECT_EQ(gpus.ramp_up_w_per_s, 5e4);
    EXPECT_TRUE(std::isinf(gpus.ramp_down_w_per_s));
    EXPECT_TRUE(std::isinf(gpus.ceiling_w));
    EXPECT_EQ(site->stages[1].kind, ST_STAGE_STORAGE);
    EXPECT_NEAR(site->stages[1].energy_j, 4680.0, 1e-6);
}

TEST(SiteRules, ComeFromTheGeneration)
{
    const Site site =
        parse(std::string(head) + "generation:\n"
                                  "- {kind: substation, power_mw: 150, ramp_mw_per_min: 10}\n"
                                  "- {kind: turbine, power_mw: 35.5, ramp_mw_per_min: 2.5}\n");
    Context ctx;
    st_limits *rules = nullptr;
    ASSERT_EQ(st_site_rules(ctx, site.get(), &rules), ST_OK);
    ASSERT_EQ(rules->n_rules, 2u);
    const st_rule &level = rules->rules[0], &ramp = rules->rules[1];
    EXPECT_STREQ(level.id, "SITE/level");
    EXPECT_EQ(level.statistic.kind, ST_STAT_LEVEL);
    EXPECT_EQ(level.point, ST_POINT_DRAW);
    EXPECT_DOUBLE_EQ(level.limits[0].value, 185.5);
    EXPECT_EQ(level.limits[0].unit, ST_UNIT_MW);
    EXPECT_STREQ(level.status, "practice");
    EXPECT_STREQ(level.source, "here");
    EXPECT_EQ(level.needs_duration_s, 1.0);
    EXPECT_EQ(level.needs_rate_hz, 1.0);
    EXPECT_EQ(ramp.needs_duration_s, 120.0);
    EXPECT_STREQ(ramp.id, "SITE/ramp");
    EXPECT_EQ(ramp.statistic.kind, ST_STAT_MEAN_RAMP);
    EXPECT_EQ(ramp.statistic.window_s, 60.0);
    EXPECT_DOUBLE_EQ(ramp.limits[0].value, 12.5);
    EXPECT_EQ(ramp.limits[0].unit, ST_UNIT_MW_PER_MIN);
    st_limits_destroy(rules);
}

/* In binary 1 + 10 MW/min, in W/s and back, is a little less than 11; a draw that ramps by exactly 11
 * would fail. */
TEST(SiteRules, AreTheNumbersThatWereWritten)
{
    const struct {
        const char *first, *second;
        double sum;
    } rows[] = {{"1", "10", 11.0}, {"7.9", "7.9", 15.8}, {"3", "1", 4.0}, {"0.2", "32.3", 32.5}};
    for (const auto &row : rows) {
        std::string entries = "generation:\n";
        for (const char *number : {row.first, row.second}) {
            entries += std::string("- {kind: turbine, power_mw: ") + number +
                       ", ramp_mw_per_min: " + number + "}\n";
        }
        const Site site = parse(std::string(head) + entries);
        Context ctx;
        st_limits *rules = nullptr;
        ASSERT_EQ(st_site_rules(ctx, site.get(), &rules), ST_OK);
        EXPECT_EQ(rules->rules[0].limits[0].value, row.sum) << row.first << " MW";
        EXPECT_EQ(rules->rules[1].limits[0].value, row.sum) << row.first << " MW/min";
        st_limits_destroy(rules);
    }
}

TEST(SiteRules, NeedEveryRampAndAnyGeneration)
{
    Context ctx;
    st_limits *rules = nullptr;
    const Site one =
        parse(std::string(head) + "generation:\n"
                                  "- {kind: substation, power_mw: 150, ramp_mw_per_min: 10}\n"
                                  "- {kind: turbine, power_mw: 35.5}\n");
    ASSERT_EQ(st_site_rules(ctx, one.get(), &rules), ST_OK);
    EXPECT_EQ(rules->n_rules, 1u);
    st_limits_destroy(rules);
    const Site none = parse(head);
    ASSERT_EQ(st_site_rules(ctx, none.get(), &rules), ST_OK);
    EXPECT_EQ(rules->n_rules, 0u);
    st_limits_destroy(rules);
}

TEST(SiteFiles, MissingOnesListThePresets)
{
    Context ctx;
    st_site *site = nullptr;
    EXPECT_EQ(st_site_load(ctx, "colosus", model::data_dir().c_str(), &site), ST_MISSING);
    EXPECT_EQ(ctx.message(), "unknown site \"colosus\", known: colossus-1, colossus-2, "
                             "colossus-2-phase-1, cortex, cortex-2, cortex-initial "
                             "(or the path of a .yaml file)");
    st_context_clear(ctx);
    EXPECT_EQ(st_site_load(ctx, "./no.yaml", nullptr, &site), ST_MISSING);
    EXPECT_EQ(ctx.message(), "./no.yaml: No such file or directory");
    st_context_clear(ctx);
    EXPECT_EQ(st_site_load(ctx, "/", nullptr, &site), ST_MISSING);
    EXPECT_EQ(ctx.message(), "/: not a regular file");
    for (const char *name : {"", ".", "..", "colossus-1"}) {
        st_context_clear(ctx);
        EXPECT_EQ(st_site_load(ctx, name, "/nonexistent", &site), ST_MISSING) << name;
        EXPECT_EQ(ctx.message(), "/nonexistent/sites: No such file or directory");
    }
    EXPECT_EQ(site, nullptr);
}

TEST(SiteMemory, EveryFailedAllocationIsReported)
{
    bool loaded = false;
    for (size_t n = 1; !loaded && n < 5000; n++) {
        Context ctx;
        st_site *site = nullptr;
        st_limits *rules = nullptr;
        st_alloc_fail_after(n);
        st_status status = st_site_load(ctx, "colossus-1", model::data_dir().c_str(), &site);
        if (status == ST_OK) {
            status = st_site_rules(ctx, site, &rules);
        }
        st_alloc_fail_after(0);
        loaded = status == ST_OK;
        if (!loaded) {
            ASSERT_EQ(status, ST_MEMORY) << n << ": " << ctx.message();
            ASSERT_NE(ctx.message(), "");
        }
        st_limits_destroy(rules);
        st_site_destroy(site);
    }
    EXPECT_TRUE(loaded);
}

} // namespace
