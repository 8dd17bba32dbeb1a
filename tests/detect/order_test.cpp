/* order_test.cpp - order statistics by counting against sorting, for every instruction set. */
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "detect/order.h"
#include "detect/quantile.h"

namespace
{

/* Values of one kind: 0 spread over decades, 1 of both signs, 2 few that repeat, 3 all equal. */
std::vector<float> draw(std::mt19937 &random, size_t n, int kind)
{
    std::normal_distribution<float> normal;
    std::vector<float> x(n);
    for (float &value : x) {
        const float z = normal(random);
        value = kind == 0   ? std::exp(9.0f * z)
                : kind == 1 ? 1e3f * z
                : kind == 2 ? std::round(2.0f * z)
                            : 5.0f;
    }
    if (n > 3 && kind == 0) {
        x[n / 2] = 0.0f, x[n / 3] = std::numeric_limits<float>::infinity();
    }
    return x;
}

std::vector<float> with_room(std::vector<float> x)
{
    x.resize(st_order_room(x.size()), 3.0f);
    return x;
}

TEST(Order, EveryRankIsThatOfSorting)
{
    std::mt19937 random(7);
    for (const size_t n : {1, 2, 3, 4, 31, 32, 33, 100, 255, 511, 1000}) {
        for (int kind = 0; kind < 4; kind++) {
            std::vector<float> x = draw(random, n, kind), sorted = x, room = with_room(x);
            std::sort(sorted.begin(), sorted.end());
            const st_order order = st_order_open(room.data(), n);
            for (size_t k = 0; k < n; k++) {
                const st_ranked found = st_order_find(&order, k);
                EXPECT_EQ(found.at, sorted[k]) << n << " values of kind " << kind;
                EXPECT_EQ(found.next, sorted[std::min(k + 1, n - 1)]) << k << " of " << n;
            }
        }
    }
}

TEST(Order, AQuantileIsThatOfSelection)
{
    std::mt19937 random(8);
    for (const size_t n : {1, 2, 7, 117, 255, 511}) {
        std::vector<float> room = with_room(draw(random, n, 1));
        const st_order order = st_order_open(room.data(), n);
        for (const double share : {0.0, 0.05, 0.5, 0.77, 0.95, 1.0}) {
            std::vector<double> wide(room.begin(), room.begin() + static_cast<long>(n));
            EXPECT_EQ(st_order_quantile(&order, share), st_quantile(wide.data(), n, share));
        }
    }
}

TEST(Order, EveryInstructionSetCountsAlike)
{
    std::vector<const st_counts *> sets = {&st_counts_base};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        sets.push_back(&st_counts_v3);
    }
    if (__builtin_cpu_supports("avx512bw")) {
        sets.push_back(&st_counts_v4);
    }
#endif
    std::mt19937 random(9);
    for (size_t n = 1; n < 200; n++) {
        const std::vector<float> x = draw(random, n, static_cast<int>(n % 3));
        std::vector<float> room = with_room(x);
        st_order_open(room.data(), n);
        const float low = x[random() % n], high = x[random() % n];
        const auto below = [&](float v) { return v < low; };
        const auto between = [&](float v) { return v > low && v < high; };
        float from = std::numeric_limits<float>::infinity(), least, most;
        for (const float v : x) {
            from = v >= low ? std::min(from, v) : from;
        }
        for (const st_counts *set : sets) {
            set->extremes(room.data(), n, &least, &most);
            EXPECT_EQ(least, *std::min_element(x.begin(), x.end()));
            EXPECT_EQ(most, *std::max_element(x.begin(), x.end()));
            EXPECT_EQ(set->least_from(room.data(), n, low), from);
            EXPECT_EQ(set->below(room.data(), n, low),
                      static_cast<size_t>(std::count_if(x.begin(), x.end(), below)));
            EXPECT_EQ(set->within(room.data(), n, low, high),
                      static_cast<size_t>(std::count_if(x.begin(), x.end(), between)));
        }
    }
}

} // namespace
