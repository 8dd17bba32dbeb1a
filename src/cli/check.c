/* check.c - surgetank check: the verdicts of a summary as an exit code.
 * The end of the sentence for scripts; computes nothing. */
#include <math.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/format.h"
#include "cli/verdicts.h"

/* One line for a row that does not pass: rule, value against limit, where, why. */
static void print_row(const cli_terminal *out, const cli_verdicts *v, size_t row, int64_t start_ns)
{
    char value[CLI_VALUE], limit[CLI_VALUE], margin[CLI_VALUE], clock[CLI_NUMBER];
    cli_print(out, cli_status_colour(v->status[row]), "%-13s", cli_status_word(v->status[row]));
    cli_print(out, CLI_PLAIN, " %s at the %s: %s, limit %s", v->rule[row],
              v->point[row] == ST_POINT_LOAD ? "load" : "draw",
              cli_value_words(value, v->value[row], v->unit[row]),
              cli_value_words(limit, v->limit[row], v->unit[row]));
    if (isfinite(v->margin[row])) {
        const bool far = cli_far_beyond(v->margin[row]);
        cli_print(out, CLI_PLAIN, ", %s%s%s", far ? "" : "margin ",
                  cli_margin_words(margin, v->margin[row]), far ? " the limit" : "");
    }
    if (!isnan(v->value[row]) && start_ns != INT64_MIN && v->window_start_ns[row] >= start_ns) {
        cli_print(out, CLI_PLAIN, ", worst from %s on",
                  cli_clock(clock, v->window_start_ns[row], start_ns));
    }
    cli_print(out, CLI_PLAIN, "%s%s\n", v->reason[row][0] != '\0' ? ": " : "", v->reason[row]);
}

static int judge(cli *run, st_summary *summary, const char *path)
{
    cli_verdicts v;
    const int code = cli_verdicts_read(run, summary, path, &v);
    if (code != 0) {
        return code;
    }
    if (v.judged_rows == 0) {
        cli_complain(
            "%s holds no verdicts: analyze it with --limits or a --site that has generation", path);
        return CLI_FORMAT;
    }
    const int64_t start_ns = cli_start_ns(run, summary);
    for (size_t row = 0; row < v.rows; row++) {
        if (v.judged[row] != 0 && v.status[row] != ST_VERDICT_PASS) {
            print_row(&run->out, &v, row, start_ns);
        }
    }
    const int64_t verdict = v.count[ST_VERDICT_FAIL] > 0            ? ST_VERDICT_FAIL
                            : v.count[ST_VERDICT_INDETERMINATE] > 0 ? ST_VERDICT_INDETERMINATE
                                                                    : ST_VERDICT_PASS;
    char words[CLI_VALUE];
    cli_print(&run->out, cli_status_colour(verdict), "%s", cli_status_word(verdict));
    cli_print(&run->out, CLI_PLAIN, ": %s\n", cli_verdicts_words(words, &v));
    return (int)verdict; /* the exit code of each is its place in the enumeration: 0, 1, 2 */
}

static int run_check(cli *run, const cli_arguments *arguments)
{
    const char *path = arguments->operands[0];
    st_summary *summary;
    int code = cli_summary_open(run, path, &summary);
    if (code == 0) {
        code = judge(run, summary, path);
    }
    st_summary_close(summary);
    return code;
}

_Static_assert(ST_VERDICT_PASS == 0 && ST_VERDICT_FAIL == 1 && ST_VERDICT_INDETERMINATE == 2,
               "the exit code of `check` is the verdict");

static const cli_option options[] = {CLI_COMMON_OPTIONS};

static const char *const examples[] = {
    "Let a script stop where the grid operator would:",
    "surgetank check summary.h5 && echo accepted",
    "See every rule, passed ones too:",
    "surgetank show --all summary.h5",
    NULL,
};

static const cli_exit exits[] = {
    {0, "every judged rule passes"},
    {1, "at least one rule fails"},
    {2, "none fails, but the recording can not acquit at least one (INDETERMINATE)"},
    {CLI_USAGE, "the call can not be meant"},
    {CLI_FORMAT, "no summary, an incomplete one, or one without verdicts"},
    {CLI_MISSING, "the file does not exist"},
    {CLI_OUTPUT, "the answer could not be printed"},
    {0, NULL},
};

const cli_command cli_check = {
    .name = "check",
    .sentence = "judge a summary by its exit code",
    .usage = "SUMMARY",
    .about = "Prints a line for each rule that does not pass at the point it is written for, and "
             "one line that counts them.",
    .min_operands = 1,
    .max_operands = 1,
    .operand = "SUMMARY",
    .options = options,
    .examples = examples,
    .exits = exits,
    .run = run_check,
};
