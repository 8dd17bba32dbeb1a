/* number.h - numbers as people write them: reals, whole numbers, durations, permitted ranges.
 * Under settings, site and limits; knows no knob, no file. The point is always the decimal mark,
 * whatever the locale of the caller. */
#ifndef ST_MODEL_NUMBER_H
#define ST_MODEL_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ST_REAL_TEXT = 32, ST_RANGE_TEXT = 96, ST_WORDS_TEXT = 1200, ST_QUOTE_TEXT = 64 };

/* A permitted interval: [low, high], or (low, high] when `above`. */
typedef struct st_range {
    double low, high;
    bool above;
    const char *unit; /* "" when the number has none */
} st_range;

bool st_range_holds(const st_range *range, double value);
/* "above 0, up to 1e+07 MW" */
void st_range_print(const st_range *range, char text[ST_RANGE_TEXT]);

/* The decimal number at the front of `text`; *end behind it. False for hex, inf, nan, overflow. */
bool st_real_scan(const char *text, double *value, const char **end);
/* The whole of `text` is one finite decimal number. */
bool st_real_parse(const char *text, double *value);
/* The whole of `text` is a decimal whole number without leading zeros. */
bool st_integer_parse(const char *text, int64_t *value);
/* The shortest decimal text that reads back as the same double. */
void st_real_print(double value, char text[ST_REAL_TEXT]);

/* A list "a, b, c" that ends in ", ..." when it is full. Starts zeroed. */
typedef struct st_words {
    char text[ST_WORDS_TEXT];
    size_t used;
} st_words;

void st_words_add(st_words *words, const char *word);

/* At most 40 bytes of `text` for an error sentence, never cutting a UTF-8 character in two. */
const char *st_quote(const char *text, char quoted[ST_QUOTE_TEXT]);

#ifdef __cplusplus
}
#endif
#endif
