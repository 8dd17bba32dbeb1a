/* format.c - numbers as engineers write them.
 * Knows no data. */
#include "cli/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct prefix {
    double factor;
    const char *unit;
} prefix;

/* Decimals that show three digits of a value as it will be rounded: 9.996 is "10.0". */
static int decimals(double value)
{
    const double size = fabs(value);
    return size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3;
}

/* Puts commas between groups of three digits of the whole part. */
static char *group(char out[CLI_NUMBER], const char *text)
{
    const size_t sign = text[0] == '-' ? 1 : 0;
    const size_t whole = strspn(text + sign, "0123456789");
    size_t n = 0;
    for (size_t i = 0; text[i] != '\0' && n + 2 < CLI_NUMBER; i++) {
        const size_t digit = i - sign;
        if (i > sign && digit < whole && (whole - digit) % 3 == 0) {
            out[n++] = ',';
        }
        out[n++] = text[i];
    }
    out[n] = '\0';
    return out;
}

static char *missing(char out[CLI_NUMBER])
{
    memcpy(out, "-", 2);
    return out;
}

char *cli_number(char out[CLI_NUMBER], double value)
{
    char text[CLI_NUMBER];
    if (isnan(value)) {
        return missing(out);
    }
    const double size = fabs(value);
    if (isinf(value) || size >= 1e9 || (size > 0 && size < 1e-3)) {
        snprintf(out, CLI_NUMBER, "%.3g", value);
        return out;
    }
    /* A round number is one that somebody chose: "20 MW". What was measured keeps its digits. */
    for (int shown = 0; shown <= decimals(value); shown++) {
        snprintf(text, sizeof text, "%.*f", shown, value);
        if (fabs(strtod(text, NULL) - value) <= 1e-12 * size) {
            break;
        }
    }
    if (strpbrk(text, "123456789") == NULL) {
        memcpy(text, "0", 2);
    }
    return group(out, text);
}

/* The largest prefix under which the rounded value is at least one; rows fall, the last ends. */
static char *prefixed(char out[CLI_NUMBER], double value, const prefix *row)
{
    if (isnan(value)) {
        return missing(out);
    }
    while (row[1].unit != NULL && fabs(value) < 0.9995 * row->factor) {
        row++;
    }
    char number[CLI_NUMBER];
    snprintf(out, CLI_NUMBER, "%.32s %.12s", cli_number(number, value / row->factor), row->unit);
    return out;
}

char *cli_power(char out[CLI_NUMBER], double power_w)
{
    static const prefix rows[] = {{1e9, "GW"}, {1e6, "MW"}, {1e3, "kW"}, {1, "W"}, {0, NULL}};
    return prefixed(out, power_w, rows);
}

char *cli_energy(char out[CLI_NUMBER], double energy_j)
{
    static const prefix rows[] = {
        {3.6e12, "GWh"}, {3.6e9, "MWh"}, {3.6e6, "kWh"}, {3.6e3, "Wh"}, {0, NULL}};
    return prefixed(out, energy_j, rows);
}

char *cli_frequency(char out[CLI_NUMBER], double frequency_hz)
{
    static const prefix rows[] = {{1e6, "MHz"}, {1e3, "kHz"}, {1, "Hz"}, {0, NULL}};
    return prefixed(out, frequency_hz, rows);
}

char *cli_bytes(char out[CLI_NUMBER], double bytes)
{
    static const prefix rows[] = {{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"},
                                  {1e3, "kB"},  {1, "B"},    {0, NULL}};
    return prefixed(out, bytes, rows);
}

/* Two units of which the smaller is rounded: "3 min 20 s". */
static void whole_units(char out[CLI_NUMBER], double seconds)
{
    static const struct {
        int64_t large, small;
        const char *names[2];
    } steps[] = {{86400, 3600, {"d", "h"}}, {3600, 60, {"h", "min"}}, {60, 1, {"min", "s"}}};
    size_t i = 0;
    while (fabs(seconds) < (double)steps[i].large && i < 2) {
        i++;
    }
    const int64_t units = llround(fabs(seconds) / (double)steps[i].small);
    const int64_t per_large = steps[i].large / steps[i].small;
    const int used = snprintf(out, CLI_NUMBER, "%s%" PRId64 " %s", seconds < 0 ? "-" : "",
                              units / per_large, steps[i].names[0]);
    if (units % per_large != 0) {
        snprintf(out + used, (size_t)(CLI_NUMBER - used), " %" PRId64 " %s", units % per_large,
                 steps[i].names[1]);
    }
}

char *cli_seconds(char out[CLI_NUMBER], double seconds)
{
    char number[CLI_NUMBER];
    const double size = fabs(seconds);
    if (isnan(seconds)) {
        return missing(out);
    }
    if (size < 0.9995) {
        const bool micro = size < 0.9995e-3 && size > 0;
        snprintf(out, CLI_NUMBER, "%.32s %s", cli_number(number, seconds * (micro ? 1e6 : 1e3)),
                 micro ? "us" : "ms");
    } else if (size >= 99.95 && size < 1e12) {
        whole_units(out, seconds);
    } else {
        snprintf(out, CLI_NUMBER, "%.3g s", seconds);
    }
    return out;
}

char *cli_count(char out[CLI_NUMBER], int64_t count)
{
    char text[CLI_NUMBER];
    snprintf(text, sizeof text, "%" PRId64, count);
    return group(out, text);
}

char *cli_signed_percent(char out[CLI_NUMBER], double share)
{
    if (isnan(share)) {
        return missing(out);
    }
    const double percent = 100 * share;
    if (fabs(percent) < 1e6) {
        snprintf(out, CLI_NUMBER, "%+.*f %%", fabs(percent) < 9.95 ? 1 : 0, percent);
    } else {
        snprintf(out, CLI_NUMBER, "%+.2g %%", percent);
    }
    return out;
}

char *cli_percent(char out[CLI_NUMBER], double share)
{
    if (isnan(share)) {
        return missing(out);
    }
    const double percent = 100 * share;
    if (percent >= 99.995 && percent < 100) {
        snprintf(out, CLI_NUMBER, "> 99.99 %%");
        return out;
    }
    snprintf(out, CLI_NUMBER, "%.2f", percent);
    for (size_t n = strlen(out); n > 0 && strchr(out, '.') != NULL; n--) {
        const bool ends = out[n - 1] != '0';
        out[n - 1 + (ends && out[n - 1] != '.')] = '\0';
        if (ends) {
            break;
        }
    }
    const size_t digits = strlen(out);
    snprintf(out + digits, CLI_NUMBER - digits, " %%");
    return out;
}

char *cli_clock(char out[CLI_NUMBER], int64_t time_ns, int64_t start_ns)
{
    if (time_ns == INT64_MIN || start_ns == INT64_MIN) {
        return missing(out);
    }
    const bool before = time_ns < start_ns;
    const uint64_t ns =
        before ? (uint64_t)start_ns - (uint64_t)time_ns : (uint64_t)time_ns - (uint64_t)start_ns;
    const uint64_t ms = ns / 1000000;
    snprintf(out, CLI_NUMBER, "%s%02" PRIu64 ":%02u:%02u.%03u", before ? "-" : "", ms / 3600000,
             (unsigned)(ms / 60000 % 60), (unsigned)(ms / 1000 % 60), (unsigned)(ms % 1000));
    return out;
}

char *cli_date(char out[CLI_NUMBER], int64_t time_ns)
{
    if (time_ns == INT64_MIN) {
        return missing(out);
    }
    const int64_t below = time_ns % 1000000000 < 0;
    const time_t seconds = (time_t)(time_ns / 1000000000 - below);
    const int ms = (int)((time_ns - (int64_t)seconds * 1000000000) / 1000000);
    struct tm date;
    if (gmtime_r(&seconds, &date) == NULL) {
        return missing(out);
    }
    char text[32];
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &date);
    snprintf(out, CLI_NUMBER, "%s.%03dZ", text, ms);
    return out;
}
