/* verdicts.c - reads the verdict rows of a summary and puts them into words.
 * Reads what assess concluded; concludes nothing itself. */
#include "cli/verdicts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/format.h"

int cli_summary_open(const cli *run, const char *path, st_summary **summary)
{
    st_status status = st_summary_open(run->ctx, path, summary);
    if (status != ST_OK) {
        *summary = NULL;
        return cli_fail(run, status);
    }
    double complete = 0;
    status = st_summary_number(*summary, "complete", &complete);
    if (status == ST_OK && complete == 1) {
        return 0;
    }
    st_summary_close(*summary);
    *summary = NULL;
    st_context_clear(run->ctx);
    cli_complain(
        "%s is incomplete (complete is %s, must be 1): the run that made it did not finish", path,
        status != ST_OK ? "missing" : "not 1");
    return CLI_FORMAT;
}

int cli_reals(const cli *run, st_summary *summary, const char *path, const double **values,
              size_t *n)
{
    *values = NULL;
    *n = 0;
    if (!st_summary_has(summary, path)) {
        return 0;
    }
    const st_status status = st_summary_reals(summary, path, values, n);
    return status == ST_OK ? 0 : cli_fail(run, status);
}

int cli_integers(const cli *run, st_summary *summary, const char *path, const int64_t **values,
                 size_t *n)
{
    *values = NULL;
    *n = 0;
    if (!st_summary_has(summary, path)) {
        return 0;
    }
    const st_status status = st_summary_integers(summary, path, values, n);
    return status == ST_OK ? 0 : cli_fail(run, status);
}

int cli_strings(const cli *run, st_summary *summary, const char *path, const char *const **values,
                size_t *n)
{
    *values = NULL;
    *n = 0;
    if (!st_summary_has(summary, path)) {
        return 0;
    }
    const st_status status = st_summary_strings(summary, path, values, n);
    return status == ST_OK ? 0 : cli_fail(run, status);
}

double cli_attribute(const cli *run, st_summary *summary, const char *name, double otherwise)
{
    double value = otherwise;
    if (st_summary_has(summary, name) && st_summary_number(summary, name, &value) != ST_OK) {
        st_context_clear(run->ctx);
        value = otherwise;
    }
    return value;
}

const char *cli_text(const cli *run, st_summary *summary, const char *name, const char *otherwise)
{
    const char *text = otherwise;
    if (st_summary_has(summary, name) && st_summary_text(summary, name, &text) != ST_OK) {
        st_context_clear(run->ctx);
        text = otherwise;
    }
    return text;
}

int64_t cli_start_ns(const cli *run, st_summary *summary)
{
    const double start_ns = cli_attribute(run, summary, "start_time_ns", (double)NAN);
    return fabs(start_ns) < 9.2e18 ? (int64_t)start_ns : INT64_MIN;
}

/* Every column must be there with the length of the first. */
static int read_columns(const cli *run, st_summary *summary, const char *path, cli_verdicts *v)
{
    const struct {
        const char *name;
        const char *const **strings;
        const int64_t **integers;
        const double **reals;
    } columns[] = {
        {"verdicts/rule", &v->rule, NULL, NULL},
        {"verdicts/point", NULL, &v->point, NULL},
        {"verdicts/judged", NULL, &v->judged, NULL},
        {"verdicts/status", NULL, &v->status, NULL},
        {"verdicts/value", NULL, NULL, &v->value},
        {"verdicts/limit", NULL, NULL, &v->limit},
        {"verdicts/unit", &v->unit, NULL, NULL},
        {"verdicts/margin", NULL, NULL, &v->margin},
        {"verdicts/window_start_ns", NULL, &v->window_start_ns, NULL},
        {"verdicts/reason", &v->reason, NULL, NULL},
    };
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
        const char *name = columns[c].name;
        size_t n = 0;
        const int code =
            columns[c].strings ? cli_strings(run, summary, name, columns[c].strings, &n)
            : columns[c].reals ? cli_reals(run, summary, name, columns[c].reals, &n)
                               : cli_integers(run, summary, name, columns[c].integers, &n);
        if (code != 0) {
            return code;
        }
        if (c == 0) {
            v->rows = n;
        } else if (n != v->rows) {
            cli_complain("%s: /%s has %zu rows, /%s has %zu", path, columns[0].name, v->rows, name,
                         n);
            return CLI_FORMAT;
        }
    }
    return 0;
}

int cli_verdicts_read(const cli *run, st_summary *summary, const char *path, cli_verdicts *verdicts)
{
    *verdicts = (cli_verdicts){.rows = 0};
    const int code = read_columns(run, summary, path, verdicts);
    if (code != 0) {
        return code;
    }
    for (size_t i = 0; i < verdicts->rows; i++) {
        const int64_t status = verdicts->status[i];
        if (status < 0 || status >= ST_VERDICT_STATES) {
            cli_complain("%s: /verdicts/status[%zu] is %lld (allowed: 0 PASS, 1 FAIL, "
                         "2 INDETERMINATE)",
                         path, i, (long long)status);
            return CLI_FORMAT;
        }
        if (verdicts->judged[i] != 0) {
            verdicts->judged_rows++;
            verdicts->count[status]++;
        }
    }
    return 0;
}

const char *cli_status_word(int64_t status)
{
    static const char *const words[ST_VERDICT_STATES] = {
        [ST_VERDICT_PASS] = "PASS",
        [ST_VERDICT_FAIL] = "FAIL",
        [ST_VERDICT_INDETERMINATE] = "INDETERMINATE",
    };
    return words[status];
}

cli_colour cli_status_colour(int64_t status)
{
    return status == ST_VERDICT_PASS ? CLI_GREEN : status == ST_VERDICT_FAIL ? CLI_RED : CLI_YELLOW;
}

char *cli_value_words(char out[CLI_VALUE], double value, const char *unit)
{
    static const struct {
        const char *unit, *words;
    } rows[] = {
        {"percent", " %"},
        {"percent_nominal", " % of nominal"},
        {"percent_peak", " % of peak"},
        {"percent_nominal/min", " % of nominal/min"},
        {"percent_peak/min", " % of peak/min"},
        {"ratio", ""},
        {"pst", " Pst"},
    };
    if (isnan(value)) {
        snprintf(out, CLI_VALUE, "no value");
        return out;
    }
    char number[CLI_NUMBER];
    cli_number(number, value);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].unit, unit) == 0) {
            snprintf(out, CLI_VALUE, "%s%s", number, rows[i].words);
            return out;
        }
    }
    snprintf(out, CLI_VALUE, "%s %.64s", number, unit);
    return out;
}

bool cli_far_beyond(double margin)
{
    return margin <= -1;
}

char *cli_margin_words(char out[CLI_VALUE], double margin)
{
    char number[CLI_NUMBER];
    if (!isfinite(margin)) {
        snprintf(out, CLI_VALUE, "-");
    } else if (cli_far_beyond(margin)) {
        snprintf(out, CLI_VALUE, "%s x", cli_number(number, 1 - margin));
    } else {
        snprintf(out, CLI_VALUE, "%s", cli_signed_percent(number, margin));
    }
    return out;
}

char *cli_verdicts_words(char out[CLI_VALUE], const cli_verdicts *verdicts)
{
    snprintf(out, CLI_VALUE, "%zu of %zu rules FAIL, %zu INDETERMINATE, %zu PASS",
             verdicts->count[ST_VERDICT_FAIL], verdicts->judged_rows,
             verdicts->count[ST_VERDICT_INDETERMINATE], verdicts->count[ST_VERDICT_PASS]);
    return out;
}
