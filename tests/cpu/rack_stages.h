/* rack_stages.h - storage at the racks for the tests of the backends: a shelf with every limit in
 * reach, one with a ramp and a dead time, GPU power smoothing; and the formulas rack by rack. */
#ifndef ST_TESTS_CPU_RACK_STAGES_H
#define ST_TESTS_CPU_RACK_STAGES_H

#include "cpu/oracle.h"
#include "cpu/record.h"
#include "formula/wear.h"

/* Limits in the order of the ripple of oracle.h, so that all of them act. */
inline st_rack_stage shelf(double dt_s)
{
    st_rack_stage stage = {};
    stage.kind = ST_RACK_STORAGE;
    stage.storage = {st_lag_of(dt_s, 0.7),
                     st_lag_of(dt_s, 0.003),
                     0,
                     0.0,
                     0.0,
                     9.0,
                     7.0,
                     0.05,
                     st_exchange_of(dt_s, 0.97, 0.95),
                     -2.5,
                     0.8};
    stage.soc_start = 0.6;
    stage.soc_per_j = 1.0 / 8.0;
    stage.soc_low = 0.6 - 2.5 / 8.0;
    stage.soc_high = 0.6 + 0.8 / 8.0;
    return stage;
}

inline st_rack_stage ramped(double dt_s, int64_t delay)
{
    st_rack_stage stage = shelf(dt_s);
    stage.storage.ramp = 1;
    stage.storage.up_w = 0.05;
    stage.storage.down_w = 0.02;
    stage.storage.recovery_per_s = 0.0;
    stage.delay_samples = delay;
    return stage;
}

inline st_rack_stage smoothing(double level_w)
{
    st_rack_stage stage = {};
    stage.kind = ST_RACK_SMOOTHING;
    stage.smoothing = {level_w - 3.0, level_w + 2.0, 25.0, level_w + 9.0, 1.5, 2.5};
    return stage;
}

struct RackStages {
    std::vector<st_rack_stage> stage;
    std::vector<double> first_w, prime_w, calendar;
    st_rack_storage racks = {};

    /* Starts are taken from the record, more or less: a backend does not ask where they come from. */
    RackStages(const Record &record, std::vector<st_rack_stage> stages) : stage(std::move(stages))
    {
        for (size_t s = 0; s < stage.size(); s++) {
            for (size_t r = 0; r < record.racks; r++) {
                const float *x = record.row(r);
                int64_t i = 0;
                while (i < record.samples && std::isnan(x[i])) {
                    i++;
                }
                const double first =
                    i < record.samples ? static_cast<double>(x[i]) + record.offset_w[r] : 0.0;
                first_w.push_back(first);
                prime_w.push_back(first + 0.5 * static_cast<double>(s));
            }
        }
        for (int i = 0; i < ST_CALENDAR_POINTS; i++) {
            calendar.push_back(
                st_wear_calendar(static_cast<double>(i) / (ST_CALENDAR_POINTS - 1), 298.15));
        }
        racks = {stage.size(), stage.data(), first_w.data(), prime_w.data(), calendar.data()};
    }
    RackStages(const RackStages &) = delete;
};

/* What formula/rack_stage.h makes of the record, one rack after the other. */
inline void run_formulas(const Record &record, const RackStages &stages, Found &found)
{
    const size_t leaves = (record.racks + ST_LEAF_RACKS - 1) / ST_LEAF_RACKS;
    const size_t n = static_cast<size_t>(record.samples);
    std::vector<double> draw(leaves * ST_LEAF_RACKS * n, 0.0);
    for (size_t r = 0; r < record.racks; r++) {
        std::vector<double> x(n);
        for (size_t i = 0; i < n; i++) {
            x[i] = static_cast<double>(record.row(r)[i]) + record.offset_w[r];
        }
        for (size_t s = 0; s < stages.stage.size(); s++) {
            const size_t of = s * record.racks + r;
            std::vector<double> open(ST_RACK_STACK),
                past(static_cast<size_t>(stages.stage[s].delay_samples) + 1);
            auto passage = std::make_unique<st_rack_passage>();
            st_rack_passage_start(&stages.stage[s], passage.get(), stages.first_w[of],
                                  stages.prime_w[of], past.data(), open.data());
            for (size_t i = 0; i < n; i += ST_RACK_BLOCK) {
                st_rack_stage_block(&stages.stage[s], stages.calendar.data(), passage.get(),
                                    x.data() + i, 1,
                                    static_cast<int>(std::min<size_t>(ST_RACK_BLOCK, n - i)));
            }
            st_rainflow_finish(&passage->flow);
            found.duty[of] = passage->duty;
            std::copy_n(passage->flow.count, ST_DEPTH_BINS, &found.cycle_count[of * ST_DEPTH_BINS]);
            std::copy_n(passage->flow.depth, ST_DEPTH_BINS, &found.cycle_depth[of * ST_DEPTH_BINS]);
        }
        for (size_t i = 0; i < n; i++) {
            draw[r * n + i] = std::isnan(x[i]) ? 0.0 : x[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        std::vector<double> leaf(leaves);
        for (size_t l = 0; l < leaves; l++) {
            double lane[ST_LEAF_RACKS];
            for (size_t r = 0; r < ST_LEAF_RACKS; r++) {
                lane[r] = draw[(l * ST_LEAF_RACKS + r) * n + i];
            }
            for (size_t half = ST_LEAF_RACKS / 2; half > 0; half /= 2) {
                for (size_t r = 0; r < half; r++) {
                    lane[r] += lane[r + half];
                }
            }
            leaf[l] = lane[0];
        }
        while (leaf.size() > 1) {
            std::vector<double> up;
            for (size_t l = 0; l < leaf.size(); l += 2) {
                up.push_back(l + 1 < leaf.size() ? leaf[l] + leaf[l + 1] : leaf[l]);
            }
            leaf = up;
        }
        found.seen_w[i] = leaf[0];
    }
}

/* Noise on levels, gaps, late starts, dead racks. */
inline Record rough_racks(size_t racks, int64_t samples, unsigned seed)
{
    std::mt19937 random(seed);
    Record record(racks, samples, [&](size_t r, int64_t i) {
        return oracle::ripple(i, 20.0 * static_cast<double>(r % 3), random);
    });
    for (size_t r = 0; r < racks; r++) {
        record.offset_w[r] = 100.0 / static_cast<double>(r + 3);
        if (r % 7 == 5) {
            std::fill_n(record.row(r), samples, NAN);
        } else if (r % 3 == 1) {
            std::fill_n(record.row(r), std::min<int64_t>(samples, 150), NAN);
            for (int64_t i = 0; i < samples; i += 1 + random() % 900) {
                std::fill_n(record.row(r) + i, std::min<int64_t>(samples - i, random() % 90), NAN);
            }
        }
    }
    return record;
}

/* Every kind alone, and all in a row. */
inline std::vector<std::vector<st_rack_stage>> rack_chains()
{
    return {{shelf(0.001)},
            {ramped(0.001, 7)},
            {smoothing(30.0)},
            {smoothing(30.0), shelf(0.001), ramped(0.001, 0)}};
}

/* NaN equals NaN, and 0 equals -0. */
inline void expect_same(const std::vector<double> &a, const std::vector<double> &b,
                        const char *what)
{
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); i++) {
        ASSERT_TRUE(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))
            << what << " " << i << ": " << a[i] << " and " << b[i];
    }
}

inline std::vector<double> flat(const std::vector<st_rack_duty> &duty)
{
    std::vector<double> all;
    for (const st_rack_duty &d : duty) {
        for (const st_sum &sum : d.sum) {
            all.insert(all.end(), {sum.high, sum.low});
        }
        all.insert(all.end(),
                   {d.stored_min_j, d.stored_max_j, d.power_min_w, d.power_max_w, d.clipped_power,
                    d.clipped_energy, d.held_back, d.samples, d.stored_j});
    }
    return all;
}

inline void expect_equal_racks(const Found &found, const Found &wanted)
{
    expect_same(found.seen_w, wanted.seen_w, "seen");
    expect_same(flat(found.duty), flat(wanted.duty), "duty");
    expect_same(found.cycle_count, wanted.cycle_count, "cycles");
    expect_same(found.cycle_depth, wanted.cycle_depth, "depths");
}

#endif
