// check_test.cpp - the truth table of check: judged rows decide, others do not.
#include "cli/process.h"
#include "cli/summary_file.h"

#include <gtest/gtest.h>

namespace
{

enum { PASS, FAIL, OPEN };
enum { LOAD, DRAW };

Row row(const char *rule, int point, int judged, int status)
{
    const double value = status == FAIL ? 13.5 : 4;
    return {rule,
            point,
            judged,
            status,
            value,
            10,
            "MW",
            status == OPEN ? "recorded at 100 Hz, needs 250 Hz" : "",
            start_ns + 12340000000};
}

Outcome check(const std::vector<Row> &rows, int64_t complete = 1)
{
    Folder folder;
    {
        SummaryFile file(folder / "s.h5");
        add_levels(file);
        file.attribute("complete", complete);
        add_verdicts(file, rows);
    }
    return run({"check", "s.h5"}, folder.path);
}

TEST(Check, TruthTable)
{
    const struct {
        std::vector<int> judged;
        int code;
    } table[] = {
        {{PASS}, 0},       {{FAIL}, 1},       {{OPEN}, 2},
        {{PASS, PASS}, 0}, {{PASS, FAIL}, 1}, {{PASS, OPEN}, 2},
        {{FAIL, OPEN}, 1}, {{OPEN, FAIL}, 1}, {{OPEN, PASS, FAIL}, 1},
        {{OPEN, OPEN}, 2},
    };
    for (const auto &t : table) {
        std::vector<Row> rows;
        for (int status : t.judged) {
            // The other point says the opposite and must not matter.
            rows.push_back(row("R", LOAD, 0, status == FAIL ? PASS : FAIL));
            rows.push_back(row("R", DRAW, 1, status));
        }
        const Outcome outcome = check(rows);
        EXPECT_EQ(outcome.code, t.code) << outcome.out << outcome.err;
        EXPECT_EQ(outcome.err, "");
    }
}

TEST(Check, ARuleMayBeJudgedAtTheLoad)
{
    EXPECT_EQ(check({row("R", LOAD, 1, FAIL), row("R", DRAW, 0, PASS)}).code, 1);
    EXPECT_EQ(check({row("R", LOAD, 1, PASS), row("R", DRAW, 0, FAIL)}).code, 0);
}

TEST(Check, SaysWhatDoesNotPassAndCounts)
{
    const Outcome outcome = check({row("A-1", DRAW, 1, FAIL), row("A-2", DRAW, 1, OPEN),
                                   row("A-3", DRAW, 1, PASS), row("A-3", LOAD, 0, FAIL)});
    const std::vector<std::string> lines = lines_of(outcome.out);
    ASSERT_EQ(lines.size(), 3u) << outcome.out;
    EXPECT_EQ(lines[0], "FAIL          A-1 at the draw: 13.5 MW, limit 10 MW, margin -35 %, worst "
                        "from 00:00:12.340 on");
    EXPECT_NE(lines[1].find("INDETERMINATE A-2"), std::string::npos);
    EXPECT_NE(lines[1].find("recorded at 100 Hz, needs 250 Hz"), std::string::npos);
    EXPECT_EQ(lines[2], "FAIL: 1 of 3 rules FAIL, 1 INDETERMINATE, 1 PASS");
}

// Percents say little about a value that is many times its limit.
TEST(Check, FarBeyondTheLimitIsAFactor)
{
    Row far = row("A-1", DRAW, 1, FAIL);
    far.value = 2010;
    const Outcome outcome = check({far});
    EXPECT_NE(outcome.out.find("limit 10 MW, 201 x the limit,"), std::string::npos) << outcome.out;
}

TEST(Check, WithoutJudgedRowsIsBadInput)
{
    EXPECT_EQ(check({}).code, 65);
    EXPECT_EQ(check({row("R", LOAD, 0, PASS)}).code, 65);
    Folder folder;
    {
        SummaryFile file(folder / "s.h5");
        add_levels(file); // no /verdicts at all
    }
    const Outcome outcome = run({"check", "s.h5"}, folder.path);
    EXPECT_EQ(outcome.code, 65);
    EXPECT_NE(outcome.err.find("--limits"), std::string::npos) << outcome.err;
}

TEST(Check, AnIncompleteSummaryIsBadInput)
{
    const Outcome outcome = check({row("R", DRAW, 1, PASS)}, 0);
    EXPECT_EQ(outcome.code, 65);
    EXPECT_NE(outcome.err.find("incomplete"), std::string::npos) << outcome.err;
    Folder folder;
    {
        SummaryFile nothing(folder / "s.h5");
    } // not even the attribute
    EXPECT_EQ(run({"check", "s.h5"}, folder.path).code, 65);
    EXPECT_EQ(run({"show", "s.h5"}, folder.path).code, 65);
}

TEST(Check, DamagedRowsAreBadInput)
{
    EXPECT_EQ(check({row("R", DRAW, 1, 7)}).code, 65); // a status that does not exist
    Folder folder;
    {
        SummaryFile file(folder / "s.h5");
        add_levels(file);
        file.column("/verdicts/rule", std::vector<std::string>{"R", "S"});
        file.column("/verdicts/point", std::vector<uint8_t>{1});
    }
    EXPECT_EQ(run({"check", "s.h5"}, folder.path).code, 65);
}

TEST(Check, NumbersThatAreNotThere)
{
    Row without = row("R", DRAW, 1, OPEN);
    without.value = NAN;
    without.window_start_ns = 0;
    const Outcome outcome = check({without});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.out.find("nan"), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.out.find("no value"), std::string::npos) << outcome.out;
}

} // namespace
