/* knobs.c - the one table of the generator's knobs: name, unit, range, default, words.
 * Serves the command line and the documentation; knows no rhythm, no file. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "model/number.h"
#include "surgetank/synth.h"

typedef enum knob_kind { REAL, COUNT, WORD } knob_kind;

typedef struct knob {
    const char *name, *unit;
    knob_kind kind;
    size_t offset;
    double low, high;
    double initial;           /* of a WORD: index into words */
    const char *range;        /* for people */
    const char *const *words; /* of a WORD, NULL-terminated, in the order of its enum */
    const char *text;
} knob;

static const char *const rhythm_words[] = {"training", "sine", "flat", NULL};
static const char *const codec_words[] = {"none", "deflate", "lz4", "bitshuffle-lz4", NULL};

/* clang-format off */
#define REAL_KNOB(field, unit, low, high, initial, text) \
    {#field, unit, REAL, offsetof(st_synth, field), low, high, initial, #low " to " #high, NULL, text}
#define COUNT_KNOB(field, low, high, initial, text) \
    {#field, "", COUNT, offsetof(st_synth, field), low, high, initial, #low " to " #high, NULL, text}
#define WORD_KNOB(field, words, range, initial, text) \
    {#field, "", WORD, offsetof(st_synth, field), 0, 0, initial, range, words, text}
/* clang-format on */

static const knob knobs[] = {
    REAL_KNOB(rack_rating_w, "W", 1, 1e9, 120e3,
              "rating of a rack; a site sets it to its nominal power / racks"),
    WORD_KNOB(rhythm, rhythm_words, "training, sine, flat", ST_RHYTHM_TRAINING,
              "shape of an iteration"),
    REAL_KNOB(period_s, "s", 0.02, 600, 2, "one iteration"),
    REAL_KNOB(period_jitter, "share of period", 0, 0.06, 0.01,
              "deviation of an iteration's start, the same for all racks"),
    REAL_KNOB(compute_share, "share of period", 0.05, 0.95, 0.8,
              "how long an iteration computes; then it communicates"),
    REAL_KNOB(forward_share, "share of compute", 0.05, 0.95, 0.33, "the forward pass"),
    REAL_KNOB(forward_level, "share of rating", 0, 2, 0.7, "power of the forward pass"),
    REAL_KNOB(backward_level, "share of rating", 0, 2, 0.8, "power of the backward pass"),
    REAL_KNOB(communicate_level, "share of rating", 0, 2, 0.5,
              "power while racks exchange gradients"),
    REAL_KNOB(idle_level, "share of rating", 0, 2, 0.1,
              "power before and after the job, and of a dip"),
    REAL_KNOB(edge_s, "s", 1e-6, 10, 0.025,
              "duration of the rhythm's edges (smoothed by the supplies' capacitors)"),
    REAL_KNOB(overshoot, "share of rating", 0, 2, 0.28,
              "hump above the forward pass when computing starts"),
    REAL_KNOB(overshoot_s, "s", 1e-6, 10, 0.05, "duration of the hump"),
    COUNT_KNOB(micro_batches, 0, 10000, 12, "ripples per compute phase"),
    REAL_KNOB(ripple, "share of rating", 0, 1, 0.03,
              "amplitude of the ripple, whose phase differs from rack to rack"),
    REAL_KNOB(checkpoint_every_s, "s", 0, 1e6, 60,
              "interval of checkpoints, the first after half of it; 0 = none"),
    REAL_KNOB(checkpoint_s, "s", 0.01, 1e4, 2, "duration of a checkpoint"),
    REAL_KNOB(checkpoint_level, "share of rating", 0, 2, 0.43, "power during a checkpoint"),
    REAL_KNOB(job_start_s, "s", 0, 1e9, 0, "the job starts; 0 = before the recording"),
    REAL_KNOB(job_stop_s, "s", 0, 1e9, 0, "the job stops; 0 = after the recording"),
    REAL_KNOB(level_spread, "share", 0, 0.25, 0.02, "deviation of power from rack to rack"),
    REAL_KNOB(level_jitter, "share", 0, 0.25, 0.01,
              "deviation of a rack's swing from iteration to iteration"),
    REAL_KNOB(phase_spread_s, "s", 0, 1e3, 0.003,
              "deviation of the racks' fixed delays; lowers the coherent share kappa"),
    REAL_KNOB(phase_jitter_s, "s", 0, 1e3, 0.005,
              "deviation of a rack's start from iteration to iteration; lowers kappa"),
    REAL_KNOB(noise, "share of rating", 0, 0.25, 0.003,
              "deviation of the sensor's noise, never beyond 3.47 deviations"),
    REAL_KNOB(step_w, "W", 0, 1e6, 1, "the sensor's step; 0 = none"),
    REAL_KNOB(missing_share, "share of samples", 0, 0.0005, 1e-5,
              "lost in bursts of 1 to 8 samples, too short for an event"),
    COUNT_KNOB(events, 0, 1, 1, "0: plant none, whatever the counts below say"),
    COUNT_KNOB(spikes, 0, 150, 8, "spikes of single racks, 15 to 60 ms"),
    COUNT_KNOB(dips, 0, 150, 4, "dips of single racks to idle, 60 to 250 ms"),
    COUNT_KNOB(steps, 0, 150, 4, "single racks that lose or regain trays for good"),
    COUNT_KNOB(oscillations, 0, 150, 1, "single racks whose supplies hunt"),
    COUNT_KNOB(gaps, 0, 150, 4, "single racks without samples for 60 to 600 ms"),
    COUNT_KNOB(faults, 0, 150, 1,
               "all racks fall idle, then ramp back; none in a recording too short for it"),
    REAL_KNOB(event_edge_s, "s", 1e-6, 10, 0.003, "duration of the edges of events"),
    REAL_KNOB(spike_level, "share of rating", 0, 10, 0.45, "height of spikes"),
    REAL_KNOB(step_share, "share", 0, 1, 0.3, "part of a rack that a step takes away"),
    REAL_KNOB(oscillation_hz, "Hz", 1e-3, 1e5, 14.7, "frequency of oscillations"),
    REAL_KNOB(oscillation_level, "share of rating", 0, 10, 0.15, "their peak amplitude"),
    REAL_KNOB(oscillation_s, "s", 0.01, 1e4, 2.5, "their duration"),
    REAL_KNOB(fault_s, "s", 0.001, 1e5, 1.5, "how long a fault lasts"),
    REAL_KNOB(fault_level, "share of rating", 0, 2, 0.1, "power in a fault"),
    REAL_KNOB(recover_s, "s", 1e-6, 1e5, 0.3, "duration of the way back from a fault"),
    WORD_KNOB(codec, codec_words, "none, deflate, lz4, bitshuffle-lz4", ST_CODEC_NONE,
              "how the trace is stored"),
    REAL_KNOB(scale_w, "W", 0, 1e6, 0, "store as int32 steps of so much; 0 = float32"),
};
enum { KNOBS = sizeof knobs / sizeof knobs[0] };

/* Members of an st_synth by offset. Enums are unsigned int to this compiler family. */
static double get(const st_synth *what, const knob *k)
{
    const char *at = (const char *)what + k->offset;
    switch (k->kind) {
    case REAL: return *(const double *)(const void *)at;
    case COUNT: return (double)*(const int64_t *)(const void *)at;
    case WORD: return (double)*(const unsigned *)(const void *)at;
    }
    return NAN;
}

static void put(st_synth *what, const knob *k, double value)
{
    char *at = (char *)what + k->offset;
    switch (k->kind) {
    case REAL: *(double *)(void *)at = value; break;
    case COUNT: *(int64_t *)(void *)at = (int64_t)value; break;
    case WORD: *(unsigned *)(void *)at = (unsigned)value; break;
    }
}
_Static_assert(sizeof(st_rhythm) == sizeof(unsigned) && sizeof(st_codec) == sizeof(unsigned),
               "knobs of words are read and written as unsigned int");

static size_t word_count(const knob *k)
{
    size_t n = 0;
    while (k->words[n] != NULL) {
        n++;
    }
    return n;
}

static bool holds(const knob *k, double value)
{
    if (k->kind == WORD) {
        return value >= 0 && value < (double)word_count(k);
    }
    return value >= k->low && value <= k->high;
}

static bool parse(const knob *k, const char *text, double *value)
{
    if (k->kind == REAL) {
        return st_real_parse(text, value) && holds(k, *value);
    }
    if (k->kind == COUNT) {
        int64_t count = 0;
        const bool is_count = st_integer_parse(text, &count);
        *value = (double)count;
        return is_count && holds(k, *value);
    }
    for (size_t i = 0; i < word_count(k); i++) {
        if (strcmp(text, k->words[i]) == 0) {
            *value = (double)i;
            return true;
        }
    }
    return false;
}

void st_synth_default(st_synth *what, const st_site *site)
{
    memset(what, 0, sizeof *what);
    what->racks = 64;
    what->duration_ns = INT64_C(60000000000);
    what->rate_hz = 1000.0;
    what->seed = 1;
    what->start_ns = INT64_C(1767225600000000000); /* 2026-01-01T00:00:00Z */
    for (size_t i = 0; i < KNOBS; i++) {
        put(what, &knobs[i], knobs[i].initial);
    }
    if (site != NULL && site->racks > 0) {
        what->rack_rating_w = site->nominal_w / (double)site->racks;
    }
}

static st_status unknown(st_context *ctx, const char *name)
{
    char quoted[ST_QUOTE_TEXT];
    st_words words = {0};
    for (size_t i = 0; i < KNOBS; i++) {
        st_words_add(&words, knobs[i].name);
    }
    return st_fail(ctx, ST_ARGUMENT, "synth: no knob %s; allowed: %s", st_quote(name, quoted),
                   words.text);
}

st_status st_synth_set(st_context *ctx, st_synth *what, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    if (equals == NULL) {
        char quoted[ST_QUOTE_TEXT];
        return st_fail(ctx, ST_ARGUMENT, "synth: found %s; allowed: knob=value",
                       st_quote(assignment, quoted));
    }
    const size_t length = (size_t)(equals - assignment);
    for (size_t i = 0; i < KNOBS; i++) {
        const knob *k = &knobs[i];
        if (strlen(k->name) != length || memcmp(k->name, assignment, length) != 0) {
            continue;
        }
        double value;
        if (!parse(k, equals + 1, &value)) {
            char quoted[ST_QUOTE_TEXT];
            return st_fail(ctx, ST_ARGUMENT, "synth: knob %s: found %s; allowed: %s%s%s%s", k->name,
                           st_quote(equals + 1, quoted), k->range,
                           k->kind == COUNT ? ", whole" : "", k->unit[0] != '\0' ? " " : "",
                           k->unit);
        }
        put(what, k, value);
        return ST_OK;
    }
    char name[ST_QUOTE_TEXT];
    snprintf(name, sizeof name, "%.*s", (int)(length < 60 ? length : 60), assignment);
    return unknown(ctx, name);
}

size_t st_synth_count(void)
{
    return KNOBS;
}

void st_synth_describe(const st_synth *what, size_t index, st_knob_info *info)
{
    memset(info, 0, sizeof *info);
    if (index >= KNOBS) {
        return;
    }
    const knob *k = &knobs[index];
    info->name = k->name;
    info->unit = k->unit;
    info->range = k->range;
    info->text = k->text;
    const double value = get(what, k);
    if (k->kind == WORD) {
        snprintf(info->value, sizeof info->value, "%s", k->words[(size_t)value]);
    } else {
        char number[ST_REAL_TEXT];
        st_real_print(value, number);
        snprintf(info->value, sizeof info->value, "%s", number);
    }
}

/* A struct filled by hand may hold anything, NaN included. */
static st_status check_knobs(st_context *ctx, const st_synth *what)
{
    for (size_t i = 0; i < KNOBS; i++) {
        const knob *k = &knobs[i];
        const double value = get(what, k);
        if (!holds(k, value)) {
            return st_fail(ctx, ST_ARGUMENT, "synth: knob %s: found %g; allowed: %s%s%s", k->name,
                           value, k->range, k->unit[0] != '\0' ? " " : "", k->unit);
        }
    }
    return ST_OK;
}

st_status st_synth_check(st_context *ctx, const st_synth *what)
{
    enum { RACKS_MAX = 10000000 };
    const int64_t longest_ns = INT64_C(31557600000000000); /* a year */
    if (what->racks < 1 || what->racks > RACKS_MAX) {
        return st_fail(ctx, ST_ARGUMENT, "synth: found %zu racks; allowed: 1 to %d", what->racks,
                       RACKS_MAX);
    }
    if (!(what->rate_hz >= 1.0 && what->rate_hz <= 1e6)) {
        return st_fail(ctx, ST_ARGUMENT, "synth: found a rate of %g Hz; allowed: 1 to 1e6 Hz",
                       what->rate_hz);
    }
    if (what->duration_ns < 1 || what->duration_ns > longest_ns || st_synth_samples(what) < 1) {
        return st_fail(ctx, ST_ARGUMENT,
                       "synth: found a duration of %g s; allowed: one sample to a year",
                       (double)what->duration_ns * 1e-9);
    }
    if (what->start_ns < 0 || what->start_ns > INT64_MAX - 2 * longest_ns) {
        return st_fail(ctx, ST_ARGUMENT, "synth: found a start of %lld ns; allowed: 1970 to 2200",
                       (long long)what->start_ns);
    }
    ST_TRY(check_knobs(ctx, what));
    if (what->rhythm == ST_RHYTHM_TRAINING && what->period_s * what->rate_hz < 4.0) {
        return st_fail(ctx, ST_ARGUMENT,
                       "synth: found %g samples per iteration; allowed: 4 or more (period_s, rate)",
                       what->period_s * what->rate_hz);
    }
    return ST_OK;
}

int64_t st_synth_period_ns(const st_synth *what)
{
    return llround(1e9 / what->rate_hz);
}

int64_t st_synth_samples(const st_synth *what)
{
    const int64_t period_ns = st_synth_period_ns(what);
    return (what->duration_ns + period_ns / 2) / period_ns;
}
