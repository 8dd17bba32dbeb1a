/* record.h - a recording in memory, a pass of a backend over it, and everything that came out.
 * For the tests of the backends and of what is made from their sums. */
#ifndef ST_TESTS_CPU_RECORD_H
#define ST_TESTS_CPU_RECORD_H

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/backend.h"

/* Power of a few racks, W relative to the offsets; NaN = invalid. */
struct Record {
    size_t racks = 1;
    int64_t samples = 0;
    int64_t period_ns = 1000000;
    std::vector<float> x;         /* [racks][samples] */
    std::vector<double> offset_w; /* [racks] */

    Record(size_t n_racks, int64_t n, const std::function<double(size_t, int64_t)> &power_w)
        : racks(n_racks), samples(n), x(n_racks * static_cast<size_t>(n)), offset_w(n_racks, 0.0)
    {
        for (size_t r = 0; r < racks; r++) {
            for (int64_t i = 0; i < n; i++) {
                x[r * static_cast<size_t>(n) + static_cast<size_t>(i)] =
                    static_cast<float>(power_w(r, i));
            }
        }
    }
    float *row(size_t rack) { return x.data() + rack * static_cast<size_t>(samples); }
    const float *row(size_t rack) const { return x.data() + rack * static_cast<size_t>(samples); }
    /* As float64, so that oracles start from the same numbers. */
    std::vector<double> series(size_t rack) const { return {row(rack), row(rack) + samples}; }
};

struct Knobs {
    int64_t frame = 1024;
    int64_t tile = 16384;
    int64_t threads = 1;
    size_t unit = 0; /* racks a thread takes; 0 = the plan's */
};

struct PlanDeleter {
    void operator()(st_plan *plan) const { st_plan_destroy(plan); }
};
using Plan = std::unique_ptr<st_plan, PlanDeleter>;

struct ContextDeleter {
    void operator()(st_context *ctx) const { st_context_destroy(ctx); }
};
using Context = std::unique_ptr<st_context, ContextDeleter>;

inline Plan make_plan(st_context *ctx, const Record &record, const Knobs &knobs)
{
    st_trace_info info = {};
    info.racks = record.racks;
    info.samples = record.samples;
    info.period_ns = record.period_ns;
    info.rate_hz = 1e9 / static_cast<double>(record.period_ns);
    info.offset_w = record.offset_w.data();
    st_settings settings;
    st_settings_default(&settings);
    settings.frame = knobs.frame;
    settings.tile_samples = knobs.tile;
    settings.threads = knobs.threads;
    st_plan *plan = nullptr;
    EXPECT_EQ(st_plan_create(ctx, &info, &settings, &plan), ST_OK) << st_context_message(ctx);
    if (plan != nullptr && knobs.unit > 0) {
        plan->unit_racks = knobs.unit;
    }
    return Plan(plan);
}

/* What a pass gives, in one piece. */
struct Found {
    std::vector<double> sum_w;
    std::vector<uint32_t> valid_racks;
    std::vector<float> features; /* [racks][frames][n_features] */
    int64_t frames = 0;
    std::vector<double> power_fast, power_slow, mean_w, m2_w2, min_w, max_w, ramp_w, step_w;
    std::vector<int64_t> used, flagged, dropped, slow_used, valid;
    /* with storage at the racks */
    std::vector<double> seen_w, cycle_count, cycle_depth;
    std::vector<st_rack_duty> duty;

    explicit Found(const st_plan &plan)
    {
        const size_t racks = plan.racks;
        power_fast.resize(racks * static_cast<size_t>(plan.fast.n / 2 + 1));
        power_slow.resize(racks * static_cast<size_t>(plan.slow.n / 2 + 1));
        for (std::vector<double> *v : {&mean_w, &m2_w2, &min_w, &max_w, &step_w}) {
            v->resize(racks);
        }
        ramp_w.resize(racks * 2 * ST_RAMP_WINDOWS);
        for (std::vector<int64_t> *v : {&used, &flagged, &dropped, &slow_used, &valid}) {
            v->resize(racks);
        }
        sum_w.resize(static_cast<size_t>(plan.samples));
        valid_racks.resize(static_cast<size_t>(plan.samples));
        features.resize(racks * static_cast<size_t>(plan.fast.frames) * plan.n_features);
        if (plan.rack_storage != nullptr) {
            seen_w.resize(sum_w.size());
            duty.resize(plan.rack_storage->stages * racks);
            cycle_count.resize(duty.size() * ST_DEPTH_BINS);
            cycle_depth.resize(cycle_count.size());
        }
    }
    st_rack_sums sums()
    {
        st_rack_sums s = {};
        s.power_fast = power_fast.data();
        s.power_slow = power_slow.data();
        s.frames_used = used.data();
        s.frames_flagged = flagged.data();
        s.frames_dropped = dropped.data();
        s.slow_used = slow_used.data();
        s.valid = valid.data();
        s.mean_w = mean_w.data();
        s.m2_w2 = m2_w2.data();
        s.min_w = min_w.data();
        s.max_w = max_w.data();
        s.ramp_w = ramp_w.data();
        s.step_w = step_w.data();
        s.duty = duty.data();
        s.cycle_count = cycle_count.data();
        s.cycle_depth = cycle_depth.data();
        return s;
    }
    /* Every output, byte for byte. */
    std::string bytes() const
    {
        std::string all;
        const auto add = [&all](const auto &v) {
            all.append(reinterpret_cast<const char *>(v.data()), v.size() * sizeof v[0]);
        };
        add(sum_w), add(valid_racks), add(features), add(power_fast), add(power_slow);
        add(mean_w), add(m2_w2), add(min_w), add(max_w), add(ramp_w), add(step_w);
        add(used), add(flagged), add(dropped), add(slow_used), add(valid);
        add(seen_w), add(duty), add(cycle_count), add(cycle_depth);
        return all;
    }
};

inline st_status record_read(const void *state, st_context *, size_t first_rack, size_t racks,
                             int64_t first, size_t samples, float *out_w, size_t stride)
{
    const Record *record = static_cast<const Record *>(state);
    for (size_t r = 0; r < racks; r++) {
        std::memcpy(out_w + r * stride, record->row(first_rack + r) + first,
                    samples * sizeof(float));
    }
    return ST_OK;
}

/* Runs `backend` tile by tile over the record. */
inline Found run_pass(st_context *ctx, const st_backend &backend, const Record &record,
                      const st_plan &plan)
{
    Found found(plan);
    const st_source source = {&record, record_read};
    st_exec *exec = nullptr;
    EXPECT_EQ(backend.open(ctx, &plan, &exec), ST_OK) << st_context_message(ctx);
    for (int64_t first = 0; first < plan.samples; first += plan.tile_samples) {
        const st_tile tile = {
            first, static_cast<size_t>(std::min(plan.tile_samples, plan.samples - first))};
        const size_t capacity = tile.samples / static_cast<size_t>(plan.fast.hop) + 4;
        std::vector<float> features(plan.racks * capacity * plan.n_features);
        st_tile_result result = {};
        result.sum_w = found.sum_w.data() + first;
        result.valid = found.valid_racks.data() + first;
        result.seen_w = found.seen_w.empty() ? nullptr : found.seen_w.data() + first;
        result.features = features.data();
        result.frame_capacity = capacity;
        EXPECT_EQ(backend.detect(ctx, exec, &source, &tile, &result), ST_OK);
        EXPECT_EQ(result.first_frame, found.frames);
        for (size_t r = 0; r < plan.racks && result.frames > 0; r++) {
            std::memcpy(found.features.data() + (r * static_cast<size_t>(plan.fast.frames) +
                                                 static_cast<size_t>(result.first_frame)) *
                                                    plan.n_features,
                        features.data() + r * capacity * plan.n_features,
                        result.frames * plan.n_features * sizeof(float));
        }
        found.frames += static_cast<int64_t>(result.frames);
    }
    st_rack_sums sums = found.sums();
    EXPECT_EQ(backend.collect(ctx, exec, &sums), ST_OK);
    backend.close(exec);
    EXPECT_EQ(found.frames, plan.fast.frames);
    return found;
}

#endif
