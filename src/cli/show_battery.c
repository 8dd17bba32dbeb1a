/* show_battery.c - what the storage stages went through.
 * Part of `surgetank show`. */
#include "cli/show.h"

#include <math.h>
#include <string.h>

#include "cli/format.h"

enum { NARROW = 96 };

typedef struct battery {
    size_t stages;
    const char *const *stage;
    const double *soc_min, *soc_max, *power_min_w, *power_max_w, *clip_power_s, *clip_energy_s;
    const double *cycles, *loss_j, *fade;
    const double *burnt_j, *held_back_s; /* NULL in older summaries */
    const int64_t *extrapolated;         /* NULL in older summaries, where no fade said so */
} battery;

static int read_battery(show_page *page, battery *b)
{
    const struct {
        const char *path;
        const double **values;
    } columns[] = {
        {"battery/soc_min", &b->soc_min},
        {"battery/soc_max", &b->soc_max},
        {"battery/power_w_min", &b->power_min_w},
        {"battery/power_w_max", &b->power_max_w},
        {"battery/clip_power_s", &b->clip_power_s},
        {"battery/clip_energy_s", &b->clip_energy_s},
        {"battery/equivalent_full_cycles", &b->cycles},
        {"battery/loss_j", &b->loss_j},
        {"battery/fade_per_year", &b->fade},
        {"battery/burnt_j", &b->burnt_j},
        {"battery/held_back_s", &b->held_back_s},
    };
    *b = (battery){.stages = 0};
    int code = cli_strings(page->run, page->summary, "battery/stage", &b->stage, &b->stages);
    for (size_t c = 0; code == 0 && c < sizeof columns / sizeof columns[0]; c++) {
        size_t n;
        code = cli_reals(page->run, page->summary, columns[c].path, columns[c].values, &n);
        if (n < b->stages) {
            *columns[c].values = NULL; /* shown as "-" */
        }
    }
    size_t n = 0;
    code = code != 0 ? code
                     : cli_integers(page->run, page->summary, "battery/fade_extrapolated",
                                    &b->extrapolated, &n);
    b->extrapolated = n < b->stages ? NULL : b->extrapolated;
    return code;
}

static double at(const double *values, size_t i)
{
    return values != NULL ? values[i] : (double)NAN;
}

static bool is_extrapolated(const battery *b, size_t i)
{
    return !isnan(at(b->fade, i)) && (b->extrapolated == NULL || b->extrapolated[i] != 0);
}

/* Power smoothing keeps no charge: it has a sentence instead of a row. */
static bool is_smoothing(const battery *b, size_t i)
{
    return !isnan(at(b->burnt_j, i));
}

/* A capacitor of a few Wh wears a cell of the fit's kind out in days. */
static const char *fade_words(char *words, double fade)
{
    if (fade > 1.0) {
        return "over 100 %";
    }
    char number[CLI_NUMBER];
    snprintf(words, CLI_NUMBER, "%s%s", cli_number(number, 100 * fade), isnan(fade) ? "" : " %");
    return words;
}

/* Where a terminal is narrow, cycles and losses stay in the file. */
static void battery_row(cli_table *table, const battery *b, size_t i, bool wide)
{
    char a[CLI_NUMBER], c[CLI_NUMBER];
    const double clipped_s = at(b->clip_power_s, i), emptied_s = at(b->clip_energy_s, i);
    const double fade = at(b->fade, i);
    cli_cell(table, CLI_PLAIN, "%s", b->stage[i]);
    cli_cell(table, CLI_PLAIN, "%s to %s %%", cli_number(a, 100 * at(b->soc_min, i)),
             cli_number(c, 100 * at(b->soc_max, i)));
    cli_cell(table, CLI_PLAIN, "%s", cli_power(a, fmax(0, -at(b->power_min_w, i))));
    cli_cell(table, CLI_PLAIN, "%s", cli_power(a, fmax(0, at(b->power_max_w, i))));
    cli_cell(table, clipped_s > 0 ? CLI_YELLOW : CLI_PLAIN, "%s", cli_seconds(a, clipped_s));
    cli_cell(table, emptied_s > 0 ? CLI_YELLOW : CLI_PLAIN, "%s", cli_seconds(a, emptied_s));
    cli_cell(table, CLI_PLAIN, "%s%s", fade_words(a, fade), is_extrapolated(b, i) ? "*" : "");
    if (wide) {
        cli_cell(table, CLI_PLAIN, "%s", cli_number(a, at(b->cycles, i)));
        cli_cell(table, CLI_PLAIN, "%s", cli_energy(a, at(b->loss_j, i)));
    }
}

static void print_smoothing(show_page *page, const battery *b, size_t i)
{
    char burnt[CLI_NUMBER], all[CLI_NUMBER], held[CLI_NUMBER], line[256];
    const double from = cli_attribute(page->run, page->summary, "recorded_racks", (double)NAN);
    const double to = cli_attribute(page->run, page->summary, "site_racks", (double)NAN);
    int n = snprintf(line, sizeof line, "%.64s: the recorded racks burnt %s above their load",
                     b->stage[i], cli_energy(burnt, at(b->burnt_j, i)));
    if (to > from && from > 0.0) {
        n += snprintf(line + n, sizeof line - (size_t)n, ", all racks of the site %s",
                      cli_energy(all, at(b->burnt_j, i) * (to / from)));
    }
    snprintf(line + n, sizeof line - (size_t)n, ", and were held back for %s on average",
             cli_seconds(held, at(b->held_back_s, i)));
    page->lines += (int)cli_wrap(page->out, 0, line);
}

/* The table of the stages that store energy. */
static void print_stages(show_page *page, const battery *b)
{
    static const char *const heads[] = {"battery",   "charge",     "peak in",
                                        "peak out",  "power clip", "energy clip",
                                        "fade/year", "cycles",     "lost"};
    const bool wide = page->out->width >= NARROW;
    size_t rows = 0;
    cli_table *table = cli_table_create(wide ? "frrrrrrrr" : "frrrrrr");
    for (size_t h = 0; h < sizeof heads / sizeof heads[0] - (wide ? 0 : 2); h++) {
        cli_cell(table, CLI_BOLD, "%s", heads[h]);
    }
    for (size_t i = 0; i < b->stages; i++) {
        if (!is_smoothing(b, i)) {
            battery_row(table, b, i, wide);
            rows++;
        }
    }
    cli_table_print(table, page->out, 0);
    page->lines += (int)rows + 1;
}

static bool has_rack_stage(const show_page *page)
{
    bool found = false;
    for (size_t s = 0; page->site != NULL && s < page->site->n_stages; s++) {
        const st_stage *stage = &page->site->stages[s];
        found = found || (stage->place == ST_PLACE_RACK && stage->kind == ST_STAGE_STORAGE);
    }
    return found;
}

int show_battery(show_page *page)
{
    battery b;
    bool fades = false, extrapolated = false;
    const int code = read_battery(page, &b);
    if (code != 0 || b.stages == 0) {
        return code;
    }
    size_t smoothing = 0;
    for (size_t i = 0; i < b.stages; i++) {
        smoothing += is_smoothing(&b, i);
    }
    fputc('\n', page->out->file);
    page->lines++;
    if (smoothing < b.stages) {
        print_stages(page, &b);
    }
    for (size_t i = 0; i < b.stages; i++) {
        if (is_smoothing(&b, i)) {
            print_smoothing(page, &b, i);
        }
        fades = fades || !isnan(at(b.fade, i));
        extrapolated = extrapolated || is_extrapolated(&b, i);
    }
    if (fades) {
        cli_print(page->out, CLI_DIM, "fade: if all year were like this%s%s\n",
                  extrapolated ? "; * outside the range of the ageing fit" : "",
                  has_rack_stage(page) ? "; racks: sums over the recorded" : "");
        page->lines++;
    }
    return 0;
}

void show_battery_words(show_page *page, char *words, size_t bytes)
{
    const st_site *site = page->site;
    const char *const *names;
    size_t n, used = 0;
    words[0] = '\0';
    if (cli_strings(page->run, page->summary, "battery/stage", &names, &n) != 0) {
        return;
    }
    for (size_t i = 0; i < n && used < bytes; i++) {
        const st_stage *stage = NULL;
        for (size_t s = 0; site != NULL && s < site->n_stages; s++) {
            stage = strcmp(site->stages[s].name, names[i]) == 0 ? &site->stages[s] : stage;
        }
        const char *joint = i == 0 ? "" : i + 1 < n ? ", " : " and ";
        char count[CLI_NUMBER], power[CLI_NUMBER], energy[CLI_NUMBER];
        if (stage == NULL) {
            used += (size_t)snprintf(words + used, bytes - used, "%s%.200s", joint, names[i]);
            continue;
        }
        if (stage->kind == ST_STAGE_SMOOTHING) {
            used += (size_t)snprintf(words + used, bytes - used, "%s%.64s of the GPUs (floor %s)",
                                     joint, names[i], cli_power(power, stage->floor_w));
            continue;
        }
        if (stage->units > 0 && stage->unit != NULL) {
            used += (size_t)snprintf(words + used, bytes - used, "%s%s x %.64s", joint,
                                     cli_count(count, stage->units), stage->unit);
        } else {
            used += (size_t)snprintf(words + used, bytes - used, "%s%.64s", joint, names[i]);
        }
        if (used < bytes) {
            used += (size_t)snprintf(words + used, bytes - used, " (%s, %s%s)",
                                     cli_power(power, stage->power_w),
                                     cli_energy(energy, stage->energy_j),
                                     stage->place == ST_PLACE_RACK ? " per rack" : "");
        }
    }
}
