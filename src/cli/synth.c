/* synth.c - surgetank synth: a recording of racks that train together, made from a seed.
 * Turns options into st_synth; the rhythm is made in the library. */
#include "surgetank/synth.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/format.h"
#include "cli/progress.h"

static int set_codec(cli *run, const cli_arguments *arguments, st_synth *what)
{
    const char *codec = cli_value(arguments, "codec");
    char assignment[64];
    if (codec == NULL) {
        return 0;
    }
    snprintf(assignment, sizeof assignment, "codec=%.48s", codec);
    const st_status status = st_synth_set(run->ctx, what, assignment);
    return status != ST_OK ? cli_fail(run, status) : 0;
}

static int read_options(cli *run, const cli_arguments *arguments, st_synth *what)
{
    int64_t racks = (int64_t)what->racks, seed = (int64_t)what->seed;
    int code = cli_integer(arguments, "racks", 1, INT32_MAX, &racks);
    code = code != 0 ? code : cli_duration(arguments, "duration", &what->duration_ns);
    code = code != 0 ? code : cli_real(arguments, "rate", 0, &what->rate_hz);
    code = code != 0 ? code : cli_integer(arguments, "seed", 0, INT64_MAX, &seed);
    code = code != 0 ? code : cli_integer(arguments, "threads", 0, 4096, &what->threads);
    code = code != 0 ? code : set_codec(run, arguments, what);
    what->racks = (size_t)racks;
    what->seed = (uint64_t)seed;
    for (size_t i = 0; code == 0 && i < arguments->n_given; i++) {
        const cli_given *given = &arguments->given[i];
        if (strcmp(given->option->name, "set") == 0) {
            const st_status status = st_synth_set(run->ctx, what, given->value);
            code = status != ST_OK ? cli_fail(run, status) : 0;
        }
    }
    if (code == 0) {
        const st_status status = st_synth_check(run->ctx, what);
        code = status != ST_OK ? cli_fail(run, status) : 0;
    }
    return code;
}

static void print_result(cli *run, const cli_arguments *arguments, const st_synth *what,
                         double seconds)
{
    const char *path = cli_value(arguments, "output");
    char racks[CLI_NUMBER], samples[CLI_NUMBER], bytes[CLI_NUMBER], took[CLI_NUMBER];
    struct stat file = {0};
    (void)stat(path, &file);
    cli_print(&run->out, CLI_PLAIN, "%s (%s): %s racks x %s samples in %s\n", path,
              cli_bytes(bytes, (double)file.st_size), cli_count(racks, (int64_t)what->racks),
              cli_count(samples, st_synth_samples(what)), cli_seconds(took, seconds));
    st_planted *planted = cli_allocate(ST_PLANTED_MAX, sizeof *planted);
    cli_print(&run->out, CLI_PLAIN, "planted events: %zu, listed in /truth/events\n",
              st_synth_truth(what, planted));
    free(planted);
    char *trace = cli_quote(path), *site = cli_quote(cli_value(arguments, "site"));
    cli_print(&run->out, CLI_PLAIN,
              "next: surgetank analyze %s --site %s --limits ercot,ieso -o summary.h5\n", trace,
              site);
    free(trace);
    free(site);
}

/* The call without what decides no byte of the trace: its name, threads, and what is printed. */
static char *history_of(const cli_arguments *arguments)
{
    static const char *const aside[] = {"output", "threads", "quiet", "data-dir"};
    size_t bytes = sizeof "surgetank synth";
    for (size_t i = 0; i < arguments->n_given; i++) {
        const cli_given *given = &arguments->given[i];
        bytes += strlen(given->option->name) + strlen(given->value ? given->value : "") + 4;
    }
    char *history = cli_allocate(bytes, 1);
    size_t used = (size_t)snprintf(history, bytes, "surgetank synth");
    for (size_t i = 0; i < arguments->n_given; i++) {
        const cli_given *given = &arguments->given[i];
        bool skip = given->value == NULL;
        for (size_t a = 0; a < sizeof aside / sizeof aside[0]; a++) {
            skip = skip || strcmp(given->option->name, aside[a]) == 0;
        }
        if (!skip) {
            used += (size_t)snprintf(history + used, bytes - used, " --%s %s", given->option->name,
                                     given->value);
        }
    }
    return history;
}

static int run_synth(cli *run, const cli_arguments *arguments)
{
    const char *output = cli_value(arguments, "output"), *site_name = cli_value(arguments, "site");
    const bool quiet = cli_has(arguments, "quiet");
    if (strchr(site_name, '/') != NULL && cli_same_file(output, site_name)) {
        return cli_misuse(arguments->command, "the output %s is the site %s; nothing was written",
                          output, site_name);
    }
    st_site *site = NULL;
    st_synth what;
    st_status status = st_site_load(run->ctx, site_name, run->data_dir, &site);
    if (status != ST_OK) {
        return cli_fail(run, status);
    }
    st_synth_default(&what, site);
    int code = read_options(run, arguments, &what);
    if (code == 0) {
        cli_progress progress;
        cli_progress_begin(&progress, run, quiet);
        char *history = history_of(arguments);
        status = st_synth_run(run->ctx, &what, output, history);
        free(history);
        const double seconds = cli_progress_end(&progress, run);
        if (status != ST_OK) {
            code = cli_fail(run, status);
        } else if (!quiet) {
            print_result(run, arguments, &what, seconds);
        }
    }
    st_site_destroy(site);
    return code;
}

static void print_knobs(const cli_terminal *out)
{
    st_synth what;
    st_knob_info knob;
    st_synth_default(&what, NULL);
    for (size_t i = 0; i < st_synth_count(); i++) {
        st_synth_describe(&what, i, &knob);
        cli_help_knob(out, knob.name, knob.value, knob.unit, knob.range, knob.text);
    }
}

static const cli_option options[] = {
    {.name = "site",
     .argument = "SITE",
     .needed = true,
     .text = "gives a rack its rating: a name of `surgetank sites` or a YAML file"},
    {.name = "racks",
     .argument = "R",
     .needed = true,
     .text = "racks to record; analyze scales them to the site"},
    {.name = "duration", .argument = "TIME", .needed = true, .text = "60s, 10min, 24h"},
    {.name = "output",
     .letter = 'o',
     .argument = "TRACE",
     .needed = true,
     .text = "the trace to write; replaced only when the run succeeds"},
    {.name = "rate", .argument = "HZ", .standard = "1000", .text = "samples per second"},
    {.name = "seed",
     .argument = "N",
     .standard = "1",
     .text = "the same seed gives the same bytes"},
    {.name = "codec",
     .argument = "WORD",
     .standard = "see the knob",
     .text = "compression: none, deflate, lz4 or bitshuffle-lz4"},
    {.name = "threads",
     .argument = "N",
     .standard = "0: all processors",
     .text = "processor threads; never changes a byte"},
    {.name = "set",
     .argument = "KNOB=VALUE",
     .repeats = true,
     .text = "change one of the knobs below"},
    {.name = "quiet", .letter = 'q', .text = "print errors only"},
    CLI_COMMON_OPTIONS,
};

static const char *const examples[] = {
    "Two minutes of 128 racks of Colossus 2, to try everything with:",
    "surgetank synth --site colossus-2 --racks 128 --duration 120s -o trace.h5",
    "A slower iteration, racks less in step, compressed:",
    ("surgetank synth --site cortex --racks 64 --duration 5min --set period_s=6 \\\n"
     "          --set phase_spread_s=0.5 --codec bitshuffle-lz4 -o slow.h5"),
    NULL,
};

static const cli_exit exits[] = {
    {0, "the trace is written"},
    {CLI_USAGE, "the call can not be meant: an unknown knob, a rate out of range"},
    {CLI_FORMAT, "the site file says something impossible"},
    {CLI_MISSING, "the site does not exist"},
    {CLI_INTERNAL, "not enough memory, or a defect of surgetank"},
    {CLI_OUTPUT, "the trace or the closing lines could not be written"},
    {CLI_INTERRUPTED, "stopped by SIGINT or SIGTERM; nothing is left behind"},
    {0, NULL},
};

const cli_command cli_synth = {
    .name = "synth",
    .sentence = "make a recording to try things with: training rhythm, events, noise, gaps",
    .usage = "--site SITE --racks R --duration TIME -o TRACE [OPTION]...",
    .about = "Iterations of compute and communication, checkpoints, faults, overshoot and noise; "
             "the events that were put in are listed in /truth/events of the trace.",
    .min_operands = 0,
    .max_operands = 0,
    .operand = "option",
    .options = options,
    .examples = examples,
    .exits = exits,
    .knobs = print_knobs,
    .run = run_synth,
};
