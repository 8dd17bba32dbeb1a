/* fir_test.cpp - the decimating filter against spectral masks. */
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "formula/fir.h"

namespace
{

/* Between two frequencies, in units of fs/D, the gain stays in [lower, upper] dB. */
struct Mask {
    double from, to, lower_db, upper_db;
};
const Mask masks[] = {
    {0.0, 0.4, -0.1, 0.1},        {0.4, 0.5, -7.0, 0.1},
    {0.5, 0.6, -INFINITY, -5.9},  {0.6, 0.7, -INFINITY, -84.0}, /* 80 dB asked for, 84 aimed at */
    {0.7, 4.0, -INFINITY, -84.0}, {4.0, 512.0, -INFINITY, -84.0},
};

double gain_db(const std::vector<float> &fir, double frequency)
{
    const int half = static_cast<int>(fir.size()) / 2;
    double sum = fir[half];
    for (int i = 1; i <= half; i++) {
        sum += 2.0 * fir[half + i] * std::cos(6.283185307179586 * frequency * i);
    }
    return 20.0 * std::log10(std::fabs(sum));
}

class Decimator : public testing::TestWithParam<int>
{
};

TEST_P(Decimator, StaysInsideItsMask)
{
    const int d = GetParam();
    std::vector<float> fir(st_decimator_taps(d));
    st_decimator_design(d, static_cast<int>(fir.size()), fir.data());
    for (const Mask &mask : masks) {
        for (int k = 0; k <= 400; k++) {
            const double f = (mask.from + (mask.to - mask.from) * k / 400.0) / d;
            if (f > 0.5) {
                break;
            }
            const double gain = gain_db(fir, f);
            ASSERT_GE(gain, mask.lower_db) << "D " << d << ", " << f * d << " fs/D";
            ASSERT_LE(gain, mask.upper_db) << "D " << d << ", " << f * d << " fs/D";
        }
    }
}

TEST_P(Decimator, IsOddSymmetricAndOfUnitSum)
{
    const int d = GetParam();
    const int taps = st_decimator_taps(d);
    std::vector<float> fir(taps);
    st_decimator_design(d, taps, fir.data());
    EXPECT_EQ(taps % 2, 1);
    double sum = 0.0;
    for (int i = 0; i < taps; i++) {
        sum += fir[i];
        ASSERT_EQ(fir[i], fir[taps - 1 - i]) << i;
    }
    EXPECT_NEAR(sum, 1.0, 1e-7);
}

INSTANTIATE_TEST_SUITE_P(Every, Decimator,
                         testing::Values(2, 4, 8, 16, 32, 64, 128, 256, 512, 1024));

TEST(Decimator, IsTheIdentityWithoutDecimation)
{
    float fir[1] = {0.0f};
    ASSERT_EQ(st_decimator_taps(1), 1);
    st_decimator_design(1, 1, fir);
    EXPECT_EQ(fir[0], 1.0f);
}

} // namespace
