/* verdict.c - compares, and asks whether the recording was good enough to acquit. */
#include "assess/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/unit.h"

/* Periods are whole nanoseconds: 60 Hz is recorded as 59.9999988 Hz. */
static const double rate_slack = 1e-6;

static void add_reason(st_verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_reason(st_verdict *verdict, const char *format, ...)
{
    const size_t used = strlen(verdict->reason);
    va_list args;
    va_start(args, format);
    vsnprintf(verdict->reason + used, sizeof verdict->reason - used, format, args);
    va_end(args);
}

static const char *separator(const st_verdict *verdict)
{
    return verdict->reason[0] != '\0' ? "; " : "";
}

static void ask_rate(const st_rule *rule, const st_statistic_ops *ops,
                     const st_statistic_setup *setup, st_verdict *verdict)
{
    const double edge_hz = fmax(rule->filter_high_hz, st_statistic_edge_hz(&rule->statistic));
    const double needed_hz = fmax(rule->needs_rate_hz, ops->slowest_hz(setup));
    const double above_hz = edge_hz / ST_EDGE_SHARE;
    if (setup->rate_hz * (1.0 + rate_slack) < needed_hz && needed_hz >= above_hz) {
        add_reason(verdict, "too slow: recorded at %.6g Hz, needed: %.6g Hz", setup->rate_hz,
                   needed_hz);
    } else if (edge_hz > 0.0 && edge_hz >= ST_EDGE_SHARE * setup->rate_hz) {
        add_reason(verdict, "too slow: recorded at %.6g Hz, needed: more than %.6g Hz for %g Hz",
                   setup->rate_hz, above_hz, edge_hz);
    }
}

static void ask_duration(const st_rule *rule, const st_statistic_ops *ops,
                         const st_statistic_setup *setup, st_verdict *verdict)
{
    const double period_s = (double)setup->period_ns / 1e9;
    const double recorded_s = (double)setup->samples * period_s;
    const double whole_s = fmax(rule->needs_duration_s, st_statistic_whole_s(setup->asked));
    const double needed_s = fmax(whole_s, (double)ops->span(setup) * period_s);
    if (recorded_s < needed_s - 0.5 * period_s) {
        add_reason(verdict, "%stoo short: recorded %.6g s, needed: %.6g s", separator(verdict),
                   recorded_s, needed_s);
    }
}

/* The recording was good enough, and still there is no value. */
static void explain_nothing(st_statistic_kind kind, st_verdict *verdict)
{
    if (kind == ST_STAT_RECOVERY) {
        add_reason(verdict, "no trip in the recording whose recovery can be timed");
        return;
    }
    add_reason(verdict, "too full of gaps: no window has the valid samples that %s needs",
               st_statistic_name(kind));
}

static void ask_all(const st_rule *rule, const st_recording *recording, double value,
                    st_verdict *verdict)
{
    const st_statistic_ops *ops = st_statistic_ops_of(rule->statistic.kind);
    const st_statistic_setup setup = {&rule->statistic, recording->period_ns, recording->samples,
                                      st_recording_rate_hz(recording)};
    ask_rate(rule, ops, &setup, verdict);
    ask_duration(rule, ops, &setup, verdict);
    if (recording->coverage < rule->needs_coverage) {
        add_reason(verdict, "%stoo full of gaps: coverage %.6g, needed: %.6g", separator(verdict),
                   recording->coverage, rule->needs_coverage);
    }
    if (isnan(value) && verdict->reason[0] == '\0') {
        explain_nothing(rule->statistic.kind, verdict);
    }
}

st_status st_verdict_reach(st_context *ctx, const st_rule *rule, const st_recording *recording,
                           st_worst worst, double nominal_w, double peak_w, st_verdict *verdict)
{
    *verdict = (st_verdict){.status = ST_VERDICT_PASS};
    ST_TRY(st_limit_resolve(ctx, rule, nominal_w, peak_w, &verdict->limit, &verdict->unit));
    verdict->value = st_unit_from_si(verdict->unit, worst.value, nominal_w, peak_w);
    verdict->margin = (verdict->limit - verdict->value) / verdict->limit;
    if (verdict->value > verdict->limit) {
        verdict->status = ST_VERDICT_FAIL;
        return ST_OK;
    }
    ask_all(rule, recording, verdict->value, verdict);
    if (verdict->reason[0] != '\0') {
        verdict->status = ST_VERDICT_INDETERMINATE;
    }
    return ST_OK;
}
