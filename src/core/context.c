/* context.c - status words, exit codes, and the text of the first failure. */
#include "core/context.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 2048 };

struct st_context {
    pthread_mutex_t lock;
    char message[TEXT_BYTES];
    st_notice_fn on_notice;
    void *notice_user;
    st_progress_fn on_progress;
    void *progress_user;
};

static const struct {
    const char *name;
    int exit_code;
} statuses[] = {
    [ST_OK] = {"OK", 0},
    [ST_ARGUMENT] = {"ARGUMENT", 64},
    [ST_FORMAT] = {"FORMAT", 65},
    [ST_CONFIG] = {"CONFIG", 65},
    [ST_MISSING] = {"MISSING", 66},
    [ST_OUTPUT] = {"OUTPUT", 74},
    [ST_MEMORY] = {"MEMORY", 70},
    [ST_CAPACITY] = {"CAPACITY", 70},
    [ST_NO_DEVICE] = {"NO_DEVICE", 69},
    [ST_DEVICE] = {"DEVICE", 70},
    [ST_INTERRUPTED] = {"INTERRUPTED", 130},
    [ST_INTERNAL] = {"INTERNAL", 70},
};

static bool known(st_status status)
{
    return (size_t)status < sizeof statuses / sizeof statuses[0];
}

int st_status_exit_code(st_status status)
{
    return known(status) ? statuses[status].exit_code : 70;
}

const char *st_status_name(st_status status)
{
    return known(status) ? statuses[status].name : "UNKNOWN";
}

st_context *st_context_create(void)
{
    st_context *ctx = calloc(1, sizeof *ctx);
    if (ctx != NULL && pthread_mutex_init(&ctx->lock, NULL) != 0) {
        free(ctx);
        ctx = NULL;
    }
    return ctx;
}

void st_context_destroy(st_context *ctx)
{
    if (ctx != NULL) {
        pthread_mutex_destroy(&ctx->lock);
        free(ctx);
    }
}

const char *st_context_message(const st_context *ctx)
{
    return ctx->message;
}

void st_context_clear(st_context *ctx)
{
    pthread_mutex_lock(&ctx->lock);
    ctx->message[0] = '\0';
    pthread_mutex_unlock(&ctx->lock);
}

void st_context_on_notice(st_context *ctx, st_notice_fn fn, void *user)
{
    ctx->on_notice = fn;
    ctx->notice_user = user;
}

void st_context_on_progress(st_context *ctx, st_progress_fn fn, void *user)
{
    ctx->on_progress = fn;
    ctx->progress_user = user;
}

/* Messages are one line whatever a file put into them. */
static void one_line(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
        if (*c < 0x20 || *c == 0x7f) {
            *c = ' ';
        }
    }
}

st_status st_fail(st_context *ctx, st_status code, const char *format, ...)
{
    pthread_mutex_lock(&ctx->lock);
    if (ctx->message[0] == '\0') {
        va_list args;
        va_start(args, format);
        vsnprintf(ctx->message, sizeof ctx->message, format, args);
        va_end(args);
        one_line(ctx->message);
    }
    pthread_mutex_unlock(&ctx->lock);
    return code;
}

void st_prefix(st_context *ctx, const char *format, ...)
{
    char joined[2 * TEXT_BYTES];
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(joined, TEXT_BYTES / 2, format, args);
    va_end(args);
    if (n < 0 || n >= TEXT_BYTES / 2) {
        return;
    }
    pthread_mutex_lock(&ctx->lock);
    snprintf(joined + n, TEXT_BYTES + 4, ": %s", ctx->message);
    memcpy(ctx->message, joined, TEXT_BYTES - 1);
    one_line(ctx->message);
    pthread_mutex_unlock(&ctx->lock);
}

void st_notice(st_context *ctx, const char *format, ...)
{
    if (ctx->on_notice == NULL) {
        return;
    }
    char text[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    one_line(text);
    ctx->on_notice(ctx->notice_user, text);
}

st_status st_progress(st_context *ctx, const char *stage, double done, double total,
                      const char *unit)
{
    if (ctx->on_progress != NULL &&
        ctx->on_progress(ctx->progress_user, stage, done, total, unit) != 0) {
        return st_fail(ctx, ST_INTERRUPTED, "stopped while it was busy with: %s", stage);
    }
    return ST_OK;
}
