/* limits_schema.c - the one table of the keys of a limits file: type, required or not, words.
 * Serves limits.c; what each statistic takes is in statistic.c. */
#include "model/limits_schema.h"

static const cyaml_strval_t status_words[] = {
    {"published", 0}, {"proposed", 1}, {"draft", 2}, {"practice", 3}};
const char *const st_status_words[] = {"published", "proposed", "draft", "practice"};
static const cyaml_strval_t point_words[] = {{"draw", ST_RAW_POINT_DRAW},
                                             {"load", ST_RAW_POINT_LOAD}};
static const cyaml_strval_t direction_words[] = {
    {"up", ST_UP}, {"down", ST_DOWN}, {"both", ST_BOTH}};
static const cyaml_strval_t form_words[] = {{"energy", ST_FORM_ENERGY},
                                            {"amplitude", ST_FORM_AMPLITUDE}};
static const cyaml_strval_t lamp_words[] = {{"120V60", ST_LAMP_120V60}, {"230V50", ST_LAMP_230V50}};

#define KIND(name, kind, family, required, optional) {#name, ST_STAT_##kind},
static const cyaml_strval_t kind_words[] = {ST_STATISTICS(KIND)};
#undef KIND

static const cyaml_schema_value_t real_entry = {CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double)};

static const cyaml_schema_field_t filter_fields[] = {
    CYAML_FIELD_SEQUENCE_FIXED("bandpass_hz", CYAML_FLAG_DEFAULT, st_raw_filter, bandpass_hz,
                               &real_entry, 2),
    CYAML_FIELD_INT_PTR("order", CYAML_FLAG_OPTIONAL, st_raw_filter, order),
    CYAML_FIELD_END,
};

#define NUMBER(key, member, si, low, above, high, unit) \
    CYAML_FIELD_FLOAT_PTR(#key, CYAML_FLAG_OPTIONAL, st_raw_statistic, number[ST_PARAMETER_##key]),
/* clang-format off */
static const cyaml_schema_field_t statistic_fields[] = {
    ST_YAML_WORD(ST_YAML_KIND, CYAML_FLAG_DEFAULT, st_raw_statistic, kind, kind_words),
    ST_PARAMETERS(NUMBER)
    ST_YAML_WORD_PTR("direction", CYAML_FLAG_OPTIONAL, st_raw_statistic, direction,
                     direction_words),
    ST_YAML_WORD_PTR("form", CYAML_FLAG_OPTIONAL, st_raw_statistic, form, form_words),
    ST_YAML_WORD_PTR("lamp", CYAML_FLAG_OPTIONAL, st_raw_statistic, lamp, lamp_words),
    CYAML_FIELD_END,
};
/* clang-format on */
#undef NUMBER

static const cyaml_schema_field_t one_limit_fields[] = {
    CYAML_FIELD_FLOAT("value", CYAML_FLAG_DEFAULT, st_raw_limit, value),
    CYAML_FIELD_STRING_PTR("unit", CYAML_FLAG_POINTER, st_raw_limit, unit, 1, 64),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t one_limit_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, st_raw_limit, one_limit_fields),
};

static const cyaml_schema_field_t limit_fields[] = {
    CYAML_FIELD_FLOAT_PTR("value", CYAML_FLAG_OPTIONAL, st_raw_limits_of, value),
    CYAML_FIELD_STRING_PTR("unit", ST_YAML_OPTIONAL_TEXT, st_raw_limits_of, unit, 1, 64),
    CYAML_FIELD_SEQUENCE_COUNT("min_of", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, st_raw_limits_of,
                               min_of, n_min_of, &one_limit_entry, 1, ST_LIMITS_PER_RULE),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t needs_fields[] = {
    CYAML_FIELD_FLOAT_PTR("rate_hz", CYAML_FLAG_OPTIONAL, st_raw_needs, rate_hz),
    CYAML_FIELD_FLOAT_PTR("duration_s", CYAML_FLAG_OPTIONAL, st_raw_needs, duration_s),
    CYAML_FIELD_FLOAT_PTR("coverage", CYAML_FLAG_OPTIONAL, st_raw_needs, coverage),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t rule_fields[] = {
    CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_POINTER, st_raw_rule, id, 1, 64),
    CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_POINTER, st_raw_rule, source, 1, 1024),
    CYAML_FIELD_STRING_PTR("url", ST_YAML_OPTIONAL_TEXT, st_raw_rule, url, 1, 1024),
    ST_YAML_WORD("status", CYAML_FLAG_DEFAULT, st_raw_rule, status, status_words),
    CYAML_FIELD_STRING_PTR("date", ST_YAML_OPTIONAL_TEXT, st_raw_rule, date, 1, 64),
    CYAML_FIELD_STRING_PTR("text", CYAML_FLAG_POINTER, st_raw_rule, text, 1, 4096),
    ST_YAML_WORD("point", CYAML_FLAG_OPTIONAL, st_raw_rule, point, point_words),
    CYAML_FIELD_MAPPING_PTR("filter", CYAML_FLAG_POINTER_NULL_STR | CYAML_FLAG_OPTIONAL,
                            st_raw_rule, filter, filter_fields),
    CYAML_FIELD_MAPPING("statistic", CYAML_FLAG_DEFAULT, st_raw_rule, statistic, statistic_fields),
    CYAML_FIELD_MAPPING_PTR("limit", CYAML_FLAG_OPTIONAL, st_raw_rule, limit, limit_fields),
    CYAML_FIELD_MAPPING("needs", CYAML_FLAG_OPTIONAL, st_raw_rule, needs, needs_fields),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t rule_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, st_raw_rule, rule_fields),
};

static const cyaml_schema_field_t limits_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, st_raw_limits, name, 1, 64),
    CYAML_FIELD_STRING_PTR("title", ST_YAML_OPTIONAL_TEXT, st_raw_limits, title, 1, 256),
    CYAML_FIELD_STRING_PTR("notes", ST_YAML_OPTIONAL_TEXT, st_raw_limits, notes, 1, 8192),
    CYAML_FIELD_SEQUENCE_COUNT("rules", CYAML_FLAG_POINTER, st_raw_limits, rules, n_rules,
                               &rule_entry, 1, 256),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t limits_root = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, st_raw_limits, limits_fields),
};

static const st_yaml_range ranges[] = {
    {"rules.filter.bandpass_hz", {0, 1e6, true, "Hz"}},
    {"rules.filter.order", {1, 8, false, ""}},
    {"rules.limit.value", {0, 1e9, true, ""}},
    {"rules.limit.min_of.value", {0, 1e9, true, ""}},
    {"rules.needs.rate_hz", {0, 1e9, false, "Hz"}},
    {"rules.needs.duration_s", {0, 1e9, false, "s"}},
    {"rules.needs.coverage", {0, 1, false, ""}},
    {NULL, {0, 0, false, ""}},
};

const st_yaml_schema st_limits_schema = {&limits_root, ranges};
