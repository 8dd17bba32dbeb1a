/* bands.c - reads and prints a list of frequency bands.
 * Serves settings; knows no spectrum. */
#include "model/bands.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/number.h"

const char st_bands_allowed[] =
    "1 to 16 of name:low-high with commas between them, each name once (up to 31 letters, digits "
    "and '_'), 0 <= low < high <= 1e6 Hz, or nyquist for high";

static const char nyquist[] = "nyquist";

static bool scan_name(const char *text, char name[ST_BAND_NAME], const char **end)
{
    size_t n = 0;
    while (isalnum((unsigned char)text[n]) || text[n] == '_') {
        n++;
    }
    if (n == 0 || n >= ST_BAND_NAME || text[n] != ':') {
        return false;
    }
    memcpy(name, text, n);
    name[n] = '\0';
    *end = text + n + 1;
    return true;
}

static bool scan_band(const char *text, st_band *band, const char **end)
{
    memset(band, 0, sizeof *band); /* whole struct, so that equal bands compare equal */
    if (!scan_name(text, band->name, &text) || !st_real_scan(text, &band->low_hz, &text) ||
        *text++ != '-') {
        return false;
    }
    if (strncmp(text, nyquist, sizeof nyquist - 1) == 0) {
        band->high_hz = INFINITY;
        *end = text + sizeof nyquist - 1;
        return band->low_hz >= 0 && band->low_hz <= 1e6;
    }
    return st_real_scan(text, &band->high_hz, end) && band->low_hz >= 0 &&
           band->low_hz < band->high_hz && band->high_hz <= 1e6;
}

bool st_bands_parse(const char *text, st_band bands[ST_MAX_BANDS], size_t *n)
{
    st_band found[ST_MAX_BANDS];
    size_t count = 0;
    do {
        if (count == ST_MAX_BANDS || !scan_band(text, &found[count], &text)) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            if (strcmp(found[i].name, found[count].name) == 0) {
                return false;
            }
        }
        count++;
    } while (*text++ == ',');
    if (text[-1] != '\0') {
        return false;
    }
    memcpy(bands, found, count * sizeof *bands);
    *n = count;
    return true;
}

void st_bands_print(const st_band *bands, size_t n, char text[ST_BANDS_TEXT])
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        char low[ST_REAL_TEXT], high[ST_REAL_TEXT];
        st_real_print(bands[i].low_hz, low);
        if (isinf(bands[i].high_hz)) {
            memcpy(high, nyquist, sizeof nyquist);
        } else {
            st_real_print(bands[i].high_hz, high);
        }
        used += (size_t)snprintf(text + used, ST_BANDS_TEXT - used, "%s%s:%s-%s", i > 0 ? "," : "",
                                 bands[i].name, low, high);
    }
}
