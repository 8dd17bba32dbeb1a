/* status.h - how every fallible call reports, and the context that carries the words.
 * Used by all stages of the sentence; knows none of them. */
#ifndef SURGETANK_STATUS_H
#define SURGETANK_STATUS_H

#include <stddef.h>

#if defined(_WIN32)
#define ST_API
#else
#define ST_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Every fallible function returns one of these; the sentence that explains it is in the context. */
typedef enum st_status {
    ST_OK = 0,
    ST_ARGUMENT, /* a call or option cannot be meant: unknown knob, output equals input */
    ST_FORMAT,   /* input data is damaged or not what the format says: truncated file, wrong type */
    ST_CONFIG,   /* a YAML file says something impossible: unknown key, unit, negative rating */
    ST_MISSING,  /* a file or preset that was asked for does not exist or cannot be opened */
    ST_OUTPUT,   /* anything on the output side: disk full, folder missing, not writable */
    ST_MEMORY,   /* the machine refused memory that the plan needs */
    ST_CAPACITY, /* a stated bound is too small; the text says the count needed */
    ST_NO_DEVICE,   /* the backend that was asked for is not usable here; the text says why */
    ST_DEVICE,      /* a device failed while running; the run is void */
    ST_INTERRUPTED, /* the progress callback asked to stop */
    ST_INTERNAL     /* a defect of surgetank itself */
} st_status;

/* Process exit code (sysexits.h) that belongs to a status: 0, 64, 65, 66, 69, 70, 74 or 130. */
ST_API int st_status_exit_code(st_status status);

/* One word for a status, static storage ("FORMAT"). */
ST_API const char *st_status_name(st_status status);

/* Carries the text of the first failure, notices, and the caller's callbacks. One per thread of
 * the caller; the library's own worker threads may report into it at the same time. */
typedef struct st_context st_context;

/* NULL when out of memory. */
ST_API st_context *st_context_create(void);
ST_API void st_context_destroy(st_context *ctx);

/* Text of the first failure since creation or the last clear; "" when there was none. Borrowed. */
ST_API const char *st_context_message(const st_context *ctx);
ST_API void st_context_clear(st_context *ctx);

/* Called with one finished sentence for things worth saying that are no failure; default: silence. */
typedef void (*st_notice_fn)(void *user, const char *text);
ST_API void st_context_on_notice(st_context *ctx, st_notice_fn fn, void *user);

/* Called now and then from the calling thread with the work done and the whole; a non-zero return
 * stops the run with ST_INTERRUPTED. `unit` names what is counted ("bytes", "samples"). */
typedef int (*st_progress_fn)(void *user, const char *stage, double done, double total,
                              const char *unit);
ST_API void st_context_on_progress(st_context *ctx, st_progress_fn fn, void *user);

#ifdef __cplusplus
}
#endif
#endif
