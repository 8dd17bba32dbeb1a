/* errors_test.cpp - what is wrong with a file is said in one sentence: file, line, key, what was
 * found, what is allowed. */
#include "model/model_support.h"

namespace
{

using model::limits_error;
using model::replaced;
using model::site_error;

const char site_text[] = "name: a\n"                           /* 1 */
                         "nominal_mw: 100\n"                   /* 2 */
                         "gpus: 1000\n"                        /* 3 */
                         "racks: 10\n"                         /* 4 */
                         "source: \xc3\xa9here\n"              /* 5 */
                         "replicate: lockstep\n"               /* 6 */
                         "storage:\n"                          /* 7 */
                         "  - name: one\n"                     /* 8 */
                         "    place: site\n"                   /* 9 */
                         "    unit: megapack-2xl-2h\n"         /* 10 */
                         "    units: 10\n"                     /* 11 */
                         "    soc_start: 0.5\n"                /* 12 */
                         "    control: {mode: smooth}\n"       /* 13 */
                         "generation:\n"                       /* 14 */
                         "  - {kind: turbine, power_mw: 5}\n"; /* 15 */

struct Mistake {
    const char *from, *to, *sentence;
};

#define SITE_KEYS \
    "name, title, nominal_mw, gpus, racks, source, notes, replicate, storage, generation"

TEST(SiteErrors, NameLineKeyAndWhatIsAllowed)
{
    const Mistake table[] = {
        {"gpus:", "gpu:", "bad.yaml:3: unknown key \"gpu\", allowed: " SITE_KEYS},
        {"mode: smooth", "mode: fast",
         "bad.yaml:13: storage[0].control.mode: found \"fast\", allowed: smooth, ramp"},
        {"lockstep", "lock",
         "bad.yaml:6: replicate: found \"lock\", allowed: lockstep, incoherent, "
         "measured"},
        {"place: site", "place: hall",
         "bad.yaml:9: storage[0].place: found \"hall\", allowed: rack, "
         "site"},
        {"kind: turbine", "kind: wind",
         "bad.yaml:15: generation[0].kind: found \"wind\", allowed: "
         "substation, turbine"},
        {"nominal_mw: 100", "nominal_mw: -100",
         "bad.yaml:2: nominal_mw: found \"-100\", allowed: a "
         "finite number, above 0, up to 1e+07 MW"},
        {"nominal_mw: 100", "nominal_mw: 1e308",
         "bad.yaml:2: nominal_mw: found \"1e308\", allowed: "
         "a finite number, above 0, up to 1e+07 MW"},
        {"power_mw: 5", "power_mw: 0",
         "bad.yaml:15: generation[0].power_mw: found \"0\", allowed: a "
         "finite number, above 0, up to 1e+07 MW"},
        {"gpus: 1000", "gpus: 1e3",
         "bad.yaml:3: gpus: found \"1e3\", allowed: a whole number, 1 to 1e+10"},
        {"gpus: 1000", "gpus: 99999999999999999999",
         "bad.yaml:3: gpus: found \"99999999999999999999\", allowed: a whole number, 1 to 1e+10"},
        {"units: 10", "units: 0",
         "bad.yaml:11: storage[0].units: found \"0\", allowed: a whole number, 1 to 1e+07"},
        {"units: 10", "units: 9999999",
         "bad.yaml:8: storage[0]: units multiply to 1.927e+07 MW and "
         "3.854e+07 MWh, allowed: up to 1e+07 MW and 1e+09 MWh"},
        {"racks: 10\n", "", "bad.yaml:1: the key \"racks\" is missing"},
        {"    place: site\n", "", "bad.yaml:8: storage[0]: the key \"place\" is missing"},
        {"racks: 10", "racks: [10]", "bad.yaml:4: racks: found a list, allowed: a whole number"},
        {"racks: 10",
         "racks:", "bad.yaml:4: racks: found \"\", allowed: a whole number, 1 to 1e+08"},
        {"{mode: smooth}", "smooth",
         "bad.yaml:13: storage[0].control: found \"smooth\", allowed: a "
         "mapping of mode, tau_s, ramp_mw_per_min, ramp_up_mw_per_min, "
         "ramp_down_mw_per_min, soc_recovery_s"},
        {"name: a", "name: {a: b}", "bad.yaml:1: name: found a mapping, allowed: a text"},
        {"name: a", "name: \"\"", "bad.yaml:1: name: found \"\", allowed: a text of 1 to 64 bytes"},
        {"name: a", "name: \"a\\0b\"",
         "bad.yaml:1: name: found a NUL character in a value, allowed: "
         "text"},
        {"racks: 10", "racks: 10\nracks: 11",
         "bad.yaml:5: the key \"racks\" is there twice, "
         "allowed: once"},
        {"name: a", "name: &x a",
         "bad.yaml:1: name: found the anchor \"x\", allowed: plain values, "
         "no anchors or aliases"},
        {"name: a", "name: *x",
         "bad.yaml:1: name: found the anchor \"x\", allowed: plain values, no "
         "anchors or aliases"},
        {"name: a", "name: !!int 3",
         "bad.yaml:1: name: found the tag \"tag:yaml.org,2002:int\", "
         "allowed: plain values, no tags"},
        {"megapack-2xl-2h", "megapack",
         "bad.yaml:10: storage[0].unit: found \"megapack\", allowed: "
         "megapack-2xl-2h, megapack-2xl-4h, megapack-3, gb300-shelf"},
        {"    units: 10\n", "",
         "bad.yaml:8: storage[0]: the keys \"unit\" and \"units\" go together"},
        {"    unit: megapack-2xl-2h\n    units: 10\n", "    power_mw: 4\n",
         "bad.yaml:8: storage[0]: the key \"energy_mwh\" is missing (or unit and units)"},
        {"soc_start: 0.5", "soc_start: 0.95",
         "bad.yaml:12: storage[0].soc_start: found 0.95, allowed: soc_min 0.1 to soc_max 0.9"},
        {"soc_start: 0.5", "soc_max: 0.1",
         "bad.yaml:12: storage[0].soc_max: soc_min is 0.1 and "
         "soc_max is 0.1, allowed: soc_min below soc_max"},
        {"{mode: smooth}", "{mode: ramp, ramp_up_mw_per_min: 5}",
         "bad.yaml:13: storage[0].control: the key \"ramp_down_mw_per_min\" is missing (mode ramp "
         "needs both directions, or ramp_mw_per_min)"},
        {"{mode: smooth}", "{ramp_mw_per_min: 5, ramp_up_mw_per_min: 5}",
         "bad.yaml:13: storage[0].control: allowed: either ramp_mw_per_min for both directions, or "
         "ramp_up_mw_per_min and ramp_down_mw_per_min"},
        {"generation:", "  - {name: one, place: site, power_mw: 1, energy_mwh: 1}\ngeneration:",
         "bad.yaml:14: storage[1].name: found \"one\" twice, allowed: a name of its own"},
        {"name: a\n", "name: a\n---\nname: b\n", "bad.yaml:1: the key \"nominal_mw\" is missing"},
    };
    ASSERT_EQ(site_error(site_text), "");
    for (const Mistake &m : table) {
        st_status status;
        EXPECT_EQ(site_error(replaced(site_text, m.from, m.to), &status), m.sentence);
        EXPECT_EQ(status, ST_CONFIG) << m.to;
    }
    for (const char *word : {".nan", "nan", "inf", "-inf", "0x10", "1e999", "1,5", "100 MW"}) {
        EXPECT_EQ(
            site_error(replaced(site_text, "nominal_mw: 100", std::string("nominal_mw: ") + word)),
            std::string("bad.yaml:2: nominal_mw: found \"") + word +
                "\", allowed: a finite number, above 0, up to 1e+07 MW");
    }
}

/* The reason is libyaml's and may be worded otherwise in another version of it. */
TEST(SiteErrors, SmoothingHasKeysOfItsOwn)
{
    const char smoothing_text[] = "name: a\n"                 /* 1 */
                                  "nominal_mw: 100\n"         /* 2 */
                                  "gpus: 1000\n"              /* 3 */
                                  "racks: 10\n"               /* 4 */
                                  "source: here\n"            /* 5 */
                                  "replicate: lockstep\n"     /* 6 */
                                  "storage:\n"                /* 7 */
                                  "  - name: gpus\n"          /* 8 */
                                  "    kind: gpu_smoothing\n" /* 9 */
                                  "    place: rack\n"         /* 10 */
                                  "    floor_w: 90000\n"      /* 11 */
                                  "    active_w: 60000\n"     /* 12 */
                                  "    stop_delay_s: 2\n"     /* 13 */
                                  "    ceiling_w: 110000\n";  /* 14 */
    const Mistake table[] = {
        {"gpu_smoothing", "smoothing",
         "bad.yaml:9: storage[0].kind: found \"smoothing\", allowed: storage, gpu_smoothing"},
        {"place: rack", "place: site",
         "bad.yaml:10: storage[0].place: found site, allowed for gpu_smoothing: rack"},
        {"    floor_w: 90000\n", "",
         "bad.yaml:8: storage[0]: the key \"floor_w\" is missing (gpu_smoothing needs floor_w, "
         "active_w and stop_delay_s)"},
        {"floor_w: 90000", "floor_w: -1",
         "bad.yaml:11: storage[0].floor_w: found \"-1\", allowed: a finite number, 0 to 1e+08 W"},
        {"ceiling_w: 110000", "ceiling_w: 80000",
         "bad.yaml:14: storage[0].ceiling_w: found 80000, allowed: floor_w 90000 or more"},
        {"ceiling_w: 110000", "power_mw: 1",
         "bad.yaml:14: storage[0].power_mw: a stage of kind gpu_smoothing has no such key"},
        {"ceiling_w: 110000", "control: {mode: ramp}",
         "bad.yaml:14: storage[0].control.mode: a stage of kind gpu_smoothing has no such key"},
        {"  - name: gpus\n    kind",
         "  - {name: shelf, place: rack, power_mw: 1, energy_mwh: 1}\n"
         "  - name: gpus\n    kind",
         "bad.yaml:10: storage[1].kind: gpu_smoothing comes after another stage at the racks, "
         "allowed: as the first of them"},
    };
    for (const Mistake &row : table) {
        EXPECT_EQ(site_error(replaced(smoothing_text, row.from, row.to)), row.sentence);
    }
    EXPECT_EQ(site_error(replaced(site_text, "soc_start: 0.5", "floor_w: 5")),
              "bad.yaml:12: storage[0].floor_w: a stage of kind storage has no such key");
}

TEST(SiteErrors, WhatIsNoYamlHasALineToo)
{
    const Mistake table[] = {
        {"gpus:", "\tgpus:", "bad.yaml:3: nominal_mw: not YAML: "},
        {"gpus: 1000", "gpus: @", "bad.yaml:3: gpus: not YAML: "},
        {"racks: 10", "]", "bad.yaml:4: not YAML: "},
        {"\xc3\xa9", "\xc3(", "bad.yaml:5: not UTF-8 text: "},
        {"\xc3\xa9", "\x01", "bad.yaml:5: not UTF-8 text: "},
    };
    for (const Mistake &m : table) {
        const std::string sentence = site_error(replaced(site_text, m.from, m.to));
        EXPECT_EQ(sentence.substr(0, std::string(m.sentence).size()), m.sentence);
    }
}

TEST(SiteErrors, WholeFiles)
{
    const std::string keys = "a mapping of " SITE_KEYS;
    EXPECT_EQ(site_error(""), "bad.yaml:1: the file is empty, allowed: " + keys);
    EXPECT_EQ(site_error("# nothing\n"), "bad.yaml:1: the file is empty, allowed: " + keys);
    EXPECT_EQ(site_error("words\n"), "bad.yaml:1: found \"words\", allowed: " + keys);
    EXPECT_EQ(site_error(std::string(100000, '[')), "bad.yaml:1: found a list, allowed: " + keys);
    EXPECT_EQ(site_error("name: " + std::string(100000, '{')),
              "bad.yaml:1: name: found a mapping, allowed: a text");
    EXPECT_EQ(site_error(std::string(site_text) + "---\nname: b\n"),
              "bad.yaml:16: found a second document, allowed: one");
    EXPECT_EQ(site_error(std::string("\xff\xfe\0n", 4)).substr(0, 27),
              "bad.yaml:1: not UTF-8 text:");
    EXPECT_EQ(site_error("? [a]\n: b\n"), "bad.yaml:1: found a list as a key, allowed: a word");
    std::string stages = site_text;
    for (int i = 0; i < 17; i++) {
        const std::string name = "s" + std::to_string(i);
        stages = replaced(stages, "generation:",
                          "  - {name: " + name +
                              ", place: site, power_mw: 1, "
                              "energy_mwh: 1}\ngeneration:");
    }
    EXPECT_EQ(site_error(stages),
              "bad.yaml:29: storage: found more than 16 entries, allowed: 0 to 16");
}

TEST(SiteErrors, FilesAboveOneMebibyteAreNotRead)
{
    const std::string path = testing::TempDir() + "surgetank_big.yaml";
    std::ofstream(path) << std::string((1 << 20) + 1, '#');
    model::Context ctx;
    st_site *site = nullptr;
    EXPECT_EQ(st_site_load(ctx, path.c_str(), nullptr, &site), ST_CONFIG);
    EXPECT_EQ(ctx.message(), path + ": 1048577 bytes, allowed: at most 1048576");
    std::ofstream(path) << std::string(1 << 20, '#');
    st_context_clear(ctx);
    EXPECT_EQ(st_site_load(ctx, path.c_str(), nullptr, &site), ST_CONFIG);
    EXPECT_EQ(ctx.message(), path + ":1: the file is empty, allowed: a mapping of " SITE_KEYS);
    std::remove(path.c_str());
}

/* An alias bomb: each line ten of the one before. */
TEST(SiteErrors, AliasesDoNotExpand)
{
    std::string bomb = "name: &a0 x\n";
    for (int i = 1; i < 20; i++) {
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int k = 0; k < 10; k++) {
            bomb += "*a" + std::to_string(i - 1) + (k < 9 ? "," : "]\n");
        }
    }
    EXPECT_EQ(site_error(bomb), "bad.yaml:1: name: found the anchor \"a0\", allowed: plain values, "
                                "no anchors or aliases");
}

const char limits_text[] = "name: a\n"                                           /* 1 */
                           "rules:\n"                                            /* 2 */
                           "  - id: R-1\n"                                       /* 3 */
                           "    source: here\n"                                  /* 4 */
                           "    status: draft\n"                                 /* 5 */
                           "    text: \xe2\x89\xa4 10 MW\n"                      /* 6 */
                           "    filter: {bandpass_hz: [0.1, 55], order: 4}\n"    /* 7 */
                           "    statistic: {kind: rolling_range, window_s: 5}\n" /* 8 */
                           "    limit: {value: 10, unit: MW}\n"                  /* 9 */
                           "    needs: {rate_hz: 250}\n"                         /* 10 */
                           "  - id: R-2\n"                                       /* 11 */
                           "    source: here\n"                                  /* 12 */
                           "    status: draft\n"                                 /* 13 */
                           "    text: nothing\n"                                 /* 14 */
                           "    filter: none\n"                                  /* 15 */
                           "    statistic: {kind: none}\n";                      /* 16 */

#define KINDS                                                                             \
    "none, rolling_range, change, mean_ramp, slope_if, ramp_percentile, band_amplitude, " \
    "line_amplitude, energy_share, level, recovery, flicker, voltage_change"

TEST(LimitsErrors, NameLineKeyAndWhatIsAllowed)
{
    const Mistake table[] = {
        {"kind: rolling_range", "kind: glimmer",
         "bad.yaml:8: rules[0].statistic.kind: found \"glimmer\", allowed: " KINDS},
        {"{kind: rolling_range, window_s: 5}", "{kind: glimmer, bandwidth: 5}",
         "bad.yaml:8: rules[0].statistic.kind: found \"glimmer\", allowed: " KINDS},
        {"{kind: rolling_range, window_s: 5}",
         "{bandwidth: [{a: b}, 5], window_s: 5, more: {x: [y]}, kind: glimmer}",
         "bad.yaml:8: rules[0].statistic.kind: found \"glimmer\", allowed: " KINDS},
        {"{kind: rolling_range, window_s: 5}", "{bandwidth: 5, kind: level}",
         "bad.yaml:8: rules[0].statistic: unknown key \"bandwidth\", "
         "allowed: kind, window_s, lag_s, average_s, threshold_mw, "
         "percentile, low_hz, high_hz, share, within_s, short_circuit_mva, grid_angle_deg, "
         "direction, form, lamp"},
        {"{kind: rolling_range, window_s: 5}", "{bandwidth: 5, other: *a, kind: glimmer}",
         "bad.yaml:8: rules[0].statistic: unknown key \"bandwidth\", "
         "allowed: kind, window_s, lag_s, average_s, threshold_mw, "
         "percentile, low_hz, high_hz, share, within_s, short_circuit_mva, grid_angle_deg, "
         "direction, form, lamp"},
        {"unit: MW", "unit: kW",
         "bad.yaml:9: rules[0].limit.unit: found \"kW\", allowed for "
         "rolling_range: MW, percent_nominal, percent_peak"},
        {"unit: MW", "unit: MW/min",
         "bad.yaml:9: rules[0].limit.unit: found \"MW/min\", allowed for "
         "rolling_range: MW, percent_nominal, percent_peak"},
        {"{value: 10, unit: MW}", "{min_of: [{value: 1, unit: MW}, {value: 2, unit: pst}]}",
         "bad.yaml:9: rules[0].limit.min_of[1].unit: found \"pst\", allowed for rolling_range: MW, "
         "percent_nominal, percent_peak"},
        {"{value: 10, unit: MW}", "{min_of: []}",
         "bad.yaml:9: rules[0].limit.min_of: found 0 entries, allowed: 1 to 4"},
        {"{value: 10, unit: MW}", "{value: 10}",
         "bad.yaml:9: rules[0].limit: allowed: either value and unit, or min_of"},
        {"value: 10", "value: -10",
         "bad.yaml:9: rules[0].limit.value: found \"-10\", allowed: a "
         "finite number, above 0, up to 1e+09"},
        {"value: 10", "value: .inf",
         "bad.yaml:9: rules[0].limit.value: found \".inf\", allowed: a "
         "finite number, above 0, up to 1e+09"},
        {"    limit: {value: 10, unit: MW}\n", "",
         "bad.yaml:3: rules[0]: the key \"limit\" is missing"},
        {"kind: none}", "kind: none}\n    limit: {value: 1, unit: MW}",
         "bad.yaml:17: rules[1].limit: a rule of the statistic none has no limit"},
        {"window_s: 5", "lag_s: 5",
         "bad.yaml:8: rules[0].statistic: the key \"window_s\" is missing "
         "(rolling_range needs it)"},
        {"window_s: 5", "window_s: 5, lag_s: 5",
         "bad.yaml:8: rules[0].statistic.lag_s: rolling_range "
         "does not take it, allowed: kind, window_s"},
        {"window_s: 5", "window_s: 0",
         "bad.yaml:8: rules[0].statistic.window_s: found 0, allowed: above 0, up to 1e+06 s"},
        {"window_s: 5", "windows: 5",
         "bad.yaml:8: rules[0].statistic: unknown key \"windows\", "
         "allowed: kind, window_s, lag_s, average_s, threshold_mw, "
         "percentile, low_hz, high_hz, share, within_s, short_circuit_mva, grid_angle_deg, "
         "direction, form, lamp"},
        {"rolling_range, window_s: 5", "band_amplitude, window_s: 5, low_hz: 5, high_hz: 1",
         "bad.yaml:8: rules[0].statistic.high_hz: found 1, allowed: above low_hz 5"},
        {"rolling_range, window_s: 5", "change, lag_s: 5, direction: left",
         "bad.yaml:8: rules[0].statistic.direction: found \"left\", allowed: up, down, both"},
        {"rolling_range, window_s: 5", "flicker, short_circuit_mva: 9, grid_angle_deg: 80",
         "bad.yaml:8: rules[0].statistic: the key \"lamp\" is missing (flicker needs it)"},
        {"rolling_range, window_s: 5",
         "flicker, short_circuit_mva: 9, grid_angle_deg: 80, lamp: 110V",
         "bad.yaml:8: rules[0].statistic.lamp: found \"110V\", allowed: 120V60, 230V50"},
        {"rolling_range, window_s: 5",
         "flicker, short_circuit_mva: 9, grid_angle_deg: 80, lamp: 230V50",
         "bad.yaml:9: rules[0].limit.unit: found \"MW\", allowed for flicker: pst"},
        {"rolling_range, window_s: 5",
         "voltage_change, short_circuit_mva: 9, grid_angle_deg: 90, window_s: 5",
         "bad.yaml:8: rules[0].statistic.grid_angle_deg: found 90, allowed: 0 to 89.9 degrees"},
        {"rolling_range, window_s: 5",
         "voltage_change, short_circuit_mva: 0, grid_angle_deg: 9, window_s: 5",
         "bad.yaml:8: rules[0].statistic.short_circuit_mva: found 0, allowed: above 0, up to 1e+09 "
         "MVA"},
        {"rolling_range, window_s: 5", "recovery, share: 90, within_s: 2",
         "bad.yaml:8: rules[0].statistic.share: found 90, allowed: above 0, up to 1"},
        {"{kind: rolling_range, window_s: 5}\n    limit: {value: 10, unit: MW}",
         "{kind: recovery, share: 0.9, within_s: 2}\n    limit: {value: 3, unit: s}",
         "bad.yaml:9: rules[0].limit: found 3 s, allowed: up to within_s 2"},
        {"status: draft", "status: law",
         "bad.yaml:5: rules[0].status: found \"law\", allowed: "
         "published, proposed, draft, practice"},
        {"id: R-1", "id: SITE/level",
         "bad.yaml:3: rules[0].id: found \"SITE/level\", allowed: "
         "letters, digits, '-', '_' and '.'"},
        {"id: R-2", "id: R-1",
         "bad.yaml:11: the id \"R-1\" is there twice (also bad.yaml:3), "
         "allowed: once"},
        {"filter: none", "filter: null",
         "bad.yaml:15: rules[1].filter: found \"null\", allowed: none, bandpass_hz, order"},
        {"[0.1, 55]", "[55, 0.1]",
         "bad.yaml:7: rules[0].filter.bandpass_hz: found [55, 0.1], allowed: low below high"},
        {"[0.1, 55]", "[1]",
         "bad.yaml:7: rules[0].filter.bandpass_hz: found 1 entries, allowed: 2 to "
         "2"},
        {"[0.1, 55]", "[0, 55]",
         "bad.yaml:7: rules[0].filter.bandpass_hz[0]: found \"0\", allowed: a "
         "finite number, above 0, up to 1e+06 Hz"},
        {"order: 4", "order: 99",
         "bad.yaml:7: rules[0].filter.order: found \"99\", allowed: a whole number, 1 to 8"},
        {"rate_hz: 250", "coverage: 99",
         "bad.yaml:10: rules[0].needs.coverage: found \"99\", allowed: a finite number, 0 to 1"},
    };
    ASSERT_EQ(limits_error(limits_text), "");
    for (const Mistake &m : table) {
        st_status status;
        EXPECT_EQ(limits_error(replaced(limits_text, m.from, m.to), &status), m.sentence);
        EXPECT_EQ(status, ST_CONFIG) << m.to;
    }
}

} // namespace
