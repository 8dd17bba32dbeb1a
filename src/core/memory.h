/* memory.h - the only place that asks the machine for memory: checked products, one arena per
 * space, sized before anything is allocated. */
#ifndef ST_CORE_MEMORY_H
#define ST_CORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/context.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ST_ALIGNMENT = 64 };

/* *product = a * b; false on overflow. */
bool st_multiply(size_t a, size_t b, size_t *product);

/* Zeroed, 64-byte aligned count x size bytes; count 0 gives a valid pointer. Free with st_free.
 * ST_MEMORY names `what` and the bytes. */
st_status st_alloc(st_context *ctx, size_t count, size_t size, const char *what, void **out);
void st_free(void *pointer);

/* Copy of a string; NULL stays NULL. */
st_status st_copy_text(st_context *ctx, const char *text, char **out);

/* Test hook: the n-th st_alloc from now fails (0 = never). Process-wide. */
void st_alloc_fail_after(size_t n);
/* Count of st_alloc calls so far: a test proves that the batch loop makes none. */
size_t st_alloc_count(void);

/* A block that is cut into arrays and freed at once. */
typedef struct st_arena {
    unsigned char *base;
    size_t used, capacity;
} st_arena;

/* Bytes that st_arena_take will use for one array. Saturates at SIZE_MAX. */
size_t st_arena_need(size_t count, size_t size);
st_status st_arena_open(st_context *ctx, size_t capacity, const char *what, st_arena *arena);
/* Zeroed, aligned; ST_INTERNAL when the plan was too small. */
st_status st_arena_take(st_context *ctx, st_arena *arena, size_t count, size_t size, void **out);
void st_arena_close(st_arena *arena);

#ifdef __cplusplus
}
#endif
#endif
