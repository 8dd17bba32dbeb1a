/* sweep_case.h - a sweep at random: a load with gaps, batteries of all sizes, stages behind them,
 * channels, a statistic of every kind; and what a backend makes of it.
 * For the tests of both backends. */
#ifndef ST_TESTS_CPU_SWEEP_CASE_H
#define ST_TESTS_CPU_SWEEP_CASE_H

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "model/backend.h"

struct SweepResult {
    std::vector<double> worst;            /* [candidates][statistics] */
    std::vector<std::vector<float>> draw; /* [groups], [samples][lanes]; of watched sweeps */
    /* "" or the first number that is not the same in every bit; NaN is NaN. */
    std::string difference(const SweepResult &other) const
    {
        for (size_t i = 0; i < worst.size(); i++) {
            if (!same(worst[i], other.worst[i])) {
                return "worst[" + std::to_string(i) + "]: " + std::to_string(worst[i]) + " and " +
                       std::to_string(other.worst[i]);
            }
        }
        for (size_t g = 0; g < draw.size(); g++) {
            for (size_t i = 0; i < draw[g].size(); i++) {
                if (!same(draw[g][i], other.draw[g][i])) {
                    return "group " + std::to_string(g) + ", sample " +
                           std::to_string(i / ST_SWEEP_LANES) + ", lane " +
                           std::to_string(i % ST_SWEEP_LANES) + ": " + std::to_string(draw[g][i]) +
                           " and " + std::to_string(other.draw[g][i]);
                }
            }
        }
        return draw.size() == other.draw.size() ? "" : "another number of groups";
    }

  private:
    template <class T> static bool same(T a, T b)
    {
        return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0;
    }
};

class SweepCase
{
  public:
    /* most: samples. */
    SweepCase(st_context *context, unsigned seed, int64_t most)
        : ctx(context), random(seed), sweep({})
    {
        EXPECT_EQ(ST_OK, st_scratch_open(ctx, testing::TempDir().c_str(), &scratch));
        sweep.scratch = scratch;
        sweep.samples = 300 + (int64_t)(random() % (unsigned)(most - 300));
        sweep.dt_s = 1e-3;
        sweep.delay = random() % 2 ? 0 : (int64_t)(random() % 700);
        sweep.share = {random() % 3 ? 0.0 : 1.0 / (0.05 + uniform()), 0.95e-3, 1e-3 / 0.9};
        sweep.threads = 1 + (int)(random() % 3);
        make_rows();
        make_candidates();
        make_behind();
        make_channels();
        make_statistics();
        point();
    }
    ~SweepCase() { st_scratch_close(scratch); }
    SweepCase(const SweepCase &) = delete;
    SweepCase &operator=(const SweepCase &) = delete;

    SweepResult run(const st_backend &backend, st_exec *exec)
    {
        SweepResult result;
        result.worst.assign(sweep.n_candidates * sweep.n_statistics, -7.0);
        EXPECT_EQ(ST_OK, backend.sweep(ctx, exec, &sweep, result.worst.data()))
            << st_context_message(ctx);
        return result;
    }

    /* The draws alone, as a watcher sees them. */
    SweepResult watch(const st_backend &backend, st_exec *exec)
    {
        SweepResult result;
        result.draw.resize(sweep.n_candidates / ST_SWEEP_LANES);
        const st_sweep_watcher watcher = {
            &result,
            [](void *user, st_context *, size_t group, void **watch) {
                *watch = &static_cast<SweepResult *>(user)->draw[group];
                return ST_OK;
            },
            [](void *watch, const float *draw, size_t n) {
                auto *to = static_cast<std::vector<float> *>(watch);
                to->insert(to->end(), draw, draw + n * ST_SWEEP_LANES);
            },
            [](void *, bool failed) { EXPECT_FALSE(failed); }};
        st_sweep watched = sweep;
        watched.watcher = &watcher;
        watched.n_channels = 1;
        watched.n_statistics = 0;
        EXPECT_EQ(ST_OK, backend.sweep(ctx, exec, &watched, result.worst.data()))
            << st_context_message(ctx);
        return result;
    }

    std::string describe() const
    {
        std::string text = std::to_string(sweep.samples) + " samples, " +
                           std::to_string(sweep.n_candidates) + " candidates, delay " +
                           std::to_string(sweep.delay) + ", recovery " +
                           std::to_string(sweep.share.recovery_per_s) + ", " +
                           std::to_string(sweep.n_behind) + " behind; kinds";
        for (const st_sweep_statistic &s : statistic) {
            text += " " + std::to_string((int)s.kind) + "/" + std::to_string(s.points);
        }
        return text;
    }

    double uniform() { return std::uniform_real_distribution<double>(0.0, 1.0)(random); }

    st_context *ctx;
    std::mt19937 random;
    st_sweep sweep;
    std::vector<float> load;
    std::vector<std::vector<float>> excess; /* [controls] */
    std::vector<st_sweep_candidate> candidate;
    std::vector<st_sweep_stage> behind;
    std::vector<st_sweep_channel> channel;
    std::vector<st_sweep_statistic> statistic;

  private:
    template <class T> uint64_t put(const std::vector<T> &row)
    {
        uint64_t offset = 0;
        EXPECT_EQ(ST_OK, st_scratch_reserve(ctx, scratch, row.size() * sizeof(T), &offset));
        EXPECT_EQ(ST_OK,
                  st_scratch_write(ctx, scratch, offset, row.data(), row.size() * sizeof(T)));
        return offset;
    }

    void make_rows()
    {
        std::normal_distribution<double> noise(0.0, 0.01);
        const double rhythm = 50 + 400 * uniform();
        const bool gaps = random() % 2;
        excess.resize(1 + random() % 2);
        for (auto &row : excess) {
            row.resize((size_t)sweep.samples);
        }
        for (int64_t i = 0; i < sweep.samples; i++) {
            const double x =
                (std::fmod((double)i, rhythm) < 0.4 * rhythm ? 0.3 : 0.0) + noise(random);
            load.push_back(gaps && (i < 5 || random() % 40 == 0) ? NAN : (float)x);
            for (size_t c = 0; c < excess.size(); c++) {
                excess[c][(size_t)i] = (float)(x - 0.1 - 0.05 * (double)c);
            }
        }
        for (int64_t i = 0; gaps && i < sweep.samples / 20; i++) { /* one long gap */
            load[(size_t)(sweep.samples / 2 + i)] = NAN;
        }
        sweep.load_offset = put(load);
        for (const auto &row : excess) {
            excess_offset.push_back(put(row));
        }
    }

    void make_candidates()
    {
        for (size_t c = 0; c < excess.size(); c++) {
            const size_t n = ST_SWEEP_LANES * (1 + random() % 5);
            for (size_t i = 0; i < n; i++) {
                const st_lag lag = st_lag_of(sweep.dt_s, random() % 4 ? 0.05 * uniform() : 0.0);
                const double room = std::pow(10.0, -3.5 + 3 * uniform());
                candidate.push_back({c, random() % 9 ? (float)(0.3 * uniform()) : FLT_MAX,
                                     (float)lag.b0, (float)lag.b1,
                                     random() % 5 ? -room : -(double)INFINITY,
                                     random() % 5 ? room : (double)INFINITY});
            }
        }
    }

    void make_behind()
    {
        for (unsigned b = random() % 3; b > 0; b--) {
            st_sweep_stage stage = {};
            stage.storage.smooth = st_lag_of(sweep.dt_s, 0.05 + uniform());
            stage.storage.response = st_lag_of(sweep.dt_s, 0.02 * uniform());
            stage.storage.ramp = (int)(random() % 2);
            stage.storage.up_w = 1e-3 * uniform();
            stage.storage.down_w = 1e-3 * uniform();
            stage.storage.charge_w = stage.storage.discharge_w = 0.2 * uniform();
            stage.storage.recovery_per_s = random() % 2 ? 0.0 : 1.0;
            stage.storage.exchange = st_exchange_of(sweep.dt_s, 0.9, 0.95);
            stage.storage.ceiling_j = std::pow(10.0, -3 + 2 * uniform());
            stage.storage.floor_j = -stage.storage.ceiling_j;
            stage.delay = random() % 2 ? 0 : (int64_t)(random() % 300);
            stage.prime_end = std::min(sweep.samples, 7 + (int64_t)(random() % 900));
            behind.push_back(stage);
        }
    }

    void make_channels()
    {
        static const double section[12][5] = {
            {0.02, 0.0, -0.02, -1.90, 0.92}, {1.0, 0.1, 0.3, -1.2, 0.5},
            {0.5, -0.9, 0.5, -1.7, 0.8},     {1.0, 0.0, -1.0, -0.4, 0.3},
            {0.3, 0.2, 0.1, -1.5, 0.7},      {0.7, 0.0, -0.7, -1.99, 0.9905},
            {1.0, -1.0, 0.2, -0.3, 0.2},     {0.2, 0.4, 0.2, -1.1, 0.5},
            {1.0, 0.0, -1.0, -1.8, 0.85},    {0.9, 0.1, 0.0, -0.6, 0.1},
            {0.4, 0.4, 0.1, -1.3, 0.6},      {1.0, -0.5, 0.1, -0.2, 0.3}};
        channel.push_back({0, 0, nullptr});
        for (unsigned c = random() % 4; c > 0; c--) {
            const size_t input = random() % channel.size();
            channel.push_back({input, 1 + (int)(random() % 12), section});
        }
    }

    void make_statistics()
    {
        for (int i = 0; i < 12; i++) {
            st_sweep_statistic s = {};
            s.kind = (st_sweep_kind)(i < ST_SWEEP_KINDS ? i : random() % ST_SWEEP_KINDS);
            s.channel = random() % channel.size();
            s.points = 1 + (int64_t)(random() % (unsigned)sweep.samples);
            s.points = random() % 3 ? s.points : 1 + s.points % 40;
            s.direction = (st_direction)(random() % 3);
            s.percentile = 100 * uniform();
            s.form = (st_share_form)(random() % 2);
            s.level = 0.5;
            if (s.kind == ST_SWEEP_LINE || s.kind == ST_SWEEP_SHARE) {
                s.points = (int64_t)8 << random() % 8; /* below any record's length */
                s.points = std::min(s.points, (int64_t)256);
                s.low = 2;
                s.high = (int)s.points / 2 - 1;
                s.low_hz = 1.0;
                s.high_hz = 100.0 + 300.0 * uniform();
                s.df_hz = 1000.0 / (double)s.points;
            }
            if (s.kind == ST_SWEEP_TRIP) {
                s.channel = 0;
                s.points = 3 + (int64_t)(random() % 20);
                s.low = 1 + (int)(random() % 30);
            }
            if (s.kind == ST_SWEEP_AMPLITUDE) {
                s.weight_offset = put(weights(s.points));
            }
            statistic.push_back(s);
        }
    }

    /* 1 / valid samples of whole windows that are at least half valid. */
    std::vector<double> weights(int64_t points) const
    {
        std::vector<double> row(load.size(), 0.0);
        for (int64_t i = points - 1; i < sweep.samples; i++) {
            int64_t valid = 0;
            for (int64_t k = i - points + 1; k <= i; k++) {
                valid += !std::isnan(load[(size_t)k]);
            }
            row[(size_t)i] = valid > 0 && 2 * valid >= points ? 1.0 / (double)valid : 0.0;
        }
        return row;
    }

    void point()
    {
        sweep.excess_offset = excess_offset.data();
        sweep.n_candidates = sweep.all = candidate.size();
        sweep.candidate = candidate.data();
        sweep.n_behind = behind.size();
        sweep.behind = behind.data();
        sweep.n_channels = channel.size();
        sweep.channel = channel.data();
        sweep.n_statistics = statistic.size();
        sweep.statistic = statistic.data();
    }

    st_scratch *scratch = nullptr;
    std::vector<uint64_t> excess_offset;
};

#endif
