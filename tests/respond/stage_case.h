/* stage_case.h - a storage stage, a load, and what became of it: for the tests of stages. */
#ifndef ST_TESTS_RESPOND_STAGE_CASE_H
#define ST_TESTS_RESPOND_STAGE_CASE_H

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "respond/series.h"
#include "respond/stage.h"

const double nan_w = std::nan("");

inline st_stage wide_stage()
{
    static char name[] = "field";
    st_stage stage = {};
    stage.name = name;
    stage.place = ST_PLACE_SITE;
    stage.power_w = 1e12;
    stage.energy_j = 1e15;
    stage.efficiency_charge = stage.efficiency_discharge = 1.0;
    stage.soc_max = 1.0;
    stage.soc_start = 0.5;
    stage.tau_s = 2.0;
    stage.response_s = 0.02;
    stage.delay_s = 0.005;
    stage.ramp_up_w_per_s = stage.ramp_down_w_per_s = 1e6;
    return stage;
}

inline st_stage_task task_of(const st_stage &stage, int64_t period_ns = 1000000,
                             st_storage_model model = ST_MODEL_CONSTRAINED)
{
    return st_stage_task{&stage, model, period_ns, stage.tau_s, 298.15};
}

struct Outcome {
    std::vector<double> draw;
    st_stage_record record;
    st_status status;
    std::string message;
};

inline Outcome respond(const st_stage_task &task, const std::vector<double> &load,
                       bool in_place = false)
{
    Narrow narrow;
    const st_series in = narrow.of(load), out = in_place ? in : narrow.empty(load.size());
    Outcome run;
    run.status = st_respond_stage(narrow.ctx, &task, &in, &out, &run.record);
    run.message = st_context_message(narrow.ctx);
    run.draw = narrow.values(out);
    return run;
}

inline double largest(const std::vector<double> &x)
{
    double most = 0;
    for (double v : x) {
        most = std::max(most, std::fabs(v));
    }
    return most;
}

inline void expect_close(const std::vector<double> &found, const std::vector<double> &wanted,
                         double relative, const char *what)
{
    ASSERT_EQ(found.size(), wanted.size()) << what;
    const double allowed = relative * largest(wanted);
    for (size_t i = 0; i < found.size(); i++) {
        ASSERT_NEAR(found[i], wanted[i], allowed) << what << " at " << i;
    }
}

inline std::vector<double> noisy_load(size_t n, unsigned seed)
{
    std::mt19937_64 random(seed);
    std::normal_distribution<double> noise(0.0, 3e5);
    std::vector<double> x(n);
    double level = 1e8;
    for (size_t i = 0; i < n; i++) {
        level += noise(random);
        x[i] = level + 2e7 * (std::sin(0.011 * (double)i) > 0 ? 1 : -1);
    }
    return x;
}

#endif
