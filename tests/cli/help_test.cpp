// help_test.cpp - help names what the parser knows, fits the terminal, and its examples parse.
#include "cli/process.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace
{

// What each command must offer; the parser's own list is in its message about an unknown option.
const std::map<std::string, std::vector<std::string>> promised = {
    {"analyze",
     {"output", "site", "limits", "impulse", "backend", "threads", "set", "save-series", "quiet",
      "dataset", "time-axis", "period", "unit"}},
    {"size",
     {"site", "limits", "output", "units", "response", "tau", "ramp", "unit-type", "backend",
      "threads", "set", "quiet", "dataset", "time-axis", "period", "unit"}},
    {"synth", {"site", "racks", "duration", "rate", "seed", "output", "set", "codec", "quiet"}},
    {"show", {"all"}},
    {"check", {}},
    {"info", {"dataset", "time-axis", "period", "unit"}},
    {"sites", {}},
    {"limits", {}},
    {"devices", {}},
};

std::set<std::string> known_options(const std::string &command)
{
    const std::string err = run({command, "--no-such-option"}).err;
    std::set<std::string> names;
    const size_t list = err.find("(known: ");
    for (size_t at = err.find("--", list); at < err.find(')'); at = err.find("--", at + 2))
        names.insert(err.substr(at + 2, err.find_first_of(",)", at) - at - 2));
    return names;
}

TEST(Help, ListsEveryCommandAndNoOther)
{
    const Outcome outcome = run({"help"});
    for (const auto &row : promised)
        EXPECT_TRUE(occurs(outcome.out, "\n  " + row.first + " "));
    for (const char *later : {"\n  merge"})
        EXPECT_EQ(outcome.out.find(later), std::string::npos);
}

TEST(Help, NamesEveryOptionTheParserKnows)
{
    for (const auto &[command, options] : promised) {
        const Outcome help = run({command, "--help"});
        EXPECT_EQ(help.code, 0);
        EXPECT_EQ(run({"help", command}).out, help.out);
        EXPECT_EQ(run({command, "-h"}).out, help.out);
        const std::set<std::string> known = known_options(command);
        for (const std::string &option : options)
            EXPECT_EQ(known.count(option), 1u) << command << " --" << option;
        for (const std::string &option : known)
            EXPECT_NE(help.out.find("--" + option), std::string::npos) << command << option;
    }
}

TEST(Help, TeachesByExample)
{
    for (const auto &row : promised) {
        const std::string out = run({row.first, "--help"}).out;
        EXPECT_TRUE(occurs(out, "usage: surgetank " + row.first));
        EXPECT_NE(out.find("\nexamples:\n"), std::string::npos) << row.first;
        EXPECT_TRUE(occurs(out, "\nexit codes:\n +0  ")) << row.first;
        EXPECT_TRUE(occurs(out, "\n      surgetank ")) << row.first;
    }
}

// Every knob that --set takes is explained where --set is.
TEST(Help, ListsTheKnobs)
{
    const std::string analyze = run({"analyze", "--help"}).out;
    for (const char *knob : {"frame", "event_z", "storage_model", "bands", "temperature_k"})
        EXPECT_NE(analyze.find(std::string("\n  ") + knob + " = "), std::string::npos) << knob;
    const std::string synth = run({"synth", "--help"}).out;
    for (const char *knob : {"period_s", "noise", "codec", "spikes"})
        EXPECT_NE(synth.find(std::string("\n  ") + knob + " = "), std::string::npos) << knob;
}

TEST(Help, FitsTheTerminal)
{
    for (const auto &row : promised) {
        for (int columns : {100, 240}) {
            Call call;
            call.words = {row.first, "--help"};
            call.terminal_columns = columns;
            for (const std::string &line : lines_of(run(call).out)) {
                EXPECT_LE(columns_of(line), static_cast<size_t>(std::min(columns, 100))) << line;
            }
        }
    }
}

TEST(Help, ListsFitTheTerminal)
{
    const std::vector<std::vector<std::string>> calls = {
        {"sites"}, {"limits"}, {"devices"}, {"sites", "colossus-2"}, {"limits", "ieso"}};
    for (const std::vector<std::string> &words : calls) {
        for (int columns : {80, 100}) {
            Call call;
            call.words = words;
            call.terminal_columns = columns;
            for (const std::string &line : lines_of(run(call).out))
                EXPECT_LE(columns_of(line), static_cast<size_t>(columns)) << line;
        }
    }
}

TEST(Help, ColoursOnlyWhereAPersonReads)
{
    Call call;
    call.words = {"help"};
    EXPECT_EQ(run(call).out.find('\033'), std::string::npos);
    call.terminal_columns = 100;
    EXPECT_NE(run(call).out.find('\033'), std::string::npos);
    call.environment = {"NO_COLOR=1"};
    EXPECT_EQ(run(call).out.find('\033'), std::string::npos);
    call.environment = {"TERM=dumb"};
    EXPECT_EQ(run(call).out.find('\033'), std::string::npos);
}

// An operator's list says which rules are judged, with clause and source.
TEST(Presets, AreExplainedWithSources)
{
    const std::string ercot = run({"limits", "ercot"}).out;
    for (const char *word :
         {"ERCOT-PV", "10 MW", "0.1 Hz to 55 Hz", "any 5 s", "proposed", "source"})
        EXPECT_NE(ercot.find(word), std::string::npos) << word;
    const std::string site = run({"sites", "colossus-2"}).out;
    for (const char *word : {"600 x megapack-2xl-2h", "1.1 GW", "550,000 GPUs", "source", "notes"})
        EXPECT_NE(site.find(word), std::string::npos) << word;
}

} // namespace
