/* analyze.c - surgetank analyze: the whole sentence, from recordings to a summary.
 * Opens what the user named and calls st_analyze; computes nothing itself. */
#include "surgetank/analysis.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "cli/format.h"
#include "cli/input.h"
#include "cli/job.h"
#include "cli/verdicts.h"

typedef struct call {
    cli_job job;
    const cli_arguments *arguments;
} call;

static st_status analyze(cli *run, void *user)
{
    const call *c = user;
    const cli_job *job = &c->job;
    const st_analysis analysis = {
        .trace = job->trace,
        .site = job->site,
        .limits = job->limits,
        .settings = &job->settings,
        .backend = job->backend,
        .impulse = cli_value(c->arguments, "impulse"),
        .output = job->output,
        .command_line = run->command_line,
        .save_series = cli_has(c->arguments, "save-series"),
    };
    return st_analyze(run->ctx, &analysis);
}

static void print_next(cli *run, const char *command, const char *path)
{
    char *quoted = cli_quote(path);
    cli_print(&run->out, CLI_PLAIN, "next: surgetank %s %s\n", command, quoted);
    free(quoted);
}

/* Where the summary is, what the verdicts are, what to type next. */
static int print_result(cli *run, void *user, double seconds)
{
    const cli_job *job = &((const call *)user)->job;
    const char *path = job->output;
    const st_trace_info *info = st_trace_describe(job->trace);
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
    call c = {.arguments = arguments};
    int code = cli_job_read(run, arguments, &c.job);
    if (code == 0) {
        code = cli_job_run(run, arguments, &c.job, analyze, print_result, &c);
    }
    cli_job_close(&c.job);
    return code;
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
    {.name = "save-series", .text = "also write load and draw, sample by sample"},
    CLI_JOB_OPTIONS,
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
    .knobs = cli_job_knobs,
    .run = run_analyze,
};
