// show_test.cpp - the one screen: what is on it, what is left out, and that it is one.
#include "cli/process.h"
#include "cli/summary_file.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace
{

std::vector<Row> some_rows(int n_rules)
{
    std::vector<Row> rows;
    for (int i = 0; i < n_rules; i++) {
        const std::string rule = "RULE-" + std::to_string(i);
        const int status = i == 3 ? 1 : i == 4 ? 2 : 0;
        rows.push_back({rule, 0, 0, 1, 55.5, 10, "MW", "", start_ns + 50000000000});
        rows.push_back({rule, 1, 1, status, status == 1 ? 13.5 : 6.25, 10, "MW",
                        status == 2 ? "recorded at 100 Hz, needs 250 Hz" : "",
                        start_ns + 12340000000});
    }
    return rows;
}

void write_full(const std::string &path, int n_rules = 6)
{
    SummaryFile file(path);
    add_levels(file);
    add_bands(file);
    add_events(file);
    add_battery(file);
    file.attribute("site", site_yaml());
    file.attribute("nominal_w", 120e6);
    file.attribute("replicate", "lockstep");
    add_verdicts(file, some_rows(n_rules));
}

TEST(Show, SaysEverythingOnOneScreen)
{
    Folder folder;
    write_full(folder / "s.h5");
    const Outcome outcome = run({"show", "s.h5"}, folder.path);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const std::vector<std::string> lines = lines_of(outcome.out);
    EXPECT_LE(lines.size(), 45u) << outcome.out;
    for (const std::string &line : lines)
        EXPECT_LE(columns_of(line), 100u) << line;
    for (const char *words :
         {"A site for tests", "nominal power is 120 MW", "4 -> 1,000 racks, lockstep",
          "4 racks, 2 min at 1,000 samples/s", "99.98 % valid", "peak 120 MW",
          "strongest line 12 MW at 0.5 Hz", "iteration", "dips", "00:01:00.000", "site load",
          "42 to 55 %", "19 MW", "3.5 s", "RULE-3", "-35 %", "00:00:12.340"})
        EXPECT_NE(outcome.out.find(words), std::string::npos) << words << "\n" << outcome.out;
}

TEST(Show, EndsWithOneSentence)
{
    Folder folder;
    write_full(folder / "s.h5");
    std::string out = run({"show", "s.h5"}, folder.path).out;
    std::replace(out.begin(), out.end(), '\n', ' ');
    EXPECT_NE(out.find("Behind 10 x megapack-2xl-2h (19.3 MW, 38.5 MWh), test-site FAILS 1 of 6 "
                       "rules: RULE-3 by 35 %. 1 is INDETERMINATE: RULE-4 (recorded at 100 Hz, "
                       "needs 250 Hz). The load alone would fail 6."),
              std::string::npos)
        << out;
}

// Three racks that dip together are one event of the five, not three of them.
TEST(Show, WorstEventsAreMoments)
{
    Folder folder;
    write_full(folder / "s.h5");
    const std::string out = run({"show", "s.h5"}, folder.path).out;
    EXPECT_EQ(occurs(out, "00:00:50\\.000 +dip"), 1);
    EXPECT_TRUE(occurs(out, "dip +rack-b +-61 kW +1 s"));
    // The highest score comes first, what has none last.
    EXPECT_LT(out.find("spike"), out.find("00:00:50.000"));
    EXPECT_LT(out.find("step up"), out.find("00:01:20.000"));
}

TEST(Show, LargestSwingComesFromTheEnvelope)
{
    Folder folder;
    write_full(folder / "s.h5");
    const std::string out = run({"show", "s.h5"}, folder.path).out;
    // Within a second around the dip: 120 MW down to 30 MW; the draw stays between 95 and 105 MW.
    EXPECT_TRUE(occurs(out, "swing within 1 s +90 MW +10 MW +11\\.1 %")) << out;
    EXPECT_TRUE(occurs(out, "local +RMS, 1 to 5 Hz +4 MW +1 MW +25 %"));
    EXPECT_TRUE(occurs(out, "fast +RMS, 55 to Nyquist Hz"));
    EXPECT_EQ(out.find("agc"), std::string::npos) << "a band that is not resolved";
}

TEST(Show, ManyRulesStillFit)
{
    Folder folder;
    write_full(folder / "s.h5", 30);
    const Outcome outcome = run({"show", "s.h5"}, folder.path);
    EXPECT_LE(lines_of(outcome.out).size(), 45u) << outcome.out;
    EXPECT_NE(outcome.out.find("more: surgetank show --all s.h5\n"), std::string::npos);
    EXPECT_NE(outcome.out.find("RULE-3 "), std::string::npos) << "failures come first";
    EXPECT_NE(outcome.out.find("RULE-4 "), std::string::npos);
    const Outcome all = run({"show", "--all", "s.h5"}, folder.path);
    for (int i = 0; i < 30; i++)
        EXPECT_NE(all.out.find("RULE-" + std::to_string(i)), std::string::npos) << i;
}

/* /sizing with a column that is not as long as the others, or points past its end. */
TEST(Show, RefusesADamagedSizing)
{
    Folder folder;
    const struct {
        const char *name;
        size_t margins;
        int64_t candidate;
        int code;
    } files[] = {{"whole", 2, 1, 0}, {"short", 1, 1, 65}, {"past", 2, 2, 65}, {"minus", 2, -1, 65}};
    for (const auto &row : files) {
        const std::string name = std::string(row.name) + ".h5";
        {
            SummaryFile file(folder / name);
            add_levels(file);
            for (const char *column :
                 {"power_w", "energy_j", "cost_usd", "ramp_up_w_per_s", "ramp_down_w_per_s"}) {
                file.column(std::string("/sizing/") + column, std::vector<double>{1e6, 1e6});
            }
            file.column("/sizing/tau_s", std::vector<double>{60, 60});
            file.column("/sizing/response_s", std::vector<double>{0.005, 0.005});
            file.column("/sizing/margin", std::vector<double>(row.margins, 0.5));
            file.column("/sizing/units", std::vector<int64_t>{1, 2});
            file.column("/sizing/pass", std::vector<int64_t>{0, 1});
            file.column("/sizing/worst_rule", std::vector<std::string>{"A-RULE", "A-RULE"});
            file.column("/sizing/best_response_s", std::vector<double>{0.005});
            file.column("/sizing/best_units", std::vector<int64_t>{2});
            file.column("/sizing/best_candidate", std::vector<int64_t>{row.candidate});
            file.column("/sizing/why", std::vector<std::string>{""});
        }
        const Outcome outcome = run({"show", name}, folder.path);
        EXPECT_EQ(outcome.code, row.code) << name << outcome.err;
        EXPECT_EQ(occurs(outcome.err, "/sizing: a column is missing, or"), row.code == 65) << name;
        EXPECT_EQ(occurs(outcome.out, "The smallest battery: 2 units.*"), row.code == 0) << name;
    }
}

TEST(Show, WorksWhenGroupsAreAbsent)
{
    Folder folder;
    {
        SummaryFile least(folder / "least.h5");
        least.attribute("complete", int64_t{1});
    }
    Outcome outcome = run({"show", "least.h5"}, folder.path);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("No rule was judged"), std::string::npos) << outcome.out;
    EXPECT_EQ(outcome.out.find("nan"), std::string::npos) << outcome.out;
    {
        SummaryFile no_site(folder / "no-site.h5");
        add_levels(no_site);
        add_verdicts(no_site, some_rows(2));
    }
    outcome = run({"show", "no-site.h5"}, folder.path);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("Without a battery, the recording PASSES all 2 rules"),
              std::string::npos)
        << outcome.out;
}

TEST(Show, FitsANarrowTerminalInColour)
{
    Folder folder;
    write_full(folder / "s.h5");
    Call call;
    call.words = {"show", "s.h5"};
    call.folder = folder.path;
    for (int columns : {80, 100, 200}) {
        call.terminal_columns = columns;
        const Outcome outcome = run(call);
        EXPECT_EQ(outcome.code, 0);
        EXPECT_NE(outcome.out.find("\033[1;31mFAIL"), std::string::npos) << outcome.out;
        for (const std::string &line : lines_of(outcome.out))
            EXPECT_LE(columns_of(line), static_cast<size_t>(std::min(columns, 100))) << line;
    }
}

TEST(Show, MarksAFadeOutsideTheFit)
{
    for (const uint8_t extrapolated : {0, 1}) {
        Folder folder;
        {
            SummaryFile file(folder / "s.h5");
            add_levels(file);
            add_battery(file);
            file.column("/battery/fade_extrapolated", std::vector<uint8_t>{extrapolated});
        }
        const std::string out = run({"show", "s.h5"}, folder.path).out;
        EXPECT_EQ(occurs(out, " 3\\.10? %\\* "), (int)extrapolated) << out;
        EXPECT_EQ(occurs(out, "outside the range of the ageing fit"), (int)extrapolated) << out;
        EXPECT_EQ(occurs(out, "fade: if all year were like this"), 1) << out;
    }
}

TEST(Show, NamesFromAFileDoNotSteerTheTerminal)
{
    Folder folder;
    {
        SummaryFile file(folder / "s.h5");
        add_levels(file);
        add_verdicts(file, {{"R\033[2J\x07", 1, 1, 1, 13.5, 10, "MW", "a\nb", start_ns}});
    }
    const Outcome outcome = run({"show", "s.h5"}, folder.path);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.out.find('\033'), std::string::npos);
    EXPECT_EQ(outcome.out.find('\x07'), std::string::npos);
}

TEST(Info, DescribesASummary)
{
    Folder folder;
    write_full(folder / "s.h5");
    const Outcome outcome = run({"info", "s.h5"}, folder.path);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    for (const char *words : {"summary/1", "test-site", "cpu", "0123456789ab", "usable +yes"})
        EXPECT_TRUE(occurs(outcome.out, words)) << outcome.out;
}

TEST(Info, AnIncompleteSummaryIsNotUsable)
{
    Folder folder;
    {
        SummaryFile file(folder / "s.h5");
        file.attribute("complete", int64_t{0});
    }
    const Outcome outcome = run({"info", "s.h5"}, folder.path);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_TRUE(occurs(outcome.out, "usable +no")) << outcome.out;
}

} // namespace
