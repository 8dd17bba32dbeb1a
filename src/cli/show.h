/* show.h - the sections of the one screen that `surgetank show` prints.
 * Each prints what the summary has, keeps silent about what it has not, and returns 0 or an exit
 * code after saying what is wrong. */
#ifndef ST_CLI_SHOW_H
#define ST_CLI_SHOW_H

#include "cli/verdicts.h"
#include "surgetank/site.h"

enum { SHOW_LINES = 45, SHOW_LABEL = 12, SHOW_EVENTS = 5 };

/* The summary being shown, and how full the screen is. */
typedef struct show_page {
    cli *run;
    const cli_terminal *out;
    st_summary *summary;
    const char *path;
    st_site *site; /* what stood between racks and grid; NULL = none recorded */
    cli_verdicts verdicts;
    int64_t start_ns; /* INT64_MIN = not known */
    bool all;         /* --all: as many lines as it takes */
    int lines;        /* printed so far */
} show_page;

/* The rows of one rule; SIZE_MAX where it has none. */
typedef struct show_pair {
    size_t load, draw, judged;
} show_pair;

/* show_power.c: the line about the load, and the table of load against draw. */
int show_load(show_page *page);
int show_before_after(show_page *page);
/* show_events.c */
int show_events(show_page *page);
/* show_battery.c; show_battery_words: "600 x megapack-2xl-4h (588 MW, 2.35 GWh)" of all stages. */
int show_battery(show_page *page);
void show_battery_words(show_page *page, char *words, size_t bytes);
/* show_sizing.c; summaries of `size` have one, older ones without /sizing/best_candidate are shown
 * without. */
bool show_has_sizing(const show_page *page);
int show_sizing(show_page *page);
/* show_verdicts.c: the table, and what it comes to. show_conclusion.c: the words for that. */
int show_verdicts(show_page *page);
void show_conclusion(show_page *page, const show_pair *pairs, size_t n, char *text, size_t bytes);

#endif
