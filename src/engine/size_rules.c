/* size_rules.c - rules become statistics of the sweep, and values of the sweep become worst values
 * of rules. What a statistic is stays with assess; this file turns durations into samples, and
 * leaves to a watcher what no lane computes. */
#include <math.h>
#include <string.h>

#include "assess/assess.h"
#include "assess/butter.h"
#include "engine/sizing.h"
#include "formula/duration.h"

enum { AMPLITUDE_ORDER = 4, RULE_SETS = 2 };

/* ---- filters ----------------------------------------------------------------------------------- */

/* A channel behind a band-pass; the same one for the same filter of the same input. */
static size_t add_channel(st_sized_rules *rules, size_t input, int order, double low_hz,
                          double high_hz)
{
    st_section design[ST_BUTTER_ORDER];
    double(*section)[5] = rules->sections + rules->n_channels * ST_BUTTER_ORDER;
    st_butter_bandpass(order, low_hz, high_hz, st_recording_rate_hz(&rules->recording), design);
    for (int s = 0; s < order; s++) {
        const double row[5] = {design[s].b0, design[s].b1, design[s].b2, design[s].a1,
                               design[s].a2};
        memcpy(section[s], row, sizeof row);
    }
    for (size_t c = 1; c < rules->n_channels; c++) {
        const st_sweep_channel *known = &rules->channel[c];
        if (known->input == input && known->order == order &&
            memcmp(known->section, section, (size_t)order * sizeof *section) == 0) {
            return c;
        }
    }
    rules->channel[rules->n_channels] =
        (st_sweep_channel){input, order, (const double(*)[5])section};
    return rules->n_channels++;
}

/* ---- statistics --------------------------------------------------------------------------------- */

static int64_t window_samples(const st_sized_rules *rules, double seconds, int64_t more)
{
    const int64_t n = st_duration_samples(seconds, rules->recording.period_ns) + more;
    const int64_t within = n < rules->recording.samples ? n : rules->recording.samples;
    return within > 1 ? within : 1;
}

/* Bins of a frame whose lines lie in the band; 0 and 1 are the mean, Nyquist has no neighbour. */
static void take_bins(const st_statistic *asked, st_sweep_statistic *to)
{
    to->low = 2;
    to->high = (int)(to->points / 2) - 1;
    while (to->low <= to->high && (double)to->low * to->df_hz < asked->low_hz) {
        to->low++;
    }
    while (to->high >= to->low && (double)to->high * to->df_hz > asked->high_hz) {
        to->high--;
    }
}

/* False for a kind that no lane computes. `span` is what assess says of the same statistic. */
static bool translate(st_sized_rules *rules, const st_rule *rule, int64_t span,
                      st_sweep_statistic *to)
{
    const st_statistic *asked = &rule->statistic;
    to->direction = asked->direction;
    to->percentile = asked->percentile;
    to->low_hz = asked->low_hz;
    to->high_hz = asked->high_hz;
    to->form = asked->form;
    switch (asked->kind) {
    case ST_STAT_LEVEL:
        to->kind = ST_SWEEP_LEVEL;
        to->points = 1;
        return true;
    case ST_STAT_ROLLING_RANGE:
    case ST_STAT_VOLTAGE_CHANGE:
    case ST_STAT_SLOPE_IF:
        to->kind = ST_SWEEP_RANGE;
        to->points = window_samples(rules, asked->window_s, 1);
        return true;
    case ST_STAT_CHANGE:
    case ST_STAT_MEAN_RAMP:
        to->kind = ST_SWEEP_CHANGE;
        to->points = span - 1;
        return true;
    case ST_STAT_RAMP_PERCENTILE:
        to->kind = ST_SWEEP_PERCENTILE;
        to->points = span / 2;
        return true;
    case ST_STAT_BAND_AMPLITUDE:
        to->kind = ST_SWEEP_AMPLITUDE;
        to->points = window_samples(rules, asked->window_s, 0);
        to->channel =
            add_channel(rules, to->channel, AMPLITUDE_ORDER, asked->low_hz, asked->high_hz);
        return true;
    case ST_STAT_LINE_AMPLITUDE:
    case ST_STAT_ENERGY_SHARE:
        to->kind = asked->kind == ST_STAT_LINE_AMPLITUDE ? ST_SWEEP_LINE : ST_SWEEP_SHARE;
        to->points = span;
        to->df_hz = st_recording_rate_hz(&rules->recording) / (double)span;
        to->level = to->channel == 0 ? rules->level_w / rules->base_w : 0.0;
        take_bins(asked, to);
        return true;
    default: return false;
    }
}

/* Whether the record can give the rule a value at all: assess itself is asked. */
static st_status ask_computable(st_context *ctx, const st_sized_rules *rules, st_sized_rule *sized,
                                int64_t *span)
{
    st_rule_run run;
    ST_TRY(st_rule_run_open(ctx, sized->rule, &rules->recording, &run));
    sized->computable = run.ops != NULL;
    *span = run.ops != NULL ? run.ops->span(&run.setup) : 0;
    st_rule_run_close(&run);
    const st_statistic_kind kind = sized->rule->statistic.kind;
    if ((kind == ST_STAT_CHANGE || kind == ST_STAT_MEAN_RAMP) && *span < 2) {
        sized->computable = false; /* a lag of no sample has no pair */
    }
    return ST_OK;
}

/* Most draws never fall as a trip does, and then a recovery has no value: lanes find those out. The
 * blocks are the tenths of a second of the statistic, and its history, which its span tells. */
static void add_guard(st_sized_rules *rules, st_sized_rule *sized, int64_t span)
{
    const int64_t tenth = st_duration_samples(0.1, rules->recording.period_ns);
    const int64_t points = tenth > 1 ? tenth : 1;
    if (sized->rule->statistic.kind == ST_STAT_RECOVERY && !(sized->rule->filter_high_hz > 0.0)) {
        rules->statistic[rules->n_statistics] =
            (st_sweep_statistic){.kind = ST_SWEEP_TRIP,
                                 .points = points,
                                 .low = (int)((span - 1) / points) - 1,
                                 .level = rules->level_w / rules->base_w};
        sized->guard = (int)rules->n_statistics++;
    }
}

static st_status add_rule(st_context *ctx, const st_rule *rule, st_sized_rules *rules)
{
    st_sized_rule *sized = &rules->rule[rules->n++];
    st_sweep_statistic *to = &rules->statistic[rules->n_statistics];
    int64_t span;
    *sized = (st_sized_rule){.rule = rule, .statistic = -1, .guard = -1, .watched = -1};
    ST_TRY(ask_computable(ctx, rules, sized, &span));
    if (rule->point == ST_POINT_LOAD || !sized->computable) {
        return ST_OK;
    }
    const size_t channels = rules->n_channels;
    *to = (st_sweep_statistic){.channel = 0};
    if (rule->filter_high_hz > 0.0) {
        to->channel =
            add_channel(rules, 0, rule->filter_order, rule->filter_low_hz, rule->filter_high_hz);
    }
    if (translate(rules, rule, span, to)) {
        sized->statistic = (int)rules->n_statistics++;
    } else {
        rules->n_channels = channels;
        sized->watched = (int)rules->n_watched++;
        add_guard(rules, sized, span);
    }
    return ST_OK;
}

/* ---- all rules ---------------------------------------------------------------------------------- */

static st_status take_arrays(st_context *ctx, size_t n, st_sized_rules *rules)
{
    void *rule, *channel, *statistic, *sections;
    const size_t channels = 2 * n + 2, coefficients = channels * ST_BUTTER_ORDER;
    ST_TRY(st_arena_open(ctx,
                         st_arena_need(n, sizeof(st_sized_rule)) +
                             st_arena_need(channels, sizeof(st_sweep_channel)) +
                             st_arena_need(n + 1, sizeof(st_sweep_statistic)) +
                             st_arena_need(coefficients, sizeof *rules->sections),
                         "the rules of a sweep", &rules->arena));
    ST_TRY(st_arena_take(ctx, &rules->arena, n, sizeof(st_sized_rule), &rule));
    ST_TRY(st_arena_take(ctx, &rules->arena, channels, sizeof(st_sweep_channel), &channel));
    ST_TRY(st_arena_take(ctx, &rules->arena, n + 1, sizeof(st_sweep_statistic), &statistic));
    ST_TRY(st_arena_take(ctx, &rules->arena, coefficients, sizeof *rules->sections, &sections));
    rules->rule = rule;
    rules->channel = channel;
    rules->statistic = statistic;
    rules->sections = sections;
    rules->n_channels = 1; /* the draw */
    return ST_OK;
}

st_status st_sized_rules_any(st_context *ctx, const st_limits *const *sets, size_t n_sets)
{
    if (st_assess_rows(sets, n_sets) > 0) {
        return ST_OK;
    }
    return st_fail(ctx, ST_ARGUMENT,
                   "size: there is no rule to size for; name operators whose "
                   "rules have a number (--limits)");
}

st_status st_sized_rules_open(st_context *ctx, const st_run *run, double base_w, double level_w,
                              st_sized_rules *rules)
{
    const st_limits *const sets[RULE_SETS] = {run->site_rules, run->asked->limits};
    size_t n = 0;
    *rules =
        (st_sized_rules){.recording = {run->plan->period_ns, run->plan->samples, run->coverage},
                         .nominal_w = run->asked->site->nominal_w,
                         .peak_w = run->peak_w,
                         .base_w = base_w,
                         .level_w = level_w};
    for (size_t s = 0; s < RULE_SETS; s++) {
        n += sets[s] != NULL ? sets[s]->n_rules : 0;
    }
    ST_TRY(take_arrays(ctx, n, rules));
    for (size_t s = 0; s < RULE_SETS; s++) {
        for (size_t r = 0; sets[s] != NULL && r < sets[s]->n_rules; r++) {
            if (sets[s]->rules[r].statistic.kind != ST_STAT_NONE) {
                ST_TRY(add_rule(ctx, &sets[s]->rules[r], rules));
            }
        }
    }
    return ST_OK;
}

void st_sized_rules_close(st_sized_rules *rules)
{
    st_arena_close(&rules->arena);
}

/* ---- back ----------------------------------------------------------------------------------------- */

st_worst st_sized_rule_worst(const st_sized_rules *rules, const st_sized_rule *rule, double value)
{
    const st_statistic *asked = &rule->rule->statistic;
    const double value_w = value * rules->base_w;
    const bool raw = !(rule->rule->filter_high_hz > 0.0);
    switch (asked->kind) {
    case ST_STAT_LEVEL: return (st_worst){raw ? value_w + rules->level_w : value_w, 0};
    case ST_STAT_MEAN_RAMP: return (st_worst){value_w / asked->window_s, 0};
    case ST_STAT_RAMP_PERCENTILE: return (st_worst){value_w / asked->average_s, 0};
    case ST_STAT_BAND_AMPLITUDE: return (st_worst){sqrt(2.0 * value) * rules->base_w, 0};
    case ST_STAT_ENERGY_SHARE: return (st_worst){value, 0};
    case ST_STAT_SLOPE_IF:
        if (!isnan(value) && !(value_w > asked->threshold_w)) {
            return (st_worst){0.0, 0};
        }
        return (st_worst){value_w / asked->window_s, 0};
    case ST_STAT_VOLTAGE_CHANGE: return (st_worst){value_w * st_voltage_per_w(asked), 0};
    default: return (st_worst){value_w, 0};
    }
}

void st_sized_add(st_sized *sized, const char *rule, st_verdict_status status, double margin)
{
    if (status == ST_VERDICT_FAIL) {
        sized->pass = 0;
    } else if (status == ST_VERDICT_INDETERMINATE && sized->pass == 1) {
        sized->pass = -1;
    }
    if (sized->worst_rule == NULL || margin < sized->margin ||
        (isnan(sized->margin) && !isnan(margin))) {
        sized->worst_rule = rule;
        sized->margin = margin;
    }
}
