/* rule.c - one rule, one pass. */
#include "assess/rule.h"

#include <math.h>

#include "assess/bins.h"

double st_recording_rate_hz(const st_recording *recording)
{
    return 1e9 / (double)recording->period_ns;
}

/* A filter or share above what the rate can show has no value; a line can still be found below. A
 * band without any bin has none either, where a sum over no bin would be 0. */
static bool computable(const st_rule *rule, const st_statistic_ops *ops,
                       const st_statistic_setup *setup)
{
    const double most_hz = ST_EDGE_SHARE * setup->rate_hz;
    const int64_t span = ops->span(setup);
    const bool cut = rule->statistic.kind == ST_STAT_LINE_AMPLITUDE;
    return rule->filter_high_hz < most_hz &&
           (cut || st_statistic_edge_hz(&rule->statistic) < most_hz) && setup->samples >= span &&
           st_bins_in_band(setup, span);
}

st_status st_rule_run_open(st_context *ctx, const st_rule *rule, const st_recording *recording,
                           st_rule_run *run)
{
    void *work;
    *run = (st_rule_run){.setup = {&rule->statistic, recording->period_ns, recording->samples,
                                   st_recording_rate_hz(recording)}};
    const st_statistic_ops *ops = st_statistic_ops_of(rule->statistic.kind);
    if (ops == NULL) {
        return st_fail(ctx, ST_CONFIG, "rule %s: the statistic '%s' is not computed", rule->id,
                       st_statistic_name(rule->statistic.kind));
    }
    if (!computable(rule, ops, &run->setup)) {
        return ST_OK;
    }
    run->filtered = rule->filter_high_hz > 0.0;
    ST_TRY(st_arena_open(ctx,
                         st_arena_need(ST_ASSESS_BLOCK, sizeof(double)) + ops->bytes(&run->setup),
                         rule->id, &run->arena));
    st_status status = st_arena_take(ctx, &run->arena, ST_ASSESS_BLOCK, sizeof(double), &work);
    if (status == ST_OK) {
        run->work = work;
        status = ops->start(ctx, &run->setup, &run->arena, &run->state);
    }
    if (status != ST_OK) {
        st_rule_run_close(run);
        return status;
    }
    if (run->filtered) {
        st_bandpass_start(&run->filter, rule->filter_order, rule->filter_low_hz,
                          rule->filter_high_hz, run->setup.rate_hz);
    }
    run->ops = ops;
    return ST_OK;
}

void st_rule_run_feed(st_rule_run *run, const double *x, size_t n)
{
    if (run->ops == NULL) {
        return;
    }
    if (!run->filtered) {
        run->ops->feed(run->state, x, n);
        return;
    }
    for (size_t from = 0; from < n; from += ST_ASSESS_BLOCK) {
        const size_t part = n - from < ST_ASSESS_BLOCK ? n - from : ST_ASSESS_BLOCK;
        st_bandpass_run(&run->filter, x + from, run->work, part);
        run->ops->feed(run->state, run->work, part);
    }
}

st_worst st_rule_run_finish(st_rule_run *run)
{
    return run->ops != NULL ? run->ops->finish(run->state) : (st_worst){NAN, 0};
}

void st_rule_run_close(st_rule_run *run)
{
    st_arena_close(&run->arena);
    run->ops = NULL;
}
