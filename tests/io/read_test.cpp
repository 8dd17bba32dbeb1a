/* read_test.cpp - what the reader does with values, offsets and foreign files, in many threads and
 * when memory fails. */
#include "support.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

extern "C" {
#include "core/memory.h"
}

namespace
{
using namespace io;

const size_t racks = 19;
const int64_t samples = 353;

struct Case {
    std::string name;
    Form form;
};
void PrintTo(const Case &one, std::ostream *out)
{
    *out << one.name;
}

void deflate(hid_t list)
{
    H5Pset_deflate(list, 3);
}
void shuffle_deflate(hid_t list)
{
    H5Pset_shuffle(list);
    H5Pset_deflate(list, 3);
}

/* --- details --------------------------------------------------------------------------------- */

class Reader : public testing::Test
{
  protected:
    Folder folder;
    Context ctx;
    Trace trace;
};

TEST_F(Reader, PlainFloat32InWattsHasNoOffset)
{
    write_file(folder / "a.h5", Form(), racks, samples);
    ASSERT_EQ(trace.open(ctx, {folder / "a.h5"}), ST_OK) << ctx.message();
    for (size_t r = 0; r < racks; r++) {
        EXPECT_EQ(trace.info().offset_w[r], 0.0);
    }
    EXPECT_EQ(trace.info().step_w, 0.0);
    EXPECT_DOUBLE_EQ(trace.info().rate_hz, 1000.0);
    EXPECT_STREQ(trace.info().layouts[0], "float32 [rack, time], contiguous");
}

TEST_F(Reader, OffsetIsTheFirstValidValueAndSavesSmallSteps)
{
    /* 100 MW + 1 W steps: beyond float32, but not beyond float64 minus an offset. */
    Form form;
    form.type = H5T_NATIVE_INT32;
    form.scaled = true;
    form.add = 1e8;
    form.fill = -1;
    form.has_fill = true;
    write_file(folder / "a.h5", form, racks, samples);
    ASSERT_EQ(trace.open(ctx, {folder / "a.h5"}), ST_OK) << ctx.message();
    EXPECT_EQ(trace.info().step_w, 1.0);
    const std::vector<float> found = trace.all(ctx);
    for (size_t r = 0; r < racks; r++) {
        const int64_t first = (3 * r) % 23 == 0 ? 1 : 0;
        EXPECT_EQ(trace.info().offset_w[r], stored_value(form, r, first) + 1e8);
        EXPECT_EQ(found[r * size_t(samples) + size_t(first)], 0.0f);
        if ((3 * r + 2) % 23 == 0) {
            continue;
        }
        EXPECT_EQ(found[r * size_t(samples) + 2],
                  float(stored_value(form, r, 2) - stored_value(form, r, first)));
    }
}

TEST_F(Reader, OffsetIsFoundLateAndZeroWhenThereIsNone)
{
    Form form;
    form.type = H5T_NATIVE_DOUBLE;
    form.after = [](hid_t, hid_t power) {
        std::vector<double> values(3 * 400, NAN);
        values[0 * 400 + 399] = 5.0;
        values[1 * 400 + 70] = INFINITY;
        values[1 * 400 + 80] = 6.0;
        H5Dwrite(power, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    };
    write_file(folder / "a.h5", form, 3, 400);
    ASSERT_EQ(trace.open(ctx, {folder / "a.h5"}), ST_OK) << ctx.message();
    EXPECT_EQ(trace.info().offset_w[0], 5.0);
    EXPECT_EQ(trace.info().offset_w[1], 6.0);
    EXPECT_EQ(trace.info().offset_w[2], 0.0);
    EXPECT_TRUE(std::isnan(trace.all(ctx)[400 + 70]));
}

TEST_F(Reader, StepIsScaleTimesUnit)
{
    Form form;
    form.type = H5T_NATIVE_INT16;
    form.scaled = true;
    form.scale = -0.25;
    form.unit = "kW";
    form.fill = 0;
    write_file(folder / "a.h5", form, 2, 10);
    ASSERT_EQ(trace.open(ctx, {folder / "a.h5"}), ST_OK) << ctx.message();
    EXPECT_DOUBLE_EQ(trace.info().step_w, 250.0);
}

TEST_F(Reader, ChunksThatWereNeverWrittenHoldTheFillValue)
{
    for (bool chunked : {true, false}) {
        for (double fill : {double(NAN), 42.0}) {
            Form form;
            form.chunk = chunked ? std::vector<hsize_t>{4, 10} : std::vector<hsize_t>();
            form.fill = fill;
            form.has_fill = true;
            form.write_values = false;
            form.after = [](hid_t, hid_t power) { H5Adelete(power, "_FillValue"); };
            write_file(folder / "a.h5", form, 6, 25);
            Trace one;
            ASSERT_EQ(one.open(ctx, {folder / "a.h5"}), ST_OK) << ctx.message();
            for (float found : one.all(ctx)) {
                ASSERT_TRUE(same(found, float(fill)));
            }
        }
    }
}

TEST_F(Reader, InfinityIsInvalid)
{
    Form form;
    form.after = [](hid_t, hid_t power) {
        const float values[4] = {1.0f, INFINITY, -INFINITY, 2.0f};
        H5Dwrite(power, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    };
    write_file(folder / "a.h5", form, 1, 4);
    ASSERT_EQ(trace.open(ctx, {folder / "a.h5"}), ST_OK) << ctx.message();
    const std::vector<float> found = trace.all(ctx);
    EXPECT_EQ(found[0], 1.0f);
    EXPECT_TRUE(std::isnan(found[1]) && std::isnan(found[2]));
    EXPECT_EQ(found[3], 2.0f);
}

TEST_F(Reader, RacksWithoutNamesGetNumbers)
{
    Form form;
    form.names = false;
    write_file(folder / "a.h5", form, 3, 10);
    ASSERT_EQ(trace.open(ctx, {folder / "a.h5"}), ST_OK) << ctx.message();
    EXPECT_STREQ(trace.info().rack_names[0], "rack0000");
    EXPECT_STREQ(trace.info().rack_names[2], "rack0002");
    EXPECT_EQ(trace.info().rack_groups, nullptr);
    EXPECT_EQ(trace.info().rack_rating_w, nullptr);
}

TEST_F(Reader, ForeignFilesAreReadWithOptions)
{
    Form form;
    form.dataset = "log";
    form.after = [](hid_t file, hid_t power) {
        H5Adelete(file, "surgetank_format");
        for (const char *name : {"units", "sample_period_ns", "start_time_ns", "DIMENSION_LIST"}) {
            H5Adelete(power, name);
        }
    };
    write_file(folder / "a.h5", form, 5, 30);
    const st_trace_options options = {"/log", 1, 2000000, "kW"};
    ASSERT_EQ(trace.open(ctx, {folder / "a.h5"}, &options), ST_OK) << ctx.message();
    EXPECT_EQ(trace.info().racks, 5u);
    EXPECT_EQ(trace.info().period_ns, 2000000);
    EXPECT_EQ(trace.info().start_ns, 0);
    form.unit = "kW";
    EXPECT_EQ(trace.all(ctx)[2], expected(form, 0, 2, trace.info().offset_w[0]));
    const st_trace_options turned = {"/log", 0, 2000000, "kW"};
    Trace other;
    ASSERT_EQ(other.open(ctx, {folder / "a.h5"}, &turned), ST_OK) << ctx.message();
    EXPECT_EQ(other.info().racks, 30u);
    EXPECT_EQ(other.info().samples, 5);
}

TEST_F(Reader, OneDimensionIsOneRack)
{
    Form form;
    form.after = [](hid_t file, hid_t) {
        const hsize_t size = 70, chunk = 16;
        const hid_t space = H5Screate_simple(1, &size, nullptr),
                    list = H5Pcreate(H5P_DATASET_CREATE);
        float values[70];
        for (int i = 0; i < 70; i++) {
            values[i] = float(i);
        }
        H5Pset_chunk(list, 1, &chunk);
        H5Pset_deflate(list, 1);
        for (const char *name : {"one", "two"}) {
            const bool chunked = std::string(name) == "one";
            const hid_t id = H5Dcreate2(file, name, H5T_NATIVE_FLOAT, space, H5P_DEFAULT,
                                        chunked ? list : H5P_DEFAULT, H5P_DEFAULT);
            H5Dwrite(id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
            H5Dclose(id);
        }
        H5Pclose(list);
        H5Sclose(space);
    };
    write_file(folder / "a.h5", form, 2, 10);
    for (const char *name : {"/one", "/two"}) {
        const st_trace_options options = {name, -1, 1000, "W"};
        Trace one;
        ASSERT_EQ(one.open(ctx, {folder / "a.h5"}, &options), ST_OK) << ctx.message();
        EXPECT_EQ(one.info().racks, 1u);
        const std::vector<float> part = one.part(ctx, 0, 1, 10, 40);
        ASSERT_EQ(part.size(), 40u);
        EXPECT_EQ(part[39], 49.0f);
    }
}

TEST_F(Reader, RangesOutsideAreRefused)
{
    float out[16];
    write_file(folder / "a.h5", Form(), 2, 10);
    ASSERT_EQ(trace.open(ctx, {folder / "a.h5"}), ST_OK) << ctx.message();
    EXPECT_EQ(st_trace_read(trace.get(), ctx, 1, 2, 0, 1, out, 1), ST_ARGUMENT);
    EXPECT_EQ(st_trace_read(trace.get(), ctx, 0, 1, 5, 6, out, 6), ST_ARGUMENT);
    EXPECT_EQ(st_trace_read(trace.get(), ctx, 0, 1, -1, 6, out, 6), ST_ARGUMENT);
    EXPECT_EQ(st_trace_read(trace.get(), ctx, 0, 2, 0, 8, out, 7), ST_ARGUMENT);
    EXPECT_EQ(st_trace_read(trace.get(), ctx, 2, 0, 0, 0, out, 0), ST_OK);
}

/* Many chunks: the index of our own reading has several levels. */
TEST_F(Reader, LargeIndex)
{
    for (bool time_first : {false, true}) {
        Form form;
        form.time_first = time_first;
        form.chunk = {2, 3};
        form.filters = deflate;
        write_file(folder / "a.h5", form, racks, 3000);
        Trace one;
        ASSERT_EQ(one.open(ctx, {folder / "a.h5"}), ST_OK) << ctx.message();
        ASSERT_EQ(std::string(one.info().layouts[0]).find("HDF5"), std::string::npos)
            << one.info().layouts[0];
        const std::vector<float> found = one.all(ctx);
        for (size_t i = 0; i < found.size(); i++) {
            ASSERT_TRUE(same(found[i], expected(form, i / 3000, int64_t(i % 3000), 0.0))) << i;
        }
    }
}

/* --- threads and memory ---------------------------------------------------------------------- */

class Threads : public testing::TestWithParam<Case>
{
};

TEST_P(Threads, ReadTheSameAsOne)
{
    Folder folder;
    Context ctx;
    Trace trace;
    const int64_t length = 4000;
    write_file(folder / "a.h5", GetParam().form, racks, length);
    ASSERT_EQ(trace.open(ctx, {folder / "a.h5"}), ST_OK) << ctx.message();
    const std::vector<float> whole = trace.all(ctx);
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (unsigned id = 0; id < 4; id++) {
        threads.emplace_back([&, id] {
            std::mt19937 random(id);
            for (int turn = 0; turn < 60; turn++) {
                const size_t rack = random() % racks, n = 1 + random() % (racks - rack);
                const int64_t first = int64_t(random() % size_t(length));
                const size_t span = 1 + random() % size_t(length - first);
                std::vector<float> out(n * span);
                if (st_trace_read(trace.get(), ctx, rack, n, first, span, out.data(), span) !=
                    ST_OK) {
                    wrong++;
                }
                for (size_t i = 0; i < out.size(); i++) {
                    wrong +=
                        same(out[i],
                             whole[(rack + i / span) * size_t(length) + size_t(first) + i % span])
                            ? 0
                            : 1;
                }
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    EXPECT_EQ(wrong, 0);
}

std::vector<Case> threaded_forms()
{
    std::vector<Case> cases;
    Form form;
    cases.push_back({"contiguous", form});
    form.time_first = true;
    cases.push_back({"contiguous_time_first", form});
    form.chunk = {512, racks};
    form.filters = shuffle_deflate;
    cases.push_back({"time_chunks", form});
    form.chunk = {4000, racks};
    cases.push_back({"one_chunk", form});
    form.time_first = false;
    form.chunk = {4, 256};
    cases.push_back({"rack_chunks", form});
    form.user_block = 512;
    cases.push_back({"library", form});
    return cases;
}

INSTANTIATE_TEST_SUITE_P(Io, Threads, testing::ValuesIn(threaded_forms()),
                         [](const auto &one) { return one.param.name; });

/* Once warm, a read allocates nothing. */
TEST_F(Reader, NoAllocationOnceWarm)
{
    Form form;
    form.chunk = {4, 100};
    form.filters = shuffle_deflate;
    write_file(folder / "a.h5", form, racks, samples);
    ASSERT_EQ(trace.open(ctx, {folder / "a.h5"}), ST_OK) << ctx.message();
    std::vector<float> out(racks * size_t(samples));
    const auto read = [&](int64_t first, size_t n) {
        ASSERT_EQ(st_trace_read(trace.get(), ctx, 0, racks, first, n, out.data(), n), ST_OK);
    };
    for (int64_t first = 0; first < 300; first += 50) {
        read(first, 50);
        read(0, size_t(samples));
    }
    const size_t before = st_alloc_count();
    for (int64_t first = 0; first < 300; first += 50) {
        read(first, 50);
        read(0, size_t(samples));
    }
    EXPECT_EQ(st_alloc_count(), before);
}

/* Any allocation that fails is ST_MEMORY, and nothing is lost. */
TEST_F(Reader, FailingMemoryIsAnError)
{
    Form form;
    form.type = H5T_NATIVE_INT16;
    form.fill = -1;
    form.has_fill = true;
    form.chunk = {4, 100};
    form.filters = shuffle_deflate;
    write_file(folder / "a.h5", form, racks, samples);
    st_status status = ST_MEMORY;
    for (size_t n = 1; status == ST_MEMORY; n++) {
        Context own;
        Trace one;
        st_alloc_fail_after(n);
        status = one.open(own, {folder / "a.h5"});
        if (status == ST_OK && one.all(own).empty()) {
            status = ST_MEMORY;
        }
        st_alloc_fail_after(0);
        ASSERT_TRUE(status == ST_OK || status == ST_MEMORY) << own.message();
        ASSERT_EQ(own.message().empty(), status == ST_OK);
    }
}

} // namespace
