/* show_power.c - the load in a line, and load against draw in a table.
 * Part of `surgetank show`. */
#include "cli/show.h"

#include <math.h>
#include <string.h>

#include "cli/format.h"

/* What the envelope of one point says. */
typedef struct levels {
    bool known;
    double mean_w, peak_w;
    double swing_w, window_s; /* largest max - min within about a second */
} levels;

typedef struct envelope {
    const double *low_w, *mean_w, *high_w, *time_s;
    size_t n;
} envelope;

static int read_envelope(show_page *page, const char *point, const char *kind, envelope *e)
{
    const struct {
        const char *column;
        const double **values;
    } columns[] = {{"min_w", &e->low_w},
                   {"mean_w", &e->mean_w},
                   {"max_w", &e->high_w},
                   {"time_s", &e->time_s}};
    char path[64];
    e->n = 0;
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
        size_t n;
        snprintf(path, sizeof path, "%s/%s%s", point, kind, columns[c].column);
        const int code = cli_reals(page->run, page->summary, path, columns[c].values, &n);
        if (code != 0) {
            return code;
        }
        e->n = c == 0 || n < e->n ? n : e->n;
    }
    return 0;
}

/* Largest max - min over `k` buckets in a row; buckets without a valid sample are skipped. */
static double largest_swing(const envelope *e, size_t k)
{
    double worst = (double)NAN;
    for (size_t first = 0; first + k <= e->n; first++) {
        double low = (double)INFINITY, high = -(double)INFINITY;
        for (size_t i = first; i < first + k; i++) {
            low = e->low_w[i] < low ? e->low_w[i] : low;
            high = e->high_w[i] > high ? e->high_w[i] : high;
        }
        if (high >= low && !(high - low <= worst)) {
            worst = high - low;
        }
    }
    return worst;
}

static int read_levels(show_page *page, const char *point, levels *found)
{
    envelope e, fine;
    int code = read_envelope(page, point, "envelope_", &e);
    if (code == 0) {
        code = read_envelope(page, point, "overview/", &fine);
    }
    *found = (levels){.mean_w = (double)NAN, .peak_w = (double)NAN, .swing_w = (double)NAN};
    if (code != 0 || e.n == 0) {
        return code;
    }
    double sum_w = 0;
    size_t n = 0;
    for (size_t i = 0; i < e.n; i++) {
        if (!isnan(e.mean_w[i])) {
            sum_w += e.mean_w[i];
            n++;
        }
        found->peak_w =
            !(e.high_w[i] <= found->peak_w) && !isnan(e.high_w[i]) ? e.high_w[i] : found->peak_w;
    }
    found->known = n > 0;
    found->mean_w = n > 0 ? sum_w / (double)n : (double)NAN;
    const envelope *best = fine.n > e.n ? &fine : &e;
    const double bucket_s = best->n > 1 ? best->time_s[1] - best->time_s[0] : (double)NAN;
    if (bucket_s > 0) {
        const double ideal = fmax(1, round(1 / bucket_s));
        const size_t k = ideal < (double)best->n ? (size_t)ideal : best->n;
        found->swing_w = largest_swing(best, k);
        found->window_s = (double)k * bucket_s;
    }
    return 0;
}

/* The first element of POINT/NAME, NaN when absent. */
static int read_one(show_page *page, const char *point, const char *name, double *value)
{
    char path[64];
    const double *values;
    size_t n;
    snprintf(path, sizeof path, "%s/%s", point, name);
    const int code = cli_reals(page->run, page->summary, path, &values, &n);
    *value = n > 0 ? values[0] : (double)NAN;
    return code;
}

typedef struct line_of {
    double frequency_hz, amplitude_w, period_s;
} line_of;

static int read_line(show_page *page, const char *point, line_of *line)
{
    int code = read_one(page, point, "dominant_frequency_hz", &line->frequency_hz);
    if (code == 0) {
        code = read_one(page, point, "dominant_amplitude_w", &line->amplitude_w);
    }
    return code != 0 ? code : read_one(page, point, "iteration_period_s", &line->period_s);
}

static void show_rhythm(show_page *page, const line_of *line)
{
    char text[256] = "", amplitude[CLI_NUMBER], number[CLI_NUMBER];
    int n = 0;
    if (!isnan(line->frequency_hz)) {
        n = snprintf(text, sizeof text, "strongest line %s at %s",
                     cli_power(amplitude, line->amplitude_w),
                     cli_frequency(number, line->frequency_hz));
    }
    if (!isnan(line->period_s)) {
        snprintf(text + n, sizeof text - (size_t)n, "%siteration every %s", n > 0 ? "; " : "",
                 cli_seconds(number, line->period_s));
    }
    if (text[0] != '\0') {
        page->lines += (int)cli_field(page->out, SHOW_LABEL, "rhythm", text);
    }
}

int show_load(show_page *page)
{
    levels load;
    line_of line;
    int code = read_levels(page, "load", &load);
    if (code == 0) {
        code = read_line(page, "load", &line);
    }
    if (code != 0 || (!load.known && isnan(line.frequency_hz))) {
        return code;
    }
    char text[512], mean[CLI_NUMBER], peak[CLI_NUMBER], number[CLI_NUMBER];
    const double nominal_w = cli_attribute(page->run, page->summary, "nominal_w", (double)NAN);
    int n = snprintf(text, sizeof text, "mean %s, peak %s, load factor %s",
                     cli_power(mean, load.mean_w), cli_power(peak, load.peak_w),
                     cli_number(number, load.mean_w / load.peak_w));
    if (nominal_w > 0) {
        snprintf(text + n, sizeof text - (size_t)n, "; the site's nominal power is %s",
                 cli_power(number, nominal_w));
    }
    page->lines += (int)cli_field(page->out, SHOW_LABEL, "load", text);
    show_rhythm(page, &line);
    return 0;
}

/* One row: words, load, draw, and what is left of the load's value. */
static void power_row(show_page *page, cli_table *table, const char *words, double load_w,
                      double draw_w)
{
    char load[CLI_NUMBER], draw[CLI_NUMBER], left[CLI_NUMBER];
    const double percent = 100 * draw_w / load_w;
    cli_cell(table, CLI_PLAIN, "%s", words);
    cli_cell(table, CLI_PLAIN, "%s", cli_power(load, load_w));
    cli_cell(table, CLI_PLAIN, "%s", cli_power(draw, draw_w));
    if (isfinite(percent)) {
        cli_cell(table, CLI_PLAIN, "%s %%", cli_number(left, percent));
    } else {
        cli_cell(table, CLI_PLAIN, "-");
    }
    page->lines++;
}

static int band_rows(show_page *page, cli_table *table)
{
    const char *const *names;
    const double *low, *high, *load, *draw;
    size_t n, n_low, n_high, n_load, n_draw;
    const int code = cli_strings(page->run, page->summary, "racks/band", &names, &n) |
                     cli_reals(page->run, page->summary, "racks/band_low_hz", &low, &n_low) |
                     cli_reals(page->run, page->summary, "racks/band_high_hz", &high, &n_high) |
                     cli_reals(page->run, page->summary, "load/band_rms_w", &load, &n_load) |
                     cli_reals(page->run, page->summary, "draw/band_rms_w", &draw, &n_draw);
    if (code != 0) {
        return CLI_FORMAT;
    }
    for (size_t b = 0; b < n && b < n_low && b < n_high && b < n_load && b < n_draw; b++) {
        if (isnan(load[b]) && isnan(draw[b])) {
            continue; /* the recording does not resolve this band */
        }
        char words[96], lowest[CLI_NUMBER], highest[CLI_NUMBER];
        snprintf(words, sizeof words, "%-10.32s RMS, %.16s to %.16s Hz", names[b],
                 cli_number(lowest, low[b]),
                 isinf(high[b]) ? "Nyquist" : cli_number(highest, high[b]));
        power_row(page, table, words, load[b], draw[b]);
    }
    return 0;
}

int show_before_after(show_page *page)
{
    levels load, draw;
    line_of load_line, draw_line;
    int code = read_levels(page, "load", &load);
    code = code != 0 ? code : read_levels(page, "draw", &draw);
    code = code != 0 ? code : read_line(page, "load", &load_line);
    code = code != 0 ? code : read_line(page, "draw", &draw_line);
    if (code != 0 || !load.known || !draw.known) {
        return code;
    }
    char words[64], window[CLI_NUMBER];
    cli_table *table = cli_table_create("lrrr");
    cli_cell(table, CLI_BOLD, "before and after storage");
    cli_cell(table, CLI_BOLD, "load");
    cli_cell(table, CLI_BOLD, "draw");
    cli_cell(table, CLI_BOLD, "left");
    power_row(page, table, "peak", load.peak_w, draw.peak_w);
    if (!isnan(load.swing_w) && !isnan(draw.swing_w)) {
        snprintf(words, sizeof words, "largest swing within %s",
                 cli_seconds(window, load.window_s));
        power_row(page, table, words, load.swing_w, draw.swing_w);
    }
    if (!isnan(load_line.amplitude_w) || !isnan(draw_line.amplitude_w)) {
        power_row(page, table, "strongest line", load_line.amplitude_w, draw_line.amplitude_w);
    }
    if (page->all || !show_has_sizing(page)) {
        code = band_rows(page, table);
    }
    fputc('\n', page->out->file);
    cli_table_print(table, page->out, 0);
    page->lines += 2;
    return code;
}
