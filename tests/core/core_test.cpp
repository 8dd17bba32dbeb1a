/* core_test.cpp - words of a failure, checked memory, and the scratch file. */
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/memory.h"
#include "core/scratch.h"

namespace
{

class Core : public ::testing::Test
{
  protected:
    void SetUp() override { ctx_ = st_context_create(); }
    void TearDown() override { st_context_destroy(ctx_); }
    st_context *ctx_ = nullptr;
};

TEST_F(Core, EveryStatusHasAWordAndAnExitCode)
{
    const struct {
        st_status status;
        int code;
    } rows[] = {{ST_OK, 0},        {ST_ARGUMENT, 64},  {ST_FORMAT, 65}, {ST_CONFIG, 65},
                {ST_MISSING, 66},  {ST_NO_DEVICE, 69}, {ST_DEVICE, 70}, {ST_INTERNAL, 70},
                {ST_CAPACITY, 70}, {ST_MEMORY, 70},    {ST_OUTPUT, 74}, {ST_INTERRUPTED, 130}};
    for (const auto &row : rows) {
        EXPECT_EQ(st_status_exit_code(row.status), row.code) << st_status_name(row.status);
        EXPECT_STRNE(st_status_name(row.status), "UNKNOWN");
    }
    EXPECT_EQ(st_status_exit_code(static_cast<st_status>(999)), 70);
}

TEST_F(Core, TheFirstFailureWinsAndIsOneLine)
{
    EXPECT_STREQ(st_context_message(ctx_), "");
    EXPECT_EQ(st_fail(ctx_, ST_FORMAT, "a.h5: found\n%s", "two\tlines"), ST_FORMAT);
    EXPECT_EQ(st_fail(ctx_, ST_OUTPUT, "later"), ST_OUTPUT);
    EXPECT_STREQ(st_context_message(ctx_), "a.h5: found two lines");
    st_prefix(ctx_, "batch %d", 12);
    EXPECT_STREQ(st_context_message(ctx_), "batch 12: a.h5: found two lines");
    st_context_clear(ctx_);
    EXPECT_STREQ(st_context_message(ctx_), "");
}

TEST_F(Core, LongTextsAreCutAndNeverOverrun)
{
    const std::string text(10000, 'x');
    st_fail(ctx_, ST_FORMAT, "%s", text.c_str());
    const size_t length = strlen(st_context_message(ctx_));
    EXPECT_LT(length, text.size());
    st_prefix(ctx_, "%s", std::string(500, 'p').c_str());
    EXPECT_EQ(st_context_message(ctx_)[0], 'p');
    EXPECT_EQ(strlen(st_context_message(ctx_)), length);
}

TEST_F(Core, ProgressStopsARun)
{
    EXPECT_EQ(st_progress(ctx_, "detect", 1.0, 2.0, "bytes"), ST_OK);
    st_context_on_progress(
        ctx_,
        [](void *, const char *, double done, double, const char *) { return done > 1.5 ? 1 : 0; },
        nullptr);
    EXPECT_EQ(st_progress(ctx_, "detect", 1.0, 2.0, "bytes"), ST_OK);
    EXPECT_EQ(st_progress(ctx_, "detect", 2.0, 2.0, "bytes"), ST_INTERRUPTED);
}

TEST_F(Core, MemoryIsAlignedZeroedAndChecked)
{
    void *block = nullptr;
    for (size_t count : {0u, 1u, 63u, 1000u, 87359u, 87360u, 5000000u}) {
        ASSERT_EQ(st_alloc(ctx_, count, 3, "a test", &block), ST_OK);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % ST_ALIGNMENT, 0u);
        for (size_t i = 0; i < 3 * count; i++) {
            ASSERT_EQ(static_cast<char *>(block)[i], 0);
        }
        memset(block, 1, 3 * count); /* whoever gets these bytes next must not see it */
        st_free(block);
    }
    EXPECT_EQ(st_alloc(ctx_, SIZE_MAX / 2, 3, "too much", &block), ST_MEMORY);
    EXPECT_EQ(block, nullptr);
    EXPECT_NE(strstr(st_context_message(ctx_), "too much"), nullptr);
    st_alloc_fail_after(2);
    EXPECT_EQ(st_alloc(ctx_, 1, 1, "first", &block), ST_OK);
    st_free(block);
    EXPECT_EQ(st_alloc(ctx_, 1, 1, "second", &block), ST_MEMORY);
    st_alloc_fail_after(0);
}

TEST_F(Core, AnArenaHoldsWhatWasPlannedAndNoMore)
{
    st_arena arena;
    void *a = nullptr, *b = nullptr, *c = nullptr;
    const size_t bytes = st_arena_need(10, 4) + st_arena_need(100, 8);
    ASSERT_EQ(st_arena_open(ctx_, bytes, "a test", &arena), ST_OK);
    ASSERT_EQ(st_arena_take(ctx_, &arena, 10, 4, &a), ST_OK);
    ASSERT_EQ(st_arena_take(ctx_, &arena, 100, 8, &b), ST_OK);
    EXPECT_GE(static_cast<char *>(b) - static_cast<char *>(a), 40);
    EXPECT_EQ(st_arena_take(ctx_, &arena, 1, 1, &c), ST_INTERNAL);
    EXPECT_EQ(c, nullptr);
    st_arena_close(&arena);
    EXPECT_EQ(st_arena_need(SIZE_MAX, 2), SIZE_MAX);
}

TEST_F(Core, ASeriesComesBackInEveryBit)
{
    st_scratch *scratch = nullptr;
    st_series first, second;
    ASSERT_EQ(st_scratch_open(ctx_, ::testing::TempDir().c_str(), &scratch), ST_OK);
    ASSERT_EQ(st_series_reserve(ctx_, scratch, 5000, &first), ST_OK);
    ASSERT_EQ(st_series_reserve(ctx_, scratch, 3000, &second), ST_OK);
    std::mt19937 random(1);
    std::vector<double> a(5000), b(3000), back(5000);
    for (double &value : a) {
        value = random() % 10 == 0 ? NAN : static_cast<double>(random());
    }
    for (double &value : b) {
        value = -static_cast<double>(random());
    }
    ASSERT_EQ(st_series_write(ctx_, &first, 2000, 3000, a.data() + 2000), ST_OK);
    ASSERT_EQ(st_series_write(ctx_, &second, 0, 3000, b.data()), ST_OK);
    ASSERT_EQ(st_series_write(ctx_, &first, 0, 2000, a.data()), ST_OK);
    ASSERT_EQ(st_series_read(ctx_, &first, 0, 5000, back.data()), ST_OK);
    EXPECT_EQ(memcmp(a.data(), back.data(), sizeof(double) * 5000), 0);
    ASSERT_EQ(st_series_read(ctx_, &second, 1000, 500, back.data()), ST_OK);
    EXPECT_EQ(memcmp(b.data() + 1000, back.data(), sizeof(double) * 500), 0);
    st_scratch_close(scratch);
}

TEST_F(Core, RowsOfAScratchFileComeApart)
{
    constexpr size_t rows = 37, row = 5, pitch = 9;
    st_scratch *scratch = nullptr;
    uint64_t at = 0;
    ASSERT_EQ(st_scratch_open(ctx_, ::testing::TempDir().c_str(), &scratch), ST_OK);
    ASSERT_EQ(st_scratch_reserve(ctx_, scratch, 4096, &at), ST_OK);
    std::vector<unsigned char> bytes(rows * row), apart(rows * pitch, 255);
    for (size_t i = 0; i < bytes.size(); i++) {
        bytes[i] = static_cast<unsigned char>(i);
    }
    ASSERT_EQ(st_scratch_write(ctx_, scratch, at, bytes.data(), bytes.size()), ST_OK);
    ASSERT_EQ(st_scratch_read_rows(ctx_, scratch, at, apart.data(), rows, row, pitch), ST_OK);
    for (size_t i = 0; i < apart.size(); i++) {
        const size_t in_row = i % pitch;
        EXPECT_EQ(apart[i], in_row < row ? bytes[i / pitch * row + in_row] : 255) << i;
    }
    EXPECT_EQ(st_scratch_read_rows(ctx_, scratch, at, apart.data(), rows + 1, row, pitch),
              ST_OUTPUT); /* the file ends after the last row */
    st_scratch_close(scratch);
}

TEST_F(Core, AScratchFileNeedsItsFolder)
{
    st_scratch *scratch = nullptr;
    EXPECT_EQ(st_scratch_open(ctx_, "/nonexistent/folder", &scratch), ST_OUTPUT);
    EXPECT_EQ(scratch, nullptr);
    EXPECT_NE(strstr(st_context_message(ctx_), "/nonexistent/folder"), nullptr);
}

} // namespace
