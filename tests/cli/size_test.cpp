// size_test.cpp - surgetank size as a user meets it: what it says when a count passes, when none does
// and why, when nothing is needed, and when there is nothing to size.
#include "cli/process.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

namespace
{

class SizeCommand : public testing::Test
{
  protected:
    static void SetUpTestSuite()
    {
        folder = new Folder;
        made = new Outcome(run({"synth", "--site", "colossus-2", "--racks", "8", "--duration",
                                "20s", "--seed", "7", "-q", "-o", "trace.h5"},
                               folder->path));
        write_text(*folder / "level.yaml", rule(80));
    }
    static void TearDownTestSuite()
    {
        delete made;
        delete folder;
        made = nullptr;
        folder = nullptr;
    }
    void SetUp() override { ASSERT_EQ(made->code, 0) << made->err; }
    void TearDown() override { std::filesystem::remove(folder->path / "s.h5"); }

    static std::string rule(int percent)
    {
        return "name: mine\nrules:\n  - {id: MY-RANGE, source: s, status: practice, text: t, "
               "statistic: {kind: rolling_range, window_s: 2}, limit: {value: " +
               std::to_string(percent) + ", unit: percent_peak}}\n";
    }
    static Outcome size(std::vector<std::string> more)
    {
        std::vector<std::string> words = {"size", "trace.h5", "-o", "s.h5"};
        words.insert(words.end(), more.begin(), more.end());
        return run(words, folder->path);
    }

    static Folder *folder;
    static Outcome *made;
};

Folder *SizeCommand::folder = nullptr;
Outcome *SizeCommand::made = nullptr;

TEST_F(SizeCommand, FindsTheSmallestAndSaysWhatBinds)
{
    write_text(*folder / "mine.yaml", rule(40));
    const Outcome outcome =
        size({"--site", "colossus-2", "--limits", "./mine.yaml", "--response", "2ms,5ms"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    for (const char *words :
         {"Colossus 2.*: 0 to 1,200 x megapack", "response +units +power +energy +cost",
          "5 ms +[0-9]+ +[0-9.]+ MW .* PASS .*MY-RANGE", "The smallest battery: [0-9]+ units",
          "units fail MY-RANGE", "next: surgetank show s.h5"}) {
        EXPECT_TRUE(occurs(outcome.out, words)) << words << "\n" << outcome.out;
    }
    EXPECT_TRUE(occurs(outcome.err, "that decide were run again in float64 and agree"))
        << outcome.err;
    EXPECT_EQ(run({"check", "s.h5"}, folder->path).code, 0);
}

TEST_F(SizeCommand, SaysWhenTheResponseIsWhatLimits)
{
    write_text(*folder / "mine.yaml", rule(40));
    const Outcome outcome =
        size({"--site", "colossus-2", "--limits", "./mine.yaml", "--response", "500ms"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(occurs(outcome.out, "500 ms +none .* FAIL .*MY-RANGE")) << outcome.out;
    EXPECT_TRUE(occurs(outcome.out, "No count of this sizing passes")) << outcome.out;
    EXPECT_TRUE(occurs(outcome.err, "response 500 ms: no count passes; response-time limited"))
        << outcome.err;
    EXPECT_FALSE(occurs(outcome.err, "dead time")) << outcome.err;
}

/* What gets through before the battery is told of it, no response time takes back. */
TEST_F(SizeCommand, SaysWhenTheDeadTimeIsWhatLimits)
{
    write_text(*folder / "mine.yaml", rule(3));
    const Outcome outcome =
        size({"--site", "colossus-2", "--limits", "./mine.yaml", "--response", "0ms"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(occurs(outcome.err, "response 0 ms: no count passes; dead-time limited"))
        << outcome.err;
    EXPECT_TRUE(occurs(outcome.err, "the dead time is 5 ms")) << outcome.err;
    EXPECT_FALSE(occurs(outcome.err, "response-time")) << outcome.err;
}

/* "Smallest" and "binding" are said of what was tried, and of nothing else. */
TEST_F(SizeCommand, ClaimsNoMoreThanItTried)
{
    write_text(*folder / "mine.yaml", rule(40));
    const std::vector<std::string> words = {"--site",     "colossus-2", "--limits", "./mine.yaml",
                                            "--response", "5ms",        "--units"};
    for (const char *range : {"1000:1000:1", "1000:1100:10"}) {
        std::vector<std::string> first = words;
        first.push_back(range);
        const Outcome outcome = size(first);
        ASSERT_EQ(outcome.code, 0) << outcome.err;
        EXPECT_TRUE(occurs(outcome.out, "The first count tried: 1,000 units")) << outcome.out;
        EXPECT_TRUE(occurs(outcome.out, "5 ms +1,000 .* PASS +[+0-9.]+ % +-\n")) << outcome.out;
        EXPECT_FALSE(occurs(outcome.out, "smallest")) << outcome.out;
    }
    std::vector<std::string> steps = words;
    steps.push_back("0:1000:50");
    const Outcome outcome = size(steps);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(occurs(outcome.out, "The smallest count tried, in steps of 50: [0-9]*[05]0 units"))
        << outcome.out;
    EXPECT_TRUE(occurs(outcome.out, "units fail MY-RANGE;[ \n]none[ \n]between[ \n]was[ \n]tried"))
        << outcome.out;
}

/* One table and one conclusion, and the reasons that were notices; on one screen. */
TEST_F(SizeCommand, IsShownAgain)
{
    for (int percent : {40, 3}) {
        write_text(*folder / "mine.yaml", rule(percent));
        const Outcome sized = size({"--site", "colossus-2", "--limits", "./mine.yaml"});
        ASSERT_EQ(sized.code, 0) << sized.err;
        const std::vector<std::string> lines = lines_of(sized.out);
        const Outcome shown = run({"show", "s.h5"}, folder->path);
        ASSERT_EQ(shown.code, 0) << shown.err;
        for (size_t i = 1; i + 1 < lines.size(); i++) {
            EXPECT_NE(shown.out.find(lines[i] + "\n"), std::string::npos) << lines[i] << shown.out;
        }
        EXPECT_LE(lines_of(shown.out).size(), 45u) << shown.out;
        std::string out = shown.out;
        std::replace(out.begin(), out.end(), '\n', ' ');
        if (percent == 40) {
            EXPECT_TRUE(occurs(out, "Load, draw and verdicts are those behind 25 units with a "
                                    "response of 2 ms \\(megapacks: 25 x megapack-2xl-2h, 2 ms\\), "
                                    "not those of the site as it is given"))
                << shown.out;
            EXPECT_TRUE(occurs(out, "Note: response 20, .* 500 ms: no count passes; response-time"))
                << shown.out;
        } else {
            EXPECT_TRUE(occurs(out, "No count of this sizing passes: .* the given site's"))
                << shown.out;
            EXPECT_TRUE(occurs(out, "Note: response 2, 5, .* 500 ms: no count passes; dead-time "
                                    "limited"))
                << shown.out;
            EXPECT_FALSE(occurs(out, "not those of")) << shown.out;
        }
        const Outcome all = run({"show", "--all", "s.h5"}, folder->path);
        EXPECT_TRUE(occurs(all.out, "worst events")) << all.out;
        EXPECT_TRUE(occurs(all.out, "RMS, 1 to 5 Hz")) << all.out;
    }
    ASSERT_EQ(size({"--site", "colossus-2", "--limits", "ercot,ieso", "--tau", "10s,60s"}).code, 0);
    const Outcome many = run({"show", "s.h5"}, folder->path);
    EXPECT_LE(lines_of(many.out).size(), 45u) << many.out;
}

/* The site's own control may be quicker one way than the other. */
TEST_F(SizeCommand, TellsUpFromDown)
{
    write_text(*folder / "ramps.yaml",
               "name: ramps\nnominal_mw: 10\ngpus: 1\nracks: 8\nreplicate: lockstep\nsource: s\n"
               "storage:\n  - {name: field, place: site, unit: megapack-2xl-4h, units: 1, control: "
               "{mode: ramp, ramp_up_mw_per_min: 8, ramp_down_mw_per_min: 5}, source: s}\n");
    const std::vector<std::string> words = {"--site",       "./ramps.yaml", "--limits",
                                            "./level.yaml", "--response",   "5ms"};
    const Outcome own = size(words);
    EXPECT_EQ(own.code, 0) << own.err;
    EXPECT_TRUE(occurs(own.out, " 8 up, 5 down MW/min ")) << own.out;
    std::vector<std::string> swept = words;
    swept.insert(swept.end(), {"--ramp", "5"});
    const Outcome both = size(swept);
    EXPECT_EQ(both.code, 0) << both.err;
    EXPECT_TRUE(occurs(both.out, " 5 MW/min ")) << both.out;
    EXPECT_FALSE(occurs(both.out, " down ")) << both.out;
}

TEST_F(SizeCommand, SaysWhenNoBatteryIsNeeded)
{
    write_text(*folder / "mine.yaml", rule(150));
    const Outcome outcome = size({"--site", "colossus-2", "--limits", "./mine.yaml"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(occurs(outcome.out, "No battery is needed: every rule PASSes")) << outcome.out;
}

TEST_F(SizeCommand, SaysWhenTheRecordingCanNotTell)
{
    const Outcome outcome = size({"--site", "colossus-2", "--limits", "aeso"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(occurs(outcome.out, "INDETERMINATE")) << outcome.out;
    EXPECT_TRUE(occurs(outcome.err, "leaves some INDETERMINATE: see the reasons")) << outcome.err;
}

TEST_F(SizeCommand, AsksForAUnitWhereTheSiteHasNone)
{
    const Outcome none = size({"--site", "cortex", "--limits", "others", "-q"});
    EXPECT_EQ(none.code, 64);
    EXPECT_EQ(lines_of(none.err).size(), 1u) << none.err;
    EXPECT_TRUE(occurs(none.err, "has no battery; name the unit type .*--unit-type")) << none.err;
    write_text(*folder / "racks.yaml",
               "name: racks\nnominal_mw: 10\ngpus: 1\nracks: 8\nreplicate: lockstep\nsource: s\n"
               "storage:\n  - {name: shelf, place: rack, unit: gb300-shelf, units: 1, "
               "control: {mode: smooth, tau_s: 1}, source: s}\n");
    const Outcome racks = size({"--site", "./racks.yaml", "--limits", "others", "-q"});
    EXPECT_EQ(racks.code, 64);
    EXPECT_EQ(lines_of(racks.err).size(), 1u) << racks.err;
    EXPECT_TRUE(occurs(racks.err, "its storage is at the racks")) << racks.err;
    const Outcome fields = size({"--site", "./racks.yaml", "--limits", "./level.yaml",
                                 "--unit-type", "megapack-2xl-2h", "--response", "5ms"});
    EXPECT_EQ(fields.code, 0) << fields.err;
    EXPECT_TRUE(occurs(fields.out, "0 to 1,000 x megapack-2xl-2h")) << fields.out;
}

TEST_F(SizeCommand, RefusesWhatItDoesNotKnowOrCanNotHold)
{
    const Outcome many = size({"--site", "colossus-2", "--units", "0:999999999:1"});
    EXPECT_EQ(many.code, 64) << many.err;
    EXPECT_TRUE(occurs(many.err, "1000000000 counts x 8 .* up to 4000000 candidates")) << many.err;
    const Outcome unit = size({"--site", "colossus-2", "--unit-type", "foo"});
    EXPECT_EQ(unit.code, 66) << unit.err;
    EXPECT_TRUE(occurs(unit.err, "unknown unit type \"foo\", known: .*megapack-2xl-4h"))
        << unit.err;
}

TEST_F(SizeCommand, LeavesNothingBehindWhenInterrupted)
{
    Call call;
    call.words = {"size",     "trace.h5",   "-o",      "s.h5",      "--site", "colossus-2",
                  "--limits", "ercot,ieso", "--units", "0:40000:1", "--tau",  "10s,60s,300s"};
    call.folder = folder->path;
    call.signal = SIGINT;
    call.signal_after = "size:";
    const std::vector<std::string> before = folder->names();
    const Outcome outcome = run(call);
    EXPECT_EQ(outcome.code, 130) << outcome.err;
    EXPECT_EQ(folder->names(), before);
}

} // namespace
