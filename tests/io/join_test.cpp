/* join_test.cpp - several files: one after the other, one below the other, or refused. */
#include "support.h"

#include <gtest/gtest.h>

namespace
{
using namespace io;

const int64_t ms = 1000000;

class Join : public testing::Test
{
  protected:
    std::string file(const std::string &name, int64_t start_ms, int64_t samples,
                     size_t first_rack = 0, size_t racks = 3, Form form = Form())
    {
        form.start_ns += start_ms * ms;
        form.first_rack = first_rack;
        write_file(folder / name, form, racks, samples);
        return folder / name;
    }
    static void refused(const std::vector<std::string> &paths,
                        const std::vector<std::string> &words)
    {
        Trace none;
        Context own;
        EXPECT_EQ(none.open(own, paths), ST_FORMAT);
        for (const std::string &word : words) {
            EXPECT_NE(own.message().find(word), std::string::npos)
                << own.message() << "\n lacks " << word;
        }
    }
    Folder folder;
    Context ctx;
    Trace trace;
};

TEST_F(Join, TimesOneAfterTheOtherWithAGap)
{
    Form scaled;
    scaled.type = H5T_NATIVE_INT16;
    scaled.fill = -1;
    scaled.has_fill = true;
    const std::string late = file("late.h5", 150, 40, 0, 3, scaled),
                      early = file("early.h5", 0, 100);
    ASSERT_EQ(trace.open(ctx, {late, early}), ST_OK) << ctx.message();
    const st_trace_info &info = trace.info();
    EXPECT_EQ(info.samples, 190);
    EXPECT_EQ(info.racks, 3u);
    EXPECT_EQ(info.files, 2u);
    EXPECT_EQ(info.paths[0], early);
    EXPECT_EQ(info.step_w, 1.0);
    const std::vector<float> found = trace.all(ctx), part = trace.part(ctx, 1, 2, 90, 70);
    for (size_t r = 0; r < 3; r++) {
        for (int64_t i = 0; i < 190; i++) {
            const float value = found[r * 190 + size_t(i)];
            const Form plain;
            const float wanted = i < 100   ? expected(plain, r, i, info.offset_w[r])
                                 : i < 150 ? NAN
                                           : expected(scaled, r, i - 150, info.offset_w[r]);
            ASSERT_TRUE(same(value, wanted)) << r << " " << i << ": " << value << " not " << wanted;
            if (r > 0 && i >= 90 && i < 160) {
                ASSERT_TRUE(same(part[(r - 1) * 70 + size_t(i - 90)], wanted));
            }
        }
        EXPECT_EQ(info.offset_w[r], stored_value(Form(), r, (3 * r) % 23 == 0 ? 1 : 0));
    }
}

TEST_F(Join, RacksOneBelowTheOther)
{
    Form turned;
    turned.time_first = true;
    turned.chunk = {16, 2};
    const std::string a = file("a.h5", 0, 100, 0, 3), b = file("b.h5", 0, 100, 3, 5, turned);
    ASSERT_EQ(trace.open(ctx, {a, b}), ST_OK) << ctx.message();
    EXPECT_EQ(trace.info().racks, 8u);
    EXPECT_EQ(trace.info().samples, 100);
    EXPECT_STREQ(trace.info().rack_names[7], "n7");
    const std::vector<float> part = trace.part(ctx, 2, 4, 30, 20);
    for (size_t r = 0; r < 4; r++) {
        for (size_t i = 0; i < 20; i++) {
            const size_t local = r == 0 ? 2 : r - 1;
            ASSERT_TRUE(same(part[r * 20 + i], expected(Form(), local, 30 + int64_t(i), 0.0)));
        }
    }
}

/* The same tile of two files is not the same tile. */
TEST_F(Join, PartsOfChunksAreKeptApart)
{
    Form form;
    form.chunk = {3, 50};
    const std::string a = file("a.h5", 0, 100, 0, 3, form);
    const std::string b = file("b.h5", 0, 100, 3, 3, form);
    form.after = [](hid_t, hid_t power) {
        const std::vector<float> values(300, 7.0f);
        H5Dwrite(power, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    };
    const std::string c = file("c.h5", 0, 100, 6, 3, form);
    ASSERT_EQ(trace.open(ctx, {a, c, b}), ST_OK) << ctx.message();
    const std::vector<float> part = trace.part(ctx, 0, 9, 10, 10);
    for (size_t i = 0; i < 10; i++) {
        ASSERT_TRUE(same(part[i], expected(Form(), 0, 10 + int64_t(i), 0.0)));
        ASSERT_EQ(part[3 * 10 + i], 7.0f);
        ASSERT_TRUE(same(part[6 * 10 + i], expected(Form(), 0, 10 + int64_t(i), 0.0)));
    }
}

TEST_F(Join, OverlappingTimesAreRefused)
{
    const std::string a = file("a.h5", 0, 100), b = file("b.h5", 99, 100);
    refused({a, b}, {"a.h5", "b.h5", "overlapping times"});
    refused({a, a}, {"a.h5", "overlapping times"});
}

TEST_F(Join, StartsOffTheGridAreRefused)
{
    Form form;
    form.start_ns += 500;
    refused({file("a.h5", 0, 100), file("b.h5", 200, 100, 0, 3, form)},
            {"a.h5", "b.h5", "200000500 ns", "1000000 ns"});
}

TEST_F(Join, OtherPeriodsAreRefused)
{
    Form form;
    form.period_ns = 2 * ms;
    refused({file("a.h5", 0, 100), file("b.h5", 200, 100, 0, 3, form)},
            {"a.h5", "b.h5", "1000000", "2000000"});
}

TEST_F(Join, SharedRacksAreRefused)
{
    refused({file("a.h5", 0, 100), file("b.h5", 0, 100, 2)},
            {"a.h5", "b.h5", "\"n2\"", "disjoint racks"});
}

TEST_F(Join, OtherRacksAtOtherTimesAreRefused)
{
    refused({file("a.h5", 0, 100), file("b.h5", 200, 100, 3)},
            {"a.h5", "b.h5", "other racks", "other times"});
    refused({file("c.h5", 0, 100), file("d.h5", 0, 100, 3), file("e.h5", 100, 100, 0)},
            {"d.h5", "e.h5"});
}

TEST_F(Join, TheEndOfTimeIsRefused)
{
    /* Starts 2^49 periods of 1 us apart: more samples than a trace may have. */
    Form early, late, over;
    early.period_ns = late.period_ns = 1000;
    late.start_ns += int64_t(1000) << 49;
    refused({file("a.h5", 0, 100, 0, 3, early), file("b.h5", 0, 100, 0, 3, late)},
            {"a.h5", "b.h5", "too far apart"});
    over.start_ns = INT64_MAX - 50 * ms;
    refused({file("c.h5", 0, 100, 0, 3, over)}, {"c.h5", "2262"});
}

} // namespace
