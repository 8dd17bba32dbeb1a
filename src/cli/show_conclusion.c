/* show_conclusion.c - what the verdicts come to, in one sentence for the person who decides.
 * Part of `surgetank show`. */
#include "cli/show.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli/format.h"

enum { NAMED_RULES = 3 };

/* A sentence that grows; what does not fit is left out. */
typedef struct sentence {
    char *text; /* [bytes], borrowed */
    size_t bytes, used;
} sentence;

static void say(sentence *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(sentence *s, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const int n = vsnprintf(s->text + s->used, s->bytes - s->used, format, values);
    va_end(values);
    s->used += n > 0 ? (size_t)n : 0;
    s->used = s->used < s->bytes ? s->used : s->bytes - 1;
}

/* "ERCOT-PV by 35 %, IESO-R15 by 12 % and 3 more". */
static void name_failures(sentence *s, const cli_verdicts *v, const show_pair *pairs, size_t n)
{
    size_t named = 0;
    for (size_t i = 0; i < n && named < NAMED_RULES; i++) {
        const size_t row = pairs[i].judged;
        if (v->judged[row] == 0 || v->status[row] != ST_VERDICT_FAIL) {
            continue;
        }
        char number[CLI_NUMBER];
        say(s, "%s%s", named++ > 0 ? ", " : "", v->rule[row]);
        if (isfinite(v->margin[row]) && !cli_far_beyond(v->margin[row])) {
            say(s, " by %s %%", cli_number(number, -100 * v->margin[row]));
        } else if (isfinite(v->margin[row])) {
            say(s, " by a factor of %s", cli_number(number, 1 - v->margin[row]));
        }
    }
    if (v->count[ST_VERDICT_FAIL] > named) {
        say(s, " and %zu more", v->count[ST_VERDICT_FAIL] - named);
    }
}

static void name_open(sentence *s, const cli_verdicts *v, const show_pair *pairs, size_t n)
{
    size_t named = 0;
    say(s, " %zu %s INDETERMINATE: ", v->count[ST_VERDICT_INDETERMINATE],
        v->count[ST_VERDICT_INDETERMINATE] == 1 ? "is" : "are");
    for (size_t i = 0; i < n && named < NAMED_RULES; i++) {
        const size_t row = pairs[i].judged;
        if (v->judged[row] == 0 || v->status[row] != ST_VERDICT_INDETERMINATE) {
            continue;
        }
        say(s, "%s%s", named++ > 0 ? "; " : "", v->rule[row]);
        if (v->reason[row][0] != '\0') {
            say(s, " (%.160s)", v->reason[row]);
        }
    }
    if (v->count[ST_VERDICT_INDETERMINATE] > named) {
        say(s, " and %zu more", v->count[ST_VERDICT_INDETERMINATE] - named);
    }
    say(s, ".");
}

/* Rows come with the smallest margin first among those that pass. */
static void name_passes(sentence *s, const cli_verdicts *v, const show_pair *pairs, size_t n)
{
    const size_t passes = v->count[ST_VERDICT_PASS];
    char percent[CLI_NUMBER];
    if (passes == v->judged_rows) {
        say(s, "PASSES all %zu rules", passes);
    } else {
        say(s, "PASSES %zu of %zu rules", passes, v->judged_rows);
    }
    for (size_t i = 0; i < n; i++) {
        const size_t row = pairs[i].judged;
        if (v->judged[row] != 0 && v->status[row] == ST_VERDICT_PASS && isfinite(v->margin[row])) {
            say(s, "; the tightest is %s with %s %% to spare", v->rule[row],
                cli_number(percent, 100 * v->margin[row]));
            break;
        }
    }
    say(s, ".");
}

/* Whether the battery was worth it: what the load alone would have failed. */
static void say_load_alone(sentence *s, const cli_verdicts *v)
{
    size_t failed = 0, rows = 0;
    for (size_t row = 0; row < v->rows; row++) {
        const bool load = v->point[row] == ST_POINT_LOAD;
        rows += load;
        failed += load && v->status[row] == ST_VERDICT_FAIL;
    }
    if (rows > 0) {
        say(s, " The load alone would fail %zu.", failed);
    }
}

static void say_verdicts(show_page *page, sentence *s, const show_pair *pairs, size_t n)
{
    const cli_verdicts *v = &page->verdicts;
    char battery[256];
    const char *who = page->site != NULL ? page->site->name : "the recording";
    show_battery_words(page, battery, sizeof battery);
    say(s, battery[0] != '\0' ? "Behind %s, %s " : "%sWithout a battery, %s ", battery, who);
    if (v->count[ST_VERDICT_FAIL] > 0) {
        say(s, "FAILS %zu of %zu rules: ", v->count[ST_VERDICT_FAIL], v->judged_rows);
        name_failures(s, v, pairs, n);
        say(s, ".");
    } else if (v->count[ST_VERDICT_PASS] > 0) {
        name_passes(s, v, pairs, n);
    } else {
        say(s, "can not be judged.");
    }
    if (v->count[ST_VERDICT_INDETERMINATE] > 0) {
        name_open(s, v, pairs, n);
    }
    if (battery[0] != '\0') {
        say_load_alone(s, v);
    }
}

void show_conclusion(show_page *page, const show_pair *pairs, size_t n, char *text, size_t bytes)
{
    sentence s = {text, bytes, 0};
    text[0] = '\0';
    if (page->verdicts.judged_rows == 0) {
        say(&s, "No rule was judged: analyze with --limits to have the operators' rules applied.");
    } else {
        say_verdicts(page, &s, pairs, n);
    }
}
