/* summary.h - the result file (`summary/1`), seen from its readers.
 * The last word of the sentence: write; every path is described in data/FORMAT.md. */
#ifndef SURGETANK_SUMMARY_H
#define SURGETANK_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "surgetank/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Values of /events/kind (flag_meanings in this order). */
typedef enum st_event_kind {
    ST_EVENT_SPIKE,
    ST_EVENT_DIP,
    ST_EVENT_STEP_UP,
    ST_EVENT_STEP_DOWN,
    ST_EVENT_OSCILLATION,
    ST_EVENT_GAP,
    ST_EVENT_KINDS
} st_event_kind;

/* Values of /verdicts/status (flag_meanings in this order). */
typedef enum st_verdict_status {
    ST_VERDICT_PASS,
    ST_VERDICT_FAIL,
    ST_VERDICT_INDETERMINATE,
    ST_VERDICT_STATES
} st_verdict_status;

typedef struct st_summary st_summary;

/* ST_MISSING, ST_FORMAT (not a summary/1 file, damaged). */
ST_API st_status st_summary_open(st_context *ctx, const char *path, st_summary **summary);
/* Accepts NULL. */
ST_API void st_summary_close(st_summary *summary);

/* Whether a dataset ("verdicts/value") or root attribute is there. */
ST_API bool st_summary_has(const st_summary *summary, const char *path);

/* Root attributes. The text is borrowed until close; ST_FORMAT when absent or of another type. */
ST_API st_status st_summary_text(st_summary *summary, const char *attribute, const char **text);
ST_API st_status st_summary_number(st_summary *summary, const char *attribute, double *value);

/* Whole datasets, converted; row-major; `n` counts elements. Borrowed until close. */
ST_API st_status st_summary_reals(st_summary *summary, const char *path, const double **values,
                                  size_t *n);
ST_API st_status st_summary_integers(st_summary *summary, const char *path, const int64_t **values,
                                     size_t *n);
ST_API st_status st_summary_strings(st_summary *summary, const char *path,
                                    const char *const **values, size_t *n);

#ifdef __cplusplus
}
#endif
#endif
