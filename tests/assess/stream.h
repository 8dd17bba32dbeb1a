/* stream.h - a statistic or rule fed with a vector, in blocks of random sizes.
 * For the tests of assess. */
#ifndef ST_TESTS_ASSESS_STREAM_H
#define ST_TESTS_ASSESS_STREAM_H

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "assess/rule.h"

inline const double none = std::nan("");

/* A rule without a filter. */
inline st_rule rule_of(const st_statistic &statistic)
{
    static char id[] = "TEST-1";
    st_rule rule = {};
    rule.id = id;
    rule.point = ST_POINT_DRAW;
    rule.filter_order = 4;
    rule.statistic = statistic;
    rule.n_limits = 1;
    rule.limits[0] = {10.0, ST_UNIT_MW};
    rule.needs_coverage = 0.99;
    return rule;
}

inline st_statistic statistic_of(st_statistic_kind kind)
{
    st_statistic statistic = {};
    statistic.kind = kind;
    return statistic;
}

/* seed 0 feeds everything at once. */
inline st_worst stream(const st_rule &rule, const std::vector<double> &x, int64_t period_ns,
                       unsigned seed = 1)
{
    st_context *ctx = st_context_create();
    const st_recording recording = {period_ns, (int64_t)x.size(), 1.0};
    std::mt19937 random(seed);
    st_rule_run run;
    EXPECT_EQ(st_rule_run_open(ctx, &rule, &recording, &run), ST_OK) << st_context_message(ctx);
    for (size_t from = 0; from < x.size();) {
        const size_t part = seed == 0 ? x.size() : 1 + random() % (random() % 2 ? 7 : 3000);
        const size_t n = std::min(part, x.size() - from);
        st_rule_run_feed(&run, x.data() + from, n);
        from += n;
    }
    const st_worst worst = st_rule_run_finish(&run);
    st_rule_run_close(&run);
    st_context_destroy(ctx);
    return worst;
}

inline st_worst stream(const st_statistic &statistic, const std::vector<double> &x,
                       int64_t period_ns, unsigned seed = 1)
{
    return stream(rule_of(statistic), x, period_ns, seed);
}

#endif
