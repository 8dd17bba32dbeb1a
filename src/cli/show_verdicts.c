/* show_verdicts.c - a row for each rule, at the load and at the draw, and what it comes to.
 * Part of `surgetank show`. */
#include "cli/show.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/format.h"

enum { LINES_AFTER = 4, LEAST_ROWS = 6, NAMED_RULES = 3, NARROW = 96 };

/* A rule's rows; SIZE_MAX where it has none. */
typedef struct pair {
    size_t load, draw, judged;
} pair;

/* Joins the rows of a rule. A second row for the same point is another rule of the same name. */
static size_t pair_rows(const cli_verdicts *v, pair *pairs)
{
    size_t n = 0;
    for (size_t row = 0; row < v->rows; row++) {
        const bool is_load = v->point[row] == ST_POINT_LOAD;
        size_t p = 0;
        for (; p < n; p++) {
            const size_t other = pairs[p].load != SIZE_MAX ? pairs[p].load : pairs[p].draw;
            const size_t taken = is_load ? pairs[p].load : pairs[p].draw;
            if (taken == SIZE_MAX && strcmp(v->rule[row], v->rule[other]) == 0) {
                break;
            }
        }
        if (p == n) {
            pairs[n++] = (pair){SIZE_MAX, SIZE_MAX, SIZE_MAX};
        }
        *(is_load ? &pairs[p].load : &pairs[p].draw) = row;
        if (v->judged[row] != 0 || pairs[p].judged == SIZE_MAX) {
            pairs[p].judged = row;
        }
    }
    return n;
}

/* FAIL, then INDETERMINATE, then PASS; the smaller margin first. */
static int severity(const cli_verdicts *v, size_t row)
{
    static const int order[ST_VERDICT_STATES] = {
        [ST_VERDICT_FAIL] = 0, [ST_VERDICT_INDETERMINATE] = 1, [ST_VERDICT_PASS] = 2};
    return order[v->status[row]];
}

static int compare(const void *a, const void *b, void *verdicts)
{
    const cli_verdicts *v = verdicts;
    const size_t i = ((const pair *)a)->judged, k = ((const pair *)b)->judged;
    const int by_status = severity(v, i) - severity(v, k);
    if (by_status != 0) {
        return by_status;
    }
    const double margin_i = isnan(v->margin[i]) ? (double)INFINITY : v->margin[i];
    const double margin_k = isnan(v->margin[k]) ? (double)INFINITY : v->margin[k];
    if (margin_i != margin_k) {
        return margin_i < margin_k ? -1 : 1;
    }
    return i < k ? -1 : i > k;
}

/* INDETERMINATE is too wide for two columns; the sentence below says it in full. */
static void status_cells(cli_table *table, const cli_verdicts *v, size_t row)
{
    char number[CLI_NUMBER];
    if (row == SIZE_MAX) {
        cli_cell(table, CLI_PLAIN, "-");
        cli_cell(table, CLI_PLAIN, "-");
        return;
    }
    cli_cell(table, CLI_PLAIN, "%s", cli_number(number, v->value[row]));
    cli_cell(table, cli_status_colour(v->status[row]), "%.5s", cli_status_word(v->status[row]));
}

static void rule_row(show_page *page, cli_table *table, const pair *p, bool with_reason)
{
    const cli_verdicts *v = &page->verdicts;
    const size_t row = p->judged;
    char limit[CLI_VALUE], number[CLI_NUMBER];
    const bool placed = !isnan(v->value[row]) && page->start_ns != INT64_MIN &&
                        v->window_start_ns[row] >= page->start_ns;
    cli_cell(table, CLI_PLAIN, "%s", v->rule[row]);
    cli_cell(table, CLI_PLAIN, "%s", cli_value_words(limit, v->limit[row], v->unit[row]));
    status_cells(table, v, p->load);
    status_cells(table, v, p->draw);
    cli_cell(table, CLI_PLAIN, "%s",
             isfinite(v->margin[row]) ? cli_signed_percent(number, v->margin[row]) : "-");
    cli_cell(table, CLI_PLAIN, "%s",
             placed ? cli_clock(number, v->window_start_ns[row], page->start_ns) : "-");
    if (with_reason) {
        cli_cell(table, CLI_PLAIN, "%s", v->reason[row]);
    }
}

int show_verdicts(show_page *page)
{
    static const char *const heads[] = {"verdicts", "limit",  "load",       "",   "draw",
                                        "",         "margin", "worst from", "why"};
    const cli_verdicts *v = &page->verdicts;
    if (v->rows == 0) {
        return 0;
    }
    const bool with_reason = page->all || page->out->width >= NARROW;
    pair *pairs = cli_allocate(v->rows, sizeof *pairs);
    const size_t n = pair_rows(v, pairs);
    qsort_r(pairs, n, sizeof *pairs, compare, &page->verdicts);
    const int room = SHOW_LINES - LINES_AFTER - 3 - page->lines;
    const size_t shown = page->all || (int)n <= room ? n
                         : (int)n < LEAST_ROWS       ? n
                         : room < LEAST_ROWS         ? LEAST_ROWS
                                                     : (size_t)room;
    cli_table *table = cli_table_create(!with_reason ? "frrlrlrl"
                                        : page->all  ? "lrrlrlrlw"
                                                     : "frrlrlrlf");
    for (size_t h = 0; h < sizeof heads / sizeof heads[0] - (with_reason ? 0 : 1); h++) {
        cli_cell(table, CLI_BOLD, "%s", heads[h]);
    }
    for (size_t i = 0; i < shown; i++) {
        rule_row(page, table, &pairs[i], with_reason);
    }
    fputc('\n', page->out->file);
    cli_table_print(table, page->out, 0);
    if (shown < n) {
        cli_print(page->out, CLI_DIM, "and %zu more: surgetank show --all\n", n - shown);
    }
    page->lines += (int)shown + 2 + (shown < n);
    free(pairs);
    return 0;
}

/* A sentence that grows; what does not fit is left out. */
typedef struct sentence {
    char text[2048];
    size_t used;
} sentence;

static void say(sentence *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(sentence *s, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const int n = vsnprintf(s->text + s->used, sizeof s->text - s->used, format, values);
    va_end(values);
    s->used += n > 0 ? (size_t)n : 0;
    s->used = s->used < sizeof s->text ? s->used : sizeof s->text - 1;
}

/* "ERCOT-PV by 35 %, IESO-R15 by 12 % and 3 more". */
static void name_failures(sentence *s, const cli_verdicts *v, const pair *pairs, size_t n)
{
    size_t named = 0;
    for (size_t i = 0; i < n && named < NAMED_RULES; i++) {
        const size_t row = pairs[i].judged;
        if (v->judged[row] == 0 || v->status[row] != ST_VERDICT_FAIL) {
            continue;
        }
        char percent[CLI_NUMBER];
        say(s, "%s%s", named++ > 0 ? ", " : "", v->rule[row]);
        if (isfinite(v->margin[row])) {
            say(s, " by %s %%", cli_number(percent, -100 * v->margin[row]));
        }
    }
    if (v->count[ST_VERDICT_FAIL] > named) {
        say(s, " and %zu more", v->count[ST_VERDICT_FAIL] - named);
    }
}

static void name_open(sentence *s, const cli_verdicts *v, const pair *pairs, size_t n)
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

static void say_verdicts(show_page *page, sentence *s, const pair *pairs, size_t n)
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
        say(s, "PASSES %s%zu of %zu rules.",
            v->count[ST_VERDICT_PASS] == v->judged_rows ? "all " : "", v->count[ST_VERDICT_PASS],
            v->judged_rows);
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

int show_conclusion(show_page *page)
{
    const cli_verdicts *v = &page->verdicts;
    sentence s = {.used = 0};
    if (v->judged_rows == 0) {
        say(&s, "No rule was judged: analyze with --limits to have the operators' rules applied.");
    } else {
        pair *pairs = cli_allocate(v->rows, sizeof *pairs);
        const size_t n = pair_rows(v, pairs);
        qsort_r(pairs, n, sizeof *pairs, compare, &page->verdicts);
        say_verdicts(page, &s, pairs, n);
        free(pairs);
    }
    fputc('\n', page->out->file);
    cli_wrap(page->out, 0, s.text);
    return 0;
}
