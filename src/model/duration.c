/* duration.c - durations as people write them, in whole nanoseconds and without rounding.
 * Serves settings and every program over the library; knows no knob. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "surgetank/settings.h"

static const struct {
    const char *suffix;
    int64_t ns;
} units[] = {
    {"ns", 1},         {"us", 1000},         {"ms", 1000000},
    {"s", 1000000000}, {"min", 60000000000}, {"h", 3600000000000},
};

/* Holds a mantissa of 63 bits times an hour in nanoseconds. */
__extension__ typedef __int128 wide;

/* Digits with at most one point: text = mantissa / divisor. *end behind them. */
static bool scan_decimal(const char *text, int64_t *mantissa, int64_t *divisor, const char **end)
{
    bool point = false, digits = false;
    *mantissa = 0;
    *divisor = 1;
    for (; isdigit((unsigned char)*text) || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        digits = true;
        if (__builtin_mul_overflow(*mantissa, 10, mantissa) ||
            __builtin_add_overflow(*mantissa, *text - '0', mantissa) ||
            (point && __builtin_mul_overflow(*divisor, 10, divisor))) {
            return false;
        }
    }
    *end = text;
    return digits && *divisor > 0;
}

/* One duration up to the end or a comma. */
static st_status scan_duration(const char *text, int64_t *duration_ns, const char **end)
{
    int64_t mantissa, divisor;
    const char *suffix;
    if (!scan_decimal(text, &mantissa, &divisor, &suffix)) {
        return ST_ARGUMENT;
    }
    const size_t n = strcspn(suffix, ",");
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strlen(units[i].suffix) != n || strncmp(units[i].suffix, suffix, n) != 0) {
            continue;
        }
        const wide scaled = (wide)mantissa * units[i].ns;
        if (scaled % divisor != 0 || scaled / divisor > INT64_MAX) {
            return ST_ARGUMENT;
        }
        *duration_ns = (int64_t)(scaled / divisor);
        *end = suffix + n;
        return ST_OK;
    }
    return ST_ARGUMENT;
}

st_status st_parse_duration_ns(const char *text, int64_t *duration_ns)
{
    const char *end;
    int64_t found;
    if (scan_duration(text, &found, &end) != ST_OK || *end != '\0') {
        return ST_ARGUMENT;
    }
    *duration_ns = found;
    return ST_OK;
}

st_status st_parse_durations_ns(const char *text, int64_t *durations_ns, size_t capacity, size_t *n)
{
    for (*n = 0; *n < capacity;) {
        if (scan_duration(text, &durations_ns[*n], &text) != ST_OK) {
            return ST_ARGUMENT;
        }
        ++*n;
        if (*text++ == '\0') {
            return ST_OK;
        }
    }
    return ST_CAPACITY;
}
