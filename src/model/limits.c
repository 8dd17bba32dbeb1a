/* limits.c - limits files become rules: words looked up in the tables of statistics and units,
 * numbers in SI, several files merged.
 * First thing that assess is told; no operator and no number of one is known here. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "model/limits_schema.h"
#include "model/parse.h"
#include "model/preset.h"

enum { FILES_MAX = 64, FILTER_ORDER = 4 };
static const double default_coverage = 0.99;

/* Where in which file; `path` is the room for the sub-keys. */
typedef struct reading {
    st_context *ctx;
    const st_yaml *yaml;
    size_t index; /* of the rule */
    char at[ST_YAML_PATH];
} reading;

static const char *at_key(reading *r, const char *key)
{
    snprintf(r->at, sizeof r->at, "rules[%zu]%s%s", r->index, key[0] != '\0' ? "." : "", key);
    return r->at;
}

/* --- statistic ----------------------------------------------------------------------------- */

static const void *given(const st_raw_statistic *raw, unsigned parameter)
{
    switch (parameter) {
    case ST_PARAMETER_direction: return raw->direction;
    case ST_PARAMETER_form: return raw->form;
    case ST_PARAMETER_lamp: return raw->lamp;
    default: return raw->number[parameter];
    }
}

static st_status check_parameters(reading *r, const st_raw_statistic *raw,
                                  const st_statistic_row *row)
{
    char key[64];
    for (unsigned p = 0; p < ST_PARAMETER_KINDS; p++) {
        const bool required = (row->required >> p & 1) != 0;
        const bool taken = required || (row->optional >> p & 1) != 0;
        snprintf(key, sizeof key, "statistic.%s", st_parameters[p].key);
        if (given(raw, p) != NULL && !taken) {
            st_words words = {0};
            st_statistic_parameter_words(row, &words);
            return st_yaml_fail(r->ctx, r->yaml, at_key(r, key), "%s does not take it, allowed: %s",
                                row->name, words.text);
        }
        if (given(raw, p) == NULL && required) {
            return st_yaml_fail(r->ctx, r->yaml, at_key(r, "statistic"),
                                "the key \"%s\" is missing (%s needs it)", st_parameters[p].key,
                                row->name);
        }
    }
    return ST_OK;
}

static st_status read_numbers(reading *r, const st_raw_statistic *raw, st_statistic *statistic)
{
    for (unsigned p = 0; p < ST_PARAMETER_NUMBERS; p++) {
        const st_parameter *parameter = &st_parameters[p];
        if (raw->number[p] == NULL) {
            continue;
        }
        if (!st_range_holds(&parameter->range, *raw->number[p])) {
            char key[64], allowed[ST_RANGE_TEXT];
            snprintf(key, sizeof key, "statistic.%s", parameter->key);
            st_range_print(&parameter->range, allowed);
            return st_yaml_fail(r->ctx, r->yaml, at_key(r, key), "found %g, allowed: %s",
                                *raw->number[p], allowed);
        }
        *(double *)((char *)statistic + parameter->offset) = *raw->number[p] * parameter->si;
    }
    if (raw->number[ST_PARAMETER_low_hz] != NULL && statistic->low_hz >= statistic->high_hz) {
        return st_yaml_fail(r->ctx, r->yaml, at_key(r, "statistic.high_hz"),
                            "found %g, allowed: above low_hz %g", statistic->high_hz,
                            statistic->low_hz);
    }
    return ST_OK;
}

static st_status read_statistic(reading *r, const st_raw_statistic *raw, st_statistic *statistic,
                                const st_statistic_row **row)
{
    statistic->kind = (st_statistic_kind)raw->kind;
    *row = st_statistic_row_of(statistic->kind);
    ST_TRY(check_parameters(r, raw, *row));
    if (raw->direction != NULL) {
        statistic->direction = (st_direction)*raw->direction;
    }
    if (raw->form != NULL) {
        statistic->form = (st_share_form)*raw->form;
    }
    if (raw->lamp != NULL) {
        statistic->lamp = (st_lamp)*raw->lamp;
    }
    return read_numbers(r, raw, statistic);
}

/* --- limit --------------------------------------------------------------------------------- */

static st_status read_limit(reading *r, const char *key, double value, const char *unit,
                            const st_statistic_row *row, st_rule *rule)
{
    char quoted[ST_QUOTE_TEXT];
    st_limit *limit = &rule->limits[rule->n_limits];
    if (!st_unit_parse(unit, &limit->unit) || st_unit_family(limit->unit) != row->family) {
        st_words words = {0};
        st_unit_words(row->family, &words);
        return st_yaml_fail(r->ctx, r->yaml, at_key(r, key), "found %s, allowed for %s: %s",
                            st_quote(unit, quoted), row->name, words.text);
    }
    limit->value = value;
    rule->n_limits++;
    return ST_OK;
}

/* A recovery is watched for within_s: a longer limit could acquit what nobody saw. */
static st_status check_within(reading *r, const st_rule *rule)
{
    for (size_t i = 0; rule->statistic.kind == ST_STAT_RECOVERY && i < rule->n_limits; i++) {
        if (rule->limits[i].value > rule->statistic.within_s) {
            return st_yaml_fail(r->ctx, r->yaml, at_key(r, "limit"),
                                "found %g s, allowed: up to within_s %g", rule->limits[i].value,
                                rule->statistic.within_s);
        }
    }
    return ST_OK;
}

static st_status read_limits(reading *r, const st_raw_limits_of *raw, const st_statistic_row *row,
                             st_rule *rule)
{
    if (row->kind == ST_STAT_NONE) {
        return raw == NULL ? ST_OK
                           : st_yaml_fail(r->ctx, r->yaml, at_key(r, "limit"),
                                          "a rule of the statistic none has no limit");
    }
    if (raw == NULL) {
        return st_yaml_fail(r->ctx, r->yaml, at_key(r, ""), "the key \"limit\" is missing");
    }
    const bool single = raw->value != NULL || raw->unit != NULL;
    if (single == (raw->min_of != NULL) || (raw->value == NULL) != (raw->unit == NULL)) {
        return st_yaml_fail(r->ctx, r->yaml, at_key(r, "limit"),
                            "allowed: either value and unit, or min_of");
    }
    if (single) {
        return read_limit(r, "limit.unit", *raw->value, raw->unit, row, rule);
    }
    for (uint32_t i = 0; i < raw->n_min_of; i++) {
        char key[64];
        snprintf(key, sizeof key, "limit.min_of[%u].unit", i);
        ST_TRY(read_limit(r, key, raw->min_of[i].value, raw->min_of[i].unit, row, rule));
    }
    return ST_OK;
}

/* --- rule ---------------------------------------------------------------------------------- */

static st_status check_id(reading *r, const char *id)
{
    char quoted[ST_QUOTE_TEXT];
    for (const char *c = id; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr("-_.", *c) == NULL) {
            return st_yaml_fail(r->ctx, r->yaml, at_key(r, "id"),
                                "found %s, allowed: letters, digits, '-', '_' and '.'",
                                st_quote(id, quoted));
        }
    }
    return ST_OK;
}

static st_status read_filter(reading *r, const st_raw_filter *raw, st_rule *rule)
{
    if (raw == NULL) {
        return ST_OK;
    }
    if (raw->bandpass_hz[0] >= raw->bandpass_hz[1]) {
        return st_yaml_fail(r->ctx, r->yaml, at_key(r, "filter.bandpass_hz"),
                            "found [%g, %g], allowed: low below high", raw->bandpass_hz[0],
                            raw->bandpass_hz[1]);
    }
    rule->filter_low_hz = raw->bandpass_hz[0];
    rule->filter_high_hz = raw->bandpass_hz[1];
    rule->filter_order = raw->order != NULL ? (int)*raw->order : FILTER_ORDER;
    return ST_OK;
}

static st_status read_rule(reading *r, const char *path, const st_raw_rule *raw, st_rule *rule)
{
    const st_statistic_row *row;
    ST_TRY(check_id(r, raw->id));
    ST_TRY(st_yaml_copy(r->ctx, raw->id, &rule->id));
    ST_TRY(st_yaml_copy(r->ctx, raw->source, &rule->source));
    ST_TRY(st_yaml_copy(r->ctx, raw->url, &rule->url));
    ST_TRY(st_copy_text(r->ctx, st_status_words[raw->status], &rule->status));
    ST_TRY(st_yaml_copy(r->ctx, raw->date, &rule->date));
    ST_TRY(st_yaml_copy(r->ctx, raw->text, &rule->text));
    ST_TRY(st_copy_text(r->ctx, path, &rule->file));
    rule->line = st_yaml_line(r->yaml, at_key(r, ""));
    rule->point = raw->point == ST_RAW_POINT_LOAD ? ST_POINT_LOAD : ST_POINT_DRAW;
    ST_TRY(read_filter(r, raw->filter, rule));
    ST_TRY(read_statistic(r, &raw->statistic, &rule->statistic, &row));
    ST_TRY(read_limits(r, raw->limit, row, rule));
    ST_TRY(check_within(r, rule));
    rule->needs_rate_hz = raw->needs.rate_hz != NULL ? *raw->needs.rate_hz : 0;
    rule->needs_duration_s = raw->needs.duration_s != NULL ? *raw->needs.duration_s : 0;
    rule->needs_coverage = raw->needs.coverage != NULL ? *raw->needs.coverage : default_coverage;
    return ST_OK;
}

static st_status check_unique(st_context *ctx, const st_limits *limits, const st_rule *rule)
{
    for (const st_rule *other = limits->rules; other < limits->rules + limits->n_rules; other++) {
        if (other != rule && other->id != NULL && strcmp(other->id, rule->id) == 0) {
            return st_fail(ctx, ST_CONFIG,
                           "%s:%d: the id \"%s\" is there twice (also %s:%d), allowed: once",
                           rule->file, rule->line, rule->id, other->file, other->line);
        }
    }
    return ST_OK;
}

st_status st_limits_parse(st_context *ctx, const char *path, const char *text, size_t bytes,
                          st_limits **limits)
{
    st_status status = ST_OK;
    st_yaml *yaml = NULL;
    st_limits *made = NULL;
    void *block = NULL, *rules;
    *limits = NULL;
    ST_GOTO(status, st_yaml_parse(ctx, &st_limits_schema, path, text, bytes, &yaml));
    const st_raw_limits *raw = st_yaml_data(yaml);
    reading r = {.ctx = ctx, .yaml = yaml};
    ST_GOTO(status, st_alloc(ctx, 1, sizeof *made, "limits", &block));
    made = block;
    ST_GOTO(status, st_alloc(ctx, raw->n_rules, sizeof *made->rules, "rules", &rules));
    made->rules = rules;
    ST_GOTO(status, st_yaml_copy(ctx, raw->title != NULL ? raw->title : raw->name, &made->title));
    for (r.index = 0; r.index < raw->n_rules; r.index++) {
        st_rule *rule = &made->rules[made->n_rules++];
        ST_GOTO(status, read_rule(&r, path, &raw->rules[r.index], rule));
        ST_GOTO(status, check_unique(ctx, made, rule));
    }
    *limits = made;
    made = NULL;
done:
    st_limits_destroy(made);
    st_yaml_close(yaml);
    return status;
}

/* --- several files ------------------------------------------------------------------------- */

/* Appends one YAML document to the text of all. */
static st_status append_text(st_context *ctx, char **all, const char *text)
{
    static const char between[] = "---\n";
    const size_t had = *all == NULL ? 0 : strlen(*all), more = strlen(text);
    void *block;
    ST_TRY(st_alloc(ctx, had + sizeof between + 1 + more + 1, 1, "the text of limits", &block));
    snprintf(block, had + sizeof between + 1 + more + 1, "%s%s%s%s", had > 0 ? *all : "",
             had > 0 && (*all)[had - 1] != '\n' ? "\n" : "",
             had > 0 && strncmp(text, between, 3) != 0 ? between : "", text);
    st_free(*all);
    *all = block;
    return ST_OK;
}

/* Moves the rules of `more` to the end of `all`. */
static st_status append_rules(st_context *ctx, st_limits *all, st_limits *more)
{
    size_t first = all->n_rules;
    void *block;
    ST_TRY(st_alloc(ctx, all->n_rules + more->n_rules, sizeof *all->rules, "rules", &block));
    st_rule *rules = block;
    if (all->n_rules > 0) {
        memcpy(rules, all->rules, all->n_rules * sizeof *rules);
    }
    memcpy(rules + all->n_rules, more->rules, more->n_rules * sizeof *rules);
    st_free(all->rules);
    all->rules = rules;
    all->n_rules += more->n_rules;
    more->n_rules = 0;
    for (; first < all->n_rules; first++) {
        ST_TRY(check_unique(ctx, all, &all->rules[first]));
    }
    return ST_OK;
}

static st_status append_file(st_context *ctx, const char *name, const char *data_dir,
                             st_limits *all)
{
    st_status status = ST_OK;
    char *path = NULL, *text = NULL;
    size_t bytes;
    st_limits *one = NULL;
    ST_GOTO(status, st_preset_path(ctx, "limits", "limits", name, data_dir, &path));
    ST_GOTO(status, st_preset_read(ctx, path, &text, &bytes));
    ST_GOTO(status, st_limits_parse(ctx, path, text, bytes, &one));
    ST_GOTO(status, append_rules(ctx, all, one));
    ST_GOTO(status, append_text(ctx, &all->yaml, text));
    if (all->title == NULL) {
        all->title = one->title;
        one->title = NULL;
    }
done:
    st_limits_destroy(one);
    st_free(text);
    st_free(path);
    return status;
}

st_status st_limits_load(st_context *ctx, const char *names, const char *data_dir,
                         st_limits **limits)
{
    st_status status = ST_OK;
    st_limits *all = NULL;
    void *block = NULL;
    char *list = NULL;
    size_t files = 0;
    *limits = NULL;
    ST_GOTO(status, st_copy_text(ctx, names, &list));
    ST_GOTO(status, st_alloc(ctx, 1, sizeof *all, "limits", &block));
    all = block;
    ST_GOTO(status, st_copy_text(ctx, names, &all->name));
    for (char *name = list, *rest = NULL; name != NULL; name = rest) {
        rest = strchr(name, ',');
        if (rest != NULL) {
            *rest++ = '\0';
        }
        if (name[0] == '\0' || ++files > FILES_MAX) {
            status = st_fail(ctx, ST_ARGUMENT,
                             "limits \"%.200s\": allowed: 1 to %d names with commas between them",
                             names, FILES_MAX);
            goto done;
        }
        ST_GOTO(status, append_file(ctx, name, data_dir, all));
    }
    *limits = all;
    all = NULL;
done:
    st_limits_destroy(all);
    st_free(list);
    return status;
}

void st_limits_destroy(st_limits *limits)
{
    if (limits == NULL) {
        return;
    }
    for (size_t i = 0; i < limits->n_rules; i++) {
        st_rule *rule = &limits->rules[i];
        char *const texts[] = {rule->id,   rule->source, rule->url, rule->status,
                               rule->date, rule->text,   rule->file};
        for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
            st_free(texts[t]);
        }
    }
    st_free(limits->rules);
    st_free(limits->name);
    st_free(limits->title);
    st_free(limits->yaml);
    st_free(limits);
}

st_status st_limits_names(st_context *ctx, const char *data_dir, char ***names, size_t *n)
{
    return st_preset_names(ctx, data_dir, "limits", names, n);
}
