/* unit.c - the one table of limit units, and the conversions it stands for.
 * Serves limits and assess; knows no statistic. */
#include "model/unit.h"

#include <math.h>
#include <string.h>

typedef enum base { BASE_NONE, BASE_NOMINAL, BASE_PEAK } base;

/* value = value_si * times / per / base. */
static const struct {
    const char *name;
    st_family family;
    base base;
    double times, per;
} table[ST_UNITS] = {
    [ST_UNIT_MW] = {"MW", ST_FAMILY_POWER, BASE_NONE, 1, 1e6},
    [ST_UNIT_MW_PER_MIN] = {"MW/min", ST_FAMILY_RAMP, BASE_NONE, 60, 1e6},
    [ST_UNIT_MW_PER_S] = {"MW/s", ST_FAMILY_RAMP, BASE_NONE, 1, 1e6},
    [ST_UNIT_PERCENT_NOMINAL] = {"percent_nominal", ST_FAMILY_POWER, BASE_NOMINAL, 100, 1},
    [ST_UNIT_PERCENT_PEAK] = {"percent_peak", ST_FAMILY_POWER, BASE_PEAK, 100, 1},
    [ST_UNIT_PERCENT_NOMINAL_PER_MIN] = {"percent_nominal/min", ST_FAMILY_RAMP, BASE_NOMINAL, 6000,
                                         1},
    [ST_UNIT_PERCENT_PEAK_PER_MIN] = {"percent_peak/min", ST_FAMILY_RAMP, BASE_PEAK, 6000, 1},
    [ST_UNIT_PERCENT] = {"percent", ST_FAMILY_SHARE, BASE_NONE, 100, 1},
    [ST_UNIT_RATIO] = {"ratio", ST_FAMILY_SHARE, BASE_NONE, 1, 1},
    [ST_UNIT_PST] = {"pst", ST_FAMILY_FLICKER, BASE_NONE, 1, 1},
    [ST_UNIT_SECONDS] = {"s", ST_FAMILY_TIME, BASE_NONE, 1, 1},
};

const char *st_unit_name(st_unit unit)
{
    return (size_t)unit < ST_UNITS ? table[unit].name : "unknown";
}

bool st_unit_parse(const char *word, st_unit *unit)
{
    for (int u = 0; u < ST_UNITS; u++) {
        if (strcmp(table[u].name, word) == 0) {
            *unit = (st_unit)u;
            return true;
        }
    }
    return false;
}

st_family st_unit_family(st_unit unit)
{
    return table[unit].family;
}

void st_unit_words(st_family family, st_words *words)
{
    for (int u = 0; u < ST_UNITS; u++) {
        if (table[u].family == family) {
            st_words_add(words, table[u].name);
        }
    }
}

bool st_unit_needs_nominal(st_unit unit)
{
    return table[unit].base == BASE_NOMINAL;
}

bool st_unit_needs_peak(st_unit unit)
{
    return table[unit].base == BASE_PEAK;
}

static double base_of(st_unit unit, double nominal_w, double peak_w)
{
    switch (table[unit].base) {
    case BASE_NOMINAL: return nominal_w;
    case BASE_PEAK: return peak_w;
    default: return 1;
    }
}

double st_unit_to_si(st_unit unit, double value, double nominal_w, double peak_w)
{
    return value * table[unit].per / table[unit].times * base_of(unit, nominal_w, peak_w);
}

/* To 15 digits, which a double holds for certain. A limit reached exactly passes, so 20 MW in 60 s
 * must be 20 MW/min and not 4e-15 more. */
static double rounded(double value)
{
    if (!(fabs(value) > 1e-200 && fabs(value) < 1e200)) {
        return value;
    }
    const double scale = pow(10, 14 - floor(log10(fabs(value))));
    return round(value * scale) / scale;
}

double st_unit_from_si(st_unit unit, double value_si, double nominal_w, double peak_w)
{
    if (value_si == 0) {
        return 0;
    }
    return rounded(value_si * table[unit].times /
                   (table[unit].per * base_of(unit, nominal_w, peak_w)));
}

st_status st_limit_resolve(st_context *ctx, const st_rule *rule, double nominal_w, double peak_w,
                           double *limit, st_unit *unit)
{
    double smallest_si = 0;
    if (rule->n_limits == 0) {
        return st_fail(ctx, ST_ARGUMENT, "rule %s has no limit", rule->id);
    }
    for (size_t i = 0; i < rule->n_limits; i++) {
        const st_limit *one = &rule->limits[i];
        if (st_unit_needs_nominal(one->unit) && !(nominal_w > 0)) {
            return st_fail(ctx, ST_ARGUMENT,
                           "rule %s: its limit is in %s, which needs a site with its nominal power",
                           rule->id, st_unit_name(one->unit));
        }
        const double si = st_unit_to_si(one->unit, one->value, nominal_w, peak_w);
        if (i == 0 || si < smallest_si) {
            smallest_si = si;
            *limit = one->value;
            *unit = one->unit;
        }
    }
    return ST_OK;
}
