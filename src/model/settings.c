/* settings.c - the one table of knobs, and the loops over it.
 * First thing that every stage is told; knows no stage. A new knob is one row here and one member
 * of st_settings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "model/bands.h"
#include "model/number.h"
#include "surgetank/settings.h"

typedef enum knob_type { COUNT, POWER_OF_TWO, REAL, SECONDS, WORD, BANDS } knob_type;

typedef struct knob {
    const char *name;
    knob_type type;
    size_t offset; /* in st_settings */
    const char *unit;
    st_range range;
    const char *range_text;
    const char *preset; /* default, as it would be set */
    const char *text;
} knob;

#define AT(member) offsetof(st_settings, member)
/* clang-format off */
#define FROM_TO(low, high) {low, high, false, ""}, #low " to " #high
#define NO_RANGE {0, 0, false, ""}
/* clang-format on */

static const char *const models[] = {
    [ST_MODEL_CONSTRAINED] = "constrained", [ST_MODEL_LINEAR] = "linear"};
enum { MODELS = sizeof models / sizeof models[0] };

static const knob knobs[] = {
    {"frame", POWER_OF_TWO, AT(frame), "samples", FROM_TO(256, 8192), "1024",
     "frame length of the rack spectra, a power of two"},
    {"tile_samples", COUNT, AT(tile_samples), "samples", FROM_TO(1024, 16777216), "32768",
     "streaming step; rounded up to a multiple of frame, changes memory but no number"},
    {"threads", COUNT, AT(threads), "", FROM_TO(0, 4096), "0",
     "worker threads, 0 = all processors; changes no number"},
    {"storage_model", WORD, AT(storage_model), "", NO_RANGE, "constrained, linear", "constrained",
     "battery with limits, step by step, or as one convolution"},
    {"gap_min_s", SECONDS, AT(gap_min_s), "s", FROM_TO(0, 86400), "0.05",
     "shortest invalid run that is a gap event"},
    {"event_quantile", REAL, AT(event_quantile), "", FROM_TO(0.5, 0.9999), "0.95",
     "quantile of the frame energies that events are compared with"},
    {"event_decades", REAL, AT(event_decades), "", FROM_TO(0.01, 10), "0.6",
     "decades (log10) above that quantile from which a frame is marked"},
    {"event_z", REAL, AT(event_z), "", FROM_TO(1, 1000), "6",
     "robust z from which a frame is marked"},
    {"event_rhythm_z", REAL, AT(event_rhythm_z), "", FROM_TO(0.5, 1000), "3",
     "robust z that counts towards a rhythm"},
    {"event_rhythm_share", REAL, AT(event_rhythm_share), "", FROM_TO(0, 1), "0.1",
     "share of such frames above which they are a rhythm, not events"},
    {"event_level_share", REAL, AT(event_level_share), "", FROM_TO(0.01, 10), "0.25",
     "share of the usual swing by which a frame must leave it to be marked"},
    {"max_events", COUNT, AT(max_events), "", FROM_TO(1, 100000000), "1000000",
     "more events than this stop the run"},
    {"temperature_k", REAL, AT(temperature_k), "K", FROM_TO(233.15, 353.15), "298.15",
     "cell temperature of the fade model"},
    {"bands", BANDS, AT(bands), "Hz", NO_RANGE, st_bands_allowed,
     "agc:0.01-0.15,inter_area:0.15-1,local:1-5,control:5-14,torsional:14-55,fast:55-nyquist",
     "frequency bands of the band powers"},
};
enum { KNOBS = sizeof knobs / sizeof knobs[0] };

/* --- one value ----------------------------------------------------------------------------- */

static const void *place_of(const st_settings *settings, const knob *k)
{
    return (const char *)settings + k->offset;
}

static bool parse_seconds(const char *value, double *seconds)
{
    int64_t ns;
    if (st_parse_duration_ns(value, &ns) == ST_OK) {
        *seconds = (double)ns / 1e9;
        return true;
    }
    return st_real_parse(value, seconds);
}

static bool parse_word(const char *value, void *place)
{
    for (int i = 0; i < MODELS; i++) {
        if (strcmp(models[i], value) == 0) {
            *(st_storage_model *)place = (st_storage_model)i;
            return true;
        }
    }
    return false;
}

static bool parse_count(const knob *k, const char *value, int64_t *place)
{
    int64_t count;
    if (!st_integer_parse(value, &count) || !st_range_holds(&k->range, (double)count) ||
        (k->type == POWER_OF_TWO && (count & (count - 1)) != 0)) {
        return false;
    }
    *place = count;
    return true;
}

/* False, leaving the settings as they were, when the value is not allowed. */
static bool parse(const knob *k, const char *value, st_settings *settings)
{
    void *place = (char *)settings + k->offset;
    double real;
    switch (k->type) {
    case COUNT:
    case POWER_OF_TWO: return parse_count(k, value, place);
    case WORD: return parse_word(value, place);
    case BANDS: return st_bands_parse(value, settings->bands, &settings->n_bands);
    case REAL:
    case SECONDS:
        if (!(k->type == SECONDS ? parse_seconds(value, &real) : st_real_parse(value, &real)) ||
            !st_range_holds(&k->range, real)) {
            return false;
        }
        *(double *)place = real;
        return true;
    }
    return false;
}

static void print(const knob *k, const st_settings *settings, char text[ST_BANDS_TEXT])
{
    const void *place = place_of(settings, k);
    switch (k->type) {
    case COUNT:
    case POWER_OF_TWO: snprintf(text, ST_BANDS_TEXT, "%lld", *(const long long *)place); break;
    case REAL:
    case SECONDS: st_real_print(*(const double *)place, text); break;
    case WORD: snprintf(text, ST_BANDS_TEXT, "%s", models[*(const st_storage_model *)place]); break;
    case BANDS: st_bands_print(settings->bands, settings->n_bands, text); break;
    }
}

/* --- the settings -------------------------------------------------------------------------- */

void st_settings_default(st_settings *settings)
{
    memset(settings, 0, sizeof *settings);
    for (size_t i = 0; i < KNOBS; i++) {
        parse(&knobs[i], knobs[i].preset, settings);
    }
}

static st_status unknown_knob(st_context *ctx, const char *assignment, size_t length)
{
    st_words words = {0};
    char name[ST_QUOTE_TEXT], quoted[ST_QUOTE_TEXT];
    for (size_t i = 0; i < KNOBS; i++) {
        st_words_add(&words, knobs[i].name);
    }
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1),
             assignment);
    return st_fail(ctx, ST_ARGUMENT, "unknown knob %s, known: %s", st_quote(name, quoted),
                   words.text);
}

st_status st_settings_set(st_context *ctx, st_settings *settings, const char *assignment)
{
    const size_t length = strcspn(assignment, "=");
    char quoted[ST_QUOTE_TEXT];
    if (assignment[length] == '\0') {
        return st_fail(ctx, ST_ARGUMENT, "setting %s has no value, allowed: knob=value",
                       st_quote(assignment, quoted));
    }
    for (const knob *k = knobs; k < knobs + KNOBS; k++) {
        if (strlen(k->name) != length || strncmp(k->name, assignment, length) != 0) {
            continue;
        }
        const char *value = assignment + length + 1;
        if (parse(k, value, settings)) {
            return ST_OK;
        }
        const char *kind = k->type == POWER_OF_TWO ? "a power of two, "
                           : k->type == COUNT      ? "a whole number, "
                                                   : "";
        const char *more = k->type == SECONDS ? ", also written like 50ms or 2min" : "";
        return st_fail(ctx, ST_ARGUMENT, "knob %s: found %s, allowed: %s%s%s%s%s", k->name,
                       st_quote(value, quoted), kind, k->range_text,
                       k->unit[0] != '\0' && k->type != BANDS ? " " : "",
                       k->type != BANDS ? k->unit : "", more);
    }
    return unknown_knob(ctx, assignment, length);
}

st_status st_settings_yaml(st_context *ctx, const st_settings *settings, char **yaml)
{
    enum { BYTES = ST_BANDS_TEXT + KNOBS * 128 };
    char value[ST_BANDS_TEXT];
    void *block;
    size_t used = 0;
    *yaml = NULL;
    ST_TRY(st_alloc(ctx, BYTES, 1, "the text of the settings", &block));
    char *text = block;
    for (const knob *k = knobs; k < knobs + KNOBS; k++) {
        const char *quote = k->type == BANDS ? "\"" : ""; /* a colon in it */
        print(k, settings, value);
        used += (size_t)snprintf(text + used, BYTES - used, "%s: %s%s%s\n", k->name, quote, value,
                                 quote);
    }
    *yaml = text;
    return ST_OK;
}

void st_settings_yaml_free(char *yaml)
{
    st_free(yaml);
}

size_t st_settings_count(void)
{
    return KNOBS;
}

void st_settings_describe(const st_settings *settings, size_t index, st_knob_info *info)
{
    const knob *k = &knobs[index < KNOBS ? index : KNOBS - 1];
    char value[ST_BANDS_TEXT];
    *info =
        (st_knob_info){.name = k->name, .unit = k->unit, .range = k->range_text, .text = k->text};
    print(k, settings, value);
    const size_t room = sizeof info->value - 4;
    snprintf(info->value, sizeof info->value, "%.*s%s", (int)room, value,
             strlen(value) > room ? "..." : "");
}
