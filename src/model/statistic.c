/* statistic.c - the one table of statistics.
 * Serves limits and assess; knows no formula. */
#include "model/statistic.h"

#include <string.h>

#define ROW(key_, member, si_, low_, above_, high_, unit_) \
    {                                                      \
        .key = #key_,                                      \
        .range = {low_, high_, above_, unit_},             \
        .si = si_,                                         \
        .offset = offsetof(st_statistic, member),          \
    },
/* clang-format off */
const st_parameter st_parameters[ST_PARAMETER_KINDS] = {
    ST_PARAMETERS(ROW)
    [ST_PARAMETER_direction] = {.key = "direction"},
    [ST_PARAMETER_form] = {.key = "form"},
    [ST_PARAMETER_lamp] = {.key = "lamp"},
};
/* clang-format on */
#undef ROW

#define BIT(key) (1u << ST_PARAMETER_##key)

static const st_statistic_row table[] = {
    {"none", ST_STAT_NONE, ST_FAMILY_NONE, 0, 0},
    {"rolling_range", ST_STAT_ROLLING_RANGE, ST_FAMILY_POWER, BIT(window_s), 0},
    {"change", ST_STAT_CHANGE, ST_FAMILY_POWER, BIT(lag_s), BIT(direction)},
    {"mean_ramp", ST_STAT_MEAN_RAMP, ST_FAMILY_RAMP, BIT(window_s), BIT(direction)},
    {"slope_if", ST_STAT_SLOPE_IF, ST_FAMILY_RAMP, BIT(threshold_mw) | BIT(window_s), 0},
    {"ramp_percentile", ST_STAT_RAMP_PERCENTILE, ST_FAMILY_RAMP, BIT(average_s) | BIT(percentile),
     0},
    {"band_amplitude", ST_STAT_BAND_AMPLITUDE, ST_FAMILY_POWER,
     BIT(low_hz) | BIT(high_hz) | BIT(window_s), 0},
    {"line_amplitude", ST_STAT_LINE_AMPLITUDE, ST_FAMILY_POWER,
     BIT(low_hz) | BIT(high_hz) | BIT(window_s), 0},
    {"energy_share", ST_STAT_ENERGY_SHARE, ST_FAMILY_SHARE, BIT(low_hz) | BIT(high_hz) | BIT(form),
     0},
    {"level", ST_STAT_LEVEL, ST_FAMILY_POWER, 0, 0},
    {"recovery", ST_STAT_RECOVERY, ST_FAMILY_TIME, BIT(share) | BIT(within_s), 0},
    {"flicker", ST_STAT_FLICKER, ST_FAMILY_FLICKER,
     BIT(short_circuit_mva) | BIT(grid_angle_deg) | BIT(lamp), 0},
    {"voltage_change", ST_STAT_VOLTAGE_CHANGE, ST_FAMILY_SHARE,
     BIT(short_circuit_mva) | BIT(grid_angle_deg) | BIT(window_s), 0},
};

enum { ROWS = sizeof table / sizeof table[0] };

const st_statistic_row *st_statistic_find(const char *name)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

const char *st_statistic_name(st_statistic_kind kind)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (table[i].kind == kind) {
            return table[i].name;
        }
    }
    return "unknown";
}

void st_statistic_words(st_words *words)
{
    for (size_t i = 0; i < ROWS; i++) {
        st_words_add(words, table[i].name);
    }
}

void st_statistic_parameter_words(const st_statistic_row *row, st_words *words)
{
    st_words_add(words, "kind");
    for (unsigned p = 0; p < ST_PARAMETER_KINDS; p++) {
        if (((row->required | row->optional) >> p & 1) != 0) {
            st_words_add(words, st_parameters[p].key);
        }
    }
}
