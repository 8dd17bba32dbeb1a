/* size_table.c - per response time: the smallest count without a FAIL, what it is in MW, MWh and
 * money, what binds; then what to make of it. */
#include "cli/size_table.h"

#include <inttypes.h>
#include <math.h>

#include "cli/format.h"
#include "cli/verdicts.h"

/* Columns of /sizing, borrowed from the summary. */
typedef struct sizing {
    size_t rows, responses;
    const int64_t *units, *pass, *best_units;
    const double *power_w, *energy_j, *response_s, *tau_s, *ramp_w_per_s, *margin, *cost_usd;
    const double *best_response_s;
    const char *const *rule;
} sizing;

static int read_sizing(const cli *run, st_summary *summary, const char *path, sizing *s)
{
    const struct {
        const char *name;
        const double **values;
    } reals[] = {{"sizing/power_w", &s->power_w},       {"sizing/energy_j", &s->energy_j},
                 {"sizing/response_s", &s->response_s}, {"sizing/tau_s", &s->tau_s},
                 {"sizing/margin", &s->margin},         {"sizing/ramp_w_per_s", &s->ramp_w_per_s},
                 {"sizing/cost_usd", &s->cost_usd}};
    size_t n = 0;
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof reals / sizeof reals[0]; i++) {
        code = cli_reals(run, summary, reals[i].name, reals[i].values, &s->rows);
    }
    code = code ? code : cli_integers(run, summary, "sizing/units", &s->units, &n);
    code = code ? code : cli_integers(run, summary, "sizing/pass", &s->pass, &n);
    code = code ? code : cli_strings(run, summary, "sizing/worst_rule", &s->rule, &n);
    code = code ? code : cli_integers(run, summary, "sizing/best_units", &s->best_units, &n);
    code = code ? code
                : cli_reals(run, summary, "sizing/best_response_s", &s->best_response_s,
                            &s->responses);
    if (code == 0 && (s->rows == 0 || s->responses == 0)) {
        cli_complain("%s: there is no sizing in it", path);
        return CLI_FORMAT;
    }
    return code;
}

/* The row that best_units means; where there is none, the one that comes closest. */
static size_t row_of(const sizing *s, size_t response)
{
    const bool none = s->best_units[response] < 0;
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < s->rows; i++) {
        if (s->response_s[i] != s->best_response_s[response] ||
            (!none && (s->units[i] != s->best_units[response] || s->pass[i] == 0))) {
            continue;
        }
        if (found == SIZE_MAX || (s->pass[i] == 1 && s->pass[found] != 1) ||
            (s->pass[i] == s->pass[found] && s->margin[i] > s->margin[found])) {
            found = i;
        }
    }
    return found;
}

/* The row of the next smaller count, all else the same; SIZE_MAX: none was tried. */
static size_t smaller_row(const sizing *s, size_t row)
{
    const bool same = row > 0 && s->units[row - 1] < s->units[row] &&
                      s->response_s[row - 1] == s->response_s[row] &&
                      s->tau_s[row - 1] == s->tau_s[row];
    return same ? row - 1 : SIZE_MAX;
}

/* What keeps the count from being smaller: the rule that the next smaller one fails, else the one
 * with the least margin. */
static const char *binding_rule(const sizing *s, size_t row)
{
    const size_t smaller = s->pass[row] != 0 ? smaller_row(s, row) : SIZE_MAX;
    return s->rule[smaller != SIZE_MAX && s->pass[smaller] == 0 ? smaller : row];
}

/* "60 s" or "20 MW/min". */
static void control_words(char out[CLI_VALUE], const sizing *s, size_t row)
{
    char number[CLI_NUMBER];
    if (isnan(s->ramp_w_per_s[row])) {
        snprintf(out, CLI_VALUE, "%s", cli_seconds(number, s->tau_s[row]));
    } else {
        snprintf(out, CLI_VALUE, "%s MW/min", cli_number(number, s->ramp_w_per_s[row] * 60e-6));
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
    if (row == SIZE_MAX) {
        return;
    }
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

/* "294 units pass, 293 fail OTHER-RULE." */
static void smaller_words(char *out, size_t size, const sizing *s, size_t row)
{
    char number[CLI_NUMBER];
    const size_t smaller = smaller_row(s, row);
    out[0] = '\0';
    if (smaller != SIZE_MAX && s->pass[smaller] == 0) {
        snprintf(out, size, " %s units fail %s.", cli_count(number, s->units[smaller]),
                 s->rule[smaller]);
    }
}

static void print_smallest(const cli *run, const sizing *s, size_t row)
{
    char line[1024], power[CLI_NUMBER], energy[CLI_NUMBER], response[CLI_NUMBER], cost[CLI_VALUE];
    char margin[CLI_VALUE], count[CLI_NUMBER], smaller[CLI_VALUE];
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
                 "The smallest battery: %s units, %s and %s, %s, with a response of %s: %s; the "
                 "closest is %s with a margin of %s.%s",
                 cli_count(count, s->units[row]), cli_power(power, s->power_w[row]),
                 cli_energy(energy, s->energy_j[row]), isnan(s->cost_usd[row]) ? "no price" : cost,
                 cli_seconds(response, s->response_s[row]), but, s->rule[row],
                 cli_margin_words(margin, s->margin[row]), smaller);
    }
    cli_wrap(&run->out, 0, line);
}

static void print_conclusion(const cli *run, const sizing *s)
{
    const size_t best = best_response(s);
    const size_t row = best != SIZE_MAX ? row_of(s, best) : SIZE_MAX;
    if (row != SIZE_MAX) {
        print_smallest(run, s, row);
        return;
    }
    cli_wrap(&run->out, 0,
             "No count passes at any of these response times. The rows show how close the best "
             "count comes; the notes say whether more units, a faster response or another control "
             "would help.");
}

int cli_size_table(const cli *run, st_summary *summary, const char *path)
{
    static const char *const heads[] = {"response", "units",        "power",
                                        "energy",   "cost",         "control",
                                        "verdict",  "least margin", "binding rule"};
    sizing s = {.rows = 0};
    const int code = read_sizing(run, summary, path, &s);
    if (code != 0) {
        return code;
    }
    cli_table *table = cli_table_create("rrrrrrlrl");
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        cli_cell(table, CLI_DIM, "%s", heads[i]);
    }
    for (size_t r = 0; r < s.responses; r++) {
        print_row(table, &s, r);
    }
    cli_table_print(table, &run->out, 0);
    print_conclusion(run, &s);
    return 0;
}
