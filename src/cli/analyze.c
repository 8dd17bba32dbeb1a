/* analyze.c - surgetank analyze: the whole sentence, from recordings to a summary.
 * Opens what the user named and calls st_analyze; computes nothing itself. */
#include "surgetank/analysis.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/format.h"
#include "cli/input.h"
#include "cli/progress.h"
#include "cli/verdicts.h"

/* What a run holds; all of it is given back in one place. */
typedef struct call {
    st_analysis analysis;
    st_trace *trace;
    st_site *site;
    st_limits *limits;
    st_settings settings;
    st_trace_options trace_options;
    bool quiet;
} call;

static int refuse_same(const cli_arguments *arguments, const char *output, const char *input)
{
    if (!cli_same_file(output, input)) {
        return 0;
    }
    return cli_misuse(arguments->command, "the output %s is the input %s; nothing was written",
                      output, input);
}

/* Writing the summary over what it is made from would destroy a recording. */
static int check_output(const cli_arguments *arguments)
{
    const char *output = cli_value(arguments, "output");
    const char *const others[] = {"impulse", "site", "limits"};
    for (size_t i = 0; i < arguments->n_operands; i++) {
        const int code = refuse_same(arguments, output, arguments->operands[i]);
        if (code != 0) {
            return code;
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const char *value = cli_value(arguments, others[i]);
        char *list = cli_copy(value != NULL ? value : ""), *rest = list, *name;
        int code = 0;
        while (code == 0 && (name = strsep(&rest, ",")) != NULL) {
            /* A preset may have the name of a file in this folder; only paths are files. */
            const bool is_path = i == 0 || strchr(name, '/') != NULL || strstr(name, ".yaml");
            code = is_path ? refuse_same(arguments, output, name) : 0;
        }
        free(list);
        if (code != 0) {
            return code;
        }
    }
    return 0;
}

static int read_options(cli *run, const cli_arguments *arguments, call *c)
{
    static const char *const backends[] = {"auto", "cpu", "cuda", NULL};
    int backend = 0;
    st_settings_default(&c->settings);
    int code = cli_word(arguments, "backend", backends, &backend);
    if (code == 0) {
        code = cli_integer(arguments, "threads", 0, 4096, &c->settings.threads);
    }
    if (code == 0) {
        code = cli_trace_options(arguments, &c->trace_options);
    }
    for (size_t i = 0; code == 0 && i < arguments->n_given; i++) {
        const cli_given *given = &arguments->given[i];
        if (strcmp(given->option->name, "set") == 0) {
            const st_status status = st_settings_set(run->ctx, &c->settings, given->value);
            code = status != ST_OK ? cli_fail(run, status) : 0;
        }
    }
    c->quiet = cli_has(arguments, "quiet");
    c->analysis = (st_analysis){
        .settings = &c->settings,
        .backend = backends[backend],
        .impulse = cli_value(arguments, "impulse"),
        .output = cli_value(arguments, "output"),
        .command_line = run->command_line,
        .save_series = cli_has(arguments, "save-series"),
    };
    return code;
}

/* Small files first: a misspelt preset must not cost the walk through a terabyte. */
static st_status open_inputs(cli *run, const cli_arguments *arguments, call *c)
{
    const char *site = cli_value(arguments, "site"), *limits = cli_value(arguments, "limits");
    st_status status = ST_OK;
    if (site != NULL) {
        status = st_site_load(run->ctx, site, run->data_dir, &c->site);
    }
    if (status == ST_OK && limits != NULL) {
        status = st_limits_load(run->ctx, limits, run->data_dir, &c->limits);
    }
    if (status == ST_OK) {
        status = st_trace_open(run->ctx, arguments->operands, arguments->n_operands,
                               &c->trace_options, &c->trace);
    }
    c->analysis.trace = c->trace;
    c->analysis.site = c->site;
    c->analysis.limits = c->limits;
    return status;
}

static void print_next(cli *run, const char *command, const char *path)
{
    char *quoted = cli_quote(path);
    cli_print(&run->out, CLI_PLAIN, "next: surgetank %s %s\n", command, quoted);
    free(quoted);
}

/* Where the summary is, what the verdicts are, what to type next. */
static int print_result(cli *run, const call *c, double seconds)
{
    const char *path = c->analysis.output;
    const st_trace_info *info = st_trace_describe(c->trace);
    char racks[CLI_NUMBER], samples[CLI_NUMBER], bytes[CLI_NUMBER], took[CLI_NUMBER];
    struct stat file = {0};
    st_summary *summary;
    cli_verdicts verdicts;
    int code = cli_summary_open(run, path, &summary);
    if (code == 0) {
        code = cli_verdicts_read(run, summary, path, &verdicts);
    }
    if (code == 0) {
        (void)stat(path, &file);
        cli_print(&run->out, CLI_PLAIN, "%s (%s): %s racks x %s samples in %s\n", path,
                  cli_bytes(bytes, (double)file.st_size), cli_count(racks, (int64_t)info->racks),
                  cli_count(samples, info->samples), cli_seconds(took, seconds));
        char words[CLI_VALUE] = "no rules were asked for (--limits)";
        if (verdicts.judged_rows > 0) {
            cli_verdicts_words(words, &verdicts);
        }
        cli_print(&run->out, CLI_PLAIN, "verdicts: %s\n", words);
        print_next(run, "show", path);
    }
    st_summary_close(summary);
    return code;
}

static int run_analyze(cli *run, const cli_arguments *arguments)
{
    call c = {.trace = NULL};
    cli_progress progress;
    int code = read_options(run, arguments, &c);
    if (code == 0) {
        code = check_output(arguments);
    }
    if (code == 0) {
        cli_progress_begin(&progress, run, c.quiet);
        st_status status = open_inputs(run, arguments, &c);
        if (status == ST_OK) {
            status = st_analyze(run->ctx, &c.analysis);
        }
        const double seconds = cli_progress_end(&progress, run);
        if (status != ST_OK) {
            code = cli_fail(run, status);
        } else if (!c.quiet) {
            code = print_result(run, &c, seconds);
        }
    }
    st_trace_close(c.trace);
    st_limits_destroy(c.limits);
    st_site_destroy(c.site);
    return code;
}

static void print_knobs(const cli_terminal *out)
{
    st_settings settings;
    st_knob_info knob;
    st_settings_default(&settings);
    for (size_t i = 0; i < st_settings_count(); i++) {
        st_settings_describe(&settings, i, &knob);
        cli_help_knob(out, knob.name, knob.value, knob.unit, knob.range, knob.text);
    }
}

static const cli_option options[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "SUMMARY",
     .needed = true,
     .text = "the summary to write; replaced only when the run succeeds"},
    {.name = "site",
     .argument = "SITE",
     .standard = "the racks as recorded, no battery",
     .text = "racks, batteries and generation: a name of `surgetank sites` or a YAML file"},
    {.name = "limits",
     .argument = "NAME,...",
     .standard = "none",
     .text = "operator rules to judge by: names of `surgetank limits` or YAML files"},
    {.name = "impulse",
     .argument = "FILE",
     .text = "HDF5 file with /impulse_response, which replaces the site's battery fields"},
    {.name = "backend",
     .argument = "auto|cpu|cuda",
     .standard = "auto: cuda where usable, else cpu",
     .text = "where to compute"},
    {.name = "threads",
     .argument = "N",
     .standard = "0: all processors",
     .text = "processor threads; never changes a number"},
    {.name = "set",
     .argument = "KNOB=VALUE",
     .repeats = true,
     .text = "change one of the knobs below"},
    {.name = "save-series", .text = "also write load and draw, sample by sample"},
    {.name = "quiet", .letter = 'q', .text = "print errors only"},
    CLI_TRACE_OPTIONS,
    CLI_COMMON_OPTIONS,
};

static const char *const examples[] = {
    "What would ERCOT and the IESO say to a recording from Colossus 2?",
    "surgetank analyze trace.h5 --site colossus-2 --limits ercot,ieso -o summary.h5",
    "A day recorded in several files, on the processor, without chatter:",
    "surgetank analyze day-*.h5 -o day.h5 --backend cpu --threads 8 --quiet",
    "An HDF5 file from elsewhere, time along the first axis, in kW:",
    ("surgetank analyze rig.h5 --dataset /log/power --time-axis 0 --period 1ms --unit kW \\\n"
     "          -o rig-summary.h5"),
    NULL,
};

static const cli_exit exits[] = {
    {0, "the summary is written, whatever its verdicts are (see check)"},
    {CLI_USAGE, "the call can not be meant, or the output is an input"},
    {CLI_FORMAT, "an input is damaged or not what its format says"},
    {CLI_MISSING, "a recording or a preset does not exist"},
    {CLI_NO_DEVICE, "the backend asked for is not usable here"},
    {CLI_INTERNAL, "not enough memory, a device that failed, or a defect of surgetank"},
    {CLI_OUTPUT, "the summary or the closing lines could not be written"},
    {CLI_INTERRUPTED, "stopped by SIGINT or SIGTERM; nothing is left behind"},
    {0, NULL},
};

const cli_command cli_analyze = {
    .name = "analyze",
    .sentence =
        "read recordings, detect events, apply the battery, judge the rules, write a summary",
    .usage = "TRACE... -o SUMMARY [--site SITE] [--limits NAME,...] [OPTION]...",
    .about = "Several recordings are joined: the same racks at different times, or other racks at "
             "the same time. The sum over the racks is scaled to the site and called load; behind "
             "the site's batteries it is called draw. Both are held against the rules.",
    .min_operands = 1,
    .max_operands = SIZE_MAX,
    .operand = "TRACE",
    .options = options,
    .examples = examples,
    .exits = exits,
    .knobs = print_knobs,
    .run = run_analyze,
};
