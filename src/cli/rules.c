/* rules.c - an operator's rule in words.
 * Says what assess will do; does nothing of it. */
#include "cli/rules.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/format.h"
#include "cli/verdicts.h"

static const double edge_share =
    0.45; /* of the rate: what a rule looks at lies below (METHODS 8) */
static const double shortest_s = 1e-6; /* of a record that is worth a word */

static const char *direction_words(st_direction direction)
{
    return direction == ST_UP ? "upwards" : direction == ST_DOWN ? "downwards" : "up or down";
}

/* The statistic without its filter. */
static void measure_words(char out[CLI_RULE_WORDS], const st_statistic *s)
{
    char a[CLI_NUMBER], b[CLI_NUMBER], c[CLI_NUMBER];
    switch (s->kind) {
    case ST_STAT_ROLLING_RANGE:
        snprintf(out, CLI_RULE_WORDS, "largest minus smallest value within any %s",
                 cli_seconds(a, s->window_s));
        return;
    case ST_STAT_CHANGE:
        snprintf(out, CLI_RULE_WORDS, "largest change over %s, %s", cli_seconds(a, s->lag_s),
                 direction_words(s->direction));
        return;
    case ST_STAT_MEAN_RAMP:
        snprintf(out, CLI_RULE_WORDS, "largest mean ramp over any %s, %s",
                 cli_seconds(a, s->window_s), direction_words(s->direction));
        return;
    case ST_STAT_SLOPE_IF:
        snprintf(out, CLI_RULE_WORDS, "slope of changes above %s within any %s",
                 cli_power(a, s->threshold_w), cli_seconds(b, s->window_s));
        return;
    case ST_STAT_RAMP_PERCENTILE:
        snprintf(out, CLI_RULE_WORDS, "percentile %s of the ramps between means over %s",
                 cli_number(a, s->percentile), cli_seconds(b, s->average_s));
        return;
    case ST_STAT_BAND_AMPLITUDE:
        snprintf(out, CLI_RULE_WORDS, "amplitude of what lies between %s and %s, over any %s",
                 cli_frequency(a, s->low_hz), cli_frequency(b, s->high_hz),
                 cli_seconds(c, s->window_s));
        return;
    case ST_STAT_LINE_AMPLITUDE:
        snprintf(out, CLI_RULE_WORDS, "amplitude of the strongest line from %s to %s in any %s",
                 cli_frequency(a, s->low_hz), cli_frequency(b, s->high_hz),
                 cli_seconds(c, s->window_s));
        return;
    case ST_STAT_ENERGY_SHARE:
        snprintf(out, CLI_RULE_WORDS, "share of the spectrum's %s from %s to %s",
                 s->form == ST_FORM_ENERGY ? "energy" : "amplitude", cli_frequency(a, s->low_hz),
                 cli_frequency(b, s->high_hz));
        return;
    case ST_STAT_LEVEL: snprintf(out, CLI_RULE_WORDS, "largest power"); return;
    case ST_STAT_RECOVERY:
        snprintf(out, CLI_RULE_WORDS, "time after a trip to %s of the load before it",
                 cli_percent(a, s->share));
        return;
    case ST_STAT_FLICKER:
        snprintf(out, CLI_RULE_WORDS, "short-term flicker Pst (IEC 61000-4-15), %s lamp, at %s A",
                 s->lamp == ST_LAMP_120V60 ? "120 V" : "230 V", cli_power(a, s->short_circuit_va));
        return;
    case ST_STAT_VOLTAGE_CHANGE:
        snprintf(out, CLI_RULE_WORDS, "range of the voltage within any %s, at %s A",
                 cli_seconds(a, s->window_s), cli_power(b, s->short_circuit_va));
        return;
    case ST_STAT_NONE:
    case ST_STAT_KINDS: break;
    }
    snprintf(out, CLI_RULE_WORDS, "nothing: listed, not judged");
}

char *cli_statistic_words(char out[CLI_RULE_WORDS], const st_rule *rule)
{
    char low[CLI_NUMBER], high[CLI_NUMBER];
    measure_words(out, &rule->statistic);
    if (rule->filter_high_hz > 0) {
        const size_t used = strlen(out);
        snprintf(out + used, CLI_RULE_WORDS - used, ", after a band-pass from %s to %s",
                 cli_frequency(low, rule->filter_low_hz),
                 cli_frequency(high, rule->filter_high_hz));
    }
    return out;
}

char *cli_limit_words(char out[CLI_RULE_WORDS], const st_rule *rule)
{
    size_t used = 0;
    snprintf(out, CLI_RULE_WORDS, "no number");
    for (size_t i = 0; i < rule->n_limits && i < ST_LIMITS_PER_RULE && used < CLI_RULE_WORDS; i++) {
        char value[CLI_VALUE];
        used += (size_t)snprintf(
            out + used, CLI_RULE_WORDS - used, "%s%s", i > 0 ? " or " : "",
            cli_value_words(value, rule->limits[i].value, st_unit_name(rule->limits[i].unit)));
    }
    if (rule->n_limits > 1 && used < CLI_RULE_WORDS) {
        snprintf(out + used, CLI_RULE_WORDS - used, ", whichever is smaller");
    }
    return out;
}

char *cli_needs_words(char out[CLI_RULE_WORDS], const st_rule *rule)
{
    char rate[CLI_NUMBER], length[CLI_NUMBER], share[CLI_NUMBER];
    size_t used = 0;
    st_rule_need need;
    /* windows are a sample more than they say: at the rate stated, else next to nothing */
    st_rule_needs(rule, rule->needs_rate_hz > 0 ? (int64_t)fmax(1e9 / rule->needs_rate_hz, 1) : 1,
                  &need);
    const double above_hz = need.edge_hz / edge_share;
    out[0] = '\0';
    if (need.rate_hz > 0 || above_hz > 0) {
        used += (size_t)snprintf(out, CLI_RULE_WORDS, "sampled %s %s",
                                 above_hz > need.rate_hz ? "above" : "at",
                                 cli_frequency(rate, fmax(above_hz, need.rate_hz)));
    }
    if (need.duration_s > shortest_s) {
        used += (size_t)snprintf(out + used, CLI_RULE_WORDS - used, "%sa record of %s",
                                 used > 0 ? ", " : "", cli_seconds(length, need.duration_s));
    }
    if (need.coverage > 0) {
        snprintf(out + used, CLI_RULE_WORDS - used, "%s%s of it valid", used > 0 ? ", " : "",
                 cli_percent(share, need.coverage));
    }
    return out;
}

char *cli_obstacle(char out[CLI_RULE_WORDS], const st_rule *rule, int64_t period_ns,
                   double duration_s)
{
    char number[CLI_NUMBER];
    const double rate_hz = 1e9 / (double)period_ns;
    st_rule_need need;
    st_rule_needs(rule, period_ns, &need);
    out[0] = '\0';
    if (rate_hz * (1 + 1e-6) < need.rate_hz) {
        snprintf(out, CLI_RULE_WORDS, "needs %s", cli_frequency(number, need.rate_hz));
    } else if (need.edge_hz > 0 && need.edge_hz >= edge_share * rate_hz) {
        snprintf(out, CLI_RULE_WORDS, "looks up to %s", cli_frequency(number, need.edge_hz));
    } else if (duration_s < need.duration_s - 0.5e-9 * (double)period_ns) {
        snprintf(out, CLI_RULE_WORDS, "needs %s", cli_seconds(number, need.duration_s));
    }
    return out;
}
