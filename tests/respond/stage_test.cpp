/* stage_test.cpp - a storage stage with its limits against independent oracles: data/reference, and
 * closed forms. */
#include <numeric>

#include "formula/storage.h"
#include "reference.h"
#include "respond/battery.h"
#include "respond/stage_case.h"

namespace
{

st_stage reference_stage(bool ramp)
{
    const auto v = [](const char *name) { return st_reference_value(std::string("step.") + name); };
    st_stage stage = wide_stage();
    stage.control = ramp ? ST_CONTROL_RAMP : ST_CONTROL_SMOOTH;
    stage.tau_s = v("tau");
    stage.ramp_up_w_per_s = v("up");
    stage.ramp_down_w_per_s = v("down");
    stage.soc_recovery_s = v("recovery");
    stage.power_w = v("power");
    stage.energy_j = v("energy");
    stage.delay_s = v("delay");
    stage.response_s = v("response");
    stage.efficiency_charge = v("efficiency_charge");
    stage.efficiency_discharge = v("efficiency_discharge");
    stage.soc_min = v("soc_min");
    stage.soc_max = v("soc_max");
    stage.soc_start = v("soc_start");
    return stage;
}

TEST(Constrained, EqualsTheReference)
{
    for (const bool ramp : {false, true}) {
        const std::string name = ramp ? "step_ramp_" : "step_smooth_";
        const std::string value = ramp ? "step.ramp." : "step.smooth.";
        const auto load = st_reference("step_load");
        const auto p = st_reference(name + "p"), soc = st_reference(name + "soc");
        const st_stage stage = reference_stage(ramp);
        const Outcome run = respond(task_of(stage, 10000000), load);
        ASSERT_EQ(run.status, ST_OK) << run.message;
        const st_stage_record &r = run.record;
        expect_close(run.draw, st_reference(name + "draw"), 1e-9, name.c_str());
        EXPECT_NEAR(r.prime_w, st_reference_value(value + "prime_w"), 1e-2);
        EXPECT_NEAR(r.clip_power_s, st_reference_value(value + "clip_power_s"), 1e-9);
        EXPECT_NEAR(r.clip_energy_s, st_reference_value(value + "clip_energy_s"), 1e-9);
        EXPECT_GT(r.clip_power_s, 0.0);
        EXPECT_GT(r.clip_energy_s, 0.0);

        const double n = (double)p.size();
        EXPECT_NEAR(r.power_min_w, *std::min_element(p.begin(), p.end()), 0.02);
        EXPECT_NEAR(r.power_max_w, *std::max_element(p.begin(), p.end()), 0.02);
        EXPECT_NEAR(r.power_mean_w, std::accumulate(p.begin(), p.end(), 0.0) / n, 0.02);
        EXPECT_NEAR(r.soc_min, *std::min_element(soc.begin(), soc.end()), 1e-9);
        EXPECT_NEAR(r.soc_max, *std::max_element(soc.begin(), soc.end()), 1e-9);
        EXPECT_NEAR(r.soc_mean, std::accumulate(soc.begin(), soc.end(), 0.0) / n, 1e-9);
        double turned = 0, lost = 0;
        for (double w : p) {
            turned += std::fabs(w) * 0.01;
            lost += w > 0 ? w * 0.01 * (1 / 0.93 - 1) : -w * 0.01 * (1 - 0.95);
        }
        EXPECT_NEAR(r.throughput_j / turned, 1.0, 1e-9);
        EXPECT_NEAR(r.loss_j / lost, 1.0, 1e-9);
        EXPECT_NEAR(r.equivalent_full_cycles, turned / (2 * 120e6), 1e-9);
        EXPECT_NEAR(r.stored_j, (soc.back() - 0.5) * 120e6, 1.0);
    }
}

TEST(Constrained, BalancesAndStaysInItsWindowWhateverTheStage)
{
    std::mt19937_64 random(11);
    std::uniform_real_distribution<double> u(0.0, 1.0);
    for (int round = 0; round < 60; round++) {
        st_stage stage = wide_stage();
        stage.control = u(random) < 0.5 ? ST_CONTROL_RAMP : ST_CONTROL_SMOOTH;
        stage.power_w = std::pow(10.0, 4 + 6 * u(random));
        stage.energy_j = std::pow(10.0, 4 + 9 * u(random));
        stage.efficiency_charge = 0.7 + 0.3 * u(random);
        stage.efficiency_discharge = 0.7 + 0.3 * u(random);
        stage.soc_min = 0.5 * u(random);
        stage.soc_max = 0.5 + 0.5 * u(random);
        stage.soc_start = stage.soc_min + (stage.soc_max - stage.soc_min) * u(random);
        stage.response_s = u(random) < 0.2 ? 0.0 : 0.1 * u(random);
        stage.delay_s = 0.05 * u(random);
        stage.tau_s = 20 * u(random);
        stage.soc_recovery_s = u(random) < 0.5 ? 0.0 : 100 * u(random);
        const Outcome run = respond(task_of(stage), noisy_load(3000, (unsigned)round));
        ASSERT_EQ(run.status, ST_OK) << run.message;
        const st_stage_record &r = run.record;
        EXPECT_GE(r.soc_min, stage.soc_min);
        EXPECT_LE(r.soc_max, stage.soc_max);
        EXPECT_LE(r.power_max_w, stage.power_w);
        EXPECT_GE(r.power_min_w, -stage.power_w);
        EXPECT_GE(r.loss_j, 0.0);
        EXPECT_LE(std::fabs(r.draw_j - r.load_j - r.stored_j - r.loss_j), 1e-9 * r.load_j);
    }
}

/* The noise of an idle meter: its sum says nothing of what the sums were rounded at. */
TEST(Constrained, BalancesWhereTheLoadSumsToZero)
{
    std::mt19937_64 random(5);
    std::normal_distribution<double> noise(0.0, 100.0);
    for (const double efficiency : {1.0, 0.93}) {
        st_stage stage = wide_stage();
        stage.efficiency_charge = stage.efficiency_discharge = efficiency;
        std::vector<double> load(20000);
        for (size_t i = 0; i < load.size(); i += 2) {
            load[i] = noise(random);
            load[i + 1] = -load[i];
        }
        const Outcome run = respond(task_of(stage), load);
        EXPECT_EQ(run.status, ST_OK) << run.message;
        EXPECT_EQ(run.record.load_j, 0.0);
        EXPECT_GT(run.record.throughput_j, 1.0);
    }
}

TEST(Constrained, AnEnergyThatIsMissingIsFound)
{
    Narrow narrow;
    const st_stage stage = wide_stage();
    st_stage_record record = {};
    record.load_j = 1e9;
    record.throughput_j = 1e6;
    record.stored_j = 3e5;
    record.loss_j = 2e5;
    record.draw_j = 1e9 + 5e5 + 0.9;
    EXPECT_EQ(st_stage_check_balance(narrow.ctx, &stage, &record), ST_OK);
    record.draw_j += 0.3; /* more than 1e-9 of 1.001e9 J */
    EXPECT_EQ(st_stage_check_balance(narrow.ctx, &stage, &record), ST_INTERNAL);
}

TEST(Constrained, RampTargetLimitsTheDraw)
{
    st_stage stage = wide_stage();
    stage.control = ST_CONTROL_RAMP;
    stage.response_s = stage.delay_s = 0.0;
    stage.ramp_up_w_per_s = 2e6;
    stage.ramp_down_w_per_s = 5e6;
    stage.tau_s = 0.2;
    std::vector<double> load(30000, 1e8);
    std::fill(load.begin() + 5000, load.begin() + 15000, 1.1e8);
    const Outcome run = respond(task_of(stage), load);
    ASSERT_EQ(run.status, ST_OK);
    double rise = 0, fall = 0;
    for (size_t i = 1; i < load.size(); i++) {
        rise = std::max(rise, run.draw[i] - run.draw[i - 1]);
        fall = std::max(fall, run.draw[i - 1] - run.draw[i]);
    }
    EXPECT_NEAR(rise, 2e6 * 0.001, 1e-3);
    EXPECT_NEAR(fall, 5e6 * 0.001, 1e-3);
    EXPECT_NEAR(run.draw[4999], 1e8, 1e-3);
    EXPECT_NEAR(run.draw[14999], 1.1e8, 1e3);
    EXPECT_NEAR(run.draw[29999], 1e8, 1e3);
}

TEST(Constrained, RecoversItsCharge)
{
    st_stage stage = wide_stage();
    stage.response_s = stage.delay_s = 0.0;
    stage.tau_s = 0.05;
    stage.soc_recovery_s = 4.0;
    std::vector<double> load(60000, 1e8);
    std::fill(load.begin() + 1000, load.end(), 1.3e8);
    const Outcome run = respond(task_of(stage), load);
    ASSERT_EQ(run.status, ST_OK);
    /* The step takes 3e7 W x tau out of the battery, which then comes back as exp(-t/4 s). */
    const size_t at = 1000 + 2000;
    const double taken_j = 3e7 * 0.05;
    EXPECT_NEAR(run.draw[at] - 1.3e8, taken_j / 4 * std::exp(-2.0 / 4.0), 0.02 * taken_j / 4);
    EXPECT_NEAR(run.record.stored_j, -taken_j * std::exp(-59.0 / 4.0), 2.0);
}

TEST(Constrained, DelayIsWholeSamples)
{
    st_stage stage = wide_stage();
    stage.response_s = 0.0;
    stage.tau_s = 1e4;
    stage.delay_s = 0.0376; /* 3.76 samples of 10 ms: 4 */
    std::vector<double> load(300, 1e8);
    std::fill(load.begin() + 100, load.end(), 1.2e8);
    st_stage_task task = task_of(stage, 10000000);
    task.prime_tau_s = 0.5;
    const Outcome run = respond(task, load);
    EXPECT_EQ(run.draw[103], 1.2e8);
    EXPECT_NEAR(run.draw[104], 1e8, 200.0);
    stage.delay_s = 1e30; /* beyond any record: nothing ever happens */
    const Outcome never = respond(task_of(stage, 10000000), load);
    EXPECT_EQ(never.status, ST_OK) << never.message;
    EXPECT_EQ(never.draw, load);
}

TEST(Held, InvalidSamplesSeeTheLastValidOne)
{
    auto load = noisy_load(40000, 3), held = load;
    const auto blank = [&](size_t from, size_t to) {
        for (size_t i = from; i < to; i++) {
            load[i] = nan_w;
            held[i] = from == 0 ? held[to] : held[from - 1];
        }
    };
    blank(0, 37);
    blank(500, 501);
    blank(16300, 16500); /* across a block */
    blank(32768, 32800);
    blank(39990, 40000);
    const st_stage stage = reference_stage(false);
    st_stage_task task = task_of(stage);
    task.prime_tau_s = 1.0;
    const Outcome run = respond(task, load);
    ASSERT_EQ(run.status, ST_OK) << run.message;
    double sum = 0, valid = 0;
    for (size_t i = 37; i < 1037; i++) {
        sum += std::isnan(load[i]) ? 0 : load[i];
        valid += !std::isnan(load[i]);
    }
    EXPECT_EQ(valid, 999);
    EXPECT_NEAR(run.record.prime_w / (sum / valid), 1.0, 1e-14);

    /* The same battery on the held series, primed alike by the bare formula. */
    st_storage storage = {};
    storage.smooth = st_lag_of(0.001, stage.tau_s);
    storage.response = st_lag_of(0.001, stage.response_s);
    storage.charge_w = storage.discharge_w = stage.power_w;
    storage.recovery_per_s = 1 / stage.soc_recovery_s;
    storage.exchange = st_exchange_of(0.001, stage.efficiency_charge, stage.efficiency_discharge);
    storage.floor_j = (stage.soc_min - stage.soc_start) * stage.energy_j;
    storage.ceiling_j = (stage.soc_max - stage.soc_start) * stage.energy_j;
    std::vector<double> past(30);
    st_delay delay = {past.data(), 30, 0};
    st_storage_state state = st_storage_rest(run.record.prime_w);
    for (size_t i = 0; i < load.size(); i++) {
        const double p = st_storage_step(&storage, &state, &delay, held[i]).power_w;
        ASSERT_EQ(std::isnan(run.draw[i]), std::isnan(load[i])) << i;
        if (!std::isnan(load[i])) {
            ASSERT_EQ(run.draw[i], held[i] - p) << i;
        }
    }
}

TEST(Held, EdgesOfTheRecord)
{
    const st_stage stage = wide_stage();
    const Outcome none = respond(task_of(stage), std::vector<double>(50, nan_w));
    EXPECT_EQ(none.status, ST_OK) << none.message;
    EXPECT_TRUE(std::isnan(none.record.prime_w));
    EXPECT_EQ(none.record.throughput_j, 0.0);
    EXPECT_TRUE(std::isnan(none.draw[10]));

    const Outcome one = respond(task_of(stage), {1e8});
    EXPECT_EQ(one.status, ST_OK) << one.message;
    EXPECT_EQ(one.record.prime_w, 1e8);
    EXPECT_EQ(one.draw[0], 1e8);

    const std::vector<double> flat(20000, 123456789.0);
    EXPECT_EQ(respond(task_of(stage), flat).draw, flat); /* not a bit of drift */

    const auto load = noisy_load(20000, 5);
    EXPECT_EQ(respond(task_of(stage), load).draw, respond(task_of(stage), load, true).draw);
}

} // namespace
