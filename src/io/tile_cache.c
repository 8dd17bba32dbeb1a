/* tile_cache.c - places, pins, and the least recently used. */
#include "io/tile_cache.h"

#include <pthread.h>

#include "core/memory.h"

typedef enum place_state { EMPTY, FILLING, READY } place_state;

typedef struct place {
    place_state state;
    st_tile_key key;
    size_t pins;
    uint64_t used; /* tick of the last use */
    uint64_t left; /* how much of it was not asked for yet */
    st_buffer buffer;
} place;

struct st_tile_cache {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t tick;
    size_t n;
    place *places; /* [n] */
};

enum { PLACES_MOST = 1024 };

st_status st_tile_cache_create(st_context *ctx, uint64_t bytes, size_t tile_bytes,
                               st_tile_cache **cache)
{
    void *block, *places;
    uint64_t n = tile_bytes == 0 ? 1 : bytes / tile_bytes;
    n = n < 1 ? 1 : n > PLACES_MOST ? PLACES_MOST : n;
    *cache = NULL;
    ST_TRY(st_alloc(ctx, 1, sizeof **cache, "the tile cache", &block));
    st_tile_cache *made = block;
    st_status status = st_alloc(ctx, (size_t)n, sizeof(place), "the tile cache", &places);
    if (status != ST_OK) {
        st_free(made);
        return status;
    }
    made->n = (size_t)n;
    made->places = places;
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->changed, NULL);
    *cache = made;
    return ST_OK;
}

void st_tile_cache_destroy(st_tile_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (size_t i = 0; i < cache->n; i++) {
        st_buffer_free(&cache->places[i].buffer);
    }
    pthread_cond_destroy(&cache->changed);
    pthread_mutex_destroy(&cache->lock);
    st_free(cache->places);
    st_free(cache);
}

static place *find(st_tile_cache *cache, st_tile_key key)
{
    for (size_t i = 0; i < cache->n; i++) {
        place *at = &cache->places[i];
        if (at->state != EMPTY && at->key.tile == key.tile && at->key.file == key.file) {
            return at;
        }
    }
    return NULL;
}

/* Nobody will come back to a tile of which every part was asked for. */
static bool spent(const place *at)
{
    return at->state == EMPTY || at->left == 0;
}

/* Whether a is given up before b: memory that is there before memory that has to be taken. */
static bool goes_first(const place *a, const place *b)
{
    if (spent(a) != spent(b)) {
        return spent(a);
    }
    return spent(a) && (a->buffer.data == NULL) != (b->buffer.data == NULL) ? a->buffer.data != NULL
                                                                            : a->used < b->used;
}

/* The place to be given up next; NULL while all are in use. */
static place *find_victim(st_tile_cache *cache)
{
    place *victim = NULL;
    for (size_t i = 0; i < cache->n; i++) {
        place *at = &cache->places[i];
        if (at->pins == 0 && (victim == NULL || goes_first(at, victim))) {
            victim = at;
        }
    }
    return victim;
}

typedef enum claim_kind { HAVE, FILL, FILL_AHEAD } claim_kind;

/* A free place for `key`, to be filled by this caller; NULL while there is none. */
static place *begin_fill(st_tile_cache *cache, st_tile_key key, uint64_t whole, bool only_spent)
{
    place *at = find_victim(cache);
    if (at == NULL || (only_spent && !spent(at))) {
        return NULL;
    }
    at->state = FILLING;
    at->key = key;
    at->left = whole;
    return at;
}

/* The first tile ahead, from number *next on, that nobody has or fills. */
static place *begin_ahead(st_tile_cache *cache, const st_tile_request *request, size_t *next)
{
    while (*next < request->n_ahead) {
        const st_tile_key key = request->ahead[(*next)++];
        if (find(cache, key) == NULL) {
            return begin_fill(cache, key, request->whole, true);
        }
    }
    return NULL;
}

/* Under the lock: the place of the tile, or of one ahead where another thread fills the tile;
 * pinned. */
static place *claim(st_tile_cache *cache, const st_tile_request *request, size_t *next,
                    claim_kind *kind)
{
    for (;;) {
        place *at = find(cache, request->key);
        *kind = at != NULL ? HAVE : FILL;
        if (at == NULL) {
            at = begin_fill(cache, request->key, request->whole, false);
        } else if (at->state != READY) {
            *kind = FILL_AHEAD;
            at = begin_ahead(cache, request, next);
        }
        if (at != NULL) {
            at->pins++;
            at->used = ++cache->tick;
            if (*kind != FILL_AHEAD) {
                at->left -= request->part < at->left ? request->part : at->left;
            }
            return at;
        }
        pthread_cond_wait(&cache->changed, &cache->lock);
    }
}

static st_status fill_place(st_context *ctx, st_tile_cache *cache, place *at,
                            const st_tile_request *request, bool release)
{
    const st_status status = request->fill(ctx, request->user, at->key.tile, &at->buffer);
    pthread_mutex_lock(&cache->lock);
    at->state = status == ST_OK ? READY : EMPTY;
    at->pins -= status == ST_OK && !release ? 0 : 1;
    pthread_cond_broadcast(&cache->changed);
    pthread_mutex_unlock(&cache->lock);
    return status;
}

st_status st_tile_cache_get(st_context *ctx, st_tile_cache *cache, const st_tile_request *request,
                            const unsigned char **data, size_t *index)
{
    size_t next = 0;
    claim_kind kind = FILL_AHEAD;
    st_status status = ST_OK;
    place *at = NULL;
    while (kind == FILL_AHEAD) {
        pthread_mutex_lock(&cache->lock);
        at = claim(cache, request, &next, &kind);
        pthread_mutex_unlock(&cache->lock);
        if (kind == FILL_AHEAD) {
            fill_place(request->quiet, cache, at, request, true);
            st_context_clear(request->quiet);
        }
    }
    if (kind == FILL) {
        status = fill_place(ctx, cache, at, request, false);
    }
    *data = at->buffer.data;
    *index = (size_t)(at - cache->places);
    return status;
}

void st_tile_cache_release(st_tile_cache *cache, size_t index)
{
    pthread_mutex_lock(&cache->lock);
    if (--cache->places[index].pins == 0) {
        pthread_cond_broadcast(&cache->changed);
    }
    pthread_mutex_unlock(&cache->lock);
}
