/* run_test.cpp - the file that st_synth_run writes: what the generator makes, the same bytes for
 * any number of threads, nothing left behind after a failure. */
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "synth/support.h"

namespace
{

namespace fs = std::filesystem;

/* A folder of its own for each test, gone afterwards. */
class Run : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        std::string pattern = (fs::temp_directory_path() / "surgetank-synth-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder = pattern;
    }
    void TearDown() override { fs::remove_all(folder); }

    std::string path(const char *name) const { return (folder / name).string(); }
    size_t files() const
    {
        return static_cast<size_t>(
            std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
    }

    Context ctx = make_context();
    fs::path folder;
};

std::string bytes_of(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

std::vector<float> read_back(st_context *ctx, const std::string &path, const st_synth &what)
{
    const char *name = path.c_str();
    st_trace *trace = nullptr;
    const st_trace_options options = ST_TRACE_OPTIONS_DEFAULT;
    EXPECT_EQ(st_trace_open(ctx, &name, 1, &options, &trace), ST_OK) << st_context_message(ctx);
    if (trace == nullptr) {
        return {};
    }
    const st_trace_info *info = st_trace_describe(trace);
    EXPECT_EQ(info->racks, what.racks);
    EXPECT_EQ(info->samples, st_synth_samples(&what));
    EXPECT_EQ(info->period_ns, st_synth_period_ns(&what));
    EXPECT_EQ(info->start_ns, what.start_ns);
    EXPECT_STREQ(info->rack_names[1], "rack-0001");
    EXPECT_STREQ(info->rack_groups[1], "row-000");
    EXPECT_EQ(info->rack_rating_w[1], what.rack_rating_w);
    const size_t n = static_cast<size_t>(info->samples);
    std::vector<float> out(info->racks * n);
    EXPECT_EQ(st_trace_read(trace, ctx, 0, info->racks, 0, n, out.data(), n), ST_OK)
        << st_context_message(ctx);
    for (size_t r = 0; r < info->racks; r++) {
        for (size_t i = 0; i < n; i++) {
            out[r * n + i] += static_cast<float>(info->offset_w[r]);
        }
    }
    st_trace_close(trace);
    return out;
}

TEST_F(Run, WritesWhatTheGeneratorMakes)
{
    const st_synth what = make_synth(70, 40.0, 1000.0);
    ASSERT_EQ(st_synth_run(ctx.get(), &what, path("t.h5").c_str(), "test"), ST_OK)
        << st_context_message(ctx.get());
    const std::vector<float> made = fill_all(what);
    const std::vector<float> read = read_back(ctx.get(), path("t.h5"), what);
    ASSERT_EQ(read.size(), made.size());
    for (size_t i = 0; i < made.size(); i++) {
        ASSERT_TRUE(read[i] == made[i] || (std::isnan(read[i]) && std::isnan(made[i]))) << i;
    }
    EXPECT_EQ(files(), 1u);
}

TEST_F(Run, GivesTheSameBytesForAnyNumberOfThreads)
{
    st_synth what = make_synth(70, 40.0, 1000.0);
    for (int threads = 1; threads <= 3; threads++) {
        what.threads = threads;
        const std::string name = "t" + std::to_string(threads) + ".h5";
        ASSERT_EQ(st_synth_run(ctx.get(), &what, path(name.c_str()).c_str(), "test"), ST_OK)
            << st_context_message(ctx.get());
    }
    const std::string one = bytes_of(path("t1.h5"));
    EXPECT_GT(one.size(), 70u * 40000u * 4u);
    EXPECT_TRUE(one == bytes_of(path("t2.h5")));
    EXPECT_TRUE(one == bytes_of(path("t3.h5")));
}

TEST_F(Run, StoresScaledIntegersCompressed)
{
    const st_synth what =
        make_synth(3, 20.0, 1000.0, {"scale_w=8", "step_w=8", "codec=bitshuffle-lz4"});
    ASSERT_EQ(st_synth_run(ctx.get(), &what, path("t.h5").c_str(), nullptr), ST_OK)
        << st_context_message(ctx.get());
    const std::vector<float> made = fill_all(what);
    const std::vector<float> read = read_back(ctx.get(), path("t.h5"), what);
    ASSERT_EQ(read.size(), made.size());
    for (size_t i = 0; i < made.size(); i++) {
        ASSERT_EQ(std::isnan(read[i]), std::isnan(made[i])) << i;
        ASSERT_TRUE(std::isnan(made[i]) || std::fabs(read[i] - made[i]) < 0.1f) << i;
    }
    EXPECT_LT(fs::file_size(path("t.h5")), 3u * 20000u * 3u);
}

TEST_F(Run, LeavesNothingBehindWhenItCannotWrite)
{
    const st_synth what = make_synth(2, 5.0, 1000.0);
    EXPECT_EQ(st_synth_run(ctx.get(), &what, path("no/such/t.h5").c_str(), nullptr), ST_OUTPUT);
    EXPECT_STRNE(st_context_message(ctx.get()), "");
    EXPECT_EQ(files(), 0u);
}

TEST_F(Run, StopsWhenAskedAndLeavesNothingBehind)
{
    const st_synth what = make_synth(2, 5.0, 1000.0);
    st_context_on_progress(
        ctx.get(), [](void *, const char *, double, double, const char *) { return 1; }, nullptr);
    EXPECT_EQ(st_synth_run(ctx.get(), &what, path("t.h5").c_str(), nullptr), ST_INTERRUPTED);
    EXPECT_EQ(files(), 0u);
}

TEST_F(Run, RefusesKnobsOutOfRange)
{
    st_synth what = make_synth(2, 5.0, 1000.0);
    what.noise = -1;
    EXPECT_EQ(st_synth_run(ctx.get(), &what, path("t.h5").c_str(), nullptr), ST_ARGUMENT);
    EXPECT_EQ(files(), 0u);
}

} // namespace
