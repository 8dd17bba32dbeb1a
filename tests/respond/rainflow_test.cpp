/* rainflow_test.cpp - cycle counting against the standard's own example and a counter without
 * streaming. */
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "formula/rainflow.h"

namespace
{

/* With the stack that it needs. */
struct Flow : st_rainflow {
    std::vector<double> stack;
};

std::unique_ptr<Flow> count(const std::vector<double> &x, int capacity = 4096)
{
    auto flow = std::make_unique<Flow>();
    flow->stack.resize(static_cast<size_t>(capacity));
    st_rainflow_start(flow.get(), flow->stack.data(), capacity, 1.0);
    for (double v : x) {
        st_rainflow_add(flow.get(), v);
    }
    st_rainflow_finish(flow.get());
    return flow;
}

/* ASTM E1049-85 fig. 6: -2, 1, -3, 5, -1, 3, -4, 4, -2, in hundredths of a depth; each range of r
 * units falls in the middle of bin r. */
TEST(Rainflow, CountsTheExampleOfTheStandard)
{
    std::vector<double> x;
    for (double v : {-2.0, 1.0, -3.0, 5.0, -1.0, 3.0, -4.0, 4.0, -2.0}) {
        if (!x.empty()) { /* points between the reversals change nothing */
            x.push_back((0.3 * x.back() + 0.7 * (0.5 + 0.01002 * v)));
            x.push_back(x.back());
        }
        x.push_back(0.5 + 0.01002 * v);
    }
    const auto flow = count(x);
    std::map<int, double> wanted = {{3, 0.5}, {4, 1.5}, {6, 0.5}, {8, 1.0}, {9, 0.5}};
    for (int bin = 0; bin < ST_DEPTH_BINS; bin++) {
        EXPECT_EQ(flow->count[bin], wanted[bin]) << bin;
        if (wanted[bin] > 0) {
            EXPECT_NEAR(flow->depth[bin] / flow->count[bin], 0.01002 * bin, 1e-12);
        }
    }
    EXPECT_NEAR(st_rainflow_mean_depth(flow->count, flow->depth),
                0.01002 * (3 * 0.5 + 4 * 1.5 + 6 * 0.5 + 8 + 9 * 0.5) / 4.0, 1e-12);
}

/* The same rules on a whole list: find the first triple that closes, again and again. */
std::map<double, double> count_list(std::vector<double> p)
{
    std::map<double, double> cycles;
    for (bool closed = true; closed;) {
        closed = false;
        for (size_t i = 0; i + 2 < p.size() && !closed; i++) {
            const double y = std::fabs(p[i + 1] - p[i]), x = std::fabs(p[i + 2] - p[i + 1]);
            if (x >= y) {
                cycles[y] += i == 0 ? 0.5 : 1.0;
                p.erase(p.begin() + (long)i, p.begin() + (long)i + (i == 0 ? 1 : 2));
                closed = true;
            }
        }
    }
    for (size_t i = 1; i < p.size(); i++) {
        cycles[std::fabs(p[i] - p[i - 1])] += 0.5;
    }
    return cycles;
}

TEST(Rainflow, EqualsCountingOnTheWholeList)
{
    std::mt19937_64 random(2);
    std::uniform_int_distribution<int> level(0, 96);
    for (int round = 0; round < 50; round++) {
        std::vector<double> turns;
        while (turns.size() < 300) { /* strict turning points on a coarse grid, with equal ranges */
            const double v = level(random) / 96.0 + (level(random) % 2) * 1e-3;
            const size_t n = turns.size();
            if (n == 0 || (n == 1 && v != turns[0]) ||
                (n > 1 && (v - turns[n - 1]) * (turns[n - 1] - turns[n - 2]) < 0)) {
                turns.push_back(v);
            }
        }
        std::vector<double> wanted(ST_DEPTH_BINS), depth(ST_DEPTH_BINS);
        for (const auto &[range, cycles] : count_list(turns)) {
            const int bin = std::min(99, (int)(range * 100));
            wanted[(size_t)bin] += cycles;
            depth[(size_t)bin] += cycles * range;
        }
        const auto flow = count(turns);
        for (size_t bin = 0; bin < ST_DEPTH_BINS; bin++) {
            ASSERT_EQ(flow->count[bin], wanted[bin]) << round << " " << bin;
            ASSERT_NEAR(flow->depth[bin], depth[bin], 1e-12);
        }
    }
}

TEST(Rainflow, StackIsBounded)
{
    /* A dying oscillation never closes a cycle: every swing is half a cycle, stack or no stack. */
    std::vector<double> dying;
    for (int i = 0; i < 30000; i++) {
        dying.push_back(0.5 + (i % 2 ? 0.5 : -0.5) * std::exp(-i / 8000.0));
    }
    const auto small = count(dying, 16), large = count(dying);
    for (size_t bin = 0; bin < ST_DEPTH_BINS; bin++) {
        EXPECT_EQ(small->count[bin], large->count[bin]) << bin;
        EXPECT_NEAR(small->depth[bin], large->depth[bin], 1e-9);
    }
    double halves = 0;
    for (double c : large->count) {
        halves += 2 * c;
    }
    EXPECT_EQ(halves, 29999);
}

TEST(Rainflow, NothingMovesNothingCounts)
{
    for (const std::vector<double> &still : {std::vector<double>{0.5, 0.5, 0.5}, {}}) {
        const auto flow = count(still);
        EXPECT_EQ(st_rainflow_mean_depth(flow->count, flow->depth), 0.0);
    }
    const auto once = count({0.2, 0.4, 0.4, 0.705});
    EXPECT_EQ(once->count[50], 0.5);
    EXPECT_NEAR(st_rainflow_mean_depth(once->count, once->depth), 0.505, 1e-15);
    EXPECT_EQ(count({0.0, 1.0, 0.0})->count[99], 1.0); /* a full swing is in the last bin */
}

} // namespace
