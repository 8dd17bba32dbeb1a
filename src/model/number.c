/* number.c - reading and printing numbers in the C locale, and the words of an error sentence.
 * Serves settings, site and limits; knows no knob, no file. */
#include "model/number.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool st_range_holds(const st_range *range, double value)
{
    const bool low_holds = range->above ? value > range->low : value >= range->low;
    return low_holds && value <= range->high;
}

void st_range_print(const st_range *range, char text[ST_RANGE_TEXT])
{
    snprintf(text, ST_RANGE_TEXT, range->above ? "above %g, up to %g%s%s" : "%g to %g%s%s",
             range->low, range->high, range->unit[0] != '\0' ? " " : "", range->unit);
}

bool st_real_scan(const char *text, double *value, const char **end)
{
    char *behind = NULL;
    /* glibc hands out its constant C locale here, so this neither allocates nor fails. */
    const locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0 || isspace((unsigned char)text[0])) {
        return false;
    }
    *value = strtod_l(text, &behind, c_locale);
    freelocale(c_locale);
    *end = behind;
    return behind != text && isfinite(*value) &&
           strspn(text, "+-.0123456789eE") >= (size_t)(behind - text);
}

bool st_real_parse(const char *text, double *value)
{
    const char *end;
    return st_real_scan(text, value, &end) && *end == '\0';
}

bool st_integer_parse(const char *text, int64_t *value)
{
    char *end = NULL;
    const char *digits = text[0] == '-' ? text + 1 : text;
    if (!isdigit((unsigned char)digits[0]) || (digits[0] == '0' && digits[1] != '\0')) {
        return false;
    }
    errno = 0;
    *value = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0';
}

void st_real_print(double value, char text[ST_REAL_TEXT])
{
    const locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    const locale_t caller = uselocale(c_locale);
    for (int digits = 6; digits <= 17; digits++) {
        double back;
        snprintf(text, ST_REAL_TEXT, "%.*g", digits, value);
        if (st_real_parse(text, &back) && back == value) {
            break;
        }
    }
    uselocale(caller);
    freelocale(c_locale);
}

void st_words_add(st_words *words, const char *word)
{
    static const char more[] = ", ...";
    const size_t room = sizeof words->text - words->used - sizeof more;
    const char *comma = words->used > 0 ? ", " : "";
    if (words->used >= sizeof words->text - sizeof more) {
        return; /* full, and said so */
    }
    if (strlen(comma) + strlen(word) >= room) {
        memcpy(words->text + words->used, more, sizeof more);
        words->used = sizeof words->text;
        return;
    }
    words->used += (size_t)sprintf(words->text + words->used, "%s%s", comma, word);
}

const char *st_quote(const char *text, char quoted[ST_QUOTE_TEXT])
{
    enum { SHOWN = 40 };
    size_t n = strnlen(text, SHOWN + 1);
    const bool cut = n > SHOWN;
    if (cut) {
        n = SHOWN;
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) {
            n--;
        }
    }
    snprintf(quoted, ST_QUOTE_TEXT, "\"%.*s%s\"", (int)n, text, cut ? "..." : "");
    return quoted;
}
