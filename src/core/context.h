/* context.h - raising failures, notices and progress from inside the library.
 * Under every room; knows no stage, no file format, no device. */
#ifndef ST_CORE_CONTEXT_H
#define ST_CORE_CONTEXT_H

#include <stdbool.h>

#include "surgetank/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Records the sentence unless one is recorded already (the first failure wins) and returns `code`.
 * The text says what, where, the value found and what is allowed. Safe from several threads. */
st_status st_fail(st_context *ctx, st_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the recorded text: callers add where, callees say what. */
void st_prefix(st_context *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));

void st_notice(st_context *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ST_INTERRUPTED when the caller's callback asks to stop. Only from the calling thread. */
st_status st_progress(st_context *ctx, const char *stage, double done, double total,
                      const char *unit);

/* Propagates a failure. Functions that hold resources use ST_GOTO with their one `done:` exit. */
#define ST_TRY(call)                      \
    do {                                  \
        const st_status st_try_ = (call); \
        if (st_try_ != ST_OK) {           \
            return st_try_;               \
        }                                 \
    } while (0)

#define ST_GOTO(status, call)    \
    do {                         \
        (status) = (call);       \
        if ((status) != ST_OK) { \
            goto done;           \
        }                        \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
