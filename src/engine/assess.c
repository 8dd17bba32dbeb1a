/* assess.c - the narrow stage that holds load and draw against the operators' rules. */
#include "assess/assess.h"

#include <math.h>

#include "detect/point.h"
#include "engine/run.h"
#include "model/unit.h"

enum { RULE_SETS = 2 }; /* the site's own, and the operators' */

/* The columns of text; their strings are borrowed from the rules or lie in run->texts. */
static st_status take_texts(st_context *ctx, st_run *run, size_t rows)
{
    const char ***const columns[] = {&run->result.verdicts.rule, &run->result.verdicts.unit,
                                     &run->result.verdicts.reason};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        void *block;
        ST_TRY(st_columns_take(ctx, &run->columns, rows, sizeof(char *), "verdict texts", &block));
        *columns[i] = block;
    }
    return st_arena_open(ctx, st_assess_text_bytes(rows), "the reasons of the verdicts",
                         &run->texts);
}

/* Spectra and envelopes of both points. */
static st_status describe(st_context *ctx, st_run *run)
{
    ST_TRY(st_columns_allocate(ctx, &run->columns, "load", &run->result));
    ST_TRY(st_columns_allocate(ctx, &run->columns, "draw", &run->result));
    return st_points_describe(ctx, run->plan, &run->load, &run->draw, &run->result);
}

st_status st_run_assess(st_context *ctx, st_run *run)
{
    const st_site *site = run->asked->site;
    const st_limits *const sets[RULE_SETS] = {run->site_rules, run->asked->limits};
    const size_t rows = st_assess_rows(sets, RULE_SETS);
    const st_assess_input input = {.load = &run->load,
                                   .draw = &run->draw,
                                   .period_ns = run->plan->period_ns,
                                   .start_ns = run->plan->start_ns,
                                   .coverage = run->coverage,
                                   .nominal_w = site != NULL ? site->nominal_w : (double)NAN,
                                   .peak_w = run->peak_w,
                                   .threads = run->plan->threads};
    ST_TRY(st_progress(ctx, "assess", 0.0, (double)run->plan->samples, "samples"));
    ST_TRY(describe(ctx, run));
    run->result.size[ST_AXIS_VERDICT] = rows;
    if (rows == 0) {
        return ST_OK;
    }
    ST_TRY(st_columns_allocate(ctx, &run->columns, "verdicts", &run->result));
    ST_TRY(take_texts(ctx, run, rows));
    return st_assess(ctx, sets, RULE_SETS, &input, &run->texts, &run->result.verdicts);
}
