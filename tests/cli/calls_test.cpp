// calls_test.cpp - one row for each way to call the program wrongly, or without work to do.
#include "cli/process.h"
#include "cli/summary_file.h"

#include <gtest/gtest.h>

#include <ostream>

namespace
{

struct Case {
    const char *name;
    std::vector<std::string> words;
    int code;
    const char *error; // regular expression found in standard error; "" = nothing is said
};

void PrintTo(const Case &c, std::ostream *out)
{
    *out << c.name;
}

const Case cases[] = {
    // the program itself
    {"nothing", {}, 64, "usage: surgetank COMMAND"},
    {"version", {"--version"}, 0, ""},
    {"help", {"help"}, 0, ""},
    {"help_dashes", {"--help"}, 0, ""},
    {"help_of_nothing", {"help", "analyse"}, 64, "did you mean 'analyze'\\?"},
    {"slip", {"analyse", "x.h5"}, 64, "unknown command 'analyse'; did you mean 'analyze'\\?"},
    {"other_word", {"bake"}, 64, "unknown command 'bake' \\(known: analyze, size, synth, show, "},
    {"later_command", {"merge", "a", "b"}, 64, "unknown command 'merge'"},
    {"later_option", {"analyze", "t.h5", "-o", "s.h5", "--resume"}, 64, "unknown option --resume"},
    // analyze
    {"no_trace", {"analyze", "-o", "s.h5"}, 64, "TRACE is missing.*surgetank analyze --help"},
    {"no_output", {"analyze", "t.h5"}, 64, "--output SUMMARY is missing"},
    {"option_slip", {"analyze", "t.h5", "--sites", "x"}, 64, "did you mean --site\\?"},
    {"letter", {"analyze", "t.h5", "-x"}, 64, "unknown option -x \\(known: --output"},
    {"no_value", {"analyze", "t.h5", "-o"}, 64, "--output needs a value"},
    {"swallowed", {"analyze", "t.h5", "-o", "--site", "x"}, 64, "--output needs a value"},
    {"empty_value", {"analyze", "t.h5", "--output="}, 64, "--output needs a value"},
    {"twice", {"analyze", "t.h5", "-o", "a", "-o", "b"}, 64, "--output is given twice"},
    {"switch_value", {"analyze", "t.h5", "--quiet=1"}, 64, "--quiet takes no value"},
    {"backend",
     {"analyze", "t.h5", "-o", "s.h5", "--backend", "gpu"},
     64,
     "--backend: 'gpu' is unknown \\(allowed: auto, cpu, cuda\\)"},
    {"threads_word",
     {"analyze", "t.h5", "-o", "s.h5", "--threads", "two"},
     64,
     "--threads: 'two' is no whole number from 0 to 4096"},
    {"threads_tail", {"analyze", "t.h5", "-o", "s.h5", "--threads", "2x"}, 64, "whole number"},
    {"threads_blank", {"analyze", "t.h5", "-o", "s.h5", "--threads", " 2"}, 64, "whole number"},
    {"threads_sign", {"analyze", "t.h5", "-o", "s.h5", "--threads", "-1"}, 64, "whole number"},
    {"threads_huge",
     {"analyze", "t.h5", "-o", "s.h5", "--threads", "99999999999999999999"},
     64,
     "whole number"},
    {"period", {"analyze", "t.h5", "-o", "s.h5", "--period", "1"}, 64, "'1' is no duration"},
    {"period_zero", {"analyze", "t.h5", "-o", "s.h5", "--period", "0s"}, 64, "is no duration"},
    {"axis", {"analyze", "t.h5", "-o", "s.h5", "--time-axis", "2"}, 64, "allowed: 0, 1"},
    {"unit", {"analyze", "t.h5", "-o", "s.h5", "--unit", "mw"}, 64, "allowed: W, kW, MW"},
    {"knob", {"analyze", "t.h5", "-o", "s.h5", "--set", "fram=512"}, 64, "fram.*frame"},
    {"knob_value", {"analyze", "t.h5", "-o", "s.h5", "--set", "frame=500"}, 64, "frame.*500"},
    {"knob_form", {"analyze", "t.h5", "-o", "s.h5", "--set", "frame"}, 64, "frame"},
    {"missing_trace", {"analyze", "t.h5", "-o", "s.h5", "-q"}, 66, "t\\.h5"},
    // size
    {"size_nothing", {"size"}, 64, "TRACE is missing|--output SUMMARY is missing"},
    {"size_no_site", {"size", "t.h5", "-o", "s.h5"}, 64, "--site SITE is missing"},
    {"size_units",
     {"size", "t.h5", "-o", "s.h5", "--site", "colossus-2", "--units", "9:3"},
     64,
     "--units: '9:3' is no range of counts"},
    {"size_units_negative",
     {"size", "t.h5", "-o", "s.h5", "--site", "colossus-2", "--units", "-1:3"},
     64,
     "no range of counts"},
    {"size_units_step",
     {"size", "t.h5", "-o", "s.h5", "--site", "colossus-2", "--units", "0:3:0"},
     64,
     "no range of counts"},
    {"size_units_more",
     {"size", "t.h5", "-o", "s.h5", "--site", "colossus-2", "--units", "0:3:1:1"},
     64,
     "no range of counts"},
    {"size_units_open",
     {"size", "t.h5", "-o", "s.h5", "--site", "colossus-2", "--units", "0:"},
     64,
     "no range of counts"},
    {"size_units_huge",
     {"size", "t.h5", "-o", "s.h5", "--site", "colossus-2", "--units", "0:99999999999999999999"},
     64,
     "no range of counts"},
    {"size_response",
     {"size", "t.h5", "-o", "s.h5", "--site", "colossus-2", "--response", "2"},
     64,
     "--response: '2' is no list"},
    {"size_tau_and_ramp",
     {"size", "t.h5", "-o", "s.h5", "--site", "colossus-2", "--tau", "1s", "--ramp", "5"},
     64,
     "give one"},
    {"size_ramp",
     {"size", "t.h5", "-o", "s.h5", "--site", "colossus-2", "--ramp", "5,,6"},
     64,
     "--ramp: '5,,6' is no list"},
    {"size_ramp_negative",
     {"size", "t.h5", "-o", "s.h5", "--site", "colossus-2", "--ramp", "-5"},
     64,
     "--ramp: '-5' is no list"},
    {"size_missing_trace",
     {"size", "t.h5", "-o", "s.h5", "--site", "colossus-2", "-q"},
     66,
     "t\\.h5"},
    {"size_unknown_site",
     {"size", "t.h5", "-o", "s.h5", "--site", "atlantis", "-q"},
     66,
     "atlantis.*colossus-2"},
    // analyze: what is not there
    {"unknown_site",
     {"analyze", "t.h5", "-o", "s.h5", "--site", "atlantis", "-q"},
     66,
     "atlantis.*colossus-2"},
    {"unknown_limits",
     {"analyze", "t.h5", "-o", "s.h5", "--limits", "ercot,mars", "-q"},
     66,
     "mars.*ercot"},
    // synth
    {"synth_nothing", {"synth"}, 64, "--site SITE is missing"},
    {"synth_operand",
     {"synth", "x", "--site", "cortex", "--racks", "1", "--duration", "1s", "-o", "t.h5"},
     64,
     "'x' is one word too many"},
    {"synth_racks",
     {"synth", "--site", "cortex", "--racks", "0", "--duration", "1s", "-o", "t.h5"},
     64,
     "--racks: '0'"},
    {"synth_rate",
     {"synth", "--site", "cortex", "--racks", "1", "--duration", "1s", "--rate", "fast", "-o",
      "t.h5"},
     64,
     "--rate: 'fast' is no number above 0"},
    {"synth_infinite",
     {"synth", "--site", "cortex", "--racks", "1", "--duration", "1s", "--rate", "inf", "-o",
      "t.h5"},
     64,
     "--rate: 'inf'"},
    {"synth_codec",
     {"synth", "--site", "cortex", "--racks", "1", "--duration", "1s", "--codec", "zip", "-o",
      "t.h5"},
     64,
     "zip.*bitshuffle-lz4"},
    {"synth_site",
     {"synth", "--site", "atlantis", "--racks", "1", "--duration", "1s", "-o", "t.h5"},
     66,
     "atlantis"},
    {"synth_folder",
     {"synth", "--site", "cortex", "--racks", "1", "--duration", "1s", "-q", "-o", "no/t.h5"},
     74,
     "no/t\\.h5"},
    // show, check, info
    {"show_nothing", {"show"}, 64, "SUMMARY is missing"},
    {"show_two", {"show", "a", "b"}, 64, "'b' is one word too many"},
    {"show_missing", {"show", "s.h5"}, 66, "s\\.h5"},
    {"check_missing", {"check", "s.h5"}, 66, "s\\.h5"},
    {"info_missing", {"info", "s.h5"}, 66, "s\\.h5"},
    {"show_text", {"show", "text.h5"}, 65, "text\\.h5"},
    {"check_text", {"check", "text.h5"}, 65, "text\\.h5"},
    {"info_text", {"info", "text.h5"}, 65, "text\\.h5"},
    {"analyze_text", {"analyze", "text.h5", "-o", "s.h5", "-q"}, 65, "text\\.h5"},
    {"show_trace_format", {"show", "foreign.h5"}, 65, "foreign\\.h5"},
    // presets and devices
    {"sites", {"sites"}, 0, ""},
    {"site", {"sites", "colossus-2"}, 0, ""},
    {"no_site", {"sites", "colosus"}, 66, "colosus.*colossus-1"},
    {"limits", {"limits"}, 0, ""},
    {"limit", {"limits", "ercot"}, 0, ""},
    {"two_limits", {"limits", "ercot,ieso"}, 0, ""},
    {"no_limits", {"limits", "nerc"}, 66, "nerc.*ercot"},
    {"no_data", {"sites", "cortex", "--data-dir", "nowhere"}, 66, "nowhere"},
    {"devices", {"devices"}, 0, ""},
};

class Calls : public testing::TestWithParam<Case>
{
};

TEST_P(Calls, ExitCodeAndSentence)
{
    const Case &c = GetParam();
    Folder folder;
    write_text(folder / "text.h5", "this is no HDF5 file\n");
    {
        SummaryFile foreign(folder / "foreign.h5", "other/7");
    }
    const std::vector<std::string> before = folder.names();
    const Outcome outcome = run(c.words, folder.path);
    EXPECT_EQ(outcome.code, c.code) << outcome.err;
    EXPECT_EQ(outcome.signal, 0);
    if (*c.error == '\0') {
        EXPECT_EQ(outcome.err, "");
        EXPECT_NE(outcome.out, "");
    } else {
        EXPECT_TRUE(occurs(outcome.err, c.error)) << outcome.err;
        EXPECT_EQ(outcome.out, "");
    }
    if (c.code != 0 && !c.words.empty()) {
        EXPECT_EQ(lines_of(outcome.err).size(), 1u) << outcome.err;
        EXPECT_EQ(outcome.err.rfind("surgetank: ", 0), 0u) << outcome.err;
    }
    EXPECT_EQ(folder.names(), before) << "something was left behind";
}

INSTANTIATE_TEST_SUITE_P(Table, Calls, testing::ValuesIn(cases),
                         [](const auto &row) { return std::string(row.param.name); });

TEST(Output, FullOrClosedIsSeventyFour)
{
    Folder folder;
    {
        SummaryFile file(folder / "s.h5");
        add_levels(file);
        add_verdicts(file, {{"R-1", 1, 1, 0, 4, 5, "MW", "", start_ns}});
    }
    const std::vector<std::vector<std::string>> calls = {
        {"help"},         {"--version"},     {"sites"},        {"limits", "ercot"},  {"devices"},
        {"show", "s.h5"}, {"check", "s.h5"}, {"info", "s.h5"}, {"analyze", "--help"}};
    for (const std::vector<std::string> &words : calls) {
        for (const char *out : {"/dev/full", "-"}) {
            Call call;
            call.words = words;
            call.folder = folder.path;
            call.out_to = out;
            const Outcome outcome = run(call);
            EXPECT_EQ(outcome.code, 74) << words[0] << " > " << out;
            EXPECT_NE(outcome.err.find("can not write to standard output"), std::string::npos)
                << outcome.err;
        }
    }
    EXPECT_EQ(folder.names(), std::vector<std::string>{"s.h5"});
}

// What a user mistypes or a file holds must not steer the terminal.
TEST(Output, ControlCharactersAreNotPassedOn)
{
    const Outcome outcome = run({"sites", "\033[2Jx\nsecond"});
    EXPECT_EQ(outcome.code, 66);
    EXPECT_EQ(outcome.err.find('\033'), std::string::npos);
    EXPECT_EQ(lines_of(outcome.err).size(), 1u);
}

TEST(DataFolder, IsAnOption)
{
    Folder folder;
    std::filesystem::create_directories(folder.path / "sites");
    std::filesystem::copy(ST_TEST_SOURCE_DIR "/data/units.yaml", folder.path);
    write_text(folder / "sites/mine.yaml", site_yaml());
    const Outcome outcome = run({"sites", "--data-dir", folder.path.string()});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("mine"), std::string::npos);
    EXPECT_EQ(outcome.out.find("colossus"), std::string::npos);
}

// A program that was copied away with its share/ folder finds it.
TEST(DataFolder, IsFoundBesideTheProgram)
{
    Folder folder;
    std::filesystem::create_directories(folder.path / "bin");
    std::filesystem::create_directories(folder.path / "share/surgetank/sites");
    std::filesystem::copy(ST_TEST_CLI, folder.path / "bin/surgetank");
    std::filesystem::copy(ST_TEST_SOURCE_DIR "/data/units.yaml", folder.path / "share/surgetank");
    write_text(folder / "share/surgetank/sites/moved.yaml", site_yaml());
    Call call;
    call.program = folder / "bin/surgetank";
    call.words = {"sites"};
    const Outcome outcome = run(call);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("moved"), std::string::npos) << outcome.out;
}

} // namespace
