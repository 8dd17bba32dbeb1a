/* lag_test.cpp - the first-order-hold lag: its coefficients, and scipy's lfilter. */
#include <gtest/gtest.h>

#include <cmath>

#include "formula/storage.h"
#include "reference.h"

namespace
{

TEST(Lag, CoefficientsKeepTheirDigits)
{
    for (double r = 1e-12; r < 100; r *= 1.7) {
        const st_lag lag = st_lag_of(r, 1.0);
        /* long double series: no cancellation anywhere */
        long double term = 1, b0 = 0, b1 = 0;
        if (r < 1) {
            for (int k = 1; k < 60; k++) {
                term *= -(long double)r / (k + 1);
                b0 -= term;
                b1 -= k * term;
            }
        } else {
            const long double share = -std::expm1((long double)-r) / r;
            b0 = 1 - share;
            b1 = share - std::exp((long double)-r);
        }
        EXPECT_NEAR(lag.b0 / (double)b0, 1.0, 4e-15) << r;
        EXPECT_NEAR(lag.b1 / (double)b1, 1.0, 4e-15) << r;
    }
    const st_lag none = st_lag_of(0.001, 0.0);
    EXPECT_EQ(none.b0, 1.0);
    EXPECT_EQ(none.b1, 0.0);
    st_lag_state state = {5.0, 0.0};
    EXPECT_EQ(st_lag_step(none, &state, 7.5), 7.5);
}

TEST(Lag, EqualsLfilter)
{
    const auto load = st_reference("load");
    const struct {
        const char *name;
        double tau_s;
    } cases[] = {{"lag_fast", 0.02}, {"lag_slow", 60.0}};
    for (const auto &c : cases) {
        const auto wanted = st_reference(c.name);
        const st_lag lag = st_lag_of(0.001, c.tau_s);
        st_lag_state state = {load[0], 0.0};
        for (size_t i = 0; i < load.size(); i++) {
            const double y = st_lag_step(lag, &state, load[i]);
            if (i % 8 == 0) {
                ASSERT_NEAR(y / wanted[i / 8], 1.0, 1e-9) << c.name << " " << i;
            }
        }
    }
}

} // namespace
