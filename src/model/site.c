/* site.c - a site file becomes an st_site: defaults filled in, units multiplied out, everything SI.
 * First thing that respond and assess are told; knows no load. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "model/parse.h"
#include "model/preset.h"
#include "model/site_schema.h"
#include "model/unit_type.h"

/* What a storage stage gets for the keys that its file and its unit type leave out. */
static const struct {
    double response_s, delay_s; /* grid-forming inverter, sub-cycle class */
    double efficiency;          /* one way: sqrt of 92 % round trip (Megapack 2 XL) */
    double soc_min, soc_max, soc_start;
    double tau_s;
    double soc_recovery_s; /* off */
} defaults = {0.020, 0.005, 0.9591663046625439, 0.10, 0.90, 0.50, 60, 0};

enum { POWER_MW_MAX = 10000000, ENERGY_MWH_MAX = 1000000000 };

typedef struct reading {
    st_context *ctx;
    const st_yaml *yaml;
    const char *data_dir;
    st_unit_types *types; /* read when the first stage asks for them */
} reading;

static double given(const double *value, double otherwise)
{
    return value != NULL ? *value : otherwise;
}

/* --- storage ------------------------------------------------------------------------------- */

/* Power, energy, efficiencies and price of the stage, from its unit type and its own keys. */
static st_status resolve_unit(reading *r, const st_raw_stage *raw, size_t index, st_stage *stage)
{
    char at[ST_YAML_PATH], quoted[ST_QUOTE_TEXT];
    st_unit_type type = {.efficiency_charge = defaults.efficiency,
                         .efficiency_discharge = defaults.efficiency,
                         .price_usd = NAN};
    snprintf(at, sizeof at, "storage[%zu]", index);
    if ((raw->unit == NULL) != (raw->units == NULL)) {
        return st_yaml_fail(r->ctx, r->yaml, at, "the keys \"unit\" and \"units\" go together");
    }
    if (raw->unit == NULL && (raw->power_mw == NULL || raw->energy_mwh == NULL)) {
        return st_yaml_fail(r->ctx, r->yaml, at, "the key \"%s\" is missing (or unit and units)",
                            raw->power_mw == NULL ? "power_mw" : "energy_mwh");
    }
    if (raw->unit != NULL) {
        if (r->types == NULL) {
            ST_TRY(st_unit_types_load(r->ctx, r->data_dir, &r->types));
        }
        if (!st_unit_types_find(r->types, raw->unit, &type)) {
            st_words words = {0};
            st_unit_types_words(r->types, &words);
            snprintf(at, sizeof at, "storage[%zu].unit", index);
            return st_yaml_fail(r->ctx, r->yaml, at, "found %s, allowed: %s",
                                st_quote(raw->unit, quoted), words.text);
        }
        stage->units = *raw->units;
    }
    const double units = (double)stage->units;
    stage->power_w = raw->power_mw != NULL ? *raw->power_mw * 1e6 : units * type.power_w;
    stage->energy_j = raw->energy_mwh != NULL ? *raw->energy_mwh * 3.6e9 : units * type.energy_j;
    stage->efficiency_charge = given(raw->efficiency_charge, type.efficiency_charge);
    stage->efficiency_discharge = given(raw->efficiency_discharge, type.efficiency_discharge);
    stage->price_usd = type.price_usd;
    if (stage->power_w > POWER_MW_MAX * 1e6 || stage->energy_j > ENERGY_MWH_MAX * 3.6e9) {
        return st_yaml_fail(r->ctx, r->yaml, at,
                            "units multiply to %g MW and %g MWh, allowed: up to %g MW and %g MWh",
                            stage->power_w / 1e6, stage->energy_j / 3.6e9, (double)POWER_MW_MAX,
                            (double)ENERGY_MWH_MAX);
    }
    return ST_OK;
}

static st_status resolve_charge(reading *r, const st_raw_stage *raw, size_t index, st_stage *stage)
{
    char at[ST_YAML_PATH];
    stage->soc_min = given(raw->soc_min, defaults.soc_min);
    stage->soc_max = given(raw->soc_max, defaults.soc_max);
    stage->soc_start = given(raw->soc_start, defaults.soc_start);
    if (stage->soc_min >= stage->soc_max) {
        snprintf(at, sizeof at, "storage[%zu].soc_%s", index, raw->soc_max != NULL ? "max" : "min");
        return st_yaml_fail(r->ctx, r->yaml, at,
                            "soc_min is %g and soc_max is %g, allowed: "
                            "soc_min below soc_max",
                            stage->soc_min, stage->soc_max);
    }
    if (stage->soc_start < stage->soc_min || stage->soc_start > stage->soc_max) {
        snprintf(at, sizeof at, "storage[%zu].soc_start", index);
        return st_yaml_fail(r->ctx, r->yaml, at, "found %g, allowed: soc_min %g to soc_max %g",
                            stage->soc_start, stage->soc_min, stage->soc_max);
    }
    return ST_OK;
}

static st_status resolve_control(reading *r, const st_raw_stage *raw, size_t index, st_stage *stage)
{
    const st_raw_control *control = &raw->control;
    const double *up = control->ramp_up_mw_per_min, *down = control->ramp_down_mw_per_min;
    char at[ST_YAML_PATH];
    snprintf(at, sizeof at, "storage[%zu].control", index);
    if (control->ramp_mw_per_min != NULL && (up != NULL || down != NULL)) {
        return st_yaml_fail(r->ctx, r->yaml, at,
                            "allowed: either ramp_mw_per_min for both "
                            "directions, or ramp_up_mw_per_min and ramp_down_mw_per_min");
    }
    up = up != NULL ? up : control->ramp_mw_per_min;
    down = down != NULL ? down : control->ramp_mw_per_min;
    stage->control = (st_control)control->mode;
    if (stage->control == ST_CONTROL_RAMP && (up == NULL || down == NULL)) {
        return st_yaml_fail(r->ctx, r->yaml, at,
                            "the key \"%s\" is missing (mode ramp needs both "
                            "directions, or ramp_mw_per_min)",
                            up == NULL ? "ramp_up_mw_per_min" : "ramp_down_mw_per_min");
    }
    stage->tau_s = given(control->tau_s, defaults.tau_s);
    stage->soc_recovery_s = given(control->soc_recovery_s, defaults.soc_recovery_s);
    stage->ramp_up_w_per_s = given(up, INFINITY) * 1e6 / 60;
    stage->ramp_down_w_per_s = given(down, INFINITY) * 1e6 / 60;
    return ST_OK;
}

static st_status resolve_stage(reading *r, const st_raw_site *raw_site, size_t index,
                               st_stage *stage)
{
    const st_raw_stage *raw = &raw_site->storage[index];
    for (size_t i = 0; i < index; i++) {
        if (strcmp(raw_site->storage[i].name, raw->name) == 0) {
            char at[ST_YAML_PATH], quoted[ST_QUOTE_TEXT];
            snprintf(at, sizeof at, "storage[%zu].name", index);
            return st_yaml_fail(r->ctx, r->yaml, at, "found %s twice, allowed: a name of its own",
                                st_quote(raw->name, quoted));
        }
    }
    ST_TRY(st_yaml_copy(r->ctx, raw->name, &stage->name));
    ST_TRY(st_yaml_copy(r->ctx, raw->unit, &stage->unit));
    ST_TRY(st_yaml_copy(r->ctx, raw->source, &stage->source));
    stage->place = (st_place)raw->place;
    stage->response_s = given(raw->response_s, defaults.response_s);
    stage->delay_s = given(raw->delay_s, defaults.delay_s);
    ST_TRY(resolve_unit(r, raw, index, stage));
    ST_TRY(resolve_charge(r, raw, index, stage));
    return resolve_control(r, raw, index, stage);
}

/* --- the site ------------------------------------------------------------------------------ */

static st_status resolve_lists(reading *r, const st_raw_site *raw, st_site *site)
{
    void *block;
    ST_TRY(st_alloc(r->ctx, raw->n_storage, sizeof *site->stages, "storage stages", &block));
    site->stages = block;
    site->n_stages = raw->n_storage;
    for (size_t i = 0; i < site->n_stages; i++) {
        ST_TRY(resolve_stage(r, raw, i, &site->stages[i]));
    }
    ST_TRY(st_alloc(r->ctx, raw->n_generation, sizeof *site->generation, "generation", &block));
    site->generation = block;
    site->n_generation = raw->n_generation;
    for (size_t i = 0; i < site->n_generation; i++) {
        const st_raw_generation *from = &raw->generation[i];
        st_generation *to = &site->generation[i];
        ST_TRY(st_copy_text(r->ctx, st_generation_words[from->kind], &to->kind));
        ST_TRY(st_yaml_copy(r->ctx, from->source, &to->source));
        to->power_w = from->power_mw * 1e6;
        to->ramp_w_per_s = given(from->ramp_mw_per_min, NAN) * 1e6 / 60;
    }
    return ST_OK;
}

static st_status resolve_site(reading *r, const st_raw_site *raw, st_site *site)
{
    ST_TRY(st_yaml_copy(r->ctx, raw->name, &site->name));
    ST_TRY(st_yaml_copy(r->ctx, raw->title != NULL ? raw->title : raw->name, &site->title));
    ST_TRY(st_yaml_copy(r->ctx, raw->source, &site->source));
    ST_TRY(st_yaml_copy(r->ctx, raw->notes, &site->notes));
    site->nominal_w = raw->nominal_mw * 1e6;
    site->gpus = raw->gpus;
    site->racks = raw->racks;
    site->replicate = (st_replicate)raw->replicate;
    return resolve_lists(r, raw, site);
}

st_status st_site_parse(st_context *ctx, const char *path, const char *text, size_t bytes,
                        const char *data_dir, st_site **site)
{
    st_status status = ST_OK;
    st_yaml *yaml = NULL;
    st_site *made = NULL;
    void *block = NULL;
    reading r = {.ctx = ctx, .data_dir = data_dir};
    *site = NULL;
    ST_GOTO(status, st_yaml_parse(ctx, &st_site_schema, path, text, bytes, &yaml));
    ST_GOTO(status, st_alloc(ctx, 1, sizeof *made, "a site", &block));
    made = block;
    r.yaml = yaml;
    ST_GOTO(status, resolve_site(&r, st_yaml_data(yaml), made));
    ST_GOTO(status, st_copy_text(ctx, path, &made->path));
    *site = made;
    made = NULL;
done:
    st_unit_types_free(r.types);
    st_site_destroy(made);
    st_yaml_close(yaml);
    return status;
}

st_status st_site_load(st_context *ctx, const char *name, const char *data_dir, st_site **site)
{
    st_status status = ST_OK;
    char *path = NULL, *text = NULL;
    size_t bytes;
    *site = NULL;
    ST_GOTO(status, st_preset_path(ctx, "site", "sites", name, data_dir, &path));
    ST_GOTO(status, st_preset_read(ctx, path, &text, &bytes));
    ST_GOTO(status, st_site_parse(ctx, path, text, bytes, data_dir, site));
    (*site)->yaml = text;
    text = NULL;
done:
    st_free(text);
    st_free(path);
    return status;
}

void st_site_destroy(st_site *site)
{
    if (site == NULL) {
        return;
    }
    for (size_t i = 0; i < site->n_stages; i++) {
        st_free(site->stages[i].name);
        st_free(site->stages[i].unit);
        st_free(site->stages[i].source);
    }
    for (size_t i = 0; i < site->n_generation; i++) {
        st_free(site->generation[i].kind);
        st_free(site->generation[i].source);
    }
    st_free(site->stages);
    st_free(site->generation);
    st_free(site->name);
    st_free(site->title);
    st_free(site->source);
    st_free(site->notes);
    st_free(site->path);
    st_free(site->yaml);
    st_free(site);
}

st_status st_site_names(st_context *ctx, const char *data_dir, char ***names, size_t *n)
{
    return st_preset_names(ctx, data_dir, "sites", names, n);
}
