/* size.c - surgetank size: the smallest battery that passes, for each response time.
 * Opens what the user named and calls st_size; computes nothing itself. */
#include "surgetank/sizing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/format.h"
#include "cli/input.h"
#include "cli/job.h"
#include "cli/size_table.h"
#include "cli/verdicts.h"

typedef struct call {
    cli_job job;
    st_sizing sizing;
    double response_s[ST_SIZING_RESPONSES], control[ST_SIZING_CONTROLS];
} call;

/* ---- values of options -------------------------------------------------------------------------- */

/* The 1 to 3 whole numbers of "0:1000:1"; 0 for anything else. */
static int split_range(const char *text, int64_t part[3])
{
    for (int n = 0; n < 3; n++) {
        char *end;
        errno = 0;
        part[n] = strtoll(text, &end, 10);
        if (*text < '0' || *text > '9' || errno != 0) {
            return 0;
        }
        if (*end != ':') {
            return *end == '\0' ? n + 1 : 0;
        }
        text = end + 1;
    }
    return 0;
}

/* "0:1000:1", "0:1000" or "600". */
static int read_units(const cli_arguments *arguments, call *c)
{
    const char *text = cli_value(arguments, "units");
    int64_t part[3] = {0, 0, 1};
    if (text == NULL) {
        return 0;
    }
    const int n = split_range(text, part);
    if (n == 1) {
        part[1] = part[0];
    }
    if (n == 0 || part[1] < part[0] || (n == 3 && part[2] < 1)) {
        return cli_misuse(arguments->command,
                          "--units: '%s' is no range of counts (FIRST:LAST:STEP, 0:1000:1)", text);
    }
    c->sizing.units_first = part[0];
    c->sizing.units_last = part[1];
    c->sizing.units_step = n == 3 ? part[2] : 1;
    return 0;
}

static int read_durations(const cli_arguments *arguments, const char *name, double *values_s,
                          size_t capacity, size_t *n)
{
    const char *text = cli_value(arguments, name);
    int64_t ns[ST_SIZING_RESPONSES];
    if (text == NULL) {
        return 0;
    }
    const st_status status = st_parse_durations_ns(text, ns, capacity, n);
    if (status != ST_OK || *n == 0) {
        return cli_misuse(arguments->command,
                          "--%s: '%s' is no list of up to %zu durations (2ms,20ms,0.5s)", name,
                          text, capacity);
    }
    for (size_t i = 0; i < *n; i++) {
        values_s[i] = (double)ns[i] / 1e9;
    }
    return 0;
}

/* "5,10,20" in MW/min. */
static int read_ramps(const cli_arguments *arguments, call *c)
{
    const char *text = cli_value(arguments, "ramp");
    size_t n = 0;
    if (text == NULL) {
        return 0;
    }
    for (const char *at = text; at != NULL; n++) {
        char *end;
        const double value = strtod(at, &end);
        if (*at == '\0' || strchr(".0123456789", *at) == NULL || end == at || !(value > 0) ||
            value > 1e9 || (*end != ',' && *end != '\0') || n == ST_SIZING_CONTROLS) {
            return cli_misuse(arguments->command,
                              "--ramp: '%s' is no list of up to %d ramps in MW/min (5,10,20)", text,
                              ST_SIZING_CONTROLS);
        }
        c->control[n] = value * 1e6 / 60.0;
        at = *end == ',' ? end + 1 : NULL;
    }
    c->sizing.ramp_w_per_s = c->control;
    c->sizing.n_ramps = n;
    return 0;
}

static int read_lists(const cli_arguments *arguments, call *c)
{
    if (cli_has(arguments, "tau") && cli_has(arguments, "ramp")) {
        return cli_misuse(arguments->command,
                          "--tau makes the battery smooth, --ramp makes it hold a ramp; give one");
    }
    c->sizing.response_s = c->response_s;
    int code = read_units(arguments, c);
    code = code ? code
                : read_durations(arguments, "response", c->response_s, ST_SIZING_RESPONSES,
                                 &c->sizing.n_responses);
    code =
        code ? code
             : read_durations(arguments, "tau", c->control, ST_SIZING_CONTROLS, &c->sizing.n_taus);
    c->sizing.tau_s = c->control;
    return code ? code : read_ramps(arguments, c);
}

/* ---- the run -------------------------------------------------------------------------------------- */

static st_status size(cli *run, void *user)
{
    call *c = user;
    c->sizing.trace = c->job.trace;
    c->sizing.site = c->job.site;
    c->sizing.limits = c->job.limits;
    c->sizing.settings = &c->job.settings;
    c->sizing.backend = c->job.backend;
    c->sizing.output = c->job.output;
    c->sizing.command_line = run->command_line;
    c->sizing.data_dir = run->data_dir;
    return st_size(run->ctx, &c->sizing);
}

static const char *unit_name(const call *c)
{
    const st_site *site = c->job.site;
    for (size_t i = 0; c->sizing.unit == NULL && i < site->n_stages; i++) {
        if (site->stages[i].place == ST_PLACE_SITE && site->stages[i].unit != NULL) {
            return site->stages[i].unit;
        }
    }
    return c->sizing.unit != NULL ? c->sizing.unit : "unit";
}

/* What is swept, also when the user left it to us. */
static void print_range(cli *run, const call *c)
{
    int64_t first = c->sizing.units_first, last = c->sizing.units_last;
    int64_t step = c->sizing.units_step;
    char low[CLI_NUMBER], high[CLI_NUMBER], by[64] = "";
    if (step == 0) {
        st_sizing_units(c->job.site, c->sizing.unit, &first, &last, &step);
    }
    if (step > 1) {
        snprintf(by, sizeof by, " in steps of %" PRId64, step);
    }
    cli_print(&run->out, CLI_PLAIN, "%s: %s to %s x %s%s\n", c->job.site->title,
              cli_count(low, first), cli_count(high, last), unit_name(c), by);
}

static int print_result(cli *run, void *user, double seconds)
{
    const call *c = user;
    const char *path = c->job.output;
    st_summary *summary;
    char took[CLI_NUMBER];
    int code = cli_summary_open(run, path, &summary);
    if (code == 0) {
        print_range(run, c);
        code = cli_size_table(run, summary, path);
    }
    if (code == 0) {
        char *quoted = cli_quote(path);
        cli_print(&run->out, CLI_PLAIN, "%s, written in %s; next: surgetank show %s\n", path,
                  cli_seconds(took, seconds), quoted);
        free(quoted);
    }
    st_summary_close(summary);
    return code;
}

static int run_size(cli *run, const cli_arguments *arguments)
{
    call c = {.sizing = {.unit = cli_value(arguments, "unit-type")}};
    int code = cli_job_read(run, arguments, &c.job);
    code = code ? code : read_lists(arguments, &c);
    if (code == 0) {
        code = cli_job_run(run, arguments, &c.job, size, print_result, &c);
    }
    cli_job_close(&c.job);
    return code;
}

static const cli_option options[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "SUMMARY",
     .needed = true,
     .text = "the summary to write, with the whole map in /sizing; replaced only when the run "
             "succeeds"},
    {.name = "site",
     .argument = "SITE",
     .needed = true,
     .text = "whose battery field is sized: a name of `surgetank sites` or a YAML file"},
    {.name = "limits",
     .argument = "NAME,...",
     .standard = "the site's own generation only",
     .text = "operator rules to pass: names of `surgetank limits` or YAML files"},
    {.name = "units",
     .argument = "FIRST:LAST:STEP",
     .standard = "0 to twice the site's count",
     .text = "counts of the battery unit to try; 0 is no battery"},
    {.name = "response",
     .argument = "TIME,...",
     .standard = "2,5,10,20,50,100,250,500 ms",
     .text = "response times Tp of the inverters to try"},
    {.name = "tau",
     .argument = "TIME,...",
     .standard = "the site's own control",
     .text = "time constants to try: the battery smooths the load"},
    {.name = "ramp",
     .argument = "MW/MIN,...",
     .standard = "the site's own control",
     .text = "ramps to try: the battery holds the draw to them, up and down"},
    {.name = "unit-type",
     .argument = "TYPE",
     .standard = "that of the site's battery",
     .text = "a unit of units.yaml (megapack-2xl-4h); a site without a battery field gets one"},
    CLI_JOB_OPTIONS,
    CLI_TRACE_OPTIONS,
    CLI_COMMON_OPTIONS,
};

static const char *const examples[] = {
    "How many Megapacks would ERCOT want at Colossus 2?",
    "surgetank size trace.h5 --site colossus-2 --limits ercot -o size.h5",
    "Does smoothing over minutes need fewer of them than over seconds?",
    "surgetank size trace.h5 --site colossus-2 --limits others --tau 10s,60s,300s \\\n"
    "          --units 0:2000:10 -o tau.h5",
    "A site without a battery, held to 20 MW/min, with units that answer in 20 ms:",
    "surgetank size trace.h5 --site cortex --limits caiso --unit-type megapack-2xl-4h \\\n"
    "          --ramp 10,20 --response 20ms -o ramp.h5",
    NULL,
};

static const cli_exit exits[] = {
    {0, "the summary is written, whether or not a count passes"},
    {CLI_USAGE,
     "the call can not be meant: no rule, no battery to size, too many candidates, the output is "
     "an input"},
    {CLI_FORMAT, "an input is damaged or not what its format says"},
    {CLI_MISSING, "a recording, a preset or a unit type does not exist"},
    {CLI_NO_DEVICE, "the backend asked for is not usable here"},
    {CLI_INTERNAL, "not enough memory, or a defect of surgetank"},
    {CLI_OUTPUT, "the summary or the table could not be written"},
    {CLI_INTERRUPTED, "stopped by SIGINT or SIGTERM; nothing is left behind"},
    {0, NULL},
};

const cli_command cli_size = {
    .name = "size",
    .sentence = "find the smallest battery that passes the rules, for each response time",
    .usage = "TRACE... --site SITE -o SUMMARY [--limits NAME,...] [OPTION]...",
    .about = "Every count of battery units is run against the recorded load, with every response "
             "time and control, and judged by every rule. What is sized is the first storage stage "
             "at the site; storage at the racks comes before it and further stages behind it, "
             "unchanged. The table has the smallest count without a FAIL at each response time, "
             "what it costs, and the rule that binds: the one that the next smaller count fails "
             "(- where none was tried). Where no count passes, a note says why: too few units, too "
             "slow a response, too long a dead time, or a control that can not do it. The numbers "
             "that decide are computed twice, the second time in float64. Load, draw and verdicts "
             "in the summary are those behind the smallest battery; `surgetank show` has the table "
             "and the notes.",
    .min_operands = 1,
    .max_operands = SIZE_MAX,
    .operand = "TRACE",
    .options = options,
    .examples = examples,
    .exits = exits,
    .knobs = cli_job_knobs,
    .run = run_size,
};
