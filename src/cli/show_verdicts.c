/* show_verdicts.c - a row for each rule, at the load and at the draw.
 * Part of `surgetank show`. */
#include "cli/show.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/format.h"

enum { LEAST_ROWS = 4, NARROW = 96 };

/* Joins the rows of a rule. A second row for the same point is another rule of the same name. */
static size_t pair_rows(const cli_verdicts *v, show_pair *pairs)
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
            pairs[n++] = (show_pair){SIZE_MAX, SIZE_MAX, SIZE_MAX};
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
    const size_t i = ((const show_pair *)a)->judged, k = ((const show_pair *)b)->judged;
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

static void rule_row(show_page *page, cli_table *table, const show_pair *p, bool with_reason)
{
    const cli_verdicts *v = &page->verdicts;
    const size_t row = p->judged;
    char limit[CLI_VALUE], margin[CLI_VALUE], number[CLI_NUMBER];
    const bool placed = !isnan(v->value[row]) && page->start_ns != INT64_MIN &&
                        v->window_start_ns[row] >= page->start_ns;
    cli_cell(table, CLI_PLAIN, "%s", v->rule[row]);
    cli_cell(table, CLI_PLAIN, "%s", cli_value_words(limit, v->limit[row], v->unit[row]));
    status_cells(table, v, p->load);
    status_cells(table, v, p->draw);
    cli_cell(table, CLI_PLAIN, "%s", cli_margin_words(margin, v->margin[row]));
    cli_cell(table, CLI_PLAIN, "%s",
             placed ? cli_clock(number, v->window_start_ns[row], page->start_ns) : "-");
    if (with_reason) {
        cli_cell(table, CLI_PLAIN, "%s", v->reason[row]);
    }
}

/* How many rules fit above `below` lines of conclusion; the rest is said to be there. */
static size_t rows_shown(const show_page *page, size_t n, int below)
{
    const int room = SHOW_LINES - page->lines - 2 - below; /* 2: a blank line and the heads */
    if (page->all || (int)n <= room || n <= LEAST_ROWS) {
        return n;
    }
    return room - 1 > LEAST_ROWS ? (size_t)room - 1 : LEAST_ROWS;
}

static void print_table(show_page *page, const show_pair *pairs, size_t n, size_t shown)
{
    static const char *const heads[] = {"verdicts", "limit",  "load",       "",   "draw",
                                        "",         "margin", "worst from", "why"};
    const bool with_reason = page->all || page->out->width >= NARROW;
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
        cli_print(page->out, CLI_DIM, "and %zu more: surgetank show --all %s\n", n - shown,
                  page->path);
    }
}

int show_verdicts(show_page *page)
{
    const cli_verdicts *v = &page->verdicts;
    char text[2048];
    show_pair *pairs = cli_allocate(v->rows, sizeof *pairs);
    const size_t n = pair_rows(v, pairs);
    qsort_r(pairs, n, sizeof *pairs, compare, &page->verdicts);
    show_conclusion(page, pairs, n, text, sizeof text);
    if (n > 0) {
        /* Lines of the sentence and the blank one before it; words do not fill lines quite. */
        const int below = (int)(cli_columns(text) / (size_t)(page->out->width - 8)) + 2;
        print_table(page, pairs, n, rows_shown(page, n, below));
    }
    fputc('\n', page->out->file);
    cli_wrap(page->out, 0, text);
    free(pairs);
    return 0;
}
