/* memory.c - checked allocation and the arena. */
#include "core/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static atomic_size_t alloc_calls;
static atomic_size_t alloc_fails_at; /* value of alloc_calls at which to fail; 0 = never */

/* Stands in front of every block. */
typedef struct head {
    _Alignas(ST_ALIGNMENT) size_t mapped; /* bytes that came from the kernel; 0: from the heap */
} head;

/* Large blocks come from the kernel and go back to it: the heap would keep what a stage has freed,
 * and the peak would depend on the order of the stages. Sanitizers watch the heap alone. */
#if defined(__SANITIZE_ADDRESS__)
static const size_t map_from = SIZE_MAX;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
static const size_t map_from = SIZE_MAX;
#else
static const size_t map_from = (size_t)1 << 18;
#endif
#else
static const size_t map_from = (size_t)1 << 18;
#endif

/* Blocks that are worth large pages: taking a page of 4 KiB costs as much as filling it. */
static const size_t large_from = (size_t)1 << 22;

/* Zeroed, `bytes` in all; NULL when refused. */
static head *take(size_t bytes)
{
    if (bytes >= map_from) {
        void *const block =
            mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED) {
            return NULL;
        }
        if (bytes >= large_from) { /* a wish: without large pages all goes on as it is */
            madvise(block, bytes, MADV_HUGEPAGE);
        }
        head *const made = block;
        made->mapped = bytes;
        return made;
    }
    void *const block = aligned_alloc(ST_ALIGNMENT, bytes);
    if (block != NULL) {
        memset(block, 0, bytes);
    }
    return block;
}

bool st_multiply(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

st_status st_alloc(st_context *ctx, size_t count, size_t size, const char *what, void **out)
{
    *out = NULL;
    size_t bytes;
    if (!st_multiply(count, size, &bytes) || bytes > SIZE_MAX - 2 * sizeof(head)) {
        return st_fail(ctx, ST_MEMORY, "%s: %zu x %zu bytes is more than this machine can address",
                       what, count, size);
    }
    const size_t call = atomic_fetch_add(&alloc_calls, 1) + 1;
    bytes = (sizeof(head) + bytes + ST_ALIGNMENT) & ~(size_t)(ST_ALIGNMENT - 1);
    head *const block = call == atomic_load(&alloc_fails_at) ? NULL : take(bytes);
    if (block == NULL) {
        return st_fail(ctx, ST_MEMORY, "%s: the machine refused %zu bytes of memory", what, bytes);
    }
    *out = block + 1;
    return ST_OK;
}

void st_free(void *pointer)
{
    head *const block = pointer == NULL ? NULL : (head *)pointer - 1;
    if (block != NULL && block->mapped > 0) {
        munmap(block, block->mapped);
    } else {
        free(block);
    }
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
    memcpy(copy, text, bytes); // NOLINT(clang-analyzer-core.NonNullParamChecker)
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
