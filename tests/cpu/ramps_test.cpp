/* ramps_test.cpp - largest rises and falls, and the smallest step, against a loop over all pairs: at
 * the cuts between hops and tiles, around gaps of either sign, at rates at which other windows span
 * one sample or none. */
#include "cpu/oracle.h"
#include "cpu/record.h"

namespace
{

void expect_extremes(const Record &record, const Found &found)
{
    const int64_t windows_ns[ST_RAMP_WINDOWS] = {1000000, 10000000, 100000000, 1000000000,
                                                 5000000000};
    for (size_t r = 0; r < record.racks; r++) {
        const float *x = record.row(r);
        for (size_t w = 0; w < ST_RAMP_WINDOWS; w++) {
            const int64_t lag = (windows_ns[w] + record.period_ns / 2) / record.period_ns;
            float rise = -INFINITY, fall = -INFINITY;
            for (int64_t i = lag; lag > 0 && i < record.samples; i++) {
                const float d = x[i] - x[i - lag];
                rise = d > rise ? d : rise;
                fall = -d > fall ? -d : fall;
            }
            const double *ramp = &found.ramp_w[(r * ST_RAMP_WINDOWS + w) * 2];
            if (rise > -INFINITY) {
                EXPECT_EQ(ramp[0], std::max(0.0f, rise)) << r << " " << lag;
                EXPECT_EQ(ramp[1], std::max(0.0f, fall)) << r << " " << lag;
            } else {
                EXPECT_TRUE(std::isnan(ramp[0]) && std::isnan(ramp[1])) << r << " " << lag;
            }
        }
        float step = INFINITY;
        for (int64_t i = 1; i < record.samples; i++) {
            const float d = std::fabs(x[i] - x[i - 1]);
            step = d > 0.0f && d < step ? d : step;
        }
        EXPECT_EQ(found.step_w[r], step < INFINITY ? step : 0.0) << r;
    }
}

Found run(const Record &record)
{
    const Context ctx(st_context_create());
    const Plan plan = make_plan(ctx.get(), record, {256, 1024});
    return run_pass(ctx.get(), st_backend_cpu, record, *plan);
}

TEST(Ramps, AreThoseOfAllValidPairs)
{
    std::mt19937 random(6);
    Record record(6, 9000, [&](size_t r, int64_t i) {
        return r == 3 ? 1000.0 - static_cast<double>(i) : oracle::ripple(i, 1e5, random);
    });
    for (int64_t i = 0; i < record.samples; i++) {
        record.row(1)[i] = random() % 3 == 0 ? NAN : record.row(1)[i];
        record.row(2)[i] = i % 10 < 5 ? NAN : record.row(2)[i]; /* no pair 5 apart ... */
        record.row(4)[i] = random() % 3000 == 0 ? NAN : record.row(4)[i];
        record.row(5)[i] = random() % 3000 == 0 ? std::copysign(NAN, -1.0f) : record.row(5)[i];
    }
    for (const int64_t period_ns : {100000, 700000, 1000000, 10000000}) {
        record.period_ns = period_ns;
        expect_extremes(record, run(record));
    }
}

/* The largest differences of neighbours lie between hops, of 128 samples, and between tiles. */
TEST(Ramps, AreFoundAcrossCuts)
{
    Record record(3, 8001, [](size_t r, int64_t i) {
        const double level = static_cast<double>(i / (r == 0 ? 128 : 1024));
        return r < 2 ? 10.0 * level + static_cast<double>(i % 2) : -10.0 * level * level;
    });
    record.row(1)[1024] = -5000.0f;
    expect_extremes(record, run(record));
}

TEST(Ramps, AreNaNWhereNoPairIsValid)
{
    Record record(3, 6000, [](size_t r, int64_t i) {
        return r == 0 ? (i % 2 == 0 ? double(NAN) : 1.0) : r == 1 ? 7.0 : double(NAN);
    });
    const Found found = run(record);
    expect_extremes(record, found);
    EXPECT_TRUE(std::isnan(found.ramp_w[0])) << "no pair of neighbours";
    EXPECT_EQ(found.ramp_w[2], 0.0);
    EXPECT_EQ(found.ramp_w[ST_RAMP_WINDOWS * 2], 0.0) << "a level";
    const Record brief(1, 600, [](size_t, int64_t i) { return static_cast<double>(i); });
    EXPECT_TRUE(std::isnan(run(brief).ramp_w[6])) << "1 s in a record of 0.6 s";
}

} // namespace
