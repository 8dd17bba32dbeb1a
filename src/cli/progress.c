/* progress.c - one rewritten line on a terminal, plain lines elsewhere; signals end the run.
 * Knows no stage by name. */
#include "cli/progress.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#include "cli/format.h"

static const double terminal_every_s = 0.1, plain_every_s = 10.0;

static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int signal_number)
{
    (void)signal_number;
    stop_asked = 1;
}

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void clear_line(cli_progress *progress)
{
    if (progress->line_open) {
        fprintf(progress->err->file, "\r\033[K");
        progress->line_open = false;
    }
}

static void on_notice(void *user, const char *text)
{
    cli_progress *progress = user;
    if (!progress->quiet) {
        clear_line(progress);
        cli_complain("note: %s", text);
    }
}

/* "1.24 of 2.83 GB, 3.41 GB/s, 12 s left". */
static void describe(const cli_progress *progress, double done, double total, const char *unit,
                     double now, char *text, size_t bytes)
{
    static const struct {
        const char *unit, *large, *small;
    } units[] = {{"bytes", "GB", "MB"}, {"samples", "Gsamples", "Msamples"}};
    const double elapsed_s = now - progress->stage_start_s;
    const double factor = total < 1e9 ? 1e6 : 1e9;
    char a[CLI_NUMBER], b[CLI_NUMBER], left[CLI_NUMBER];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].unit) == 0) {
            const char *words = total < 1e9 ? units[i].small : units[i].large;
            used = (size_t)snprintf(text, bytes, "%s of %s %s", cli_number(a, done / factor),
                                    cli_number(b, total / factor), words);
            if (elapsed_s > 0 && done > 0) {
                used += (size_t)snprintf(text + used, bytes - used, ", %s %s/s",
                                         cli_number(a, done / factor / elapsed_s), words);
            }
        }
    }
    if (elapsed_s > 1 && done > 0 && done < total) {
        snprintf(text + used, bytes - used, "%s%s left", used > 0 ? ", " : "",
                 cli_seconds(left, elapsed_s * (total - done) / done));
    }
}

static void tell(cli_progress *progress, double done, double total, const char *unit, double now)
{
    char text[256];
    const double percent = total > 0 ? 100 * done / total : 0;
    describe(progress, done, total, unit, now, text, sizeof text);
    progress->told_s = now;
    if (progress->err->tty) {
        fprintf(progress->err->file, "\r\033[K%-10s %3.0f %%  %.60s", progress->stage, percent,
                text);
        (void)fflush(progress->err->file);
        progress->line_open = true;
    } else {
        cli_complain("%s: %.0f %%%s%s", progress->stage, percent, text[0] != '\0' ? ", " : "",
                     text);
    }
}

static int on_progress(void *user, const char *stage, double done, double total, const char *unit)
{
    cli_progress *progress = user;
    if (progress->quiet) {
        return stop_asked;
    }
    const double now = now_s();
    const bool new_stage = strncmp(stage, progress->stage, sizeof progress->stage - 1) != 0;
    if (new_stage) {
        snprintf(progress->stage, sizeof progress->stage, "%s", stage);
        progress->stage_start_s = now;
    }
    const double every_s = progress->err->tty ? terminal_every_s : plain_every_s;
    if (new_stage || now - progress->told_s >= every_s) {
        tell(progress, done, total, unit, now);
    }
    return stop_asked;
}

void cli_progress_begin(cli_progress *progress, const cli *run, bool quiet)
{
    const double now = now_s();
    *progress = (cli_progress){.err = &run->err, .quiet = quiet, .start_s = now};
    st_context_on_notice(run->ctx, on_notice, progress);
    st_context_on_progress(run->ctx, on_progress, progress);
    /* The handler stays for one signal only: who asks twice does not want to wait for a stage. */
    struct sigaction action = {.sa_handler = ask_to_stop, .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

double cli_progress_end(cli_progress *progress, const cli *run)
{
    clear_line(progress);
    (void)fflush(progress->err->file);
    st_context_on_notice(run->ctx, NULL, NULL);
    st_context_on_progress(run->ctx, NULL, NULL);
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    return now_s() - progress->start_s;
}
