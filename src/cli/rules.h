/* rules.h - an operator's rule in words: what is measured, the limit, what a recording must bring.
 * Shared by limits and info. */
#ifndef ST_CLI_RULES_H
#define ST_CLI_RULES_H

#include "cli/cli.h"
#include "surgetank/limits.h"

enum { CLI_RULE_WORDS = 512 };

/* "largest minus smallest value within any 5 s, after a band-pass from 0.1 Hz to 55 Hz". */
char *cli_statistic_words(char out[CLI_RULE_WORDS], const st_rule *rule);
/* "10 MW"; "2.5 MW or 0.25 % of nominal, whichever is smaller"; "no number". */
char *cli_limit_words(char out[CLI_RULE_WORDS], const st_rule *rule);
/* "sampled at 250 Hz, a record of 50 s, 99 % of it valid"; "" when nothing is stated. */
char *cli_needs_words(char out[CLI_RULE_WORDS], const st_rule *rule);
/* Why such a recording can not acquit by this rule: "needs 250 Hz"; "" when it can. */
char *cli_obstacle(char out[CLI_RULE_WORDS], const st_rule *rule, int64_t period_ns,
                   double duration_s);

#endif
