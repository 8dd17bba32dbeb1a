/* site_schema.c - the one table of the keys of a site file: type, required or not, range, words.
 * Serves site.c; knows no default and no conversion. */
#include "model/site_schema.h"

#include "surgetank/site.h"

static const cyaml_strval_t replicate_words[] = {
    {"lockstep", ST_REPLICATE_LOCKSTEP},
    {"incoherent", ST_REPLICATE_INCOHERENT},
    {"measured", ST_REPLICATE_MEASURED},
};
static const cyaml_strval_t stage_kind_words[] = {{"storage", ST_STAGE_STORAGE},
                                                  {"gpu_smoothing", ST_STAGE_SMOOTHING}};
static const cyaml_strval_t place_words[] = {{"rack", ST_PLACE_RACK}, {"site", ST_PLACE_SITE}};
static const cyaml_strval_t mode_words[] = {{"smooth", ST_CONTROL_SMOOTH},
                                            {"ramp", ST_CONTROL_RAMP}};
static const cyaml_strval_t kind_words[] = {{"substation", 0}, {"turbine", 1}};
const char *const st_generation_words[] = {"substation", "turbine"};

static const cyaml_schema_field_t control_fields[] = {
    ST_YAML_WORD_PTR("mode", CYAML_FLAG_OPTIONAL, st_raw_control, mode, mode_words),
    CYAML_FIELD_FLOAT_PTR("tau_s", CYAML_FLAG_OPTIONAL, st_raw_control, tau_s),
    CYAML_FIELD_FLOAT_PTR("ramp_mw_per_min", CYAML_FLAG_OPTIONAL, st_raw_control, ramp_mw_per_min),
    CYAML_FIELD_FLOAT_PTR("ramp_up_mw_per_min", CYAML_FLAG_OPTIONAL, st_raw_control,
                          ramp_up_mw_per_min),
    CYAML_FIELD_FLOAT_PTR("ramp_down_mw_per_min", CYAML_FLAG_OPTIONAL, st_raw_control,
                          ramp_down_mw_per_min),
    CYAML_FIELD_FLOAT_PTR("soc_recovery_s", CYAML_FLAG_OPTIONAL, st_raw_control, soc_recovery_s),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t stage_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, st_raw_stage, name, 1, 64),
    ST_YAML_WORD("kind", CYAML_FLAG_OPTIONAL, st_raw_stage, kind, stage_kind_words),
    ST_YAML_WORD("place", CYAML_FLAG_DEFAULT, st_raw_stage, place, place_words),
    CYAML_FIELD_STRING_PTR("unit", ST_YAML_OPTIONAL_TEXT, st_raw_stage, unit, 1, 64),
    CYAML_FIELD_INT_PTR("units", CYAML_FLAG_OPTIONAL, st_raw_stage, units),
    CYAML_FIELD_FLOAT_PTR("power_mw", CYAML_FLAG_OPTIONAL, st_raw_stage, power_mw),
    CYAML_FIELD_FLOAT_PTR("energy_mwh", CYAML_FLAG_OPTIONAL, st_raw_stage, energy_mwh),
    CYAML_FIELD_FLOAT_PTR("response_s", CYAML_FLAG_OPTIONAL, st_raw_stage, response_s),
    CYAML_FIELD_FLOAT_PTR("delay_s", CYAML_FLAG_OPTIONAL, st_raw_stage, delay_s),
    CYAML_FIELD_FLOAT_PTR("efficiency_charge", CYAML_FLAG_OPTIONAL, st_raw_stage,
                          efficiency_charge),
    CYAML_FIELD_FLOAT_PTR("efficiency_discharge", CYAML_FLAG_OPTIONAL, st_raw_stage,
                          efficiency_discharge),
    CYAML_FIELD_FLOAT_PTR("soc_min", CYAML_FLAG_OPTIONAL, st_raw_stage, soc_min),
    CYAML_FIELD_FLOAT_PTR("soc_max", CYAML_FLAG_OPTIONAL, st_raw_stage, soc_max),
    CYAML_FIELD_FLOAT_PTR("soc_start", CYAML_FLAG_OPTIONAL, st_raw_stage, soc_start),
    CYAML_FIELD_FLOAT_PTR("floor_w", CYAML_FLAG_OPTIONAL, st_raw_stage, floor_w),
    CYAML_FIELD_FLOAT_PTR("active_w", CYAML_FLAG_OPTIONAL, st_raw_stage, active_w),
    CYAML_FIELD_FLOAT_PTR("stop_delay_s", CYAML_FLAG_OPTIONAL, st_raw_stage, stop_delay_s),
    CYAML_FIELD_FLOAT_PTR("ramp_up_w_per_s", CYAML_FLAG_OPTIONAL, st_raw_stage, ramp_up_w_per_s),
    CYAML_FIELD_FLOAT_PTR("ramp_down_w_per_s", CYAML_FLAG_OPTIONAL, st_raw_stage,
                          ramp_down_w_per_s),
    CYAML_FIELD_FLOAT_PTR("ceiling_w", CYAML_FLAG_OPTIONAL, st_raw_stage, ceiling_w),
    CYAML_FIELD_MAPPING("control", CYAML_FLAG_OPTIONAL, st_raw_stage, control, control_fields),
    CYAML_FIELD_STRING_PTR("source", ST_YAML_OPTIONAL_TEXT, st_raw_stage, source, 1, 4096),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t generation_fields[] = {
    ST_YAML_WORD("kind", CYAML_FLAG_DEFAULT, st_raw_generation, kind, kind_words),
    CYAML_FIELD_FLOAT("power_mw", CYAML_FLAG_DEFAULT, st_raw_generation, power_mw),
    CYAML_FIELD_FLOAT_PTR("ramp_mw_per_min", CYAML_FLAG_OPTIONAL, st_raw_generation,
                          ramp_mw_per_min),
    CYAML_FIELD_STRING_PTR("source", ST_YAML_OPTIONAL_TEXT, st_raw_generation, source, 1, 4096),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t stage_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, st_raw_stage, stage_fields),
};
static const cyaml_schema_value_t generation_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, st_raw_generation, generation_fields),
};

static const cyaml_schema_field_t site_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, st_raw_site, name, 1, 64),
    CYAML_FIELD_STRING_PTR("title", ST_YAML_OPTIONAL_TEXT, st_raw_site, title, 1, 256),
    CYAML_FIELD_FLOAT("nominal_mw", CYAML_FLAG_DEFAULT, st_raw_site, nominal_mw),
    CYAML_FIELD_INT("gpus", CYAML_FLAG_DEFAULT, st_raw_site, gpus),
    CYAML_FIELD_INT("racks", CYAML_FLAG_DEFAULT, st_raw_site, racks),
    CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_POINTER, st_raw_site, source, 1, 8192),
    CYAML_FIELD_STRING_PTR("notes", ST_YAML_OPTIONAL_TEXT, st_raw_site, notes, 1, 8192),
    ST_YAML_WORD("replicate", CYAML_FLAG_DEFAULT, st_raw_site, replicate, replicate_words),
    CYAML_FIELD_SEQUENCE_COUNT("storage", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, st_raw_site,
                               storage, n_storage, &stage_entry, 0, 16),
    CYAML_FIELD_SEQUENCE_COUNT("generation", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, st_raw_site,
                               generation, n_generation, &generation_entry, 0, 64),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t site_root = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, st_raw_site, site_fields),
};

/* Upper ends are far above anything built; they keep products and sums finite. */
static const st_yaml_range ranges[] = {
    {"nominal_mw", {0, 1e7, true, "MW"}},
    {"gpus", {1, 1e10, false, ""}},
    {"racks", {1, 1e8, false, ""}},
    {"storage.units", {1, 1e7, false, ""}},
    {"storage.power_mw", {0, 1e7, true, "MW"}},
    {"storage.energy_mwh", {0, 1e9, true, "MWh"}},
    {"storage.response_s", {0, 3600, false, "s"}},
    {"storage.delay_s", {0, 60, false, "s"}},
    {"storage.efficiency_charge", {0, 1, true, ""}},
    {"storage.efficiency_discharge", {0, 1, true, ""}},
    {"storage.soc_min", {0, 1, false, ""}},
    {"storage.soc_max", {0, 1, false, ""}},
    {"storage.soc_start", {0, 1, false, ""}},
    {"storage.floor_w", {0, 1e8, false, "W"}},
    {"storage.active_w", {0, 1e8, false, "W"}},
    {"storage.stop_delay_s", {0, 3600, false, "s"}},
    {"storage.ramp_up_w_per_s", {0, 1e12, true, "W/s"}},
    {"storage.ramp_down_w_per_s", {0, 1e12, true, "W/s"}},
    {"storage.ceiling_w", {0, 1e8, true, "W"}},
    {"storage.control.tau_s", {0, 1e6, true, "s"}},
    {"storage.control.ramp_mw_per_min", {0, 1e9, true, "MW/min"}},
    {"storage.control.ramp_up_mw_per_min", {0, 1e9, true, "MW/min"}},
    {"storage.control.ramp_down_mw_per_min", {0, 1e9, true, "MW/min"}},
    {"storage.control.soc_recovery_s", {0, 1e9, false, "s"}},
    {"generation.power_mw", {0, 1e7, true, "MW"}},
    {"generation.ramp_mw_per_min", {0, 1e9, true, "MW/min"}},
    {NULL, {0, 0, false, ""}},
};

const st_yaml_schema st_site_schema = {&site_root, ranges};
