/* site_rules.c - generation entries become rules.
 * Serves assess; knows no statistic's formula. */
#include "model/site_rules.h"

#include <math.h>

#include "core/memory.h"
#include "model/unit.h"

enum { RAMP_WINDOW_S = 60 };
/* A level needs no window. Modest on purpose: one sample, or one a minute, shows no level kept. */
enum { LEVEL_RATE_HZ = 1, LEVEL_DURATION_S = 1 };

static st_status fill_rule(st_context *ctx, const st_site *site, const char *id, const char *text,
                           st_rule *rule)
{
    ST_TRY(st_copy_text(ctx, id, &rule->id));
    ST_TRY(st_copy_text(ctx, site->source, &rule->source));
    ST_TRY(st_copy_text(ctx, "practice", &rule->status));
    ST_TRY(st_copy_text(ctx, text, &rule->text));
    ST_TRY(st_copy_text(ctx, site->path, &rule->file));
    rule->line = 1;
    rule->point = ST_POINT_DRAW;
    rule->n_limits = 1;
    rule->needs_coverage = 0.99;
    return ST_OK;
}

/* Rounded as values are, so that a draw which moves exactly as fast as the sum of the ramps passes. */
static st_limit limit_of(st_unit unit, double value_si)
{
    return (st_limit){st_unit_from_si(unit, value_si, (double)NAN, (double)NAN), unit};
}

static st_status add_rules(st_context *ctx, const st_site *site, st_limits *limits)
{
    double power_w = 0, ramp_w_per_s = 0;
    for (size_t i = 0; i < site->n_generation; i++) {
        power_w += site->generation[i].power_w;
        ramp_w_per_s += site->generation[i].ramp_w_per_s; /* NaN where one is not stated */
    }
    st_rule *level = &limits->rules[limits->n_rules++];
    ST_TRY(fill_rule(ctx, site, "SITE/level",
                     "The site draws no more than its generation and substations give together.",
                     level));
    level->statistic.kind = ST_STAT_LEVEL;
    level->needs_rate_hz = LEVEL_RATE_HZ;
    level->needs_duration_s = LEVEL_DURATION_S;
    level->limits[0] = limit_of(ST_UNIT_MW, power_w);
    if (isnan(ramp_w_per_s)) {
        return ST_OK;
    }
    st_rule *ramp = &limits->rules[limits->n_rules++];
    ST_TRY(fill_rule(ctx, site, "SITE/ramp",
                     "The draw, over 60 s, moves no faster than its generation can follow.", ramp));
    ramp->statistic.kind = ST_STAT_MEAN_RAMP;
    ramp->statistic.window_s = RAMP_WINDOW_S;
    ramp->statistic.direction = ST_BOTH;
    ramp->needs_duration_s = 2 * RAMP_WINDOW_S;
    ramp->limits[0] = limit_of(ST_UNIT_MW_PER_MIN, ramp_w_per_s);
    return ST_OK;
}

st_status st_site_rules(st_context *ctx, const st_site *site, st_limits **out)
{
    st_status status = ST_OK;
    void *block = NULL, *rules = NULL;
    st_limits *limits = NULL;
    *out = NULL;
    ST_GOTO(status, st_alloc(ctx, 1, sizeof *limits, "the rules of a site", &block));
    limits = block;
    ST_GOTO(status, st_alloc(ctx, 2, sizeof *limits->rules, "the rules of a site", &rules));
    limits->rules = rules;
    ST_GOTO(status, st_copy_text(ctx, "SITE", &limits->name));
    ST_GOTO(status, st_copy_text(ctx, site->title, &limits->title));
    ST_GOTO(status, st_copy_text(ctx, "", &limits->yaml));
    if (site->n_generation > 0) {
        ST_GOTO(status, add_rules(ctx, site, limits));
    }
    *out = limits;
    limits = NULL;
done:
    st_limits_destroy(limits);
    return status;
}
