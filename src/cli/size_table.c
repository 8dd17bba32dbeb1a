/* size_table.c - /sizing of a summary in words, for `size` and `show` alike. Per response time: the smallest count without a FAIL, what it is in MW, MWh and
 * money, what binds; then what to make of it. */
#include "cli/size_table.h"

#include <math.h>
#include <string.h>

#include "cli/format.h"
#include "cli/verdicts.h"

/* Columns of /sizing, borrowed from the summary. */
typedef struct sizing {
    size_t rows, responses;
    const int64_t *units, *pass, *best_units, *best_candidate;
    const double *power_w, *energy_j, *response_s, *tau_s, *margin, *cost_usd;
    const double *ramp_up_w_per_s, *ramp_down_w_per_s, *best_response_s;
    const char *const *rule, *const *why;
} sizing;

static int read_candidates(const cli *run, st_summary *summary, sizing *s, bool *whole)
{
    const struct {
        const char *name;
        const double **values;
    } reals[] = {{"sizing/power_w", &s->power_w},
                 {"sizing/energy_j", &s->energy_j},
                 {"sizing/response_s", &s->response_s},
                 {"sizing/tau_s", &s->tau_s},
                 {"sizing/margin", &s->margin},
                 {"sizing/ramp_up_w_per_s", &s->ramp_up_w_per_s},
                 {"sizing/ramp_down_w_per_s", &s->ramp_down_w_per_s},
                 {"sizing/cost_usd", &s->cost_usd}};
    size_t n = 0;
    int code = cli_integers(run, summary, "sizing/units", &s->units, &s->rows);
    *whole = s->rows > 0;
    for (size_t i = 0; code == 0 && i < sizeof reals / sizeof reals[0]; i++) {
        code = cli_reals(run, summary, reals[i].name, reals[i].values, &n);
        *whole = *whole && n == s->rows;
    }
    code = code ? code : cli_integers(run, summary, "sizing/pass", &s->pass, &n);
    *whole = *whole && n == s->rows;
    code = code ? code : cli_strings(run, summary, "sizing/worst_rule", &s->rule, &n);
    *whole = *whole && n == s->rows;
    return code;
}

static int read_responses(const cli *run, st_summary *summary, sizing *s, bool *whole)
{
    size_t n = 0;
    int code =
        cli_reals(run, summary, "sizing/best_response_s", &s->best_response_s, &s->responses);
    *whole = *whole && s->responses > 0;
    code = code ? code : cli_integers(run, summary, "sizing/best_units", &s->best_units, &n);
    *whole = *whole && n == s->responses;
    code = code ? code : cli_strings(run, summary, "sizing/why", &s->why, &n);
    *whole = *whole && n == s->responses;
    code =
        code ? code : cli_integers(run, summary, "sizing/best_candidate", &s->best_candidate, &n);
    *whole = *whole && n == s->responses;
    for (size_t r = 0; code == 0 && *whole && r < s->responses; r++) {
        *whole = s->best_candidate[r] >= 0 && (size_t)s->best_candidate[r] < s->rows;
    }
    return code;
}

static int read_sizing(const cli *run, st_summary *summary, const char *path, sizing *s)
{
    bool whole;
    int code = read_candidates(run, summary, s, &whole);
    code = code ? code : read_responses(run, summary, s, &whole);
    if (code == 0 && !whole) {
        cli_complain("%s: /sizing: a column is missing, or not as long as the others", path);
        return CLI_FORMAT;
    }
    return code;
}

/* The row that best_units means; where there is none, the one that comes closest. */
static size_t row_of(const sizing *s, size_t response)
{
    return (size_t)s->best_candidate[response];
}

/* The row of the next smaller count, all else the same; SIZE_MAX: none was tried. */
static size_t smaller_row(const sizing *s, size_t row)
{
    const bool same = row > 0 && s->units[row - 1] < s->units[row] &&
                      s->response_s[row - 1] == s->response_s[row] &&
                      s->tau_s[row - 1] == s->tau_s[row];
    return same ? row - 1 : SIZE_MAX;
}

/* What keeps the count from being smaller: the rule that the next smaller one fails; of a row that
 * fails itself, what it fails. Where no smaller one was tried, nothing is known to. */
static const char *binding_rule(const sizing *s, size_t row)
{
    const size_t smaller = smaller_row(s, row);
    if (s->pass[row] == 0) {
        return s->rule[row];
    }
    return smaller != SIZE_MAX && s->pass[smaller] == 0 ? s->rule[smaller] : "-";
}

/* "60 s", "20 MW/min" or "8 up, 5 down MW/min". */
static void control_words(char out[CLI_VALUE], const sizing *s, size_t row)
{
    const double up = s->ramp_up_w_per_s[row], down = s->ramp_down_w_per_s[row];
    char number[CLI_NUMBER], other[CLI_NUMBER];
    if (isnan(up) || isnan(down)) {
        snprintf(out, CLI_VALUE, "%s", cli_seconds(number, s->tau_s[row]));
    } else if (up == down) {
        snprintf(out, CLI_VALUE, "%s MW/min", cli_number(number, up * 60e-6));
    } else {
        snprintf(out, CLI_VALUE, "%s up, %s down MW/min", cli_number(number, up * 60e-6),
                 cli_number(other, down * 60e-6));
    }
}

static void cost_words(char out[CLI_VALUE], double cost_usd)
{
    char number[CLI_NUMBER];
    if (isnan(cost_usd)) {
        snprintf(out, CLI_VALUE, "-");
    } else {
        snprintf(out, CLI_VALUE, "$%s M", cli_number(number, cost_usd / 1e6));
    }
}

static void print_row(cli_table *table, const sizing *s, size_t response)
{
    const size_t row = row_of(s, response);
    const bool none = s->best_units[response] < 0;
    char number[CLI_NUMBER], text[CLI_VALUE];
    cli_cell(table, CLI_PLAIN, "%s", cli_seconds(number, s->best_response_s[response]));
    cli_cell(table, none ? CLI_RED : CLI_BOLD, "%s",
             none ? "none" : cli_count(number, s->units[row]));
    cli_cell(table, CLI_PLAIN, "%s", none ? "-" : cli_power(number, s->power_w[row]));
    cli_cell(table, CLI_PLAIN, "%s", none ? "-" : cli_energy(number, s->energy_j[row]));
    cost_words(text, none ? (double)NAN : s->cost_usd[row]);
    cli_cell(table, CLI_PLAIN, "%s", text);
    control_words(text, s, row);
    cli_cell(table, CLI_PLAIN, "%s", text);
    cli_cell(table,
             none               ? CLI_RED
             : s->pass[row] < 0 ? CLI_YELLOW
                                : CLI_GREEN,
             "%s",
             none               ? "FAIL"
             : s->pass[row] < 0 ? "INDETERMINATE"
                                : "PASS");
    cli_cell(table, CLI_PLAIN, "%s%s", cli_margin_words(text, s->margin[row]),
             none && cli_far_beyond(s->margin[row]) ? " the limit" : "");
    cli_cell(table, CLI_PLAIN, "%s", binding_rule(s, row));
}

/* Fewest units; of equals the slowest response. */
static size_t best_response(const sizing *s)
{
    size_t best = SIZE_MAX;
    for (size_t r = 0; r < s->responses; r++) {
        if (s->best_units[r] >= 0 &&
            (best == SIZE_MAX || s->best_units[r] <= s->best_units[best])) {
            best = r;
        }
    }
    return best;
}

/* "The smallest battery" only where it is: the next smaller count was tried, and it fails. */
static const char *claim_words(char out[CLI_VALUE], const sizing *s, size_t row)
{
    const size_t smaller = smaller_row(s, row);
    char step[CLI_NUMBER];
    if (smaller == SIZE_MAX) {
        return "The first count tried";
    }
    if (s->units[row] - s->units[smaller] == 1) {
        return "The smallest battery";
    }
    snprintf(out, CLI_VALUE, "The smallest count tried, in steps of %s",
             cli_count(step, s->units[row] - s->units[smaller]));
    return out;
}

/* " 293 units fail OTHER-RULE." */
static void smaller_words(char *out, size_t size, const sizing *s, size_t row)
{
    char number[CLI_NUMBER];
    const size_t smaller = smaller_row(s, row);
    out[0] = '\0';
    if (smaller == SIZE_MAX) {
        snprintf(out, size, " No smaller count was tried; fewer may do.");
    } else if (s->pass[smaller] == 0) {
        snprintf(out, size, " %s units fail %s%s.", cli_count(number, s->units[smaller]),
                 s->rule[smaller],
                 s->units[row] - s->units[smaller] > 1 ? "; none between was tried" : "");
    }
}

static size_t print_smallest(const cli *run, const sizing *s, size_t row)
{
    char line[1024], power[CLI_NUMBER], energy[CLI_NUMBER], response[CLI_NUMBER], cost[CLI_VALUE];
    char margin[CLI_VALUE], count[CLI_NUMBER], smaller[CLI_VALUE * 2], claim[CLI_VALUE];
    const char *but = s->pass[row] < 0
                          ? "no rule FAILs, but the recording leaves some INDETERMINATE"
                          : "every rule PASSes";
    if (s->units[row] == 0) {
        snprintf(line, sizeof line, "%s: %s; the closest is %s with a margin of %s.",
                 s->pass[row] < 0 ? "Without a battery" : "No battery is needed", but, s->rule[row],
                 cli_margin_words(margin, s->margin[row]));
    } else {
        cost_words(cost, s->cost_usd[row]);
        smaller_words(smaller, sizeof smaller, s, row);
        snprintf(line, sizeof line,
                 "%s: %s units, %s and %s, %s, with a response of %s: %s; the closest is %s with a "
                 "margin of %s.%s",
                 claim_words(claim, s, row), cli_count(count, s->units[row]),
                 cli_power(power, s->power_w[row]), cli_energy(energy, s->energy_j[row]),
                 isnan(s->cost_usd[row]) ? "no price" : cost,
                 cli_seconds(response, s->response_s[row]), but, s->rule[row],
                 cli_margin_words(margin, s->margin[row]), smaller);
    }
    return cli_wrap(&run->out, 0, line);
}

static size_t print_conclusion(const cli *run, const sizing *s)
{
    const size_t best = best_response(s);
    if (best != SIZE_MAX) {
        return print_smallest(run, s, row_of(s, best));
    }
    return cli_wrap(
        &run->out, 0,
        "No count of this sizing passes: rows show the closest; load, draw and verdicts "
        "are the given site's.");
}

static size_t print_sizing(const cli *run, const sizing *s)
{
    static const char *const heads[] = {"response", "units",        "power",
                                        "energy",   "cost",         "control",
                                        "verdict",  "least margin", "binding rule"};
    cli_table *table = cli_table_create("rrrrrrlrl");
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        cli_cell(table, CLI_DIM, "%s", heads[i]);
    }
    for (size_t r = 0; r < s->responses; r++) {
        print_row(table, s, r);
    }
    cli_table_print(table, &run->out, 0);
    return 1 + s->responses + print_conclusion(run, s);
}

int cli_size_table(const cli *run, st_summary *summary, const char *path)
{
    sizing s = {.rows = 0};
    const int code = read_sizing(run, summary, path, &s);
    if (code == 0) {
        print_sizing(run, &s);
    }
    return code;
}

/* Response times that share a reason share the sentence. */
static size_t print_notes(const cli *run, const sizing *s)
{
    size_t lines = 0;
    for (size_t r = 0; r < s->responses; r++) {
        bool said = s->why[r][0] == '\0';
        for (size_t before = 0; before < r && !said; before++) {
            said = strcmp(s->why[before], s->why[r]) == 0;
        }
        if (!said) {
            char line[2048];
            snprintf(line, sizeof line, "Note: %.2000s", s->why[r]);
            lines += cli_wrap(&run->out, 0, line);
        }
    }
    return lines;
}

int cli_size_kept(const cli *run, st_summary *summary, const char *path, cli_sized *sized)
{
    sizing s = {.rows = 0};
    const int code = read_sizing(run, summary, path, &s);
    if (code == 0) {
        const size_t best = best_response(&s);
        sized->lines = print_sizing(run, &s) + print_notes(run, &s);
        sized->units = best != SIZE_MAX ? s.best_units[best] : -1;
        sized->response_s = best != SIZE_MAX ? s.best_response_s[best] : (double)NAN;
    }
    return code;
}
