/* linear_test.cpp - a storage stage without limits against its closed form, and against convolution
 * with an impulse response written down separately. */
#include <complex>

#include "formula/storage.h"
#include "respond/stage_case.h"

namespace
{

/* B(j 2 pi f), the response that the recursion stands for. */
std::complex<double> closed_form(const st_stage &stage, double f)
{
    const std::complex<double> s(0.0, 2 * M_PI * f);
    return s * stage.tau_s / (1.0 + s * stage.tau_s) / (1.0 + s * stage.response_s) *
           std::exp(-s * stage.delay_s);
}

TEST(Linear, ResidualFollowsTheClosedForm)
{
    const st_stage stage = wide_stage();
    const double dt = 0.001;
    for (const double f : {0.5, 1.0, 5.0, 10.0, 40.0}) {
        std::vector<double> load(60000);
        for (size_t i = 0; i < load.size(); i++) {
            load[i] = 1e8 + 1e7 * std::sin(2 * M_PI * f * dt * (double)i);
        }
        const Outcome run = respond(task_of(stage, 1000000, ST_MODEL_LINEAR), load);
        ASSERT_EQ(run.status, ST_OK) << run.message;
        std::complex<double> gain = 0; /* of the draw, over the last 20 s */
        for (size_t i = 40000; i < 60000; i++) {
            gain += (run.draw[i] - 1e8) * std::polar(1.0, -2 * M_PI * f * dt * (double)i);
        }
        gain *= std::complex<double>(0, 1) * 2.0 / (20000 * 1e7);
        const auto b = closed_form(stage, f);
        const double stated = std::abs(b) * std::pow(M_PI * f * dt, 2) / 3;
        EXPECT_LT(std::abs(gain - (1.0 - b)), 1.02 * stated + 1e-6) << f;
        EXPECT_NEAR(std::abs(gain), std::abs(1.0 - b), 1.02 * stated + 1e-6) << f;
    }
}

/* First-order-hold lag in closed form: h[0] = b0, h[n] = (b0 a + b1) a^(n-1). */
std::vector<long double> lag_impulse(long double r, size_t n)
{
    const long double a = std::exp(-r), share = -std::expm1(-r) / r;
    std::vector<long double> h(n);
    h[0] = 1 - share;
    for (size_t i = 1; i < n; i++) {
        h[i] = (h[0] * a + share - a) * std::exp(-r * (long double)(i - 1));
    }
    return h;
}

std::vector<long double> convolve(const std::vector<long double> &h,
                                  const std::vector<long double> &x)
{
    std::vector<long double> y(x.size());
    for (size_t n = 0; n < x.size(); n++) {
        for (size_t k = 0; k <= n && k < h.size(); k++) {
            y[n] += h[k] * x[n - k];
        }
    }
    return y;
}

TEST(Linear, EqualsConvolutionAndWideLimits)
{
    const st_stage stage = wide_stage();
    const auto load = noisy_load(5000, 7);
    const Outcome linear = respond(task_of(stage, 1000000, ST_MODEL_LINEAR), load);
    const Outcome wide = respond(task_of(stage), load);
    ASSERT_EQ(linear.status, ST_OK);
    ASSERT_EQ(wide.status, ST_OK);

    std::vector<long double> x(load.size());
    const double l0 = std::accumulate(load.begin(), load.begin() + 2000, 0.0) / 2000;
    std::transform(load.begin(), load.end(), x.begin(), [&](double v) { return v - l0; });
    auto high = lag_impulse(0.001L / 2.0L, x.size());
    std::transform(high.begin(), high.end(), high.begin(), [](long double v) { return -v; });
    high[0] += 1;
    auto p = convolve(lag_impulse(0.001L / 0.02L, x.size()), convolve(high, x));
    p.insert(p.begin(), 5, 0.0L);
    std::vector<double> wanted(load.size());
    for (size_t i = 0; i < load.size(); i++) {
        wanted[i] = load[i] - (double)p[i];
    }
    EXPECT_NEAR(linear.record.prime_w, l0, 1e-6);
    expect_close(linear.draw, wanted, 1e-9, "linear against convolution");
    expect_close(wide.draw, wanted, 1e-9, "constrained against convolution");
    EXPECT_EQ(wide.record.clip_power_s, 0.0);
    EXPECT_EQ(wide.record.clip_energy_s, 0.0);
}

} // namespace
