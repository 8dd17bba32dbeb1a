/* site_rules.h - the rules that a site's own generation makes: SITE/level and SITE/ramp.
 * Consumed by assess like any other rules. */
#ifndef ST_MODEL_SITE_RULES_H
#define ST_MODEL_SITE_RULES_H

#include "core/context.h"
#include "surgetank/limits.h"
#include "surgetank/site.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Both at the draw: the level up to the sum of power, which needs 1 s at 1 Hz; the mean ramp over
 * 60 s up to the sum of ramps where every entry states one, which needs two windows. No generation,
 * no rules (n_rules 0). */
st_status st_site_rules(st_context *ctx, const st_site *site, st_limits **out);

#ifdef __cplusplus
}
#endif
#endif
