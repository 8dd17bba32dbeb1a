/* statistic.h - which statistics a rule may ask for, and the parameters each of them takes.
 * Consumed by limits (what is allowed) and assess (what is computed); knows no formula. */
#ifndef ST_MODEL_STATISTIC_H
#define ST_MODEL_STATISTIC_H

#include "model/unit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers of `statistic: {...}`: key, member of st_statistic, SI value of one, range, unit. */
#define ST_PARAMETERS(X)                                             \
    X(window_s, window_s, 1, 0, true, 1e6, "s")                      \
    X(lag_s, lag_s, 1, 0, true, 1e6, "s")                            \
    X(average_s, average_s, 1, 0, true, 1e6, "s")                    \
    X(threshold_mw, threshold_w, 1e6, 0, false, 1e7, "MW")           \
    X(percentile, percentile, 1, 0, false, 100, "percent")           \
    X(low_hz, low_hz, 1, 0, true, 1e6, "Hz")                         \
    X(high_hz, high_hz, 1, 0, true, 1e6, "Hz")                       \
    X(share, share, 1, 0, true, 1, "")                               \
    X(within_s, within_s, 1, 0, true, 1e6, "s")                      \
    X(short_circuit_mva, short_circuit_va, 1e6, 0, true, 1e9, "MVA") \
    X(grid_angle_deg, grid_angle_deg, 1, 0, false, 89.9, "degrees")

#define ST_PARAMETER_ENUM(key, member, si, low, above, high, unit) ST_PARAMETER_##key,
enum {
    ST_PARAMETERS(ST_PARAMETER_ENUM) ST_PARAMETER_NUMBERS,
    /* the words */
    ST_PARAMETER_direction = ST_PARAMETER_NUMBERS,
    ST_PARAMETER_form,
    ST_PARAMETER_lamp,
    ST_PARAMETER_KINDS
};

typedef struct st_parameter {
    const char *key;
    st_range range;
    double si;     /* value in the file times this is SI */
    size_t offset; /* of the double in st_statistic */
} st_parameter;

/* [ST_PARAMETER_KINDS]; the words have a key only. */
extern const st_parameter st_parameters[];

/* All statistics: word, kind, family of its value, parameters it needs, parameters it may have. */
#define ST_TAKES(key) (1u << ST_PARAMETER_##key)
#define ST_BAND       (ST_TAKES(low_hz) | ST_TAKES(high_hz))
#define ST_GRID       (ST_TAKES(short_circuit_mva) | ST_TAKES(grid_angle_deg))
/* clang-format off */
#define ST_STATISTICS(X)                                                                          \
    X(none, NONE, NONE, 0, 0)                                                                     \
    X(rolling_range, ROLLING_RANGE, POWER, ST_TAKES(window_s), 0)                                 \
    X(change, CHANGE, POWER, ST_TAKES(lag_s), ST_TAKES(direction))                                \
    X(mean_ramp, MEAN_RAMP, RAMP, ST_TAKES(window_s), ST_TAKES(direction))                        \
    X(slope_if, SLOPE_IF, RAMP, ST_TAKES(threshold_mw) | ST_TAKES(window_s), 0)                   \
    X(ramp_percentile, RAMP_PERCENTILE, RAMP, ST_TAKES(average_s) | ST_TAKES(percentile), 0)      \
    X(band_amplitude, BAND_AMPLITUDE, POWER, ST_BAND | ST_TAKES(window_s), 0)                     \
    X(line_amplitude, LINE_AMPLITUDE, POWER, ST_BAND | ST_TAKES(window_s), 0)                     \
    X(energy_share, ENERGY_SHARE, SHARE, ST_BAND | ST_TAKES(form), 0)                             \
    X(level, LEVEL, POWER, 0, 0)                                                                  \
    X(recovery, RECOVERY, TIME, ST_TAKES(share) | ST_TAKES(within_s), 0)                          \
    X(flicker, FLICKER, FLICKER, ST_GRID | ST_TAKES(lamp), 0)                                     \
    X(voltage_change, VOLTAGE_CHANGE, SHARE, ST_GRID | ST_TAKES(window_s), 0)
/* clang-format on */

typedef struct st_statistic_row {
    const char *name;
    st_statistic_kind kind;
    st_family family;            /* of its value, so of its limit */
    unsigned required, optional; /* bits ST_TAKES(...) */
} st_statistic_row;

const st_statistic_row *st_statistic_row_of(st_statistic_kind kind);
/* Adds the parameters that a statistic takes. */
void st_statistic_parameter_words(const st_statistic_row *row, st_words *words);

#ifdef __cplusplus
}
#endif
#endif
