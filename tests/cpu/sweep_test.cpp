/* sweep_test.cpp - the lanes of the sweep against the plain form of one battery, sample by sample, on
 * every instruction set; and statistics against loops over whole draws. */
#include "cpu/sweep_case.h"

#include "cpu/instruction_sets.h"
#include "cpu/record.h"

namespace
{

/* The battery of formula/sweep.h, one sample after the other. */
std::vector<double> draw_of(const SweepCase &c, const st_sweep_candidate &candidate)
{
    const int64_t n = c.sweep.samples, delay = c.sweep.delay;
    st_sweep_battery battery = {};
    battery.power = candidate.power;
    battery.b0 = candidate.b0;
    battery.b1 = candidate.b1;
    battery.floor = candidate.floor;
    battery.ceiling = candidate.ceiling;
    std::vector<float> command((size_t)n);
    std::vector<double> draw;
    for (int64_t i = 0; i < n; i++) {
        command[(size_t)i] =
            st_sweep_command(&c.sweep.share, &battery, c.excess[candidate.control][(size_t)i]);
        const float late = i >= delay ? command[(size_t)(i - delay)] : 0.0f;
        draw.push_back(
            (double)(c.load[(size_t)i] - st_sweep_deliver(&c.sweep.share, &battery, late)));
    }
    return draw;
}

/* Stages behind it, by formula/storage.h; each primes on what it sees, which is exact here to
 * float32 between them. */
void follow(const SweepCase &c, const st_sweep_stage &stage, std::vector<double> &draw)
{
    double first = 0.0, sum = 0.0;
    int64_t valid = 0;
    for (int64_t i = 0; i < stage.prime_end; i++) {
        if (!std::isnan(draw[(size_t)i])) {
            first = valid++ == 0 ? draw[(size_t)i] : first;
            sum += draw[(size_t)i] - first;
        }
    }
    std::vector<double> past((size_t)stage.delay + 1, 0.0);
    st_delay delay = {past.data(), stage.delay, 0};
    st_storage_state state = st_storage_rest(valid > 0 ? first + sum / (double)valid : first);
    double held = first;
    for (double &x : draw) {
        const bool is_valid = !std::isnan(x);
        held = is_valid ? x : held;
        const double power = st_storage_step(&stage.storage, &state, &delay, held).power_w;
        x = is_valid ? (double)(float)(held - power) : x;
    }
    (void)c;
}

class Sweep : public testing::Test
{
  protected:
    void SetUp() override { plan = make_plan(ctx.get(), record, {256, 1024}); }
    Context ctx{st_context_create()};
    const Record record{1, 4096, [](size_t, int64_t) { return 1.0; }}; /* the plan borrows it */
    Plan plan;
};

TEST_F(Sweep, DrawsAreThoseOfThePlainBattery)
{
    for (const cpu_loops *loops : usable_loops()) {
        st_exec *exec = nullptr;
        ASSERT_EQ(ST_OK, st_backend_cpu.open(ctx.get(), plan.get(), &exec));
        exec->loops = loops;
        size_t trimmed = 0;
        for (unsigned seed = 1; seed <= 40; seed++) {
            SweepCase c(ctx.get(), seed, 3000);
            const SweepResult found = c.watch(st_backend_cpu, exec);
            for (size_t k = 0; k < c.candidate.size(); k++) {
                std::vector<double> draw = draw_of(c, c.candidate[k]);
                for (const st_sweep_stage &stage : c.behind) {
                    follow(c, stage, draw);
                }
                for (size_t i = 0; i < draw.size(); i++) {
                    const float want = (float)draw[i];
                    const float got =
                        found.draw[k / ST_SWEEP_LANES][i * ST_SWEEP_LANES + k % ST_SWEEP_LANES];
                    ASSERT_TRUE(std::isnan(want) ? std::isnan(got) : want == got)
                        << loops->name << ", seed " << seed << ", candidate " << k << ", sample "
                        << i << ": " << want << " and " << got << "; " << c.describe();
                }
                trimmed += std::isfinite(c.candidate[k].floor);
            }
        }
        EXPECT_GT(trimmed, 100u);
        st_backend_cpu.close(exec);
    }
}

TEST_F(Sweep, EveryInstructionSetAndThreadCountGivesTheSameBits)
{
    st_exec *exec = nullptr;
    ASSERT_EQ(ST_OK, st_backend_cpu.open(ctx.get(), plan.get(), &exec));
    for (unsigned seed = 1; seed <= 20; seed++) {
        SweepCase c(ctx.get(), seed, 6000);
        exec->loops = usable_loops()[0];
        const SweepResult first = c.run(st_backend_cpu, exec);
        for (const cpu_loops *loops : usable_loops()) {
            exec->loops = loops;
            c.sweep.threads = c.sweep.threads % 4 + 1;
            EXPECT_EQ("", first.difference(c.run(st_backend_cpu, exec)))
                << loops->name << ", seed " << seed << ": " << c.describe();
        }
    }
    st_backend_cpu.close(exec);
}

/* Largest difference over `lag` samples, extremes of windows, and mean squares, from whole draws. */
TEST_F(Sweep, StatisticsAreThoseOfWholeDraws)
{
    st_exec *exec = nullptr;
    ASSERT_EQ(ST_OK, st_backend_cpu.open(ctx.get(), plan.get(), &exec));
    size_t looked = 0;
    for (unsigned seed = 1; seed <= 30; seed++) {
        SweepCase c(ctx.get(), seed, 1500);
        const SweepResult draws = c.watch(st_backend_cpu, exec),
                          found = c.run(st_backend_cpu, exec);
        const size_t k = c.random() % c.candidate.size();
        const auto at = [&](int64_t i) {
            return draws.draw[k / ST_SWEEP_LANES][(size_t)i * ST_SWEEP_LANES + k % ST_SWEEP_LANES];
        };
        for (size_t s = 0; s < c.statistic.size(); s++) {
            const st_sweep_statistic &asked = c.statistic[s];
            if (asked.channel != 0 ||
                (asked.kind != ST_SWEEP_RANGE && asked.kind != ST_SWEEP_CHANGE)) {
                continue;
            }
            float worst = -INFINITY;
            for (int64_t i = 0; i < c.sweep.samples; i++) {
                float high = -INFINITY, low = INFINITY;
                for (int64_t j = i - asked.points + 1;
                     asked.kind == ST_SWEEP_RANGE && j >= 0 && j <= i && i >= asked.points - 1;
                     j++) {
                    high = std::fmax(high, at(j));
                    low = std::fmin(low, at(j));
                }
                if (asked.kind == ST_SWEEP_CHANGE && i >= asked.points) {
                    const float change = at(i) - at(i - asked.points);
                    high = asked.direction == ST_DOWN ? -change : change;
                    high = asked.direction == ST_BOTH ? std::fabs(change) : high;
                    low = 0.0f;
                }
                worst = std::fmax(worst, high - low);
            }
            const double value = found.worst[k * c.statistic.size() + s];
            EXPECT_TRUE(std::isinf(worst) ? std::isnan(value) : value == (double)worst)
                << "seed " << seed << ", statistic " << s << ": " << value << " and " << worst;
            looked += !std::isinf(worst);
        }
    }
    EXPECT_GT(looked, 20u);
    st_backend_cpu.close(exec);
}

} // namespace
