/* sizing_random.h - things to size at random: loads with rhythms, steps and gaps, batteries of all
 * sizes and controls, stages behind them, rules that the record can answer.
 * For the tests of sizing. */
#ifndef ST_TESTS_ENGINE_SIZING_RANDOM_H
#define ST_TESTS_ENGINE_SIZING_RANDOM_H

#include <algorithm>
#include <random>

#include "engine/sizing_case.h"

namespace sizing_random
{

/* A rhythm of two levels with noise, steps and gaps. */
inline std::vector<float> make_load(std::mt19937 &random, size_t n, double period_s, bool gaps)
{
    std::normal_distribution<double> noise(0.0, 1e5);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    const double rhythm_s = 0.2 + 3.0 * uniform(random), swing_w = 2e7 * uniform(random) + 1e6;
    double level_w = 6e7 + 3e7 * uniform(random);
    std::vector<float> power(n);
    for (size_t i = 0; i < n; i++) {
        const double t = (double)i * period_s;
        level_w += uniform(random) < 2.0 / (double)n ? 1e7 * (uniform(random) - 0.5) : 0.0;
        power[i] = (float)(level_w + (std::fmod(t, rhythm_s) < 0.6 * rhythm_s ? swing_w : 0.0) +
                           noise(random));
    }
    for (int g = 0; gaps && g < 4; g++) {
        const size_t from = (size_t)(uniform(random) * (double)n);
        const size_t length = 1 + (size_t)(uniform(random) * 0.03 * (double)n);
        std::fill(power.begin() + (long)from, power.begin() + (long)std::min(n, from + length),
                  NAN);
    }
    if (gaps && random() % 2) { /* what a stage primes on begins with the first valid sample */
        std::fill_n(power.begin(), 1 + random() % (n / 10), NAN);
    }
    return power;
}

/* Any rule that the record can answer; the limit is somewhere near what batteries reach. */
inline void add_random_rule(SizingCase &c, std::mt19937 &random, double duration_s)
{
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    const st_statistic_kind kinds[] = {ST_STAT_LEVEL,          ST_STAT_ROLLING_RANGE,
                                       ST_STAT_SLOPE_IF,       ST_STAT_CHANGE,
                                       ST_STAT_MEAN_RAMP,      ST_STAT_RAMP_PERCENTILE,
                                       ST_STAT_BAND_AMPLITUDE, ST_STAT_LINE_AMPLITUDE,
                                       ST_STAT_ENERGY_SHARE,   ST_STAT_ROLLING_RANGE};
    const st_statistic_kind kind = kinds[random() % 10];
    const double rate_hz = 1e9 / (double)c.period_ns, size = 0.2 + 1.2 * uniform(random);
    const bool ramp =
        kind == ST_STAT_MEAN_RAMP || kind == ST_STAT_SLOPE_IF || kind == ST_STAT_RAMP_PERCENTILE;
    const double window_s = duration_s * (0.01 + 0.3 * uniform(random));
    st_rule &rule =
        kind == ST_STAT_LEVEL ? c.add_rule(kind, 95 - 10 * uniform(random), ST_UNIT_PERCENT_PEAK)
        : kind == ST_STAT_ENERGY_SHARE ? c.add_rule(kind, 2 + 70 * uniform(random), ST_UNIT_PERCENT)
        : ramp ? c.add_rule(kind, 8 * size / window_s * 60, ST_UNIT_MW_PER_MIN)
               : c.add_rule(kind, 10 * size, ST_UNIT_MW);
    st_statistic &s = rule.statistic;
    s.window_s = s.lag_s = s.average_s = window_s;
    s.percentile = 100 * uniform(random);
    s.direction = (st_direction)(random() % 3);
    s.form = (st_share_form)(random() % 2);
    s.low_hz = rate_hz * (0.002 + 0.01 * uniform(random));
    s.high_hz = rate_hz * (0.05 + 0.3 * uniform(random));
    s.threshold_w = 5e6 * uniform(random);
    if (random() % 3 == 0 && kind != ST_STAT_LEVEL && kind != ST_STAT_ENERGY_SHARE) {
        rule.filter_low_hz = s.low_hz;
        rule.filter_high_hz = s.high_hz * (random() % 8 == 0 ? 2.0 : 1.0);
        rule.filter_order = 1 + (int)(random() % 6);
    }
    rule.point = random() % 8 == 0 ? ST_POINT_LOAD : ST_POINT_DRAW;
    rule.needs_duration_s = random() % 8 == 0 ? 2 * duration_s : 0;
    rule.needs_coverage = random() % 8 == 0 ? 0.999 : 0.5;
}

inline void fill(SizingCase &c, std::mt19937 &random)
{
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    const size_t n = 1200 + random() % 4000;
    c.period_ns = random() % 2 ? 1000000 : 1 + (int64_t)(uniform(random) * 2e7);
    const double dt_s = (double)c.period_ns * 1e-9, duration_s = (double)n * dt_s;
    c.power = make_load(random, n, dt_s, random() % 2 == 0);
    c.stage.energy_j = 10e6 * c.stage.units * duration_s * std::pow(10.0, -2 * uniform(random));
    c.stage.delay_s = random() % 2 ? 0.0 : dt_s * (double)(random() % 40);
    c.stage.soc_recovery_s = random() % 3 ? 0.0 : duration_s * (0.1 + uniform(random));
    c.stage.soc_start = 0.1 + 0.8 * uniform(random);
    c.stage.tau_s = duration_s * (0.02 + 0.3 * uniform(random));
    c.first = (int64_t)(random() % 3);
    c.last = c.first + 24;
    c.step = 1 + (int64_t)(random() % 5);
    c.response_s = {dt_s * 0.4, dt_s * (3 + 30 * uniform(random))};
    if (random() % 3 == 0) {
        c.response_s.insert(c.response_s.begin(), 0.0);
    }
    const unsigned control = random() % 4;
    if (control == 0) {
        c.tau_s = {duration_s * 0.01, duration_s * 0.3};
    } else if (control == 1) {
        c.ramp_w_per_s = {1e6 / duration_s, 2e7 / duration_s, 1e8 / duration_s};
    } else if (control == 2) {
        c.stage.control = ST_CONTROL_RAMP;
        c.stage.ramp_up_w_per_s = 1e7 / duration_s;
        c.stage.ramp_down_w_per_s = 3e7 / duration_s;
    }
    for (unsigned r = 0; r < 1 + random() % 3; r++) {
        add_random_rule(c, random, duration_s);
    }
}

/* Up to two stages behind the one that is sized; theirs is what it lets through. */
inline void add_behind(SizingCase &c, std::mt19937 &random)
{
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    const double dt_s = (double)c.period_ns * 1e-9, duration_s = (double)c.power.size() * dt_s;
    for (unsigned b = 0; b < 1 + random() % 2; b++) {
        st_stage stage = c.stage;
        stage.power_w = 2e6 + 1e7 * uniform(random);
        stage.energy_j = 10e6 * duration_s * std::pow(10.0, -2 * uniform(random));
        stage.delay_s = random() % 2 ? 0.0 : dt_s * (double)(random() % 40);
        stage.response_s = random() % 4 ? dt_s * 20 * uniform(random) : 0.0;
        stage.soc_recovery_s = random() % 2 ? 0.0 : duration_s * (0.1 + uniform(random));
        stage.efficiency_discharge = 0.9;
        stage.tau_s = duration_s * (0.02 + 0.5 * uniform(random));
        stage.control = random() % 2 ? ST_CONTROL_RAMP : ST_CONTROL_SMOOTH;
        stage.ramp_up_w_per_s = 2e7 / duration_s;
        stage.ramp_down_w_per_s = 1e8 / duration_s;
        c.behind.push_back(stage);
    }
}

inline std::string describe(const SizingCase &c)
{
    std::string text;
    for (const st_rule &rule : c.rules) {
        text += std::string(st_statistic_name(rule.statistic.kind)) + " behind order " +
                std::to_string(rule.filter_high_hz > 0 ? rule.filter_order : 0) + ", window " +
                std::to_string(rule.statistic.window_s) + " s; ";
    }
    return text + std::to_string(c.power.size()) + " samples of " + std::to_string(c.period_ns) +
           " ns, recovery " + std::to_string(c.stage.soc_recovery_s) + " s, " +
           std::to_string(c.behind.size()) + " stages behind";
}

} // namespace sizing_random

#endif
