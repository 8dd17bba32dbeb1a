/* verdicts.h - the verdict rows of a summary, read, counted and put into words.
 * Shared by analyze (closing lines), show and check. */
#ifndef ST_CLI_VERDICTS_H
#define ST_CLI_VERDICTS_H

#include "cli/cli.h"
#include "surgetank/limits.h"
#include "surgetank/summary.h"

enum { CLI_VALUE = 128 }; /* bytes of a value with its unit in words */

/* Columns of /verdicts, borrowed from the summary. */
typedef struct cli_verdicts {
    size_t rows; /* 0 when the summary has none */
    const char *const *rule, *const *unit, *const *reason;
    const int64_t *point, *judged, *status, *window_start_ns;
    const double *value, *limit, *margin;
    size_t judged_rows;
    size_t count[ST_VERDICT_STATES]; /* of the judged rows */
} cli_verdicts;

/* Opens a summary that is whole. 0, or the exit code after saying what is wrong. */
int cli_summary_open(const cli *run, const char *path, st_summary **summary);

/* Optional columns: *values = NULL and *n = 0 where the summary has none. 0 or an exit code. */
int cli_reals(const cli *run, st_summary *summary, const char *path, const double **values,
              size_t *n);
int cli_integers(const cli *run, st_summary *summary, const char *path, const int64_t **values,
                 size_t *n);
int cli_strings(const cli *run, st_summary *summary, const char *path, const char *const **values,
                size_t *n);
/* Optional root attributes: `otherwise` where there is none. */
double cli_attribute(const cli *run, st_summary *summary, const char *name, double otherwise);
const char *cli_text(const cli *run, st_summary *summary, const char *name, const char *otherwise);

/* Time of sample 0, ns UTC since 1970; INT64_MIN when the summary does not say. */
int64_t cli_start_ns(const cli *run, st_summary *summary);

/* Reads and checks /verdicts. 0 or an exit code. */
int cli_verdicts_read(const cli *run, st_summary *summary, const char *path,
                      cli_verdicts *verdicts);

/* "PASS", "FAIL", "INDETERMINATE", and the colour that goes with it. */
const char *cli_status_word(int64_t status);
cli_colour cli_status_colour(int64_t status);
/* "13.5 MW", "0.3 % of nominal", "0.9 Pst" from the unit's name; "no value" for NaN. */
char *cli_value_words(char out[CLI_VALUE], double value, const char *unit);
/* Whether a value is twice its limit or more: told as a factor then. */
bool cli_far_beyond(double margin);
/* "-35 %" of a margin; "201 x" (the limit) of one that is far beyond; "-" where there is none. */
char *cli_margin_words(char out[CLI_VALUE], double margin);
/* "2 of 9 rules FAIL, 1 INDETERMINATE, 6 PASS". */
char *cli_verdicts_words(char out[CLI_VALUE], const cli_verdicts *verdicts);

#endif
