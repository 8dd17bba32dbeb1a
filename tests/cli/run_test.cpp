// run_test.cpp - the whole way: synth, info, analyze, show, check; and what may go wrong on it.
#include "cli/process.h"
#include "cli/summary_file.h"

#include <gtest/gtest.h>

#include <csignal>

namespace
{

// One trace for all tests here: 8 racks, 20 s, 1 kHz.
class Chain : public testing::Test
{
  protected:
    static void SetUpTestSuite()
    {
        folder = new Folder;
        made = new Outcome(run({"synth", "--site", "colossus-2", "--racks", "8", "--duration",
                                "20s", "--seed", "7", "-o", "trace.h5"},
                               folder->path));
    }
    static void TearDownTestSuite()
    {
        delete made;
        delete folder;
        made = nullptr;
        folder = nullptr;
    }
    void SetUp() override
    {
        ASSERT_EQ(made->code, 0) << made->err;
        before = folder->names();
    }
    // Nothing is there that was not there before.
    void ExpectNothingLeft() { EXPECT_EQ(folder->names(), before); }

    Outcome analyze(std::vector<std::string> more, const char *output = "s.h5")
    {
        std::vector<std::string> words = {"analyze", "trace.h5", "-o", output};
        words.insert(words.end(), more.begin(), more.end());
        return run(words, folder->path);
    }
    void TearDown() override { std::filesystem::remove(folder->path / "s.h5"); }

    static Folder *folder;
    static Outcome *made;
    std::vector<std::string> before;
};

Folder *Chain::folder = nullptr;
Outcome *Chain::made = nullptr;

TEST_F(Chain, SynthTellsWhatItMade)
{
    EXPECT_NE(made->out.find("trace.h5 ("), std::string::npos) << made->out;
    EXPECT_NE(made->out.find("8 racks x 20,000 samples"), std::string::npos) << made->out;
    EXPECT_NE(made->out.find("next: surgetank analyze trace.h5 --site colossus-2"),
              std::string::npos);
}

TEST_F(Chain, SameSeedSameBytes)
{
    Folder other;
    const std::vector<std::string> words = {"synth", "--site",     "cortex", "--racks",
                                            "3",     "--duration", "2s",     "--seed",
                                            "5",     "-q",         "-o",     "t.h5"};
    const Outcome one = run(words, other.path);
    ASSERT_EQ(one.code, 0) << one.err;
    EXPECT_EQ(one.out + one.err, "");
    const std::string bytes = read_text(other / "t.h5");
    ASSERT_EQ(run(words, other.path).code, 0);
    EXPECT_EQ(read_text(other / "t.h5"), bytes);
}

TEST_F(Chain, InfoSaysWhatIsInTheTrace)
{
    const Outcome outcome = run({"info", "trace.h5"}, folder->path);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    for (const char *words :
         {"format +trace/1", "racks +8 \\(", "20,000 samples at 1,000 samples/s", "float32",
          "usable +yes", "ercot +ERCOT-RECOVERY; but ERCOT-PV needs 50 s", "lipa +LIPA-HIGH"})
        EXPECT_TRUE(occurs(outcome.out, words)) << words << "\n" << outcome.out;
}

// Flicker needs 400 Hz, 42 Hz below 0.45 of the rate, and 10 min, whatever the file says.
TEST_F(Chain, InfoKnowsWhatAStatisticCanNotDoWithout)
{
    const char *const rule =
        "name: flicker\nrules:\n  - {id: MY-PST, source: s, status: practice, text: t, statistic: "
        "{kind: flicker, short_circuit_mva: 5000, grid_angle_deg: 84, lamp: 120V60}, "
        "limit: {value: 1, unit: pst}}\n";
    Folder data;
    std::filesystem::create_directory(data.path / "limits");
    write_text(data / "limits/flicker.yaml", rule);
    for (const auto &[rate, words] :
         {std::pair{"50", "MY-PST needs 400 Hz"}, std::pair{"1000", "MY-PST needs 10 min"}}) {
        const std::string path = data / "t.h5";
        ASSERT_EQ(run({"synth", "--site", "cortex", "--racks", "2", "--duration", "4s", "--rate",
                       rate, "-q", "-o", path})
                      .code,
                  0);
        const Outcome outcome = run({"info", path, "--data-dir", data.path.string()});
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        EXPECT_NE(outcome.out.find(words), std::string::npos) << outcome.out;
    }
}

// A file that states no needs: what its windows need is said by limits, info and the verdict alike.
TEST_F(Chain, AWindowIsANeedOfItsOwn)
{
    Folder data;
    std::filesystem::create_directory(data.path / "limits");
    write_text(
        data / "limits/mine.yaml",
        "name: mine\nrules:\n  - {id: MY-R, source: s, status: practice, text: t, statistic: "
        "{kind: rolling_range, window_s: 60}, limit: {value: 1000, unit: MW}}\n"
        "  - {id: MY-B, source: s, status: practice, text: t, filter: {bandpass_hz: [0.04, 9]}, "
        "statistic: {kind: rolling_range, window_s: 1}, limit: {value: 1000, unit: MW}, "
        "needs: {rate_hz: 100, duration_s: 3}}\n");
    const std::vector<std::string> where = {"--data-dir", data.path.string()};
    Outcome outcome = run({"limits", "mine", where[0], where[1]});
    EXPECT_NE(outcome.out.find("a record of 60 s, 99 % of it valid"), std::string::npos)
        << outcome.out;
    EXPECT_NE(outcome.out.find("sampled at 100 Hz, a record of 25 s, 99 %"), std::string::npos)
        << outcome.out;
    outcome = run({"info", "trace.h5", where[0], where[1]}, folder->path);
    EXPECT_NE(outcome.out.find("none; but MY-R needs 60 s; MY-B needs 25 s"), std::string::npos)
        << outcome.out;
    ASSERT_EQ(analyze({"--limits", "mine", where[0], where[1], "-q"}).code, 0);
    outcome = run({"check", "s.h5"}, folder->path);
    EXPECT_NE(outcome.out.find("too short: recorded 20 s, needed: 60.001 s"), std::string::npos)
        << outcome.out;
    EXPECT_NE(outcome.out.find("too short: recorded 20 s, needed: 25 s"), std::string::npos)
        << outcome.out;
}

TEST_F(Chain, InfoTellsHowToReadAForeignFile)
{
    Folder other;
    {
        // Two racks, 4,000 samples, in kW and by nobody's conventions.
        const hid_t file =
            H5Fcreate((other / "rig.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        const hsize_t size[2] = {4000, 2};
        const hid_t space = H5Screate_simple(2, size, nullptr);
        const hid_t d = H5Dcreate2(file, "log", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT,
                                   H5P_DEFAULT);
        std::vector<double> values(8000, 50.0);
        H5Dwrite(d, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
        H5Dclose(d);
        H5Sclose(space);
        H5Fclose(file);
    }
    Outcome outcome = run({"info", "rig.h5"}, other.path);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("--dataset"), std::string::npos) << outcome.out;
    const std::vector<std::string> how = {"--dataset", "/log",  "--time-axis", "0",
                                          "--period",  "500us", "--unit",      "kW"};
    std::vector<std::string> words = {"info", "rig.h5"};
    words.insert(words.end(), how.begin(), how.end());
    outcome = run(words, other.path);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(occurs(outcome.out, "2 s: 4,000 samples at 2,000")) << outcome.out;
    EXPECT_NE(outcome.out.find("mean 50 kW"), std::string::npos) << outcome.out;
    words[0] = "analyze";
    words.insert(words.end(), {"-o", "s.h5", "-q"});
    outcome = run(words, other.path);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(run({"show", "s.h5"}, other.path).code, 0);
    // A trace that is refused without these words is refused with exit 65.
    EXPECT_EQ(run({"analyze", "rig.h5", "-o", "t.h5", "-q"}, other.path).code, 65);
}

TEST_F(Chain, AnalyzeShowCheck)
{
    const Outcome analyzed = analyze({"--site", "colossus-2", "--limits", "ercot,ieso,lipa"});
    ASSERT_EQ(analyzed.code, 0) << analyzed.err;
    EXPECT_TRUE(occurs(analyzed.out, "s\\.h5 \\(.*\\): 8 racks x 20,000 samples in"))
        << analyzed.out;
    EXPECT_TRUE(occurs(analyzed.out, "verdicts: [0-9]+ of [0-9]+ rules")) << analyzed.out;
    EXPECT_NE(analyzed.out.find("next: surgetank show s.h5"), std::string::npos);

    const Outcome shown = run({"show", "s.h5"}, folder->path);
    ASSERT_EQ(shown.code, 0) << shown.err;
    EXPECT_LE(lines_of(shown.out).size(), 45u) << shown.out;
    for (const char *words : {"Colossus 2", "600 x megapack-2xl-2h", "ERCOT-PV", "LIPA-HIGH",
                              "-> 7,639 racks, lockstep", "20 s at 1,000 samples/s from 20"})
        EXPECT_NE(shown.out.find(words), std::string::npos) << words << "\n" << shown.out;
    EXPECT_EQ(shown.out.find("nan"), std::string::npos) << shown.out;

    const Outcome checked = run({"check", "s.h5"}, folder->path);
    EXPECT_GE(checked.code, 1) << "20 s are too short for ERCOT-PV to acquit";
    EXPECT_LE(checked.code, 2);
    EXPECT_EQ(run({"info", "s.h5"}, folder->path).code, 0);
}

TEST_F(Chain, QuietIsQuiet)
{
    const Outcome outcome = analyze({"--quiet"});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.out + outcome.err, "");
    const Outcome checked = run({"check", "s.h5"}, folder->path);
    EXPECT_EQ(checked.code, 65) << "no rules were asked for";
}

TEST_F(Chain, ProgressIsPlainInALogAndRewrittenOnATerminal)
{
    const Outcome plain = analyze({});
    EXPECT_EQ(plain.err.find('\r'), std::string::npos);
    EXPECT_EQ(plain.err.find('\033'), std::string::npos);
    EXPECT_NE(plain.err.find("surgetank: detect: "), std::string::npos) << plain.err;
    for (const char *stage : {"detect: ", "events: ", "detect \\(load\\): ", "events \\(load\\): "})
        EXPECT_EQ(occurs(plain.err, std::string("surgetank: ") + stage), 1) << stage << plain.err;
    Call call;
    call.words = {"analyze", "trace.h5", "-o", "s.h5"};
    call.folder = folder->path;
    call.terminal_columns = 100;
    const Outcome terminal = run(call);
    EXPECT_EQ(terminal.code, 0);
    EXPECT_NE(terminal.out.find("\r\033[Kdetect"), std::string::npos) << terminal.out;
}

TEST_F(Chain, TheOutputIsNeverAnInput)
{
    const std::string bytes = read_text(*folder / "trace.h5");
    std::filesystem::create_symlink("trace.h5", folder->path / "link.h5");
    std::filesystem::create_hard_link(folder->path / "trace.h5", folder->path / "hard.h5");
    before = folder->names();
    for (const char *output : {"trace.h5", "./trace.h5", "link.h5", "hard.h5"}) {
        const Outcome outcome = analyze({"-q"}, output);
        EXPECT_EQ(outcome.code, 64) << output;
        EXPECT_NE(outcome.err.find("is the input"), std::string::npos) << outcome.err;
    }
    write_text(*folder / "site.yaml", site_yaml());
    EXPECT_EQ(analyze({"-q", "--site", "./site.yaml"}, "site.yaml").code, 64);
    EXPECT_EQ(read_text(*folder / "site.yaml"), site_yaml());
    std::filesystem::remove(*folder / "site.yaml");
    EXPECT_EQ(read_text(*folder / "trace.h5"), bytes);
    ExpectNothingLeft();
    std::filesystem::remove(folder->path / "link.h5");
    std::filesystem::remove(folder->path / "hard.h5");
}

TEST_F(Chain, OutputThatCanNotBe)
{
    EXPECT_EQ(analyze({"-q"}, "no/such/folder/s.h5").code, 74);
    EXPECT_EQ(analyze({"-q"}, "/dev/full").code, 74);
    EXPECT_EQ(analyze({"-q"}, ".").code, 74);
    ExpectNothingLeft();
}

// The disk is full (here: a limit on the size of files): 74, and an older summary stays as it was.
TEST_F(Chain, AFullDiskLeavesTheOldSummary)
{
    write_text(*folder / "s.h5", "an older summary");
    before = folder->names();
    Call call;
    call.words = {"analyze", "trace.h5", "-o", "s.h5", "-q"};
    call.folder = folder->path;
    call.file_bytes = 4096;
    const Outcome outcome = run(call);
    EXPECT_EQ(outcome.code, 74) << outcome.err;
    EXPECT_EQ(outcome.signal, 0) << "SIGXFSZ must not kill";
    EXPECT_EQ(read_text(*folder / "s.h5"), "an older summary");
    ExpectNothingLeft();
    call.words = {"synth",      "--site", "cortex", "--racks", "4",
                  "--duration", "5s",     "-q",     "-o",      "full.h5"};
    EXPECT_EQ(run(call).code, 74);
    ExpectNothingLeft();
}

TEST_F(Chain, FullStandardOutputIsSaidAfterTheWork)
{
    Call call;
    call.words = {"analyze", "trace.h5", "-o", "s.h5"};
    call.folder = folder->path;
    for (const char *out : {"/dev/full", "-"}) {
        call.out_to = out;
        const Outcome outcome = run(call);
        EXPECT_EQ(outcome.code, 74) << out;
        EXPECT_TRUE(std::filesystem::exists(folder->path / "s.h5"));
        EXPECT_EQ(run({"show", "s.h5"}, folder->path).code, 0) << "the summary itself is whole";
    }
}

// A signal in the middle: 130, no summary, no temporary file.
TEST_F(Chain, InterruptLeavesNothing)
{
    for (const int signal : {SIGINT, SIGTERM}) {
        Call call;
        call.folder = folder->path;
        call.signal = signal;
        // Long enough not to be over before the signal is there; synth first, it needs no input.
        call.words = {"synth",      "--site", "colossus-2", "--racks", "512",
                      "--duration", "10min",  "-o",         "long.h5"};
        call.signal_after = "surgetank: ";
        const Outcome synth = run(call);
        EXPECT_EQ(synth.code, 130) << synth.err;
        EXPECT_EQ(synth.signal, 0);
        ExpectNothingLeft();
    }
}

TEST_F(Chain, InterruptedAnalyzeLeavesNothing)
{
    Folder other;
    ASSERT_EQ(run({"synth", "--site", "colossus-2", "--racks", "128", "--duration", "300s", "-q",
                   "-o", "long.h5"},
                  other.path)
                  .code,
              0);
    Call call;
    call.folder = other.path;
    call.words = {"analyze", "long.h5", "-o", "s.h5", "--threads", "1"};
    call.signal = SIGINT;
    call.signal_after = "surgetank: detect: ";
    const Outcome outcome = run(call);
    EXPECT_EQ(outcome.code, 130) << outcome.err;
    EXPECT_EQ(lines_of(outcome.err).back().rfind("surgetank: ", 0), 0u);
    EXPECT_EQ(other.names(), std::vector<std::string>{"long.h5"});
}

TEST_F(Chain, NamesWithBlanksCanBePasted)
{
    Folder other;
    std::filesystem::copy(folder->path / "trace.h5", other.path / "my trace.h5");
    const Outcome outcome = run({"analyze", "my trace.h5", "-o", "my summary.h5"}, other.path);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("next: surgetank show 'my summary.h5'"), std::string::npos)
        << outcome.out;
    const std::string info = run({"info", "my summary.h5"}, other.path).out;
    EXPECT_NE(info.find("surgetank analyze 'my trace.h5' -o 'my summary.h5'"), std::string::npos)
        << info;
}

} // namespace
