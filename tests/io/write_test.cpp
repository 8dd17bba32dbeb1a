/* write_test.cpp - the trace writer: what it writes is read back, whole or not at all. */
#include "support.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>

namespace
{
using namespace io;

struct Written {
    const char *name;
    st_codec codec;
    double scale_w;
    size_t racks;
    int64_t samples;
};

class Writer : public testing::TestWithParam<Written>
{
};
void PrintTo(const Written &one, std::ostream *out)
{
    *out << one.name;
}

float power_w(size_t rack, int64_t sample)
{
    return (size_t(sample) * 7 + rack * 13) % 1001 == 0
               ? NAN
               : float(rack) * 100.0f + float(sample * 37 % 997) * 0.5f;
}

st_trace_spec spec_of(const Written &one, const std::vector<std::string> &names,
                      std::vector<const char *> &pointers)
{
    for (const std::string &name : names) {
        pointers.push_back(name.c_str());
    }
    st_trace_spec spec = {};
    spec.racks = one.racks;
    spec.samples = one.samples;
    spec.period_ns = 1000000;
    spec.start_ns = 1700000000000000000;
    spec.rack_names = pointers.data();
    spec.scale_w = one.scale_w;
    spec.codec = one.codec;
    spec.history = "made by a test";
    return spec;
}

std::vector<std::string> names_of(size_t racks)
{
    std::vector<std::string> names;
    for (size_t r = 0; r < racks; r++) {
        names.push_back("räck " + std::to_string(r));
    }
    return names;
}

/* Writes in steps of `step` samples; the status of the first failure. */
st_status write(st_context *ctx, const std::string &path, const Written &one, size_t step,
                const st_truth *truth = nullptr)
{
    std::vector<const char *> pointers;
    const std::vector<std::string> names = names_of(one.racks);
    const st_trace_spec spec = spec_of(one, names, pointers);
    st_trace_writer *writer = nullptr;
    st_status status = st_trace_writer_create(ctx, path.c_str(), &spec, &writer);
    if (status != ST_OK) {
        return status;
    }
    std::vector<float> values(one.racks * step);
    for (int64_t first = 0; first < one.samples && status == ST_OK; first += int64_t(step)) {
        const size_t n = std::min(step, size_t(one.samples - first));
        for (size_t r = 0; r < one.racks; r++) {
            for (size_t i = 0; i < n; i++) {
                values[r * step + i] = power_w(r, first + int64_t(i));
            }
        }
        status = st_trace_writer_put(writer, first, n, values.data(), step);
    }
    const st_status last = st_trace_writer_finish(writer, truth);
    return status != ST_OK ? status : last;
}

std::string content(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

TEST_P(Writer, IsReadBack)
{
    const Written &one = GetParam();
    Folder folder;
    Context ctx;
    Trace trace;
    const int64_t rack[] = {-1, 2}, start[] = {1700000000000000000, 1}, end[] = {2, 3};
    const uint8_t kind[] = {ST_EVENT_GAP, ST_EVENT_OSCILLATION};
    const double amplitude[] = {5, 6}, frequency[] = {NAN, 2.5};
    const st_truth truth = {2, rack, kind, start, end, amplitude, frequency};
    ASSERT_EQ(write(ctx, folder / "a.h5", one, 16384, &truth), ST_OK) << ctx.message();
    EXPECT_EQ(folder.names(), std::vector<std::string>{"a.h5"});
    ASSERT_EQ(trace.open(ctx, {folder / "a.h5"}), ST_OK) << ctx.message();
    const st_trace_info &info = trace.info();
    ASSERT_EQ(info.racks, one.racks);
    ASSERT_EQ(info.samples, one.samples);
    EXPECT_EQ(info.step_w, one.scale_w);
    EXPECT_EQ(std::string(info.rack_names[one.racks - 1]), names_of(one.racks).back());
    EXPECT_EQ(std::string(info.layouts[0]).find("HDF5"), std::string::npos) << info.layouts[0];
    const std::vector<float> found = trace.all(ctx);
    ASSERT_EQ(found.size(), one.racks * size_t(one.samples)) << ctx.message();
    for (size_t r = 0; r < one.racks; r++) {
        for (int64_t i = 0; i < one.samples; i++) {
            const double wanted = power_w(r, i),
                         value =
                             double(found[r * size_t(one.samples) + size_t(i)]) + info.offset_w[r];
            if (std::isnan(wanted)) {
                ASSERT_TRUE(std::isnan(value)) << r << " " << i;
            } else {
                ASSERT_NEAR(value, wanted, one.scale_w / 2) << r << " " << i;
            }
        }
    }
    const hid_t file = H5Fopen((folder / "a.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t id = H5Dopen2(file, "/truth/events/rack", H5P_DEFAULT);
    int64_t racks[2];
    EXPECT_GE(H5Dread(id, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, racks), 0);
    EXPECT_EQ(racks[0], -1);
    EXPECT_EQ(racks[1], 2);
    H5Dclose(id);
    H5Fclose(file);
}

TEST_P(Writer, SameInSameBytesOut)
{
    Folder folder;
    Context ctx;
    ASSERT_EQ(write(ctx, folder / "a.h5", GetParam(), 16384), ST_OK) << ctx.message();
    ASSERT_EQ(write(ctx, folder / "b.h5", GetParam(), 3 * 16384), ST_OK) << ctx.message();
    const std::string a = content(folder / "a.h5");
    EXPECT_FALSE(a.empty());
    EXPECT_TRUE(a == content(folder / "b.h5"));
}

/* HDF5 itself reads the chunks that we compressed, where it has the filter. */
TEST_P(Writer, Hdf5ReadsItToo)
{
    const Written &one = GetParam();
    Folder folder;
    Context ctx;
    if (one.codec == ST_CODEC_LZ4 || one.codec == ST_CODEC_BITSHUFFLE_LZ4) {
        if (H5Zfilter_avail(one.codec == ST_CODEC_LZ4 ? 32004 : 32008) <= 0) {
            GTEST_SKIP() << "no HDF5 plugin for this filter";
        }
    }
    ASSERT_EQ(write(ctx, folder / "a.h5", one, 16384), ST_OK) << ctx.message();
    const hid_t file = H5Fopen((folder / "a.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t id = H5Dopen2(file, "/power", H5P_DEFAULT);
    std::vector<double> values(one.racks * size_t(one.samples));
    ASSERT_GE(H5Dread(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
    H5Dclose(id);
    H5Fclose(file);
    for (size_t i = 0; i < values.size(); i++) {
        const double wanted = power_w(i / size_t(one.samples), int64_t(i % size_t(one.samples)));
        if (!std::isnan(wanted)) {
            ASSERT_NEAR(one.scale_w > 0 ? values[i] * one.scale_w : values[i], wanted,
                        one.scale_w / 2);
        } else if (one.scale_w > 0) {
            ASSERT_EQ(values[i], double(INT32_MIN));
        } else {
            ASSERT_TRUE(std::isnan(values[i]));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Io, Writer,
    testing::Values(Written{"none", ST_CODEC_NONE, 0, 70, 40000},
                    Written{"none_small", ST_CODEC_NONE, 0, 3, 100},
                    Written{"deflate", ST_CODEC_DEFLATE, 0, 70, 40000},
                    Written{"lz4", ST_CODEC_LZ4, 0, 65, 16385},
                    Written{"bitshuffle", ST_CODEC_BITSHUFFLE_LZ4, 0, 130, 20000},
                    Written{"bitshuffle_odd", ST_CODEC_BITSHUFFLE_LZ4, 0, 3, 101},
                    Written{"steps", ST_CODEC_NONE, 0.5, 3, 17000},
                    Written{"steps_bitshuffle", ST_CODEC_BITSHUFFLE_LZ4, 0.25, 64, 16384}),
    [](const auto &one) { return std::string(one.param.name); });

/* --- what cannot be written ------------------------------------------------------------------ */

/* In a child, because a limit on file sizes cannot be taken back. */
template <class Run> int in_child(rlim_t most_bytes, Run run)
{
    const pid_t child = fork();
    if (child == 0) {
        const rlimit limit = {most_bytes, most_bytes};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit(run());
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

TEST(WriterOnAFullDisk, SaysSoAndLeavesNothing)
{
    for (st_codec codec : {ST_CODEC_NONE, ST_CODEC_DEFLATE, ST_CODEC_BITSHUFFLE_LZ4}) {
        for (rlim_t most : {0, 100, 5000, 70000, 300000, 4300000}) {
            Folder folder;
            std::ofstream(folder / "a.h5") << "x";
            const int code = in_child(most, [&] {
                Context ctx;
                const st_status status =
                    write(ctx, folder / "a.h5", {"", codec, 0, 70, 40000}, 16384);
                const bool words = ctx.message().find(folder / "a.h5") != std::string::npos;
                return status == ST_OK ? 100 : words ? int(status) : 101;
            });
            if (code == 100) {
                EXPECT_LE(content(folder / "a.h5").size(), most);
                EXPECT_GT(content(folder / "a.h5").size(), 70000u);
            } else {
                EXPECT_EQ(code, int(ST_OUTPUT)) << codec << " " << most;
                EXPECT_EQ(content(folder / "a.h5"), "x");
            }
            EXPECT_EQ(folder.names(), std::vector<std::string>{"a.h5"});
        }
    }
}

class WriterCalls : public testing::Test
{
  protected:
    st_status create(const Written &one, const std::string &path)
    {
        std::vector<const char *> pointers;
        const std::vector<std::string> names = names_of(one.racks);
        const st_trace_spec spec = spec_of(one, names, pointers);
        return st_trace_writer_create(ctx, path.c_str(), &spec, &writer);
    }
    Folder folder;
    Context ctx;
    st_trace_writer *writer = nullptr;
    const Written small = {"", ST_CODEC_NONE, 0, 2, 20000};
    std::vector<float> values = std::vector<float>(2 * 20000, 1.0f);
};

TEST_F(WriterCalls, AbandonLeavesNothing)
{
    ASSERT_EQ(create(small, folder / "a.h5"), ST_OK) << ctx.message();
    for (const std::string &name : folder.names()) { /* none where files need no name */
        EXPECT_NE(name, "a.h5");
    }
    st_trace_writer_abandon(writer);
    EXPECT_TRUE(folder.names().empty());
    st_trace_writer_abandon(nullptr);
}

TEST_F(WriterCalls, StepsMustFollowEachOther)
{
    ASSERT_EQ(create(small, folder / "a.h5"), ST_OK) << ctx.message();
    EXPECT_EQ(st_trace_writer_put(writer, 16384, 100, values.data(), 20000), ST_ARGUMENT);
    EXPECT_EQ(st_trace_writer_put(writer, 0, 20001, values.data(), 20001), ST_ARGUMENT);
    EXPECT_EQ(st_trace_writer_put(writer, 0, 100, values.data(), 99), ST_ARGUMENT);
    EXPECT_EQ(st_trace_writer_finish(writer, nullptr), ST_ARGUMENT);
    EXPECT_TRUE(folder.names().empty());
}

TEST_F(WriterCalls, ImpossibleSpecsAreRefused)
{
    EXPECT_EQ(create({"", ST_CODEC_NONE, 0, 0, 10}, folder / "a.h5"), ST_ARGUMENT);
    EXPECT_EQ(create({"", ST_CODEC_NONE, 0, 1, 0}, folder / "a.h5"), ST_ARGUMENT);
    EXPECT_EQ(create({"", ST_CODEC_NONE, -1, 1, 1}, folder / "a.h5"), ST_ARGUMENT);
    EXPECT_EQ(create({"", ST_CODEC_NONE, NAN, 1, 1}, folder / "a.h5"), ST_ARGUMENT);
    EXPECT_EQ(create(small, folder / "none/a.h5"), ST_OUTPUT);
    EXPECT_EQ(create(small, folder.path), ST_OUTPUT);
    EXPECT_EQ(create(small, "/dev/full"), ST_OUTPUT);
    EXPECT_TRUE(folder.names().empty());
}

TEST_F(WriterCalls, ValuesBeyondTheStepsAreRefused)
{
    ASSERT_EQ(create({"", ST_CODEC_NONE, 1e-3, 2, 100}, folder / "a.h5"), ST_OK) << ctx.message();
    values[20007] = 3e6f;
    EXPECT_EQ(st_trace_writer_put(writer, 0, 100, values.data(), 20000), ST_ARGUMENT);
    EXPECT_NE(ctx.message().find("3e+06"), std::string::npos) << ctx.message();
    EXPECT_EQ(st_trace_writer_finish(writer, nullptr), ST_ARGUMENT);
    EXPECT_TRUE(folder.names().empty());
}

} // namespace
