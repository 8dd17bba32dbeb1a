/* info.c - surgetank info: what is in a file, and is it usable.
 * A look at the head of a recording or a summary; the analysis itself is not run. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/format.h"
#include "cli/input.h"
#include "cli/rules.h"
#include "cli/verdicts.h"
#include "surgetank/site.h"

enum { LABEL = 12, SCAN_SAMPLES = 16384, SCAN_RACKS = 64, NAMED_RACKS = 3 };

/* What the first block of a recording says. */
typedef struct scan {
    int64_t samples;              /* per rack */
    double mean_w, low_w, high_w; /* over valid samples of all racks; NaN when there are none */
    double share;                 /* valid samples */
    size_t empty_racks;           /* without a valid sample */
    size_t worst_rack;
    double worst_share;
} scan;

static void field(const cli_terminal *out, const char *label, const char *text)
{
    cli_field(out, LABEL, label, text);
}

/* Adds one rack's samples; returns how many are valid. */
static int64_t scan_rack(scan *s, const float *power_w, int64_t samples, double offset_w,
                         double *sum_w)
{
    int64_t valid = 0;
    for (int64_t i = 0; i < samples; i++) {
        const double w = (double)power_w[i] + offset_w;
        if (!isnan(w)) {
            valid++;
            *sum_w += w;
            s->low_w = !(s->low_w <= w) ? w : s->low_w;
            s->high_w = !(s->high_w >= w) ? w : s->high_w;
        }
    }
    return valid;
}

static st_status scan_head(const cli *run, const st_trace *trace, scan *s)
{
    const st_trace_info *info = st_trace_describe(trace);
    const int64_t samples = info->samples < SCAN_SAMPLES ? info->samples : SCAN_SAMPLES;
    float *power_w = cli_allocate((size_t)SCAN_RACKS * (size_t)samples, sizeof *power_w);
    double sum_w = 0;
    int64_t valid = 0;
    st_status status = ST_OK;
    *s = (scan){.samples = samples, .low_w = (double)NAN, .high_w = (double)NAN, .worst_share = 2};
    for (size_t first = 0; first < info->racks && status == ST_OK; first += SCAN_RACKS) {
        const size_t left = info->racks - first, racks = left < SCAN_RACKS ? left : SCAN_RACKS;
        status = st_trace_read(trace, run->ctx, first, racks, 0, (size_t)samples, power_w,
                               (size_t)samples);
        for (size_t r = 0; r < racks && status == ST_OK; r++) {
            const int64_t n = scan_rack(s, power_w + r * (size_t)samples, samples,
                                        info->offset_w[first + r], &sum_w);
            const double share = (double)n / (double)samples;
            valid += n;
            s->empty_racks += n == 0;
            if (share < s->worst_share) {
                s->worst_share = share;
                s->worst_rack = first + r;
            }
        }
    }
    free(power_w);
    s->mean_w = valid > 0 ? sum_w / (double)valid : (double)NAN;
    s->share = (double)valid / ((double)samples * (double)info->racks);
    return status;
}

static void print_scan(const cli_terminal *out, const st_trace_info *info, const scan *s)
{
    char length[CLI_NUMBER], a[CLI_NUMBER], b[CLI_NUMBER], c[CLI_NUMBER], line[512];
    cli_seconds(length, (double)s->samples * 1e-9 * (double)info->period_ns);
    snprintf(line, sizeof line, "mean %s a rack, from %s to %s (first %s)", cli_power(a, s->mean_w),
             cli_power(b, s->low_w), cli_power(c, s->high_w), length);
    field(out, "power", line);
    int n = snprintf(line, sizeof line, "%s of the samples (first %s)", cli_percent(a, s->share),
                     length);
    if (s->share < 1) {
        n += snprintf(line + n, sizeof line - (size_t)n, "; worst rack %.64s: %s",
                      info->rack_names[s->worst_rack], cli_percent(b, s->worst_share));
    }
    if (s->empty_racks > 0) {
        snprintf(line + n, sizeof line - (size_t)n, "; racks without any: %s",
                 cli_count(c, (int64_t)s->empty_racks));
    }
    field(out, "valid", line);
}

static void print_grid(const cli_terminal *out, const st_trace_info *info)
{
    char a[CLI_NUMBER], b[CLI_NUMBER], c[CLI_NUMBER], d[CLI_NUMBER], line[1024];
    int n = snprintf(line, sizeof line, "%s (", cli_count(a, (int64_t)info->racks));
    for (size_t r = 0; r < info->racks && r < NAMED_RACKS; r++) {
        n += snprintf(line + n, sizeof line - (size_t)n, "%s%.64s", r > 0 ? ", " : "",
                      info->rack_names[r]);
    }
    snprintf(line + n, sizeof line - (size_t)n, "%s)%s", info->racks > NAMED_RACKS ? ", ..." : "",
             info->rack_rating_w != NULL ? ", with ratings" : "");
    field(out, "racks", line);
    snprintf(line, sizeof line, "%s: %s samples at %s samples/s, from %s",
             cli_seconds(a, (double)info->samples * 1e-9 * (double)info->period_ns),
             cli_count(b, info->samples), cli_number(c, info->rate_hz),
             cli_date(d, info->start_ns));
    field(out, "time", line);
    for (size_t f = 0; f < info->files; f++) {
        snprintf(line, sizeof line, "%s (%s in all)", info->layouts[f],
                 cli_bytes(a, (double)info->bytes));
        field(out, "stored", line);
    }
    if (info->step_w > 0) {
        snprintf(line, sizeof line, "%s", cli_power(a, info->step_w));
        field(out, "resolution", line);
    }
}

/* A line for each operator: which of its rules this recording can be acquitted by, and why not. */
static void operator_row(cli_table *table, const char *name, const st_limits *limits,
                         const st_trace_info *info)
{
    const double duration_s = (double)info->samples * 1e-9 * (double)info->period_ns;
    char yes[512] = "", no[1024] = "", why[CLI_RULE_WORDS];
    size_t used_yes = 0, used_no = 0;
    for (size_t i = 0; i < limits->n_rules; i++) {
        const st_rule *rule = &limits->rules[i];
        if (rule->statistic.kind == ST_STAT_NONE) {
            continue;
        }
        if (cli_obstacle(why, rule, info->period_ns, duration_s)[0] == '\0' &&
            used_yes < sizeof yes) {
            used_yes += (size_t)snprintf(yes + used_yes, sizeof yes - used_yes, "%s%s",
                                         used_yes > 0 ? ", " : "", rule->id);
        } else if (why[0] != '\0' && used_no < sizeof no) {
            used_no += (size_t)snprintf(no + used_no, sizeof no - used_no, "%s%s %.96s",
                                        used_no > 0 ? "; " : "", rule->id, why);
        }
    }
    if (used_yes + used_no > 0) {
        cli_cell(table, CLI_PLAIN, "%s", name);
        cli_cell(table, CLI_PLAIN, "%s%s%s", used_yes > 0 ? yes : "none",
                 used_no > 0 ? "; but " : "", no);
    }
}

static void print_rules(cli *run, const st_trace_info *info)
{
    char **names = NULL;
    size_t n = 0;
    if (st_limits_names(run->ctx, run->data_dir, &names, &n) != ST_OK || n == 0) {
        st_context_clear(run->ctx);
        field(&run->out, "rules", "no presets found; see --data-dir");
        return;
    }
    fputc('\n', run->out.file);
    cli_table *table = cli_table_create("lw");
    cli_cell(table, CLI_BOLD, "operator");
    cli_cell(table, CLI_BOLD, "rules that this rate and length can be judged by");
    for (size_t i = 0; i < n; i++) {
        st_limits *limits = NULL;
        if (st_limits_load(run->ctx, names[i], run->data_dir, &limits) == ST_OK) {
            operator_row(table, names[i], limits, info);
        }
        st_context_clear(run->ctx);
        st_limits_destroy(limits);
    }
    cli_table_print(table, &run->out, 0);
    st_names_free(names, n);
}

static int print_trace(cli *run, const char *path, const st_trace_options *options)
{
    st_trace *trace = NULL;
    scan s;
    st_status status = st_trace_open(run->ctx, &path, 1, options, &trace);
    if (status == ST_OK) {
        status = scan_head(run, trace, &s);
    }
    if (status == ST_OK) {
        const st_trace_info *info = st_trace_describe(trace);
        print_grid(&run->out, info);
        print_scan(&run->out, info, &s);
        field(&run->out, "usable",
              isnan(s.mean_w)  ? "not by its start: no valid sample there"
              : s.share < 0.99 ? "yes, but with gaps: rules that need 99 % can only convict"
                               : "yes");
        print_rules(run, info);
    }
    st_trace_close(trace);
    return status != ST_OK ? cli_fail(run, status) : 0;
}

/* "racks/name" as "128 racks": the length of the column that stands for a group. */
static void print_size(const cli *run, st_summary *summary, const char *label, const char *path)
{
    const double *values;
    const char *const *names;
    size_t n = 0;
    char count[CLI_NUMBER];
    const bool strings = strcmp(path, "racks/name") == 0 || strcmp(path, "battery/stage") == 0 ||
                         strcmp(path, "verdicts/rule") == 0;
    const int code = strings ? cli_strings(run, summary, path, &names, &n)
                             : cli_reals(run, summary, path, &values, &n);
    if (code == 0) {
        field(&run->out, label, st_summary_has(summary, path) ? cli_count(count, (int64_t)n) : "-");
    }
}

/* The top-level names in a YAML text of one or several files: "ercot, ieso", or "none". */
static void yaml_names(const char *yaml, char *names, size_t bytes)
{
    size_t used = 0;
    snprintf(names, bytes, "none");
    for (const char *line = yaml; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "name:", 5) == 0 && used < bytes) {
            const char *value = line + 5 + strspn(line + 5, " \"'");
            used += (size_t)snprintf(names + used, bytes - used, "%s%.*s", used > 0 ? ", " : "",
                                     (int)strcspn(value, " \"'\n#"), value);
        }
    }
}

static int print_summary(cli *run, const char *path)
{
    static const struct {
        const char *label, *path;
    } sizes[] = {{"racks", "racks/name"},     {"events", "events/score"},
                 {"stages", "battery/stage"}, {"verdicts", "verdicts/rule"},
                 {"series", "load/power_w"},  {"candidates", "sizing/margin"}};
    static const char *const attributes[][2] = {{"made by", "surgetank_version"},
                                                {"commit", "git_commit"},
                                                {"backend", "backend"},
                                                {"command", "command_line"}};
    st_summary *summary;
    char names[256];
    const st_status status = st_summary_open(run->ctx, path, &summary);
    if (status != ST_OK) {
        return cli_fail(run, status);
    }
    const bool complete = cli_attribute(run, summary, "complete", 0) == 1;
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        field(&run->out, attributes[i][0], cli_text(run, summary, attributes[i][1], "-"));
    }
    yaml_names(cli_text(run, summary, "site", ""), names, sizeof names);
    field(&run->out, "site", names);
    yaml_names(cli_text(run, summary, "limits", ""), names, sizeof names);
    field(&run->out, "limits", names);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        print_size(run, summary, sizes[i].label, sizes[i].path);
    }
    field(&run->out, "usable",
          complete ? "yes: surgetank show, surgetank check" : "no: the run did not finish");
    st_summary_close(summary);
    return 0;
}

static int run_info(cli *run, const cli_arguments *arguments)
{
    const char *path = arguments->operands[0];
    st_trace_options options;
    char format[64] = "";
    int code = cli_trace_options(arguments, &options);
    if (code != 0) {
        return code;
    }
    const st_status status = st_file_format(run->ctx, path, format, sizeof format);
    if (status != ST_OK) {
        return cli_fail(run, status);
    }
    field(&run->out, "file", path);
    const bool foreign = strcmp(format, "hdf5") == 0;
    field(&run->out, "format", foreign ? "HDF5, not made by surgetank" : format);
    if (strcmp(format, "summary/1") == 0) {
        return print_summary(run, path);
    }
    if (strcmp(format, "trace/1") == 0 || options.dataset != NULL) {
        return print_trace(run, path, &options);
    }
    field(&run->out, "usable",
          foreign ? "when it is said where the power is, which axis is time, how far samples are "
                    "apart and what the unit is: --dataset /path --time-axis 0|1 --period 1ms "
                    "--unit kW, here and with analyze"
                  : "no: this surgetank reads trace/1 and summary/1");
    return 0;
}

static const cli_option options[] = {
    CLI_TRACE_OPTIONS,
    CLI_COMMON_OPTIONS,
};

static const char *const examples[] = {
    "Is this recording good enough for the operators' rules?",
    "surgetank info trace.h5",
    "The same for an HDF5 file from elsewhere:",
    "surgetank info rig.h5 --dataset /log/power --time-axis 0 --period 1ms --unit kW",
    "Which run made this summary?",
    "surgetank info summary.h5",
    NULL,
};

static const cli_exit exits[] = {
    {0, "described"},
    {CLI_USAGE, "the call can not be meant"},
    {CLI_FORMAT, "the file is damaged or no HDF5"},
    {CLI_MISSING, "the file does not exist"},
    {CLI_OUTPUT, "the description could not be printed"},
    {0, NULL},
};

const cli_command cli_info = {
    .name = "info",
    .sentence = "say what is in a file, and whether it is usable",
    .usage = "FILE [--dataset /PATH --time-axis 0|1 --period TIME --unit W|kW|MW]",
    .about =
        "Reads the head of a recording: racks, rate, start, how it is stored, the valid share of "
        "the first samples, and which operators' rules its rate and length allow.",
    .min_operands = 1,
    .max_operands = 1,
    .operand = "FILE",
    .options = options,
    .examples = examples,
    .exits = exits,
    .run = run_info,
};
