/* size.c - the sentence of sizing: read -> detect -> sweep -> respond -> assess -> write.
 * It knows the order, which battery is chosen, and what is to be said about the others. */
#include "surgetank/sizing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "engine/sizing.h"
#include "respond/prime.h"

typedef struct sizing {
    const st_sizing *asked;
    st_analysis analysis; /* the run that carries the chosen battery */
    st_run run;
    st_grid grid;
    st_sized_rules rules;
    st_exact exact;
    st_map map;
    size_t best[ST_SIZING_RESPONSES]; /* candidate, SIZE_MAX = none */
    size_t row[ST_SIZING_RESPONSES];  /* the same; where none, the one that comes closest */
    size_t chosen;                    /* candidate, SIZE_MAX = the site as it is */
    st_site site;                     /* with the chosen battery */
    st_stage *stages;
    char name[256];
} sizing;

/* ---- before ------------------------------------------------------------------------------------ */

static st_status open_sizing(st_context *ctx, sizing *s)
{
    const st_sizing *asked = s->asked;
    ST_TRY(st_grid_open(ctx, asked, &s->grid));
    s->analysis = (st_analysis){.trace = asked->trace,
                                .site = asked->site,
                                .limits = asked->limits,
                                .settings = asked->settings,
                                .backend = asked->backend,
                                .output = asked->output,
                                .command_line = asked->command_line};
    s->run.asked = &s->analysis;
    ST_TRY(st_run_open(ctx, &s->run));
    const st_limits *const sets[] = {s->run.site_rules, asked->limits};
    return st_sized_rules_any(ctx, sets, 2);
}

/* Per unit of the largest load, relative to its first valid sample. */
static st_status open_rules(st_context *ctx, sizing *s)
{
    st_status status = ST_OK;
    st_prime prime;
    void *block;
    ST_TRY(st_alloc(ctx, ST_RESPOND_BLOCK, sizeof(double), "the first of the load", &block));
    status = st_prime_find(ctx, &s->run.seen, 0.0, s->run.plan->period_ns, block, &prime);
    st_free(block);
    ST_TRY(status);
    const double base_w = s->run.peak_w > 0.0 ? s->run.peak_w : s->asked->site->nominal_w;
    return st_sized_rules_open(ctx, &s->run, base_w, prime.first_w, &s->rules);
}

/* ---- the map ------------------------------------------------------------------------------------- */

static st_status fill_columns(st_context *ctx, sizing *s)
{
    st_result *result = &s->run.result;
    const st_grid *grid = &s->grid;
    st_sizing_columns *to = &result->sizing;
    void *block;
    result->size[ST_AXIS_CANDIDATE] = grid->n_candidates;
    result->size[ST_AXIS_RESPONSE] = grid->n_responses;
    ST_TRY(st_columns_allocate(ctx, &s->run.columns, "sizing", result));
    ST_TRY(st_columns_take(ctx, &s->run.columns, grid->n_candidates, sizeof(char *),
                           "binding rules", &block));
    to->worst_rule = block;
    ST_TRY(st_columns_take(ctx, &s->run.columns, grid->n_responses, sizeof(char *), "reasons",
                           &block));
    to->why = block;
    for (size_t i = 0; i < grid->n_candidates; i++) {
        const st_sized *sized = &s->map.sized[s->map.cell[i]];
        const int64_t units = st_grid_units(grid, i);
        const size_t control = st_grid_control(grid, i);
        to->units[i] = units;
        to->power_w[i] = (double)units * grid->stage.power_w;
        to->energy_j[i] = (double)units * grid->stage.energy_j;
        to->response_s[i] = grid->response_s[st_grid_response(grid, i)];
        to->tau_s[i] = grid->tau_s[control];
        to->ramp_up_w_per_s[i] = grid->ramp_up_w_per_s[control];
        to->ramp_down_w_per_s[i] = grid->ramp_down_w_per_s[control];
        to->ramp_w_per_s[i] = fmin(to->ramp_up_w_per_s[i], to->ramp_down_w_per_s[i]);
        to->pass[i] = sized->pass;
        to->worst_rule[i] = sized->worst_rule;
        to->margin[i] = sized->margin;
        to->cost_usd[i] = (double)units * grid->stage.price_usd;
    }
    st_sized_rows(grid, &s->map, s->best, s->row);
    for (size_t r = 0; r < grid->n_responses; r++) {
        to->best_candidate[r] = (int64_t)s->row[r];
        to->best_response_s[r] = grid->response_s[r];
        to->best_units[r] = s->best[r] == SIZE_MAX ? -1 : st_grid_units(grid, s->best[r]);
    }
    return ST_OK;
}

/* Batteries that never reach a limit draw as one. */
static void tell_sweep(st_context *ctx, const sizing *s, size_t rerun, size_t replaced)
{
    char again[128] = "none was near enough to passing to be run again";
    if (rerun > 0 && replaced == 0) {
        snprintf(again, sizeof again, "the %zu that decide were run again in float64 and agree",
                 rerun);
    } else if (rerun > 0) {
        snprintf(again, sizeof again,
                 "the %zu that decide were run again in float64, which changed the verdict of %zu",
                 rerun, replaced);
    }
    st_notice(ctx, "sizing: %zu candidates draw in %zu different ways; %s", s->grid.n_candidates,
              s->map.swept, again);
}

static st_status sweep(st_context *ctx, sizing *s)
{
    size_t rerun = 0, replaced = 0;
    ST_TRY(open_rules(ctx, s));
    ST_TRY(st_sized_rules_weigh(ctx, &s->run, &s->rules));
    ST_TRY(st_exact_open(ctx, &s->run, &s->grid, &s->rules, &s->exact));
    ST_TRY(st_map_sweep(ctx, &s->run, &s->grid, &s->rules, &s->map));
    ST_TRY(st_exact_judge(ctx, &s->exact, NULL, &s->map.sized[0]));
    ST_TRY(st_exact_frontier(ctx, &s->exact, &s->grid, &s->map, s->best, &rerun, &replaced));
    tell_sweep(ctx, s, rerun, replaced);
    ST_TRY(fill_columns(ctx, s));
    return st_sized_why(ctx, &s->exact, &s->map, s->best, s->row, s->run.result.sizing.why);
}

/* ---- the chosen one ---------------------------------------------------------------------------------- */

/* Fewest units; of equals the slowest response, which is the easiest to build. */
static void choose(sizing *s)
{
    s->chosen = SIZE_MAX;
    for (size_t r = 0; r < s->grid.n_responses; r++) {
        if (s->best[r] != SIZE_MAX &&
            (s->chosen == SIZE_MAX ||
             st_grid_units(&s->grid, s->best[r]) <= st_grid_units(&s->grid, s->chosen))) {
            s->chosen = s->best[r];
        }
    }
}

/* The site with the chosen battery in place of its own; without one where none is needed. */
static st_status put_stages(st_context *ctx, sizing *s)
{
    const st_grid *grid = &s->grid;
    const st_site *site = s->asked->site;
    const size_t response = st_grid_response(grid, s->chosen);
    const size_t control = st_grid_control(grid, s->chosen);
    const int64_t units = st_grid_units(grid, s->chosen);
    void *block;
    ST_TRY(st_alloc(ctx, site->n_stages + 1, sizeof(st_stage), "the stages of a site", &block));
    s->stages = block;
    s->site = *site;
    s->site.stages = s->stages;
    s->site.n_stages = 0;
    snprintf(s->name, sizeof s->name, "%.128s: %lld x %.64s, %g ms", grid->stage.name,
             (long long)units, grid->stage.unit, grid->response_s[response] * 1e3);
    for (size_t i = 0; i <= site->n_stages; i++) {
        if (i == grid->place && units > 0) {
            st_stage *chosen = &s->stages[s->site.n_stages++];
            *chosen = st_grid_stage(grid, response, control, units);
            chosen->name = s->name;
        }
        if (i != grid->place && i < site->n_stages) {
            s->stages[s->site.n_stages++] = site->stages[i];
        }
    }
    s->analysis.site = &s->site;
    return ST_OK;
}

static st_status put_chosen(st_context *ctx, sizing *s)
{
    if (s->chosen == SIZE_MAX) {
        st_notice(ctx, "no candidate passes: load, draw and verdicts are those of the site as it "
                       "is given");
        return ST_OK;
    }
    ST_TRY(put_stages(ctx, s));
    if (s->map.sized[s->map.cell[s->chosen]].pass < 0) {
        st_notice(ctx,
                  "%s: no rule FAILs, but the recording leaves some INDETERMINATE: see the "
                  "reasons of the verdicts",
                  st_grid_units(&s->grid, s->chosen) > 0 ? s->name : "without a battery");
    }
    return ST_OK;
}

st_status st_size(st_context *ctx, const st_sizing *asked)
{
    st_status status = ST_OK;
    sizing *s = NULL;
    void *block;
    ST_TRY(st_alloc(ctx, 1, sizeof *s, "a sizing", &block));
    s = block;
    s->asked = asked;
    ST_GOTO(status, open_sizing(ctx, s));
    ST_GOTO(status, st_run_detect(ctx, &s->run));
    ST_GOTO(status, sweep(ctx, s));
    choose(s);
    ST_GOTO(status, put_chosen(ctx, s));
    ST_GOTO(status, st_run_respond(ctx, &s->run));
    ST_GOTO(status, st_run_assess(ctx, &s->run));
    ST_GOTO(status, st_run_write(ctx, &s->run));
done:
    st_exact_close(&s->exact);
    st_map_close(&s->map);
    st_sized_rules_close(&s->rules);
    st_grid_close(&s->grid);
    st_run_close(&s->run);
    st_free(s->stages);
    st_free(s);
    return status;
}
