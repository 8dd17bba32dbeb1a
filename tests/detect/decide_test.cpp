/* decide_test.cpp - the marks of pass 2 against METHODS 5 taken at its word: all logarithms, all
 * sorted. */
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "detect/decide.h"
#include "detect/order.h"

namespace
{

constexpr size_t bands = 2, features = ST_FEATURE_BANDS + bands;

double quantile(std::vector<double> v, double share)
{
    std::sort(v.begin(), v.end());
    const double at = share * static_cast<double>(v.size() - 1);
    const size_t k = static_cast<size_t>(at);
    const double next = v[std::min(k + 1, v.size() - 1)];
    return v[k] + (next - v[k]) * (at - static_cast<double>(k));
}

/* A row of frames, and what is to be found in it. */
struct Row {
    std::vector<float> feature, score, column;
    std::vector<double> values;
    std::vector<uint32_t> why;
    double offset = 0, least = -100, most = 900, step = 2;
    int64_t valid = 1000;
    st_settings settings = {};
    st_plan plan = {};
    st_rack_sums sums = {};
    st_event_input input = {};
    st_row row = {};

    explicit Row(size_t frames)
        : feature(frames * features), score(frames), column(st_order_room(frames)), values(frames),
          why(frames)
    {
        st_settings_default(&settings);
        sums.min_w = &least, sums.max_w = &most, sums.step_w = &step, sums.valid = &valid;
        plan.offset_w = &offset;
        input.plan = &plan, input.settings = &settings, input.sums = &sums;
        row.input = &input, row.frames = static_cast<int64_t>(frames), row.n_features = features;
        row.feature = feature.data(), row.score = score.data(), row.why = why.data();
        row.column = column.data(), row.values = values.data();
    }
    float *frame(size_t f) { return &feature[f * features]; }
    bool used(size_t f) { return !std::isnan(frame(f)[ST_FEATURE_MEAN]); }

    std::vector<double> of_used(size_t which)
    {
        std::vector<double> v;
        for (size_t f = 0; f < score.size(); f++) {
            if (used(f)) {
                v.push_back(static_cast<double>(frame(f)[which]));
            }
        }
        return v;
    }
};

struct Mark {
    double score = 0;
    uint32_t why = 0;
    void add(double by, uint32_t bit)
    {
        if (by > 1) {
            score = std::max(score, by);
            why |= bit;
        }
    }
};

std::vector<Mark> by_definition(Row &r)
{
    const double q2 = r.step * r.step / 12;
    std::vector<Mark> marks(r.score.size());
    for (size_t b = 0; b < bands; b++) {
        std::vector<double> level = r.of_used(ST_FEATURE_BANDS + b), off;
        for (double &e : level) {
            e = std::log10(e + q2);
        }
        const double high = quantile(level, 0.95), median = quantile(level, 0.5);
        for (const double l : level) {
            off.push_back(std::fabs(l - median));
        }
        const double sigma = 1.4826 * std::max(quantile(off, 0.5), 0.02);
        const auto rhythm = std::count_if(level.begin(), level.end(),
                                          [&](double l) { return l - median > 3 * sigma; });
        const bool rare = static_cast<double>(rhythm) <= 0.1 * static_cast<double>(level.size());
        for (size_t f = 0, i = 0; f < marks.size(); f++) {
            if (r.used(f)) {
                marks[f].add((level[i] - high) / 0.6, 1u << b);
                marks[f].add(rare ? (level[i] - median) / (sigma * 6) : 0, 1u << b);
                i++;
            }
        }
    }
    const double top = quantile(r.of_used(ST_FEATURE_MAX), 0.95);
    const double bottom = quantile(r.of_used(ST_FEATURE_MIN), 1 - 0.95);
    const double margin = std::max(0.25 * (top - bottom), 6 * r.step);
    for (size_t f = 0; f < marks.size(); f++) {
        marks[f].add((r.frame(f)[ST_FEATURE_MAX] - top) / margin, ST_WHY_LEVEL);
        marks[f].add((bottom - r.frame(f)[ST_FEATURE_MIN]) / margin, ST_WHY_LEVEL);
    }
    return marks;
}

/* Kinds: 0 wide scatter, 1 next to none, 2 two levels of a rhythm, 3 few values that repeat, 4 all
 * energies 0 but a few. */
void fill(Row &r, std::mt19937 &random, int kind)
{
    std::normal_distribution<float> normal;
    for (size_t f = 0; f < r.score.size(); f++) {
        float *x = r.frame(f);
        const bool outlier = random() % 40 == 0;
        for (size_t b = 0; b < bands; b++) {
            const float z = normal(random), up = outlier ? 300.0f : 1.0f;
            x[ST_FEATURE_BANDS + b] =
                up * (kind == 0   ? std::exp(2 * z)
                      : kind == 1 ? 50.0f + 1e-6f * z
                      : kind == 2 ? (random() % 3 == 0 ? 4e3f : 1.0f) * std::exp(0.1f * z)
                      : kind == 3 ? std::exp2(std::round(z))
                                  : (outlier ? 1.0f : 0.0f));
        }
        x[ST_FEATURE_MAX] = 500 + 10 * normal(random) + (random() % 30 == 0 ? 300.0f : 0.0f);
        x[ST_FEATURE_MIN] = -20 + 10 * normal(random) - (random() % 30 == 0 ? 300.0f : 0.0f);
        x[ST_FEATURE_MEAN] = 100;
        if (random() % 17 == 0) {
            std::fill(x, x + features, NAN);
        }
    }
}

TEST(Decide, MarksAreThoseOfTheDefinition)
{
    std::mt19937 random(5);
    size_t marked = 0;
    for (const size_t frames : {1, 2, 20, 117, 118, 255, 600}) {
        for (int kind = 0; kind < 5; kind++) {
            for (int repetition = 0; repetition < 5; repetition++) {
                Row r(frames);
                fill(r, random, kind);
                if (r.of_used(ST_FEATURE_MEAN).empty()) {
                    continue;
                }
                const std::vector<Mark> expected = by_definition(r);
                st_row_decide(&r.row);
                for (size_t f = 0; f < frames; f++) {
                    EXPECT_EQ(r.why[f], expected[f].why) << f << " of " << frames << ", " << kind;
                    EXPECT_EQ(r.score[f], static_cast<float>(expected[f].score));
                    marked += expected[f].why != 0;
                }
            }
        }
    }
    EXPECT_GT(marked, 500u);
}

/* Samples beyond 1e19 W have energies that no float32 holds. */
TEST(Decide, EnergiesBeyondNumbersComeToAnEnd)
{
    std::mt19937 random(6);
    for (const size_t frames : {1, 2, 20, 117}) {
        for (const float beyond : {INFINITY, NAN}) {
            for (const unsigned of_ten : {1u, 5u, 6u, 10u}) {
                Row r(frames);
                fill(r, random, 0);
                for (size_t f = 0; f < frames; f++) {
                    const bool is = r.used(f) && random() % 10 < of_ten;
                    r.frame(f)[ST_FEATURE_BANDS] = is ? beyond : r.frame(f)[ST_FEATURE_BANDS];
                }
                st_row_decide(&r.row);
                for (size_t f = 0; f < frames; f++) {
                    EXPECT_FALSE(std::isnan(r.score[f])) << f << " of " << frames;
                    EXPECT_TRUE(r.used(f) || r.why[f] == 0) << f << " of " << frames;
                }
            }
        }
    }
    Row alone(117);
    fill(alone, random, 1);
    alone.frame(50)[ST_FEATURE_MEAN] = 100;
    alone.frame(50)[ST_FEATURE_BANDS] = INFINITY;
    st_row_decide(&alone.row);
    EXPECT_EQ(alone.why[50] & 1u, 1u);
    alone.step = INFINITY;
    st_row_decide(&alone.row);
    EXPECT_EQ(alone.score, std::vector<float>(117));
}

TEST(Decide, ARowWithoutAFrameHasNoMarks)
{
    Row r(3);
    std::fill(r.feature.begin(), r.feature.end(), NAN);
    st_row_decide(&r.row);
    EXPECT_EQ(r.score, std::vector<float>(3));
    EXPECT_TRUE(std::isnan(r.row.top_w));
}

} // namespace
