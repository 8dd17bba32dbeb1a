/* unit_type.c - reads data/units.yaml into a list of battery products.
 * Serves site; knows no site. */
#include "model/unit_type.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "model/preset.h"
#include "model/yaml.h"

typedef struct raw_type {
    char *name, *title, *source, *notes;
    double power_mw, energy_mwh, efficiency_charge, efficiency_discharge;
    double *price_usd;
} raw_type;

typedef struct raw_list {
    raw_type *units;
    uint32_t n_units;
} raw_list;

struct st_unit_types {
    st_yaml *yaml;
};

static const cyaml_schema_field_t type_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, raw_type, name, 1, 64),
    CYAML_FIELD_STRING_PTR("title", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_type, title, 1,
                           256),
    CYAML_FIELD_FLOAT("power_mw", CYAML_FLAG_DEFAULT, raw_type, power_mw),
    CYAML_FIELD_FLOAT("energy_mwh", CYAML_FLAG_DEFAULT, raw_type, energy_mwh),
    CYAML_FIELD_FLOAT("efficiency_charge", CYAML_FLAG_DEFAULT, raw_type, efficiency_charge),
    CYAML_FIELD_FLOAT("efficiency_discharge", CYAML_FLAG_DEFAULT, raw_type, efficiency_discharge),
    CYAML_FIELD_FLOAT_PTR("price_usd", CYAML_FLAG_OPTIONAL, raw_type, price_usd),
    CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_POINTER, raw_type, source, 1, 4096),
    CYAML_FIELD_STRING_PTR("notes", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_type, notes, 1,
                           4096),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t type_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_type, type_fields),
};

static const cyaml_schema_field_t list_fields[] = {
    CYAML_FIELD_SEQUENCE_COUNT("units", CYAML_FLAG_POINTER, raw_list, units, n_units, &type_entry,
                               1, 64),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t list_root = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_list, list_fields),
};

static const st_yaml_range ranges[] = {
    {"units.power_mw", {0, 1e4, true, "MW"}},      {"units.energy_mwh", {0, 1e5, true, "MWh"}},
    {"units.efficiency_charge", {0, 1, true, ""}}, {"units.efficiency_discharge", {0, 1, true, ""}},
    {"units.price_usd", {0, 1e10, false, "USD"}},  {NULL, {0, 0, false, ""}},
};

static const st_yaml_schema schema = {&list_root, ranges};

st_status st_unit_types_load(st_context *ctx, const char *data_dir, st_unit_types **types)
{
    st_status status = ST_OK;
    char path[4096], *text = NULL;
    size_t bytes;
    void *block = NULL;
    *types = NULL;
    if (data_dir == NULL) {
        return st_fail(ctx, ST_MISSING, "there is no data folder to look for units.yaml in");
    }
    snprintf(path, sizeof path, "%s/units.yaml", data_dir);
    ST_GOTO(status, st_preset_read(ctx, path, &text, &bytes));
    ST_GOTO(status, st_alloc(ctx, 1, sizeof **types, "the battery units", &block));
    ST_GOTO(status,
            st_yaml_parse(ctx, &schema, path, text, bytes, &((st_unit_types *)block)->yaml));
    *types = block;
    block = NULL;
done:
    st_free(block);
    st_free(text);
    return status;
}

bool st_unit_types_find(const st_unit_types *types, const char *name, st_unit_type *type)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a load without a list has failed */
    const raw_list *list = st_yaml_data(types->yaml);
    for (uint32_t i = 0; i < list->n_units; i++) {
        const raw_type *raw = &list->units[i];
        if (strcmp(raw->name, name) == 0) {
            *type = (st_unit_type){
                .name = raw->name,
                .power_w = raw->power_mw * 1e6,
                .energy_j = raw->energy_mwh * 3.6e9,
                .efficiency_charge = raw->efficiency_charge,
                .efficiency_discharge = raw->efficiency_discharge,
                .price_usd = raw->price_usd != NULL ? *raw->price_usd : NAN,
                .source = raw->source,
            };
            return true;
        }
    }
    return false;
}

void st_unit_types_words(const st_unit_types *types, st_words *words)
{
    const raw_list *list = st_yaml_data(types->yaml);
    for (uint32_t i = 0; i < list->n_units; i++) {
        st_words_add(words, list->units[i].name);
    }
}

st_status st_unit_types_check(st_context *ctx, const char *data_dir, const char *name)
{
    st_status status = ST_OK;
    st_unit_types *types;
    st_unit_type type;
    ST_TRY(st_unit_types_load(ctx, data_dir, &types));
    if (!st_unit_types_find(types, name, &type)) {
        char quoted[ST_QUOTE_TEXT];
        st_words words = {0};
        st_unit_types_words(types, &words);
        status = st_fail(ctx, ST_MISSING, "unknown unit type %s, known: %s", st_quote(name, quoted),
                         words.text);
    }
    st_unit_types_free(types);
    return status;
}

void st_unit_types_free(st_unit_types *types)
{
    if (types != NULL) {
        st_yaml_close(types->yaml);
        st_free(types);
    }
}
