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

typedef struct st_statistic_row {
    const char *name;
    st_statistic_kind kind;
    st_family family;            /* of its value, so of its limit */
    unsigned required, optional; /* bits 1 << ST_PARAMETER_... */
} st_statistic_row;

/* NULL for a word that is no statistic of this version. */
const st_statistic_row *st_statistic_find(const char *name);
/* Adds all names: the allowed words. */
void st_statistic_words(st_words *words);
/* Adds the parameters that a statistic takes. */
void st_statistic_parameter_words(const st_statistic_row *row, st_words *words);

#ifdef __cplusplus
}
#endif
#endif
