/* gap_test.cpp - what stands in for invalid samples, against the plain words of METHODS 1, 4.2. */
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "formula/decimate.h"
#include "formula/frame.h"

namespace
{

const float hole = NAN;

std::vector<float> filled(const std::vector<float> &x, int bridge)
{
    std::vector<float> y;
    const int64_t n = static_cast<int64_t>(x.size());
    for (int64_t i = 0; i < n; i++) {
        y.push_back(st_gap_filled(x.data(), 0, n, i, bridge));
    }
    return y;
}

TEST(Gap, OfATenthOfTheTapsIsBridged)
{
    EXPECT_EQ(st_gap_bridge(433), 43);
    EXPECT_EQ(st_gap_bridge(55), 5);
    EXPECT_EQ(st_gap_bridge(1), 0);
    EXPECT_TRUE(st_decimator_usable(43, 433));
    EXPECT_FALSE(st_decimator_usable(44, 433));
    EXPECT_FALSE(st_decimator_usable(1, 1));
    EXPECT_TRUE(st_decimator_usable(11, 110)); /* a tenth, inclusive */
}

TEST(Gap, IsAStraightLineWhenShort)
{
    EXPECT_EQ(filled({0, hole, hole, hole, 8}, 3), (std::vector<float>{0, 2, 4, 6, 8}));
}

TEST(Gap, HoldsTheNearestSampleWhenLong)
{
    EXPECT_EQ(filled({1, hole, hole, hole, hole, 9}, 3), (std::vector<float>{1, 1, 1, 9, 9, 9}));
    EXPECT_EQ(filled({1, hole, hole, hole, 9}, 2), (std::vector<float>{1, 1, 1, 9, 9}))
        << "of two equally near the earlier";
}

TEST(Gap, HoldsAtTheEndsOfTheRecord)
{
    EXPECT_EQ(filled({hole, hole, 5, 6, hole}, 2), (std::vector<float>{5, 5, 5, 6, 6}));
}

TEST(Gap, IsUnknownFarFromEverySample)
{
    const std::vector<float> y = filled({1, hole, hole, hole, hole, hole, 9}, 2);
    EXPECT_EQ(y[2], 1.0f);
    EXPECT_TRUE(std::isnan(y[3]));
    EXPECT_EQ(y[4], 9.0f);
    EXPECT_TRUE(std::isnan(filled({hole, hole, hole}, 2)[1]));
}

TEST(Gap, OfAFrameIsFilledAsTheFormulaSays)
{
    std::mt19937 random(1);
    for (int round = 0; round < 300; round++) {
        const int n = 1 + static_cast<int>(random() % 60);
        std::vector<float> x(n), quick, plain;
        for (float &v : x) {
            v = random() % 3 == 0 ? hole : static_cast<float>(random() % 1000) / 7.0f;
        }
        x[random() % n] = 3.0f;
        quick = x;
        st_gap_fill_frame(quick.data(), n);
        for (int i = 0; i < n; i++) {
            plain.push_back(st_frame_filled(x.data(), n, i));
        }
        ASSERT_EQ(std::memcmp(quick.data(), plain.data(), n * sizeof(float)), 0) << round;
    }
    std::vector<float> line = {hole, 2, hole, 4, hole};
    st_gap_fill_frame(line.data(), 5);
    EXPECT_EQ(line, (std::vector<float>{2, 2, 3, 4, 4}));
}

TEST(Decimator, KeepsASmallRippleOnALargeDirectCurrent)
{
    const st_fir_stage stage = {1, 3, {0.25f, 0.5f, 0.25f}};
    const float x[3] = {100000.0f, 100000.0078125f, 100000.015625f};
    EXPECT_EQ(st_decimator_output(st_fir_output(&stage, x, x[0]), x[0]), 100000.0078125);
}

} // namespace
