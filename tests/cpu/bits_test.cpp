/* bits_test.cpp - the vector code against the formulas of src/formula, written down in their
 * plainest form, bit for bit; and every instruction set against every other. What agrees with this
 * test agrees with the CUDA backend. */
#include "cpu/instruction_sets.h"
#include "cpu/oracle.h"
#include "cpu/record.h"
#include "formula/decimate.h"
#include "formula/frame.h"
#include "formula/spectrum.h"

namespace
{

Record rough(size_t racks, int64_t samples, unsigned seed)
{
    std::mt19937 random(seed);
    Record record(racks, samples,
                  [&](size_t r, int64_t i) { return oracle::ripple(i, 3e4 * double(r), random); });
    for (size_t r = 1; r < racks; r++) {
        for (int64_t i = 0; i < samples; i += 1 + random() % 2000) {
            std::fill_n(record.row(r) + i, std::min<int64_t>(samples - i, random() % 90), NAN);
        }
    }
    return record;
}

/* One frame as formula/spectrum.h says. False: dropped, all zeros. */
template <typename Value>
bool prepare(const st_frames &frames, const Value *x, std::vector<float> &z, float *mean)
{
    int invalid = 0, first = -1;
    for (int i = 0; i < frames.n; i++) {
        invalid += std::isnan(x[i]);
        first = first < 0 && !std::isnan(x[i]) ? i : first;
    }
    z.assign(frames.n, 0.0f);
    if (!st_frame_usable(invalid, frames.n)) {
        return false;
    }
    std::vector<float> d(frames.n);
    for (int i = 0; i < frames.n; i++) {
        d[i] = static_cast<float>(x[i] - x[first]);
    }
    std::vector<float> filled(frames.n);
    for (int i = 0; i < frames.n; i++) {
        filled[i] = st_frame_filled(d.data(), frames.n, i);
    }
    const float m = st_lanes_sum(filled.data(), frames.n) / static_cast<float>(frames.n);
    for (int i = 0; i < frames.n; i++) {
        z[i] = st_frame_windowed(filled[i], m, frames.window[i]);
    }
    *mean = static_cast<float>(x[first]) + m;
    return true;
}

template <typename Value>
std::vector<double> power_sum(const st_frames &frames, const Value *x, const st_plan *features_of,
                              std::vector<float> *features)
{
    const int n = frames.n, bins = n / 2 + 1;
    std::vector<float> partial(bins, 0.0f), part[2], power[2];
    std::vector<double> sum(bins, 0.0);
    std::vector<st_c32> z(n), work(n);
    for (int64_t f = 0; f < frames.frames; f += 2) {
        if (f > 0 && f % ST_BLOCK_FRAMES == 0) {
            for (int k = 0; k < bins; k++) {
                sum[k] += partial[k];
                partial[k] = 0.0f;
            }
        }
        bool used[2] = {false, false};
        float mean[2] = {0.0f, 0.0f};
        for (int64_t p = 0; p < 2; p++) {
            part[p].assign(n, 0.0f);
            if (f + p < frames.frames) {
                used[p] = prepare(frames, x + (f + p) * frames.hop, part[p], &mean[p]);
            }
            power[p].assign(bins, 0.0f);
        }
        for (int i = 0; i < n; i++) {
            z[i] = {part[0][i], part[1][i]};
        }
        st_fft_f32(n, frames.twiddle, z.data(), work.data());
        for (int k = 0; k < bins; k++) {
            float both[2];
            st_fft_split_power_f32(z[k], z[(n - k) % n], both);
            power[0][k] = used[0] ? both[0] : 0.0f;
            power[1][k] = used[1] ? both[1] : 0.0f;
            partial[k] = st_pair_add(partial[k], power[0][k], power[1][k]);
        }
        for (int64_t p = 0; p < 2 && features != nullptr && f + p < frames.frames; p++) {
            features->push_back(used[p] ? mean[p] : NAN);
            for (size_t b = 0; b < features_of->n_feature_bands; b++) {
                const float *weight = features_of->feature_weight + b * bins;
                std::vector<float> share(bins);
                for (int k = 0; k < bins; k++) {
                    share[k] = weight[k] * power[p][k];
                }
                features->push_back(used[p] ? st_lanes_sum(share.data(), bins) : NAN);
            }
        }
    }
    for (int k = 0; k < bins; k++) {
        sum[k] += partial[k];
    }
    return sum;
}

/* Output m of the decimator, stage by stage, each output for itself. filled: from its first input. */
double slow_output(const st_fir &fir, std::vector<float> x, float reference)
{
    for (int s = 0; s < fir.stages; s++) {
        const st_fir_stage &stage = fir.stage[s];
        std::vector<float> y;
        for (size_t at = 0; at + static_cast<size_t>(stage.taps) <= x.size();
             at += static_cast<size_t>(stage.step)) {
            y.push_back(st_fir_output(&stage, x.data() + at, s == 0 ? reference : 0.0f));
        }
        x = y;
    }
    EXPECT_EQ(x.size(), 1u);
    return st_decimator_output(x[0], reference);
}

std::vector<double> slow_outputs(const st_plan &plan, const float *x)
{
    std::vector<double> y;
    float reference = NAN;
    for (int64_t m = 0; m < plan.slow_samples; m++) {
        const int64_t first = m * plan.decimation;
        int invalid = 0;
        std::vector<float> filled(plan.fir.taps);
        reference = m % ST_SLOW_BLOCK == 0 ? NAN : reference;
        for (int i = 0; i < plan.fir.taps; i++) {
            invalid += std::isnan(x[first + i]);
            filled[i] = st_gap_filled(x, 0, plan.samples, first + i, st_gap_bridge(plan.fir.taps));
            reference = std::isnan(reference) ? x[first + i] : reference;
        }
        for (float &value : filled) {
            value = st_decimator_input(value, reference);
        }
        y.push_back(st_decimator_usable(invalid, plan.fir.taps)
                        ? slow_output(plan.fir, filled, reference)
                        : NAN);
    }
    return y;
}

template <typename Value> bool same_bits(const Value *a, const Value *b, size_t n)
{
    return std::memcmp(a, b, n * sizeof *a) == 0;
}

TEST(Bits, AreThoseOfTheFormulas)
{
    const Context ctx(st_context_create());
    for (const int64_t frame : {256, 512, 1024, 2048, 4096, 8192}) {
        const Record record = rough(4, frame < 512 ? 300000 : 60000, 1);
        const Plan plan = make_plan(ctx.get(), record, {frame, 8192, 2});
        const Found found = run_pass(ctx.get(), st_backend_cpu, record, *plan);
        const size_t bins = static_cast<size_t>(frame / 2 + 1);
        const size_t slow_bins = static_cast<size_t>(plan->slow.n / 2 + 1);
        for (size_t r = 0; r < record.racks; r++) {
            std::vector<float> features, got;
            const std::vector<double> fast =
                power_sum(plan->fast, record.row(r), plan.get(), &features);
            EXPECT_TRUE(same_bits(&found.power_fast[r * bins], fast.data(), bins)) << frame;
            for (int64_t f = 0; f < plan->fast.frames; f++) {
                const float *row = &found.features[(r * static_cast<size_t>(plan->fast.frames) +
                                                    static_cast<size_t>(f)) *
                                                   plan->n_features];
                got.insert(got.end(), row + ST_FEATURE_MEAN, row + ST_FEATURE_MEAN + 1);
                got.insert(got.end(), row + ST_FEATURE_BANDS, row + plan->n_features);
            }
            ASSERT_EQ(got.size(), features.size());
            EXPECT_TRUE(same_bits(got.data(), features.data(), got.size())) << frame;

            const std::vector<double> y = slow_outputs(*plan, record.row(r));
            const std::vector<double> slow = power_sum(plan->slow, y.data(), nullptr, nullptr);
            EXPECT_TRUE(same_bits(&found.power_slow[r * slow_bins], slow.data(), slow_bins))
                << frame << " rack " << r;
        }
    }
}

TEST(Bits, OfLevelsAreThoseOfTheFormula)
{
    const Context ctx(st_context_create());
    const Record record = rough(3, 10001, 2);
    const Plan plan = make_plan(ctx.get(), record, {256, 2048, 1});
    const Found found = run_pass(ctx.get(), st_backend_cpu, record, *plan);
    for (size_t r = 0; r < record.racks; r++) {
        st_levels levels = st_levels_none();
        for (int64_t i = 0; i < record.samples; i += 128) {
            const int n = static_cast<int>(std::min<int64_t>(128, record.samples - i));
            levels = st_levels_merge(levels, st_hop_levels(record.row(r) + i, n));
        }
        EXPECT_EQ(found.mean_w[r], levels.mean);
        EXPECT_EQ(found.m2_w2[r], levels.m2);
        EXPECT_EQ(found.valid[r], levels.count);
    }
}

/* Gaps about as long as those that are bridged, and longer ones; at both ends of the record, too. */
Record holed(size_t racks, int64_t samples, int64_t period_ns, int bridge, unsigned seed)
{
    std::mt19937 random(seed);
    Record record(racks, samples,
                  [&](size_t r, int64_t i) { return oracle::ripple(i, 4e4 * double(r), random); });
    record.period_ns = period_ns;
    for (size_t r = 0; r < racks; r++) {
        int64_t i = r % 2 == 0 ? 0 : static_cast<int64_t>(random() % 900);
        while (i < samples) {
            const int64_t length = r % 3 == 0 ? 1 + random() % (bridge + 3)
                                              : bridge - 1 + static_cast<int64_t>(random() % 4);
            std::fill_n(record.row(r) + i, std::min(length, samples - i), NAN);
            i += length + static_cast<int64_t>(random() % (40 * (bridge + 1)));
        }
        const int64_t tail = static_cast<int64_t>(random() % (bridge + 2));
        std::fill_n(record.row(r) + samples - tail, tail, NAN);
    }
    return record;
}

/* Every output of the decimator, by racks, as the ring holds them after the last tile. */
std::vector<std::vector<double>> decimated(const Context &ctx, const st_backend &backend,
                                           const Record &record, const st_plan &plan)
{
    Found found(plan);
    std::vector<std::vector<double>> y;
    st_exec *exec = nullptr;
    const st_source source = {&record, record_read};
    EXPECT_LE(plan.slow_samples, 2 * plan.slow.n) << "the ring holds the whole record";
    EXPECT_EQ(backend.open(ctx.get(), &plan, &exec), ST_OK);
    for (int64_t first = 0; first < plan.samples; first += plan.tile_samples) {
        const int64_t left = plan.samples - first;
        const st_tile part = {first, static_cast<size_t>(std::min(plan.tile_samples, left))};
        st_tile_result result = {};
        result.sum_w = found.sum_w.data() + first;
        result.valid = found.valid_racks.data() + first;
        EXPECT_EQ(backend.detect(ctx.get(), exec, &source, &part, &result), ST_OK);
    }
    for (size_t r = 0; r < record.racks; r++) {
        const double *ring = exec->slow_ring + r * 2 * static_cast<size_t>(plan.slow.n);
        y.emplace_back(ring, ring + plan.slow_samples);
    }
    backend.close(exec);
    return y;
}

TEST(Bits, OfEveryDecimatedSampleAreThoseOfTheFormula)
{
    const Context ctx(st_context_create());
    for (const int d : {1, 2, 4, 8, 16, 32, 64, 128}) {
        st_fir fir;
        st_fir_design(d, &fir);
        const Record record = holed(9, std::min(900 * d, 30000), 16000000 / d,
                                    st_gap_bridge(fir.taps), static_cast<unsigned>(d));
        std::vector<std::vector<double>> expected;
        for (const int64_t tile : {1024, 4096, 65536}) {
            const Plan plan = make_plan(ctx.get(), record, {256, tile, 2});
            ASSERT_EQ(plan->decimation, d);
            for (size_t r = expected.size(); r < record.racks; r++) {
                expected.push_back(slow_outputs(*plan, record.row(r)));
            }
            for (const cpu_loops *loops : usable_loops()) {
                const auto found = decimated(ctx, backend_with(loops), record, *plan);
                for (size_t r = 0; r < record.racks; r++) {
                    for (size_t m = 0; m < expected[r].size(); m++) {
                        const double y = found[r][m], wanted = expected[r][m];
                        ASSERT_TRUE(y == wanted || (std::isnan(y) && std::isnan(wanted)))
                            << "D " << d << ", tile " << tile << ", " << loops->name << ", rack "
                            << r << ", output " << m << ": " << y << ", not " << wanted;
                    }
                }
            }
        }
    }
}

#ifdef __x86_64__
TEST(Bits, AreTheSameInEveryInstructionSet)
{
    const Context ctx(st_context_create());
    const Record record = rough(20, 40000, 3);
    const Plan plan = make_plan(ctx.get(), record, {1024, 8192, 1});
    std::string first;
    for (const cpu_loops *loops : usable_loops()) {
        const std::string bytes = run_pass(ctx.get(), backend_with(loops), record, *plan).bytes();
        first = first.empty() ? bytes : first;
        EXPECT_TRUE(bytes == first) << loops->name;
    }
}
#endif

} // namespace
