/* site_stage.c - a stage of a site file: defaults filled in, units multiplied out, everything SI.
 * Part of the site; knows its own entry of the list and those before it. */
#include "model/site_stage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"

/* What a storage stage gets for the keys that its file and its unit type leave out. */
static const struct {
    double response_s, delay_s; /* grid-forming inverter, sub-cycle class */
    double efficiency;          /* one way: sqrt of 92 % round trip (Megapack 2 XL) */
    double soc_min, soc_max, soc_start;
    double tau_s;
    double soc_recovery_s; /* off */
} defaults = {0.020, 0.005, 0.9591663046625439, 0.10, 0.90, 0.50, 60, 0};

enum { POWER_MW_MAX = 10000000, ENERGY_MWH_MAX = 1000000000 };

static double given(const double *value, double otherwise)
{
    return value != NULL ? *value : otherwise;
}

/* Power, energy, efficiencies and price of the stage, from its unit type and its own keys. */
static st_status resolve_unit(st_site_reading *r, const st_raw_stage *raw, size_t index,
                              st_stage *stage)
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

static st_status resolve_charge(st_site_reading *r, const st_raw_stage *raw, size_t index,
                                st_stage *stage)
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

/* Files that carry a ramp beside mode smooth were always read; that it does nothing is said. */
static void say_idle_ramps(const st_site_reading *r, const st_raw_stage *raw, size_t index)
{
    const struct {
        const char *key;
        bool given;
    } keys[] = {{"ramp_mw_per_min", raw->control.ramp_mw_per_min != NULL},
                {"ramp_up_mw_per_min", raw->control.ramp_up_mw_per_min != NULL},
                {"ramp_down_mw_per_min", raw->control.ramp_down_mw_per_min != NULL}};
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        if (keys[k].given) {
            char at[ST_YAML_PATH];
            snprintf(at, sizeof at, "storage[%zu].control.%s", index, keys[k].key);
            st_notice(r->ctx, "%s:%d: storage '%s': %s has no effect in mode smooth",
                      st_yaml_file(r->yaml), st_yaml_line(r->yaml, at), raw->name, keys[k].key);
        }
    }
}

static st_status resolve_control(st_site_reading *r, const st_raw_stage *raw, size_t index,
                                 st_stage *stage)
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
    stage->control = control->mode != NULL ? (st_control)*control->mode : ST_CONTROL_SMOOTH;
    if (stage->control == ST_CONTROL_RAMP && (up == NULL || down == NULL)) {
        return st_yaml_fail(r->ctx, r->yaml, at,
                            "the key \"%s\" is missing (mode ramp needs both "
                            "directions, or ramp_mw_per_min)",
                            up == NULL ? "ramp_up_mw_per_min" : "ramp_down_mw_per_min");
    }
    if (stage->control == ST_CONTROL_SMOOTH) {
        say_idle_ramps(r, raw, index);
    }
    stage->tau_s = given(control->tau_s, defaults.tau_s);
    stage->soc_recovery_s = given(control->soc_recovery_s, defaults.soc_recovery_s);
    stage->ramp_up_w_per_s = given(up, INFINITY) * 1e6 / 60;
    stage->ramp_down_w_per_s = given(down, INFINITY) * 1e6 / 60;
    return ST_OK;
}

/* A stage has the keys of its kind; the first that is not one, or NULL. */
static const char *strange_key(const st_raw_stage *raw)
{
    const struct {
        const char *key;
        bool given;
        st_stage_kind kind;
    } keys[] = {
        {"unit", raw->unit != NULL, ST_STAGE_STORAGE},
        {"units", raw->units != NULL, ST_STAGE_STORAGE},
        {"power_mw", raw->power_mw != NULL, ST_STAGE_STORAGE},
        {"energy_mwh", raw->energy_mwh != NULL, ST_STAGE_STORAGE},
        {"response_s", raw->response_s != NULL, ST_STAGE_STORAGE},
        {"delay_s", raw->delay_s != NULL, ST_STAGE_STORAGE},
        {"efficiency_charge", raw->efficiency_charge != NULL, ST_STAGE_STORAGE},
        {"efficiency_discharge", raw->efficiency_discharge != NULL, ST_STAGE_STORAGE},
        {"soc_min", raw->soc_min != NULL, ST_STAGE_STORAGE},
        {"soc_max", raw->soc_max != NULL, ST_STAGE_STORAGE},
        {"soc_start", raw->soc_start != NULL, ST_STAGE_STORAGE},
        {"control.mode", raw->control.mode != NULL, ST_STAGE_STORAGE},
        {"control.tau_s", raw->control.tau_s != NULL, ST_STAGE_STORAGE},
        {"control.soc_recovery_s", raw->control.soc_recovery_s != NULL, ST_STAGE_STORAGE},
        {"control.ramp_mw_per_min", raw->control.ramp_mw_per_min != NULL, ST_STAGE_STORAGE},
        {"control.ramp_up_mw_per_min", raw->control.ramp_up_mw_per_min != NULL, ST_STAGE_STORAGE},
        {"control.ramp_down_mw_per_min", raw->control.ramp_down_mw_per_min != NULL,
         ST_STAGE_STORAGE},
        {"floor_w", raw->floor_w != NULL, ST_STAGE_SMOOTHING},
        {"active_w", raw->active_w != NULL, ST_STAGE_SMOOTHING},
        {"stop_delay_s", raw->stop_delay_s != NULL, ST_STAGE_SMOOTHING},
        {"ramp_up_w_per_s", raw->ramp_up_w_per_s != NULL, ST_STAGE_SMOOTHING},
        {"ramp_down_w_per_s", raw->ramp_down_w_per_s != NULL, ST_STAGE_SMOOTHING},
        {"ceiling_w", raw->ceiling_w != NULL, ST_STAGE_SMOOTHING},
    };
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        if (keys[k].given && keys[k].kind != (st_stage_kind)raw->kind) {
            return keys[k].key;
        }
    }
    return NULL;
}

/* GPUs smooth their own rack, before anything else touches its power. */
static st_status check_smoothing(st_site_reading *r, const st_raw_site *raw_site, size_t index)
{
    const st_raw_stage *raw = &raw_site->storage[index];
    char at[ST_YAML_PATH];
    if (raw->place != ST_PLACE_RACK) {
        snprintf(at, sizeof at, "storage[%zu].place", index);
        return st_yaml_fail(r->ctx, r->yaml, at, "found site, allowed for gpu_smoothing: rack");
    }
    for (size_t i = 0; i < index; i++) {
        if (raw_site->storage[i].place == ST_PLACE_RACK) {
            snprintf(at, sizeof at, "storage[%zu].kind", index);
            return st_yaml_fail(r->ctx, r->yaml, at,
                                "gpu_smoothing comes after another stage at the racks, allowed: as "
                                "the first of them");
        }
    }
    if (raw->floor_w == NULL || raw->active_w == NULL || raw->stop_delay_s == NULL) {
        snprintf(at, sizeof at, "storage[%zu]", index);
        return st_yaml_fail(r->ctx, r->yaml, at,
                            "the key \"%s\" is missing (gpu_smoothing needs floor_w, active_w and "
                            "stop_delay_s)",
                            raw->floor_w == NULL    ? "floor_w"
                            : raw->active_w == NULL ? "active_w"
                                                    : "stop_delay_s");
    }
    if (raw->ceiling_w != NULL && *raw->ceiling_w < *raw->floor_w) {
        snprintf(at, sizeof at, "storage[%zu].ceiling_w", index);
        return st_yaml_fail(r->ctx, r->yaml, at, "found %g, allowed: floor_w %g or more",
                            *raw->ceiling_w, *raw->floor_w);
    }
    return ST_OK;
}

static st_status resolve_smoothing(st_site_reading *r, const st_raw_site *raw_site, size_t index,
                                   st_stage *stage)
{
    const st_raw_stage *raw = &raw_site->storage[index];
    ST_TRY(check_smoothing(r, raw_site, index));
    stage->floor_w = *raw->floor_w;
    stage->active_w = *raw->active_w;
    stage->stop_delay_s = *raw->stop_delay_s;
    stage->ramp_up_w_per_s = given(raw->ramp_up_w_per_s, INFINITY);
    stage->ramp_down_w_per_s = given(raw->ramp_down_w_per_s, INFINITY);
    stage->ceiling_w = given(raw->ceiling_w, INFINITY);
    stage->price_usd = NAN;
    return ST_OK;
}

static st_status check_keys(st_site_reading *r, const st_raw_site *raw_site, size_t index)
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
    const char *strange = strange_key(raw);
    if (strange != NULL) {
        char at[ST_YAML_PATH];
        snprintf(at, sizeof at, "storage[%zu].%s", index, strange);
        return st_yaml_fail(r->ctx, r->yaml, at, "a stage of kind %s has no such key",
                            raw->kind == ST_STAGE_SMOOTHING ? "gpu_smoothing" : "storage");
    }
    return ST_OK;
}

st_status st_site_stage_resolve(st_site_reading *r, const st_raw_site *raw_site, size_t index,
                                st_stage *stage)
{
    const st_raw_stage *raw = &raw_site->storage[index];
    ST_TRY(check_keys(r, raw_site, index));
    ST_TRY(st_yaml_copy(r->ctx, raw->name, &stage->name));
    ST_TRY(st_yaml_copy(r->ctx, raw->unit, &stage->unit));
    ST_TRY(st_yaml_copy(r->ctx, raw->source, &stage->source));
    stage->kind = (st_stage_kind)raw->kind;
    stage->place = (st_place)raw->place;
    if (stage->kind == ST_STAGE_SMOOTHING) {
        return resolve_smoothing(r, raw_site, index, stage);
    }
    stage->response_s = given(raw->response_s, defaults.response_s);
    stage->delay_s = given(raw->delay_s, defaults.delay_s);
    ST_TRY(resolve_unit(r, raw, index, stage));
    ST_TRY(resolve_charge(r, raw, index, stage));
    return resolve_control(r, raw, index, stage);
}
