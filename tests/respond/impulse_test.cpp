/* impulse_test.cpp - a measured impulse response: oaconvolve, long responses, gaps, and the
 * recursion that it must reproduce. */
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "formula/storage.h"
#include "reference.h"
#include "respond/impulse.h"
#include "respond/series.h"

namespace
{

size_t largest_call; /* taps + n of the largest block seen */

/* What a backend does, written as the sum that it stands for. */
st_status convolve_directly(st_context *, st_exec *, const st_convolution *c)
{
    largest_call = std::max(largest_call, c->taps + c->n);
    for (size_t i = 0; i < c->n; i++) {
        const float *newest = c->x + c->taps - 1 + i;
        double sum = 0;
        for (size_t k = 0; k < c->taps; k++) {
            sum += c->h[k] * (double)newest[-(ptrdiff_t)k];
        }
        c->y[i] = (float)sum;
    }
    return ST_OK;
}

st_status refuse(st_context *, st_exec *, const st_convolution *)
{
    return ST_DEVICE;
}

struct Outcome {
    std::vector<double> draw;
    st_stage_record record;
};

Outcome respond(const std::vector<double> &h, const std::vector<double> &load)
{
    Narrow narrow;
    const st_impulse impulse = {h.data(), h.size(), convolve_directly, nullptr};
    const st_series in = narrow.of(load), out = narrow.empty(load.size());
    Outcome outcome;
    EXPECT_EQ(st_respond_impulse(narrow.ctx, &impulse, 1000000, &in, &out, &outcome.record), ST_OK)
        << st_context_message(narrow.ctx);
    outcome.draw = narrow.values(out);
    return outcome;
}

TEST(Impulse, EqualsOaconvolve)
{
    const auto h = st_reference("convolve_h"), x = st_reference("convolve_x");
    const auto y = st_reference("convolve_y");
    const Outcome found = respond(h, x);
    double l0 = 0, most = 0, step = 0, turned = 0;
    for (double v : x) {
        l0 += v / (double)x.size();
    }
    for (double v : y) {
        most = std::max(most, std::fabs(v));
    }
    EXPECT_NEAR(found.record.prime_w, l0, 1e-9);
    for (size_t i = 0; i < x.size(); i++) {
        step += i < h.size() ? h[i] : 0;
        const double p = y[i] - l0 * step; /* h * (x - L0) with L0 for ever before */
        turned += std::fabs(p);
        ASSERT_NEAR(x[i] - found.draw[i], p, 1e-6 * most) << i;
    }
    EXPECT_NEAR(found.record.throughput_j / (turned * 0.001), 1.0, 1e-6);
    EXPECT_NEAR(found.record.load_j - found.record.draw_j, found.record.power_mean_w * 8.192, 1e-3);
    EXPECT_TRUE(std::isnan(found.record.soc_mean));
    /* nothing is known of its limits: 0 s would say that it never reached them */
    EXPECT_TRUE(std::isnan(found.record.clip_power_s));
    EXPECT_TRUE(std::isnan(found.record.clip_energy_s));
}

TEST(Impulse, LongResponsesKeepTheirPast)
{
    std::vector<double> load(70000), h(20000);
    for (size_t i = 0; i < load.size(); i++) {
        load[i] = 1e8 + 1e7 * std::sin(0.0007 * (double)(i * i % 9001));
    }
    h[0] = 0.25;
    h[777] = -0.5;
    h[19999] = 1.5;
    const Outcome found = respond(h, load);
    EXPECT_LE(largest_call, 2 * h.size());
    const auto at = [&](size_t i, size_t lag) {
        return i >= lag ? load[i - lag] - found.record.prime_w : 0.0;
    };
    for (size_t i = 0; i < load.size(); i++) {
        const double p = 0.25 * at(i, 0) - 0.5 * at(i, 777) + 1.5 * at(i, 19999);
        ASSERT_NEAR(load[i] - found.draw[i], p, 10.0) << i;
    }
}

TEST(Impulse, OneTapIsAGain)
{
    const std::vector<double> load = {1e6, 3e6, std::nan(""), 2e6};
    const Outcome found = respond({0.5}, load);
    EXPECT_NEAR(found.record.prime_w, 2e6, 1e-6);
    EXPECT_EQ(found.draw[0], 1e6 + 0.5e6);
    EXPECT_EQ(found.draw[1], 3e6 - 0.5e6);
    EXPECT_TRUE(std::isnan(found.draw[2]));
    EXPECT_EQ(found.draw[3], 2e6);
    EXPECT_NEAR(found.record.power_max_w, 0.5e6, 1e-6);
    EXPECT_NEAR(found.record.power_mean_w, 0.125e6, 1e-6); /* the gap holds 3 MW */
}

TEST(Impulse, ReproducesTheRecursion)
{
    st_stage stage = {};
    static char name[] = "x";
    stage.name = name;
    stage.power_w = stage.energy_j = 1e12;
    stage.efficiency_charge = stage.efficiency_discharge = 1.0;
    stage.tau_s = 0.3;
    stage.response_s = 0.02;
    stage.delay_s = 0.005;
    std::vector<double> load(20000), h(6000);
    for (size_t i = 0; i < load.size(); i++) {
        load[i] = 1e8 + (i % 1700 < 600 ? 3e7 : -1e6 * (double)(i % 13));
    }
    std::fill(load.begin() + 9000, load.begin() + 9100, std::nan(""));
    std::fill(load.begin(), load.begin() + 9, std::nan(""));
    /* the recursion's own response to a unit impulse */
    std::vector<double> past(5);
    st_delay delay = {past.data(), 5, 0};
    const st_lag smooth = st_lag_of(0.001, stage.tau_s), lag = st_lag_of(0.001, stage.response_s);
    st_lag_state low = {0, 0}, power = {0, 0};
    for (size_t i = 0; i < h.size(); i++) {
        const double x = i == 0 ? 1.0 : 0.0;
        h[i] = st_lag_step(lag, &power, st_delay_step(&delay, x - st_lag_step(smooth, &low, x)));
    }
    const Outcome found = respond(h, load);
    Narrow narrow;
    const st_series in = narrow.of(load), out = narrow.empty(load.size());
    const st_stage_task task = {&stage, ST_MODEL_LINEAR, 1000000, ST_IMPULSE_TAU_S, 298.15};
    st_stage_record record;
    ASSERT_EQ(st_respond_stage(narrow.ctx, &task, &in, &out, &record), ST_OK);
    const auto wanted = narrow.values(out);
    for (size_t i = 0; i < load.size(); i++) {
        ASSERT_EQ(std::isnan(found.draw[i]), std::isnan(load[i]));
        if (!std::isnan(load[i])) {
            ASSERT_NEAR(found.draw[i], wanted[i], 1e-6 * 3e7) << i;
        }
    }
}

TEST(Impulse, PassesTheBackendsFailureOn)
{
    Narrow narrow;
    const double h = 1.0;
    const st_impulse impulse = {&h, 1, refuse, nullptr};
    const st_series load = narrow.of({1.0, 2.0});
    st_stage_record record;
    EXPECT_EQ(st_respond_impulse(narrow.ctx, &impulse, 1000000, &load, &load, &record), ST_DEVICE);
}

} // namespace
