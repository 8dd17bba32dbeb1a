/* tile_cache.h - a bounded number of decoded tiles that threads share, for reads that take only a
 * part of a tile at a time. Knows neither files nor formats: a key and a way to fill a tile. */
#ifndef ST_IO_TILE_CACHE_H
#define ST_IO_TILE_CACHE_H

#include <stdint.h>

#include "io/filter.h"

typedef struct st_tile_cache st_tile_cache;

/* Which tile of which file. */
typedef struct st_tile_key {
    uint32_t file;
    uint64_t tile;
} st_tile_key;

/* Puts the tile into *data, which may hold memory of an earlier one. */
typedef st_status (*st_tile_fill_fn)(st_context *ctx, void *user, uint64_t tile, st_buffer *data);

/* Holds at most `bytes` in tiles of about tile_bytes; at least one tile. Memory is taken when a
 * place is used first. */
st_status st_tile_cache_create(st_context *ctx, uint64_t bytes, size_t tile_bytes,
                               st_tile_cache **cache);
void st_tile_cache_destroy(st_tile_cache *cache);

/* What a thread asks for. */
typedef struct st_tile_request {
    st_tile_key key;
    uint64_t part, whole; /* how much of the tile is asked for, in any unit */
    st_tile_fill_fn fill;
    void *user;
    /* Tiles [n_ahead] that will be wanted next, filled while another thread fills `key`, in places
     * that nobody needs. Whether they could be is nobody's concern now: `quiet` takes the words. */
    const st_tile_key *ahead;
    size_t n_ahead;
    st_context *quiet;
} st_tile_request;

/* *data stays valid until st_tile_cache_release(index). A thread holds one tile at a time. The
 * tile is filled outside of the lock, once, however many threads ask for it. */
st_status st_tile_cache_get(st_context *ctx, st_tile_cache *cache, const st_tile_request *request,
                            const unsigned char **data, size_t *index);
void st_tile_cache_release(st_tile_cache *cache, size_t index);

#endif
