/* unit.h - the units that limits are written in, and what they are in SI.
 * Consumed by limits and assess; knows no statistic. */
#ifndef ST_MODEL_UNIT_H
#define ST_MODEL_UNIT_H

#include <stdbool.h>

#include "core/context.h"
#include "model/number.h"
#include "surgetank/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a number measures; its SI unit. */
typedef enum st_family {
    ST_FAMILY_NONE,
    ST_FAMILY_POWER,   /* W */
    ST_FAMILY_RAMP,    /* W/s */
    ST_FAMILY_SHARE,   /* 1 */
    ST_FAMILY_FLICKER, /* Pst */
    ST_FAMILY_TIME     /* s */
} st_family;

/* False for a word that is no unit. */
bool st_unit_parse(const char *word, st_unit *unit);
st_family st_unit_family(st_unit unit);
/* Adds the units of a family: the allowed words. */
void st_unit_words(st_family family, st_words *words);

/* True where the unit has no meaning without the nominal power of a site. */
bool st_unit_needs_nominal(st_unit unit);
/* True where it is relative to the largest valid load. */
bool st_unit_needs_peak(st_unit unit);

/* value_si (W, W/s, share, Pst or s) in `unit`; nominal_w and peak_w in W, used by the units that
 * need them; rounded to 15 digits, so that round numbers stay round. 0 stays 0 over any base. */
double st_unit_from_si(st_unit unit, double value_si, double nominal_w, double peak_w);
/* The inverse. */
double st_unit_to_si(st_unit unit, double value, double nominal_w, double peak_w);

/* The limit of a rule, in its own unit; of several (min_of) the one that is smallest in SI terms
 * binds, the first of equals. ST_ARGUMENT when the unit needs a nominal power and nominal_w is not
 * above 0, or when the rule has no limit. */
st_status st_limit_resolve(st_context *ctx, const st_rule *rule, double nominal_w, double peak_w,
                           double *limit, st_unit *unit);

#ifdef __cplusplus
}
#endif
#endif
