/* random_test.cpp - Philox4x32-10 against the published known answers, and the noise made of it. */
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "synth/random.h"

namespace
{

struct Known {
    st_random_block counter;
    uint32_t key[2];
    uint32_t answer[4];
};

/* The lines "philox4x32 10" of kat_vectors in the Random123 distribution. */
const Known known[] = {
    {{{0, 0, 0, 0}}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

TEST(Random, GivesThePublishedAnswers)
{
    for (const Known &k : known) {
        const st_random_block found = st_philox(k.counter, k.key[0], k.key[1]);
        for (int i = 0; i < 4; i++) {
            EXPECT_EQ(found.word[i], k.answer[i]);
        }
    }
}

TEST(Random, SeparatesSeedStreamRackAndIndex)
{
    const uint32_t word = st_random(1, ST_STREAM_NOISE, 2, 3).word[0];
    EXPECT_NE(word, st_random(2, ST_STREAM_NOISE, 2, 3).word[0]);
    EXPECT_NE(word, st_random(1 + (UINT64_C(1) << 32), ST_STREAM_NOISE, 2, 3).word[0]);
    EXPECT_NE(word, st_random(1, ST_STREAM_MISSING, 2, 3).word[0]);
    EXPECT_NE(word, st_random(1, ST_STREAM_NOISE, 3, 3).word[0]);
    EXPECT_NE(word, st_random(1, ST_STREAM_NOISE, 2, 4).word[0]);
    EXPECT_NE(word, st_random(1, ST_STREAM_NOISE, 2, 3 + (INT64_C(1) << 32)).word[0]);
}

TEST(Random, IsNearlyNormalAndBounded)
{
    const int n = 200000;
    double sum = 0, squares = 0, largest = 0;
    for (int i = 0; i < n; i++) {
        const st_random_block r = st_random(5, ST_STREAM_NOISE, 0, i);
        const double x = st_normal(r.word[0], r.word[1]);
        sum += x;
        squares += x * x;
        largest = std::max(largest, std::fabs(x));
    }
    EXPECT_NEAR(sum / n, 0.0, 4.0 / std::sqrt(n));
    EXPECT_NEAR(squares / n, 1.0, 0.01);
    EXPECT_LT(largest, 3.47);
    EXPECT_GT(largest, 3.0);
}

} // namespace
