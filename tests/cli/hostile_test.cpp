// hostile_test.cpp - site and limits files that are wrong or malicious, given to every command that
// reads them: exit 65, one line that names the file and the line, nothing written, at once.
#include "cli/process.h"
#include "cli/summary_file.h"

#include <gtest/gtest.h>

#include <chrono>

namespace
{

struct Hostile {
    const char *name;
    std::string text;
    int line;
    const char *words; // what the sentence says of it
};

std::string many(const std::string &text, int times)
{
    std::string all;
    for (int i = 0; i < times; i++)
        all += text;
    return all;
}

// A list that refers to the one before it twice, sixty times: 2^60 entries when expanded.
std::string bomb(const std::string &first)
{
    std::string text = first + "&a0 [x, x]\n";
    for (int i = 1; i < 60; i++) {
        const std::string before = "*a" + std::to_string(i - 1);
        text += "k" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " +
                before + "]\n";
    }
    return text;
}

// site_yaml of summary_file.h: 18 lines, its numbers in 3 to 18.
std::string site_with(const std::string &from, const std::string &to)
{
    std::string text = site_yaml();
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

std::vector<Hostile> hostile_sites()
{
    const std::string deep = many("[", 100000), flow = many("{a: ", 100000);
    return {
        {"unknown key", site_yaml() + "colour: green\n", 19,
         "unknown key \"colour\", allowed: name"},
        {"unknown key of a stage", site_with("units: 10", "unitz: 10"), 12,
         "unknown key \"unitz\""},
        {"wrong unit in the key", site_with("nominal_mw: 120", "nominal_kw: 120"), 3,
         "unknown key \"nominal_kw\""},
        {"unit in the value", site_with("nominal_mw: 120", "nominal_mw: 120 MW"), 3,
         "found \"120 MW\", allowed: a finite number"},
        {"unknown unit type", site_with("megapack-2xl-2h", "megapack-9"), 11,
         "found \"megapack-9\", allowed: "},
        {"negative rating", site_with("nominal_mw: 120", "nominal_mw: -120"), 3,
         "found \"-120\", allowed: a finite number, above 0"},
        {"negative units", site_with("units: 10", "units: -10"), 12, "found \"-10\", allowed: "},
        {"negative delay", site_with("delay_s: 0.005", "delay_s: -1"), 14,
         "found \"-1\", allowed: "},
        {"charge upside down", site_with("soc_max: 0.9", "soc_max: 0.05"), 16,
         "allowed: soc_min below soc_max"},
        {"1e308", site_with("nominal_mw: 120", "nominal_mw: 1e308"), 3,
         "found \"1e308\", allowed: "},
        {"1e308 racks", site_with("racks: 1000", "racks: 1e308"), 5, "allowed: a whole number"},
        {"1e999", site_with("tau_s: 60", "tau_s: 1e999"), 18, "found \"1e999\", allowed: "},
        {"infinite", site_with("tau_s: 60", "tau_s: .inf"), 18, "found \".inf\", allowed: "},
        {"no number", site_with("tau_s: 60", "tau_s: .nan"), 18, "found \".nan\", allowed: "},
        {"unknown word", site_with("lockstep", "sideways"), 6,
         "found \"sideways\", allowed: lockstep, incoherent, measured"},
        {"twice", site_with("racks: 1000", "racks: 1000\nracks: 1"), 6, "is there twice"},
        {"deep list", site_with("A site for tests", deep), 2, "found a list, allowed: a text"},
        {"deep mapping", site_with("made up", flow), 7, "found a mapping, allowed: a text"},
        {"deep unknown", site_yaml() + "deep: " + deep + "\n", 19, "unknown key \"deep\""},
        {"aliases", bomb("name: "), 1, "found the anchor \"a0\", allowed: plain values"},
        {"aliases in a stage", site_with("name: field", "name: &f field"), 9, "anchor \"f\""},
        {"tag", site_with("name: field", "name: !!binary field"), 9, "found the tag"},
        {"two documents", site_yaml() + "---\nname: b\n", 19, "second document"},
        {"not UTF-8", site_with("made up", "\xff\xfe"), 7, "not UTF-8 text"},
        {"empty", "", 1, "the file is empty, allowed: a mapping of name"},
    };
}

std::string limits_yaml(const std::string &from = "", const std::string &to = "")
{
    std::string text = "name: mine\n"
                       "rules:\n"
                       "  - id: MY-RANGE\n"
                       "    source: made up\n"
                       "    status: practice\n"
                       "    text: t\n"
                       "    filter: {bandpass_hz: [0.1, 55], order: 4}\n"
                       "    statistic: {kind: rolling_range, window_s: 5}\n"
                       "    limit: {value: 10, unit: MW}\n"
                       "    needs: {rate_hz: 250, duration_s: 50}\n";
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

std::vector<Hostile> hostile_limits()
{
    const std::string deep = many("[", 100000), blocks = many("- ", 100000);
    return {
        {"unknown key", limits_yaml("    text: t\n", "    text: t\n    colour: red\n"), 7,
         "unknown key \"colour\", allowed: id"},
        {"unknown statistic", limits_yaml("rolling_range", "glimmer"), 8,
         "statistic.kind: found \"glimmer\", allowed: none, rolling_range"},
        {"unknown statistic behind",
         limits_yaml("{kind: rolling_range,", "{gleam: 1, kind: glimmer,"), 8,
         "statistic.kind: found \"glimmer\", allowed: none, rolling_range"},
        {"unknown parameter", limits_yaml("window_s", "window_min"), 8,
         "unknown key \"window_min\""},
        {"unknown unit", limits_yaml("unit: MW", "unit: kW"), 9,
         "found \"kW\", allowed for rolling_range"},
        {"unit of another kind", limits_yaml("unit: MW", "unit: MW/min"), 9,
         "found \"MW/min\", allowed"},
        {"unit in the value", limits_yaml("value: 10", "value: 10 MW"), 9,
         "found \"10 MW\", allowed"},
        {"negative limit", limits_yaml("value: 10", "value: -10"), 9, "found \"-10\", allowed"},
        {"no limit", limits_yaml("value: 10", "value: 0"), 9, "found \"0\", allowed"},
        {"1e308", limits_yaml("value: 10", "value: 1e308"), 9, "found \"1e308\", allowed"},
        {"1e308 s", limits_yaml("window_s: 5", "window_s: 1e308"), 8, "found 1e+308, allowed"},
        {"1e999", limits_yaml("window_s: 5", "window_s: 1e999"), 8, "found \"1e999\", allowed"},
        {"negative window", limits_yaml("window_s: 5", "window_s: -5"), 8,
         "found -5, allowed: above 0"},
        {"band upside down", limits_yaml("[0.1, 55]", "[55, 0.1]"), 7, "allowed: low below high"},
        {"order", limits_yaml("order: 4", "order: 1000"), 7, "found \"1000\", allowed"},
        {"coverage", limits_yaml("rate_hz: 250", "coverage: 99"), 10, "found \"99\", allowed"},
        {"deep list", limits_yaml("text: t", "text: " + deep), 6, "found a list, allowed: a text"},
        {"deep blocks", limits_yaml("text: t", "text:\n      " + blocks + "x"), 7,
         "found a list, allowed: a text"},
        {"deep in a statistic", limits_yaml("window_s: 5", "deep: " + deep), 8,
         "unknown key \"deep\""},
        {"aliases", bomb("name: "), 1, "found the anchor \"a0\", allowed: plain values"},
        {"aliases in a statistic", limits_yaml("window_s: 5", "x: &x [*x, *x]"), 8,
         "unknown key \"x\""},
        {"an id to print", limits_yaml("MY-RANGE", "\"\\e[31mred\""), 3,
         "allowed: letters, digits"},
        {"no rules", "name: mine\nrules: []\n", 2, "found 0 entries, allowed: 1 to 256"},
        {"empty", "# nothing\n", 1, "the file is empty, allowed: a mapping of name"},
    };
}

class HostileFiles : public testing::Test
{
  protected:
    static void SetUpTestSuite()
    {
        folder = new Folder;
        ASSERT_EQ(run({"synth", "--site", "cortex", "--racks", "2", "--duration", "2s", "-q", "-o",
                       "trace.h5"},
                      folder->path)
                      .code,
                  0);
    }
    static void TearDownTestSuite()
    {
        delete folder;
        folder = nullptr;
    }
    void expect_refused(const Hostile &bad, const std::vector<std::vector<std::string>> &commands)
    {
        write_text(*folder / "bad.yaml", bad.text);
        const auto before = folder->names();
        const std::string place = "surgetank: ./bad.yaml:" + std::to_string(bad.line) + ": ";
        for (const auto &words : commands) {
            const auto start = std::chrono::steady_clock::now();
            const Outcome outcome = run(words, folder->path);
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
            EXPECT_EQ(outcome.code, 65) << bad.name << " " << words[0];
            EXPECT_EQ(lines_of(outcome.err).size(), 1u) << bad.name << " " << outcome.err;
            EXPECT_EQ(outcome.err.rfind(place, 0), 0u) << bad.name << " " << outcome.err;
            EXPECT_NE(outcome.err.find(bad.words), std::string::npos)
                << bad.name << " " << outcome.err;
            EXPECT_EQ(outcome.err.find('\033'), std::string::npos) << bad.name;
            EXPECT_EQ(outcome.out, "") << bad.name;
            EXPECT_LT(took.count(), 20.0) << bad.name;
        }
        EXPECT_EQ(folder->names(), before) << bad.name;
    }
    static Folder *folder;
};

Folder *HostileFiles::folder = nullptr;

TEST_F(HostileFiles, Sites)
{
    for (const Hostile &bad : hostile_sites())
        expect_refused(bad, {{"sites", "./bad.yaml"},
                             {"analyze", "trace.h5", "--site", "./bad.yaml", "-o", "s.h5", "-q"},
                             {"size", "trace.h5", "--site", "./bad.yaml", "--limits", "ercot", "-o",
                              "s.h5", "-q"},
                             {"synth", "--site", "./bad.yaml", "--racks", "1", "--duration", "1s",
                              "-o", "t.h5", "-q"}});
}

TEST_F(HostileFiles, Limits)
{
    for (const Hostile &bad : hostile_limits())
        expect_refused(bad, {{"limits", "./bad.yaml"},
                             {"analyze", "trace.h5", "--limits", "./bad.yaml", "-o", "s.h5", "-q"},
                             {"size", "trace.h5", "--site", "colossus-1", "--limits",
                              "ercot,./bad.yaml", "-o", "s.h5", "-q"}});
}

// The same files before they were made wrong.
TEST_F(HostileFiles, WhatTheyWereMadeOfIsGood)
{
    write_text(*folder / "site.yaml", site_yaml());
    write_text(*folder / "limits.yaml", limits_yaml());
    EXPECT_EQ(run({"sites", "./site.yaml"}, folder->path).code, 0);
    EXPECT_EQ(run({"analyze", "trace.h5", "--site", "./site.yaml", "--limits", "./limits.yaml",
                   "-o", "s.h5", "-q"},
                  folder->path)
                  .code,
              0);
}

} // namespace
