/* run_test.cpp - the whole sentence, through the public call only: same numbers however the work is
 * cut, the same file from one trace or from its halves, and clear refusals. */
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <random>

#include "engine/compare.h"
#include "surgetank/analysis.h"
#include "surgetank/summary.h"
#include "surgetank/synth.h"

namespace
{

const char *const data_dir = ST_TEST_SOURCE_DIR "/data";

struct Shape {
    size_t racks = 20;
    int64_t samples = 40000;
    int64_t period_ns = 1000000;
    unsigned seed = 1;
};

/* A rhythm of 0.7 s with noise, one spike, one step, gaps, and one dead rack. */
std::vector<float> make_power(const Shape &shape)
{
    std::mt19937 random(shape.seed);
    std::normal_distribution<float> noise(0.0f, 200.0f);
    std::vector<float> power(shape.racks * static_cast<size_t>(shape.samples));
    for (size_t r = 0; r < shape.racks; r++) {
        for (int64_t i = 0; i < shape.samples; i++) {
            const double t = static_cast<double>(i * shape.period_ns) * 1e-9;
            float w = std::fmod(t + 0.002 * static_cast<double>(r), 0.7) < 0.5 ? 110e3f : 60e3f;
            w += noise(random) + (t > 20.0 && r == 3 ? 40e3f : 0.0f);
            w += r == 5 && t > 11.0 && t < 11.05 ? 60e3f : 0.0f;
            const bool gap = (r == 7 && i % 9000 < 80) || r + 1 == shape.racks;
            power[r * static_cast<size_t>(shape.samples) + static_cast<size_t>(i)] = gap ? NAN : w;
        }
    }
    return power;
}

class Run : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ctx_ = st_context_create();
        folder_ = ::testing::TempDir() + "surgetank-run-XXXXXX";
        ASSERT_NE(nullptr, mkdtemp(folder_.data()));
        st_settings_default(&settings_);
    }
    void TearDown() override
    {
        st_site_destroy(site_);
        st_limits_destroy(limits_);
        st_context_destroy(ctx_);
        std::string command = "rm -rf '" + folder_ + "'";
        EXPECT_EQ(0, system(command.c_str()));
    }
    std::string path(const std::string &name) const { return folder_ + "/" + name; }

    /* Samples [first, first + n) of `power` as a trace file. */
    void write(const std::string &name, const Shape &shape, const std::vector<float> &power,
               int64_t first, int64_t n)
    {
        std::vector<std::string> names;
        std::vector<const char *> pointers;
        for (size_t r = 0; r < shape.racks; r++) {
            names.push_back("rack" + std::to_string(r));
        }
        for (const std::string &rack : names) {
            pointers.push_back(rack.c_str());
        }
        st_trace_spec spec = {};
        spec.racks = shape.racks;
        spec.samples = n;
        spec.period_ns = shape.period_ns;
        spec.start_ns = 1700000000000000000 + first * shape.period_ns;
        spec.rack_names = pointers.data();
        st_trace_writer *writer = nullptr;
        ASSERT_EQ(ST_OK, st_trace_writer_create(ctx_, path(name).c_str(), &spec, &writer));
        ASSERT_EQ(ST_OK,
                  st_trace_writer_put(writer, 0, static_cast<size_t>(n), power.data() + first,
                                      static_cast<size_t>(shape.samples)));
        ASSERT_EQ(ST_OK, st_trace_writer_finish(writer, nullptr)) << st_context_message(ctx_);
    }

    /* Every kind of stage: power smoothing and a shelf at the racks, a field at the site. */
    void use_all_stages()
    {
        const std::string site = path("site.yaml");
        FILE *file = fopen(site.c_str(), "w");
        ASSERT_NE(nullptr, file);
        fputs("name: all\nnominal_mw: 150\ngpus: 100\nracks: 1000\nsource: here\n"
              "replicate: lockstep\nstorage:\n"
              "  - {name: gpus, kind: gpu_smoothing, place: rack, floor_w: 90e3, active_w: 80e3,\n"
              "     stop_delay_s: 0.4, ramp_up_w_per_s: 3e5, ramp_down_w_per_s: 2e5}\n"
              "  - {name: shelf, place: rack, unit: gb300-shelf, units: 1, response_s: 0.002,\n"
              "     control: {mode: smooth, tau_s: 2, soc_recovery_s: 9}}\n"
              "  - {name: field, place: site, unit: megapack-2xl-2h, units: 40}\n"
              "generation:\n  - {kind: turbine, power_mw: 130, ramp_mw_per_min: 50}\n",
              file);
        ASSERT_EQ(0, fclose(file));
        use_site(site.c_str(), "ercot,ieso,caiso");
    }

    void use_site(const char *site, const char *limits)
    {
        ASSERT_EQ(ST_OK, st_site_load(ctx_, site, data_dir, &site_)) << st_context_message(ctx_);
        ASSERT_EQ(ST_OK, st_limits_load(ctx_, limits, data_dir, &limits_))
            << st_context_message(ctx_);
    }

    st_status analyze(const std::vector<std::string> &traces, const std::string &output,
                      const char *backend = "cpu")
    {
        const st_trace_options options = ST_TRACE_OPTIONS_DEFAULT;
        std::vector<std::string> full;
        std::vector<const char *> pointers;
        for (const std::string &trace : traces) {
            full.push_back(path(trace));
        }
        for (const std::string &trace : full) {
            pointers.push_back(trace.c_str());
        }
        st_trace *trace = nullptr;
        st_status status = st_trace_open(ctx_, pointers.data(), pointers.size(), &options, &trace);
        if (status == ST_OK) {
            st_analysis analysis = {};
            const std::string target = path(output);
            analysis.trace = trace;
            analysis.site = site_;
            analysis.limits = limits_;
            analysis.settings = &settings_;
            analysis.backend = backend;
            analysis.output = target.c_str();
            analysis.save_series = true;
            status = st_analyze(ctx_, &analysis);
        }
        st_trace_close(trace);
        return status;
    }

    std::vector<double> reals(const std::string &output, const char *dataset)
    {
        st_summary *summary = nullptr;
        const double *values = nullptr;
        size_t n = 0;
        EXPECT_EQ(ST_OK, st_summary_open(ctx_, path(output).c_str(), &summary));
        EXPECT_EQ(ST_OK, st_summary_reals(summary, dataset, &values, &n)) << dataset;
        std::vector<double> copy(values, values + n);
        st_summary_close(summary);
        return copy;
    }

    st_context *ctx_ = nullptr;
    std::string folder_;
    st_settings settings_;
    st_site *site_ = nullptr;
    st_limits *limits_ = nullptr;
};

TEST_F(Run, GivesTheSameBitsForAnyThreadCountAndTile)
{
    const Shape shape;
    write("trace.h5", shape, make_power(shape), 0, shape.samples);
    use_all_stages();
    settings_.threads = 1;
    ASSERT_EQ(ST_OK, analyze({"trace.h5"}, "one.h5")) << st_context_message(ctx_);
    const compare::File one = compare::read(path("one.h5"));
    ASSERT_GT(one.numbers.size(), 60u);
    const struct {
        int64_t threads, tile;
    } cuts[] = {{2, 16384}, {1, 1024}, {2, 5000}, {3, 1 << 20}};
    for (const auto &cut : cuts) {
        settings_.threads = cut.threads;
        settings_.tile_samples = cut.tile;
        ASSERT_EQ(ST_OK, analyze({"trace.h5"}, "cut.h5")) << st_context_message(ctx_);
        EXPECT_EQ("", compare::difference(one, compare::read(path("cut.h5")), 0.0))
            << cut.threads << " threads, tiles of " << cut.tile;
    }
}

TEST_F(Run, GivesTheSameFromOneFileAndFromItsHalves)
{
    const Shape shape;
    const std::vector<float> power = make_power(shape);
    write("whole.h5", shape, power, 0, shape.samples);
    write("a.h5", shape, power, 0, 17000);
    write("b.h5", shape, power, 17000, shape.samples - 17000);
    ASSERT_EQ(ST_OK, analyze({"whole.h5"}, "whole-summary.h5")) << st_context_message(ctx_);
    ASSERT_EQ(ST_OK, analyze({"b.h5", "a.h5"}, "halves-summary.h5")) << st_context_message(ctx_);
    EXPECT_EQ("", compare::difference(compare::read(path("whole-summary.h5")),
                                      compare::read(path("halves-summary.h5")), 0.0));
}

/* Why there is no cuda backend to compare with; "" when there is one. */
std::string no_cuda()
{
    st_backend_info info[4];
    const size_t n = st_backend_list(info, 4);
    for (size_t i = 0; i < n; i++) {
        if (std::string(info[i].name) == "cuda") {
            return info[i].usable ? "" : info[i].text;
        }
    }
    return "no cuda backend in the list";
}

TEST_F(Run, GivesTheSameOnCudaWithinTolerance)
{
    if (!no_cuda().empty()) {
        GTEST_SKIP() << no_cuda();
    }
    const Shape shape;
    write("trace.h5", shape, make_power(shape), 0, shape.samples);
    use_all_stages();
    ASSERT_EQ(ST_OK, analyze({"trace.h5"}, "cpu.h5", "cpu")) << st_context_message(ctx_);
    ASSERT_EQ(ST_OK, analyze({"trace.h5"}, "cuda.h5", "cuda")) << st_context_message(ctx_);
    EXPECT_EQ("", compare::difference(compare::read(path("cpu.h5")), compare::read(path("cuda.h5")),
                                      1e-5));
}

/* The demo of the README: 128 racks, two minutes. A part of it where a sanitizer makes the
 * emulation slow. */
TEST_F(Run, GivesTheSameOnCudaForTheDemo)
{
    if (!no_cuda().empty()) {
        GTEST_SKIP() << no_cuda();
    }
#if defined(ST_SANITIZE_ADDRESS) || defined(ST_SANITIZE_THREAD)
    const size_t racks = 20;
    const int64_t seconds = 20;
#else
    const size_t racks = 128;
    const int64_t seconds = 120;
#endif
    use_site("colossus-2", "ercot,ieso,caiso");
    st_synth synth;
    st_synth_default(&synth, site_);
    synth.racks = racks;
    synth.duration_ns = seconds * 1000000000;
    ASSERT_EQ(ST_OK, st_synth_run(ctx_, &synth, path("trace.h5").c_str(), nullptr));
    ASSERT_EQ(ST_OK, analyze({"trace.h5"}, "cpu.h5", "cpu")) << st_context_message(ctx_);
    ASSERT_EQ(ST_OK, analyze({"trace.h5"}, "cuda.h5", "cuda")) << st_context_message(ctx_);
    EXPECT_EQ("", compare::difference(compare::read(path("cpu.h5")), compare::read(path("cuda.h5")),
                                      1e-5));
}

TEST_F(Run, ScalesTheLoadInLockstepAndSkipsTheDeadRack)
{
    Shape shape;
    shape.samples = 3000;
    const std::vector<float> power = make_power(shape);
    write("trace.h5", shape, power, 0, shape.samples);
    use_site("colossus-1", "ieso");
    ASSERT_EQ(ST_OK, analyze({"trace.h5"}, "summary.h5")) << st_context_message(ctx_);
    const std::vector<double> load = reals("summary.h5", "load/power_w");
    ASSERT_EQ(static_cast<size_t>(shape.samples), load.size());
    for (size_t i : {0u, 100u, 2999u}) {
        double sum = 0.0;
        int valid = 0;
        for (size_t r = 0; r < shape.racks; r++) {
            const float w = power[r * static_cast<size_t>(shape.samples) + i];
            sum += std::isnan(w) ? 0.0 : static_cast<double>(w);
            valid += std::isnan(w) ? 0 : 1;
        }
        const double expected = sum / valid * static_cast<double>(site_->racks);
        EXPECT_NEAR(expected, load[i], 1e-9 * expected) << i;
    }
}

TEST_F(Run, AcceptsARecordShorterThanAFrame)
{
    Shape shape;
    shape.samples = 100;
    write("trace.h5", shape, make_power(shape), 0, shape.samples);
    ASSERT_EQ(ST_OK, analyze({"trace.h5"}, "summary.h5")) << st_context_message(ctx_);
    EXPECT_TRUE(std::isnan(reals("summary.h5", "racks/psd")[0]));
    EXPECT_NEAR(110e3, reals("summary.h5", "racks/mean_w")[0], 1000.0);
}

TEST_F(Run, RefusesARecordWithoutAnyValidSample)
{
    Shape shape;
    shape.samples = 5000;
    const std::vector<float> power(shape.racks * 5000, NAN);
    write("trace.h5", shape, power, 0, shape.samples);
    EXPECT_EQ(ST_FORMAT, analyze({"trace.h5"}, "summary.h5"));
    EXPECT_NE(nullptr, strstr(st_context_message(ctx_), "trace.h5"));
    EXPECT_NE(0, access(path("summary.h5").c_str(), F_OK));
}

TEST_F(Run, RefusesToOverwriteItsInput)
{
    Shape shape;
    shape.samples = 3000;
    write("trace.h5", shape, make_power(shape), 0, shape.samples);
    EXPECT_EQ(ST_ARGUMENT, analyze({"trace.h5"}, "trace.h5"));
    EXPECT_EQ(ST_OK, (st_context_clear(ctx_), analyze({"trace.h5"}, "summary.h5")));
}

TEST_F(Run, LeavesAnOldSummaryUntouchedWhenItFails)
{
    Shape shape;
    shape.samples = 3000;
    write("trace.h5", shape, make_power(shape), 0, shape.samples);
    std::ofstream(path("summary.h5")) << "precious";
    ASSERT_EQ(ST_OK, st_limits_load(ctx_, "ieso", data_dir, &limits_));
    EXPECT_EQ(ST_ARGUMENT, analyze({"trace.h5"}, "summary.h5")) << "percent_nominal needs a site";
    std::string text;
    std::getline(std::ifstream(path("summary.h5")), text);
    EXPECT_EQ("precious", text);
}

TEST_F(Run, StopsWhenAskedAndLeavesNothing)
{
    Shape shape;
    write("trace.h5", shape, make_power(shape), 0, shape.samples);
    st_context_on_progress(
        ctx_, [](void *, const char *, double, double, const char *) { return 1; }, nullptr);
    EXPECT_EQ(ST_INTERRUPTED, analyze({"trace.h5"}, "summary.h5"));
    EXPECT_NE(0, access(path("summary.h5").c_str(), F_OK));
}

} // namespace
