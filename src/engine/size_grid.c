/* size_grid.c - the candidates: units x response times x controls of the site's battery field. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/sizing.h"
#include "model/parse.h"
#include "model/unit_type.h"

static const double usual_response_s[] = {0.002, 0.005, 0.010, 0.020, 0.050, 0.100, 0.250, 0.500};
enum { USUAL_RESPONSES = sizeof usual_response_s / sizeof usual_response_s[0] };
enum { SINGLE_COUNTS = 2000, COUNTS_WITHOUT_SITE = 1000 };

/* The stage that is sized: the first one at the site, or NULL. */
static const st_stage *site_stage(const st_site *site)
{
    for (size_t s = 0; site != NULL && s < site->n_stages; s++) {
        if (site->stages[s].place == ST_PLACE_SITE) {
            return &site->stages[s];
        }
    }
    return NULL;
}

void st_sizing_units(const st_site *site, const char *unit, int64_t *first, int64_t *last,
                     int64_t *step)
{
    const st_stage *stage = site_stage(site);
    const bool counted = stage != NULL && stage->units > 0 &&
                         (unit == NULL || (stage->unit != NULL && strcmp(unit, stage->unit) == 0));
    *first = 0;
    *last = counted ? 2 * stage->units : COUNTS_WITHOUT_SITE;
    *step = (*last + SINGLE_COUNTS - 1) / SINGLE_COUNTS;
}

/* ---- the unit ---------------------------------------------------------------------------------- */

/* A stage of one such unit, with the defaults of site files. */
static st_status look_up_unit(st_context *ctx, const st_sizing *asked, st_site **site)
{
    static const char form[] = "name: sizing\nnominal_mw: 1\ngpus: 1\nracks: 1\n"
                               "replicate: lockstep\nsource: assumed\nstorage:\n"
                               "  - name: battery\n    place: site\n    unit: \"%s\"\n"
                               "    units: 1\n    control: {mode: smooth}\n"
                               "    source: assumed\n";
    char text[1024];
    ST_TRY(st_unit_types_check(ctx, asked->data_dir, asked->unit));
    const int n = snprintf(text, sizeof text, form, asked->unit);
    if (n < 0 || (size_t)n >= sizeof text) {
        return st_fail(ctx, ST_ARGUMENT, "unit: a name of at most 64 letters is allowed");
    }
    return st_site_parse(ctx, "the unit to size with", text, (size_t)n, asked->data_dir, site);
}

static st_status check_stages(st_context *ctx, const st_sizing *asked)
{
    const st_site *site = asked->site;
    if (site == NULL) {
        return st_fail(ctx, ST_ARGUMENT, "size: a site is needed; it says what a battery is for");
    }
    if (site_stage(site) == NULL && asked->unit == NULL) {
        return st_fail(ctx, ST_ARGUMENT,
                       "%s: %s; name the unit type of a battery field to size (--unit-type "
                       "megapack-2xl-4h), or add a storage stage with `place: site`, `unit` and "
                       "`units`",
                       site->path,
                       site->n_stages > 0
                           ? "its storage is at the racks, and what is sized stands at the site"
                           : "the site has no battery");
    }
    if (asked->settings != NULL && asked->settings->storage_model == ST_MODEL_LINEAR) {
        return st_fail(ctx, ST_ARGUMENT,
                       "storage_model: found linear, in which no count is too small; allowed for "
                       "sizing: constrained");
    }
    return ST_OK;
}

/* One unit of `unit` in the place of `stage`, the site's own; NULL: behind all stages. */
static void put_unit(const st_site *site, const st_stage *stage, const st_stage *unit,
                     st_grid *grid)
{
    grid->stage = stage != NULL ? *stage : *unit;
    grid->stage.unit = unit->unit;
    grid->stage.power_w = unit->power_w / (double)unit->units;
    grid->stage.energy_j = unit->energy_j / (double)unit->units;
    grid->stage.price_usd = unit->price_usd;
    grid->stage.efficiency_charge = unit->efficiency_charge;
    grid->stage.efficiency_discharge = unit->efficiency_discharge;
    grid->stage.units = 1;
    grid->place = stage != NULL ? (size_t)(stage - site->stages) : site->n_stages;
    grid->behind = stage != NULL ? stage + 1 : NULL;
    grid->n_behind = stage != NULL ? site->n_stages - grid->place - 1 : 0;
}

static st_status take_stage(st_context *ctx, const st_sizing *asked, st_grid *grid)
{
    const st_stage *stage = site_stage(asked->site);
    ST_TRY(check_stages(ctx, asked));
    if (asked->unit != NULL) {
        ST_TRY(look_up_unit(ctx, asked, &grid->assumed));
        put_unit(asked->site, stage, &grid->assumed->stages[0], grid);
        return ST_OK;
    }
    if (stage->unit == NULL || stage->units < 1) {
        return st_fail(ctx, ST_ARGUMENT,
                       "%s: storage '%s': found power and energy of the whole field; sizing counts "
                       "units: state `unit` and `units`, or name a unit type (--unit-type)",
                       asked->site->path, stage->name);
    }
    put_unit(asked->site, stage, stage, grid);
    return ST_OK;
}

/* ---- the axes ---------------------------------------------------------------------------------- */

/* Rising and in (or at) range; what: "tau". */
static st_status check_axis(st_context *ctx, const char *what, const double *values, size_t n,
                            size_t most, bool zero, const char *unit)
{
    if (n > most) {
        return st_fail(ctx, ST_ARGUMENT, "%s: found %zu values, allowed: up to %zu", what, n, most);
    }
    for (size_t i = 0; i < n; i++) {
        if (!(values[i] > 0.0 || (zero && values[i] == 0.0)) || !isfinite(values[i])) {
            return st_fail(ctx, ST_ARGUMENT, "%s: found %g %s, allowed: %s 0", what, values[i],
                           unit, zero ? "at least" : "above");
        }
        if (i > 0 && !(values[i] > values[i - 1])) {
            return st_fail(ctx, ST_ARGUMENT,
                           "%s: found %g %s after %g %s, allowed: each value once, rising", what,
                           values[i], unit, values[i - 1], unit);
        }
    }
    return ST_OK;
}

static st_status take_units(st_context *ctx, const st_sizing *asked, st_grid *grid)
{
    int64_t first = asked->units_first, last = asked->units_last, step = asked->units_step;
    if (first == 0 && last == 0 && step == 0) {
        st_sizing_units(asked->site, asked->unit, &first, &last, &step);
    }
    if (first < 0 || last < first || step < 1 || last > INT64_C(1000000000)) {
        return st_fail(ctx, ST_ARGUMENT,
                       "units: found %lld:%lld:%lld, allowed: FIRST:LAST:STEP with 0 <= FIRST <= "
                       "LAST <= 1,000,000,000 and STEP >= 1",
                       (long long)first, (long long)last, (long long)step);
    }
    grid->units_first = first;
    grid->units_step = step;
    grid->n_units = (size_t)((last - first) / step) + 1;
    return ST_OK;
}

static st_status take_controls(st_context *ctx, const st_sizing *asked, st_grid *grid)
{
    if (asked->n_taus > 0 && asked->n_ramps > 0) {
        return st_fail(ctx, ST_ARGUMENT,
                       "size: found time constants and ramp targets; allowed: "
                       "one of both");
    }
    ST_TRY(check_axis(ctx, "tau", asked->tau_s, asked->n_taus, ST_SIZING_CONTROLS, false, "s"));
    ST_TRY(check_axis(ctx, "ramp", asked->ramp_w_per_s, asked->n_ramps, ST_SIZING_CONTROLS, false,
                      "W/s"));
    grid->is_tau = asked->n_taus > 0;
    grid->is_ramp = asked->n_ramps > 0;
    grid->n_controls = grid->is_tau ? asked->n_taus : grid->is_ramp ? asked->n_ramps : 1;
    const bool is_ramp = grid->stage.control == ST_CONTROL_RAMP && !grid->is_tau;
    for (size_t c = 0; c < grid->n_controls; c++) {
        grid->tau_s[c] = grid->is_tau ? asked->tau_s[c] : grid->stage.tau_s;
        grid->ramp_up_w_per_s[c] = grid->is_ramp ? asked->ramp_w_per_s[c]
                                   : is_ramp     ? grid->stage.ramp_up_w_per_s
                                                 : (double)NAN;
        grid->ramp_down_w_per_s[c] = grid->is_ramp ? asked->ramp_w_per_s[c]
                                     : is_ramp     ? grid->stage.ramp_down_w_per_s
                                                   : (double)NAN;
    }
    return ST_OK;
}

static st_status take_responses(st_context *ctx, const st_sizing *asked, st_grid *grid)
{
    const bool usual = asked->n_responses == 0;
    const double *values = usual ? usual_response_s : asked->response_s;
    grid->n_responses = usual ? (size_t)USUAL_RESPONSES : asked->n_responses;
    ST_TRY(check_axis(ctx, "response", values, grid->n_responses, ST_SIZING_RESPONSES, true, "s"));
    memcpy(grid->response_s, values, grid->n_responses * sizeof *values);
    return ST_OK;
}

st_status st_grid_open(st_context *ctx, const st_sizing *asked, st_grid *grid)
{
    ST_TRY(take_stage(ctx, asked, grid));
    ST_TRY(take_units(ctx, asked, grid));
    ST_TRY(take_responses(ctx, asked, grid));
    ST_TRY(take_controls(ctx, asked, grid));
    const size_t pairs = grid->n_responses * grid->n_controls;
    if (grid->n_units > ST_SIZING_CANDIDATES / pairs) {
        return st_fail(ctx, ST_ARGUMENT,
                       "size: found %zu counts x %zu response times x %zu controls, allowed: up to "
                       "%d candidates in all",
                       grid->n_units, grid->n_responses, grid->n_controls, ST_SIZING_CANDIDATES);
    }
    grid->n_candidates = pairs * grid->n_units;
    return ST_OK;
}

void st_grid_close(st_grid *grid)
{
    st_site_destroy(grid->assumed);
}

/* ---- by index ---------------------------------------------------------------------------------- */

size_t st_grid_index(const st_grid *grid, size_t response, size_t control, size_t unit)
{
    return (response * grid->n_controls + control) * grid->n_units + unit;
}

int64_t st_grid_units(const st_grid *grid, size_t candidate)
{
    return grid->units_first + (int64_t)(candidate % grid->n_units) * grid->units_step;
}

size_t st_grid_response(const st_grid *grid, size_t candidate)
{
    return candidate / grid->n_units / grid->n_controls;
}

size_t st_grid_control(const st_grid *grid, size_t candidate)
{
    return candidate / grid->n_units % grid->n_controls;
}

st_stage st_grid_stage(const st_grid *grid, size_t response, size_t control, int64_t units)
{
    st_stage stage = grid->stage;
    stage.units = units;
    stage.power_w = (double)units * grid->stage.power_w;
    stage.energy_j = (double)units * grid->stage.energy_j;
    stage.response_s = grid->response_s[response];
    stage.tau_s = grid->tau_s[control];
    if (grid->is_tau) {
        stage.control = ST_CONTROL_SMOOTH;
    }
    if (grid->is_ramp) {
        stage.control = ST_CONTROL_RAMP;
        stage.ramp_up_w_per_s = grid->ramp_up_w_per_s[control];
        stage.ramp_down_w_per_s = grid->ramp_down_w_per_s[control];
    }
    return stage;
}
