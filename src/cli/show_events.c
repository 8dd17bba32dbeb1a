/* show_events.c - the worst events, one row for each moment.
 * Part of `surgetank show`. */
#include "cli/show.h"

#include <math.h>
#include <string.h>

#include "cli/format.h"

typedef struct events {
    size_t n;
    const int64_t *rack, *kind, *start_ns, *end_ns, *racks_in_step;
    const double *amplitude_w, *frequency_hz, *score;
} events;

static const char *const kind_words[ST_EVENT_KINDS][2] = {
    [ST_EVENT_SPIKE] = {"spike", "spikes"},
    [ST_EVENT_DIP] = {"dip", "dips"},
    [ST_EVENT_STEP_UP] = {"step up", "steps up"},
    [ST_EVENT_STEP_DOWN] = {"step down", "steps down"},
    [ST_EVENT_OSCILLATION] = {"oscillation", "oscillations"},
    [ST_EVENT_GAP] = {"gap", "gaps"},
};

static int read_events(show_page *page, events *e)
{
    const struct {
        const char *path;
        const int64_t **integers;
        const double **reals;
    } columns[] = {
        {"events/kind", &e->kind, NULL},
        {"events/rack", &e->rack, NULL},
        {"events/start_ns", &e->start_ns, NULL},
        {"events/end_ns", &e->end_ns, NULL},
        {"events/racks_in_step", &e->racks_in_step, NULL},
        {"events/amplitude_w", NULL, &e->amplitude_w},
        {"events/frequency_hz", NULL, &e->frequency_hz},
        {"events/score", NULL, &e->score},
    };
    *e = (events){.n = 0};
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
        size_t n;
        const int code =
            columns[c].reals
                ? cli_reals(page->run, page->summary, columns[c].path, columns[c].reals, &n)
                : cli_integers(page->run, page->summary, columns[c].path, columns[c].integers, &n);
        if (code != 0) {
            return code;
        }
        e->n = c == 0 || n < e->n ? n : e->n;
    }
    for (size_t i = 0; i < e->n; i++) {
        if (e->kind[i] < 0 || e->kind[i] >= ST_EVENT_KINDS) {
            cli_complain("%s: /events/kind[%zu] is %lld (allowed: 0 to %d)", page->path, i,
                         (long long)e->kind[i], ST_EVENT_KINDS - 1);
            return CLI_FORMAT;
        }
    }
    return 0;
}

/* By |score|, then by |amplitude|; what has neither comes last. */
static bool worse(const events *e, size_t a, size_t b)
{
    const double score_a = isnan(e->score[a]) ? -1 : fabs(e->score[a]);
    const double score_b = isnan(e->score[b]) ? -1 : fabs(e->score[b]);
    if (score_a != score_b) {
        return score_a > score_b;
    }
    return !isnan(e->amplitude_w[a]) && fabs(e->amplitude_w[a]) > fabs(e->amplitude_w[b]);
}

/* A hundred racks that step together are one event for the reader. */
static bool same_moment(const events *e, size_t a, size_t b)
{
    return e->kind[a] == e->kind[b] && e->start_ns[a] <= e->end_ns[b] &&
           e->start_ns[b] <= e->end_ns[a];
}

static size_t pick_worst(const events *e, size_t *picked)
{
    size_t n = 0;
    while (n < SHOW_EVENTS) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < e->n; i++) {
            bool seen = false;
            for (size_t k = 0; k < n; k++) {
                seen = seen || same_moment(e, i, picked[k]);
            }
            if (!seen && (best == SIZE_MAX || worse(e, i, best))) {
                best = i;
            }
        }
        if (best == SIZE_MAX) {
            break;
        }
        picked[n++] = best;
    }
    return n;
}

static void count_kinds(const events *e, char *text, size_t bytes)
{
    int64_t counts[ST_EVENT_KINDS] = {0};
    char count[CLI_NUMBER];
    size_t used = 0;
    for (size_t i = 0; i < e->n; i++) {
        counts[e->kind[i]]++;
    }
    text[0] = '\0';
    for (int kind = 0; kind < ST_EVENT_KINDS; kind++) {
        if (counts[kind] > 0 && used < bytes) {
            used += (size_t)snprintf(text + used, bytes - used, "%s%s %s", used > 0 ? ", " : "",
                                     cli_count(count, counts[kind]),
                                     kind_words[kind][counts[kind] != 1]);
        }
    }
}

static void event_row(show_page *page, cli_table *table, const events *e, size_t i,
                      const char *const *racks, size_t n_racks)
{
    char number[CLI_NUMBER];
    const int64_t rack = e->rack[i];
    const bool named = rack >= 0 && (uint64_t)rack < n_racks;
    cli_cell(table, CLI_PLAIN, "%s", cli_clock(number, e->start_ns[i], page->start_ns));
    cli_cell(table, CLI_PLAIN, "%s", kind_words[e->kind[i]][0]);
    cli_cell(table, CLI_PLAIN, "%s", rack < 0 ? "site load" : named ? racks[rack] : "?");
    cli_cell(table, CLI_PLAIN, "%s", cli_power(number, e->amplitude_w[i]));
    cli_cell(table, CLI_PLAIN, "%s",
             cli_seconds(number, 1e-9 * (double)(e->end_ns[i] - e->start_ns[i])));
    cli_cell(table, CLI_PLAIN, "%s", cli_frequency(number, e->frequency_hz[i]));
    cli_cell(table, CLI_PLAIN, "%s", rack < 0 ? "-" : cli_count(number, e->racks_in_step[i]));
}

int show_events(show_page *page)
{
    static const char *const heads[] = {"worst events", "kind", "where",        "size",
                                        "lasts",        "line", "racks in step"};
    events e;
    const char *const *racks;
    size_t n_racks, picked[SHOW_EVENTS];
    int code = read_events(page, &e);
    code = code != 0 ? code : cli_strings(page->run, page->summary, "racks/name", &racks, &n_racks);
    if (code != 0 || !st_summary_has(page->summary, "events/kind")) {
        return code;
    }
    char counts[256] = "none found";
    if (e.n > 0) {
        count_kinds(&e, counts, sizeof counts);
    }
    page->lines += (int)cli_field(page->out, SHOW_LABEL, "events", counts);
    /* On the one screen of a sizing its table takes the place of these, and of the bands. */
    const size_t n = page->all || !show_has_sizing(page) ? pick_worst(&e, picked) : 0;
    if (n == 0) {
        return 0;
    }
    cli_table *table = cli_table_create("llfrrrr");
    for (size_t h = 0; h < sizeof heads / sizeof heads[0]; h++) {
        cli_cell(table, CLI_BOLD, "%s", heads[h]);
    }
    for (size_t k = 0; k < n; k++) {
        event_row(page, table, &e, picked[k], racks, n_racks);
    }
    fputc('\n', page->out->file);
    cli_table_print(table, page->out, 0);
    page->lines += (int)n + 2;
    return 0;
}
