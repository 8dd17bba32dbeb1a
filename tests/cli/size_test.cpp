// size_test.cpp - surgetank size as a user meets it: what it says when a count passes, when none does
// and why, when nothing is needed, and when there is nothing to size.
#include "cli/process.h"

#include <gtest/gtest.h>

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
    EXPECT_TRUE(occurs(outcome.out, "No count passes")) << outcome.out;
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
