/* show.c - surgetank show: a summary on one screen.
 * Reads what the other stages wrote; computes nothing but sums and extremes of it. */
#include "cli/show.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/format.h"

/* The site as it stood when the summary was made. Its text goes through a file without a name,
 * because that is how the library reads a site. NULL when there is none or it can not be read. */
static st_site *recorded_site(const cli *run, st_summary *summary)
{
    const char *yaml = cli_text(run, summary, "site", "");
    st_site *site = NULL;
    if (yaml[0] == '\0') {
        return NULL;
    }
    const int fd = memfd_create("site.yaml", MFD_CLOEXEC);
    if (fd < 0) {
        return NULL;
    }
    const size_t bytes = strlen(yaml);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (write(fd, yaml, bytes) != (ssize_t)bytes ||
        st_site_load(run->ctx, path, run->data_dir, &site) != ST_OK) {
        st_context_clear(run->ctx);
        site = NULL;
    }
    (void)close(fd);
    return site;
}

static void show_recording(show_page *page, size_t racks)
{
    cli *run = page->run;
    const double samples = cli_attribute(run, page->summary, "samples", (double)NAN);
    const double period_ns = cli_attribute(run, page->summary, "sample_period_ns", (double)NAN);
    const double coverage = cli_attribute(run, page->summary, "coverage", (double)NAN);
    char count[CLI_NUMBER], length[CLI_NUMBER], rate[CLI_NUMBER], date[CLI_NUMBER];
    char valid[CLI_NUMBER], line[512];
    int n = snprintf(line, sizeof line, "%s racks", cli_count(count, (int64_t)racks));
    if (period_ns > 0 && samples >= 0) {
        n += snprintf(line + n, sizeof line - (size_t)n, ", %s at %s samples/s",
                      cli_seconds(length, samples * period_ns * 1e-9),
                      cli_number(rate, 1e9 / period_ns));
    } else if (samples >= 0 && samples < 9e15) {
        n += snprintf(line + n, sizeof line - (size_t)n, ", %s samples each",
                      cli_count(length, (int64_t)samples));
    }
    if (page->start_ns != INT64_MIN) {
        n +=
            snprintf(line + n, sizeof line - (size_t)n, " from %s", cli_date(date, page->start_ns));
    }
    snprintf(line + n, sizeof line - (size_t)n, ", %s valid", cli_percent(valid, coverage));
    page->lines += (int)cli_field(page->out, SHOW_LABEL, "recording", line);
}

/* Where the swing was scaled as far as the racks were seen to move together: how far that is. */
static int show_coherence(show_page *page)
{
    const char *const *names;
    const double *rho;
    const int64_t *bounds;
    size_t n, n_rho, n_bounds, used = 0;
    const int code =
        cli_strings(page->run, page->summary, "coherence/band", &names, &n) |
        cli_reals(page->run, page->summary, "coherence/rho", &rho, &n_rho) |
        cli_integers(page->run, page->summary, "coherence/upper_bound", &bounds, &n_bounds);
    if (code != 0) {
        return CLI_FORMAT;
    }
    char line[1024] = "correlation of two racks:", number[CLI_NUMBER];
    bool bounded = false;
    used = strlen(line);
    for (size_t b = 0; b < n && b < n_rho && b < n_bounds && used < sizeof line; b++) {
        used += (size_t)snprintf(
            line + used, sizeof line - used, "%s %.32s %s%s", b > 0 ? "," : "", names[b],
            isnan(rho[b]) ? "not measured" : cli_number(number, rho[b]), bounds[b] != 0 ? "*" : "");
        bounded = bounded || bounds[b] != 0;
    }
    if (bounded && used < sizeof line) {
        snprintf(
            line + used, sizeof line - used,
            "; * the recording cannot tell for so many racks: the swing there is an upper bound");
    }
    page->lines += (int)cli_field(page->out, SHOW_LABEL, "coherence", line);
    return 0;
}

static int show_scaling(show_page *page, size_t racks)
{
    static const struct {
        const char *word, *text;
    } ways[] = {
        {"lockstep", "lockstep: swings grow with the number of racks"},
        {"incoherent", "incoherent: swings grow with the root of the number of racks"},
        {"measured", "measured: swings grow with the coherence found per band"},
    };
    const double to = cli_attribute(page->run, page->summary, "site_racks",
                                    page->site != NULL ? (double)page->site->racks : (double)racks);
    const char *how = cli_text(page->run, page->summary, "replicate", "");
    const bool measured = strcmp(how, "measured") == 0;
    if (!(to > 0 && to < 9e15)) {
        return 0;
    }
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        how = strcmp(how, ways[i].word) == 0 ? ways[i].text : how;
    }
    char from_count[CLI_NUMBER], to_count[CLI_NUMBER], line[256];
    if ((int64_t)to == (int64_t)racks) {
        snprintf(line, sizeof line, "none: the site is the racks recorded");
    } else {
        snprintf(line, sizeof line, "%s -> %s racks%s%.128s", cli_count(from_count, (int64_t)racks),
                 cli_count(to_count, (int64_t)to), how[0] != '\0' ? ", " : "", how);
    }
    page->lines += (int)cli_field(page->out, SHOW_LABEL, "scaling", line);
    return measured && (int64_t)to != (int64_t)racks ? show_coherence(page) : 0;
}

static int show_head(show_page *page)
{
    const char *const *names;
    size_t racks;
    const int code = cli_strings(page->run, page->summary, "racks/name", &names, &racks);
    if (code != 0) {
        return code;
    }
    char line[512];
    snprintf(line, sizeof line, "%.300s (surgetank %.32s, backend %.32s)", page->path,
             cli_text(page->run, page->summary, "surgetank_version", "?"),
             cli_text(page->run, page->summary, "backend", "?"));
    page->lines += (int)cli_field(page->out, SHOW_LABEL, "summary", line);
    if (page->site != NULL) {
        snprintf(line, sizeof line, "%.64s: %.300s", page->site->name,
                 page->site->title != NULL ? page->site->title : "no title");
    } else {
        snprintf(line, sizeof line, "%s",
                 cli_text(page->run, page->summary, "site", "")[0] != '\0'
                     ? "recorded in the summary, but it can not be read here"
                     : "none: the racks as recorded, no battery");
    }
    page->lines += (int)cli_field(page->out, SHOW_LABEL, "site", line);
    show_recording(page, racks);
    return show_scaling(page, racks);
}

static int show_page_of(show_page *page)
{
    int (*const sections[])(show_page *) = {
        show_head,         show_load,   show_events,   show_battery,
        show_before_after, show_sizing, show_verdicts,
    };
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        const int code = sections[i](page);
        if (code != 0) {
            return code;
        }
    }
    return 0;
}

static int run_show(cli *run, const cli_arguments *arguments)
{
    show_page page = {.run = run,
                      .out = &run->out,
                      .path = arguments->operands[0],
                      .all = cli_has(arguments, "all")};
    int code = cli_summary_open(run, page.path, &page.summary);
    if (code == 0) {
        page.start_ns = cli_start_ns(run, page.summary);
        page.site = recorded_site(run, page.summary);
        code = cli_verdicts_read(run, page.summary, page.path, &page.verdicts);
    }
    if (code == 0) {
        code = show_page_of(&page);
    }
    st_site_destroy(page.site);
    st_summary_close(page.summary);
    return code;
}

static const cli_option options[] = {
    {.name = "all", .letter = 'a', .text = "every rule, however many lines it takes"},
    CLI_COMMON_OPTIONS,
};

static const char *const examples[] = {
    "One screen for the person who must decide:",
    "surgetank show summary.h5",
    "The same without colours, into a file:",
    "surgetank show summary.h5 > summary.txt",
    NULL,
};

static const cli_exit exits[] = {
    {0, "shown, whatever the verdicts say (that is what check is for)"},
    {CLI_USAGE, "the call can not be meant"},
    {CLI_FORMAT, "no summary, or an incomplete one"},
    {CLI_MISSING, "the file does not exist"},
    {CLI_OUTPUT, "the screen could not be printed"},
    {0, NULL},
};

const cli_command cli_show = {
    .name = "show",
    .sentence = "a summary on one screen: site, load, worst events, before and after, verdicts",
    .usage = "[--all] SUMMARY",
    .about = "Load is the power into the racks, draw is what the grid sees behind the batteries. "
             "Times count from the start of the recording.",
    .min_operands = 1,
    .max_operands = 1,
    .operand = "SUMMARY",
    .options = options,
    .examples = examples,
    .exits = exits,
    .run = run_show,
};
