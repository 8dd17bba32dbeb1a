/* bands.h - the text of the knob `bands`: "agc:0.01-0.15,fast:55-nyquist".
 * Serves settings; knows no spectrum. */
#ifndef ST_MODEL_BANDS_H
#define ST_MODEL_BANDS_H

#include <stdbool.h>

#include "surgetank/settings.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Room for ST_MAX_BANDS of the longest. */
enum { ST_BANDS_TEXT = ST_MAX_BANDS * (ST_BAND_NAME + 2 * 32) };

/* False, leaving `bands` as it was, when the text does not follow st_bands_allowed. */
bool st_bands_parse(const char *text, st_band bands[ST_MAX_BANDS], size_t *n);
void st_bands_print(const st_band *bands, size_t n, char text[ST_BANDS_TEXT]);
/* What is allowed, in words. */
extern const char st_bands_allowed[];

#ifdef __cplusplus
}
#endif
#endif
