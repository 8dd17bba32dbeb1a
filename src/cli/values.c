/* values.c - values of options: whole numbers, numbers, durations, words.
 * Strict: nothing before or after, and the message says what is allowed. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "surgetank/settings.h"

enum { LIST_BYTES = 1024 };

/* strtoll and strtod skip blanks and take "+5", "inf", "0x10"; an option does not. */
static bool plain_number(const char *text, const char *characters)
{
    return text[0] != '\0' && text[strspn(text, characters)] == '\0';
}

int cli_integer(const cli_arguments *arguments, const char *name, int64_t low, int64_t high,
                int64_t *value)
{
    const char *text = cli_value(arguments, name);
    if (text == NULL) {
        return 0;
    }
    char *end = NULL;
    errno = 0;
    const long long number = strtoll(text, &end, 10);
    if (!plain_number(text, "-0123456789") || *end != '\0' || errno != 0 || number < low ||
        number > high) {
        return cli_misuse(arguments->command,
                          "--%s: '%s' is no whole number from %" PRId64 " to %" PRId64, name, text,
                          low, high);
    }
    *value = number;
    return 0;
}

int cli_real(const cli_arguments *arguments, const char *name, double low, double *value)
{
    const char *text = cli_value(arguments, name);
    if (text == NULL) {
        return 0;
    }
    char *end = NULL;
    const double number = strtod(text, &end);
    if (!plain_number(text, "-.0123456789eE") || *end != '\0' || !isfinite(number) ||
        number <= low) {
        return cli_misuse(arguments->command, "--%s: '%s' is no number above %g", name, text, low);
    }
    *value = number;
    return 0;
}

int cli_duration(const cli_arguments *arguments, const char *name, int64_t *duration_ns)
{
    const char *text = cli_value(arguments, name);
    if (text == NULL) {
        return 0;
    }
    if (st_parse_duration_ns(text, duration_ns) != ST_OK || *duration_ns <= 0) {
        return cli_misuse(arguments->command,
                          "--%s: '%s' is no duration (a number above 0 and one of "
                          "ns, us, ms, s, min, h: 60s)",
                          name, text);
    }
    return 0;
}

int cli_word(const cli_arguments *arguments, const char *name, const char *const *words, int *index)
{
    const char *text = cli_value(arguments, name);
    if (text == NULL) {
        return 0;
    }
    char list[LIST_BYTES] = "";
    size_t used = 0;
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            *index = i;
            return 0;
        }
        if (used < sizeof list) {
            used +=
                (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i]);
        }
    }
    return cli_misuse(arguments->command, "--%s: '%s' is unknown (allowed: %s)", name, text, list);
}
