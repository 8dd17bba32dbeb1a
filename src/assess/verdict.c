/* verdict.c - compares, and asks whether the recording was good enough to acquit. */
#include "assess/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "assess/bins.h"
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

void st_rule_needs(const st_rule *rule, int64_t period_ns, st_rule_need *need)
{
    const st_statistic *asked = &rule->statistic;
    const st_statistic_ops *ops = st_statistic_ops_of(asked->kind);
    const st_statistic_setup setup = {asked, period_ns, 0, 1e9 / (double)period_ns};
    *need = (st_rule_need){rule->needs_rate_hz, rule->filter_high_hz, rule->needs_duration_s,
                           rule->needs_coverage};
    if (rule->filter_high_hz > 0.0) {
        need->duration_s = fmax(need->duration_s, 1.0 / rule->filter_low_hz);
    }
    if (ops != NULL) {
        const double span_s = (double)ops->span(&setup) * ((double)period_ns / 1e9);
        need->rate_hz = fmax(need->rate_hz, ops->slowest_hz(&setup));
        need->edge_hz = fmax(need->edge_hz, st_statistic_edge_hz(asked));
        need->duration_s = fmax(fmax(need->duration_s, st_statistic_whole_s(&setup)), span_s);
    }
}

static void ask_rate(const st_rule_need *need, double rate_hz, st_verdict *verdict)
{
    const double above_hz = need->edge_hz / ST_EDGE_SHARE;
    if (rate_hz * (1.0 + rate_slack) < need->rate_hz && need->rate_hz >= above_hz) {
        add_reason(verdict, "too slow: recorded at %.6g Hz, needed: %.6g Hz", rate_hz,
                   need->rate_hz);
    } else if (need->edge_hz > 0.0 && need->edge_hz >= ST_EDGE_SHARE * rate_hz) {
        add_reason(verdict, "too slow: recorded at %.6g Hz, needed: more than %.6g Hz for %g Hz",
                   rate_hz, above_hz, need->edge_hz);
    }
}

static void ask_duration(const st_rule_need *need, const st_recording *recording,
                         st_verdict *verdict)
{
    const double period_s = (double)recording->period_ns / 1e9;
    const double recorded_s = (double)recording->samples * period_s;
    if (recorded_s < need->duration_s - 0.5 * period_s) {
        add_reason(verdict, "%stoo short: recorded %.6g s, needed: %.6g s", separator(verdict),
                   recorded_s, need->duration_s);
    }
}

/* A band between the bins of the frame: which one it was, and what would have a bin. */
static void ask_bins(const st_statistic *asked, const st_recording *recording, st_verdict *verdict)
{
    const st_statistic_setup setup = {asked, recording->period_ns, recording->samples,
                                      st_recording_rate_hz(recording)};
    const st_statistic_ops *ops = st_statistic_ops_of(asked->kind);
    const int64_t frame = ops != NULL ? ops->span(&setup) : 0;
    if (ops == NULL || st_statistic_edge_hz(asked) >= ST_EDGE_SHARE * setup.rate_hz ||
        st_bins_in_band(&setup, frame)) {
        return;
    }
    const int64_t needed = st_bins_needed(&setup);
    add_reason(verdict, "%sits frame of %lld samples has no bin from %g to %g Hz",
               separator(verdict), (long long)frame, asked->low_hz, asked->high_hz);
    if (needed == 0) {
        add_reason(verdict, ", nor has any other at %.6g Hz", setup.rate_hz);
    } else if (asked->kind == ST_STAT_LINE_AMPLITUDE) {
        add_reason(verdict, ", needed: a window of %.6g s", (double)needed / setup.rate_hz);
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

static void ask_all(const st_rule *rule, const st_recording *recording, double peak_w,
                    st_verdict *verdict)
{
    st_rule_need need;
    st_rule_needs(rule, recording->period_ns, &need);
    ask_rate(&need, st_recording_rate_hz(recording), verdict);
    ask_duration(&need, recording, verdict);
    if (recording->coverage < need.coverage) {
        add_reason(verdict, "%stoo full of gaps: coverage %.6g, needed: %.6g", separator(verdict),
                   recording->coverage, need.coverage);
    }
    ask_bins(&rule->statistic, recording, verdict);
    if (st_unit_needs_peak(verdict->unit) && peak_w <= 0.0) {
        add_reason(verdict,
                   "%sthe largest load is %.6g W, not above 0: is the meter's sign reversed?",
                   separator(verdict), peak_w);
    }
    if (isnan(verdict->value) && verdict->reason[0] == '\0') {
        explain_nothing(rule->statistic.kind, verdict);
    }
}

st_status st_verdict_reach(st_context *ctx, const st_rule *rule, const st_recording *recording,
                           st_worst worst, double nominal_w, double peak_w, st_verdict *verdict)
{
    *verdict = (st_verdict){.status = ST_VERDICT_PASS};
    ST_TRY(st_limit_resolve(ctx, rule, nominal_w, peak_w, &verdict->limit, &verdict->unit));
    /* a share of a largest load that is not above 0 says nothing: its sign is turned */
    verdict->value = st_unit_needs_peak(verdict->unit) && peak_w <= 0.0
                         ? (double)NAN
                         : st_unit_from_si(verdict->unit, worst.value, nominal_w, peak_w);
    verdict->margin = (verdict->limit - verdict->value) / verdict->limit;
    if (verdict->value > verdict->limit) {
        verdict->status = ST_VERDICT_FAIL;
        return ST_OK;
    }
    ask_all(rule, recording, peak_w, verdict);
    if (verdict->reason[0] != '\0') {
        verdict->status = ST_VERDICT_INDETERMINATE;
    }
    return ST_OK;
}
