/* fir_test.cpp - the decimating filter against spectral masks. */
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "cpu/oracle.h"
#include "reference.h"

namespace
{

/* Between two frequencies, in units of fs/D, the gain stays in [lower, upper] dB. */
struct Mask {
    double from, to, lower_db, upper_db;
};
const Mask masks[] = {
    {0.0, 0.4, -0.001, 0.001},    {0.4, 0.5, -7.0, 0.1},        /* 0.1 dB asked for */
    {0.5, 0.6, -INFINITY, -5.9},  {0.6, 0.7, -INFINITY, -84.0}, /* 80 dB asked for, 84 aimed at */
    {0.7, 4.0, -INFINITY, -84.0}, {4.0, 2048.0, -INFINITY, -84.0},
};

/* Of all stages: the product of their gains, each at its rate. */
double gain_db(const st_fir &fir, double frequency)
{
    double gain = 1.0;
    for (int s = 0; s < fir.stages; s++) {
        const st_fir_stage &stage = fir.stage[s];
        const int half = stage.taps / 2;
        double sum = stage.tap[half];
        for (int i = 1; i <= half; i++) {
            sum += 2.0 * stage.tap[half + i] * std::cos(6.283185307179586 * frequency * i);
        }
        gain *= sum;
        frequency *= stage.step;
    }
    return 20.0 * std::log10(std::fabs(gain));
}

class Decimator : public testing::TestWithParam<int>
{
  protected:
    Decimator() { st_fir_design(GetParam(), &fir); }
    st_fir fir;
};

TEST_P(Decimator, StaysInsideItsMask)
{
    const int d = GetParam();
    for (const Mask &mask : masks) {
        for (int k = 0; k <= 4000; k++) {
            const double f = (mask.from + (mask.to - mask.from) * k / 4000.0) / d;
            if (f > 0.5) {
                break;
            }
            const double gain = gain_db(fir, f);
            ASSERT_GE(gain, mask.lower_db) << "D " << d << ", " << f * d << " fs/D";
            ASSERT_LE(gain, mask.upper_db) << "D " << d << ", " << f * d << " fs/D";
        }
    }
}

/* Multiples of fs/D are what folds onto it; there a zero of a stage may be missed by a hair. */
TEST_P(Decimator, LetsNoImageThrough)
{
    const int d = GetParam();
    for (int image = 1; image <= d / 2; image += 1 + image / 64) {
        for (int k = -60; k <= 60; k++) {
            const double f = (image + 0.01 * k) / d;
            if (std::fabs(k * 0.01 + image) >= 0.6 && f <= 0.5) {
                ASSERT_LE(gain_db(fir, f), -84.0) << "D " << d << ", " << f * d << " fs/D";
            }
        }
    }
}

TEST_P(Decimator, IsOddSymmetricAndOfUnitSum)
{
    int taps = 1, rate = 1;
    for (int s = 0; s < fir.stages; s++) {
        const st_fir_stage &stage = fir.stage[s];
        double sum = 0.0;
        ASSERT_EQ(stage.taps % 2, 1);
        for (int i = 0; i < stage.taps; i++) {
            sum += stage.tap[i];
            ASSERT_EQ(stage.tap[i], stage.tap[stage.taps - 1 - i]) << i;
        }
        EXPECT_NEAR(sum, 1.0, 3e-8) << s; /* half a step of the middle tap */
        taps += (stage.taps - 1) * rate;
        rate *= stage.step;
    }
    EXPECT_EQ(fir.taps, taps);
    EXPECT_EQ(GetParam(), rate);
    EXPECT_EQ(fir.taps % 2, 1);
}

INSTANTIATE_TEST_SUITE_P(Every, Decimator,
                         testing::Values(2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096));

/* data/reference/make_decimator.py designs it anew. */
TEST(Decimator, IsTheDocumentedFilter)
{
    for (const int d : {2, 4, 8, 16, 128}) {
        st_fir fir;
        st_fir_design(d, &fir);
        const std::vector<double> h = oracle::composite(fir);
        const std::vector<double> expected = st_reference("decimator_" + std::to_string(d));
        ASSERT_EQ(h.size(), expected.size()) << d;
        ASSERT_EQ(h.size(), static_cast<size_t>(fir.taps));
        for (size_t i = 0; i < h.size(); i++) {
            ASSERT_NEAR(h[i], expected[i], 2e-7 * expected[h.size() / 2]) << "D " << d << ", " << i;
        }
    }
}

TEST(Decimator, IsTheIdentityWithoutDecimation)
{
    st_fir fir;
    st_fir_design(1, &fir);
    ASSERT_EQ(fir.stages, 1);
    ASSERT_EQ(fir.taps, 1);
    EXPECT_EQ(fir.stage[0].taps, 1);
    EXPECT_EQ(fir.stage[0].tap[0], 1.0f);
}

} // namespace
