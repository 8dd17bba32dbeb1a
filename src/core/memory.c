/* memory.c - checked allocation and the arena. */
#include "core/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_size_t alloc_calls;
static atomic_size_t alloc_fails_at; /* value of alloc_calls at which to fail; 0 = never */

bool st_multiply(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

st_status st_alloc(st_context *ctx, size_t count, size_t size, const char *what, void **out)
{
    *out = NULL;
    size_t bytes;
    if (!st_multiply(count, size, &bytes) || bytes > SIZE_MAX - ST_ALIGNMENT) {
        return st_fail(ctx, ST_MEMORY, "%s: %zu x %zu bytes is more than this machine can address",
                       what, count, size);
    }
    const size_t call = atomic_fetch_add(&alloc_calls, 1) + 1;
    bytes = (bytes + ST_ALIGNMENT) & ~(size_t)(ST_ALIGNMENT - 1);
    void *block = call == atomic_load(&alloc_fails_at) ? NULL : aligned_alloc(ST_ALIGNMENT, bytes);
    if (block == NULL) {
        return st_fail(ctx, ST_MEMORY, "%s: the machine refused %zu bytes of memory", what, bytes);
    }
    memset(block, 0, bytes);
    *out = block;
    return ST_OK;
}

void st_free(void *pointer)
{
    free(pointer);
}

st_status st_copy_text(st_context *ctx, const char *text, char **out)
{
    *out = NULL;
    if (text == NULL) {
        return ST_OK;
    }
    void *copy;
    const size_t bytes = strlen(text) + 1;
    ST_TRY(st_alloc(ctx, bytes, 1, "a text", &copy));
    memcpy(copy, text, bytes);
    *out = copy;
    return ST_OK;
}

void st_alloc_fail_after(size_t n)
{
    atomic_store(&alloc_fails_at, n == 0 ? 0 : atomic_load(&alloc_calls) + n);
}

size_t st_alloc_count(void)
{
    return atomic_load(&alloc_calls);
}

size_t st_arena_need(size_t count, size_t size)
{
    size_t bytes;
    if (!st_multiply(count, size, &bytes) || bytes > SIZE_MAX - ST_ALIGNMENT) {
        return SIZE_MAX;
    }
    return (bytes + ST_ALIGNMENT - 1) & ~(size_t)(ST_ALIGNMENT - 1);
}

st_status st_arena_open(st_context *ctx, size_t capacity, const char *what, st_arena *arena)
{
    void *base;
    *arena = (st_arena){NULL, 0, 0};
    ST_TRY(st_alloc(ctx, capacity, 1, what, &base));
    *arena = (st_arena){base, 0, capacity};
    return ST_OK;
}

st_status st_arena_take(st_context *ctx, st_arena *arena, size_t count, size_t size, void **out)
{
    const size_t need = st_arena_need(count, size);
    *out = NULL;
    if (need > arena->capacity - arena->used) {
        return st_fail(ctx, ST_INTERNAL, "the plan set %zu bytes aside, %zu more are needed",
                       arena->capacity, need - (arena->capacity - arena->used));
    }
    *out = arena->base + arena->used;
    arena->used += need;
    return ST_OK;
}

void st_arena_close(st_arena *arena)
{
    st_free(arena->base);
    *arena = (st_arena){NULL, 0, 0};
}
